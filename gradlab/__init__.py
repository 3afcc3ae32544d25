"""gradlab: check gradients, and learn how checking them works.

``import gradlab`` needs only NumPy; plots and widgets load when first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from gradlab import plots
    from gradlab.explorers import explore_chords
    from gradlab.plots import show

__all__ = [
    "backward_difference",
    "best_step",
    "central_difference",
    "check",
    "complex_step",
    "explore_chords",
    "five_point_difference",
    "forward_difference",
    "hint",
    "plots",
    "richardson",
    "show",
    "solution",
]

# What needs matplotlib or ipywidgets: name -> module.
_LAZY = {"explore_chords": "gradlab.explorers", "show": "gradlab.plots"}


def __getattr__(name: str) -> Any:
    if name == "plots":
        return importlib.import_module("gradlab.plots")
    if name not in _LAZY:
        raise AttributeError(f"module 'gradlab' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
