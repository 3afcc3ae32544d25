"""Entries at a kink, where the loss has a slope to the right and another to the left."""

from __future__ import annotations

import numpy as np

from gradlab.checker.measuring.measurement import Measurement
from gradlab.checker.measuring.slopes import NOISE_FACTOR
from gradlab.checker.measuring.steps import EXTRAPOLATED, FIRST

# A gradient this many jumps of the slope away from the middle is wrong.
_JUMPS = 4.0


@np.errstate(all="ignore")
def find_kinks(m: Measurement) -> None:
    """Judge entries at a kink by the slopes to the right and to the left.

    One-sided slopes ``(4 f(h) - f(2h)) / (2h)``, f the change of the loss, have an error of order
    h^2. Where they differ, and by the same at a step 8 times smaller, there is a kink.
    """
    index = np.flatnonzero(m.is_open() & ~m.is_noisy())
    if not index.size:
        return
    sides, errors = [], []
    for j in (FIRST + 3, FIRST + 6):
        h = m.scales[index] * 2.0**-j
        _, losses = m.evaluate(index, h, EXTRAPOLATED)
        right = (4.0 * losses[:, 0] - losses[:, 2]) / (2.0 * h)
        left = -(4.0 * losses[:, 1] - losses[:, 3]) / (2.0 * h)
        sides.append(np.stack([right, left]))
        errors.append(4.0 * NOISE_FACTOR * m.sigma[index] / h)
    error = np.abs(sides[0] - sides[1]).max(axis=0) + errors[1]
    jump = np.abs(sides[0][0] - sides[0][1])
    found = (error < jump / 4.0) & np.isfinite(jump)
    kept, jump, margin = index[found], jump[found], error[found]
    m.kink[kept] = True
    m.value[kept] = sides[0][:, found].mean(axis=0)
    m.tolerance[kept] = jump / 2.0 + margin
    # With several kinks in one place, backpropagation may take either side of each, and land
    # outside. What is further away than that is wrong.
    m.wrong[kept] = m.distance()[kept] > _JUMPS * jump + margin
