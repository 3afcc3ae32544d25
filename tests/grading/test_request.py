"""What a teacher typed, and how to type it again."""

import shlex
from dataclasses import fields
from typing import Any

import pytest

from gradlab.grading.request import Request, make_command_without, make_resuming_command


def make_request(*typed: str, **options: Any) -> Request:
    unset = {field.name: None for field in fields(Request)}
    return Request(**{**unset, "typed": typed, **options})


@pytest.mark.parametrize(
    "typed",
    [
        ("grade", "my class", "--jobs", "2"),
        ("grade", "my class", "--column", "Lesson 4", "--jobs", "2"),
        ("grade", "--column=Lesson 4", "my class", "--jobs", "2"),
        ("grade", "--column", "4", "my class", "--jobs", "2", "--column=5", "--column", "6"),
        ("grade", "my class", "--jobs", "2", "--column"),
    ],
)
def test_an_option_is_taken_out_wherever_and_however_often_it_stands(
    typed: tuple[str, ...],
) -> None:
    command = shlex.split(make_command_without(make_request(*typed), "--column"))
    assert command[-4:] == ["grade", "my class", "--jobs", "2"]
    assert "--column" not in " ".join(command)


@pytest.mark.parametrize("is_resumed", [False, True])
def test_a_run_goes_on_with_all_that_was_typed_and_resume_once(is_resumed: bool) -> None:
    typed = ("grade", *(["--resume"] if is_resumed else []), "my class", "-o", "x.csv")
    command = shlex.split(make_resuming_command(make_request(*typed, resume=is_resumed)))
    assert command[-5:] == ["grade", "--resume", "my class", "-o", "x.csv"]
