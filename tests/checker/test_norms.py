"""`relative_difference`, compared with its formula in mpmath."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from gradlab.checker.norms import relative_difference
from gradlab.support.floats import FloatArray

VECTORS = hnp.arrays(np.float64, 4, elements=st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3))


@given(VECTORS, VECTORS, st.integers(-900, 900))
def test_relative_difference_is_the_formula_symmetric_and_without_scale(
    a: FloatArray, b: FloatArray, exponent: int
) -> None:
    exact = [mp.mpf(float(v)) for v in a], [mp.mpf(float(v)) for v in b]
    distance = mp.norm([left - right for left, right in zip(*exact, strict=True)])
    expected = float(distance / (mp.norm(exact[0]) + mp.norm(exact[1])))
    value = relative_difference(a, b)
    assert value == pytest.approx(expected, rel=1e-12)
    assert value == relative_difference(b, a)
    assert value == relative_difference(np.ldexp(a, exponent), np.ldexp(b, exponent))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([0.0], [0.0], 0.0),
        ([0.0, 0.0], [1e-300, 0.0], 1.0),
        ([1e-200], [3e-200], 0.5),
        ([1e200], [3e200], 0.5),
        ([1.7e308], [-1.7e308], 1.0),
        ([5e-324], [-5e-324], 1.0),
        ([1, 2], np.array([1.0, 2.0]), 0.0),
        ([(np.ones((2, 2)), np.ones(2))], [(np.ones((2, 2)), -np.ones(2))], np.sqrt(8 / 6) / 2),
        ({"a": np.ones(1), "b": np.zeros(2)}, {"a": np.ones(1), "b": np.zeros(2)}, 0.0),
    ],
)
def test_relative_difference_of(a: Any, b: Any, expected: float) -> None:
    assert relative_difference(a, b) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_relative_difference_keeps_nan(bad: float) -> None:
    assert np.isnan(relative_difference([1.0, bad], [1.0, 2.0]))
    assert np.isnan(relative_difference([1.0, bad], [1.0, bad]))


@pytest.mark.parametrize(
    ("a", "b", "error", "message"),
    [
        (np.ones(3), np.ones((3, 1)), ValueError, r"a has the shapes \(3,\), b \(3, 1\)"),
        ({"a": np.ones(2)}, {"b": np.ones(2)}, ValueError, "must be the same"),
        ([1j], [1.0], TypeError, "a has entries of type complex128"),
        (["x"], ["y"], TypeError, "real numbers"),
        (None, [1.0], TypeError, "a has entries of type object"),
    ],
)
def test_relative_difference_of_bad_input(
    a: Any, b: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        relative_difference(a, b)
