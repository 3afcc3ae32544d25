"""Results of learners, drawn or made by hand, and the table that comes out."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from gradlab.grading.outcome.results import (
    ExerciseResult,
    GroupResult,
    LearnerResult,
    Outcome,
    Prediction,
    Status,
)

NASTY = [
    "=cmd|' /C calc'!A0",
    '@SUM(1,2)","=1+1',
    "+1;-1",
    "-2\r\n=3",
    "\t=4",
    "\r=5",
    "\ttab",
    "\rreturn",
    " =6",
    "＝7",
    'a "quoted" name',
    "\x1b[2J\x00",
    "\u202eabc\u2028",
    "\udcff.zip",
    "'",
    "",
]
# Lone surrogates too: they stand for bytes of a file's name that are no UTF-8.
TEXTS = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=[]), max_size=12)
NAMES = ("pack", "softmax", "explain")


@st.composite
def exercises(draw: st.DrawFn, name: str) -> ExerciseResult:
    most = float(draw(st.integers(1, 20)))
    share = draw(st.none() | st.fractions(0, 1, max_denominator=7))
    group = GroupResult(draw(TEXTS), 1, 3, (draw(TEXTS),))
    return ExerciseResult(
        name,
        draw(st.integers(0, 7)),
        draw(st.sampled_from(get_args(Outcome))),
        None if share is None else most * float(share),
        most,
        (group,),
        (draw(TEXTS),),
        tuple(draw(st.lists(TEXTS, max_size=2))),
        draw(TEXTS),
        draw(TEXTS),
        draw(st.booleans()),
        draw(st.booleans()),
    )


@st.composite
def learners(draw: st.DrawFn) -> LearnerResult:
    return LearnerResult(
        draw(TEXTS),
        draw(st.sampled_from(get_args(Status))),
        tuple(draw(exercises(name)) for name in NAMES),
        tuple(draw(st.lists(TEXTS, max_size=2))),
        tuple(draw(st.lists(st.builds(Prediction, TEXTS, TEXTS, TEXTS), max_size=2))),
    )


RESULTS = st.lists(learners(), max_size=4)


def make_learner(
    student: str, *answers: ExerciseResult, status: Status = "graded"
) -> LearnerResult:
    return LearnerResult(student, status, answers)


def make_answer(outcome: Outcome, points: float | None, name: str = "explain") -> ExerciseResult:
    return ExerciseResult(name, 7, outcome, points, 10.0)


def make_waiting(student: str) -> LearnerResult:
    return make_learner(student, make_answer("written", None), status="needs-manual")


def parse_csv(text: str) -> list[list[str]]:
    """Read CSV by RFC 4180, one character after the other; a byte-order mark comes first."""
    assert text[0] == "\ufeff"
    rows: list[list[str]] = [[""]]
    quoted, closing = False, False
    for character in text[1:]:
        if quoted and character == '"':
            quoted, closing = False, True
        elif quoted:
            rows[-1][-1] += character
        elif character == '"':
            if closing:
                rows[-1][-1] += '"'
            quoted, closing = True, False
        elif character == ",":
            rows[-1].append("")
            closing = False
        elif character == "\n":
            rows.append([""])
            closing = False
        else:
            assert not closing
            rows[-1][-1] += character
    assert not quoted
    assert rows.pop() == [""]
    return rows
