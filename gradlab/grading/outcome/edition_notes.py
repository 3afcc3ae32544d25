"""Notes on notebooks of another edition than the exercises that grade them."""

from __future__ import annotations

from collections.abc import Sequence

from gradlab.grading.outcome.phrases import join_few

# A note on an answer.
ASKED_OTHERWISE = (
    "was asked in other words, or for other points, in the edition that was handed out: look at "
    "its points"
)
_NOT_ASKED = "was not in the edition that was handed out"
# A hint for the learner, where this may have cost points.
HINT = (
    "Your copy of the lesson asked for this in other words, or for other points, than the edition "
    "that graded it. If you think that this cost you points, tell your teacher."
)
_OTHER_EDITION = " is of another edition ("


def note_not_asked(points: float) -> str:
    """Say of an exercise that it cannot have been answered.

    Parameters
    ----------
    points : float
        What it would have earned.

    Returns
    -------
    str
        A note for the teacher.

    Examples
    --------
    >>> from gradlab.grading.outcome.edition_notes import note_not_asked
    >>> note_not_asked(3).partition(";")[0]
    'was not in the edition that was handed out: 0 of 3 points for it'
    """
    return (
        f"{_NOT_ASKED}: 0 of {points:g} points for it; give them by hand (--manual), or grade "
        "with the gradlab that handed it out"
    )


def note_edition(
    file: str,
    theirs: str,
    ours: str,
    changed: Sequence[str] = (),
    added: Sequence[str] = (),
    gone: Sequence[str] = (),
) -> str:
    """Say of a notebook that it is of another edition, and what that means for its points.

    Parameters
    ----------
    file : str
        The name of the notebook.
    theirs, ours : str
        The marks of the editions.
    changed, added, gone : sequence of str
        The exercises that were asked otherwise, not at all, or that nobody here knows.

    Returns
    -------
    str
        A note for the teacher.

    Examples
    --------
    >>> from gradlab.grading.outcome.edition_notes import note_edition
    >>> note_edition("07_bug_hunt.ipynb", "1a2b3c4d", "5e6f7a8b").partition(". ")[2]
    'What is asked is the same, so its points are not affected'
    """
    head = f"{file}{_OTHER_EDITION}{theirs}) than the exercises here ({ours})"
    parts = []
    if changed:
        parts.append(f"Asked in other words, or for other points: {join_few(changed)}")
    if added:
        parts.append(f"Not asked there, so 0 points: {join_few(added)}")
    if gone:
        parts.append(f"Asked there, but not known here, so not graded: {join_few(gone)}")
    if not parts:
        parts = ["What is asked is the same, so its points are not affected"]
    return ". ".join([head, *parts])


def note_unknown(file: str, gone: Sequence[str]) -> str:
    """Say of a notebook without a mark that it asks for what nobody here knows.

    Parameters
    ----------
    file : str
        The name of the notebook.
    gone : sequence of str
        The names of the exercises.

    Returns
    -------
    str
        A note for the teacher.

    Examples
    --------
    >>> from gradlab.grading.outcome.edition_notes import note_unknown
    >>> note_unknown("07_bug_hunt.ipynb", ["why"])
    '07_bug_hunt.ipynb has exercises that are not known here, so not graded: why'
    """
    return f"{file} has exercises that are not known here, so not graded: {join_few(gone)}"


def note_points(there: float, here: float) -> str:
    """Say of an exercise that its notebook promised other points.

    Parameters
    ----------
    there, here : float
        What a right answer earns by the notebook, and by the exercise.

    Returns
    -------
    str
        A note for the teacher.

    Examples
    --------
    >>> from gradlab.grading.outcome.edition_notes import note_points
    >>> note_points(5.0, 3)
    'counts 3 points here, but 5 in the notebook'
    """
    return f"counts {here:g} points here, but {there:g} in the notebook"


def is_about_edition(note: str) -> bool:
    """Whether a note says that a notebook, or an answer, is of another edition.

    Parameters
    ----------
    note : str
        A note of a learner or of an answer.

    Returns
    -------
    bool
        True for the notes that are made here.

    Examples
    --------
    >>> from gradlab.grading.outcome.edition_notes import ASKED_OTHERWISE, is_about_edition
    >>> is_about_edition(ASKED_OTHERWISE), is_about_edition("same as published")
    (True, False)
    """
    return note == ASKED_OTHERWISE or note.startswith(_NOT_ASKED) or _OTHER_EDITION in note
