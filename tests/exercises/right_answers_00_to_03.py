"""Right answers to the exercises of lessons 0 to 3, written in other ways than the reference."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import gradlab


def slow_central(f: Any, x: Any, h: float) -> Any:
    x = np.array(x, dtype=float)
    slopes = [(f(value + h) - f(value - h)) / (2 * h) for value in x.ravel()]
    return np.array(slopes).reshape(x.shape)


def horner_taylor(derivatives: Any, x0: Any, x: Any) -> Any:
    total = 0.0 * x
    for k in range(len(derivatives) - 1, -1, -1):
        total = derivatives[k] + total * (x - x0) / (k + 1)
    return total


def taylor_by_cumulative_product(derivatives: Any, x0: Any, x: Any) -> Any:
    factorials = np.cumprod([1.0, *range(1, len(derivatives))])
    powers = np.subtract.outer(x, x0)[..., np.newaxis] ** np.arange(len(derivatives))
    return powers @ (np.asarray(derivatives) / factorials)


def order_by_covariance(steps: Any, errors: Any) -> Any:
    x, y = np.log2(steps), np.log2(errors)
    return np.cov(x, y)[0, 1] / np.var(x, ddof=1)


def order_by_hand(steps: Any, errors: Any) -> float:
    x, y = [math.log(h) for h in steps], [math.log(e) for e in errors]
    n = len(x)
    xy = sum(a * b for a, b in zip(x, y, strict=True))
    return (n * xy - sum(x) * sum(y)) / (n * sum(a * a for a in x) - sum(x) ** 2)


def order_by_lstsq(steps: Any, errors: Any) -> Any:
    columns = np.column_stack([np.log10(steps), np.ones(len(steps))])
    return np.linalg.lstsq(columns, np.log10(errors))[0][0]


def best_step_by_search(f_scale: float, third_derivative: float) -> Any:
    h = np.logspace(-12, 2, 2000)
    return h[np.argmin(2**-53 * f_scale / h + h**2 * abs(third_derivative) / 6)]


def richardson_by_entries(f: Any, x: Any, h: float) -> Any:
    if np.ndim(x):
        return np.array([richardson_by_entries(f, v, h) for v in x])
    return (8 * (f(x + h / 2) - f(x - h / 2)) - (f(x + h) - f(x - h))) / (6 * h)


def close_in_cases(numeric: float, analytic: float, rtol: float, atol: float) -> bool:
    if math.isnan(numeric) or math.isnan(analytic):
        return False
    if math.isinf(numeric) or math.isinf(analytic):
        return False
    if numeric < analytic:
        return close_in_cases(analytic, numeric, rtol, atol)
    larger = abs(numeric) if abs(numeric) > abs(analytic) else abs(analytic)
    return numeric - analytic <= rtol * larger + atol


def gradlab_free_forward(f: Any, x: Any, h: float) -> Any:
    return (f(x + h) - f(x)) / h


RIGHT: dict[str, list[Callable[..., Any]]] = {
    "double": [
        lambda x: x + x,
        lambda x: 4 * np.asarray(x) / 2,
        lambda x: np.multiply(x, 2.0),
        lambda x: [2 * v for v in x] if np.ndim(x) else 2 * x,
    ],
    "forward_difference": [
        lambda f, x, h: (f(np.float64(x) + h) - f(np.float64(x))) / h,
        lambda f, x, h: f(np.float64(x) + h) / h - f(np.float64(x)) / h,
        lambda f, x, h: -(f(1.0 * np.float64(x)) - f(np.float64(x) + h)) * (1 / h),
    ],
    "central_difference": [
        slow_central,
        lambda f, x, h: (f(np.float64(x) + h) - f(np.float64(x) - h)) / h / 2,
        lambda f, x, h: (
            (
                gradlab_free_forward(f, np.float64(x), h)
                + gradlab_free_forward(f, np.float64(x), -h)
            )
            / 2
        ),
    ],
    "taylor_polynomial": [
        lambda derivatives, x0, x: sum(
            d / math.factorial(k) * (x - x0) ** k for k, d in enumerate(derivatives)
        ),
        lambda derivatives, x0, x: np.polyval(
            [d / math.factorial(k) for k, d in enumerate(derivatives)][::-1], x - x0
        ),
        horner_taylor,
        taylor_by_cumulative_product,
    ],
    "observed_order": [
        lambda steps, errors: np.polyfit(np.log10(steps), np.log10(errors), 1)[0],
        lambda steps, errors: (
            np.polynomial.Polynomial.fit(np.log(steps), np.log(errors), 1).convert().coef[1]
        ),
        order_by_covariance,
        order_by_hand,
        order_by_lstsq,
    ],
    "best_central_step": [
        lambda f_scale, third_derivative: np.cbrt(
            1.5 * np.finfo(float).eps * f_scale / np.abs(third_derivative)
        ),
        lambda f_scale, third_derivative: math.exp(
            math.log(3 * 1.1e-16 * f_scale / math.fabs(third_derivative)) / 3
        ),
        lambda f_scale, third_derivative: abs(3 * 2**-53 * f_scale / third_derivative) ** (1 / 3),
        best_step_by_search,
    ],
    "richardson": [
        lambda f, x, h: (
            gradlab.central_difference(f, x, h / 2) * 4 / 3
            - gradlab.central_difference(f, x, h) / 3
        ),
        lambda f, x, h: (
            slow_central(f, x, h / 2) + (slow_central(f, x, h / 2) - slow_central(f, x, h)) / 3
        ),
        lambda f, x, h: gradlab.five_point_difference(f, x, h / 2),
        richardson_by_entries,
    ],
    "f": [
        lambda x: x * (x + 3),
        lambda x: np.square(x) + x + x + x,
        lambda x: pow(x, 2) + 3.0 * x,
        lambda x: np.polyval([1, 3, 0], x),
        lambda x: (x + 1.5) ** 2 - 2.25,
    ],
    "f_prime": [
        lambda x: 3 + x + x,
        lambda x: 2 * (x + 1.5),
        lambda x: np.polyval([2, 3], x),
        lambda x: [2 * v + 3 for v in x] if np.ndim(x) == 1 else 2.0 * np.asarray(x) + 3,
    ],
    "predict_forward_error": [
        lambda h: 2 * h / 2,
        lambda h: h**2 / h,
        lambda h: np.multiply(h, 1.0),
        lambda h: h * 2 / math.factorial(2),
    ],
    "close_enough": [
        close_in_cases,
        lambda n, a, rtol, atol: bool(
            np.isfinite(n)
            and np.isfinite(a)
            and np.abs(n - a) <= atol + rtol * np.abs([n, a]).max()
        ),
        lambda n, a, rtol, atol: (
            abs(n) < math.inf
            and abs(a) < math.inf
            and (np.isclose(n, a, rtol, atol) or np.isclose(a, n, rtol, atol))
        ),
        lambda n, a, rtol, atol: int(
            np.isfinite([n, a]).all() and not abs(a - n) > max(abs(n), abs(a)) * rtol + atol
        ),
    ],
}
