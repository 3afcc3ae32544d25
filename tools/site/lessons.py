"""Copy the lessons for the browser, with a note on where the learner's work is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# Not imported: what the site is built with does not have what gradlab needs.
_NOTE = Path(__file__).parents[2] / "gradlab" / "course" / "browser_note.md"


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
    text = _NOTE.read_text(encoding="utf-8").strip()
    note = {"cell_type": "markdown", "id": "browser-note", "metadata": {}, "source": text}
    notebook["cells"].insert(0, note)
    target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")
    return target
