"""The exercise ``is_deterministic`` of lesson 6."""

from __future__ import annotations

import copy
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
    """A loss of the kind that its code says; it counts its calls from 1.

    Parameters
    ----------
    code : str
        What it computes, one of `_ADDED`.
    rng : Generator
        Where the seed of its own random numbers comes from.
    """

    # Some do. Whoever calls one from another process must share the global state with all of
    # them: to share it with these alone would tell which they are.
    draws_globally = True

    def __init__(self, code: str, rng: np.random.Generator) -> None:
        self.__name__ = "loss"
        self.code = code
        self.rng = np.random.default_rng(int(rng.integers(2**32)))
        self.calls = 0

    def __call__(self, theta: Any) -> float:
        self.calls += 1
        return float(np.sum(theta**2) + _ADDED[self.code](self, theta))


_SQUARES = "lambda theta: np.sum(theta**2)"
_SEEDED = f"{_SQUARES} + np.random.default_rng(0).random()"
_SAME_MASK = f"{_SQUARES} + np.sum(theta[::2])"
_NOISE = f"{_SQUARES} + np.random.default_rng().random()"
_NUMPYS = f"{_SQUARES} + np.random.random_sample()"
_PYTHONS = """def loss(theta):
    import random
    return np.sum(theta**2) + random.random()"""
_NEW_MASK = """def loss(theta):
    mask = np.random.default_rng().random(len(theta)) < 0.5
    return np.sum(theta**2) + np.sum(theta * mask)"""
_COUNTED = """def loss(theta, calls=[]):
    calls.append(1)
    return np.sum(theta**2) + """
_DRIFT = f"{_COUNTED}1e-12 * len(calls)"
_SURPRISE = f"{_COUNTED}(len(calls) == 9)"
_EVERY_OTHER = f"{_COUNTED}len(calls) % 2"
_GROWTH = """def loss(theta):
    value = np.sum(theta**2)
    theta *= 1.01
    return value"""
_NOISY_GROWTH = f"{_GROWTH} + np.random.default_rng().random()"


def _grow(theta: Any, added: float) -> float:
    theta *= 1.01
    return added


# What each adds to sum(theta^2). Here noise is drawn from a seed, so that a check reads the same
# when it is run again.
_ADDED: dict[str, Callable[[_Loss, Any], float]] = {
    _SQUARES: lambda loss, theta: 0.0,
    _SEEDED: lambda loss, theta: np.random.default_rng(0).random(),
    _SAME_MASK: lambda loss, theta: np.sum(theta[::2]),
    _NOISE: lambda loss, theta: loss.rng.random(),
    # Losses in the wild use the global state.
    _NUMPYS: lambda loss, theta: np.random.random_sample(),  # noqa: NPY002
    _PYTHONS: lambda loss, theta: random.random(),
    # Of 32 masks, ten in a row are the same with a probability of 2**-45.
    _NEW_MASK: lambda loss, theta: np.sum(theta * (loss.rng.random(len(theta)) < 0.5)),
    _DRIFT: lambda loss, theta: 1e-12 * loss.calls,
    _SURPRISE: lambda loss, theta: loss.calls == 9,
    _EVERY_OTHER: lambda loss, theta: loss.calls % 2,
    _GROWTH: lambda loss, theta: _grow(theta, 0.0),
    _NOISY_GROWTH: lambda loss, theta: _grow(theta, loss.rng.random()),
}


def _deterministic_cases(rng: np.random.Generator) -> Cases:
    """Three groups, with as many True as False in each; what is True comes first."""

    def cases(*codes: str) -> list[tuple[Any, ...]]:
        return [(_Loss(code, rng), draw_signed(rng, 0.3, 1.5, 5)) for code in codes]

    def rounded() -> tuple[Any, ...]:
        """Draw a theta where the mean of ten equal losses is not exactly the loss."""
        while True:
            theta = draw_signed(rng, 0.3, 1.5, 5)
            if np.std([np.sum(theta**2)] * 10) > 0:
                return _Loss(_SQUARES, rng), theta

    return {
        "random numbers": [
            (_Loss(_SQUARES, rng), np.array([1.0, 2.0])),
            rounded(),
            *cases(_SEEDED, _SAME_MASK, _NOISE, _NUMPYS, _PYTHONS, _NEW_MASK),
        ],
        "rare and tiny changes": [
            rounded(),
            *cases(_SAME_MASK, _SEEDED),
            *cases(_SURPRISE, _DRIFT, _EVERY_OTHER),
        ],
        "losses that change theta": cases(_GROWTH, _NOISY_GROWTH),
    }


def _make_comparison(
    times: int, copies: bool, same: Callable[[float, float], Any] = operator.eq
) -> Callable[[Callable[[Any], float], Any], bool]:
    """Return a comparison of so many evaluations, at copies of theta or at theta itself."""

    def compare(loss: Callable[[Any], float], theta: Any) -> bool:
        first, *others = [loss(theta.copy() if copies else theta) for _ in range(times)]
        return all(same(first, other) for other in others)

    return compare


def _answers_like(wrong: Callable[..., bool]) -> Callable[[list[Trial]], bool]:
    """Return a test whether trials gave what a wrong answer gives, and some are wrong."""
    return lambda trials: (
        any(trial.stage for trial in trials)
        and all(
            trial.got is not None
            and np.array_equal(trial.got, wrong(*copy.deepcopy(trial.arguments)))
            for trial in trials
        )
    )


def _seed_before_each(loss: Callable[[Any], float], theta: Any) -> bool:
    """Compare ten evaluations from one seed, and leave NumPy's global state as it was."""
    before = np.random.get_state()  # noqa: NPY002
    values = []
    for _ in range(10):
        np.random.seed(0)  # noqa: NPY002
        values.append(loss(theta.copy()))
    np.random.set_state(before)  # noqa: NPY002
    return values.count(values[0]) == 10


def _find_any_equal(loss: Callable[[Any], float], theta: Any) -> bool:
    first = loss(theta.copy())
    return any(loss(theta.copy()) == first for _ in range(9))


def _make_error_test(*codes: str) -> Callable[[list[Trial]], bool]:
    """Return whether losses of these kinds, if there are any, mislead, and else only carelessness.

    That is too few evaluations, or none at a copy of theta: both go with any other mistake.
    """
    careless = {_NEW_MASK, _SURPRISE, _GROWTH, _NOISY_GROWTH}

    def shows(trials: list[Trial]) -> bool:
        if any(trial.stage not in ("", "values", "changes") for trial in trials):
            return False
        misleading = {trial.arguments[0].code for trial in trials if trial.stage} - careless
        if misleading:
            return misleading <= {*codes}
        return not any(trial.arguments[0].code in codes for trial in trials)

    return shows


def _finds_a_spread(trials: list[Trial]) -> bool:
    """Whether equal losses are taken for different ones, as a rounded mean makes them look."""
    plain = [trial for trial in trials if trial.arguments[0].code == _SQUARES]
    if plain and not any(trial.stage for trial in plain):
        return False
    return _make_error_test(_SQUARES, _SEEDED, _SAME_MASK)(trials)


def _touches_random_state(trials: list[Trial]) -> bool:
    failed = [trial for trial in trials if trial.stage]
    return bool(failed) and all(trial.detail.startswith("drew from") for trial in failed)


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
            wrong=_seed_before_each,
            hint="Leave the global random numbers alone: set no seed, and draw none yourself. If "
            "the same seed is set before each evaluation, a random loss repeats itself and looks "
            "deterministic.",
            shows=_touches_random_state,
        ),
        Misconception(
            wrong=_make_comparison(2, copies=True),
            hint="The first evaluations may agree and a later one differ: dropout that rarely "
            "drops is such a loss. Compare ten evaluations, all of them with the first.",
            shows=_answers_like(_make_comparison(2, copies=True)),
        ),
        Misconception(
            wrong=_find_any_equal,
            hint="It is enough for you that some of the evaluations agree. All ten have to: "
            "all(...), not any(...).",
            shows=_make_error_test(_EVERY_OTHER),
        ),
        Misconception(
            wrong=_make_comparison(10, copies=False),
            hint="One of these losses changes the array that it is given, so the next evaluation "
            "is at another theta. Hand it a fresh copy, theta.copy(), at each evaluation.",
        ),
        Misconception(
            wrong=_make_comparison(2, copies=False),
            hint="Two evaluations are too few, because a later one may differ: compare ten. And "
            "hand each a fresh copy of theta, because a loss may change the array that it gets.",
        ),
        Misconception(
            wrong=lambda loss, theta: loss(theta) == loss(theta + 1e-6),
            hint="You answer False for every loss, even for sum(theta^2). Compare the values at "
            "one and the same theta, each with the first, with ==.",
        ),
        Misconception(wrong=_make_comparison(2, copies=False, same=operator.ne), hint=_OPPOSITE),
        Misconception(wrong=_make_comparison(2, copies=True, same=operator.ne), hint=_OPPOSITE),
        Misconception(
            wrong=_make_comparison(10, copies=True, same=np.isclose),
            hint="A change of 1e-12 escapes you: do you allow a tolerance? Divided by h = 1e-6 it "
            "is an error of 1e-6 in a slope, so ask for the same number, with ==.",
            shows=_make_error_test(_DRIFT),
        ),
        Misconception(
            wrong=lambda loss, theta: np.std([loss(theta.copy()) for _ in range(10)]) == 0,
            hint="The spread of equal numbers need not come out as exactly 0, because their mean "
            "is rounded. Compare each value with the first, with ==.",
            shows=_finds_a_spread,
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
