"""The numbers of the explorers' modules are Python's, over a grid, in a real browser."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from browser.modules import compute, open_stage
from playwright.sync_api import Browser

import gradlab
from gradlab.examples import CURVES
from gradlab.explorers.v_curve import METHODS

POINTS = (-2.5, -1.3, 0.0, 0.05, 1.0, 2.0, 2.5)
SMOOTH = [name for name, example in CURVES.items() if example.smooth]
# The farthest value of f that a formula takes, in steps from x.
REACH = {"forward": 1, "backward": 1, "central": 1, "five_point": 2, "richardson": 1}


def find_largest(curve: str, x: float, reach: float) -> float:
    """Return the largest |f| near x."""
    f = CURVES[curve].f
    return max(abs(float(f(np.float64(t)))) for t in (x - reach, x, x + reach))


def test_the_slopes_of_chords_are_those_of_the_differences(browser: Browser) -> None:
    formulas = {
        "forward": gradlab.forward_difference,
        "backward": gradlab.backward_difference,
        "central": gradlab.central_difference,
    }
    grid = list(itertools.product(CURVES, POINTS, (2.0, 1.0, 0.3, 0.02, 1e-3, 1e-5, 3e-7, 1e-8)))
    states = [{"curve": curve, "x": x, "h": h} for curve, x, h in grid]
    with open_stage(browser) as page:
        computed = compute(page, "chords", states)
    for (curve, x, h), numbers in zip(grid, computed, strict=True):
        largest = find_largest(curve, x, h)
        true = float(CURVES[curve].slope(np.float64(x)))
        np.testing.assert_allclose(numbers["derivative"], true, rtol=1e-15, atol=1e-16)
        for name, formula in formulas.items():
            slope = numbers["slopes"][name]
            off = abs(slope - formula(CURVES[curve].f, x, h))
            assert off <= 4 * 2.0**-53 * largest / h, (name, curve, x, h)
            assert math.isnan(true) or numbers["errors"][name] == slope - numbers["derivative"]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_errors_of_the_v_are_those_of_a_sweep(
    dtype: type[np.floating[Any]], browser: Browser
) -> None:
    grid = list(itertools.product(SMOOTH, POINTS, METHODS))
    precision = np.dtype(dtype).name
    states = [
        {"curve": curve, "x": x, "method": method, "precision": precision}
        for curve, x, method in grid
    ]
    with open_stage(browser) as page:
        computed = compute(page, "v_curve", states)
    u = float(np.finfo(dtype).eps) / 2
    for (curve, x, method), numbers in zip(grid, computed, strict=True):
        example = CURVES[curve]
        slope = float(example.slope(x))
        steps, _ = gradlab.sweep(example.f, dtype(x), slope, method)
        np.testing.assert_allclose(numbers["steps"], steps, rtol=1e-15)
        # At the module's own steps: an ulp of a step can move x + h by an ulp of x.
        _, errors = gradlab.sweep(example.f, dtype(x), slope, method, steps=numbers["steps"])
        for h, error, right in zip(steps, numbers["errors"], errors, strict=True):
            largest = find_largest(curve, x, REACH[method] * h)
            assert abs(error - right) <= 4 * u * largest / h, (curve, x, method, h)


def test_the_prediction_of_the_v_is_the_error_budget(browser: Browser) -> None:
    order = {"forward": 2, "central": 3, "five_point": 5, "richardson": 5}
    units = {"float64": 2.0**-53, "float32": 2.0**-24}
    grid = list(itertools.product(SMOOTH, POINTS, METHODS, units))
    states = [
        {"curve": curve, "x": x, "method": method, "precision": precision}
        for curve, x, method, precision in grid
    ]
    with open_stage(browser) as page:
        computed = compute(page, "v_curve", states)
    for (curve, x, method, precision), numbers in zip(grid, computed, strict=True):
        example = CURVES[curve]
        size = max(abs(float(example.f(x))), abs(x * float(example.slope(x))))
        derivative = float(example.derivatives[order[method]](x))
        budget = gradlab.error_budget(method, derivative, units[precision] * size)
        h = np.array([1e-12, 1e-6, 0.1])
        truncation = numbers["truncation"] * h ** numbers["order"]
        np.testing.assert_allclose(truncation, budget.truncation(h), rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(numbers["rounding"] / h, budget.rounding(h), rtol=1e-12)
        bottom = [numbers["bottom"]["step"], numbers["bottom"]["error"]]
        np.testing.assert_allclose(bottom, [budget.best_step, budget.best_error], rtol=1e-12)


def test_the_v_says_what_its_still_says(browser: Browser) -> None:
    """Apart from the way a power is written, word for word."""
    grid = list(itertools.product(SMOOTH, (0.0, 1.0), METHODS))
    with open_stage(browser) as page:
        for curve, x, method in grid:
            state = {"curve": curve, "x": x, "method": method, "precision": "float64"}
            page.evaluate("([name, state]) => render(name, state)", ["v_curve", state])
            said = page.locator(".gx p").all_inner_texts()
            still = gradlab.plots.VCurve(CURVES[curve], x, method).summary()
            assert said == [f"{sentence}.".replace("e-0", "e-") for sentence in still]
