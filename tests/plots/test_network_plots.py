"""Figures about networks and pitfalls: what they show is what was measured."""

from typing import Any

import numpy as np
import pytest
from matplotlib import colors

from gradlab import MLP, plots, ravel
from gradlab.plots.theta import slopes_along
from gradlab.support.drawing import Drawing


def two_layers() -> MLP:
    return MLP([3, 4, 2], seed=4)


def bars_of(drawing: Any) -> list[Any]:
    return list(drawing.figure.axes[0].patches)


def test_the_strip_has_a_cell_for_each_entry_in_the_order_of_theta() -> None:
    network = two_layers()
    drawing = plots.plot_theta(network.params, mark=13)
    bars = bars_of(drawing)
    assert [round(bar.get_x() + bar.get_width() / 2) for bar in bars] == list(range(26))
    hatched = {k for k, bar in enumerate(bars) if bar.get_hatch()}
    assert hatched == {12, 13, 14, 15, 24, 25}
    faces = [colors.to_hex(bar.get_facecolor()) for bar in bars]
    assert len(set(faces[:16])) == len(set(faces[16:])) == 1
    assert faces[0] != faces[16]
    assert "b1 of shape (4,) in cells 12 to 15; W2 of shape (4, 2) in cells 16" in drawing.alt
    assert "A mark points at cell 13." in drawing.alt


def test_theta_moved_shows_the_loss_along_the_entry() -> None:
    network, rng = two_layers(), np.random.default_rng(0)
    X, Y = rng.random((6, 3)), np.eye(2)[[0, 1, 1, 0, 1, 0]]
    before = ravel(network.params)[0]
    drawing = plots.plot_theta_moved(network, X, Y, index=21, move=0.7, h=0.5)
    curve, chord, point = drawing.figure.axes[1].get_lines()
    np.testing.assert_array_equal(ravel(network.params)[0], before)
    ((x, y),) = np.asarray(point.get_xydata())
    assert x == pytest.approx(before[21] + 0.7)
    xs, ys = np.asarray(curve.get_xydata()).T
    assert np.interp(x, xs, ys) == pytest.approx(y, abs=1e-3)
    ends = np.asarray(chord.get_xdata())
    np.testing.assert_allclose(ends, [x - 0.5, x + 0.5])
    heights = [bar.get_height() for bar in bars_of(drawing)]
    np.testing.assert_allclose(np.delete(heights, 21), np.delete(before, 21))
    assert heights[21] == pytest.approx(x)
    assert "a mark over entry 21, W2[2, 1]" in drawing.alt


def test_a_small_step_along_an_entry_gives_what_backpropagation_gives() -> None:
    network, rng = two_layers(), np.random.default_rng(0)
    X, Y = rng.random((6, 3)), np.eye(2)[[0, 1, 1, 0, 1, 0]]
    difference, derivative = slopes_along(network, X, Y, index=21, move=0.7, h=1e-4)
    assert difference == pytest.approx(derivative, abs=1e-7)


def test_the_flow_names_every_array_with_its_shape() -> None:
    drawing = plots.plot_flow()
    texts = " ".join(text.get_text() for text in drawing.figure.axes[0].texts)
    for symbol in ("A_0 = X", "Z_1", "A_1", "Z_2", "J", "dW_1", "db_1", "dW_2", "db_2"):
        assert symbol in texts
    assert texts.count("(m, n_1)") == 3
    assert "delta2 = (A2 - Y)/m" in drawing.alt


def test_sizes_are_told_by_powers_of_ten_and_rounding_not_at_all() -> None:
    series: dict[str, Any] = {"a": [3e-11, 2e-3], "b": np.array([0.0, 5.0])}
    drawing = plots.plot_sizes([1, 10], series, "depth", "ratio", bands=True)
    assert "a (solid) from below 1e-7 to between 1e-3 and 1e-2" in drawing.alt
    assert "b (dashed) from below 1e-7 to between 1e0 and 1e1" in drawing.alt
    assert drawing.alt.startswith("On a logarithmic axis, ratio against depth")
    axes = drawing.figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("linear", "log")
    borders = [np.asarray(line.get_ydata())[0] for line in axes.get_lines()[2:]]
    assert borders == [1e-2, 1e-4, 1e-7]
    np.testing.assert_array_equal(axes.get_lines()[1].get_ydata(), [1e-17, 5.0])
    both = plots.plot_sizes([1, 10], series, "h", "gap", log_x=True)
    assert both.figure.axes[0].get_xscale() == "log"
    assert "bands" not in both.alt


def test_dots_show_ratios_and_words_hide_rounding() -> None:
    ratios = {"W1": 0.25, "b1": 3e-11, "W2": 2e-4, "b2": 0.0, "all": 0.2}
    drawing = plots.plot_ratios(ratios, "a title")
    dots = drawing.figure.axes[0].get_lines()[:5]
    # What has no logarithm is at the bottom.
    heights = [float(np.asarray(dot.get_ydata())[0]) for dot in dots]
    assert heights == [0.25, 3e-11, 2e-4, 1e-12, 0.2]
    low, high = drawing.figure.axes[0].get_ylim()
    assert low < 1e-12 < 1.0 < high
    assert "W1 2e-01, b1 below 1e-7, W2 2e-04, b2 below 1e-7, all 2e-01" in drawing.alt
    assert drawing.figure.axes[0].get_title() == "a title"


@pytest.mark.parametrize("z", [-0.7, -0.2, 0.0, 0.1, 0.9])
@pytest.mark.parametrize("h", [0.01, 0.3, 0.5])
def test_the_chord_at_a_kink_ends_on_the_loss(z: float, h: float) -> None:
    drawing = plots.plot_kink(z, h)
    lines = {line.get_label(): line for line in drawing.figure.axes[0].get_lines()}
    ends = np.asarray(lines["central chord"].get_xydata())
    np.testing.assert_allclose(ends[:, 0], [z - h, z + h])
    np.testing.assert_allclose(ends[:, 1], (np.maximum(ends[:, 0], 0.0) - 1.0) ** 2 / 2.0)
    assert ("inside" if abs(z) < h else "outside") in drawing.figure.axes[0].get_title()
    assert ("tangent" in lines) == (z != 0.0)
    assert ("none, z is on the kink" in drawing.alt) == (z == 0.0)


def test_the_cost_says_no_times() -> None:
    drawing = plots.plot_cost([160, 7210], {"loop": [0.123, 4.56], "units": [0.001, 0.007]})
    assert drawing.alt == (
        "Seconds against the number of parameters, from 160 to 7,210, on log-log axes, for loop "
        "(dashed), units (dash-dotted)."
    )
    axes = drawing.figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["160", "7,210"]
    assert list(axes.get_xticklabels(minor=True)) == []


def test_lines_differ_in_style_as_well_as_in_colour() -> None:
    values = {name: [1.0, 2.0] for name in "ABCDE"}
    for drawing in (
        plots.plot_sizes([1, 2], {**values, "F": [1.0, 2.0]}, "x", "y"),
        plots.plot_cost([1, 2], values),
    ):
        lines = drawing.figure.axes[0].get_lines()
        assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == len(lines)
        assert len({colors.to_hex(line.get_color()) for line in lines}) == len(lines)


@pytest.mark.parametrize(
    "drawing",
    [
        plots.plot_theta(two_layers().params),
        plots.plot_flow(),
        plots.plot_sizes([1, 2], {"a": [1.0, 2.0]}, "x", "y", bands=True),
        plots.plot_cost([1, 2], {"a": [1.0, 2.0]}),
    ],
    ids=["theta", "flow", "sizes", "cost"],
)
def test_every_text_lies_within_its_figure(drawing: Drawing) -> None:
    figure = drawing.figure
    plots.png(figure)  # lays it out
    width, height = figure.get_size_inches() * figure.dpi
    texts = [text for axes in figure.axes for text in axes.texts]
    assert texts or drawing.alt
    for text in texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width + 1
        assert box.y1 <= height + 1
