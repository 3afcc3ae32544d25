"""What every explorer has: a state to begin with, and a picture that stands in for it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from gradlab.live.output import LiveOutput
from gradlab.support.arguments import is_real
from gradlab.support.drawing import Described, picture, png


def make_explorer(
    module: str,
    start: dict[str, Any],
    drawing: Described,
    lines: Iterable[str],
    data: Mapping[str, Any] = MappingProxyType({}),
) -> LiveOutput:
    """Return an explorer that begins with a state.

    Parameters
    ----------
    module : str
        The name of its ES module.
    start : dict of str to JSON
        What its controls are set to, now and after a reset.
    drawing : Described
        A picture of that state, for where nothing can move.
    lines : iterable of str
        The numbers of that state, in words.
    data : mapping of str to JSON, optional
        What the module computes with and no control changes.

    Returns
    -------
    LiveOutput
        The explorer.
    """
    lines = list(lines)
    numbers = html.escape("\n".join(lines))
    still = picture(png(drawing.figure), drawing.alt)
    return LiveOutput(
        module,
        {**data, **start, "start": start},
        "\n".join([f"Figure: {drawing.alt}", *lines]),
        f"{still}<figcaption><pre>{numbers}</pre></figcaption>",
    )


def require_choice(argument: str, value: str, choices: Iterable[str]) -> None:
    """Require that a value is in its menu.

    Parameters
    ----------
    argument : str
        The name of the argument.
    value : str
        The value.
    choices : iterable of str
        What is in the menu.

    Raises
    ------
    ValueError
        If it is not.
    """
    if value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"{argument} is {value!r}; it must be one of {listed}")


def read_between(argument: str, value: float, low: float, high: float) -> float:
    """Return a number in float64, which must be within the ends of its slider.

    Parameters
    ----------
    argument : str
        The name of the argument.
    value : float
        The number.
    low, high : float
        The ends.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ValueError
        If it is beyond them, or not a number.
    """
    if not is_real(value) or not low <= value <= high:
        raise ValueError(f"{argument} is {value!r}; it must be between {low:g} and {high:g}")
    return float(value)
