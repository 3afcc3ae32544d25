"""The exercise ``is_deterministic`` of lesson 6."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.draws import draw_signed
from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial


def is_deterministic(loss, theta):
    """Whether ten evaluations of loss at theta, a 1-D array, give the same number to the last bit.

    theta and the global random state are left alone. A loss may change the array that it is
    given, so each evaluation gets a fresh copy of theta.
    """
    first = loss(theta.copy())
    return all(loss(theta.copy()) == first for _ in range(9))


class _Loss:
    """The sum of theta^2, and one of `_ADDED`; it counts its calls from 1.

    Parameters
    ----------
    added : str
        What is added, in words.
    rng : Generator
        Where the seed of its own random numbers comes from.
    """

    # Some do. Whoever calls one from another process must share the global state with all of
    # them: to share it with these alone would tell which they are.
    draws_globally = True

    def __init__(self, added: str, rng: np.random.Generator) -> None:
        self.__name__ = f"sum(theta^2){added}"
        self.added = added
        self.rng = np.random.default_rng(int(rng.integers(2**32)))
        self.calls = 0

    def __call__(self, theta: Any) -> float:
        self.calls += 1
        return float(np.sum(theta**2) + _ADDED[self.added](self, theta))


_SEEDED = " + noise by a generator seeded at each call"


_SAME_MASK = " + sum(mask theta), always the same mask"


_NEW_MASK = " + sum(mask theta), a new mask each time"


_NUMPYS, _PYTHONS = " + noise by np.random", " + noise by random.random"


_DRIFT = " + 1e-12 times the number of calls"


_SURPRISE = ", and 1 more at call 9"


_GROWTH = "; then it multiplies theta by 1.01 in place"


_NOISY_GROWTH = f" + noise{_GROWTH}"


def _grown(theta: Any, added: float) -> float:
    theta *= 1.01
    return added


# What a loss adds to sum(theta^2), in words and in code.
_ADDED: dict[str, Callable[[_Loss, Any], float]] = {
    "": lambda loss, theta: 0.0,
    _SEEDED: lambda loss, theta: np.random.default_rng(0).random(),
    _SAME_MASK: lambda loss, theta: np.sum(theta[::2]),
    " + noise": lambda loss, theta: loss.rng.random(),
    # Losses in the wild use the global state.
    _NUMPYS: lambda loss, theta: np.random.random_sample(),  # noqa: NPY002
    _PYTHONS: lambda loss, theta: random.random(),
    # Of 32 masks, ten in a row are the same with a probability of 2**-45.
    _NEW_MASK: lambda loss, theta: np.sum(theta * (loss.rng.random(5) < 0.5)),
    _DRIFT: lambda loss, theta: 1e-12 * loss.calls,
    _SURPRISE: lambda loss, theta: loss.calls == 9,
    ", and 1 more at every other call": lambda loss, theta: loss.calls % 2,
    _GROWTH: lambda loss, theta: _grown(theta, 0.0),
    _NOISY_GROWTH: lambda loss, theta: _grown(theta, loss.rng.random()),
}


def _deterministic_cases(rng: np.random.Generator) -> Cases:
    """Three groups, with as many True as False in each; what is True comes first."""

    def cases(*added: str) -> list[tuple[Any, ...]]:
        return [(_Loss(words, rng), draw_signed(rng, 0.3, 1.5, 5)) for words in added]

    def plain(rounded: bool) -> tuple[Any, ...]:
        """Nothing is added, and the mean of ten losses is rounded, or is exactly the loss."""
        while True:
            theta = draw_signed(rng, 0.3, 1.5, 5)
            if (np.std([np.sum(theta**2)] * 10) > 0) == rounded:
                return _Loss("", rng), theta

    return {
        "random numbers": [
            plain(rounded=True),
            plain(rounded=False),
            *cases(_SEEDED, _SAME_MASK, " + noise", _NUMPYS, _PYTHONS, _NEW_MASK),
        ],
        "rare and tiny changes": [
            plain(rounded=True),
            *cases(_SAME_MASK, _SEEDED),
            *cases(_SURPRISE, _DRIFT, ", and 1 more at every other call"),
        ],
        "losses that change theta": cases(_GROWTH, _NOISY_GROWTH),
    }


def _repeated(
    times: int, copies: bool, same: Callable[[float, float], Any] = operator.eq
) -> Callable[[Callable[[Any], float], Any], bool]:
    """Return a comparison of so many evaluations, at copies of theta or at theta itself."""

    def compare(loss: Callable[[Any], float], theta: Any) -> bool:
        first, *others = [loss(theta.copy() if copies else theta) for _ in range(times)]
        return all(same(first, other) for other in others)

    return compare


def _seeds_before_each(loss: Callable[[Any], float], theta: Any) -> bool:
    """Compare ten evaluations from one seed, and leave NumPy's global state as it was."""
    before = np.random.get_state()  # noqa: NPY002
    values = []
    for _ in range(10):
        np.random.seed(0)  # noqa: NPY002
        values.append(loss(theta.copy()))
    np.random.set_state(before)  # noqa: NPY002
    return values.count(values[0]) == 10


def _errs_on(*added: str) -> Callable[[list[Trial]], bool]:
    """Return whether losses that add this, if there are any, mislead, and else only carelessness.

    That is too few evaluations, or none at a copy of theta: both go with any other mistake.
    """
    careless = {_NEW_MASK, _SURPRISE, _GROWTH, _NOISY_GROWTH}

    def shows(trials: list[Trial]) -> bool:
        if any(trial.stage not in ("", "values", "changes") for trial in trials):
            return False
        misleading = {trial.arguments[0].added for trial in trials if trial.stage} - careless
        if misleading:
            return misleading <= {*added}
        return not any(trial.arguments[0].added in added for trial in trials)

    return shows


_OPPOSITE = (
    "True and False are the wrong way round: True means that the loss gave the same number again."
)


def _deterministic_by_loop(loss: Any, theta: Any) -> bool:
    before = loss(np.array(theta))
    for _ in range(9):
        value = loss(np.array(theta))
        if value != before:
            return False
        before = value
    return True


def _deterministic_until_proved_otherwise(loss: Any, theta: Any) -> int:
    before = theta.copy()
    first = loss(theta)
    theta[:] = before
    for _ in range(20):
        other = loss(theta)
        theta[:] = before
        if other != first:
            return 0
    return 1


EXERCISE = Exercise(
    points=3,
    reference=is_deterministic,
    cases=_deterministic_cases,
    misconceptions=(
        Misconception(
            wrong=_repeated(2, copies=True),
            hint="The first evaluations may agree and a later one not: dropout that rarely drops "
            "is such a loss. Compare all of ten evaluations.",
        ),
        Misconception(
            wrong=_repeated(10, copies=False),
            hint="One of these losses changes the array that it is given, so the next evaluation "
            "is at another theta. Hand it a fresh copy, theta.copy(), at each evaluation.",
        ),
        Misconception(
            wrong=_repeated(2, copies=False),
            hint="Two evaluations are too few, because a later one may differ: compare ten. And "
            "hand each a fresh copy of theta, because a loss may change the array that it gets.",
        ),
        Misconception(
            wrong=lambda loss, theta: loss(theta) == loss(theta + 1e-6),
            hint="You answer False for every loss, even for sum(theta^2). Compare the values at "
            "one and the same theta, each with the first, with ==.",
        ),
        Misconception(wrong=_repeated(2, copies=False, same=operator.ne), hint=_OPPOSITE),
        Misconception(wrong=_repeated(2, copies=True, same=operator.ne), hint=_OPPOSITE),
        Misconception(
            wrong=_repeated(10, copies=True, same=np.isclose),
            hint="You allow a tolerance. A change of 1e-12, divided by h = 1e-6, is an error of "
            "1e-6 in a slope: ask for the same number, with ==.",
            shows=_errs_on(_DRIFT),
        ),
        Misconception(
            wrong=_seeds_before_each,
            hint="Where the same seed is set before each evaluation, a random loss repeats itself "
            "and looks deterministic. Leave the global random state alone.",
            shows=_errs_on(_NUMPYS, _PYTHONS),
        ),
        Misconception(
            wrong=lambda loss, theta: np.std([loss(theta.copy()) for _ in range(10)]) == 0,
            hint="The spread of equal numbers need not come out as exactly 0, because their mean "
            "is rounded. Compare each value with the first, with ==.",
            shows=_errs_on("", _SEEDED, _SAME_MASK),
        ),
    ),
    hints=(
        "Evaluate the loss again and again at the same theta. What do you compare?",
        "Keep the first value, and compare nine more with it, with ==. Each evaluation gets "
        "theta.copy(), so that nothing it does to the array is left behind.",
        "first = loss(theta.copy()), and then all(loss(theta.copy()) == first for _ in range(9)).",
    ),
    also_right=(
        _deterministic_by_loop,
        _deterministic_until_proved_otherwise,
        lambda loss, theta: len({loss(theta.copy()) for _ in range(10)}) == 1,
        lambda loss, theta: np.unique([loss(1.0 * theta) for _ in range(10)]).size == 1,
        lambda loss, theta: np.ptp([loss(theta.copy()) for _ in range(100)]) == 0,
    ),
)
