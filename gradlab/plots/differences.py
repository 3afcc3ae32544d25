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

    It is drawn once; `update` only moves its lines, which keeps the explorer fast.

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
        A description of what it shows; `update` renews it.
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
        # Fixed margins: a layout engine would run at every redraw.
        self.figure, axes = new_figure(layout=None)
        self.figure.subplots_adjust(left=0.09, right=0.73, bottom=0.12, top=0.92)
        self._axes = axes
        self._window = window
        (self._curve,) = axes.plot([], [], color="0.55", linewidth=2.5, label="f")
        (self._tangent,) = axes.plot([], [], color=BLACK, linestyle="-", label="tangent")
        self._chords = [
            axes.plot([], [], label=label, **style)[0]
            for label, style in (
                ("forward chord", FORWARD),
                ("backward chord", BACKWARD),
                ("central chord", CENTRAL),
            )
        ]
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
        axes.set_xlabel("x")
        self.update(f, slope, name, x, h)

    def update(
        self,
        f: Callable[[Any], Any],
        slope: Callable[[Any], Any],
        name: str,
        x: float,
        h: float,
    ) -> None:
        """Redraw for another curve, point or step; the parameters are those of the class."""
        grid = np.linspace(*self._window, 281)
        values = f(grid)
        self._curve.set_data(grid, values)
        low, high = float(values.min()), float(values.max())
        margin = 0.12 * (high - low)
        self._axes.set_xlim(*self._window)
        self._axes.set_ylim(low - margin, high + margin)
        self._axes.set_title(f"f(x) = {name} at x = {x:.2f} with h = {h:.3g}", fontsize=11)

        reach = np.array([-1.0, 1.0]) * max(1.2, 1.25 * h)
        self._tangent.set_data(x + reach, f(np.float64(x)) + slope(np.float64(x)) * reach)
        ends = np.array([[x, x + h], [x - h, x], [x - h, x + h]])
        for chord, pair in zip(self._chords, ends, strict=True):
            chord.set_data(pair, f(pair))
        slopes = self.slopes(f, x, h)
        true = float(slope(np.float64(x)))
        tangent = (
            "no tangent, for there is a kink"
            if np.isnan(true)
            else f"a tangent (solid) of slope {true:.2f}"
        )
        self.alt = (
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
        The drawing; `update` only moves its lines.
    alt : str
        A description of what it shows; `update` renews it.
    """

    def __init__(
        self,
        example: Example,
        x: float,
        method: str,
        dtype: type[np.floating[Any]] = np.float64,
    ) -> None:
        # Fixed margins: a layout engine would run at every redraw.
        self.figure, axes = new_figure(layout=None)
        self.figure.subplots_adjust(left=0.11, right=0.98, bottom=0.12, top=0.92)
        self._axes = axes
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(1e-16, 3.0)
        axes.set_ylim(1e-17, 1e5)
        # Ticks take most of the time of a redraw: draw few, and typeset no exponents.
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(numticks=6))
            axis.set_major_formatter(lambda value, position: f"{value:.0e}")
            axis.set_minor_locator(NullLocator())
        axes.set_xlabel("step h")
        axes.set_ylabel("|difference − derivative|")
        (self._truncation,) = axes.plot([], [], color=RED, linestyle="--", label="truncation")
        (self._rounding,) = axes.plot([], [], color=PURPLE, linestyle=":", label="rounding")
        (self._measured,) = axes.plot(
            [], [], color=BLUE, linestyle="", marker="o", markersize=5, label="measured"
        )
        (self._bottom,) = axes.plot(
            [], [], color=BLACK, linestyle="", marker="*", markersize=14, label="predicted bottom"
        )
        axes.legend(loc="upper center", ncols=4, frameon=False, columnspacing=1.2)
        self.update(example, x, method, dtype)

    def update(
        self, example: Example, x: float, method: str, dtype: type[np.floating[Any]]
    ) -> None:
        """Redraw for another function, point, method or type."""
        slope = float(example.slope(x))
        steps, errors = sweep(example.f, dtype(x), slope, method)
        higher = [abs(float(derivative(x))) for derivative in example.derivatives[2:]]
        derivative = higher[_DERIVATIVE_ORDER[method] - 2]
        # From rounding the value, and from rounding x + h, which changes the value.
        noise = float(np.finfo(dtype).eps) / 2 * max(abs(float(example.f(x))), abs(x * slope))
        budget = error_budget(method, derivative, noise)
        self._measured.set_data(steps, np.where(errors > 0, errors, np.nan))
        self._truncation.set_data(
            steps, np.where(derivative > 0, budget.truncation(steps), np.nan)
        )
        self._rounding.set_data(steps, np.where(noise > 0, budget.rounding(steps), np.nan))
        self._bottom.set_data([budget.best_step], [budget.best_error])
        self._lines = [_predict(budget, higher[_DERIVATIVE_ORDER[method] - 2 :])]
        if not errors.any():
            self._lines.append("Measured: every difference is exact, so there is nothing to draw")
        subject = (
            f"{method.replace('_', '-')} difference of {example.name} at x = {x:.2f}, "
            f"{np.dtype(dtype).name}"
        )
        self._axes.set_title(subject, fontsize=11)
        parts = ["measured points"]
        parts += ["the predicted truncation line (dashed, rising with h)"] * (derivative > 0)
        parts += ["the predicted rounding line (dotted, falling with h)"] * (noise > 0)
        parts += ["a star at the predicted bottom"] * (0 < budget.best_step < np.inf)
        self.alt = (
            f"The error of the {subject}, against the step h, on log-log axes: "
            f"{', '.join(parts)}. {self._lines[0]}."
        )

    def summary(self) -> list[str]:
        """Return the prediction in words, and a line that says so if every difference is exact."""
        return self._lines


def _predict(budget: ErrorBudget, higher: Sequence[float]) -> str:
    """Say where the bottom should be; `higher` starts with the derivative of the budget."""
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
