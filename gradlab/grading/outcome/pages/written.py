"""All answers in words of a class on one page, beside what they are marked by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gradlab.exercises.catalogue import WRITTEN
from gradlab.exercises.exercise import WrittenAnswer
from gradlab.grading.outcome.gradebook import as_number
from gradlab.grading.outcome.naming import make_code
from gradlab.grading.outcome.pages.document import name_lesson, render_document, render_name
from gradlab.grading.outcome.phrases import count_things
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
from gradlab.grading.outcome.text import as_html

_LONGEST = 10_000
# Markdown and HTML that show a picture.
_PICTURE = re.compile(r"!\[|\]\(attachment:|<img\b", re.IGNORECASE)
# What a note may tell a learner by besides the name: files and folders are called after people.
_PATH = re.compile(r"[/\\]|\.ipynb\b", re.IGNORECASE)
_NO_WORD = re.compile(r"[\W_]+")
# Wide enough for lines of a hundred letters, as some break them by hand.
_STYLE = """
body { max-width: 52rem; }
th:first-child { width: auto; }
details { margin: .75rem 0; }
summary { cursor: pointer; }
article, .rest { margin-top: 1.5rem; border-top: 2px solid var(--line); padding-top: .75rem; }
article h3 { margin: 0; }
.answer { white-space: pre-wrap; background: var(--soft); padding: .75rem; margin: .5rem 0; }
@media print {
  article, details { break-inside: avoid; }
  .answer { background: none; padding: 0; }
}
"""


@dataclass(frozen=True)
class _Answer:
    """What one learner answered to one question, and what to call the learner."""

    called: str
    result: ExerciseResult
    remarks: tuple[str, ...]


def render_written(results: Sequence[LearnerResult], is_anonymous: bool = False) -> str:
    """Return a page to mark answers by: each question, its rubric, and what everyone wrote.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found, and what a person gave already.
    is_anonymous : bool, optional
        Whether learners are called by codes, and in the order of these.

    Returns
    -------
    str
        HTML without scripts and without anything to load; what learners wrote is shown as they
        typed it.

    Examples
    --------
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> from gradlab.grading.outcome.pages.written import render_written
    >>> answer = ExerciseResult("explain", 7, "written", None, 10.0, answer="The biases.")
    >>> page = render_written([LearnerResult("ada", "needs-manual", (answer,))])
    >>> "The biases." in page and "<h3>ada</h3>" in page
    True
    """
    body = []
    if is_anonymous:
        body.append(
            "<p>Learners are called by codes, and the answers are in the order of these. Your "
            "table of marks may call learners by code or by name. What somebody wrote may still "
            "tell who it is.</p>"
        )
    for question in WRITTEN.values():
        answers = [
            _collect(result, exercise, is_anonymous)
            for result in results
            for exercise in result.exercises
            if exercise.name == question.name
        ]
        if answers:
            body += _render_question(question, sorted(answers, key=lambda one: one.called))
    return render_document("Answers in words", body, _STYLE)


def _collect(result: LearnerResult, exercise: ExerciseResult, is_anonymous: bool) -> _Answer:
    own = f"{exercise.name}: "
    remarks = [note.removeprefix(own) for note in result.notes if note.startswith(own)]
    remarks += exercise.notes
    if not is_anonymous:
        return _Answer(result.student, exercise, tuple(remarks))
    safe = [remark for remark in remarks if not _may_tell(remark, result.student)]
    if len(safe) < len(remarks):
        safe.append("there is a remark that may tell who it is; it is in the table of grades")
    return _Answer(make_code(result.student), exercise, tuple(safe))


def _may_tell(remark: str, student: str) -> bool:
    """Whether a remark names a file, or anything that the learner is called."""
    words, parts = (
        {word for word in _NO_WORD.split(text.casefold()) if word} for text in (remark, student)
    )
    return bool(_PATH.search(remark) or words & parts)


def _render_question(question: WrittenAnswer, answers: Sequence[_Answer]) -> list[str]:
    found = [one for one in answers if one.result.outcome == "written"]
    others = [one for one in answers if one.result.outcome != "written"]
    count = count_things(len(found), "answer")
    least, most = question.words
    return [
        "<section>",
        f"<h2>{render_name(question.name)}</h2>",
        f"<p>{as_html(name_lesson(question.lesson))}. {count}; {least} to {most} words were "
        "asked for.</p>",
        *_render_rubric(question),
        "<details>",
        f"<summary>An answer that earns all {question.points} points</summary>",
        f'<div class="answer">{as_html(question.model)}</div>',
        "</details>",
        *(line for one in found for line in _render_answer(one)),
        *_list_unanswered(others),
        "</section>",
    ]


def _render_rubric(question: WrittenAnswer) -> list[str]:
    return [
        "<table>",
        "<caption>What earns points</caption>",
        '<thead><tr><th scope="col">For</th><th scope="col">Points</th></tr></thead>',
        "<tbody>",
        *(
            f'<tr><th scope="row">{as_html(what)}</th><td>{points}</td></tr>'
            for points, what in question.rubric
        ),
        "</tbody>",
        "</table>",
    ]


def _render_answer(one: _Answer) -> list[str]:
    text = one.result.answer
    words = len(text.split())
    facts = [count_things(words, "word"), *_tell_points(one.result)]
    remarks = list(one.remarks)
    if _PICTURE.search(text):
        remarks.append("contains a picture that is not shown here")
    if len(text) > _LONGEST:
        remarks.append(
            f"is cut after {_LONGEST:,} of {len(text):,} characters; the rest is in the notebook"
        )
    return [
        "<article>",
        f"<h3>{as_html(one.called)}</h3>",
        f'<p class="quiet">{"; ".join(facts)}</p>',
        *(f'<p class="part">Remark: {as_html(remark)}</p>' for remark in remarks),
        f'<div class="answer">{as_html(text[:_LONGEST])}</div>',
        *_render_comment(one.result),
        "</article>",
    ]


def _render_comment(result: ExerciseResult) -> list[str]:
    if not result.comment:
        return []
    return [f'<p class="said hint"><strong>Your comment:</strong> {as_html(result.comment)}</p>']


def _tell_points(result: ExerciseResult) -> list[str]:
    if not result.is_by_hand:
        return []
    return [f"{as_number(result.points)} of {as_number(result.max_points)} points by hand"]


def _list_unanswered(answers: Sequence[_Answer]) -> list[str]:
    """Say in a line who left the question blank, or has not handed it in."""
    lines = []
    for outcome, heading in (("blank", "Left blank"), ("missing", "Not in what was handed in")):
        who = [
            "".join([one.called, *(f" ({points})" for points in _tell_points(one.result))])
            for one in answers
            if one.result.outcome == outcome
        ]
        lines += [f"{heading}: {as_html(', '.join(who))}."] if who else []
    return [f'<p class="rest">{" ".join(lines)}</p>'] if lines else []
