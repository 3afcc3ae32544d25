"""What `check` notices of gradlab's own code, in the process of the learner."""

from __future__ import annotations

import cProfile
import functools
import sys
import textwrap
import threading
from typing import Any

import numpy as np
import pytest
from answer_text import define_right_answer

import gradlab
from gradlab.exercises.catalogue import EXERCISES


def define(name: str, text: str) -> Any:
    """Run a cell; return the function that it defines."""
    namespace: dict[str, Any] = {"np": np, "gradlab": gradlab, "__name__": "__main__"}
    exec(compile(text, "<cell>", "exec"), namespace)
    return namespace[name]


def answer(body: str) -> Any:
    return define("richardson", "def richardson(f, x, h):\n" + textwrap.indent(body, "    "))


# Right values that are not the learner's work, each with what is told.
WAYS = {
    "by its module's name": (
        "import importlib\n"
        "return importlib.import_module('gradlab.differences.formulas').richardson(f, x, h)",
        "richardson",
    ),
    "by __import__": (
        "m = __import__('gradlab.differences.formulas', fromlist=['x'])\n"
        "return m.richardson(f, x, h)",
        "richardson",
    ),
    "among the globals of what may be used": (
        "return gradlab.central_difference.__globals__['richardson'](f, x, h)",
        "richardson",
    ),
    "among the modules": (
        "import sys\nreturn sys.modules['gradlab.differences.formulas'].richardson(f, x, h)",
        "richardson",
    ),
    "in memory": (
        "import gc, types\n"
        "found = [o for o in gc.get_objects() if isinstance(o, types.FunctionType)]\n"
        "mine = next(o for o in found if o.__name__ == 'richardson'\n"
        "            and o.__module__ == 'gradlab.differences.formulas')\n"
        "return mine(f, x, h)",
        "richardson",
    ),
    "pickled": (
        "import pickle\nreturn pickle.loads(pickle.dumps(gradlab.richardson))(f, x, h)",
        "richardson",
    ),
    "by a partial": (
        "import functools\nreturn functools.partial(gradlab.richardson, f)(x, h)",
        "richardson",
    ),
    "by a method of operator": (
        "import operator\nreturn operator.methodcaller('richardson', f, x, h)(gradlab)",
        "richardson",
    ),
    "its code, with globals of another name": (
        "import types\nr = gradlab.richardson\nglobals_ = {**r.__globals__, '__name__': 'mine'}\n"
        "return types.FunctionType(r.__code__, globals_, 'mine', r.__defaults__)(f, x, h)",
        "richardson",
    ),
    "in a thread": (
        "import threading\nout = []\n"
        "t = threading.Thread(target=lambda: out.append(gradlab.richardson(f, x, h)))\n"
        "t.start()\nt.join()\nreturn out[0]",
        "richardson",
    ),
    "in a pool": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(1) as pool:\n"
        "    return pool.submit(gradlab.richardson, f, x, h).result()",
        "richardson",
    ),
    "in what an allowed function calls, by another name": (
        "space = {'__name__': 'functools', 'richardson': gradlab.richardson, 'f': f, 'x': x,\n"
        "         'h': h, 'out': []}\n"
        "exec('def g(v):\\n    out.append(richardson(f, x, h))\\n    return f(v)', space)\n"
        "gradlab.central_difference(space['g'], x, h)\nreturn space['out'][0]",
        "richardson",
    ),
    "run among gradlab's globals": (
        "space = gradlab.central_difference.__globals__\n"
        "exec('def mine(f, x, h):\\n    return richardson(f, x, h)', space)\n"
        "return space.pop('mine')(f, x, h)",
        "richardson",
    ),
    "the reference": (
        "from gradlab.exercises.catalogue import EXERCISES\n"
        "return EXERCISES['richardson'].reference(f, x, h)",
        "richardson",
    ),
    "another right answer": (
        "from gradlab.exercises.catalogue import EXERCISES\n"
        "return EXERCISES['richardson'].also_right[0](f, x, h)",
        "internal functions",
    ),
    "a helper of a lesson": (
        "from gradlab.exercises.lessons.lesson_02.richardson import _central\n"
        "return (4 * _central(f, x, h / 2) - _central(f, x, h)) / 3",
        "internal functions",
    ),
    "the published solution": (
        "space = {'np': np, 'gradlab': gradlab}\n"
        "exec(str(gradlab.solution('richardson')), space)\n"
        "return space['richardson'](f, x, h)",
        "solution",
    ),
    "unseen, without a profiler": (
        "import sys\nsys.setprofile(None)\nreturn gradlab.richardson(f, x, h)",
        "sys.setprofile",
    ),
    "unseen, with the profiler set back": (
        "import sys\nbefore = sys.getprofile()\nsys.setprofile(None)\n"
        "try:\n    return gradlab.richardson(f, x, h)\nfinally:\n    sys.setprofile(before)",
        "sys.setprofile",
    ),
    "unseen, in threads that are not profiled": (
        "import threading\nthreading.setprofile(None)\nout = []\n"
        "t = threading.Thread(target=lambda: out.append(gradlab.richardson(f, x, h)))\n"
        "t.start()\nt.join()\nreturn out[0]",
        "threading.setprofile",
    ),
    "unseen, in a thread of its own": (
        "import _thread, time\nout = []\n"
        "_thread.start_new_thread(lambda: out.append(gradlab.richardson(f, x, h)), ())\n"
        "while not out:\n    time.sleep(0.001)\nreturn out[0]",
        "_thread.start_new_thread",
    ),
}


@pytest.mark.parametrize(
    "way", [pytest.param(w, marks=pytest.mark.slow if w == "in memory" else ()) for w in WAYS]
)
def test_gradlabs_own_code_earns_nothing_and_is_named(way: str) -> None:
    body, told = WAYS[way]
    result = gradlab.check("richardson", answer(body))
    assert (result.points, result.groups) == (0, ())
    assert f"calls {told}, " in str(result) or f"own code: {told}." in str(result)


def test_what_begins_to_compute_when_it_is_looked_at_is_not_looked_at() -> None:
    result = gradlab.check(
        "richardson",
        answer("""
class Late:
    def __init__(self, v):
        self.v = v
    def __array__(self, *others, **keywords):
        return np.asarray(gradlab.richardson(f, self.v, h))
class Later(list):
    def __getitem__(self, place):
        return gradlab.richardson(f, x, h)[place]
    def __iter__(self):
        return iter(gradlab.richardson(f, x, h))
    def __len__(self):
        return len(x)
if np.ndim(x) == 0:
    return Late(x)
return Later() if h < 0.35 else [Late(v) for v in np.asarray(x, float)]
"""),
    )
    assert result.points == 0


# Ways of a network of the right parameters to the penalty that MLP has itself.
TO_THE_PENALTY = {
    "set": "net.l2 = lam",
    "set below the class": "object.__setattr__(net, 'l2', lam)",
    "put into its dictionary": "vars(net)['l2'] = lam",
    "given to its maker": "net = gradlab.MLP(sizes, l2=abs(lam))",
    "in a subclass": """
class Mine(gradlab.MLP):
    def loss(self, X, Y):
        self.l2 = lam
        return super().loss(X, Y)
net = Mine(sizes)""",
    "by its difference": """
net.params, net.l2 = params, 1.0
whole = net.loss(X, Y)
net.l2 = 0.0
plain = net.loss(X, Y)
net.loss = lambda X, Y: plain + lam * (whole - plain)""",
    "called by itself": """
penalty = net.loss.__func__.__globals__['l2_penalty'](params, lam)
net.loss = lambda X, Y: gradlab.MLP.loss(net, X, Y) + penalty""",
}


@pytest.mark.parametrize("way", TO_THE_PENALTY)
def test_the_penalty_of_mlp_is_noticed_however_it_is_asked_for(way: str) -> None:
    body = "sizes = [X.shape[1], *(len(b) for _, b in params)]\nnet = gradlab.MLP(sizes)\n"
    body += f"{TO_THE_PENALTY[way]}\nnet.params = params\nreturn net.loss(X, Y)"
    text = "def l2_loss(params, X, Y, lam):\n" + textwrap.indent(body, "    ")
    result = gradlab.check("l2_loss", define("l2_loss", text))
    assert result.points == 0
    assert "own code: the l2 penalty of MLP" in str(result)


# --- What is allowed


@pytest.mark.parametrize(
    ("name", "number"),
    [
        pytest.param(name, number, marks=pytest.mark.slow if number else ())
        for name, exercise in EXERCISES.items()
        for number in range(len(exercise.also_right))
    ],
)
def test_other_right_answers_keep_their_marks(name: str, number: int) -> None:
    result = gradlab.check(name, define_right_answer(name, number))
    assert result.passed, result


def test_what_may_be_used_may_be_used_by_any_way() -> None:
    for use in (
        "D = functools.partial(gradlab.central_difference, f)",
        "D = lambda x, h: next(map(gradlab.central_difference, [f], [x], [h]))",
        "D = lambda x, h: gradlab.central_difference(np.vectorize(f), x, h)",
    ):
        body = f"import functools\n{use}\nreturn (4 * D(x, h=h / 2) - D(x, h=h)) / 3"
        if "lambda" in use:
            body = body.replace("h=", "")
        assert gradlab.check("richardson", answer(body)).passed


def test_a_class_of_ones_own_may_inherit_from_what_may_be_used() -> None:
    text = """
class Plain(gradlab.MLP):
    def loss(self, X, Y):
        return super().loss(X, Y) + 0.0

def l2_loss(params, X, Y, lam):
    net = Plain([X.shape[1], *(len(b) for _, b in params)])
    net.params = params
    return net.loss(X, Y) + lam / 2 * sum((W ** 2).sum() for W, _ in params)
"""
    assert gradlab.check("l2_loss", define("l2_loss", text)).passed


def test_functions_that_an_answer_was_given_may_be_called_but_not_those_beside_them() -> None:
    name = "gradient_check"
    text = EXERCISES[name].source()
    asks = text.replace("h = 1e-5", "h = 1e-5; str(loss.__name__), repr(loss)")
    assert gradlab.check(name, define(name, asks)).passed
    beside = text.replace(
        "h = 1e-5",
        "h = 1e-5; from gradlab.exercises.lessons.lesson_05.common.backward_passes import "
        "make_backward; make_backward()",
    )
    assert "own code: make_backward" in str(gradlab.check(name, define(name, beside)))


def test_output_that_is_closed_is_not_gradlabs_doing() -> None:
    text = "def double(x):\n    import sys\n    sys.stdout.close()\n    return 2 * x"
    assert gradlab.check("double", define("double", text)).passed


def test_an_answer_that_recurses_too_deeply_is_told_that_alone() -> None:
    text = "def double(x):\n    return double(x)"
    assert "RecursionError" in str(gradlab.check("double", define("double", text)))


# --- Profilers of the learner's own


def test_a_learners_profilers_are_as_they_were() -> None:
    calls: list[str] = []

    def profile(frame: Any, event: str, argument: Any) -> None:
        if event == "call":
            calls.append(frame.f_code.co_name)

    sys.setprofile(profile)
    threading.setprofile(profile)
    try:
        gradlab.check("double", lambda x: 2 * x)
        assert sys.getprofile() is profile
        assert threading.getprofile() is profile
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert "check" in calls


def test_a_check_can_be_profiled_by_python() -> None:
    profiler = cProfile.Profile()
    assert profiler.runcall(functools.partial(gradlab.check, "double", lambda x: 2 * x)).passed
    assert any("describe_violations" in str(entry.code) for entry in profiler.getstats())
