"""The explorers: controls, picture and text follow each other, and stand without a kernel."""

import base64
import html
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

import gradlab
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


NEW: dict[str, Callable[[], Explorer]] = {
    "theta": gradlab.explore_theta,
    "regularization": gradlab.explore_regularization,
    "kink": gradlab.explore_kink,
}


@pytest.mark.parametrize(
    ("name", "control", "value", "words"),
    [
        ("theta", "index", 21, "theta[21] is W2[2, 1]"),
        ("theta", "move", 1.5, "moved to +1.551"),
        ("theta", "h", 0.001, "central difference:    +0.1221"),
        ("regularization", "mistake", "none", "verdict: pass"),
        ("regularization", "l2", 100.0, "W1 1e+00"),
        ("regularization", "masks", "new each time", "verdict: inconclusive"),
        ("kink", "z", -0.3, "true slope:  +0.0000"),
        ("kink", "h", 0.1, "central:     -0.7000"),
    ],
)
def test_moving_a_control_of_a_network_explorer_changes_picture_and_text(
    name: str, control: str, value: object, words: str
) -> None:
    explorer = NEW[name]()
    before = picture_of(explorer)
    first = explorer.controls[control].value
    explorer.controls[control].value = value
    assert picture_of(explorer).data != before.data
    assert picture_of(explorer).alt != before.alt
    assert words in explorer.text.value.replace("&#x27;", "'")
    explorer.controls[control].value = first
    assert picture_of(explorer) == before


@pytest.mark.parametrize("name", list(NEW))
def test_every_end_of_every_slider_is_drawn(name: str) -> None:
    explorer = NEW[name]()
    for control in explorer.controls.values():
        first = control.value
        if hasattr(control, "options"):
            values = list(control.options)
        elif "Log" in type(control).__name__:
            values = [10.0**control.min, 10.0**control.max]
        else:
            values = [control.min, control.max]
        for value in values:
            control.value = value
            assert "nan" not in explorer.text.value
        control.value = first


def test_a_forgotten_scale_of_dropout_shows_with_a_frozen_mask_alone() -> None:
    explorer = gradlab.explore_regularization("1/keep_prob forgotten", "none")
    assert "verdict: pass" in explorer.text.value
    explorer.controls["masks"].value = "frozen"
    assert "verdict: fail" in explorer.text.value
    explorer.controls["keep_prob"].value = 1.0
    assert "verdict: pass" in explorer.text.value


def test_a_choice_of_a_network_explorer_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="index is 26; it must be from 0 to 25"):
        gradlab.explore_theta(26)
    with pytest.raises(ValueError, match="mistake is 'all'; it must be one of 'none'"):
        gradlab.explore_regularization("all")
    with pytest.raises(ValueError, match="masks is 'old'; it must be one of 'none'"):
        gradlab.explore_regularization(masks="old")
