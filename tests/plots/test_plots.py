"""Figures: alt texts, the same bytes, and lines where they should be."""

import logging
import subprocess
import sys

import numpy as np
import pytest
from matplotlib import colors
from matplotlib.figure import Figure

import gradlab
from gradlab import plots
from gradlab.examples import CURVES


def test_show_gives_the_alt_text_to_the_page_and_to_the_reader_of_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("gradlab.support.drawing.running_shell", object)
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    gradlab.show(Figure(), 'a "quoted" <figure>')
    ((kind, page), (_, text)) = shown[0].items()
    assert kind == "text/html"
    assert 'alt="a &quot;quoted&quot; &lt;figure&gt;"' in page
    assert text == 'Figure: a "quoted" <figure>'


def test_a_drawing_brings_a_text_made_from_its_data(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("gradlab.support.drawing.running_shell", object)
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    gradlab.show(plots.plot_losses({"right": [2.5, 0.125], "wrong": [2.5, 0.5]}))
    gradlab.show(plots.plot_losses({"right": [2.5, 0.125]}), "my own words")
    alt = "Training loss J against the epoch: right (solid) from 2.50 to 0.12, wrong (dashed)"
    assert f'alt="{alt}' in shown[0]["text/html"]
    assert shown[1]["text/plain"] == "Figure: my own words"

    steps = 10.0 ** -np.arange(1.0, 7.0)
    v = np.array([1e-1, 1e-2, 1e-3, 1e-4, 1e-9, 1e-2])
    words = plots.plot_against_step(steps[::-1], {"forward": v[::-1], "central": steps[::-1] ** 2})
    assert "forward (dashed) falls with slope 1, then rises to the end" in words.alt
    assert words.alt.endswith("central (dash-dotted) falls with slope 2.")

    chords = plots.Chords(np.sin, np.cos, "sin x", 0.0, 1.0)
    assert "a tangent (solid) of slope 1.00" in chords.alt
    assert "central (dash-dotted) of slope 0.84" in chords.alt

    curve = plots.VCurve(CURVES["sin x"], 1.0, "central")
    assert "Predicted bottom: step 8e-06, error 2e-11" in curve.alt
    curve = plots.VCurve(CURVES["x²/2 (a parabola)"], 1.0, "central")
    assert "the larger the step, the better" in curve.alt
    assert "truncation line" not in curve.alt
    assert "star" not in curve.alt
    assert plots.VCurve(CURVES["sin x"], 0.0, "forward").summary() == [
        "The first truncation term vanishes at this x, and the next one takes over"
    ]
    curve = plots.VCurve(CURVES["sin x"], 0.0, "central")
    assert "the smaller the step, the better" in curve.alt
    curve = plots.VCurve(CURVES["x²/2 (a parabola)"], 0.0, "central")
    assert (
        curve.summary()[-1] == "Measured: every difference is exact, so there is nothing to draw"
    )


def test_at_a_root_the_rounding_of_x_is_predicted() -> None:
    curve = plots.VCurve(CURVES["x³/4 − x"], 2.0, "central")  # f(2) = 0
    _, rounding, measured, _ = curve.figure.axes[0].get_lines()
    bound = np.asarray(rounding.get_ydata(), dtype=float)
    errors = np.asarray(measured.get_ydata(), dtype=float)
    left = slice(15, None)
    assert np.nanmax(errors[left] / bound[left]) < 4
    assert np.nanmax(errors[left] / bound[left]) > 1 / 100


def test_the_v_curve_draws_what_was_measured_and_what_was_predicted() -> None:
    figure = plots.VCurve(CURVES["exp(x / 2)"], 1.0, "forward", np.float32).figure
    truncation, rounding, measured, bottom = figure.axes[0].get_lines()
    slope, u = np.exp(0.5) / 2, 2.0**-24
    ((step, error),) = np.asarray(bottom.get_xydata())
    assert step == pytest.approx(2 * np.sqrt(u * np.exp(0.5) / (slope / 2)), rel=1e-6)
    assert error == pytest.approx(2 * np.sqrt(u * np.exp(0.5) * slope / 2), rel=1e-6)
    for h, value in np.asarray(truncation.get_xydata()):
        assert value == pytest.approx(h / 2 * slope / 2)
    for h, value in np.asarray(rounding.get_xydata()):
        assert value == pytest.approx(2 * u * np.exp(0.5) / h)
    points = dict(np.asarray(measured.get_xydata()))
    largest = max(points)
    forward = (np.exp((1 + largest) / 2) - np.exp(0.5)) / largest
    assert points[largest] == pytest.approx(forward - slope, rel=1e-4)


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_figure_without_an_alt_text_is_refused(alt: str) -> None:
    with pytest.raises(ValueError, match="say in a sentence what the figure shows"):
        gradlab.show(Figure(), alt)


def test_a_figure_of_pyplot_is_closed_so_that_it_shows_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    monkeypatch.setattr("IPython.display.display", lambda data, raw: None)
    figure, _ = plt.subplots()
    gradlab.show(figure, "an empty pair of axes")
    assert plt.get_fignums() == []


def test_the_same_figure_gives_the_same_bytes() -> None:
    def draw() -> bytes:
        return plots.png(plots.plot_losses({"A": [3.0, 2.0], "B": [3.0, 2.5]}).figure)

    assert draw() == draw()
    assert draw().startswith(b"\x89PNG")


def test_lines_differ_in_style_as_well_as_in_colour() -> None:
    losses = plots.plot_losses({name: [2.0, 1.0] for name in "ABCD"})
    chords = plots.Chords(np.sin, np.cos, "sin x", 1.0, 0.5)
    steps = plots.plot_against_step([0.1, 0.01], {"forward": np.ones(2), "central": np.ones(2)})
    for drawing in (losses, chords, steps):
        lines = drawing.figure.axes[0].get_lines()
        assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) >= len(lines) - 1
        assert len({colors.to_hex(line.get_color()) for line in lines}) == len(lines)


def test_the_chords_end_on_the_curve_and_the_tangent_touches_it() -> None:
    drawing = plots.Chords(np.sin, np.cos, "sin x", 1.0, 0.5)
    _, tangent, *chords = drawing.figure.axes[0].get_lines()
    for chord, (a, b) in zip(chords, [(1.0, 1.5), (0.5, 1.0), (0.5, 1.5)], strict=True):
        ends = np.array([(a, np.sin(a)), (b, np.sin(b))])
        np.testing.assert_allclose(np.asarray(chord.get_xydata()), ends)
    (x0, y0), (x1, y1) = np.asarray(tangent.get_xydata())
    assert (y1 - y0) / (x1 - x0) == pytest.approx(np.cos(1.0))
    assert np.interp(1.0, [x0, x1], [y0, y1]) == pytest.approx(np.sin(1.0))
    assert "sin x at x = 1.00 with h = 0.5" in drawing.figure.axes[0].get_title()


def test_the_log_log_figure_leaves_out_errors_that_are_zero() -> None:
    drawing = plots.plot_against_step([0.1, 0.01], {"central": np.array([0.0, 1e-3])})
    axes = drawing.figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    np.testing.assert_array_equal(axes.get_lines()[0].get_ydata(), [np.nan, 1e-3])


def test_importing_gradlab_loads_neither_plots_nor_widgets() -> None:
    program = (
        "import sys, gradlab;"
        "heavy = {'matplotlib', 'ipywidgets', 'IPython', 'jupyterlab', 'tqdm'} & set(sys.modules);"
        "assert not heavy, heavy;"
        "[getattr(gradlab, name) for name in gradlab.__all__];"
        "assert 'matplotlib' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"attribute.*centrel_difference"):
        gradlab.centrel_difference  # type: ignore[attr-defined]  # noqa: B018


WATCH = """
import logging
import sys

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "matplotlib.font_manager":
            print("level", logging.getLogger(name).level)

sys.meta_path.insert(0, Watch())
"""


@pytest.mark.parametrize(
    "use",
    [
        "import gradlab; gradlab.show",
        "import gradlab.plots.training",
        "import gradlab.explorers.theta",
        "from gradlab.checker.figures import of_report",
    ],
)
def test_matplotlib_says_nothing_of_its_fonts(use: str) -> None:
    """Where there is no cache of them, as in a browser, it would do so on stderr."""
    done = subprocess.run(
        [sys.executable, "-c", WATCH + use], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"level {logging.ERROR}\n"
