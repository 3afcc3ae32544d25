"""Which blocks are wrong: from which one on, all but one, or one alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from gradlab.checker.block import Block, Finding
from gradlab.checker.causes.scale import is_factor

# A difference of this part of the largest slope is none that a wrong formula makes as a rule.
_SMALL = 1e-4


def find_first_wrong_layer(
    blocks: Sequence[Block], findings: Mapping[str, Sequence[Finding]]
) -> list[Finding]:
    """Name the layer from which on everything backwards is wrong, if there is one.

    Blocks must be named W1, b1, W2, ...; `findings` are the causes found, by block.
    """
    layers = _group_by_layer(blocks)
    failing = [layer for layer, pair in layers.items() if any(block.failed for block in pair)]
    last = max(failing, default=0)
    if not 1 <= last < len(layers):
        return []
    upstream = [block for layer in range(1, last + 1) for block in layers[layer]]
    failed = [block for block in upstream if block.failed]
    if not _all_fail(upstream) or len(failed) < 2 or not all(b.failed for b in layers[last]):
        return []
    causes = [findings[block.name] for block in failed]
    if all(causes) and len({cause[0].kind for cause in causes}) > 1:
        return []
    later = [block for layer in range(last + 1, len(layers) + 1) for block in layers[layer]]
    after = "every one after it passes"
    if not all(block.passing.all() for block in later):
        after = "none after it is shown to be wrong"
    message = (
        f"Every gradient up to layer {last} is wrong, and {after}: "
        f"the error enters where delta_{last} follows from delta_{last + 1} "
        f"(W{last + 1} transposed? the derivative of the activation?)."
    )
    return [Finding("backprop_from_layer", f"W{last}", message, evidence={"layer": last})]


def find_first_wrong_block(blocks: Sequence[Block]) -> list[Finding]:
    """Name the block up to which all fail and after which all pass, in the params' order."""
    if _are_pairs(blocks):
        return []
    failing = [k for k, block in enumerate(blocks) if block.failed]
    last = max(failing, default=-1)
    if len(failing) < 2 or last + 1 == len(blocks) or not _all_fail(blocks[: last + 1]):
        return []
    if not all(block.passing.all() for block in blocks[last + 1 :]):
        return []
    name = blocks[last].name
    message = (
        f"Every block up to {name} fails, and every one after it passes "
        f"(what is passed back to {name}, or the slope of an activation after it?)."
    )
    return [Finding("backprop_from_block", name, message, evidence={"block": name})]


def find_wrong_blocks(blocks: Sequence[Block]) -> list[Finding]:
    """Say which blocks fail, where the exceptions tell something: one alone, or all but a few.

    Of a network of layers (W, b), the list of the blocks that fail says as much.
    """
    if _are_pairs(blocks):
        return []
    failing = [block for block in blocks if block.failed]
    others = [block for block in blocks if not block.failed]
    if not all(block.passing.all() for block in others):
        return []
    if _all_fail(blocks):
        # Of a small difference, its size says more than that it is everywhere.
        large = [block for block in failing if not _is_small_difference(block)]
        if len(blocks) == 1:
            return [_describe_single(block) for block in large]
        subject = "Every block fails" if not others else "Every block that can fail does"
        return [_describe_one_of_all(block, subject) for block in large]
    if len(failing) == 1:
        message = (
            "Only this block is wrong: every other one passes "
            "(its own formula, or a step back that only it needs?)."
        )
        return [failing[0].make_finding("some_blocks", message)]
    # Otherwise the list of those that fail says it all.
    if len(others) < len(failing):
        names = " and ".join(block.name for block in others)
        message = f"Every block fails but {names}."
        return [block.make_finding("some_blocks", message) for block in failing]
    return []


def _group_by_layer(blocks: Sequence[Block]) -> dict[int, list[Block]]:
    """Return the blocks of layers 1 to L, if all are named W1, b1, W2, ..., else nothing."""
    layers: dict[int, list[Block]] = {}
    for block in blocks:
        number = re.fullmatch(r"[Wb](\d+)", block.name)
        if number is None:
            return {}
        layers.setdefault(int(number[1]), []).append(block)
    return layers if sorted(layers) == list(range(1, len(layers) + 1)) else {}


def _are_pairs(blocks: Sequence[Block]) -> bool:
    layers = _group_by_layer(blocks)
    return bool(layers) and all(len(pair) == 2 for pair in layers.values())


def _is_small_difference(block: Block) -> bool:
    return bool((block.difference <= _SMALL * block.largest).all())


def _describe_single(block: Block) -> Finding:
    size = block.gradient.size
    if size == 1:
        with np.errstate(all="ignore"):
            ratio = float((block.gradient / block.slopes.value).item())
        if not is_factor(ratio):
            message = "The gradient is wrong, and one number proves no cause."
            return block.make_finding("every_block", message)
        message = f"The gradient is {ratio:.4g} times the slope, but one number proves no factor."
        return block.make_finding("every_block", message, ratio=ratio)
    message = (
        f"{_count_all(block)} wrong, in no pattern that is known (a wrong step that all share, "
        "or the gradient of another loss?)."
    )
    return block.make_finding("every_block", message)


def _describe_one_of_all(block: Block, subject: str) -> Finding:
    entries = _count_all(block)
    message = (
        f"{subject}, and {entries[0].lower()}{entries[1:]} wrong here "
        "(an error at the very start of the backward pass, or the gradient of another loss?)."
    )
    return block.make_finding("every_block", message)


def _count_all(block: Block) -> str:
    """Return a subject with its verb for the entries of a block that is wrong all over."""
    if block.slopes.wrong.all():
        return "Every entry is" if block.gradient.size > 1 else "The one entry is"
    return "Every entry where the loss changes is"


def _all_fail(blocks: Sequence[Block]) -> bool:
    """Return whether all fail that can; a block of slopes zero, or not known, proves nothing."""
    return all(block.failed or not block.telling.any() for block in blocks)
