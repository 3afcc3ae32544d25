"""Copy a Pyodide from a folder, to serve it with the page in place of its public address."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

# The Pyodide that the kernel was built for; its packages fit no other.
VERSION = "0.27."
_CORE = (
    "pyodide.js",
    "pyodide.mjs",
    "pyodide.asm.js",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
# What the kernel loads at its start, in addition to its own wheels.
_KERNEL = ("ipython", "jedi", "micropip", "packaging", "sqlite3", "ssl")


def copy_pyodide(source: Path, target: Path, packages: list[str]) -> None:
    """Copy what the page needs from a Pyodide: its core, some packages and their dependencies.

    Parameters
    ----------
    source : Path
        The folder of an unpacked Pyodide distribution.
    target : Path
        Where the files go; it is created if it does not exist.
    packages : list of str
        The packages to copy in addition to the kernel's, such as ``"numpy"``.

    Raises
    ------
    ValueError
        If the folder is not a Pyodide of the right version, or a file is missing or damaged.
    """
    lock = _read_lock(source)
    wanted = [lock["packages"][name] for name in _add_dependencies(lock, [*_KERNEL, *packages])]
    names = [*_CORE, *(package["file_name"] for package in wanted)]
    missing = [name for name in names if not (source / name).is_file()]
    if missing:
        raise ValueError(
            f"PYODIDE={source} lacks {', '.join(missing)}. It must be the full distribution, "
            "pyodide-0.27.7.tar.bz2, not pyodide-core"
        )
    damaged = [
        p["file_name"] for p in wanted if _hash_file(source / p["file_name"]) != p["sha256"]
    ]
    if damaged:
        raise ValueError(
            f"PYODIDE={source}: {', '.join(damaged)} is not the file listed in its "
            "pyodide-lock.json; unpack the distribution again"
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
            f"PYODIDE={source} is Pyodide {version}, but the page needs {VERSION}x, the version "
            "that its kernel was built for"
        )
    return lock


def _add_dependencies(lock: dict[str, Any], names: list[str]) -> list[str]:
    found: set[str] = set()
    left = list(names)
    while left:
        # Some dependencies are spelled with an underscore.
        name = left.pop().lower().replace("_", "-")
        if name not in found:
            found.add(name)
            left += lock["packages"][name]["depends"]
    return sorted(found)


def _hash_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
