"""What is taken out of gradlab's modules for an answer, and what is left behind."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradlab.grading.sandbox.sent_parts import find_parts_for

HELPERS = """
from __future__ import annotations

from gradlab.toy.other import Alias, used, unused

LIMIT = 3
TABLE = [LIMIT]
TABLE.append(used)


def wanted(x: Alias = TABLE) -> unwanted:
    return inner(x)


def inner(x):
    return Kept().value + x


class Kept:
    value: Alias = LIMIT


def unwanted():
    return unused()
"""
OTHER = "Alias = int\n\n\ndef used():\n    return 1\n\n\ndef unused():\n    return 2\n"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Make a package of gradlab's with two modules; return the name of the first."""
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "helpers.py").write_text(HELPERS)
    (folder / "other.py").write_text(OTHER)
    import gradlab

    monkeypatch.setattr(gradlab, "__path__", [*gradlab.__path__, str(tmp_path)])
    find_parts_for.cache_clear()
    yield "gradlab.toy.helpers"
    find_parts_for.cache_clear()
    for name in [name for name in sys.modules if name.startswith("gradlab.toy")]:
        del sys.modules[name]


def test_a_function_comes_with_what_it_calls_and_nothing_else(toy: str) -> None:
    parts = find_parts_for(frozenset({(toy, "wanted")}))
    assert parts.missing == {toy: ("unwanted",), "gradlab.toy.other": ("unused",)}
    assert "def unwanted" not in parts.texts[toy]
    assert "from gradlab.toy.other import used\n" in parts.texts[toy]
    assert parts.texts["gradlab.toy.other"] == "def used():\n    return 1"
    assert "TABLE.append(used)" in parts.texts[toy]


def test_what_is_withheld_is_missing_with_all_that_it_alone_needs(toy: str) -> None:
    parts = find_parts_for(frozenset({(toy, "wanted")}), frozenset({f"{toy}.inner"}))
    assert parts.missing[toy] == ("inner", "Kept", "unwanted")


def test_a_name_that_is_not_where_it_should_be_is_an_error(toy: str) -> None:
    with pytest.raises(ImportError, match=r"gradlab\.toy\.helpers defines no nothing"):
        find_parts_for(frozenset({(toy, "nothing")}))


def test_with_the_central_difference_goes_no_other_formula() -> None:
    parts = find_parts_for(frozenset({("gradlab.differences.formulas", "central_difference")}))
    assert set(parts.texts) == {"gradlab.differences.formulas", "gradlab.differences.steps"}
    missing = parts.missing["gradlab.differences.formulas"]
    assert {"richardson", "five_point_difference", "complex_step"} <= set(missing)
