"""The exercise ``has_kink`` of lesson 6."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gradlab.exercises.draws import draw_signed
from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_06.common import are_answers
from gradlab.exercises.lessons.lesson_06.steps import list_kink_steps


def has_kink(f, x, h):
    """Whether the slope of f jumps somewhere between x - h and x + h; x is a number.

    f has one kink at most, where its slope jumps by at least 0.1, up or down. Elsewhere
    |f''| <= 10. h is at most 1e-3, and no kink is within h / 10 of x - h or x + h.
    """
    s = h / 20
    left = (f(x - h + s) - f(x - h)) / s
    right = (f(x + h) - f(x + h - s)) / s
    # Without a kink the slope changes by no more than 10 * 2h, which is 0.02.
    return abs(right - left) > 0.05


@dataclass(frozen=True)
class _Curve:
    """A parabola about x, on which the slope jumps once, unless the kink is infinitely far."""

    x: float
    value: float
    slope: float
    second_derivative: float
    jump: float = 0.0
    kink: float = math.inf

    __name__ = "f"

    @property
    def code(self) -> str:
        """The formula."""
        d = f"(t - {self.x!r})"
        terms = [
            (self.slope, d),
            (self.second_derivative / 2, f"{d} ** 2"),
            (self.jump, f"np.maximum(0, t - {self.kink!r})"),
        ]
        shown = [f"{'-' if k < 0 else '+'} {abs(k)!r} * {power}" for k, power in terms if k]
        return f"lambda t: {' '.join([repr(self.value), *shown])}"

    def __call__(self, t: Any) -> Any:
        d = t - self.x
        smooth = self.value + self.slope * d + self.second_derivative / 2 * d**2
        return smooth + self.jump * np.maximum(0.0, t - self.kink)


def _draw_case(
    rng: np.random.Generator,
    h: float,
    distance: float = math.inf,
    jump: float = 0.0,
    bend: float = 0.0,
    slope: float | None = None,
) -> tuple[Any, ...]:
    """Draw a curve with this second derivative and perhaps a kink, at x + distance * h."""
    x = round(rng.uniform(0.5, 2), 2)
    value = round(rng.uniform(1, 4), 2)
    # Far from 0 on either side of a kink, so that a kink is no minimum.
    slope = draw_signed(rng, 1.5, 3) if slope is None else slope
    return _Curve(x, value, slope, bend, jump, x + distance * h), x, h


def _kink_cases(rng: np.random.Generator) -> Cases:
    """Four groups, with as many True as False in each.

    Jumps go up and down on either side of x, and the farther ones are smaller, so that each
    misconception misses other kinks. The first curve of each group is straight: where that is
    taken for a kink, it is the case to show. That of the first group is by hand.
    """

    def draw(low: float, high: float) -> float:
        return round(rng.uniform(low, high), 2)

    def step() -> float:
        return float(f"{rng.uniform(1, 9):.1f}e-{rng.integers(4, 7)}")

    at, near, far, strong = (partial(_draw_case, rng, h) for h in (step(), step(), step(), 1e-3))
    bend = draw(4, 9.8)
    return {
        "kink at x": [
            (_Curve(1.0, 1.0, 2.0, 0.0), 1.0, 0.001),
            at(0, draw(0.3, 0.5)),
            at(0, -draw(0.3, 0.5), draw(1, 3)),
            at(bend=bend, slope=0.0),
        ],
        "kink off x": [
            near(),
            near(1 / 3, draw(0.56, 0.65)),
            near(-1 / 3, -draw(0.56, 0.65)),
            near(bend=bend),
            near(1 / 5, -draw(0.35, 0.42)),
            near(bend=-bend),
            near(-1 / 5, draw(0.35, 0.42)),
            near(bend=-draw(1, 3)),
            near(0.7, 0.3),
            near(bend=draw(1, 3)),
            near(-0.7, -0.3),
            near(bend=bend, slope=0.0),
        ],
        "strong curvature, small jump": [
            strong(),
            strong(0.9, 0.1, -9.8),
            strong(bend=9.8),
            strong(-0.9, -0.14, 9.8),
            strong(bend=-9.8),
            strong(0, 0.11),
            strong(-0.5, 0.14, 1.0),
            strong(bend=3.0),
            strong(1 / 3, -0.13),
            strong(bend=-3.0),
            strong(-1 / 5, 0.5),
            strong(bend=9.8, slope=0.0),
        ],
        "kink beyond x - h or x + h": [
            far(),
            far(0, draw(0.4, 0.6)),
            far(1.2, draw(0.6, 0.9), draw(1, 3)),
            far(-0.5, -draw(0.4, 0.6)),
            far(-1.3, draw(0.6, 0.9), draw(1, 3)),
            far(0.5, draw(0.4, 0.6)),
            far(1.4, -draw(0.6, 0.9), draw(1, 3)),
            far(0.9, -0.3),
            far(-1.2, -draw(0.6, 0.9), draw(1, 3)),
            far(-0.9, 0.3),
            far(0.7, 0.35),
            far(bend=bend),
        ],
    }


def _get_gap(f: Any, x: float, s: float) -> Any:
    """Slope from x to x + s minus slope from x - s to x."""
    return (f(x + s) - 2 * f(x) + f(x - s)) / s


def _compare_gaps(f: Any, x: float, h: float, parts: int) -> Any:
    """What of the gap at h is not explained by that at h / parts, if f is smooth."""
    return _get_gap(f, x, h) - parts * _get_gap(f, x, h / parts)


def _compare_ends(f: Any, x: float, h: float) -> Any:
    """Slope at x + h minus slope at x - h, both taken inside."""
    s = h / 20
    return (f(x + h) - f(x + h - s) - f(x - h + s) + f(x - h)) / s


_ENDS = "Compare the slopes at the two ends, x - h and x + h, instead."


def _get_distance(trial: Trial) -> float:
    """How far the kink is from x, in steps h."""
    f, x, h = trial.arguments
    return float(abs(f.kink - x) / h)


def _is_straight(trial: Trial) -> bool:
    """Whether f is straight from x - h to x + h, where quotients of its gaps are noise."""
    f, _, _ = trial.arguments
    return not f.second_derivative and _get_distance(trial) > 1.0


def _list_curved(trials: list[Trial]) -> list[Trial]:
    return [trial for trial in trials if not _is_straight(trial)]


def _make_threshold_test(measure: Callable[..., Any]) -> Callable[[list[Trial]], bool]:
    """Return whether answers are those of some threshold on a measure's size."""

    def shows(trials: list[Trial]) -> bool:
        if not are_answers(trials):
            return False
        yes = [abs(measure(*trial.arguments)) for trial in trials if trial.got]
        no = [abs(measure(*trial.arguments)) for trial in trials if not trial.got]
        return bool(yes and no and min(yes) > max(no))

    return shows


def _calls_every_bend_a_kink(trials: list[Trial]) -> bool:
    return are_answers(trials) and all(bool(trial.got) != _is_straight(trial) for trial in trials)


def _sees_what_is_too_far(trials: list[Trial]) -> bool:
    """Whether the only mistakes are kinks beyond the interval that are taken for kinks in it."""
    return are_answers(trials) and all(
        trial.got and math.isfinite(_get_distance(trial)) for trial in trials if trial.stage
    )


def _list_missed(trials: list[Trial]) -> list[float] | None:
    """How far the kinks are that were missed; None if there are other mistakes."""
    if not are_answers(trials) or any(trial.stage and trial.got for trial in trials):
        return None
    return [_get_distance(trial) for trial in trials if trial.stage and not trial.got]


def _list_found(trials: list[Trial]) -> list[float]:
    return [_get_distance(trial) for trial in trials if trial.got and not trial.stage]


def _sees_only_what_is_near(trials: list[Trial]) -> bool:
    """Whether the kinks that are missed are off x, and no nearer than those that are found."""
    missed = _list_missed(trials)
    if missed is None:
        return False
    nearest = min(missed, default=math.inf)
    return nearest > 0.0 and nearest >= max(_list_found(trials), default=0.0)


def _get_share_kept(trial: Trial, parts: int) -> float:
    """What share of the gap at h is left at h / parts: about 1 / parts if f is smooth there."""
    f, x, h = trial.arguments
    return float(abs(_get_gap(f, x, h / parts) / _get_gap(f, x, h)))


def _asks_whether_the_gap_stays(trials: list[Trial]) -> bool:
    """Whether those curves are called kinked of whose gap some share, below 98%, is left."""
    if not are_answers(trials) or any(trial.got and _is_straight(trial) for trial in trials):
        return False
    curved = _list_curved(trials)
    return any(
        min((_get_share_kept(t, parts) for t in curved if t.got), default=0.98)
        > max((_get_share_kept(t, parts) for t in curved if not t.got), default=1.0)
        for parts in (2, 4)
    )


def _make_blindness_test(parts: int) -> Callable[[list[Trial]], bool]:
    """Return whether answers come from the gaps at h and h / parts, or from their quotient."""
    fits = _make_threshold_test(lambda f, x, h: _compare_gaps(f, x, h, parts))
    place = 1 / (parts + 1)

    def shows(trials: list[Trial]) -> bool:
        if fits(trials):
            return True
        missed = _list_missed(trials)
        if missed is None or not np.allclose(missed, place, atol=1e-6):
            return False
        return not np.any(np.isclose(_list_found(trials), place, atol=1e-6))

    return shows


def _takes_noise_for_a_kink(trials: list[Trial]) -> bool:
    """Whether answers come from a comparison of gaps, where f is not straight."""
    curved = _list_curved(trials)
    blind = _make_blindness_test(2), _make_blindness_test(4)
    comparisons = _sees_only_what_is_near, _asks_whether_the_gap_stays, *blind
    return are_answers(trials) and any(shows(curved) for shows in comparisons)


def _kink_by_grid(f: Any, x: float, h: float) -> Any:
    t = np.linspace(x - h, x + h, 41)
    return np.ptp(np.diff(f(t)) / np.diff(t)) > 0.05


def _kink_by_outer_slopes(f: Any, x: float, h: float) -> bool:
    s = 0.05 * h
    left = (f(x - h) - f(x - h - s)) / s
    right = (f(x + h + s) - f(x + h)) / s
    return not -0.06 < right - left < 0.06


def _kink_by_two_comparisons(f: Any, x: float, h: float) -> Any:
    """Compare the gap at h with those at h / 2 and h / 4, which are blind at different places."""

    def gap(s: float) -> Any:
        return (f(x + s) - 2 * f(x) + f(x - s)) / s

    return max(abs(gap(h) - 2 * gap(h / 2)), abs(gap(h) - 4 * gap(h / 4))) > 0.004


def _kink_by_gradient(f: Any, x: float, h: float) -> Any:
    t = x + h * np.arange(-50, 51) / 50
    slopes = np.gradient(f(t), t)
    return np.any(np.abs(slopes - slopes[0]) > 0.05)


EXERCISE = Exercise(
    points=4,
    reference=has_kink,
    cases=_kink_cases,
    steps=list_kink_steps,
    misconceptions=(
        Misconception(
            wrong=lambda f, x, h: _compare_ends(f, x, h) > 0.05,
            hint="A slope may also jump down: compare the size of its change, abs(...).",
        ),
        *(
            Misconception(
                wrong=one_sided,
                hint="You look to one side of x. The central difference evaluates f at x - h and "
                "at x + h, so a kink on either side spoils it.",
            )
            for one_sided in (
                lambda f, x, h: abs(_compare_ends(f, x + h / 2, h / 2)) > 0.05,
                lambda f, x, h: abs(_compare_ends(f, x - h / 2, h / 2)) > 0.05,
            )
        ),
        Misconception(
            wrong=lambda f, x, h: abs(f(x + h) - f(x - h)) / (2 * h) < 0.1,
            hint="You ask whether the slope is 0. At a kink it jumps, whatever it is, and at the "
            "bottom of a smooth valley it is 0 without a jump.",
        ),
        Misconception(
            wrong=lambda f, x, h: abs(f(x + h) - 2 * f(x) + f(x - h)) > 0.05,
            hint="You answer False for every f. Over so short a way f hardly changes, with or "
            "without a kink. Compare slopes, which are changes divided by the way.",
        ),
        Misconception(
            wrong=lambda f, x, h: abs(_get_gap(f, x, h)) > 1e-7,
            hint="You call everything kinked that is not straight. Curvature changes the slope "
            "too: by up to 10 * 2h = 0.02 from x - h to x + h.",
            shows=_calls_every_bend_a_kink,
        ),
        Misconception(
            wrong=lambda f, x, h: abs(_compare_ends(f, x, h)) > 0.01,
            hint="Your threshold is too low or too high. From x - h to x + h curvature changes "
            "the slope by up to 10 * 2h = 0.02, and a jump of 0.1 by at least 0.08.",
            shows=_make_threshold_test(_compare_ends),
        ),
        Misconception(
            wrong=lambda f, x, h: abs(_get_gap(f, x, h)) > 1e-3,
            hint="No threshold on the gap of the one-sided slopes at x will do: curvature alone "
            "makes it up to 10 h = 0.01, and a jump of 0.1 at a distance of 0.9 h makes it 0.01 "
            "too. Compare the slopes at the two ends, x - h and x + h.",
            shows=_make_threshold_test(_get_gap),
        ),
        Misconception(
            wrong=lambda f, x, h: abs(2 * _get_gap(f, x, 2 * h) - _get_gap(f, x, h)) > 0.05,
            hint="You look beyond x - h and x + h. A kink out there does not touch the central "
            "difference with step h.",
            shows=_sees_what_is_too_far,
        ),
        Misconception(
            wrong=lambda f, x, h: abs(_get_gap(f, x, h / 100)) > 0.05,
            hint="You find a kink at x, but miss one farther off. Anywhere between x - h and "
            "x + h it spoils the central difference: compare slopes at these two ends.",
            shows=_sees_only_what_is_near,
        ),
        Misconception(
            # On a straight f both gaps are rounding, below 1e-6.
            wrong=lambda f, x, h: abs(_get_gap(f, x, h / 4)) > 0.5 * abs(_get_gap(f, x, h)) + 1e-6,
            hint="You ask whether the gap of the one-sided slopes at x stays while the step "
            f"shrinks. It does for a kink at x; for one farther off it falls to 0. {_ENDS}",
            shows=_asks_whether_the_gap_stays,
        ),
        Misconception(
            wrong=lambda f, x, h: abs(_compare_gaps(f, x, h, 2)) > 0.005,
            hint="The gaps of the one-sided slopes at h and at h / 2 are blind to a kink at a "
            f"distance of h / 3: there they are in the ratio 2 to 1, as for a smooth f. {_ENDS}",
            shows=_make_blindness_test(2),
        ),
        Misconception(
            wrong=lambda f, x, h: abs(_compare_gaps(f, x, h, 4)) > 0.005,
            hint="The gaps of the one-sided slopes at h and at h / 4 are blind to a kink at a "
            f"distance of h / 5: there they are in the ratio 4 to 1, as for a smooth f. {_ENDS}",
            shows=_make_blindness_test(4),
        ),
        Misconception(
            # That the quotient of the gaps is not 4, without dividing by 0.
            wrong=lambda f, x, h: abs(_compare_gaps(f, x, h, 4)) >= 0.1 * abs(_get_gap(f, x, h)),
            hint=f"On a straight f both gaps are rounding, and their quotient is noise. {_ENDS}",
            shows=_takes_noise_for_a_kink,
        ),
    ),
    hints=(
        "Take the slope close to x - h and the slope close to x + h. Can they differ much if "
        "there is no kink in between?",
        "|f''| <= 10 lets the slope change by at most 10 * 2h = 0.02 between them, a kink by at "
        "least 0.1 - 0.02. Measure both slopes with a step below h / 10, such as s = h / 20, but "
        "not so short that rounding decides.",
        "left = (f(x - h + s) - f(x - h)) / s and right = (f(x + h) - f(x + h - s)) / s. There is "
        "a kink if abs(right - left) > 0.05.",
    ),
    also_right=(
        _kink_by_grid,
        _kink_by_outer_slopes,
        _kink_by_two_comparisons,
        _kink_by_gradient,
    ),
)
