"""Which packages answers find, and what their sandbox pays for them."""

import json
from pathlib import Path

import pytest

from gradlab.grading.sandbox.packages import (
    choose_packages,
    find_basic_packages,
    find_course_packages,
    list_fonts,
)


def test_the_packages_of_the_course_are_there_and_others_are_not() -> None:
    there = find_course_packages()
    wanted = {"numpy", "matplotlib", "mpl_toolkits", "IPython", "ipywidgets", "tqdm", "traitlets"}
    assert wanted <= there.keys()
    assert not {"gradlab", "jupyterlab", "pytest", "notebook", "nbgrader"} & there.keys()
    assert all(place.exists() and place.name == name for name, place in there.items())
    assert find_basic_packages().items() <= there.items()


@pytest.mark.parametrize(
    ("imports", "text", "all_are_there"),
    [
        ({"numpy", "math", "scipy", "gradlab"}, "", False),
        ({"matplotlib"}, "", True),
        ({"tqdm"}, "", True),
        ({"pandas"}, "", True),
        (set(), "import_module('matplotlib')", True),
    ],
)
def test_a_sandbox_has_what_its_answers_import(
    imports: set[str], text: str, all_are_there: bool
) -> None:
    expected = find_course_packages() if all_are_there else find_basic_packages()
    assert choose_packages(imports, [text]) == expected


def test_the_list_of_fonts_names_those_of_matplotlib_alone() -> None:
    ((name, text),) = list_fonts().items()
    assert name.startswith("fontlist-v")
    fonts = json.loads(text)["ttflist"]
    assert any(font["name"] == "DejaVu Sans" for font in fonts)
    assert all(font["fname"].startswith("fonts/ttf/") for font in fonts)


def test_gradlab_itself_is_not_there_where_it_is_installed_beside_its_packages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    info = tmp_path / "gradlab_course-9.dist-info"
    info.mkdir()
    needs = "Requires-Dist: numpy\nRequires-Dist: gradlab-course[test]; extra == 'all'\n"
    (info / "METADATA").write_text(f"Name: gradlab-course\nVersion: 9\n{needs}")
    (info / "RECORD").write_text("gradlab/__init__.py,,\ngradlab/lessons/00.ipynb,,\n")
    (tmp_path / "gradlab").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    find_course_packages.cache_clear()
    try:
        there = find_course_packages()
    finally:
        find_course_packages.cache_clear()
    assert "numpy" in there
    assert not any(tmp_path in place.parents for place in there.values())


def test_a_package_without_a_record_is_found_by_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Distributions of Linux leave the record out."""
    for name, tops in (("scipy", ""), ("tqdm", "tqdm\ntqdm_extra\n")):
        info = tmp_path / f"{name}-9.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {name}\nVersion: 9\n")
        (info / "top_level.txt").write_text(tops)
        (tmp_path / name).mkdir()
    (tmp_path / "tqdm_extra.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    find_basic_packages.cache_clear()
    try:
        there = find_basic_packages()
    finally:
        find_basic_packages.cache_clear()
    own = {name for name, place in there.items() if place.parent == tmp_path}
    assert own == {"scipy", "tqdm", "tqdm_extra.py"}
