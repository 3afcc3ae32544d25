"""Filling the gradebook of an LMS: who is in which row, and which points go there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gradlab.grading.intake.roster import find_places
from gradlab.grading.intake.submissions import Submission
from gradlab.grading.intake.uploads import find_id
from gradlab.grading.lms.columns import ColumnError, Target
from gradlab.grading.lms.fill_column import Filling, fill_cell, tell_filling
from gradlab.grading.lms.form import Form
from gradlab.grading.lms.gradebook import LmsGradebook
from gradlab.grading.outcome.phrases import count_things
from gradlab.grading.outcome.raw_table import replace_cells
from gradlab.grading.outcome.report import list_by_reason
from gradlab.grading.outcome.results import LearnerResult, Status
from gradlab.grading.outcome.text import as_line

_MOST_NAMED = 5
_REASONS: dict[Status, str] = {
    "needs-manual": "an answer waits for your marks",
    "unreadable": "something could not be read or marked",
    "missing": "handed in nothing that counts",
}


@dataclass
class Filled:
    """A gradebook with points in it.

    Attributes
    ----------
    text : str
        The whole file.
    sections : list of (str, list of str)
        What was filled, what was not and why: headings, and lines under each.
    way_back : str
        In a sentence, how to give it back.
    """

    text: str
    sections: list[tuple[str, list[str]]]
    way_back: str


def fill_gradebook(
    gradebook: LmsGradebook,
    results: Sequence[LearnerResult],
    submissions: Sequence[Submission],
) -> Filled:
    """Put points into a gradebook.

    Only who is graded gets points; of all others the cells stay as they are.

    Parameters
    ----------
    gradebook : LmsGradebook
        As `read_gradebook` read it.
    results : sequence of LearnerResult
        What grading found.
    submissions : sequence of Submission
        What they handed in, in the same order.

    Returns
    -------
    Filled
        The new text, and what is to be said of it.
    """
    rows, unfilled = _find_rows(gradebook, results, submissions)
    targets, refused = _choose_filled(gradebook.targets, results)
    fillings = [Filling(target, len(gradebook.targets) == 1) for target in targets]
    for place, row in rows.items():
        for filling in fillings:
            fill_cell(filling, gradebook.table, row, results[place], gradebook.form.has_comma)
    values = {place: value for filling in fillings for place, value in filling.values.items()}
    changed = [line for filling in fillings for line in filling.changed]
    left = [line for filling in fillings for line in filling.left]
    sections = [
        (
            f"{as_line(gradebook.path.name)}, filled:",
            [*(tell_filling(one, gradebook.form.system) for one in fillings), *refused],
        ),
        ("Points that were there and are others now:", changed),
        ("Not filled:", _list_unfilled([*unfilled, *left])),
    ]
    learners = {row for filling in fillings for row in filling.filled}
    return Filled(
        replace_cells(gradebook.table, values),
        sections,
        _tell_way_back(gradebook.form, len(learners)),
    )


def _choose_filled(
    targets: Sequence[Target], results: Sequence[LearnerResult]
) -> tuple[list[Target], list[str]]:
    """Return the columns to fill, and why others are not: their lesson may be the wrong one."""
    there = {
        exercise.lesson
        for result in results
        for exercise in result.exercises
        if exercise.outcome != "missing" or exercise.is_by_hand
    }
    chosen, refused = [], []
    for target in targets:
        gone = [str(lesson) for lesson in target.lessons if lesson not in there]
        if not gone:
            chosen.append(target)
            continue
        refused.append(
            f"Column “{as_line(target.column.title)}” was left as it is: nobody handed in "
            f"anything of lesson {', '.join(gone)}. Grade again with --lesson and the lesson that "
            "was set."
        )
    return chosen, refused


def require_same_assignment(
    gradebook: LmsGradebook | None, submissions: Sequence[Submission]
) -> None:
    """Raise if a worksheet of Moodle belongs to another assignment than what was handed in.

    Parameters
    ----------
    gradebook : LmsGradebook or None
        As `read_gradebook` read it.
    submissions : sequence of Submission
        What learners handed in.

    Raises
    ------
    ColumnError
        If Moodle's numbers of participants, which are others in each assignment, do not fit.
    """
    if gradebook is None or gradebook.worksheet is None:
        return
    uploads = [one for each in submissions for one in each.uploads if one.system == "Moodle"]
    theirs = {int(number) for one in uploads if (number := find_id([one]))}
    if theirs and not theirs & gradebook.worksheet.participants.keys():
        raise ColumnError(
            f"{gradebook.path} is a worksheet of another assignment: it has none of the numbers "
            "that Moodle gave those who handed in something here. Download the grading worksheet "
            "of the assignment that the submissions are from."
        )


def note_statuses(
    gradebook: LmsGradebook,
    results: Sequence[LearnerResult],
    submissions: Sequence[Submission],
) -> list[LearnerResult]:
    """Note for the teacher what Moodle's worksheet says of how late something is.

    Parameters
    ----------
    gradebook : LmsGradebook
        As `read_gradebook` read it.
    results : sequence of LearnerResult
        What grading found.
    submissions : sequence of Submission
        What they handed in, in the same order.

    Returns
    -------
    list of LearnerResult
        The results, with a note where the row is clear and says a time.
    """
    if gradebook.worksheet is None:
        return [*results]
    found = [gradebook.find(one) for one in submissions]
    owners = _count_owners(results, found)
    noted = []
    for result, members in zip(results, found, strict=True):
        others = (owners[members[0]] if members else 0) - (result.status != "missing")
        is_clear = len(members) == 1 and not others
        row = gradebook.rows[members[0]] if is_clear else -1
        said = gradebook.worksheet.statuses.get(row)
        note = (f"Moodle says: {said}",) if said else ()
        noted.append(replace(result, notes=(*result.notes, *note)))
    return noted


def _list_unfilled(unfilled: Sequence[tuple[str, str]]) -> list[str]:
    """Say whose cells stay as they are; of those who need a person, the summary has the names."""
    times = Counter(why for _, why in unfilled if why in _REASONS.values())
    many = {why for why, count in times.items() if count > _MOST_NAMED}
    others = [(who, why) for who, why in unfilled if why not in many]
    return [f"{times[why]} learners, named above: {why}" for why in sorted(many)] + list_by_reason(
        others
    )


# Who is in which row


def _find_rows(
    gradebook: LmsGradebook,
    results: Sequence[LearnerResult],
    submissions: Sequence[Submission],
) -> tuple[dict[int, int], list[tuple[str, str]]]:
    """Return for the place of each result the row in the table, and why others have none."""
    found = [gradebook.find(one) for one in submissions]
    owners = _count_owners(results, found)
    rows: dict[int, int] = {}
    unfilled: list[tuple[str, str]] = []
    for place, (result, members) in enumerate(zip(results, found, strict=True)):
        why = _explain_unfilled(gradebook, result, members, owners)
        if why:
            unfilled.append((result.student, why))
        else:
            rows[place] = gradebook.rows[members[0]]
    known = {member for members in found for member in members}
    unfilled += [
        (member.name, "is in the file, but not among those graded")
        for place, member in enumerate(gradebook.members)
        if place not in known
    ]
    return rows, unfilled


def _count_owners(
    results: Sequence[LearnerResult], found: Sequence[Sequence[int]]
) -> Counter[int]:
    """Count for each member who of those that handed in something may be it."""
    return Counter(
        member
        for result, members in zip(results, found, strict=True)
        if result.status != "missing"
        for member in members
    )


def _explain_unfilled(
    gradebook: LmsGradebook,
    result: LearnerResult,
    members: Sequence[int],
    owners: Counter[int],
) -> str:
    """Say why a learner gets no points in the file; nothing if the row is clear."""
    if result.status != "graded":
        return _REASONS[result.status]
    if not members and find_places(result.student, gradebook.members):
        return (
            "the file has that name with another number: it is somebody else's, or the file is of "
            "another assignment"
        )
    if not members:
        return "is not in the file"
    if len(members) > 1:
        return f"may be any of {len(members)} lines of the file"
    if owners[members[0]] > 1:
        return f"is not the only one who may be {gradebook.members[members[0]].name} in the file"
    if gradebook.worksheet and gradebook.rows[members[0]] in gradebook.worksheet.locked:
        return "Moodle says that the grade cannot be changed"
    return ""


# How to give it back


def _tell_way_back(form: Form, learners: int) -> str:
    if not learners:
        return "with nobody's points: there is nothing to give back"
    start = f"with the points of {count_things(learners, 'learner')}"
    if form.is_of_one:
        return (
            f"{start}. To give it back: the assignment in Moodle, “Upload grading worksheet”; it "
            "needs the feedback type “Offline grading worksheet”"
        )
    if form.system == "Moodle":
        return f"{start}. To give it back: in Moodle, Grades, Import, CSV file"
    if form.system == "Canvas":
        return f"{start}. To give it back: in Canvas, Grades, Import"
    return start
