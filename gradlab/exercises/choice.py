"""Choose and say why: a question with an answer and a reason, each from a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Arguments, Cases, Exercise, Misconception, Trial
from gradlab.exercises.marking.values import list_leaves

Letters = tuple[str, str]

_TWO_LETTERS = re.compile(r"\W*([a-z])\W*([a-z])\W*")


@dataclass(frozen=True)
class Option:
    """One of the answers, or one of the reasons.

    Attributes
    ----------
    letter : str
        What it is called: one small letter.
    text : str
        What it says, in Markdown.
    hint : str
        What helps someone who chose it; empty for the right one.
    """

    letter: str
    text: str
    hint: str = ""


def make_choice(
    reference: Callable[[], Letters],
    points: int,
    question: str,
    answers: Sequence[Option],
    reasons: Sequence[Option],
    hints: tuple[str, ...],
    also_right: tuple[Callable[[], Any], ...] = (),
) -> Exercise:
    r"""Make an exercise in which the learner chooses an answer, and the reason for it.

    It earns all of its points or none. A right answer for a wrong reason is a misconception that
    an ordinary question would not find, and of four answers a guess hits one in four.

    Parameters
    ----------
    reference : callable
        Returns the letters of the right answer and of the right reason.
    points : int
        What the right pair earns.
    question : str
        What is asked, in Markdown.
    answers, reasons : sequence of Option
        What there is to choose from. All letters differ.
    hints : tuple of str
        From a nudge to nearly the answer.
    also_right : tuple of callable, optional
        Other ways to write down the right letters; tests mark them.

    Returns
    -------
    Exercise
        Its hints say what is wrong with a choice; no letter is called the right one.

    Raises
    ------
    ValueError
        If letters are not small or not all different, or if what the reference returns is not
        the one answer and the one reason without a hint.

    Notes
    -----
    Two-tier questions are due to D. F. Treagust, "Development and use of diagnostic tests to
    evaluate students' misconceptions in science", International Journal of Science Education
    10(2), 1988.

    Examples
    --------
    >>> from gradlab.exercises.choice import Option, make_choice
    >>> def choose_slope():
    ...     '''Return two letters: your answer and your reason.'''
    ...     return "a", "p"
    >>> answers = Option("a", "2"), Option("b", "0", "Does it not depend on x?")
    >>> reasons = Option("p", "It is a line."), Option("q", "It is flat.", "Draw it.")
    >>> choice = make_choice(choose_slope, 1, "The slope of 2x?", answers, reasons, ("Draw it.",))
    >>> choice.judge((), ["A", "p"]), choice.judge((), "b")
    ('', 'two letters are needed, your answer and your reason, as in return "a", "p"')
    """
    right = reference()
    _require_options(reference.__name__, right, answers, reasons)
    return Exercise(
        points=points,
        reference=reference,
        cases=_ask_once,
        misconceptions=tuple(_list_misconceptions(right, answers, reasons)),
        hints=hints,
        also_right=also_right,
        judge=partial(_judge, right, answers, reasons),
        question=_write_question(question, answers, reasons),
        advice=_say_needed(answers, reasons).capitalize() + ".",
    )


def _require_options(
    name: str, right: Letters, answers: Sequence[Option], reasons: Sequence[Option]
) -> None:
    letters = [option.letter for option in (*answers, *reasons)]
    if len({*letters}) < len(letters) or not all(re.fullmatch("[a-z]", x) for x in letters):
        raise ValueError(
            f"{name} has the letters {', '.join(letters)}; each must be one of a to z, and no two "
            "the same"
        )
    without = [tuple(o.letter for o in options if not o.hint) for options in (answers, reasons)]
    if without != [(letter,) for letter in right]:
        raise ValueError(
            f"{name} returns {right}; these two must be the only ones without a hint, which now "
            f"are {without}"
        )


def _ask_once(rng: np.random.Generator) -> Cases:
    """There is nothing to draw: a choice has no arguments."""
    return {"answer and reason": [()]}


def _write_question(question: str, answers: Sequence[Option], reasons: Sequence[Option]) -> str:
    parts = [question.strip()]
    for title, options in (("**Your answer:**", answers), ("**Your reason:**", reasons)):
        parts += [title, "\n".join(f"- **{one.letter}**: {one.text}" for one in options)]
    return "\n\n".join(parts)


def _judge(
    right: Letters,
    answers: Sequence[Option],
    reasons: Sequence[Option],
    arguments: Arguments,
    value: Any,
) -> str:
    """Say whether both letters are right, and no more; hints say more."""
    letters = _read_letters(value)
    if letters is None:
        return _say_needed(answers, reasons)
    for letter, options, what in zip(
        letters, (answers, reasons), ("answer", "reason"), strict=True
    ):
        there = [option.letter for option in options]
        if letter not in there:
            return f'there is no {what} "{letter}"; the letters are {", ".join(there)}'
    return "" if letters == right else "the answer, the reason or both are wrong"


def _say_needed(answers: Sequence[Option], reasons: Sequence[Option]) -> str:
    first = f'"{answers[0].letter}", "{reasons[0].letter}"'
    return f"two letters are needed, your answer and your reason, as in return {first}"


def _read_letters(value: Any) -> Letters | None:
    """Return the two letters that were meant, in whatever way they were written down."""
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts):
        return None
    found = _TWO_LETTERS.fullmatch(" ".join(parts).casefold())
    return (found[1], found[2]) if found else None


def _list_misconceptions(
    right: Letters, answers: Sequence[Option], reasons: Sequence[Option]
) -> list[Misconception]:
    """Each wrong answer has its hint, and each wrong reason where the answer is right."""
    answer, reason = right
    wrong_answers = [
        Misconception(
            partial(_return, (one.letter, reason)), one.hint, partial(_is_chosen, one.letter, None)
        )
        for one in answers
        if one.hint
    ]
    wrong_reasons = [
        Misconception(
            partial(_return, (answer, one.letter)),
            one.hint,
            partial(_is_chosen, answer, one.letter),
        )
        for one in reasons
        if one.hint
    ]
    return wrong_answers + wrong_reasons


def _return(letters: Letters) -> Letters:
    return letters


def _is_chosen(answer: str, reason: str | None, trials: list[Trial]) -> bool:
    """Whether an answer was chosen, and a reason if one is named."""
    letters = [_read_letters([str(part) for part in list_leaves(trial.got)]) for trial in trials]
    return all(pair and pair[0] == answer and reason in (None, pair[1]) for pair in letters)
