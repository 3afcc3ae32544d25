"""The explorer of theta, in Python: its state, its words and what stands in for it."""

import numpy as np
import pytest

import gradlab
from gradlab import MLP, ravel


def test_the_state_holds_the_network_and_its_batch() -> None:
    state = gradlab.explore_theta(3, h=0.1).state
    assert state["start"] == {"index": 3, "move": 0.0, "h": 0.1}
    assert {name: state[name] for name in state["start"]} == state["start"]
    np.testing.assert_array_equal(state["theta"], ravel(MLP([3, 4, 2], seed=4).params)[0])
    assert len(state["X"]) == 18
    assert state["labels"] == [0, 1, 1, 0, 1, 0]


def test_loss_and_slopes_are_those_of_the_network_in_the_state() -> None:
    explorer = gradlab.explore_theta(21, h=0.001)
    network = MLP([3, 4, 2])
    network.params = ravel(network.params)[1](np.array(explorer.state["theta"]))
    X, Y = np.reshape(explorer.state["X"], (6, 3)), np.eye(2)[explorer.state["labels"]]
    slope = network.gradients(X, Y)[1][0][2, 1]
    words = repr(explorer)
    assert "theta[21] is W2[2, 1]" in words
    assert f"loss J:                {network.loss(X, Y):.4f}" in words
    assert f"backpropagation there: {slope:+.4f}" in words
    assert f"central difference:    {slope:+.4f}" in words


def test_the_picture_says_which_entry_it_is_about() -> None:
    bundle, _ = gradlab.explore_theta(13)._repr_mimebundle_()
    assert "with a mark over entry 13, b1[1]" in bundle["text/html"]
    assert "data:image/png;base64," in bundle["text/html"]
    assert bundle["text/plain"].startswith("Figure: Above, the 26 entries of theta")


def test_a_number_beyond_its_slider_is_named() -> None:
    with pytest.raises(ValueError, match="index is 26; it must be from 0 to 25"):
        gradlab.explore_theta(26)
    with pytest.raises(ValueError, match="index is -1; it must be from 0 to 25"):
        gradlab.explore_theta(-1)
    with pytest.raises(ValueError, match=r"h is 3; it must be between 0.001 and 2"):
        gradlab.explore_theta(h=3)
