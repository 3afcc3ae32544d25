"""The exercises of lesson 7: find_bugs on fresh networks, and the answer in words."""

from typing import Any

import numpy as np
import pytest
from answer_text import define_right_answer

import gradlab
from gradlab.bugs.suspects import Suspect
from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.exercises.exercise import Misconception
from gradlab.exercises.marking.mark import mark

FIND_BUGS = EXERCISES["find_bugs"]
SEEDS = (1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("answer", [FIND_BUGS.reference, *FIND_BUGS.also_right])
def test_right_answers_get_full_marks(answer: Any, seed: int) -> None:
    assert mark(FIND_BUGS, answer, seed).points == 20.0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("misconception", FIND_BUGS.misconceptions)
def test_each_misconception_gets_its_own_hint_and_not_full_marks(
    misconception: Misconception, seed: int
) -> None:
    marking = mark(FIND_BUGS, misconception.wrong, seed)
    assert marking.points < FIND_BUGS.points
    assert marking.hints == (misconception.hint,)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("constant", ["ok", "W1", "W2", "b2", 0.0, True, None])
def test_a_constant_answer_earns_nothing(constant: Any, seed: int) -> None:
    assert mark(FIND_BUGS, lambda networks: [constant] * len(networks), seed).points == 0.0
    assert mark(FIND_BUGS, lambda networks: constant, seed).points == 0.0


def test_a_random_answer_earns_next_to_nothing() -> None:
    rng = np.random.default_rng(0)
    names = ["ok"] * 6 + ["W1", "W2", "W3", "b1", "b2", "b3"]

    def guess(networks: list[Suspect]) -> list[str]:
        return [str(rng.choice(names)) for _ in networks]

    assert np.mean([mark(FIND_BUGS, guess, seed).points for seed in range(8)]) < 1.0


def test_the_type_of_a_network_does_not_tell_whether_it_has_a_bug() -> None:
    def by_type(networks: list[Suspect]) -> list[str]:
        types = [type(network._network).__name__ for network in networks]
        return ["ok" if kind == "MLP" else "W1" for kind in types]

    def by_number(networks: list[Suspect]) -> list[str]:
        numbers = [vars(network._network)["_which"] for network in networks]
        return ["ok" if numbers.count(number) > 2 else "W1" for number in numbers]

    for answer in (by_type, by_number):
        assert mark(FIND_BUGS, answer).points == 0.0


def test_points_are_two_for_each_right_answer_beyond_ten() -> None:
    def half_of_the_hunt(networks: list[Suspect]) -> list[str]:
        found = FIND_BUGS.reference(networks)
        wrong = [k for k, answer in enumerate(found) if answer != "ok"]
        return ["ok" if k in wrong[:4] else answer for k, answer in enumerate(found)]

    marking = mark(FIND_BUGS, half_of_the_hunt)
    (group,) = marking.groups
    assert (group.tally.right, group.tally.total) == (16, 20)
    assert marking.points == pytest.approx(12.0)
    assert "You miss some of the wrong ones" in marking.hints[0]


def test_check_shows_the_confusion_table() -> None:
    result = gradlab.check("find_bugs", lambda networks: ["ok"] * len(networks))
    lines = (
        "right networks       10            -              0  (false alarms: 0)",
        "wrong networks       10            0              0  (missed: 10)",
    )
    for line in lines:
        assert line in str(result)
        assert line in result._repr_html_()
    assert "10 of 20 right" in str(result)
    assert result.grade() == 0.0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda networks: dict.fromkeys(range(20), "ok"), "a list or tuple of 20 is needed"),
        (lambda networks: "ok", "a list or tuple of 20 is needed"),
        (lambda networks: [True] * 20, "At [0] your function returned a bool; text is needed"),
        (lambda networks: [n.name for n in networks], "has no attribute"),
        (lambda networks: [FIND_BUGS.reference([n]) for n in networks], "gradlab's own code"),
        (
            lambda networks: [
                ("ok", "w2")[a != "ok"] for a in define_right_answer("find_bugs", 1)(networks)
            ],
            "Say “ok” or the name of a block, such as “W2”",
        ),
        (
            lambda networks: [str(gradlab.check_network(n, n.X, n.Y).passed) for n in networks],
            "the rows of report.parameters have a name and a verdict each",
        ),
    ],
)
def test_a_wrong_answer_that_nobody_foresaw_gets_words_that_help(answer: Any, words: str) -> None:
    result = gradlab.check("find_bugs", answer)
    assert not result.passed
    assert result.points == 0.0
    assert words in str(result)


def test_gradlabs_reports_may_be_used_and_its_bugs_may_not() -> None:
    def looks_it_up(networks: list[Suspect]) -> list[str]:
        return gradlab.draw_suspects(20, 0)[1]

    assert "you may use " in str(gradlab.check("find_bugs", looks_it_up))
    assert gradlab.check("find_bugs", define_right_answer("find_bugs", 1)).passed


def test_a_written_answer_has_a_rubric_and_a_model_and_no_check() -> None:
    explain = WRITTEN["explain"]
    assert explain.points == sum(points for points, _ in explain.rubric) == 10
    for _, what in explain.rubric:
        assert what in explain.rubric_table()
        assert what in str(gradlab.check("explain"))
    assert "a person marks it" in str(gradlab.check("explain"))
    assert "a person marks it" in str(gradlab.hint("explain"))
    assert str(gradlab.solution("explain")) == explain.model
