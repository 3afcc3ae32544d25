"""The digits are the published ones."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import numpy as np

from gradlab.network.digits import load_digits

# "Class Distribution" of the testing set in UCI's own description, for 0 to 9.
PUBLISHED_COUNTS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_match_the_published_description() -> None:
    X, Y = load_digits()
    assert X.shape == (1797, 64)
    assert Y.shape == (1797, 10)
    assert X.dtype == Y.dtype == np.float64
    assert Y.sum(axis=0).tolist() == PUBLISHED_COUNTS
    assert set(np.unique(Y)) == {0.0, 1.0}
    assert (Y.sum(axis=1) == 1).all()


def test_pixels_are_sixteenths_from_0_to_1() -> None:
    X, _ = load_digits()
    assert set(np.unique(X)) == {k / 16 for k in range(17)}


def test_the_first_image_is_the_zero_that_everyone_knows() -> None:
    X, Y = load_digits()
    assert (X[0, :16] * 16).tolist() == [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0]
    assert Y[:10].argmax(axis=1).tolist() == list(range(10))


def test_each_call_returns_new_arrays() -> None:
    X, Y = load_digits()
    X[:] = Y[:] = -1
    X_again, Y_again = load_digits()
    assert X_again.min() == Y_again.min() == 0


def test_the_file_is_the_one_its_readme_describes() -> None:
    folder = files("gradlab.network").joinpath("data")
    digest = hashlib.sha256(folder.joinpath("digits.npz").read_bytes()).hexdigest()
    assert f"{digest}  digits.npz" in folder.joinpath("README.md").read_text(encoding="utf-8")
