"""The exercise ``gradient_check`` of lesson 5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.draws import draw_signed
from gradlab.exercises.exercise import Arguments, Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_05.common.claimed_gradients import (
    NAN,
    RIGHT,
    SLIGHT,
    WRONG_IN_A_FEW,
    WRONG_IN_MANY,
    ClaimedGradient,
    NetworkLoss,
    claim_by_hand,
)
from gradlab.exercises.lessons.lesson_05.common.probabilities import (
    difference_by_einsum,
    difference_by_loops,
    divide_unguarded,
    draw_one_hot,
    find_norm,
)
from gradlab.exercises.lessons.lesson_05.steps import list_check_steps


def gradient_check(loss, gradient, theta):
    """Whether gradient(theta) agrees with central differences of loss: True or False.

    theta is a 1-D float64 array and stays as it is. loss(theta) is a number, gradient(theta) an
    array like theta. Agreement is relative: it means the same for a tiny and a huge loss. A
    gradient with a NaN in it does not agree.
    """
    h = 1e-5
    analytic = gradient(theta)
    numeric = np.zeros_like(theta)
    for i in range(len(theta)):
        right, left = theta.copy(), theta.copy()
        right[i] += h
        left[i] -= h
        numeric[i] = (loss(right) - loss(left)) / (2 * h)
    distance = np.linalg.norm(analytic - numeric)
    size = np.linalg.norm(analytic) + np.linalg.norm(numeric)
    # Any comparison with NaN is False; 0 <= 0 is True.
    return bool(distance <= 1e-6 * size)


def _check_cases(rng: np.random.Generator) -> Cases:
    """Four groups, each with as many right gradients as wrong ones; the first two are by hand."""

    def case(kind: str, scale: float) -> Arguments:
        inputs, hidden, classes = rng.permutation([2, 3, 4]).tolist()
        X = np.round(rng.uniform(0, 1, (5, inputs)), 2)
        Y = draw_one_hot(rng, 5, classes)
        loss = NetworkLoss((inputs, hidden, classes), X, Y, scale)
        return loss, ClaimedGradient(loss, kind), draw_signed(rng, 0.2, 1.2, loss.length)

    def group(*wrong: str, scale: float = 1.0) -> list[Arguments]:
        kinds = rng.permutation([RIGHT] * len(wrong) + list(wrong)).tolist()
        return [case(kind, scale) for kind in kinds]

    by_hand = [(*claim_by_hand(is_right), np.array([1.0, 2.0])) for is_right in (True, False)]
    return {
        "wrong in many entries": by_hand + group(*WRONG_IN_MANY),
        "wrong in a few entries": group(*WRONG_IN_A_FEW),
        "tiny losses": group(SLIGHT, str(rng.choice([*WRONG_IN_MANY])), scale=1e-6),
        "huge losses": group(SLIGHT, str(rng.choice([*WRONG_IN_MANY])), scale=1e6),
    }


def _move_entry(theta: Any, i: int, step: float) -> Any:
    theta = theta.copy()
    theta[i] += step
    return theta


def _central(loss: Any, theta: Any, i: int) -> Any:
    return (loss(_move_entry(theta, i, 1e-5)) - loss(_move_entry(theta, i, -1e-5))) / 2e-5


def _checked(
    agree: Callable[[Any, Any], Any],
    slope: Callable[[Any, Any, int], Any] = _central,
) -> Callable[[Any, Any, Any], bool]:
    """Return a wrong check: it compares, or differentiates, in another way."""

    @np.errstate(all="ignore")
    def answer(loss: Any, gradient: Any, theta: Any) -> bool:
        numeric = np.array([slope(loss, theta, i) for i in range(len(theta))])
        return bool(agree(gradient(theta), numeric))

    return answer


def _forward_slope(loss: Any, theta: Any, i: int) -> Any:
    return (loss(_move_entry(theta, i, 1e-5)) - loss(theta)) / 1e-5


def _near(a: Any, n: Any) -> Any:
    return find_norm(a - n) <= 1e-7 * (find_norm(a) + find_norm(n))


def _not_restored(loss: Any, gradient: Any, theta: Any) -> bool:
    h, numeric = 1e-5, np.zeros_like(theta)
    for i in range(len(theta)):
        theta[i] += h
        above = loss(theta)
        theta[i] -= 2 * h
        numeric[i] = (above - loss(theta)) / (2 * h)
    return bool(_near(gradient(theta), numeric))


def _ratio_itself(loss: Any, gradient: Any, theta: Any) -> Any:
    numeric = np.array([_central(loss, theta, i) for i in range(len(theta))])
    return divide_unguarded(gradient(theta), numeric)


def _changes_theta(trials: list[Trial]) -> bool:
    return any(trial.stage == "changes" for trial in trials)


def _hands_back_numbers(trials: list[Trial]) -> bool:
    """Whether answers are neither True nor False; one that happens to be 1.0 reads True."""
    return all(trial.got is not None for trial in trials) and any(
        trial.detail.endswith("True or False is needed") for trial in trials
    )


def _is_opposite(trials: list[Trial]) -> bool:
    """Whether all answers are wrong, but for NaN, which no comparison turns round."""
    return all(trial.stage == "values" or trial.arguments[1].kind == NAN for trial in trials)


def _always_false(trials: list[Trial]) -> bool:
    return all(trial.got is not None and np.array_equal(trial.got, False) for trial in trials)


def _is_absolute(trials: list[Trial]) -> bool:
    """Whether tiny gradients pass and huge ones fail, and of others only the subtlest pass."""
    mistakes = [trial for trial in trials if trial.stage]
    for trial in mistakes:
        loss, gradient, _ = trial.arguments
        if trial.stage != "values" or bool(trial.got) != (loss.scale <= 1):
            return False
        if loss.scale == 1 and gradient.kind not in (SLIGHT, NAN):
            return False
    return bool(mistakes)


_ALL_REFUSED = (
    "You refuse every gradient, the right ones too. Either your tolerance is too strict (a right "
    "ratio is below 1e-8, but not 0), or the numbers that you compare with are off: take a "
    "central difference with h near 1e-5, move one entry at a time, and keep the others where "
    "they were. A forward difference, or a tiny h, is not that accurate."
)
_NAN_PASSES = (
    "A gradient with a NaN passes. Every comparison with NaN is False, also “ratio > tolerance”: "
    "ask whether the ratio is small, not whether it is large. And leave no entry out."
)
_ABSOLUTE = (
    "You ask for a fixed distance: tiny gradients meet it even if they are wrong, huge ones do "
    "not even if they are right. Divide by the norms. (np.allclose has a fixed tolerance too, "
    "atol.)"
)
_LENIENT = (
    "An error of 1e-4 of the norm passes. Is your tolerance above that, or do you compare "
    "squares, which are far smaller? For tanh a right gradient is below 1e-7."
)


def _central_gradient(loss: Any, theta: Any, h: float = 1e-5) -> Any:
    steps = h * np.eye(theta.size)
    return np.array([(loss(theta + e) - loss(theta - e)) / (2 * h) for e in steps])


def _check_in_place(loss: Any, gradient: Any, theta: Any) -> bool:
    """Entries are moved in theta itself, and put back from where they were saved."""
    analytic = gradient(theta)
    squares = np.zeros(3)
    for i, saved in enumerate(theta.copy()):
        theta[i] = saved + 1e-4
        above = loss(theta)
        theta[i] = saved - 1e-4
        numeric = (above - loss(theta)) / 2e-4
        theta[i] = saved
        squares += np.square([analytic[i] - numeric, analytic[i], numeric])
    apart, a, n = np.sqrt(squares)
    return bool(apart / (a + n) < 1e-7)


def _check_by_richardson(loss: Any, gradient: Any, theta: Any) -> Any:
    coarse, fine = _central_gradient(loss, theta, 2e-3), _central_gradient(loss, theta, 1e-3)
    numeric = (4 * fine - coarse) / 3
    analytic = gradient(theta.copy())
    if np.any(np.isnan(analytic)):
        return False
    return difference_by_loops(analytic, numeric) < 1e-5


def _check_by_complex_step(loss: Any, gradient: Any, theta: Any) -> int:
    steps = 1e-20j * np.eye(len(theta))
    numeric = [loss(theta + e).imag / 1e-20 for e in steps]
    return int(difference_by_einsum(gradient(theta), np.array(numeric)) < 1e-10)


def _check_by_largest_entry(loss: Any, gradient: Any, theta: Any) -> Any:
    """Every entry within a tolerance that grows with the largest entry."""
    numeric, analytic = _central_gradient(loss, theta, 1e-6), gradient(theta)
    return np.all(np.abs(analytic - numeric) <= 1e-6 * np.max(np.abs(numeric)))


def _check_with_allclose_scaled(loss: Any, gradient: Any, theta: Any) -> bool:
    numeric, analytic = _central_gradient(loss, theta, 3e-5), gradient(theta)
    tolerance = 1e-5 * float(np.linalg.norm(numeric))
    return np.allclose(analytic, numeric, rtol=0.0, atol=tolerance)


EXERCISE = Exercise(
    points=6,
    reference=gradient_check,
    cases=_check_cases,
    steps=list_check_steps,
    misconceptions=(
        Misconception(
            wrong=_not_restored,
            hint="theta is another one afterwards. Move an entry of a copy, or put the entry back "
            "from where you saved it: x + h - 2 h + h is not always x.",
            shows=_changes_theta,
        ),
        Misconception(
            wrong=_ratio_itself,
            hint="A verdict is needed: compare your number with a tolerance, and return True or "
            "False.",
            shows=_hands_back_numbers,
        ),
        Misconception(
            wrong=_checked(
                lambda a, n: not find_norm(a - n) > 1e-7 * (find_norm(a) + find_norm(n))
            ),
            hint=_NAN_PASSES,
        ),
        Misconception(
            wrong=_checked(lambda a, n: _near(a[np.isfinite(a)], n[np.isfinite(a)])),
            hint=_NAN_PASSES,
        ),
        Misconception(
            wrong=_checked(
                lambda a, n: (
                    np.abs(find_norm(a) - find_norm(n)) <= 1e-7 * (find_norm(a) + find_norm(n))
                )
            ),
            hint="You compare the lengths of the two gradients alone: one that points the other "
            "way passes. Subtract first, then take the norm.",
        ),
        *(
            Misconception(
                wrong=_checked(one_sided),
                hint="Without the bars of |a - n|, an entry that is too small counts as near, or "
                "one that is too large: a negative difference is below any tolerance.",
            )
            for one_sided in (
                lambda a, n: np.max(a - n) <= 1e-6 * find_norm(n),
                lambda a, n: np.max(n - a) <= 1e-6 * find_norm(n),
            )
        ),
        Misconception(
            wrong=_checked(lambda a, n: _near(a / find_norm(a), n / find_norm(n))),
            hint="You compare directions alone, so a wrong factor passes. Do not bring the two "
            "gradients to length 1 before you compare them.",
        ),
        Misconception(
            wrong=_checked(lambda a, n: np.sum((a - n) ** 2) <= 1e-7 * np.sum(a**2 + n**2)),
            hint=_LENIENT,
        ),
        Misconception(
            wrong=_checked(lambda a, n: find_norm(a - n) <= 1e-3 * (find_norm(a) + find_norm(n))),
            hint=_LENIENT,
        ),
        Misconception(
            wrong=_checked(lambda a, n: find_norm(a - n) < 1e-7),
            hint=_ABSOLUTE,
            shows=_is_absolute,
        ),
        Misconception(wrong=_checked(np.allclose), hint=_ABSOLUTE, shows=_is_absolute),
        Misconception(
            wrong=_checked(lambda a, n: np.abs(a[0] - n[0]) <= 1e-4 * np.abs([a[0], n[0]]).sum()),
            hint="You look at the first entry alone. Does return stand inside the loop?",
        ),
        Misconception(
            wrong=_checked(lambda a, n: find_norm(a - n) > 1e-7 * (find_norm(a) + find_norm(n))),
            hint="True and False are the wrong way round: True means that the two agree.",
            shows=_is_opposite,
        ),
        Misconception(
            wrong=_checked(_near, _forward_slope), hint=_ALL_REFUSED, shows=_always_false
        ),
    ),
    hints=(
        "Two gradients of the same loss: one you are given, the other you measure. How many "
        "losses does it take?",
        "For each i move entry i of a copy of theta by h = 1e-5 both ways, and divide the change "
        "of the loss by 2 h. Then compare the two arrays by their relative difference.",
        "Compare so that NaN gives False: return bool(ratio <= 1e-6). A right gradient of a tanh "
        "network comes out below 1e-8, a wrong one here above 1e-4.",
    ),
    also_right=(
        _check_in_place,
        _check_by_richardson,
        _check_by_complex_step,
        _check_by_largest_entry,
        _check_with_allclose_scaled,
        lambda loss, gradient, theta: (
            difference_by_loops(_central_gradient(loss, theta), gradient(theta)) < 1e-4
        ),
    ),
)
