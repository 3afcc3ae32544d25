"""What a report says of its own limits: what its point cannot show, and what was reached."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from checker.losses import FAMILIES, Family, Loss, Params, Problem, draw, with_error

from gradlab.checker.check import check_gradient
from gradlab.checker.report import GradientReport
from gradlab.network.check import check_network
from gradlab.network.mlp import MLP
from gradlab.support.floats import FloatArray


def blind_spots(report: GradientReport) -> str:
    notes = [note for note in report.notes if note.startswith("This point may hide")]
    assert len(notes) <= 1
    return "".join(notes)


# Of the point


def three_blocks(a: FloatArray, b: FloatArray, c: FloatArray) -> tuple[Any, Any, Params]:
    return (
        lambda p: float(sum(np.sum(np.sin(0.7 * value + 0.2)) for value in p.values())),
        lambda p: {name: 0.7 * np.cos(0.7 * value + 0.2) for name, value in p.items()},
        {"a": a, "b": b, "c": c},
    )


def test_blocks_that_are_zero_or_equal_are_said() -> None:
    for seed in range(10):
        rng = np.random.default_rng([90, seed])
        shape = tuple(rng.integers(2, 4, size=2))
        case = three_blocks(np.zeros(shape), np.full(shape, rng.normal()), rng.normal(size=shape))
        report = check_gradient(*case)
        assert report.passed
        said = blind_spots(report)
        assert "all entries of a are 0" in said
        assert "all entries of b are equal" in said
        assert "c" not in said.split("alike for all entries:")[1].replace("entries", "")


def test_a_single_entry_is_not_called_equal() -> None:
    report = check_gradient(*three_blocks(np.ones(1), np.array(2.0), np.array([1.0, 2.0])))
    assert report.passed
    assert blind_spots(report) == ""


@pytest.mark.parametrize("family", FAMILIES)
def test_an_ordinary_point_hides_nothing(family: Family) -> None:
    for seed in range(4):
        problem = draw(family, 91, seed)
        report = check_gradient(problem.loss, problem.gradient, problem.params)
        assert report.passed
        assert blind_spots(report) == ""


def with_unused(problem: Problem, unused: FloatArray) -> Problem:
    return Problem(
        problem.evaluate,
        lambda p: problem.gradient(p) | {"unused": np.zeros_like(unused)},
        problem.params | {"unused": unused},
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_that_are_exactly_zero_are_counted(family: Family) -> None:
    rng = np.random.default_rng([92, 0])
    size = int(rng.integers(2, 6))
    problem = with_unused(draw(family, 92, 1), rng.normal(size=size))
    report = check_gradient(problem.loss, problem.gradient, problem.params)
    assert report.passed
    assert f"the gradient is 0 in {size} of {size} entries of unused" in blind_spots(report)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_gradient_that_fails_is_not_told_of_blind_spots(family: Family) -> None:
    problem = with_unused(draw(family, 93, 1), np.zeros(3))
    wrong = with_error(problem.gradient, next(iter(problem.params)), 0, 0.1)
    report = check_gradient(problem.loss, wrong, problem.params)
    assert report.verdict == "fail"
    assert blind_spots(report) == ""


def test_of_a_sample_only_what_was_measured_is_said() -> None:
    case = three_blocks(np.zeros(40), np.arange(1.0, 41.0), np.full(40, 0.5))
    report = check_gradient(*case, sample=15)
    assert report.passed
    said = blind_spots(report)
    assert "all measured entries of a are 0" in said
    assert "all measured entries of c are equal" in said
    assert "entries of b" not in said


def test_directions_say_nothing_of_blocks_that_are_zero() -> None:
    case = three_blocks(np.zeros(3), np.ones(3), np.arange(3.0))
    report = check_gradient(*case, directions=2)
    assert report.passed
    assert blind_spots(report) == ""


# Of the data of a network

METHODS = ["units", "entries", "loop"]


def data(rows: int, inputs: int, classes: int, seed: int) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng([94, seed])
    Y = np.eye(classes)[rng.integers(classes, size=rows)]
    return rng.uniform(0.2, 1.0, (rows, inputs)), Y


def network(sizes: list[int]) -> MLP:
    """Return one whose biases are not zero."""
    made = MLP(sizes)
    rng = np.random.default_rng(95)
    made.params = [(W, 0.3 * rng.normal(size=b.shape)) for W, b in made.params]
    return made


@pytest.mark.parametrize("method", METHODS)
def test_a_batch_of_one_row_is_said(method: str) -> None:
    report = check_network(network([3, 4, 2]), *data(1, 3, 2, 0), method=method)
    assert report.passed
    assert "X is a batch of one row" in blind_spots(report)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("empty", [1, 3])
def test_rows_of_zeros_are_counted(method: str, empty: int) -> None:
    X, Y = data(7, 3, 2, 1)
    X[:empty] = 0.0
    report = check_network(network([3, 4, 2]), X, Y, method=method)
    assert report.passed
    assert f"{empty} of 7 rows of X are zero" in blind_spots(report)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("empty", [1, 2])
def test_inputs_that_are_zero_in_every_row_are_counted(method: str, empty: int) -> None:
    X, Y = data(7, 3, 2, 4)
    X[:, :empty] = 0.0
    report = check_network(network([3, 4, 2]), X, Y, method=method)
    assert report.passed
    assert f"{empty} of 3 columns of X are zero" in blind_spots(report)
    assert "rows of X" not in blind_spots(report)


@pytest.mark.parametrize("sizes", [[1, 4, 2], [3, 1, 2], [3, 1, 1, 2]])
def test_layers_of_one_unit_are_said(sizes: list[int]) -> None:
    report = check_network(network(sizes), *data(6, sizes[0], 2, 2))
    assert report.passed
    for index, size in enumerate(sizes):
        assert (f"sizes[{index}] is 1" in blind_spots(report)) == (size == 1)


@pytest.mark.parametrize("method", METHODS)
def test_ordinary_data_hide_nothing(method: str) -> None:
    report = check_network(network([3, 4, 2]), *data(8, 3, 2, 3), method=method)
    assert report.passed
    assert blind_spots(report) == ""


def test_a_network_that_fails_is_not_told_of_its_data() -> None:
    class Wrong(MLP):
        def gradients(self, X: FloatArray, Y: FloatArray) -> Any:
            return [(1.5 * dW, db) for dW, db in super().gradients(X, Y)]

    report = check_network(Wrong([3, 4, 2]), *data(1, 3, 2, 4))
    assert report.verdict == "fail"
    assert blind_spots(report) == ""


# Of what was reached


def rounded(problem: Problem, places: int) -> Loss:
    return lambda p: round(problem.loss(p), places)


def notes_of(report: GradientReport, name: str) -> list[str]:
    return [note for note in report.notes if note.startswith(f"{name}: ")]


@pytest.mark.parametrize("places", [1, 2, 3])
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_not_settled_says_how_well_it_was_measured(family: Family, places: int) -> None:
    for seed in range(6):
        problem = draw(family, 96, seed)
        report = check_gradient(rounded(problem, places), problem.gradient, problem.params)
        for row in report.parameters:
            expected = 1 if row.verdict == "inconclusive" else 0
            assert len(notes_of(report, row.name)) == expected, (seed, report)


def test_the_resolution_that_is_said_is_the_blocks_own() -> None:
    seen = 0
    for seed in range(30):
        problem = draw(FAMILIES[seed % len(FAMILIES)], 97, seed)
        report = check_gradient(rounded(problem, 3), problem.gradient, problem.params)
        for row in report.parameters:
            if row.verdict != "inconclusive" or not row.resolution < 1.0:
                continue
            (note,) = notes_of(report, row.name)
            power = math.ceil(math.log10(row.resolution))
            assert f"to within 1e{power} of its largest entry" in note
            assert row.resolution > 5e-4, (seed, report)
            seen += 1
    assert seen >= 5


def test_where_the_loss_ends_at_the_point_the_report_says_so() -> None:
    def loss(x: FloatArray) -> float:
        return float(np.sum(x)) if x[0] <= 1.0 else np.inf

    report = check_gradient(loss, np.ones_like, np.array([1.0, 2.0]))
    assert report.verdict == "inconclusive"
    assert "no finite value near the parameters along some entry" in notes_of(report, "params")[0]


def test_enough_is_not_called_too_little() -> None:
    """Where a difference is at the edge of what can be told, 5e-4 is not what is missing."""
    for seed in range(60):
        problem = draw(FAMILIES[seed % len(FAMILIES)], 98, seed)
        name = next(iter(problem.params))
        wrong = with_error(problem.gradient, name, 0, 3e-10)
        report = check_gradient(problem.loss, wrong, problem.params)
        for row in report.parameters:
            if row.verdict == "inconclusive" and row.resolution < 5e-4:
                (note,) = notes_of(report, row.name)
                assert "5e-04 is needed" not in note, (seed, note)


# The number of losses


Curve = Callable[[FloatArray], FloatArray]
CURVES: list[tuple[Curve, Curve]] = [
    (np.sin, np.cos),
    (np.exp, np.exp),
    (lambda x: x**3 + x, lambda x: 3 * x * x + 1),
    (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    (lambda x: np.log1p(x * x), lambda x: 2 * x / (1 + x * x)),
    (np.arctan, lambda x: 1 / (1 + x * x)),
]


def count_losses(draw_point: Callable[[np.random.Generator], FloatArray]) -> list[int]:
    counts = []
    for f, slope in CURVES:

        def loss(x: FloatArray, f: Curve = f) -> float:
            return float(np.sum(f(x)))

        for seed in range(20):
            report = check_gradient(loss, slope, draw_point(np.random.default_rng([99, seed])))
            assert report.passed
            counts.append(report.evaluations)
    return counts


@pytest.mark.parametrize(
    "draw_point",
    [
        lambda rng: rng.uniform(0.3, 1.5, 3) * rng.choice([-1, 1], 3),
        lambda rng: rng.normal(size=3),
    ],
    ids=["one size", "any size"],
)
def test_a_right_gradient_of_three_parameters_takes_fewer_than_forty_losses(
    draw_point: Callable[[np.random.Generator], FloatArray],
) -> None:
    counts = np.array(count_losses(draw_point))
    assert counts.mean() < 40, counts
    # Where the noise is hard to tell, it takes more.
    assert np.mean(counts < 40) >= 0.85, counts
    assert counts.max() < 100, counts


def test_a_right_network_of_a_hundred_parameters_takes_fewer_than_four_losses_each() -> None:
    ratios = []
    for seed in range(6):
        model = MLP([6, 10, 4], seed=seed)
        report = check_network(model, *data(20, 6, 4, seed), method="loop")
        assert report.passed
        size = sum(math.prod(row.shape) for row in report.parameters)
        assert size == 114
        ratios.append(report.evaluations / size)
    assert max(ratios) < 4.0, ratios
