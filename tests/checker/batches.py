"""Batches of random inputs and one-hot targets."""

import numpy as np

from gradlab.support.floats import FloatArray


def draw_batch(
    rows: int, columns: int, classes: int, seed: int = 0
) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    return rng.random((rows, columns)), np.eye(classes)[rng.integers(classes, size=rows)]


X, Y = draw_batch(6, 3, 2)
