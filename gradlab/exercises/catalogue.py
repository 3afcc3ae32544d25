"""Every exercise of the course, found by where it lies: ``lessons/lesson_NN/NAME.py``."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import replace

from gradlab.course.folder import LESSONS, CourseError, lessons_folder
from gradlab.exercises import lessons
from gradlab.exercises.exercise import Exercise, WrittenAnswer

# What else lies in the folder of a lesson.
_OTHERS = ("common", "predictions")
_GRADE_ID = re.compile(r'"grade_id": "(?:grade_)?(\w+)"')


def find_exercises() -> dict[str, Exercise | WrittenAnswer]:
    """Import every exercise.

    Returns
    -------
    dict
        By name: by lesson, in the order of its notebook; what is in no notebook comes last.

    Raises
    ------
    TypeError
        If a file defines no exercise.
    ValueError
        If the name of a file is not that of its exercise, or two files have the same.
    """
    found: dict[str, Exercise | WrittenAnswer] = {}
    for folder in sorted(module.name for module in pkgutil.iter_modules(lessons.__path__)):
        package = importlib.import_module(f"{lessons.__name__}.{folder}")
        names = {module.name for module in pkgutil.iter_modules(package.__path__)} - {*_OTHERS}
        for name in sorted(names):
            exercise = _read(f"{package.__name__}.{name}", int(folder.removeprefix("lesson_")))
            if name in found:
                raise ValueError(
                    f"lessons {found[name].lesson} and {exercise.lesson} both have an exercise "
                    f"{name}; the names of exercises must differ over all lessons"
                )
            found[name] = exercise
    places = {name: place for place, name in enumerate(_list_in_notebooks())}
    return dict(
        sorted(
            found.items(),
            key=lambda item: (item[1].lesson, places.get(item[0], len(places)), item[0]),
        )
    )


def _read(module: str, lesson: int) -> Exercise | WrittenAnswer:
    name = module.rpartition(".")[2]
    exercise = getattr(importlib.import_module(module), "EXERCISE", None)
    if isinstance(exercise, WrittenAnswer):
        return replace(exercise, name=name, lesson=lesson)
    if not isinstance(exercise, Exercise):
        raise TypeError(
            f"{module} defines no exercise; it must have EXERCISE = Exercise(...), or lie "
            f"elsewhere: what several exercises share is in common.py"
        )
    if exercise.name != name:
        raise ValueError(
            f"{module} has the exercise {exercise.name}; the file must be called "
            f"{exercise.name}.py, or its reference {name}"
        )
    return replace(exercise, lesson=lesson)


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
