"""Figures of a gradient report: what is drawn where, and texts that say what is to be seen."""

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import gradlab
from gradlab import plots
from gradlab.checker.figures.blocks import plot_blocks
from gradlab.checker.figures.steps import plot_steps
from gradlab.checker.figures.taylor import plot_taylor
from gradlab.plots import Drawing
from gradlab.support.floats import FloatArray

DECADES = 10.0 ** -np.arange(0.5, 13.1, 0.5)


def points(drawing: Drawing, label: str) -> FloatArray:
    """Return the points of every line of this label."""
    lines = [line for line in drawing.figure.axes[0].get_lines() if line.get_label() == label]
    parts = [np.asarray(line.get_xydata(), dtype=np.float64) for line in lines]
    return np.concatenate(parts) if parts else np.empty((0, 2))


def title(drawing: Drawing) -> str:
    return drawing.figure.axes[0].get_title()


def rows(drawing: Drawing) -> list[str]:
    return [label.get_text() for label in drawing.figure.axes[0].get_yticklabels()]


def three_blocks() -> Drawing:
    return plot_blocks(
        ["W1", "b1", "W2"],
        [np.array([[1e-10, 2e-10]]), np.array([4e-10, 0.5]), np.array([1e-3])],
        [np.array([[1e-9, 1e-9]]), np.array([1e-9, 1e-9]), np.array([2e-3])],
        ["pass", "fail", "inconclusive"],
        [2.0, 0.25, 1.0],
    )


def test_every_difference_is_drawn_in_its_row_relative_to_the_largest_slope() -> None:
    drawing = three_blocks()
    assert rows(drawing) == ["✓ W1", "✗ b1", "? W2"]
    within = points(drawing, "difference within it")
    np.testing.assert_allclose(within[:, 0], [5e-11, 1e-10, 1.6e-9])
    np.testing.assert_array_equal(within[:, 1].round(), [0, 0, 1])
    ((place, row),) = points(drawing, "difference beyond it")
    assert (place, round(row)) == (2.0, 1)
    ((place, row),) = points(drawing, "difference not settled")
    assert (place, round(row)) == (1e-3, 2)
    tolerances = points(drawing, "tolerance")
    np.testing.assert_allclose(tolerances[:, 0], [5e-10, 5e-10, 4e-9, 4e-9, 2e-3])


def test_the_text_names_the_blocks_of_each_verdict() -> None:
    drawing = three_blocks()
    assert title(drawing) == "Beyond tolerance: b1"
    assert "for each of 3 blocks" in drawing.alt
    assert "b1 fails: the worst entry is off by 2 times the largest slope" in drawing.alt
    assert "W2 is inconclusive" in drawing.alt
    assert drawing.alt.endswith("W1 passes: every entry is within its tolerance, "
                                "off by less than 1e-7.")  # fmt: skip


def test_verdicts_differ_in_marker_as_well_as_in_colour() -> None:
    lines = three_blocks().figure.axes[0].get_lines()
    kinds = {line.get_label(): (line.get_marker(), line.get_color()) for line in lines}
    assert len(kinds) == 5
    assert len({marker for marker, _ in kinds.values()}) == 5
    assert len({color for _, color in kinds.values()}) == 5


@given(
    st.integers(1, 3000),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0, 1, 150, 5000]),
)
def test_of_many_entries_few_are_drawn_with_the_worst_among_them(
    size: int, seed: int, wrong: int
) -> None:
    rng = np.random.default_rng(seed)
    difference = 10.0 ** rng.uniform(-12, -9, size)
    beyond = rng.permutation(size)[:wrong]
    difference[beyond] = 10.0 ** rng.uniform(-3, 1, beyond.size)
    verdict = "fail" if beyond.size else "pass"
    drawing = plot_blocks(["W1"], [difference], [np.full(size, 1e-8)], [verdict], [1.0])
    drawn = np.concatenate(
        [points(drawing, f"difference {where} it")[:, 0] for where in ("within", "beyond")]
    )
    assert drawn.size == min(size, 200)
    assert drawn.max() == difference.max()
    assert np.isin(drawn, difference).all()
    assert drawn.min() == difference.min()
    # A few wrong entries among many right ones are all there.
    assert points(drawing, "difference beyond it").shape[0] >= min(beyond.size, 40)


def test_a_small_wrong_entry_is_drawn_before_large_ones_that_are_right() -> None:
    difference = np.full(1000, 1e-3)  # as at kinks, where tolerances are large
    tolerance = np.full(1000, 1e-2)
    difference[617], tolerance[617] = 1e-4, 1e-8
    drawing = plot_blocks(["W1"], [difference], [tolerance], ["fail"], [1.0])
    ((place, _),) = points(drawing, "difference beyond it")
    assert place == 1e-4


def test_zeros_are_at_the_left_edge_and_what_is_not_finite_at_the_right() -> None:
    difference = np.array([0.0, np.nan, np.inf, 1e-9])
    tolerance = np.array([1e-8, 1e-8, 1e-8, np.inf])
    drawing = plot_blocks(["W1"], [difference], [tolerance], ["fail"], [1.0])
    axes = drawing.figure.axes[0]
    ticks = [(label.get_position()[0], label.get_text()) for label in axes.get_xticklabels()]
    assert ticks[0][1] == "0"
    assert ticks[-1][1] == "not finite\nor huge"
    edges = np.array([ticks[0][0], ticks[-1][0]])
    np.testing.assert_allclose(points(drawing, "difference within it")[:, 0], [edges[0], 1e-9])
    np.testing.assert_allclose(points(drawing, "difference beyond it")[:, 0], edges[[1, 1]])
    low, high = axes.get_xlim()
    assert low < edges.min() < edges.max() < high
    assert "W1 fails: the worst difference is not finite, or huge." in drawing.alt


@pytest.mark.parametrize("largest", [0.0, float("nan"), float("inf")])
def test_a_block_whose_slopes_are_no_measure_is_drawn_relative_to_its_own_differences(
    largest: float,
) -> None:
    difference, tolerance = np.array([0.25, 0.5]), np.array([1e-9, 1e-9])
    drawing = plot_blocks(["b1"], [difference], [tolerance], ["fail"], [largest])
    np.testing.assert_allclose(points(drawing, "difference beyond it")[:, 0], [0.5, 1.0])


@pytest.mark.parametrize(
    ("difference", "tolerance", "verdict", "largest"),
    [
        ([0.0], [0.0], "pass", 0.0),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], "pass", 1.0),
        ([np.nan], [np.inf], "inconclusive", np.nan),
        ([5e-324, 1e308], [1e-300, 1e-2], "fail", 1e-300),
        ([3e-12], [1e-9], "pass", 2.0),
        ([1e300], [1e-9], "fail", 5e-324),
    ],
)
def test_extreme_blocks_are_drawn_without_a_warning(
    difference: list[float], tolerance: list[float], verdict: str, largest: float
) -> None:
    drawing = plot_blocks(
        ["params"], [np.array(difference)], [np.array(tolerance)], [verdict], [largest]
    )
    assert plots.png(drawing.figure).startswith(b"\x89PNG")
    assert "for one block" in drawing.alt
    _, heights = points(drawing, drawing.figure.axes[0].get_lines()[-1].get_label()).T  # type: ignore[arg-type]
    assert (np.abs(heights) < 0.5).all()


def test_of_many_blocks_the_worst_are_drawn_in_their_order() -> None:
    names = [f"layer{k:02}" for k in range(60)]
    verdicts = ["pass"] * 60
    differences = [np.array([1e-10 * (1 + k)]) for k in range(60)]
    tolerances = [np.array([1e-7])] * 60
    verdicts[3], differences[3] = "fail", np.array([1e-6])
    verdicts[41] = "inconclusive"
    drawing = plot_blocks(names, differences, tolerances, verdicts, [1.0] * 60)
    worst = [3, *range(38, 60)]
    assert [label[2:] for label in rows(drawing)] == [names[k] for k in sorted({*worst, 41, 37})]
    assert title(drawing) == "Beyond tolerance: layer03 (the 24 worst of 60 blocks)"
    assert "the 24 worst of 60 blocks" in drawing.alt
    assert "and 52 more pass" in drawing.alt


def test_a_long_name_leaves_room_for_the_dots() -> None:
    name = "['encoder']['layers'][11]['attention']['query']['weight']"
    drawing = plot_blocks([name], [np.array([1e-9])], [np.array([1e-8])], ["pass"], [1.0])
    assert len(rows(drawing)[0]) <= 30
    assert name in drawing.alt


def test_arguments_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="names is empty"):
        plot_blocks([], [], [], [], [])
    with pytest.raises(ValueError, match="shorter"):
        plot_blocks(["W1", "b1"], [np.ones(2)], [np.ones(2)], ["pass"], [1.0])


def differences_of_sin(x: float) -> FloatArray:
    ahead, behind = x + DECADES, x - DECADES
    slopes: FloatArray = (np.sin(ahead) - np.sin(behind)) / (ahead - behind)
    return slopes


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


def taylor_test(seed: int, error: float) -> tuple[FloatArray, FloatArray]:
    """Return both columns of a Taylor test of a smooth function whose gradient is off."""
    rng = np.random.default_rng(seed)
    A, theta = rng.normal(size=(4, 3)), rng.normal(size=3)

    def f(x: FloatArray) -> float:
        return float(np.log(np.exp(A @ x).sum()) + np.tanh(x).sum())

    powers = np.exp(A @ theta)
    gradient = A.T @ (powers / powers.sum()) + 1.0 - np.tanh(theta) ** 2
    v = rng.normal(size=3)
    slope = float(gradient @ v) * (1.0 + error)
    changes = np.array([f(theta + t * v) - f(theta) for t in DECADES])
    return np.abs(changes), np.abs(changes - DECADES * slope)


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


def drawings() -> list[Drawing]:
    first, second = taylor_test(1, 0.0)
    return [
        three_blocks(),
        plot_steps(DECADES, differences_of_sin(1.0), np.cos(1.0), 1e-16, 0.5, "w"),
        plot_taylor(DECADES, first, second, passed=True),
    ]


def test_the_same_data_give_the_same_bytes() -> None:
    for one, other in zip(drawings(), drawings(), strict=True):
        assert plots.png(one.figure) == plots.png(other.figure)
        assert one.alt == other.alt


def test_every_text_lies_within_its_figure() -> None:
    for drawing in drawings():
        figure = drawing.figure
        plots.png(figure)  # lays it out
        width, height = figure.bbox.size
        legends: list[Any] = [*figure.legends, figure.axes[0].get_legend()]
        for artist in [figure.axes[0].title, *filter(None, legends)]:
            box = artist.get_window_extent()
            assert 0 <= box.x0 < box.x1 <= width
            assert 0 <= box.y0 < box.y1 <= height


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("bug", [None, "transposed_weights"])
def test_the_figures_of_a_network_say_what_the_check_says(
    activation: str, bug: str | None
) -> None:
    X, Y = gradlab.load_digits()
    X, Y = X[:12], Y[:12]
    network = gradlab.MLP([64, 6, 6, 10], activation)
    network = gradlab.bugs.plant(network, bug) if bug else network
    theta, unravel = gradlab.ravel(network.params)
    gradient, _ = gradlab.ravel(network.gradients(X, Y))
    v = np.random.default_rng(0).normal(size=theta.size)
    start = network.loss(X, Y)
    changes = []
    for t in DECADES:
        network.params = unravel(theta + t * v)
        changes.append(network.loss(X, Y) - start)
    d = np.array(changes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        remainder = np.abs(d - DECADES * float(gradient @ v))
        drawing = plot_taylor(DECADES, np.abs(d), remainder, bug is None)
    shrinks = "only with t" if bug else "with t²"
    assert title(drawing) == f"{'FAIL' if bug else 'PASS'}: the remainder shrinks {shrinks}"
