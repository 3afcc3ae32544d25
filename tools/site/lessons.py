"""Copy the lessons for the browser, with a note on where the learner's work is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NOTE = """\
**This is the course in your browser: nothing is installed.** The first cell that you run takes
half a minute while Python is fetched; after that, everything works as in JupyterLab.

**Your work is kept in this browser only.** Save it with Ctrl + S (on a Mac, ⌘ S). It is still here
when you come back to this page on this device, unless you clear the browser's data or use a
private window. To get it as a file, or to hand it in, choose **Download**, above. To start over,
choose **File → Open…**, delete the lesson in the list, and reload this page."""


def copy_lessons(source: Path, target: Path) -> list[Path]:
    """Copy the learner's edition of each lesson, with the note for the browser on top.

    Parameters
    ----------
    source : Path
        The folder with the notebooks.
    target : Path
        Where the copies go; it is created if it does not exist.

    Returns
    -------
    list of Path
        The copies.

    Raises
    ------
    ValueError
        If there are no notebooks.
    """
    notebooks = sorted(source.glob("[0-9][0-9]_*.ipynb"))
    if not notebooks:
        raise ValueError(f"{source} has no lessons; run this in a complete checkout")
    target.mkdir(parents=True, exist_ok=True)
    return [_copy(path, target / path.name) for path in notebooks]


def _copy(path: Path, target: Path) -> Path:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    note = {"cell_type": "markdown", "id": "browser-note", "metadata": {}, "source": NOTE}
    notebook["cells"].insert(0, note)
    target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")
    return target
