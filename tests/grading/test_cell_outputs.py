"""Outputs are skipped while a notebook is read: size is no reason to refuse one."""

import json
from pathlib import Path
from typing import Any

import pytest
from class_files import make_zip, put
from hypothesis import given, settings, strategies as st

from gradlab.grading.intake import cell_outputs
from gradlab.grading.intake.cell_outputs import TooManyTokensError, skip_outputs
from gradlab.grading.intake.submissions import open_submissions, read_notebooks
from gradlab.live.output import MIME as TYPE
from tools.lessons import NOTEBOOKS

# How deep in lists and dicts each key stands that is left out.
DEPTHS = {"outputs": (3, 5), "attachments": (3,), "widgets": (2,)}


def without_outputs(value: Any, depth: int = 0) -> Any:
    """Return what must be left of a notebook, found in the parsed JSON."""
    if isinstance(value, list):
        return [without_outputs(part, depth + 1) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: type(part)()
        if depth + 1 in DEPTHS.get(key, ()) and isinstance(part, list | dict)
        else without_outputs(part, depth + 1)
        for key, part in value.items()
    }


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("solved/*.ipynb")), ids=lambda p: p.name)
def test_of_a_lesson_all_but_its_outputs_stays(path: Path) -> None:
    content = path.read_bytes()
    book = json.loads(content)
    expected = without_outputs(book)
    # Of what cells put out, what was predicted.
    for cell, kept in zip(book["cells"], expected["cells"], strict=True):
        lives = [
            one["data"][TYPE] for one in cell.get("outputs", ()) if TYPE in one.get("data", ())
        ]
        asked = [{"data": {TYPE: live}} for live in lives if live["module"] == "predict"]
        if asked:
            kept["outputs"] = asked
    assert json.loads(skip_outputs(content)) == expected
    assert len(skip_outputs(content)) < len(content) / 2


KEYS = st.sampled_from(["outputs", "attachments", "widgets", "source", 'a"b', "\\", "é", "x: ["])
TEXTS = KEYS | st.text(max_size=9)
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | TEXTS,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=3),
    max_leaves=12,
)
CELLS = st.dictionaries(KEYS, VALUES, max_size=4)
BOOKS = st.fixed_dictionaries(
    {},
    optional={
        "cells": st.lists(CELLS, max_size=3),
        "worksheets": st.lists(
            st.fixed_dictionaries({"cells": st.lists(CELLS, max_size=2)}), max_size=2
        ),
        "metadata": st.dictionaries(KEYS, VALUES, max_size=3),
    },
)


@given(BOOKS, st.sampled_from([None, 1]), st.booleans())
@settings(max_examples=300)
def test_of_any_notebook_all_but_its_outputs_stays(
    book: Any, indent: int | None, ascii_only: bool
) -> None:
    content = json.dumps(book, indent=indent, ensure_ascii=ascii_only).encode()
    assert json.loads(skip_outputs(content)) == without_outputs(json.loads(content))


@given(st.binary(max_size=200) | st.text('{}[]":\\ outps,', max_size=60).map(str.encode))
def test_no_bytes_raise(content: bytes) -> None:
    assert len(skip_outputs(content)) <= len(content)


def test_what_has_no_outputs_stays_byte_for_byte() -> None:
    for content in (b"", b"\xff\xfe{\x00", b'{"cells": [', b"]" * 9, b'{"outputs": [1]}'):
        assert skip_outputs(content) == content


def test_the_number_of_brackets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_outputs, "MOST_TOKENS", 100)
    with pytest.raises(TooManyTokensError, match="100 strings and brackets"):
        skip_outputs(b"[" * 102)


def test_a_large_notebook_is_read_from_a_folder_and_from_a_zip(tmp_path: Path) -> None:
    book = {
        "cells": [{"cell_type": "code", "source": "x", "outputs": [{"png": "A" * 30_000_000}]}]
    }
    files = {f"{student}/work.ipynb": json.dumps(book).encode() for student in ("ada", "bob")}
    zipped = tmp_path / "class.zip"
    zipped.write_bytes(make_zip(files))
    for path in (put(tmp_path / "folder", files), zipped):
        with open_submissions(path) as found:
            for one in found:
                contents, notes = read_notebooks(one)
                assert not notes
                assert json.loads(contents["work.ipynb"]) == without_outputs(dict(book))
