"""The Python face of the explorer of the V: its state, what stands in for it, its errors."""

from __future__ import annotations

import pytest
from explorers.stills import read_still

import gradlab
from gradlab.examples import CURVES
from gradlab.explorers.v_curve import METHODS

SMOOTH = [name for name, example in CURVES.items() if example.smooth]


def test_a_still_shows_the_first_state_and_carries_it() -> None:
    explorer = gradlab.explore_v_curve(x=0.5, method="forward", precision="float32")
    still = read_still(explorer)
    first = {"curve": "sin x", "x": 0.5, "method": "forward", "precision": "float32"}
    assert still.module == "v_curve"
    assert still.state == {**first, "start": first} == explorer.state
    assert still.picture.startswith(b"\x89PNG")
    assert "forward difference of sin x at x = 0.50, float32" in still.alt
    # Step and error are both 2 sqrt(u |f| / |f''|), f'' and f being alike: 2^-11.
    assert still.caption == "Predicted bottom: step 5e-04, error 2e-04"
    assert repr(explorer) == f"Figure: {still.alt}\n{still.caption}"


@pytest.mark.parametrize(
    ("curve", "method"),
    [(curve, "central") for curve in SMOOTH] + [("sin x", method) for method in METHODS],
)
def test_every_choice_has_a_still(curve: str, method: str) -> None:
    for precision, x in (("float64", -2.5), ("float32", 2.5)):
        still = read_still(gradlab.explore_v_curve(curve, x, method, precision))
        assert "nan" not in still.alt + still.caption
        assert f"{method.replace('_', '-')} difference of {curve}" in still.alt


def test_where_there_is_nothing_to_draw_it_says_so() -> None:
    still = read_still(gradlab.explore_v_curve("x²/2 (a parabola)", x=0.0))
    assert "the larger the step, the better" in still.caption
    assert "every difference is exact" in still.caption


def test_an_argument_beyond_its_control_is_named() -> None:
    with pytest.raises(ValueError, match=r"curve is '\|x\| \(a kink at 0\)'; it must be one of"):
        gradlab.explore_v_curve("|x| (a kink at 0)")
    with pytest.raises(ValueError, match=r"x is -2.6; it must be between -2.5 and 2.5"):
        gradlab.explore_v_curve(x=-2.6)
    with pytest.raises(ValueError, match="method is 'middle'; it must be one of 'forward'"):
        gradlab.explore_v_curve(method="middle")
    with pytest.raises(ValueError, match="precision is 'float16'; it must be one of 'float64'"):
        gradlab.explore_v_curve(precision="float16")
