"""Other gradient checks, as installed and with their default tolerances, for the scorecard.

Each is a function ``check(network, gradient, seed)`` that returns whether the gradient passes.
Checks that use random directions draw them from the seed. An exception counts as "does not pass".
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np

from tools.benchmarks.distribution import FloatArray, Network, Params, list_blocks

Gradient = Callable[[Params], Params]
Check = Callable[[Network, Gradient, int], bool]


@dataclass(frozen=True)
class Peer:
    """Another way to check a gradient.

    Attributes
    ----------
    name : str
    rule : str
        When a gradient passes.
    check : callable
        ``check(network, gradient, seed)``, True if the gradient passes.
    module : str
        The package that it needs; empty for none.
    slow : bool
        Whether it is so slow that it gets only a part of the gradients.
    """

    name: str
    rule: str
    check: Check
    module: str = ""
    slow: bool = False

    @property
    def title(self) -> str:
        """The name, with the installed version of its package."""
        return f"{self.name}, {self.module} {version(self.module)}" if self.module else self.name


def find_installed_peers() -> list[Peer]:
    """Return the peers that can run here."""
    return [peer for peer in PEERS if not peer.module or find_spec(peer.module)]


def _flatten(params: Params) -> FloatArray:
    return np.concatenate([block.ravel() for block in list_blocks(params)])


def _restore(theta: FloatArray, like: Params) -> Params:
    arrays, start = [], 0
    for block in list_blocks(like):
        arrays.append(theta[start : start + block.size].reshape(block.shape))
        start += block.size
    return list(zip(arrays[::2], arrays[1::2], strict=True))


def _flatten_loss(network: Network) -> Callable[[FloatArray], float]:
    return lambda theta: network.loss(_restore(np.asarray(theta), network.params))


def _flatten_gradient(network: Network, gradient: Gradient) -> Callable[[FloatArray], FloatArray]:
    return lambda theta: _flatten(gradient(_restore(np.asarray(theta), network.params)))


def _make_textbook(limit: float) -> Check:
    def check(network: Network, gradient: Gradient, seed: int) -> bool:
        loss, theta, h = _flatten_loss(network), _flatten(network.params), 1e-5
        numeric = np.empty_like(theta)
        for i, middle in enumerate(theta.copy()):
            theta[i] = middle + h
            above = loss(theta)
            theta[i] = middle - h
            numeric[i] = (above - loss(theta)) / (2 * h)
            theta[i] = middle
        analytic = _flatten(gradient(network.params))
        total = np.linalg.norm(analytic) + np.linalg.norm(numeric)
        return bool(total == 0.0 or np.linalg.norm(analytic - numeric) / total < limit)

    return check


def _check_by_derivative(network: Network, gradient: Gradient, seed: int) -> bool:
    numdiff = importlib.import_module("scipy.optimize._numdiff")
    accuracy = numdiff.check_derivative(
        _flatten_loss(network), _flatten_gradient(network, gradient), _flatten(network.params)
    )
    return bool(accuracy < 1e-5)


def _check_by_allclose(network: Network, gradient: Gradient, seed: int) -> bool:
    numdiff = importlib.import_module("scipy.optimize._numdiff")
    theta = _flatten(network.params)
    numeric = numdiff.approx_derivative(_flatten_loss(network), theta)
    return bool(np.allclose(_flatten_gradient(network, gradient)(theta), numeric))


def _make_gradcheck(fast: bool) -> Check:
    def check(network: Network, gradient: Gradient, seed: int) -> bool:
        torch = importlib.import_module("torch")

        def pair_up(tensors: Any) -> Params:
            arrays = [tensor.detach().numpy() for tensor in tensors]
            return list(zip(arrays[::2], arrays[1::2], strict=True))

        def forward(context: Any, *tensors: Any) -> Any:
            context.save_for_backward(*tensors)
            return torch.tensor(network.loss(pair_up(tensors)), dtype=torch.float64)

        def backward(context: Any, upstream: Any) -> Any:
            given = list_blocks(gradient(pair_up(context.saved_tensors)))
            return tuple(upstream * torch.from_numpy(np.array(block)) for block in given)

        parts = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
        function: Any = type("Given", (torch.autograd.Function,), parts)
        inputs = [torch.from_numpy(block.copy()) for block in list_blocks(network.params)]
        for tensor in inputs:
            tensor.requires_grad_()
        torch.manual_seed(seed)
        gradcheck = torch.autograd.gradcheck
        return bool(gradcheck(function.apply, inputs, fast_mode=fast, raise_exception=False))

    return check


def _check_by_autograd(network: Network, gradient: Gradient, seed: int) -> bool:
    extend = importlib.import_module("autograd.extend")
    loss = extend.primitive(_flatten_loss(network))
    flat_gradient = _flatten_gradient(network, gradient)
    extend.defvjp(loss, lambda value, theta: lambda upstream: upstream * flat_gradient(theta))
    np.random.seed(seed)  # noqa: NPY002 (autograd draws from the global generator)
    check_grads = importlib.import_module("autograd.test_util").check_grads
    check_grads(loss, modes=["rev"], order=1)(_flatten(network.params))
    return True


def _check_by_jax(network: Network, gradient: Gradient, seed: int) -> bool:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    flat_loss, flat_gradient = _flatten_loss(network), _flatten_gradient(network, gradient)
    loss = jax.custom_vjp(lambda theta: jax.numpy.asarray(flat_loss(theta)))
    loss.defvjp(
        lambda theta: (jax.numpy.asarray(flat_loss(theta)), theta),
        lambda theta, upstream: (upstream * jax.numpy.asarray(flat_gradient(theta)),),
    )
    check_grads = importlib.import_module("jax.test_util").check_grads
    check_grads(loss, (jax.numpy.asarray(_flatten(network.params)),), order=1, modes=["rev"])
    return True


PEERS = (
    Peer(
        "textbook, 1e-7", "central differences, h = 1e-5; ratio below 1e-7", _make_textbook(1e-7)
    ),
    Peer("textbook, 1e-4", "the same; ratio below 1e-4", _make_textbook(1e-4)),
    Peer(
        "check_derivative",
        "its accuracy is of the order of 1e-6 or less (below 1e-5), as its documentation says",
        _check_by_derivative,
        "scipy",
    ),
    Peer(
        "approx_derivative",
        "np.allclose with its defaults (rtol 1e-5, atol 1e-8) to 3-point differences",
        _check_by_allclose,
        "scipy",
    ),
    Peer(
        "gradcheck",
        "as it comes (eps 1e-6, atol 1e-5, rtol 1e-3)",
        _make_gradcheck(fast=False),
        "torch",
        slow=True,
    ),
    Peer(
        "gradcheck, fast_mode",
        "as it comes; one random direction for each block",
        _make_gradcheck(fast=True),
        "torch",
    ),
    Peer(
        "check_grads",
        "order 1, reverse mode; one random direction",
        _check_by_autograd,
        "autograd",
    ),
    Peer(
        "check_grads",
        "order 1, reverse mode; one random direction",
        _check_by_jax,
        "jax",
        slow=True,
    ),
)
