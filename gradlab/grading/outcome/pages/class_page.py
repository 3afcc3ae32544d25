"""The page on what a class did, to be shown in class: it names nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradlab.exercises.prediction import mark_code
from gradlab.grading.outcome.gradebook import as_number
from gradlab.grading.outcome.pages.class_style import STYLE
from gradlab.grading.outcome.pages.document import name_lesson, render_document, render_name
from gradlab.grading.outcome.phrases import count_things
from gradlab.grading.outcome.predicted import ChoiceTally, PredictionTally
from gradlab.grading.outcome.tallies import (
    BINS,
    ClassTally,
    ExerciseTally,
    GroupTally,
    HintTally,
    LessonTally,
    Part,
    Totals,
)
from gradlab.grading.outcome.text import as_html
from gradlab.grading.outcome.topics import MOST_TOPICS, Topic, choose_topics

# A sign and words for each part: neither colour nor pattern has to be seen.
_SIGNS: dict[Part, tuple[str, str]] = {
    "right": ("✓", "right"),
    "partly": ("◐", "partly right"),
    "wrong": ("✗", "not right"),
    "stopped": ("■", "stopped"),
    "borrowed": ("§", "called gradlab’s own code"),
    "marked": ("✎", "marked by a person"),
    "waiting": ("…", "waiting for points"),
    "blank": ("–", "left blank"),
    "missing": ("?", "without the cell"),
}
# Shares of a bar from which a number fits into a part on a narrow screen, and a sign before it.
_ROOM_FOR_NUMBER = 0.05
_ROOM_FOR_SIGN = 0.14
_MOST_LINES = 6


def render_class(tally: ClassTally) -> str:
    """Return the page on what a class did.

    Parameters
    ----------
    tally : ClassTally
        What was counted.

    Returns
    -------
    str
        HTML without scripts and without anything to load. It has no name of a learner, and
        nothing that one learner alone wrote: a choice of one stands in the words of the lesson.

    Examples
    --------
    >>> from gradlab.grading.outcome.pages.class_page import render_class
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> from gradlab.grading.outcome.tallies import tally_class
    >>> answer = ExerciseResult("pack", 4, "right", 3.0, 3.0)
    >>> page = render_class(tally_class([LearnerResult("ada", "graded", (answer,))]))
    >>> "1 right" in page, "ada" in page
    (True, False)
    """
    parts = [*_render_totals(tally)]
    if tally.lessons:
        parts += [*_render_topics(choose_topics(tally.lessons)), *_render_key(tally.lessons)]
    for lesson in tally.lessons:
        parts += _render_lesson(lesson)
    parts += _render_predictions(tally.predictions)
    return render_document("What the class did", parts, STYLE)


def _render_totals(tally: ClassTally) -> Iterator[str]:
    yield (
        f'<p class="total"><strong>{tally.handed_in}</strong> of '
        f"{count_things(tally.learners, 'learner')} handed in something.</p>"
    )
    if tally.unreadable:
        yield (
            f"<p>From {count_things(tally.unreadable, 'learner')} something could not be read or "
            "marked. Exercises are counted as far as they were read, these totals are not.</p>"
        )
    if tally.waiting:
        yield (
            f"<p>{count_things(tally.waiting, 'learner')} wrote an answer that waits for your "
            "points. Until then it counts 0 in the total.</p>"
        )
    if tally.totals:
        yield from _render_distribution(tally.totals)


def _render_distribution(totals: Totals) -> Iterator[str]:
    low, middle, high = map(as_number, totals.quartiles)
    most = count_things(totals.max_total, "point")
    yield "<section>"
    yield "<h2>Totals</h2>"
    yield (
        f"<p>Mean <strong>{as_number(totals.mean)}</strong>, median <strong>{middle}</strong> of "
        f"{most}. The middle half has from {low} to {high}. "
        f'<span class="quiet">Counted: {count_things(totals.count, "learner")}.</span></p>'
    )
    yield '<table class="bins">'
    yield (
        '<caption>Learners by their share of the points</caption><thead><tr><th scope="col">Share'
        '</th><th scope="col">Learners</th></tr></thead><tbody>'
    )
    for place, count in enumerate(totals.bins):
        low_end, high_end = place * 100 // BINS, (place + 1) * 100 // BINS
        below = "" if place == BINS - 1 else "under "
        yield (
            f'<tr><th scope="row">{low_end} to {below}{high_end} %</th>'
            f"<td>{_render_bin(count, max(totals.bins))}{count}</td></tr>"
        )
    yield "</tbody></table>"
    yield "</section>"


def _render_topics(topics: Sequence[Topic]) -> Iterator[str]:
    yield "<section>"
    yield "<h2>To talk about</h2>"
    if not topics:
        yield "<p>Nothing that a tenth of those who answered had in common.</p>"
    else:
        yield (
            f'<p class="quiet">At most {MOST_TOPICS} things, what most learners met first. What a '
            "known misconception explains is not counted again below it.</p>"
        )
        yield '<ol class="topics">'
        yield from (f"<li>{_render_topic(topic)}</li>" for topic in topics)
        yield "</ol>"
    yield "</section>"


def _render_topic(topic: Topic) -> str:
    where = f"{render_name(topic.exercise.name)} (lesson {topic.exercise.lesson})"
    share = f"{topic.count} of {topic.base}"
    if topic.kind == "misconception":
        return (
            f"<p><strong>{share}</strong> who answered {where}:</p>"
            f'<p class="said hint">{as_html(topic.sentence)}</p>'
        )
    if topic.kind == "blank":
        return f"<p><strong>{share}</strong> left {where} blank.</p>"
    right = topic.exercise.parts.get("right", 0)
    return (
        f"<p><strong>{share}</strong> who answered {where} went wrong in ways of their own: look "
        f"at some of these answers. {right} got it right.{_tell_most_common(topic.exercise)}</p>"
    )


def _tell_most_common(exercise: ExerciseTally) -> str:
    """Say what is known of answers that show no misconception."""
    said = exercise.hints[0].count if exercise.hints else 0
    if exercise.out_of_time > said:
        return f" {exercise.out_of_time} ran out of time."
    return f" Said most often: “{as_html(exercise.hints[0].text)}”" if said else ""


def _render_key(lessons: Sequence[LessonTally]) -> Iterator[str]:
    there = {part for lesson in lessons for e in lesson.exercises for part in e.parts}
    yield "<section>"
    yield "<h2>Exercise by exercise</h2>"
    yield (
        '<p class="quiet">Each bar counts those who handed in something of the lesson, as far as '
        "it could be read.</p>"
    )
    yield '<ul class="key">'
    for part, (sign, words) in _SIGNS.items():
        if part in there:
            yield f'<li><span class="part {part}"><b>{sign}</b></span> {words}</li>'
    yield "</ul>"
    yield "</section>"


def _render_lesson(lesson: LessonTally) -> Iterator[str]:
    yield "<section>"
    yield f"<h2>{as_html(name_lesson(lesson.lesson))}</h2>"
    mean = (
        f" Mean {as_number(lesson.mean)} of {count_things(lesson.max_points, 'point')}."
        if lesson.mean is not None
        else ""
    )
    yield f"<p>Handed in by {count_things(lesson.handed_in, 'learner')}.{mean}</p>"
    for exercise in lesson.exercises:
        yield from _render_exercise(exercise)
    yield "</section>"


def _render_exercise(exercise: ExerciseTally) -> Iterator[str]:
    yield '<div class="exercise">'
    yield f"<h3>{render_name(exercise.name)}</h3>"
    if exercise.base:
        # The line below says the same.
        yield f'<div class="bar" aria-hidden="true">{"".join(_render_bar(exercise))}</div>'
    said = ", ".join(f"{count} {_SIGNS[part][1]}" for part, count in exercise.parts.items())
    yield f'<p class="counts">{said or "Nobody’s could be read"}.{_tell_mean(exercise)}</p>'
    yield from _render_list("Met here", _tell_hints(exercise.misconceptions, exercise.answered))
    yield from _render_list("Other hints", _tell_hints(exercise.hints, exercise.answered))
    yield from _render_list("Cases that failed", map(_tell_group, exercise.groups))
    yield from _render_list("To know", _tell_out_of_time(exercise))
    yield "</div>"


def _render_bar(exercise: ExerciseTally) -> Iterator[str]:
    for part, count in exercise.parts.items():
        share = count / exercise.base
        sign = f"{_SIGNS[part][0]} " if share >= _ROOM_FOR_SIGN else ""
        label = f"<b>{sign}{count}</b>" if share >= _ROOM_FOR_NUMBER else ""
        yield f'<span class="part {part}" style="flex-grow:{count}">{label}</span>'


def _tell_mean(exercise: ExerciseTally) -> str:
    if exercise.mean is None:
        return ""
    points = f"{as_number(exercise.mean)} of {count_things(exercise.max_points, 'point')}"
    marked = exercise.parts.get("marked")
    base = f"{marked} marked" if marked else f"all {exercise.base}"
    return f' <span class="quiet">Mean of {base}: {points}.</span>'


def _tell_hints(hints: Sequence[HintTally], answered: int) -> list[str]:
    return [f"{hint.count} of {answered} who answered: {as_html(hint.text)}" for hint in hints]


def _tell_group(group: GroupTally) -> str:
    return f"{as_html(group.name)}: {group.failed} of {group.ran} that ran to the end"


def _tell_out_of_time(exercise: ExerciseTally) -> Iterator[str]:
    if exercise.out_of_time:
        yield f"Out of time: {exercise.out_of_time} of {exercise.answered} who answered"


def _render_list(heading: str, items: Iterator[str] | Sequence[str] | map[str]) -> Iterator[str]:
    lines = list(items)
    if not lines:
        return
    more = len(lines) - _MOST_LINES
    if more > 0:
        lines[_MOST_LINES:] = [f"and {more} more"]
    yield f"<h4>{heading}</h4>"
    yield '<ul class="found">'
    yield from (f"<li>{line}</li>" for line in lines)
    yield "</ul>"


def _render_predictions(predictions: Sequence[PredictionTally]) -> Iterator[str]:
    if not predictions:
        return
    yield "<section>"
    yield "<h2>Predictions</h2>"
    yield (
        '<p class="quiet">What was chosen before a cell was run. It earns no points. Below a '
        "wrong answer stands what usually leads to it.</p>"
    )
    for prediction in predictions:
        yield from _render_prediction(prediction)
    yield "</section>"


def _render_prediction(prediction: PredictionTally) -> Iterator[str]:
    chosen = sum(choice.count for choice in prediction.choices) + prediction.others
    where = "" if prediction.lesson is None else f"Lesson {prediction.lesson}: "
    question = mark_code(as_html(prediction.question or prediction.name))
    yield '<div class="exercise">'
    yield f'<h3 class="said"><span class="quiet">{where}</span>{question}</h3>'
    yield '<ul class="choices">'
    for choice in prediction.choices:
        yield f"<li>{_render_choice(choice)}{_render_share(choice.count, chosen)}"
        if choice.count and choice.misconception:
            yield f'<div class="quiet">behind it: {as_html(choice.misconception)}</div>'
        yield "</li>"
    if prediction.others:
        share = _render_share(prediction.others, chosen)
        yield f'<li><span class="quiet">another answer</span>{share}</li>'
    yield "</ul>"
    if prediction.unchosen:
        yield f'<p class="quiet">{prediction.unchosen} chose nothing.</p>'
    yield "</div>"


def _render_share(count: int, chosen: int) -> str:
    return f"<div>{_render_bin(count, chosen)}{count} of {chosen} who chose</div>"


def _render_choice(choice: ChoiceTally) -> str:
    """Return an answer; of a lesson's, also whether it is right."""
    text = mark_code(as_html(choice.text))
    if choice.is_right:
        return f"<strong>✓ {text}</strong> (right)"
    return f"✗ {text}" if choice.misconception else text


def _render_bin(count: int, most: int) -> str:
    """Return a plain bar, whose number stands behind it."""
    width = f"calc({count / most:.3f} * (100% - var(--room)))"
    return f'<span class="bin" style="width:{width}"></span> ' if count else ""
