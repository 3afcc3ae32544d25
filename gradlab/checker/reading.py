"""Reading a block of parameters or of a gradient, and refusing what is none in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradlab.support.floats import FloatArray

# What computes in arrays of its own, and where its functions are checked.
_FRAMEWORKS = {"torch": "torch", "jax": "jax", "jaxlib": "jax"}


def is_nothing(leaf: Any) -> bool:
    """Return whether there is nothing to check: None, or an array without entries."""
    return leaf is None or (isinstance(leaf, np.ndarray) and leaf.size == 0)


def is_float_array(leaf: Any) -> bool:
    """Return whether this is an array of real floats, of 16 to 64 bits, that has entries."""
    return (
        isinstance(leaf, np.ndarray)
        and not isinstance(leaf, (np.matrix, np.ma.MaskedArray))
        and _is_float_type(leaf.dtype)
        and leaf.size > 0
    )


def read_block(name: str, leaf: Any) -> FloatArray:
    """Return a block of parameters as float64, or raise TypeError saying what it must be.

    Parameters
    ----------
    name : str
        What to call it.
    leaf : ndarray or float
    """
    need = "it must be a NumPy array of real floats"
    # These two change what * means, so a plain array in their place would change the loss.
    if not isinstance(leaf, (np.ndarray, np.floating, float)) or isinstance(
        leaf, (np.matrix, np.ma.MaskedArray)
    ):
        raise TypeError(f"{name} is {_describe(leaf)}; {need}{_suggest(leaf)}")
    array = np.asarray(leaf)
    if array.dtype.kind != "f" or array.dtype.itemsize > 8:
        raise TypeError(
            f"{name} has entries of type {array.dtype}; {need}, of at most 64 bits"
            f"{_suggest(array)}"
        )
    return array.astype(np.float64, copy=False)


def read_gradient(name: str, values: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the gradient of a block as it is, or raise an error saying what it must be.

    Parameters
    ----------
    name : str
        The block's name.
    values : array_like
        An array of floats, of 16 to 64 bits; or lists of numbers.
    shape : tuple of int
        That of the block.
    """
    if isinstance(values, (list, tuple)):
        values = _array_of_numbers(values)
    kind = getattr(values, "dtype", None)
    if not isinstance(values, float) and not _is_float_type(kind):
        what = type(values).__name__ if kind is None else kind
        raise TypeError(
            f"the gradient of {name} is {what}; it must be float64 (or float32){_suggest(values)}"
        )
    if hasattr(values, "toarray"):
        raise TypeError(
            f"the gradient of {name} is a sparse {type(values).__name__}; it must be an array: "
            "return its .toarray()"
        )
    array = np.asarray(values)
    if array.shape == shape:
        return array
    hint = ""
    if array.shape == shape[::-1]:
        hint = ", which is its transpose"
    elif array.size == np.prod(shape):
        hint = f": its entries are as many, so .reshape({shape}) may be what is meant"
    raise ValueError(
        f"the gradient of {name} has shape {array.shape}; it must have shape {shape}{hint}"
    )


def refuse_unclear(name: str, value: Any) -> None:
    """Raise TypeError if this looks like an array of floats, and is none that can be checked.

    Held instead, as settings are, it would go unchecked without a word.
    """
    is_array = isinstance(value, np.ndarray) and not is_nothing(value)
    is_odd = isinstance(value, (np.matrix, np.ma.MaskedArray)) or (
        is_array and value.dtype.kind in "fc" and not is_float_array(value)
    )
    if is_odd or _framework_of(value):
        read_block(name, value)


def is_list_of_floats(value: Any) -> bool:
    """Return whether these are lists, nested or not, of Python's floats and nothing else."""
    if isinstance(value, list):
        return bool(value) and all(is_list_of_floats(item) for item in value)
    return isinstance(value, float)


def _is_float_type(dtype: Any) -> bool:
    """Return whether this is a type of floats of 16 to 64 bits, in any byte order."""
    return isinstance(dtype, np.dtype) and dtype.kind == "f" and dtype.itemsize <= 8


def _array_of_numbers(values: Any) -> Any:
    """Return lists of numbers as an array; whatever else it is as it is."""
    try:
        array = np.array(values)
    except ValueError:
        return values
    return array.astype(np.float64) if array.dtype.kind in "iuf" else values


def _describe(value: Any) -> str:
    if isinstance(value, (Mapping, list, tuple)):
        return f"{'an empty' if not value else 'a'} {type(value).__name__}"
    return f"of type {type(value).__name__}"


def _framework_of(value: Any) -> str | None:
    return _FRAMEWORKS.get(type(value).__module__.partition(".")[0])


def _suggest(value: Any) -> str:
    """Return what to do about something that is no array of floats."""
    framework = _framework_of(value)
    if framework:
        return f" (functions of such arrays are checked by gradlab.frameworks.{framework}.check)"
    if isinstance(value, bool) or value is None:
        return ""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if isinstance(value, int) or kind in ("i", "u", "b"):
        return (
            ". Convert it with np.asarray(..., dtype=float) if it is to be checked; keep it out "
            "of params if not"
        )
    if isinstance(value, complex) or kind == "c":
        return ". Check its real and its imaginary part, as two blocks of real numbers"
    return ""
