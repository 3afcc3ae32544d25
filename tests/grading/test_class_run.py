"""``gradlab grade`` with the page of the class, the answers as files, and copies noted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from grade_runs import read_rows

from gradlab import cli
from gradlab.exercises.catalogue import EXERCISES

PUBLISHED = EXERCISES["backward"].source()
# Works, and not as the published one does.
OWN = """def backward(params, X, Y):
    outputs = [X]
    for number, (W, b) in enumerate(params):
        Z = outputs[-1] @ W + b
        outputs.append(np.tanh(Z) if number < len(params) - 1 else Z)
    logits = outputs.pop()
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    delta = (exponentials / exponentials.sum(axis=1, keepdims=True) - Y) / len(X)
    found = []
    for (W, b), A in zip(reversed(params), reversed(outputs)):
        found.insert(0, (A.T @ delta, delta.sum(axis=0)))
        delta = (delta @ W.T) * (1 - A**2)
    return found
"""
LIVE = {
    "module": "predict",
    "key": "predict:half",
    "state": {
        "name": "half",
        "question": "What becomes of it?",
        "answers": [{"text": "It halves"}, {"text": "It stays"}],
        "choice": 1,
    },
}
ANSWERS = {
    "Ymir": OWN,
    "Zora": OWN.replace("delta", "error").replace("found", "mine"),
    "Quirin": PUBLISHED.replace("gradients", "grads"),
    "Xaver": "def backward(params, X, Y):\n    while True:\n        pass",
    "Wanda": "def backward(params, X, Y):\n    raise NotImplementedError()",
}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("room")
    for student, answer in ANSWERS.items():
        output = {"data": {"application/vnd.gradlab.live+json": LIVE, "text/plain": "x"}}
        cell = {
            "cell_type": "code",
            "metadata": {"nbgrader": {"grade_id": "backward"}},
            "source": answer,
            "outputs": [output],
        }
        start = {
            "cell_type": "code",
            "metadata": {},
            "source": "import numpy as np",
            "outputs": [],
        }
        book = {"cells": [start, cell], "metadata": {"kernelspec": {}}, "nbformat": 4}
        path = folder / "class" / student / "05_full_gradient_check.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(book))
    (folder / "class" / "Ursin").mkdir()
    assert grade(folder) == 0
    return folder


def grade(folder: Path, *options: str, answers: str = "answers") -> int:
    places = ["-o", str(folder / "grades.csv"), "--class-page", str(folder / "class.html")]
    fixed = ["--lesson", "5", "--seed", "7", "--timeout", "1"]
    more = ["--answers", str(folder / answers), *options]
    return cli.main(["grade", str(folder / "class"), *places, *fixed, *more])


def read_notes(room: Path) -> dict[str, str]:
    return {student: row["notes"] for student, row in read_rows(room / "grades.csv").items()}


def test_copies_are_noted_and_cost_nothing(room: Path) -> None:
    notes = read_notes(room)
    assert "backward: the same as the answer of Zora, but for names" in notes["Ymir"]
    assert "backward: the same as the answer of Ymir, but for names" in notes["Zora"]
    assert "backward: same as published but for names" in notes["Quirin"]
    rows = read_rows(room / "grades.csv")
    full = str(EXERCISES["backward"].points)
    assert [rows[name]["backward"] for name in ("Ymir", "Zora", "Quirin")] == [full] * 3
    summary = (room / "grades.txt").read_text()
    assert "  backward: Ymir, Zora\n" in summary
    assert "  backward (the published one): Quirin\n" in summary
    assert "but for names" not in summary


def test_the_page_counts_the_class_and_names_nobody(room: Path) -> None:
    page = (room / "class.html").read_text()
    assert not any(student in page for student in (*ANSWERS, "Ursin"))
    for said in (
        "<strong>5</strong> of 6 learners handed in something",
        "3 right, 1 stopped, 1 left blank.",
        "Out of time: 1 of 4 who answered",
        "What becomes of it?",
        "5 of 5 who chose",
    ):
        assert said in page, said


def test_the_answers_lie_where_the_table_says(room: Path) -> None:
    for student in ("Ymir", "Zora", "Quirin", "Xaver"):
        text = (room / "answers" / "backward" / f"{student}.py").read_text()
        assert text == ANSWERS[student].rstrip() + "\n"
    assert not (room / "answers" / "backward" / "Wanda.py").exists()
    published = room / "answers" / "published" / "backward" / "backward.py"
    assert published.read_text() == PUBLISHED + "\n"


def test_with_resume_all_comes_out_the_same(room: Path) -> None:
    files = [path for path in room.rglob("*") if path.is_file() and path.suffix != ".journal"]
    before = {path: path.read_bytes() for path in files}
    assert grade(room, "--resume") == 0
    assert {path: path.read_bytes() for path in files} == before


def test_a_folder_with_something_else_is_refused_before_anything_is_graded(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (room / "mine").mkdir()
    (room / "mine" / "notes.txt").write_text("mine")
    assert grade(room, "--resume", answers="mine") == 1
    assert "notes.txt is not as gradlab wrote it there" in capsys.readouterr().err
    assert (room / "mine" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("option", "value"),
    [("--feedback", "a"), ("--json", "a/all.json"), ("--class-page", "a/b/c.html")],
)
def test_answers_have_a_folder_of_their_own(
    option: str, value: str, room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (room / "a" / "b").mkdir(parents=True, exist_ok=True)
    assert grade(room, "--resume", option, str(room / value), answers="a") == 1
    assert "for the answers alone" in capsys.readouterr().err


def test_the_page_does_not_replace_the_grades(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grade(room, "--resume", "--class-page", str(room / "grades.csv")) == 1
    assert "ends in .html" in capsys.readouterr().err
    page = str(room / "class.html")
    assert grade(room, "--resume", "--class-page", page, "--json", page) == 1
    assert "over each other" in capsys.readouterr().err
