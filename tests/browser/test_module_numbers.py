"""The numbers of the explorers' modules are Python's, over a grid, in a real browser."""

from __future__ import annotations

import itertools

import numpy as np
from browser.modules import compute, open_stage
from playwright.sync_api import Browser

import gradlab
from gradlab.examples import CURVES
from gradlab.support.floats import UNIT_ROUNDOFF

POINTS = (-2.5, -1.3, 0.0, 0.05, 1.0, 2.0, 2.5)


def test_the_slopes_of_chords_are_those_of_the_differences(browser: Browser) -> None:
    formulas = {
        "forward": gradlab.forward_difference,
        "backward": gradlab.backward_difference,
        "central": gradlab.central_difference,
    }
    steps = (2.0, 1.0, 0.3, 0.02, 1e-3, 1e-5, 3e-7, 1e-8)
    grid = [
        {"curve": curve, "x": x, "h": h}
        for curve, x, h in itertools.product(CURVES, POINTS, steps)
    ]
    with open_stage(browser) as page:
        computed = compute(page, "chords", grid)
    for state, numbers in zip(grid, computed, strict=True):
        f, x, h = CURVES[state["curve"]].f, state["x"], state["h"]
        largest = max(abs(float(f(np.float64(t)))) for t in (x - h, x, x + h))
        for name, formula in formulas.items():
            off = abs(numbers["slopes"][name] - formula(f, x, h))
            assert off <= 4 * UNIT_ROUNDOFF * largest / h, (state, name)
        true = float(CURVES[state["curve"]].slope(np.float64(x)))
        np.testing.assert_allclose(numbers["derivative"], true, rtol=1e-15, atol=1e-16)
