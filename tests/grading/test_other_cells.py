"""Answers that need something of another cell, graded: what works in a notebook earns the same."""

import json

import pytest

from gradlab.grading.grader import Task, grade_submission
from gradlab.grading.outcome.results import ExerciseResult
from gradlab.grading.sandbox.isolation import works
from gradlab.grading.sandbox.process import LEVELS, Level


def grade(*cells: str, below: str = "", level: Level | None = None) -> ExerciseResult:
    """Grade the answer to double, which is the last of these cells."""
    *others, own = cells
    made = [
        {"cell_type": "code", "source": text, "metadata": {}} for text in (*others, own, below)
    ]
    made[len(others)]["metadata"] = {"nbgrader": {"grade_id": "double", "solution": True}}
    book = {"book.ipynb": json.dumps({"cells": made, "metadata": {"kernelspec": {}}}).encode()}
    result, _ = grade_submission(
        Task("ada", book, (), (), (0,), seed=3, cpu_seconds=5, level=level)
    )
    (double,) = result.exercises
    return double


def body(*lines: str, annotation: str = "") -> str:
    return "\n    ".join([f"def double(x{annotation}):", *lines])


# What another cell holds, and the answer. The numbers are those of the cases that were collected.
WORKING: dict[str, tuple[str, str]] = {
    "1 a function of NumPy": ("norm = np.linalg.norm", body("return 2 * x + 0 * norm([1.0])")),
    "2 a constant of math": ("import math\nPI = math.pi", body("return 2 * x + 0 * PI")),
    "3 an epsilon": ("eps = np.finfo(float).eps", body("return 2 * x + 0 * eps")),
    "4 a type of NumPy": ("Vector = np.ndarray", body("return 2 * x", annotation=": Vector")),
    "5 a union": (
        "from typing import Union\nArray = Union[float, np.ndarray]",
        body("return 2 * x", annotation=": Array"),
    ),
    "6 a type variable": (
        "from typing import TypeVar\nT = TypeVar('T')",
        body("return 2 * x", annotation=": T"),
    ),
    "7 annotations of the future": (
        "from __future__ import annotations",
        body("return 2 * x", annotation=": Undefined"),
    ),
    "8 a named tuple": (
        "from collections import namedtuple\nPoint = namedtuple('Point', 'v')",
        body("return 2 * Point(x).v"),
    ),
    "9 a generator": ("rng = np.random.default_rng(0)", body("return 2 * x + 0 * rng.random()")),
    "10 a logger": (
        "import logging\nlogger = logging.getLogger()",
        body("logger.debug(x)", "return 2 * x"),
    ),
    "11 a partial": (
        "from functools import partial\ntimes2 = partial(np.multiply, 2)",
        body("return times2(x)"),
    ),
    "12 a vectorized function": ("vec = np.vectorize(lambda v: 2 * v)", body("return vec(x)")),
    "13 two values": ("A, B = 1, np.float64(2)", body("return B * x")),
    "14 a dict of functions": ("ops = {'x2': lambda v: 2 * v}", body("return ops['x2'](x)")),
    "15 a table": (
        "TABLE = [0]\nfor k in range(3):\n    TABLE.append(2)",
        body("return TABLE[1] * x"),
    ),
    "16 a sum": ("s = 1\ns += 1", body("return s * x")),
    "17 a difference": ("s = 5\ns = s - 3", body("return s * x")),
    "18 a global": ("s = 5\ndef init():\n    global s\n    s = 2\ninit()", body("return s * x")),
    "19 a registry": (
        "REG = {}\ndef reg(f):\n    REG[f.__name__] = f\n    return f\n"
        "@reg\ndef h(v):\n    return 2 * v",
        body("return REG['h'](x)"),
    ),
    "20 a function in a branch": (
        "if True:\n    def h(v):\n        return 2 * v",
        body("return h(x)"),
    ),
    "21 a with": ("with np.errstate(all='ignore'):\n    TWO = 2", body("return TWO * x")),
    "22 an import in a branch": ("if True:\n    import math", body("return 2 * x + 0 * math.pi")),
    "24 a figure": (
        "import matplotlib.pyplot as plt",
        body("plt.figure()", "plt.close()", "return 2 * x"),
    ),
    "26 a bar of a notebook": (
        "from tqdm.notebook import tqdm",
        body("for _ in tqdm([1]):", "    pass", "return 2 * x"),
    ),
    "27 a bar": (
        "from tqdm.auto import tqdm",
        body("for _ in tqdm([1]):", "    pass", "return 2 * x"),
    ),
    "28 a display": (
        "from IPython.display import display, Markdown",
        body("display(Markdown('hi'))", "return 2 * x"),
    ),
    "a figure that is drawn and saved": (
        "import matplotlib.pyplot as plt\nfrom mpl_toolkits.mplot3d import Axes3D",
        body(
            "fig, ax = plt.subplots(subplot_kw={'projection': '3d'})",
            "ax.set_title('$x^2$')",
            "fig.savefig('figure.png')",
            "return 2 * x",
        ),
    ),
    "a widget": (
        "import ipywidgets as widgets",
        body("widgets.HBox([widgets.IntSlider(), widgets.Output()])", "return 2 * x"),
    ),
    "the shell": (
        "%matplotlib inline\nk = 2",
        body("get_ipython().run_line_magic('time', 'x')", "display(x)", "return k * x"),
    ),
    "the shell, imported": (
        "from IPython import get_ipython\nip = get_ipython()",
        body("assert ip is None or ip", "return 2 * x"),
    ),
    "a module by its name": (
        "import importlib\npil = importlib.import_module('PIL.Image')",
        body("pil.new('L', (1, 1))", "return 2 * x"),
    ),
    "an error of NumPy": (
        "np.seterr(all='raise')",
        body("try:", "    np.log(0.0)", "except FloatingPointError:", "    return 2 * x"),
    ),
    "what is awaited": ("async def two():\n    return 2\nk = await two()", body("return k * x")),
    "a cell that was run later": ("k = two()", body("return k * x")),
    "a statement that ends Python": ("import sys\nk = 2\nsys.exit()", body("return k * x")),
    "a demo without an end": ("k = 2\nwhile True:\n    print(k)", body("return k * x")),
    "annotations of a dataclass that are texts": (
        "from __future__ import annotations\nfrom dataclasses import dataclass, InitVar, KW_ONLY\n"
        "from typing import ClassVar\n@dataclass\nclass P:\n    k: ClassVar[int] = 2\n"
        "    a: InitVar[int]\n    _: KW_ONLY\n    b: int = 1\n"
        "    def __post_init__(self, a):\n        self.a = a",
        body("return P(2).a * P(3, b=4).k * x / 2"),
    ),
    "a class of the notebook that is pickled": (
        "import pickle\nclass C:\n    k = 2\nc = pickle.loads(pickle.dumps(C()))",
        body("return c.k * x"),
    ),
    "the main module": ("import __main__\nk = 2", body("return __main__.k * x")),
    "types that are looked up": (
        "from typing import get_type_hints\nclass C:\n    k: 'C'",
        body("assert get_type_hints(C) == {'k': C}", "return 2 * x"),
    ),
    "what is timed": ("%time k = 2", body("return k * x")),
    "a limit that an answer does not name": (
        "import sys\nsys.setrecursionlimit(9000)",
        body("def down(n):", "    return n and down(n - 1)", "return 2 * x + down(4000)"),
    ),
    "a module that the notebook writes": (
        "open('helper.py', 'w').write('k = 2')\nfrom helper import k",
        body("return k * x"),
    ),
    "a value that fails and is not asked for": (
        "T = {}\nT['a'] = 1 / 0",
        body("return 2 * x if T is not None else 0"),
    ),
    "a function beside a prediction": (
        'def twice(v):\n    return 2 * v\n\ngradlab.predict("lost_step")',
        body("return twice(x)") + "\n\ngradlab.tally_predictions(0)",
    ),
    "a module that is not there and not asked for": (
        "try:\n    import pandas\nexcept ImportError:\n    pandas = None",
        body("return 2 * x if pandas is None else 0"),
    ),
}
WRITES_A_MODULE = "%%writefile helper.py\n'''Mine.'''\ndef two():\n    return 2"
PACKAGES = ("24", "26", "27", "28", "a figure", "a widget", "a module by")
BELOW = "def two():\n    return 2"


@pytest.mark.parametrize("name", WORKING)
def test_what_works_in_a_notebook_earns_its_points(name: str) -> None:
    other, answer = WORKING[name]
    double = grade("import numpy as np\nimport gradlab", other, answer, below=BELOW)
    assert (double.points, double.hints, double.notes) == (1, (), ())


@pytest.mark.parametrize("name", [name for name in WORKING if name.startswith(PACKAGES)])
@pytest.mark.parametrize("level", LEVELS)
def test_packages_of_the_course_are_there_at_every_level(level: Level, name: str) -> None:
    if not works(level):
        pytest.skip(f"an answer does not run at the level {level} here")
    other, answer = WORKING[name]
    assert grade("import numpy as np", other, answer, level=level).points == 1


@pytest.mark.parametrize(
    "use", ["import helper\nk = helper.two()", "from helper import *\nk = two()"]
)
def test_a_module_that_a_cell_is_written_into_can_be_imported(use: str) -> None:
    double = grade(WRITES_A_MODULE, use, body("return k * x"))
    assert (double.points, double.hints) == (1, ())


NOT_THERE = (
    "which is not there when it is graded: only your notebook and the course's packages are"
)


@pytest.mark.parametrize(
    ("other", "answer", "hint", "note"),
    [
        (
            "from helpers import two",
            "return two * x",
            f"Your answer needs helpers, {NOT_THERE}. Do without it.",
            "needs helpers, which answers cannot import (cell 2)",
        ),
        (
            "import pandas as pd",
            "return 2 * pd.Series(x).to_numpy()",
            f"Your answer needs pandas, {NOT_THERE}. Do without it.",
            "needs pandas, which answers cannot import (cell 2)",
        ),
        (
            "import sympy\nk = sympy.Integer(2)",
            "return k * x",
            f"Your answer needs sympy, {NOT_THERE}. Do without it.",
            "needs sympy, which answers cannot import (cell 2)",
        ),
        (
            "",
            "import pandas\n    return 2 * x",
            f"Your answer needs pandas, {NOT_THERE}. Do without it.",
            "needs pandas, which answers cannot import",
        ),
        (
            "k = 1 / 0",
            "return k * x",
            "Your answer needs “k = 1 / 0”, which raised ZeroDivisionError before your function "
            "was called.",
            "needs “k = 1 / 0” of cell 2, which raised ZeroDivisionError",
        ),
        (
            "k = open('data.csv').read()",
            "return len(k) * x",
            "Your answer needs “k = open('data.csv').read()”, which raised FileNotFoundError "
            "before your function was called. Files that lie beside your notebook are not there "
            "when it is graded.",
            "needs “k = open('data.csv').read()” of cell 2, which raised FileNotFoundError",
        ),
        (
            "%run helpers.py",
            "return two * x",
            "Your answer uses two, which no cell of your notebook defines.",
            "uses two, which no cell defines",
        ),
        (
            "k = missing + 1",
            "return k * x",
            "Your answer uses missing, which no cell of your notebook defines.",
            "uses missing, which no cell defines",
        ),
        (
            "k = gradlab.relative_difference(1, 3) * 4",
            "return k * x",
            "Your answer needs “k = gradlab.relative_difference(1, 3) * 4”, which calls gradlab's "
            "own code. Write this yourself.",
            "needs “k = gradlab.relative_difference(1, 3) * 4” of cell 2, which calls gradlab's "
            "own code",
        ),
    ],
)
def test_what_is_missing_is_named(other: str, answer: str, hint: str, note: str) -> None:
    double = grade("import gradlab", other, body(answer))
    assert (double.points, double.outcome) == (0, "wrong")
    assert hint in double.hints
    assert double.notes == (note,)


@pytest.mark.parametrize("other", ["from helpers import *", "import pandas as pd"])
def test_a_module_that_a_wrong_answer_does_without_is_not_named(other: str) -> None:
    double = grade(other, body("return 3 * x if abs(1) else pd"))
    assert (double.outcome, double.notes) == ("wrong", ())
    assert not any("which is not there" in hint for hint in double.hints)


@pytest.mark.parametrize(
    "helper", ["gradlab.relative_difference", "partial(gradlab.relative_difference, 1)"]
)
def test_a_helper_that_is_borrowed_earns_nothing(helper: str) -> None:
    other = f"import gradlab\nfrom functools import partial\nhelper = {helper}"
    double = grade(other, body("return helper(x) * 0 + 2 * x"))
    assert (double.points, double.outcome) == (0, "borrowed")


def test_the_blank_answer_of_another_exercise_is_named() -> None:
    blank = "def softmax(Z):\n    raise NotImplementedError()"
    double = grade(blank, body("return softmax(x)"))
    assert (double.points, double.outcome) == (0, "wrong")
    assert double.hints == ("Your answer uses softmax, which is still blank.",)
    assert double.notes == ("uses softmax, which is blank",)


@pytest.mark.slow
def test_time_that_other_cells_take_is_the_answers() -> None:
    double = grade("k = 0\nwhile True:\n    k += 1", body("return k * x"))
    assert double.outcome == "stopped"
    assert "before the function was called" in double.hints[0]


def test_of_a_line_that_fails_in_another_cell_the_learner_reads() -> None:
    double = grade("def helper(v):\n    raise KeyError(v)", body("return helper(x)"))
    assert double.hints[0] == "It raised KeyError, in the line “raise KeyError(v)”."


@pytest.mark.slow
def test_a_slow_demo_that_counts_calls_costs_the_answer_nothing() -> None:
    helper = "C = 0\ndef twice(x):\n    global C\n    C += 1\n    return 2 * x"
    demo = "import time\nfor k in range(1000):\n    twice(k)\n    time.sleep(1)"
    mark = {"nbgrader": {"grade_id": "double", "solution": True}}
    cells = [{"cell_type": "code", "source": text, "metadata": {}} for text in (helper, demo)]
    source = "def double(x):\n    return twice(x)"
    cells.append({"cell_type": "code", "source": source, "metadata": mark})
    book = {"book.ipynb": json.dumps({"cells": cells}).encode()}
    result, _ = grade_submission(Task("ada", book, (), (), (0,), seed=1, cpu_seconds=1))
    assert result.exercises[0].outcome == "right"
