"""Draws of random numbers in other cells, and calls that change what an answer needs."""

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from notebook_data import cell, find_answer, run

SLOW = "def slow(*v):\n    return v"
READS_B = "def double(x):\n    return B * x"


def find_value(texts: Sequence[str]) -> float:
    namespace: dict[str, float] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for text in texts:
            exec(text, namespace)
    return namespace["B"]


IMPORTS = "import random\nimport numpy as np\n"
IMPORTS += "from random import choice\nfrom numpy.random import default_rng"
DRAWN: dict[str, list[str]] = {
    "from a generator": ["rng = np.random.default_rng(1)", "A = rng.random()", "B = rng.random()"],
    "from another generator": ["r = np.random.RandomState(1)", "A = r.rand()", "B = r.rand()"],
    "from a generator of Python": ["r = random.Random(3)", "r.random()", "B = r.random()"],
    "from NumPy": ["np.random.seed(0)", "A = np.random.rand()", "B = np.random.rand()"],
    "from Python": ["random.seed(0)", "A = random.random()", "B = random.random()"],
    "of another name": ["random.seed(0)", "A = choice([1, 2, 3])", "B = choice(range(99))"],
    "by functions": [
        "rng = default_rng(1)\ndef draw():\n    return rng.random()",
        "def twice():\n    return [draw(), draw()]",
        "twice()",
        "B = draw()",
    ],
    "with a generator that is handed on": [
        "rng = default_rng(seed=1)\ndef draw(r, n):\n    return r.random(n)",
        "draw(rng, 3)",
        "B = draw(rng, 1)[0]",
    ],
    "after a seed that a function sets": [
        "def set_seeds():\n    np.random.seed(4)",
        "set_seeds()",
        "A = np.random.rand()",
        "B = np.random.rand()",
    ],
    "in a loop": [
        "rng = default_rng(1)",
        "for _ in range(3):\n    print(rng.random())",
        "B = rng.random()",
    ],
}


@pytest.mark.parametrize("name", DRAWN)
def test_what_was_drawn_before_is_drawn(name: str) -> None:
    texts = [IMPORTS, *DRAWN[name]]
    answer = find_answer(*map(cell, texts), cell(READS_B, "double"))
    assert answer.narrow is not None
    assert find_value(answer.setup) == find_value(texts)


@pytest.mark.parametrize(
    "texts",
    [
        ["rng = default_rng(1)", "slow(rng.random())", "rng = default_rng(2)", "B = rng.random()"],
        [
            "np.random.seed(1)",
            "slow(np.random.rand())",
            "np.random.seed(2)",
            "B = np.random.rand()",
        ],
        ["slow(np.random.rand())", "B = np.random.rand()"],
        ["rng = default_rng()", "slow(rng.random())", "B = rng.random()"],
        ["rng = default_rng(1)", "B = rng.random()", "slow(rng.random())"],
        ["np.random.seed(1)", "slow(random.random())", "B = np.random.rand()"],
    ],
)
def test_what_no_draw_depends_on_is_not_drawn(texts: list[str]) -> None:
    answer = find_answer(*map(cell, [IMPORTS, SLOW, *texts]), cell(READS_B, "double"))
    assert not any("slow(" in text for text in answer.setup)


@pytest.mark.parametrize(
    "use", ["slow(rng.random())", "for _ in range(9):\n    slow(rng.random())"]
)
def test_an_answer_that_draws_itself_needs_no_draws_before(use: str) -> None:
    made = "rng = default_rng(1)"
    answer = find_answer(
        *map(cell, [IMPORTS, SLOW, made, use]),
        cell("def double(x):\n    return 2 * x + 0 * rng.random()", "double"),
    )
    assert use not in answer.setup


@pytest.mark.parametrize(
    "helper",
    [
        "C = 0\ndef helper(x):\n    global C\n    C += 1\n    return 2 * x",
        "memo = {}\ndef helper(x):\n    memo[x] = 2 * x\n    return memo[x]",
        "def helper(x, memo={}):\n    memo[x] = 2 * x\n    return memo[x]",
        "def keep(f):\n    known = {}\n    def kept(x):\n        known[x] = f(x)\n"
        "        return known[x]\n    return kept\nhelper = keep(lambda x: 2 * x)",
        "class Helper:\n    n = 0\n    def __call__(self, x):\n        self.n += 1\n"
        "        return 2 * x\nhelper = Helper()",
    ],
)
def test_demos_of_a_helper_that_counts_or_remembers_can_be_left_out(helper: str) -> None:
    demo = "for k in range(10**9):\n    helper(k)"
    uses = cell("def double(x):\n    return helper(x)", "double")
    answer = find_answer(cell(helper), cell(demo), uses)
    assert answer.setup == (helper, demo)
    assert answer.narrow is not None
    assert answer.narrow.setup == (helper,)
    assert answer.narrow.narrow is None
    assert run(answer.narrow, "double")(3) == 6


WRITTEN: dict[str, list[str]] = {
    "at once": ["open('k.txt', 'w').write('2')", "B = open('k.txt').read()"],
    "line by line": [
        "f = open('k.txt', 'w')",
        "f.write('2')\nf.close()",
        "B = open('k.txt').read()",
    ],
    "in a block": [
        "import json\nwith open('k', 'w') as f:\n    json.dump(2, f)",
        "with open('k') as f:\n    B = json.load(f)",
    ],
    "by a path": [
        "from pathlib import Path\np = Path('k')",
        "p.write_text('2')",
        "B = p.read_text()",
    ],
    "into a folder": [
        "import os\nos.makedirs('out')",
        "open('out/k', 'w').write('2')",
        "B = open('out/k').read()",
    ],
    "an array": ["import numpy as np\nnp.save('k.npy', 2)", "B = np.load('k.npy')"],
}


# A learner may leave a file open.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_that_a_needed_statement_names_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    unrelated = "open('other', 'w').write('2')"
    answer = find_answer(*map(cell, [unrelated, *WRITTEN[name]]), cell(READS_B, "double"))
    assert unrelated not in answer.setup
    assert float(find_value(answer.setup)) == 2


@pytest.mark.parametrize("demo", ["h.demo()", "for k in range(3):\n    h.demo()", "r = h.demo()"])
def test_demos_that_an_object_makes_itself_can_be_left_out(demo: str) -> None:
    made = "class H:\n    n = 0\n    def demo(self):\n        self.n += 1\nh = H()"
    uses = cell("def double(x):\n    return h.n * x", "double")
    answer = find_answer(cell(made), cell(demo), uses)
    assert answer.setup == (made, demo)
    assert answer.narrow is not None
    assert answer.narrow.setup == (made,)


def test_functions_that_register_themselves_are_never_left_out() -> None:
    registry = "REG = {}\ndef reg(f):\n    REG[f.__name__] = f\n    return f"
    entry, demo = "@reg\ndef h(v):\n    return 2 * v", "for k in range(9):\n    reg(print)"
    uses = cell("def double(x):\n    return REG['h'](x)", "double")
    answer = find_answer(cell(registry), cell(entry), cell(demo), uses)
    assert answer.setup == (registry, entry, demo)
    assert answer.narrow is not None
    assert answer.narrow.setup == (registry, entry)
