"""What the sources of the lessons say of themselves: sections, minutes, exercises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gradlab.exercises.catalogue import ALL_EXERCISES
from gradlab.support.errors import GradlabError

# Where a lesson asks for a prediction: in a text, or in a cell of its own.
_ASKS = re.compile(r"\*\*Predict\.\*\*|^gradlab\.predict\(", re.MULTILINE)
_HEAD = re.compile(r"\*\*(\d+) minutes\*\*: (\d+) to read and run, (\d+) for")
_TITLE = re.compile(r"^# # (\d+ .*?)(?::.*)?$", re.MULTILINE)
_SECTION = re.compile(r"^# ## (.*) \((\d+) min\)$", re.MULTILINE)
_ASKED = re.compile(r'^# %% .*\b(?:exercise|rubric)="(\w+)"', re.MULTILINE)
_GRADED = re.compile(r'^# %% .*\b(?:grade|written)="(\w+)"', re.MULTILINE)


class FactsError(GradlabError):
    """Which lesson does not say what it must."""


@dataclass(frozen=True)
class Section:
    """A section of a lesson.

    Attributes
    ----------
    title : str
        Its heading, without the minutes.
    minutes : int
        How long it takes.
    predicts : bool
        Whether it asks for a prediction.
    points : int
        What its exercises earn together.
    """

    title: str
    minutes: int
    predicts: bool
    points: int


@dataclass(frozen=True)
class Lesson:
    """What the source of a lesson says of itself.

    Attributes
    ----------
    number : int
        Its number, from 0.
    stem : str
        The name of its file, without suffix.
    title : str
        Its number and its title, without what follows a colon.
    minutes, reading, exercises : int
        How long it takes: altogether, to read and run, and for exercises.
    predictions : int
        How many predictions it asks for.
    sections : tuple of Section
        Its sections.
    """

    number: int
    stem: str
    title: str
    minutes: int
    reading: int
    exercises: int
    predictions: int
    sections: tuple[Section, ...]

    @property
    def points(self) -> int:
        """What all its exercises earn, those included that a person marks."""
        return sum(section.points for section in self.sections)

    def find_section(self, title: str) -> Section:
        """Return the section with a title.

        Raises
        ------
        FactsError
            If there is none.
        """
        for section in self.sections:
            if section.title == title:
                return section
        raise FactsError(
            f"Lesson {self.number} has no section “{title}”; there are: "
            f"{', '.join(section.title for section in self.sections)}."
        )


def read_lessons(folder: Path) -> list[Lesson]:
    """Read the facts of every lesson.

    Parameters
    ----------
    folder : Path
        Where the sources are.

    Returns
    -------
    list of Lesson
        By number.

    Raises
    ------
    FactsError
        If a head is missing, minutes do not add up, or a cell asks for what is no exercise of
        this lesson, or is missing.
    """
    return [_read(path) for path in sorted(folder.glob("[0-9][0-9]_*.py"))]


def _read(path: Path) -> Lesson:
    source = path.read_text(encoding="utf-8")
    head, title = _HEAD.search(source), _TITLE.search(source)
    if head is None or title is None:
        raise FactsError(
            f"{path.name} must begin with its title, “# # N Title”, and its minutes, “**M "
            "minutes**: R to read and run, E for exercises”."
        )
    minutes, reading, exercises = (int(number) for number in head.groups())
    parts = _SECTION.split(source)
    sections = tuple(map(_make_section, parts[1::3], parts[2::3], parts[3::3]))
    _require_cells(path, source)
    total = sum(section.minutes for section in sections)
    if not minutes == reading + exercises == total:
        raise FactsError(
            f"{path.name} says {minutes} minutes, {reading} to read and run and {exercises} for "
            f"exercises; its sections add up to {total}. All three must agree: correct the head "
            "of the lesson, or the minutes in a heading."
        )
    return Lesson(
        number=int(path.stem[:2]),
        stem=path.stem,
        title=title[1],
        minutes=minutes,
        reading=reading,
        exercises=exercises,
        predictions=len(_ASKS.findall(source)),
        sections=sections,
    )


def _require_cells(path: Path, source: str) -> None:
    """Refuse an exercise that belongs to another lesson, or that has one of its two cells."""
    asked, graded = {*_ASKED.findall(source)}, {*_GRADED.findall(source)}
    for name in sorted(asked ^ graded):
        raise FactsError(
            f"{path.name} has one cell for {name}. It must have two: one to answer in, and one "
            "that grades it."
        )
    for name in sorted(graded):
        lesson = ALL_EXERCISES[name].lesson
        if lesson != int(path.stem[:2]):
            raise FactsError(
                f"{path.name} asks for {name}, an exercise of lesson {lesson}. Move its file to "
                f"the folder lesson_{path.stem[:2]}, or its cells to lesson {lesson}."
            )


def _make_section(title: str, minutes: str, text: str) -> Section:
    names = _GRADED.findall(text)
    for name in names:
        if name not in ALL_EXERCISES:
            raise FactsError(f"The section “{title}” asks for {name}, which is no exercise.")
    points = sum(ALL_EXERCISES[name].points for name in names)
    return Section(title, int(minutes), bool(_ASKS.search(text)), points)
