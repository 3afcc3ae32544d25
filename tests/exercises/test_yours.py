"""The learner's own function where it passes, else gradlab's."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

import __main__
import gradlab
from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.exercises.checking.result import CheckResult

GRADLABS = EXERCISES["double"].reference


def define(monkeypatch: pytest.MonkeyPatch, function: Any) -> None:
    monkeypatch.setattr(__main__, "double", function, raising=False)


def refuse_texts(x: Any) -> Any:
    if isinstance(x, str):
        raise LookupError("no text")
    return x + x


def leave(x: Any) -> Any:
    raise SystemExit


def ask_for_gradlabs(x: Any) -> Any:
    return gradlab.yours("double")(x)


@pytest.mark.usefixtures("unwatched")
def test_a_right_function_is_handed_back_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = EXERCISES["double"].also_right[0]
    define(monkeypatch, answer)
    assert gradlab.yours("double") is answer
    assert capsys.readouterr().out == 'yours("double"): your function\n'


def test_its_errors_are_the_learners_own(monkeypatch: pytest.MonkeyPatch) -> None:
    define(monkeypatch, refuse_texts)
    double = gradlab.yours("double")
    with pytest.raises(LookupError) as raised:
        double("2")
    frames = traceback.extract_tb(raised.value.__traceback__)
    assert [frame.filename for frame in frames] == [__file__] * 2


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "has not been attempted yet"),
        (EXERCISES["double"].misconceptions[0].wrong, "does not pass its check yet"),
        (3, "does not pass its check yet"),
        (leave, "does not pass its check yet"),
        (GRADLABS, "was replaced by it: run its cell again"),
        (ask_for_gradlabs, "does not pass its check yet"),
    ],
)
def test_another_gives_way_to_gradlabs_and_it_says_so(
    answer: Any,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    define(monkeypatch, answer)
    assert gradlab.yours("double") is GRADLABS
    captured = capsys.readouterr()
    assert captured.out == f'yours("double"): gradlab\'s solution, because yours {why}\n'
    assert captured.err == ""


def test_a_stub_is_no_attempt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stub(x: Any) -> Any:
        raise NotImplementedError

    define(monkeypatch, stub)
    assert gradlab.yours("double") is GRADLABS
    assert "yours has not been attempted yet" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["duoble", next(iter(WRITTEN)), [], None])
def test_an_unknown_name_is_an_error_that_lists_the_names(name: Any) -> None:
    with pytest.raises(ValueError, match="must be the name of an exercise") as raised:
        gradlab.yours(name)
    assert repr(name) in str(raised.value)
    assert all(repr(known) in str(raised.value) for known in EXERCISES)


def test_an_answer_that_checks_itself_is_refused_and_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inner: list[CheckResult] = []

    def check_itself(x: Any) -> Any:
        inner.append(gradlab.check("double"))
        return 2 * x

    define(monkeypatch, check_itself)
    assert "own code: check" in str(gradlab.check("double"))
    assert len(inner) == 5
    assert all("cannot check itself" in str(result) for result in inner)
