"""Checking gradients that PyTorch computes: of a function, an autograd.Function, a module."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gradlab.checker.layer.arguments import name_arguments
from gradlab.checker.layer.held import copy_held
from gradlab.checker.layer.precision import check_written
from gradlab.checker.parameters import Path, leaves, path_name, rebuild
from gradlab.checker.report import GradientReport
from gradlab.support.arguments import require_function
from gradlab.support.floats import FloatArray

_DTYPES = {53: torch.float64, 24: torch.float32, 11: torch.float16, 8: torch.bfloat16}
_BITS = {dtype: bits for bits, dtype in _DTYPES.items()}


def check(
    function: Callable[..., Any],
    inputs: Any,
    *,
    upstream: Any = None,
    rtol: float = 0.0,
    points: int = 1,
    seed: int = 0,
) -> GradientReport:
    """Check what PyTorch computes backwards against differences of what it computes forwards.

    Parameters
    ----------
    function : callable
        ``function(*inputs)`` returns a tensor of floats, or a tuple, list or dict of such, nested
        or not. It may be a subclass of ``torch.autograd.Function``, or a module.
    inputs : tuple, or a tensor
        What it takes. Tensors of floats are checked, also in lists, tuples and dicts; if any
        requires a gradient, only those that do. The parameters of a module that require a gradient
        are checked as well. Nothing is changed: tensors, buffers and settings are passed on as
        copies, without hooks. Other attributes that a module sets itself are its own.
    upstream : tensor, or several in the form of the output, optional
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
        Its blocks have the names of the module's parameters, and of those of its forward.

    Raises
    ------
    ValueError, TypeError
        If the inputs or outputs are not as described; the message names them.

    Notes
    -----
    It computes in float64 if the function can, whatever the inputs are; otherwise in their own
    type, or in that of the outputs, and the report says how well the slopes could be measured
    there. Tensors stay on their device. See `gradlab.check_layer`.

    Examples
    --------
    >>> import torch
    >>> from gradlab.frameworks import torch as torch_checks
    >>> class Square(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, z):
    ...         ctx.save_for_backward(z)
    ...         return z**2
    ...     @staticmethod
    ...     def backward(ctx, upstream):
    ...         (z,) = ctx.saved_tensors
    ...         return upstream * z  # should be 2 z
    >>> report = torch_checks.check(Square, torch.linspace(-1, 2, 5))
    >>> print(report.verdict, *report.findings)
    fail z: The gradient is 0.5 times what it should be (a 2 missing?).
    """
    # Whatever is random in the function leaves PyTorch's own random numbers as they were.
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False):
        written = _Tensors(function, inputs)
        return check_written(written, upstream=upstream, rtol=rtol, points=points, seed=seed)


class _Tensors:
    """A function of tensors as one of NumPy's arrays, by name: the parameters and the inputs."""

    def __init__(self, function: Any, inputs: Any) -> None:
        if isinstance(inputs, torch.Tensor):
            inputs = (inputs,)
        if not isinstance(inputs, (tuple, list)):
            raise TypeError(
                f"inputs is of type {type(inputs).__name__}; it must be a tensor, or a tuple of "
                "what the function takes"
            )
        self._module = function if isinstance(function, torch.nn.Module) else None
        self._call, signature_of = _read_function(function)
        self._state = _list_state(self._module)
        self._inputs = list(inputs)
        found = _name_inputs(name_arguments(signature_of, self._inputs), self._inputs)
        self._leaves = {
            f"inputs.{name}" if name in self._state else name: leaf for name, leaf in found
        }
        tensors = {**self._state, **self._leaves}
        for name, leaf in tensors.items():
            _refuse_complex(name, leaf)
            _refuse_without_entries(name, leaf)
            if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f":
                raise TypeError(
                    f"{name} is a NumPy array; it must be a tensor: torch.as_tensor({name})"
                )
        self._checked = [*_choose_state(self._module), *_choose_inputs(self._leaves)]
        if not self._checked:
            given = ", ".join(f"{name} is {_describe(leaf)}" for name, leaf in tensors.items())
            raise ValueError(
                "inputs has no tensor of floats with entries; there must be one to check"
                f" ({given})"
            )
        self._tensors = {name: tensors[name] for name in self._checked}
        self._held = [name for name in tensors if name not in self._checked]
        self.names = [*self._checked, *self._held]
        self._left_out: list[str] = []
        self._paths: list[Path] = []

    @property
    def arguments(self) -> _Tensors:
        """The inputs by name: this object itself."""
        return self

    def __getitem__(self, name: str) -> Any:
        if name in self._tensors:
            return _to_numpy(self._tensors[name]).astype(np.float64)
        value = {**self._state, **self._leaves}[name]
        is_index = isinstance(value, torch.Tensor) and value.dtype in (torch.int32, torch.int64)
        return _to_numpy(value) if is_index else value

    def bits_of(self, names: Sequence[str], bits: int) -> list[int]:
        """Return the bits of the significand of each of these tensors, in some type."""
        return [_BITS[_kept_dtype(self._tensors[name], bits)] for name in names]

    def widest(self) -> int:
        """Return the bits of the widest type among what is checked."""
        return max(_read_bits(name, tensor) for name, tensor in self._tensors.items())

    def run(self, moved: Mapping[str, FloatArray], bits: int) -> tuple[Any, list[int]]:
        """Return the outputs as arrays, and the bits of those that have a gradient."""
        outputs = self._outputs(self._place(moved, bits), bits)
        names = ["output"] if len(outputs) == 1 else [f"output[{k}]" for k in range(len(outputs))]
        pairs = list(zip(names, outputs, strict=True))
        self._left_out = [name for name, out in pairs if _is_float(out) and not _has_graph(out)]
        if not any(map(_has_graph, outputs)) and any(map(_is_float, outputs)):
            raise ValueError(
                "no output requires a gradient; one must depend on what is checked, without "
                "detach, no_grad or a way through NumPy"
            )
        arrays = [_to_numpy(out) if _has_graph(out) else np.zeros(0, dtype=int) for out in outputs]
        bits_of_floats = [_read_bits(name, out) for name, out in pairs if _has_graph(out)]
        return (arrays[0] if len(arrays) == 1 else arrays), bits_of_floats

    def order_upstream(self, upstream: Any) -> Any:
        """Return the user's upstream as arrays in the order of the outputs."""
        found = dict(leaves(upstream))
        if set(found) != set(self._paths):
            wanted = ", ".join(path_name(("output", *path)) for path in self._paths)
            raise ValueError(f"upstream must have the form of the output: {wanted}")
        arrays = [
            _to_numpy(found[path]) if isinstance(found[path], torch.Tensor) else found[path]
            for path in self._paths
        ]
        return arrays[0] if len(arrays) == 1 else arrays

    def notes(self) -> list[str]:
        """Say which outputs have no gradient."""
        names = ", ".join(self._left_out)
        return [f"Left out, because it requires no gradient: {names}."] if names else []

    def pull_back(
        self, moved: Mapping[str, FloatArray], upstream: Any, bits: int
    ) -> dict[str, NDArray[Any]]:
        """Return the gradients that PyTorch computes."""
        placed = self._place(moved, bits)
        given = list(upstream) if isinstance(upstream, list) else [upstream]
        pairs = zip(self._outputs(placed, bits), given, strict=True)
        known = [(out, u) for out, u in pairs if u is not None]
        gradients = torch.autograd.grad(
            [output for output, _ in known],
            list(placed.values()),
            [torch.as_tensor(u, dtype=out.dtype, device=out.device) for out, u in known],
            allow_unused=True,
        )
        # What is not connected has no gradient, and what it adds is zero.
        return {
            name: _to_numpy(torch.zeros_like(tensor) if gradient is None else gradient)
            for (name, tensor), gradient in zip(placed.items(), gradients, strict=True)
        }

    def _place(self, moved: Mapping[str, FloatArray], bits: int) -> dict[str, torch.Tensor]:
        """Return new tensors: with these numbers, or with those that were given."""
        placed = {}
        for name, given in self._tensors.items():
            dtype = _kept_dtype(given, bits)
            if name in moved:
                placed[name] = torch.tensor(moved[name], dtype=dtype, device=given.device)
            else:
                placed[name] = given.detach().clone().to(dtype)
        return {name: tensor.requires_grad_() for name, tensor in placed.items()}

    def _outputs(self, placed: Mapping[str, torch.Tensor], bits: int) -> list[torch.Tensor]:
        def fill(name: str, given: Any) -> Any:
            if name in placed:
                # A copy with a graph, which the function may change in place.
                return placed[name].clone()
            if isinstance(given, torch.Generator):
                return given.clone_state()
            if not isinstance(given, torch.Tensor):
                return copy_held(given)
            copied = given.detach().clone()
            return copied.to(_kept_dtype(given, bits)) if given.is_floating_point() else copied

        with torch.enable_grad():
            filled = iter([fill(name, leaf) for name, leaf in self._leaves.items()])
            arguments = [rebuild(value, filled) for value in self._inputs]
            if self._module is None:
                returned = self._call(*arguments)
            else:
                state = {name: fill(name, tensor) for name, tensor in self._state.items()}
                returned = torch.func.functional_call(self._module, state, tuple(arguments))
        found = [(path, leaf) for path, leaf in leaves(returned) if isinstance(leaf, torch.Tensor)]
        outputs = [leaf for _, leaf in found]
        self._paths = [path for path, _ in found]
        if not outputs:
            raise TypeError(
                f"the function returned a {type(returned).__name__} without a tensor; it must "
                "return a tensor of floats, or several"
            )
        if any(output.is_complex() for output in outputs):
            raise TypeError(
                "an output is complex; it must be real: return torch.view_as_real of it"
            )
        return outputs


def _read_function(function: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return what is called, and the function whose parameters name the inputs."""
    kind: Any = torch.autograd.Function
    if inspect.isclass(function) and kind in inspect.getmro(function):
        written: Any = function
        # Its forward takes a context first, or, where setup_context is apart, none.
        has_context = written.setup_context is kind.setup_context
        forward = written.forward
        return written.apply, functools.partial(forward, None) if has_context else forward
    if inspect.isclass(function):
        name = function.__name__
        raise TypeError(f"function is the class {name}; it must be an instance: {name}(...)")
    require_function("function", function)
    return function, function.forward if isinstance(function, torch.nn.Module) else function


def _list_state(module: torch.nn.Module | None) -> dict[str, torch.Tensor]:
    return (
        {}
        if module is None
        else {**dict(module.named_parameters()), **dict(module.named_buffers())}
    )


def _choose_state(module: torch.nn.Module | None) -> list[str]:
    named = [] if module is None else module.named_parameters()
    return [name for name, parameter in named if parameter.requires_grad]


def _choose_inputs(found: Mapping[str, Any]) -> list[str]:
    floats = {
        name: leaf
        for name, leaf in found.items()
        if isinstance(leaf, torch.Tensor) and leaf.is_floating_point() and leaf.numel()
    }
    asked = [name for name, leaf in floats.items() if leaf.requires_grad]
    return asked or list(floats)


def _name_inputs(names: Sequence[str], inputs: Sequence[Any]) -> list[tuple[str, Any]]:
    return [
        (path_name((name, *path)), leaf)
        for name, value in zip(names, inputs, strict=True)
        for path, leaf in leaves(value)
    ]


def _describe(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"{value.dtype} of shape {tuple(value.shape)}"
    return f"of type {type(value).__name__}"


def _refuse_complex(name: str, value: Any) -> None:
    if isinstance(value, torch.Tensor) and value.is_complex():
        raise TypeError(
            f"{name} is complex; it must be real: use torch.view_as_real of it, and "
            "torch.view_as_complex inside"
        )


def _refuse_without_entries(name: str, value: Any) -> None:
    if not isinstance(value, torch.Tensor):
        return
    if value.layout != torch.strided:
        raise TypeError(f"{name} is a sparse tensor; it must be a dense one: {name}.to_dense()")
    if value.is_meta:
        raise TypeError(f"{name} is on the meta device; it must have entries")


def _is_float(value: torch.Tensor) -> bool:
    return bool(value.is_floating_point())


def _has_graph(value: torch.Tensor) -> bool:
    return bool(value.is_floating_point() and value.requires_grad)


def _read_bits(name: str, tensor: torch.Tensor) -> int:
    if tensor.dtype not in _BITS:
        types = ", ".join(str(dtype) for dtype in _BITS)
        raise TypeError(f"{name} is of type {tensor.dtype}; it must be one of {types}")
    return _BITS[tensor.dtype]


def _kept_dtype(tensor: torch.Tensor, bits: int) -> torch.dtype:
    """Return the type for so many bits, or that of the tensor if it is shorter."""
    if bits == max(_DTYPES):
        return torch.float64
    return _DTYPES[min(bits, _read_bits("an input", tensor))]


def _to_numpy(tensor: torch.Tensor) -> NDArray[Any]:
    kept = tensor.detach().cpu()
    # NumPy has no bfloat16; every one of its numbers is a float32.
    return np.asarray((kept.float() if kept.dtype == torch.bfloat16 else kept).numpy())
