"""Answers as files for a similarity tool: whose is whose, and nothing else is touched."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from learner_results import TEXTS, make_learner

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.grading.outcome.answer_files import require_own, write_answers
from gradlab.grading.outcome.gradebook import GradebookError
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult


def make_result(student: str, **answers: str) -> LearnerResult:
    exercises = (
        ExerciseResult(name, 4, "right", 1.0, 1.0, answer=text) for name, text in answers.items()
    )
    return make_learner(student, *exercises)


CLASS = [
    make_result("ada", pack="def pack(p): return 1", explain="Because it is."),
    make_result("ben", pack="def pack(q): return 2\n\n"),
    make_result("cleo", pack=""),
]


def read_all(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_each_answer_is_a_file_and_the_published_ones_lie_apart(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    assert write_answers(CLASS, folder) == 3
    files = read_all(folder)
    table = files.pop("answers.csv")
    assert files == {
        "pack/ada.py": "def pack(p): return 1\n",
        "pack/ben.py": "def pack(q): return 2\n",
        "explain/ada.txt": "Because it is.\n",
        "published/pack/pack.py": EXERCISES["pack"].source() + "\n",
        "published/explain/explain.txt": WRITTEN["explain"].model.rstrip() + "\n",
    }
    rows = list(csv.DictReader(table.removeprefix("\ufeff").splitlines()))
    assert {row["file"]: (row["exercise"], row["student"]) for row in rows} == {
        "pack/ada.py": ("pack", "ada"),
        "pack/ben.py": ("pack", "ben"),
        "explain/ada.txt": ("explain", "ada"),
        "published/pack/pack.py": ("pack", ""),
        "published/explain/explain.txt": ("explain", ""),
    }


def test_again_gives_the_same_bytes_and_what_is_gone_goes(tmp_path: Path) -> None:
    write_answers(CLASS, tmp_path)
    before = read_all(tmp_path)
    write_answers(CLASS, tmp_path)
    assert read_all(tmp_path) == before
    write_answers(CLASS[1:], tmp_path)
    write_answers(CLASS[1:], tmp_path)
    assert sorted(read_all(tmp_path)) == ["answers.csv", "pack/ben.py", "published/pack/pack.py"]


@pytest.mark.parametrize(
    "name", ["mine.txt", "pack/ada.py", "pack/zoe.py", "answers.csv", "published/pack/pack.py"]
)
@pytest.mark.parametrize("is_first", [True, False])
def test_what_is_not_ours_stays(name: str, is_first: bool, tmp_path: Path) -> None:
    if not is_first:
        write_answers(CLASS, tmp_path)
    mine = tmp_path / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    before = read_all(tmp_path)
    with pytest.raises(GradebookError, match="stays as it is"):
        require_own(tmp_path)
    with pytest.raises(GradebookError):
        write_answers(CLASS, tmp_path)
    assert read_all(tmp_path) == before


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    write_answers(CLASS, folder)
    target = tmp_path / "target.py"
    (folder / "pack" / "ada.py").rename(target)
    (folder / "pack" / "ada.py").symlink_to(target)
    with pytest.raises(GradebookError):
        write_answers([], folder)
    assert target.read_text() == "def pack(p): return 1\n"


def test_a_table_cannot_name_what_lies_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    write_answers(CLASS, folder)
    (tmp_path / "elsewhere.py").write_text("def pack(p): return 1\n")
    table = folder / "answers.csv"
    table.write_text(table.read_text("utf-8") + "../elsewhere.py,pack,ada,0\n", "utf-8")
    write_answers([], folder)
    assert (tmp_path / "elsewhere.py").exists()


def test_a_run_that_was_stopped_on_the_way_can_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_answers(CLASS, tmp_path)
    new = [replace(CLASS[0], student="dora"), make_result("ben", pack="pack = 3"), CLASS[2]]
    calls = 0

    def fail_later(path: Path, content: bytes) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise OSError("no space")
        path.write_bytes(content)

    with monkeypatch.context() as patch:
        patch.setattr("gradlab.grading.outcome.answer_files.write_whole", fail_later)
        with pytest.raises(GradebookError, match="no space"):
            write_answers(new, tmp_path)
    write_answers(new, tmp_path)
    fresh = tmp_path / "pack" / "fresh"
    write_answers(new, fresh)
    again = read_all(fresh)
    assert {
        name: text for name, text in read_all(tmp_path).items() if "fresh" not in name
    } == again


def test_what_a_system_hides_is_no_reason(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    write_answers(CLASS, tmp_path)
    write_answers(CLASS, tmp_path)
    assert (tmp_path / ".DS_Store").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("mine")
    with pytest.raises(GradebookError, match="is a file"):
        require_own(tmp_path / "answers")


@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=1, max_size=4, unique=True), TEXTS)
def test_any_names_and_texts_stay_in_the_folder(
    tmp_path_factory: pytest.TempPathFactory, students: list[str], text: str
) -> None:
    place = tmp_path_factory.mktemp("class")
    results = [make_result(student, pack=text or "x") for student in students]
    for _ in range(2):
        assert write_answers(results, place / "answers") == len(students)
    assert [path.name for path in place.iterdir()] == ["answers"]
    assert len(list((place / "answers" / "pack").iterdir())) == len(students)
