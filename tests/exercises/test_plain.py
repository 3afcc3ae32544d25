"""Arrays and numbers of other kinds than Python's and NumPy's own, as answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradlab
from gradlab.exercises.marking.plain import make_plain
from gradlab.grading.sandbox.wire import decode, encode


class Equal(np.ndarray):
    """Equal to anything, by its own account."""

    def __eq__(self, other: object) -> Any:
        return np.ones(2, dtype=bool)

    __hash__ = None

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        return np.zeros(np.shape(inputs[-1]))

    def __array_function__(self, function: Any, *others: Any) -> Any:
        return False


class Float(float):
    def __float__(self) -> float:
        return 0.0

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = float.__hash__


class Rows(list[Any]):
    def __iter__(self) -> Any:
        return iter([1.0, 2.0])

    def __len__(self) -> int:
        return 2


PLAIN = [
    (np.array([[1, 2], [3, 4]]).view(np.matrix), np.array([[1, 2], [3, 4]])),
    (np.array([1.0, 2.0]).view(Equal), np.array([1.0, 2.0])),
    (np.array([1.0, 2.0]).view(np.recarray), np.array([1.0, 2.0])),
    (np.ma.array([1.0, 2.0]), np.array([1.0, 2.0])),
    (np.array(3.0), np.array(3.0)),
    (Float(2.5), 2.5),
    (Rows([7.0]), [7.0]),
    ((True, np.float32(1), 1 + 2j, "text"), (True, np.float32(1), 1 + 2j, "text")),
]


@pytest.mark.parametrize(("value", "plain"), PLAIN)
def test_what_is_judged_is_plain_and_the_same_in_check_and_in_grade(
    value: Any, plain: Any
) -> None:
    for got in (make_plain(value), decode(encode(value))):
        assert type(got) is type(plain)
        np.testing.assert_array_equal(got, plain)


def test_a_plain_array_shares_the_memory_of_what_it_was() -> None:
    array = np.array([1.0, 2.0]).view(Equal)
    make_plain(array)[0] = 5.0
    assert array.tolist() == [5.0, 2.0]


def test_a_list_in_itself_comes_to_an_end() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert isinstance(make_plain(endless), list)
    assert not gradlab.check("double", lambda x: endless).passed


def mask_all(x: Any) -> Any:
    return np.ma.array(2 * np.asarray(x), mask=True)


def mask_first(x: Any) -> Any:
    doubled = np.ma.array(2 * np.atleast_1d(x))
    doubled[0] = np.ma.masked
    return doubled.reshape(np.shape(x))


@pytest.mark.parametrize(
    "answer", [mask_all, mask_first, lambda x: np.ma.masked, lambda x: list(mask_first(x))]
)
def test_masked_entries_are_no_answers(answer: Any) -> None:
    result = gradlab.check("double", answer)
    assert result.points == 0
    assert "masked" in str(result) or "a list; numbers are needed" in str(result)


def test_an_array_that_masks_nothing_is_an_answer() -> None:
    assert gradlab.check("double", lambda x: np.ma.array(2 * np.asarray(x))).passed


@pytest.mark.parametrize("value", [mask_first([1.0, 2.0]), np.ma.masked])
def test_masked_entries_do_not_cross_as_numbers(value: Any) -> None:
    assert type(decode(encode(value))).__name__ == type(value).__name__
    (part,) = decode(encode([value]))
    assert not isinstance(part, np.ndarray)


def test_a_list_of_what_makes_an_array_of_itself_is_no_answer() -> None:
    class Late:
        def __init__(self, x: Any) -> None:
            self.x = x

        def __array__(self, *others: Any, **keywords: Any) -> Any:
            return np.asarray(2 * self.x)

    def answer(x: Any) -> Any:
        return Late(x) if np.ndim(x) == 0 else [Late(part) for part in x]

    assert gradlab.check("double", answer).points == 0
