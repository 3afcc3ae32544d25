"""What the cases of several lessons draw alike."""

from __future__ import annotations

from typing import Any

import numpy as np


def draw_signed(rng: np.random.Generator, low: float, high: float, size: Any = None) -> Any:
    """Draw numbers with two decimals, of either sign, no nearer to 0 than `low`."""
    sizes = np.round(rng.uniform(low, high, size) * rng.choice([-1.0, 1.0], size), 2)
    return float(sizes) if size is None else sizes
