"""The problems of the scorecard's part "in the world" are right or wrong as said; a short run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from tools.benchmarks.world import catalogue, tables
from tools.benchmarks.world.catalogue import FAMILIES, FEW_DIGITS, KINDS, SMALL, draw
from tools.benchmarks.world.exact import Slopes, evaluate, measure_distances, measure_slopes
from tools.benchmarks.world.measurable import estimate_noise, is_measurable, measure_limit
from tools.benchmarks.world.peers import Rule, find_installed_rules
from tools.benchmarks.world.problem import (
    GENERAL_MISTAKES,
    Family,
    Problem,
    flatten,
    list_blocks,
    measure_errors,
    restore,
    scale_and_shift,
)
from tools.benchmarks.world.runner import run
from tools.benchmarks.world.verdicts import count_mistakes, judge

UNIT_ROUNDOFF = 2.0**-53
WRONG = [(family, mistake) for family in FAMILIES for mistake in family.mistakes]
EACH_FAMILY = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def find_family(name: str) -> Family:
    return next(family for family in FAMILIES if family.name == name)


@cache
def find_slopes(family: Family) -> list[Slopes]:
    return measure_slopes(family.make())


def is_right(problem: Problem, slopes: list[Slopes] | None = None) -> bool:
    """Return whether the gradient lies between the exact slopes on both sides, or hits them.

    Each to nine digits. What is left after a sum whose terms cancel may be off by the rounding of
    the terms: 1e-12 of the largest slope of the block along random directions, 1e-14 for entries.
    Where the whole block is zero, 1e-12 of the largest slope of all is left, and at a stationary
    point what the rounding of the parameters does, by the curvature.
    """
    slopes = slopes or measure_slopes(problem)
    sizes = [np.maximum(np.abs(block.below), np.abs(block.above)) for block in slopes]
    whole = max(size.max() for size in sizes)
    for block, size, distance in zip(
        slopes, sizes, measure_distances(problem, slopes), strict=True
    ):
        many = len(block.directions) < block.directions.shape[1]
        slack = 1e-9 * size + (1e-12 if many else 1e-14) * size.max() + 1e-18 * problem.unit
        if problem.stationary:
            slack = slack + 1e-14 + 64 * UNIT_ROUNDOFF * np.abs(block.curvature)
        elif size.max() <= 1e-12 * whole:
            slack = slack + 1e-12 * whole
        if (distance > slack).any():
            return False
    return True


def measure_exact_error(problem: Problem, slopes: list[Slopes] | None = None) -> float:
    """Return the largest distance from the exact slopes, relative to the largest of a block."""
    slopes = slopes or measure_slopes(problem)
    sizes = [max(np.abs(block.below).max(), np.abs(block.above).max()) for block in slopes]
    whole, errors = max(sizes), []
    for size, distance in zip(sizes, measure_distances(problem, slopes), strict=True):
        if problem.stationary or whole <= 1e-12 * problem.unit:
            size = problem.unit
        elif size <= 1e-12 * whole:
            size = whole
        errors.append(distance.max() / size)
    return float(max(errors))


@EACH_FAMILY
def test_a_right_gradient_is_the_slope_of_the_formula(family: Family) -> None:
    assert is_right(family.make(), find_slopes(family))


@pytest.mark.parametrize(
    ("family", "mistake"), WRONG, ids=lambda value: getattr(value, "name", value)
)
def test_a_wrong_gradient_is_not(family: Family, mistake: str) -> None:
    problem = family.make(0, mistake)
    least = catalogue.SMALL_WRONG if problem.kind == SMALL else catalogue.WRONG
    assert max(measure_errors(problem).values()) >= least
    # An error spread over a block is smaller beside the largest entry than beside the norm.
    assert measure_exact_error(problem, find_slopes(family)) > least / 3


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_anew_is_right_and_wrong_as_said(kind: str) -> None:
    for seed in range(3):
        right, wrong = draw(kind, seed)
        slopes = measure_slopes(right)
        assert is_right(right, slopes), right.title
        least = catalogue.SMALL_WRONG if kind == SMALL else catalogue.WRONG
        assert measure_exact_error(wrong, slopes) > least / 10, wrong.title


@pytest.mark.slow
@EACH_FAMILY
def test_every_variant_is_right(family: Family) -> None:
    for seed in range(1, 6):
        problem = family.make(seed)
        if np.isfinite(problem.loss(problem.params)):
            assert is_right(problem), seed


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "stationary points"])
def test_the_proof_notices_one_entry_that_is_off_by_a_millionth(kind: str) -> None:
    family = next(family for family in FAMILIES if family.kind == kind)
    problem = family.make()

    def spoil(params: object) -> object:
        theta = flatten(problem.right_gradient(params))
        theta[int(np.argmax(np.abs(theta)))] *= 1 + 1e-6
        return restore(theta, problem.right_gradient(params))

    spoiled = family.make()
    object.__setattr__(spoiled, "gradient", spoil)
    assert is_right(problem, find_slopes(family))
    assert not is_right(spoiled, find_slopes(family))


@EACH_FAMILY
def test_the_loss_is_the_formula_but_for_its_digits(family: Family) -> None:
    problem = family.make()
    exact, noise = evaluate(problem), estimate_noise(problem)
    if family.kind == FEW_DIGITS:
        assert noise > 1e-11 * abs(exact)
        return
    close = 1e-6 if family.name == "fixed point of a loose tolerance" else 1e-11
    assert problem.loss(problem.params) == pytest.approx(exact, rel=close, abs=1e-14)


@EACH_FAMILY
def test_a_problem_is_small_has_a_source_and_leaves_its_params_alone(family: Family) -> None:
    problem = family.make()
    before = [block.copy() for block in list_blocks(problem.params)]
    problem.loss(problem.params)
    problem.gradient(problem.params)
    for block, old in zip(list_blocks(problem.params), before, strict=True):
        np.testing.assert_array_equal(block, old)
    assert 1 <= problem.size <= 200
    assert problem.source


def test_there_are_as_many_problems_as_the_scorecard_says() -> None:
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    others = [family for family in FAMILIES if family.kind not in (FEW_DIGITS, SMALL)]
    assert len(others) >= 120
    assert sum(len(family.mistakes) for family in others) >= 60
    assert len(KINDS) >= 8
    assert len(catalogue.list_right()) == len(FAMILIES)
    assert len(catalogue.list_wrong()) == len(WRONG)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_draws_the_same_each_time_and_another_seed_another(kind: str) -> None:
    pairs = [draw(kind, seed) for seed in (5, 5, *range(6, 12))]
    losses = [right.loss(right.params) for right, _ in pairs]
    assert losses[0] == losses[1]
    assert pairs[0][1].title == pairs[1][1].title
    assert len(set(losses)) > 2


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="it must be one of layers"):
        draw("networks", 0)


@pytest.mark.parametrize("mistake", GENERAL_MISTAKES)
def test_a_mistake_that_any_gradient_can_make_changes_it(mistake: str) -> None:
    problem = find_family("affine").make(0, mistake)
    assert 1e-3 <= max(measure_errors(problem).values()) <= 2.0


def test_a_scale_and_an_offset_leave_right_and_wrong_as_they_are() -> None:
    problem = find_family("softmax").make(0, "p (1 - p)")
    changed = scale_and_shift(problem, 1e-6, 1e4)
    value = problem.loss(problem.params)
    assert changed.loss(problem.params) == pytest.approx(1e-6 * (value + 1e4), rel=1e-15)
    assert measure_errors(changed) == pytest.approx(measure_errors(problem))
    constant = find_family("sum of softmax").make(0, "p (1 - p)")
    assert measure_errors(scale_and_shift(constant, 1e-6, 0)) == pytest.approx(
        measure_errors(constant)
    )


@EACH_FAMILY
def test_params_can_be_one_vector_and_back(family: Family) -> None:
    params = family.make().params
    again = restore(flatten(params), params)
    assert isinstance(again, type(params))
    np.testing.assert_array_equal(flatten(again), flatten(params))


def test_float64_can_measure_what_has_its_digits() -> None:
    problem = find_family("logistic regression").make()
    assert is_measurable(problem)
    assert measure_limit(problem, 0.0) < 1e-9
    # At an offset of 1e14 the loss moves in steps of 1/64.
    assert not is_measurable(scale_and_shift(problem, 1.0, 1e14))
    assert is_measurable(scale_and_shift(problem, 1e-9, 0.0))
    assert not is_measurable(find_family("sines, rounded to 2 decimals").make())
    assert not is_measurable(find_family("lasso at zero").make())
    assert is_measurable(find_family("Rosenbrock at its minimum").make())
    assert is_measurable(find_family("bias before batch normalisation").make())


@pytest.mark.parametrize("rule", find_installed_rules(), ids=lambda rule: rule.title)
def test_another_rule_accepts_what_is_right_and_plain_and_refuses_what_is_wrong(
    rule: Rule,
) -> None:
    family = find_family("circle")
    assert rule.accepts(family.make())
    assert not rule.accepts(family.make(0, "sign of the centre"))


def test_a_rule_that_raises_does_not_accept() -> None:
    def fail(vectors: object, rng: object) -> bool:
        raise ArithmeticError

    assert not Rule("none", "never", fail).accepts(find_family("circle").make())


def test_the_tables_count_what_was_judged() -> None:
    names = ("circle", "softmax", "sines, in float32", "sines with 2 pi", "log |x|")
    families = [find_family(name) for name in names]
    right = [family.make() for family in families]
    wrong = [family.make(0, mistake) for family in families for mistake in family.mistakes]
    outcomes = judge([*right, *wrong])
    kinds = tables.format_kinds(outcomes)
    assert "| all | 3 | 3 |" in kinds or "| all | 3 | 2 (66.7%) | 1 (33.3%) |" in kinds
    assert f"| {FEW_DIGITS} " not in kinds
    assert "| in float32 | 1 |" in tables.format_digits(outcomes)
    assert "| sines with 2 pi: pi to six digits | 5e-06 | fail |" in tables.format_small(outcomes)
    assert "False alarms: none." in tables.format_misses(outcomes)
    assert "float64 can measure 4 to 5e-04" in tables.format_inconclusive(
        [outcome for outcome in outcomes if outcome.problem.kind != FEW_DIGITS]
    )
    count = count_mistakes(outcomes, None)
    assert count.total["right"] == 4
    assert count.mistaken["wrong"] == 0
    told = tables.format_rules(outcomes, [(None, count)])
    assert "| **gradlab** |" in told


@pytest.mark.slow
def test_a_quick_run_prints_every_part() -> None:
    text = run(quick=True)
    for title in ("## 6. In the world", "### Few digits", "### Fresh variants", "JAX's rule"):
        assert title in text
    assert "log" in text
