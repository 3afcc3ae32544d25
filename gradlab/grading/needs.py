"""What an answer needed and did not have, in words for its learner and for the teacher.

Nothing of it can tell of a hidden case: it is what failed before one was drawn into the sandbox,
and names that stand in the learner's own text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradlab.grading.intake.answers import Answer
from gradlab.grading.outcome.to_mark import NO_PACKAGE
from gradlab.grading.sandbox.remote import RemoteAnswer
from gradlab.grading.sandbox.trouble import Trouble

_MOST = 3
_NO_MODULE = "ModuleNotFoundError"
_NO_FILES = " Files that lie beside your notebook are not there when it is graded."
_NO_NAME = ("NameError", "UnboundLocalError")


@dataclass(frozen=True)
class Lack:
    """Something that an answer needed and did not have.

    Attributes
    ----------
    hint : str
        A sentence for the learner.
    note : str
        The same for the teacher, to follow the name of the exercise.
    """

    hint: str
    note: str


def find_lacks(answer: Answer, remote: RemoteAnswer) -> list[Lack]:
    """Say what an answer lacked. Only for one that is not right: else it did without.

    Parameters
    ----------
    answer : Answer
        As it was found in the notebook.
    remote : RemoteAnswer
        As it was run.

    Returns
    -------
    list of Lack
        A few at most.
    """
    found = [
        *_find_modules(answer, remote),
        *_find_names(answer, remote),
        *_find_stubs(answer, remote),
        *_find_statements(answer, remote),
    ]
    return found[:_MOST]


def _find_modules(answer: Answer, remote: RemoteAnswer) -> Iterator[Lack]:
    if remote.is_defined and not remote.raised:
        return  # who needs a module that is not there does not get far
    cells = {t.name: t.place for t in remote.failed if t.kind == _NO_MODULE and t.name}
    # Which module failed at a call could tell of the case, so only those that the text imports.
    later = {name for kind, name in remote.not_found if kind == _NO_MODULE}
    later = {name for name in later if name.partition(".")[0] in answer.imports}
    for name in sorted({*cells, *later}):
        where = _name_cell(answer, cells.get(name))
        yield Lack(
            f"Your answer needs {name}, which is not there when it is graded: only your notebook "
            "and the course's packages are. Do without it.",
            f"needs {name}, {NO_PACKAGE}" + (f" ({where})" if where else ""),
        )


def _find_names(answer: Answer, remote: RemoteAnswer) -> Iterator[Lack]:
    raised = {name for kind, name in remote.not_found if kind in _NO_NAME}
    raised |= {trouble.name for trouble in remote.failed if trouble.kind in _NO_NAME}
    for name in sorted(raised.intersection(answer.unbound)):
        yield Lack(
            f"Your answer uses {name}, which no cell of your notebook defines.",
            f"uses {name}, which no cell defines",
        )


def _find_stubs(answer: Answer, remote: RemoteAnswer) -> Iterator[Lack]:
    kinds = {kind for kind, _ in remote.raised} | {trouble.kind for trouble in remote.failed}
    for name in answer.stubs if "NotImplementedError" in kinds else ():
        yield Lack(
            f"Your answer uses {name}, which is still blank.", f"uses {name}, which is blank"
        )


def _find_statements(answer: Answer, remote: RemoteAnswer) -> Iterator[Lack]:
    """Tell of what failed at the top level of a cell, less what follows from it."""
    told = [t for t in remote.failed if t.kind not in (_NO_MODULE, "NotImplementedError")]
    causes = [trouble for trouble in told if trouble.kind not in _NO_NAME]
    for trouble in causes or [trouble for trouble in told if len(remote.failed) == len(told)]:
        if trouble.place == len(answer.setup) and not remote.is_defined:
            continue  # told as what the answer raised
        if trouble.name in answer.unbound:
            continue
        yield _explain_failure(trouble, _name_cell(answer, trouble.place))


def _explain_failure(trouble: Trouble, cell: str) -> Lack:
    line = f"“{trouble.line}”" if trouble.line else "a line"
    where = f" of {cell}" if cell else ""
    if trouble.is_borrowing:
        return Lack(
            f"Your answer needs {line}, which calls gradlab's own code. Write this yourself.",
            f"needs {line}{where}, which calls gradlab's own code",
        )
    return Lack(
        f"Your answer needs {line}, which raised {trouble.kind} before your function was called."
        + (_NO_FILES if trouble.kind == "FileNotFoundError" else ""),
        f"needs {line}{where}, which raised {trouble.kind}",
    )


def _name_cell(answer: Answer, place: int | None) -> str:
    if place is None or place >= len(answer.cells):
        return ""
    return f"cell {answer.cells[place]}"
