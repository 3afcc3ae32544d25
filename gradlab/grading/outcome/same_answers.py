"""Answers that several learners have alike: the notes on them, and lines for the summary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gradlab.grading.outcome.phrases import join_few
from gradlab.grading.outcome.results import LearnerResult

# By these, what is the published solution is known again.
SAME_AS_PUBLISHED = "same as published"
NEARLY_PUBLISHED = "same as published but for names"
_MOST_NAMED = 3
_MOST_LISTED = 10
_MOST_GROUPS = 40
# So many learners, and such a share of those who answered, do not copy from each other.
_USUAL_COUNT = 5
_USUAL_SHARE = 0.25


@dataclass(frozen=True)
class SameAnswers:
    """An answer that several learners have alike, or one that is the published solution.

    Attributes
    ----------
    exercise : str
        The exercise.
    places : tuple of int
        Whose it is: the places of the learners in the list of all results.
    answered : int
        How many learners answered the exercise.
    is_published : bool
        Whether it is the published solution but for names, or for a few words.
    is_in_words : bool
        Whether it is an answer in words.
    """

    exercise: str
    places: tuple[int, ...]
    answered: int
    is_published: bool = False
    is_in_words: bool = False

    @property
    def is_usual(self) -> bool:
        """Whether so many have it that they may well have come to it by themselves."""
        count = len(self.places)
        return count >= _USUAL_COUNT and count > _USUAL_SHARE * self.answered


def add_notes(
    results: Sequence[LearnerResult],
    found: Sequence[SameAnswers],
    call: Callable[[str], str] = str,
) -> list[LearnerResult]:
    """Note on each answer who else has it.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.
    found : sequence of SameAnswers
        What of it is the same.
    call : callable, optional
        Returns what to call a learner. Default: by the name.

    Returns
    -------
    list of LearnerResult
        The same learners with the same points.

    Examples
    --------
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> from gradlab.grading.outcome.same_answers import SameAnswers, add_notes
    >>> answer = ExerciseResult("backward", 5, "right", 4.0, 4.0)
    >>> both = [LearnerResult(name, "graded", (answer,)) for name in ("ada", "ben")]
    >>> add_notes(both, [SameAnswers("backward", (0, 1), 30)])[0].all_notes
    ('backward: the same as the answer of ben, but for names',)
    """
    notes: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for same in found:
        for place in same.places:
            others = [call(results[other].student) for other in same.places if other != place]
            notes[place, same.exercise].append(_explain(same, others))
    return [
        replace(
            result,
            exercises=tuple(
                replace(e, notes=(*e.notes, *notes[place, e.name]))
                if (place, e.name) in notes
                else e
                for e in result.exercises
            ),
        )
        for place, result in enumerate(results)
    ]


def list_same_answers(
    results: Sequence[LearnerResult],
    found: Sequence[SameAnswers],
    call: Callable[[str], str] = str,
) -> list[str]:
    """Return a line for each answer that is the same, with the learners who have it.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.
    found : sequence of SameAnswers
        What of it is the same.
    call : callable, optional
        Returns what to call who wrote an answer in words. Default: by the name.

    Returns
    -------
    list of str
        Lines, in the order of `found`; of very many the first.

    Examples
    --------
    >>> from gradlab.grading.outcome.results import LearnerResult
    >>> from gradlab.grading.outcome.same_answers import SameAnswers, list_same_answers
    >>> both = [LearnerResult(name, "graded", ()) for name in ("ada", "ben")]
    >>> list_same_answers(both, [SameAnswers("backward", (0, 1), 30)])
    ['backward: ada, ben']
    """
    lines = []
    for same in found[:_MOST_GROUPS]:
        names = [results[place].student for place in same.places]
        who = join_few([call(name) if same.is_in_words else name for name in names], _MOST_LISTED)
        what = " (the published one)" if same.is_published else ""
        usual = f" ({_say_usual(same)})" if same.is_usual and not same.is_published else ""
        lines.append(f"{same.exercise}{what}{usual}: {who}")
    more = len(found) - _MOST_GROUPS
    return [*lines, f"and {more} more, in the notes of the grades"] if more > 0 else lines


def _explain(same: SameAnswers, others: Sequence[str]) -> str:
    if same.is_published:
        return "nearly the same as published" if same.is_in_words else NEARLY_PUBLISHED
    answer = "answer" if len(others) == 1 else "answers"
    but = "" if same.is_in_words else ", but for names"
    note = f"the same as the {answer} of {join_few(others, _MOST_NAMED)}{but}"
    if same.is_in_words:
        note = f"nearly {note}"
    return f"{note}; {_say_usual(same)}" if same.is_usual else note


def _say_usual(same: SameAnswers) -> str:
    return f"{len(same.places)} of {same.answered} have this answer, so it may be the usual one"
