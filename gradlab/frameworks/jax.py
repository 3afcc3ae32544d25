"""Checking gradients that JAX computes: of a custom_vjp, or of any function of arrays."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from gradlab.checker.layer.arguments import name_arguments
from gradlab.checker.layer.held import copy_held
from gradlab.checker.layer.precision import check_written
from gradlab.checker.report import GradientReport
from gradlab.support.arguments import require_function
from gradlab.support.floats import FloatArray

_DTYPES = {53: jnp.float64, 24: jnp.float32, 11: jnp.float16, 8: jnp.bfloat16}
_FLOAT64 = max(_DTYPES)


def check(
    function: Callable[..., Any],
    inputs: Any,
    *,
    upstream: Any = None,
    rtol: float = 0.0,
    points: int = 1,
    seed: int = 0,
) -> GradientReport:
    """Check what JAX computes backwards against differences of what it computes forwards.

    Parameters
    ----------
    function : callable
        ``function(*inputs)`` returns an array of floats, or a pytree of such. ``jax.vjp`` must be
        able to differentiate it.
    inputs : tuple, or an array
        What it takes: arrays, or pytrees such as dicts of parameters. The arrays of floats in it
        are checked; everything else is held, Python's numbers included.
    upstream : array, or a pytree in the form of the output, optional
        Default: random.
    rtol : float
        How far a gradient may be off and still pass, as a part of its block's largest entry.
    points : int
        Check here and at `points` - 1 random points.
    seed : int
        Seed of the upstream and of the points.

    Returns
    -------
    GradientReport
        Its blocks have the names of the function's parameters, and the keys inside them.

    Raises
    ------
    ValueError, TypeError
        If the inputs or outputs are not as described; the message names them.

    Notes
    -----
    It computes in float64 if the function can, also where JAX is not set to use that; otherwise in
    the inputs' own type, or in that of the outputs, and the report says how well the slopes could
    be measured there. The function is called some hundred times: ``jax.jit`` is worthwhile. See
    `gradlab.check_layer`.

    Examples
    --------
    >>> import jax
    >>> import jax.numpy as jnp
    >>> from gradlab.frameworks import jax as jax_checks
    >>> @jax.custom_vjp
    ... def square(z):
    ...     return z**2
    >>> square.defvjp(lambda z: (z**2, z), lambda z, upstream: (upstream * z,))  # should be 2 z
    >>> report = jax_checks.check(square, jnp.linspace(-1, 2, 5))
    >>> print(report.verdict, *report.findings)
    fail z: The gradient is 0.5 times what it should be (a 2 missing?).
    """
    require_function("function", function)
    written = _Arrays(function, inputs)
    return check_written(written, upstream=upstream, rtol=rtol, points=points, seed=seed)


class _Arrays:
    """A function of pytrees as one of NumPy's arrays, by name."""

    def __init__(self, function: Callable[..., Any], inputs: Any) -> None:
        if isinstance(inputs, (np.ndarray, jax.Array)):
            inputs = (inputs,)
        if not isinstance(inputs, (tuple, list)):
            raise TypeError(
                f"inputs is of type {type(inputs).__name__}; it must be an array, or a tuple of "
                "what the function takes"
            )
        self._call = function
        self._leaves: dict[str, Any] = {}
        for name, value in zip(name_arguments(function, inputs), inputs, strict=True):
            for path, leaf in jax.tree_util.tree_flatten_with_path(value)[0]:
                self._leaves[name + jax.tree_util.keystr(path)] = leaf
        self._tree = jax.tree_util.tree_structure(tuple(inputs))
        for name, leaf in self._leaves.items():
            _refuse_complex(name, leaf)
        self._checked = {
            name: jnp.asarray(leaf) if isinstance(leaf, jax.Array) else np.asarray(leaf)
            for name, leaf in self._leaves.items()
            if _is_float_array(leaf)
        }
        if not self._checked:
            given = ", ".join(
                f"{name} is {_describe(leaf)}" for name, leaf in self._leaves.items()
            )
            raise ValueError(
                f"inputs has no array of floats with entries; there must be one to check ({given})"
            )
        self.names = list(self._leaves)
        self._output_tree: Any = None

    @property
    def arguments(self) -> _Arrays:
        """The inputs by name: this object itself."""
        return self

    def __getitem__(self, name: str) -> Any:
        if name in self._checked:
            return np.asarray(self._checked[name], dtype=np.float64)
        value = self._leaves[name]
        is_index = isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jnp.integer)
        return np.asarray(value) if is_index else value

    def bits_of(self, names: Sequence[str], bits: int) -> list[int]:
        """Return the bits of the significand of each of these arrays, in some type."""
        return [_kept_bits(self._checked[name], bits) for name in names]

    def widest(self) -> int:
        """Return the bits of the widest type among what is checked."""
        return max(_bits(name, array) for name, array in self._checked.items())

    def run(self, moved: Mapping[str, FloatArray], bits: int) -> tuple[Any, list[int]]:
        """Return the outputs as NumPy's arrays, and the bits of those of floats."""
        with _wide(bits):
            outputs = self._outputs(self._place(moved, bits))
            floats = [_bits("an output", out) for out in outputs if _is_float(out)]
            arrays = [_to_numpy(output) for output in outputs]
            return (arrays[0] if len(arrays) == 1 else arrays), floats

    def order_upstream(self, upstream: Any) -> Any:
        """Return the user's upstream as arrays in the order of the outputs."""
        arrays, tree = jax.tree_util.tree_flatten(upstream)
        if tree != self._output_tree:
            raise ValueError(f"upstream has the form {tree}; it must have {self._output_tree}")
        arrays = [_to_numpy(array) for array in arrays]
        return arrays[0] if len(arrays) == 1 else arrays

    def notes(self) -> list[str]:
        """Say what has no part in the check: nothing besides what is held."""
        return []

    def pull_back(
        self, moved: Mapping[str, FloatArray], upstream: Any, bits: int
    ) -> dict[str, NDArray[Any]]:
        """Return the gradients that JAX computes."""
        with _wide(bits):
            placed = self._place(moved, bits)

            def floats(placed: dict[str, Any]) -> list[Any]:
                return [out for out in self._outputs(placed) if _is_float(out)]

            outputs, pull = jax.vjp(floats, placed)
            upstream = upstream if isinstance(upstream, list) else [upstream]
            given = [u for u in upstream if u is not None]
            pairs = zip(outputs, given, strict=True)
            (gradients,) = pull([jnp.asarray(u, dtype=out.dtype) for out, u in pairs])
            return {name: _to_numpy(gradient) for name, gradient in gradients.items()}

    def _place(self, moved: Mapping[str, FloatArray], bits: int) -> dict[str, Any]:
        return {
            name: jnp.asarray(moved.get(name, given), dtype=_DTYPES[_kept_bits(given, bits)])
            for name, given in self._checked.items()
        }

    def _outputs(self, placed: Mapping[str, Any]) -> list[Any]:
        filled = [
            placed[name] if name in placed else copy_held(leaf)
            for name, leaf in self._leaves.items()
        ]
        returned = self._call(*jax.tree_util.tree_unflatten(self._tree, filled))
        outputs: list[Any]
        outputs, self._output_tree = jax.tree_util.tree_flatten(returned)
        for output in outputs:
            _refuse_complex("an output", output)
        return outputs


def _wide(bits: int) -> contextlib.AbstractContextManager[Any]:
    """Return a context in which JAX computes in float64, if that is wanted."""
    if bits != _FLOAT64:
        return contextlib.nullcontext()
    enable: Any = getattr(jax, "enable_x64", None)
    if enable is None:
        # In older versions it is an experiment.
        from jax import experimental

        enable = experimental.enable_x64
    context: contextlib.AbstractContextManager[Any] = enable(True)
    return context


def _is_float_array(leaf: Any) -> bool:
    return isinstance(leaf, (np.ndarray, jax.Array)) and leaf.size > 0 and _is_float(leaf)


def _is_float(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and bool(jnp.issubdtype(leaf.dtype, jnp.floating))


def _describe(value: Any) -> str:
    if isinstance(value, (np.ndarray, jax.Array)):
        return f"{value.dtype} of shape {value.shape}"
    return f"of type {type(value).__name__}"


def _refuse_complex(name: str, leaf: Any) -> None:
    if isinstance(leaf, (np.ndarray, jax.Array)) and jnp.iscomplexobj(leaf):
        raise TypeError(
            f"{name} is complex; it must be real: pass its real and its imaginary part, and put "
            "them together inside"
        )


def _bits(name: str, array: Any) -> int:
    bits = int(jnp.finfo(array.dtype).nmant) + 1
    if bits not in _DTYPES:
        types = ", ".join(np.dtype(dtype).name for dtype in _DTYPES.values())
        raise TypeError(f"{name} is of type {array.dtype}; it must be one of {types}")
    return bits


def _kept_bits(array: Any, bits: int) -> int:
    return bits if bits == _FLOAT64 else min(bits, _bits("an input", array))


def _to_numpy(output: Any) -> NDArray[Any]:
    """Return an output as NumPy has it: its own types of floats, or float32."""
    array = np.asarray(output)
    is_strange = jnp.issubdtype(array.dtype, jnp.floating) and array.dtype.kind != "f"
    return array.astype(np.float32) if is_strange else array
