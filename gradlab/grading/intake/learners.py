"""The entries of each learner, brought together; who may be several people is refused."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gradlab.grading.intake.archives import Entry, drop_suffix, has_notebook_name
from gradlab.grading.intake.layouts import Found, LayoutError, Reading
from gradlab.grading.intake.names import find_hint
from gradlab.grading.intake.pattern import make_pattern
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
    conflicts = [
        conflict
        for student in sorted(learners)
        if (conflict := _find_conflict(student, learners[student], reading, find_lesson))
    ]
    if conflicts or reading.strays:
        troubles = [*map(_explain_conflict, conflicts)]
        if reading.strays:
            troubles.append(_explain_strays(reading.strays, layout))
        advice = [*_suggest(conflicts, argument), *([_ADVICE] if reading.strays else [])]
        raise LayoutError("\n".join([*_HEAD, *troubles, "", *advice, "", *_list_seen(learners)]))
    return dict(sorted(learners.items()))


@dataclass(frozen=True)
class _Conflict:
    """Notebooks of one lesson that one learner would hold, though they may be several people's."""

    student: str
    lesson: int | str
    found: tuple[Found, ...]


def _find_conflict(
    student: str, found: Sequence[Found], reading: Reading, find_lesson: FindLesson
) -> _Conflict | None:
    notebooks = [one for one in found if _is_notebook(one)]
    if student in reading.unclear and notebooks:
        return _Conflict(student, "", tuple(notebooks))
    if len(notebooks) < 2 or not _may_be_several(student, notebooks):
        return None
    by_lesson: defaultdict[int | str, list[Found]] = defaultdict(list)
    for one in notebooks:
        by_lesson[find_lesson(one.entry, one.place.own_parts)].append(one)
    for lesson, same in sorted(by_lesson.items(), key=lambda item: str(item[0])):
        if len(same) > 1 and _may_be_several(student, same):
            return _Conflict(student, lesson, tuple(same))
    return None


def _may_be_several(student: str, found: Sequence[Found]) -> bool:
    """Whether by their names, these could be of several people."""
    if len({unicodedata.normalize("NFC", one.place.student) for one in found}) > 1:
        return True
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

_HEAD = ["it is not clear whose each notebook is, so nothing was graded."]
_ADVICE = (
    "Put each notebook into a folder called like its learner, or call it like "
    "LEARNER_04_vectorizing.ipynb."
)


def _explain_conflict(conflict: _Conflict) -> str:
    lesson = conflict.lesson
    if not lesson:
        return (
            f"  {conflict.student} may be a learner's folder, or one around those of several: "
            f"{_join(conflict.found)}."
        )
    what = f"lesson {lesson}" if isinstance(lesson, int) else "one lesson"
    return f"  {conflict.student} would hold {what} of several people: {_join(conflict.found)}."


def _explain_strays(strays: Sequence[tuple[str, ...]], layout: str | None) -> str:
    names = [as_name("/".join(parts)) for parts in strays[:_MOST_SHOWN]]
    more = f" and {len(strays) - _MOST_SHOWN} more" if len(strays) > _MOST_SHOWN else ""
    why = f"--layout '{layout}' does not fit" if layout else "No name says whose this is"
    return f"  {why}: {', '.join(names)}{more}."


def _suggest(conflicts: Sequence[_Conflict], argument: str) -> list[str]:
    """Say what to type, for either reading of what was found."""
    lines = []
    for layout, when in dict(part for one in conflicts for part in _find_layouts(one)).items():
        lines += [f"If {when}:", f"  gradlab grade {argument} --layout '{layout}'"]
    if any(len({(one.group, one.place.student) for one in c.found}) > 1 for c in conflicts):
        lines.append("If they are two people of one name, give their folders names that differ.")
    return lines


def _find_layouts(conflict: _Conflict) -> Iterator[tuple[str, str]]:
    """Yield a layout for each reading, and when it is the right one."""
    found = conflict.found
    depth = max(len(one.group) for one in found)
    yield (
        "*/" * depth + "LEARNER",
        f"{conflict.student} is one person (one notebook of each lesson counts)",
    )
    if len({one.group for one in found}) > 1:
        return
    paths = [one.path for one in found]
    deepest = max(map(len, paths))
    differ = (k for k in range(depth, deepest) if len({path[k : k + 1] for path in paths}) > 1)
    first = next(differ, depth)
    hinting = (path[first] for path in paths if find_hint(path[first:], conflict.student))
    name = next(hinting, paths[0][first])
    if any(len(path) > first + 1 for path in paths):
        yield "*/" * first + "LEARNER", "the folders in it are called like the learners"
    else:
        pattern = make_pattern(drop_suffix(name), find_hint([name], conflict.student))
        yield "*/" * first + pattern, "the files in it are called like the learners"


def _list_seen(learners: Mapping[str, list[Found]]) -> list[str]:
    lines = []
    for student, found in sorted(learners.items()):
        paths = _join([one for one in found if _is_notebook(one)])
        lines.append(f"  {student}: {paths or 'no notebook'}")
    more = [f"  and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
    return ["What was seen:", *lines[:_MOST_LINES], *more]


def _join(found: Sequence[Found]) -> str:
    paths = [as_name("/".join(one.path)) for one in found]
    more = ", ..." if len(paths) > _MOST_SHOWN else ""
    return ", ".join(paths[:_MOST_SHOWN]) + more
