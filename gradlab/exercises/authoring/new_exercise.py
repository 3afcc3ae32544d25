"""The command ``gradlab exercise new``: a new exercise, laid out from a template."""

from __future__ import annotations

import builtins
import keyword
import re
from pathlib import Path

from gradlab.exercises.catalogue import OTHER_MODULES
from gradlab.support.errors import GradlabError
from gradlab.support.files import write_whole

CHECKOUT = Path(__file__).parents[3]
_TEMPLATE = Path(__file__).with_name("template.py")
_LESSONS = Path("gradlab", "exercises", "lessons")
_SOURCES = Path("notebooks", "source")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# What a name would hide, in the answer's own cell or in this room.
_RESERVED = {*OTHER_MODULES, "template", "gradlab", "np", *dir(builtins)}


class AuthoringError(GradlabError):
    """Why no exercise was laid out, with what to do, in sentences for its author."""


def lay_out(lesson: int, name: str, checkout: Path | None = None) -> str:
    """Write the file of a new exercise: a small one that works, to be replaced part by part.

    Parameters
    ----------
    lesson : int
        The number of its lesson, or the next number for a new lesson.
    name : str
        The name of the function that the learner will write.
    checkout : Path, optional
        The clone of the repository; that of this package if left out.

    Returns
    -------
    str
        What was written and what to do next.

    Raises
    ------
    AuthoringError
        If there is no clone, no such lesson, or the name is taken or unfit for a function.
    """
    checkout = checkout or CHECKOUT
    sources = _find_sources(checkout)
    if not 0 <= lesson <= len(sources):
        raise AuthoringError(
            f"There is no lesson {lesson}; give a number from 0 to {len(sources) - 1}, or "
            f"{len(sources)} for a new lesson."
        )
    _refuse_unfit(name)
    folder = checkout / _LESSONS
    taken = min(folder.glob(f"lesson_*/{name}.py"), default=None)
    if taken is not None:
        raise AuthoringError(
            f"There is an exercise {name} already: {taken.relative_to(checkout).as_posix()}. "
            "Names must differ across all lessons; nothing was written. Move the file to give the "
            "exercise to another lesson, or delete it to begin again."
        )
    path = folder / f"lesson_{lesson:02}" / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    package = path.with_name("__init__.py")
    if not package.exists():
        write_whole(package, f'"""The exercises of lesson {lesson}."""\n'.encode())
    template = _TEMPLATE.read_text(encoding="utf-8")
    text = re.sub(r"\btemplate\b", name, template).replace("of lesson 0.", f"of lesson {lesson}.")
    write_whole(path, text.encode())
    source = sources[lesson] if lesson < len(sources) else f"{lesson:02}_NAME.py, a new lesson"
    return _NEXT.format(
        path=path.relative_to(checkout).as_posix(),
        source=f"{_SOURCES.as_posix()}/{source}",
        name=name,
    )


def _find_sources(checkout: Path) -> list[str]:
    """Return the names of the lessons' sources, by number."""
    names = sorted(path.name for path in (checkout / _SOURCES).glob("[0-9][0-9]_*.py"))
    if not names:
        raise AuthoringError(
            "To lay out an exercise, gradlab needs a clone of the repository, because the sources "
            f"of the lessons are not in the installed package: there is no {_SOURCES.as_posix()} "
            f"in {checkout}. In a clone, type .venv/bin/gradlab."
        )
    return names


def _refuse_unfit(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise AuthoringError(
            f"{name!r} cannot be the name of an exercise; it must be that of a function: small "
            "letters, digits and underscores, beginning with a letter, such as mean_slope."
        )
    if keyword.iskeyword(name) or name in _RESERVED or name.startswith("grade_"):
        raise AuthoringError(
            f"{name} cannot be the name of an exercise, because it means something else already; "
            "choose another."
        )


_NEXT = """\
Wrote {path}, a small exercise that works: it asks for a square.
Replace it part by part; docs/writing_exercises.md says what each part is for.

Put its two cells into {source}, below the text that asks for it:

# %% exercise="{name}"

# %% grade="{name}"

See what learners will read if they give the wrong answers you listed:

    .venv/bin/gradlab exercise try {name}

Build the lessons and the tables, then run the tests:

    make notebooks
    .venv/bin/python -m pytest tests/exercises -k {name}
    make test"""
