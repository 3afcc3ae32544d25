"""Which statements of a notebook are run with an answer: those that change what it returns."""

import ast
import contextlib
import io
import random
from collections.abc import Sequence
from typing import Any

import pytest
from notebook_data import TWICE, cell, find_answer
from random_programs import draw_cells

USES_K = "def double(x):\n    return k * x"


def run_cells(texts: Sequence[str]) -> Any:
    """Run cells as a notebook does, and return what the answer returns."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for text in texts:
            for statement in ast.parse(text).body:
                code = compile(ast.Module([statement], []), "cell", "exec", dont_inherit=True)
                exec(code, namespace)
        return namespace["double"](21)


def slice_of(*texts: str) -> tuple[str, ...]:
    """Return what is run of a notebook whose last cell is the answer."""
    *others, own = texts
    answer = find_answer(*map(cell, others), cell(own, "double"))
    return (*answer.setup, answer.source)


NEEDED: dict[str, list[str]] = {
    "a value that is computed": ["import math", "k = math.sqrt(4)", USES_K],
    "two names at once": ["a, k = 1, len('ab')", USES_K],
    "a starred target": ["first, *rest = range(3)", "def double(x):\n    return rest[1] * x"],
    "a value of a value": ["s = 5", "s = s - 3", "k = s", USES_K],
    "an augmented assignment": ["k = 1", "k += 1", USES_K],
    "an annotated assignment": ["k: int", "k: int = 2", USES_K],
    "a walrus": ["if (k := 2) > 3:\n    pass", USES_K],
    "a walrus in a comprehension": ["[k := v for v in range(3)]", USES_K],
    "the target of a loop": ["for k in range(3):\n    pass", USES_K],
    "the target of a with": [
        "import contextlib",
        "with contextlib.nullcontext(2) as k: pass",
        USES_K,
    ],
    "a branch": ["if len('ab') == 2:\n    k = 2\nelse:\n    k = 3", USES_K],
    "an error that is caught": ["try:\n    1 / 0\nexcept ZeroDivisionError:\n    k = 2", USES_K],
    "an import that may fail": [
        "try:\n    import nothing\nexcept ImportError:\n    k = 2",
        USES_K,
    ],
    "a match": ["match [1, 2]:\n    case [_, k]:\n        pass", USES_K],
    "the rest of a match": [
        "match {'a': 1, 'b': 2}:\n    case {'a': 1, **rest}:\n        pass",
        "def double(x):\n    return rest['b'] * x",
    ],
    "items": ["T = {}", "T['k'] = 2", "def double(x):\n    return T['k'] * x"],
    "an item that is deleted": ["T = [1, 2]", "del T[0]", "def double(x):\n    return T[0] * x"],
    "a table that is filled": [
        "T = []\nfor v in range(3):\n    T.append(v)",
        "def double(x):\n    return T[2] * x",
    ],
    "a table that is filled by a comprehension": [
        "T = []\n[T.append(v) for v in range(3)]",
        "def double(x):\n    return T[2] * x",
    ],
    "rows of a table": [
        "T = [[1], [2]]\nfor row in T:\n    row.append(2)",
        "def double(x):\n    return T[0][1] * x",
    ],
    "rows of a table with their numbers": [
        "T = [[1], [2]]\nfor i, row in enumerate(T):\n    row[0] += 1 - i",
        "def double(x):\n    return T[0][0] * x",
    ],
    "another name of a table": [
        "T = [1]\nU = T\nU[0] = 2",
        "def double(x):\n    return T[0] * x",
    ],
    "a method under another name": [
        "T = []\nadd = T.append\nadd(2)",
        "def double(x):\n    return T[0] * x",
    ],
    "a method that is handed on": [
        "T = []\nlist(map(T.append, [2]))",
        "def double(x):\n    return T[0] * x",
    ],
    "a function that fills what it is given": [
        "def put(t):\n    t.append(2)",
        "def fill(t):\n    put(t)",
        "T = []\nfill(T)",
        "def double(x):\n    return T[0] * x",
    ],
    "a function that returns what it is given": [
        "def same(t):\n    return t",
        "T = []\nU = same(T)\nU.append(2)",
        "def double(x):\n    return T[0] * x",
    ],
    "a global that is set by a call": [
        "k = 5\ndef init():\n    global k\n    k = 2",
        "def start():\n    init()",
        "start()",
        USES_K,
    ],
    "a registry": [
        "REG = {}\ndef reg(f):\n    REG[f.__name__] = f\n    return f",
        "@reg\ndef h(v):\n    return 2 * v",
        "def double(x):\n    return REG['h'](x)",
    ],
    "a registry with names": [
        "REG = {}\ndef reg(name):\n    def keep(f):\n        REG[name] = f\n    return keep",
        "@reg('h')\ndef _(v):\n    return 2 * v",
        "def double(x):\n    return REG['h'](x)",
    ],
    "a registry that is an object": [
        "class Reg:\n    def __init__(self):\n        self.all = {}\n"
        "    def __call__(self, f):\n        self.all['h'] = f\n        return f",
        "reg = Reg()",
        "@reg\ndef h(v):\n    return 2 * v",
        "def double(x):\n    return reg.all['h'](x)",
    ],
    "a single dispatch": [
        "from functools import singledispatch\n@singledispatch\ndef two(v):\n    return 0",
        "@two.register(int)\ndef _(v):\n    return 2",
        "def double(x):\n    return two(x) * x",
    ],
    "a class over several cells": [
        "class A:\n    k = 2",
        "class A(A):\n    def two(self):\n        return self.k",
        "def double(x):\n    return A().two() * x",
    ],
    "a class that is changed": [
        "class A:\n    pass",
        "def two(self):\n    return 2",
        "A.two = two",
        "def double(x):\n    return A().two() * x",
    ],
    "an object that changes itself": [
        "class A:\n    k = 1\n    def load(self):\n        self.k = 2\n        return self",
        "a = A()\nb = a.load()",
        "def double(x):\n    return a.k * x",
    ],
    "a counter that is a closure": [
        "def count():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n"
        "        return n\n    return up",
        "up = count()\nk = [up(), up()][1]",
        USES_K,
    ],
    "a dict of functions": [
        "def twice(v):\n    return 2 * v",
        "ops = {'twice': twice}\nops['again'] = lambda v: ops['twice'](v)",
        "def double(x):\n    return ops['again'](x)",
    ],
    "a name given as text": ["globals()['k'] = 2", USES_K],
    "names given as text": ["globals().update(k=2)", USES_K],
    "text that is run": ["k = 5", "exec('k = 2')", USES_K],
    "text that is made and run": ["exec('k' + ' = 2')", USES_K],
    "an attribute that is set": [
        "class O: pass\no = O()\nsetattr(o, 'k', 2)",
        "def double(x):\n    return o.k * x",
    ],
    "a function of a library that changes a table": [
        "import heapq\nT = []\nheapq.heappush(T, 2)",
        "def double(x):\n    return T[0] * x",
    ],
    "an array that is filled": [
        "import numpy as np\nA = np.zeros(1)\nnp.copyto(A, 2)",
        "def double(x):\n    return int(A[0]) * x",
    ],
    "an array that takes a result": [
        "import numpy as np\nA = np.zeros(1)\nnp.add(A, 2, out=A)",
        "def double(x):\n    return int(A[0]) * x",
    ],
    "a result that is taken by place": [
        "import numpy as np\nA = np.zeros(1)\nnp.add(1, 1, A)",
        "def double(x):\n    return int(A[0]) * x",
    ],
    "a view that a function of NumPy makes": [
        "import numpy as np\nA = np.zeros(1)\nr = np.ravel(A)\nr[:] = 2",
        "def double(x):\n    return int(A[0]) * x",
    ],
    "what is printed into something": [
        "import io\nb = io.StringIO()\nprint(2, file=b)",
        "def double(x):\n    return int(b.getvalue()) * x",
    ],
    "objects that are changed by a comprehension": [
        "class M:\n    k = 1\n    def fit(self):\n        self.k *= 2\n        return self",
        "ms = [M(), M()]\n[m.fit() for m in ms]",
        "def double(x):\n    return ms[1].k * x",
    ],
    "objects that are changed by a comprehension that is kept": [
        "class M:\n    k = 1\n    def fit(self):\n        self.k *= 2\n        return self",
        "ms = [M(), M()]\nfitted = [m.fit() for m in ms]",
        "def double(x):\n    return ms[1].k * x",
    ],
    "an operator of a class": [
        "class V:\n    def __init__(self):\n        self.v = []\n"
        "    def __lshift__(self, k):\n        self.v.append(k)\n        return self",
        "v = V()\nv << 1 << 2",
        "def double(x):\n    return v.v[1] * x",
    ],
    "a registry of derived classes": [
        "REG = {}\nclass B:\n    def __init_subclass__(cls):\n        REG[cls.__name__] = cls",
        "class M(B):\n    k = 1\nclass N(M):\n    k = 2",
        "def double(x):\n    return REG['N'].k * x",
    ],
    "a registry in a class": [
        "class B:\n    all = {}\n    def __init_subclass__(cls):\n"
        "        cls.all[cls.__name__] = cls",
        "class M(B):\n    k = 2",
        "def double(x):\n    return B.all['M'].k * x",
    ],
    "a registry of a metaclass": [
        "REG = {}\nclass Meta(type):\n    def __new__(m, name, bases, d):\n"
        "        REG[name] = super().__new__(m, name, bases, d)\n        return REG[name]",
        "class B(metaclass=Meta):\n    pass\nclass M(B):\n    k = 2",
        "def double(x):\n    return REG['M'].k * x",
    ],
    "a counter that is a closure and called for itself": [
        "def count():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n"
        "        return n\n    return up",
        "up = count()",
        "up()",
        "def double(x):\n    return up() * x",
    ],
    "a default that is filled": [
        "def put(v, t=[]):\n    t.append(v)\n    return t",
        "put(1)",
        "T = put(2)",
        "def double(x):\n    return T[1] * x",
    ],
    "a type alias": [
        "Number = int | float",
        "def double(x: Number) -> 'Other':\n    return 2 * x",
    ],
    "kinds of types": [
        "from typing import NamedTuple, NewType, TypeVar\nfrom dataclasses import dataclass",
        "T = TypeVar('T')\nKey = NewType('Key', int)",
        "class Pair(NamedTuple):\n    a: int\n    b: Key",
        "@dataclass\nclass Two(Pair.__bases__[0]):\n    k: int = Key(2)",
        "def double(x: T) -> Pair:\n    return Two().k * x",
    ],
    "modules of one package": [
        "import xml.dom\nimport xml.sax",
        "def double(x):\n    return 2 * x if xml.dom and xml.sax else 0",
    ],
    "a helper twice": ["def k2():\n    return 3", "def k2():\n    return 2", "k = k2()", USES_K],
}


@pytest.mark.parametrize("name", NEEDED)
def test_what_an_answer_needs_is_run(name: str) -> None:
    texts = NEEDED[name]
    assert run_cells(texts) == 42
    assert run_cells(slice_of(*texts)) == 42
    # So it is in the answer's own cell.
    (source,) = slice_of("\n".join(texts))
    assert run_cells([source]) == 42


DEMOS = [
    "print(k)",
    "k + 3",
    "assert k == 2",
    "display(k, T)",
    "plt.plot(T); plt.show()",
    "T.index(2)",
    "len(T)",
    "np.testing.assert_allclose(T, T)",
    "show(T)",
    "for v in T:\n    print(v)",
    "while True:\n    print(k)",
    "with np.errstate(all='ignore'):\n    print(k / 3)",
    "other = slow(k)",
    "U = sorted(T)\nU.append(3)",
    "for k in range(9):\n    slow(k)",
    "k = slow(0)",
    "def unused():\n    return k",
    "import pandas as pd",
    "%timeit slow(k)",
    "!pip install pandas",
    "for seed in range(3):\n    np.random.seed(seed)\n    slow(k)",
    "try:\n    slow(k)\nexcept ValueError:\n    pass",
    "if slow(k):\n    print(k)",
    "del k",
    "raise SystemExit",
    "widget.observe(show)",
]


@pytest.mark.parametrize("demo", DEMOS)
def test_a_demo_is_not_run(demo: str) -> None:
    first = "import numpy as np, matplotlib.pyplot as plt\ndef show(t):\n    print(t)"
    answer = "def double(x):\n    plt.close()\n    return np.add(k, T[0]) * x"
    texts = slice_of(first, demo, "k = 2\nT = [1]", answer)
    assert demo not in "".join(texts)
    values = "k = 2\nT = [1]"
    if not demo.startswith(("for k", "k =", "del")):
        texts = slice_of(first, values, demo, answer)
        assert demo not in "".join(texts)
        texts = slice_of(first, f"{values}\n{demo}\n{answer}\n{demo}")
        assert demo not in "".join(texts)


def test_what_an_answer_does_itself_is_not_done_by_its_demos() -> None:
    text = "calls = []\ndef double(x):\n    calls.append(x)\n    return 2 * x\n"
    assert slice_of(f"{text}double(3)\n") == (f"{text}\n",)


@pytest.mark.parametrize(
    "setting",
    [
        "np.seterr(all='raise')",
        "np.random.seed(0)",
        "np.set_printoptions(3)",
        "np.mine = 2",
        "from decimal import getcontext\ngetcontext().prec = 50",
    ],
)
def test_a_setting_of_a_module_that_an_answer_uses_is_made(setting: str) -> None:
    uses = "def double(x):\n    return np.add(x, x) + 0 * sys.maxsize + 0 * int(Decimal(1))"
    texts = slice_of("import numpy as np, sys\nfrom decimal import Decimal", setting, uses)
    assert setting in texts
    assert setting not in slice_of("import numpy as np, sys", setting, TWICE)


@pytest.mark.parametrize("setting", ["sys.setrecursionlimit(5000)", "sys.mine = 2"])
def test_a_setting_of_python_is_made_for_every_answer(setting: str) -> None:
    imported = "import sys"
    assert slice_of(imported, setting, TWICE) == (imported, setting, TWICE)
    in_a_demo = f"for n in range(3):\n    {setting}"
    assert slice_of(imported, in_a_demo, TWICE) == (TWICE,)


def test_what_stands_below_counts_if_nothing_above_binds_a_name() -> None:
    below = [cell("k = 3"), cell("def helper(v):\n    return k * v"), cell("print(helper(1))")]
    answer = find_answer(
        cell("k = 2"), cell("def double(x):\n    return helper(x)", "double"), *below
    )
    assert answer.setup == ("k = 2", "def helper(v):\n    return k * v")
    assert answer.cells == (1, 4)


def test_a_blank_function_counts_only_if_there_is_no_other() -> None:
    blank = cell("def softmax(Z):\n    raise NotImplementedError()", "softmax")
    mine = "def softmax(Z):\n    return 2 * Z"
    uses = cell("def double(x):\n    return softmax(x)", "double")
    for cells in ([blank, cell(mine), uses], [cell(mine), blank, uses], [blank, uses, cell(mine)]):
        answer = find_answer(*cells)
        assert (answer.setup, answer.stubs) == ((mine,), ())
    answer = find_answer(blank, uses)
    assert (answer.setup, answer.stubs) == ((blank["source"],), ("softmax",))


def test_names_that_nothing_binds_are_told() -> None:
    text = (
        "def double(x):\n    return [k * v for v in range(missing)] + [len(x), display, __name__]"
    )
    assert find_answer(cell("k = other"), cell(text, "double")).unbound == ("missing", "other")


def test_modules_that_an_answer_imports_are_told() -> None:
    own = (
        "import numpy.linalg\ndef double(x):\n    from scipy import special\n    import mine.own\n"
    )
    answer = find_answer(cell("import pandas as pd"), cell(f"{own}    return pd", "double"))
    assert answer.imports == {"scipy", "mine", "pandas"}


def test_future_statements_are_taken_from_every_cell_above() -> None:
    future = "from __future__ import annotations"
    texts = slice_of(f"{future}\nprint(1)", "def double(x: Nothing):\n    return 2 * x")
    assert texts[0] == f"{future}\n"


def test_what_is_needed_of_a_notebook_with_very_many_statements_is_bounded() -> None:
    many = [cell("k = 1\n" * 4_000) for _ in range(4)]
    answer = find_answer(*many, cell(USES_K, "double"))
    assert answer.source == USES_K
    assert find_answer(cell("k = 1\n" * 9_000 + USES_K, "double")).source.endswith(USES_K)


def test_many_targets_share_a_value_and_what_changes_it() -> None:
    many = "=".join(f"a{number}" for number in range(50))
    fills = f"{many} = lambda t: t.append(2)\nT = []\na7(T)"
    texts = slice_of(fills, "def double(x):\n    return T[0] * x")
    assert run_cells(texts) == 42
    texts = slice_of(f"{many} = (c := [])\nc.append(2)", "def double(x):\n    return a7[0] * x")
    assert run_cells(texts) == 42
    texts = slice_of(f"{many} = (c := [])\na7.append(2)", "def double(x):\n    return c[0] * x")
    assert run_cells(texts) == 42


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_programs_drawn_at_random_return_the_same_as_whole_notebooks(first: int) -> None:
    """Twenty thousand others were tried once."""
    compared = 0
    for seed in range(first, first + 50):
        texts = draw_cells(random.Random(seed))
        try:
            expected = run_cells(texts)
        except (NameError, RecursionError):  # no notebook that works
            continue
        assert run_cells(slice_of(*texts)) == expected, "\n# next cell\n".join(texts)
        compared += 1
    assert compared > 30
