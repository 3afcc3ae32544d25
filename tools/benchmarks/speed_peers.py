"""Ways of SciPy, PyTorch, JAX and autograd to check a gradient, for the benchmarks of speed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradlab.checker.parameters import ravel
from tools.benchmarks.speed_setting import STEP, Setting, Way


def build_peers(setting: Setting) -> Iterator[Way]:
    """Yield the ways of every package that is installed."""
    yield from _build_scipy(setting)
    yield from _build_torch(setting)
    yield from _build_jax(setting)
    yield from _build_autograd(setting)


def _build_scipy(setting: Setting) -> Iterator[Way]:
    numdiff = _import_if_installed("scipy.optimize._numdiff")
    if numdiff is None:
        return
    loss, entries = setting.restrict_loss()
    true = setting.gradient[setting.choose_entries()]

    def run() -> float:
        slopes = numdiff.approx_derivative(loss, entries, method="3-point")
        return float(np.abs(slopes - true).max())

    share = entries.size / setting.gradient.size
    yield Way("SciPy `approx_derivative`, 3-point", run, share)


def _build_torch(setting: Setting) -> Iterator[Way]:
    torch = _import_if_installed("torch")
    if torch is None:
        return
    torch.set_num_threads(1)
    X, Y = torch.tensor(setting.X), torch.tensor(setting.Y)
    flat = [torch.tensor(block) for pair in setting.network.params for block in pair]

    def loss(*blocks: Any) -> Any:
        Z = X
        for k in range(0, len(blocks), 2):
            Z = (torch.tanh(Z) if k else Z) @ blocks[k] + blocks[k + 1]
        return torch.nn.functional.cross_entropy(Z, Y)

    def check_blocks(blocks: list[int], fast: bool) -> Callable[[], None]:
        inputs = [block.clone().requires_grad_(k in blocks) for k, block in enumerate(flat)]

        def run() -> None:
            torch.autograd.gradcheck(loss, inputs, fast_mode=fast)

        return run

    everything = list(range(len(flat)))
    # gradcheck takes no sample of entries: a function of a few of them would copy W for each loss.
    # Small blocks cost it as much per entry as large ones.
    measured = [1, 4, 5] if setting.sampled else everything
    share = sum(flat[k].numel() for k in measured) / setting.gradient.size
    yield Way("PyTorch `gradcheck`", check_blocks(measured, False), share, in_numpy=False)
    yield Way(
        "PyTorch `gradcheck`, fast mode",
        check_blocks(everything, True),
        checks="one direction",
        in_numpy=False,
    )


def _build_jax(setting: Setting) -> Iterator[Way]:
    jax = _import_if_installed("jax")
    if jax is None:
        return
    jax.config.update("jax_enable_x64", True)
    X, Y = jax.numpy.asarray(setting.X), jax.numpy.asarray(setting.Y)
    vector, _ = ravel(setting.network.params)
    shapes = [block.shape for pair in setting.network.params for block in pair]
    ends = np.cumsum([np.prod(shape) for shape in shapes]).tolist()
    chosen = setting.choose_entries()

    def loss(theta: Any) -> Any:
        starts = [0, *ends[:-1]]
        blocks = [
            theta[start:end].reshape(shape)
            for start, end, shape in zip(starts, ends, shapes, strict=True)
        ]
        Z = X
        for k in range(0, len(blocks), 2):
            Z = (jax.numpy.tanh(Z) if k else Z) @ blocks[k] + blocks[k + 1]
        return -(Y * jax.nn.log_softmax(Z)).sum(axis=1).mean()

    def slope(entry: Any) -> Any:
        ahead, behind = theta.at[entry].add(STEP), theta.at[entry].add(-STEP)
        return (loss(ahead) - loss(behind)) / (2.0 * STEP)

    theta = jax.numpy.asarray(vector)
    # One entry at a time: batches (vmap) copy all of theta for each entry, and were slower.
    slopes = jax.jit(lambda entries: jax.lax.map(slope, entries))
    check_grads = importlib.import_module("jax.test_util").check_grads

    def run() -> float:
        return float(np.abs(np.asarray(slopes(chosen)) - setting.gradient[chosen]).max())

    def run_direction() -> None:
        check_grads(jitted, (theta,), order=1, modes=["rev"])

    jitted = jax.jit(loss)
    share = chosen.size / vector.size
    yield Way("JAX, central differences in a jitted loop", run, share, in_numpy=False)
    yield Way("JAX `check_grads`", run_direction, checks="one direction", in_numpy=False)


def _build_autograd(setting: Setting) -> Iterator[Way]:
    anp, test_util = (
        _import_if_installed("autograd.numpy"),
        _import_if_installed("autograd.test_util"),
    )
    if anp is None or test_util is None:
        return

    def loss(params: Any) -> Any:
        Z = setting.X
        for k, (W, b) in enumerate(params):
            Z = anp.dot(anp.tanh(Z) if k else Z, W) + b
        logs = anp.log(anp.sum(anp.exp(Z), axis=1))
        return anp.mean(logs - anp.sum(setting.Y * Z, axis=1))

    params = list(setting.network.params)

    def run() -> None:
        test_util.check_grads(loss, modes=["rev"])(params)

    yield Way("autograd `check_grads`", run, checks="one direction")


def _import_if_installed(module: str) -> Any:
    """Return a module, or None if its package is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        return None
