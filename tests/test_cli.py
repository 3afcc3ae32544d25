"""The command line: sentences and exit codes, never a traceback for what is to be expected."""

import json
from pathlib import Path

import pytest

from gradlab.cli import main
from gradlab.course.check import Check

LESSON = '{"cells": [{"cell_type": "markdown", "source": "%s"}]}'


@pytest.fixture
def lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "lessons"
    folder.mkdir()
    release(folder, "v1")
    monkeypatch.setattr("gradlab.course.folder.lessons_folder", lambda: folder)
    monkeypatch.chdir(tmp_path)
    return folder


def release(folder: Path, text: str) -> None:
    for name in ("00_start.ipynb", "01_slopes.ipynb"):
        (folder / name).write_text(LESSON % text, encoding="utf-8")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Collect how JupyterLab would have been started."""
    calls: list[tuple[object, ...]] = []

    def run_lab(folder: Path, notebook: str, port: int, browser: bool) -> None:
        calls.append((folder, notebook, port, browser))

    monkeypatch.setattr("gradlab.course.lab.run_lab", run_lab)
    return calls


def test_start_copies_the_lessons_and_opens_the_first(
    lessons: Path, started: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["start"]) == 0
    assert started == [(Path("my-course"), "00_start.ipynb", 8888, True)]
    assert capsys.readouterr().out == (
        f"Your course is in {Path('my-course').resolve()}.\nCopied 2 of 2 lessons.\n"
    )
    assert main(["start", "other", "--no-browser", "--port", "9000"]) == 0
    assert started[1] == (Path("other"), "00_start.ipynb", 9000, False)
    assert Path("other", "01_slopes.ipynb").exists()


def test_start_says_what_became_of_each_lesson(
    lessons: Path, started: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["start"])
    capsys.readouterr()
    Path("my-course", "01_slopes.ipynb").write_text(LESSON % "mine", encoding="utf-8")
    release(lessons, "v2")
    main(["start"])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "00_start.ipynb: replaced by a newer version; you had not changed it.",
        "01_slopes.ipynb: kept as you changed it. There is a newer version of the lesson: "
        "01_slopes.new-1.ipynb.",
    ]
    main(["start", "--reset", "1"])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "01_slopes.ipynb: fresh again; what you had is in 01_slopes.kept-1.ipynb."
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["start", "--reset", "7"], "There is no lesson '7'"),
        (["start", "lessons/00_start.ipynb"], "is a file, but the course needs a folder"),
        (["start", "lessons/00_start.ipynb/below"], "cannot be put into"),
        (["start", "lessons"], "holds the lessons themselves"),
    ],
)
def test_an_expected_error_is_a_sentence(
    arguments: list[str],
    sentence: str,
    lessons: Path,
    started: list[tuple[object, ...]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("gradlab start: ")
    assert sentence in printed.err
    assert printed.out == ""
    assert not started


@pytest.mark.parametrize(
    "arguments",
    [
        ["begin"],
        ["start", "a", "b"],
        ["start", "--port", "65536"],
        ["start", "--port", "-1"],
        ["start", "--port", "x"],
        ["doctor", "x"],
    ],
)
def test_wrong_usage_exits_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert "usage: gradlab" in capsys.readouterr().err


def test_no_command_at_all_gets_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "copy the lessons and open them" in capsys.readouterr().out


def test_the_number_of_a_lesson_is_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["start", "00"]) == 1
    assert "gradlab start --reset 00" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, text in (
        (["--version"], "gradlab 0.2.0"),
        (["--help"], "start"),
        (["start", "--help"], "never overwritten"),
    ):
        with pytest.raises(SystemExit) as raised:
            main(arguments)
        assert raised.value.code == 0
        assert text in " ".join(capsys.readouterr().out.split())


def test_ctrl_c_leaves_no_traceback(lessons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gradlab.course.lab.run_lab", interrupted)
    assert main(["start"]) == 130


def test_doctor_exits_with_1_if_something_is_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = [Check("A", True, "well")]
    monkeypatch.setattr("gradlab.course.doctor.examine", lambda: checks)
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out == "Everything is ready.\nok      A  well\n"
    checks.append(Check("B", False, "gone", "Fetch it."))
    assert main(["doctor"]) == 1
    assert "BROKEN  B  gone. What to do: Fetch it." in capsys.readouterr().out


def test_nbgrader_lays_out_a_course_and_says_what_to_do_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["nbgrader", "my class"]) == 0
    printed = capsys.readouterr().out
    assert f"The course is in {tmp_path / 'my class'}: 8 assignments" in printed
    assert "    cd 'my class'\n" in printed
    assert Path("my class", "nbgrader_config.py").is_file()


def test_nbgrader_says_what_is_in_the_way_and_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["nbgrader", str(tmp_path / "file")]) == 1
    assert main(["nbgrader", str(tmp_path / "file" / "below")]) == 1
    monkeypatch.setattr("gradlab.grading.nbgrader_course.lessons_folder", lambda: tmp_path)
    assert main(["nbgrader", str(tmp_path / "course")]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    file, below, wheel = printed.err.splitlines()
    assert "gradlab nbgrader: " in file
    assert "is a file, but the course needs a folder" in file
    assert "cannot be written" in below
    assert "in a clone of the repository" in wheel


def test_the_manifest_names_no_path_and_no_time(
    lessons: Path, started: list[tuple[object, ...]], tmp_path: Path
) -> None:
    main(["start"])
    main(["start", "other"])
    one, other = (
        Path(folder, ".gradlab", "manifest.json").read_text(encoding="utf-8")
        for folder in ("my-course", "other")
    )
    assert one == other
    assert list(json.loads(one)["lessons"]) == ["00_start.ipynb", "01_slopes.ipynb"]
