"""Where a gradient without a proved cause is wrong: entries, rows, a triangle, blocks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gradlab.checker.block import Block, make_exact_block
from gradlab.checker.diagnosis import Finding, diagnose
from gradlab.checker.places import describe_place, join_numbers
from gradlab.support.floats import FloatArray, Mask

ROW, COLUMN = np.indices((5, 6))


def spoil(where: Mask, seed: int = 0, name: str = "W", doubtful: bool = False) -> Block:
    """Return a block that is wrong there, in a way that has no name."""
    rng = np.random.default_rng(seed)
    slopes, values = rng.normal(size=(2, *where.shape))
    wrong = slopes + rng.uniform(0.3, 0.9, where.shape) * rng.choice([-1, 1], where.shape)
    block = make_exact_block(name, values, np.where(where, wrong, slopes), slopes)
    if doubtful:
        block.slopes.doubtful = ~where
    return block


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("where", "words"),
    [
        (ROW < 3, "18 of the 30 entries are wrong, in rows 0 to 2; the others pass."),
        (
            np.isin(COLUMN, [0, 4]),
            "10 of the 30 entries are wrong, in columns 0 and 4; the others pa",
        ),
        (ROW != COLUMN, "25 of the 30 entries are wrong, off the diagonal; the others pass."),
        (ROW < COLUMN, "15 of the 30 entries are wrong, above the diagonal; the others pass."),
        (ROW > COLUMN, "10 of the 30 entries are wrong, below the diagonal; the others pass."),
        (
            ROW >= COLUMN,
            "15 of the 30 entries are wrong, on and below the diagonal; the others pass.",
        ),
        (
            (ROW < 2) & (COLUMN > 0),
            "10 of the 30 entries are wrong, within rows 0 and 1; the others pa",
        ),
    ],
)
def test_the_place_of_wrong_entries(where: Mask, words: str, seed: int) -> None:
    finding = only(diagnose([spoil(where, seed)]))
    assert finding.kind == "some_entries"
    assert finding.message.startswith(words)
    assert finding.evidence["entries"] == np.argwhere(where).tolist()


def test_a_run_of_a_vector() -> None:
    finding = only(diagnose([spoil((np.arange(9) > 1) & (np.arange(9) < 7))]))
    assert "5 of the 9 entries are wrong, in entries 2 to 6; the others pass" in finding.message


def test_entries_by_the_sign_of_the_parameter() -> None:
    block = spoil(np.zeros((5, 6), dtype=bool), seed=3)
    where = block.values > 0.0
    assert describe_place(block, where) == "wherever the parameter is positive"
    assert describe_place(block, ~where) == "wherever the parameter is negative"


def test_more_axes_than_two() -> None:
    where = np.broadcast_to(np.arange(4)[:, None, None] % 2 == 0, (4, 3, 3))
    message = only(diagnose([spoil(where)])).message
    assert "wrong, in indices 0 and 2 of axis 0; the others pass" in message


def test_what_is_not_known_is_not_said_to_pass() -> None:
    message = only(diagnose([spoil(ROW < 3, doubtful=True)])).message
    assert message.endswith("in rows 0 to 2; the others are not shown to be wrong.")
    assert "right" not in message


def test_a_few_entries_are_listed() -> None:
    one = only(diagnose([spoil((ROW == 2) & (COLUMN == 1))]))
    assert one.kind == "few_entries"
    assert one.message == "1 of the 30 entries is wrong, at [2, 1]; the others pass."
    three = only(diagnose([spoil((ROW == 2) & (COLUMN > 2))])).message
    assert three.startswith("3 of the 30 entries are wrong, at [2, 3], [2, 4], [2, 5]; the others")
    assert three.endswith("(all in row 2).")


def test_zero_slopes_do_not_make_the_others_special() -> None:
    block = spoil(ROW < 3)
    block.slopes.value[3:] = block.gradient[3:] = 0.0
    finding = only(diagnose([block]))
    assert finding.kind == "every_block"
    assert finding.message.startswith("Every entry where the loss changes is wrong, in no pattern")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([3], "3"), ([1, 2], "1 and 2"), ([1, 2, 3], "1 to 3"), ([0, 2, 5], "0, 2 and 5")],
)
def test_numbers_in_words(numbers: list[int], words: str) -> None:
    assert join_numbers(numbers) == words


# Several blocks


def blocks(wrong: str, names: str = "abcde") -> list[Block]:
    shape = (4, 3)
    return [
        spoil(np.full(shape, name in wrong), seed, name) for seed, name in enumerate(names, 50)
    ]


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        ("ab", "backprop_from_block", "Every block up to b fails, and every one after it passes"),
        ("abcd", "backprop_from_block", "Every block up to d fails, and every one after it pass"),
        ("a", "some_blocks", "Only this block is wrong: every other one passes (its own formula"),
        ("c", "some_blocks", "Only this block is wrong: every other one passes (its own formula"),
        ("abde", "some_blocks", "Every block fails but c."),
        ("cde", "some_blocks", "Every block fails but a and b."),
        ("abcde", "every_block", "Every block fails, and every entry is wrong here (an error at"),
    ],
)
def test_the_wrong_blocks(wrong: str, kind: str, words: str) -> None:
    findings = diagnose(blocks(wrong))
    assert {finding.kind for finding in findings} == {kind}
    assert all(finding.message.startswith(words) for finding in findings)
    assert {finding.parameter for finding in findings} <= set(wrong)


def test_the_list_of_wrong_blocks_says_it_all() -> None:
    assert diagnose(blocks("bd")) == []
    assert diagnose(blocks("")) == []


def test_a_block_that_is_not_known_does_not_pass() -> None:
    for wrong in ("ab", "c", "abde"):
        several = blocks(wrong)
        for block in several:
            block.slopes.doubtful = ~block.slopes.wrong
        assert diagnose(several) == []


def test_a_block_without_slope_neither_proves_nor_disproves() -> None:
    several = blocks("acd")
    several[1].slopes.value[:] = several[1].gradient[:] = 0.0
    (finding,) = diagnose(several)
    assert (finding.kind, finding.parameter) == ("backprop_from_block", "d")


def test_blocks_with_a_cause_need_no_place() -> None:
    several = blocks("ab")
    turned = Block("a", several[0].values, -several[0].slopes.value, several[0].slopes)
    findings = diagnose([turned, *several[1:]])
    assert {(f.kind, f.parameter) for f in findings} == {
        ("sign_flipped", "a"),
        ("backprop_from_block", "b"),
    }


def test_one_number_proves_no_factor() -> None:
    one = np.array([2.0])
    finding = only(diagnose([make_exact_block("z", one, 1.7 * one, one)]))
    assert (finding.kind, finding.factor) == ("every_block", None)
    assert finding.message.startswith("The gradient is 1.7 times the slope, but one number")


@pytest.mark.parametrize("size", [1, 12])
def test_of_a_small_difference_its_place_is_not_everywhere(size: int) -> None:
    rng = np.random.default_rng(size)
    slopes = rng.normal(size=size)
    wrong = slopes * (1.0 + 5e-5 * rng.uniform(0.5, 1.0, size))
    assert diagnose([make_exact_block("x", rng.normal(size=size), wrong, slopes)]) == []


def every_word(change: Callable[[FloatArray], FloatArray]) -> str:
    S = np.random.default_rng(5).normal(size=(4, 4))
    return " ".join(map(str, diagnose([make_exact_block("W", S, change(S), S)])))


@pytest.mark.parametrize("part", [1, 6, 15])
def test_no_entry_is_called_right(part: int) -> None:
    text = every_word(lambda S: np.where(np.arange(16).reshape(4, 4) < part, S**2 + 1.0, S))
    assert "others pass" in text
    assert "right" not in text
