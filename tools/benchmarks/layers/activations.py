"""Activations: what is done to every entry by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.functions import sigmoid
from tools.benchmarks.layers.layer import Layer, Mistake, draw_nonzero
from tools.benchmarks.world.functions import erf
from tools.benchmarks.world.problem import Array, Rng

_CS231N = "CS231n, assignment 2, layers.py"


def _relu(x: Array) -> Any:
    return np.maximum(x, 0)


def _relu_back(dout: Array, x: Array, mistake: str = "") -> Any:
    if mistake == "dout ignored":
        return (x > 0).astype(float)
    if mistake == "out >= 0 for x > 0":
        return dout * (np.maximum(x, 0) >= 0)
    if mistake == "by the sign of dout":
        return np.maximum(dout, 0)
    dout[x <= 0] = 0
    return dout


def _leaky(x: Array, slope: float) -> Any:
    return np.where(x > 0, x, slope * x), (x, slope)


def _leaky_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, slope = cache
    below = {"slope of 1": 1.0, "slope of 0": 0.0, "slope of -slope": -slope}.get(mistake, slope)
    return dout * np.where(x > 0, 1.0, below)


def _prelu(x: Array, a: Array) -> Any:
    return np.where(x > 0, x, a * x)


def _prelu_back(dout: Array, x: Array, a: Array, mistake: str = "") -> Any:
    dx = dout * np.where(x > 0, 1.0, a)
    negative = np.where(x > 0, 0.0, dout * x)
    da = negative.sum(axis=0)
    if mistake == "da of all channels":
        da = np.full_like(a, negative.sum())
    if mistake == "da of the positive side":
        da = np.where(x > 0, dout * x, 0.0).sum(axis=0)
    if mistake == "da with a":
        da = a * da
    return dx, da


def _elu(x: Array, alpha: float) -> Any:
    return np.where(x > 0, x, alpha * (np.exp(np.where(x > 0, 0 * x, x)) - 1))


def _elu_back(dout: Array, x: Array, alpha: float, mistake: str = "") -> Any:
    out = _elu(x, alpha)
    below = out if mistake == "alpha forgotten" else out + alpha
    return dout * np.where(x > 0, 1.0, below)


def _gelu(x: Array) -> Any:
    return x * (1 + erf(x / np.sqrt(2))) / 2


def _gelu_back(dout: Array, x: Array, mistake: str = "") -> Any:
    distribution = (1 + erf(x / np.sqrt(2))) / 2
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    if mistake == "density forgotten":
        return dout * distribution
    return dout * (distribution + (density if mistake == "x forgotten" else x * density))


def _gelu_tanh(x: Array) -> Any:
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return x * (1 + t) / 2, (x, t)


def _gelu_tanh_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, t = cache
    inner = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)
    if mistake == "inner derivative forgotten":
        inner = 1.0
    return dout * ((1 + t) / 2 + x / 2 * (1 - t * t) * inner)


def _silu(x: Array) -> Any:
    return x * sigmoid(x)


def _silu_back(dout: Array, x: Array, mistake: str = "") -> Any:
    s = sigmoid(x)
    return dout * s if mistake == "sigmoid only" else dout * (s + x * s * (1 - s))


def _softplus(x: Array) -> Any:
    return np.log1p(np.exp(x))


def _softplus_back(dout: Array, x: Array, mistake: str = "") -> Any:
    s = sigmoid(x)
    return dout * s * (1 - s) if mistake == "sigmoid' for sigmoid" else dout * s


def _sigmoid(x: Array) -> Any:
    out = sigmoid(x)
    return out, (x, out)


def _sigmoid_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, out = cache
    return dout * (x * (1 - x) if mistake == "at x, not at sigmoid(x)" else out * (1 - out))


def _tanh(x: Array) -> Any:
    return np.tanh(x)


def _tanh_back(dout: Array, x: Array, mistake: str = "") -> Any:
    t = np.tanh(x)
    return dout * ((1 - t) ** 2 if mistake == "square at the wrong place" else 1 - t * t)


def _swiglu(x: Array) -> Any:
    a, b = np.split(x, 2, axis=1)
    return a * sigmoid(a) * b, (a, b)


def _swiglu_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    a, b = cache
    s = sigmoid(a)
    da, db = dout * b * (s + a * s * (1 - s)), dout * a * s
    if mistake == "gate held constant":
        da = np.zeros_like(a)
    return np.concatenate([db, da] if mistake == "halves swapped" else [da, db], axis=1)


def _draw_any(rng: Rng) -> tuple[Any, ...]:
    return (1.5 * rng.normal(size=(3, 4)),)


def _draw_off_kink(rng: Rng) -> tuple[Any, ...]:
    x = draw_nonzero(rng, (4, 3))
    x[:2] = [[-0.5, 0.7, -1.2], [0.4, -0.9, 1.1]]  # both sides in each column
    return (x,)


_BACKPROP = "Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.3"
_HENDRYCKS = "Hendrycks and Gimpel 2016, arXiv:1606.08415"

LAYERS = (
    Layer(
        "ReLU, in place",
        "activations",
        _CS231N,
        _relu,
        _relu_back,
        _draw_off_kink,
        (
            Mistake("dout ignored", "x", "nonlinear"),
            Mistake("out >= 0 for x > 0", "x", "dead_units upstream_alone"),
            Mistake("by the sign of dout", "x", "nonlinear"),
        ),
    ),
    Layer(
        "leaky ReLU",
        "activations",
        "Maas, Hannun and Ng 2013, ICML workshop",
        _leaky,
        _leaky_back,
        lambda rng: (*_draw_off_kink(rng), 0.01),
        (
            Mistake("slope of 1", "x", "wrong_scale upstream_alone"),
            Mistake("slope of 0", "x", "some_zero"),
            Mistake("slope of -slope", "x", "sign_flipped"),
        ),
        cache=True,
    ),
    Layer(
        "PReLU",
        "activations",
        "He et al. 2015, arXiv:1502.01852",
        _prelu,
        _prelu_back,
        lambda rng: (*_draw_off_kink(rng), rng.uniform(0.1, 0.4, size=3)),
        (
            Mistake("da of all channels", "a", "equal_entries"),
            Mistake("da of the positive side", "a"),
            Mistake("da with a", "a"),
        ),
    ),
    Layer(
        "ELU",
        "activations",
        "Clevert, Unterthiner and Hochreiter 2015, arXiv:1511.07289",
        _elu,
        _elu_back,
        lambda rng: (*_draw_off_kink(rng), 0.5),
        (Mistake("alpha forgotten", "x"),),
    ),
    Layer(
        "GELU",
        "activations",
        _HENDRYCKS,
        _gelu,
        _gelu_back,
        _draw_any,
        (Mistake("density forgotten", "x"), Mistake("x forgotten", "x")),
        analytic=False,
    ),
    Layer(
        "GELU by tanh",
        "activations",
        _HENDRYCKS,
        _gelu_tanh,
        _gelu_tanh_back,
        _draw_any,
        (Mistake("inner derivative forgotten", "x"),),
        cache=True,
    ),
    Layer(
        "SiLU",
        "activations",
        "Elfwing, Uchibe and Doya 2017, arXiv:1702.03118",
        _silu,
        _silu_back,
        _draw_any,
        (Mistake("sigmoid only", "x"),),
    ),
    Layer(
        "softplus",
        "activations",
        "Dugas et al. 2001, NIPS 13",
        _softplus,
        _softplus_back,
        _draw_any,
        (Mistake("sigmoid' for sigmoid", "x"),),
    ),
    Layer(
        "sigmoid",
        "activations",
        _BACKPROP,
        _sigmoid,
        _sigmoid_back,
        _draw_any,
        (Mistake("at x, not at sigmoid(x)", "x"),),
        cache=True,
    ),
    Layer(
        "tanh",
        "activations",
        _BACKPROP,
        _tanh,
        _tanh_back,
        _draw_any,
        (Mistake("square at the wrong place", "x"),),
    ),
    Layer(
        "SwiGLU",
        "activations",
        "Shazeer 2020, arXiv:2002.05202",
        _swiglu,
        _swiglu_back,
        lambda rng: (rng.normal(size=(3, 6)),),
        (
            Mistake("halves swapped", "x", "permuted"),
            Mistake("gate held constant", "x", "some_zero"),
        ),
        cache=True,
    ),
)
