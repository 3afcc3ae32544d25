"""Who of the people in a table that an LMS exported handed something in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradlab.grading.intake.roster import Member, find_places
from gradlab.grading.intake.submissions import Submission

_NUMBERED = re.compile(r"(?P<name>.+)_0*(?P<number>[0-9]+)", re.DOTALL)


def find_member(
    submission: Submission,
    members: Sequence[Member],
    system: str = "",
    numbers: Sequence[str] = (),
) -> list[int]:
    """Return where a learner may be in the table, by all that an LMS calls them.

    Parameters
    ----------
    submission : Submission
        What the learner handed in.
    members : sequence of Member
        The people in the table.
    system : str, optional
        The LMS that exported the table.
    numbers : sequence of str, optional
        By which numbers it calls these people in the names of files, too; empty where the table
        does not say.

    Returns
    -------
    list of int
        Their places; several, where they cannot be told apart. Who has the name, but another
        number, is somebody else.

    Examples
    --------
    >>> from gradlab.grading.lms.members import find_member
    >>> from gradlab.grading.intake.roster import Member
    >>> from gradlab.grading.intake.submissions import Submission
    >>> find_member(Submission("Ada", (), ()), [Member("Ada", frozenset({"ada"}))])
    [0]
    """
    known = dict(enumerate(numbers))
    own = {
        (found["number"], upload.student)
        for upload in submission.uploads
        if upload.system == system and (found := _NUMBERED.fullmatch(upload.student))
    }
    by_number = {
        place
        for number, name in own
        for place, one in known.items()
        # A group has a number of its own, which may be a person's.
        if one == number and (system == "Canvas" or find_places(name, [members[place]]))
    }
    places = find_places(_name(submission), members)
    # What is joined by the name alone may be several people's.
    is_joined = system == "Moodle" and len(own) > 1 and len(places) > 1
    if is_joined:
        return places
    if by_number:
        return sorted(by_number)
    return [place for place in places if not (own and known.get(place))]


def _name(submission: Submission) -> str:
    """Return the name; Moodle's number is of one assignment, and elsewhere it is another's."""
    numbered = _NUMBERED.fullmatch(submission.student)
    is_moodle = any(upload.system == "Moodle" for upload in submission.uploads)
    return numbered["name"] if numbered and is_moodle else submission.student
