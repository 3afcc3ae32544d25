"""The exercises of lesson 4: pack, unpack, locate, numerical gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial
from gradlab.exercises.values import expected_value, leaves

Params = list[tuple[Any, Any]]
Shapes = list[tuple[tuple[int, int], tuple[int]]]
Loss = Callable[[Any], float]
Place = tuple[str, tuple[int, ...]]


def pack(params):
    """Return theta, a new 1-D float64 array: W1, b1, W2, b2, ..., each W row by row.

    params is [(W1, b1), (W2, b2), ...]: a list of pairs of arrays, W of shape (n_in, n_out) and
    b of shape (n_out,). They hold float64, float32 or integers.
    """
    blocks = [block for layer in params for block in layer]
    return np.concatenate([block.ravel() for block in blocks], dtype=np.float64)


def unpack(theta, shapes):
    """Return [(W1, b1), (W2, b2), ...], new arrays filled from theta in the order of pack.

    theta is a 1-D float64 array; shapes is [((n_in, n_out), (n_out,)), ...], the shapes of W and
    b for each layer. The arrays are float64 and share no memory with theta.
    """
    params = []
    start = 0
    for W_shape, b_shape in shapes:
        middle = start + W_shape[0] * W_shape[1]
        end = middle + b_shape[0]
        W = theta[start:middle].reshape(W_shape).copy()
        b = theta[middle:end].copy()
        params.append((W, b))
        start = end
    return params


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


def numerical_gradient(loss, theta, h):
    """Return the central difference of loss in each entry of theta, with the others held.

    theta is a 1-D array of float64 or integers and keeps its values to the last bit; loss takes
    a float64 array of the same shape and returns a number; h > 0 is the step. The result is a
    float64 array of the shape of theta.
    """
    theta = np.array(theta, dtype=np.float64)  # a copy: the caller's theta stays as it is
    gradient = np.zeros_like(theta)
    for i in range(theta.size):
        kept = theta[i]
        theta[i] = kept + h
        above = loss(theta)
        theta[i] = kept - h
        below = loss(theta)
        theta[i] = kept  # put back, not computed back: x + h - h need not be x
        gradient[i] = (above - below) / (2 * h)
    return gradient


# --- What the cases of pack, unpack and locate have in common


def _sizes(rng: np.random.Generator, layers: int) -> list[int]:
    """Draw layer sizes that all differ, so that a transpose or a wrong size shows."""
    sizes: list[int] = rng.permutation([2, 3, 4, 5])[: layers + 1].tolist()
    return sizes


def _shapes(sizes: Iterable[int]) -> Shapes:
    return [((n_in, n_out), (n_out,)) for n_in, n_out in pairwise(sizes)]


def _length(shapes: Shapes) -> int:
    return sum(n_in * n_out + n_out for (n_in, n_out), _ in shapes)


def _whole_numbers(rng: np.random.Generator, count: int) -> Any:
    """Draw integers that all differ, so that every change of their order shows."""
    return rng.permutation(np.arange(1, 100))[:count] * rng.choice([-1, 1], count)


def _theta(rng: np.random.Generator, shapes: Shapes) -> Any:
    return _whole_numbers(rng, _length(shapes)) / 10


def _cut(theta: Any, shapes: Iterable[tuple[int, ...]]) -> list[Any]:
    """Cut theta into new arrays of these shapes, one after the other."""
    blocks, start = [], 0
    for shape in shapes:
        end = start + int(np.prod(shape))
        blocks.append(theta[start:end].reshape(shape).copy())
        start = end
    return blocks


def _failed(trials: list[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.stage]


def _told(*words: str) -> Callable[[list[Trial]], bool]:
    """Return a test whether what went wrong is in each failed trial told in one of these words."""

    def shows(trials: list[Trial]) -> bool:
        return all(any(word in t.detail for word in words) for t in _failed(trials))

    return shows


_FORTRAN = (
    "You go down the columns of W (Fortran order). Go along its rows (C order), which is what "
    "NumPy does unless told otherwise."
)
_WEIGHTS_FIRST = (
    "You have every W first and then every b. The order is by layers: W1, b1, W2, b2, ..."
)


# --- pack


def _params(rng: np.random.Generator, sizes: Iterable[int]) -> Params:
    shapes = _shapes(sizes)
    params: Params = unpack(_theta(rng, shapes), shapes)
    return params


def _pack_cases(rng: np.random.Generator) -> Cases:
    """Three groups; the first case of several layers is small, for reading."""
    as_float32, as_integers, transposed = (_params(rng, _sizes(rng, 2)) for _ in range(3))

    def whole(block: Any) -> Any:
        return np.rint(10 * block).astype(int)

    return {
        "one layer": [(_params(rng, _sizes(rng, 1)),) for _ in range(3)],
        "several layers": [
            (_params(rng, [1, 2, 3]),),
            (_params(rng, _sizes(rng, 2)),),
            (_params(rng, _sizes(rng, 3)),),
        ],
        "other types and memory layouts": [
            ([(W.astype(np.float32), b.astype(np.float32)) for W, b in as_float32],),
            ([(whole(W), whole(b)) for W, b in as_integers],),
            ([(np.asfortranarray(W), b) for W, b in transposed],),
        ],
    }


def _joined(blocks: Iterable[Any], order: Any = "C") -> Any:
    return np.concatenate([block.ravel(order=order) for block in blocks], dtype=np.float64)


def _in_pairs(params: Params) -> list[Any]:
    return [block for layer in params for block in layer]


def _has_axes_to_spare(trials: list[Trial]) -> bool:
    """Whether the numbers are as many as they should be, but not in one row."""
    return all(
        isinstance(t.got, np.ndarray) and t.got.ndim > 1 and t.got.size == t.expected.size
        for t in _failed(trials)
    )


def _has_another_length(trials: list[Trial]) -> bool:
    return all(
        isinstance(t.got, np.ndarray) and t.got.ndim == 1 and t.got.size != t.expected.size
        for t in _failed(trials)
    )


PACK = Exercise(
    lesson=4,
    points=3,
    reference=pack,
    cases=_pack_cases,
    rtol=0.0,  # numbers are moved, not computed
    atol=0.0,
    new_arrays=True,
    misconceptions=(
        Misconception(
            wrong=lambda params: _joined([W for W, _ in params] + [b for _, b in params]),
            hint=_WEIGHTS_FIRST,
        ),
        Misconception(
            wrong=lambda params: _joined([block for W, b in params for block in (b, W)]),
            hint="In each layer W comes before b.",
        ),
        Misconception(wrong=lambda params: _joined(_in_pairs(params), order="F"), hint=_FORTRAN),
        Misconception(
            wrong=lambda params: _joined([W for W, _ in params]),
            hint="The biases are missing: every b goes into theta too.",
        ),
        Misconception(
            wrong=lambda params: _joined(params[0]),
            hint="Your theta holds the first layer alone. Does return stand inside the loop?",
        ),
        Misconception(
            wrong=lambda params: _joined(_in_pairs(params)).tolist(),
            hint="You return a list. Make one array of it: np.concatenate joins arrays, np.array "
            "takes numbers.",
            shows=_told("returned a list", "returned a tuple"),
        ),
        Misconception(
            wrong=lambda params: np.concatenate([block.ravel() for block in _in_pairs(params)]),
            hint="theta is float64 whatever the blocks are: in integers a step of 1e-5 is lost or "
            "becomes a whole 1, in float32 it is coarse.",
            shows=_told("returned an array of "),
        ),
        Misconception(
            wrong=lambda params: _joined(_in_pairs(params))[:, np.newaxis],
            hint="theta has a single axis: shape (N,), neither (N, 1) nor (1, N).",
            shows=_has_axes_to_spare,
        ),
        Misconception(
            wrong=lambda params: np.concatenate(_in_pairs(params)),
            hint="The blocks differ in shape, so they cannot be joined as they are. Flatten each "
            "one, then join the rows with np.concatenate.",
            shows=_told("number of dimensions", "inhomogeneous", "array dimensions"),
        ),
        Misconception(
            wrong=lambda params: _joined(_in_pairs(params))[:-1],
            hint="theta has one entry for every number in every W and b, no more and no less: "
            "count them for the case above.",
            shows=_has_another_length,
        ),
    ),
    hints=(
        "Every block becomes one row of numbers, then the rows are joined. In which order?",
        "Go through the layers, and in each layer take W, then b. Collect W.ravel() and b.ravel() "
        "in a list.",
        "np.concatenate joins such a list, and np.concatenate(rows, dtype=np.float64) also makes "
        "float64 of float32 and integers.",
    ),
)


# --- unpack


def _unpack_cases(rng: np.random.Generator) -> Cases:
    """Three groups; a layer of one unit is where an axis gets lost."""

    def case(sizes: Iterable[int]) -> tuple[Any, ...]:
        shapes = _shapes(sizes)
        return _theta(rng, shapes), shapes

    n_0, n_2 = _sizes(rng, 1)
    return {
        "one layer": [case(_sizes(rng, 1)) for _ in range(3)],
        "several layers": [case(_sizes(rng, layers)) for layers in (2, 2, 3)],
        "a layer of one unit": [
            case([*_sizes(rng, 1), 1]),
            case([1, *_sizes(rng, 1)]),
            case([n_0, 1, n_2]),
        ],
    }


def _weights_first(theta: Any, shapes: Shapes) -> Params:
    blocks = _cut(theta, [W for W, _ in shapes] + [b for _, b in shapes])
    return list(zip(blocks[: len(shapes)], blocks[len(shapes) :], strict=True))


def _from_starts(step: Callable[[int, int], int]) -> Callable[[Any, Shapes], Params]:
    """Return a wrong unpack, where a layer adds step(size of W, size of b) to the start."""

    def unpacked(theta: Any, shapes: Shapes) -> Params:
        params, start = [], 0
        for W_shape, b_shape in shapes:
            W, b = _cut(theta[start:], (W_shape, b_shape))
            params.append((W, b))
            start += step(W.size, b.size)
        return params

    return unpacked


def _bias_from_start(theta: Any, shapes: Shapes) -> Params:
    starts = np.cumsum([0, *(n_in * n_out + n_out for (n_in, n_out), _ in shapes)])
    pairs = zip(unpack(theta, shapes), starts, strict=False)
    return [(W, theta[start : start + b.size].copy()) for (W, b), start in pairs]


def _n_in_entries_for_b(theta: Any, shapes: Shapes) -> Params:
    params = []
    for (n_in, n_out), _ in shapes:
        W, b, theta = np.split(theta.copy(), [n_in * n_out, n_in * n_out + n_in])
        params.append((W.reshape(n_in, n_out), b))
    return params


def _takes_n_in_for_b(trials: list[Trial]) -> bool:
    """Whether b1 has n_in entries, or what is left of theta; a later W may lack some then."""
    seen = False
    for trial in _failed(trials):
        theta, (((n_in, n_out), _), *_) = trial.arguments
        _, b, *_ = [*leaves(trial.got), None]
        if b is not None and n_out != b.size == min(n_in, theta.size - n_in * n_out):
            seen = True
        elif "cannot reshape" not in trial.detail:
            return False
    return seen


def _views(theta: Any, shapes: Shapes) -> Params:
    params, start = [], 0
    for (n_in, n_out), _ in shapes:
        middle, end = start + n_in * n_out, start + n_in * n_out + n_out
        params.append((theta[start:middle].reshape(n_in, n_out), theta[middle:end]))
        start = end
    return params


def _each_layer(change: Callable[[Any, Any], Any]) -> Callable[[Any, Shapes], Any]:
    """Return a wrong unpack, which makes change(W, b) of every right pair."""
    return lambda theta, shapes: [change(W, b) for W, b in unpack(theta, shapes)]


def _is_flat(trials: list[Trial]) -> bool:
    """Whether the right blocks came in a row, and not in pairs."""
    return all(
        trial.detail.startswith(f"returned {2 * len(trial.expected)} parts")
        for trial in _failed(trials)
    )


_ONE_AXIS = "b has a single axis: shape (n_out,), neither (1, n_out) nor (n_out, 1)."

UNPACK = Exercise(
    lesson=4,
    points=3,
    reference=unpack,
    cases=_unpack_cases,
    rtol=0.0,  # numbers are moved, not computed
    atol=0.0,
    new_arrays=True,
    misconceptions=(
        Misconception(
            wrong=_from_starts(lambda W_size, b_size: W_size),
            hint="From the second layer on your blocks begin too early: the next layer starts "
            "after b, not after W.",
        ),
        Misconception(
            wrong=_from_starts(lambda W_size, b_size: 0),
            hint="Every layer of yours begins at theta[0]. Remember where the last one ended.",
        ),
        Misconception(
            wrong=_bias_from_start,
            hint="Your b is read from where W begins. It comes after W.",
        ),
        Misconception(wrong=_weights_first, hint=_WEIGHTS_FIRST),
        Misconception(
            wrong=lambda theta, shapes: [
                (W.reshape(W.T.shape).T, b) for W, b in unpack(theta, shapes)
            ],
            hint=_FORTRAN,
        ),
        Misconception(
            wrong=_each_layer(lambda W, b: (W.ravel(), b)),
            hint="W is still a row of numbers: reshape it to (n_in, n_out).",
        ),
        *(
            Misconception(
                wrong=_each_layer(other_shape),
                hint="W has the shape (n_out, n_in). The first size in shapes is the number of "
                "rows.",
            )
            for other_shape in (
                lambda W, b: (W.reshape(W.T.shape), b),
                lambda W, b: (W.T.copy(), b),
            )
        ),
        Misconception(wrong=_each_layer(lambda W, b: (W, b[np.newaxis])), hint=_ONE_AXIS),
        Misconception(wrong=_each_layer(lambda W, b: (W, b[:, np.newaxis])), hint=_ONE_AXIS),
        Misconception(
            wrong=_each_layer(lambda W, b: (W, b[:-1].copy())),
            hint="b is one entry short: theta[start:end] stops before end.",
        ),
        Misconception(
            wrong=_n_in_entries_for_b,
            hint="b has one entry for each unit of its layer: n_out, not n_in.",
            shows=_takes_n_in_for_b,
        ),
        Misconception(
            wrong=_each_layer(lambda W, b: (W.squeeze(), b.squeeze())),
            hint="A layer of one unit keeps its axes: W has shape (n_in, 1), b has shape (1,). "
            "Do not squeeze them.",
        ),
        Misconception(
            wrong=_each_layer(lambda W, b: (W.tolist(), b.tolist())),
            hint="W and b are arrays of float64, as theta is: no lists, and no other type.",
            shows=_told("a NumPy array of float64 is needed"),
        ),
        Misconception(
            wrong=lambda theta, shapes: _in_pairs(unpack(theta, shapes)),
            hint="You return the blocks one after the other: W1, b1, W2, ... Put those of a layer "
            "into a pair: append((W, b)).",
            shows=_is_flat,
        ),
        Misconception(
            wrong=lambda theta, shapes: unpack(theta, shapes)[:1],
            hint="You return the first layer alone. Does return stand inside the loop?",
        ),
        Misconception(
            wrong=_views,
            hint="Your arrays are views: they are windows on theta, so whoever changes theta "
            "changes W and b. Slices and reshape give views: add .copy().",
            shows=_told("shares memory"),
        ),
        Misconception(
            wrong=_each_layer(lambda W, b: (W.ravel()[:-1].reshape(W.shape), b)),
            hint="A slice does not hold as many numbers as its shape needs: W has n_in * n_out, b "
            "has n_out, and theta[start:end] stops before end.",
            shows=_told("cannot reshape"),
        ),
    ),
    hints=(
        "Keep one number, start: where in theta does the next block begin?",
        "W is theta[start:start + n_in * n_out], reshaped, and b the n_out entries after it. Then "
        "start moves by both.",
        "theta[a:b].reshape(n_in, n_out) is a view of theta: end it with .copy(). A slice is a "
        "view too. Append (W, b), and return the list after the loop.",
    ),
)


# --- locate


def _locate_cases(rng: np.random.Generator) -> Cases:
    """Three groups, with indices outside in each: too large everywhere, negative in the last.

    So an answer that lets Python's lists count from the end keeps two groups.
    """
    deep, shallow = _shapes(_sizes(rng, 3)), _shapes(_sizes(rng, 2))
    second = (1, shallow)  # W1[0, 1] by rows, W1[1, 0] by columns

    def draw(shapes: Shapes, block: int) -> list[tuple[Any, ...]]:
        """Draw an index from each W (block 0) or b (block 1), which is not its first or last."""
        cases = []
        for start, end in _borders(shapes)[block::2]:
            inner = rng.integers(start + 1, max(end - 1, start + 2))
            cases.append((int(inner), shapes))
        return cases

    edges = [index for start, end in _borders(deep) for index in (start, end - 1)]
    outside = (-1, -_length(deep), _length(deep), _length(deep) + int(rng.integers(1, 9)))
    return {
        "weights": [second, *draw(deep, 0), *draw(shallow, 0), (_length(shallow), shallow)],
        "biases": [*draw(deep, 1), *draw(shallow, 1), (_length(shallow), shallow)],
        "first and last entries, and outside": [
            (index, deep) for index in (*dict.fromkeys(edges), *outside)
        ],
    }


def _borders(shapes: Shapes) -> list[tuple[int, int]]:
    """Return where W1, b1, W2, ... begin and end in theta."""
    sizes = [size for (n_in, n_out), _ in shapes for size in (n_in * n_out, n_out)]
    return list(pairwise(np.cumsum([0, *sizes]).tolist()))


def _found(change: Callable[[str, Any], Any]) -> Callable[[int, Shapes], Any]:
    """Return a wrong locate, which makes change(name, place) of what is right."""
    return lambda index, shapes: change(*locate(index, shapes))


def _place(change: Callable[[int, int, int, int], Any]) -> Callable[[int, Shapes], Any]:
    """Return a wrong locate, which makes change(row, column, n_in, n_out) of the place in a W."""

    def located(index: int, shapes: Shapes) -> Any:
        name, place = locate(index, shapes)
        if name[0] == "b":
            return name, place
        row, column = place
        n_in, n_out = shapes[int(name[1:]) - 1][0]
        return name, change(row, column, n_in, n_out)

    return located


def _by_numbering(
    numbered: Callable[[Any, Shapes], Params],
) -> Callable[[int, Shapes], Any]:
    """Return a wrong locate, for a theta that `numbered` unpacks: look where the index ends up."""

    def located(index: int, shapes: Shapes) -> Place:
        for layer, blocks in enumerate(numbered(np.arange(_length(shapes)), shapes), start=1):
            for letter, block in zip("Wb", blocks, strict=True):
                for place in np.argwhere(block == index).tolist():
                    return f"{letter}{layer}", tuple(place)
        raise IndexError

    return located


def _without_subtracting(index: int, shapes: Shapes) -> Any:
    name, _ = locate(index, shapes)
    n_out = shapes[int(name[1:]) - 1][1][0]
    return name, divmod(index, n_out) if name[0] == "W" else (index,)


def _too_long(index: int, shapes: Shapes) -> Any:
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


def _from_the_end(index: int, shapes: Shapes) -> Any:
    return locate(range(_length(shapes))[index], shapes)


def _ends_in_none(index: int, shapes: Shapes) -> Any:
    return locate(index, shapes) if 0 <= index < _length(shapes) else None


def _raises_value_error(index: int, shapes: Shapes) -> Any:
    if not 0 <= index < _length(shapes):
        raise ValueError
    return locate(index, shapes)


def _is_outside(trial: Trial) -> bool:
    return isinstance(trial.expected, IndexError)


def _answers_outside(trials: list[Trial]) -> bool:
    return all(_is_outside(trial) and trial.stage == "values" for trial in _failed(trials))


def _answers_negative(trials: list[Trial]) -> bool:
    return _answers_outside(trials) and all(t.arguments[0] < 0 for t in _failed(trials))


def _raises_something_else(trials: list[Trial]) -> bool:
    return all(_is_outside(trial) and trial.stage == "raises" for trial in _failed(trials))


def _layers_from_0(trials: list[Trial]) -> bool:
    """Whether every name is one layer behind, be the places right or not."""
    inside = [trial for trial in trials if not _is_outside(trial)]
    if not all(isinstance(trial.got, list) for trial in inside):
        return False
    names = [(str(trial.got[0]), str(trial.expected[0])) for trial in inside]
    return all(got == f"{right[0]}{int(right[1:]) - 1}" for got, right in names)


def _inside_as(wrong: Callable[[int, Shapes], Any]) -> Callable[[list[Trial]], bool]:
    """Return a test whether inside theta an answer is wrong as `wrong` is, whatever outside."""

    def shows(trials: list[Trial]) -> bool:
        inside = [trial for trial in trials if not _is_outside(trial)]
        return any(trial.stage for trial in inside) and all(
            _texts(trial.got) == _texts(expected_value(wrong(*trial.arguments)))
            for trial in inside
        )

    return shows


def _texts(value: Any) -> list[str]:
    return [str(leaf) for leaf in leaves(value)]


_swapped = _place(lambda row, column, n_in, n_out: (column, row))
_rows_of_n_in = _place(lambda row, column, n_in, n_out: divmod(row * n_out + column, n_in))
_by_columns = _place(lambda row, column, n_in, n_out: divmod(row * n_out + column, n_in)[::-1])
_two_divisors = _place(lambda row, column, n_in, n_out: (row, (row * n_out + column) % n_in))

_TWO_THINGS = (
    "Return two things, the name and the place; the place is a tuple of its own: "
    '("W2", (row, column)).'
)

LOCATE = Exercise(
    lesson=4,
    points=3,
    reference=locate,
    cases=_locate_cases,
    misconceptions=(
        Misconception(
            wrong=_found(lambda name, place: (f"{name[0]}{int(name[1:]) - 1}", place)),
            hint="You count layers from 0. Their names begin with W1 and b1.",
            shows=_layers_from_0,
        ),
        Misconception(
            wrong=_swapped,
            hint="Row and column are swapped: the row comes first.",
            shows=_inside_as(_swapped),
        ),
        Misconception(
            wrong=_rows_of_n_in,
            hint="You divide by the number of rows, n_in. How many entries does one row have?",
            shows=_inside_as(_rows_of_n_in),
        ),
        Misconception(wrong=_by_columns, hint=_FORTRAN, shows=_inside_as(_by_columns)),
        Misconception(
            wrong=_two_divisors,
            hint="Row and column come from one division, its quotient and its remainder: take // "
            "and % by the same number, the length of a row.",
            shows=_inside_as(_two_divisors),
        ),
        Misconception(
            wrong=_by_numbering(_from_starts(lambda W_size, b_size: W_size)),
            hint="From the second layer on you are off: the next layer begins after b, not after "
            "W.",
        ),
        Misconception(wrong=_by_numbering(_weights_first), hint=_WEIGHTS_FIRST),
        Misconception(
            wrong=_without_subtracting,
            hint="The block is right, the place is not: count from where that block begins, so "
            "subtract the sizes of all blocks before it.",
        ),
        Misconception(
            wrong=_found(lambda name, place: (name, tuple(number + 1 for number in place))),
            hint="You count rows, columns and j from 1. As in NumPy, they begin with 0.",
        ),
        Misconception(
            wrong=_from_the_end,
            hint="-1 is outside too. Python's lists and arrays count it from the end, so ask for "
            "index < 0 yourself.",
            shows=_answers_negative,
        ),
        Misconception(
            wrong=_ends_in_none,
            hint="Outside theta, that is for index < 0 and for index >= N, raise an IndexError. A "
            "function that just ends returns None.",
            shows=_answers_outside,
        ),
        Misconception(
            wrong=_too_long,
            hint="Your blocks are one entry too long: a block of n entries has the offsets 0 to "
            "n - 1, so test with <, not <=.",
        ),
        Misconception(
            wrong=_place(lambda row, column, n_in, n_out: (row + column / n_out, column)),
            hint="A row is a whole number: divide with “//”.",
        ),
        Misconception(
            wrong=_found(lambda name, place: (name, place if name[0] == "W" else place[0])),
            hint="The place in b is a tuple too, of one number: (j,), with the comma.",
        ),
        Misconception(wrong=_found(lambda name, place: (name, *place)), hint=_TWO_THINGS),
        Misconception(wrong=_found(lambda name, place: f"{name}{place}"), hint=_TWO_THINGS),
        Misconception(
            wrong=_raises_value_error,
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
)


# --- numerical_gradient


def _loss(rng: np.random.Generator, size: int, coupled: bool = True) -> Loss:
    """Draw a loss with slopes of both signs and much curvature; products couple neighbours."""
    weights = rng.uniform(0.5, 2, size).round(1) * (-1.0) ** np.arange(size)
    products = rng.uniform(1, 3, size - 1).round(1) * rng.choice([-1, 1], size - 1) * coupled

    def loss(theta: Any) -> float:
        theta = np.asarray(theta, dtype=np.float64)
        if theta.shape != (size,):
            raise ValueError(f"loss needs a theta of shape {(size,)}; it got shape {theta.shape}")
        value = weights @ np.exp(2 * theta) + products @ (theta[:-1] * theta[1:])
        return float(value)

    terms = [f"{_signed(w)} exp(2 x[{i}])" for i, w in enumerate(weights)]
    terms += [f"{_signed(p)} x[{i}] x[{i + 1}]" for i, p in enumerate(products) if p]
    loss.__name__ = " ".join(terms).removeprefix("+ ")
    loss.__qualname__ = "loss"  # what an error message calls it
    return loss


def _signed(number: float) -> str:
    return f"{'-' if number < 0 else '+'} {abs(number):g}"


def _gradient_cases(rng: np.random.Generator) -> Cases:
    """Four groups; every theta comes with two steps.

    In the first three theta and h have so few bits that theta + h - h is theta again. In the
    last, h is much larger than theta, so that restoring by arithmetic loses theta's last bits.
    """

    def cases(steps: list[float], *thetas: Any, coupled: bool = True) -> list[tuple[Any, ...]]:
        losses = [_loss(rng, theta.size, coupled) for theta in thetas]
        return [(f, theta, h) for f, theta in zip(losses, thetas, strict=True) for h in steps]

    def signs(size: int) -> Any:
        return rng.choice([-1, 1], size)

    def sixteenths(size: int) -> Any:
        return rng.integers(4, 13, size) * signs(size) / 16

    def small(size: int) -> Any:
        return rng.integers(11, 50, size) * signs(size) / 1000

    def powers_of_two() -> list[float]:
        steps: list[float] = rng.permutation([0.125, 0.25]).tolist()
        return steps

    def integers(size: int) -> Any:
        return rng.permutation([2, *rng.choice([-1, 1, 2], size - 1)])

    decimals = rng.permutation([0.1, 0.2, 0.3])[:2].tolist()
    return {
        "separate terms": cases(powers_of_two(), sixteenths(3), sixteenths(4), coupled=False),
        "terms that couple entries": cases(powers_of_two(), sixteenths(2), sixteenths(5)),
        "integers": cases(powers_of_two(), integers(3), integers(4)),
        "theta kept to the last bit": cases(decimals, small(4), small(5)),
    }


def _move_entry(theta: Any, i: int, step: float) -> Any:
    moved = np.array(theta, dtype=np.float64)
    moved[i] += step
    return moved


def _each_entry(
    quotient: Callable[[Callable[[float], float], float], float],
) -> Callable[[Loss, Any, float], Any]:
    """Return a gradient by another quotient of f(step), the loss with one entry moved, and h."""

    def gradient(loss: Loss, theta: Any, h: float) -> Any:
        def along(i: int) -> Callable[[float], float]:
            return lambda step: loss(_move_entry(theta, i, step))

        return np.array([quotient(along(i), h) for i in range(theta.size)])

    return gradient


def _steps_that_scale(scale: Callable[[float], float]) -> Callable[[Loss, Any, float], Any]:
    """Return a gradient whose step for an entry of theta is h * scale(entry)."""

    def gradient(loss: Loss, theta: Any, h: float) -> Any:
        return np.diag([numerical_gradient(loss, theta, h * scale(entry)) for entry in theta])

    return gradient


def _all_at_once(loss: Loss, theta: Any, h: float) -> float:
    return (loss(theta + h) - loss(theta - h)) / (2 * h)


def _never_put_back(loss: Loss, theta: Any, h: float) -> Any:
    """Work in place and leave each entry at theta[i] - h; the result is float in any case."""
    gradient = np.zeros(theta.size)
    for i in range(theta.size):
        theta[i] += h
        above = loss(theta)
        theta[i] -= 2 * h
        gradient[i] = (above - loss(theta)) / (2 * h)
    return gradient


def _one_copy_before_the_loop(loss: Loss, theta: Any, h: float) -> Any:
    return _never_put_back(loss, np.array(theta, dtype=np.float64), h)


def _two_copies_before_the_loop(loss: Loss, theta: Any, h: float) -> Any:
    above, below = np.array(theta, dtype=np.float64), np.array(theta, dtype=np.float64)
    gradient = np.zeros(theta.size)
    for i in range(theta.size):
        above[i] += h
        below[i] -= h
        gradient[i] = (loss(above) - loss(below)) / (2 * h)
    return gradient


def _put_back_by_arithmetic(loss: Loss, theta: Any, h: float) -> Any:
    gradient = np.zeros(theta.size)
    for i in range(theta.size):
        theta[i] += h
        above = loss(theta)
        theta[i] -= 2 * h
        below = loss(theta)
        theta[i] += h
        gradient[i] = (above - below) / (2 * h)
    return gradient


def _with(
    integers: Callable[[Loss, Any, float], Any], floats: Callable[[Loss, Any, float], Any]
) -> Callable[[Loss, Any, float], Any]:
    """Return one gradient where theta holds integers and another where it holds floats."""

    def gradient(loss: Loss, theta: Any, h: float) -> Any:
        return (integers if theta.dtype.kind == "i" else floats)(loss, theta, h)

    return gradient


def _copies_of_the_same_type(loss: Loss, theta: Any, h: float) -> Any:
    gradient = np.zeros(theta.size)
    for i in range(theta.size):
        above, below = theta.copy(), theta.copy()
        above[i] += h
        below[i] -= h
        gradient[i] = (loss(above) - loss(below)) / (2 * h)
    return gradient


def _filled_like_theta(
    gradient: Callable[[Loss, Any, float], Any],
) -> Callable[[Loss, Any, float], Any]:
    """Wrap a gradient that fills an array made like theta, and so keeps the type of theta."""
    return lambda loss, theta, h: gradient(loss, theta, h).astype(theta.dtype)


def _up_to(end: int) -> Callable[[Loss, Any, float], Any]:
    """Return a gradient that is right in the entries before this one and 0 in the others."""

    def gradient(loss: Loss, theta: Any, h: float) -> Any:
        partial = np.zeros(theta.size)
        partial[:end] = numerical_gradient(loss, theta, h)[:end]
        return partial

    return gradient


def _is_one_number(trials: list[Trial]) -> bool:
    return all(isinstance(t.got, np.ndarray) and t.got.ndim == 0 for t in _failed(trials))


def _is_cut(trials: list[Trial]) -> bool:
    """Whether theta holds integers and so do the results, or NumPy refused to make them."""
    return all(
        trial.arguments[1].dtype.kind == "i"
        and ("Cannot cast" in trial.detail or _holds_integers(trial.got))
        for trial in _failed(trials)
    )


def _holds_integers(value: Any) -> bool:
    """Whether a value is an array of type integer, with entries that are not all the same."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "i" and len(np.unique(value)) > 1


def _ignores_h(trials: list[Trial]) -> bool:
    """Whether trials that differ in h alone gave the same value."""
    values = [trial.got for trial in trials]
    if any(value is None for value in values):
        return False
    return all(np.array_equal(*pair) for pair in zip(values[::2], values[1::2], strict=True))


_TRUNCATED = (
    "Where theta holds integers, your numbers are cut to integers: copy, zeros_like and "
    "empty_like keep the type of theta. Convert theta to float64 first."
)
_CUMULATED = (
    "The steps pile up: when you come to an entry, the ones before it are still moved. Put each "
    "entry back, or make fresh copies inside the loop."
)
_AT_ONCE = (
    "theta + h moves every entry at once. Move one entry, hold the others, and do that for each "
    "entry."
)

_SCALED_STEPS = (
    "Your steps grow with |theta[i]|. Here the step is the h that you are given, for every entry."
)

NUMERICAL_GRADIENT = Exercise(
    lesson=4,
    points=4,
    reference=numerical_gradient,
    cases=_gradient_cases,
    misconceptions=(
        Misconception(
            wrong=lambda loss, theta, h: np.zeros(theta.size),
            hint="Every entry is 0. Did you write “above = theta”? That is a second name for the "
            "same array, so moving one up and the other down cancels: use theta.copy().",
        ),
        Misconception(
            wrong=_each_entry(lambda f, h: (f(h) - f(-h)) / h),
            hint="Twice the slope: from theta[i] - h to theta[i] + h the run is 2 h, not h.",
        ),
        Misconception(
            wrong=_each_entry(lambda f, h: (f(h) - f(0)) / h),
            hint="This is the forward difference. The central one also needs the loss with "
            "theta[i] - h.",
        ),
        Misconception(
            wrong=_each_entry(lambda f, h: (f(h) - f(0)) / (2 * h)),
            hint="Your second loss is taken at theta itself, where theta[i] - h belongs. After "
            "moving an entry up by h, it takes 2 h to get there.",
        ),
        Misconception(
            wrong=_each_entry(lambda f, h: (f(h) - f(-h)) / 2 * h),
            hint="“/ 2 * h” divides by 2 and then multiplies by h: write / (2 * h).",
        ),
        Misconception(
            wrong=_each_entry(lambda f, h: f(h) - f(-h) / (2 * h)),
            hint="Only the second loss is divided: put brackets around the difference.",
        ),
        Misconception(
            wrong=_each_entry(lambda f, h: f(h) - f(-h)),
            hint="This is the rise alone. Divide it by the run, 2 h.",
        ),
        *(
            Misconception(wrong=_steps_that_scale(scale), hint=_SCALED_STEPS)
            for scale in (abs, lambda entry: max(1.0, abs(entry)))
        ),
        Misconception(
            wrong=lambda loss, theta, h: np.full(theta.size, _all_at_once(loss, theta, h)),
            hint=_AT_ONCE,
        ),
        Misconception(
            wrong=_all_at_once,
            hint="You return a single number. A gradient has one for each entry of theta: move "
            "entry i alone, and keep its slope as gradient[i].",
            shows=_is_one_number,
        ),
        # In integers, steps that are cut off look like steps that pile up.
        *(
            Misconception(
                wrong=_with(integers=in_place, floats=numerical_gradient), hint=_TRUNCATED
            )
            for in_place in (_never_put_back, _put_back_by_arithmetic)
        ),
        Misconception(wrong=_never_put_back, hint=_CUMULATED),
        Misconception(wrong=_one_copy_before_the_loop, hint=_CUMULATED),
        Misconception(wrong=_two_copies_before_the_loop, hint=_CUMULATED),
        Misconception(
            wrong=_with(integers=numerical_gradient, floats=_put_back_by_arithmetic),
            hint="The slopes are right, but theta comes back changed in its last bits: in floats, "
            "x + h - 2h + h need not be x. Keep the old value and put it back, or work on a copy.",
        ),
        Misconception(
            wrong=_up_to(-1),
            hint="The last entry is missing: range(n) ends with n - 1 already.",
        ),
        Misconception(
            wrong=_up_to(1),
            hint="Only the first entry is there. Does return stand inside the loop?",
        ),
        Misconception(wrong=_copies_of_the_same_type, hint=_TRUNCATED),
        Misconception(wrong=_filled_like_theta(_copies_of_the_same_type), hint=_TRUNCATED),
        Misconception(
            wrong=_filled_like_theta(numerical_gradient), hint=_TRUNCATED, shows=_is_cut
        ),
        Misconception(
            wrong=lambda loss, theta, h: loss(theta[0] + h),
            hint="Hand loss one whole theta, with one entry moved: neither a single number nor "
            "several thetas at once.",
            shows=_told("loss needs a theta of shape"),
        ),
        Misconception(
            wrong=lambda loss, theta, h: numerical_gradient(loss, theta, 1e-5),
            hint="Your result is the same for two different steps: use the h that you are given.",
            shows=_ignores_h,
        ),
    ),
    hints=(
        "It is the central difference of lesson 1, once for every entry of theta, with all other "
        "entries held. How do you move one entry and leave the caller's theta alone?",
        "Start with theta = np.array(theta, dtype=np.float64): a copy, and no integers any more. "
        "Then loop over range(theta.size).",
        "In the loop keep old = theta[i]. Set theta[i] = old + h and take the loss, set "
        "theta[i] = old - h and take it again, then theta[i] = old. Divide by 2 * h.",
    ),
)

EXERCISES = (PACK, UNPACK, LOCATE, NUMERICAL_GRADIENT)
