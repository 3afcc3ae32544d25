"""Where a block is wrong: rows, columns, a triangle, a sign; else the entries themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gradlab.checker.block import Block, Finding
from gradlab.support.floats import Mask

# So many indices are listed, no more.
_SHOWN = 6


def find_few_entries(block: Block) -> list[Finding]:
    """Return the finding that a quarter of the entries at most are wrong, and the others pass."""
    wrong = block.slopes.wrong
    count = int(wrong.sum())
    if block.slopes.doubtful.any() or count == wrong.size or count > max(1, wrong.size // 4):
        return []
    message = f"{_count_wrong(wrong)}, at {list_entries(wrong)}; the others pass"
    message += f"{_common_line(wrong)}."
    return [block.make_finding("few_entries", message, entries=np.argwhere(wrong).tolist())]


def find_some_entries(block: Block) -> list[Finding]:
    """Return the finding that only some entries are wrong, and where they lie."""
    wrong = block.slopes.wrong
    # A gradient of zero where the slope is zero does not make the others special.
    if not (block.telling & ~wrong).any():
        return []
    message = f"{_count_wrong(wrong)}, {describe_place(block, wrong)}; {describe_rest(block)}."
    return [block.make_finding("some_entries", message, entries=np.argwhere(wrong).tolist())]


def describe_rest(block: Block) -> str:
    """Return what can be said of the entries that are not wrong."""
    if block.slopes.doubtful.any():
        return "the others are not shown to be wrong"
    return "the others pass"


def describe_place(block: Block, where: Mask) -> str:
    """Return words for the entries marked, not all of the block: "in columns 4 and 5".

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.places import describe_place
    >>> ones = np.ones((3, 4))
    >>> below = np.tri(3, 4, -1, dtype=bool)
    >>> describe_place(make_exact_block("W", ones, ones, ones), below)
    'below the diagonal'
    """
    for words, mask in _name_regions(block):
        if np.array_equal(mask, where):
            return words
    lines = find_lines(where)
    named = "" if lines is None else name_lines(*lines, where.ndim)
    # Where the loss does not change, a line counts as filled.
    if lines is not None and (where | ~block.telling)[select_lines(where, *lines)].all():
        return f"in {named}"
    for words, mask in _name_signs(block):
        if np.array_equal(mask, where):
            return words
    few = lines is not None and lines[1].mean() <= 0.5
    return f"within {named}" if few else f"at {list_entries(where)}"


def find_lines(where: Mask) -> tuple[int, Mask] | None:
    """Return the axis and the lines across it that hold all entries marked, if others hold none.

    Of several axes, the one whose lines are filled best: column 3 of a matrix, not rows 0 to 9.
    """
    if where.ndim < 2:
        return None
    best: tuple[int, Mask] | None = None
    best_share = 0.0
    for axis in range(where.ndim):
        others = tuple(k for k in range(where.ndim) if k != axis)
        touched: Mask = np.asarray(where.any(axis=others))
        filled = float(where.sum()) / (touched.sum() * (where.size / where.shape[axis]))
        if not touched.all() and filled > best_share:
            best, best_share = (axis, touched), filled
    return best


def select_lines(where: Mask, axis: int, chosen: Mask) -> Mask:
    """Return all entries of these lines, in the shape of `where`."""
    shape = [1] * where.ndim
    shape[axis] = -1
    return np.broadcast_to(chosen.reshape(shape), where.shape)


def name_lines(axis: int, chosen: Mask, ndim: int) -> str:
    """Return "row 2", "columns 0 to 3" or, beyond two axes, "index 2 of axis 1"."""
    numbers = np.flatnonzero(chosen).tolist()
    one, several = ("row", "rows") if axis == 0 else ("column", "columns")
    if ndim == 1:
        one, several = "entry", "entries"
    if ndim > 2:
        one, several = "index", "indices"
    words = f"{one if len(numbers) == 1 else several} {join_numbers(numbers)}"
    return f"{words} of axis {axis}" if ndim > 2 else words


def join_numbers(numbers: Sequence[int]) -> str:
    """Return "3", "0 to 4", "1, 2 and 7", or the first of many.

    Examples
    --------
    >>> from gradlab.checker.places import join_numbers
    >>> join_numbers([4, 5]), join_numbers([0, 1, 2, 3]), join_numbers(range(0, 40, 4))
    ('4 and 5', '0 to 3', '0, 4, 8, 12, 16, 20 and 4 more')
    """
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]} to {numbers[-1]}"
    texts = [str(number) for number in numbers]
    if len(texts) > _SHOWN + 1:
        texts = [*texts[:_SHOWN], f"{len(texts) - _SHOWN} more"]
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))


def list_entries(where: Mask) -> str:
    """Return the indices of the first entries marked: "[0, 1], [2, 3], ..."."""
    places = np.argwhere(where)
    shown = ", ".join(str(place) for place in places[:_SHOWN].tolist())
    return shown + (", ..." if len(places) > _SHOWN else "")


def _count_wrong(wrong: Mask) -> str:
    count = int(wrong.sum())
    return f"{count} of the {wrong.size} entries {'is' if count == 1 else 'are'} wrong"


def _common_line(wrong: Mask) -> str:
    if wrong.ndim != 2 or wrong.sum() < 2:
        return ""
    for axis, name in enumerate(("row", "column")):
        lines = np.flatnonzero(wrong.any(axis=1 - axis))
        if len(lines) == 1:
            return f" (all in {name} {lines[0]})"
    return ""


def _name_regions(block: Block) -> Iterator[tuple[str, Mask]]:
    shape = block.gradient.shape
    if len(shape) == 2 and shape[0] > 1 and shape[1] > 1:
        rows, columns = np.indices(shape)
        yield "on the diagonal", rows == columns
        yield "off the diagonal", rows != columns
        yield "above the diagonal", rows < columns
        yield "below the diagonal", rows > columns
        yield "on and above the diagonal", rows <= columns
        yield "on and below the diagonal", rows >= columns
    if len(shape) == 1:
        wrong = np.flatnonzero(block.slopes.wrong)
        if len(wrong) > 1 and wrong[-1] - wrong[0] == len(wrong) - 1:
            run = np.zeros(shape, dtype=bool)
            run[wrong[0] : wrong[-1] + 1] = True
            yield f"in entries {wrong[0]} to {wrong[-1]}", run


def _name_signs(block: Block) -> Iterator[tuple[str, Mask]]:
    for what, numbers in (("parameter", block.values), ("slope", block.slopes.value)):
        yield f"wherever the {what} is negative", numbers < 0.0
        yield f"wherever the {what} is positive", numbers > 0.0
