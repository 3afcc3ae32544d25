"""Text that somebody else wrote, as it is shown."""

import unicodedata

from hypothesis import given, strategies as st

from gradlab.grading.outcome.text import LONGEST_NAME, as_name


@given(st.text(max_size=300))
def test_a_name_can_be_shown_and_written(name: str) -> None:
    shown = as_name(name)
    assert shown
    assert shown.encode()
    assert not any(unicodedata.category(letter) == "Cc" for letter in shown)
    assert as_name(shown) == shown or len(shown) > LONGEST_NAME


def test_long_names_that_differ_in_the_middle_stay_two() -> None:
    one, other = ("a" * 1000 + middle + "b" * 1000 for middle in "xy")
    assert as_name(one) != as_name(other)
    assert len(as_name(one)) == LONGEST_NAME


def test_a_very_long_name_is_cut_before_it_is_normalized() -> None:
    # To put many marks on one letter in order takes time that grows with their square.
    assert len(as_name("a" + "\u0323\u0307" * 2_000_000)) <= 2 * LONGEST_NAME
