"""Every planted bug spoils the blocks it says and no others, and does not give itself away."""

from __future__ import annotations

import copy
import pickle
import traceback
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from gradlab.bugs import BUGS, Bug, plant
from gradlab.bugs.backward import replace_steps
from gradlab.checker.parameters import block_names, ravel
from gradlab.network.activations import ACTIVATIONS
from gradlab.network.batch import Params
from gradlab.network.check import check_network
from gradlab.network.digits import load_digits
from gradlab.network.mlp import MLP
from gradlab.support.floats import FloatArray

DIGITS, CLASSES = load_digits()
# Every class is there, and the classes are not the same backwards.
X, Y = DIGITS[:12], CLASSES[:12]
# Some bugs tell batches of another size apart.
X_BEFORE, Y_BEFORE = DIGITS[20:25], CLASSES[20:25]

# By how much weights grow until a late bug shows.
GROWTH = {name: 8.0 for name, bug in BUGS.items() if bug.late}
GROWTH["overflowing_softmax"] = 1000.0


def networks(activation: str) -> list[MLP]:
    """Return frozen networks among which every bug finds one that it can spoil."""
    variants: list[dict[str, Any]] = [
        {"l2": 0.03},
        {"l2": 0.03, "keep_prob": 0.8},
        {"reduction": "sum"},
        {"reduction": "sum", "keep_prob": 0.6},
    ]
    made = [MLP([64, 8, 8, 10], activation, seed=4, **variant) for variant in variants]
    made += [MLP([64, 10], activation), MLP([64, 9, 10], activation, l2=0.03)]
    for network in made:
        network.freeze_dropout(len(X), seed=1)
    return made


def spoilable(name: str, activation: str) -> Iterator[MLP]:
    return (network for network in networks(activation) if BUGS[name].spoils(network))


def wrong_blocks(wrong: Params, right: Params, above: float) -> list[str]:
    """Return the names of the blocks that are wrong by more than a part of their norm."""

    def error(a: FloatArray, b: FloatArray) -> float:
        return float(np.nan_to_num(np.linalg.norm(a - b), nan=np.inf) / np.linalg.norm(b))

    errors = [
        error(a, b)
        for pair, right_pair in zip(wrong, right, strict=True)
        for a, b in zip(pair, right_pair, strict=True)
    ]
    return [n for n, e in zip(block_names(right), errors, strict=True) if e > above]


def assert_spoils_what_it_says(bug: Bug, network: MLP) -> None:
    wrong, right = network.gradients(X, Y), MLP.gradients(network, X, Y)
    assert wrong_blocks(wrong, right, 1e-3) == bug.spoils(network)
    assert wrong_blocks(wrong, right, 1e-12) == bug.spoils(network)


def grown(network: MLP, name: str) -> MLP:
    """Return a network as after training: it was called before, and its weights are large."""
    network = copy.deepcopy(network)
    masks = network.masks
    network.unfreeze_dropout()
    network.gradients(X_BEFORE, Y_BEFORE)
    network.masks = masks
    network.params = [(GROWTH.get(name, 1.0) * W, b) for W, b in network.params]
    return network


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", BUGS)
def test_a_bug_spoils_exactly_the_blocks_that_it_says(name: str, activation: str) -> None:
    bug = BUGS[name]
    for network in spoilable(name, activation):
        spoiled = plant(network, name)
        if bug.late:
            wrong, right = spoiled.gradients(X, Y), MLP.gradients(spoiled, X, Y)
            assert wrong_blocks(wrong, right, 1e-12) == []
            spoiled = plant(network, name)
        assert_spoils_what_it_says(bug, grown(spoiled, name))
        if not bug.late:
            assert_spoils_what_it_says(bug, spoiled)


@pytest.mark.parametrize("name", BUGS)
def test_every_bug_can_be_planted_somewhere(name: str) -> None:
    assert any(next(spoilable(name, activation), None) for activation in ACTIVATIONS)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_backward_pass_of_the_bugs_is_right_if_nothing_is_replaced(activation: str) -> None:
    for network in networks(activation):
        got, expected = replace_steps()(network, X, Y), MLP.gradients(network, X, Y)
        np.testing.assert_allclose(ravel(got)[0], ravel(expected)[0], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", [name for name, bug in BUGS.items() if not bug.late])
def test_only_stochastic_bugs_differ_from_call_to_call(name: str) -> None:
    network = next(n for act in ACTIVATIONS for n in spoilable(name, act))
    spoiled = plant(network, name)
    one, other = (ravel(spoiled.gradients(X, Y))[0] for _ in range(2))
    assert np.array_equal(one, other) != BUGS[name].stochastic


def test_the_catalogue_is_as_described() -> None:
    kinds = {
        "sign_flipped",
        "wrong_scale",
        "transposed",
        "permuted",
        "all_zero",
        "weight_decay",
        "few_entries",
        "backprop_from_layer",
        "non_finite",
    }
    assert next(iter(BUGS)) == "transposed_weights"
    assert len(BUGS) >= 32
    assert {bug.finding for bug in BUGS.values()} == {*kinds, None}
    for name, bug in BUGS.items():
        assert bug.name == name
        assert bug.what.endswith(".")
    assert len({bug.what for bug in BUGS.values()}) == len(BUGS)


FIRST_ONES = (
    "transposed_weights",
    "flipped_bias",
    "bias_of_one_row",
    "sum_for_mean",
    "missing_slope",
    "forgotten_penalty",
    "penalized_bias",
)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", FIRST_ONES)
def test_the_check_blames_exactly_the_spoiled_blocks(name: str, activation: str) -> None:
    network = MLP([64, 5, 5, 10], activation, l2=0.01, seed=4)
    bug = BUGS[name]
    report = check_network(plant(network, name), X, Y)
    failed = [row.name for row in report.parameters if row.verdict == "fail"]
    assert failed == bug.spoils(network), report
    assert {f.kind for f in report.findings} == ({bug.finding} if bug.finding else set()), report


def test_the_network_without_the_bug_passes() -> None:
    assert check_network(MLP([64, 5, 5, 10], l2=0.01, seed=4), X, Y).passed


@pytest.mark.parametrize("name", BUGS)
def test_planting_leaves_the_network_and_the_loss_alone(name: str) -> None:
    network = next(n for act in ACTIVATIONS for n in spoilable(name, act))
    before = repr(vars(network))
    spoiled = plant(network, name)
    assert repr(vars(network)) == before
    assert spoiled.loss(X, Y) == network.loss(X, Y)
    assert type(spoiled).loss is MLP.loss
    assert "loss" not in vars(spoiled)
    spoiled.unfreeze_dropout()
    spoiled.fit(X, Y, epochs=1)
    assert repr(vars(network)) == before


@pytest.mark.parametrize("name", BUGS)
def test_a_copy_of_a_spoiled_network_is_spoiled_by_itself(name: str) -> None:
    network = next(n for act in ACTIVATIONS for n in spoilable(name, act))
    spoiled = plant(network, name)
    for twin in (copy.deepcopy(spoiled), pickle.loads(pickle.dumps(spoiled))):
        other = plant(network, name)
        for each in (twin, other):
            each.params = [(2 * W, b) for W, b in each.params]
            each.gradients(X, Y)
        got, expected = twin.gradients(X, Y), other.gradients(X, Y)
        np.testing.assert_array_equal(ravel(got)[0], ravel(expected)[0])
    # What its copies were asked did not reach the original.
    got, expected = spoiled.gradients(X, Y), plant(network, name).gradients(X, Y)
    np.testing.assert_array_equal(ravel(got)[0], ravel(expected)[0])


def said_by(thing: Any) -> str:
    """Return whatever an object tells about itself without its code being read."""
    kind, method = type(thing), thing.gradients
    told = [repr(thing), str(thing), vars(thing), dir(thing), kind.__name__, kind.__module__]
    told += [kind.__doc__, repr(kind), vars(kind), repr(method), dir(method)]
    told += [getattr(method, f"__{name}__") for name in ("name", "qualname", "module", "doc")]
    function = method.__func__
    told += [function.__closure__, function.__defaults__, function.__kwdefaults__, vars(function)]
    told += [function.__code__.co_names, function.__code__.co_consts, function.__code__.co_name]
    told += [pickle.dumps(thing)]
    return " ".join(map(str, told))


@pytest.mark.parametrize("name", BUGS)
def test_a_spoiled_network_does_not_tell_its_bug(name: str) -> None:
    network = next(n for act in ACTIVATIONS for n in spoilable(name, act))
    spoiled = plant(network, name)
    spoiled.gradients(X, Y)
    for thing in (spoiled, copy.deepcopy(spoiled)):
        said = said_by(thing)
        assert name not in said
        assert BUGS[name].what not in said
        gradients = BUGS[name].gradients
        assert repr(gradients) not in said
    assert vars(spoiled)["_which"] not in range(len(BUGS))


@pytest.mark.parametrize("name", BUGS)
def test_an_error_does_not_tell_the_bug(name: str) -> None:
    network = next(n for act in ACTIVATIONS for n in spoilable(name, act))
    spoiled = plant(network, name)
    spoiled.unfreeze_dropout()
    with pytest.raises(ValueError, match=r"X has shape \(12, 63\)") as caught:
        spoiled.gradients(X[:, 1:], Y)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert {frame.filename.rsplit("/")[-1] for frame in frames} <= {
        "planting.py",
        "batch.py",
        "test_bugs.py",
    }


def test_all_spoiled_networks_look_alike() -> None:
    network = MLP([64, 8, 8, 10], l2=0.01)
    planted = [plant(network, name) for name in BUGS if BUGS[name].spoils(network)]
    assert len({type(spoiled) for spoiled in planted}) == 1
    assert len({tuple(vars(spoiled)) for spoiled in planted}) == 1
    assert len({pickle.dumps(spoiled) for spoiled in planted}) == len(planted)


def test_fit_uses_the_wrong_gradients() -> None:
    right, wrong = MLP([64, 5, 5, 10]), plant(MLP([64, 5, 5, 10]), "transposed_weights")
    assert right.fit(X, Y, epochs=2)[-1] != wrong.fit(X, Y, epochs=2)[-1]


@pytest.mark.parametrize(
    ("name", "network", "message"),
    [
        ("gremlin", MLP([3, 2]), "name is 'gremlin'; it must be one of transposed_weights"),
        ("transposed_weights", MLP([3, 4, 2]), "'transposed_weights' changes nothing"),
        ("forgotten_penalty", MLP([3, 2]), "'forgotten_penalty' changes nothing"),
        ("missing_slope", MLP([3, 2]), "'missing_slope' changes nothing"),
        ("sum_for_mean", MLP([3, 2], reduction="sum"), "'sum_for_mean' changes nothing"),
        ("mask_forgotten", MLP([3, 4, 2]), "'mask_forgotten' changes nothing"),
        ("leaky_slope", MLP([3, 4, 2]), "'leaky_slope' changes nothing"),
    ],
)
def test_a_bug_that_cannot_be_planted_is_named(name: str, network: MLP, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plant(network, name)


def test_one_bug_at_a_time() -> None:
    spoiled = plant(MLP([64, 5, 5, 10]), "flipped_bias")
    with pytest.raises(TypeError, match="network is of type Spoiled; it must be an MLP with"):
        plant(spoiled, "ascent")
