"""Measure ways to check the gradient of a network by differences, side by side.

``make bench`` prints a table for each network; ``make bench WRITE=1`` puts them into
docs/benchmarks.md. Nothing here fails on a slow machine.

Every way gets the same weights and the same data, runs in this process, on one core and one
thread, and takes its turn in every round; the median counts. Processor time is measured, so that
other programs on the machine count for little. Peers take part when they are installed: SciPy and
autograd come with the extra ``benchmarks``, PyTorch and JAX are too large for it
(``pip install torch jax``).
"""

from __future__ import annotations

import os

# ruff: noqa: E402
# One thread each: must be set before NumPy and the others are imported.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
# No progress bars between the tables.
os.environ["TQDM_DISABLE"] = "1"

import argparse
import datetime
import importlib
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import gradlab
from gradlab.checker.parameters import Layout, ravel
from gradlab.support.floats import FloatArray

_PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_SIZES = ([4, 5, 3], [64, 32, 10], [784, 128, 64, 10])
_ROWS = 32
_STEP = 2.0**-17
# What would take longer than this is measured on a sample of the entries, and scaled.
_PATIENCE = 20.0
_SAMPLE = 400
_REPORT_SAMPLE = 1000
_PACKAGES = ("numpy", "scipy", "torch", "jax", "autograd")

_INTRODUCTION = """\
# Benchmarks

How long it takes to check the gradient of a network by differences. Each table is one network
(tanh, softmax cross-entropy, {rows} samples), with the same weights and data for every row, in one
process, on one core and one thread. All take turns; times are medians. `make bench WRITE=1`
measures anew, and leaves out what is not installed.

- **checks**: *all* N entries, or *one direction*: the slope along one random direction (torch:
  one for each block), which is one number where the gradient has N, so that a mistake in a few
  entries can hide.
- **time**: of the processor; with ~ where only a sample of the entries was measured, drawn at
  random (torch: b1, W3 and b3), and the time was scaled to all N.
- **ratio**: the textbook loop's time over this time, the median over the rounds; above 1 is
  faster.
- **error**: the largest difference from backpropagation among the entries measured, divided by
  the largest entry. Checkers that tell no numbers have none.
- **memory**: the peak of what NumPy and Python allocate besides the network and the data.

The rows `check_network` and `check_gradient` are whole checks: two losses to see that they agree,
the noise, the differences, the verdict. The others stop at the differences, or at yes or no.

One thread is also what suits these sizes: threads of BLAS wait for each other, and where other
programs keep the cores busy, one loss of the large network was seen to take 2 to 200 times longer.
`OPENBLAS_NUM_THREADS=1`, set before Python starts, prevents that; "entries" and "units" keep the
products of their inner loops on one thread by themselves.
"""


@dataclass
class Setting:
    """One network and its data.

    Attributes
    ----------
    network : MLP
    X, Y : ndarray
    gradient : ndarray of float64, shape (N,)
        By backpropagation.
    sampled : bool
        Whether slow ways measure a sample only.
    """

    network: gradlab.MLP
    X: FloatArray
    Y: FloatArray
    gradient: FloatArray
    sampled: bool = False

    def chosen(self) -> NDArray[np.intp]:
        """Return the entries that slow ways measure."""
        count = self.gradient.size
        if not self.sampled:
            return np.arange(count)
        return np.sort(np.random.default_rng(1).choice(count, _SAMPLE, replace=False))

    def loss(self, params: Any) -> float:
        """Return the loss at other params."""
        self.network.params = params
        return self.network.loss(self.X, self.Y)

    def gradients(self, params: Any) -> Any:
        """Return the gradient at other params."""
        self.network.params = params
        return self.network.gradients(self.X, self.Y)


@dataclass
class Way:
    """One way to check.

    Attributes
    ----------
    name : str
    run : callable
        Checks once, and returns the largest difference from backpropagation, None if unknown.
    share : float
        The part of the entries that it measures; its time is divided by it.
    checks : str
        What it checks.
    in_numpy : bool
        Whether tracemalloc sees its memory.
    """

    name: str
    run: Callable[[], float | None]
    share: float = 1.0
    checks: str = "all"
    in_numpy: bool = True


def main() -> None:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--rounds", type=int, default=7, help="how often each way is measured")
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    parts = [_INTRODUCTION.format(rows=_ROWS), _conditions(arguments.rounds)]
    for sizes in _SIZES:
        parts.append(_table(sizes, arguments.rounds))
        print(parts[-1], flush=True)
    if arguments.write:
        _PAGE.write_text("\n".join(parts), encoding="utf-8")
    else:
        print(parts[1])


def _conditions(rounds: int) -> str:
    installed = [f"{name} {_version(name)}" for name in _PACKAGES if _version(name)]
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"Measured on {today}: {_processor()}, {platform.system()}, Python "
        f"{platform.python_version()}, {', '.join(installed)}; {rounds} rounds.\n"
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _table(sizes: list[int], rounds: int) -> str:
    """Return the Markdown table of one network."""
    setting = _setting(sizes)
    ways = list(_ways(setting))
    for way in ways:
        way.run()
    times: list[list[float]] = [[] for _ in ways]
    errors = [way.run() for way in ways]
    for k in range(rounds):
        # Each round begins with another, so that none always follows the same one.
        for index in np.roll(np.arange(len(ways)), k).tolist():
            start = time.process_time()
            ways[index].run()
            times[index].append((time.process_time() - start) / ways[index].share)
    largest = np.abs(setting.gradient).max()
    lines = [
        f"## {'-'.join(map(str, sizes))}: {setting.gradient.size:,} parameters\n",
        "| way | checks | time | ratio | error | memory |",
        "|:--|:--|--:|--:|--:|--:|",
    ]
    for way, seconds, error in zip(ways, times, errors, strict=True):
        cells = [
            way.name,
            way.checks,
            f"{'~ ' if way.share < 1.0 else ''}{_duration(statistics.median(seconds))}",
            _ratio(statistics.median(np.divide(times[0], seconds).tolist())),
            "" if error is None else f"{error / largest:.0e}",
            _size(_peak(way)) if way.in_numpy else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _duration(seconds: float) -> str:
    number, unit = (seconds, "s") if seconds >= 1.0 else (1e3 * seconds, "ms")
    digits = 2 if number < 10.0 else 1 if number < 100.0 else 0
    return f"{number:,.{digits}f} {unit}"


def _ratio(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10.0 else f"{ratio:.2f}"


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB" if count >= 2**18 else f"{count / 2**10:.0f} KiB"


def _peak(way: Way) -> int:
    tracemalloc.start()
    way.run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _setting(sizes: list[int]) -> Setting:
    rng = np.random.default_rng(0)
    network = gradlab.MLP(sizes)
    X = rng.normal(size=(_ROWS, sizes[0]))
    Y = np.eye(sizes[-1])[rng.integers(sizes[-1], size=_ROWS)]
    setting = Setting(network, X, Y, ravel(network.gradients(X, Y))[0])
    start = time.perf_counter()
    for _ in range(20):
        network.loss(X, Y)
    one_loss = (time.perf_counter() - start) / 20
    setting.sampled = 2 * setting.gradient.size * one_loss > _PATIENCE
    return setting


def _ways(setting: Setting) -> Iterator[Way]:
    """Yield every way that is installed; the textbook loop comes first."""
    yield _textbook(setting)
    yield _in_place(setting)
    yield _numerical_gradient(setting)
    yield from _scipy(setting)
    yield from _torch(setting)
    yield from _jax(setting)
    yield from _autograd(setting)
    yield from _gradlab(setting)


def _textbook(setting: Setting) -> Way:
    theta, unravel = ravel(setting.network.params)
    chosen = setting.chosen()

    def run() -> float:
        slopes = np.empty(chosen.size)
        for k, entry in enumerate(chosen.tolist()):
            losses = []
            for h in (_STEP, -_STEP):
                moved = theta.copy()
                moved[entry] += h
                losses.append(setting.loss(unravel(moved)))
            slopes[k] = (losses[0] - losses[1]) / (2.0 * _STEP)
        return float(np.abs(slopes - setting.gradient[chosen]).max())

    return Way("textbook loop, theta copied", run, chosen.size / theta.size)


def _in_place(setting: Setting) -> Way:
    layout = Layout(setting.network.params)
    theta, params = layout.theta, layout.view(layout.theta)
    chosen = setting.chosen()

    def run() -> float:
        slopes = np.empty(chosen.size)
        for k, entry in enumerate(chosen.tolist()):
            before = theta[entry]
            theta[entry] = before + _STEP
            above = setting.loss(params)
            theta[entry] = before - _STEP
            slopes[k] = (above - setting.loss(params)) / (2.0 * _STEP)
            theta[entry] = before
        return float(np.abs(slopes - setting.gradient[chosen]).max())

    return Way("loop in place", run, chosen.size / theta.size)


def _of_chosen(setting: Setting) -> tuple[Callable[[FloatArray], float], FloatArray]:
    """Return the loss as a function of the chosen entries, and these."""
    layout = Layout(setting.network.params)
    theta, params = layout.theta, layout.view(layout.theta)
    chosen = setting.chosen()

    def loss(entries: FloatArray) -> float:
        theta[chosen] = entries
        return setting.loss(params)

    return loss, theta[chosen]


def _numerical_gradient(setting: Setting) -> Way:
    loss, entries = _of_chosen(setting)
    true = setting.gradient[setting.chosen()]

    def run() -> float:
        return float(np.abs(gradlab.numerical_gradient(loss, entries) - true).max())

    return Way("`gradlab.numerical_gradient`", run, entries.size / setting.gradient.size)


def _scipy(setting: Setting) -> Iterator[Way]:
    numdiff = _import_if_installed("scipy.optimize._numdiff")
    if numdiff is None:
        return
    loss, entries = _of_chosen(setting)
    true = setting.gradient[setting.chosen()]

    def run() -> float:
        slopes = numdiff.approx_derivative(loss, entries, method="3-point")
        return float(np.abs(slopes - true).max())

    share = entries.size / setting.gradient.size
    yield Way("SciPy `approx_derivative`, 3-point", run, share)


def _torch(setting: Setting) -> Iterator[Way]:
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

    def checked(blocks: list[int], fast: bool) -> Callable[[], None]:
        inputs = [block.clone().requires_grad_(k in blocks) for k, block in enumerate(flat)]

        def run() -> None:
            torch.autograd.gradcheck(loss, inputs, fast_mode=fast)

        return run

    everything = list(range(len(flat)))
    # Setting single entries would take gradcheck a copy of W for each loss; whole small blocks
    # cost it as much for each entry as the large ones do.
    measured = [1, 4, 5] if setting.sampled else everything
    share = sum(flat[k].numel() for k in measured) / setting.gradient.size
    yield Way("PyTorch `gradcheck`", checked(measured, False), share, in_numpy=False)
    yield Way(
        "PyTorch `gradcheck`, fast mode",
        checked(everything, True),
        checks="one direction",
        in_numpy=False,
    )


def _jax(setting: Setting) -> Iterator[Way]:
    jax = _import_if_installed("jax")
    if jax is None:
        return
    jax.config.update("jax_enable_x64", True)
    X, Y = jax.numpy.asarray(setting.X), jax.numpy.asarray(setting.Y)
    vector, _ = ravel(setting.network.params)
    shapes = [block.shape for pair in setting.network.params for block in pair]
    ends = np.cumsum([np.prod(shape) for shape in shapes]).tolist()
    chosen = setting.chosen()

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
        ahead, behind = theta.at[entry].add(_STEP), theta.at[entry].add(-_STEP)
        return (loss(ahead) - loss(behind)) / (2.0 * _STEP)

    theta = jax.numpy.asarray(vector)
    # One entry after the other: batches (vmap) copy all of theta for each entry, and were slower.
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


def _autograd(setting: Setting) -> Iterator[Way]:
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


def _gradlab(setting: Setting) -> Iterator[Way]:
    network, X, Y = setting.network, setting.X, setting.Y
    params = network.params

    def by_sample() -> float:
        report = gradlab.check_gradient(
            setting.loss, setting.gradients, params, sample=_REPORT_SAMPLE
        )
        return _largest_error(report)

    def along() -> None:
        gradlab.check_gradient(setting.loss, setting.gradients, params, directions=1)

    def by(method: str) -> Callable[[], float]:
        def run() -> float:
            network.params = params
            return _largest_error(gradlab.check_network(network, X, Y, method=method))

        return run

    loop = Way('`check_network(method="loop")`', by("loop"))
    if setting.sampled:
        loop.run, loop.share = by_sample, _REPORT_SAMPLE / setting.gradient.size
    yield loop
    for method in ("entries", "units"):
        yield Way(f'`check_network(method="{method}")`', by(method))
    yield Way("`check_gradient(directions=1)`", along, checks="one direction")


def _largest_error(report: gradlab.GradientReport) -> float:
    if not report.passed:
        raise RuntimeError(f"a right gradient did not pass:\n{report}")
    return max(abs(block.analytic - block.numeric) for block in report.parameters)


def _import_if_installed(module: str) -> Any:
    """Return a module, None if its package is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        return None


if __name__ == "__main__":
    main()
