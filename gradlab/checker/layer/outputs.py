"""What a layer returns, and the upstream that makes one number of it.

With upstream u, the number is ``sum(u * output)``, and its gradient is what backward(u) returns:
the vector-Jacobian product. One random u is enough, because backward is linear in it: if it is
wrong for any, it is wrong for almost every one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradlab.checker.measuring.noise import root_mean_square
from gradlab.checker.parameters import rebuild
from gradlab.checker.significand import Arithmetic, round_to_bits, significand_bits
from gradlab.support.floats import FloatArray, Index

# The upstream is drawn from multiples of 2^-4 for types of few bits, where it is then exact, and
# from finer ones for longer types, where sums of a few coarse ones might cancel by accident.
_DIGITS = {53: 20, 24: 16}
_FEWEST = 4


class Outputs:
    """The form of what forward returns: an array, or a list, tuple or dict of arrays.

    Arrays of integers or booleans among them, such as the places of maxima, have no derivative.

    Parameters
    ----------
    returned : array_like, or a list, tuple or dict of them
        What forward returned.
    bits : list of int, optional
        Of the significand of each output of floats. Default: those of its type.

    Attributes
    ----------
    names : list of str
        A name for each output of floats.
    shapes : list of tuple of int
    bits : list of int
        Of the significand of each.

    Raises
    ------
    TypeError
        If it is no such thing; the message says which.
    """

    def __init__(self, returned: Any, bits: Sequence[int] | None = None) -> None:
        self._form = returned
        arrays = [_read(name, output) for name, output in _named(returned)]
        self._is_float = [array.dtype.kind == "f" for array in arrays]
        floats = [array for array in arrays if array.dtype.kind == "f"]
        if not floats:
            raise TypeError(
                f"forward returned no array of floats, but {_describe(arrays)}; it must return "
                "one, or several"
            )
        pairs = zip(_named(returned), self._is_float, strict=True)
        self.names = [name for (name, _), is_float in pairs if is_float]
        self.shapes = [array.shape for array in floats]
        self._dtypes = [array.dtype for array in floats]
        self.bits = list(bits or map(significand_bits, self._dtypes))
        self._weights = _weigh(floats, self.bits)

    def read(self, returned: Any) -> list[FloatArray]:
        """Return the outputs of floats as float64.

        Raises
        ------
        ValueError
            If they have not the form that they had before.
        """
        arrays = [_read(name, output) for name, output in _named(returned)]
        floats = [array for array in arrays if array.dtype.kind == "f"]
        if [array.shape for array in floats] != self.shapes:
            raise ValueError(
                f"forward returned shapes {[array.shape for array in floats]}, and before "
                f"{self.shapes}; they must be the same each time"
            )
        return [array.astype(np.float64) for array in floats]

    def draw_upstream(self, seed: int) -> list[FloatArray]:
        """Return random upstreams, one for each output, from 1/2 to 2 in size.

        They are smaller, by a power of two, where an output is so large beside the others that it
        would hide them, and 0 where it is infinite.
        """
        rng = np.random.default_rng(seed)
        upstreams = []
        for shape, bits, weights in zip(self.shapes, self.bits, self._weights, strict=True):
            unit = 2 ** _DIGITS.get(bits, _FEWEST)
            size = rng.integers(unit // 2, 2 * unit, shape) / unit
            upstreams.append(weights * size * rng.choice([-1.0, 1.0], shape))
        return upstreams

    def read_upstream(self, upstream: Any) -> list[FloatArray]:
        """Return the user's upstream, one for each output, as each output's type has it.

        Raises
        ------
        ValueError, TypeError
            If one has another shape than its output, or is not made of finite numbers.
        """
        if isinstance(self._form, Mapping):
            if not isinstance(upstream, Mapping) or set(upstream) != set(self._form):
                keys = ", ".join(map(str, self._form))
                raise ValueError(f"upstream must be a dict with the keys of the output: {keys}")
            upstream = {key: upstream[key] for key in self._form}
        given = [array for _, array in _named(upstream)]
        if len(given) == len(self._is_float):
            given = [
                array for array, is_float in zip(given, self._is_float, strict=True) if is_float
            ]
        if len(given) != len(self.shapes):
            raise ValueError(
                f"upstream has {len(given)} arrays; it must have {len(self.shapes)}, one for each "
                f"output: {', '.join(self.names)}"
            )
        read = []
        for name, array, shape, bits in zip(
            self.names, given, self.shapes, self.bits, strict=True
        ):
            values = _read(f"upstream of {name}", array)
            if values.dtype.kind not in "fiu":
                raise TypeError(
                    f"upstream of {name} is of type {values.dtype}; it must be an array of floats"
                )
            if values.shape != shape:
                raise ValueError(
                    f"upstream of {name} has shape {values.shape}; it must have the shape of the "
                    f"output, {shape}"
                )
            if not np.isfinite(values.astype(np.float64)).all():
                raise ValueError(f"upstream of {name} is not finite; every entry must be")
            read.append(round_to_bits(values.astype(np.float64), np.array(bits)))
        return read

    def arrange(self, upstreams: Sequence[FloatArray]) -> Any:
        """Return copies of these in the form of the outputs, None where an output has none."""
        copies = (u.astype(dtype) for u, dtype in zip(upstreams, self._dtypes, strict=True))
        placed = iter([next(copies) if is_float else None for is_float in self._is_float])
        if isinstance(self._form, Mapping):
            return {key: next(placed) for key in self._form}
        if isinstance(self._form, (tuple, list)):
            return rebuild(self._form, placed)
        return next(placed)


class Projection:
    """The loss ``sum(upstream * (output - base))``: subtracted first, so that no digits are lost.

    Parameters
    ----------
    forward : callable
        Takes the params and returns the outputs.
    base : sequence of ndarray of float64
        The outputs at the params where the layer is checked.
    upstreams : sequence of ndarray of float64
        Where they are 0, outputs have no part in it, infinite ones either.
    """

    def __init__(
        self,
        forward: Callable[[Any], Sequence[FloatArray]],
        base: Sequence[FloatArray],
        upstreams: Sequence[FloatArray],
    ) -> None:
        self._forward = forward
        self._base = base
        self._upstreams = upstreams

    def __call__(self, params: Any) -> float:
        """Return the loss."""
        triples = zip(self._forward(params), self._base, self._upstreams, strict=True)
        with np.errstate(all="ignore"):
            return float(
                sum(np.sum(u * (out - before), where=u != 0.0) for out, before, u in triples)
            )


@np.errstate(all="ignore")
def arithmetic_of(
    outputs: Outputs,
    base: Sequence[FloatArray],
    upstreams: Sequence[FloatArray],
    bits: Index | None,
) -> Arithmetic:
    """Return how large the outputs' numbers are, and their rounding.

    Independent errors add up as squares do.
    """
    pairs = zip(base, upstreams, strict=True)
    terms = np.array([_norm((u * out)[u != 0.0]) for out, u in pairs])
    rounding = terms * 2.0 ** -np.array(outputs.bits, dtype=np.float64)
    return Arithmetic(_norm(terms), _norm(rounding), bits)


def _norm(values: FloatArray) -> float:
    return root_mean_square(values) * math.sqrt(values.size) if values.size else 0.0


def describe_not_finite(names: Sequence[str], base: Sequence[FloatArray]) -> list[str]:
    """Say which outputs are NaN or infinite."""
    said = []
    for name, out in zip(names, base, strict=True):
        for what, found, more in (
            ("NaN", np.isnan(out), ""),
            ("infinite", np.isinf(out), "; its upstream is 0 there"),
        ):
            bad = np.argwhere(found).tolist()
            if bad:
                entries = "1 entry" if len(bad) == 1 else f"{len(bad)} entries"
                said.append(f"{name} is {what} in {entries}, first in {bad[0]}{more}.")
    return said


# Numbers that are larger than others by more than this hide them.
_LARGE = 2.0**10
# A smaller weight would leave the range of the numbers.
_LEAST_POWER = -100.0


@np.errstate(all="ignore")
def _weigh(floats: Sequence[NDArray[Any]], bits: Sequence[int]) -> list[FloatArray]:
    """Return powers of two that make large outputs as small as the others; 0 where infinite.

    An output may be nothing but rounding, such as the mean of what was centred. So none is made
    smaller than half of the digits beside the largest.
    """
    sizes = [np.abs(array.astype(np.float64)) for array in floats]
    typical = np.array([_typical(size) for size in sizes])
    largest = float(typical.max(initial=0.0))
    small = max(
        float(typical[typical > 0.0].min(initial=largest)), 2.0 ** -(min(bits) // 2) * largest
    )
    weights = []
    for size in sizes:
        ratio = np.where((size > _LARGE * small) & np.isfinite(size), small / size, 1.0)
        power = np.exp2(np.maximum(np.floor(np.log2(ratio)), _LEAST_POWER))
        weights.append(np.where(np.isinf(size), 0.0, power))
    return weights


def _typical(size: FloatArray) -> float:
    """Return the lower median of what is neither 0 nor infinite, 0 if there is nothing else."""
    known = np.sort(size[np.isfinite(size) & (size > 0.0)])
    return float(known[(known.size - 1) // 2]) if known.size else 0.0


def _named(returned: Any) -> list[tuple[str, Any]]:
    if isinstance(returned, Mapping):
        return [(f"output[{key!r}]", value) for key, value in returned.items()]
    if isinstance(returned, (tuple, list)):
        return [(f"output[{k}]", value) for k, value in enumerate(returned)]
    return [("output", returned)]


def _read(name: str, output: Any) -> NDArray[Any]:
    is_array = isinstance(output, (np.ndarray, np.generic, float, int))
    is_long = is_array and np.asarray(output).dtype in (np.longdouble, np.clongdouble)
    if not is_array or is_long or np.asarray(output).dtype.kind not in "fiub":
        kind = getattr(output, "dtype", type(output).__name__)
        hint = ""
        if name != "output" and isinstance(output, (tuple, list, dict)):
            hint = ". If it is what backward needs, pass cache=True"
        raise TypeError(f"{name} is of type {kind}; it must be an array of floats{hint}")
    return np.asarray(output)


def _describe(arrays: Sequence[NDArray[Any]]) -> str:
    return ", ".join(str(array.dtype) for array in arrays) or "nothing"
