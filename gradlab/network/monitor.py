"""Gradient checks while a network trains, because some mistakes show up only late."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gradlab.checker.report import GradientReport, Verdict
from gradlab.network.check import check_network
from gradlab.network.mlp import MLP
from gradlab.support.arguments import require_count

if TYPE_CHECKING:
    from gradlab.support.drawing import Drawing

# Below this, ratios are pure rounding, whose digits differ between machines.
_ROUNDING = 1e-8
# A ratio of exactly zero has no logarithm, and is drawn here.
_LEAST = 1e-17


class GradientMonitor:
    """A callback for `MLP.fit` that checks the gradients during training.

    It runs `gradlab.check_network` before the first step, then after every `every` steps, and
    after the last.

    Parameters
    ----------
    X : ndarray of float, shape (m, n_0)
        The inputs to check with. A few dozen rows are enough; they need not be training data.
    Y : ndarray of float, shape (m, n_L)
        The targets.
    every : int
        The number of steps from one check to the next, at least 1.

    Attributes
    ----------
    history : list of (int, GradientReport)
        The number of steps done at each check, and its report. It is emptied when a new
        training starts.

    Raises
    ------
    ValueError
        If `every` is not as described. X and Y are validated by the first check.

    Notes
    -----
    Training is not disturbed, because each check works on a copy. With dropout, a gradient can be
    checked only for masks that stay the same: those of the copy are frozen, alike at every check;
    those of the network are not.

    Examples
    --------
    >>> from gradlab import load_digits
    >>> from gradlab import GradientMonitor
    >>> from gradlab import MLP
    >>> X, Y = load_digits()
    >>> monitor = GradientMonitor(X[:16], Y[:16], every=50)
    >>> losses = MLP([64, 8, 10]).fit(X, Y, epochs=2, callback=monitor)
    >>> [step for step, report in monitor.history]
    [0, 50, 100, 114]
    >>> monitor.passed
    True
    """

    def __init__(self, X: NDArray[Any], Y: NDArray[Any], every: int = 100) -> None:
        require_count("every", every)
        self._X = X
        self._Y = Y
        self._every = every
        self.history: list[tuple[int, GradientReport]] = []

    def __call__(self, network: MLP, step: int, steps: int) -> None:
        """Check the gradients if a check is due; `MLP.fit` calls this.

        Parameters
        ----------
        network : MLP
            Not changed.
        step : int
            The number of steps done.
        steps : int
            The number of steps in all.
        """
        if step == 0:
            self.history = []
        if step % self._every == 0 or step == steps:
            self.history.append((step, self._check(network)))

    @property
    def passed(self) -> bool:
        """Whether there was at least one check and every one passed."""
        return bool(self.history) and all(report.passed for _, report in self.history)

    def plot(self) -> Drawing:
        """Draw the customary ratio of each block over the steps, and mark what did not pass.

        Returns
        -------
        Drawing
            The figure and its alternative text.

        Raises
        ------
        ValueError
            If there has been no check yet.
        """
        if not self.history:
            raise ValueError("history is empty; give the monitor to fit as its callback first")
        return _draw(self.history)

    def _check(self, network: MLP) -> GradientReport:
        if network.keep_prob < 1.0 and network.masks is None:
            network = copy.deepcopy(network)
            network.freeze_dropout(len(self._X))
        return check_network(network, self._X, self._Y)


def _draw(history: list[tuple[int, GradientReport]]) -> Drawing:
    from gradlab.support.drawing import (
        BLACK,
        BLUE,
        GREEN,
        ORANGE,
        PURPLE,
        RED,
        Drawing,
        new_figure,
    )

    figure, axes = new_figure()
    steps = [step for step, _ in history]
    lines, colors = ("-", "--", "-.", ":"), (BLUE, ORANGE, GREEN, PURPLE)
    for k, (name, ratios) in enumerate(_ratios(history).items()):
        # Neighbours differ in both colour and line, and no two of sixteen are alike.
        line, color = lines[(k + k // 4) % 4], colors[k % 4]
        axes.plot(steps, ratios, color=color, linestyle=line, marker=".", label=name)
    marks: tuple[tuple[Verdict, dict[str, Any]], ...] = (
        ("fail", {"marker": "X", "color": RED, "markeredgecolor": BLACK}),
        ("inconclusive", {"marker": "s", "color": BLACK, "fillstyle": "none"}),
    )
    for verdict, style in marks:
        places = _find_places(history, verdict)
        if places:
            axes.plot(
                *zip(*places, strict=True), linestyle="", markersize=9, label=verdict, **style
            )
    # The same axis for every training, so that rounding looks small and a mistake large.
    axes.set_yscale("log")
    axes.set_ylim(_LEAST / 3, 3.0)
    axes.set_xlabel("training step")
    axes.set_ylabel("‖a − n‖ / (‖a‖ + ‖n‖)")
    axes.set_title(_title(history), fontsize=11)
    figure.legend(loc="outside right upper", frameon=False)
    return Drawing(figure, _describe(history))


def _ratios(history: list[tuple[int, GradientReport]]) -> dict[str, list[float]]:
    """Return the ratio of each block, one for each check."""
    ratios: dict[str, list[float]] = {}
    for _, report in history:
        for row in report.parameters:
            ratios.setdefault(row.name, []).append(_clip_to_axis(row.difference))
    return ratios


def _clip_to_axis(ratio: float) -> float:
    # 1 is the largest possible ratio; it also stands for unknown ones.
    return max(float(np.nan_to_num(ratio, nan=1.0, posinf=1.0)), _LEAST)


def _find_places(
    history: list[tuple[int, GradientReport]], verdict: Verdict
) -> list[tuple[int, float]]:
    return [
        (step, _clip_to_axis(row.difference))
        for step, report in history
        for row in report.parameters
        if row.verdict == verdict
    ]


def _title(history: list[tuple[int, GradientReport]]) -> str:
    passed = sum(report.passed for _, report in history)
    return f"Gradient checks during training: {passed} of {len(history)} passed"


def _describe(history: list[tuple[int, GradientReport]]) -> str:
    """Say what the figure shows, without digits that rounding decides."""
    blocks = ", ".join(row.name for row in history[0][1].parameters)
    steps = ", ".join(str(step) for step, _ in history)
    checks = "1 check" if len(history) == 1 else f"{len(history)} checks"
    if len(history) > 8:
        steps = f"{history[0][0]} to {history[-1][0]}"
    text = (
        f"The relative difference of gradient and measured slopes for {blocks}, on a log axis, "
        f"in {checks} during training, at step {steps}."
    )
    told = [_outcome(history, "fail"), _outcome(history, "inconclusive")]
    return " ".join([text, *filter(None, told)] if any(told) else [text, _all_passed(history)])


def _outcome(history: list[tuple[int, GradientReport]], verdict: Verdict) -> str:
    """Say which blocks got a verdict other than pass, and where first."""
    first: dict[str, int] = {}
    checks = 0
    for step, report in history:
        names = [row.name for row in report.parameters if row.verdict == verdict]
        checks += bool(names)
        for name in names:
            first.setdefault(name, step)
    if not first:
        return ""
    mark, verb = {
        "fail": ("A cross", "fails"),
        "inconclusive": ("An open square", "is inconclusive"),
    }[verdict]
    places = "; ".join(
        f"{', '.join(name for name in first if first[name] == step)} first at step {step}"
        for step in sorted(set(first.values()))
    )
    return f"{mark} marks a block that {verb}, in {checks} of {len(history)} checks: {places}."


def _all_passed(history: list[tuple[int, GradientReport]]) -> str:
    largest = max(max(ratios) for ratios in _ratios(history).values())
    power = math.floor(math.log10(max(largest, _ROUNDING))) + 1
    return f"Every check passed, and every ratio is below 1e{power}."
