"""The explorers: controls, picture and text follow each other, and stand without a kernel."""

import base64
import html
import itertools
import re
from typing import NamedTuple

import numpy as np
import pytest

import gradlab
from gradlab.examples import CURVES
from gradlab.explorers.sliders import Explorer


class Picture(NamedTuple):
    data: bytes
    alt: str


def picture_of(explorer: Explorer) -> Picture:
    shown = re.fullmatch(
        r'<img alt="([^"]+)" style="[^"]*" src="data:image/png;base64,([^"]+)">',
        explorer.image.value,
    )
    assert shown
    return Picture(base64.b64decode(shown[2]), html.unescape(shown[1]))


@pytest.fixture
def explorer() -> Explorer:
    return gradlab.explore_chords()


@pytest.mark.parametrize(
    ("control", "value", "words"),
    [
        ("curve", "x²/2 (a parabola)", "central:  slope +1.0000, error below 1e-6"),
        ("x", 0.0, "tangent:  slope +1.0000"),
        ("h", 0.01, "central:  slope +0.5403, error -0.000009"),
    ],
)
def test_moving_a_control_changes_picture_and_text(
    explorer: Explorer, control: str, value: object, words: str
) -> None:
    before = picture_of(explorer)
    assert words not in explorer.text.value
    explorer.controls[control].value = value
    after = picture_of(explorer)
    assert after.data != before.data
    assert after.data.startswith(b"\x89PNG")
    assert after.alt != before.alt
    assert words in explorer.text.value


def test_going_back_gives_the_first_picture_again(explorer: Explorer) -> None:
    first = picture_of(explorer)
    explorer.controls["h"].value = 0.1
    explorer.controls["h"].value = 1.0
    assert picture_of(explorer) == first


def test_at_the_kink_there_is_no_tangent(explorer: Explorer) -> None:
    explorer.controls["curve"].value = "|x| (a kink at 0)"
    explorer.controls["x"].value = 0.0
    assert "there is none here" in explorer.text.value
    assert "forward:  slope +1.0000" in explorer.text.value
    assert "central:  slope +0.0000" in explorer.text.value


@pytest.mark.parametrize("curve", list(CURVES))
def test_every_curve_is_drawn_over_the_whole_range_of_the_sliders(curve: str) -> None:
    explorer = gradlab.explore_chords(curve)
    for control in ("x", "h"):
        slider = explorer.controls[control]
        limits = (slider.min, slider.max) if control == "x" else (1e-3, 1.99)
        for value in limits:
            slider.value = value
            assert "nan" not in explorer.text.value


def test_without_a_kernel_a_picture_and_a_text_stand_in(explorer: Explorer) -> None:
    first = explorer.image.value
    explorer.controls["h"].value = 0.1
    bundle = explorer._repr_mimebundle_()
    assert first in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert '<img alt="The curve sin x' in bundle["text/html"]
    assert "for h = 1: forward (dashed) of slope 0.07" in bundle["text/html"]
    assert "data:image/png;base64," in bundle["text/html"]
    # The text is that of the first state, so that it matches the picture and does not vary.
    assert "central:  slope +0.4546" in bundle["text/html"]
    assert bundle["text/plain"].startswith("Figure: The curve sin x")


def test_a_choice_that_is_not_in_the_menu_is_named() -> None:
    with pytest.raises(ValueError, match="curve is 'cos x'; it must be one of 'sin x'"):
        gradlab.explore_chords("cos x")
    with pytest.raises(ValueError, match=r"curve is '\|x\| \(a kink at 0\)'; it must be one of"):
        gradlab.explore_v_curve("|x| (a kink at 0)")
    with pytest.raises(ValueError, match="method is 'middle'; it must be one of 'forward'"):
        gradlab.explore_v_curve(method="middle")
    with pytest.raises(ValueError, match="precision is 'float16'; it must be one of 'float64'"):
        gradlab.explore_v_curve(precision="float16")


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("curve", [curve for curve in CURVES if CURVES[curve].smooth])
def test_the_v_explorer_draws_every_choice(curve: str, precision: str) -> None:
    explorer = gradlab.explore_v_curve(curve, precision=precision)
    seen = {picture_of(explorer).data}
    for method in ("forward", "five_point", "richardson"):
        explorer.controls["method"].value = method
        seen.add(picture_of(explorer).data)
    assert len(seen) == 4
    for x in (-2.5, 0.0, 2.5):
        explorer.controls["x"].value = x
        assert "nan" not in explorer.text.value


def test_every_derivative_of_an_example_is_the_slope_of_the_one_before() -> None:
    for example in CURVES.values():
        for f, slope in itertools.pairwise(example.derivatives):
            for x in (-2.0, 0.7, 1.9):
                assert float(slope(x)) == pytest.approx(gradlab.central_difference(f, x), abs=1e-7)


def test_examples_stay_in_float32() -> None:
    for example in CURVES.values():
        assert np.asarray(example.f(np.float32(0.5))).dtype == np.float32, example.name
