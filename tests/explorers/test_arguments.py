"""What an explorer begins with, as people may give it."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradlab

NUMBERS: dict[str, tuple[Callable[..., Any], str]] = {
    "chords, x": (gradlab.explore_chords, "x"),
    "chords, h": (gradlab.explore_chords, "h"),
    "v_curve, x": (gradlab.explore_v_curve, "x"),
    "theta, h": (gradlab.explore_theta, "h"),
    "kink, z": (gradlab.explore_kink, "z"),
    "kink, h": (gradlab.explore_kink, "h"),
}


@pytest.mark.parametrize("of", NUMBERS)
@pytest.mark.parametrize("value", ["1", None, [1], True, 1j, float("nan"), 10**400, -(10**400)])
def test_what_is_no_number_of_the_slider_is_named(of: str, value: object) -> None:
    explore, argument = NUMBERS[of]
    with pytest.raises(ValueError, match=rf"^{argument} is .*must be between"):
        explore(**{argument: value})


@pytest.mark.parametrize("of", NUMBERS)
def test_a_number_of_another_type_begins_like_pythons_own(of: str) -> None:
    explore, argument = NUMBERS[of]
    # Warnings are errors here: none comes of float32.
    narrow, own = explore(**{argument: np.float32(0.25)}), explore(**{argument: 0.25})
    assert str(narrow) == str(own)
    assert json.dumps(narrow.state) == json.dumps(own.state)


@pytest.mark.parametrize("index", [True, False, "3", None, 2.5, 26, -1])
def test_an_entry_that_is_not_there_is_named(index: object) -> None:
    choose: Callable[..., Any] = gradlab.explore_theta
    with pytest.raises(ValueError, match=r"^index is .*must be from 0 to 25"):
        choose(index=index)


def test_an_index_of_numpy_is_kept_as_json_knows_it() -> None:
    choose: Callable[..., Any] = gradlab.explore_theta
    assert json.dumps(choose(index=np.int64(3)).state["index"]) == "3"
