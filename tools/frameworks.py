"""Set up the environment in which ``make test-frameworks`` tests what needs PyTorch or JAX.

``python -m tools.frameworks .venv-frameworks`` installs JAX there, and PyTorch if pip finds one
for the CPU alone. One for GPUs brings several gigabytes of libraries; it is never fetched, and
what is left out is said. The other packages have the versions of the environment that runs this.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

# What gradlab needs to check a gradient, what its tests need, and JAX, whose builds for the CPU
# are the default everywhere.
PACKAGES = (
    "numpy",
    "lazy-loader",
    "packaging",
    "tqdm",
    "pytest",
    "pytest-xdist",
    "hypothesis",
    "mpmath",
)
JAX = "jax==0.10.2"
TORCH = "torch==2.13.0"
# The libraries for GPUs that a build of PyTorch asks for.
_GPU = re.compile(r"nvidia-|cuda-|triton|pytorch-triton|rocm|intel-")


def list_for_gpus(report: dict[str, Any]) -> list[str]:
    """Return the packages for GPUs among those that pip's report of a dry run would install."""
    names = [item["metadata"]["name"] for item in report["install"]]
    return sorted(name for name in names if _GPU.match(name.casefold()))


def main(folder: str) -> None:
    """Make the environment in a folder."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    python = Path(folder).absolute() / ("Scripts" if os.name == "nt" else "bin") / "python"
    _install(python, *(f"{name}=={version(name)}" for name in PACKAGES))
    print(_add(python, "JAX", os.environ.get("JAX") or JAX))
    print(_add(python, "PyTorch", os.environ.get("TORCH") or TORCH))


def _add(python: Path, name: str, requirement: str) -> str:
    """Install a framework if that fetches nothing for GPUs, and return a sentence about it."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        tried = _pip(python, "--dry-run", "--report", str(report), requirement)
        if tried.returncode != 0:
            reason = (tried.stderr.strip().splitlines() or ["pip failed"])[-1]
            return f"{name} is left out: {requirement} is not to be had here ({reason})."
        for_gpus = list_for_gpus(json.loads(report.read_text(encoding="utf-8")))
    if for_gpus:
        return (
            f"{name} is left out: {requirement} would bring {len(for_gpus)} packages for GPUs, "
            f"{for_gpus[0]} the first of them."
        )
    _install(python, requirement)
    return f"{name} is installed: {requirement}."


def _install(python: Path, *requirements: str) -> None:
    done = _pip(python, *requirements)
    if done.returncode != 0:
        sys.exit(done.stderr)


def _pip(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main(sys.argv[1])
