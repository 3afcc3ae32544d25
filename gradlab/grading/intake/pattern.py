"""The layout as a teacher says it: ``*/LEARNER`` for a folder of each learner in each section."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradlab.grading.intake.archives import drop_suffix, find_suffix, has_notebook_name
from gradlab.grading.intake.layouts import Found, LayoutError, Reading, take
from gradlab.grading.intake.listing import Folder
from gradlab.grading.intake.lms_names import Place
from gradlab.grading.intake.names import is_generic, make_lesson_pattern
from gradlab.support.errors import GradlabError

LEARNER, LESSON = "LEARNER", "LESSON"
_PIECE = re.compile(rf"({LEARNER}|{LESSON}|\*)")


class PatternError(GradlabError):
    """Why a layout cannot be used, with what to do, in sentences for the teacher."""


def compile_layout(layout: str) -> tuple[re.Pattern[str], ...]:
    """Return a pattern for each name of a path.

    Parameters
    ----------
    layout : str
        Names with ``/`` between them. In a name, LEARNER stands for the learner's name, LESSON
        for that of a lesson, ``*`` for anything.

    Returns
    -------
    tuple of re.Pattern
        The learner's name is in the groups of the matches.

    Raises
    ------
    PatternError
        If the layout does not say where the learner's name is.

    Examples
    --------
    >>> from gradlab.grading.intake.pattern import compile_layout
    >>> week, learner = compile_layout("week */LEARNER - *")
    >>> learner.fullmatch("Ada Example - work")[1]
    'Ada Example'
    """
    layout = layout.replace("\\", "/")
    if LEARNER not in layout:
        raise PatternError(
            f"--layout {layout!r} does not say where the learner's name is: write {LEARNER} for "
            "it, such as '*/LEARNER' for folders of learners in folders of sections, or "
            "'LESSON_LEARNER' for the names of files"
        )
    if re.search(rf"{LEARNER}\*|\*{LEARNER}|{LEARNER}{LEARNER}", layout):
        raise PatternError(
            f"--layout {layout!r} does not say where the learner's name ends: put what stands "
            f"between into it, such as '{LEARNER}_*' or '{LEARNER} - *'"
        )
    names = [name for name in layout.removesuffix(".ipynb").split("/") if name]
    return tuple(re.compile(_translate(name), re.DOTALL | re.IGNORECASE) for name in names)


def _translate(name: str) -> str:
    pieces = {LEARNER: "(.+?)", LESSON: f"(?:{make_lesson_pattern()})", "*": ".*?"}
    return "".join(pieces.get(piece, re.escape(piece)) for piece in _PIECE.split(name))


def make_pattern(stem: str, learner: Sequence[str]) -> str:
    """Return the layout of a file's name in which some words are the learner's.

    Parameters
    ----------
    stem : str
        The name without its suffix.
    learner : sequence of str
        The words, in small letters.

    Returns
    -------
    str
        What `compile_layout` takes.

    Examples
    --------
    >>> from gradlab.grading.intake.pattern import make_pattern
    >>> make_pattern("01_derivatives_by_differences_Ada_B", ["ada", "b"])
    'LESSON_LEARNER'
    """
    low = stem.casefold()
    start = low.find(learner[0]) if learner else -1
    end = low.rfind(learner[-1]) + len(learner[-1]) if learner else -1
    if start < 0 or end <= start:
        return LEARNER
    named = f"{stem[:start]}\0{stem[end:]}"
    return re.sub(make_lesson_pattern(), LESSON, named, flags=re.IGNORECASE).replace("\0", LEARNER)


def read_by_pattern(root: Folder, layout: str) -> Reading:
    """Find whose each entry is by a layout that the teacher gave.

    Parameters
    ----------
    root : Folder
        All that was handed in.
    layout : str
        As for `compile_layout`.

    Returns
    -------
    Reading
        The entries of learners, and the paths of notebooks that do not fit.

    Raises
    ------
    LayoutError
        If not all of a folder around those of learners was looked at.
    """
    reading = Reading()
    _read(root, compile_layout(layout), (), reading)
    return reading


def _read(
    folder: Folder,
    patterns: tuple[re.Pattern[str], ...],
    student: tuple[str, ...],
    reading: Reading,
) -> None:
    if folder.problem:
        raise LayoutError(f"{'/'.join(folder.path)} cannot be graded: {folder.problem}.")
    first, later = patterns[0], patterns[1:]
    for parts, entry in folder.files:
        found = None if later else _match(first, parts[0])
        if found is not None and not _is_nobody(" ".join((*student, *found))):
            place = _make_place((*student, *found), parts)
            reading.found.append(Found(entry, place, (*folder.path, *parts), folder.path))
        elif has_notebook_name(parts[-1]):
            reading.strays.append((*folder.path, *parts))
    for name, inner in sorted(folder.folders.items()):
        found = _match(first, name)
        if found is None or (not later and _is_nobody(" ".join((*student, *found)))):
            strays = (parts for parts, _ in inner.walk() if has_notebook_name(parts[-1]))
            reading.strays += [(*inner.path, *parts) for parts in strays]
        elif later:
            _read(inner, later, (*student, *found), reading)
        else:
            own = (name,) if inner.is_zip else ()
            take(inner, _make_place((*student, *found), own), folder.path, reading)


def _match(pattern: re.Pattern[str], name: str) -> tuple[str, ...] | None:
    bare = drop_suffix(name) if find_suffix(name) else name
    tries = (bare, name, re.sub(r" ?\(\d+\)$", "", bare))
    found = next(filter(None, map(pattern.fullmatch, tries)), None)
    return tuple(found.groups()) if found else None


def _is_nobody(learner: str) -> bool:
    """Whether a lesson or a week stands where the learner's name should."""
    return is_generic(learner) or re.fullmatch("0[0-9]", learner) is not None


def _make_place(student: tuple[str, ...], own_parts: tuple[str, ...]) -> Place:
    name = " ".join(student)
    return Place(name, name, own_parts, is_one_person=True)
