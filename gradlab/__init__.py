"""gradlab: check gradients, and learn how checking them works.

``import gradlab`` needs only NumPy; plots, widgets and exercises load when first used.
"""

from importlib import import_module
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
from gradlab.digits import load_digits
from gradlab.gradient_check import (
    check_gradient,
    check_network,
    numerical_gradient,
    relative_difference,
)
from gradlab.network import MLP
from gradlab.noise import estimate_noise
from gradlab.parameters import ravel
from gradlab.report import GradientReport
from gradlab.taylor import (
    error_budget,
    fit_order,
    lagrange_bound,
    sweep,
    taylor_polynomial,
)

if TYPE_CHECKING:
    from gradlab import bugs, plots
    from gradlab.doctor import check_environment
    from gradlab.exercises import check, hint, solution
    from gradlab.explorers import explore_chords, explore_v_curve
    from gradlab.plots import show

__all__ = [
    "MLP",
    "GradientReport",
    "backward_difference",
    "best_step",
    "bugs",
    "central_difference",
    "check",
    "check_environment",
    "check_gradient",
    "check_network",
    "complex_step",
    "error_budget",
    "estimate_noise",
    "explore_chords",
    "explore_v_curve",
    "fit_order",
    "five_point_difference",
    "forward_difference",
    "hint",
    "lagrange_bound",
    "load_digits",
    "numerical_gradient",
    "plots",
    "ravel",
    "relative_difference",
    "richardson",
    "show",
    "solution",
    "sweep",
    "taylor_polynomial",
]

_SUBMODULES = ("bugs", "plots")
# Names that are looked up when first used, and where they live.
_LAZY = {
    "check": "gradlab.exercises",
    "check_environment": "gradlab.doctor",
    "explore_chords": "gradlab.explorers",
    "explore_v_curve": "gradlab.explorers",
    "hint": "gradlab.exercises",
    "show": "gradlab.plots",
    "solution": "gradlab.exercises",
}


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"gradlab.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module 'gradlab' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return __all__
