"""Which of gradlab's own functions an answer calls that it should have written itself.

In the learner's own process nothing can be kept from an answer; its calls can only be seen. What
is not seen: code whose file name was changed; gradlab's text, read and run, which cannot be told
from a published solution that was typed; and calls under a profiler written in C, in another
process, or in a thread older than the check. `gradlab grade` runs an answer where there is nothing
to call.
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

from gradlab.exercises.checking.own_work import INNER, describe_borrowed, join_names
from gradlab.exercises.exercise import Exercise

_PACKAGE = str(Path(__file__).parents[2]) + os.sep
_EXERCISES = str(Path(__file__).parents[1]) + os.sep
# Python's library, what is installed beside NumPy, and Python's own importer.
_INSTALLED = (
    str(Path(os.__file__).parent) + os.sep,
    str(Path(np.__file__).parents[1]) + os.sep,
    "<frozen ",
)
# Where the methods are that Python writes for a dataclass.
_GENERATED = "<string>"
# After the first, and in threads that the second starts, nothing is seen; in threads that
# `threading` starts, it is.
_BLINDING = (sys.setprofile, _thread.start_new_thread)


@dataclass
class Violations:
    """What an answer did that it must not.

    Attributes
    ----------
    called : set of str
        The functions of gradlab's own that it called.
    hidden_by : set of str
        The functions by which it kept its calls from being seen.
    """

    called: set[str] = field(default_factory=set)
    hidden_by: set[str] = field(default_factory=set)


def watch_calls(
    answer: Callable[..., Any], exercise: Exercise, violations: Violations
) -> Callable[..., Any]:
    """Wrap an answer so that its calls of gradlab's own code are noted.

    Parameters
    ----------
    answer : callable
        What was answered.
    exercise : Exercise
        What was asked; it says which functions of gradlab may be used.
    violations : Violations
        Where the calls are noted.

    Returns
    -------
    callable
        Calls the answer, and leaves the profilers of Python and of `threading` as they were.

    Examples
    --------
    >>> import gradlab
    >>> from gradlab.exercises.catalogue import EXERCISES
    >>> from gradlab.exercises.checking.watching import Violations, watch_calls
    >>> found = Violations()
    >>> answer = lambda f, x, h: gradlab.central_difference(f, x, h)
    >>> watch_calls(answer, EXERCISES["central_difference"], found)(abs, 2.0, 0.5)
    1.0
    >>> found.called
    {'central_difference'}
    """
    withheld = _find_withheld(exercise)
    # The ids of the codes that this call was given: hashing a code is slow.
    given: set[int] = set()

    def watch(frame: types.FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event == "call":
            # A module may be imported here, when a name of it is first used.
            if not code.co_filename.startswith(_PACKAGE) or code.co_name == "<module>":
                return
            known = withheld.get((code.co_filename, code.co_qualname))
            if known or not (_is_inside(frame) or id(code) in given or _may_use(exercise, code)):
                violations.called.add(known or _name(code))
        elif event == "c_call" and argument in _BLINDING and not _is_installed(code.co_filename):
            violations.hidden_by.add(f"{argument.__module__}.{argument.__name__}")

    def call(*arguments: Any) -> Any:
        before, threads_before = sys.getprofile(), threading.getprofile()
        # The stream that catches what an answer prints is gradlab's, too.
        given.clear()
        given.update(map(id, _find_codes((*arguments, sys.stdout))))
        threading.setprofile(watch)
        sys.setprofile(watch)
        try:
            return answer(*arguments)
        finally:
            if threading.getprofile() is not watch:
                violations.hidden_by.add("threading.setprofile")
            sys.setprofile(None)
            _set_profiler(before)
            threading.setprofile(threads_before)

    return call


def describe_violations(exercise: Exercise, violations: Violations) -> str:
    """Say what an answer did that it must not, and what to do instead.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    violations : Violations
        What the answer did.

    Returns
    -------
    str
        Empty if it did nothing of the kind.
    """
    if violations.called:
        return describe_borrowed(exercise, violations.called)
    if violations.hidden_by:
        return (
            f"Your function calls {join_names(violations.hidden_by)}, after which a check cannot "
            "see whether it calls gradlab's own code. Write it without that."
        )
    return ""


def _find_withheld(exercise: Exercise) -> dict[tuple[str, str], str]:
    """Return the names by which learners know withheld functions, by file and function."""
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
    """Whether gradlab itself made a call, perhaps by way of an installed package."""
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
