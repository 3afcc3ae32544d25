"""Ways of NumPy and gradlab to check a gradient, for the benchmarks of speed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

import gradlab
from gradlab.checker.parameters import Layout, ravel
from tools.benchmarks.speed_setting import STEP, Setting, Way

_REPORT_SAMPLE = 1000


def build_loops(setting: Setting) -> Iterator[Way]:
    """Yield the loops over the entries; the textbook's comes first."""
    yield _build_textbook(setting)
    yield _build_in_place(setting)
    yield _build_numerical_gradient(setting)


def _build_textbook(setting: Setting) -> Way:
    theta, unravel = ravel(setting.network.params)
    chosen = setting.choose_entries()

    def run() -> float:
        slopes = np.empty(chosen.size)
        for k, entry in enumerate(chosen.tolist()):
            losses = []
            for h in (STEP, -STEP):
                moved = theta.copy()
                moved[entry] += h
                losses.append(setting.loss(unravel(moved)))
            slopes[k] = (losses[0] - losses[1]) / (2.0 * STEP)
        return float(np.abs(slopes - setting.gradient[chosen]).max())

    return Way("textbook loop, theta copied", run, chosen.size / theta.size)


def _build_in_place(setting: Setting) -> Way:
    layout = Layout(setting.network.params)
    theta, params = layout.theta, layout.view(layout.theta)
    chosen = setting.choose_entries()

    def run() -> float:
        slopes = np.empty(chosen.size)
        for k, entry in enumerate(chosen.tolist()):
            before = theta[entry]
            theta[entry] = before + STEP
            above = setting.loss(params)
            theta[entry] = before - STEP
            slopes[k] = (above - setting.loss(params)) / (2.0 * STEP)
            theta[entry] = before
        return float(np.abs(slopes - setting.gradient[chosen]).max())

    return Way("loop in place", run, chosen.size / theta.size)


def _build_numerical_gradient(setting: Setting) -> Way:
    loss, entries = setting.restrict_loss()
    true = setting.gradient[setting.choose_entries()]

    def run() -> float:
        return float(np.abs(gradlab.numerical_gradient(loss, entries) - true).max())

    return Way("`gradlab.numerical_gradient`", run, entries.size / setting.gradient.size)


def build_whole_checks(setting: Setting) -> Iterator[Way]:
    """Yield the checks of gradlab, verdict included."""
    network, X, Y = setting.network, setting.X, setting.Y
    params = network.params

    def check_sample() -> float:
        report = gradlab.check_gradient(
            setting.loss, setting.gradients, params, sample=_REPORT_SAMPLE
        )
        return _find_largest_error(report)

    def check_direction() -> None:
        gradlab.check_gradient(setting.loss, setting.gradients, params, directions=1)

    def check_all(method: str) -> Callable[[], float]:
        def run() -> float:
            network.params = params
            return _find_largest_error(gradlab.check_network(network, X, Y, method=method))

        return run

    loop = Way('`check_network(method="loop")`', check_all("loop"))
    if setting.sampled:
        loop.run, loop.share = check_sample, _REPORT_SAMPLE / setting.gradient.size
    yield loop
    for method in ("entries", "units"):
        yield Way(f'`check_network(method="{method}")`', check_all(method))
    yield Way("`check_gradient(directions=1)`", check_direction, checks="one direction")


def _find_largest_error(report: gradlab.GradientReport) -> float:
    if not report.passed:
        raise RuntimeError(f"a right gradient did not pass:\n{report}")
    return max(abs(block.analytic - block.numeric) for block in report.parameters)
