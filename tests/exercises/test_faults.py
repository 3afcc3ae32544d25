"""What an exercise lacks is said to its author, in words."""

import re
from dataclasses import replace
from typing import Any

import pytest

from gradlab.exercises.authoring.faults import find_obstacle, list_faults
from gradlab.exercises.authoring.rehearsal import RehearsalError, try_answers
from gradlab.exercises.catalogue import ALL_EXERCISES, EXERCISES
from gradlab.exercises.draws import make_function

DOUBLE = EXERCISES["double"]


def _twice(x: Any) -> Any:
    return 2 * x


def use_helper(x: Any) -> Any:
    """Double x by a function that a learner does not have."""
    return _twice(x)


def raise_unless_whole(x: Any) -> Any:
    """Double x."""
    return 2 * x if isinstance(x, int) else missing  # type: ignore[name-defined] # noqa: F821


def no_docstring(x: Any) -> Any:
    return 2 * x


@pytest.mark.parametrize("name", [name for name in EXERCISES if name != "find_bugs"])
def test_the_exercises_of_the_course_have_no_fault(name: str) -> None:
    assert find_obstacle(EXERCISES[name], 0) == ""
    assert list_faults(EXERCISES[name]) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cases": lambda rng: missing}, ["No cases", "NameError", "'missing'"]),  # type: ignore[name-defined] # noqa: F821
        ({"cases": lambda rng: {"a": [3]}}, ["“a” is 3", "tuple"]),
        ({"cases": lambda rng: {"a": [(3, 4)]}}, ["“a”", "double(x)", "too many"]),
        ({"cases": lambda rng: {"a": []}}, ["“a” is empty"]),
        ({"cases": lambda rng: {"a": [(make_function("x: 3"),)]}}, ["'x: 3' is not"]),
        ({"reference": raise_unless_whole}, ["reference fails", "NameError", "line"]),
        ({"hints": "One."}, ["hints must be a tuple", "comma"]),
        ({"also_right": use_helper}, ["also_right must be a tuple", "comma"]),
    ],
)
def test_why_no_answer_can_be_marked_is_said(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: list[str]
) -> None:
    broken = replace(DOUBLE, **changes)
    obstacle = find_obstacle(broken, 0)
    assert all(word in obstacle for word in words), obstacle
    monkeypatch.setitem(ALL_EXERCISES, broken.name, broken)
    with pytest.raises(RehearsalError, match=re.escape(obstacle)):
        try_answers(broken.name)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"misconceptions": DOUBLE.misconceptions[:1]}, ["misconceptions has 1 entry", "least 3"]),
        ({"hints": ()}, ["hints has 0 entries", "least 2"]),
        ({"hints": ("What?", "no sentence")}, ["“no sentence”"]),
        ({"points": 0}, ["points is 0"]),
        ({"reference": no_docstring}, ["docstring"]),
        ({"reference": use_helper}, ["_twice", "nothing else from outside"]),
        ({"cases": lambda rng: {"a": [(3,), (4.5,)]}}, ["same cases"]),
    ],
)
def test_what_is_to_be_mended_is_listed(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: list[str]
) -> None:
    broken = replace(DOUBLE, **changes)
    (fault,) = list_faults(broken)
    assert all(word in fault for word in words), fault
    for catalogue in (ALL_EXERCISES, EXERCISES):
        monkeypatch.setitem(catalogue, broken.name, broken)
    text, ok = try_answers(broken.name)
    assert not ok
    assert fault in text.partition("To be fixed:")[2]


def test_a_function_that_a_learner_could_not_paste_is_named() -> None:
    forward = EXERCISES["forward_difference"]
    broken = replace(forward, cases=lambda rng: {"a": [(lambda x: x, rng.random(), 0.5)]})
    (fault,) = list_faults(broken)
    assert "“a”" in fault
    assert "make_function" in fault
