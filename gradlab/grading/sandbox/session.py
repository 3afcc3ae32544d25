"""One answer in the sandbox: its code is run, and called with what the grader sends.

Nothing in this process is trusted: it runs a learner's code, and whatever it says is taken by the
grader for what a learner may have said.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import inspect
import linecache
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from gradlab.exercises.marking.random_state import RandomWatch, draw_seeds, seed_random_state
from gradlab.grading.sandbox.borrowing import Package, find_sought, make_importer
from gradlab.grading.sandbox.cells import Cells, FailedStatement, Shell, prepare_drawing
from gradlab.grading.sandbox.wire import Channel, TooLargeError, decode, encode

_LONGEST_TEXT = 500
_CELL = "<answer>"
_OTHER_CELL = "<cell {}>"
_MOST_FAILED = 10


class _UnfitError(TypeError):
    """The cell defines no function that can be called as the exercise asks."""


class Session:
    """One answer: defined, then called with what the grader sends."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._turn = threading.Lock()
        self._borrowed: set[str] = set()
        self._sought: set[str] = set()
        self.watch = RandomWatch()
        self._failed: list[dict[str, Any]] = []

    def run(self) -> None:
        """Serve the grader until it hangs up."""
        try:
            function = self._define(self._channel.receive())
        except _UnfitError as error:
            self._say({**_tell_raised(error), "unfit": str(error), "failed": self._failed})
            return
        except BaseException as error:
            self._say({**_tell_raised(error), "failed": self._failed})
            return
        # What a demonstration beside the answer called is not the answer's doing.
        self._borrowed.clear()
        self._say({"is": "ready", "failed": self._failed})
        arguments: list[Any] = []
        got: Any = None
        while True:
            order = self._channel.receive()
            self._sought.clear()
            try:
                if order["do"] == "spoil":
                    _spoil(arguments)
                else:
                    arguments = decode(order["arguments"], self._make_proxy)
                    self.watch = RandomWatch()
                    got = function(*arguments)
                    self.watch.look_at_end()
                after = encode(arguments, _export)
                message = {
                    "is": "returned",
                    "value": encode(got, _export),
                    "after": after,
                    "touched": self.watch.is_touched,
                }
            except BaseException as error:
                sought = sorted(self._sought | find_sought(error))
                message = {**_tell_raised(error), "sought": sought}
            try:
                self._say(message)
            except TooLargeError as error:
                self._say(_tell_raised(error))

    def use(self, order: dict[str, Any], arguments: tuple[Any, ...], keywords: Any) -> Any:
        """Have the grader call one of its own functions."""
        sent = {"arguments": encode(arguments, _export), "keywords": encode(keywords, _export)}
        with self._turn:
            self._channel.send({"is": "use", **order, **sent})
            reply = self._channel.receive()
        for place, after in reply["changed"]:
            given = arguments[place] if isinstance(place, int) else keywords[place]
            given[...] = decode(after)
        if "error" in reply:
            raise getattr(builtins, reply["error"], Exception)(reply["said"])
        return decode(reply["value"], self._make_proxy)

    def _define(self, order: dict[str, Any]) -> Callable[..., Any]:
        """Run what the answer needs of its notebook, then its cell; return the function."""
        seed_random_state(order["seed"], order["seed"])
        warnings.simplefilter("ignore")
        package = Package(order["gradlab"], self._borrowed, self._sought)
        sys.path.append("")  # a notebook may write a module
        namespace = _make_namespace(package)
        prepare_drawing(order["fonts"])
        cells = Cells(namespace)
        names = [_OTHER_CELL.format(number) for number in range(len(order["setup"]))] + [_CELL]
        for name, text in zip(names, [*order["setup"], order["source"]], strict=True):
            cells.run(text, name)
        cells.run_again()
        self._failed = [_tell(failed, names) for failed in cells.failed[:_MOST_FAILED]]
        own = [failed.error for failed in cells.failed if failed.cell == _CELL]
        if order["name"] not in namespace and own:
            raise own[0]
        function: Callable[..., Any] | None = namespace.get(order["name"])
        if not callable(function):
            raise _UnfitError("undefined")
        with contextlib.suppress(ValueError):  # some built-in functions do not tell
            try:
                inspect.signature(function).bind(*order["parameters"])
            except TypeError as error:
                raise _UnfitError("arguments") from error
        return function

    def _say(self, message: dict[str, Any]) -> None:
        self._channel.send({**message, "borrowed": sorted(self._borrowed)})

    def _make_proxy(self, sent: dict[str, Any]) -> Any:
        return (_Network if sent["type"] == "network" else _Function)(self, sent)


def _make_namespace(package: Package) -> dict[str, Any]:
    """Return what cells begin with: the names of the main module, as in a notebook.

    Where a class is at home is looked up among the modules: by pickle, and for the annotations of
    a dataclass if they are texts.
    """
    main = sys.modules["__main__"] = ModuleType("__main__")
    namespace = vars(main)
    namespace["__builtins__"] = vars(builtins) | {"__import__": make_importer(package)}
    # Notebooks have it, and an answer may show something on its way.
    namespace["display"] = lambda *shown, **options: None
    namespace["get_ipython"] = Shell
    return namespace


class _Proxy:
    """Something of the grader's that an answer was given."""

    def __init__(self, session: Session, sent: dict[str, Any]) -> None:
        self._session = session
        self._number = sent["number"]

    def __repr__(self) -> str:
        return type(self).__name__.strip("_").lower()


class _Function(_Proxy):
    def __init__(self, session: Session, sent: dict[str, Any]) -> None:
        super().__init__(session, sent)
        self.__name__ = self.__qualname__ = repr(self)
        self._draws_globally = sent["random"]

    def __deepcopy__(self, memo: Any) -> _Function:
        return self

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        order = {"number": self._number}
        if not self._draws_globally:
            return self._session.use(order, arguments, keywords)

        def draw() -> Any:
            # Who seeds the global random numbers means those that this function draws. So the
            # grader begins its own with what is drawn from these.
            return self._session.use({**order, "seeds": draw_seeds()}, arguments, keywords)

        return self._session.watch.let_draw(draw)()


class _Network(_Proxy):
    """A network under suspicion: its parameters and batch are here, its methods are not."""

    def __init__(self, session: Session, sent: dict[str, Any]) -> None:
        super().__init__(session, sent)
        self.params, self.X, self.Y = (decode(sent[key]) for key in ("params", "X", "Y"))

    def __deepcopy__(self, memo: Any) -> _Network:
        twin = copy.copy(self)
        twin.params, twin.X, twin.Y = copy.deepcopy((self.params, self.X, self.Y), memo)
        return twin

    def loss(self, X: Any, Y: Any) -> Any:
        return self._use("loss", X, Y)

    def gradients(self, X: Any, Y: Any) -> Any:
        return self._use("gradients", X, Y)

    def _use(self, method: str, X: Any, Y: Any) -> Any:
        order = {"number": self._number, "method": method, "params": encode(self.params)}
        return self._session.use(order, (X, Y), {})


def _export(value: Any) -> dict[str, Any] | None:
    return {"type": "proxy", "number": value._number} if isinstance(value, _Proxy) else None


def _spoil(value: Any) -> None:
    """Change every number in the arrays of a value, in place."""
    if isinstance(value, np.ndarray) and value.dtype.kind != "U" and value.flags.writeable:
        # Other bits, so that NaN and what is too large for + 1 change too.
        other = bytes(byte ^ 1 for byte in value.tobytes())
        value[...] = np.frombuffer(other, value.dtype).reshape(value.shape)
    if isinstance(value, list | tuple):
        for part in value:
            _spoil(part)


def _tell(failed: FailedStatement, names: list[str]) -> dict[str, Any]:
    """Say which statement of which cell failed, and how."""
    said = _tell_raised(failed.error)
    line = linecache.getline(failed.cell, failed.statement.lineno).strip()[:_LONGEST_TEXT]
    return {**said, "place": names.index(failed.cell), "line": line or said["line"]}


def _tell_raised(error: BaseException) -> dict[str, Any]:
    """Say what an answer raised, and in which of its lines."""
    name = type(error).__name__
    try:
        said = f"raised {name}: {error}".rstrip(": ")[:_LONGEST_TEXT]
    except BaseException:
        said = "raised an error that cannot be shown"
    line = ""
    with contextlib.suppress(BaseException):
        own = [f for f in traceback.extract_tb(error.__traceback__) if _is_cell(f.filename)]
        at = error.text if isinstance(error, SyntaxError) and _is_cell(error.filename) else None
        line = (own[-1].line if own else at) or ""
    return {
        "is": "raised",
        "kind": name,
        "index": isinstance(error, IndexError),
        "stub": isinstance(error, NotImplementedError),
        "said": said,
        "line": line.strip()[:_LONGEST_TEXT],
        "name": _get_missing_name(error),
    }


def _is_cell(file: str | None) -> bool:
    return str(file).startswith((_CELL, _OTHER_CELL.partition("{")[0]))


def _get_missing_name(error: BaseException) -> str:
    """Return what was not found, if an error says that a name or a module was not."""
    try:
        if isinstance(error, NameError | ModuleNotFoundError):
            return str(error.name)[:_LONGEST_TEXT]
    except BaseException:
        return ""
    return ""
