"""The inputs of a layer: which are checked, which are held, and whose gradient is whose."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradlab.checker.parameters import leaves, rebuild
from gradlab.checker.reading import is_float_array, is_list_of_floats, refuse_unclear
from gradlab.checker.significand import FLOAT64, significand_bits

_DTYPES = {53: np.float64, 24: np.float32, 11: np.float16}


class Arguments:
    """The inputs of a layer, by the names of forward's parameters.

    An input is an array of floats; or lists, tuples and dicts with such arrays among what they
    hold, as parameters come; or anything else, which has no gradient.

    Parameters
    ----------
    forward : callable
        ``forward(*inputs)``.
    inputs : tuple or list, or one array
        Not changed.

    Attributes
    ----------
    names : list of str
    values : list
        As they were given.
    """

    def __init__(self, forward: Callable[..., Any], inputs: Any) -> None:
        if isinstance(inputs, np.ndarray):
            inputs = (inputs,)
        if not isinstance(inputs, (tuple, list)):
            kind = type(inputs).__name__
            raise TypeError(
                f"inputs is of type {kind}; it must be a tuple of what forward takes: (x, W, b)"
            )
        self.values = list(inputs)
        self.names = name_arguments(forward, self.values)
        for name, value in zip(self.names, self.values, strict=True):
            refuse_unclear(name, value)
        self.arrays = [name for name in self.names if is_float_array(self[name])]
        self.able = [name for name in self.names if _holds_arrays(self[name])]
        if not self.able:
            raise ValueError(
                f"inputs ({', '.join(self.names)}) has no array of floats; one at least must be "
                "an array of floats, as np.array(...) makes it, or there is nothing to check"
            )

    def __getitem__(self, name: str) -> Any:
        return self.values[self.names.index(name)]

    def fill(self, moved: Mapping[str, Any], bits: int) -> list[Any]:
        """Return all arguments: these in their places, and copies of the others.

        Arrays of floats have at most so many bits, and fewer where they were given with fewer; at
        53 bits, all have 53.
        """
        pairs = zip(self.names, self.values, strict=True)
        return [
            _cast(moved[name] if name in moved else _copied(value), value, bits)
            for name, value in pairs
        ]

    def bits_of(self, names: Sequence[str], bits: int) -> list[int]:
        """Return the bits that `fill` leaves each array among these inputs."""
        blocks = [leaf for name in names for _, leaf in leaves(self[name])]
        return [_kept_bits(block, bits) for block in blocks if not is_setting(block)]

    def widest(self) -> int:
        """Return the bits of the widest array of floats among the inputs."""
        blocks = [leaf for value in self.values for _, leaf in leaves(value)]
        return max(_given_bits(block) for block in blocks if is_float_array(block))

    def match(self, returned: Any) -> dict[str, Any]:
        """Return the gradients that backward returned, by the names of their inputs.

        What it leaves out, or returns None for, has none; what is returned for inputs that have
        no gradient, such as zeros for ids, is dropped.

        Raises
        ------
        ValueError, TypeError
            If it is not clear which gradient is whose, or if there is none.
        """
        found = {}
        for name, gradient in self._pair(returned).items():
            if gradient is not None and isinstance(self[name], list):
                _refuse_list_of_floats(name, self[name])
            is_number = isinstance(self[name], float) and np.ndim(gradient) == 0
            if gradient is not None and (name in self.able or is_number):
                found[name] = gradient
        if not found:
            raise ValueError(
                f"backward returned no gradient; it must return that of {_join(self.able)}"
            )
        return found

    def _pair(self, returned: Any) -> dict[str, Any]:
        if isinstance(returned, Mapping) and set(returned) <= set(self.names):
            return dict(returned)
        only = self[self.able[0]] if len(self.able) == 1 else None
        if only is not None and _has_shape_of(returned, only):
            return {self.able[0]: returned}
        if not isinstance(returned, (tuple, list)):
            if len(self.able) == 1 or len(self.arrays) == 1:
                return {(self.arrays or self.able)[0]: returned}
            raise ValueError(
                f"backward returned {_describe(returned)}; it must return a tuple with a gradient "
                f"for each of {_join(self.able)}"
            )
        # With None where there is no gradient; without it; without that of settings.
        for names in (self.names, self.able, self.arrays):
            if len(returned) == len(names):
                return dict(zip(names, returned, strict=True))
        raise ValueError(
            f"backward returned {len(returned)} gradients; it must return one for each of "
            f"{_join(self.able)}, or None for one that has none"
        )


def _cast(value: Any, given: Any, bits: int) -> Any:
    """Return a structure with its arrays of floats in the type for so many bits, or a shorter one.

    `given` is the same structure as it was given: what came in fewer bits keeps them, unless
    `bits` is 53.
    """
    if not _holds_arrays(given) and not isinstance(given, float):
        return value
    blocks = zip(leaves(value), leaves(given), strict=True)
    return rebuild(
        value, (_cast_leaf(leaf, original, bits) for (_, leaf), (_, original) in blocks)
    )


def _cast_leaf(leaf: Any, original: Any, bits: int) -> Any:
    if not is_float_array(leaf):
        return leaf
    return leaf.astype(_DTYPES[_kept_bits(original, bits)], copy=False)


def _kept_bits(original: Any, bits: int) -> int:
    return bits if bits == FLOAT64 else min(bits, _given_bits(original))


def _given_bits(leaf: Any) -> int:
    return significand_bits(np.asarray(leaf).dtype)


def is_setting(leaf: Any) -> bool:
    """Return whether what is no list, tuple or dict is nothing that can be moved."""
    return not is_float_array(leaf) and not isinstance(leaf, float)


def _holds_arrays(value: Any) -> bool:
    return any(is_float_array(leaf) for _, leaf in leaves(value))


def _copied(value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception:
        # What cannot be copied, such as a lock or an open file, is no state of the layer.
        return value


def _has_shape_of(returned: Any, value: Any) -> bool:
    """Return whether this is the gradient of a structure by itself: the same keys or length."""
    if isinstance(value, Mapping):
        return isinstance(returned, Mapping) and set(returned) == set(value)
    if not isinstance(value, (list, tuple)):
        return False
    is_alike = isinstance(returned, (list, tuple)) and len(returned) == len(value)
    # A tuple around it, as for several inputs, is no part of it.
    return is_alike and isinstance(value[0], (list, tuple)) == isinstance(
        returned[0], (list, tuple)
    )


def require_arguments(backward: Callable[..., Any], names: Sequence[str]) -> None:
    """Raise TypeError unless backward takes the upstream and what else it is given."""
    try:
        signature = inspect.signature(backward)
    except (TypeError, ValueError):
        return
    expected = ("upstream", *names)
    try:
        signature.bind(*expected)
    except TypeError:
        hint = "" if names == ["cache"] else "; or, with cache=True, (upstream, cache)"
        raise TypeError(
            f"backward takes ({', '.join(signature.parameters)}); it must take "
            f"({', '.join(expected)}){hint}"
        ) from None


def name_arguments(forward: Callable[..., Any], values: Sequence[Any]) -> list[str]:
    """Return the name of each input: that of forward's parameter, ``xs[0]`` for one of *xs."""
    try:
        signature = inspect.signature(forward)
    except (TypeError, ValueError):
        # Functions written in C may have no signature.
        return [f"inputs[{k}]" for k in range(len(values))]
    try:
        bound = signature.bind(*values)
    except TypeError as error:
        raise TypeError(
            f"inputs has {len(values)} entries, but forward takes "
            f"({', '.join(signature.parameters)}); inputs must be a tuple of what forward takes "
            f"({error})"
        ) from None
    names = []
    for name, value in bound.arguments.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
            names += [f"{name}[{k}]" for k in range(len(value))]
        else:
            names.append(name)
    return names


def _refuse_list_of_floats(name: str, value: Any) -> None:
    if is_list_of_floats(value):
        raise TypeError(
            f"{name} is a list of floats, and backward returns a gradient for it; it must be an "
            f"array: np.array({name})"
        )


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"one array of shape {value.shape}"
    if isinstance(value, Mapping):
        return f"a dict with the keys {', '.join(map(str, value))}"
    return "None" if value is None else f"a {type(value).__name__}"


def _join(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
