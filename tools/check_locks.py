"""Resolve each lock for every Python and system that the README promises.

``python -m tools.check_locks`` prints a table. It fails if, for one of them, a package of a lock
has no wheel, or no wheel with a locked hash. pip evaluates markers only for its own Python; uv
does so for any. Nothing is installed, and for most wheels only the metadata is fetched.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import NamedTuple

from uv import find_uv_bin

ROOT = Path(__file__).parents[1]
# Before any thread starts: the first call reads sysconfig, which is not safe in two threads.
_UV = find_uv_bin()
LOCKS = ("requirements.lock", "requirements-dev.lock", "tools/site/requirements.lock")
# Linux with glibc 2.28 or newer: Debian 10, Ubuntu 20.04, RHEL 8.
SYSTEMS = {
    "Linux x64": "x86_64-manylinux_2_28",
    "Linux arm64": "aarch64-manylinux_2_28",
    "macOS arm64": "aarch64-apple-darwin",
    "Windows x64": "x86_64-pc-windows-msvc",
}


class Resolution(NamedTuple):
    """The result of resolving a lock for one Python and one system.

    Attributes
    ----------
    packages : int
        How many packages would be installed; 0 if the lock does not resolve.
    reason : str
        Why the lock does not resolve; empty if it does.
    """

    packages: int
    reason: str = ""


def list_supported_pythons() -> list[str]:
    """Return the Python versions in the package's classifiers, such as ``"3.11"``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return re.findall(r":: (3\.\d+)$", "\n".join(project["classifiers"]), re.MULTILINE)


def resolve(lock: Path, python: str, platform: str) -> Resolution:
    """Resolve a lock from wheels alone, with hashes, as if nothing were installed.

    Parameters
    ----------
    lock : Path
    python : str
        A version, such as ``"3.14"``.
    platform : str
        uv's name for a system, such as ``"aarch64-apple-darwin"``.

    Returns
    -------
    Resolution
    """
    with tempfile.TemporaryDirectory() as empty:
        target = ["--target", empty, "--python-version", python, "--python-platform", platform]
        strict = ["--dry-run", "--require-hashes", "--only-binary", ":all:"]
        done = subprocess.run(
            [_UV, "pip", "install", *strict, *target, "-r", str(lock)],
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(r"^Would install (\d+) packages?", done.stderr, re.MULTILINE)
    if done.returncode or found is None:
        return Resolution(0, done.stderr.strip())
    return Resolution(int(found[1]))


def main() -> int:
    """Print a table of all locks; return 0, or 1 if one of them does not resolve."""
    pythons = list_supported_pythons()
    places = list(product(LOCKS, SYSTEMS, pythons))
    with ThreadPoolExecutor(4) as pool:
        resolutions = dict(
            zip(
                places,
                pool.map(lambda p: resolve(ROOT / p[0], p[2], SYSTEMS[p[1]]), places),
                strict=True,
            )
        )
    print(f"{'packages to install':42}" + "".join(f"{python:>7}" for python in pythons))
    for lock, system in product(LOCKS, SYSTEMS):
        row = (resolutions[lock, system, python].packages or "none" for python in pythons)
        print(f"{lock:29}{system:13}" + "".join(f"{entry:>7}" for entry in row))
    failures = {place: found for place, found in resolutions.items() if found.reason}
    for (lock, system, python), found in failures.items():
        print(f"\n{lock} does not resolve for {system}, Python {python}:\n{found.reason}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
