"""Build JupyterLite with the lessons, gradlab and what it needs."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.site.lessons import copy_lessons, read_marks
from tools.site.pyodide import copy_pyodide

# These come from Pyodide; everything else that gradlab needs comes as a wheel with the page.
PACKAGES = ["numpy", "matplotlib", "packaging"]
_KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
# The path from the kernel's worker to the page's root, wherever the page is served.
_ROOT = "../../../.."
# Where gradlab's wheel is on the page.
_OWN = "gradlab"


def build_page(
    lessons: Path,
    wheels: list[Path],
    output: Path,
    *,
    pyodide: Path | None = None,
    book: str | None = None,
) -> None:
    """Build the page.

    Parameters
    ----------
    lessons : Path
        The folder with the learner's edition of the lessons.
    wheels : list of Path
        gradlab's wheel and the others that the page brings; they are loaded before the first cell
        runs. The extension that draws explorers and predictions comes from gradlab's.
    output : Path
        Where the page goes. Anything already there is replaced.
    pyodide : Path, optional
        The folder of a Pyodide distribution. Without it, the page takes Pyodide from its usual
        public address.
    book : str, optional
        Where the book is, relative to the page. Without it, no button leads there.

    Raises
    ------
    ValueError
        If there are no lessons or no wheel of gradlab, or the Pyodide does not fit.
    RuntimeError
        If JupyterLite cannot be built.
    """
    shutil.rmtree(output, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        contents = project / "contents"
        marks = read_marks(copy_lessons(lessons, contents))
        if pyodide is not None:
            copy_pyodide(pyodide, project / "static" / "pyodide", PACKAGES)
        addresses = [copy_wheel(wheel, project) for wheel in wheels]
        _write_json(project / "jupyter-lite.json", make_configuration(addresses, marks, book))
        _write_json(project / "jupyter_lite_config.json", _make_build_configuration(addresses))
        shutil.copyfile(Path(__file__).with_name("overrides.json"), project / "overrides.json")
        _run_jupyterlite(project, contents, output.resolve())
        shutil.copytree(project / _OWN, output / _OWN)


def copy_wheel(wheel: Path, project: Path) -> str:
    """Copy a wheel to where it is served.

    gradlab's has the same name in many builds, with other contents. A browser that keeps files
    would run a new lesson on an old gradlab, if its address did not change too.

    Parameters
    ----------
    wheel : Path
        The wheel.
    project : Path
        The folder that stands for the page's root.

    Returns
    -------
    str
        The address of the copy below the page's root.
    """
    folder = "pypi"
    if wheel.name.startswith("gradlab_course-"):
        folder = f"{_OWN}/{hashlib.sha256(wheel.read_bytes()).hexdigest()[:8]}"
    (project / folder).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(wheel, project / folder / wheel.name)
    return f"{folder}/{wheel.name}"


def _run_jupyterlite(project: Path, contents: Path, output: Path) -> None:
    command = [
        *(sys.executable, "-m", "jupyterlite_core.app", "build", "--no-sourcemaps"),
        *("--apps", "notebooks", "--apps", "tree", "--apps", "edit"),
        *("--contents", str(contents), "--output-dir", str(output)),
    ]
    # Its output is long even when all is well, so it is printed only on failure.
    ran = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if ran.returncode:
        print(ran.stdout, ran.stderr, sep="\n", file=sys.stderr)
        raise RuntimeError("JupyterLite could not be built, see above")


def _make_build_configuration(wheels: list[str]) -> dict[str, Any]:
    extensions = [address for address in wheels if address.startswith(f"{_OWN}/")]
    if not extensions:
        raise ValueError("there is no wheel of gradlab among the wheels; make site builds it")
    return {"LiteBuildConfig": {"federated_extensions": extensions}}


def make_configuration(
    wheels: list[str], marks: dict[str, Any], book: str | None = None
) -> dict[str, Any]:
    """Return JupyterLite's settings.

    Parameters
    ----------
    wheels : list of str
        The addresses, below the page's root, of the wheels to load before the first cell runs.
    marks : dict
        The mark of each lesson by its name. The page compares them with those of saved notebooks.
    book : str, optional
        Where the book is, relative to the page.

    Returns
    -------
    dict
        What ``jupyter-lite.json`` holds.

    Examples
    --------
    >>> from tools.site.page import make_configuration
    >>> make_configuration([], {})["jupyter-config-data"]["appName"]
    'Gradient checking'
    """
    kernel = {
        # No public index is searched, whatever a cell imports or installs.
        "disablePyPIFallback": True,
        "loadPyodideOptions": {
            "packages": [*PACKAGES, *(f"{_ROOT}/{address}" for address in sorted(wheels))]
        },
    }
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "Gradient checking",
            "appUrl": "./tree",
            # A file that was never saved has no checkpoints.
            "disabledExtensions": ["@jupyter-notebook/notebook-extension:checkpoints"],
            "litePluginSettings": {_KERNEL: kernel},
            # What the course's own extension reads.
            "gradlabLessons": marks,
            **({} if book is None else {"gradlabBook": book}),
        },
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
