"""What several exercises of lesson 3 share."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases


def draw_points(rng: np.random.Generator) -> Cases:
    """Numbers and arrays; never 0, 1 or 2, where wrong formulas meet the right one.

    The first case can be done by hand.
    """

    def draw(size: Any = None) -> Any:
        return np.round(rng.uniform(2.2, 6, size), 2)

    return {
        "numbers": [(3.0,), (float(draw()),), (-float(draw()),), (float(draw()) / 10,)],
        "arrays": [(draw(4),), (-draw((2, 3)),)],
    }
