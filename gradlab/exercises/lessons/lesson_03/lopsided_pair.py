"""The exercise ``lopsided_pair`` of lesson 3: find a counterexample."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Arguments, Cases, Exercise, Misconception, Trial


def lopsided_pair(rtol):
    """Return finite a, b with np.isclose(a, b, rtol, 0) but not np.isclose(b, a, rtol, 0)."""
    return 1.0, 1 + rtol + rtol**2 / 2


def _draw_tolerances(rng: np.random.Generator) -> Cases:
    """Tolerances with few binary digits: 1 + rtol is exact, so that rounding decides nothing."""
    wide = rng.choice(np.arange(5, 31), 3, replace=False) / 64
    tight = rng.choice(np.arange(1, 100), 4, replace=False) / 2.0**16
    return {
        "wide tolerances": [(0.5,), *((float(rtol),) for rtol in wide)],
        "tight tolerances": [(float(rtol),) for rtol in tight],
    }


def _is_close(a: float, b: float, rtol: float) -> bool:
    return bool(np.isclose(a, b, rtol=rtol, atol=0.0))


# What the judge says, by which the misconceptions are told apart.
_NOT_FINITE = "both numbers must be finite"
_TOO_NEAR = "np.isclose calls a close to b, and b close to a"
_TOO_FAR = "np.isclose calls neither close to the other"
_SWAPPED = "np.isclose calls b close to a, but a not close to b: the wrong way round"


def _judge(arguments: Arguments, value: Any) -> str:
    (rtol,) = arguments
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_number, value)):
        return "two numbers are needed, as in return a, b"
    a, b = value
    if not (math.isfinite(a) and math.isfinite(b)):
        return _NOT_FINITE
    verdicts = {
        (True, False): "",
        (True, True): _TOO_NEAR,
        (False, False): _TOO_FAR,
        (False, True): _SWAPPED,
    }
    return verdicts[_is_close(a, b, rtol), _is_close(b, a, rtol)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_said(what: str) -> Callable[[list[Trial]], bool]:
    """Return a predicate: whether the judge says this of all that failed."""
    return lambda trials: all(what in trial.detail for trial in trials if trial.stage)


def _are_equal(trials: list[Trial]) -> bool:
    return all(_TOO_NEAR in t.detail and np.array_equal(*t.got) for t in trials)


def _are_alike(trials: list[Trial]) -> bool:
    are_pairs = all("np.isclose" in trial.detail for trial in trials if trial.stage)
    return are_pairs and len({str(trial.got) for trial in trials}) == 1


EXERCISE = Exercise(
    points=2,
    reference=lopsided_pair,
    cases=_draw_tolerances,
    judge=_judge,
    advice="Write down both tests, |a - b| <= rtol * |b| and |b - a| <= rtol * |a|, with your "
    "numbers in them.",
    misconceptions=(
        Misconception(
            wrong=lambda rtol: (math.nan, 1.0),
            hint="NaN and infinity are close to no finite number, whichever comes first. Take two "
            "ordinary numbers.",
            shows=_is_said(_NOT_FINITE),
        ),
        Misconception(
            wrong=lambda rtol: (1.0, 1.0),
            hint="Your two numbers are equal, so they are close in either order: let them differ.",
            shows=_are_equal,
        ),
        Misconception(
            wrong=lambda rtol: (1.0, 1.75),
            hint="Your pair is the same for every rtol. One that is lopsided for rtol = 0.5 is "
            "too far apart for rtol = 0.01: let it depend on rtol.",
            shows=_are_alike,
        ),
        Misconception(
            wrong=lambda rtol: (1 + rtol + rtol**2 / 2, 1.0),
            hint="Yours is lopsided the other way round. np.isclose multiplies rtol by the size "
            "of its second argument.",
            shows=_is_said(_SWAPPED),
        ),
        Misconception(
            wrong=lambda rtol: (1.0, 1 + rtol),
            hint="Your two numbers are too near: close in either order. At a distance of exactly "
            "rtol * |a| that is still so (<=). How far may b go?",
            shows=_is_said(_TOO_NEAR),
        ),
        Misconception(
            wrong=lambda rtol: (1.0, 1 + 2 * rtol + 2 * rtol**2),
            hint="Your two numbers are too far apart: close in neither order. The distance must "
            "lie between rtol * |a| and rtol * |b|, with room for rounding.",
            shows=_is_said(_TOO_FAR),
        ),
    ),
    hints=(
        "Let a be 1 and b a little larger. How large may the distance be in either order?",
        "In the order a, b it may be rtol * |b|; in the order b, a it may be rtol * |a|. Aim "
        "between the two.",
        "With a = 1, b must lie above 1 + rtol and at most at 1 / (1 - rtol), which is "
        "1 + rtol + rtol**2 + ...: take half of the last term.",
    ),
    also_right=(
        lambda rtol: (1 - rtol + rtol**2 / 2, 1),
        lambda rtol: [-200.0, -100 * (1 + rtol + 1 / (1 - rtol))],
        lambda rtol: np.array([1.0, np.nextafter(1 + rtol, 2)]),
        lambda rtol: (np.float64(3), np.sqrt((3 + 3 * rtol) * 3 / (1 - rtol))),
    ),
)
