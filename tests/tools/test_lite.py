"""The page with nothing to install, as far as it can be looked at without a browser."""

from __future__ import annotations

import ast
import hashlib
import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradlab.course.browser_note import NOTE
from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.intake.answers import find_answers
from tools.site.lessons import copy_lessons, read_marks
from tools.site.page import PACKAGES, build_page, copy_wheel, make_configuration
from tools.site.pyodide import copy_pyodide

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
CORE = [
    "pyodide.js",
    "pyodide.mjs",
    "pyodide.asm.js",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
]
KERNEL_PACKAGES = ["ipython", "jedi", "micropip", "packaging", "sqlite3", "ssl"]


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def metadata(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    return found


def edition(path: Path) -> str:
    return str(metadata(path)["gradlab"]["edition"])


# Lessons


def test_each_lesson_has_the_note_on_top_and_is_else_the_learners_edition(tmp_path: Path) -> None:
    copies = copy_lessons(NOTEBOOKS, tmp_path / "new")
    assert [path.name for path in copies] == sorted(p.name for p in NOTEBOOKS.glob("*.ipynb"))
    for path in copies:
        note, *rest = cells(path)
        assert note["source"] == NOTE.replace("{edition}", edition(NOTEBOOKS / path.name))
        assert rest == cells(NOTEBOOKS / path.name)


def test_the_note_says_where_the_work_is_and_how_to_get_it() -> None:
    assert "in this browser only" in NOTE
    assert "**Download**, above" in NOTE


def test_answers_are_found_as_without_the_note(tmp_path: Path) -> None:
    copy_lessons(NOTEBOOKS / "solved", tmp_path)
    with_note = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    without = {name: (NOTEBOOKS / "solved" / name).read_bytes() for name in with_note}
    found, expected = (find_answers(books, list(EXERCISES)) for books in (with_note, without))
    assert sorted(found.answers) == sorted(EXERCISES)
    # The note is one more cell, so the others have other numbers.
    texts, as_before = (
        {name: replace(answer, cells=(), narrow=None) for name, answer in work.answers.items()}
        for work in (found, expected)
    )
    assert texts == as_before
    assert replace(found, answers={}) == replace(expected, answers={})


def test_the_page_knows_the_edition_of_each_lesson_that_it_serves(tmp_path: Path) -> None:
    copies = copy_lessons(NOTEBOOKS, tmp_path)
    marks = make_configuration([], read_marks(copies))["jupyter-config-data"]["gradlabLessons"]
    assert marks == {path.name: metadata(path)["gradlab"] for path in copies}
    assert {name: mark["edition"] for name, mark in marks.items()} == {
        path.name: edition(path) for path in NOTEBOOKS.glob("*.ipynb")
    }


def test_a_lesson_without_a_mark_of_its_edition_is_refused(tmp_path: Path) -> None:
    (tmp_path / "00_old.ipynb").write_text('{"cells": [], "metadata": {}}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"00_old\.ipynb has no mark of its edition"):
        copy_lessons(tmp_path, tmp_path / "new")


def test_a_folder_without_lessons_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no lessons"):
        copy_lessons(tmp_path, tmp_path / "new")


# Settings


def kernel_settings() -> dict[str, Any]:
    settings = make_configuration(["pypi/b.whl", "pypi/a.whl"], {})["jupyter-config-data"][
        "litePluginSettings"
    ]
    found: dict[str, Any] = settings[KERNEL]
    return found


def test_a_way_back_to_the_book_is_where_there_is_a_book() -> None:
    alone, beside = (
        make_configuration([], {}, book)["jupyter-config-data"] for book in (None, "../")
    )
    assert "gradlabBook" not in alone
    assert beside["gradlabBook"] == "../"


def test_a_page_without_gradlabs_wheel_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "tqdm-4-py3-none-any.whl"
    other.touch()
    with pytest.raises(ValueError, match="no wheel of gradlab"):
        build_page(NOTEBOOKS, [other], tmp_path / "page")


def test_another_gradlab_of_the_same_name_has_another_address(tmp_path: Path) -> None:
    """A browser that keeps files would run a new lesson on an old gradlab."""
    wheel = tmp_path / "gradlab_course-1-py3-none-any.whl"
    addresses = []
    for content in (b"old", b"new"):
        wheel.write_bytes(content)
        addresses.append(copy_wheel(wheel, tmp_path / "page"))
        assert (tmp_path / "page" / addresses[-1]).read_bytes() == content
    assert len({*addresses}) == 2
    assert all(address.endswith(f"/{wheel.name}") for address in addresses)


def test_nothing_is_looked_up_in_a_public_index() -> None:
    assert kernel_settings()["disablePyPIFallback"] is True


def test_without_a_folder_pyodide_comes_from_its_usual_address() -> None:
    # The kernel has one of its own; the build adds another only where a folder is given.
    assert "pyodideUrl" not in kernel_settings()


def test_the_page_brings_what_gradlab_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {
        line.partition(">")[0] for line in project["dependencies"] if "emscripten" not in line
    }
    lines = (ROOT / "tools" / "site" / "wheels.in").read_text(encoding="utf-8").splitlines()
    wheels = {line.partition("=")[0] for line in lines if not line.startswith("#")}
    assert needed <= wheels | set(PACKAGES)
    loaded = kernel_settings()["loadPyodideOptions"]["packages"]
    assert loaded == [*PACKAGES, "../../../../pypi/a.whl", "../../../../pypi/b.whl"]


# Pyodide


def distribution(folder: Path, version: str = "0.27.7") -> Path:
    """Make a folder that looks like a Pyodide distribution; its numpy needs open_blas."""
    folder.mkdir()
    depends = {"numpy": ["open_blas"], "open-blas": [], "scipy": ["numpy"]}
    depends |= {name: [] for name in KERNEL_PACKAGES}
    packages = {}
    for name, needs in depends.items():
        content = name.encode()
        (folder / f"{name}.whl").write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        packages[name] = {"file_name": f"{name}.whl", "sha256": digest, "depends": needs}
    for name in CORE:
        (folder / name).touch()
    lock = {"info": {"version": version}, "packages": packages}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    return folder


def test_the_page_takes_of_pyodide_what_it_needs_and_no_more(tmp_path: Path) -> None:
    copy_pyodide(distribution(tmp_path / "from"), tmp_path / "to", ["numpy"])
    wheels = [f"{name}.whl" for name in [*KERNEL_PACKAGES, "numpy", "open-blas"]]
    assert sorted(path.name for path in (tmp_path / "to").iterdir()) == sorted(CORE + wheels)


def test_a_folder_that_is_no_pyodide_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no pyodide-lock\.json"):
        copy_pyodide(tmp_path, tmp_path / "to", [])


def test_a_pyodide_of_another_version_is_refused(tmp_path: Path) -> None:
    source = distribution(tmp_path / "from", version="0.29.1")
    with pytest.raises(ValueError, match=r"is Pyodide 0\.29\.1, but the page needs 0\.27"):
        copy_pyodide(source, tmp_path / "to", ["numpy"])


@pytest.mark.parametrize("name", ["pyodide.asm.wasm", "open-blas.whl"])
def test_a_pyodide_that_lacks_a_file_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str
) -> None:
    source = distribution(tmp_path / "from")
    (source / name).unlink()
    with pytest.raises(ValueError, match=f"lacks {name}"):
        copy_pyodide(source, tmp_path / "to", ["numpy"])
    assert not (tmp_path / "to").exists()


def test_a_pyodide_with_a_damaged_package_is_refused(tmp_path: Path) -> None:
    source = distribution(tmp_path / "from")
    (source / "numpy.whl").write_bytes(b"half of num")
    with pytest.raises(ValueError, match=r"numpy\.whl is not the file"):
        copy_pyodide(source, tmp_path / "to", ["numpy"])


def test_the_site_is_built_where_gradlab_cannot_be_imported() -> None:
    for path in (ROOT / "tools" / "site").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.partition(".")[0] == "gradlab"], path
