"""Copy the lessons for the browser, with a note on where the learner's work is kept.

The page compares the editions of the copies with those of the notebooks that a learner has saved.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# Not imported: what the site is built with does not have what gradlab needs.
_NOTE = Path(__file__).parents[2] / "gradlab" / "course" / "browser_note.md"

# What JupyterLite writes into a notebook once its kernel runs. A lesson without it would count as
# edited by whoever only opens it: saved after two minutes, or a question at the end.
_KERNEL = {
    "kernelspec": {"display_name": "Python (Pyodide)", "language": "python", "name": "python"},
    "language_info": {
        "codemirror_mode": {"name": "python", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": "3.8",
    },
}


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
        If there are no notebooks, or one has no mark of its edition.
    """
    notebooks = sorted(source.glob("[0-9][0-9]_*.ipynb"))
    if not notebooks:
        raise ValueError(f"{source} has no lessons; run this in a complete checkout")
    target.mkdir(parents=True, exist_ok=True)
    return [_copy(path, target / path.name) for path in notebooks]


def read_marks(lessons: list[Path]) -> dict[str, Any]:
    """Read the mark that each lesson was given out with.

    Parameters
    ----------
    lessons : list of Path
        The lessons.

    Returns
    -------
    dict
        The mark of each by its name: its edition, and what was asked in it.

    Raises
    ------
    ValueError
        If a lesson has no mark.
    """
    return {path.name: _read_mark(path, _read(path)) for path in lessons}


def _copy(path: Path, target: Path) -> Path:
    notebook = _read(path)
    edition = _read_mark(path, notebook)["edition"]
    text = _NOTE.read_text(encoding="utf-8").strip().replace("{edition}", edition)
    note = {"cell_type": "markdown", "id": "browser-note", "metadata": {}, "source": text}
    notebook["cells"].insert(0, note)
    notebook["metadata"] |= _KERNEL
    target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")
    return target


def _read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def _read_mark(path: Path, notebook: dict[str, Any]) -> dict[str, Any]:
    mark: dict[str, Any] = notebook["metadata"].get("gradlab", {})
    if not mark:
        raise ValueError(f"{path} has no mark of its edition; run make notebooks")
    return mark
