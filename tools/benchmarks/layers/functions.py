"""A function that several layers use."""

from __future__ import annotations

from typing import Any

import numpy as np


def sigmoid(z: Any) -> Any:
    """Return 1 / (1 + exp(-z)) of numbers of any kind, complex ones too; -z must be below 700."""
    return 1 / (1 + np.exp(-z))
