"""Notebooks as plain data, and the answers that are found in them."""

import copy
import json
from typing import Any

import pytest

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.grading.intake.answers import Answer, Work, find_answers
from tools.lessons import NOTEBOOKS

ALL = [*EXERCISES, *WRITTEN]
Json = dict[str, Any]


def read_edition(folder: str) -> dict[str, Json]:
    paths = sorted((NOTEBOOKS / folder).glob("*.ipynb"))
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}


SOLVED, BLANK = read_edition("solved"), read_edition(".")
LESSON_3, LESSON_4 = "03_worked_example.ipynb", "04_vectorizing.ipynb"
every_lesson = pytest.mark.parametrize("file", SOLVED)
TWICE = "def double(x):\n    return 2 * x"
STUB = """\
def double(x):
    '''Return x + x.'''
    # YOUR CODE HERE
    raise NotImplementedError()"""


def exercises_of(file: str) -> set[str]:
    return {name for name, exercise in EXERCISES.items() if exercise.lesson == int(file[:2])}


def find(notebooks: dict[str, Any], names: list[str] = ALL) -> Work:
    """Find the answers in notebooks given as plain data."""
    return find_answers(
        {file: json.dumps(data).encode() for file, data in notebooks.items()}, names
    )


def cell(text: str, mark: str | None = None, kind: str = "code") -> Json:
    metadata = {"nbgrader": {"grade_id": mark, "solution": True}} if mark else {}
    return {"cell_type": kind, "metadata": metadata, "source": text}


def notebook(*cells: Any) -> Json:
    return {
        "cells": list(cells),
        "metadata": {"kernelspec": {"name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def find_work(*cells: Any) -> Work:
    return find({"00_start_here.ipynb": notebook(*cells)}, ["double"])


def find_answer(*cells: Any) -> Answer:
    """Return the answer to double in a notebook of these cells."""
    return find_work(*cells).answers["double"]


def run(answer: Answer, name: str) -> Any:
    """Run an answer as a grader would, and return what it defines."""
    namespace: dict[str, Any] = {}
    for text in (*answer.setup, answer.source):
        exec(text, namespace)
    return namespace[name]


def remove_marks(data: Json) -> Json:
    bare = copy.deepcopy(data)
    bare["metadata"] = {}
    for part in bare["cells"]:
        part["metadata"] = {}
    return bare
