"""Which cells were run, what became of them, and which of them bound a name.

IPython's events tell it. A front end may leave some out, and need not give cells an id. What a
notebook computes is not kept alive: only names, texts and weak references are.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gradlab.support.shell import running_shell

_LONGEST_ERROR = 200


@dataclass(eq=False)
class Run:
    """One run of a cell.

    Attributes
    ----------
    text : str
        The cell, as it was run.
    number : int, optional
        The number in brackets beside it.
    cell_id : str, optional
        Which cell it is, if the front end says so.
    by_hand : bool
        Whether a person may have run it. A program that runs a whole notebook, each cell once,
        asks the kernel to go on after an error.
    ended : bool
        Whether it is over.
    error : str
        What stopped it, in words; empty if nothing did.
    ran : bool
        Whether any of it ran; nothing does after a syntax error.
    bound : set of str
        The callables that it defined, imported or assigned, by name.
    """

    text: str
    number: int | None = None
    cell_id: str | None = None
    by_hand: bool = True
    ended: bool = False
    error: str = ""
    ran: bool = True
    bound: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Binding:
    """Which run gave a name the callable that it has now.

    Attributes
    ----------
    run : Run, optional
        None if no run did that is known, as before gradlab was imported.
    later : tuple of Run
        The runs since then, the last one first.
    """

    run: Run | None
    later: tuple[Run, ...]


@dataclass(frozen=True)
class _Source:
    """Where what a name has now came from."""

    refer: Callable[[], Any]
    run: Run | None
    # How many runs there had been.
    since: int


class _Recorder:
    """The runs of a shell, noted as its events come."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.runs: list[Run] = []
        self._current: Run | None = None
        self._info: Any = None
        self._sources: dict[str, _Source] = {}
        texts = list(getattr(shell.history_manager, "input_hist_raw", ()))
        # The first is no cell, and the last is the one that is running, if one is.
        running = self._get_running()
        for number, text in enumerate(texts):
            if number and not (running and number == running.execution_count):
                self.runs.append(Run(text, number, ended=True))
        if running and running.info.store_history:
            self._open(running.info)
        self._note_bindings(None)

    def begin(self, info: Any) -> None:
        """Note that a cell begins to run."""
        # A magic such as %%capture runs a part of a cell; that has no number.
        if not info.store_history:
            return
        # In the browser's Python a cell that awaits ends without an event.
        last = self.shell.last_execution_result
        self._close(last if last is not None and last.info is self._info else None)
        self._note_bindings(None)
        self._open(info)

    def end(self, result: Any) -> None:
        """Note what became of a cell; there is no result if it was stopped while it awaited."""
        if result is None and self._current:
            self._current.error = "KeyboardInterrupt"
        if result is None or result.info.store_history:
            self._close(result)

    def find_binding(self, name: str) -> Binding | None:
        """Return which run gave a name what it has now; None if it has no callable."""
        self._note_bindings(self._current)
        running = self._get_running()
        if self._current and running and running.info is self._info:
            self._current.number = running.execution_count
        source = self._sources.get(name)
        if source is None:
            return None
        return Binding(source.run, tuple(reversed(self.runs[source.since :])))

    def _get_running(self) -> Any:
        return getattr(self.shell.displayhook, "exec_result", None)

    def _open(self, info: Any) -> None:
        self._info = info
        cell_id = getattr(info, "cell_id", None)
        by_hand = _stops_on_error(self.shell)
        self._current = Run(info.raw_cell, cell_id=cell_id, by_hand=by_hand)
        self.runs.append(self._current)

    def _close(self, result: Any) -> None:
        run = self._current
        if run is None:
            return
        if result is not None:
            run.number = result.execution_count or run.number
            run.ran = result.error_before_exec is None
            run.error = _describe_error(result.error_before_exec or result.error_in_exec)
        run.ended = True
        self._note_bindings(run)
        self._current = None

    def _note_bindings(self, run: Run | None) -> None:
        """Note which names have something else than before, and that this run did it."""
        now = {
            name: value
            for name, value in dict(self.shell.user_ns).items()
            if callable(value) and isinstance(name, str) and not name.startswith("_")
        }
        for name in self._sources.keys() - now.keys():
            del self._sources[name]
        for name, value in now.items():
            before = self._sources.get(name)
            if before is None or before.refer() is not value:
                self._sources[name] = _Source(_refer(value), run, len(self.runs))
                if run:
                    run.bound.add(name)


_recorders: list[_Recorder] = []


def _find_recorder() -> _Recorder | None:
    shell = running_shell()
    return next((recorder for recorder in _recorders if recorder.shell is shell), None)


def watch_runs() -> None:
    """Note the runs of cells from now on, if IPython runs this code."""
    shell = running_shell()
    if shell is None or _find_recorder():
        return
    recorder = _Recorder(shell)
    shell.events.register("pre_run_cell", recorder.begin)
    shell.events.register("post_run_cell", recorder.end)
    _recorders.append(recorder)


def count_runs() -> int:
    """Return how many cells have been run so far, the one that runs now included.

    Returns
    -------
    int
        0 outside IPython.
    """
    recorder = _find_recorder()
    return len(recorder.runs) if recorder else 0


def list_runs() -> tuple[Run, ...]:
    """Return the runs of cells so far, the last one first.

    Returns
    -------
    tuple of Run
        Of one that ran before gradlab was imported only the text and the number are known.
    """
    recorder = _find_recorder()
    return tuple(reversed(recorder.runs)) if recorder else ()


def find_binding(name: str) -> Binding | None:
    """Find the run that gave a name what it has now.

    Parameters
    ----------
    name : str
        A name of the notebook.

    Returns
    -------
    Binding or None
        None outside IPython, and if the name has nothing that can be called.
    """
    recorder = _find_recorder()
    return recorder.find_binding(name) if recorder else None


def _refer(value: Any) -> Callable[[], Any]:
    """Refer to something weakly; the few things that forbid it live until the next cell ends."""
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: value


def _describe_error(error: BaseException | None) -> str:
    if error is None:
        return ""
    kind = type(error).__name__
    try:
        if isinstance(error, SyntaxError):
            return f"{kind} in line {error.lineno}: {error.msg}"
        said = str(error).strip().partition("\n")[0]
    except Exception:
        return kind
    return f"{kind}: {said}"[:_LONGEST_ERROR] if said else kind


def _stops_on_error(shell: Any) -> bool:
    """Whether the front end wants nothing more to run after an error in the cell that runs now."""
    try:
        return bool(shell.get_parent()["content"].get("stop_on_error", True))
    except Exception:
        return True
