"""What is true of slopes on log-log axes that are wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Observation, Trial


def _lie_on_a_line(trial: Trial) -> bool:
    x, y = np.log(trial.arguments[0]), np.log(trial.arguments[1])
    quotients = np.diff(y) / np.diff(x)
    return bool(np.allclose(quotients, quotients[0], rtol=1e-9))


def _is_right_on_lines_alone(trials: list[Trial]) -> bool:
    on_lines = [trial for trial in trials if _lie_on_a_line(trial)]
    others = [trial for trial in trials if not _lie_on_a_line(trial)]
    return not any(t.stage for t in on_lines) and bool(others) and all(t.stage for t in others)


def _is_wrong_on_lines(trials: list[Trial]) -> bool:
    return any(trial.stage and _lie_on_a_line(trial) for trial in trials)


def _list_pairs(
    trials: list[Trial], are_related: Callable[[Any, Any, Any, Any], bool]
) -> Iterator[tuple[Trial, Trial]]:
    """Yield pairs of trials whose points are related, and so have the same slope."""
    for one in trials:
        for other in trials:
            arguments = *map(np.asarray, one.arguments), *map(np.asarray, other.arguments)
            same_length = len(arguments[0]) == len(arguments[2])
            if one is not other and same_length and are_related(*arguments):
                yield one, other


def _make_changes(
    are_related: Callable[[Any, Any, Any, Any], bool],
) -> Callable[[list[Trial]], bool]:
    """Return a test whether values differ for some points that are related."""
    return lambda trials: any(
        not np.allclose(one.got, other.got, rtol=1e-6, equal_nan=True)
        for one, other in _list_pairs(trials, are_related)
    )


def _is_scaled(part: Any, other: Any) -> bool:
    return not np.array_equal(part, other) and np.allclose(part / part[0], other / other[0], 1e-12)


def _is_within_a_tenth(trials: list[Trial]) -> bool:
    return all(abs(t.got - t.expected) <= 0.1 * abs(t.expected) for t in trials)


ORDER_OBSERVATIONS = (
    Observation(
        "Your slope changes if the points are listed the other way round, and it must not: a "
        "line through all points does not know which came first.",
        _make_changes(
            lambda h, e, k, d: np.array_equal(h, k[::-1]) and np.array_equal(e, d[::-1])
        ),
    ),
    Observation(
        "Your slope changes if all errors are multiplied by the same number, and it must not: on "
        "log-log axes that moves the line up and leaves it as steep. Are these the logarithms, "
        "and may the line meet the axis anywhere?",
        _make_changes(lambda h, e, k, d: np.array_equal(h, k) and _is_scaled(e, d)),
    ),
    Observation(
        "Your slope changes if all steps are multiplied by the same number, and it must not: on "
        "log-log axes that moves the line sideways and leaves it as steep. Are these the "
        "logarithms, and may the line meet the axis anywhere?",
        _make_changes(lambda h, e, k, d: _is_scaled(h, k) and np.array_equal(e, d)),
    ),
    Observation(
        "Your slope is right where the points lie exactly on a line, and wrong where they "
        "scatter: it is the slope of another line than that of least squares through all points.",
        _is_right_on_lines_alone,
    ),
    Observation(
        "Your slopes are all within a tenth of the right ones: the line is nearly that of least "
        "squares. Which points does it use, and do all count alike?",
        _is_within_a_tenth,
    ),
    Observation(
        "Your slope is wrong already where the points lie exactly on a line, so that any two of "
        "them give it: is it rise over run of the logarithms?",
        _is_wrong_on_lines,
    ),
)
