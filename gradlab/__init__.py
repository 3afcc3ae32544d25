"""gradlab: check gradients, and learn how checking them works.

``import gradlab`` needs only NumPy; plots, widgets and exercises load when first used.
"""

from gradlab.differences import (
    backward_difference,
    best_step,
    central_difference,
    complex_step,
    five_point_difference,
    forward_difference,
    richardson,
)
from gradlab.exercises import check, hint, solution

__all__ = [
    "backward_difference",
    "best_step",
    "central_difference",
    "check",
    "complex_step",
    "five_point_difference",
    "forward_difference",
    "hint",
    "richardson",
    "solution",
]
