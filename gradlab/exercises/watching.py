"""Which of gradlab's own functions an answer calls that it should have written itself."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Exercise

_BY_THE_WAY = sys.stdlib_module_names | {"numpy"}


def watch_calls(
    answer: Callable[..., Any], exercise: Exercise, borrowed: set[str]
) -> Callable[..., Any]:
    """Wrap an answer so that the functions of gradlab's own that it calls are noted."""
    references = {other.reference.__code__ for other in EXERCISES.values()}

    def watch(frame: types.FrameType, event: str, argument: object) -> None:
        code, module = frame.f_code, str(frame.f_globals.get("__name__"))
        # A module of gradlab's may be imported here, when its name is first used.
        if event != "call" or code.co_name == "<module>":
            return
        # What an answer may use calls others in turn; that is not the answer's doing.
        caller = _caller(frame)
        inside = caller.startswith("gradlab.") and caller != __name__
        numerics = module.startswith("gradlab.") and not module.startswith("gradlab.exercises")
        # A function, or a method of a class, such as that of a report.
        allowed = code.co_qualname.partition(".")[0] in exercise.may_use
        withheld = exercise.withheld.get(f"{module}.{code.co_qualname}")
        if withheld or (numerics and not inside and not allowed) or code in references:
            borrowed.add(withheld or code.co_name)

    def call(*arguments: Any) -> Any:
        before = sys.getprofile()
        sys.setprofile(watch)
        try:
            return answer(*arguments)
        finally:
            sys.setprofile(before)

    return call


def _caller(frame: types.FrameType) -> str:
    """Return the name of the module that called, be it by way of Python's library or NumPy."""
    back = frame.f_back
    while back is not None:
        name = str(back.f_globals.get("__name__"))
        if name.partition(".")[0] not in _BY_THE_WAY:
            return name
        back = back.f_back
    return ""


def describe_borrowed(exercise: Exercise, names: set[str]) -> str:
    allowed = ", ".join(sorted(exercise.may_use)) or "nothing"
    return (
        f"this is gradlab's own code: your function calls {', '.join(sorted(names))}. Write this "
        f"yourself: it is the exercise. (Of gradlab's functions you may use: {allowed}.)"
    )
