"""The Python face of the explorer of chords: its state, what stands in for it, its errors."""

from __future__ import annotations

import pytest
from explorers.stills import read_still

import gradlab
from gradlab.examples import CURVES
from gradlab.live.output import MIME


def test_a_still_shows_the_first_state_and_carries_it() -> None:
    explorer = gradlab.explore_chords("exp(x / 2)", x=0.5, h=0.25)
    still = read_still(explorer)
    first = {"curve": "exp(x / 2)", "x": 0.5, "h": 0.25}
    assert still.module == "chords"
    assert still.state == {**first, "start": first} == explorer.state
    assert still.picture.startswith(b"\x89PNG")
    assert still.alt.startswith("The curve exp(x / 2) at x = 0.5 with a tangent (solid)")
    # (exp(0.375) - exp(0.125)) / 0.5, and exp(0.25) / 2
    assert "central:  slope +0.6437, error +0.001673" in still.caption
    assert "tangent:  slope +0.6420" in still.caption
    assert repr(explorer) == f"Figure: {still.alt}\n{still.caption}"


def test_an_error_of_rounding_is_not_spelled_out() -> None:
    still = read_still(gradlab.explore_chords("x²/2 (a parabola)"))
    assert "central:  slope +1.0000, error below 1e-6" in still.caption


def test_at_the_kink_there_is_no_tangent() -> None:
    still = read_still(gradlab.explore_chords("|x| (a kink at 0)", x=0.0))
    assert "no tangent" in still.alt
    assert "there is none here" in still.caption
    assert "forward:  slope +1.0000" in still.caption
    assert "backward: slope -1.0000" in still.caption
    assert "central:  slope +0.0000" in still.caption


@pytest.mark.parametrize("curve", list(CURVES))
def test_every_curve_has_a_still_at_the_ends_of_the_sliders(curve: str) -> None:
    for x, h in ((-2.5, 1e-8), (2.5, 2.0)):
        still = read_still(gradlab.explore_chords(curve, x, h))
        assert "nan" not in still.alt + still.caption


def test_the_same_state_gives_the_same_bytes() -> None:
    bundles = [gradlab.explore_chords(h=0.3)._repr_mimebundle_()[0] for _ in range(2)]
    assert bundles[0]["text/html"] == bundles[1]["text/html"]
    assert bundles[0][MIME]["state"] == bundles[1][MIME]["state"]


def test_an_argument_beyond_its_control_is_named() -> None:
    with pytest.raises(ValueError, match="curve is 'cos x'; it must be one of 'sin x'"):
        gradlab.explore_chords("cos x")
    with pytest.raises(ValueError, match=r"x is 3; it must be between -2.5 and 2.5"):
        gradlab.explore_chords(x=3)
    with pytest.raises(ValueError, match=r"h is 0; it must be between 1e-08 and 2"):
        gradlab.explore_chords(h=0)
    with pytest.raises(ValueError, match=r"h is nan; it must be between"):
        gradlab.explore_chords(h=float("nan"))
