"""What a check says of a backward pass: every block, and the line of code to read.

Both blocks of a layer are made from its delta, and so is the delta of the layer before. So the
blocks that pass tell as much of the line as those that fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradlab.exercises.backward.blocks import JudgedBlock, ReturnedBlock, judge_blocks
from gradlab.exercises.exercise import Tally, Trial

# Takes the trials of a check, and whether their numbers may be told.
Report = Callable[[list[Trial], bool], tuple[str, ...]]
# Stages of an answer that returned something, which may be right in part.
_RETURNED = ("", "values", "finite", "shape", "returns")
_SCALES = ("wrong_scale", "sign_flipped")
# A wrong line does not leave a gradient as near to the right one as this.
_COARSE = 1e-5


def make_backward_report(start: str, *, rtol: float, atol: float) -> Report:
    """Return the report on answers that return a list of (dW, db) for their first argument.

    Parameters
    ----------
    start : str
        What both blocks of the last layer are made from, in words.
    rtol, atol : float
        How near an entry must come to the right one.

    Returns
    -------
    callable
        Takes the trials of an answer called with (params, X, ...), and whether numbers may be
        told. It returns lines, none if no answer can be read as such a list.
    """

    def report(trials: list[Trial], told: bool = True) -> tuple[str, ...]:
        readable = [trial for trial in trials if trial.stage and _is_readable(trial)]
        if not readable:
            return ()
        trial = min(readable, key=_rank)
        blocks = judge_blocks(_list_returned(trial), len(trial.arguments[1]), rtol, atol)
        if not any(block.is_wrong for block in blocks) or _is_out_of_form(blocks):
            return ()
        described = _describe(trial, blocks) if told else []
        causes = _describe_causes(blocks, told)
        line = find_line(blocks, start)
        return (*described, *causes, *([f"Where to read: {line}"] if line else []))

    return report


def make_layer_tally(*, rtol: float, atol: float) -> Callable[[list[Trial]], Tally]:
    """Return a tally that counts layers: each one right in every trial earns its share.

    Parameters
    ----------
    rtol, atol : float
        How near an entry must come to the right one.

    Returns
    -------
    callable
        Takes the trials of one group, on networks with the same number of layers.
    """

    def tally(trials: list[Trial]) -> Tally:
        layers = len(trials[0].arguments[0])
        # What changes its arguments, say, is right in nothing.
        if not all(_is_readable(trial) for trial in trials):
            return Tally(0, layers, 0.0)
        right = sum(
            all(_is_layer_right(trial, layer, rtol, atol) for trial in trials)
            for layer in range(layers)
        )
        return Tally(right, layers, right / layers)

    return tally


def find_line(blocks: Sequence[JudgedBlock], start: str) -> str:
    """Say which line of a backward pass to read.

    Parameters
    ----------
    blocks : sequence of JudgedBlock
        W1, b1, W2, b2, ..., one at least of which is wrong.
    start : str
        What both blocks of the last layer are made from, in words.

    Returns
    -------
    str
        A sentence; empty if the blocks do not tell.
    """
    wrong = {block.name for block in blocks if block.is_wrong}
    letters = {name[0] for name in wrong}
    layers = len(blocks) // 2
    if all(block.distance <= _COARSE for block in blocks):
        return (
            "no line is wrong, and every block is nearly right. Do you compute by differences, or "
            "in float32? Both are too coarse."
        )
    if len(letters) == 1:
        return _read_one_formula(wrong, layers)
    if _holds_parameters(blocks):
        return (
            "every block has its own parameter in it. Do you return the gradient, or the "
            "parameters after a step?"
        )
    if _is_scaled_alike(blocks):
        return (
            f"every block is off by the same factor, so it comes from what all are made from, "
            f"{start}, or from a line that scales all of them."
        )
    if None not in _list_factors(blocks):
        return (
            "every block is right but for a factor of its own, so the deltas are right: read what "
            "is done to the blocks at the very end."
        )
    top = max(int(name[1:]) for name in wrong)
    if {f"W{top}", f"b{top}"} <= wrong:
        return _read_both(wrong, top, layers, start)
    return _read_one_of_several(wrong, top)


def _read_one_formula(wrong: set[str], layers: int) -> str:
    """Say what it means that only weights, or only biases, are wrong."""
    letter = next(iter(wrong))[0]
    other = "b" if letter == "W" else "W"
    if 1 < len(wrong) == layers:
        return (
            f"every {letter} fails and every {other} passes. Both are made from the same deltas, "
            f"so read the line that makes d{letter}, and compare it with the one for d{other}."
        )
    top = max(int(name[1:]) for name in wrong)
    return (
        f"{letter}{top} fails and {other}{top} passes. Both are made from the same delta, so read "
        f"the line that makes d{letter}{top}, and compare it with the one for d{other}{top}."
    )


def _read_both(wrong: set[str], top: int, layers: int, start: str) -> str:
    """Say what it means that both blocks of the wrong layer nearest to the output are wrong."""
    further_back = [f"{letter}{layer}" for layer in range(top - 1, 0, -1) for letter in "Wb"]
    right = [name for name in further_back if name not in wrong]
    if right:
        return (
            f"W{top} and b{top} fail, but {_join(right)}, further back, "
            f"{'pass' if right[1:] else 'passes'}. So delta{top} is right: read the lines that "
            f"make dW{top} and db{top}."
        )
    if top == layers:
        return (
            f"W{top} and b{top} fail, and they come first on the way back: read what both are "
            f"made from, {start}."
        )
    return (
        f"W{top} and b{top} fail, W{top + 1} and b{top + 1} pass. What lies between is the step "
        f"back through layer {top + 1}: delta{top} is delta{top + 1} @ W{top + 1}.T times the "
        "slope of the activation."
    )


def _read_one_of_several(wrong: set[str], top: int) -> str:
    """Say where to begin if one block of that layer is wrong, and others further back are."""
    if f"b{top}" in wrong:
        return (
            f"begin nearest the output: b{top} fails and W{top} passes, so read the line that "
            f"makes db{top}. Then check again: what is left?"
        )
    # The sum over the rows is the same in any order.
    return (
        f"begin nearest the output: W{top} fails and b{top} passes, so read the line that makes "
        f"dW{top}, and check that the rows of A, delta and Y are in the same order."
    )


def _is_out_of_form(blocks: Sequence[JudgedBlock]) -> bool:
    """Whether shapes are wrong, and not of weights or of biases alone.

    Where these are in each other's places, or layers in reverse, no block is what it seems.
    """
    letters = {block.name[0] for block in blocks if block.is_wrong}
    return len(letters) == 2 and not all(block.has_right_shape for block in blocks)


def _holds_parameters(blocks: Sequence[JudgedBlock]) -> bool:
    return all(any(f.kind == "weight_decay" for f in block.findings) for block in blocks)


def _list_factors(blocks: Sequence[JudgedBlock]) -> list[float | None]:
    """Return by which factor each block is off; None where it is otherwise, or right."""
    return [
        next((f.factor for f in block.findings if f.kind in _SCALES and f.factor), None)
        for block in blocks
    ]


def _is_scaled_alike(blocks: Sequence[JudgedBlock]) -> bool:
    factors = _list_factors(blocks)
    known = [factor for factor in factors if factor is not None]
    return len(known) == len(factors) and np.allclose(known, known[0], rtol=1e-3, atol=0.0)


def _describe(trial: Trial, blocks: Sequence[JudgedBlock]) -> list[str]:
    """Return a line for each block, nearest to the output first."""
    params, X = trial.arguments[:2]
    sizes = "-".join(str(n) for n in (X.shape[1], *(len(b) for _, b in params)))
    lines = [f"Block by block, from the output back ({sizes} network, {len(X)} rows):"]
    for block in _order_from_output(blocks):
        mark = "✗" if block.is_wrong else "✓"
        lines.append(f"  {mark} {block.name}  {block.complaint}".rstrip())
    return lines


def _describe_causes(blocks: Sequence[JudgedBlock], told: bool) -> list[str]:
    """Return the causes with their blocks; unless told, those alone that name no entries."""
    by_cause: dict[str, list[str]] = {}
    for block in _order_from_output(blocks):
        for finding in block.findings:
            if told or finding.kind in ("sign_flipped", "transposed", "all_zero"):
                by_cause.setdefault(finding.message, []).append(block.name)
    return [f"{', '.join(names)}: {cause}" for cause, names in by_cause.items()]


def _order_from_output(blocks: Sequence[JudgedBlock]) -> list[JudgedBlock]:
    pairs = [blocks[k : k + 2] for k in range(0, len(blocks), 2)]
    return [block for pair in reversed(pairs) for block in pair]


def _is_readable(trial: Trial) -> bool:
    """Whether an answer returned a pair for each layer, and changed nothing."""
    if trial.stage not in _RETURNED or not isinstance(trial.got, list):
        return False
    return len(trial.got) == len(trial.expected) and all(map(_is_pair, trial.got))


def _is_pair(part: Any) -> bool:
    return isinstance(part, list) and len(part) == 2


def _rank(trial: Trial) -> tuple[bool, int]:
    """Order networks: two layers show every line in the fewest blocks, and else more show more."""
    layers = len(trial.expected)
    return layers != 2, -layers


def _list_returned(trial: Trial) -> list[ReturnedBlock]:
    return [
        ReturnedBlock(f"{letter}{layer}", *block)
        for layer, pair in enumerate(
            zip(trial.arguments[0], trial.got, trial.expected, strict=True), start=1
        )
        for letter, *block in zip("Wb", *pair, strict=True)
    ]


def _is_layer_right(trial: Trial, layer: int, rtol: float, atol: float) -> bool:
    return all(
        isinstance(got, np.ndarray)
        and got.shape == right.shape
        and np.allclose(got, right, rtol=rtol, atol=atol)
        for got, right in zip(trial.got[layer], trial.expected[layer], strict=True)
    )


def _join(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
