"""The entries of each learner, brought together; who may be several people is refused."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from gradlab.grading.intake.archives import Entry, has_notebook_name
from gradlab.grading.intake.layouts import Found, LayoutError, Reading
from gradlab.grading.intake.names import find_hint
from gradlab.grading.outcome.text import as_name

# Of one learner, and of all, as they are listed for the teacher.
_MOST_SHOWN, _MOST_LINES = 8, 1000
_MOODLE = re.compile(r"(?P<name>.+)_\d+ of Moodle", re.DOTALL)

# Returns the lesson of a notebook, or a text that stands for it.
FindLesson = Callable[[Entry, Sequence[str]], int | str]


def group_by_learner(
    reading: Reading, find_lesson: FindLesson, argument: str, layout: str | None = None
) -> dict[str, list[Found]]:
    """Bring the entries of each learner together.

    Parameters
    ----------
    reading : Reading
        What `read_layout` found.
    find_lesson : callable
        Returns the lesson of a notebook.
    argument : str
        What the teacher typed for the submissions, to be shown.
    layout : str, optional
        What the teacher typed for the layout.

    Returns
    -------
    dict
        The learner -> the entries, sorted by the learner's name.

    Raises
    ------
    LayoutError
        If a notebook tells no learner, or if one learner would hold a lesson of several people.
        It lists all that was seen, and says what to type.
    """
    found = _join_weeks(reading.found, find_lesson)
    learners: defaultdict[str, list[Found]] = defaultdict(list)
    for one in found:
        learners[as_name(one.place.student)].append(one)
    troubles = []
    for student in sorted(learners):
        if trouble := _find_trouble(student, learners[student], find_lesson):
            troubles.append(trouble)
    if reading.strays:
        troubles.append(_explain_strays(reading.strays, layout))
    if troubles:
        raise LayoutError(_explain(troubles, learners, argument))
    return dict(sorted(learners.items()))


def _find_trouble(student: str, found: Sequence[Found], find_lesson: FindLesson) -> str:
    """Say why a learner may be several people; nothing if all is one person's."""
    notebooks = [one for one in found if _is_notebook(one)]
    if len(notebooks) < 2 or not _may_be_several(student, notebooks):
        return ""
    by_lesson: defaultdict[int | str, list[Found]] = defaultdict(list)
    for one in notebooks:
        by_lesson[find_lesson(one.entry, one.place.own_parts)].append(one)
    for lesson, same in sorted(by_lesson.items(), key=lambda item: str(item[0])):
        if len(same) > 1 and _may_be_several(student, same):
            said = f"lesson {lesson}" if isinstance(lesson, int) else "one lesson"
            return f"{student} would hold {said} of several people: {_join_paths(same)}"
    return ""


def _may_be_several(student: str, found: Sequence[Found]) -> bool:
    """Whether by their names, these could be of several people."""
    if all(one.place.is_one_person for one in found):
        return False
    if len({one.group for one in found}) > 1:
        return True
    if any(one.place.is_lms for one in found):
        return len({one.place.origin for one in found}) > 1
    hints = [frozenset(find_hint(one.place.own_parts, student)) for one in found]
    common = frozenset.intersection(*hints)
    return len({hint - common for hint in hints} - {frozenset()}) > 1


def _join_weeks(found: Sequence[Found], find_lesson: FindLesson) -> list[Found]:
    """Call a learner of Moodle by the name alone, where the number is another one each week.

    It is, because Moodle counts anew for each assignment. Two of the same name in one week are
    two people; so may be two who handed in the same lesson.
    """
    homes: defaultdict[str, dict[tuple[str, ...], set[str]]] = defaultdict(dict)
    for one in found:
        if told := _MOODLE.fullmatch(one.place.origin):
            homes[told["name"]].setdefault(one.group, set()).add(one.place.student)
    joined = set()
    for name, students in homes.items():
        different = len(set().union(*students.values())) > 1
        if different and all(len(of_week) == 1 for of_week in students.values()):
            own = [one for one in found if one.place.origin.startswith(f"{name}_")]
            if not _share_lessons(own, find_lesson):
                joined.add(name)
    return [_call_by_name(one, joined) for one in found]


def _call_by_name(one: Found, names: set[str]) -> Found:
    told = _MOODLE.fullmatch(one.place.origin)
    if told is None or told["name"] not in names:
        return one
    return replace(one, place=replace(one.place, student=told["name"], origin=told["name"]))


def _share_lessons(found: Sequence[Found], find_lesson: FindLesson) -> bool:
    """Whether a lesson is there under two numbers."""
    owners: defaultdict[int | str, set[str]] = defaultdict(set)
    for one in filter(_is_notebook, found):
        owners[find_lesson(one.entry, one.place.own_parts)].add(one.place.student)
    return any(len(students) > 1 for students in owners.values())


def _is_notebook(one: Found) -> bool:
    parts = one.place.own_parts
    is_read = parts and one.entry.content is not None and not one.place.unread
    return bool(is_read) and has_notebook_name(parts[-1])


# What the teacher is told


def _explain(troubles: Sequence[str], learners: dict[str, list[Found]], argument: str) -> str:
    deepest = max((len(one.group) for own in learners.values() for one in own), default=0)
    here = "*/" * deepest + "LEARNER"
    return "\n".join(
        [
            "it is not clear whose each notebook is, so nothing was graded.",
            *(f"  {trouble}." for trouble in troubles),
            "",
            "Say where the learner's name stands, with * for any other name and LESSON for that "
            "of a lesson:",
            f"  gradlab grade {argument} --layout '{here}'",
            "      if each of the folders below is all one learner's; the latest of them counts",
            f"  gradlab grade {argument} --layout '*/{here}'",
            "      if the learners' folders lie one folder deeper",
            f"  gradlab grade {argument} --layout '{here[:-7]}LESSON_LEARNER'",
            "      if the names of the files end with the learner's, and so on",
            "Or give the folders and files names that tell the learner: "
            "LEARNER_04_vectorizing.ipynb.",
            "",
            "What was seen:",
            *_list_learners(learners),
        ]
    )


def _explain_strays(strays: Sequence[tuple[str, ...]], layout: str | None) -> str:
    names = [as_name("/".join(parts)) for parts in strays[:_MOST_SHOWN]]
    more = f" and {len(strays) - _MOST_SHOWN} more" if len(strays) > _MOST_SHOWN else ""
    why = f"--layout '{layout}' does not fit" if layout else "No name says whose this is"
    return f"{why}: {', '.join(names)}{more}"


def _list_learners(learners: dict[str, list[Found]]) -> list[str]:
    lines = []
    for student, found in sorted(learners.items()):
        paths = _join_paths([one for one in found if _is_notebook(one)])
        lines.append(f"  {student}: {paths or 'no notebook'}")
    shown = list(islice(lines, _MOST_LINES))
    if len(lines) > _MOST_LINES:
        shown.append(f"  and {len(lines) - _MOST_LINES} more")
    return shown


def _join_paths(found: Sequence[Found]) -> str:
    paths = [as_name("/".join(one.path)) for one in found]
    more = ", ..." if len(paths) > _MOST_SHOWN else ""
    return ", ".join(paths[:_MOST_SHOWN]) + more
