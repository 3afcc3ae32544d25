"""A teacher's second and third run: a table to fill in, the page to read, late submissions."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from class_files import LESSONS
from pages import Page

from gradlab import cli
from gradlab.grading.outcome.naming import make_code
from tools.lessons import NOTEBOOKS

LESSON_7 = LESSONS[-1]
WORDS = {
    "ada": "The biases learn too slowly.",
    "ben": "",
    "cleo": "The mean was taken twice: <b>so</b>, db is too small.",
}
LACKING = "import frobnicate\n\ndef find_bugs(networks):\n    return frobnicate.find(networks)\n"


def hand_in(folder: Path, explain: str, find_bugs: str = "") -> None:
    book = json.loads((NOTEBOOKS / LESSON_7).read_text())
    texts = {"explain": explain, "find_bugs": find_bugs}
    for cell in book["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = texts.get(name) or cell["source"]
    folder.mkdir(parents=True)
    (folder / LESSON_7).write_text(json.dumps(book))


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to grade in: words, nothing, a package that is not there, and a damaged file."""
    monkeypatch.chdir(tmp_path)
    for name, text in WORDS.items():
        hand_in(Path("class", name), text, LACKING if name == "cleo" else "")
    Path("class/dora").mkdir()
    Path("class/dora", LESSON_7).write_bytes(b"{")
    return tmp_path


def grade(*options: str) -> int:
    return cli.main(["grade", "class", "--lesson", "7", "--seed", "1", *options])


def read(name: str) -> list[dict[str, str]]:
    with Path(name).open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


def fill_in(points: dict[tuple[str, str], str], comment: str = "") -> None:
    rows = read("marks.csv")
    for row in rows:
        row["points"] = points[row["student"], row["exercise"]]
        row["comment"] = comment
    with Path("marks.csv").open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_table_is_written_filled_in_and_used(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grade("--manual", "marks.csv") == 0
    said = capsys.readouterr()
    assert "marks.csv is not there" in said.err
    assert "marks.csv was not there: it now has 5 rows to fill in" in said.out
    rows = {(row["student"], row["exercise"]): row for row in read("marks.csv")}
    assert list(rows) == [
        ("cleo", "find_bugs"),
        ("dora", "find_bugs"),
        ("ada", "explain"),
        ("cleo", "explain"),
        ("dora", "explain"),
    ]
    assert "needs frobnicate" in rows["cleo", "find_bugs"]["why"]
    assert LESSON_7 in rows["dora", "explain"]["why"]
    assert [row["of"] for row in rows.values()] == ["20", "20", "10", "10", "10"]
    assert [row["so far"] for row in rows.values()] == ["0", "0", "", "", "0"]

    fill_in(dict(zip(rows, ["12.5", "20", "7", "8", "9"], strict=True)), "Well seen; <so far>.")
    before = Path("marks.csv").read_bytes()
    assert grade("--manual", "marks.csv", "--resume", "--feedback", "pages") == 0
    said = capsys.readouterr()
    assert "to add" not in said.out
    assert "was not there" not in said.out
    assert Path("marks.csv").read_bytes() == before
    table = {row["student"]: row for row in read("grades.csv")}
    totals = {name: row["total"] for name, row in table.items()}
    assert totals == {"ada": "7", "ben": "0", "cleo": "20.5", "dora": "29"}
    assert {row["status"] for row in table.values()} == {"graded"}
    assert "find_bugs: 12.5 points by hand in place of 0" in table["cleo"]["notes"]
    page = Page(Path("pages/cleo.html").read_text())
    by_hand = "marked by a person"
    assert page.texts("td") == [by_hand, "12.5 of 20", by_hand, "8 of 10"]
    assert page.text().count("Your teacher says: Well seen; <so far>.") == 2


def test_late_submissions_are_lines_to_add_and_the_table_stays(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("marks.csv").write_text("exercise;student;points\nexplain;ada;7,5\nexplain;dora;1\n")
    before = Path("marks.csv").read_bytes()
    assert grade("--manual", "marks.csv") == 0
    said = capsys.readouterr().out
    assert Path("marks.csv").read_bytes() == before
    heading, _, lines = Path("grades.txt").read_text().partition("(lines to add at its end):\n")
    assert "Not in your table of marks yet" in heading
    assert lines == "find_bugs;cleo;\nfind_bugs;dora;\nexplain;cleo;\n"
    assert lines in said
    with Path("marks.csv").open("a") as file:
        file.write(lines)
    assert grade("--manual", "marks.csv", "--resume") == 0
    assert "to add" not in capsys.readouterr().out


def test_where_nothing_needs_a_person_no_table_is_written(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("ada", "cleo", "dora"):
        Path("class", name, LESSON_7).unlink()
    assert grade("--manual", "marks.csv") == 0
    assert "marks.csv was not written" in capsys.readouterr().out
    assert not Path("marks.csv").exists()


def test_what_was_written_is_on_a_page_and_codes_lead_back(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--anonymous", "--written", "words.html", "--manual", "marks.csv"]
    assert grade(*options) == 0
    assert "Answers in words: words.html" in capsys.readouterr().out
    page = Page(Path("words.html").read_text())
    codes = sorted(map(make_code, ("ada", "cleo")))
    assert page.texts("h3") == codes
    assert WORDS["cleo"] in page.texts("div")
    assert not any(name in page.text() for name in ("ada", "cleo"))
    written = [row["student"] for row in read("marks.csv") if row["exercise"] == "explain"]
    assert sorted(written) == sorted([*codes, "dora"])
    points = {(row["student"], row["exercise"]): "" for row in read("marks.csv")}
    fill_in({**points, (make_code("ada"), "explain"): "7"})
    assert grade("--written", "words.html", "--manual", "marks.csv", "--resume") == 0
    assert {row["student"]: row["explain"] for row in read("grades.csv")}["ada"] == "7"
    page = Page(Path("words.html").read_text())
    assert page.texts("h3") == ["ada", "cleo"]
    assert "7 of 10 points by hand" in page.texts("article")[0]
    assert Path("words.kept-1.html").exists()


def test_a_mark_for_another_lesson_is_told_and_no_error(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("marks.csv").write_text("student,exercise,points\nada,pack,3\nada,explain,5\n")
    assert grade("--manual", "marks.csv") == 0
    said = capsys.readouterr().out
    assert "Marks that were not used:\n  ada: the mark for pack was not used" in said


def test_a_misspelled_exercise_is_an_error_with_its_line(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("marks.csv").write_text("student,exercise,points\nada,find_bug,3\n")
    assert grade("--manual", "marks.csv") == 1
    said = capsys.readouterr().err
    assert "line 2" in said
    assert "Is find_bugs meant?" in said
    assert not Path("grades.csv").exists()
