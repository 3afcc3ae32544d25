"""The entries of each learner, brought together; who may be several people is refused."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gradlab.grading.intake.archives import Entry, drop_suffix, has_notebook_name
from gradlab.grading.intake.layouts import Found, LayoutError, Reading
from gradlab.grading.intake.names import find_counters, find_hint, is_anybody
from gradlab.grading.intake.pattern import make_pattern
from gradlab.grading.outcome.phrases import count_things, join_few
from gradlab.grading.outcome.text import as_name

# Of one learner, and of all, as they are listed for the teacher.
_MOST_SHOWN, _MOST_LINES = 8, 1000
_NUMBERED = re.compile(r"(?P<name>.+)_\d+ of (?:Moodle|Gradescope)", re.DOTALL)

# Returns the lesson of a notebook, or a text that stands for it.
FindLesson = Callable[[Entry, Sequence[str]], int | str]
# Returns the learners that a layout gives, none if not all fits it, and those of them who would
# have several notebooks of a lesson.
TryLayout = Callable[[str], tuple[Sequence[str], Sequence[str]]]


def group_by_learner(
    reading: Reading,
    find_lesson: FindLesson,
    try_layout: TryLayout,
    command: str = "gradlab grade SUBMISSIONS",
) -> dict[str, list[Found]]:
    """Bring the entries of each learner together.

    Parameters
    ----------
    reading : Reading
        What `read_layout` found.
    find_lesson : callable
        Returns the lesson of a notebook.
    try_layout : callable
        Returns the learners that a layout would give.
    command : str, optional
        What the teacher typed, to be shown.

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
    if not conflicts and not reading.strays:
        return dict(sorted(learners.items()))
    troubles = [*map(_explain_conflict, conflicts), *_explain_strays(reading.strays)]
    raise LayoutError(
        "\n".join(
            [
                "it is not clear whose each notebook is, so nothing was graded.",
                *_list_seen(learners),
                "What is not clear:",
                *troubles,
                "What to do:",
                *_suggest(conflicts, reading.strays, try_layout, command),
            ]
        )
    )


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
    # Two downloads of one name may be those of two people.
    loose = [one for one in found if one.is_loose]
    if len({find_counters(drop_suffix(one.path[len(one.group)])) for one in loose}) > 1:
        return True
    return len(_find_foreign(student, found)) > 1


def _find_foreign(student: str, found: Sequence[Found]) -> list[str]:
    """Return what in the paths of a learner's notebooks may be the names of others."""
    paths = [one.place.own_parts for one in found]
    common = 0
    while len({path[: common + 1] for path in paths}) == 1 and common < len(paths[0]):
        common += 1
    foreign = set()
    for path in paths:
        folders = [part.casefold() for part in path[common:-1] if find_hint([part], student)]
        foreign.add((*folders, *find_hint(path[max(common, len(path) - 1) :], student)))
    return sorted(" ".join(words) for words in foreign if words)


def list_students(reading: Reading) -> list[str]:
    """Return the learners of whom there is a notebook, sorted."""
    return sorted({as_name(one.place.student) for one in filter(_is_notebook, reading.found)})


def note_foreign(student: str, found: Sequence[Found]) -> list[str]:
    """Say what of a learner's may be somebody else's by its name.

    Parameters
    ----------
    student : str
        The learner.
    found : sequence of Found
        All that is theirs.

    Returns
    -------
    list of str
        A note, or none.
    """
    notebooks = [one for one in found if _is_notebook(one) and not one.place.is_lms]
    foreign = _find_foreign(student, notebooks) if notebooks else []
    if not foreign or all(one.place.is_one_person for one in notebooks):
        return []
    names = join_few([as_name(name) for name in foreign])
    return [f"Is all of it this learner's? Names say {names}."]


def _join_weeks(found: Sequence[Found], find_lesson: FindLesson) -> list[Found]:
    """Call a learner by the name alone, where the number is another one each week.

    It is, because Moodle and Gradescope count anew for each assignment. Two of the same name in
    one week are two people; so may be two who handed in the same lesson.
    """
    homes: defaultdict[str, dict[tuple[str, ...], set[str]]] = defaultdict(dict)
    for one in found:
        if told := _NUMBERED.fullmatch(one.place.origin):
            homes[told["name"]].setdefault(one.group, set()).add(one.place.student)
    joined = set()
    for name, students in homes.items():
        if is_anybody(name):
            continue
        different = len(set().union(*students.values())) > 1
        if different and all(len(of_week) == 1 for of_week in students.values()):
            own = [one for one in found if one.place.origin.startswith(f"{name}_")]
            if not _share_lessons(own, find_lesson):
                joined.add(name)
    return [_call_by_name(one, joined) for one in found]


def _call_by_name(one: Found, names: set[str]) -> Found:
    told = _NUMBERED.fullmatch(one.place.origin)
    if told is None or told["name"] not in names:
        return one
    return replace(one, place=replace(one.place, student=told["name"]))


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


def _explain_conflict(conflict: _Conflict) -> str:
    lesson = conflict.lesson
    if not lesson:
        return (
            f"  {conflict.student} may be a learner's folder, or one around those of several: "
            f"{_join(conflict.found)}."
        )
    what = f"lesson {lesson}" if isinstance(lesson, int) else "one lesson"
    return f"  {conflict.student} would hold {what} of several people: {_join(conflict.found)}."


def _explain_strays(strays: Sequence[tuple[str, ...]]) -> list[str]:
    if not strays:
        return []
    names = [as_name("/".join(parts)) for parts in strays]
    return [f"  No name says whose this is: {join_few(names, _MOST_SHOWN)}."]


def _suggest(
    conflicts: Sequence[_Conflict],
    strays: Sequence[tuple[str, ...]],
    try_layout: TryLayout,
    command: str,
) -> list[str]:
    """Say what to type, of that only what fits, with the learners that it gives."""
    tries: dict[tuple[str, ...], tuple[str, Sequence[str]]] = {}
    for layout in _propose_layouts(conflicts, strays):
        students, joined = try_layout(layout)
        if students:
            tries.setdefault(tuple(students), (layout, joined))
    # That nobody is taken for another comes first.
    best = sorted(tries.items(), key=lambda one: (len(one[1][1]), one[1][0].count("LEARNER")))
    lines = []
    for students, (layout, joined) in best[: _MOST_SHOWN // 2]:
        lines.append(f"  {command} --layout '{layout}'")
        lines.append(f"      {_explain_gain(students, joined)}")
    if conflicts and not any(not joined for _, joined in tries.values()):
        lines.append(
            "  No layout gives each person a row of their own. If folders of learners and of "
            "sections lie side by side, move them apart; if two people have one name, rename a "
            "folder."
        )
    if strays:
        lines.append(
            "  Put each notebook that tells no learner into a folder called like its learner, or "
            f"call it like LEARNER_{as_name(strays[0][-1])}. Remove what is nobody's. If what you "
            "gave is one learner's folder, give the folder above it."
        )
    return lines


def _explain_gain(students: Sequence[str], joined: Sequence[str]) -> str:
    names = join_few(students, _MOST_SHOWN)
    count = count_things(len(students), "learner")
    if not joined:
        return f"gives {count}: {names}"
    each = "each of " if len(joined) > 1 else ""
    return (
        f"gives {count}, and is right only if {each}{join_few(joined, _MOST_SHOWN)} is one "
        f"person: {names}"
    )


def find_joined(reading: Reading, find_lesson: FindLesson) -> list[str]:
    """Return the learners with several notebooks of one lesson, where a layout was typed.

    Parameters
    ----------
    reading : Reading
        What the layout gives.
    find_lesson : callable
        Returns the lesson of a notebook.

    Returns
    -------
    list of str
        Sorted.
    """
    lessons: defaultdict[str, Counter[int | str]] = defaultdict(Counter)
    for one in filter(_is_notebook, reading.found):
        lesson = find_lesson(one.entry, one.place.own_parts)
        lessons[as_name(one.place.student)][lesson] += 1
    return sorted(student for student, times in lessons.items() if max(times.values()) > 1)


def _propose_layouts(
    conflicts: Sequence[_Conflict], strays: Sequence[tuple[str, ...]]
) -> Iterator[str]:
    paths = [*strays, *(one.path for conflict in conflicts for one in conflict.found)]
    names = {drop_suffix(path[-1]) for path in paths}
    told = {
        make_pattern(name, hint)
        for name in sorted(names)[:_MOST_SHOWN]
        if (hint := find_hint([name], ""))
    }
    for depth in range(max(map(len, paths))):
        for name in ("LEARNER", "LEARNER/LEARNER", "LESSON_LEARNER", "LEARNER_LESSON"):
            yield "*/" * depth + name
        for name in sorted(told):
            yield "*/" * depth + name


def _list_seen(learners: Mapping[str, list[Found]]) -> list[str]:
    lines = []
    for student, found in sorted(learners.items()):
        paths = _join([one for one in found if _is_notebook(one)])
        lines.append(f"  {student}: {paths or 'no notebook'}")
    more = [f"  and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
    return ["What was seen:", *lines[:_MOST_LINES], *more] if lines else []


def _join(found: Sequence[Found]) -> str:
    return join_few([as_name("/".join(one.path)) for one in found], _MOST_SHOWN)
