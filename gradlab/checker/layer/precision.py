"""In which type of floats a layer is checked: float64 if it can, else what it computes in."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from gradlab.checker.layer.outputs import Outputs
from gradlab.checker.layer.pullback import Layer, check_pullback
from gradlab.checker.report import GradientReport
from gradlab.checker.significand import FLOAT64, NAMES
from gradlab.support.arguments import require_count, require_part
from gradlab.support.floats import FloatArray


class Inputs(Protocol):
    """The inputs of a layer, by name."""

    names: list[str]

    def __getitem__(self, name: str) -> Any:
        """Return an input."""

    def bits_of(self, names: list[str], bits: int) -> list[int]:
        """Return the bits of the significand of each array among these inputs, in some type."""

    def widest(self) -> int:
        """Return the bits of the widest type among them."""


class Written(Protocol):
    """A layer as somebody wrote it."""

    @property
    def arguments(self) -> Inputs:
        """Its inputs."""

    def run(self, moved: Mapping[str, Any], bits: int) -> tuple[Any, list[int] | None]:
        """Return its outputs, with these inputs in their places, in a type of so many bits.

        And their bits, where NumPy's types do not tell them.
        """

    def pull_back(self, moved: Mapping[str, Any], upstream: Any, bits: int) -> dict[str, Any]:
        """Return the gradients, by the names of the inputs."""

    def order_upstream(self, upstream: Any) -> Any:
        """Return the user's upstream in the form of what `run` returned last."""

    def notes(self) -> list[str]:
        """Say what has no part in the check."""


def check_written(
    written: Written, *, upstream: Any, rtol: float, points: int, seed: int
) -> GradientReport:
    """Check a layer in float64 if it can, else in the type that it needs or has inside.

    Parameters
    ----------
    written : Written
    upstream, rtol, points, seed
        As for `check_layer`.
    """
    require_part("rtol", rtol)
    require_count("points", points)
    require_count("seed", seed, least=0)
    layer = choose_precision(
        lambda bits: make_layer(written, bits, upstream, seed), written.arguments.widest()
    )
    return check_pullback(layer, rtol=rtol, points=points, seed=seed)


def make_layer(written: Written, bits: int, upstream: Any, seed: int) -> Layer:
    """Call a layer forward and backward once, and return it as it is to be checked.

    Parameters
    ----------
    written : Written
    bits : int
        Of the significand of the type in which it is to compute.
    upstream : Any
        The user's, or None.
    seed : int
        Of a random one.
    """
    arguments = written.arguments
    outputs = Outputs(*written.run({}, bits))
    if upstream is None:
        upstreams = outputs.draw_upstream(seed)
    else:
        upstreams = outputs.read_upstream(written.order_upstream(upstream))
    if not any(u.any() for u in upstreams):
        if upstream is None:
            raise ValueError("no output of forward is finite; one entry at least must be")
        raise ValueError("upstream is 0 everywhere; one entry at least must be another number")

    def forward(moved: Mapping[str, Any]) -> list[FloatArray]:
        return outputs.read(written.run(moved, bits)[0])

    def backward(moved: Mapping[str, Any], upstreams: list[FloatArray]) -> dict[str, Any]:
        return written.pull_back(moved, outputs.arrange(upstreams), bits)

    found = backward({}, upstreams)
    checked = [name for name in arguments.names if name in found]
    return Layer(
        forward=forward,
        backward=backward,
        params={name: arguments[name] for name in checked},
        outputs=outputs,
        upstreams=upstreams,
        bits=bits,
        bits_of_blocks=arguments.bits_of(checked, bits),
        held={name: arguments[name] for name in arguments.names if name not in checked},
        notes=tuple(written.notes()),
    )


def choose_precision(prepare: Callable[[int], Layer], own: int) -> Layer:
    """Return a layer in float64 if it can, else in the type that it needs or has inside.

    Parameters
    ----------
    prepare : callable
        Takes the bits of a type and returns the layer in it.
    own : int
        The bits of the type in which its inputs were given.
    """
    try:
        wide = prepare(FLOAT64)
    except Exception as error:
        if own == FLOAT64:
            raise
        return replace(prepare(own), reason=_describe_error(error))
    inside = max(wide.outputs.bits)
    if inside == FLOAT64:
        return wide
    reason = (
        f"because its outputs are {NAMES[inside]} (a conversion inside, or an array that is made "
        "without the inputs' dtype?)"
    )
    try:
        return replace(prepare(inside), reason=reason)
    except Exception:
        # It takes float64 and returns less.
        return wide


def _describe_error(error: Exception) -> str:
    name, text = type(error).__name__, " ".join(str(error).split())
    said = textwrap.shorten(f"{name}: {text}" if text else name, 200, placeholder=" ...")
    return (
        f"because in float64 there was an error ({said}). What it takes from outside, and should "
        "be float64 too, must be passed as an input"
    )
