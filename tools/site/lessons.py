"""The lessons as a learner meets them in a browser: with a word on where the work is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NOTE = """\
**You are in the browser page of this course: nothing is installed.** The first cell that you run
takes half a minute, while Python is fetched; after that, all is as in JupyterLab.

**Your work is kept in this browser only.** Save it with Ctrl + S (on a Mac, ⌘ S). It is there when
you come back to this page on this device, unless the browser's data are cleared or the window was
a private one. To have it as a file, and to hand it in: **Download**, above. To begin anew:
**File → Open…**, delete the lesson in the list, and load this page again."""


def copy_lessons(source: Path, target: Path) -> list[Path]:
    """Copy the learner's edition of the lessons, each with the note for the browser on top.

    Parameters
    ----------
    source : Path
        The folder with the notebooks.
    target : Path
        Where the copies go; it is made if it does not exist.

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
        raise ValueError(f"{source} has no lessons; run this in a whole checkout")
    target.mkdir(parents=True, exist_ok=True)
    return [_copy(path, target / path.name) for path in notebooks]


def _copy(path: Path, target: Path) -> Path:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    note = {"cell_type": "markdown", "id": "browser-note", "metadata": {}, "source": NOTE}
    notebook["cells"].insert(0, note)
    target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")
    return target
