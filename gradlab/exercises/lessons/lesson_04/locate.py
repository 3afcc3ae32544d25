"""The exercise ``locate`` of lesson 4."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_04.common import (
    FORTRAN,
    WEIGHTS_FIRST,
    Params,
    Shapes,
    count_entries,
    cut_theta,
    draw_sizes,
    list_failed,
    make_shapes,
    make_unpack,
    unpack_by_split,
    unpack_weights_first,
)
from gradlab.exercises.lessons.lesson_04.steps import list_locate_steps
from gradlab.exercises.marking.values import list_leaves, make_value


def locate(index, shapes):
    """Return where theta[index] belongs: ("W2", (row, column)) or ("b1", (j,)).

    shapes is [((n_in, n_out), (n_out,)), ...], theta is in the order of pack. Layers count from
    1, all else from 0. Raises IndexError unless 0 <= index < N, where N is the length of theta.
    """
    if index < 0:
        raise IndexError(f"theta has no entry {index}")
    offset = index
    for layer, ((n_in, n_out), _) in enumerate(shapes, start=1):
        if offset < n_in * n_out:
            return f"W{layer}", divmod(offset, n_out)
        offset -= n_in * n_out
        if offset < n_out:
            return f"b{layer}", (offset,)
        offset -= n_out
    raise IndexError(f"theta has no entry {index}")


Place = tuple[str, tuple[int, ...]]


def _locate_cases(rng: np.random.Generator) -> Cases:
    """Three groups, with indices outside in each: too large everywhere, negative in the last.

    So an answer that lets Python's lists count from the end keeps two groups.
    """
    deep, shallow = make_shapes(draw_sizes(rng, 3)), make_shapes(draw_sizes(rng, 2))
    # W1[0, 2] by rows; W1[0, 1] by columns, and W1[1, 0] if a row had n_in entries.
    by_hand = (2, make_shapes([2, 3, 4]))

    def draw(shapes: Shapes, block: int) -> list[tuple[Any, ...]]:
        """Draw an index from each W (block 0) or b (block 1), which is not its first or last."""
        cases = []
        for start, end in _list_borders(shapes)[block::2]:
            inner = rng.integers(start + 1, max(end - 1, start + 2))
            cases.append((int(inner), shapes))
        return cases

    edges = [index for start, end in _list_borders(deep) for index in (start, end - 1)]
    outside = (
        -1,
        -count_entries(deep),
        count_entries(deep),
        count_entries(deep) + int(rng.integers(1, 9)),
    )
    return {
        "weights": [by_hand, *draw(deep, 0), *draw(shallow, 0), (count_entries(shallow), shallow)],
        "biases": [*draw(deep, 1), *draw(shallow, 1), (count_entries(shallow), shallow)],
        "first and last entries, and outside": [
            (index, deep) for index in (*dict.fromkeys(edges), *outside)
        ],
    }


def _list_borders(shapes: Shapes) -> list[tuple[int, int]]:
    """Return where W1, b1, W2, ... begin and end in theta."""
    sizes = [size for (n_in, n_out), _ in shapes for size in (n_in * n_out, n_out)]
    return list(pairwise(np.cumsum([0, *sizes]).tolist()))


def _alter(change: Callable[[str, Any], Any]) -> Callable[[int, Shapes], Any]:
    """Return a wrong locate, which makes change(name, place) of what is right."""
    return lambda index, shapes: change(*locate(index, shapes))


def _move(change: Callable[[int, int, int, int], Any]) -> Callable[[int, Shapes], Any]:
    """Return a wrong locate, which makes change(row, column, n_in, n_out) of the place in a W."""

    def located(index: int, shapes: Shapes) -> Any:
        name, place = locate(index, shapes)
        if name[0] == "b":
            return name, place
        row, column = place
        n_in, n_out = shapes[int(name[1:]) - 1][0]
        return name, change(row, column, n_in, n_out)

    return located


def _look_up(
    numbered: Callable[[Any, Shapes], Params],
) -> Callable[[int, Shapes], Any]:
    """Return a wrong locate, for a theta that `numbered` unpacks: look where the index ends up."""

    def located(index: int, shapes: Shapes) -> Place:
        for layer, blocks in enumerate(
            numbered(np.arange(count_entries(shapes)), shapes), start=1
        ):
            for letter, block in zip("Wb", blocks, strict=True):
                for place in np.argwhere(block == index).tolist():
                    return f"{letter}{layer}", tuple(place)
        raise IndexError

    return located


def _unpack_biases_first(theta: Any, shapes: Shapes) -> Params:
    blocks = cut_theta(theta, [shape for W, b in shapes for shape in (b, W)])
    return list(zip(blocks[1::2], blocks[::2], strict=True))


def _forget_offset(index: int, shapes: Shapes) -> Any:
    name, _ = locate(index, shapes)
    n_out = shapes[int(name[1:]) - 1][1][0]
    return name, divmod(index, n_out) if name[0] == "W" else (index,)


def _overrun(index: int, shapes: Shapes) -> Any:
    """Test with <= where < is right, so that the entry after a block still belongs to it."""
    offset = index
    for layer, ((n_in, n_out), _) in enumerate(shapes, start=1):
        if 0 <= offset <= n_in * n_out:
            return f"W{layer}", divmod(offset, n_out)
        offset -= n_in * n_out
        if 0 <= offset <= n_out:
            return f"b{layer}", (offset,)
        offset -= n_out
    raise IndexError


def _count_back(index: int, shapes: Shapes) -> Any:
    return locate(range(count_entries(shapes))[index], shapes)


def _end_in_none(index: int, shapes: Shapes) -> Any:
    return locate(index, shapes) if 0 <= index < count_entries(shapes) else None


def _raise_value_error(index: int, shapes: Shapes) -> Any:
    if not 0 <= index < count_entries(shapes):
        raise ValueError
    return locate(index, shapes)


def _is_outside(trial: Trial) -> bool:
    return isinstance(trial.expected, IndexError)


def _answers_outside(trials: list[Trial]) -> bool:
    return all(_is_outside(trial) and trial.stage == "values" for trial in list_failed(trials))


def _answers_negative(trials: list[Trial]) -> bool:
    return _answers_outside(trials) and all(t.arguments[0] < 0 for t in list_failed(trials))


def _raises_something_else(trials: list[Trial]) -> bool:
    return all(_is_outside(trial) and trial.stage == "raises" for trial in list_failed(trials))


def _ends_with_the_first_layer(trials: list[Trial]) -> bool:
    """Whether an IndexError comes for every place in another layer than the first."""
    return all(
        not _is_outside(trial)
        and str(trial.expected[0])[1:] != "1"
        and trial.detail.startswith("raised IndexError")
        for trial in list_failed(trials)
    )


def _layers_from_0(trials: list[Trial]) -> bool:
    """Whether every name is one layer behind, be the places right or not."""
    inside = [trial for trial in trials if not _is_outside(trial)]
    if not all(isinstance(trial.got, list) for trial in inside):
        return False
    names = [(str(trial.got[0]), str(trial.expected[0])) for trial in inside]
    return all(got == f"{right[0]}{int(right[1:]) - 1}" for got, right in names)


def _make_likeness_test(wrong: Callable[[int, Shapes], Any]) -> Callable[[list[Trial]], bool]:
    """Return a test whether inside theta an answer is wrong as `wrong` is, whatever outside."""

    def shows(trials: list[Trial]) -> bool:
        inside = [trial for trial in trials if not _is_outside(trial)]
        return any(trial.stage for trial in inside) and all(
            _list_texts(trial.got) == _list_texts(make_value(wrong(*trial.arguments)))
            for trial in inside
        )

    return shows


def _gives_floats(trials: list[Trial]) -> bool:
    """Whether places in theta are floats, be they right or not, whatever comes outside."""
    inside = [trial for trial in list_failed(trials) if not _is_outside(trial)]
    return bool(inside) and all("of type float" in trial.detail for trial in inside)


def _list_texts(value: Any) -> list[str]:
    return [str(leaf) for leaf in list_leaves(value)]


_swap = _move(lambda row, column, n_in, n_out: (column, row))
_use_n_in = _move(lambda row, column, n_in, n_out: divmod(row * n_out + column, n_in))
_go_down = _move(lambda row, column, n_in, n_out: divmod(row * n_out + column, n_in)[::-1])
_use_both = _move(lambda row, column, n_in, n_out: (row, (row * n_out + column) % n_in))


_TWO_THINGS = (
    "Return two things, the name and the place; the place is a tuple of its own: "
    '("W2", (row, column)).'
)


def _locate_in_a_table(index: int, shapes: Any) -> Any:
    table: list[Any] = []
    for layer, ((n_in, n_out), _) in enumerate(shapes):
        table += [(f"W{layer + 1}", (i, j)) for i in range(n_in) for j in range(n_out)]
        table += [(f"b{layer + 1}", (j,)) for j in range(n_out)]
    if index < 0:
        raise IndexError
    return table[index]


def _locate_by_searchsorted(index: int, shapes: Any) -> Any:
    in_a_row = [shape for pair in shapes for shape in pair]
    ends = np.cumsum([np.prod(shape) for shape in in_a_row])
    if not 0 <= index < ends[-1]:
        raise IndexError("outside")
    block = int(np.searchsorted(ends, index, side="right"))
    offset = index - (ends[block - 1] if block else 0)
    return "Wb"[block % 2] + str(block // 2 + 1), np.unravel_index(offset, in_a_row[block])


def _locate_by_numbering(index: int, shapes: Any) -> Any:
    numbers = np.arange(sum(math.prod(shape) for pair in shapes for shape in pair))
    for layer, blocks in enumerate(unpack_by_split(numbers, shapes), start=1):
        for letter, block in zip("Wb", blocks, strict=True):
            if index in block:
                return [f"{letter}{layer}", np.argwhere(block == index)[0]]
    raise IndexError(index)


def _locate_recursively(index: int, shapes: Any, layer: int = 1) -> Any:
    if index < 0 or not shapes:
        raise IndexError(index)
    n_in, n_out = shapes[0][0]
    row, column = divmod(index, n_out)
    if row < n_in:
        return f"W{layer}", (row, column)
    if row == n_in:
        return f"b{layer}", (column,)
    return _locate_recursively(index - (n_in + 1) * n_out, shapes[1:], layer + 1)


EXERCISE = Exercise(
    points=3,
    reference=locate,
    cases=_locate_cases,
    steps=list_locate_steps,
    indices=True,
    misconceptions=(
        Misconception(
            wrong=_alter(lambda name, place: (f"{name[0]}{int(name[1:]) - 1}", place)),
            hint="You count layers from 0. Their names begin with W1 and b1.",
            shows=_layers_from_0,
        ),
        Misconception(
            wrong=_swap,
            hint="Row and column are swapped: the row comes first.",
            shows=_make_likeness_test(_swap),
        ),
        Misconception(
            wrong=_use_n_in,
            hint="You divide by the number of rows, n_in. How many entries does one row have?",
            shows=_make_likeness_test(_use_n_in),
        ),
        Misconception(wrong=_go_down, hint=FORTRAN, shows=_make_likeness_test(_go_down)),
        Misconception(
            wrong=_use_both,
            hint="Row and column come from one division, its quotient and its remainder: take // "
            "and % by the same number, the length of a row.",
            shows=_make_likeness_test(_use_both),
        ),
        Misconception(
            wrong=_look_up(make_unpack(lambda W_size, b_size: W_size)),
            hint="From the second layer on you are off: the next layer begins after b, not after "
            "W.",
        ),
        Misconception(wrong=_look_up(unpack_weights_first), hint=WEIGHTS_FIRST),
        Misconception(
            wrong=_look_up(_unpack_biases_first), hint="In each layer W comes before b."
        ),
        Misconception(
            wrong=_forget_offset,
            hint="The block is right, the place is not: count from where that block begins, so "
            "subtract the sizes of all blocks before it.",
        ),
        Misconception(
            wrong=_move(lambda row, column, n_in, n_out: (row * n_out + column,)),
            hint="W has two axes: its place is (row, column), and one division of the offset in W "
            "by n_out gives both.",
        ),
        Misconception(
            wrong=_alter(lambda name, place: (name.lower(), place)),
            hint="Write the names as in the text: a capital W, a small b.",
        ),
        Misconception(
            wrong=lambda index, shapes: locate(index, shapes[:1]),
            hint="Your search ends with the first layer. Does raise, or return, stand inside the "
            "loop?",
            shows=_ends_with_the_first_layer,
        ),
        Misconception(
            wrong=_alter(lambda name, place: (name, tuple(number + 1 for number in place))),
            hint="You count rows, columns and j from 1. As in NumPy, they begin with 0.",
        ),
        Misconception(
            wrong=_count_back,
            hint="-1 is outside too. Python's lists and arrays count it from the end, so ask for "
            "index < 0 yourself.",
            shows=_answers_negative,
        ),
        Misconception(
            wrong=_end_in_none,
            hint="Outside theta, that is for index < 0 and for index >= N, raise an IndexError. A "
            "function that just ends returns None.",
            shows=_answers_outside,
        ),
        Misconception(
            wrong=_overrun,
            hint="Your blocks are one entry too long: a block of n entries has the offsets 0 to "
            "n - 1, so test with <, not <=.",
        ),
        *(
            Misconception(
                wrong=_alter(to_floats),
                hint="NumPy takes no 1.0 for an index, only a whole number such as 1. “/” and "
                "np.floor give floats; “//” and “%” of whole numbers give whole numbers.",
                shows=_gives_floats,
            )
            for to_floats in (
                lambda name, place: (name, (place[0] + place[-1] / 9, *place[1:])),
                lambda name, place: (name, tuple(map(float, place))),
                lambda name, place: (name, np.array(place, dtype=float)),
            )
        ),
        Misconception(
            wrong=_alter(lambda name, place: (name, place if name[0] == "W" else place[0])),
            hint="The place in b is a tuple too, of one number: (j,), with the comma.",
        ),
        Misconception(wrong=_alter(lambda name, place: (name, *place)), hint=_TWO_THINGS),
        Misconception(wrong=_alter(lambda name, place: f"{name}{place}"), hint=_TWO_THINGS),
        Misconception(
            wrong=_raise_value_error,
            hint="Outside theta the error to raise is an IndexError.",
            shows=_raises_something_else,
        ),
    ),
    hints=(
        "Walk through the blocks W1, b1, W2, ... as in unpack. Is the index in this block? If "
        "not, subtract its size and go on.",
        "Inside W, offset // n_out is the row and offset % n_out the column: a row has n_out "
        "entries. Inside b, the offset is j.",
        "enumerate(shapes, start=1) counts the layers from 1. Raise IndexError first for "
        "index < 0, and after the loop, where no block is left.",
    ),
    also_right=(
        _locate_in_a_table,
        _locate_by_searchsorted,
        _locate_by_numbering,
        _locate_recursively,
    ),
)
