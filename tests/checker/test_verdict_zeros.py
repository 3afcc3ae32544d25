"""Gradients that are zero: right ones pass as zero, and none that is missing does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from checker.losses import FAMILIES, Gradient, Params, Problem

from gradlab.checker.check import check_gradient
from gradlab.checker.report import GradientReport
from gradlab.support.floats import FloatArray

SEEDS = range(6)


def softmax(z: Any) -> FloatArray:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


# Blocks whose true gradient is zero, beside others: a problem, and the name of the block


def bias_before_batch_normalisation(rng: np.random.Generator) -> tuple[Problem, str]:
    rows, inputs, hidden = int(rng.integers(8, 25)), int(rng.integers(2, 6)), 4
    X, Y = rng.normal(size=(rows, inputs)), rng.normal(size=(rows, 3))

    def forward(p: Params) -> tuple[FloatArray, ...]:
        Z = X @ p["W1"] + p["b1"]
        s = np.sqrt(Z.var(axis=0) + 1e-5)
        H = (Z - Z.mean(axis=0)) / s
        A = np.tanh(H)
        return s, H, A, A @ p["W2"] - Y

    def gradient(p: Params) -> Params:
        s, H, A, E = forward(p)
        d = E / rows
        dH = d @ p["W2"].T * (1 - A * A)
        dZ = (dH - dH.mean(axis=0) - H * (dH * H).mean(axis=0)) / s
        return {"W1": X.T @ dZ, "b1": dZ.sum(axis=0), "W2": A.T @ d}

    params = {
        "W1": rng.normal(size=(inputs, hidden)),
        "b1": rng.normal(size=hidden),
        "W2": rng.normal(size=(hidden, 3)),
    }
    return Problem(lambda p, cast: np.sum(forward(p)[3] ** 2) / (2 * rows), gradient, params), "b1"


def key_bias_of_attention(rng: np.random.Generator) -> tuple[Problem, str]:
    T, d = int(rng.integers(3, 7)), int(rng.integers(2, 5))
    X, R = rng.normal(size=(T, d)), rng.normal(size=(T, d))

    def forward(p: Params) -> tuple[FloatArray, ...]:
        Q, K, V = X @ p["Wq"], X @ p["Wk"] + p["bk"], X @ p["Wv"]
        return Q, K, V, softmax(Q @ K.T / np.sqrt(d))

    def gradient(p: Params) -> Params:
        Q, K, V, P = forward(p)
        dP = R @ V.T
        dS = P * (dP - (dP * P).sum(axis=1, keepdims=True)) / np.sqrt(d)
        dK = dS.T @ Q
        return {"Wq": X.T @ (dS @ K), "Wk": X.T @ dK, "bk": dK.sum(axis=0), "Wv": X.T @ (P.T @ R)}

    params = {name: rng.normal(size=(d, d)) for name in ("Wq", "Wk", "Wv")}
    params["bk"] = rng.normal(size=d)
    return Problem(
        lambda p, cast: np.sum(R * (forward(p)[3] @ forward(p)[2])), gradient, params
    ), "bk"


def shift_of_a_softmax(rng: np.random.Generator) -> tuple[Problem, str]:
    rows, inputs, classes = (int(n) for n in rng.integers(3, 8, size=3))
    X, Y = rng.normal(size=(rows, inputs)), np.eye(classes)[rng.integers(classes, size=rows)]

    def gradient(p: Params) -> Params:
        d = (softmax(X @ p["W"] + p["shift"]) - Y) / rows
        return {"W": X.T @ d, "shift": d.sum(axis=1, keepdims=True)}

    params = {"W": rng.normal(size=(inputs, classes)), "shift": rng.normal(size=(rows, 1))}
    return Problem(
        lambda p, cast: -np.mean(np.sum(Y * np.log(softmax(X @ p["W"] + p["shift"])), axis=1)),
        gradient,
        params,
    ), "shift"


def parameter_that_is_not_used(rng: np.random.Generator) -> tuple[Problem, str]:
    problem = FAMILIES[int(rng.integers(len(FAMILIES)))](rng)
    unused = rng.normal(size=int(rng.integers(1, 5)))
    return Problem(
        problem.evaluate,
        lambda p: problem.gradient(p) | {"unused": np.zeros_like(unused)},
        problem.params | {"unused": unused},
    ), "unused"


BLOCKS = [
    bias_before_batch_normalisation,
    key_bias_of_attention,
    shift_of_a_softmax,
    parameter_that_is_not_used,
]
# Points where the whole gradient is zero


def fitted_least_squares(rng: np.random.Generator) -> Problem:
    rows, columns = int(rng.integers(20, 100)), int(rng.integers(2, 7))
    A = rng.normal(size=(rows, columns))
    y = A @ rng.normal(size=columns) + rng.normal(size=rows)
    return Problem(
        lambda p, cast: np.sum((A @ p["w"] - y) ** 2) / 2,
        lambda p: {"w": A.T @ (A @ p["w"] - y)},
        {"w": np.asarray(np.linalg.lstsq(A, y, rcond=None)[0], dtype=np.float64)},
    )


def fitted_exactly(rng: np.random.Generator) -> Problem:
    rows, columns = int(rng.integers(20, 60)), int(rng.integers(2, 7))
    A, w = rng.normal(size=(rows, columns)), rng.normal(size=columns)
    y = A @ w
    return Problem(
        lambda p, cast: np.sum((A @ p["w"] - y) ** 2) / 2,
        lambda p: {"w": A.T @ (A @ p["w"] - y)},
        {"w": w},
    )


def fitted_logistic(rng: np.random.Generator) -> Problem:
    rows, columns = int(rng.integers(60, 120)), int(rng.integers(2, 5))
    A = np.c_[np.ones(rows), rng.normal(size=(rows, columns))]
    chance = 1 / (1 + np.exp(-A @ rng.normal(size=columns + 1) / 2))
    y = (rng.random(rows) < chance).astype(float)

    def gradient(p: Params) -> Params:
        return {"w": A.T @ (1 / (1 + np.exp(-A @ p["w"])) - y) / rows}

    w = np.zeros(columns + 1)
    for _ in range(30):
        q = 1 / (1 + np.exp(-A @ w))
        w = w - np.linalg.solve((A.T * (q * (1 - q))) @ A / rows, gradient({"w": w})["w"])
    return Problem(
        lambda p, cast: np.mean(np.logaddexp(0, A @ p["w"]) - y * (A @ p["w"])),
        gradient,
        {"w": w},
    )


def rosenbrock(rng: np.random.Generator) -> Problem:
    def gradient(p: Params) -> Params:
        x, g = p["x"], np.zeros_like(p["x"])
        steep = x[1:] - x[:-1] ** 2
        g[:-1] = -400 * x[:-1] * steep - 2 * (1 - x[:-1])
        g[1:] += 200 * steep
        return {"x": g}

    return Problem(
        lambda p, cast: np.sum(
            100 * (p["x"][1:] - p["x"][:-1] ** 2) ** 2 + (1 - p["x"][:-1]) ** 2
        ),
        gradient,
        {"x": np.ones(int(rng.integers(2, 8)))},
    )


def well(rng: np.random.Generator) -> Problem:
    """The minimum of an uneven function, at a point that is not rounded."""
    at, offset = rng.normal(size=int(rng.integers(1, 6))), float(rng.choice([0.0, 1.0, 30.0]))
    # exp(z) - z is smallest at 0, and not even.
    return Problem(
        lambda p, cast: offset + np.sum(np.exp(p["x"] - at) - (p["x"] - at)),
        lambda p: {"x": np.expm1(p["x"] - at)},
        {"x": at.copy()},
    )


STATIONARY = [fitted_least_squares, fitted_exactly, fitted_logistic, rosenbrock, well]


def make(build: Callable[[np.random.Generator], Any], seed: int) -> Any:
    return build(np.random.default_rng([20, seed]))


def with_factor(problem: Problem, name: str, factor: float) -> Gradient:
    """Return the gradient with one block multiplied."""
    return lambda p: problem.gradient(p) | {name: factor * problem.gradient(p)[name]}


def always(params: Params) -> Gradient:
    return lambda p: params


def says_zero(report: GradientReport, name: str) -> bool:
    return any(note.startswith("Zero to within") and name in note for note in report.notes)


# Right ones


@pytest.mark.parametrize("build", BLOCKS)
def test_a_block_that_is_zero_passes_beside_the_others(build: Any) -> None:
    said = 0
    for seed in SEEDS:
        problem, name = make(build, seed)
        report = check_gradient(problem.loss, problem.gradient, problem.params)
        assert report.passed, (seed, report)
        assert not report.findings, (seed, report)
        # Where neither the loss nor the gradient moves by a bit there is nothing to be said.
        given = problem.gradient(problem.params)[name]
        said += says_zero(report, name) or not given.all()
    assert said == len(SEEDS)


@pytest.mark.parametrize("build", BLOCKS)
def test_a_block_of_exact_zeros_passes_where_that_is_the_truth(build: Any) -> None:
    for seed in SEEDS:
        problem, name = make(build, seed)
        report = check_gradient(
            problem.loss,
            with_factor(problem, name, 0.0),
            problem.params,
        )
        assert report.passed, (seed, report)


@pytest.mark.parametrize("build", BLOCKS)
def test_a_block_that_is_zero_passes_along_directions(build: Any) -> None:
    for seed in SEEDS:
        problem, _ = make(build, seed)
        report = check_gradient(problem.loss, problem.gradient, problem.params, directions=2)
        assert report.passed, (seed, report)


@pytest.mark.parametrize("build", STATIONARY)
def test_a_gradient_that_is_zero_everywhere_passes(build: Any) -> None:
    for seed in SEEDS:
        problem = make(build, seed)
        (name,) = problem.params
        report = check_gradient(problem.loss, problem.gradient, problem.params)
        assert report.passed, (seed, report)
        assert not report.findings, (seed, report)
        assert says_zero(report, name), (seed, report)


@pytest.mark.parametrize("build", STATIONARY)
def test_exact_zeros_pass_at_a_minimum(build: Any) -> None:
    for seed in SEEDS:
        problem = make(build, seed)
        zeros = {name: np.zeros_like(value) for name, value in problem.params.items()}
        report = check_gradient(problem.loss, always(zeros), problem.params)
        assert report.passed, (seed, report)


@pytest.mark.parametrize("eps", [0.0, 1e-5])
def test_a_sum_that_is_always_zero_mostly_passes_zeros_and_never_fails(eps: float) -> None:
    def total(x: FloatArray) -> float:
        return float(np.sum((x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)))

    verdicts = []
    for seed in range(30):
        rng = np.random.default_rng([21, seed])
        point = rng.normal(size=(int(rng.integers(3, 9)), int(rng.integers(1, 5))))
        verdicts.append(check_gradient(total, np.zeros_like, point).verdict)
    assert "fail" not in verdicts
    assert verdicts.count("pass") >= 27


# Wrong ones


def shifted(problem: Problem, name: str, part: float, seed: int) -> Callable[[Params], Params]:
    """Return the gradient with one entry of a block off by a part of the largest slope nearby."""
    rng = np.random.default_rng([22, seed])
    values = problem.params
    nearby = {k: v + 0.3 * rng.normal(size=v.shape) for k, v in values.items()}
    gradients = [problem.gradient(values), problem.gradient(nearby)]
    largest = max(np.abs(value).max() for gradient in gradients for value in gradient.values())
    entry, sign = int(rng.integers(values[name].size)), rng.choice([-1.0, 1.0])

    def wrong(p: Params) -> Params:
        result = problem.gradient(p)
        block = np.array(result[name])
        block.flat[entry] += sign * part * largest
        return result | {name: block}

    return wrong


@pytest.mark.parametrize("part", [1e-3, 1e-4])
@pytest.mark.parametrize("build", [*BLOCKS, *STATIONARY])
def test_a_slope_where_there_is_none_fails(build: Any, part: float) -> None:
    verdicts = []
    for seed in range(10):
        made = make(build, seed)
        problem, name = made if isinstance(made, tuple) else (made, next(iter(made.params)))
        wrong = shifted(problem, name, part, seed)
        verdicts.append(check_gradient(problem.loss, wrong, problem.params).verdict)
    assert "pass" not in verdicts, verdicts
    assert verdicts.count("fail") >= 9, verdicts


def with_small_block(rng: np.random.Generator, part: float) -> tuple[Problem, str]:
    """Return a problem, and a block whose gradient is about this part of the others'."""
    problem = FAMILIES[int(rng.integers(len(FAMILIES)))](rng)
    largest = max(np.abs(value).max() for value in problem.gradient(problem.params).values())
    size, factor = int(rng.integers(1, 4)), part * largest
    phase = rng.uniform(0.0, 1.0, size)
    return Problem(
        lambda p, cast: problem.evaluate(p, cast) + factor * np.sum(np.sin(p["small"] + phase)),
        lambda p: problem.gradient(p) | {"small": factor * np.cos(p["small"] + phase)},
        problem.params | {"small": rng.uniform(0.1, 1.0, size)},
    ), "small"


@pytest.mark.parametrize("part", [1e-6, 1e-8])
@pytest.mark.parametrize("factor", [0.0, 2.0])
def test_a_small_block_that_is_missing_or_doubled_never_passes(part: float, factor: float) -> None:
    found = 0
    for seed in range(24):
        problem, name = with_small_block(np.random.default_rng([23, seed]), part)
        report = check_gradient(
            problem.loss,
            with_factor(problem, name, factor),
            problem.params,
        )
        assert report.verdict != "pass", (seed, report)
        found += report.verdict == "fail"
    assert found >= 20


@pytest.mark.parametrize("part", [1e-6, 1e-8])
def test_a_small_block_that_is_right_never_fails(part: float) -> None:
    for seed in range(24):
        problem, _ = with_small_block(np.random.default_rng([23, seed]), part)
        report = check_gradient(problem.loss, problem.gradient, problem.params)
        assert report.verdict != "fail", (seed, report)
