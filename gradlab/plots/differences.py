"""Figures of difference formulas: chords, and errors against the step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import LogLocator, NullLocator

from gradlab.differences.budget import ErrorBudget, error_budget
from gradlab.differences.convergence import sweep
from gradlab.differences.formulas import (
    backward_difference,
    central_difference,
    forward_difference,
)
from gradlab.examples import Example
from gradlab.support.drawing import BLACK, BLUE, GREEN, LINES, PURPLE, RED, Drawing, new_figure
from gradlab.support.floats import FloatArray

# The forward markers are open, so that a marker beneath them still shows.
FORWARD: dict[str, Any] = {
    "color": RED,
    "linestyle": "--",
    "marker": "s",
    "markersize": 9,
    "fillstyle": "none",
}
BACKWARD: dict[str, Any] = {"color": PURPLE, "linestyle": ":", "marker": "v", "markersize": 6}
CENTRAL: dict[str, Any] = {"color": BLUE, "linestyle": "-.", "marker": "o", "markersize": 5}
FIVE_POINT: dict[str, Any] = {"color": GREEN, "linestyle": ":", "marker": "^", "markersize": 6}

# The order of the derivative in each method's truncation error.
_DERIVATIVE_ORDER = {"forward": 2, "backward": 2, "central": 3, "five_point": 5, "richardson": 5}


class Chords:
    """A curve with its tangent and its forward, backward and central chords at one point.

    Parameters
    ----------
    f, slope : callable
        The curve and its derivative, which both take arrays. Where there is no derivative,
        `slope` returns NaN, and no tangent is drawn.
    name : str
        The formula of the curve.
    x, h : float
        The point and the step.
    window : (float, float), optional
        The range of x to show.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing.
    alt : str
        A description of what it shows.
    """

    def __init__(
        self,
        f: Callable[[Any], Any],
        slope: Callable[[Any], Any],
        name: str,
        x: float,
        h: float,
        window: tuple[float, float] = (-3.5, 3.5),
    ) -> None:
        self.figure, axes = new_figure()
        grid = np.linspace(*window, 281)
        values = f(grid)
        axes.plot(grid, values, color="0.55", linewidth=2.5, label="f")
        reach = np.array([-1.0, 1.0]) * max(1.2, 1.25 * h)
        touching = f(np.float64(x)) + slope(np.float64(x)) * reach
        axes.plot(x + reach, touching, color=BLACK, linestyle="-", label="tangent")
        for label, style, ends in (
            ("forward chord", FORWARD, (x, x + h)),
            ("backward chord", BACKWARD, (x - h, x)),
            ("central chord", CENTRAL, (x - h, x + h)),
        ):
            axes.plot(ends, f(np.array(ends)), label=label, **style)
        low, high = float(values.min()), float(values.max())
        margin = 0.12 * (high - low)
        axes.set_xlim(*window)
        axes.set_ylim(low - margin, high + margin)
        axes.set_xlabel("x")
        axes.set_title(f"f(x) = {name} at x = {x:.2f} with h = {h:.3g}", fontsize=11)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
        self.alt = self._describe(f, slope, name, x, h)

    def _describe(
        self,
        f: Callable[[Any], Any],
        slope: Callable[[Any], Any],
        name: str,
        x: float,
        h: float,
    ) -> str:
        slopes = self.slopes(f, x, h)
        true = float(slope(np.float64(x)))
        tangent = (
            "no tangent, for there is a kink"
            if np.isnan(true)
            else f"a tangent (solid) of slope {true:.2f}"
        )
        return (
            f"The curve {name} at x = {x:g} with {tangent}, and three chords for h = {h:g}: "
            f"forward (dashed) of slope {slopes['forward']:.2f}, "
            f"backward (dotted) of slope {slopes['backward']:.2f}, "
            f"central (dash-dotted) of slope {slopes['central']:.2f}."
        )

    @staticmethod
    def slopes(f: Callable[[Any], Any], x: float, h: float) -> dict[str, float]:
        """Return the slope of each chord.

        Parameters
        ----------
        f : callable
            The curve.
        x, h : float
            The point and the step.

        Returns
        -------
        dict of str to float
            ``forward``, ``backward`` and ``central``.
        """
        return {
            "forward": forward_difference(f, x, h),
            "backward": backward_difference(f, x, h),
            "central": central_difference(f, x, h),
        }


class VCurve:
    """The error of a difference against its step, both measured and predicted.

    Parameters
    ----------
    example : Example
        A smooth function with its derivatives.
    x : float
        The point at which its slope is measured.
    method : {"forward", "backward", "central", "five_point", "richardson"}
        The difference formula.
    dtype : type, optional
        The type of all computations, float64 or float32.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing.
    alt : str
        A description of what it shows.
    """

    def __init__(
        self,
        example: Example,
        x: float,
        method: str,
        dtype: type[np.floating[Any]] = np.float64,
    ) -> None:
        slope = float(example.slope(x))
        steps, errors = sweep(example.f, dtype(x), slope, method)
        # The derivative in the truncation term, and those beyond.
        order = _DERIVATIVE_ORDER[method]
        higher = [abs(float(derivative(x))) for derivative in example.derivatives[order:]]
        # From rounding the value, and from rounding x + h, which changes the value.
        noise = float(np.finfo(dtype).eps) / 2 * max(abs(float(example.f(x))), abs(x * slope))
        budget = error_budget(method, higher[0], noise)
        self._lines = [_predict(budget, higher)]
        if not errors.any():
            self._lines.append("Measured: every difference is exact, so there is nothing to draw")
        subject = (
            f"{method.replace('_', '-')} difference of {example.name} at x = {x:.2f}, "
            f"{np.dtype(dtype).name}"
        )
        self.figure, axes = new_figure()
        axes.set_title(subject, fontsize=11)
        _draw_budget(axes, budget, steps, errors)
        parts = ["measured points"]
        parts += ["the predicted truncation line (dashed, rising with h)"] * (higher[0] > 0)
        parts += ["the predicted rounding line (dotted, falling with h)"] * (noise > 0)
        parts += ["a star at the predicted bottom"] * (0 < budget.best_step < np.inf)
        self.alt = (
            f"The error of the {subject}, against the step h, on log-log axes: "
            f"{', '.join(parts)}. {self._lines[0]}."
        )

    def summary(self) -> list[str]:
        """Return the prediction in words, and a line that says so if every difference is exact."""
        return self._lines


def _draw_budget(axes: Any, budget: ErrorBudget, steps: FloatArray, errors: FloatArray) -> None:
    """Draw measured errors, the two lines of a budget and their bottom; zeros are left out."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(1e-16, 3.0)
    axes.set_ylim(1e-17, 1e5)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(numticks=6))
        axis.set_major_formatter(lambda value, position: f"{value:.0e}")
        axis.set_minor_locator(NullLocator())
    for values, color, linestyle, label in (
        (budget.truncation(steps), RED, "--", "truncation"),
        (budget.rounding(steps), PURPLE, ":", "rounding"),
    ):
        axes.plot(steps, _hide_zeros(values), color=color, linestyle=linestyle, label=label)
    for x, y, color, marker, size, label in (
        (steps, _hide_zeros(errors), BLUE, "o", 5, "measured"),
        ([budget.best_step], [budget.best_error], BLACK, "*", 14, "predicted bottom"),
    ):
        axes.plot(x, y, color=color, linestyle="", marker=marker, markersize=size, label=label)
    axes.set_xlabel("step h")
    axes.set_ylabel("|difference − derivative|")
    axes.legend(loc="upper center", ncols=4, frameon=False, columnspacing=1.2)


def _hide_zeros(values: FloatArray) -> FloatArray:
    """Return values with nan in place of 0, which has no logarithm."""
    return np.where(values > 0, values, np.nan)


def _predict(budget: ErrorBudget, higher: Sequence[float]) -> str:
    """Say where the bottom should be; `higher` begins with the derivative of the budget."""
    if not any(higher):
        return "No truncation error: the larger the step, the better"
    if budget.derivative == 0:
        return "The first truncation term vanishes at this x, and the next one takes over"
    if budget.noise == 0:
        return "No rounding is predicted where f(x) and x are 0: the smaller the step, the better"
    return f"Predicted bottom: step {budget.best_step:.0e}, error {budget.best_error:.0e}"


def plot_against_step(
    steps: Sequence[float] | np.ndarray[Any, Any],
    errors: Mapping[str, np.ndarray[Any, Any]],
) -> Drawing:
    """Draw errors against the step on log-log axes, small steps on the left.

    Parameters
    ----------
    steps : sequence of float
        The steps h.
    errors : mapping of str to array
        For each method ("forward", "backward", "central", "five_point"), its error at each
        step. Errors of exactly 0 are left out, as they have no logarithm.

    Returns
    -------
    Drawing
        The figure and its alternative text.
    """
    figure, axes = new_figure()
    styles = {
        "forward": FORWARD,
        "backward": BACKWARD,
        "central": CENTRAL,
        "five_point": FIVE_POINT,
    }
    for name, values in errors.items():
        shown = np.where(np.asarray(values) > 0, values, np.nan)
        axes.loglog(steps, shown, label=name.replace("_", "-"), **styles[name])
    axes.set_xlabel("step h")
    axes.set_ylabel("|difference − derivative|")
    axes.legend(frameon=False)
    descending = np.argsort(steps)[::-1]
    shapes = [
        f"{name.replace('_', '-')} ({LINES[styles[name]['linestyle']]}) "
        f"{_describe_shape(np.asarray(steps)[descending], np.asarray(values)[descending])}"
        for name, values in errors.items()
    ]
    alt = f"Error against the step h on log-log axes. As h shrinks: {'; '.join(shapes)}."
    return Drawing(figure, alt)


def _describe_shape(steps: np.ndarray[Any, Any], errors: np.ndarray[Any, Any]) -> str:
    """Say how errors change as the step shrinks, in words that rounding cannot change."""
    words = []
    largest = slice(0, 4)
    if np.all(errors[largest] > 0) and np.all(np.diff(errors[largest]) < 0):
        slope = np.polyfit(np.log(steps[largest]), np.log(errors[largest]), 1)[0]
        words.append(f"falls with slope {slope:.0f}")
    if errors[-1] > 1e3 * errors.min():
        words.append("rises to the end")
    return ", then ".join(words) or "stays"
