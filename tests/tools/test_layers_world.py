"""The scorecard's layers are right or wrong as said, proved without gradlab; a short run."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from gradlab.checker.block import Finding
from tools.benchmarks.layers import exact
from tools.benchmarks.layers.cases import Case, list_cases
from tools.benchmarks.layers.catalogue import GROUPS, LAYERS
from tools.benchmarks.layers.layer import (
    Layer,
    Mistake,
    copy_inputs,
    draw_upstream,
    evaluate,
    find_floats,
    pull_back,
)
from tools.benchmarks.layers.peers import (
    Peer,
    count_verdicts,
    find_installed_peers,
    find_missing_peers,
)
from tools.benchmarks.layers.runner import run_draws
from tools.benchmarks.layers.tables import format_causes, format_groups, format_misses
from tools.benchmarks.layers.verdicts import Outcome, judge
from tools.benchmarks.world.problem import Array

DRAWS = range(5)
RIGHT, WRONG = 1e-10, 1e-3
STEP = 1e-4
EACH_LAYER = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
EACH_MISTAKE = pytest.mark.parametrize(
    ("layer", "mistake"),
    [(layer, mistake) for layer in LAYERS for mistake in layer.mistakes],
    ids=lambda value: value.name,
)
ANALYTIC = ("affine", "softmax", "LSTM step", "layer normalisation", "max pooling, overlap")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def find_layer(name: str) -> Layer:
    return next(layer for layer in LAYERS if layer.name == name)


@cache
def prove(layer: Layer, seed: int) -> tuple[tuple[Any, ...], tuple[Array, ...], list[Array]]:
    """Return the inputs of a draw, an upstream, and the exact gradients."""
    inputs = layer.draw_inputs(seed)
    outputs = evaluate(layer, copy_inputs(inputs))
    upstream = draw_upstream(np.random.default_rng(1000 + seed), outputs)
    return inputs, upstream, exact.measure_gradients(layer, inputs, upstream)


def measure_errors(layer: Layer, mistake: Mistake | None, seed: int) -> dict[str, float]:
    inputs, upstream, gradients = prove(layer, seed)
    return exact.measure_errors(layer, mistake, inputs, upstream, gradients)


@EACH_LAYER
def test_a_right_backward_gives_the_exact_gradient(layer: Layer) -> None:
    for seed in DRAWS:
        errors = measure_errors(layer, None, seed)
        assert max(errors.values()) < RIGHT, errors


@EACH_MISTAKE
def test_a_wrong_backward_is_wrong_in_the_inputs_that_are_named_alone(
    layer: Layer, mistake: Mistake
) -> None:
    for seed in DRAWS:
        errors = measure_errors(layer, mistake, seed)
        assert [name for name, error in errors.items() if error > WRONG] == mistake.wrong
        assert all(errors[name] < RIGHT for name in errors.keys() - set(mistake.wrong))


@EACH_LAYER
def test_the_proof_notices_one_entry_that_is_off_by_a_millionth(layer: Layer) -> None:
    inputs, upstream, gradients = prove(layer, 0)

    def spoil(*arguments: Any, **options: Any) -> list[Array]:
        given = pull_back(layer, None, upstream, copy_inputs(inputs))
        given[-1].flat[int(np.abs(given[-1]).argmax())] *= 1 + 1e-6
        return given

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "pull_back", spoil)
        errors = exact.measure_errors(layer, None, inputs, upstream, gradients)
    assert list(errors.values())[-1] == pytest.approx(1e-6, rel=1e-3)


@EACH_LAYER
def test_complex_inputs_take_the_same_branches(layer: Layer) -> None:
    if not layer.analytic:
        return
    inputs = list(layer.draw_inputs(0))
    real = evaluate(layer, copy_inputs(tuple(inputs)))
    for place in find_floats(tuple(inputs)):
        inputs[place] = inputs[place] + 1e-30j
    for mine, theirs in zip(evaluate(layer, tuple(inputs)), real, strict=True):
        np.testing.assert_allclose(np.real(mine), theirs, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", ANALYTIC)
def test_fifty_digits_prove_the_same_as_the_complex_step(name: str) -> None:
    layer = find_layer(name)
    inputs, upstream, gradients = prove(layer, 0)
    again = exact.measure_gradients(replace(layer, analytic=False), inputs, upstream)
    for mine, theirs in zip(again, gradients, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-14)


@EACH_LAYER
def test_no_draw_is_near_a_kink(layer: Layer) -> None:
    for seed in DRAWS:
        inputs = layer.draw_inputs(seed)
        here = np.concatenate([np.ravel(out) for out in evaluate(layer, copy_inputs(inputs))])
        for place in find_floats(inputs):
            for i in range(inputs[place].size):
                sides = []
                for step in (-STEP, STEP):
                    moved = copy_inputs(inputs)
                    moved[place].flat[i] += step
                    sides.append(np.concatenate([np.ravel(o) for o in evaluate(layer, moved)]))
                # At a kink this is the step times the jump of the slope.
                bend = np.abs(sides[0] - 2 * here + sides[1]).max()
                assert bend < 1e-2 * STEP


@EACH_LAYER
def test_a_layer_leaves_its_arrays_alone_and_draws_the_same_each_time(layer: Layer) -> None:
    inputs, again, other = (layer.draw_inputs(seed) for seed in (0, 0, 1))
    upstream = draw_upstream(np.random.default_rng(0), evaluate(layer, copy_inputs(inputs)))
    pull_back(layer, None, upstream, inputs)
    for place in find_floats(inputs):
        np.testing.assert_array_equal(inputs[place], again[place])
        assert not np.array_equal(inputs[place], other[place])
    assert 1 <= sum(inputs[place].size for place in find_floats(inputs)) <= 150
    assert all(out.dtype == np.float64 for out in map(np.asarray, evaluate(layer, inputs)))


def test_batch_normalisation_keeps_running_averages() -> None:
    layer = find_layer("batch normalisation, train")
    inputs = layer.draw_inputs(0)
    before = copy.deepcopy(inputs[3])
    evaluate(layer, inputs)
    expected = 0.9 * before["running_mean"] + 0.1 * inputs[0].mean(axis=0)
    np.testing.assert_allclose(inputs[3]["running_mean"], expected)


def test_there_are_as_many_layers_as_the_scorecard_says() -> None:
    assert len({layer.name for layer in LAYERS}) == len(LAYERS) >= 34
    assert sum(len(layer.mistakes) for layer in LAYERS) >= 70
    assert len(GROUPS) >= 8
    assert all(layer.source for layer in LAYERS)
    for layer in LAYERS:
        names = [mistake.name for mistake in layer.mistakes]
        assert len(set(names)) == len(names)


def test_the_kinds_of_mistakes_are_those_of_findings() -> None:
    known = Finding.__doc__ or ""
    readings = {
        kind for layer in LAYERS for mistake in layer.mistakes for kind in mistake.readings
    }
    assert {kind for kind in readings if f'"{kind}"' not in known} == set()


@pytest.mark.slow
def test_a_short_run_blames_the_wrong_inputs_and_no_others() -> None:
    outcomes = judge(list_cases(LAYERS, [0]))
    right = [outcome for outcome in outcomes if outcome.case.mistake is None]
    wrong = [outcome for outcome in outcomes if outcome.case.mistake is not None]
    assert {outcome.verdict for outcome in right} == {"pass"}
    assert [outcome.case.title for outcome in wrong if not outcome.exact] == []
    nameable = [outcome for outcome in wrong if outcome.nameable]
    assert sum(outcome.named for outcome in nameable) >= 0.95 * len(nameable)
    told = format_groups(outcomes)
    assert f"| all | {len(right)} | {len(right)} | {len(right)} | 0 | 0 |" in told
    assert "False alarms: none." in format_misses(outcomes)
    assert "A cause is named that is none" in format_causes(outcomes)


def test_what_is_wrong_with_the_checker_would_be_listed() -> None:
    layer = find_layer("affine")
    transposed = next(m for m in layer.mistakes if m.name == "dW transposed")
    report = judge([Case(layer, transposed, 0)])[0].report
    # The same report for a right layer, and for a mistake in another input.
    alarm = Outcome(Case(layer, None, 0), report, 44)
    other = Outcome(Case(layer, replace(transposed, blocks="x", kinds="all_zero"), 0), report, 44)
    told = format_misses([alarm, other])
    assert "False alarms, 1:" in told
    assert "Other inputs blamed than those that are wrong, 1:" in told
    assert "wrong is x, blamed w" in told
    causes = format_causes([alarm, other])
    assert "all_zero; said is transposed" in causes
    assert other.false_causes == ["transposed"]


@pytest.mark.parametrize("peer", find_installed_peers(), ids=lambda peer: peer.title)
def test_another_package_accepts_what_is_right_and_refuses_what_is_wrong(peer: Peer) -> None:
    for name in ("affine", "batch normalisation, train", "LSTM step", "cross-entropy, mean"):
        layer = find_layer(name)
        tally = count_verdicts(peer, list_cases([layer], [0]))
        assert (tally.alarmed, tally.missed, tally.exact) == ([], [], len(layer.mistakes))


def test_the_run_says_what_is_left_out() -> None:
    text = run_draws(range(1), range(1), [find_layer("affine")])
    assert text.startswith("## 7. Layers")
    assert "| affine | 1 | 1 |" in text
    for package in find_missing_peers():
        assert package in text.rpartition("Left out")[2]
    assert "Other packages" not in run_draws(range(1), range(0), [find_layer("affine")])
