"""The explorer of a kink, in Python: its state, its words and what stands in for it."""

import re

import pytest

import gradlab


def words_at(z: float, h: float) -> str:
    return repr(gradlab.explore_kink(z, h))


def test_the_state_is_what_was_asked_for_and_what_a_reset_goes_back_to() -> None:
    state = gradlab.explore_kink(-0.2, 0.1).state
    assert state == {"z": -0.2, "h": 0.1, "start": {"z": -0.2, "h": 0.1}}


@pytest.mark.parametrize("z", [-0.7, -0.2, 0.1, 0.9])
@pytest.mark.parametrize("h", [0.01, 0.3, 0.5])
def test_the_central_chord_is_exact_where_the_kink_is_outside_the_step(z: float, h: float) -> None:
    # The loss is 1/2 on the left and a parabola on the right: a central chord is exact on both.
    slope = 0.0 if z < 0 else z - 1.0
    central = re.search(r"central: +(\S+)", words_at(z, h))
    assert central
    is_outside = "the kink is outside the step" in words_at(z, h)
    assert is_outside == (abs(z) >= h)
    assert (abs(float(central[1]) - slope) < 1e-4) == is_outside


def test_on_the_kink_there_is_no_slope_and_the_chords_disagree() -> None:
    words = words_at(0.0, 0.5)
    assert "none, z is on the kink" in words
    # Forward: ((0.5 - 1)^2 - 1) / 2 / 0.5.
    assert "backward:    +0.0000" in words
    assert "forward:     -0.7500   (forward - backward: -0.7500)" in words
    assert "central:     -0.3750" in words


def test_the_picture_says_what_the_words_say() -> None:
    bundle, _ = gradlab.explore_kink(0.3, 0.5)._repr_mimebundle_()
    assert '<img alt="The loss against the pre-activation z' in bundle["text/html"]
    assert "has slope -0.48; the true slope is -0.7000" in bundle["text/html"]
    assert "central:     -0.4800" in bundle["text/html"]
    assert bundle["text/plain"].startswith("Figure: The loss against the pre-activation z")


def test_a_number_beyond_its_slider_is_named() -> None:
    with pytest.raises(ValueError, match=r"z is 1.5; it must be between -1 and 1"):
        gradlab.explore_kink(1.5)
    with pytest.raises(ValueError, match=r"h is 0; it must be between 0.001 and 0.5"):
        gradlab.explore_kink(h=0)
    with pytest.raises(ValueError, match="z is nan"):
        gradlab.explore_kink(float("nan"))
