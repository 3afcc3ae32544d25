"""Figures of differences against the step, and of the Taylor test."""

import numpy as np
import pytest
from checker.figures import DECADES, differences_of_sin, points, taylor_test, title
from hypothesis import given, strategies as st

from gradlab import plots
from gradlab.checker.figures.steps import plot_steps
from gradlab.checker.figures.taylor import plot_taylor


@given(st.floats(-1.4, 1.4), st.sampled_from([0.0, 1e-6, 1e-3, 0.5, -2.0]))
def test_the_differences_stay_away_from_a_wrong_gradient_only(x: float, error: float) -> None:
    noise = 2.0**-53 * max(abs(np.sin(x)), 0.01)
    gradient = np.cos(x) + error
    drawing = plot_steps(DECADES, differences_of_sin(x), gradient, noise, np.cos(x), "w")
    flat = points(drawing, "flat: it is off by this")
    if not error:
        assert "the differences come within 1e-" in title(drawing)
        assert flat.size == 0
    else:
        assert f"the differences stay {abs(error):.2g} away from the gradient" in title(drawing)
        np.testing.assert_allclose(flat[:, 1], abs(error), rtol=1e-2)
        assert "stay" in drawing.alt


def test_the_predicted_lines_cross_at_the_star() -> None:
    drawing = plot_steps(DECADES, differences_of_sin(1.0), np.cos(1.0), 1e-16, -0.6, "W1[3, 2]")
    truncation = points(drawing, "truncation, h² |f‴| / 6")
    np.testing.assert_allclose(truncation[:, 1], truncation[:, 0] ** 2 * 0.1)
    rounding = points(drawing, "rounding, σ / h")
    np.testing.assert_allclose(rounding[:, 1], 1e-16 / rounding[:, 0])
    ((step, error),) = points(drawing, "best step predicted")
    grid = np.geomspace(1e-7, 1e-3, 40001)
    total = grid**2 * 0.1 + 1e-16 / grid
    assert step == pytest.approx(grid[total.argmin()], rel=1e-3)
    assert error == pytest.approx(total.min(), rel=1e-6)
    measured = points(drawing, "measured")
    np.testing.assert_allclose(
        measured[:, 1], np.abs(differences_of_sin(1.0) - np.cos(1.0)), rtol=1e-12
    )
    assert "a star at the predicted best step, near 1e-5" in drawing.alt
    assert drawing.alt.startswith("|D(h) − gradient| of W1[3, 2]")


def test_steps_that_are_zero_off_or_not_finite_are_told() -> None:
    slopes = differences_of_sin(1.0)
    slopes[3], slopes[9], slopes[12] = np.nan, np.cos(1.0), np.inf
    drawing = plot_steps(DECADES, slopes, np.cos(1.0), 1e-16, 0.5, "w")
    assert "2 of 26 steps left out because they are not finite" in drawing.alt
    ((step, height),) = points(drawing, "measured, exactly 0")
    assert step == DECADES[9]
    low, _ = drawing.figure.axes[0].get_ylim()
    assert low < height <= np.nanmin(points(drawing, "measured")[:, 1])


@pytest.mark.parametrize(
    ("slope", "gradient", "noise", "third", "words"),
    [
        (2.0, 2.0, 0.0, 0.0, "come within 1e-6 of the gradient"),
        (0.0, 0.0, 0.0, 0.0, "are the gradient"),
        (0.0, 0.5, 0.0, 0.0, "stay 0.5 away from the gradient"),
        (np.nan, 2.0, 1e-16, 1.0, "are finite at too few steps to tell"),
        (2.0, np.nan, 1e-16, 1.0, "cannot be compared with a gradient that is not finite"),
        (np.nan, 2.0, np.nan, np.nan, "cannot be judged while the noise of the loss is unknown"),
        (2.0, 2.0, np.nan, np.nan, "cannot be judged while the noise of the loss is unknown"),
        (2e300, 2e300, 1e284, 1e300, "come within 1e294 of the gradient"),
        (2e-300, 2e-300, 0.0, 0.0, "come within 1e-306 of the gradient"),
    ],
)
def test_extreme_differences_are_drawn_without_a_warning(
    slope: float, gradient: float, noise: float, third: float, words: str
) -> None:
    slopes = np.full(DECADES.size, slope)
    drawing = plot_steps(DECADES, slopes, gradient, noise, third, "w")
    assert plots.png(drawing.figure).startswith(b"\x89PNG")
    assert title(drawing) == f"w: the differences {words}"
    assert drawing.alt.endswith(f"The differences {words}.")


def test_a_single_step_tells_nothing() -> None:
    drawing = plot_steps(np.array([0.1]), np.array([1.0]), 2.0, 1e-16, 1.0, "w")
    assert "too few steps" in title(drawing)


@given(st.integers(0, 10**6), st.sampled_from([0.0, 1e-2, 0.5, -2.0, 30.0]))
def test_the_remainder_of_a_wrong_gradient_shrinks_only_with_t(seed: int, error: float) -> None:
    first, second = taylor_test(seed, error)
    drawing = plot_taylor(DECADES, first, second, passed=error == 0.0)
    expected = "FAIL: the remainder shrinks only with t" if error else (
        "PASS: the remainder shrinks with t²"
    )  # fmt: skip
    # A remainder without a second-order term, or a slope of almost 0, is rare, but there is one.
    assert title(drawing) in (expected, expected.replace("with t²", "with t to the power 3"))
    assert drawing.alt.endswith(f"{title(drawing)}.")
    assert "(squares), of order 1, and" in drawing.alt


def test_the_order_is_drawn_with_lines_of_slope_one_and_two() -> None:
    first, second = taylor_test(0, 0.0)
    drawing = plot_taylor(DECADES, first, second, passed=True)
    for power in (1, 2):
        (t0, y0), (t1, y1) = points(drawing, f"slope {power}")
        assert np.log(y1 / y0) / np.log(t1 / t0) == pytest.approx(power)
    circles = points(drawing, "|f(θ + t v) − f(θ) − t g·v|: order 2.0")
    shown = second[::-1].copy()
    shown[shown == 0.0] = np.nan
    np.testing.assert_array_equal(circles, np.stack([DECADES[::-1], shown], axis=1))
    assert "lost in rounding" in drawing.alt
    assert any(patch.get_label() == "rounding" for patch in drawing.figure.axes[0].patches)


def test_the_order_of_the_steps_does_not_matter() -> None:
    first, second = taylor_test(3, 0.1)
    down = plot_taylor(DECADES, first, second, passed=False)
    up = plot_taylor(DECADES[::-1], first[::-1], second[::-1], passed=False)
    assert down.alt == up.alt
    assert plots.png(down.figure) == plots.png(up.figure)


def test_a_small_error_shows_below_the_steps_where_the_curvature_is_larger() -> None:
    t = DECADES
    small = plot_taylor(t, 3 * t, 1e-5 * t + t**2, passed=False)
    assert title(small) == "FAIL: the remainder shrinks only with t"


def test_a_loss_that_no_longer_moves_is_not_taken_for_a_wrong_gradient() -> None:
    t = 10.0 ** -np.arange(1.0, 26.0)
    loss = 1.0 + t + t**2
    drawing = plot_taylor(t, np.abs(loss - 1.0), np.abs(loss - 1.0 - t), passed=True)
    assert title(drawing) == "PASS: the remainder shrinks with t²"


@pytest.mark.parametrize(
    ("power", "passed", "words"),
    [
        (2, False, "FAIL, though along this v the remainder shrinks with t²"),
        (1, True, "PASS, though along this v the remainder shrinks only with t"),
        (1.5, False, "FAIL: the remainder shrinks with t to the power 1.5"),
        (3, True, "PASS: the remainder shrinks with t to the power 3"),
    ],
)
def test_the_title_says_where_verdict_and_order_disagree(
    power: float, passed: bool, words: str
) -> None:
    t = DECADES
    assert title(plot_taylor(t, 3 * t, t**power, passed=passed)) == words


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_without_anything_to_draw_no_order_is_told(value: float) -> None:
    nothing = np.full(DECADES.size, value)
    drawing = plot_taylor(DECADES, nothing, nothing, passed=True)
    assert title(drawing) == "PASS: no order can be told from the remainder"
    assert plots.png(drawing.figure).startswith(b"\x89PNG")


def test_too_few_steps_have_no_order() -> None:
    t = np.array([0.1, 0.01, 0.001])
    drawing = plot_taylor(t, t, t**2, passed=False)
    assert title(drawing) == "FAIL: no order can be told from the remainder"
