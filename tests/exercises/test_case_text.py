"""A case that is shown can be pasted: what its code makes is what the answer was called with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.checking.case_text import write_case
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking.mark import draw_cases

# A network too large for a paste, which is taken from a check.
TOO_LONG = {"backward"}
QUICK = [exercise for exercise in EXERCISES.values() if exercise.name != "find_bugs"]


def record(exercise: Exercise) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    """Return a namespace to run a case in, and the list of arguments of its calls."""
    calls: list[tuple[Any, ...]] = []
    namespace = {"np": np, "gradlab": gradlab, exercise.name: lambda *given: calls.append(given)}
    return namespace, calls


def assert_same(one: Any, other: Any, inputs: list[Any]) -> None:
    """Compare types, layouts and values to the last bit; functions by their values, nearly."""
    if callable(other):
        for given in inputs:
            # One that changes what it is given gets copies.
            came, right = one(np.copy(given)), other(np.copy(given))
            if all(np.all(other(np.copy(given)) == right) for _ in range(20)):  # not at random
                np.testing.assert_allclose(came, right, rtol=1e-13)
        return
    assert type(one) is type(other)
    if isinstance(other, list | tuple):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            assert_same(*pair, inputs)
        return
    if isinstance(other, np.ndarray):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        # What an answer is called with is a copy.
        kept = other.copy(order="K").flags
        assert one.flags.f_contiguous == kept.f_contiguous
        assert one.flags.c_contiguous == kept.c_contiguous
    assert np.asarray(one).tobytes() == np.asarray(other).tobytes()


@pytest.mark.parametrize("exercise", QUICK, ids=[e.name for e in QUICK])
def test_the_code_of_every_public_case_makes_its_arguments(exercise: Exercise) -> None:
    for group, cases in enumerate(draw_cases(exercise, 0).values()):
        for number, (arguments, _) in enumerate(cases):
            text = write_case(exercise, arguments, group, number)
            assert text.is_complete or exercise.name in TOO_LONG
            if not text.is_complete:
                continue
            namespace, calls = record(exercise)
            exec(text.code, namespace)
            [made] = calls
            points = [part for part in arguments if isinstance(part, float | np.ndarray)][:1]
            for one, other in zip(made, arguments, strict=True):
                assert_same(one, other, points)


def test_what_is_too_long_is_taken_from_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    import __main__

    exercise = EXERCISES["backward"]
    monkeypatch.setattr(__main__, "backward", lambda params, X, Y: None, raising=False)
    texts = [
        (write_case(exercise, arguments, group, number), arguments)
        for group, cases in enumerate(draw_cases(exercise, 0).values())
        for number, (arguments, _) in enumerate(cases)
    ]
    taken = [(text.code, arguments) for text, arguments in texts if not text.is_complete]
    assert taken
    for code, arguments in taken:
        namespace, calls = record(exercise)
        exec(code, namespace)
        for one, other in zip(calls[0], arguments, strict=True):
            assert_same(one, other, [])


def write_double(value: Any) -> tuple[str, Any]:
    """Return the code for a case of double, and what it makes; None if that is not complete."""
    text = write_case(EXERCISES["double"], (value,), 0, 0)
    if not text.is_complete:
        return text.code, None
    namespace, calls = record(EXERCISES["double"])
    exec(text.code, namespace)
    return text.code, calls[0][0]


NUMBERS = st.one_of(
    st.integers(-(10**30), 10**30),
    st.booleans(),
    st.floats(),
    st.complex_numbers(),
    st.floats(width=32).map(np.float32),
    st.floats(width=16).map(np.float16),
    st.floats().map(np.float64),
    st.integers(-128, 127).map(np.int8),
    st.integers(0, 2**64 - 1).map(np.uint64),
    st.booleans().map(np.bool_),
)
DTYPES = ["f8", "f4", "f2", "i8", "i4", "u1", "?", "U3"]


@given(st.recursive(NUMBERS, lambda parts: st.lists(parts) | st.tuples(parts, parts)))
def test_numbers_and_lists_come_back_as_they_were(value: Any) -> None:
    _, made = write_double(value)
    # Of NaN there are many; one is as good as another.
    assert repr(made) == repr(value)


@given(
    st.sampled_from(DTYPES),
    st.lists(st.integers(0, 3), max_size=3).map(tuple),
    st.integers(0, 2**32),
    st.booleans(),
)
def test_arrays_come_back_as_they_were(
    dtype: str, shape: tuple[int, ...], seed: int, turn: bool
) -> None:
    numbers = np.random.default_rng(seed).normal(scale=100, size=shape)
    array = np.asarray(numbers if np.dtype(dtype).kind == "f" else np.abs(numbers)).astype(dtype)
    assert_same(write_double(array.T if turn else array)[1], array.T if turn else array, [])


def test_what_is_not_the_default_is_shown() -> None:
    nan = np.array([[np.nan, 1.0], [-np.inf, -0.0]], dtype=np.float32)
    code, made = write_double(nan)
    assert code.splitlines() == [
        "x = np.array([[np.nan, 1.0],",
        "              [-np.inf, -0.0]], dtype=np.float32)",
        "double(x)",
    ]
    assert_same(made, nan, [])
    assert "dtype" not in write_double(np.array([1.5]))[0]
    assert write_double(np.float32(0.1))[0].startswith("x = np.float32(0.1)\n")


def make_with_code(code: str) -> Callable[[float], float]:
    def f(x: float) -> float:
        return x

    vars(f)["code"] = code
    return f


def test_a_function_is_shown_by_its_code() -> None:
    assert write_double(make_with_code("lambda x: x**2"))[1](3) == 9
    code, made = write_double(make_with_code("def x(t):\n    return t + 1"))
    assert code.splitlines()[0] == "def x(t):"
    assert made(3) == 4


@pytest.mark.parametrize(
    "value",
    [
        np.arange(1000.0),
        np.array([1, 2], dtype=">f8"),
        np.ma.masked_array([1.0, 2.0], mask=[True, False]),
        np.array([None]),
        np.zeros((2, 3, 4)).transpose(1, 0, 2) + 0.0,
        np.sin,
        [object()],
    ],
    ids=["long", "big-endian", "masked", "objects", "other order", "ufunc", "list of an object"],
)
def test_what_cannot_be_written_is_never_said_to_be_complete(value: Any) -> None:
    code, made = write_double(value)
    assert made is None
    assert 'gradlab.check("double").groups[0].trials[0].arguments[0]' in code
    assert len(code) < 200


@pytest.mark.slow
def test_the_networks_of_find_bugs_are_taken_from_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    import __main__

    exercise = EXERCISES["find_bugs"]
    monkeypatch.setattr(__main__, "find_bugs", lambda networks: ["ok"], raising=False)
    [[(arguments, _)]] = draw_cases(exercise, 0).values()
    namespace, calls = record(exercise)
    exec(write_case(exercise, arguments, 0, 0).code, namespace)
    for one, other in zip(calls[0][0], arguments[0], strict=True):
        assert one.loss(one.X, one.Y) == other.loss(other.X, other.Y)
