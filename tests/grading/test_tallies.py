"""What a class did is counted right: each number against a count from the results, one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from statistics import mean, median
from typing import Any

import pytest
from hypothesis import given, strategies as st
from learner_results import NASTY, RESULTS, make_learner

from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.marking.generic_hints import STAGE_HINTS
from gradlab.exercises.marking.patterns import PATTERN_HINTS, WHERE_IT_FAILS
from gradlab.exercises.prediction import find_predictions
from gradlab.grading.outcome.pages.class_page import render_class
from gradlab.grading.outcome.predicted import ChoiceTally, PredictionTally, tally_predictions
from gradlab.grading.outcome.results import (
    ExerciseResult,
    GroupResult,
    LearnerResult,
    Outcome,
    Prediction,
    Status,
)
from gradlab.grading.outcome.tallies import ExerciseTally, Part, tally_class
from gradlab.grading.outcome.topics import MOST_TOPICS, choose_topics

PACK = EXERCISES["pack"]
KNOWN = [misconception.hint for misconception in PACK.misconceptions]
HINTS = [
    *KNOWN[:3],
    STAGE_HINTS["shape"],
    PATTERN_HINTS["factor"].format(1.25),
    f"{WHERE_IT_FAILS}every value is 3 times the right one: which factor is that?",
    PATTERN_HINTS["many"].format("the number of rows of X"),
    "It raised TypeError, in the line “secret = ada”.",
    "It raised TypeError.",
    "It was stopped: it took more than 10 s of computing time.",
    *NASTY,
]
UNEARNED: list[Part] = ["blank", "missing", "stopped", "borrowed"]
OUTCOMES: list[Outcome] = ["right", "wrong", "blank", "missing", "stopped", "borrowed"]


@st.composite
def answers(draw: st.DrawFn, name: str) -> ExerciseResult:
    exercise = EXERCISES[name]
    outcome = draw(st.sampled_from(OUTCOMES))
    share = {"right": 1.0, "wrong": draw(st.sampled_from([0.0, 0.5]))}.get(outcome, 0.0)
    groups = (GroupResult("plain", draw(st.integers(0, 3)), 3), GroupResult("float32", 3, 3))
    ran = outcome in ("right", "wrong", "stopped")
    return ExerciseResult(
        name,
        exercise.lesson,
        outcome,
        share * exercise.points,
        exercise.points,
        groups if ran else (),
        tuple(draw(st.lists(st.sampled_from(HINTS), max_size=2))) if ran else (),
        ("same as published",) if draw(st.booleans()) else (),
        is_out_of_time=outcome == "stopped" and draw(st.booleans()),
    )


@st.composite
def learners(draw: st.DrawFn) -> LearnerResult:
    statuses: list[Status] = ["graded", "graded", "unreadable", "missing"]
    status = draw(st.sampled_from(statuses))
    exercises = [draw(answers(name)) for name in ("pack", "locate", "softmax")]
    if status == "missing":
        exercises = [make_blank(e.name, "missing") for e in exercises]
    return LearnerResult(draw(st.text(max_size=3)), status, tuple(exercises))


CLASSES = st.lists(learners(), max_size=8)


def make_blank(name: str, outcome: Outcome) -> ExerciseResult:
    return ExerciseResult(name, EXERCISES[name].lesson, outcome, 0.0, EXERCISES[name].points)


def make_wrong(*hints: str, name: str = "pack", points: float = 0.0) -> ExerciseResult:
    exercise = EXERCISES[name]
    return ExerciseResult(name, exercise.lesson, "wrong", points, exercise.points, (), hints)


def get(results: Sequence[LearnerResult], name: str = "pack") -> ExerciseTally:
    tally = tally_class(results)
    return next(e for lesson in tally.lessons for e in lesson.exercises if e.name == name)


@given(CLASSES)
def test_every_exercise_is_counted_as_one_by_one(results: list[LearnerResult]) -> None:
    tally = tally_class(results)
    assert tally.learners == len(results)
    assert tally.handed_in == len([r for r in results if r.status != "missing"])
    found = {e.name for lesson in tally.lessons for e in lesson.exercises}
    for name in ("pack", "locate", "softmax"):
        lesson = EXERCISES[name].lesson
        counted = []
        for result in results:
            own = {e.name: e for e in result.exercises if e.lesson == lesson}
            handed_in = any(e.outcome != "missing" for e in own.values())
            unknown = result.status == "unreadable" and own[name].outcome == "missing"
            if result.status != "missing" and handed_in and not unknown:
                counted.append(own[name])
        assert (name in found) or not counted
        if not counted:
            continue
        exercise = get(results, name)

        def count(is_meant: Callable[[ExerciseResult], bool], of: Any = counted) -> int:
            return sum(map(is_meant, of))

        assert exercise.base == len(counted)
        assert exercise.answered == count(lambda e: e.outcome not in ("blank", "missing"))
        assert exercise.parts.get("right", 0) == count(lambda e: e.outcome == "right")
        half = count(lambda e: e.outcome == "wrong" and bool(e.points))
        assert exercise.parts.get("partly", 0) == half
        assert exercise.parts.get("wrong", 0) == count(lambda e: e.outcome == "wrong") - half
        for part in UNEARNED:
            assert exercise.parts.get(part, 0) == sum(e.outcome == part for e in counted)
        assert exercise.mean == pytest.approx(mean(e.points or 0.0 for e in counted))
        assert exercise.out_of_time == count(lambda e: e.is_out_of_time)
        hints = {m.hint for m in EXERCISES[name].misconceptions}
        for hint in exercise.misconceptions:
            assert hint.text in hints
            assert hint.count == len([e for e in counted if hint.text in e.hints])
        raised = {h.text: h.count for h in exercise.hints}.get("It raised TypeError.", 0)
        assert raised == count(lambda e: any("TypeError" in hint for hint in e.hints))
        failed = {g.name: (g.failed, g.ran) for g in exercise.groups}
        ran = [e for e in counted if e.outcome in ("right", "wrong")]
        missed = sum(e.groups[0].right < 3 for e in ran)
        assert failed == ({"plain": (missed, len(ran))} if missed else {})


@given(CLASSES)
def test_totals_are_those_of_whose_work_was_read(results: list[LearnerResult]) -> None:
    totals = [r.total for r in results if r.status not in ("missing", "unreadable")]
    found = tally_class(results).totals
    assert (found is None) == (not totals)
    if not found:
        return
    assert found.count == len(totals) == sum(found.bins)
    assert found.mean == pytest.approx(mean(totals))
    low, middle, high = found.quartiles
    assert middle == pytest.approx(median(totals))
    assert min(totals) <= low <= middle <= high <= max(totals)
    for place, count in enumerate(found.bins):
        edges = [Fraction(n, 10) * Fraction(found.max_total) for n in (place, place + 1)]
        is_last = place == 9
        within = [t for t in totals if edges[0] <= Fraction(t) < edges[1]]
        full = [t for t in totals if t == found.max_total]
        assert count == len(within) + (len(full) if is_last else 0)


@given(CLASSES)
def test_nothing_that_a_learner_wrote_is_counted_by_itself(results: list[LearnerResult]) -> None:
    for lesson in tally_class(results).lessons:
        for exercise in lesson.exercises:
            texts = [hint.text for hint in exercise.hints]
            assert len(texts) == len(set(texts))
            for text in texts:
                assert text in STAGE_HINTS.values() or text in (
                    "Every value is the right one times the same number.",
                    "Every value is too large by the number of rows or entries.",
                    "It raised TypeError.",
                    "Another hint",
                )


@given(CLASSES)
def test_topics_are_ranked_by_how_many_met_them(results: list[LearnerResult]) -> None:
    topics = choose_topics(tally_class(results).lessons)
    assert len(topics) <= MOST_TOPICS
    counts = [topic.count for topic in topics]
    assert counts == sorted(counts, reverse=True)
    for topic in topics:
        assert 0 < topic.count <= topic.base
        assert topic.count * 10 >= topic.base
        assert bool(topic.sentence) == (topic.kind == "misconception")


def test_a_misconception_is_not_counted_again_as_an_exercise() -> None:
    wrong = [make_learner(f"s{n}", make_wrong(KNOWN[0])) for n in range(6)]
    other = [make_learner(f"t{n}", make_wrong("x")) for n in range(3)]
    blank = [make_learner(f"u{n}", make_blank("pack", "blank")) for n in range(5)]
    tally = tally_class([*other, *wrong, *blank])
    found = [(t.kind, t.count, t.base, t.sentence) for t in choose_topics(tally.lessons)]
    assert found == [
        ("misconception", 6, 9, KNOWN[0]),
        ("blank", 5, 14, ""),
        ("not got", 3, 9, ""),
    ]


def test_what_few_met_is_no_topic() -> None:
    right = ExerciseResult("pack", 4, "right", 3.0, 3.0)
    class_of_40 = [make_learner(f"s{n}", right) for n in range(37)]
    for wrong, is_topic in ((3, False), (5, True)):
        more = [make_learner(f"t{n}", make_wrong()) for n in range(wrong)]
        assert bool(choose_topics(tally_class([*class_of_40, *more]).lessons)) == is_topic


@pytest.mark.parametrize(
    ("outcome", "points", "by_hand", "part"),
    [
        ("right", 3.0, False, "right"),
        ("right", 0.0, True, "wrong"),
        ("right", 1.0, True, "partly"),
        ("stopped", 1.0, False, "stopped"),
        ("stopped", 3.0, True, "right"),
        ("wrong", 3.0, True, "right"),
        ("borrowed", 1.0, True, "partly"),
        ("blank", 3.0, True, "right"),
        ("missing", 1.0, True, "partly"),
        ("wrong", 0.0, True, "wrong"),
    ],
)
def test_points_by_hand_say_what_became_of_an_answer(
    outcome: Outcome, points: float, by_hand: bool, part: str
) -> None:
    one = ExerciseResult("pack", 4, outcome, points, 3.0, is_by_hand=by_hand)
    other = make_blank("locate", "blank")
    assert dict(get([make_learner("ada", one, other)]).parts) == {part: 1}


@pytest.mark.parametrize("status", ["graded", "needs-manual"])
def test_answers_in_words_wait_or_have_a_mean(status: Status) -> None:
    def make(outcome: Outcome, points: float | None) -> LearnerResult:
        answer = ExerciseResult("explain", 7, outcome, points, 10.0)
        return LearnerResult("ada", status, (answer, make_blank("find_bugs", "blank")))

    results = [
        make("written", None),
        make("written", 4.0),
        make("written", 0.0),
        make("blank", 8.0),
        make("blank", 0.0),
    ]
    found = get(results, "explain")
    assert dict(found.parts) == {"marked": 3, "waiting": 1, "blank": 1}
    assert found.mean == 4.0
    assert tally_class(results).waiting == 1


def make(*predictions: Prediction) -> LearnerResult:
    return LearnerResult("ada", "graded", (make_wrong(),), (), predictions)


def count(tally: PredictionTally) -> list[tuple[str, int]]:
    return [(choice.text, choice.count) for choice in tally.choices]


FIRST, SECOND = find_predictions()[0]
ASKED = find_predictions()[1][0]
WRONG = ASKED.answers[0] if ASKED.right else ASKED.answers[1]


def choose(asked: Any, place: int) -> Prediction:
    return Prediction(asked.name, asked.question, asked.answers[place].text)


def test_a_prediction_of_a_lesson_is_counted_for_one_learner_too() -> None:
    (tally,) = tally_predictions([Prediction(ASKED.name, ASKED.question, WRONG.text)])
    assert (tally.lesson, tally.question) == (1, ASKED.question)
    assert (tally.others, tally.unchosen) == (0, 0)
    right = ASKED.answers[ASKED.right]
    assert [choice.text for choice in tally.choices] == [one.text for one in ASKED.answers]
    assert ChoiceTally(WRONG.text, 1, WRONG.misconception) in tally.choices
    assert [choice for choice in tally.choices if choice.is_right] == [
        ChoiceTally(right.text, 0, "", True)
    ]


@given(st.lists(st.lists(st.integers(-1, 3), min_size=3, max_size=3), max_size=6))
def test_predictions_are_counted_as_one_by_one_in_the_order_of_the_lessons(
    classes: list[list[int]],
) -> None:
    asked = (FIRST, SECOND, ASKED)
    results = [
        make(
            *(
                choose(one, place) if place >= 0 else Prediction(one.name, one.question, "")
                for one, place in reversed(list(zip(asked, places, strict=True)))
            )
        )
        for places in classes
    ]
    tallies = tally_class(results).predictions
    assert [tally.name for tally in tallies] == [one.name for one in asked] * bool(classes)
    for tally, column in zip(tallies, zip(*classes, strict=True), strict=False):
        assert [choice.count for choice in tally.choices] == [column.count(n) for n in range(4)]
        assert tally.unchosen == column.count(-1)


@pytest.mark.parametrize(
    "other",
    [
        Prediction("slope", ASKED.question, WRONG.text),
        Prediction(ASKED.name, f"{ASKED.question} Ben?", WRONG.text),
        Prediction(ASKED.name, ASKED.question, f"{WRONG.text} Ben"),
    ],
    ids=["name", "question", "answer"],
)
def test_what_no_lesson_asks_is_told_only_if_two_have_it(other: Prediction) -> None:
    mine = choose(ASKED, 0)
    (alone,) = tally_predictions([mine, other])
    assert (alone.lesson, sum(choice.count for choice in alone.choices)) == (1, 1)
    (asked, two) = tally_predictions([other, mine, other])
    assert asked == alone
    assert two == PredictionTally(
        other.name, other.question, (ChoiceTally(other.chosen, 2),), 0, 0, None
    )


def test_the_page_says_what_is_right_and_what_leads_to_a_wrong_choice() -> None:
    html = render_class(tally_class([make(Prediction(ASKED.name, ASKED.question, WRONG.text))]))
    assert WRONG.misconception in html
    assert html.count("(right)") == 1
    unmet = [one.misconception for one in ASKED.answers if one.misconception]
    assert [text for text in unmet if text in html] == [WRONG.misconception]


def test_predictions_are_grouped_by_name_with_the_common_question() -> None:
    results = [
        make(Prediction("half", "Why?", "A"), Prediction("kink", "Where?", "")),
        make(Prediction("half", "Why?", "B"), Prediction("kink", "Where?", "")),
        make(Prediction("half", "Changed by me", "B")),
        *[make(Prediction("half", "Why?", "A"))] * 2,
        make(Prediction("half", "Why?", "")),
    ]
    half, kink = tally_class(results).predictions
    assert (half.question, count(half), half.unchosen) == ("Why?", [("A", 3), ("B", 2)], 1)
    assert (kink.question, count(kink), kink.unchosen) == ("Where?", [], 2)


def test_what_one_learner_alone_has_of_a_prediction_is_not_quoted() -> None:
    results = [
        make(Prediction("half", "Why?", "Ben is late"), Prediction("Ben", "Is he?", "Ben")),
        make(Prediction("half", "Is Ben late?", "A")),
        make(Prediction("half", "Why not, Ben?", "A")),
    ]
    (half,) = tally_class(results).predictions
    assert (half.question, count(half), half.others) == ("", [("A", 2)], 1)
    assert "Ben" not in render_class(tally_class(results))


def test_very_many_predictions_are_bounded() -> None:
    made = tuple(Prediction(f"p{n}", "?", f"a{n}") for n in range(999))
    many = [
        LearnerResult("a", "graded", (make_wrong(),), (), made),
        *(
            LearnerResult("a", "graded", (), (), (Prediction("p0", "?", f"b{n}"),))
            for n in range(99)
        ),
    ]
    tallies = tally_class(many * 2).predictions
    assert len(tallies) == 100
    assert len(tallies[0].choices) == 12
    assert tallies[0].others == 2 * (100 - 12)


@given(RESULTS)
def test_any_results_can_be_counted(results: list[LearnerResult]) -> None:
    tally = tally_class(results)
    choose_topics(tally.lessons)
    for lesson in tally.lessons:
        assert lesson.handed_in <= tally.handed_in
        assert all(e.base <= lesson.handed_in for e in lesson.exercises)


@pytest.mark.parametrize(
    ("hints", "told"),
    [
        (
            (
                PATTERN_HINTS["factor"].format(3),
                f"{WHERE_IT_FAILS}every value is 0.5 times the right one: which factor is that?",
            ),
            "Every value is the right one times the same number.",
        ),
        ((PATTERN_HINTS["sign"], f"{WHERE_IT_FAILS}every value has the wrong sign."), None),
        (("It returned an array of float32; a NumPy array of float64 is needed.",) * 2, None),
        (("It returned a custom object; a list or tuple of 2 is needed.",) * 2, None),
        (("It returned 3; a number of the learner's own is needed.",) * 2, "Another hint"),
    ],
)
def test_the_same_said_in_two_ways_is_counted_as_one(
    hints: tuple[str, str], told: str | None
) -> None:
    tally = get([make_learner(f"s{n}", make_wrong(hint)) for n, hint in enumerate(hints)])
    assert [(hint.text, hint.count) for hint in tally.hints] == [(told or hints[0], 2)]
