"""Build both editions of every lesson from ``notebooks/source/*.py``.

``python -m tools.lessons`` writes ``notebooks/solved/NN_name.ipynb`` (solutions and outputs;
nbgrader's source version) and ``notebooks/NN_name.ipynb`` (the learner's edition; nbgrader's
release version), for every lesson whose cells changed. ``--all`` executes every lesson again.
It needs the extra ``build``.

In a source, ``# %% exercise="name"`` stands for the cell that the learner fills in, and
``# %% grade="name"`` for the cell that checks and grades it; ``# %% [markdown] question="name"``
stands for what is asked, where that is data of the exercise. For a question that is answered in
words, ``# %% [markdown] rubric="name"`` stands for the rubric and
``# %% [markdown] written="name"`` for the cell with the answer. All five are filled in from the
catalogue of exercises. The metadata of both editions say which edition it is; see
`tools.editions`.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader import preprocessors

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.support.errors import GradlabError
from tools.editions import make_mark

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"

_METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
_CELL_TIMEOUT = 120

# What nbgrader's generate_assignment does, except what needs its database; a test compares them.
_RELEASE = [
    preprocessors.LockCells,
    preprocessors.ClearSolutions,
    preprocessors.ClearOutput,
    preprocessors.CheckCellMetadata,
    preprocessors.ComputeChecksums,
    preprocessors.ClearHiddenTests,
    preprocessors.ClearMarkScheme,
    preprocessors.ComputeChecksums,
    preprocessors.CheckCellMetadata,
]


class LessonError(GradlabError):
    """Which source cannot be built, and why."""


def read_source(path: Path) -> NotebookNode:
    """Read a lesson's source as a notebook, with exercises filled in and without outputs.

    Parameters
    ----------
    path : Path
        A ``.py`` file in jupytext's percent format.

    Returns
    -------
    NotebookNode
        The solved edition before it is executed, with the mark of its edition.

    Raises
    ------
    LessonError
        If a cell names an exercise that is not in the catalogue, or has metadata unknown to the
        build.
    """
    cells = []
    seen: Counter[str] = Counter()
    for cell in jupytext.read(path, fmt="py:percent").cells:
        fresh = _fill_in(cell, path)
        digest = hashlib.sha256(f"{fresh.cell_type}\n{fresh.source}".encode()).hexdigest()[:8]
        # The id comes from the content, not the position: a new cell leaves the other ids alone.
        fresh["id"] = f"{digest}-{seen[digest]}" if seen[digest] else digest
        seen[digest] += 1
        cells.append(fresh)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=_METADATA)
    notebook.nbformat_minor = 5
    notebook.metadata["gradlab"] = nbformat.from_dict(make_mark(release(notebook)))
    nbformat.validate(notebook)
    return notebook


def _fill_in(cell: NotebookNode, path: Path) -> NotebookNode:
    metadata = {k: v for k, v in cell.metadata.items() if k != "lines_to_next_cell"}
    if not metadata:
        new = nbformat.v4.new_markdown_cell if cell.cell_type == "markdown" else _make_code_cell
        return new(cell.source)
    ((kind, name),) = metadata.items()
    asked, written = [*EXERCISES], [*WRITTEN]
    questions = [key for key, one in EXERCISES.items() if one.question]
    known = {"exercise": asked, "grade": asked, "question": questions}
    known |= {"rubric": written, "written": written}
    if name not in known.get(kind, []):
        mark = f'{kind}="{name}"'
        raise LessonError(f"{path.name} has a cell marked {mark}. {_say_known(known, kind, name)}")
    if kind == "question":
        return nbformat.v4.new_markdown_cell(EXERCISES[name].question)
    if kind == "rubric":
        return nbformat.v4.new_markdown_cell(WRITTEN[name].rubric_table())
    if kind == "written":
        return nbformat.v4.new_markdown_cell(
            WRITTEN[name].model,
            metadata={
                "nbgrader": _describe_for_nbgrader(
                    name, solution=True, points=WRITTEN[name].points
                )
            },
        )
    exercise = EXERCISES[name]
    if kind == "exercise":
        return _make_code_cell(
            exercise.solution_cell(),
            metadata={"nbgrader": _describe_for_nbgrader(name, solution=True)},
        )
    return _make_code_cell(
        f'gradlab.check("{name}").grade()',
        metadata={"nbgrader": _describe_for_nbgrader(f"grade_{name}", points=exercise.points)},
    )


def _say_known(known: Mapping[str, list[str]], kind: str, name: str) -> str:
    """Say what a mark must be, for one that is not known."""
    if kind not in known:
        return f"A mark must be one of {', '.join(known)}."
    near = difflib.get_close_matches(name, known[kind], n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    return f"{meant}Its {kind} must be one of {', '.join(known[kind])}."


def _make_code_cell(source: str, **options: Any) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, **options)


def _describe_for_nbgrader(
    grade_id: str, solution: bool = False, points: int | None = None
) -> dict[str, Any]:
    grade = {} if points is None else {"points": points}
    return {
        "grade": points is not None,
        "grade_id": grade_id,
        # A cell that the learner writes in stays editable, even if a person grades it.
        "locked": points is not None and not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
        **grade,
    }


def execute(notebook: NotebookNode) -> NotebookNode:
    """Run a notebook from top to bottom and return it with the outputs that do not vary.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook; it is not changed.

    Returns
    -------
    NotebookNode
        A copy with outputs. Views of widgets are left out; the other representations stay.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises.
    """
    executed = nbformat.from_dict(notebook)
    # On a slow machine, a progress bar would end up in the output.
    os.environ["TQDM_DISABLE"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            executed,
            timeout=_CELL_TIMEOUT,
            kernel_name="python3",
            record_timing=False,
            store_widget_state=False,
            resources={"metadata": {"path": folder}},
        ).execute()
    for cell in executed.cells:
        if cell.cell_type == "code":
            cell.outputs = _join_printed(cell.outputs)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    executed.metadata = nbformat.from_dict(notebook.metadata)
    return executed


def _join_printed(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join texts that were printed in a row: where they are split depends on timing."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if (
            last is not None
            and _get_stream(last) is not None
            and _get_stream(last) == _get_stream(output)
        ):
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _get_stream(output: NotebookNode) -> str | None:
    """Return the stream that a text was printed to, or None for other outputs."""
    return output.name if output.output_type == "stream" else None


def release(notebook: NotebookNode) -> NotebookNode:
    """Make the learner's edition from a solved one: stubs for solutions, no outputs.

    Parameters
    ----------
    notebook : NotebookNode
        The solved edition; it is not changed.

    Returns
    -------
    NotebookNode
        The same as nbgrader's ``generate_assignment`` makes.
    """
    released = nbformat.from_dict(notebook)
    resources: dict[str, Any] = {}
    for preprocessor in _RELEASE:
        released, resources = preprocessor().preprocess(released, resources)
    return released


def build(path: Path, folder: Path, always: bool = False) -> list[Path]:
    """Build both editions of one lesson, if its cells changed.

    Parameters
    ----------
    path : Path
        The source.
    folder : Path
        Where the learner's edition goes; the solved one goes to its subfolder ``solved``.
    always : bool, optional
        Execute the lesson even if its cells have not changed.

    Returns
    -------
    list of Path
        The files that were written.
    """
    notebook = read_source(path)
    solved_path = folder / "solved" / f"{path.stem}.ipynb"
    learner_path = folder / f"{path.stem}.ipynb"
    if always or not has_same_cells(notebook, solved_path):
        solved = execute(notebook)
    else:
        solved = nbformat.read(solved_path, as_version=4)
        solved.metadata = notebook.metadata
    return [
        target
        for target, content in ((solved_path, solved), (learner_path, release(notebook)))
        if _write(target, content)
    ]


def has_same_cells(notebook: NotebookNode, path: Path) -> bool:
    """Return whether a file has the same cells as a notebook, whatever their outputs.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook.
    path : Path
        The file, which need not exist.

    Returns
    -------
    bool
        True if types, ids, sources and metadata are the same, in the same order.
    """
    if not path.exists():
        return False
    try:
        there = nbformat.read(path, as_version=4)
    except nbformat.reader.NotJSONError:
        return False
    return _list_cells(there) == _list_cells(notebook)


def _list_cells(notebook: NotebookNode) -> list[tuple[Any, ...]]:
    return [(c.cell_type, c.id, c.source, c.metadata) for c in notebook.cells]


def _write(path: Path, notebook: NotebookNode) -> bool:
    text = nbformat.writes(notebook) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return True


def main(argv: list[str] | None = None) -> int:
    """Build the lessons that changed and print which files were written."""
    parser = argparse.ArgumentParser(prog="python -m tools.lessons", description=__doc__)
    parser.add_argument("--all", action="store_true", help="execute every lesson again")
    always = parser.parse_args(argv).all
    if not (NOTEBOOKS / "source").is_dir():
        print(f"There are no sources in {NOTEBOOKS}; lessons are built in a checkout.")
        return 1
    for path in sorted((NOTEBOOKS / "source").glob("*.py")):
        try:
            written = build(path, NOTEBOOKS, always)
        except GradlabError as error:
            print(error, file=sys.stderr)
            return 1
        names = ", ".join(str(target.relative_to(NOTEBOOKS)) for target in written)
        print(f"{path.stem}: {'wrote ' + names if names else 'nothing changed'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
