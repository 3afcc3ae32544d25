"""Mistakes met in public code whose cause is not proved: where they are is said, and no cause."""

from __future__ import annotations

import numpy as np
import pytest
from checker.mistakes import Case, Mistake, Params, check_the_mended, check_what_is_said, sigmoid

from gradlab.support.floats import FloatArray

CASES: dict[str, Case] = {}


def case(build: Case) -> Case:
    CASES[build.__name__] = build
    return build


@case
def slope_taken_from_what_was_dropped(rng: np.random.Generator) -> Mistake:
    X, R, mask = rng.normal(size=(6, 5)), rng.normal(size=(6, 3)), rng.integers(0, 2, (6, 4))
    params = {"W1": rng.normal(size=(5, 4)), "W2": rng.normal(size=(4, 3))}

    def gradient(p: Params, before: bool) -> Params:
        t = np.tanh(X @ p["W1"])
        h = 2.0 * t * mask
        d = R @ p["W2"].T * mask * 2.0 * (1.0 - (t if before else h) ** 2)
        return {"W1": X.T @ d, "W2": h.T @ R}

    said = {"W1": ("some_blocks", "Only this block is wrong: every other one passes")}
    return Mistake(
        lambda p: float(np.sum(R * (2.0 * np.tanh(X @ p["W1"]) * mask @ p["W2"]))),
        lambda p: gradient(p, False),
        lambda p: gradient(p, True),
        params,
        said,
    )


@case
def input_of_the_same_step_only(rng: np.random.Generator) -> Mistake:
    W, R = 0.6 * rng.normal(size=(3, 3)), rng.normal(size=(4, 3))
    params = {"X": rng.normal(size=(4, 3)), "b": rng.normal(size=3)}

    def states(p: Params) -> list[FloatArray]:
        s = [np.zeros(3)]
        for x in p["X"]:
            s.append(np.tanh(x + W @ s[-1] + p["b"]))
        return s

    def gradient(p: Params, later: bool) -> Params:
        s, back, dX, db = states(p), np.zeros(3), np.zeros((4, 3)), np.zeros(3)
        for t in (3, 2, 1, 0):
            slope = 1.0 - s[t + 1] ** 2
            d = (R[t] + back) * slope
            dX[t], db = (d if later else R[t] * slope), db + d
            back = W.T @ d
        return {"X": dX, "b": db}

    said = {
        "X": ("some_entries", "9 of the 12 entries are wrong, in rows 0 to 2; the others pass")
    }
    return Mistake(
        lambda p: float(np.sum(R * np.array(states(p)[1:]))),
        lambda p: gradient(p, False),
        lambda p: gradient(p, True),
        params,
        said,
    )


@case
def sigmoid_left_out(rng: np.random.Generator) -> Mistake:
    X, Y = rng.normal(size=(8, 3)), rng.integers(0, 2, (8, 2)).astype(float)
    params = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}

    def gradient(p: Params, with_slope: bool) -> Params:
        q = sigmoid(X @ p["W"] + p["b"])
        d = 2.0 * (q - Y) * (q * (1.0 - q) if with_slope else 1.0)
        return {"W": X.T @ d, "b": d.sum(0)}

    words = ("every_block", "Every block fails, and every entry is wrong here (an error at the")
    return Mistake(
        lambda p: float(np.sum((sigmoid(X @ p["W"] + p["b"]) - Y) ** 2)),
        lambda p: gradient(p, False),
        lambda p: gradient(p, True),
        params,
        {"W": words, "b": words},
    )


@case
def one_number(rng: np.random.Generator) -> Mistake:
    said = {"z": ("every_block", "is 1.998 times the slope, but one number proves no factor.")}
    return Mistake(
        lambda p: float(1001.0 * np.exp(p["z"])),
        lambda p: {"z": 2000.0 * np.exp(p["z"])},
        lambda p: {"z": 1001.0 * np.exp(p["z"])},
        {"z": np.array(1.0)},
        said,
    )


@case
def smoothed_absolute_value(rng: np.random.Generator) -> Mistake:
    # Off by 5e-9: no factor, no other order; its size is said elsewhere.
    return Mistake(
        lambda x: float(np.sum(np.sqrt(x * x + 1e-8))),
        np.sign,
        lambda x: x / np.sqrt(x * x + 1e-8),
        np.array([0.5, -0.5, 0.7]),
        {},
    )


DRAWS = [(name, seed) for name in CASES for seed in range(3)]


@pytest.mark.parametrize(("name", "seed"), DRAWS)
def test_what_is_said_of_a_mistake(name: str, seed: int) -> None:
    kinds = check_what_is_said(CASES[name](np.random.default_rng(seed)))
    assert kinds <= {"some_blocks", "some_entries", "every_block", "small_difference", "kink"}


@pytest.mark.parametrize(("name", "seed"), DRAWS)
def test_the_mended_gradient_passes(name: str, seed: int) -> None:
    check_the_mended(CASES[name](np.random.default_rng(seed)))
