"""What is wrong with a gradient: the cause of a failed block, if it can be proved.

Each suspected cause, a function in ``causes``, says how the right gradient would follow from the
wrong one. It is named only if the gradient corrected in this way agrees with the measured slopes
in every entry. Of a block without a proved cause, the place is named: which entries or blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gradlab.checker.block import Block, Finding, Setting
from gradlab.checker.causes.clipped import find_clipped, find_clipped_norm
from gradlab.checker.causes.equal import find_equal_entries
from gradlab.checker.causes.normalised import find_normalised
from gradlab.checker.causes.order import (
    find_permuted,
    find_transposed,
    find_transposed_and_scaled,
)
from gradlab.checker.causes.penalty import (
    find_decay,
    find_l1_penalty,
    find_penalty_in_part,
    find_scale_and_decay,
)
from gradlab.checker.causes.scale import (
    find_flipped_sign,
    find_scale,
    find_scale_in_part,
    find_scaled_lines,
)
from gradlab.checker.causes.softmax import find_softmax_diagonal
from gradlab.checker.causes.standardised import find_standardised
from gradlab.checker.causes.swapped import find_swapped
from gradlab.checker.causes.terms import find_rank_one, find_repeated_index
from gradlab.checker.causes.triangle import find_triangle
from gradlab.checker.causes.upstream import find_repeated_ids, find_upstream_alone
from gradlab.checker.causes.zeros import (
    find_all_zero,
    find_dead_units,
    find_flat_block,
    find_some_zero,
)
from gradlab.checker.places import find_few_entries, find_some_entries
from gradlab.checker.wrong_blocks import (
    find_first_wrong_block,
    find_first_wrong_layer,
    find_wrong_blocks,
)

__all__ = ["Block", "Finding", "Setting", "diagnose"]

# Below this contrast, what is allowed hides so much that many corrections would seem to help.
_CONTRAST = 3.0


def diagnose(blocks: Sequence[Block], setting: Setting | None = None) -> list[Finding]:
    """Name the causes of wrong gradients, as far as they can be proved, and else the places.

    Parameters
    ----------
    blocks : sequence of Block
        All blocks, in order, right ones included.
    setting : Setting, optional
        What is known of the loss.

    Returns
    -------
    list of Finding
        The layer from which on all is wrong; causes, then places, in the order of the blocks;
        norms that were clipped. A block may have two causes at once, or two readings of the same
        numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.diagnosis import Block, Setting, diagnose
    >>> from gradlab.checker.measuring.slopes import Slopes
    >>> value, no = np.array([1.0, -2.0, 0.5]), np.zeros(3, dtype=bool)
    >>> slopes = Slopes(value, 1e-9 * np.ones(3), ~no, no, no)
    >>> print(*diagnose([Block("b1", np.zeros(3), 32 * value, slopes)], Setting(rows=32)))
    b1: The gradient is 32 times what it should be (m = 32 rows: a sum where the loss has a mean?).
    """
    setting = setting or Setting()
    failing = [block for block in blocks if block.failed]
    causes = {block.name: _find_causes(block, blocks, setting, []) for block in failing}
    # A block of few numbers proves no factor by itself, but confirms one that others prove.
    known = sorted(set(_list_factors(causes).values()))
    for block in failing if known else []:
        if not causes[block.name]:
            causes[block.name] = _find_causes(block, blocks, setting, known)
    layers = [] if setting.is_layer else find_first_wrong_layer(blocks, causes)
    places = {} if layers else _find_places(blocks, causes, setting)
    clipped = [] if setting.is_layer else find_clipped_norm(blocks, _list_factors(causes))
    return (
        layers
        + [finding for found in causes.values() for finding in found]
        + [finding for found in places.values() for finding in found]
        + clipped
    )


def _find_causes(
    block: Block, blocks: Sequence[Block], setting: Setting, factors: Sequence[float]
) -> list[Finding]:
    """Return the simplest causes that explain the block: one, two at once, or two readings."""
    if not block.telling.any():
        return find_flat_block(block)
    if np.count_nonzero(block.sharp) < block.gradient.size / 2 or block.contrast < _CONTRAST:
        return []
    few = find_few_entries(block) if block.whole else []
    simple = find_all_zero(block) or _find_simple_causes(
        block, blocks, setting, factors, bool(few)
    )
    # Numbers that occur with both signs are also in another order if the signs are turned.
    if simple and simple[-1].kind != "permuted":
        return simple
    partial = _find_partial_causes(block, setting) if block.whole else []
    if simple:
        return simple + partial
    return few + (partial or _find_joint_causes(block, setting))


def _find_simple_causes(
    block: Block,
    blocks: Sequence[Block],
    setting: Setting,
    factors: Sequence[float],
    few: bool,
) -> list[Finding]:
    """Return every reading with one cause. Of one family, such as a factor, the simplest."""
    return (
        (find_flipped_sign(block) or find_scale(block, setting, factors))
        + (find_normalised(block) or find_decay(block) or find_l1_penalty(block))
        # Only what is normalised itself has such terms: the input of a layer, no parameter.
        + (find_standardised(block) if setting.is_layer else [])
        + find_swapped(block, blocks)
        # A layer that clips is not linear in its upstream, which shows by itself.
        + ([] if setting.is_layer else find_clipped(block))
        + find_equal_entries(block)
        + find_softmax_diagonal(block)
        + find_upstream_alone(block, setting)
        # Two entries exchanged are better described as two wrong entries.
        + (find_transposed(block) or ([] if few else find_permuted(block)))
    )


def _find_partial_causes(block: Block, setting: Setting) -> list[Finding]:
    """Return a cause of the wrong entries only, where others pass."""
    return (
        find_some_zero(block)
        or find_dead_units(block, setting)
        or find_scale_in_part(block, setting)
        or find_repeated_ids(block, setting)
        or find_repeated_index(block)
    )


def _find_joint_causes(block: Block, setting: Setting) -> list[Finding]:
    """Return two causes at once, or one that changes every line or term by itself."""
    return (
        find_transposed_and_scaled(block, setting)
        or find_scale_and_decay(block, setting)
        or (find_penalty_in_part(block, setting) if block.whole else [])
        or find_triangle(block)
        or find_scaled_lines(block)
        or find_rank_one(block)
    )


def _find_places(
    blocks: Sequence[Block], causes: Mapping[str, Sequence[Finding]], setting: Setting
) -> dict[str, list[Finding]]:
    """Return where the blocks without a cause are wrong, by block."""
    open_blocks = [block for block in blocks if block.failed and not causes[block.name]]
    places: dict[str, list[Finding]] = {block.name: [] for block in open_blocks}
    # The inputs of a layer are in no order of computation.
    between = [] if setting.is_layer else find_first_wrong_block(blocks)
    between = between or find_wrong_blocks(blocks)
    for block in open_blocks:
        own = (find_few_entries(block) or find_some_entries(block)) if block.whole else []
        places[block.name] = own or [f for f in between if f.parameter == block.name]
    return places


def _list_factors(causes: Mapping[str, Sequence[Finding]]) -> dict[str, float]:
    """Return the factor of each block that has one."""
    return {
        finding.parameter: finding.factor
        for found in causes.values()
        for finding in found
        if finding.kind == "wrong_scale" and finding.factor and finding.parameter
    }
