"""What a report says: its text, its HTML, `to_dict`, the band and the worst entry."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from checker.batches import X, Y

from gradlab.checker.check import check_gradient
from gradlab.network.check import check_network
from gradlab.network.mlp import MLP
from gradlab.support.floats import FloatArray


def test_the_text_of_a_report() -> None:
    params = {"<w>": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": np.array([1.0, 2.0])}
    report = check_gradient(
        lambda p: np.sum(p["<w>"] ** 2) + p["b"][0] * p["b"][1],
        lambda p: {"<w>": 2 * p["<w>"].T, "b": np.array([2.0, 1.5])},
        params,
    )
    lines = [line.split() for line in str(report).splitlines()]
    assert str(report).startswith(
        "FAIL: the gradient does not fit the loss. Wrong: <w>, b.\n"
        "<w>: The gradient is transposed: its transpose is right.\n"
    )
    assert [
        "<w>",
        "(2,",
        "2)",
        "✗",
        "fail",
        "0.13",
        "2",
        "of",
        "4",
        "[0,",
        "1]",
        "6",
        "4",
    ] in lines
    assert ["b", "(2,)", "✗", "fail", "0.11", "1", "of", "2", "[1]", "1.5", "1"] in lines
    assert report.band == "almost surely wrong (above 1e-2)"
    assert repr(report) == str(report)
    html = report._repr_html_()
    assert "<td" in html
    assert "&lt;w&gt;: The gradient is transposed" in html
    assert "<w>" not in html
    assert "background" not in html
    assert not re.search(r"\bcolor", html)


def test_the_text_of_a_pass_shows_no_digits_of_rounding() -> None:
    text = str(check_network(MLP([3, 4, 2]), X, Y))
    assert text.startswith("PASS: the gradient fits the loss.\n")
    assert text.count("< 1e-7") == 6
    assert not re.search(r"e-(0[89]|[1-9]\d)", text)


def test_to_dict_has_what_the_report_has() -> None:
    report = check_gradient(np.sum, lambda p: 2 * np.ones_like(p), np.arange(3.0))
    loaded = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert loaded["verdict"] == "fail"
    assert loaded["passed"] is False
    assert loaded["difference"] == report.difference
    assert loaded["evaluations"] == report.evaluations
    assert loaded["parameters"][0]["shape"] == [3]
    assert loaded["findings"][0]["kind"] == "wrong_scale"
    assert loaded["findings"][0]["factor"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("difference", "band"),
    [
        (0.5, "almost surely wrong"),
        (1e-3, "suspicious"),
        (1e-6, "acceptable with kinks"),
        (1e-9, "right"),
        (0.0, "right"),
        (np.nan, "none"),
    ],
)
def test_bands(difference: float, band: str) -> None:
    report = check_gradient(np.sum, np.ones_like, np.ones(1))
    object.__setattr__(report, "difference", difference)
    assert report.band.startswith(band)


@pytest.mark.parametrize("seed", range(10))
def test_which_of_two_equally_wrong_entries_is_named_does_not_hang_on_rounding(seed: int) -> None:
    M = np.random.default_rng(0).normal(size=(4, 4))
    noise = np.random.default_rng(seed).uniform(-1e-8, 1e-8, (4, 4))
    # The transpose is as far off at [i, j] as at [j, i].
    transposed = M.T + noise
    report = check_gradient(lambda W: np.sum(M * W), lambda W: transposed, np.ones((4, 4)))
    row, column = report.parameters[0].worst
    assert row < column


def test_the_ratio_is_about_the_entries_that_could_be_measured() -> None:
    # The second entry cannot be moved: the loss is infinite right beside it.
    def loss(p: dict[str, FloatArray]) -> float:
        return float(np.sum(p["w"][0] ** 2) + (0.0 if p["w"][1] == 1.0 else np.inf))

    def gradient(p: dict[str, FloatArray]) -> dict[str, FloatArray]:
        return {"w": np.array([3.0 * p["w"][0], 0.0])}

    report = check_gradient(loss, gradient, {"w": np.array([2.0, 1.0])})
    assert report.verdict == "fail"
    assert report.difference == pytest.approx(0.2, rel=1e-6)
    assert report.parameters[0].difference == pytest.approx(0.2, rel=1e-6)
    assert "nan" not in str(report)
