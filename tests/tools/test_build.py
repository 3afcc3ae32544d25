"""The build: what is committed follows from the sources, and a second build changes nothing."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.support.errors import GradlabError
from tools.editions import make_mark
from tools.lessons import NOTEBOOKS, build, main, read_source, release

SOURCES = sorted((NOTEBOOKS / "source").glob("*.py"))
every_lesson = pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])

SMALL = """\
# %% [markdown]
# # A lesson

# %%
import gradlab

# %% exercise="double"

# %% grade="double"

# %%
gradlab.show(gradlab.plots.plot_losses({"A": [3.0, 2.0, 1.0]}), "a falling line")
gradlab.explore_chords()
"""


def cells(notebook: nbformat.NotebookNode) -> list[tuple[object, ...]]:
    return [(c.cell_type, c.id, c.source, c.metadata) for c in notebook.cells]


@every_lesson
def test_both_editions_are_what_the_source_builds(path: Path) -> None:
    notebook = read_source(path)
    solved = nbformat.read(NOTEBOOKS / "solved" / f"{path.stem}.ipynb", as_version=4)
    assert cells(solved) == cells(notebook), "run `make notebooks`"
    learner = (NOTEBOOKS / f"{path.stem}.ipynb").read_text(encoding="utf-8")
    assert learner == nbformat.writes(release(notebook)) + "\n", "run `make notebooks`"


def test_no_edition_is_left_over_from_a_source_that_is_gone() -> None:
    stems = {path.stem for path in SOURCES}
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == stems
    assert {path.stem for path in (NOTEBOOKS / "solved").glob("*.ipynb")} == stems


def test_every_exercise_is_asked_and_graded_once_in_its_lesson() -> None:
    found = []
    for path in SOURCES:
        for cell in read_source(path).cells:
            if "nbgrader" in cell.metadata:
                found.append((int(path.name[:2]), cell.metadata.nbgrader.grade_id))
    expected = [
        (exercise.lesson, grade_id)
        for exercise in EXERCISES.values()
        for grade_id in (exercise.name, f"grade_{exercise.name}")
    ]
    expected += [(answer.lesson, answer.name) for answer in WRITTEN.values()]
    assert found == expected


def test_a_question_in_words_is_filled_in_and_cleared(tmp_path: Path) -> None:
    path = tmp_path / "source" / "09_words.py"
    path.parent.mkdir()
    path.write_text(
        '# %% [markdown] rubric="explain"\n\n# %% [markdown] written="explain"\n', encoding="utf-8"
    )
    solved, learner = (nbformat.read(p, as_version=4) for p in build(path, tmp_path))
    explain = WRITTEN["explain"]
    assert solved.cells[0].source == learner.cells[0].source == explain.rubric_table()
    assert solved.cells[1].source == explain.model
    assert learner.cells[1].source == "YOUR ANSWER HERE"
    nbgrader = learner.cells[1].metadata.nbgrader
    assert (nbgrader.grade, nbgrader.solution, nbgrader.locked) == (True, True, False)
    assert nbgrader.points == explain.points


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "source" / "09_small.py"
    path.parent.mkdir()
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_a_second_build_changes_no_byte(small: Path) -> None:
    folder = small.parents[1]
    written = build(small, folder)
    assert written == [folder / "solved" / "09_small.ipynb", folder / "09_small.ipynb"]
    before = [path.read_bytes() for path in written]
    assert build(small, folder) == []
    # Nor does executing everything again: no random ids, no timestamps, no live widgets.
    assert build(small, folder, always=True) == []
    assert [path.read_bytes() for path in written] == before


def test_what_a_cell_prints_is_one_output_however_slowly_it_comes(small: Path) -> None:
    slow = (
        "\n# %%\nimport time\n\nfor word in ('one', 'two'):\n"
        "    print(word, flush=True)\n    time.sleep(0.5)\n"
    )
    small.write_text(SMALL + slow, encoding="utf-8")
    solved, _ = build(small, small.parents[1])
    (output,) = nbformat.read(solved, as_version=4).cells[-1].outputs
    assert output.text == "one\ntwo\n"


def test_outputs_that_are_stale_are_mended_when_asked(small: Path) -> None:
    folder = small.parents[1]
    solved, _ = build(small, folder)
    fresh = solved.read_text(encoding="utf-8")
    solved.write_text(fresh.replace("1 of 1 points", "7 of 7 points"), encoding="utf-8")
    assert build(small, folder) == []
    assert build(small, folder, always=True) == [solved]
    assert solved.read_text(encoding="utf-8") == fresh


def test_an_edit_changes_its_own_cell_and_no_other(small: Path) -> None:
    before = {cell.id for cell in read_source(small).cells}
    small.write_text("# %% [markdown]\n# new\n\n" + SMALL, encoding="utf-8")
    after = [cell.id for cell in read_source(small).cells]
    assert len(set(after)) == len(after)
    assert before == set(after[1:])


def test_the_learners_edition_has_stubs_and_the_solved_one_solutions(small: Path) -> None:
    solved, learner = (nbformat.read(p, as_version=4) for p in build(small, small.parents[1]))
    assert "return 2 * x" in solved.cells[2].source
    assert "### BEGIN SOLUTION" in solved.cells[2].source
    assert solved.cells[3].outputs[-1]["data"]["text/plain"] == "1.0"
    assert "2 * x" not in json.dumps(learner)
    assert "raise NotImplementedError()" in learner.cells[2].source
    assert '"""Return x + x' in learner.cells[2].source
    assert all(not cell.get("outputs") for cell in learner.cells)
    assert learner.cells[3].metadata.nbgrader.points == 1
    assert learner.cells[3].metadata.nbgrader.locked is True


KINDS = """\
# %% [markdown] question="predict_float32_slope"

# %% exercise="predict_float32_slope"

# %% exercise="mend_relu_step"
"""


def test_a_question_and_code_to_mend_come_from_the_catalogue(small: Path) -> None:
    small.write_text(KINDS, encoding="utf-8")
    solved = read_source(small)
    learner = release(solved)
    question, choice, mend = learner.cells
    assert question.cell_type == "markdown"
    assert question.source == EXERCISES["predict_float32_slope"].question
    # nbgrader leaves what the exercise says that it leaves.
    assert choice.source == EXERCISES["predict_float32_slope"].blank_cell()
    assert mend.source == EXERCISES["mend_relu_step"].blank_cell()
    assert "relu_slope = A >= 0" in mend.source
    assert "(A > 0)" in solved.cells[2].source
    assert "(A > 0)" not in mend.source


def test_a_notebook_that_does_not_parse_is_built_anew(small: Path) -> None:
    folder = small.parents[1]
    (folder / "solved").mkdir()
    (folder / "solved" / "09_small.ipynb").write_text("half a file")
    assert len(build(small, folder)) == 2


@pytest.mark.parametrize(
    "marker",
    [
        'exercise="duoble"',
        'grade="duoble"',
        'question="double"',  # is asked by its docstring and the lesson
        'tags=["a"]',
        'exersice="double"',
    ],
)
def test_a_marker_that_is_not_known_is_named(small: Path, marker: str) -> None:
    small.write_text(f"# %% {marker}\n", encoding="utf-8")
    key = marker.partition("=")[0]
    with pytest.raises(GradlabError, match=f"09_small.py has a cell marked {re.escape(key)}="):
        read_source(small)


def test_the_command_names_a_cell_that_asks_for_what_is_not_there(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.lessons.NOTEBOOKS", small.parents[1])
    small.write_text('# %% exercise="duoble"\n', encoding="utf-8")
    assert main([]) == 1
    assert "Did you mean double?" in capsys.readouterr().err


def test_the_command_says_what_it_wrote(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.lessons.NOTEBOOKS", small.parents[1])
    said = []
    for arguments in ([], [], ["--all"]):
        assert main(arguments) == 0
        said.append(capsys.readouterr().out)
    solved = str(Path("solved", "09_small.ipynb"))
    assert said[0] == f"09_small: wrote {solved}, 09_small.ipynb\n"
    assert said[1] == said[2] == "09_small: nothing changed\n"


def test_without_sources_there_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.lessons.NOTEBOOKS", tmp_path)
    assert main([]) == 1
    assert "lessons are built in a checkout" in capsys.readouterr().out


def test_both_editions_carry_the_mark_of_what_is_asked(small: Path) -> None:
    solved, learner = (nbformat.read(p, as_version=4) for p in build(small, small.parents[1]))
    assert solved.metadata == learner.metadata
    assert solved.metadata["gradlab"] == make_mark(learner)
    assert [*learner.metadata["gradlab"]["exercises"]] == ["double"]


WRITTEN_LESSON = """\
# %% [markdown]
# # A lesson

# %% [markdown]
# ## First
#
# Read.

# %% [markdown]
# ## Your turn
#
# Do it.

# %% exercise="double"

# %% grade="double"

# %% [markdown]
# ## Explain

# %% [markdown] rubric="explain"

# %% [markdown] written="explain"
"""


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("Read.", "Read on.", []),
        ("Do it.", "Do it well.", ["double"]),
        ("## Explain", "## Explain it", ["explain"]),
        ("## Your turn", "## Your part", ["double"]),
    ],
)
def test_a_change_shows_in_the_mark_of_what_it_concerns(
    old: str, new: str, changed: list[str], tmp_path: Path
) -> None:
    marks = []
    for text in (WRITTEN_LESSON, WRITTEN_LESSON.replace(old, new)):
        path = tmp_path / "08_small.py"
        path.write_text(text, encoding="utf-8")
        marks.append(read_source(path).metadata["gradlab"])
    before, after = (mark["exercises"] for mark in marks)
    assert marks[0]["edition"] != marks[1]["edition"]
    assert [name for name in before if before[name] != after[name]] == changed


def test_other_points_are_another_exercise_in_the_same_edition(tmp_path: Path) -> None:
    path = tmp_path / "08_small.py"
    path.write_text(WRITTEN_LESSON, encoding="utf-8")
    learner = release(read_source(path))
    before = make_mark(learner)
    for cell in learner.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.points += 1
    after = make_mark(learner)
    assert before["edition"] == after["edition"]
    assert all(before["exercises"][name] != digest for name, digest in after["exercises"].items())
