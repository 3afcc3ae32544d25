"""Which of gradlab's own functions an answer may call, and what becomes of the others."""

from collections.abc import Iterator

import pytest
from remote_marking import SEED, mark_remotely

from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.checking.own_work import INNER
from gradlab.exercises.marking.mark import draw_cases
from gradlab.grading.sandbox.isolation import find_strongest
from gradlab.grading.sandbox.process import Sandbox
from gradlab.grading.sandbox.remote import RemoteAnswer


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(find_strongest(), cpu_seconds=20) as sandbox:
        yield sandbox


def test_what_an_answer_may_use_is_there(sandbox: Sandbox) -> None:
    source = "import gradlab\nfrom gradlab import central_difference as c\n"
    source += "def richardson(f, x, h):\n"
    source += "    return (4 * c(f, x, h / 2) - gradlab.central_difference(f, x, h)) / 3"
    marking, answer = mark_remotely(sandbox, EXERCISES["richardson"], source)
    assert (marking.points, answer.borrowed) == (3, set())


def test_a_star_import_brings_what_an_answer_may_use(sandbox: Sandbox) -> None:
    source = "from gradlab import *\ndef richardson(f, x, h):\n"
    source += "    return (4 * central_difference(f, x, h / 2) - central_difference(f, x, h)) / 3"
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
    assert (marking.points, answer.borrowed) == (0, {INNER})


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
        "import importlib\ncheck = importlib.import_module('gradlab.network').check_network",
        "import gradlab\ncheck = gradlab.check_network.__globals__['check_network']",
    ],
)
def test_what_it_may_use_is_found_in_its_module_too(sandbox: Sandbox, imported: str) -> None:
    source = f"{imported}\ndef find_bugs(networks):\n"
    source += "    return [check(n, n.X, n.Y).verdict for n in networks]"
    _, answer = mark_remotely(sandbox, EXERCISES["find_bugs"], source)
    assert answer.borrowed == set()
    assert not answer.raised


def test_reports_and_their_kin_work_with_what_was_sent_alone(sandbox: Sandbox) -> None:
    """An answer gets no more of gradlab's modules than what it may use needs."""
    source = """
import gradlab, json
def find_bugs(networks):
    said = []
    for network in networks[:2]:
        report = gradlab.check_network(network, network.X, network.Y)
        said += [str(report), report._repr_html_(), json.dumps(report.to_dict())]
        theta, unravel = gradlab.ravel(network.params)
        def loss(params):
            network.params = params
            return network.loss(network.X, network.Y)
        def gradient(params):
            network.params = params
            return network.gradients(network.X, network.Y)
        again = gradlab.check_gradient(loss, gradient, network.params, sample=5)
        slopes, _ = gradlab.ravel(gradlab.numerical_gradient(loss, network.params))
        far = gradlab.relative_difference(slopes, gradlab.ravel(gradient(unravel(theta)))[0])
        said += [isinstance(again, gradlab.GradientReport), far >= 0]
    return said
"""
    exercise = EXERCISES["find_bugs"]
    answer = RemoteAnswer(sandbox, exercise, (), source, SEED, cpu_seconds=20)
    ((arguments, _), *_), *_ = draw_cases(exercise, SEED).values()
    said = answer(arguments).got
    answer.end()
    assert answer.raised == []
    assert answer.borrowed == set()
    assert len(said) == 10
    assert all(said)


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


# Ways of an answer to the penalty of MLP, once it has a network of the right parameters.
TO_THE_PENALTY = {
    "given to its maker": "network = gradlab.MLP(sizes, l2=abs(lam))",
    "put into its dictionary": "vars(network)['l2'] = lam",
    "set below its class": "object.__setattr__(network, 'l2', lam)",
    "set on its class": "del network.l2\n    gradlab.MLP.l2 = lam",
    "set in a subclass": "class Mine(gradlab.MLP):\n        pass\n"
    "    Mine.l2 = property(lambda self: lam, lambda self, value: None)\n"
    "    network = Mine(sizes)",
    "copied with other values": "import copy\n    network = copy.copy(network)\n"
    "    network.__dict__.update(l2=lam)",
    "called by itself": "network.l2 = 0.0\n    network.loss = lambda X, Y: (\n"
    "        gradlab.MLP.loss(network, X, Y)\n"
    "        + gradlab.MLP.loss.__globals__['l2_penalty'](params, lam))",
    "imported from its module": "import importlib\n"
    "    module = importlib.import_module('gradlab.network.mlp')\n"
    "    network.loss = lambda X, Y: (\n"
    "        gradlab.MLP.loss(network, X, Y) + module.l2_penalty(params, lam))",
    "in a copy of its code": "import types\n    network.l2 = lam\n"
    "    loss = gradlab.MLP.loss\n"
    "    copied = types.FunctionType(loss.__code__, loss.__globals__)\n"
    "    network.loss = lambda X, Y: copied(network, X, Y)",
}


@pytest.mark.parametrize("name", TO_THE_PENALTY)
def test_the_penalty_of_mlp_is_not_there_however_it_is_asked_for(
    sandbox: Sandbox, name: str
) -> None:
    source = "import gradlab\ndef l2_loss(params, X, Y, lam):\n"
    source += "    sizes = [X.shape[1], *(len(b) for _, b in params)]\n"
    source += "    network = gradlab.MLP(sizes)\n"
    source += f"    {TO_THE_PENALTY[name]}\n"
    source += "    network.params = params\n    return network.loss(X, Y)"
    marking, answer = mark_remotely(sandbox, EXERCISES["l2_loss"], source)
    assert marking.points == 0
    assert answer.borrowed == {"the l2 penalty of MLP"}


# Where else the process of an answer might hold what it may not use.
SEARCHES = {
    "imported by the statement, elsewhere": "space = {}\n"
    "    exec('from gradlab.differences.formulas import richardson as found', space)\n"
    "    return space['found'](f, x, h)",
    "imported from a module that is not there": "import importlib\n"
    "    return importlib.import_module('gradlab.differences.taylor').richardson(f, x, h)",
    "among the modules": "import sys\n    return sys.modules['gradlab'].richardson(f, x, h)",
    "among the objects in memory": "import gc\n"
    "    found = [o for o in gc.get_objects() if getattr(o, '__name__', '') == 'richardson'\n"
    "             and o.__module__ != '__main__']\n"
    "    return found[0](f, x, h)",
    "in the texts that were sent": "import sys\n    gradlab.central_difference(f, x, h)\n"
    "    texts = [t for m in sys.meta_path for t in getattr(m, '_texts', {}).values()]\n"
    "    text = next(t for t in texts if 'def richardson' in t)\n    space = {}\n"
    "    exec(text, space)\n    return space['richardson'](f, x, h)",
    "in the source of its module": "import inspect\n    space = {}\n"
    "    exec(inspect.getsource(inspect.getmodule(gradlab.central_difference)), space)\n"
    "    return space['richardson'](f, x, h)",
    "run anew": "import runpy\n"
    "    return runpy.run_module('gradlab.differences.formulas')['richardson'](f, x, h)",
    "pickled": "import pickle\n    return pickle.loads(pickle.dumps(gradlab.richardson))(f, x, h)",
    "named in a pickle": "import pickle\n"
    "    named = b'cgradlab.differences.formulas\\nrichardson\\n.'\n"
    "    return pickle.loads(named)(f, x, h)",
    "by its code": "import types\n    r = gradlab.richardson\n"
    "    return types.FunctionType(r.__code__, r.__globals__)(f, x, h)",
    "in a closure": "return gradlab.solution.__closure__[0].cell_contents(f, x, h)",
    "beside the package's file": "import pathlib\n    space = {}\n"
    "    folder = pathlib.Path(gradlab.__file__).parent\n"
    "    exec((folder / 'differences' / 'formulas.py').read_text(), space)\n"
    "    return space['richardson'](f, x, h)",
    "in a module that was never imported": "import sys\n"
    "    return sys.modules['gradlab.differences.formulas'].richardson(f, x, h)",
    "among the exercises": "from gradlab.exercises.catalogue import EXERCISES\n"
    "    return EXERCISES['richardson'].also_right[0](f, x, h)",
    "in a helper of a lesson": "import importlib\n"
    "    place = 'gradlab.exercises.lessons.lesson_02.richardson'\n"
    "    return importlib.import_module(place)._central(f, x, h)",
    "in the published solution": "space = {}\n"
    "    exec(str(gradlab.solution('richardson')), space)\n"
    "    return space['richardson'](f, x, h)",
    "in what the notebook has": "return gradlab.yours('richardson')(f, x, h)",
    "in a thread": "import threading\n    out = []\n"
    "    run = lambda: out.append(gradlab.richardson(f, x, h))\n"
    "    thread = threading.Thread(target=run)\n    thread.start()\n    thread.join()\n"
    "    return out[0]",
    "without a profiler": "import sys\n    sys.setprofile(None)\n"
    "    return gradlab.richardson(f, x, h)",
}
# Found nowhere, without a word of gradlab: that may be an honest mistake.
NOT_NAMED = ("among the objects in memory", "in the texts that were sent")


@pytest.mark.parametrize("name", SEARCHES)
def test_what_may_not_be_used_is_nowhere_in_the_process(sandbox: Sandbox, name: str) -> None:
    source = f"import gradlab\ndef richardson(f, x, h):\n    {SEARCHES[name]}"
    marking, answer = mark_remotely(sandbox, EXERCISES["richardson"], source)
    assert marking.points == 0
    assert bool(answer.borrowed or answer.sought) == (name not in NOT_NAMED)


@pytest.mark.parametrize(
    ("body", "sought"),
    [
        ("gradlab.central_difference(f, x, h)\n    return 1 / 0", set()),
        ("gradlab.differences.formulas.central_difference(f, x, h)\n    return 1 / 0", set()),
        ("return {}['richardson']", set()),
        ("import inspect\n    inspect.stack()\n    return 1 / 0", set()),
        ("import copy\n    copy.deepcopy(gradlab.richardson)\n    return 0.0", set()),
        ("return gradlab.richardson.__code__", {"richardson"}),
        ("return gradlab.nothing.__code__", {INNER}),
    ],
)
def test_what_is_sought_is_told_of_what_is_gradlabs_and_led_to_an_error(
    sandbox: Sandbox, body: str, sought: set[str]
) -> None:
    source = f"import gradlab\ndef richardson(f, x, h):\n    {body}"
    _, answer = mark_remotely(sandbox, EXERCISES["richardson"], source)
    assert (answer.borrowed, answer.sought) == (set(), sought)


def test_what_may_be_used_is_found_by_importlib_too(sandbox: Sandbox) -> None:
    for module in ("gradlab", "gradlab.differences", "gradlab.differences.formulas"):
        source = "import importlib\ndef richardson(f, x, h):\n"
        source += f"    c = importlib.import_module('{module}').central_difference\n"
        source += "    return (4 * c(f, x, h / 2) - c(f, x, h)) / 3"
        marking, answer = mark_remotely(sandbox, EXERCISES["richardson"], source)
        assert (marking.points, answer.borrowed) == (3, set())


@pytest.mark.parametrize("name", BEHIND)
def test_what_lies_behind_a_function_that_may_be_used_earns_nothing(
    sandbox: Sandbox, name: str
) -> None:
    exercise, source = BEHIND[name]
    marking, answer = mark_remotely(sandbox, EXERCISES[exercise], source)
    assert marking.points == 0
    assert answer.borrowed or answer.raised
