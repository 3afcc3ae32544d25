"""The report of a backward pass: it names the line with the mistake, and raises for nothing."""

import itertools
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import gradlab
from gradlab.bugs.planting import BUGS
from gradlab.exercises.backward.report import make_backward_report, make_layer_tally
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Trial
from gradlab.exercises.marking.calling import make_caller, try_case
from gradlab.exercises.marking.mark import draw_cases
from gradlab.exercises.marking.values import make_value

BACKWARD = EXERCISES["backward"]
START = "where it begins"
report_of = make_backward_report(START, rtol=1e-9, atol=1e-12)


def make_trial(params: Any, X: Any, Y: Any, right: Any, got: Any) -> Trial:
    """The trial of an answer that returned `got`."""
    return try_case(
        BACKWARD, make_caller(lambda *arguments: got), (params, X, Y), make_value(right)
    )


# Which line of `gradlab.bugs.backward` each bug is in: delta at the output, dW, db, the step back.
# None: the mistake is in no line of the pass, or is not seen in a tanh network without dropout.
LINES = {
    "start": (
        "ascent sum_for_mean last_row_ignored first_row_twice class_without_target hardmax "
        "sigmoid_for_softmax softmax_over_rows slope_of_squared_error eight_bits added_to_old"
    ),
    "dW": (
        "transposed_weights column_by_column upside_down unfilled_weights last_class_forgotten "
        "input_of_next_layer dropout_left_on reversed_targets"
    ),
    "db": (
        "flipped_bias swapped_biases first_bias_forgotten bias_of_one_row mean_of_bias "
        "last_bias_of_sum"
    ),
    "dW and db": "classes_off_by_one",
    "back": (
        "missing_slope slope_at_z slope_of_sigmoid slope_of_next_layer untransposed_weights "
        "updated_weights"
    ),
}
LINE_OF = {name: line for line, names in LINES.items() for name in names.split()}
SAYS = {
    "start": START,
    "dW": "read the line that makes dW",
    "db": "read the line that makes db",
    "dW and db": "read the lines that make dW",
    "back": "What lies between is the step back",
}


@pytest.mark.parametrize("name", BUGS)
def test_the_line_named_is_that_of_the_planted_mistake(name: str) -> None:
    rng = np.random.default_rng(3)
    network = gradlab.MLP([5, 4, 4, 4], seed=1)
    X, Y = rng.uniform(size=(6, 5)), np.eye(4)[[0, 1, 2, 3, 0, 1]]
    try:
        wrong = gradlab.bugs.plant(network, name)
    except ValueError:  # it changes nothing in this network
        return
    wrong.gradients(X, Y)  # some are wrong from the second call on
    trial = make_trial(network.params, X, Y, network.gradients(X, Y), wrong.gradients(X, Y))
    said = "\n".join(report_of([trial], True))
    for block in BUGS[name].spoils(network) if not BUGS[name].late else []:
        assert f"✗ {block}" in said
    if name in LINE_OF and said:
        assert SAYS[LINE_OF[name]] in said, said


@pytest.mark.parametrize("name", ["backward", "l2_backward"])
def test_hint_and_report_do_not_contradict_each_other(name: str) -> None:
    """A hint that is about one line goes with a report that names this line, or with none."""
    exercise = EXERCISES[name]
    assert exercise.report is not None
    drawn = [case for cases in draw_cases(exercise, 0).values() for case in cases]
    small = [case for case in drawn if case[0][1].size < 100]
    for misconception in exercise.misconceptions:
        call = make_caller(misconception.wrong)
        trials = [try_case(exercise, call, *case, with_detail=False) for case in small]
        said = "\n".join(exercise.report(trials, True))
        if not said:
            continue
        hint = misconception.hint
        about = re.match(r"(You add lam b to db|db |Your db|dW )", hint)
        if about:
            assert f"the line that makes d{'b' if 'db' in about[0] else 'W'}" in said, said
        if "tanh'" in hint:
            assert "step back" in said, said
        if "delta_L" in hint and "You divide" not in hint:
            assert "delta at the output" in said or "compare it with" in said, said


def make_case(layers: int, seed: int = 0) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    sizes = [3, 5, 2, 4][: layers + 1]
    params = [
        (rng.normal(size=pair), rng.normal(size=pair[1])) for pair in itertools.pairwise(sizes)
    ]
    return params, rng.uniform(size=(6, 3)), np.eye(sizes[-1])[rng.integers(sizes[-1], size=6)]


def spoil(blocks: set[str], layers: int = 2) -> str:
    """The report if these blocks are wrong, each in its own way."""
    params, X, Y = make_case(layers)
    right = BACKWARD.reference(params, X, Y)
    rng = np.random.default_rng(1)
    got = [
        tuple(
            part + rng.normal(size=part.shape) * (f"{letter}{layer}" in blocks)
            for letter, part in zip("Wb", pair, strict=True)
        )
        for layer, pair in enumerate(right, start=1)
    ]
    return "\n".join(report_of([make_trial(params, X, Y, right, got)], True))


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ({"b2"}, "b2 fails and W2 passes"),
        ({"W1"}, "W1 fails and b1 passes"),
        ({"b1", "b2"}, "every b fails and every W passes"),
        ({"W1", "W2"}, "every W fails and every b passes"),
        ({"W1", "b1"}, "delta1 is delta2 @ W2.T times the slope"),
        ({"W2", "b2"}, "delta2 is right: read the lines that make dW2 and db2"),
        ({"W2", "b2", "W1", "b1"}, START),
        ({"b2", "W1", "b1"}, "begin nearest the output: b2 fails"),
        ({"W2", "W1", "b1"}, "begin nearest the output: W2 fails"),
    ],
)
def test_blocks_lead_to_a_line(blocks: set[str], words: str) -> None:
    said = spoil(blocks)
    assert words in said
    assert [m[1] for m in re.finditer(r"[✓✗] (\w+)", said)] == ["W2", "b2", "W1", "b1"]
    assert {m[1] for m in re.finditer(r"✗ (\w+)", said)} == blocks


def test_the_worst_entry_and_the_cause_are_told_by_name() -> None:
    params, X, Y = make_case(2)
    right = BACKWARD.reference(params, X, Y)
    got = [(dW.copy(), 6 * db) for dW, db in right]
    got[0][0][2, 4] += 1
    said = "\n".join(report_of([make_trial(params, X, Y, right, got)], True))
    assert f"dW1[2, 4] is {got[0][0][2, 4]:.4g}; {right[0][0][2, 4]:.4g} is right" in said
    assert "b2, b1: The gradient is 6 times what it should be (m = 6 rows" in said
    assert "✓ W2" in said


def test_nothing_of_a_case_is_told_when_it_is_hidden() -> None:
    params, X, Y = make_case(2)
    right = BACKWARD.reference(params, X, Y)
    got = [(dW, -db) for dW, db in right]
    lines = report_of([make_trial(params, X, Y, right, got)], False)
    assert "b2, b1: The sign is flipped: minus the gradient is right." in lines
    assert "every b fails" in lines[-1]
    assert not re.search(r"\[|\d\.\d", "".join(lines))


ODD = st.sampled_from(
    [
        None, math.nan, math.inf, 0, True, 1e308, "dW", 1j, {}, [], object(),
        np.zeros((3, 5)), np.zeros(5), np.full((3, 5), math.nan), np.zeros((3, 5), complex),
        np.full(2, -1e308), np.zeros((3, 5), np.float32), np.zeros((5, 2), bool), np.zeros(0),
        np.ma.masked_array(np.zeros(5), mask=True), np.array(["a"]), np.array(None),
    ]
)  # fmt: skip
ANYTHING = ODD | st.lists(ODD | st.tuples(ODD, ODD) | st.lists(ODD), max_size=3)


@settings(max_examples=150, deadline=None)
@given(got=ANYTHING | st.lists(st.tuples(ODD, ODD), min_size=2, max_size=2))
def test_the_report_does_not_raise_whatever_was_returned(got: Any) -> None:
    params, X, Y = make_case(2)
    trial = make_trial(params, X, Y, BACKWARD.reference(params, X, Y), got)
    for told in (True, False):
        assert all(isinstance(line, str) for line in report_of([trial], told))
    assert make_layer_tally(rtol=1e-9, atol=1e-12)([trial]).share == 0


@pytest.mark.usefixtures("unwatched")
def test_points_are_those_of_the_layers_that_are_right() -> None:
    no_slope = next(m for m in BACKWARD.misconceptions if "also passes tanh" in m.hint).wrong
    result = gradlab.check("backward", no_slope)
    assert [(group.tally.right, group.tally.total) for group in result.groups] == [
        (1, 1), (1, 2), (1, 3),
    ]  # fmt: skip
    assert result.points == pytest.approx(2 * (1 + 1 / 2 + 1 / 3))
    assert "3.67 of 6 points" in str(result)


def test_what_changes_its_arguments_earns_nothing() -> None:
    def trains(params: Any, X: Any, Y: Any) -> Any:
        gradients = BACKWARD.also_right[0](params, X, Y)
        params[0][0][...] = 0.0
        return gradients

    assert gradlab.check("backward", trains).points == 0.0


def test_the_report_is_shown_as_text_and_in_the_notebook() -> None:
    result = gradlab.check("backward", lambda params, X, Y: [(0 * W, 0 * b) for W, b in params])
    assert "all zeros" in str(result)
    for line in result.report:
        assert line in str(result)
    assert "Where to read" in result._repr_html_()
