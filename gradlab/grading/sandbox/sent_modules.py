"""Modules that are sent as text: all of gradlab that the process of an answer has.

This text is also what such a process runs first, so it imports nothing but Python's own.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import shutil
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

PACKAGE = "gradlab"


class SentModules(MetaPathFinder, Loader):
    """Imports modules from their texts.

    Parameters
    ----------
    texts : mapping of str to str
        The source of each module. What is a package by their names has no text of its own.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = dict(texts)
        self._packages = {
            name[:end] for name in texts for end, letter in enumerate(name) if letter == "."
        }

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module that was sent; of gradlab there is no other."""
        if self.has(fullname):
            return ModuleSpec(fullname, self, is_package=fullname in self._packages)
        if fullname.partition(".")[0] == PACKAGE:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None

    def has(self, fullname: str) -> bool:
        """Return whether a module was sent."""
        return fullname in self._texts or fullname in self._packages

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python to make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the text of a module."""
        text = self._texts.get(module.__name__, "")
        exec(compile(text, f"<{module.__name__}>", "exec"), module.__dict__)


@cache
def read_texts(*modules: str) -> Mapping[str, str]:
    """Return the source of modules of gradlab, and of all of gradlab that they import.

    Parameters
    ----------
    *modules : str
        Their names. What they import inside a function, or for types alone, is left out.

    Returns
    -------
    mapping
        Name -> source, sorted.

    Examples
    --------
    >>> from gradlab.grading.sandbox.sent_modules import read_texts
    >>> list(read_texts("gradlab.support.progress"))
    ['gradlab.support.progress', 'gradlab.support.shell']
    """
    found: dict[str, str] = {}
    left = list(modules)
    while left:
        name = left.pop()
        if name in found:
            continue
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        found[name] = Path(spec.origin).read_text(encoding="utf-8")
        for statement in ast.parse(found[name]).body:
            imported = statement.module if isinstance(statement, ast.ImportFrom) else None
            if imported and imported.startswith(f"{PACKAGE}."):
                left.append(imported)
    return dict(sorted(found.items()))


def start() -> None:
    """Read over the socket which module is meant and what it needs, and run its `main`.

    At the end the folders are removed that were named on the command line: nobody else does it
    where the grader is gone.
    """
    control = socket.socket(fileno=int(sys.argv[1]))
    try:
        (length,) = struct.unpack(">I", _read_exactly(control, 4))
        sent = json.loads(_read_exactly(control, length))
        sys.path.append(sent["packages"])
        sys.meta_path.insert(0, SentModules(sent["texts"]))
        importlib.import_module(sent["module"]).main(control, sent["settings"])
    finally:
        for folder in sys.argv[2:]:
            shutil.rmtree(folder, ignore_errors=True)


def _read_exactly(connection: socket.socket, count: int) -> bytes:
    parts = b""
    while len(parts) < count:
        part = connection.recv(count - len(parts))
        if not part:
            sys.exit("the grader is gone")
        parts += part
    return parts
