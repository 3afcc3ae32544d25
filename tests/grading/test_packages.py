"""Which packages answers find, and what their sandbox pays for them."""

import json

import pytest

from gradlab.grading.sandbox.packages import (
    basic_packages,
    course_packages,
    list_of_fonts,
    packages_for,
)


def test_the_packages_of_the_course_are_there_and_others_are_not() -> None:
    there = course_packages()
    wanted = {"numpy", "matplotlib", "mpl_toolkits", "IPython", "ipywidgets", "tqdm", "traitlets"}
    assert wanted <= there.keys()
    assert not {"gradlab", "jupyterlab", "pytest", "notebook", "nbgrader"} & there.keys()
    assert all(place.exists() and place.name == name for name, place in there.items())
    assert basic_packages().items() <= there.items()


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
    expected = course_packages() if all_are_there else basic_packages()
    assert packages_for(imports, [text]) == expected


def test_the_list_of_fonts_names_those_of_matplotlib_alone() -> None:
    ((name, text),) = list_of_fonts().items()
    assert name.startswith("fontlist-v")
    fonts = json.loads(text)["ttflist"]
    assert any(font["name"] == "DejaVu Sans" for font in fonts)
    assert all(font["fname"].startswith("fonts/ttf/") for font in fonts)
