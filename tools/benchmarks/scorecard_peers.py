"""Other gradient checks, as installed and with the tolerances they come with, for the scorecard.

Each is a function ``passes(network, gradient, seed)`` that says whether the gradient passes. What
draws random directions draws them from the seed. An exception counts as "does not pass".
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np

from tools.benchmarks.distribution import FloatArray, Network, Params, blocks

Gradient = Callable[[Params], Params]
Passes = Callable[[Network, Gradient, int], bool]


@dataclass(frozen=True)
class Peer:
    """Another way to check a gradient.

    Attributes
    ----------
    name : str
    rule : str
        When it says that a gradient passes.
    passes : callable
        ``passes(network, gradient, seed)``.
    module : str
        What needs to be installed; empty for nothing.
    slow : bool
        Whether it takes so long that fewer gradients have to do.
    """

    name: str
    rule: str
    passes: Passes
    module: str = ""
    slow: bool = False

    @property
    def title(self) -> str:
        """The name with the version of what is installed."""
        return f"{self.name}, {self.module} {version(self.module)}" if self.module else self.name


def installed() -> list[Peer]:
    """Return the peers that can run here."""
    return [peer for peer in PEERS if not peer.module or find_spec(peer.module)]


def _flat(params: Params) -> FloatArray:
    return np.concatenate([block.ravel() for block in blocks(params)])


def _unflat(theta: FloatArray, like: Params) -> Params:
    arrays, start = [], 0
    for block in blocks(like):
        arrays.append(theta[start : start + block.size].reshape(block.shape))
        start += block.size
    return list(zip(arrays[::2], arrays[1::2], strict=True))


def _loss_of(network: Network) -> Callable[[FloatArray], float]:
    return lambda theta: network.loss(_unflat(np.asarray(theta), network.params))


def _gradient_of(network: Network, gradient: Gradient) -> Callable[[FloatArray], FloatArray]:
    return lambda theta: _flat(gradient(_unflat(np.asarray(theta), network.params)))


def _textbook(limit: float) -> Passes:
    def passes(network: Network, gradient: Gradient, seed: int) -> bool:
        loss, theta, h = _loss_of(network), _flat(network.params), 1e-5
        numeric = np.empty_like(theta)
        for i, middle in enumerate(theta.copy()):
            theta[i] = middle + h
            above = loss(theta)
            theta[i] = middle - h
            numeric[i] = (above - loss(theta)) / (2 * h)
            theta[i] = middle
        analytic = _flat(gradient(network.params))
        total = np.linalg.norm(analytic) + np.linalg.norm(numeric)
        return bool(total == 0.0 or np.linalg.norm(analytic - numeric) / total < limit)

    return passes


def _scipy_check_derivative(network: Network, gradient: Gradient, seed: int) -> bool:
    numdiff = importlib.import_module("scipy.optimize._numdiff")
    accuracy = numdiff.check_derivative(
        _loss_of(network), _gradient_of(network, gradient), _flat(network.params)
    )
    return bool(accuracy < 1e-5)


def _scipy_allclose(network: Network, gradient: Gradient, seed: int) -> bool:
    numdiff = importlib.import_module("scipy.optimize._numdiff")
    theta = _flat(network.params)
    numeric = numdiff.approx_derivative(_loss_of(network), theta)
    return bool(np.allclose(_gradient_of(network, gradient)(theta), numeric))


def _torch_gradcheck(fast: bool) -> Passes:
    def passes(network: Network, gradient: Gradient, seed: int) -> bool:
        torch = importlib.import_module("torch")

        def pairs(tensors: Any) -> Params:
            arrays = [tensor.detach().numpy() for tensor in tensors]
            return list(zip(arrays[::2], arrays[1::2], strict=True))

        def forward(context: Any, *tensors: Any) -> Any:
            context.save_for_backward(*tensors)
            return torch.tensor(network.loss(pairs(tensors)), dtype=torch.float64)

        def backward(context: Any, upstream: Any) -> Any:
            given = blocks(gradient(pairs(context.saved_tensors)))
            return tuple(upstream * torch.from_numpy(np.array(block)) for block in given)

        parts = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
        function: Any = type("Given", (torch.autograd.Function,), parts)
        inputs = [torch.from_numpy(block.copy()) for block in blocks(network.params)]
        for tensor in inputs:
            tensor.requires_grad_()
        torch.manual_seed(seed)
        gradcheck = torch.autograd.gradcheck
        return bool(gradcheck(function.apply, inputs, fast_mode=fast, raise_exception=False))

    return passes


def _autograd_check_grads(network: Network, gradient: Gradient, seed: int) -> bool:
    extend = importlib.import_module("autograd.extend")
    loss = extend.primitive(_loss_of(network))
    flat_gradient = _gradient_of(network, gradient)
    extend.defvjp(loss, lambda value, theta: lambda upstream: upstream * flat_gradient(theta))
    np.random.seed(seed)  # noqa: NPY002 (autograd draws from the global generator)
    check_grads = importlib.import_module("autograd.test_util").check_grads
    check_grads(loss, modes=["rev"], order=1)(_flat(network.params))
    return True


def _jax_check_grads(network: Network, gradient: Gradient, seed: int) -> bool:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    flat_loss, flat_gradient = _loss_of(network), _gradient_of(network, gradient)
    loss = jax.custom_vjp(lambda theta: jax.numpy.asarray(flat_loss(theta)))
    loss.defvjp(
        lambda theta: (jax.numpy.asarray(flat_loss(theta)), theta),
        lambda theta, upstream: (upstream * jax.numpy.asarray(flat_gradient(theta)),),
    )
    check_grads = importlib.import_module("jax.test_util").check_grads
    check_grads(loss, (jax.numpy.asarray(_flat(network.params)),), order=1, modes=["rev"])
    return True


PEERS = (
    Peer("textbook, 1e-7", "central differences, h = 1e-5; ratio below 1e-7", _textbook(1e-7)),
    Peer("textbook, 1e-4", "the same; ratio below 1e-4", _textbook(1e-4)),
    Peer(
        "check_derivative",
        "its accuracy is of the order of 1e-6 or less (below 1e-5), as its documentation says",
        _scipy_check_derivative,
        "scipy",
    ),
    Peer(
        "approx_derivative",
        "np.allclose with its defaults (rtol 1e-5, atol 1e-8) to 3-point differences",
        _scipy_allclose,
        "scipy",
    ),
    Peer(
        "gradcheck",
        "as it comes (eps 1e-6, atol 1e-5, rtol 1e-3)",
        _torch_gradcheck(fast=False),
        "torch",
        slow=True,
    ),
    Peer(
        "gradcheck, fast_mode",
        "as it comes; one random direction for each block",
        _torch_gradcheck(fast=True),
        "torch",
    ),
    Peer(
        "check_grads",
        "order 1, reverse mode; one random direction",
        _autograd_check_grads,
        "autograd",
    ),
    Peer(
        "check_grads",
        "order 1, reverse mode; one random direction",
        _jax_check_grads,
        "jax",
        slow=True,
    ),
)
