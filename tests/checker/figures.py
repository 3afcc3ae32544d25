"""What the tests of figures share: steps with what is measured at them, and what is drawn."""

import numpy as np

from gradlab.plots import Drawing
from gradlab.support.floats import FloatArray

DECADES = 10.0 ** -np.arange(0.5, 13.1, 0.5)


def points(drawing: Drawing, label: str) -> FloatArray:
    """Return the points of every line of this label."""
    lines = [line for line in drawing.figure.axes[0].get_lines() if line.get_label() == label]
    parts = [np.asarray(line.get_xydata(), dtype=np.float64) for line in lines]
    return np.concatenate(parts) if parts else np.empty((0, 2))


def title(drawing: Drawing) -> str:
    return drawing.figure.axes[0].get_title()


def differences_of_sin(x: float) -> FloatArray:
    ahead, behind = x + DECADES, x - DECADES
    slopes: FloatArray = (np.sin(ahead) - np.sin(behind)) / (ahead - behind)
    return slopes


def taylor_test(seed: int, error: float) -> tuple[FloatArray, FloatArray]:
    """Return both columns of a Taylor test of a smooth function whose gradient is off."""
    rng = np.random.default_rng(seed)
    A, theta = rng.normal(size=(4, 3)), rng.normal(size=3)

    def f(x: FloatArray) -> float:
        return float(np.log(np.exp(A @ x).sum()) + np.tanh(x).sum())

    powers = np.exp(A @ theta)
    gradient = A.T @ (powers / powers.sum()) + 1.0 - np.tanh(theta) ** 2
    v = rng.normal(size=3)
    slope = float(gradient @ v) * (1.0 + error)
    changes = np.array([f(theta + t * v) - f(theta) for t in DECADES])
    return np.abs(changes), np.abs(changes - DECADES * slope)
