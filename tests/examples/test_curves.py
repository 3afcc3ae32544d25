"""The functions to try things out on, and their derivatives."""

import itertools

import numpy as np
import pytest

import gradlab
from gradlab.examples import CURVES


def test_every_derivative_of_an_example_is_the_slope_of_the_one_before() -> None:
    for example in CURVES.values():
        for f, slope in itertools.pairwise(example.derivatives):
            for x in (-2.0, 0.7, 1.9):
                assert float(slope(x)) == pytest.approx(gradlab.central_difference(f, x), abs=1e-7)


def test_examples_stay_in_float32() -> None:
    for example in CURVES.values():
        assert np.asarray(example.f(np.float32(0.5))).dtype == np.float32, example.name
