"""Checks of a part of the gradient: random entries, or slopes along random directions."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from gradlab.checker.check import check_gradient
from gradlab.checker.sampling import chance_to_miss
from gradlab.support.floats import FloatArray


def tanh_loss(p: list[FloatArray]) -> float:
    return float(np.sum(np.tanh(p[0])) + np.sum(np.sin(p[1])))


def tanh_gradient(p: list[FloatArray]) -> list[FloatArray]:
    return [1.0 - np.tanh(p[0]) ** 2, np.cos(p[1])]


BIG = [np.linspace(-1.0, 1.0, 400).reshape(20, 20), np.linspace(0.1, 1.0, 20)]


@pytest.mark.parametrize("options", [{"sample": 40}, {"directions": 3}])
def test_a_part_of_the_gradient_tells_right_from_wrong_blocks(options: dict[str, int]) -> None:
    report = check_gradient(tanh_loss, tanh_gradient, BIG, **options)
    assert report.passed, report
    assert report.evaluations < 200
    assert "chance to miss" in str(report)
    wrong = check_gradient(
        tanh_loss, lambda p: [g * 1.01 for g in tanh_gradient(p)], BIG, **options
    )
    assert [row.verdict for row in wrong.parameters] == ["fail", "fail"]
    one = check_gradient(tanh_loss, lambda p: [tanh_gradient(p)[0], p[1]], BIG, **options)
    assert [row.verdict for row in one.parameters] == ["pass", "fail"]


def test_a_sample_says_which_entry_is_wrong_and_how_likely_it_was_to_miss_it() -> None:
    def one_wrong(p: list[FloatArray]) -> list[FloatArray]:
        first, second = tanh_gradient(p)
        second[7] = 0.0
        return [first, second]

    seeds = range(40)
    reports = [check_gradient(tanh_loss, one_wrong, BIG, sample=105, seed=s) for s in seeds]
    found = [report for report in reports if not report.passed]
    assert {report.parameters[1].worst for report in found} == {(7,)}
    # 5 of the 20 entries of the second block are drawn: 40 draws find it 10 times, give or take.
    assert {report.parameters[1].measured for report in reports} == {5}
    assert 3 <= len(found) <= 19
    assert "0.75 for one wrong entry" in str(reports[0])


def test_the_same_seed_draws_the_same() -> None:
    texts = [str(check_gradient(tanh_loss, tanh_gradient, BIG, sample=9, seed=3)) for _ in "ab"]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("options", [{"sample": 0}, {"directions": -1}, {"sample": 2.5}])
def test_a_bad_number_of_samples_is_named(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(options))} is .*whole number >= 1"):
        check_gradient(np.sum, np.ones_like, np.ones(2), **options)
    with pytest.raises(ValueError, match="sample and directions are both given"):
        check_gradient(np.sum, np.ones_like, np.ones(2), sample=1, directions=1)


@pytest.mark.parametrize(
    ("bad", "total", "samples"), [(1, 10, 3), (4, 10, 3), (9, 10, 2), (3, 7, 7)]
)
def test_the_chance_to_miss_counts_the_draws(bad: int, total: int, samples: int) -> None:
    draws = list(itertools.combinations(range(total), samples))
    missed = sum(min(draw) >= bad for draw in draws)
    assert chance_to_miss(bad, total, samples) == pytest.approx(missed / len(draws))
