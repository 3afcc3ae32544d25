"""Networks under suspicion: half of them wrong, plainly, and said where."""

import copy
from collections import Counter

import numpy as np
import pytest

from gradlab import check_network, confusion_table, draw_suspects, numerical_gradient
from gradlab.bugs.suspects import Suspect, nearest_to_output
from gradlab.network.batch import Params
from gradlab.network.mlp import MLP


def failed(network: Suspect) -> list[str]:
    report = check_network(network, network.X, network.Y)
    return [block.name for block in report.parameters if block.verdict == "fail"]


@pytest.mark.parametrize("seed", range(5))
def test_the_answers_are_what_whole_losses_say(seed: int) -> None:
    networks, answers = draw_suspects(seed=seed)
    assert [nearest_to_output(failed(network)) for network in networks] == answers


@pytest.mark.parametrize("count", [1, 2, 7, 20])
def test_half_are_right(count: int) -> None:
    _, answers = draw_suspects(count, seed=3)
    assert answers.count("ok") == count - count // 2


def test_the_same_seed_draws_the_same_and_another_one_does_not() -> None:
    networks, answers = draw_suspects(seed=4)
    again, same = draw_suspects(seed=4)
    assert answers == same
    for one, other in zip(networks, again, strict=True):
        assert one.loss(one.X, one.Y) == other.loss(other.X, other.Y)
    assert draw_suspects(seed=5)[1] != answers


def test_every_block_is_the_answer_now_and_then() -> None:
    seen = Counter(answer for seed in range(20) for answer in draw_suspects(seed=seed)[1])
    assert {"ok", "W1", "b1", "W2", "b2", "W3", "b3"} <= set(seen)


def test_what_a_network_is_like_does_not_tell_whether_it_is_wrong() -> None:
    kinds: dict[bool, Counter[tuple[bool, bool, bool]]] = {True: Counter(), False: Counter()}
    for seed in range(5):
        for network, answer in zip(*draw_suspects(seed=seed), strict=True):
            large = network.loss(network.X, network.Y) > 1e3
            kinds[answer == "ok"][large, network.X.max() > 1e3, not network.X[0].any()] += 1
    assert kinds[True] == kinds[False]


def test_the_loss_follows_the_params() -> None:
    network = copy.deepcopy(draw_suspects(seed=0)[0][0])

    def loss(params: Params) -> float:
        network.params = params
        return network.loss(network.X, network.Y)

    slopes = numerical_gradient(loss, network.params)
    assert any(np.any(dW) for dW, _ in slopes)


def test_nothing_about_a_suspect_is_the_class_with_the_right_gradient() -> None:
    for network in draw_suspects(seed=0)[0]:
        assert not isinstance(network, MLP)


@pytest.mark.parametrize(
    ("blocks", "answer"),
    [
        ([], "ok"),
        (["W1"], "W1"),
        (["W3", "b3"], "W3"),
        (["W1", "b1", "b2"], "b2"),
        (["b9", "W10", "b10"], "W10"),
    ],
)
def test_the_block_nearest_to_the_output(blocks: list[str], answer: str) -> None:
    assert nearest_to_output(blocks) == answer


def test_a_confusion_table_counts_everything_once() -> None:
    said = ["ok", "W1", "ok", "W2", "b1", "no name"]
    answers = ["ok", "ok", "W2", "W2", "W2", "b2"]
    right, wrong = confusion_table(said, answers).splitlines()[1:]
    assert right.split() == ["right", "networks", "1", "-", "1", "(false", "alarms:", "1)"]
    assert wrong.split() == ["wrong", "networks", "1", "1", "2", "(missed:", "1)"]
    with pytest.raises(ValueError, match="said has 1 entries; it must have 2"):
        confusion_table(["ok"], ["ok", "ok"])


@pytest.mark.parametrize(
    ("count", "seed", "name"), [(0, 0, "count"), (2.5, 0, "count"), (4, -1, "seed")]
)
def test_bad_input_is_named(count: int, seed: int, name: str) -> None:
    with pytest.raises((ValueError, TypeError), match=name):
        draw_suspects(count, seed)
