"""What the pages in docs/ say is so: their code runs, their formulas and their links hold."""

from __future__ import annotations

import contextlib
import io
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

import gradlab
from gradlab.bugs import BUGS
from gradlab.checker.diagnosis import Finding
from gradlab.checker.report import BANDS, VERDICTS
from gradlab.checker.sampling import chance_to_miss
from gradlab.network.activations import ACTIVATIONS
from gradlab.support.floats import UNIT_ROUNDOFF

DOCS = Path(__file__).parents[2] / "docs"
FORMULAS: dict[str, Callable[..., Any]] = {
    "forward": gradlab.forward_difference,
    "backward": gradlab.backward_difference,
    "central": gradlab.central_difference,
    "five_point": gradlab.five_point_difference,
    "richardson": gradlab.richardson,
    "complex_step": gradlab.complex_step,
}
METHODS = list(FORMULAS)


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def kinds_of_findings() -> set[str]:
    """Return the kinds that the documentation of Finding lists."""
    listed = re.search(r"kind : str\n(.*?)parameter :", str(Finding.__doc__), re.DOTALL)
    assert listed
    return set(re.findall(r'"(\w+)"', listed[1]))


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    inline = re.findall(r"\]\(([^)\s]+)\)", text)
    by_label = dict(re.findall(r"^\[([^\]]+)\]: (\S+)$", text, re.MULTILINE))
    for label in re.findall(r"\[(lesson \d)\](?![:(])", text):
        assert label in by_label, label
    missing = [
        link
        for link in (*inline, *by_label.values())
        if not link.startswith("https://") and not (DOCS / link.partition("#")[0]).exists()
    ]
    assert missing == []


def test_links_within_the_how_to_lead_to_a_heading() -> None:
    text = page("check_your_own_gradient")
    headings = re.findall(r"^##+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    linked = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert len(linked) > 10
    assert linked <= anchors


# Glossary


def terms() -> list[str]:
    return [term.strip("`") for term in re.findall(r"^\*\*(.+?)\*\*", page("glossary"), re.M)]


def test_the_glossary_is_sorted_and_has_no_term_twice() -> None:
    keys = [term.casefold() for term in terms()]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_each_term_names_the_lesson_that_introduces_it() -> None:
    entries = re.split(r"\n\n(?=\*\*)", page("glossary").partition("\n[lesson 0]:")[0])[1:]
    assert len(entries) == len(terms())
    assert [
        entry for entry in entries if not re.search(r"\(\[lesson \d\]\)$", entry.strip())
    ] == []


def test_what_a_report_may_say_is_in_the_glossary_and_in_the_how_to() -> None:
    words = kinds_of_findings() | set(VERDICTS)
    assert {bug.finding for bug in BUGS.values() if bug.finding} < words
    assert words <= set(terms())
    assert words <= set(re.findall(r"^\| `(\w+)` \|", page("check_your_own_gradient"), re.M))


# References


def test_every_reference_is_defined_once_and_used() -> None:
    table, _, sources = page("references").partition("## Sources")
    used = set(re.findall(r"\[([^\]]+)\](?!\()", table))
    defined = re.findall(r"^- \*\*\[([^\]]+)\]\*\*", sources, re.MULTILINE)
    assert used == set(defined)
    assert len(set(defined)) == len(defined)
    assert defined == sorted(defined, key=str.casefold)


def test_what_the_lessons_cite_is_among_the_references() -> None:
    known = " ".join(page("references").split()).casefold()
    missing = []
    for path in sorted((DOCS.parent / "notebooks" / "source").glob("*.py")):
        _, _, cited = path.read_text(encoding="utf-8").partition("**References.**")
        titles = re.findall(r"\*([^*]+)\*", " ".join(cited.replace("\n#", " ").split()))
        missing += [(path.name, title) for title in titles if title.casefold() not in known]
    assert missing == []


# Cheat sheet


def sheet_rows(first: str) -> dict[str, list[str]]:
    """Return the cells of each row of the table whose first row begins with this cell."""
    lines = page("cheat_sheet").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows: dict[str, list[str]] = {}
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        rows[name] = cells
    return rows


DIFFERENCES = dict(zip(METHODS, sheet_rows("forward").values(), strict=True))


def code(cell: str) -> str:
    """Return the first piece of code in a cell."""
    found = re.search(r"`([^`]+)`", cell)
    assert found, cell
    return found[1]


def short(number: float) -> str:
    """Return a number as the sheet writes it: 7e-6."""
    return re.sub(r"e-0", "e-", f"{number:.0e}")


def with_central(f: Callable[[Any], Any], x: Any, h: Any) -> dict[str, Any]:
    return {"f": f, "x": x, "h": h, "D": lambda s: (f(x + s) - f(x - s)) / (2 * s)}


@pytest.mark.parametrize("method", METHODS)
def test_difference_formulas_are_those_of_gradlab(method: str) -> None:
    formula = code(DIFFERENCES[method][0])
    ours = FORMULAS[method](np.exp, 0.7, 0.1)
    assert eval(formula, with_central(np.exp, 0.7, 0.1)) == pytest.approx(ours, rel=1e-14)


@pytest.mark.parametrize("method", METHODS)
def test_truncation_terms_hold_in_fifty_digits(method: str) -> None:
    formula, truncation = (code(cell) for cell in DIFFERENCES[method][:2])
    with mpmath.workdps(50):
        x, h = mpmath.mpf(1), mpmath.mpf("1e-4")
        error = eval(formula, with_central(mpmath.sin, x, h)) - mpmath.cos(x)
        derivatives = {f"f{k}": mpmath.diff(mpmath.sin, x, k) for k in (2, 3, 5)}
        assert abs(error / eval(truncation, {"h": h, **derivatives}) - 1) < 1e-3


@pytest.mark.parametrize("method", METHODS[:-1])
def test_rounding_best_step_and_error_are_those_of_the_budget(method: str) -> None:
    rounding, best_step, best_error = (code(cell) for cell in DIFFERENCES[method][2:5])
    budget = gradlab.error_budget(method, -3.0, 1e-12)
    names: dict[str, Any] = {"eps": 1e-12, "f2": -3.0, "f3": -3.0, "f5": -3.0}
    step = eval(best_step, names)
    assert step == pytest.approx(budget.best_step)
    assert eval(best_error, names | {"h": step}) == pytest.approx(budget.best_error)
    assert eval(rounding, names | {"h": 0.01}) == pytest.approx(budget.rounding(0.01))


@pytest.mark.parametrize("method", METHODS[:-1])
def test_numbers_for_sizes_one(method: str) -> None:
    budget = gradlab.error_budget(method, 1.0)
    assert (
        DIFFERENCES[method][5] == f"h {short(budget.best_step)}, error {short(budget.best_error)}"
    )


def test_other_numbers_of_the_sheet() -> None:
    text = " ".join(page("cheat_sheet").split())
    single = gradlab.error_budget("central", 1.0, 2.0**-24)
    assert f"best central h is {short(single.best_step)}" in text
    assert f"the error there {short(single.best_error)}" in text
    found = re.search(r"`(3\*abs\(f2\)[^`]+)`, for sin at 1 and `h = 1e-2`: (\d+)", text)
    assert found
    names = {"f2": -math.sin(1.0), "f3": -math.cos(1.0), "h": 1e-2}
    assert f"{eval(found[1], names):.0f}" == found[2]
    forward, central = (
        difference(math.sin, 1.0, 1e-2) - math.cos(1.0)
        for difference in (gradlab.forward_difference, gradlab.central_difference)
    )
    assert forward / central == pytest.approx(eval(found[1], names), rel=0.01)


def test_a_step_below_half_the_gap_does_not_move() -> None:
    for x in (1.0, 1.5, math.nextafter(2.0, 0.0), 1000.0):
        half = np.spacing(x) / 2
        assert UNIT_ROUNDOFF * x / 2 < half <= UNIT_ROUNDOFF * x
        assert x + 0.99 * half == x < x + 1.01 * half


def run(cell: str, names: dict[str, Any]) -> None:
    """Execute the assignments in a cell."""
    for piece in re.findall(r"`([^`]+)`", cell):
        if " = " in piece:
            exec(piece, names)


def test_the_network_of_the_sheet_has_the_loss_and_gradient_of_mlp() -> None:
    rows = sheet_rows("layer")
    X, Y = (array[:12] for array in gradlab.load_digits())
    network = gradlab.MLP([64, 5, 10], l2=0.3)
    (W1, b1), (W2, b2) = network.params
    names: dict[str, Any] = {"np": np, "m": 12, "K": 10, "Y": Y, "lam": 0.3}

    def enter(W: Any, b: Any, A_prev: Any) -> None:
        names.update(W=W, b=b, A_prev=A_prev, n_in=W.shape[0], n_out=W.shape[1])

    def follow(row: str, *results: str) -> None:
        run(rows[row][0], names)
        shapes = [np.shape(names[result]) for result in results]
        assert eval(f"[{rows[row][1]}]", names) == shapes, row

    with_penalty, with_decay = re.findall(r"`([^`]+)`", rows["L2"][0])
    enter(W1, b1, X)
    follow("layer", "Z")
    follow("activation", "A")
    enter(W2, b2, names["A"])
    follow("layer", "Z")
    follow("softmax", "P")
    follow("log-sum-exp", "lse")
    follow("loss, rows of Y sum to 1", "J")
    follow("output delta", "delta")
    follow("weights, biases", "dW", "db")
    loss = eval(with_penalty, names)
    found = [(eval(with_decay, names), names["db"])]
    follow("one layer back", "delta")
    enter(W1, b1, X)
    follow("weights, biases", "dW", "db")
    found.insert(0, (eval(with_decay, names), names["db"]))
    assert eval(with_penalty, names | {"J": loss}) == pytest.approx(network.loss(X, Y))
    assert gradlab.relative_difference(found, network.gradients(X, Y)) < 1e-14


def test_the_slopes_of_the_sheet_are_those_of_the_activations() -> None:
    Z = np.linspace(-2.0, 2.0, 8)
    formulas = dict(
        re.findall(r"(\w+) `([^`]+)`", sheet_rows("layer")["other slopes"][0]),
        tanh=code(sheet_rows("layer")["one layer back"][0]).partition(" * ")[2],
    )
    assert {name.casefold() for name in formulas} == set(ACTIVATIONS)
    for name, formula in formulas.items():
        g = ACTIVATIONS[name.casefold()][0]
        names = {"np": np, "A": g(Z), "A_prev": g(Z)}
        slopes = gradlab.central_difference(g, Z)
        assert eval(formula, names) == pytest.approx(slopes, abs=1e-9), name


def test_dropout_of_the_sheet_is_its_own_derivative() -> None:
    forward, backward = re.findall(r"`([^`]+)`", sheet_rows("layer")["inverted dropout"][0])
    rng = np.random.default_rng(0)
    A, dA, mask = (
        rng.normal(size=(2, 4, 3)),
        rng.normal(size=(2, 4, 3)),
        rng.random((2, 4, 3)) < 0.5,
    )
    names = {"mask": mask, "keep_prob": 0.5, "dA": dA}
    report = gradlab.check_gradient(
        lambda A: np.sum(dA * eval(forward, names, {"A": A})), lambda A: eval(backward, names), A
    )
    assert report.passed, report


def test_the_ratio_and_the_bands_of_the_sheet() -> None:
    ratio = re.search(r"`(norm\([^`]+)`", page("cheat_sheet"))
    assert ratio
    a, n = np.array([3.0, 4.0]), np.array([3.0, -4.0])
    value = eval(ratio[1], {"norm": np.linalg.norm, "a": a, "n": n})
    assert value == pytest.approx(gradlab.relative_difference(a, n))
    readings = [reading for _, reading in BANDS] + ["right (below 1e-7)"]
    for (where, (words, _)), reading in zip(
        sheet_rows("above 1e-2").items(), readings, strict=True
    ):
        assert reading.startswith(words)
        assert reading.endswith(f"({where})")


def test_the_miss_probability_of_the_sheet() -> None:
    formula = code(sheet_rows("another loss at each call")["too many parameters"][1])
    # Of many entries, drawing with and without replacement are alike.
    names = {"bad": 3000, "total": 10**6, "samples": 500}
    assert eval(formula, {}, names) == pytest.approx(chance_to_miss(**names), rel=1e-3)


def test_the_sheet_fits_on_a_page() -> None:
    printed = [line for line in page("cheat_sheet").splitlines() if line.strip("|:- `")]
    assert len(printed) <= 62


# Code


def run_blocks(text: str) -> None:
    """Run the blocks of Python in one namespace; each must print what the block below it says."""
    names: dict[str, Any] = {"__name__": "docs"}
    blocks = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", text, re.DOTALL)
    for program, promised in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(program, names)
        beginning, dots, _ = promised.partition("...\n")
        if dots:
            assert printed.getvalue().startswith(beginning)
        else:
            assert printed.getvalue() == promised
    for name, thing in names.items():
        if name.startswith("test_"):
            thing()


def sections_with_code() -> dict[str, str]:
    """Return the sections of the how-to that have code, and their parts, by their titles."""
    sections = {}
    for section in re.split(r"^## ", page("check_your_own_gradient"), flags=re.MULTILINE):
        whole = section.partition("\n")[0]
        for text in re.split(r"^### ", section, flags=re.MULTILINE):
            part = text.partition("\n")[0]
            sections[whole if part == whole else f"{whole}: {part}"] = text
    return {title: text for title, text in sections.items() if "```python" in text}


# Where PyTorch and JAX are at hand, -k "torch or jax" runs what needs them.
@pytest.mark.parametrize("title", sections_with_code())
def test_the_how_to_prints_what_it_says(title: str) -> None:
    text = sections_with_code()[title]
    for module in re.findall(r"^import (torch|jax)$", text, re.MULTILINE):
        pytest.importorskip(module)
    run_blocks(text)


def test_the_how_to_has_code_for_each_framework() -> None:
    needed = {
        (title.partition(":")[0], module)
        for title, text in sections_with_code().items()
        for module in re.findall(r"^import (torch|jax)$", text, re.MULTILINE)
    }
    assert needed == {("PyTorch", "torch"), ("JAX", "jax")}


@pytest.mark.parametrize("name", ["cheat_sheet", "writing_exercises"])
def test_the_code_of_a_page_runs(name: str) -> None:
    run_blocks(page(name))
