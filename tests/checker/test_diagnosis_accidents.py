"""What could be an accident, or is only a small difference, is no cause."""

from __future__ import annotations

import numpy as np
import pytest
from checker.test_diagnosis_causes import RNG, S, V, causes, in_rows, told

from gradlab.checker.block import make_exact_block
from gradlab.checker.diagnosis import diagnose
from gradlab.support.floats import FloatArray


@pytest.mark.parametrize("factor", [1.0 + 3e-8, 1.0 - 3e-8, 1.00005, 0.9999])
def test_no_factor_is_1(factor: float) -> None:
    assert causes(diagnose([told(factor * S)])) == set()


def test_a_small_difference_is_no_other_order() -> None:
    slopes = np.array([1.0, 1.0, 1.0, 1.0 + 4e-6])
    block = told(slopes[::-1], slopes, np.array([1.0, -2.0, 3.0, 0.5]))
    assert "permuted" not in causes(diagnose([block]))
    assert causes(diagnose([told(S + 3e-8 * RNG.normal(size=S.shape))])) == set()


def test_half_of_6_and_8_is_not_clipped_to_a_norm_of_5() -> None:
    slopes = np.array([6.0, 8.0])
    assert causes(diagnose([told(slopes / 2, slopes, np.array([1.0, -2.0]))])) == {"wrong_scale"}


@pytest.mark.parametrize(
    ("slopes", "gradient"),
    [
        ([3.0], [1.0]),
        ([3.0, 0.5, 0.2], [0.7312, 0.5, 0.2]),
        ([3.0, -3.0, 0.0], [0.7, -0.7, 0.0]),
        ([3.0, 2.0, 5.0], [1.0, 1.0, 1.0]),
    ],
)
def test_the_largest_entry_is_no_limit(slopes: list[float], gradient: list[float]) -> None:
    values = np.arange(1.0, len(slopes) + 1)
    block = told(np.array(gradient), np.array(slopes), values)
    assert "clipped" not in causes(diagnose([block]))


def test_signs_in_place_of_slopes_are_clipped() -> None:
    slopes = np.array([3.0, -2.0, 5.0])
    assert causes(diagnose([told(np.sign(slopes), slopes, np.ones(3))])) == {"clipped"}


@pytest.mark.parametrize("extra", [np.full((4, 5), 0.3), np.arange(5.0), np.ones((4, 1)) * S[0]])
def test_a_constant_is_not_one_term_of_many(extra: FloatArray) -> None:
    assert causes(diagnose([told(S + extra)])) == set()


@pytest.mark.parametrize("size", [2, 3])
def test_few_entries_that_differ_little_prove_no_penalty(size: int) -> None:
    rng = np.random.default_rng(14)
    slopes = rng.normal(size=size)
    for _ in range(200):
        wrong = slopes + 1e-5 * rng.normal(size=size)
        assert causes(diagnose([told(wrong, slopes, rng.normal(size=size))])) == set()
    penalised = told(slopes - 0.1 * V[0, :size], slopes, V[0, :size])
    assert causes(diagnose([penalised])) == {"weight_decay"}


def test_dead_units_with_entries_that_are_not_settled() -> None:
    block = told(S, in_rows([1, 3], 0 * S, S))
    unsettled = np.zeros(S.shape, dtype=bool)
    unsettled[1, 2:4] = True
    block.slopes.wrong &= ~unsettled
    block.slopes.doubtful = unsettled
    block.slopes.tolerance[unsettled] = 0.5
    assert causes(diagnose([block])) == {"dead_units"}
    assert "the others are not shown to be wrong" in str(diagnose([block])[-1])


def test_small_slopes_are_not_zero() -> None:
    slopes = in_rows([1, 3], 1e-4 * S, S)
    tolerance = 4e-4
    block = make_exact_block("W", V, in_rows([1, 3], slopes + 9e-4, S), slopes, tolerance)
    assert block.failed
    assert causes(diagnose([block])) == set()
