"""What a run writes lands on nothing that it reads, and not among the pages of learners."""

from collections.abc import Callable
from pathlib import Path

import pytest
from class_files import symlink

from gradlab.grading.outcome.gradebook import GradebookError
from gradlab.grading.output_paths import Outputs, require_writable

Make = Callable[[Path, Path], Outputs]
READ: dict[str, Make] = {
    "marks": lambda written, read: Outputs(written, manual=read),
    "gradebook": lambda written, read: Outputs(written, gradebook=read),
    "list of your class": lambda written, read: Outputs(written, roster=read),
}


@pytest.mark.parametrize("what", READ)
@pytest.mark.parametrize("way", ["same", "round", "folder", "link"])
def test_what_is_read_is_not_written_over_however_it_is_spelled(
    tmp_path: Path, what: str, way: str
) -> None:
    written, inner = tmp_path / "table.csv", tmp_path / "inner"
    written.write_text("student\n")
    inner.mkdir()
    symlink(tmp_path / "link.csv", written)
    symlink(tmp_path / "there", tmp_path)
    read = {
        "same": written,
        "round": inner / ".." / "table.csv",
        "folder": tmp_path / "there" / "table.csv",
        "link": tmp_path / "link.csv",
    }[way]
    with pytest.raises(GradebookError, match="written over"):
        require_writable(READ[what](written, read))
    assert written.read_text() == "student\n"
    require_writable(READ[what](tmp_path / "other.csv", read))


def test_a_link_of_our_name_to_what_is_read_is_replaced_and_not_followed(tmp_path: Path) -> None:
    marks = tmp_path / "marks.csv"
    marks.write_text("student\n")
    symlink(tmp_path / "grades.csv", marks)
    require_writable(Outputs(tmp_path / "grades.csv", manual=marks))


def test_two_files_are_not_one_spelled_in_two_ways(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    again = tmp_path / "inner" / ".." / "grades.csv"
    with pytest.raises(GradebookError, match="over each other"):
        require_writable(Outputs(tmp_path / "grades.csv", json=again))


@pytest.mark.parametrize("name", ["pages.csv", "answers.html", "class.HTM", ""])
def test_nothing_else_lies_among_the_pages_of_learners(tmp_path: Path, name: str) -> None:
    pages = tmp_path / "pages"
    if name:
        pages.mkdir()
    symlink(tmp_path / "there", pages)
    other = tmp_path / "there" / name if name else pages
    with pytest.raises(GradebookError, match="pages of learners"):
        require_writable(Outputs(tmp_path / "grades.csv", json=other, feedback=pages))
    pages.mkdir(exist_ok=True)
    require_writable(Outputs(pages / "grades.csv", feedback=pages))


def test_answers_are_alone_however_their_folder_is_spelled(tmp_path: Path) -> None:
    (tmp_path / "answers").mkdir()
    symlink(tmp_path / "there", tmp_path / "answers")
    outputs = Outputs(tmp_path / "there" / "grades.csv", answers=tmp_path / "answers")
    with pytest.raises(GradebookError, match="answers alone"):
        require_writable(outputs)
