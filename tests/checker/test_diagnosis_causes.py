"""Each cause on gradients drawn from a seed: named where it is so, and not where it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pytest

from gradlab.checker.block import Block, make_exact_block
from gradlab.checker.diagnosis import Finding, Setting, diagnose
from gradlab.support.floats import FloatArray

PLACES = {
    "few_entries",
    "some_entries",
    "some_blocks",
    "every_block",
    "backprop_from_layer",
    "backprop_from_block",
}
SEEDS = range(6)
Rng = np.random.Generator
# (generator, slopes, parameter) -> (slopes that the loss has, gradient that is given)
Case = Callable[[Rng, FloatArray, FloatArray], tuple[FloatArray, FloatArray]]


def softmax(Z: FloatArray) -> FloatArray:
    powers: FloatArray = np.exp(Z)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def in_rows(rows: list[int], there: FloatArray, elsewhere: FloatArray) -> FloatArray:
    return np.where(np.isin(np.arange(len(there)), rows)[:, None], there, elsewhere)


def project(G: FloatArray, V: FloatArray, axis: int | None) -> FloatArray:
    along = np.sum(G * V, axis, keepdims=True) / np.sum(V * V, axis, keepdims=True)
    return np.asarray(G - V * along)


def normalise(
    axis: int | None, divide: bool = False, factor: float = 1.0
) -> Callable[[Rng, FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    def case(rng: Rng, S: FloatArray, V: FloatArray) -> tuple[FloatArray, FloatArray]:
        length = np.sqrt(np.sum(V * V, axis, keepdims=True)) if divide else 1.0
        return project(S, V, axis) / length / factor, S

    return case


def pass_through_softmax(rng: Rng, S: FloatArray, V: FloatArray) -> tuple[FloatArray, FloatArray]:
    p = softmax(V)
    return p * (S - np.sum(S * p, axis=1, keepdims=True)), S * p * (1 - p)


def repeat_index(rng: Rng, S: FloatArray, V: FloatArray) -> tuple[FloatArray, FloatArray]:
    G = S.copy()
    G[1] -= S[3]
    return S, G


def lose_term(rng: Rng, S: FloatArray, V: FloatArray) -> tuple[FloatArray, FloatArray]:
    return S, S - np.outer(rng.normal(size=len(S)), rng.normal(size=S.shape[1]))


def clip_at_8(S: FloatArray) -> FloatArray:
    return np.clip(S, -8.0, 8.0)


def mix(S: FloatArray) -> FloatArray:
    return (S + S.T) / 2


def double_lower(S: FloatArray) -> FloatArray:
    return np.asarray(np.tril(S) + np.tril(S, -1))


SQUARE: dict[str, tuple[str, Case]] = {
    "sign": ("sign_flipped", lambda rng, S, V: (S, -S)),
    "sign in rows": ("sign_flipped", lambda rng, S, V: (S, in_rows([0, 2], -S, S))),
    "sign by parameter": ("sign_flipped", lambda rng, S, V: (S, np.where(V < 0, -S, S))),
    "absolute": ("sign_flipped", lambda rng, S, V: (S, np.abs(S))),
    "factor": ("wrong_scale", lambda rng, S, V: (S, rng.uniform(1.1, 3.0) * S)),
    "factor in rows": ("wrong_scale", lambda rng, S, V: (S, in_rows([1, 4], 1.7 * S, S))),
    "factor off the diagonal": (
        "wrong_scale",
        lambda rng, S, V: (S, np.where(np.eye(5) > 0, S, 2 * S)),
    ),
    "each row": ("scaled_rows", lambda rng, S, V: (S, rng.uniform(1.5, 3, (5, 1)) * S)),
    "each column": ("scaled_rows", lambda rng, S, V: (S, S * rng.uniform(0.2, 0.7, 5))),
    "zero": ("all_zero", lambda rng, S, V: (S, 0 * S)),
    "zero rows": ("some_zero", lambda rng, S, V: (S, in_rows([1, 2], 0 * S, S))),
    "zero columns": ("some_zero", lambda rng, S, V: (S, in_rows([0, 3], 0 * S, S.T).T)),
    "zero if negative": ("some_zero", lambda rng, S, V: (S, np.maximum(S, 0))),
    "dead rows": ("dead_units", lambda rng, S, V: (in_rows([0, 4], 0 * S, S), S)),
    "dead columns": ("dead_units", lambda rng, S, V: (in_rows([2], 0 * S, S).T, S.T)),
    "dead block": ("dead_units", lambda rng, S, V: (0 * S, S)),
    "transpose": ("transposed", lambda rng, S, V: (S, S.T)),
    "rows rolled": ("permuted", lambda rng, S, V: (S, np.roll(S, 1, axis=0))),
    "shuffled": ("permuted", lambda rng, S, V: (S, rng.permutation(S.ravel()).reshape(S.shape))),
    "mean": ("equal_entries", lambda rng, S, V: (S, np.full(S.shape, S.mean()))),
    "sum": ("equal_entries", lambda rng, S, V: (S, np.full(S.shape, S.sum()))),
    "one entry": ("equal_entries", lambda rng, S, V: (S, np.full(S.shape, S[3, 1]))),
    "mean of columns": ("equal_entries", lambda rng, S, V: (S, S.mean(0) + 0 * S)),
    "sum of rows": ("equal_entries", lambda rng, S, V: (S, S.sum(1, keepdims=True) + 0 * S)),
    "one row": ("equal_entries", lambda rng, S, V: (S, S[2] + 0 * S)),
    "clipped": ("clipped", lambda rng, S, V: (S, np.clip(S, -0.4321, 0.4321))),
    "clipped once": ("clipped", lambda rng, S, V: (S := 9 * S / np.abs(S).max(), clip_at_8(S))),
    "upper is zero": ("triangle", lambda rng, S, V: (np.tril(S), S)),
    "lower read": ("triangle", lambda rng, S, V: (double_lower(mix(S)), mix(S))),
    "upper missing": ("triangle", lambda rng, S, V: (mix(S), np.tril(mix(S)) + 7 * np.triu(S, 1))),
    "one-sided": ("triangle", lambda rng, S, V: (mix(S), np.tril(S) + np.triu(S, 1))),
    "lower kept, doubled": ("triangle", lambda rng, S, V: (mix(S), double_lower(mix(S)))),
    "each half by itself": ("triangle", lambda rng, S, V: (S + S.T - np.diag(np.diag(S)), S)),
    "no penalty": ("weight_decay", lambda rng, S, V: (S, S - rng.uniform(0.01, 1) * V)),
    "penalty twice": ("weight_decay", lambda rng, S, V: (S, S + 0.3 * V)),
    "penalty in rows": ("weight_decay", lambda rng, S, V: (S, in_rows([0], S + 0.3 * V, S))),
    "signs missing": ("l1_penalty", lambda rng, S, V: (S, S - 0.2 * np.sign(V))),
    "signs, not itself": ("l1_penalty", lambda rng, S, V: (S, S + 0.2 * np.sign(V) - 0.1 * V)),
    "length": ("normalised", normalise(None)),
    "length, divided": ("normalised", normalise(None, divide=True)),
    "length, factor": ("normalised", normalise(None, factor=3.3)),
    "length of rows": ("normalised", normalise(1)),
    "length of columns": ("normalised", normalise(0, divide=True)),
    "softmax": ("softmax_diagonal", pass_through_softmax),
    "index twice": ("repeated_index", repeat_index),
    "one term": ("rank_one", lose_term),
}


def draw(name: str, seed: int, error: float = 0.0) -> Block:
    rng = np.random.default_rng([seed, *name.encode()])
    S, G = SQUARE[name][1](rng, rng.normal(size=(5, 5)), V := rng.normal(size=(5, 5)))
    return make_exact_block("W", V, G + error * rng.normal(size=G.shape), S)


def causes(findings: list[Finding]) -> set[str]:
    return {finding.kind for finding in findings} - PLACES


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SQUARE)
def test_each_cause_is_named_and_no_other(name: str, seed: int) -> None:
    findings = diagnose([draw(name, seed)])
    assert causes(findings) == {SQUARE[name][0]}
    for finding in findings:
        assert finding.parameter == "W"
        assert not finding.message[0].islower()
        assert finding.message.endswith(".")
        assert " 1 times" not in finding.message
        assert "nan" not in finding.message
        json.dumps(asdict(finding), allow_nan=False)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SQUARE)
def test_no_cause_is_named_if_entries_are_wrong_in_another_way_too(name: str, seed: int) -> None:
    block = draw(name, seed, error=0.01)
    # Where the loss does not change at all, no gradient but zero is right.
    expected = {"dead_units"} if name == "dead block" else set()
    assert causes(diagnose([block])) == expected


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SQUARE)
def test_nothing_is_said_of_a_right_gradient(name: str, seed: int) -> None:
    block = draw(name, seed)
    S = block.slopes.value
    right = make_exact_block("W", block.values, S + 1e-10 * block.values, S)
    assert diagnose([right]) == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SQUARE)
def test_one_entry_that_is_not_explained_is_enough_to_name_no_cause(name: str, seed: int) -> None:
    block = draw(name, seed)
    G, S = block.gradient.copy(), block.slopes.value
    G[3, 1] = S[3, 1] + 0.7654
    findings = diagnose([make_exact_block("W", block.values, G, S)])
    expected = {"dead_units"} if name == "dead block" else set()
    assert causes(findings) == expected


def only_message(*blocks: Block, rows: int | None = None) -> str:
    (message,) = {finding.message for finding in diagnose(blocks, Setting(rows))}
    return message


RNG = np.random.default_rng(11)
S, V = RNG.normal(size=(4, 5)), RNG.normal(size=(4, 5))


def told(gradient: FloatArray, slopes: FloatArray = S, values: FloatArray = V) -> Block:
    return make_exact_block("W", values, gradient, slopes)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (told(in_rows([0, 2], 0 * S, S)), "is zero in rows 0 and 2, but the loss changes there;"),
        (
            told(in_rows([0, 1, 2], -S, S)),
            "flipped in rows 0 to 2: minus the gradient is right th",
        ),
        (told(np.where(V < 0, -S, S)), "flipped wherever the parameter is negative: minus"),
        (told(np.abs(S)), "flipped wherever the slope is negative: minus"),
        (told(in_rows([1, 3], 2 * S, S)), "2 times what it should be in rows 1 and 3 (a 2 too ma"),
        (told(S, in_rows([1, 3], 0 * S, S)), "should be zero in rows 1 and 3, where the loss doe"),
        (told(np.full_like(S, S.mean())), "All entries are equal: they are the mean of the slope"),
        (told(np.full_like(S, S[3, 1])), "equal: they are the slope of entry [3, 1] (one entry t"),
        (told(S.sum(0) + 0 * S), "All rows are equal: they are the sum of the slopes in each co"),
        (told(np.clip(S, -0.5, 0.5)), "The gradient is clipped at plus or minus 0.5, in 11 of i"),
        (told(S * np.arange(1, 6)), "of its own: columns 1 to 4 are 2, 3, 4, 5 times what it sho"),
        (told(S + 0.1 * np.sign(V)), "has 0.1 times the sign of the parameter too much (an L1 pe"),
    ],
)
def test_what_is_said(block: Block, words: str) -> None:
    assert words in only_message(block)
    assert only_message(block).endswith(("passes.", "pass.", "?).", "?)."))


# Two readings


def test_a_factor_beside_a_penalty_has_two_readings() -> None:
    data = S - 0.1 * V
    (scale, penalty) = diagnose([told(3 * data + 0.1 * V)])
    assert scale.message == "The gradient, but for a penalty, is 3 times what it should be."
    assert penalty.kind == "weight_decay"
    assert penalty.message.startswith("Either an L2 penalty, 0.1 times the parameter, is right in")
    assert "; or the gradient lacks 0.2 times the parameter itself (an L2" in penalty.message
    assert penalty.evidence["right_penalty"] == pytest.approx(0.1)


def test_a_penalty_that_would_push_away_from_zero_is_no_reading() -> None:
    (_, penalty) = diagnose([told(3 * S + 0.2 * V)])
    assert penalty.message.startswith("The gradient has 0.2 times the parameter itself too much")


def test_the_penalty_of_a_column_that_has_none() -> None:
    weights = np.arange(5) > 0
    few, penalty = diagnose([told(S + 0.1 * np.where(weights, 0.0, V))])
    assert few.kind == "few_entries"
    assert "0.1 times the parameter itself too much in column 0 (an L2" in penalty.message


def test_slopes_that_are_as_the_parameter_are_a_matter_of_a_factor_or_of_a_penalty() -> None:
    findings = diagnose([told(4 * V, 2 * V)])
    assert [finding.kind for finding in findings] == ["wrong_scale", "weight_decay"]


def test_an_exchange_of_opposite_numbers_is_a_matter_of_signs_or_of_order() -> None:
    slopes = np.array([0.7, -0.7])
    findings = diagnose([told(-slopes, slopes, np.array([1.0, 3.0]))])
    assert [finding.kind for finding in findings] == ["sign_flipped", "permuted"]


# Several blocks


def pair(spoil: Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]) -> list[Block]:
    rng = np.random.default_rng(12)
    slopes = rng.normal(size=(2, 4))
    gradients = spoil(*slopes)
    return [
        make_exact_block(name, rng.normal(size=4), g, s)
        for name, g, s in zip(("gamma", "beta"), gradients, slopes, strict=True)
    ]


def test_swapped_blocks() -> None:
    message = only_message(*pair(lambda a, b: (b, a)))
    assert message == "The gradients of gamma and beta are swapped."
    (copied,) = diagnose(pair(lambda a, b: (b, b)))
    assert (copied.kind, copied.parameter) == ("swapped", "gamma")
    assert copied.message == "This is the gradient of beta (a copied line?)."
    assert causes(diagnose(pair(lambda a, b: (a, 2 * b + a)))) == set()


def test_swapped_blocks_of_transposed_shapes() -> None:
    A, B = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2))
    blocks = [make_exact_block("A", A, B.T, A + 1), make_exact_block("B", B, (A + 1).T, B)]
    assert only_message(*blocks) == "The gradients of A and B are swapped, transposed."


def test_blocks_with_the_same_slopes_have_not_each_others() -> None:
    blocks = [make_exact_block(name, V, g, S) for name, g in (("A", S[::-1]), ("B", S))]
    assert causes(diagnose(blocks)) == {"permuted"}


def test_a_number_is_not_another_blocks_by_accident() -> None:
    one, other = np.array([2.0]), np.array([3.0])
    blocks = [make_exact_block("a", one, other, one), make_exact_block("b", one, other, other)]
    assert causes(diagnose(blocks)) == set()


@pytest.mark.parametrize("norm", [1.0, 0.25, 5.0])
def test_a_norm_that_people_choose(norm: float) -> None:
    rng = np.random.default_rng(13)
    slopes = [9 * rng.normal(size=shape) for shape in ((3, 4), (4,))]
    total = np.sqrt(sum(np.sum(s * s) for s in slopes))
    whole = [make_exact_block(f"p{k}", s, norm / total * s, s) for k, s in enumerate(slopes)]
    findings = diagnose(whole)
    assert causes(findings) >= {"wrong_scale", "clipped"}
    clipped = [finding for finding in findings if finding.kind == "clipped"]
    assert [finding.factor for finding in clipped] == [pytest.approx(norm)] * 2
    assert clipped[0].message.startswith(f"The whole gradient has a norm of {norm:g}, to which")
    each = [
        make_exact_block(f"p{k}", s, norm * s / np.linalg.norm(s), s) for k, s in enumerate(slopes)
    ]
    assert f"The gradient has a norm of {norm:g}, to which" in str(diagnose(each)[-1])
    # A factor is no clipping if the norm is not one that people choose.
    odd = [make_exact_block(f"p{k}", s, 0.37 * s, s) for k, s in enumerate(slopes)]
    assert "clipped" not in causes(diagnose(odd))


def test_a_sample_of_entries_has_no_rows() -> None:
    block = told(in_rows([0, 2], 0 * S, S))
    part = Block("W", block.values, block.gradient, block.slopes, whole=False)
    assert causes(diagnose([part])) == set()
    assert "row" not in only_message(part)
