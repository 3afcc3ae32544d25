"""What an answer finds of gradlab: what it may use. The rest can be imported, but not called."""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType
from typing import Any

from gradlab.grading.sandbox.sent_modules import PACKAGE, SentModules


class _BorrowedError(RuntimeError):
    """An answer called what of gradlab it may not use."""


class _Refused:
    """Stands for what of gradlab an answer may not use: it can be imported, but not called."""

    def __init__(self, name: str, package: Package) -> None:
        self._name = name
        self._package = package

    def __getattr__(self, name: str) -> Any:
        # Not there while it is copied either, when it has no package yet.
        if name.startswith("__"):
            raise AttributeError(f"{name} of what is gradlab's own", name=name)
        # It may stand for a module in which something is that may be used.
        return getattr(self._package, name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        self._package.borrowed.add(self._name)
        raise _BorrowedError(f"{self._name} is gradlab's own; write this yourself")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[()]:
        # A class of a demonstration may be derived from one of gradlab's.
        return ()


class Package:
    """What an answer finds under the name of gradlab: what it may use, and nothing else.

    Parameters
    ----------
    sent : mapping
        ``homes``, the module of each name that may be used; ``texts`` and ``missing``, see
        `gradlab.grading.sandbox.sent_parts.Parts`; ``withheld``, see
        `gradlab.exercises.exercise.Exercise`.
    borrowed : set of str
        Gets the names of what is called and may not be used.
    sought : set of str
        Gets the names of what is looked for and may not be used, whether or not it is called.
    """

    def __init__(self, sent: dict[str, Any], borrowed: set[str], sought: set[str]) -> None:
        self._homes = sent["homes"]
        # What a star import takes.
        self.__all__ = sorted(self._homes)
        self.borrowed = borrowed
        self.sought = sought
        # On the way to what may be used.
        self._on_the_way = {part for module in sent["texts"] for part in module.split(".")}
        sys.meta_path.insert(0, _Modules(sent, self))
        # An answer may also import it by importlib, or look it up among the modules.
        vars(sys.modules[PACKAGE])["__getattr__"] = self.__getattr__

    def __getattr__(self, name: str) -> Any:
        if name == "__file__" and not _is_by_the_way():
            self.sought.add(name)
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self._homes:
            self.sought |= {name} - self._on_the_way
            return _Refused(name, self)
        return getattr(importlib.import_module(self._homes[name]), name)


class _Modules(SentModules):
    """The modules of gradlab that an answer can import: with parts that it may use, or empty."""

    def __init__(self, sent: dict[str, Any], package: Package) -> None:
        super().__init__(sent["texts"])
        self._missing = sent["missing"]
        self._withheld = sent["withheld"]
        self._package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module that was sent, or for the answer itself an empty one of any name."""
        ours = fullname.startswith(f"{PACKAGE}.")
        if not ours or self.has(fullname) or _asks_for_itself():
            return super().find_spec(fullname, path, target)
        return ModuleSpec(fullname, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        """Run the text of a module; what it lacks is refused wherever it is looked for."""
        names = vars(module)
        names["__getattr__"] = self._package.__getattr__
        for name in self._missing.get(module.__name__, ()):
            known = self._withheld.get(f"{module.__name__}.{name}", name)
            names[name] = _Refused(known, self._package)
        super().exec_module(module)

    def get_code(self, fullname: str) -> None:
        """Refuse what `runpy` asks for, which runs a module anew."""
        self._package.sought.add(fullname)
        raise ImportError(f"{fullname} is gradlab's own; write this yourself", name=fullname)


def make_importer(package: Package) -> Callable[..., Any]:
    """Return what stands for ``__import__`` in an answer: all of gradlab is one package there."""

    def import_(name: str, *others: Any, **keywords: Any) -> Any:
        if name.partition(".")[0] == PACKAGE:
            return package
        return builtins.__import__(name, *others, **keywords)

    return import_


def find_sought(error: BaseException) -> set[str]:
    """Return which module of gradlab's an answer sought where there is none, by what it raised."""
    sought = error.args[0] if isinstance(error, KeyError) and error.args else None
    is_ours = isinstance(sought, str) and sought.partition(".")[0] == PACKAGE
    return {str(sought)} if is_ours else set()


def _is_by_the_way() -> bool:
    """Return whether Python's inspect asks every module, to find that of something else."""
    return sys._getframe(2).f_code.co_name == "getmodule"


def _asks_for_itself() -> bool:
    """Return whether a module of gradlab's own, not the answer, imports what is looked for."""
    frame: FrameType | None = sys._getframe(2)
    while frame and "importlib" in str(frame.f_globals.get("__name__")):
        frame = frame.f_back
    return frame is not None and str(frame.f_globals.get("__name__")).startswith(f"{PACKAGE}.")
