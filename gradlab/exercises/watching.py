"""Which of gradlab's own functions an answer calls that it should have written itself.

In the learner's own process nothing can be kept from an answer; its calls can only be noticed. Not
noticed are calls of code whose file name was changed, of gradlab's text if it is read and run (it
cannot be told from a published solution that was typed), those under a profiler that is written
in C, in other processes, and in threads that are older than the check. `gradlab grade` runs an
answer where there is nothing to call.
"""

from __future__ import annotations

import _thread
import functools
import os
import sys
import threading
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Exercise
from gradlab.exercises.own_work import INNER, describe_borrowed, join_names

_PACKAGE = str(Path(__file__).parents[1]) + os.sep
_EXERCISES = str(Path(__file__).parent) + os.sep
# Python's library, what is installed beside NumPy, and Python's own importer.
_INSTALLED = (
    str(Path(os.__file__).parent) + os.sep,
    str(Path(np.__file__).parents[1]) + os.sep,
    "<frozen ",
)
# Where the methods are that Python writes for a dataclass.
_GENERATED = "<string>"
# After or in these an answer is not watched; `threading` has its own threads watched.
_HIDES = (sys.setprofile, _thread.start_new_thread)


@dataclass
class Noticed:
    """What an answer did that it may not.

    Attributes
    ----------
    called : set of str
        The functions of gradlab's own that it called.
    hidden_by : set of str
        With what it kept its calls from being noticed.
    """

    called: set[str] = field(default_factory=set)
    hidden_by: set[str] = field(default_factory=set)


def watch_calls(
    answer: Callable[..., Any], exercise: Exercise, noticed: Noticed
) -> Callable[..., Any]:
    """Wrap an answer so that what it calls and may not is noted."""
    withheld = _find_withheld(exercise)
    # The codes of what this call was given, by their ids: to hash a code takes long.
    given: set[int] = set()

    def watch(frame: types.FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event == "call":
            # A module may be imported here, when a name of it is first used.
            if not code.co_filename.startswith(_PACKAGE) or code.co_name == "<module>":
                return
            known = withheld.get((code.co_filename, code.co_qualname))
            if known or not (_is_inside(frame) or id(code) in given or _may_use(exercise, code)):
                noticed.called.add(known or _name(code))
        elif event == "c_call" and argument in _HIDES and not _is_installed(code.co_filename):
            noticed.hidden_by.add(f"{argument.__module__}.{argument.__name__}")

    def call(*arguments: Any) -> Any:
        before, threads_before = sys.getprofile(), threading.getprofile()
        # What catches the output of an answer is gradlab's too.
        given.clear()
        given.update(map(id, _find_codes((*arguments, sys.stdout))))
        threading.setprofile(watch)
        sys.setprofile(watch)
        try:
            return answer(*arguments)
        finally:
            if threading.getprofile() is not watch:
                noticed.hidden_by.add("threading.setprofile")
            sys.setprofile(None)
            _set_profiler(before)
            threading.setprofile(threads_before)

    return call


def describe_noticed(exercise: Exercise, noticed: Noticed) -> str:
    """Say what an answer did that it may not, and what to do; empty if it did nothing."""
    if noticed.called:
        return describe_borrowed(exercise, noticed.called)
    if noticed.hidden_by:
        return (
            f"Your function calls {join_names(noticed.hidden_by)}, after which a check cannot see "
            "whether it calls gradlab's own code. Do without that."
        )
    return ""


def _find_withheld(exercise: Exercise) -> dict[tuple[str, str], str]:
    """Return what learners call the functions that are withheld, by their files and names."""
    found = {}
    for path, known in exercise.withheld.items():
        module, _, function = path.rpartition(".")
        file = module.partition(".")[2].replace(".", os.sep)
        found[f"{_PACKAGE}{file}.py", function] = known
    return found


def _may_use(exercise: Exercise, code: types.CodeType) -> bool:
    """Whether code is of a function that may be used, or of a class, such as that of a report."""
    known = code.co_qualname.partition(".")[0] in exercise.may_use
    return known and not code.co_filename.startswith(_EXERCISES)


def _is_inside(frame: types.FrameType) -> bool:
    """Whether gradlab made a call, be it by way of what is installed: not the answer's doing."""
    back = frame.f_back
    while back is not None:
        file = back.f_code.co_filename
        if file.startswith(_PACKAGE):
            return file != __file__
        ours = str(back.f_globals.get("__name__")).startswith("gradlab.")
        if not (file.startswith(_INSTALLED) or (file == _GENERATED and ours)):
            return False
        back = back.f_back
    return False


def _is_installed(file: str) -> bool:
    return file.startswith((_PACKAGE, *_INSTALLED))


def _find_codes(values: Any) -> Iterator[types.CodeType]:
    """Yield the code of functions, and of the methods of objects, in what an answer was given."""
    for value in values:
        if isinstance(value, list | tuple):
            yield from _find_codes(value)
        elif isinstance(value, functools.partial):
            yield from _find_codes((value.func,))
        elif isinstance(value, types.FunctionType | types.MethodType):
            yield value.__code__
        elif type(value).__module__.startswith("gradlab."):
            members = [m for kind in type(value).__mro__ for m in vars(kind).values()]
            functions = (m.fget if isinstance(m, property) else m for m in members)
            yield from (f.__code__ for f in functions if isinstance(f, types.FunctionType))


def _name(code: types.CodeType) -> str:
    """Return what a learner knows a function by: of MLP.__init__ that is MLP."""
    name = code.co_qualname.partition(".<locals>")[0].removesuffix(".__init__")
    return INNER if name.startswith(("_", "<")) or name.endswith("__") else name


def _set_profiler(profiler: Any) -> None:
    """Set a profiler as it was; that of cProfile, before Python 3.12, is no function."""
    if profiler is None or callable(profiler):
        sys.setprofile(profiler)
    else:
        profiler.enable()
