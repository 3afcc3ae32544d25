"""The handwritten digits used for training in the lessons."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray


def load_digits() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the package's 1,797 handwritten digits, ready for training.

    Returns
    -------
    X : ndarray of float64, shape (1797, 64)
        One 8x8 image a row, its pixels row by row, scaled to [0, 1] in steps of 1/16.
    Y : ndarray of float64, shape (1797, 10)
        The digit of each image, one-hot.

    Notes
    -----
    Each call returns new arrays, which may be changed. The images are the test set of
    *Optical Recognition of Handwritten Digits* by E. Alpaydin and C. Kaynak, UCI Machine Learning
    Repository, 1998, https://doi.org/10.24432/C50P49 (CC BY 4.0); ``data/README.md`` says more.

    Examples
    --------
    >>> from gradlab import load_digits
    >>> X, Y = load_digits()
    >>> X.shape, Y.shape
    ((1797, 64), (1797, 10))
    >>> Y[7].argmax()
    np.int64(7)
    """
    path = files("gradlab.network").joinpath("data", "digits.npz")
    with path.open("rb") as file, np.load(file) as data:
        # A pixel counts the points set in a 4x4 block, so its largest possible value is 16.
        return data["images"] / 16.0, np.eye(10)[data["labels"]]
