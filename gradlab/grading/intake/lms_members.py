"""Who of the people in a table that an LMS exported handed something in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradlab.grading.intake.roster import Member, find_places
from gradlab.grading.intake.submissions import Submission


def find_member(submission: Submission, members: Sequence[Member]) -> list[int]:
    """Return where a learner may be in the table, by all that an LMS calls them.

    Parameters
    ----------
    submission : Submission
        What the learner handed in.
    members : sequence of Member
        The people in the table.

    Returns
    -------
    list of int
        Their places; several, where they cannot be told apart.

    Examples
    --------
    >>> from gradlab.grading.intake.lms_members import find_member
    >>> from gradlab.grading.intake.roster import Member
    >>> from gradlab.grading.intake.submissions import Submission
    >>> find_member(Submission("Ada", (), ()), [Member("Ada", frozenset({"ada"}))])
    [0]
    """
    places = find_places(submission.student, members)
    if len(places) == 1:
        return places
    others = [find_places(name, members) for name in _list_other_names(submission)]
    # Moodle counts anew for each assignment: numbers that name two people name nobody.
    sure = sorted({found[0] for found in others if len(found) == 1})
    return sure if len(sure) == 1 else places or sure


def _list_other_names(submission: Submission) -> Iterator[str]:
    for upload in submission.uploads:
        yield upload.student
        # Of Canvas, the number alone is one person's, whatever the name became.
        number = upload.student.rpartition("_")[2]
        if upload.system == "Canvas" and number.isdigit():
            yield number
