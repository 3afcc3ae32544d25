"""Other packages' own checks on the same layers, with their default tolerances.

Each wraps the layer's NumPy code as its users do: `torch.autograd.Function`, `jax.custom_vjp` with
`jax.pure_callback`, `autograd.extend.primitive`. Packages that are not installed are left out.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np

from tools.benchmarks.layers.cases import Case
from tools.benchmarks.layers.layer import copy_inputs, evaluate, find_floats, pull_back
from tools.benchmarks.world.problem import Array


@dataclass(frozen=True)
class Wrapped:
    """A case as functions of the inputs at some places; the others are held.

    Attributes
    ----------
    case : Case
    inputs : tuple
        All inputs, of which `places` are checked.
    places : list of int
    """

    case: Case
    inputs: tuple[Any, ...]
    places: list[int]

    @property
    def arrays(self) -> list[Array]:
        """The inputs that are checked."""
        return [self.inputs[place] for place in self.places]

    def forward(self, *arrays: Any) -> tuple[Array, ...]:
        """Return the outputs as arrays of float64."""
        outputs = evaluate(self.case.layer, self._fill_in(arrays))
        return tuple(np.asarray(out, dtype=np.float64) for out in outputs)

    def backward(self, upstream: Sequence[Any], arrays: Sequence[Any]) -> list[Array]:
        """Return the gradient by each input that is checked, as arrays that own their data."""
        inputs = self._fill_in(arrays)
        given = pull_back(
            self.case.layer, self.case.mistake, tuple(map(np.asarray, upstream)), inputs
        )
        by_place = dict(zip(find_floats(inputs), given, strict=True))
        return [np.array(by_place[place], dtype=np.float64) for place in self.places]

    def _fill_in(self, arrays: Sequence[Any]) -> tuple[Any, ...]:
        inputs = list(copy_inputs(self.inputs))
        for place, array in zip(self.places, arrays, strict=True):
            inputs[place] = np.array(array)
        return tuple(inputs)


@dataclass(frozen=True)
class Peer:
    """Another check.

    Attributes
    ----------
    name, passes_if, module : str
        `module` is the package that it needs.
    check : callable
        ``check(wrapped)``, True if the gradients pass. An exception counts as False.
    """

    name: str
    passes_if: str
    module: str
    check: Callable[[Wrapped], bool]

    @property
    def title(self) -> str:
        """The name, with the installed version of its package."""
        return f"{self.name}, {self.module} {version(self.module)}"

    def accepts(self, case: Case, places: Sequence[int] | None = None) -> bool:
        """Return whether the gradients by all inputs pass, or by those at some places."""
        inputs = case.layer.draw_inputs(case.seed)
        chosen = find_floats(inputs) if places is None else list(places)
        try:
            return self.check(Wrapped(case, inputs, chosen))
        except Exception:
            return False


@dataclass(frozen=True)
class Tally:
    """How a peer judged cases.

    Attributes
    ----------
    peer : Peer
    right, alarms : int
        How many right ones it judged, and how many of them it refused.
    wrong, passed, exact : int
        How many wrong ones it judged, how many of them pass, and of how many the wrong inputs
        fail and no others if each is checked by itself.
    alarmed, missed : list of str
        The titles of the right cases that it refused, and of the wrong ones that pass.
    """

    peer: Peer
    right: int
    wrong: int
    exact: int
    alarmed: list[str]
    missed: list[str]

    @property
    def alarms(self) -> int:
        """How many right cases it refused."""
        return len(self.alarmed)

    @property
    def passed(self) -> int:
        """How many wrong cases pass."""
        return len(self.missed)


def find_installed_peers() -> list[Peer]:
    """Return the peers that can run here."""
    return [peer for peer in PEERS if find_spec(peer.module)]


def find_missing_peers() -> list[str]:
    """Return the packages that are not installed."""
    return sorted({peer.module for peer in PEERS if not find_spec(peer.module)})


def count_verdicts(peer: Peer, cases: Iterable[Case]) -> Tally:
    """Let a peer judge cases."""
    right = wrong = exact = 0
    alarmed, missed = [], []
    with np.errstate(all="ignore"):
        for case in cases:
            accepted = peer.accepts(case)
            if case.mistake is None:
                right += 1
                alarmed += [] if accepted else [case.title]
                continue
            wrong += 1
            missed += [case.title] if accepted else []
            exact += not accepted and _find_blamed(peer, case) == case.wrong
    return Tally(peer, right, wrong, exact, alarmed, missed)


def _find_blamed(peer: Peer, case: Case) -> list[str]:
    """Return the inputs that fail if each is checked by itself."""
    inputs = case.layer.draw_inputs(case.seed)
    named = zip(case.layer.name_blocks(inputs), find_floats(inputs), strict=True)
    return [name for name, place in named if not peer.accepts(case, [place])]


def _make_gradcheck(fast: bool) -> Callable[[Wrapped], bool]:
    def check(wrapped: Wrapped) -> bool:
        torch = importlib.import_module("torch")

        def forward(context: Any, *tensors: Any) -> Any:
            context.save_for_backward(*tensors)
            outputs = wrapped.forward(*(tensor.numpy() for tensor in tensors))
            made = tuple(torch.from_numpy(np.array(out)) for out in outputs)
            return made if len(made) > 1 else made[0]

        def backward(context: Any, *upstream: Any) -> Any:
            given = wrapped.backward(
                [u.numpy() for u in upstream], [tensor.numpy() for tensor in context.saved_tensors]
            )
            return tuple(torch.from_numpy(gradient) for gradient in given)

        parts = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
        function: Any = type("Given", (torch.autograd.Function,), parts)
        inputs = [torch.from_numpy(array.copy()).requires_grad_() for array in wrapped.arrays]
        torch.manual_seed(0)
        gradcheck = torch.autograd.gradcheck
        return bool(gradcheck(function.apply, inputs, fast_mode=fast, raise_exception=False))

    return check


def _check_by_jax(wrapped: Wrapped) -> bool:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)

    def describe(arrays: Iterable[Array]) -> tuple[Any, ...]:
        return tuple(jax.ShapeDtypeStruct(a.shape, np.float64) for a in arrays)

    arrays = wrapped.arrays
    outputs = describe(wrapped.forward(*arrays))

    def call(*given: Any) -> Any:
        return jax.pure_callback(wrapped.forward, outputs, *given)

    def pull(given: Any, upstream: Any) -> Any:
        return tuple(wrapped.backward(upstream, given))

    function = jax.custom_vjp(call)
    function.defvjp(
        lambda *given: (call(*given), given),
        lambda given, upstream: jax.pure_callback(pull, describe(arrays), given, upstream),
    )
    check_grads = importlib.import_module("jax.test_util").check_grads
    check_grads(function, tuple(map(jax.numpy.asarray, arrays)), order=1, modes=["rev"])
    return True


def _check_by_autograd(wrapped: Wrapped) -> bool:
    extend = importlib.import_module("autograd.extend")
    shapes = [out.shape for out in wrapped.forward(*wrapped.arrays)]

    def flatten(*arrays: Any) -> Array:
        return np.concatenate([out.ravel() for out in wrapped.forward(*arrays)])

    def restore(flat: Array) -> list[Array]:
        parts = np.split(flat, np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]

    def pull(place: int) -> Any:
        return lambda value, *arrays: lambda g: wrapped.backward(restore(g), arrays)[place]

    function = extend.primitive(flatten)
    extend.defvjp(function, *map(pull, range(len(wrapped.arrays))))
    np.random.seed(0)  # noqa: NPY002 (autograd draws from the global generator)
    check_grads = importlib.import_module("autograd.test_util").check_grads
    every = tuple(range(len(wrapped.arrays)))
    check_grads(function, every, modes=["rev"], order=1)(*wrapped.arrays)
    return True


PEERS = (
    Peer(
        "gradcheck",
        "as it comes (eps 1e-6, atol 1e-5, rtol 1e-3)",
        "torch",
        _make_gradcheck(fast=False),
    ),
    Peer(
        "gradcheck, fast_mode",
        "as it comes; one random direction",
        "torch",
        _make_gradcheck(fast=True),
    ),
    Peer(
        "check_grads",
        "order 1, reverse mode; one random direction",
        "autograd",
        _check_by_autograd,
    ),
    Peer("check_grads", "order 1, reverse mode; one random direction", "jax", _check_by_jax),
)
