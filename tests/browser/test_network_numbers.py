"""What the explorers of networks compute in a page is what Python computes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from browser.modules import compute, open_stage
from playwright.sync_api import Browser, Page

import gradlab
from gradlab import MLP, check_network, ravel, relative_difference
from gradlab.checker.parameters import named_blocks
from gradlab.explorers.regularization import (
    MASKS,
    MISTAKES,
    STEP,
    compute_ratios,
    make_data,
    make_network,
    measure_slopes,
)
from gradlab.plots.pitfalls import kink_slopes
from gradlab.plots.theta import slopes_along
from gradlab.support.floats import FloatArray

U = 2.0**-53
# The steps of the sliders are powers of ten.
STRENGTHS = [10.0 ** (k / 2 - 4) for k in range(21)]
KEPT = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with open_stage(browser) as stage:
        yield stage


def compute_all(
    page: Page, name: str, state: Mapping[str, Any], grid: list[dict[str, Any]]
) -> list[Any]:
    """Return what a module computes for a state after each change of a grid."""
    return compute(page, name, [{**state, **change} for change in grid])


def test_the_slopes_at_the_kink_are_those_of_python(page: Page) -> None:
    places = [round(-1 + k / 20, 2) for k in range(41)]
    steps = [10.0 ** (k / 20 - 3) for k in range(55)]
    grid = [{"z": z, "h": h} for z, h in itertools.product(places, steps)]
    for place, there in zip(grid, compute(page, "kink", grid), strict=True):
        here: Mapping[str, Any] = kink_slopes(**place)
        allowed = 4 * U * 0.6 / place["h"]
        for name in ("backward", "forward", "central"):
            assert there[name] == pytest.approx(here[name], abs=allowed, rel=0), (place, name)
        true = np.nan if here["true"] is None else here["true"]
        assert there["slope"] == pytest.approx(true, abs=0, rel=0, nan_ok=True)
        assert there["inside"] == (abs(place["z"]) < place["h"])


def test_loss_and_slopes_along_theta_are_those_of_python(page: Page) -> None:
    state = gradlab.explore_theta().state
    network = MLP([3, 4, 2], seed=4)
    X, Y = np.reshape(state["X"], (6, 3)), np.eye(2)[state["labels"]]
    theta, unravel = ravel(network.params)
    moves, steps = (-2.5, -0.7, 0.0, 0.1, 2.5), (1e-3, 0.01, 0.5, 10**0.3)
    grid: list[dict[str, Any]] = [
        {"index": index, "move": move, "h": h}
        for index, move, h in itertools.product(range(26), moves, steps)
    ]
    for place, there in zip(grid, compute_all(page, "theta", state, grid), strict=True):
        moved = theta.copy()
        moved[place["index"]] += place["move"]
        network.params = unravel(moved)
        loss = network.loss(X, Y)
        largest = float(np.abs(ravel(network.gradients(X, Y))[0]).max())
        network.params = unravel(theta)
        difference, derivative = slopes_along(network, X, Y, **place)
        assert there["loss"] == pytest.approx(loss, rel=4 * U, abs=0)
        # The loss at the chord's ends may be larger than in the middle.
        size = max(there["ahead"], there["behind"])
        allowed = 4 * U * size / place["h"]
        assert there["difference"] == pytest.approx(difference, abs=allowed, rel=0), place
        assert there["backprop"] == pytest.approx(derivative, abs=8 * U * largest, rel=0), place


def test_ratios_and_verdicts_are_those_of_python_for_every_setting(page: Page) -> None:
    state = gradlab.explore_regularization().state
    X, Y = make_data()
    grid = [
        {"mistake": mistake, "l2": l2, "masks": masks, "keep_prob": keep_prob}
        for mistake, l2, masks, keep_prob in itertools.product(MISTAKES, STRENGTHS, MASKS, KEPT)
        if masks != "none" or keep_prob == 0.8
    ]
    for place, there in zip(grid, compute_all(page, "regularization", state, grid), strict=True):
        network = make_network(**place)
        assert there["verdict"] == check_network(network, X, Y).verdict, place
        if place["masks"] == "new each time" and place["keep_prob"] < 1.0:
            # The page's random numbers are not NumPy's, but as random.
            here = compute_ratios(network, X, Y)
            for name, ratio in there["ratios"].items():
                assert here[name] / 4 < ratio < 4 * here[name], (place, name)
            continue
        compare_slopes(network, X, Y, there, place)


def compare_slopes(
    network: MLP, X: FloatArray, Y: FloatArray, there: dict[str, Any], place: object
) -> None:
    """Assert that gradient, slopes and ratios are Python's to within rounding."""
    analytic, numeric = network.gradients(X, Y), measure_slopes(network, X, Y)
    rounding = 4 * U * network.loss(X, Y) / STEP
    # The penalty is added, and then taken off again by some mistakes.
    theta, slopes = ravel(network.params)[0], ravel(analytic)[0]
    largest = max(np.abs(slopes).max(), network.l2 * np.abs(theta).max())
    np.testing.assert_allclose(
        there["analytic"], slopes, rtol=0, atol=8 * U * largest, err_msg=str(place)
    )
    np.testing.assert_allclose(
        there["numeric"], ravel(numeric)[0], rtol=0, atol=rounding, err_msg=str(place)
    )
    pairs = zip(named_blocks(analytic), named_blocks(numeric), strict=True)
    blocks = {name: (a, n) for (name, a), (_, n) in pairs}
    blocks["all"] = (slopes, ravel(numeric)[0])
    for name, (a, n) in blocks.items():
        # Of the difference, and of the norms that it is divided by.
        allowed = 2 * np.sqrt(a.size) * rounding / (np.linalg.norm(a) + np.linalg.norm(n))
        ratio = relative_difference(a, n)
        assert there["ratios"][name] == pytest.approx(ratio, abs=allowed, rel=0), (place, name)
