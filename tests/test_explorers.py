"""The explorers: controls, picture and text follow each other, and stand without a kernel."""

import pytest

import gradlab
from gradlab.explorers import CURVES, Explorer


@pytest.fixture
def explorer() -> Explorer:
    return gradlab.explore_chords()


@pytest.mark.parametrize(
    ("control", "value", "words"),
    [
        ("curve", "x²/2 (a parabola)", "central:  slope +1.0000, error below 1e-6"),
        ("x", 0.0, "tangent:  slope +1.0000"),
        ("h", 0.01, "central:  slope +0.5403, error -9e-06"),
    ],
)
def test_moving_a_control_changes_picture_and_text(
    explorer: Explorer, control: str, value: object, words: str
) -> None:
    before = bytes(explorer.image.value)
    assert words not in explorer.text.value
    explorer.controls[control].value = value
    after = bytes(explorer.image.value)
    assert after != before
    assert after.startswith(b"\x89PNG")
    assert words in explorer.text.value


def test_going_back_gives_the_first_picture_again(explorer: Explorer) -> None:
    first = bytes(explorer.image.value)
    explorer.controls["h"].value = 0.1
    explorer.controls["h"].value = 1.0
    assert bytes(explorer.image.value) == first


def test_at_the_kink_there_is_no_tangent(explorer: Explorer) -> None:
    explorer.controls["curve"].value = "|x| (a kink at 0)"
    explorer.controls["x"].value = 0.0
    assert "there is none here" in explorer.text.value
    assert "forward:  slope +1.0000" in explorer.text.value
    assert "central:  slope +0.0000" in explorer.text.value


@pytest.mark.parametrize("curve", [curve.name for curve in CURVES])
def test_every_curve_is_drawn_over_the_whole_range_of_the_sliders(curve: str) -> None:
    explorer = gradlab.explore_chords(curve)
    for control in ("x", "h"):
        slider = explorer.controls[control]
        limits = (slider.min, slider.max) if control == "x" else (1e-3, 1.99)
        for value in limits:
            slider.value = value
            assert "nan" not in explorer.text.value


def test_the_slopes_given_are_the_derivatives_of_the_curves() -> None:
    for curve in CURVES:
        for x in (-2.0, 0.7, 1.9):
            measured = gradlab.central_difference(curve.f, x)
            assert float(curve.slope(x)) == pytest.approx(measured, abs=1e-8)


def test_without_a_kernel_a_picture_and_a_text_stand_in(explorer: Explorer) -> None:
    explorer.controls["h"].value = 0.1
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert '<img alt="The curve sin x' in bundle["text/html"]
    assert "data:image/png;base64," in bundle["text/html"]
    # The text is that of the first state, so that it matches the picture and does not vary.
    assert "central:  slope +0.4546" in bundle["text/html"]
    assert bundle["text/plain"].startswith("Figure: The curve sin x")


def test_a_curve_that_is_not_in_the_menu_is_named() -> None:
    with pytest.raises(ValueError, match="'cos x'; it must be one of 'sin x'"):
        gradlab.explore_chords("cos x")
