"""An answer in another process is marked as it would be in this one."""

import contextlib
import inspect
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest
import right_answers_00_to_03
import right_answers_04
import right_answers_05
import right_answers_06
import right_answers_07

from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Cases, Exercise
from gradlab.exercises.marking import Marking, draw, mark, mark_calls
from gradlab.grading.sandbox import process
from gradlab.grading.sandbox.isolation import strongest, trouble, works
from gradlab.grading.sandbox.process import LEVELS, Ending, Sandbox, SandboxError
from gradlab.grading.sandbox.remote import RemoteAnswer
from gradlab.grading.sandbox.session import Session
from gradlab.grading.sandbox.wire import Channel, WireError

RIGHT: list[tuple[ModuleType, str, int]] = [
    (module, name, number)
    for module in (
        right_answers_00_to_03,
        right_answers_04,
        right_answers_05,
        right_answers_06,
        right_answers_07,
    )
    for name, answers in module.RIGHT.items()
    for number in range(len(answers))
    # Right, but by a function of gradlab's that it may not use.
    if (name, number) != ("richardson", 2)
]
SEED = 5
SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(strongest(), cpu_seconds=20) as sandbox:
        yield sandbox


def marked(sandbox: Sandbox, exercise: Exercise, *texts: str) -> tuple[Marking, RemoteAnswer]:
    """Mark an answer, which is the last text, in the sandbox."""
    *setup, source = texts
    answer = RemoteAnswer(sandbox, exercise, tuple(setup), source, SEED, cpu_seconds=20)
    marking = mark_calls(exercise, answer, draw(exercise, SEED))
    assert answer.end() == ""
    return marking, answer


@pytest.mark.parametrize("name", EXERCISES)
def test_the_reference_gets_full_marks(sandbox: Sandbox, name: str) -> None:
    exercise = EXERCISES[name]
    marking, _ = marked(sandbox, exercise, "import numpy as np, gradlab", exercise.source())
    assert marking.points == exercise.points, marking


@pytest.mark.parametrize(
    ("module", "name", "number"),
    [
        pytest.param(module, name, number, id=f"{name} {number}", marks=SLOW if number else ())
        for module, name, number in RIGHT
    ],
)
def test_other_right_ways_get_full_marks(
    sandbox: Sandbox, module: ModuleType, name: str, number: int
) -> None:
    # The annotations of a module name what only a type checker needs.
    text = inspect.getsource(module)
    source = f"{name} = RIGHT[{name!r}][{number}]"
    marking, _ = marked(sandbox, EXERCISES[name], text, source)
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
    there = mark_calls(exercise, answer, draw(exercise, SEED))
    answer.end()
    assert (there.points, there.hints) == (here.points, here.hints)
    stages = [[trial.stage for g in m.groups for trial in g.trials] for m in (here, there)]
    assert stages[0] == stages[1]


# Functions and networks that are given to an answer


def asked(
    cases: Callable[[np.random.Generator], Cases], reference: Callable[..., Any], **more: Any
) -> Exercise:
    return Exercise(0, 1, reference, cases, (), (), **more)


class Noisy:
    """A loss in the wild: it draws from the global state."""

    draws_globally = True

    def __call__(self, x: float) -> float:
        return x + np.random.random_sample()  # noqa: NPY002


@pytest.mark.parametrize(("seeds", "right"), [("np.random.seed(3)", True), ("", False)])
def test_who_seeds_the_global_random_numbers_seeds_those_of_a_function(
    sandbox: Sandbox, seeds: str, right: bool
) -> None:
    def answer(f: Any) -> bool:
        return right

    exercise = asked(lambda rng: {"all": [(Noisy(),)]}, answer)
    source = "import numpy as np\ndef answer(f):\n    values = []\n    for _ in range(3):\n"
    source += f"        {seeds}\n        values.append(f(0.0))\n"
    source += "    return values.count(values[0]) == 3"
    assert marked(sandbox, exercise, source)[0].points == 1


def test_a_function_that_changes_its_argument_changes_the_answers(sandbox: Sandbox) -> None:
    def growing(theta: Any) -> Any:
        theta *= 2.0
        return theta.sum()

    def answer(f: Any, theta: Any) -> Any:
        theta = theta.copy()
        return [f(theta), f(theta=theta), theta]

    exercise = asked(lambda rng: {"all": [(growing, np.ones(3))]}, answer)
    source = "def answer(f, theta):\n    theta = theta.copy()\n"
    source += "    return [f(theta), f(theta=theta), theta]"
    marking, _ = marked(sandbox, exercise, source)
    assert marking.points == 1


def test_an_error_of_a_function_reaches_the_answer(sandbox: Sandbox) -> None:
    def picky(x: Any) -> Any:
        raise ValueError("x is 1; it must be 2")

    def answer(f: Any) -> str:
        return "x is 1; it must be 2"

    exercise = asked(lambda rng: {"all": [(picky,)]}, answer)
    source = "def answer(f):\n    try:\n        f(1)\n    except ValueError as error:\n"
    source += "        return str(error)"
    assert marked(sandbox, exercise, source)[0].points == 1


def test_a_function_of_an_earlier_case_is_gone(sandbox: Sandbox) -> None:
    exercise = EXERCISES["forward_difference"]
    source = "kept = []\ndef forward_difference(f, x, h):\n    kept.append(f)\n"
    source += "    return (kept[0](x + h) - kept[0](x)) / h"
    marking, _ = marked(sandbox, exercise, source)
    # The number of a function is that of a place: the one that is there now is called.
    assert 0 <= marking.points < exercise.points


def test_what_an_answer_does_to_its_arguments_comes_back(sandbox: Sandbox) -> None:
    source = "def unpack(theta, shapes):\n    theta += 1\n    return []"
    marking, _ = marked(sandbox, EXERCISES["unpack"], source)
    assert {t.stage for g in marking.groups for t in g.trials} == {"shape"}
    source = (
        EXERCISES["unpack"]
        .source()
        .replace("    return params", "    theta += 1\n    return params")
    )
    marking, _ = marked(sandbox, EXERCISES["unpack"], "import numpy as np", source)
    assert {t.stage for g in marking.groups for t in g.trials} == {"changes"}


def test_views_of_the_arguments_are_told_from_copies(sandbox: Sandbox) -> None:
    source = EXERCISES["unpack"].source().replace(".copy()", "")
    marking, _ = marked(sandbox, EXERCISES["unpack"], "import numpy as np", source)
    details = {t.detail for g in marking.groups for t in g.trials}
    assert details == {"returned an array that shares memory with its argument"}


def test_answers_do_not_see_each_other(sandbox: Sandbox) -> None:
    """Each runs in a process of its own, in an empty folder."""
    leaves = "import os, builtins\nbuiltins.left = 1\nopen('left', 'w').write('x')\n"
    leaves += "def double(x):\n    return 2 * x"
    leaves = leaves.replace("open(", "open('../left', 'w').write('x')\nopen(")
    looks = "import os, builtins\ndef double(x):\n    assert not hasattr(builtins, 'left')\n"
    looks += "    assert os.listdir('.') == []\n"
    looks += "    assert os.listdir('..') == [os.path.basename(os.getcwd())]\n"
    looks += "    return 2 * x"
    for source in (leaves, looks):
        marking, answer = marked(sandbox, EXERCISES["double"], source)
        assert marking.points == 1, answer.raised


def test_random_numbers_of_an_answer_are_the_same_at_every_run(sandbox: Sandbox) -> None:
    source = "import random, numpy as np\ndef double(x):\n"
    source += "    return [random.random(), np.random.random(), list({'a', 'b', 'c', 'd'})]"
    answers = []
    for _ in range(2):
        answer = RemoteAnswer(sandbox, EXERCISES["double"], (), source, SEED, cpu_seconds=20)
        answers.append(answer((1,)).got)
        answer.end()
    assert len(answers[0]) == 3
    assert answers[0] == answers[1]


def test_what_an_answer_may_use_is_there(sandbox: Sandbox) -> None:
    source = "import gradlab\nfrom gradlab import central_difference as c\n"
    source += "def richardson(f, x, h):\n"
    source += "    return (4 * c(f, x, h / 2) - gradlab.central_difference(f, x, h)) / 3"
    marking, answer = marked(sandbox, EXERCISES["richardson"], source)
    assert (marking.points, answer.borrowed) == (3, set())


def test_what_it_may_not_use_can_be_imported_but_not_called(sandbox: Sandbox) -> None:
    source = "import gradlab\nfrom gradlab.plots import show\nfrom gradlab import *\n"
    source += "class Mine(gradlab.MLP):\n    pass\n"
    source += "def double(x):\n    return 2 * x"
    marking, answer = marked(sandbox, EXERCISES["double"], source)
    assert (marking.points, answer.borrowed) == (1, set())
    source = "import gradlab\ndef double(x):\n    return gradlab.plots.curve(x)"
    marking, answer = marked(sandbox, EXERCISES["double"], source)
    assert (marking.points, answer.borrowed) == (0, {"something of gradlab's"})


@pytest.mark.parametrize(
    "demonstration",
    [
        "theirs = gradlab.double(1)",
        "net = gradlab.MLP([2, 3, 2])",
        "r = gradlab.check('double')",
        "if __name__ == '__main__':\n    gradlab.check('double')",
    ],
)
def test_what_a_demonstration_beside_an_answer_calls_is_not_its_doing(
    sandbox: Sandbox, demonstration: str
) -> None:
    source = f"import gradlab\ndef double(x):\n    return 2 * x\n{demonstration}\n"
    marking, answer = marked(sandbox, EXERCISES["double"], source)
    assert (marking.points, answer.borrowed) == (1, set())


@pytest.mark.parametrize(
    "imported",
    [
        "import gradlab.network.check as nc\ncheck = nc.check_network",
        "from gradlab.network.check import check_network as check",
        "import gradlab\ncheck = gradlab.network.check.check_network",
    ],
)
def test_what_it_may_use_is_found_in_its_module_too(sandbox: Sandbox, imported: str) -> None:
    source = f"{imported}\ndef find_bugs(networks):\n"
    source += "    return [check(n, n.X, n.Y).verdict for n in networks]"
    _, answer = marked(sandbox, EXERCISES["find_bugs"], source)
    assert answer.borrowed == set()
    assert not answer.raised


def test_scipy_is_there_if_the_course_has_it(sandbox: Sandbox) -> None:
    pytest.importorskip("scipy")
    source = "from scipy.special import softmax as s\ndef softmax(Z):\n    return s(Z, axis=1)"
    assert marked(sandbox, EXERCISES["softmax"], source)[0].points == 3


@pytest.mark.slow
def test_no_module_of_gradlab_lies_in_the_sandbox(sandbox: Sandbox) -> None:
    if strongest() != "bubblewrap":
        pytest.skip("below the level bubblewrap, what is on the disk can be read")
    source = """
import os
def double(x):
    found = []
    for folder, _, files in os.walk("/"):
        if folder.startswith(("/proc", "/dev")):
            continue
        found += [name for name in files if "gradlab" in os.path.join(folder, name)
                  or name.startswith(("lesson_0", "00_start_here", "07_bug_hunt"))]
    assert not found, found
    return 2 * x
"""
    marking, answer = marked(sandbox, EXERCISES["double"], source)
    assert marking.points == 1, answer.raised


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system has no /proc")
def test_an_answer_has_no_descriptor_but_its_connection(sandbox: Sandbox) -> None:
    source = "import os\ndef double(x):\n"
    source += "    return [os.path.realpath(f'/proc/self/fd/{k}') for k in range(64)\n"
    source += "            if os.path.lexists(f'/proc/self/fd/{k}')]"
    answer = RemoteAnswer(sandbox, EXERCISES["double"], (), source, SEED, cpu_seconds=20)
    # libffi may hold its own file open, for functions that it makes.
    found = [path for path in answer((1,)).got if "/libffi.so" not in path]
    answer.end()
    assert found[:3] == ["/dev/null"] * 3
    assert len(found) == 4
    assert "socket" in found[3]


def test_a_worker_that_does_not_start_says_why_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "_base_executable", "/bin/false")
    with pytest.raises(SandboxError, match="no worker starts at the level limits"):
        Sandbox("limits", cpu_seconds=2)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(sys, "_base_executable", "/no/such/python")
    with pytest.raises(SandboxError, match=r"no/such/python"):
        Sandbox("limits", cpu_seconds=2)
    assert not list(tmp_path.iterdir())


def test_no_folder_for_temporary_files_is_no_isolation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert not works("limits")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root has other users")
def test_packages_that_others_may_not_read_are_no_isolation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else right answers would earn nothing: what NumPy has not loaded yet cannot be imported."""
    if not works("uid"):
        pytest.skip("an answer does not run at the level uid here")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "numpy").symlink_to(Path(np.__file__).parent)
    monkeypatch.setattr(process, "_found_packages", lambda: {"numpy": home / "numpy"})
    trouble.cache_clear()
    try:
        assert not works("uid")
    finally:
        trouble.cache_clear()


def test_a_worker_that_is_gone_is_an_error_not_a_hang() -> None:
    sandbox = Sandbox(strongest(), cpu_seconds=2)
    sandbox.close()
    with pytest.raises(SandboxError, match="gone"):
        sandbox.begin()
    assert sandbox.lost


def test_levels_are_tried_from_the_strongest() -> None:
    assert LEVELS == ("bubblewrap", "uid", "limits")
    assert strongest() in LEVELS
