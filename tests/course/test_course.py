"""The course folder: whatever happens, what the learner wrote is still there."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, strategies as st
from ipykernel.ipkernel import IPythonKernel

from gradlab.course.folder import (
    HIDDEN,
    LESSONS,
    CourseError,
    Lesson,
    hash_cells,
    lessons_folder,
    open_course,
)

START, SLOPES = "00_start.ipynb", "01_slopes.ipynb"


def notebook(*sources: str, outputs: str = "") -> str:
    cells = [
        {"cell_type": "code", "source": source.splitlines(keepends=True), "outputs": [outputs]}
        for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def release(lessons: Path, text: str) -> None:
    """Put version `text` of both lessons into the lessons folder."""
    lessons.mkdir(exist_ok=True)
    for name in (START, SLOPES):
        (lessons / name).write_text(notebook(f"# {name}", text), encoding="utf-8")


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    release(tmp_path / "lessons", "v1")
    return tmp_path / "lessons"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "my-course"


def outcomes(done: list[Lesson]) -> list[str]:
    return [lesson.outcome for lesson in done]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != HIDDEN)


def test_a_first_start_copies_and_a_second_leaves_alone(lessons: Path, mine: Path) -> None:
    assert outcomes(open_course(mine, lessons=lessons)) == ["copied", "copied"]
    assert (mine / START).read_bytes() == (lessons / START).read_bytes()
    manifest = (mine / HIDDEN / "manifest.json").read_bytes()
    before = (mine / START).stat().st_mtime_ns
    assert outcomes(open_course(mine, lessons=lessons)) == ["unchanged", "unchanged"]
    assert (mine / START).stat().st_mtime_ns == before
    assert (mine / HIDDEN / "manifest.json").read_bytes() == manifest
    assert files(mine) == [START, SLOPES]


def test_a_copy_says_of_its_kernel_what_the_kernel_will_say(mine: Path) -> None:
    """Else JupyterLab takes a lesson for edited that was only opened."""
    open_course(mine)
    for lesson in lessons_folder().glob(LESSONS):
        copied = json.loads((mine / lesson.name).read_bytes())
        given = json.loads(lesson.read_bytes())
        assert copied["metadata"].pop("language_info") == IPythonKernel.language_info
        del given["metadata"]["language_info"]
        assert copied == given


def test_another_python_changes_what_was_never_saved_and_nothing_else(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version", "3.9.1 (an older one)")
    names = [lesson.name for lesson in open_course(mine)]
    saved, *others = (mine / name for name in names)
    # As JupyterLab saves it, with an output in it.
    text = saved.read_text(encoding="utf-8").replace('"outputs": []', '"outputs": [1]', 1)
    saved.write_text(text, encoding="utf-8")
    monkeypatch.undo()
    assert outcomes(open_course(mine)) == ["unchanged"] * len(names)
    assert saved.read_text(encoding="utf-8") == text
    for path in others:
        assert "3.9.1" not in path.read_text(encoding="utf-8")


def test_a_missing_file_is_copied_again(lessons: Path, mine: Path) -> None:
    open_course(mine, lessons=lessons)
    (mine / SLOPES).unlink()
    assert outcomes(open_course(mine, lessons=lessons)) == ["unchanged", "copied"]


def test_outputs_are_no_change(lessons: Path, mine: Path) -> None:
    open_course(mine, lessons=lessons)
    (mine / START).write_text(notebook(f"# {START}", "v1", outputs="42"), encoding="utf-8")
    assert outcomes(open_course(mine, lessons=lessons)) == ["unchanged", "unchanged"]
    assert "42" in (mine / START).read_text(encoding="utf-8")
    release(lessons, "v2")
    assert outcomes(open_course(mine, lessons=lessons)) == ["replaced", "replaced"]


def test_a_changed_file_is_kept_and_a_newer_version_offered_once(
    lessons: Path, mine: Path
) -> None:
    open_course(mine, lessons=lessons)
    (mine / SLOPES).write_text(notebook("my work"), encoding="utf-8")
    assert open_course(mine, lessons=lessons)[1] == Lesson(SLOPES, "kept")
    release(lessons, "v2")
    beside = "01_slopes.new-1.ipynb"
    assert open_course(mine, lessons=lessons)[1] == Lesson(SLOPES, "kept", beside)
    assert (mine / SLOPES).read_text(encoding="utf-8") == notebook("my work")
    assert (mine / beside).read_bytes() == (lessons / SLOPES).read_bytes()
    (mine / beside).unlink()
    assert open_course(mine, lessons=lessons)[1] == Lesson(SLOPES, "kept")
    assert not (mine / beside).exists()


def test_an_untouched_offer_makes_way_and_a_changed_one_stays(lessons: Path, mine: Path) -> None:
    open_course(mine, lessons=lessons)
    (mine / SLOPES).write_text(notebook("my work"), encoding="utf-8")
    for text in ("v2", "v3"):
        release(lessons, text)
        assert open_course(mine, lessons=lessons)[1].beside == "01_slopes.new-1.ipynb"
    (mine / "01_slopes.new-1.ipynb").write_text(notebook("work in the offer"), encoding="utf-8")
    release(lessons, "v4")
    assert open_course(mine, lessons=lessons)[1].beside == "01_slopes.new-2.ipynb"
    assert "work in the offer" in (mine / "01_slopes.new-1.ipynb").read_text(encoding="utf-8")


def test_a_learner_who_took_the_offer_is_up_to_date(lessons: Path, mine: Path) -> None:
    open_course(mine, lessons=lessons)
    (mine / SLOPES).write_text(notebook("my work"), encoding="utf-8")
    release(lessons, "v2")
    open_course(mine, lessons=lessons)
    (mine / "01_slopes.new-1.ipynb").replace(mine / SLOPES)
    assert open_course(mine, lessons=lessons)[1] == Lesson(SLOPES, "unchanged")
    release(lessons, "v3")
    assert open_course(mine, lessons=lessons)[1] == Lesson(SLOPES, "replaced")


@pytest.mark.parametrize("manifest", [None, "", "{", "[]", '{"lessons": 3}', '{"lessons": {}}'])
def test_without_a_manifest_all_that_differs_is_the_learners(
    manifest: str | None, lessons: Path, mine: Path
) -> None:
    open_course(mine, lessons=lessons)
    path = mine / HIDDEN / "manifest.json"
    path.unlink()
    if manifest is not None:
        path.write_text(manifest, encoding="utf-8")
    release(lessons, "v2")
    (lessons / START).write_bytes((mine / START).read_bytes())
    done = open_course(mine, lessons=lessons)
    assert outcomes(done) == ["unchanged", "kept"]
    assert done[1].beside == "01_slopes.new-1.ipynb"
    assert outcomes(open_course(mine, lessons=lessons)) == ["unchanged", "kept"]
    assert files(mine) == [START, "01_slopes.ipynb", "01_slopes.new-1.ipynb"]


@pytest.mark.parametrize(
    "content",
    ["", "not JSON", "[]", "null", '{"cells": [{}]}', '{"cells": 1}', '{"cells": [[]]}', "\xff"],
)
def test_what_is_no_notebook_is_the_learners(content: str, lessons: Path, mine: Path) -> None:
    mine.mkdir()
    (mine / START).write_bytes(content.encode("latin-1"))
    assert hash_cells(content.encode("latin-1")) is None
    assert open_course(mine, lessons=lessons)[0] == Lesson(START, "kept", "00_start.new-1.ipynb")
    assert (mine / START).read_bytes() == content.encode("latin-1")


def test_a_link_is_not_followed(lessons: Path, mine: Path, tmp_path: Path) -> None:
    open_course(mine, lessons=lessons)
    elsewhere = tmp_path / "elsewhere.ipynb"
    (mine / START).replace(elsewhere)
    try:
        (mine / START).symlink_to(elsewhere)
    except OSError:
        pytest.skip("this user may not make symbolic links")
    before = elsewhere.read_bytes()
    release(lessons, "v2")
    assert open_course(mine, lessons=lessons)[0].outcome == "kept"
    assert open_course(mine, reset="0", lessons=lessons)[0].outcome == "reset"
    assert (mine / "00_start.kept-1.ipynb").is_symlink()
    assert not (mine / START).is_symlink()
    assert elsewhere.read_bytes() == before


def test_a_folder_in_place_of_a_lesson_is_kept(lessons: Path, mine: Path) -> None:
    (mine / START).mkdir(parents=True)
    assert open_course(mine, lessons=lessons)[0].outcome == "kept"
    assert open_course(mine, reset="0", lessons=lessons)[0].outcome == "reset"
    assert (mine / "00_start.kept-1.ipynb").is_dir()


def test_reset_keeps_the_old_file_under_a_new_name(lessons: Path, mine: Path) -> None:
    assert open_course(mine, reset="01", lessons=lessons)[1] == Lesson(SLOPES, "copied")
    for number, name in (("01", "01_slopes.kept-1.ipynb"), ("1", "01_slopes.kept-2.ipynb")):
        (mine / SLOPES).write_text(notebook(f"work for {name}"), encoding="utf-8")
        done = open_course(mine, reset=number, lessons=lessons)
        assert done == [Lesson(START, "unchanged"), Lesson(SLOPES, "reset", name)]
        assert f"work for {name}" in (mine / name).read_text(encoding="utf-8")
        assert (mine / SLOPES).read_bytes() == (lessons / SLOPES).read_bytes()
    # What is fresh is unchanged, so it follows new versions.
    release(lessons, "v2")
    assert outcomes(open_course(mine, lessons=lessons)) == ["replaced", "replaced"]


@pytest.mark.parametrize("number", ["7", "", "one", "-1", "001"])
def test_reset_of_an_unknown_lesson_names_those_there_are(
    number: str, lessons: Path, mine: Path
) -> None:
    with pytest.raises(CourseError, match=re.escape(f"{number!r}")) as raised:
        open_course(mine, reset=number, lessons=lessons)
    assert START in str(raised.value)
    assert SLOPES in str(raised.value)
    assert not mine.exists()


def test_a_file_in_place_of_the_folder_is_an_error(lessons: Path, mine: Path) -> None:
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(CourseError, match="is a file, but the course needs a folder"):
        open_course(mine, lessons=lessons)
    with pytest.raises(CourseError, match="cannot be put into"):
        open_course(mine / "below", lessons=lessons)
    assert mine.read_text(encoding="utf-8") == "mine"


def test_the_lessons_themselves_are_not_a_course_folder(lessons: Path) -> None:
    with pytest.raises(CourseError, match="holds the lessons themselves"):
        open_course(lessons, lessons=lessons)


def test_a_folder_that_cannot_be_written_is_an_error(
    lessons: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not by chmod: root may write everywhere.
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(mine))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(CourseError, match=r"Permission denied.*that you may write to"):
        open_course(mine, lessons=lessons)
    assert files(mine) == []


def test_a_damaged_lesson_is_an_error_before_anything_is_written(
    lessons: Path, mine: Path
) -> None:
    (lessons / SLOPES).write_text("", encoding="utf-8")
    with pytest.raises(CourseError, match=r"01_slopes.ipynb is not a notebook"):
        open_course(mine, lessons=lessons)
    assert not mine.exists()


def test_lessons_are_those_of_the_wheel_else_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "gradlab.course.folder.__file__", str(tmp_path / "gradlab" / "course" / "folder.py")
    )
    with pytest.raises(CourseError, match="No lessons were found"):
        lessons_folder()
    for folder in (tmp_path / "notebooks", tmp_path / "gradlab" / "lessons"):
        folder.mkdir(parents=True)
        release(folder, "v1")
        assert lessons_folder() == folder


class Interrupted(BaseException):
    """Stands for a process that dies; not an Exception, so that nothing handles it."""


@contextmanager
def dies_at(step: int) -> Iterator[None]:
    """Die just before the given change of a name, as if the power had failed."""
    count = 0
    replace, rename = Path.replace, Path.rename

    def counted(method: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
        def change(self: Path, target: Path) -> Path:
            nonlocal count
            count += 1
            if count > step:
                raise Interrupted
            return method(self, target)

        return change

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", counted(replace))
        patch.setattr(Path, "rename", counted(rename))
        try:
            yield
        except Interrupted:
            return


def works(folder: Path) -> set[str]:
    """Return everything in the folder that the learner wrote."""
    texts = (path.read_text(encoding="utf-8") for path in folder.glob("*.ipynb"))
    return {work for text in texts for work in re.findall(r"work \d+", text)}


# What happens often comes often, so that offers are made, edited and made again.
often = ["edit", "start"] * 3
steps = st.tuples(st.sampled_from([*often, "undo", "forget", "reset", "crash"]), st.integers(0, 5))


@given(st.lists(steps, min_size=4, max_size=12))
def test_no_history_loses_what_a_learner_wrote(history: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as here, pytest.MonkeyPatch.context() as patch:
        # A thousand waits for the disk show nothing here.
        patch.setattr(os, "fsync", lambda _: None)
        lessons, mine = Path(here, "lessons"), Path(here, "mine")
        release(lessons, "v0")
        open_course(mine, lessons=lessons)
        for number, (step, choice) in enumerate(history):
            there = sorted(mine.glob("*.ipynb"))
            if step == "forget":
                (mine / HIDDEN / "manifest.json").unlink(missing_ok=True)
            if step in ("edit", "undo") and there:
                # To undo may give back a version that is older than the one copied last.
                text = notebook(f"work {number}") if step == "edit" else notebook("# x", "v0")
                there[choice % len(there)].write_text(text, encoding="utf-8")
            before = works(mine)
            if step in ("start", "reset", "crash"):
                release(lessons, f"v{choice}")
                reset = None if step == "start" else str(choice % 2)
                with dies_at(choice if step == "crash" else 1000):
                    open_course(mine, reset=reset, lessons=lessons)
            assert before == works(mine)
        # Once nothing dies any more, every lesson is there, and a second start has no news.
        open_course(mine, lessons=lessons)
        again = open_course(mine, lessons=lessons)
        assert set(outcomes(again)) <= {"unchanged", "kept"}
        assert not any(lesson.beside for lesson in again)
        assert {START, SLOPES} <= set(os.listdir(mine))
        assert not list(mine.glob(".*.part"))
