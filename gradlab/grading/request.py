"""What a teacher asked for, and how to type it again."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gradlab.grading.output_paths import Outputs
from gradlab.support.errors import GradlabError


@dataclass(frozen=True)
class Request:
    """What a teacher asked for; the fields are the options of ``gradlab grade``.

    Attributes
    ----------
    typed : sequence of str
        The arguments of ``gradlab`` as they were typed, to say how to go on.
    """

    submissions: Sequence[Path]
    output: Path
    lessons: tuple[int, ...]
    roster: Path | None
    layout: str | None
    manual: Path | None
    written: Path | None
    anonymous: bool
    feedback: Path | None
    gradebook: Path | None
    column: str | None
    class_page: Path | None
    answers: Path | None
    json: Path | None
    seed: int | None
    jobs: int | None
    timeout: int
    dask: str | None
    without_isolation: bool
    resume: bool
    typed: Sequence[str]

    @property
    def outputs(self) -> Outputs:
        """Where everything goes."""
        return Outputs(
            grades=self.output,
            json=self.json,
            feedback=self.feedback,
            gradebook=self.gradebook,
            written=self.written,
            class_page=self.class_page,
            answers=self.answers,
            manual=self.manual,
            roster=self.roster,
            anonymous=self.anonymous,
        )


class RequestError(GradlabError):
    """What cannot be done, with what to do, in sentences for the teacher."""


def make_command_without(request: Request, option: str) -> str:
    """Return what was typed without an option and its value.

    Parameters
    ----------
    request : Request
        What was asked.
    option : str
        The option, such as ``--layout``.

    Returns
    -------
    str
        A command for a shell.
    """
    kept, words = [], iter(request.typed)
    for word in words:
        if word == option:
            next(words, None)
        elif not word.startswith(f"{option}="):
            kept.append(word)
    return shlex.join([*_find_program(), *kept])


def quote_column(title: str) -> str:
    """Return the option that names a column of a gradebook, for a shell.

    Parameters
    ----------
    title : str
        How the column is headed.

    Returns
    -------
    str
        The option and its value.

    Examples
    --------
    >>> from gradlab.grading.request import quote_column
    >>> quote_column("Lesson 4"), quote_column("-4-")
    ("--column 'Lesson 4'", '--column=-4-')
    """
    # A name that begins with a dash would be taken for an option.
    return shlex.join([f"--column={title}"] if title.startswith("-") else ["--column", title])


def make_resuming_command(request: Request) -> str:
    """Return the command that goes on with a run.

    Parameters
    ----------
    request : Request
        What was asked.

    Returns
    -------
    str
        A command for a shell.
    """
    command, *options = request.typed
    again = options if request.resume else ["--resume", *options]
    return shlex.join([*_find_program(), command, *again])


def _find_program() -> list[str]:
    typed = Path(sys.argv[0])
    found = shutil.which("gradlab")
    if typed.name != "gradlab":
        # Not with what lies in the folder that one is in.
        return [sys.executable, "-P", "-m", "gradlab.cli"]
    return ["gradlab"] if found and Path(found).absolute() == typed.absolute() else [str(typed)]
