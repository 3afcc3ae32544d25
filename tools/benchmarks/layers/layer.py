"""What a layer of the scorecard is: forward, backward, a draw of inputs, and its mistakes.

Forward and backward are written as people write them, for `check_layer`; nothing here is
gradlab's.
"""

from __future__ import annotations

import copy
import inspect
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.benchmarks.world.problem import Array, Rng

Draw = Callable[[Rng], tuple[Any, ...]]


@dataclass(frozen=True)
class Mistake:
    """A classic mistake in a backward pass.

    Attributes
    ----------
    name : str
        What the layer's backward takes as `mistake`.
    blocks : str
        The inputs whose gradients are wrong, in the order of forward's parameters, with spaces
        between them. All others are right.
    kinds : str
        The kinds of finding that name the cause, if inputs, gradient, slopes and upstream prove
        one; empty if they prove none that has a kind.
    also : str
        The kinds of finding that are other true readings of the same numbers.
    """

    name: str
    blocks: str
    kinds: str = ""
    also: str = ""

    @property
    def wrong(self) -> list[str]:
        """The inputs whose gradients are wrong."""
        return self.blocks.split()

    @property
    def causes(self) -> list[str]:
        """The kinds of finding that count as the right cause."""
        return self.kinds.split()

    @property
    def readings(self) -> list[str]:
        """The kinds of finding that are true of these numbers."""
        return [*self.kinds.split(), *self.also.split()]


@dataclass(frozen=True)
class Layer:
    """A layer with a backward pass that is right, and with mistakes that it can make.

    Attributes
    ----------
    name, group, source : str
        `source` is where the layer is from.
    forward : callable
        ``forward(*inputs)``; with `cache` it returns ``(out, cache)``.
    backward : callable
        ``backward(dout, *inputs, mistake="")``, or ``backward(dout, cache, mistake="")`` with
        `cache`; right if `mistake` is empty.
    draw : callable
        ``draw(rng)`` returns the inputs, away from kinks.
    mistakes : tuple of Mistake
    cache : bool
        Whether forward keeps a cache for backward, as in the assignments of CS231n.
    analytic : bool
        Whether forward takes complex inputs, and is an analytic function of them.
    """

    name: str
    group: str
    source: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    draw: Draw
    mistakes: tuple[Mistake, ...] = ()
    cache: bool = False
    analytic: bool = True

    def draw_inputs(self, seed: int) -> tuple[Any, ...]:
        """Return the inputs of a seed, new ones at each call: forward may change its dicts."""
        return self.draw(np.random.default_rng([zlib.crc32(self.name.encode()), seed]))

    def make_backward(self, mistake: Mistake | None = None) -> Callable[..., Any]:
        """Return the backward pass, right or with a mistake."""
        if mistake is None:
            return self.backward
        return lambda dout, *rest: self.backward(dout, *rest, mistake=mistake.name)

    def name_blocks(self, inputs: tuple[Any, ...]) -> list[str]:
        """Return the names of the inputs that have a gradient."""
        names = list(inspect.signature(self.forward).parameters)
        return [names[place] for place in find_floats(inputs)]


def is_float_array(value: Any) -> bool:
    """Return whether an input has a gradient; all others are held."""
    return isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.floating)


def find_floats(inputs: tuple[Any, ...]) -> list[int]:
    """Return the places of the inputs that have a gradient."""
    return [place for place, value in enumerate(inputs) if is_float_array(value)]


def copy_inputs(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return copies, also of arrays of numbers with 50 digits, which `copy.deepcopy` rounds."""
    return tuple(
        value.copy() if isinstance(value, np.ndarray) else copy.deepcopy(value) for value in inputs
    )


def evaluate(layer: Layer, inputs: tuple[Any, ...]) -> tuple[Array, ...]:
    """Return the outputs of a layer, without its cache."""
    out = layer.forward(*inputs)
    if layer.cache:
        out, _ = out
    return out if isinstance(out, tuple) else (out,)


def pull_back(
    layer: Layer, mistake: Mistake | None, upstream: tuple[Array, ...], inputs: tuple[Any, ...]
) -> list[Array]:
    """Return what backward says for each input that has a gradient."""
    out, rest = layer.forward(*inputs), inputs
    if layer.cache:
        out, cache = out
        rest = (cache,)
    # Some write into their upstream, as in dout[x <= 0] = 0.
    copies = tuple(np.array(part) for part in upstream)
    dout = copies if isinstance(out, tuple) else copies[0]
    returned = layer.make_backward(mistake)(dout, *rest)
    gradients = returned if isinstance(returned, tuple) else (returned,)
    places = find_floats(inputs)
    if len(gradients) == len(inputs):
        gradients = tuple(gradients[place] for place in places)
    return [np.asarray(gradient) for gradient, _ in zip(gradients, places, strict=True)]


def draw_upstream(rng: Rng, outputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """Return standard normal numbers in the shapes of the outputs."""
    return tuple(rng.normal(size=np.shape(out)) for out in outputs)


def draw_nonzero(rng: Rng, shape: tuple[int, ...], least: float = 0.1) -> Array:
    """Return numbers of both signs that are at least so far away from 0."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(least, 2.0, size=shape)


def draw_distinct(rng: Rng, shape: tuple[int, ...]) -> Array:
    """Return numbers from -1 to 1 with at least 1 / size between each two of them."""
    size = int(np.prod(shape))
    places = rng.permutation(size) + rng.uniform(0.0, 0.5, size=size)
    return np.asarray((2.0 * places / size - 1.0).reshape(shape))
