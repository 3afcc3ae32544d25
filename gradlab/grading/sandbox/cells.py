"""Running the cells of a notebook, nearly as IPython does.

What a statement does to the process, or to this module, is no worse than what an answer can do.
"""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

# A cell that was run after one below it may need another round, and so may what needs that.
_ROUNDS = 3


class Shell:
    """Stands for IPython: whatever it is asked for, it does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **keywords: None


@dataclass
class FailedStatement:
    """A statement that raised something.

    Attributes
    ----------
    cell : str
        What its cell is called.
    statement : ast.stmt
        The statement.
    error : BaseException
        What it raised.
    """

    cell: str
    statement: ast.stmt
    error: BaseException


class Cells:
    """Cells that share their names, as those of a notebook do.

    Parameters
    ----------
    namespace : dict
        The names to begin with; each cell may add some.

    Attributes
    ----------
    failed : list of FailedStatement
        What raised something. The rest of its cell was run all the same.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.failed: list[FailedStatement] = []
        self._namespace = namespace
        self._flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

    def run(self, text: str, name: str) -> None:
        """Run the statements of a cell one by one, each for itself.

        Parameters
        ----------
        text : str
            The cell.
        name : str
            What it is called where a line of it is told.
        """
        lines = text.splitlines(keepends=True)
        linecache.cache[name] = (len(text), None, lines, name)  # for the line in an error
        try:
            statements = ast.parse(text, name).body
        except BaseException as error:
            self.failed.append(FailedStatement(name, ast.Pass(lineno=0), error))
            return
        for statement in statements:
            self._run(statement, name)

    def run_again(self) -> None:
        """Run what lacked a name again: another cell, run later, may have bound it."""
        for _ in range(_ROUNDS):
            again = [failed for failed in self.failed if isinstance(failed.error, NameError)]
            self.failed = [failed for failed in self.failed if failed not in again]
            for failed in again:
                self._run(failed.statement, failed.cell)
            if len(again) in (0, sum(isinstance(f.error, NameError) for f in self.failed)):
                return

    def _run(self, statement: ast.stmt, name: str) -> None:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            # From here on in all cells, as in a notebook.
            features = [getattr(__future__, alias.name, None) for alias in statement.names]
            for feature in filter(None, features):
                self._flags |= feature.compiler_flag
        try:
            module = ast.Module([statement], [])
            self._execute(compile(module, name, "exec", self._flags, dont_inherit=True))
        except BaseException as error:
            self.failed.append(FailedStatement(name, statement, error))

    def _execute(self, code: CodeType) -> None:
        if not code.co_flags & inspect.CO_COROUTINE:
            exec(code, self._namespace)
            return
        import asyncio  # which few answers need

        asyncio.run(eval(code, self._namespace))


def prepare_drawing(fonts: Mapping[str, str]) -> None:
    """Have Matplotlib draw without a screen, and spare it the search for fonts.

    Parameters
    ----------
    fonts : mapping of str to str
        Files for its cache, if there are any.
    """
    os.environ["MPLBACKEND"] = "Agg"
    if not fonts:
        return
    folder = os.environ["MPLCONFIGDIR"] = tempfile.mkdtemp(dir=os.getcwd())
    for name, text in fonts.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
