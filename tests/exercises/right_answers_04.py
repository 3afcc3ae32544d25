"""Right answers to the exercises of lesson 4, written in other ways than the reference."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

# --- pack


def pack_entry_by_entry(params: Any) -> Any:
    numbers = []
    for W, b in params:
        for row in range(W.shape[0]):
            for column in range(W.shape[1]):
                numbers.append(float(W[row, column]))
        numbers += [float(number) for number in b]
    return np.array(numbers)


def pack_into_zeros(params: Any) -> Any:
    theta = np.zeros(sum(W.size + b.size for W, b in params))
    start = 0
    for layer in params:
        for block in layer:
            theta[start : start + block.size] = block.flat
            start += block.size
    return theta


def pack_by_append(params: Any) -> Any:
    theta = np.array([])
    for W, b in params:
        theta = np.append(np.append(theta, W.flatten()), b)
    return theta


def pack_stacked(params: Any) -> Any:
    """Put b below W as one more row, which is where the order has it."""
    return np.hstack([np.vstack([W, b]).reshape(-1) for W, b in params]).astype(float)


def pack_recursively(params: Any) -> Any:
    if not params:
        return np.empty(0)
    (W, b), *rest = params
    return np.concatenate((np.ravel(W), b, pack_recursively(rest)))


# --- unpack


def unpack_by_split(theta: Any, shapes: Any) -> Any:
    in_a_row = [shape for pair in shapes for shape in pair]
    ends = np.cumsum([math.prod(shape) for shape in in_a_row])
    parts = np.split(theta, ends[:-1])
    blocks = [part.copy().reshape(shape) for part, shape in zip(parts, in_a_row, strict=True)]
    return list(zip(blocks[::2], blocks[1::2], strict=True))


def unpack_entry_by_entry(theta: Any, shapes: Any) -> Any:
    layers, k = [], 0
    for W_shape, b_shape in shapes:
        W, b = np.empty(W_shape), np.empty(b_shape)
        for row in range(W_shape[0]):
            for column in range(W_shape[1]):
                W[row, column] = theta[k]
                k += 1
        for j in range(b_shape[0]):
            b[j] = theta[k]
            k += 1
        layers.append([W, b])
    return layers


def unpack_from_one_copy(theta: Any, shapes: Any) -> Any:
    """Return views of a private copy, which share no memory with the theta of the caller."""
    rest = np.array(theta)
    layers = []
    for (n_in, n_out), _ in shapes:
        layer, rest = np.split(rest, [(n_in + 1) * n_out])
        rows = layer.reshape(n_in + 1, n_out)
        layers.append((rows[:-1], rows[-1]))
    return tuple(layers)


def unpack_from_an_iterator(theta: Any, shapes: Any) -> Any:
    numbers = iter(theta)
    return [
        tuple(
            np.fromiter(numbers, dtype=float, count=math.prod(shape)).reshape(shape)
            for shape in pair
        )
        for pair in shapes
    ]


def unpack_in_fortran_layout(theta: Any, shapes: Any) -> Any:
    params = []
    for W_shape, b_shape in shapes:
        size = math.prod(W_shape)
        W = theta[:size].reshape(W_shape)
        params.append((np.asfortranarray(W) + 0.0, 1.0 * theta[size : size + b_shape[0]]))
        theta = theta[size + b_shape[0] :]
    return params


# --- locate


def locate_in_a_table(index: int, shapes: Any) -> Any:
    table: list[Any] = []
    for layer, ((n_in, n_out), _) in enumerate(shapes):
        table += [(f"W{layer + 1}", (i, j)) for i in range(n_in) for j in range(n_out)]
        table += [(f"b{layer + 1}", (j,)) for j in range(n_out)]
    if index < 0:
        raise IndexError
    return table[index]


def locate_by_searchsorted(index: int, shapes: Any) -> Any:
    in_a_row = [shape for pair in shapes for shape in pair]
    ends = np.cumsum([np.prod(shape) for shape in in_a_row])
    if not 0 <= index < ends[-1]:
        raise IndexError("outside")
    block = int(np.searchsorted(ends, index, side="right"))
    offset = index - (ends[block - 1] if block else 0)
    return "Wb"[block % 2] + str(block // 2 + 1), np.unravel_index(offset, in_a_row[block])


def locate_by_numbering(index: int, shapes: Any) -> Any:
    numbers = np.arange(sum(math.prod(shape) for pair in shapes for shape in pair))
    for layer, blocks in enumerate(unpack_by_split(numbers, shapes), start=1):
        for letter, block in zip("Wb", blocks, strict=True):
            if index in block:
                return [f"{letter}{layer}", np.argwhere(block == index)[0]]
    raise IndexError(index)


def locate_recursively(index: int, shapes: Any, layer: int = 1) -> Any:
    if index < 0 or not shapes:
        raise IndexError(index)
    n_in, n_out = shapes[0][0]
    row, column = divmod(index, n_out)
    if row < n_in:
        return f"W{layer}", (row, column)
    if row == n_in:
        return f"b{layer}", (column,)
    return locate_recursively(index - (n_in + 1) * n_out, shapes[1:], layer + 1)


# --- numerical_gradient


def gradient_by_unit_vectors(loss: Any, theta: Any, h: float) -> Any:
    steps = h * np.eye(len(theta))
    return np.array([(loss(theta + step) - loss(theta - step)) / (2 * h) for step in steps])


def gradient_with_two_copies(loss: Any, theta: Any, h: float) -> Any:
    slopes = []
    for i in range(len(theta)):
        above, below = theta.astype(float), theta.astype(float)
        above[i] += h
        below[i] -= h
        slopes.append((loss(above) - loss(below)) / h / 2)
    return slopes


def gradient_in_place(loss: Any, theta: Any, h: float) -> Any:
    """Move the entries of the caller's own theta where that can hold them, and put each back."""
    work = theta if theta.dtype == np.float64 else theta.astype(np.float64)
    out = np.empty(work.shape)
    for i, kept in enumerate(work.tolist()):
        work[i] = kept - h
        below = loss(work)
        work[i] = kept + h
        out[i] = 0.5 * (loss(work) - below) / h
        work[i] = kept
    return out


def gradient_with_arithmetic_on_a_copy(loss: Any, theta: Any, h: float) -> Any:
    """Put entries back by arithmetic, which is near enough for the slopes of a copy."""
    work = 1.0 * theta
    gradient = np.zeros(work.size)
    for i in range(work.size):
        work[i] += h
        gradient[i] += loss(work)
        work[i] -= 2 * h
        gradient[i] -= loss(work)
        work[i] += h
    return gradient / (2 * h)


def gradient_as_mean_of_one_sided(loss: Any, theta: Any, h: float) -> Any:
    def one_sided(i: int, step: float) -> Any:
        moved = [value + step * (k == i) for k, value in enumerate(theta)]
        return (loss(np.array(moved)) - loss(theta)) / step

    return np.array([(one_sided(i, h) + one_sided(i, -h)) / 2 for i in range(theta.size)])


RIGHT: dict[str, list[Callable[..., Any]]] = {
    "pack": [
        pack_entry_by_entry,
        pack_into_zeros,
        pack_by_append,
        pack_stacked,
        pack_recursively,
        lambda params: np.array([x for W, b in params for x in [*W.flat, *b]], dtype=float),
        lambda params: np.concatenate(
            [np.r_[np.reshape(W, W.size, order="C"), b] for W, b in params]
        ).astype(np.float64),
    ],
    "unpack": [
        unpack_by_split,
        unpack_entry_by_entry,
        unpack_from_one_copy,
        unpack_from_an_iterator,
        unpack_in_fortran_layout,
    ],
    "locate": [
        locate_in_a_table,
        locate_by_searchsorted,
        locate_by_numbering,
        locate_recursively,
    ],
    "numerical_gradient": [
        gradient_by_unit_vectors,
        gradient_with_two_copies,
        gradient_in_place,
        gradient_with_arithmetic_on_a_copy,
        gradient_as_mean_of_one_sided,
    ],
}
