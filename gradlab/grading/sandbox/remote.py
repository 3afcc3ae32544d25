"""An answer in a sandbox, called from here: arguments go there, what it hands back comes here.

Functions and networks stay here. The answer gets stand-ins, each of whose calls comes back over
the connection. Whatever comes is checked, never executed, and limited in size and time.
"""

from __future__ import annotations

import builtins
import copy
import hashlib
import signal
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import gradlab
from gradlab.bugs.suspects import Suspect
from gradlab.exercises.checking.own_work import INNER
from gradlab.exercises.exercise import Arguments, Exercise
from gradlab.exercises.marking.calling import Call, draws_globally
from gradlab.exercises.marking.random_state import seed_random_state
from gradlab.grading.sandbox.packages import list_fonts
from gradlab.grading.sandbox.process import (
    FILES,
    FOLDER,
    MEMORY,
    PROCESSES,
    Ending,
    Sandbox,
    SandboxError,
)
from gradlab.grading.sandbox.sent_parts import find_parts_for
from gradlab.grading.sandbox.trouble import LONGEST_TEXT, Trouble, read_trouble
from gradlab.grading.sandbox.wire import TooLateError, WireError, decode, encode

# An answer that waits takes no computing time; one that calls functions waits for those.
WALL_PER_CPU = 4
_METHODS = ("loss", "gradients")
_MOST_ERRORS = 20
# What an answer did that took too much of something.
_EXCESSES: dict[str, str] = {
    "memory": f"took more than {MEMORY >> 30} GB of memory, all its processes together",
    "processes": f"started more than {PROCESSES} processes",
    "files": f"made more than {FILES:,} files and folders",
    "bytes": f"filled more than {FOLDER >> 20} MB with files",
}


class StoppedError(Exception):
    """An answer was stopped, or stopped itself."""


class RemoteAnswer:
    """An answer that runs in a sandbox. It never raises because of what the answer does.

    Parameters
    ----------
    sandbox : Sandbox
        Where it runs; nothing else may run there meanwhile.
    exercise : Exercise
        What it answers.
    setup, source : tuple of str, str
        What it needs of its notebook, and its cell.
    seed : int
        What the global random numbers begin with.
    cpu_seconds : int
        The limit of the sandbox; four times as much may pass.

    Attributes
    ----------
    borrowed : set of str
        The functions of gradlab's own that it called without being allowed to.
    sought : set of str
        What it looked for of gradlab's own, and did not find, before it raised something.
    raised : list of (str, str)
        What kinds of errors it raised, no two the same. With the line for what it raised before
        it was called, and at the first call that raised: in which line others did could tell of
        more cases.
    failed : tuple of Trouble
        What failed at the top level of its cell, or of the others, before it was called.
    not_found : set of (str, str)
        The kind of the first error that said that a module or a name was not found, with the name.
    is_defined : bool
        Whether it could be called at all.
    is_out_of_time : bool
        Whether it was stopped because it took more time than it may; known when it has ended.
    was_cut_off : bool
        Whether its process was killed, or the worker is gone, and no limit was the reason: memory
        ran out, or it killed itself; known when it has ended.
    unfit : str
        Why it cannot be called as the exercise asks; empty if it can.

    Raises
    ------
    SandboxError
        If the sandbox is lost.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        exercise: Exercise,
        setup: tuple[str, ...],
        source: str,
        seed: int,
        cpu_seconds: int,
    ) -> None:
        self.borrowed: set[str] = set()
        self.sought: set[str] = set()
        self.raised: list[tuple[str, str]] = []
        self.not_found: set[tuple[str, str]] = set()
        self._sandbox = sandbox
        self._cpu_seconds = cpu_seconds
        self._left = float(WALL_PER_CPU * cpu_seconds)
        self.is_out_of_time = self.was_cut_off = False
        self._stopped = ""
        self._gone = False
        self._given: list[Any] = []
        self._public = {*gradlab.__all__, *exercise.withheld.values()}
        # From the seed itself an answer could draw the cases.
        there = int.from_bytes(hashlib.sha256(f"{exercise.name} {seed}".encode()).digest()[:4])
        seed_random_state(there, there)
        self._texts = (*setup, source)
        self._channel = sandbox.begin()
        reply = self._ask(
            {
                "name": exercise.name,
                "parameters": list(exercise.signature.parameters),
                "setup": setup,
                "source": source,
                "seed": there,
                "gradlab": _choose_parts(exercise),
                "fonts": list_fonts() if any(map(_may_draw, self._texts)) else {},
            }
        )
        # Before a case was sent, so whatever it says tells of none.
        failed = reply.get("failed")
        failed = failed[:_MOST_ERRORS] if isinstance(failed, list) else []
        self.failed = tuple(read_trouble(error, self._texts) for error in failed)
        self.is_defined = reply.get("is") == "ready"
        self._failed = self._make_error(reply) if reply.get("is") == "raised" else None
        self.unfit = _explain_unfit(exercise, reply.get("unfit"))

    def __call__(self, arguments: Arguments) -> Call:
        """Call the answer with copies of these arguments."""
        if self._failed:
            return self._failed
        # What an answer does to a function or a network of one case must not reach another one.
        mine = copy.deepcopy(arguments)
        self._given = []
        sent = encode(list(mine), self._export)
        reply = self._ask({"do": "call", "arguments": sent})
        try:
            if reply.get("is") != "returned":
                return self._make_error(reply)
            got = decode(reply["value"], self._import)
            after = tuple(decode(reply["after"], self._import))
        except (WireError, KeyError, TypeError) as error:
            return self._make_error(self._stop(f"sent something that is no answer ({error})"))
        return Call(
            got,
            after,
            shares_memory=lambda: self._changes_with_arguments(reply["value"]),
            touches_random_state=reply.get("touched") is True and any(map(draws_globally, mine)),
        )

    def end(self) -> str:
        """End the answer; say why it was stopped, if it was."""
        self._channel.close()
        try:
            ending = self._sandbox.end(self._gone)
        except SandboxError:
            self.was_cut_off = not self.is_out_of_time
            return self._stopped or "ended the process that it ran in"
        return _EXCESSES.get(ending.excess) or (self._stopped and self._explain_end(ending))

    def _changes_with_arguments(self, value: Any) -> bool:
        """Have every array of the arguments changed; return whether the result changed too."""
        again = self._ask({"do": "spoil"})
        return bool(again.get("value") != value)

    def _take_names(self, names: Any) -> set[str]:
        """Take names of gradlab's own; one that is not public could tell of a case."""
        names = names if isinstance(names, list) else []
        return {str(name) if str(name) in self._public else INNER for name in names}

    def _make_error(self, reply: dict[str, Any]) -> Call:
        trouble = read_trouble(reply, self._texts)
        if not self._stopped:
            self._note_raised(trouble)
        line = f", in the line “{trouble.line}”" if trouble.line else ""
        said = str(reply.get("said"))[:LONGEST_TEXT] + line
        if reply.get("stub") is True:
            return Call(error=NotImplementedError, said=said)
        index = reply.get("index") is True
        return Call(error=IndexError if index else StoppedError, said=said)

    def _note_raised(self, trouble: Trouble) -> None:
        """Note what a learner may be told of an error.

        An answer can choose what it raises by the case that it was given, and so tell of hidden
        cases. What remains of that is narrow: one line and one name of its own text, and which
        kinds of errors there were, of which few are told. Without these, nobody could see why an
        honest answer fails; and the next run draws other cases, unless it is given the same seed.
        """
        if trouble.name and not self.not_found:
            self.not_found.add((trouble.kind, trouble.name))
        kinds = [kind for kind, _ in self.raised]
        if trouble.kind not in kinds and len(kinds) < _MOST_ERRORS:
            self.raised.append((trouble.kind, "" if kinds else trouble.line))

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Send an order, serve the answer meanwhile, and return its reply."""
        if self._stopped:
            return self._stop(self._stopped)
        start = time.monotonic()
        try:
            self._channel.send(order)
            while True:
                reply = self._channel.receive(start + self._left)
                if not isinstance(reply, dict):
                    raise WireError("no message")
                self.borrowed |= self._take_names(reply.get("borrowed"))
                self.sought |= self._take_names(reply.get("sought"))
                if reply.get("is") != "use":
                    return reply
                self._channel.send(self._serve(reply))
        except TooLateError:
            self.is_out_of_time = True
            return self._stop(f"did not end within {WALL_PER_CPU * self._cpu_seconds} s")
        except (WireError, TypeError, ValueError) as error:
            self._gone = True
            return self._stop(f"spoiled the connection to its process ({error})")
        finally:
            self._left -= time.monotonic() - start

    def _stop(self, why: str) -> dict[str, Any]:
        self._stopped = why
        return {"is": "raised", "kind": "StoppedError", "said": f"was stopped: {why}"}

    def _explain_end(self, ending: Ending) -> str:
        """Say what stopped the answer, now that it is known how its process ended."""
        if ending.signal == signal.SIGXCPU or ending.cpu_seconds >= self._cpu_seconds:
            self.is_out_of_time = True
            return f"took more than {self._cpu_seconds} s of computing time"
        if not self._gone or not ending.by_itself:
            return self._stopped
        if ending.signal == signal.SIGKILL:
            self.was_cut_off = True
            return "was killed, which happens where memory runs out"
        if ending.signal:
            return f"made Python crash (signal {ending.signal})"
        return "ended the process that it ran in"

    def _serve(self, order: dict[str, Any]) -> dict[str, Any]:
        """Call something of ours for the answer; whatever goes wrong is the answer's error."""
        try:
            number = order["number"]
            if not isinstance(number, int) or not 0 <= number < len(self._given):
                raise ValueError("this belongs to an earlier call of your function")
            if isinstance(self._given[number], Suspect):
                return self._use_network(self._given[number], order)
            return self._use_function(self._given[number], order)
        except Exception as error:
            return {**_tell_error(error), "changed": []}

    def _use_network(self, network: Suspect, order: dict[str, Any]) -> dict[str, Any]:
        if order["method"] not in _METHODS:
            raise AttributeError("a network has loss and gradients")
        network.params = decode(order["params"])
        X, Y = decode(order["arguments"])
        return {"value": encode(getattr(network, order["method"])(X, Y)), "changed": []}

    def _use_function(self, function: Callable[..., Any], order: dict[str, Any]) -> dict[str, Any]:
        arguments = decode(order["arguments"], self._import)
        keywords = decode(order["keywords"], self._import)
        passed: dict[int | str, Any] = dict(enumerate(arguments))
        passed.update(keywords)
        before = copy.deepcopy(passed)
        if draws_globally(function):
            seed_random_state(*map(int, order["seeds"]))
        reply: dict[str, Any] = {}
        try:
            reply["value"] = encode(function(*arguments, **keywords), self._export)
        except Exception as error:
            reply = dict(_tell_error(error))
        # A function may have changed an array in place.
        reply["changed"] = [
            [place, encode(value)]
            for place, value in passed.items()
            if _is_changed(value, before[place])
        ]
        return reply

    def _export(self, value: Any) -> dict[str, Any] | None:
        if isinstance(value, Suspect):
            data = {key: encode(getattr(value, key)) for key in ("params", "X", "Y")}
            sent = {"type": "network", **data}
        elif callable(value):
            # Nothing of its name: that says what is right, to people who read a report.
            sent = {"type": "function", "random": draws_globally(value)}
        else:
            return None
        self._given.append(value)
        return {**sent, "number": len(self._given) - 1}

    def _import(self, sent: dict[str, Any]) -> Any:
        if sent["type"] != "proxy":
            raise WireError("no plain data")
        return self._given[int(sent["number"])]


def _choose_parts(exercise: Exercise) -> dict[str, Any]:
    """Return what of gradlab an answer finds where it runs."""
    homes = {
        name: getattr(gradlab, name).__module__
        for name in sorted(exercise.may_use)
        if name in gradlab.__all__
    }
    parts = find_parts_for(
        frozenset((home, name) for name, home in homes.items()), frozenset(exercise.withheld)
    )
    return {
        "homes": homes,
        "texts": parts.texts,
        "missing": parts.missing,
        "withheld": exercise.withheld,
    }


def _may_draw(text: str) -> bool:
    return "matplotlib" in text or "pylab" in text


def _explain_unfit(exercise: Exercise, why: Any) -> str:
    call = f"{exercise.name}({', '.join(exercise.signature.parameters)})"
    if why == "undefined":
        return f"The cell defines no function {call}: keep its first line as it was given out."
    if why == "arguments":
        return f"It cannot be called as {call}: keep its first line as it was given out."
    return ""


def _tell_error(error: Exception) -> dict[str, str]:
    """Return an error as the answer will see it: of one of Python's own kinds."""
    name = type(error).__name__
    known = isinstance(getattr(builtins, name, None), type)
    return {"error": name if known else "Exception", "said": str(error)[:500]}


def _is_changed(after: Any, before: Any) -> bool:
    return isinstance(after, np.ndarray) and not np.array_equal(after, before, equal_nan=True)
