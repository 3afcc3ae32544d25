"""A Pyodide in a folder, to be served beside the page in place of its public address."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

# Of the Pyodide that the kernel was made for; its packages fit no other.
VERSION = "0.27."
_CORE = (
    "pyodide.js",
    "pyodide.mjs",
    "pyodide.asm.js",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
# What the kernel asks for at its start, besides its own wheels.
_KERNEL = ("ipython", "jedi", "micropip", "packaging", "sqlite3", "ssl")


def copy_pyodide(source: Path, target: Path, packages: list[str]) -> None:
    """Copy what the page needs of a Pyodide: its core, some packages and what these need.

    Parameters
    ----------
    source : Path
        The folder of an unpacked Pyodide distribution.
    target : Path
        Where the files go; it is made if it does not exist.
    packages : list of str
        The packages beside those of the kernel, such as ``"numpy"``.

    Raises
    ------
    ValueError
        If the folder is not a Pyodide of the right version, or a file is missing or damaged.
    """
    lock = _read_lock(source)
    wanted = [lock["packages"][name] for name in _with_dependencies(lock, [*_KERNEL, *packages])]
    names = [*_CORE, *(package["file_name"] for package in wanted)]
    missing = [name for name in names if not (source / name).is_file()]
    if missing:
        raise ValueError(
            f"PYODIDE={source} lacks {', '.join(missing)}. The full distribution has them all: "
            "pyodide-0.27.7.tar.bz2, not pyodide-core"
        )
    damaged = [p["file_name"] for p in wanted if _digest(source / p["file_name"]) != p["sha256"]]
    if damaged:
        raise ValueError(
            f"PYODIDE={source}: {', '.join(damaged)} is not the file that its pyodide-lock.json "
            "names; unpack the distribution again"
        )
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(source / name, target / name)


def _read_lock(source: Path) -> dict[str, Any]:
    path = source / "pyodide-lock.json"
    if not path.is_file():
        raise ValueError(
            f"PYODIDE={source} has no pyodide-lock.json; it must be the folder of an unpacked "
            "Pyodide distribution, the one with pyodide.js"
        )
    lock: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    version = lock["info"]["version"]
    if not version.startswith(VERSION):
        raise ValueError(
            f"PYODIDE={source} is Pyodide {version}, but the page needs {VERSION}x, which its "
            "kernel was made for"
        )
    return lock


def _with_dependencies(lock: dict[str, Any], names: list[str]) -> list[str]:
    found: set[str] = set()
    left = list(names)
    while left:
        # Some dependencies are written with an underscore.
        name = left.pop().lower().replace("_", "-")
        if name not in found:
            found.add(name)
            left += lock["packages"][name]["depends"]
    return sorted(found)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
