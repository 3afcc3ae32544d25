"""The explorer of L2 and dropout, in Python: its state, its words and what stands in for it."""

import numpy as np
import pytest

import gradlab
from gradlab import MLP, check_network, ravel
from gradlab.explorers.regularization import MASKS, MISTAKES, make_data, make_network


def test_the_state_holds_the_network_and_its_batch() -> None:
    state = gradlab.explore_regularization("none", "frozen").state
    assert state["start"] == {"mistake": "none", "l2": 0.1, "masks": "frozen", "keep_prob": 0.8}
    np.testing.assert_array_equal(state["theta"], ravel(MLP([8, 6, 4], seed=6).params)[0])
    assert np.shape(state["X"]) == (64,)
    assert state["labels"] == [0, 1, 2, 3] * 2


@pytest.mark.parametrize("keep_prob", [0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
def test_the_draws_give_the_frozen_masks_at_every_keep_probability(keep_prob: float) -> None:
    draws = np.array(gradlab.explore_regularization().state["draws"]).reshape(8, 6)
    network = MLP([8, 6, 4], keep_prob=keep_prob)
    network.freeze_dropout(8, seed=6)
    assert network.masks is not None
    np.testing.assert_array_equal(draws < round(10 * keep_prob), network.masks[0])


@pytest.mark.parametrize("masks", MASKS)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_fails_where_it_makes_a_difference(mistake: str, masks: str) -> None:
    words = repr(gradlab.explore_regularization(mistake, masks))
    is_right = mistake == "none" or (mistake == "1/keep_prob forgotten" and masks == "none")
    expected = "pass" if is_right else "fail"
    verdict = "inconclusive" if masks == "new each time" else expected
    assert words.endswith(f"gradlab's verdict: {verdict}")


def test_the_ratios_show_which_blocks_have_a_penalty() -> None:
    words = repr(gradlab.explore_regularization("penalty forgotten", "none"))
    assert "b1 below 1e-7" in words
    assert "b2 below 1e-7" in words
    assert "W1 below" not in words
    assert "W2 below" not in words


def test_beyond_the_bands_a_wrong_block_still_fails() -> None:
    X, Y = make_data()
    network = make_network("data part of dW1 off by 10%", 1e6, "none", 0.8)
    assert check_network(network, X, Y).verdict == "fail"


def test_the_picture_says_what_the_words_say() -> None:
    bundle, _ = gradlab.explore_regularization(masks="frozen")._repr_mimebundle_()
    assert "as a dot on a logarithmic axis" in bundle["text/html"]
    assert "lambda = 0.1; keep 0.8, mask frozen" in bundle["text/html"]
    assert bundle["text/plain"].startswith("Figure: The ratio of each block")


def test_a_choice_that_is_not_in_its_menu_is_named() -> None:
    with pytest.raises(ValueError, match="mistake is 'all'; it must be one of 'none'"):
        gradlab.explore_regularization("all")
    with pytest.raises(ValueError, match="masks is 'old'; it must be one of 'none'"):
        gradlab.explore_regularization(masks="old")
