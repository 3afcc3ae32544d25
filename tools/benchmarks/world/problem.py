"""What a problem is: a loss, a gradient that is known to be right or wrong, and a point.

A *family* draws problems of one form from a seed. The fixed list is what seed 0 gives; any other
seed gives fresh variants, with other sizes, data and points. Nothing here is gradlab's.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rng = np.random.Generator
# Params are an array, or a dict or a list of arrays.
Gradient = Callable[[Any], Any]


@dataclass(frozen=True)
class Instance:
    """One draw of a family.

    Attributes
    ----------
    formula : callable
        ``formula(params)`` is the loss. It takes arrays of float64, of ``np.longdouble`` and of
        objects that know NumPy's functions as methods, so that it can be evaluated with any number
        of digits.
    gradient : callable
        ``gradient(params, mistake)`` is the gradient, right if `mistake` is empty.
    params : array, or dict or list of arrays
        The point.
    computed : callable, optional
        The loss as it is computed, where that is not by the formula: rounded, by LAPACK, by an
        iteration that ends.
    on_kink : bool
        Whether the point lies on a kink, where the gradient is one of several that are right.
    """

    formula: Callable[[Any], Any]
    gradient: Callable[[Any, str], Any]
    params: Any
    computed: Callable[[Any], Any] | None = None
    on_kink: bool = False


@dataclass(frozen=True)
class Problem:
    """A loss with a gradient of which it is known whether it is right.

    Attributes
    ----------
    name, kind, source : str
        `source` is where the function or the mistake is from.
    formula, params, on_kink
        As in `Instance`.
    loss : callable
        ``loss(params)``, a float.
    gradient : callable
        ``gradient(params)``, the gradient that is to be checked.
    right_gradient : callable
        The right one; the same if there is no mistake.
    mistake : str
        What is wrong with `gradient`; empty if nothing is.
    unit : float
        What the error of a gradient is compared with where the whole right gradient is zero.
    seed : int or None
        With the kind, what `catalogue.draw` drew it from; None in the fixed list.
    """

    name: str
    kind: str
    source: str
    formula: Callable[[Any], Any]
    loss: Callable[[Any], float]
    gradient: Gradient
    right_gradient: Gradient
    params: Any
    mistake: str = ""
    on_kink: bool = False
    unit: float = 1.0
    seed: int | None = None

    @property
    def title(self) -> str:
        """The name, with the mistake."""
        return f"{self.name}: {self.mistake}" if self.mistake else self.name

    @property
    def stationary(self) -> bool:
        """Whether the whole gradient is zero, to within rounding."""
        return self.kind == "stationary points"

    @property
    def size(self) -> int:
        """The number of parameters."""
        return sum(block.size for block in list_blocks(self.params))


@dataclass(frozen=True)
class Family:
    """Problems of one form.

    Attributes
    ----------
    name, kind, source : str
    draw : callable
        ``draw(rng)`` returns an `Instance`.
    mistakes : tuple of str
        The mistakes that its gradient can make.
    """

    name: str
    kind: str
    source: str
    draw: Callable[[Rng], Instance]
    mistakes: tuple[str, ...] = ()

    def make(self, seed: int = 0, mistake: str = "") -> Problem:
        """Return the problem of a seed, with or without a mistake in its gradient."""
        rng = np.random.default_rng([zlib.crc32(self.name.encode()), seed])
        instance = self.draw(rng)
        computed = instance.computed or instance.formula
        return Problem(
            name=self.name,
            kind=self.kind,
            source=self.source,
            formula=instance.formula,
            loss=lambda params: float(computed(params)),
            gradient=lambda params: spoil(instance.gradient, params, mistake),
            right_gradient=lambda params: instance.gradient(params, ""),
            params=instance.params,
            mistake=mistake,
            on_kink=instance.on_kink,
        )


def spoil(gradient: Callable[[Any, str], Any], params: Any, mistake: str) -> Any:
    """Return the gradient with a mistake of its own, or one that any gradient can make."""
    change = GENERAL_MISTAKES.get(mistake)
    if change is None:
        return gradient(params, mistake)
    return map_blocks(lambda block: change(np.array(block, dtype=float)), gradient(params, ""))


def _change_largest(g: Array, factor: float) -> Array:
    flat = g.ravel().copy()
    flat[int(np.argmax(np.abs(flat)))] *= factor
    return flat.reshape(g.shape)


def _change_every_other(g: Array) -> Array:
    flat = g.ravel().copy()
    flat[::2] *= -1.0
    return flat.reshape(g.shape)


def _round_digits(g: Array, digits: int) -> Array:
    rounded = [float(f"%.{digits - 1}e" % value) for value in g.ravel().tolist()]
    return np.array(rounded).reshape(g.shape)


# Mistakes that any gradient can make: (the right gradient of a block) -> the wrong one.
GENERAL_MISTAKES: dict[str, Callable[[Array], Array]] = {
    "a factor of 2": lambda g: 2.0 * g,
    "a factor of 1.01": lambda g: 1.01 * g,
    "the wrong sign": lambda g: -g,
    "all zero": lambda g: 0.0 * g,
    "the largest entry 1% off": lambda g: _change_largest(g, 1.01),
    "the largest entry missing": lambda g: _change_largest(g, 0.0),
    "the wrong sign in every other entry": _change_every_other,
    "two digits": lambda g: _round_digits(g, 2),
}


def list_blocks(params: Any) -> list[Array]:
    """Return the arrays in order."""
    if isinstance(params, dict):
        return [np.asarray(block) for block in params.values()]
    if isinstance(params, list):
        return [np.asarray(block) for block in params]
    return [np.asarray(params)]


def name_blocks(params: Any) -> list[str]:
    """Return the names of the blocks in order; an array is called "params"."""
    if isinstance(params, dict):
        return [str(name) for name in params]
    if isinstance(params, list):
        return [f"[{i}]" for i in range(len(params))]
    return ["params"]


def flatten(params: Any) -> NDArray[np.float64]:
    """Return all entries as one vector of float64."""
    return np.concatenate([block.ravel() for block in list_blocks(params)]).astype(float)


def restore(theta: Array, like: Any) -> Any:
    """Return a vector in the structure of `like`."""
    blocks, start = [], 0
    for block in list_blocks(like):
        blocks.append(theta[start : start + block.size].reshape(block.shape))
        start += block.size
    if isinstance(like, dict):
        return dict(zip(like, blocks, strict=True))
    return blocks if isinstance(like, list) else blocks[0]


def map_blocks(change: Callable[[Array], Array], params: Any) -> Any:
    """Return the params with each array changed."""
    if isinstance(params, dict):
        return {name: change(block) for name, block in params.items()}
    if isinstance(params, list):
        return [change(block) for block in params]
    return change(params)


def order_blocks(gradient: Any, params: Any) -> list[Array]:
    """Return the blocks of a gradient in the order of the params."""
    if isinstance(params, dict):
        return [np.asarray(gradient[name], dtype=float) for name in params]
    return [np.asarray(block, dtype=float) for block in list_blocks(gradient)]


def measure_errors(problem: Problem) -> dict[str, float]:
    """Return for each block the norm of the gradient's error over the norm of the right block.

    A block whose right gradient is zero, to within 1e-12 of the largest entry of all, is compared
    with that entry; where the whole gradient is zero, with `unit`.
    """
    right = order_blocks(problem.right_gradient(problem.params), problem.params)
    given = order_blocks(problem.gradient(problem.params), problem.params)
    largest = max(float(np.abs(block).max(initial=0.0)) for block in right)
    errors = {}
    for name, g, a in zip(name_blocks(problem.params), right, given, strict=True):
        norm = float(np.linalg.norm(g))
        if not largest or problem.stationary:
            norm = problem.unit
        elif np.abs(g).max(initial=0.0) <= 1e-12 * largest:
            norm = largest
        errors[name] = float(np.linalg.norm(a - g)) / norm
    return errors


def scale_and_shift(problem: Problem, scale: float, offset: float) -> Problem:
    """Return the problem with the loss ``scale * (loss + offset)`` and the gradient for it."""

    def scale_all(gradient: Gradient) -> Gradient:
        return lambda params: map_blocks(lambda block: scale * np.asarray(block), gradient(params))

    return replace(
        problem,
        formula=lambda params: scale * (problem.formula(params) + offset),
        loss=lambda params: scale * (problem.loss(params) + offset),
        gradient=scale_all(problem.gradient),
        right_gradient=scale_all(problem.right_gradient),
        unit=scale * problem.unit,
    )
