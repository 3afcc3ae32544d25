"""Which of gradlab's own functions an answer may call, and what becomes of the others."""

from collections.abc import Iterator

import pytest
from remote_marking import mark_remotely

from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.sandbox.isolation import strongest
from gradlab.grading.sandbox.process import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(strongest(), cpu_seconds=20) as sandbox:
        yield sandbox


def test_what_an_answer_may_use_is_there(sandbox: Sandbox) -> None:
    source = "import gradlab\nfrom gradlab import central_difference as c\n"
    source += "def richardson(f, x, h):\n"
    source += "    return (4 * c(f, x, h / 2) - gradlab.central_difference(f, x, h)) / 3"
    marking, answer = mark_remotely(sandbox, EXERCISES["richardson"], source)
    assert (marking.points, answer.borrowed) == (3, set())


def test_what_it_may_not_use_can_be_imported_but_not_called(sandbox: Sandbox) -> None:
    source = "import gradlab\nfrom gradlab.plots import show\nfrom gradlab import *\n"
    source += "class Mine(gradlab.MLP):\n    pass\n"
    source += "def double(x):\n    return 2 * x"
    marking, answer = mark_remotely(sandbox, EXERCISES["double"], source)
    assert (marking.points, answer.borrowed) == (1, set())
    source = "import gradlab\ndef double(x):\n    return gradlab.plots.curve(x)"
    marking, answer = mark_remotely(sandbox, EXERCISES["double"], source)
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
    marking, answer = mark_remotely(sandbox, EXERCISES["double"], source)
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
    _, answer = mark_remotely(sandbox, EXERCISES["find_bugs"], source)
    assert answer.borrowed == set()
    assert not answer.raised


# What lies behind a function that an answer may use: right, but gradlab's own work.
BEHIND = {
    "imported from its module": (
        "richardson",
        """
import importlib
def richardson(f, x, h):
    return importlib.import_module("gradlab.differences.formulas").richardson(f, x, h)
""",
    ),
    "found among the modules": (
        "richardson",
        """
import sys, gradlab
def richardson(f, x, h):
    gradlab.central_difference(f, x, h)
    return sys.modules["gradlab.differences.formulas"].richardson(f, x, h)
""",
    ),
    "among the globals of what may be used": (
        "richardson",
        """
import gradlab
def richardson(f, x, h):
    return gradlab.central_difference.__globals__["richardson"](f, x, h)
""",
    ),
    "the penalty that MLP has itself": (
        "l2_loss",
        """
import gradlab
def l2_loss(params, X, Y, lam):
    network = gradlab.MLP([X.shape[1], *(len(b) for _, b in params)])
    network.params, network.l2 = params, lam
    return network.loss(X, Y)
""",
    ),
    "the gradient of MLP's own penalty": (
        "l2_backward",
        """
import gradlab
def l2_backward(params, X, Y, lam):
    network = gradlab.MLP([X.shape[1], *(len(b) for _, b in params)])
    network.params, network.l2 = params, lam
    return network.gradients(X, Y)
""",
    ),
}


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="all that was sent with a function that may be used is within reach",
)
@pytest.mark.parametrize("name", BEHIND)
def test_what_lies_behind_a_function_that_may_be_used_earns_nothing(
    sandbox: Sandbox, name: str
) -> None:
    exercise, source = BEHIND[name]
    marking, answer = mark_remotely(sandbox, EXERCISES[exercise], source)
    assert marking.points == 0
    assert answer.borrowed or answer.raised
