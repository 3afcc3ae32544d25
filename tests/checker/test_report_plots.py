"""Figures of a gradient report: what is drawn where, and texts that say what is to be seen."""

import warnings
from typing import Any

import numpy as np
import pytest
from checker.figures import DECADES, differences_of_sin, points, taylor_test, title
from hypothesis import given, strategies as st

import gradlab
from gradlab import plots
from gradlab.checker.figures.blocks import plot_blocks
from gradlab.checker.figures.steps import plot_steps
from gradlab.checker.figures.taylor import plot_taylor
from gradlab.plots import Drawing


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
    _, heights = points(drawing, str(drawing.figure.axes[0].get_lines()[-1].get_label())).T
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
