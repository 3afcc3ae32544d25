"""A report is data: it can be pickled, and holds neither functions nor the user's parameters."""

import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradlab import MLP, GradientReport, check_gradient, check_network, load_digits, plots

PARAMS = {"w": np.array([0.5, -1.5, 2.5]), "v": np.array([[1.0, 2.0]])}


def loss(p: Any) -> float:
    return float(np.sum(np.tanh(p["w"]) ** 2) + np.sum(p["v"] ** 3))


def gradient(p: Any) -> Any:
    t = np.tanh(p["w"])
    return {"w": 2 * t * (1 - t**2), "v": 3 * p["v"] ** 2}


def network_report(method: str) -> GradientReport:
    X, Y = load_digits()
    return check_network(MLP([64, 5, 10]), X[:8], Y[:8], method=method)


REPORTS: dict[str, Callable[[], GradientReport]] = {
    "loop": lambda: check_gradient(loss, gradient, PARAMS),
    "sample": lambda: check_gradient(loss, gradient, PARAMS, sample=3),
    "directions": lambda: check_gradient(loss, gradient, PARAMS, directions=2),
    "entries": lambda: network_report("entries"),
    "units": lambda: network_report("units"),
}


@pytest.mark.parametrize("method", REPORTS)
def test_a_report_can_be_pickled(method: str) -> None:
    report = REPORTS[method]()
    assert report.method == method
    again = pickle.loads(pickle.dumps(report))
    assert again == report
    assert str(again) == str(report)
    assert again.to_dict() == report.to_dict()
    assert again.plot().alt == report.plot().alt


def test_a_report_holds_no_parameters() -> None:
    marked = {"w": np.full(4, 0.123456789), "v": np.full((1, 2), 0.123456789)}
    held = pickle.dumps(check_gradient(loss, gradient, marked))
    assert np.float64(0.123456789).tobytes() not in held


@pytest.mark.parametrize("kind", ["steps", "taylor"])
def test_a_figure_that_evaluates_the_loss_is_given_it(kind: str) -> None:
    report = pickle.loads(pickle.dumps(check_gradient(loss, gradient, PARAMS)))
    with pytest.raises(ValueError, match=rf"plot\('{kind}', loss, params\)"):
        report.plot(kind)
    with pytest.raises(ValueError, match="params has 3 entries; it must have the 5"):
        report.plot(kind, lambda w: float(w.sum()), PARAMS["w"])
    before = {name: block.copy() for name, block in PARAMS.items()}
    assert isinstance(report.plot(kind, loss, PARAMS), plots.Drawing)
    for name, block in PARAMS.items():
        assert (block == before[name]).all()


def test_the_checker_loads_no_network() -> None:
    program = """
import sys
from gradlab import check_gradient
check_gradient(lambda w: w @ w, lambda w: 2 * w, __import__("numpy").ones(3))
loaded = [name for name in sys.modules if name.startswith("gradlab.network")]
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True)
