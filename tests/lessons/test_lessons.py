"""The lessons as pages: what every one of them must have, and what none may."""

import ast
import itertools
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from gradlab.exercises.catalogue import EXERCISES
from tools.lessons import NOTEBOOKS, execute

SOURCES = sorted((NOTEBOOKS / "source").glob("*.py"))
every_lesson = pytest.mark.parametrize("stem", [path.stem for path in SOURCES])

# Numbers with all their digits, which any machine prints alike: products, sums and quotients
# of floats, and constants, or what a prediction offers. Results of libm or BLAS never belong here.
EXACT = {
    "1.0000000000000001",
    "1.0000000000000002",
    "5.999999963535174e-08",
    "6.00000001e-08",
    "6.999999868639861",
    "6.999999999999673",
    "7.0000000000902665",
    "7.000000000000011",
    "7.000010000091094",
    "7.000999999998925",
    "7.1000000000000085",
    "9.00000000000000000",
    "9.00000005999999964",
}


def solved(stem: str) -> Any:
    return nbformat.read(NOTEBOOKS / "solved" / f"{stem}.ipynb", as_version=4)


def markdown(stem: str) -> str:
    return "\n\n".join(c.source for c in solved(stem).cells if c.cell_type == "markdown")


def code_cells(stem: str) -> list[Any]:
    return [cell for cell in solved(stem).cells if cell.cell_type == "code"]


def outputs(stem: str) -> list[Any]:
    return [output for cell in code_cells(stem) for output in cell.outputs]


def texts(output: Any) -> str:
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))


@every_lesson
def test_the_head_says_minutes_and_what_you_do_learn_and_need(stem: str) -> None:
    head = solved(stem).cells[0].source
    number = int(stem[:2])
    assert head.startswith(f"# {number} ")
    assert re.search(r"\*\*\d+ minutes\*\*: \d+ to read and run, \d+ for", head)
    for part in ("What you will do.", "What you will learn.", "What you need."):
        assert f"**{part}**" in head
    assert "## Recap" in markdown(stem)
    assert "**References.**" in markdown(stem)


@every_lesson
def test_the_minutes_of_the_sections_add_up(stem: str) -> None:
    text = markdown(stem)
    total, reading, exercises = map(
        int, re.findall(r"\*\*(\d+) minutes\*\*: (\d+) to read and run, (\d+) for", text)[0]
    )
    sections = [
        (title, int(minutes))
        for title, minutes in re.findall(r"^## (.*) \((\d+) min\)$", text, re.M)
    ]
    assert sum(minutes for _, minutes in sections) == total == reading + exercises
    turns = sum(minutes for title, minutes in sections if title.startswith("Your turn"))
    assert turns == exercises
    untimed = [
        title for title in re.findall(r"^## (.*)$", text, re.M) if not title.endswith("min)")
    ]
    assert untimed == ["Recap"]


@every_lesson
def test_headings_go_down_one_level_at_a_time(stem: str) -> None:
    levels = [len(marks) for marks in re.findall(r"^(#+) ", markdown(stem), re.M)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


@every_lesson
def test_links_between_lessons_lead_somewhere(stem: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", markdown(stem)):
        if not target.startswith(("http://", "https://", "#")):
            assert (NOTEBOOKS / target).exists(), target


@every_lesson
def test_every_figure_has_an_alt_text_and_a_reading_after_it(stem: str) -> None:
    cells = solved(stem).cells
    for position, cell in enumerate(cells):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            assert not any(kind.startswith("image/") for kind in data), "use gradlab.show"
            images = re.findall(r"<img[^>]*>", data.get("text/html", ""))
            for image in images:
                alt = re.search(r'alt="([^"]*)"', image)
                assert alt
                assert len(alt[1]) > 40
                assert data["text/plain"].startswith("Figure: ")
                assert cells[position + 1].cell_type == "markdown", "interpret the figure"


@every_lesson
def test_no_marker_of_a_cell_is_lost_in_prose(stem: str) -> None:
    assert "%%" not in markdown(stem)


@every_lesson
def test_no_year_at_the_beginning_of_a_line_is_taken_for_a_list(stem: str) -> None:
    assert not re.search(r"^\s*\d{3,}\. ", markdown(stem), re.M)


@every_lesson
def test_no_cell_is_a_wall_of_text(stem: str) -> None:
    for cell in solved(stem).cells:
        if cell.cell_type == "markdown":
            words = re.sub(r"\$[^$]*\$|`[^`]*`", "x", cell.source).split()
            assert len(words) <= 220, cell.source
        else:
            assert len(cell.source.splitlines()) <= 30, cell.source


@every_lesson
def test_cells_keep_clear_of_what_strict_nbval_cannot_compare(stem: str) -> None:
    for cell in code_cells(stem):
        assert not re.search(r"\binteract\b|\bOutput\(|clear_output|%matplotlib", cell.source)
        assert not cell.source.rstrip().endswith(";")
        assert not re.search(r"^\s*[%!]|\bpip\b|urllib|requests|https?://", cell.source, re.M)
    for output in outputs(stem):
        assert output.output_type != "error"
        assert output.get("name") != "stderr"
        assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})


@every_lesson
def test_no_raw_round_off_digits_are_printed(stem: str) -> None:
    for output in outputs(stem):
        for number in re.findall(r"-?\d+\.\d+(?:e[+-]?\d+)?", texts(output)):
            digits = re.sub(r"e.*|\D", "", number).strip("0")
            assert len(digits) < 10 or number in EXACT, number


@every_lesson
def test_worked_cells_do_not_depend_on_the_learners_answers(stem: str) -> None:
    """What follows an exercise runs on a blank one: names of exercises come from gradlab."""
    answers = {e.name for e in EXERCISES.values() if e.lesson == int(stem[:2])}
    for cell in code_cells(stem):
        if "nbgrader" in cell.metadata:
            continue
        names = {
            node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)
        }
        assert not names & answers, cell.source


@pytest.mark.slow
@every_lesson
def test_a_blank_learners_edition_runs_from_top_to_bottom(stem: str) -> None:
    learner = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4)
    executed = execute(learner)
    for cell in executed.cells:
        if str(cell.metadata.get("nbgrader", {}).get("grade_id", "")).startswith("grade_"):
            shown, points = (texts(output) for output in cell.outputs)
            assert "not attempted yet" in shown
            assert points == "0.0"
        assert not any(output.get("name") == "stderr" for output in cell.get("outputs", []))


@pytest.mark.slow
def test_nbval_notices_one_changed_digit_and_the_sanitiser_eats_no_sizes(
    pytester: pytest.Pytester,
) -> None:
    rules = Path(__file__).with_name("nbval_sanitize.cfg")
    for name, printed in (
        ("right", "640x480 0.25"),
        ("size", "641x480 0.25"),
        ("digit", "640x480 0.26"),
    ):
        cell = nbformat.v4.new_code_cell('print("640x480 0.25")', execution_count=1)
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=printed + "\n")]
        metadata = {"kernelspec": {"name": "python3", "display_name": "p", "language": "python"}}
        notebook = nbformat.v4.new_notebook(cells=[cell], metadata=metadata)
        nbformat.write(notebook, pytester.path / f"{name}.ipynb")
    result = pytester.runpytest_subprocess(
        "--nbval", "--nbval-current-env", f"--nbval-sanitize-with={rules}"
    )
    result.assert_outcomes(passed=1, failed=2)
