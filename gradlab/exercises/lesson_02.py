"""The exercises of lesson 2: Taylor polynomial, observed order, best step, Richardson."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.draws import signed
from gradlab.exercises.exercise import Cases, Exercise, Misconception

Function = Callable[[Any], Any]
_UNIT_ROUND_OFF = 2.0**-53


def taylor_polynomial(derivatives, x0, x):
    """Value at x, a number or an array, of the Taylor polynomial of f about x0.

    derivatives holds f(x0), f'(x0), f''(x0), ...: the polynomial uses all of them.
    """
    step = np.asarray(x, dtype=np.float64) - x0
    total = np.zeros_like(step)
    term = np.ones_like(step)
    for k, derivative in enumerate(derivatives):
        total = total + derivative * term
        term = term * step / (k + 1)
    return total


def observed_order(steps, errors):
    """Slope of the straight line, fitted by least squares, of the errors on log-log axes."""
    slope, _intercept = np.polyfit(np.log(steps), np.log(errors), 1)
    return slope


def best_central_step(f_scale, third_derivative):
    """Step at which the error bound of the central difference is smallest; f_scale is |f|."""
    u = 2.0**-53
    return (3 * u * f_scale / abs(third_derivative)) ** (1 / 3)


def richardson(f, x, h):
    """Slope of f at x, a number or an array, from central differences with steps h and h / 2.

    They are combined so that their errors of order h^2 cancel.
    """
    x = np.asarray(x, dtype=np.float64)
    coarse = (f(x + h) - f(x - h)) / (2 * h)
    fine = (f(x + h / 2) - f(x - h / 2)) / h
    return (4 * fine - coarse) / 3


# --- Taylor polynomial


def _taylor_cases(rng: np.random.Generator) -> Cases:
    """Three groups; k and k! differ from k = 3 on, so most lists have at least four entries."""

    def case(length: int, shape: Any = None, as_list: bool = True) -> tuple[Any, ...]:
        derivatives = signed(rng, 0.5, 4, length)
        x0 = round(rng.uniform(0.5, 2), 2)
        x = np.round(x0 + signed(rng, 0.5, 1.5, shape), 2)
        return (derivatives.tolist() if as_list else derivatives), x0, x

    derivatives, x0, _ = case(4)
    return {
        "numbers": [case(4), case(5, as_list=False), case(6), (derivatives, x0, x0)],
        "arrays": [case(4, 3), case(5, (2, 3), as_list=False), case(6, 4)],
        "one or two derivatives": [case(1), case(2), case(1, 3), case(2, 4, as_list=False)],
    }


def _taylor(
    weight: Callable[[int], float],
    step: Callable[[Any, Any], Any] = lambda x, x0: x - x0,
    power: int = 0,
) -> Callable[[Any, Any, Any], Any]:
    """Return a wrong Taylor polynomial: another weight, step or power of each term."""

    def polynomial(derivatives: Any, x0: Any, x: Any) -> Any:
        s = step(np.asarray(x, dtype=np.float64), x0)
        terms = [d * weight(k) * s ** (k + power) for k, d in enumerate(derivatives)]
        return sum(terms, np.zeros_like(s))

    return polynomial


def _reciprocal_factorial(k: int) -> float:
    return 1 / math.factorial(k)


TAYLOR_POLYNOMIAL = Exercise(
    lesson=2,
    points=3,
    reference=taylor_polynomial,
    cases=_taylor_cases,
    misconceptions=(
        Misconception(
            wrong=_taylor(lambda k: 1.0),
            hint="The factorials are missing: differentiate (x - x0)^2 twice: what is left?",
        ),
        Misconception(
            wrong=_taylor(lambda k: 1 / max(k, 1)),
            hint="You divide term k by k; k! grows faster. The two part at k = 3: 3! is 6.",
        ),
        Misconception(
            wrong=_taylor(lambda k: 1 / 2**k),
            hint="You divide term k by 2^k. The factorials are 1, 1, 2, 6, 24, ...",
        ),
        Misconception(
            wrong=_taylor(lambda k: 1 / math.factorial(k + 1)),
            hint="Your factorials run one ahead: the term with f(x0) itself is divided by 0! = 1.",
        ),
        Misconception(
            wrong=_taylor(lambda k: 1 / math.factorial(k + 1), power=1),
            hint="You count from 1: the first entry of derivatives, f(x0), is the term k = 0.",
        ),
        Misconception(
            wrong=_taylor(_reciprocal_factorial, step=lambda x, x0: x),
            hint="You take powers of x. The polynomial is about x0: how far is x from there?",
        ),
        Misconception(
            wrong=_taylor(_reciprocal_factorial, step=lambda x, x0: x0 - x),
            hint="The odd terms have the wrong sign: walk from x0 to x, not back.",
        ),
        Misconception(
            wrong=lambda derivatives, x0, x: taylor_polynomial([0, *derivatives[1:]], x0, x),
            hint="The first term, f(x0), is missing.",
        ),
        Misconception(
            wrong=lambda derivatives, x0, x: taylor_polynomial(derivatives[:1], x0, x),
            hint="Your result is f(x0) alone. Does return stand inside the loop?",
        ),
        Misconception(
            wrong=lambda derivatives, x0, x: taylor_polynomial(derivatives[:-1], x0, x),
            hint="The last term is missing: n derivatives make n terms, k = 0 to n - 1.",
        ),
        Misconception(
            wrong=lambda derivatives, x0, x: taylor_polynomial(derivatives[:2], x0, x),
            hint="This is the tangent, f(x0) + f'(x0)(x - x0). Use every entry of derivatives.",
        ),
    ),
    hints=(
        "Each entry of derivatives gives one term. Which power of (x - x0) goes with entry k?",
        "Term k has the k-th derivative, the k-th power of (x - x0), and one more factor. At "
        "k = 2 it is 1/2, at k = 3 it is 1/6.",
        "Import math, and sum derivatives[k] * (x - x0)**k / math.factorial(k), k from 0.",
    ),
)


# --- Observed order


def _order_cases(rng: np.random.Generator) -> Cases:
    """Three groups; each has an error that shrinks with h, fast and slowly, and one that grows.

    The errors wiggle about their power law, so that two points are not enough.
    """

    def case(order: float, count: int, as_list: bool = False) -> tuple[Any, ...]:
        # All below 1/2, so that no logarithm is 0, and unevenly spaced.
        exponents = 0.5 + np.cumsum(rng.uniform(0.3, 0.8, count))
        steps = np.array([float(f"{10**-e:.3g}") for e in exponents])
        wiggle = rng.choice([-1, 1], count) * rng.uniform(0.05, 0.3, count)
        exact = rng.uniform(0.02, 0.4) * steps**order * np.exp(wiggle)
        errors = np.array([float(f"{e:.4g}") for e in exact])
        return (steps.tolist(), errors.tolist()) if as_list else (steps, errors)

    orders = (2.0, 1.0, -1.0, 4.0)
    return {
        "falling steps": [case(order, 6) for order in orders],
        "growing steps": [tuple(v[::-1] for v in case(order, 5)) for order in orders],
        "lists": [case(order, 4, as_list=True) for order in orders],
    }


def _fit(x: Any, y: Any, which: int = 0) -> Any:
    return np.polyfit(x, y, 1)[which]


def _first_and_last(steps: Any, errors: Any) -> Any:
    return np.log(errors[-1] / errors[0]) / np.log(steps[-1] / steps[0])


def _mean_of_slopes(steps: Any, errors: Any) -> Any:
    return np.mean(np.diff(np.log(errors)) / np.diff(np.log(steps)))


def _through_the_origin(steps: Any, errors: Any) -> Any:
    return np.sum(np.log(steps) * np.log(errors)) / np.sum(np.log(steps) ** 2)


_INTERCEPT = "This is where the line meets the axis. np.polyfit gives the slope first."
_NO_FACTOR = (
    "You fit error = h^p. There is a factor before it: error = C h^p, so the line need not pass "
    "through the origin of the log-log axes."
)

OBSERVED_ORDER = Exercise(
    lesson=2,
    points=3,
    reference=observed_order,
    cases=_order_cases,
    misconceptions=(
        Misconception(
            wrong=lambda steps, errors: _fit(np.log(errors), np.log(steps)),
            hint="The axes are swapped: the steps go along x, the errors along y.",
        ),
        Misconception(
            wrong=lambda steps, errors: 1 / _fit(np.log(steps), np.log(errors)),
            hint="This is run over rise: turn the quotient round.",
        ),
        Misconception(
            wrong=_fit,
            hint="Take the logarithms first. On plain axes C h^p is no straight line.",
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(steps, np.log(errors)),
            hint="Only the errors are logarithms. Log-log means both.",
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(np.log(steps), errors),
            hint="Only the steps are logarithms. Log-log means both.",
        ),
        Misconception(
            wrong=_first_and_last,
            hint="This slope uses the first and the last point alone. Least squares uses all.",
        ),
        Misconception(
            wrong=_mean_of_slopes,
            hint="This is the mean of the slopes between neighbours. The least-squares line is "
            "another one: np.polyfit with degree 1 finds it.",
        ),
        Misconception(wrong=_through_the_origin, hint=_NO_FACTOR),
        Misconception(
            wrong=lambda steps, errors: np.mean(np.log(errors) / np.log(steps)), hint=_NO_FACTOR
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(np.log(steps), np.log(errors), 1), hint=_INTERCEPT
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(np.log10(steps), np.log10(errors), 1),
            hint=_INTERCEPT,
        ),
        Misconception(
            wrong=lambda steps, errors: abs(observed_order(steps, errors)),
            hint="Keep the sign. Where rounding rules, the error grows as h shrinks, and the "
            "slope is negative.",
        ),
    ),
    hints=(
        "If error = C h^p, what is log(error) as a function of log(h)? Which number is p in it?",
        "It is a straight line with slope p. Any base of the logarithm gives the same slope.",
        "np.polyfit(x, y, 1) returns slope and intercept; x is np.log(steps), y np.log(errors).",
    ),
)


# --- Best central step


def _step_cases(rng: np.random.Generator) -> Cases:
    """Two groups, by sign; all sizes stay far from 1, so that none can be left out."""

    def cases(sign: float) -> list[tuple[Any, ...]]:
        large, small = rng.uniform(6, 90, 4), rng.uniform(0.01, 0.15, 4)
        pairs = [(large[0], small[0]), (small[1], large[1]), (large[2], large[3])]
        pairs.append((small[2], small[3]))
        return [(float(f"{f:.3g}"), sign * float(f"{d:.3g}")) for f, d in pairs]

    return {"positive derivative": cases(1.0), "negative derivative": cases(-1.0)}


def _step(
    factor: float = 3.0,
    power: float = 1 / 3,
    u: float = _UNIT_ROUND_OFF,
    ratio: Callable[[float, float], float] = lambda f, d: f / d,
    outside: float = 1.0,
) -> Callable[[float, float], float]:
    """Return a wrong best step: another factor, power, unit round-off or ratio."""

    def step(f_scale: float, third_derivative: float) -> float:
        inside = factor * u * ratio(f_scale, abs(third_derivative))
        return float(outside * inside**power)

    return step


_NO_ABS = "A step is positive: take |f'''|, the size of the third derivative."

BEST_CENTRAL_STEP = Exercise(
    lesson=2,
    points=2,
    reference=best_central_step,
    cases=_step_cases,
    rtol=0.1,
    atol=0.0,
    misconceptions=(
        Misconception(
            wrong=_step(power=1 / 2),
            hint="That is a square root. Where the slope of u|f|/h + h²|f'''|/6 is zero, a power "
            "of h stands alone: which one?",
        ),
        Misconception(
            wrong=_step(factor=1.0, power=1 / 2, outside=2.0),
            hint="This is the forward difference's best step. The central error falls like h².",
        ),
        Misconception(
            wrong=_step(factor=6.0),
            hint="Your step is about 1.26 times the best. Is your u = 2**-53? That is half of "
            "np.finfo(float).eps. And the minimum is not where the two terms are equal: set the "
            "slope of their sum to zero.",
        ),
        Misconception(
            wrong=_step(factor=1.0),
            hint="A factor 3 is missing under the root: the derivative of h²/6 is h/3.",
        ),
        Misconception(
            wrong=_step(power=1.0, outside=1 / 3),
            hint="“** 1 / 3” takes the power 1 and then divides by 3: write ** (1 / 3).",
        ),
        Misconception(
            wrong=_step(ratio=lambda f, d: 1 / d),
            hint="f_scale is missing: large values of f bring large rounding errors.",
        ),
        Misconception(
            wrong=_step(ratio=lambda f, d: f),
            hint="The third derivative is missing: the more f''' there is, the smaller the step.",
        ),
        Misconception(
            wrong=_step(ratio=lambda f, d: d / f),
            hint="The quotient is upside down. A larger f, so more rounding, asks for a larger h.",
        ),
        Misconception(
            wrong=_step(ratio=lambda f, d: f * d),
            hint="You multiply by |f'''|. The more f''' there is, the smaller the step has to be.",
        ),
        Misconception(
            wrong=_step(u=1.0),
            hint="The unit round-off u = 2**-53 is missing: without it the step is far too large.",
        ),
        Misconception(
            wrong=lambda f_scale, third_derivative: (
                (3 * _UNIT_ROUND_OFF * f_scale / third_derivative) ** (1 / 3)
            ),
            hint=_NO_ABS,
        ),
        Misconception(
            wrong=lambda f_scale, third_derivative: np.cbrt(
                3 * _UNIT_ROUND_OFF * f_scale / third_derivative
            ),
            hint=_NO_ABS,
        ),
    ),
    hints=(
        "The error is at most u|f|/h + h²|f'''|/6: one term falls with h, the other one grows.",
        "At the best h the slope of that sum is zero: -u|f|/h² + h|f'''|/3 = 0. Solve for h.",
        "h³ = 3 u |f| / |f'''|, with u = 2**-53. Mind the brackets in ** (1 / 3).",
    ),
)


# --- Richardson


def _curve(rng: np.random.Generator) -> Function:
    """Draw a curve whose first, third and fifth derivatives are well above 0 everywhere."""
    a, b, c = rng.uniform(1.0, 3.0, size=3).round(1).tolist()

    def f(x: Any) -> Any:
        return a * np.exp(1.5 * x) + b * x**3 + c * x

    f.__name__ = f"{a:g} exp(1.5 x) + {b:g} x^3 + {c:g} x"
    return f


def _richardson_cases(rng: np.random.Generator) -> Cases:
    """Three groups; steps are large, so that formulas of equal order give unequal values."""

    def cases(*points: Any) -> list[tuple[Any, ...]]:
        return [(_curve(rng), x, round(rng.uniform(0.2, 0.5), 2)) for x in points]

    def draw(size: Any = None) -> Any:
        return np.round(rng.uniform(0.2, 1.2, size), 2)

    return {
        "numbers": cases(float(draw()), -float(draw()), float(draw())),
        "arrays": cases(draw(4), -draw((2, 3)), draw(2)),
        "integers": cases(int(rng.integers(1, 4)), rng.integers(-1, 3, size=3), 0),
    }


def _central(f: Function, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x - h)) / (2 * h)


def _forward(f: Function, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x)) / h


def _combined(
    fine_weight: float,
    coarse_weight: float,
    difference: Callable[[Function, Any, float], Any] = _central,
    scale: float = 1.0,
) -> Callable[[Function, Any, float], Any]:
    """Return a weighted sum of a difference with scale * h / 2 and with scale * h."""

    def combine(f: Function, x: Any, h: float) -> Any:
        fine, coarse = difference(f, x, scale * h / 2), difference(f, x, scale * h)
        return fine_weight * fine + coarse_weight * coarse

    return combine


def _fine_over_2h(f: Function, x: Any, h: float) -> Any:
    return (4 * _central(f, x, h / 2) / 2 - _central(f, x, h)) / 3


def _filled(f: Function, x: Any, h: float) -> Any:
    """Fill an array made like x with the right values, which keeps the type of x."""
    out = np.zeros_like(x)
    out[...] = richardson(f, x, h)
    return out


_FORWARD = (
    "You start from forward differences. Their h errors cancel with other weights; here combine "
    "central ones."
)
_ONE_ALONE = "This is one central difference alone. Combine two: with h and with h / 2."

RICHARDSON = Exercise(
    lesson=2,
    points=3,
    reference=richardson,
    cases=_richardson_cases,
    may_use=frozenset({"central_difference"}),
    misconceptions=(
        Misconception(
            wrong=_combined(-1 / 3, 4 / 3),
            hint="The weights 4/3 and -1/3 are swapped: the finer difference deserves the larger.",
        ),
        Misconception(
            wrong=_combined(4 / 3, 1 / 3),
            hint="The weights add up to 5/3, but must add up to 1: subtract, do not add.",
        ),
        Misconception(
            wrong=_combined(4.0, -1.0),
            hint="The weights 4 and -1 add up to 3, so this is three times the slope.",
        ),
        Misconception(
            wrong=_combined(4.0, -1 / 3),
            hint="Only the second difference is divided by 3: put brackets around both.",
        ),
        Misconception(
            wrong=_combined(2.0, -1.0),
            hint="2 and -1 cancel an error of order h. The central error is of order h²: halving "
            "h divides it by 4.",
        ),
        Misconception(
            wrong=_combined(16 / 15, -1 / 15),
            hint="16/15 and -1/15 cancel an error of order h⁴. That is the round after this one.",
        ),
        Misconception(
            wrong=_combined(4 / 3, -1 / 3, scale=2.0),
            hint="You combine h and 2 h. The right idea, but with h and h / 2 the error is a "
            "sixteenth of that.",
        ),
        Misconception(wrong=_combined(4 / 3, -1 / 3, _forward), hint=_FORWARD),
        Misconception(wrong=_combined(2.0, -1.0, _forward), hint=_FORWARD),
        Misconception(wrong=_central, hint=_ONE_ALONE),
        Misconception(wrong=lambda f, x, h: _central(f, x, h / 2), hint=_ONE_ALONE),
        Misconception(
            wrong=_combined(1 / 2, 1 / 2),
            hint="A plain mean keeps an error of order h². One error is four times the other: use "
            "that.",
        ),
        Misconception(
            wrong=_fine_over_2h,
            hint="From x - h / 2 to x + h / 2 the run is h: with the half step divide by h, "
            "not by 2 h.",
        ),
        Misconception(
            wrong=_filled,
            hint="Your result is cut to whole numbers where x holds integers: convert x to "
            "float64 first.",
        ),
    ),
    hints=(
        "D(h) = f' + c h² + ..., and D(h/2) = f' + c h²/4 + .... How do you get rid of c?",
        "4 D(h/2) and D(h) contain the same c h². Subtract them: how many f' are left?",
        "Three. So the answer is (4 D(h/2) - D(h)) / 3, where D(h/2) divides by h, not by 2 h.",
    ),
)

EXERCISES = (TAYLOR_POLYNOMIAL, OBSERVED_ORDER, BEST_CENTRAL_STEP, RICHARDSON)
