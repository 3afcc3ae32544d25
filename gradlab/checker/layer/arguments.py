"""The inputs of a layer: which are checked, which are held, and whose gradient is whose."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradlab.checker.layer.held import copy_held
from gradlab.checker.parameters import Path, children_of, leaves, path_name, rebuild
from gradlab.checker.reading import is_float_array, is_list_of_floats, refuse_unclear
from gradlab.checker.significand import FLOAT64, significand_bits

_DTYPES = {53: np.float64, 24: np.float32, 11: np.float16}


class Arguments:
    """The inputs of a layer, by the names of forward's parameters.

    What can be checked are arrays of floats, also in lists, tuples and dicts, where they have
    names such as ``params['W']``; and single floats, if they get a gradient.

    Parameters
    ----------
    forward : callable
        ``forward(*inputs)``.
    inputs : tuple or list, or one array
        Not changed.

    Attributes
    ----------
    names : list of str
        Of everything that is in no list, tuple or dict.
    inputs : list of str
        Of the inputs themselves.
    """

    def __init__(self, forward: Callable[..., Any], inputs: Any) -> None:
        if isinstance(inputs, np.ndarray):
            inputs = (inputs,)
        if not isinstance(inputs, (tuple, list)):
            kind = type(inputs).__name__
            raise TypeError(
                f"inputs is of type {kind}; it must be a tuple of what forward takes: (x, W, b)"
            )
        self._values = list(inputs)
        self.inputs = name_arguments(forward, self._values)
        self._leaves: dict[str, Any] = {}
        for name, value in zip(self.inputs, self._values, strict=True):
            for path, leaf in leaves(value):
                full = path_name((name, *path))
                refuse_unclear(full, leaf)
                self._leaves[full] = leaf
        self.names = list(self._leaves)
        pairs = list(zip(self.inputs, self._values, strict=True))
        self._arrays = [name for name, value in pairs if is_float_array(value)]
        self._able = [name for name, value in pairs if _holds(value, is_float_array)]
        has_numbers = any(
            is_number(value) or (isinstance(value, Mapping) and _holds(value, is_number))
            for value in self._values
        )
        if not self._able and not has_numbers:
            raise ValueError(
                f"inputs ({', '.join(self.inputs)}) has no array of floats; one at least must be "
                "an array of floats, as np.array(...) makes it, or there is nothing to check"
            )

    def __getitem__(self, name: str) -> Any:
        return self._leaves[name]

    def fill(self, moved: Mapping[str, Any], bits: int) -> list[Any]:
        """Return all inputs: these in their places, and copies of everything else.

        Arrays of floats have at most so many bits, and fewer where they were given with fewer; at
        53 bits, all have 53.
        """
        filled = []
        for name, value in zip(self.inputs, self._values, strict=True):
            found = [(path_name((name, *path)), leaf) for path, leaf in leaves(value)]
            if not any(is_float_array(leaf) or full in moved for full, leaf in found):
                filled.append(copy_held(value))
                continue
            placed = (
                _cast(moved[full] if full in moved else copy_held(leaf), leaf, bits)
                for full, leaf in found
            )
            filled.append(rebuild(value, placed))
        return filled

    def bits_of(self, names: Sequence[str], bits: int) -> list[int]:
        """Return the bits that `fill` leaves each of these."""
        return [_kept_bits(self[name], bits) for name in names]

    def widest(self) -> int:
        """Return the bits of the widest array of floats; of floats alone, their own."""
        arrays = [leaf for leaf in self._leaves.values() if is_float_array(leaf)]
        return max((_given_bits(array) for array in arrays), default=FLOAT64)

    def match(self, returned: Any) -> dict[str, Any]:
        """Return the gradients that backward returned, by the names of what they belong to.

        What it leaves out, or returns None for, has none; what is returned for something that has
        no gradient, such as zeros for ids, is dropped.

        Raises
        ------
        ValueError, TypeError
            If it is not clear which gradient is whose, or if there is none.
        """
        found = {}
        for name, gradient in self._pair(returned).items():
            value = self._values[self.inputs.index(name)]
            if gradient is not None and is_list_of_floats(value) and isinstance(value, list):
                raise TypeError(
                    f"{name} is a list of floats, and backward returns a gradient for it; it must "
                    f"be an array: np.array({name})"
                )
            for full, leaf, given in _match(value, gradient, (name,)):
                if given is not None and (is_float_array(leaf) or is_number(leaf)):
                    found[full] = given
        if not found:
            raise ValueError(
                f"backward returned no gradient; it must return that of {_join(self._wanted())}"
            )
        return found

    def _wanted(self) -> list[str]:
        return self._able or self.inputs

    def _pair(self, returned: Any) -> dict[str, Any]:
        if len(self._able) == 1:
            only = self._values[self.inputs.index(self._able[0])]
            if isinstance(only, (Mapping, list, tuple)) and _fits(only, returned):
                return {self._able[0]: returned}
        if isinstance(returned, Mapping) and set(returned) <= set(self.inputs):
            return dict(returned)
        if not isinstance(returned, (tuple, list)):
            for names in (self._able, self._arrays, self.inputs):
                if len(names) == 1:
                    return {names[0]: returned}
            raise ValueError(
                f"backward returned {_describe(returned)}; it must return a tuple with a gradient "
                f"for each of {_join(self._wanted())}, or None for one that has none"
            )
        # With None where there is no gradient; without it; without that of settings.
        for names in (self.inputs, self._able, self._arrays):
            if len(returned) == len(names):
                return dict(zip(names, returned, strict=True))
        count = f"{len(returned)} gradient{'' if len(returned) == 1 else 's'}"
        raise ValueError(
            f"backward returned {count}; it must return one for each of {_join(self._wanted())}, "
            "or None for one that has none"
        )


def is_number(leaf: Any) -> bool:
    """Return whether this is a single float, which is checked only if it gets a gradient."""
    return isinstance(leaf, (float, np.floating)) and not isinstance(leaf, np.longdouble)


def _cast(leaf: Any, given: Any, bits: int) -> Any:
    """Return an array of floats in the type for so many bits, anything else as it is."""
    if is_number(given):
        return type(given)(leaf)
    if not is_float_array(leaf):
        return leaf
    return leaf.astype(_DTYPES[_kept_bits(given, bits)], copy=False)


def _kept_bits(given: Any, bits: int) -> int:
    return bits if bits == FLOAT64 else min(bits, _given_bits(given))


def _given_bits(leaf: Any) -> int:
    return significand_bits(np.asarray(leaf).dtype)


def _holds(value: Any, what: Callable[[Any], bool]) -> bool:
    return any(what(leaf) for _, leaf in leaves(value))


def _fits(value: Any, gradient: Any) -> bool:
    """Return whether a gradient has the structure of a value; parts of a dict may be left out."""
    if gradient is None:
        return True
    if isinstance(value, Mapping):
        return isinstance(gradient, Mapping) and all(
            key in value and _fits(value[key], part) for key, part in gradient.items()
        )
    if isinstance(value, (list, tuple)):
        return (
            isinstance(gradient, (list, tuple))
            and len(gradient) == len(value)
            and all(map(_fits, value, gradient))
        )
    return not isinstance(gradient, (Mapping, list, tuple))


def _match(value: Any, gradient: Any, path: Path) -> Iterator[tuple[str, Any, Any]]:
    """Yield the name of each leaf of an input, the leaf, and its gradient, None without one.

    Raises
    ------
    ValueError
        If the gradient has another structure; of a dict, parts may be left out.
    """
    children = dict(children_of(value))
    if not children:
        yield path_name(path), value, gradient
        return
    given: dict[Any, Any] = {}
    if gradient is not None:
        is_dict = isinstance(value, Mapping)
        given = dict(children_of(gradient))
        is_whole = is_dict or len(given) == len(children)
        if (
            isinstance(gradient, Mapping) != is_dict
            or not set(given) <= set(children)
            or not is_whole
        ):
            raise ValueError(
                f"backward returned {_describe(gradient)} for {path_name(path)}; it must return "
                f"the structure of that input, {_describe(value)}, with None for what has no "
                "gradient"
            )
    for key, child in children.items():
        yield from _match(child, given.get(key), (*path, key))


def takes_upstream_alone(backward: Callable[..., Any], names: Sequence[str]) -> bool:
    """Return whether backward takes nothing else, as the method of a layer with state does.

    Raises
    ------
    TypeError
        If it takes neither that, nor the upstream and everything by these names.
    """
    try:
        signature = inspect.signature(backward)
    except (TypeError, ValueError):
        return False
    expected = ("upstream", *names)
    may_be_alone = names != ["cache"] and _can_bind(signature, ("upstream",))
    if _can_bind(signature, expected):
        # What has a default and another name than the input is an option.
        others = list(signature.parameters.values())[1:]
        return may_be_alone and any(
            other.kind is other.POSITIONAL_OR_KEYWORD and other.name not in names
            for other in others
        )
    if may_be_alone:
        return True
    hint = "" if names == ["cache"] else "; or, with cache=True, (upstream, cache)"
    raise TypeError(
        f"backward takes ({', '.join(signature.parameters)}); it must take "
        f"({', '.join(expected)}){hint}"
    )


def _can_bind(signature: inspect.Signature, arguments: Sequence[str]) -> bool:
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True


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
        count = f"{len(values)} {'entry' if len(values) == 1 else 'entries'}"
        raise TypeError(
            f"inputs has {count}, but forward takes "
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


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"one array of shape {value.shape}"
    if isinstance(value, Mapping):
        return f"a dict with the keys {', '.join(map(str, value))}"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    return "None" if value is None else f"a {type(value).__name__}"


def _join(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
