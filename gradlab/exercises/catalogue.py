"""Every exercise of the course, found by where it lies: ``lessons/lesson_NN/NAME.py``."""

from __future__ import annotations

import importlib
import re
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from gradlab.course.folder import LESSONS, CourseError, lessons_folder
from gradlab.exercises import lessons
from gradlab.exercises.exercise import Exercise, WrittenAnswer
from gradlab.support.errors import GradlabError

# What else lies in the folder of a lesson.
OTHER_MODULES = ("common", "predictions", "steps", "observations")
_FOLDER = re.compile(r"lesson_(\d\d)")
_GRADE_ID = re.compile(r'"grade_id": "(?:grade_)?(\w+)"')


class CatalogueError(GradlabError):
    """Which file of an exercise is wrong, and what to do, in sentences for its author."""


def find_exercises(package: ModuleType = lessons) -> dict[str, Exercise | WrittenAnswer]:
    """Import every exercise.

    Parameters
    ----------
    package : module, optional
        The package that holds a folder for each lesson.

    Returns
    -------
    dict
        By name: by lesson, in the order of its notebook; what is in no notebook comes last.

    Raises
    ------
    CatalogueError
        If a file cannot be imported, defines no exercise, has another name than its exercise, or
        lies in no lesson, or if two exercises have the same name.
    """
    found: dict[str, Exercise | WrittenAnswer] = {}
    for path, lesson in _list_files(Path(package.__path__[0])):
        exercise = _read(package.__name__, path, lesson)
        if path.stem in found:
            raise CatalogueError(
                f"Lessons {found[path.stem].lesson} and {lesson} both have an exercise "
                f"{path.stem}. Its name must differ from all others: rename one of them, file and "
                f"reference."
            )
        found[path.stem] = exercise
    places = {name: place for place, name in enumerate(_list_in_notebooks())}
    return dict(
        sorted(
            found.items(),
            key=lambda item: (item[1].lesson, places.get(item[0], len(places)), item[0]),
        )
    )


def _list_files(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yield the file and the lesson of each exercise, sorted."""
    for path in sorted(folder.glob("*.py")):
        if path.name != "__init__.py":
            raise CatalogueError(
                f"{_shorten(path)} belongs to no lesson. An exercise must lie in the folder of "
                f"its lesson: lesson_NN/{path.name}."
            )
    for path in sorted(folder.glob("[!.]*/*.py")):
        number = _FOLDER.fullmatch(path.parent.name)
        if number is None:
            raise CatalogueError(
                f"{_shorten(path)} belongs to no lesson. The folder of a lesson must be called "
                f"lesson_ and two digits, such as lesson_01."
            )
        if path.stem not in ("__init__", *OTHER_MODULES):
            yield path, int(number[1])


def _read(package: str, path: Path, lesson: int) -> Exercise | WrittenAnswer:
    name = path.stem
    if not name.isidentifier():
        raise CatalogueError(
            f"{_shorten(path)} cannot be the file of an exercise: its name must be that of a "
            f"function, with letters, digits and underscores alone."
        )
    try:
        module = importlib.import_module(f"{package}.{path.parent.name}.{name}")
    except Exception as error:
        raise CatalogueError(
            f"{_shorten(path)} cannot be read. {describe_error(error, path)}"
        ) from error
    exercise = getattr(module, "EXERCISE", None)
    if isinstance(exercise, WrittenAnswer):
        return replace(exercise, name=name, lesson=lesson)
    if not isinstance(exercise, Exercise):
        raise CatalogueError(
            f"{_shorten(path)} defines no exercise. It must have EXERCISE = Exercise(...); what "
            f"several exercises of a lesson share belongs in common.py beside them."
        )
    if exercise.name != name:
        raise CatalogueError(
            f"{_shorten(path)} defines the exercise {exercise.name}. A file must have the name of "
            f"its reference: call the file {exercise.name}.py, or the reference {name}."
        )
    return replace(exercise, lesson=lesson)


def describe_error(error: Exception, path: Path) -> str:
    """Say what was raised, and in which line of a file.

    Parameters
    ----------
    error : Exception
        What was raised.
    path : Path
        The file whose author reads this.

    Returns
    -------
    str
        The error, with the line if one of this file took part.
    """
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    if isinstance(error, SyntaxError):  # which names its own line
        return said
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == path
    ]
    return f"{said} (line {lines[-1]})" if lines else said


def _shorten(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _list_in_notebooks() -> list[str]:
    """Return the names of exercises in the order in which the lessons ask for them."""
    try:
        paths = sorted(lessons_folder().glob(LESSONS))
    except CourseError:
        return []
    texts = (path.read_text(encoding="utf-8") for path in paths)
    return list(dict.fromkeys(name for text in texts for name in _GRADE_ID.findall(text)))


# Whatever can earn points.
ALL_EXERCISES = find_exercises()
EXERCISES = {name: one for name, one in ALL_EXERCISES.items() if isinstance(one, Exercise)}
# Questions that are answered in words.
WRITTEN = {name: one for name, one in ALL_EXERCISES.items() if isinstance(one, WrittenAnswer)}
