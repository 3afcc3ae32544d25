"""Whom an LMS would give a page back, and which pages it must not get: never a guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from gradlab.grading.intake.names import is_of_group
from gradlab.grading.intake.roster import Member, find_places
from gradlab.grading.intake.submissions import Submission
from gradlab.grading.intake.uploads import Upload
from gradlab.grading.lms.worksheet import Worksheet

# Of a submission, by its place among all, what was handed in to one assignment.
Part = tuple[int, Upload]


def find_withheld(
    parts: Sequence[Part],
    submissions: Sequence[Submission],
    worksheet: Worksheet | None = None,
    members: Sequence[Member] = (),
) -> dict[Part, str]:
    """Find the pages that must not go back, because they could reach somebody else.

    Where groups hand in as one, Moodle calls a folder by the group and its number, and takes this
    number for that of a participant when it gets a page back.

    Parameters
    ----------
    parts : sequence of (int, Upload)
        What would go back: the place of a submission, and one of its uploads.
    submissions : sequence of Submission
        What was handed in.
    worksheet : Worksheet, optional
        What Moodle says of an assignment; then only its participants get pages by Moodle.
    members : sequence of Member, optional
        The list of the class.

    Returns
    -------
    dict
        Of those that must not, why: words that follow on a name.

    Examples
    --------
    >>> from gradlab.grading.lms.recipients import find_withheld
    >>> from gradlab.grading.intake.submissions import Submission
    >>> from gradlab.grading.intake.uploads import Upload
    >>> upload = Upload("Moodle", (), "Group A_7", "Group A_7_assignsubmission_file_")
    >>> group = Submission("Group A_7", (), (), {}, (upload,))
    >>> len(find_withheld([(0, upload)], [group]))
    1
    """
    owners: defaultdict[tuple[str, tuple[str, ...], str], set[int]] = defaultdict(set)
    for place, upload in parts:
        owners[upload.system, upload.export, _find_key(upload)].add(place)
    withheld = {}
    for place, upload in parts:
        why = ""
        if not upload.taken_back_as:
            why = f"the names of the files do not say how {upload.system} knows them again"
        elif len(owners[upload.system, upload.export, _find_key(upload)]) > 1:
            why = f"{upload.system} would know several of them by one number"
        elif upload.system == "Moodle":
            why = _explain_moodle(upload, submissions[place], worksheet, members)
        if why:
            withheld[place, upload] = why
    return withheld


def _find_key(upload: Upload) -> str:
    """Return by what of the name the LMS finds the learner."""
    return _find_number(upload) if upload.system == "Moodle" else upload.taken_back_as


def _find_number(upload: Upload) -> str:
    return upload.student.rpartition("_")[2].lstrip("0")


def _explain_moodle(
    upload: Upload,
    submission: Submission,
    worksheet: Worksheet | None,
    members: Sequence[Member],
) -> str:
    # What is joined by the name alone may be two people's, of whom each would see all.
    numbers = {one.student for one in submission.uploads if one.system == "Moodle"}
    if len(numbers) > 1 and len(find_places(submission.student, members)) > 1:
        return "several people in the class have that name"
    if worksheet is None:
        if is_of_group(upload.student.rpartition("_")[0]):
            return (
                "that may be a group's name, and a group's number another person's; if each "
                "person handed in alone, give the worksheet of the assignment by --gradebook"
            )
        return ""
    if worksheet.is_of_groups:
        return "groups hand in as one, and a group's number may be another person's"
    number = _find_number(upload)
    member = worksheet.participants.get(int(number[:18])) if number.isdecimal() else None
    if member is None or not find_places(upload.student, [member]):
        return "the worksheet has nobody with that name and number"
    return ""
