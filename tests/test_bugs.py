"""Every planted bug spoils what it says, is found, and is named."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from gradlab.bugs import BUGS, plant
from gradlab.digits import load_digits
from gradlab.gradient_check import check_network
from gradlab.network import ACTIVATIONS, MLP

X, Y = (array[:12] for array in load_digits())


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", BUGS)
def test_the_check_blames_exactly_the_spoiled_blocks(name: str, activation: str) -> None:
    network = MLP([64, 5, 5, 10], activation, l2=0.01, seed=4)
    bug = BUGS[name]
    report = check_network(plant(network, name), X, Y)
    failed = [row.name for row in report.parameters if row.verdict == "fail"]
    assert failed == bug.spoils(network), report
    expected = [(bug.finding, block) for block in failed] if bug.finding else []
    assert [(f.kind, f.parameter) for f in report.findings] == expected, report


def test_the_network_without_the_bug_passes() -> None:
    assert check_network(MLP([64, 5, 5, 10], l2=0.01, seed=4), X, Y).passed


@pytest.mark.parametrize("name", BUGS)
def test_planting_leaves_the_network_and_the_loss_alone(name: str) -> None:
    network = MLP([64, 5, 5, 10], l2=0.01)
    before = copy.deepcopy(network)
    spoiled = plant(network, name)
    assert repr(network.__dict__) == repr(before.__dict__)
    assert spoiled.loss(X, Y) == network.loss(X, Y)
    spoiled.fit(X, Y, epochs=1)
    assert repr(network.__dict__) == repr(before.__dict__)


@pytest.mark.parametrize("name", BUGS)
def test_a_copy_of_a_spoiled_network_is_spoiled_with_its_own_parameters(name: str) -> None:
    spoiled = plant(MLP([64, 5, 5, 10], l2=0.01), name)
    for twin in (copy.deepcopy(spoiled), pickle.loads(pickle.dumps(spoiled))):
        twin.params = [(2 * W, b) for W, b in twin.params]
        spoiled_again = plant(copy.deepcopy(MLP([64, 5, 5, 10], l2=0.01)), name)
        spoiled_again.params = twin.params
        for got, expected in zip(twin.gradients(X, Y), spoiled_again.gradients(X, Y), strict=True):
            np.testing.assert_array_equal(got[0], expected[0])
            np.testing.assert_array_equal(got[1], expected[1])


def test_fit_uses_the_wrong_gradients() -> None:
    right, wrong = MLP([64, 5, 5, 10]), plant(MLP([64, 5, 5, 10]), "transposed_weights")
    assert right.fit(X, Y, epochs=2)[-1] != wrong.fit(X, Y, epochs=2)[-1]


@pytest.mark.parametrize(
    ("name", "network", "message"),
    [
        ("gremlin", MLP([3, 2]), "name is 'gremlin'; it needs to be one of transposed_weights"),
        ("transposed_weights", MLP([3, 4, 2]), "'transposed_weights' changes nothing"),
        ("forgotten_penalty", MLP([3, 2]), "'forgotten_penalty' changes nothing"),
        ("missing_slope", MLP([3, 2]), "'missing_slope' changes nothing"),
        ("sum_for_mean", MLP([3, 2], reduction="sum"), "'sum_for_mean' changes nothing"),
    ],
)
def test_a_bug_that_cannot_be_planted_is_named(name: str, network: MLP, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plant(network, name)
