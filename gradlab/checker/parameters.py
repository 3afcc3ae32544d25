"""Parameters as the loss takes them, and as one vector theta.

A gradient check moves one number at a time, so it needs every parameter in one vector. ``ravel``
makes it: the blocks (arrays) one after the other, each in C order, so that entry i of theta and
entry i of a gradient that was raveled the same way belong together.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from gradlab.checker.reading import is_nothing, read_block, read_gradient
from gradlab.checker.significand import gradient_rounding, significand_bits
from gradlab.support.floats import FloatArray

P = TypeVar("P")
# The way from params to a block: indices of lists and tuples, keys of dicts.
Path = tuple[Any, ...]


def ravel(params: P) -> tuple[FloatArray, Callable[[FloatArray], P]]:
    """Put every parameter into one vector, and return the way back.

    Parameters
    ----------
    params : ndarray, or nested lists, tuples and dicts of ndarrays
        The blocks, of any shape, of a real floating-point type. A single float counts as a block
        of shape (). An array that occurs twice is two blocks. None and arrays without entries are
        no blocks: they stay as they are.

    Returns
    -------
    theta : ndarray of float64, shape (N,)
        A new array: the entries of every block in C order, blocks in the order of the lists and
        tuples and of the keys of the dicts.
    unravel : callable
        ``unravel(theta)`` returns the structure of `params` with new float64 arrays, which share
        no memory with theta. It raises ValueError unless theta has shape (N,).

    Raises
    ------
    ValueError
        If there is no block.
    TypeError
        If a block is no array of real floats, or there is an empty list, tuple or dict; the
        message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab import ravel
    >>> theta, unravel = ravel([(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0]))])
    >>> theta
    array([1., 2., 3., 4., 5., 6.])
    >>> unravel(10 * theta)
    [(array([[10., 20.],
           [30., 40.]]), array([50., 60.]))]
    """
    layout = Layout(params)
    return layout.theta, layout.unravel


class Layout:
    """Where the blocks of a structure of parameters lie in one vector theta.

    The structure is walked once, here; what needs names, shapes or the way back asks this object.

    Parameters
    ----------
    params : ndarray, or nested lists, tuples and dicts of ndarrays
        As for `ravel`, which says what is raised. Only a copy of its containers is kept.
    is_held : callable, optional
        Takes what is no list, tuple or dict, and says whether it is no block: it stays as it is.
        Default: None and arrays without entries are not.

    Attributes
    ----------
    theta : ndarray of float64, shape (N,)
        The entries of every block, copied.
    names : list of str
        The name of each block, see `block_names`.
    shapes : list of tuple of int
    sizes : ndarray of int
    starts : list of int
        The index in theta of the first entry of each block.
    """

    def __init__(self, params: Any, is_held: Callable[[Any], bool] = is_nothing) -> None:
        blocks = list(named_blocks(params, is_held))
        self.theta: FloatArray = np.concatenate([block.ravel() for _, block in blocks])
        self.names = [name for name, _ in blocks]
        self.shapes = [block.shape for _, block in blocks]
        self.sizes = np.array([block.size for _, block in blocks])
        self.starts: list[int] = (np.cumsum(self.sizes) - self.sizes).tolist()
        # A copy of the containers: params may get longer or shorter later.
        self._skeleton = rebuild(
            params, (_Held(leaf) if is_held(leaf) else None for _, leaf in leaves(params))
        )

    def view(self, theta: FloatArray) -> Any:
        """Return the structure with views of a theta as its blocks.

        So a change of one entry of theta shows in the structure at no cost, which is what a loop
        over every entry needs.
        """
        if theta.shape != self.theta.shape:
            raise ValueError(
                f"theta has shape {theta.shape}, it must have shape {self.theta.shape}"
            )
        blocks = zip(self.starts, self.sizes.tolist(), self.shapes, strict=True)
        views = (theta[start : start + size].reshape(shape) for start, size, shape in blocks)
        kept = (slot for _, slot in leaves(self._skeleton))
        return rebuild(
            self._skeleton, (next(views) if slot is None else slot.value for slot in kept)
        )

    def unravel(self, theta: FloatArray) -> Any:
        """Return the structure with copies of the parts of a theta as its blocks."""
        return self.view(np.array(theta, dtype=np.float64))

    def ravel(self, params: Any) -> FloatArray:
        """Return the blocks of the same structure with other numbers as one vector."""
        slots, found = list(leaves(self._skeleton)), list(leaves(params))
        if [path for path, _ in slots] != [path for path, _ in found]:
            raise ValueError(
                "the lists or dicts of params were changed; a function must leave what it is "
                "given as it is"
            )
        pairs = zip(slots, found, strict=True)
        return np.concatenate([np.ravel(leaf) for (_, slot), (_, leaf) in pairs if slot is None])

    def at(self, theta: FloatArray) -> Layout:
        """Return the same layout with another theta."""
        other = copy.copy(self)
        other.theta = theta
        return other

    def name_of(self, entry: int) -> str:
        """Return the name of the block in which an entry of theta lies."""
        return self.names[int(np.searchsorted(self.starts, entry, side="right")) - 1]

    def require_finite(self) -> None:
        """Raise ValueError, naming block and index, if an entry of theta is not finite."""
        bad = np.flatnonzero(~np.isfinite(self.theta))
        if not bad.size:
            return
        entry = int(bad[0])
        number = self.names.index(self.name_of(entry))
        place = np.unravel_index(entry - self.starts[number], self.shapes[number])
        index = [int(k) for k in place]
        raise ValueError(
            f"{self.names[number]} is {self.theta[entry]} in {index}; it must be finite"
        )

    def require_unchanged(self, function: str, after: FloatArray) -> None:
        """Raise ValueError, naming the block, if a function changed its params.

        Parameters
        ----------
        function : str
            Its name.
        after : ndarray of float64
            Its params afterwards, as one vector.
        """
        if np.array_equal(self.theta, after):
            return
        changed = "its params"
        if self.theta.shape == after.shape:
            changed = self.name_of(int(np.argmax(self.theta != after)))
        raise ValueError(f"{function} changed {changed}; it must leave what it is given as it is")

    def ravel_gradient(self, gradient: Any) -> tuple[FloatArray, FloatArray]:
        """Put a gradient into one vector, block by block in the order of theta.

        Lists and tuples are taken for each other, and for arrays of the same numbers; the keys of
        a dict may come in any order. What is held needs no gradient, and one is not looked at.

        Returns
        -------
        gradient : ndarray of float64, shape (N,)
        rounding : ndarray of float64, shape (number of blocks,)
            How far the gradient of each block may be off by its own rounding, as a part of its
            largest entry: 0 for float64, whose rounding is that of the measurement.

        Raises
        ------
        ValueError
            If a block is missing, one too many, or of another shape than the block of params.
        TypeError
            If a block is no array of floats, of 16 to 64 bits.
        """
        _require_gradient_alone(gradient, self._skeleton)
        found = list(_match(self._skeleton, gradient, ()))
        given = [values for slot, values in found if slot is None]
        vectors, rounding = [], []
        for name, values, shape in zip(self.names, given, self.shapes, strict=True):
            if values is _MISSING:
                raise ValueError(
                    f"the gradient has no block {name}; it must have the structure of params, "
                    f"with an array of shape {shape} there"
                )
            block = read_gradient(name, values, shape)
            vectors.append(np.ravel(block).astype(np.float64))
            rounding.append(gradient_rounding(significand_bits(block.dtype)))
        for slot, path in found:
            if slot is _EXTRA:
                raise ValueError(
                    f"the gradient has a block {path_name(path)} that params has not; it must "
                    "have the structure of params"
                )
        return np.concatenate(vectors), np.array(rounding)


@dataclass(frozen=True)
class _Held:
    """What stays as it is in a structure of parameters."""

    value: Any


_MISSING, _EXTRA = object(), object()


def _match(skeleton: Any, gradient: Any, path: Path) -> Iterator[tuple[Any, Any]]:
    """Yield each leaf of a skeleton with what a gradient has there, and what it has besides."""
    if isinstance(skeleton, _Held) or skeleton is None:
        yield skeleton, gradient
        return
    children = dict(children_of(skeleton))
    given: dict[Any, Any] = {}
    if isinstance(skeleton, Mapping) == isinstance(gradient, Mapping):
        given = dict(children_of(gradient))
        if isinstance(gradient, np.ndarray) and gradient.ndim and not any(children.values()):
            given = dict(enumerate(gradient))
    for key, child in children.items():
        yield from _match(child, given.get(key, _MISSING), (*path, key))
    for key, more in given.items():
        if key not in children:
            yield from ((_EXTRA, inner) for inner, _ in leaves(more, (*path, key)))


def _require_gradient_alone(gradient: Any, skeleton: Any) -> None:
    """Raise TypeError if this is nothing, or the loss with its gradient."""
    if gradient is None:
        raise ValueError(
            "the gradient is None; it must be returned, in the structure of params, not only "
            "written into an array"
        )
    if not isinstance(gradient, tuple) or len(gradient) != 2:
        return
    is_pair = isinstance(skeleton, (list, tuple)) and len(skeleton) == 2
    if isinstance(gradient[0], (float, np.floating)) and not is_pair:
        raise TypeError(
            "the gradient is a pair of a number and something else; it must be the gradient "
            "alone. If the function returns the loss with its gradient, pass it as the loss, "
            "with gradient=True"
        )


def block_names(params: Any) -> list[str]:
    """Return the name of every block of `params`, in the order of `ravel`.

    Parameters
    ----------
    params : ndarray, or nested lists, tuples and dicts of ndarrays
        As for `ravel`.

    Returns
    -------
    list of str
        ``W1``, ``b1``, ``W2``, ... for a list or tuple of pairs (W, b) of a 2-D and a 1-D array;
        the keys of a dict; otherwise the path, such as ``[0][1]`` or, for an array in a list in a
        dict, ``encoder[0]``. A single array is called ``params``.

    Raises
    ------
    ValueError, TypeError
        As `ravel`.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.parameters import block_names
    >>> W, b = np.ones((3, 2)), np.zeros(2)
    >>> block_names([(W, b), (W.T, np.zeros(3))])
    ['W1', 'b1', 'W2', 'b2']
    >>> block_names({"encoder": [W, b], "scale": b})
    ['encoder[0]', 'encoder[1]', 'scale']
    """
    return [name for name, _ in named_blocks(params)]


def named_blocks(
    params: Any, is_held: Callable[[Any], bool] = is_nothing
) -> Iterator[tuple[str, FloatArray]]:
    """Yield the name and the float64 array of every block, in order."""
    layers = _is_layers(params)
    blocks = [(path, leaf) for path, leaf in leaves(params) if not is_held(leaf)]
    if not blocks:
        raise ValueError("params holds no array with entries; it must have something to check")
    for path, leaf in blocks:
        name = f"{'Wb'[path[1]]}{path[0] + 1}" if layers else path_name(path)
        yield name, read_block(name, leaf)


def _is_layers(params: Any) -> bool:
    return (
        isinstance(params, (list, tuple))
        and len(params) > 0
        and all(
            isinstance(layer, (list, tuple))
            and len(layer) == 2
            and [np.ndim(block) for block in layer if isinstance(block, np.ndarray)]
            == ([2] if layer[1] is None else [2, 1])
            for layer in params
        )
    )


def leaves(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the path and the value of whatever is no list, tuple or dict, in order."""
    children = children_of(node)
    # An empty container is a leaf too, so that it is reported as what it is.
    if not children:
        yield path, node
    for key, child in children:
        yield from leaves(child, (*path, key))


def children_of(node: Any) -> list[tuple[Any, Any]]:
    """Return the keys or indices of a dict, list or tuple, and what is there."""
    if isinstance(node, Mapping):
        return list(node.items())
    return list(enumerate(node)) if isinstance(node, (list, tuple)) else []


def path_name(path: Path) -> str:
    """Return a path as one would type it."""
    if not path:
        return "params"
    # A key at the top is a name that the author chose; below it, write what they would type.
    first = path[0] if isinstance(path[0], str) else f"[{path[0]!r}]"
    return first + "".join(f"[{key!r}]" for key in path[1:])


def rebuild(node: Any, blocks: Iterator[Any]) -> Any:
    """Return a structure with these in the places of its leaves, in order."""
    children = children_of(node)
    if not children:
        return next(blocks)
    made = [rebuild(child, blocks) for _, child in children]
    if isinstance(node, Mapping):
        filled = dict(zip((key for key, _ in children), made, strict=True))
        return filled if type(node) is dict else _fill_mapping(node, filled)
    if isinstance(node, list):
        return made
    return type(node)._make(made) if hasattr(node, "_make") else tuple(made)


def _fill_mapping(node: Mapping[Any, Any], filled: dict[Any, Any]) -> Any:
    """Return a mapping of the same kind, such as an OrderedDict, if one can be had."""
    try:
        made: Any = copy.copy(node)
        for key, child in filled.items():
            made[key] = child
    except Exception:
        return filled
    return made
