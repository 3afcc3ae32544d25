"""An answer in another process is marked as it would be in this one."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
import pytest
from answer_text import write_right_answer
from remote_marking import SEED, mark_remotely

from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Cases, Exercise
from gradlab.exercises.marking.mark import draw_cases, mark, mark_calls
from gradlab.grading.sandbox.isolation import find_strongest
from gradlab.grading.sandbox.process import Ending, Sandbox
from gradlab.grading.sandbox.remote import RemoteAnswer
from gradlab.grading.sandbox.session import Session
from gradlab.grading.sandbox.wire import Channel, WireError


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(find_strongest(), cpu_seconds=20) as sandbox:
        yield sandbox


RIGHT = [
    (name, number) for name, one in EXERCISES.items() for number in range(len(one.also_right))
]
SLOW = pytest.mark.slow


@pytest.mark.parametrize("name", EXERCISES)
def test_the_reference_gets_full_marks(sandbox: Sandbox, name: str) -> None:
    exercise = EXERCISES[name]
    marking, _ = mark_remotely(sandbox, exercise, "import numpy as np, gradlab", exercise.source())
    assert marking.points == exercise.points, marking


@pytest.mark.parametrize(
    ("name", "number"),
    [
        pytest.param(name, number, id=f"{name} {number}", marks=SLOW if number else ())
        for name, number in RIGHT
    ],
)
def test_other_right_ways_get_full_marks(sandbox: Sandbox, name: str, number: int) -> None:
    text = write_right_answer(name, number)
    marking, _ = mark_remotely(sandbox, EXERCISES[name], text)
    assert marking.points == EXERCISES[name].points, marking


class SameProcess:
    """Stands for a sandbox: what runs there runs in a thread here, and is any function."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self._answer = answer

    def begin(self) -> Channel:
        ours, theirs = socket.socketpair()
        channel = Channel(theirs)

        def run() -> None:
            session = Session(channel)
            session._define = lambda order: self._answer  # type: ignore[method-assign]
            with contextlib.suppress(WireError):
                session.run()
            channel.close()

        self._thread = threading.Thread(target=run)
        self._thread.start()
        return Channel(ours)

    def end(self, gone: bool = False) -> Ending:
        self._thread.join()
        return Ending(by_itself=True, signal=0, cpu_seconds=0.0)


# find_bugs takes a second or two for each.
WRONG = [
    (name, number)
    for name, exercise in EXERCISES.items()
    for number in range(len(exercise.misconceptions))
    if name != "find_bugs" or number < 3
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("name", "number"),
    [
        pytest.param(name, number, id=f"{name} {number}", marks=SLOW if number else ())
        for name, number in WRONG
    ],
)
def test_a_misconception_gets_the_same_hints_and_points(name: str, number: int) -> None:
    exercise = EXERCISES[name]
    wrong = exercise.misconceptions[number].wrong
    here = mark(exercise, wrong, SEED)
    place = cast(Sandbox, SameProcess(wrong))
    answer = RemoteAnswer(place, exercise, (), "", SEED, cpu_seconds=20)
    there = mark_calls(exercise, answer, draw_cases(exercise, SEED))
    answer.end()
    assert (there.points, there.hints) == (here.points, here.hints)
    stages = [[trial.stage for g in m.groups for trial in g.trials] for m in (here, there)]
    assert stages[0] == stages[1]


# Functions and networks that are given to an answer


def make_exercise(
    cases: Callable[[np.random.Generator], Cases], reference: Callable[..., Any], **more: Any
) -> Exercise:
    return Exercise(1, reference, cases, (), (), lesson=0, **more)


class Noisy:
    """A loss in the wild: it draws from the global state."""

    draws_globally = True

    def __call__(self, x: float) -> float:
        return x + np.random.random_sample()  # noqa: NPY002


@pytest.mark.parametrize(("seeds", "seen"), [("np.random.seed(3)", True), ("pass", False)])
def test_who_seeds_the_global_random_numbers_seeds_those_of_a_function_and_is_seen(
    sandbox: Sandbox, seeds: str, seen: bool
) -> None:
    def answer(f: Any) -> bool:
        return seen

    exercise = make_exercise(lambda rng: {"all": [(Noisy(),), (Noisy(),)]}, answer)
    source = "import numpy as np\ndef answer(f):\n    values = []\n    for _ in range(3):\n"
    source += f"        {seeds}\n        values.append(f(0.0))\n"
    source += "    return values.count(values[0]) == 3"
    (group,) = mark_remotely(sandbox, exercise, source)[0].groups
    assert [bool(trial.got) for trial in group.trials] == [seen, seen]
    assert [trial.stage for trial in group.trials] == ["changes" if seen else ""] * 2


def test_a_function_that_changes_its_argument_changes_the_answers(sandbox: Sandbox) -> None:
    def growing(theta: Any) -> Any:
        theta *= 2.0
        return theta.sum()

    def answer(f: Any, theta: Any) -> Any:
        theta = theta.copy()
        return [f(theta), f(theta=theta), theta]

    exercise = make_exercise(lambda rng: {"all": [(growing, np.ones(3))]}, answer)
    source = "def answer(f, theta):\n    theta = theta.copy()\n"
    source += "    return [f(theta), f(theta=theta), theta]"
    marking, _ = mark_remotely(sandbox, exercise, source)
    assert marking.points == 1


def test_an_error_of_a_function_reaches_the_answer(sandbox: Sandbox) -> None:
    def picky(x: Any) -> Any:
        raise ValueError("x is 1; it must be 2")

    def answer(f: Any) -> str:
        return "x is 1; it must be 2"

    exercise = make_exercise(lambda rng: {"all": [(picky,)]}, answer)
    source = "def answer(f):\n    try:\n        f(1)\n    except ValueError as error:\n"
    source += "        return str(error)"
    assert mark_remotely(sandbox, exercise, source)[0].points == 1


def test_a_function_of_an_earlier_case_is_gone(sandbox: Sandbox) -> None:
    exercise = EXERCISES["forward_difference"]
    source = "kept = []\ndef forward_difference(f, x, h):\n    kept.append(f)\n"
    source += "    return (kept[0](x + h) - kept[0](x)) / h"
    marking, _ = mark_remotely(sandbox, exercise, source)
    # The number of a function is that of a place: the one that is there now is called.
    assert 0 <= marking.points < exercise.points


def test_what_an_answer_does_to_its_arguments_comes_back(sandbox: Sandbox) -> None:
    source = "def unpack(theta, shapes):\n    theta += 1\n    return []"
    marking, _ = mark_remotely(sandbox, EXERCISES["unpack"], source)
    assert {t.stage for g in marking.groups for t in g.trials} == {"shape"}
    source = (
        EXERCISES["unpack"]
        .source()
        .replace("    return params", "    theta += 1\n    return params")
    )
    marking, _ = mark_remotely(sandbox, EXERCISES["unpack"], "import numpy as np", source)
    assert {t.stage for g in marking.groups for t in g.trials} == {"changes"}


def test_views_of_the_arguments_are_told_from_copies(sandbox: Sandbox) -> None:
    source = EXERCISES["unpack"].source().replace(".copy()", "")
    marking, _ = mark_remotely(sandbox, EXERCISES["unpack"], "import numpy as np", source)
    details = {t.detail for g in marking.groups for t in g.trials}
    assert details == {"returned an array that shares memory with its argument"}


# What is told of errors


class Forged:
    """Stands for a sandbox: whatever it is asked, the next of some replies is its answer."""

    def __init__(self, *replies: Any) -> None:
        self._replies = replies

    def begin(self) -> Channel:
        ours, theirs = socket.socketpair()
        channel = Channel(theirs)

        def run() -> None:
            for reply in self._replies:
                channel.receive()
                channel.send(reply)
            channel.close()

        self._thread = threading.Thread(target=run)
        self._thread.start()
        return Channel(ours)

    def end(self, gone: bool = False) -> Ending:
        self._thread.join()
        return Ending(by_itself=True, signal=0, cpu_seconds=0.0)

    def answer(self, source: str) -> RemoteAnswer:
        place = cast(Sandbox, self)
        return RemoteAnswer(place, EXERCISES["double"], (), source, SEED, cpu_seconds=20)


def test_of_all_calls_that_raised_the_first_ones_line_alone_is_told(sandbox: Sandbox) -> None:
    """Else the lines could spell a case, each standing for one of its digits."""
    source = "def double(x):\n    if x == 1:\n        raise ValueError(1)\n"
    source += "    if x == 2:\n        raise TypeError(2)\n    raise ValueError(3)"
    answer = RemoteAnswer(sandbox, EXERCISES["double"], (), source, SEED, cpu_seconds=20)
    for x in (2, 1, 3):
        answer((x,))
    answer.end()
    assert answer.raised == [("TypeError", "raise TypeError(2)"), ("ValueError", "")]


def test_one_name_that_was_not_found_is_told(sandbox: Sandbox) -> None:
    source = "def double(x):\n    return one if x == 1 else two"
    answer = RemoteAnswer(sandbox, EXERCISES["double"], (), source, SEED, cpu_seconds=20)
    for x in (2, 1):
        answer((x,))
    answer.end()
    assert answer.not_found == {("NameError", "two")}


@pytest.mark.parametrize(
    ("line", "told"),
    [("return 1.25 + 3.75", "return 1.25 + 3.75"), ("1.25", ""), ("    return 1.25 + 3.75", "")],
)
def test_a_line_is_told_as_a_whole_or_not_at_all(line: str, told: str) -> None:
    """Parts of it could be the numbers of a case."""
    raised = {"is": "raised", "kind": "ValueError", "said": "", "line": line}
    answer = Forged({"is": "ready"}, raised).answer("def double(x):\n    return 1.25 + 3.75")
    answer((3,))
    answer.end()
    assert answer.raised == [("ValueError", told)]


def test_no_more_is_taken_of_errors_than_a_session_would_send() -> None:
    long = "a" * 150_000
    failed = {"kind": "NameError", "name": long, "line": long, "place": 0}
    many = [{"kind": "NameError", "name": str(number)} for number in range(50_000)]
    answer = Forged({"is": "ready", "failed": [failed, *many]}).answer(long)
    answer.end()
    assert len(answer.failed) == 20
    assert max(len(text) for t in answer.failed for text in (t.kind, t.line, t.name)) <= 500
