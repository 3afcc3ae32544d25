"""gradlab: check gradients, and learn how checking them works.

Every public name stands here: ``from gradlab import check_gradient``. Its module loads when the
name is first used: numerics need only NumPy, and ``import gradlab`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradlab import bugs, examples, plots
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
    from gradlab.doctor import check_environment
    from gradlab.exercises import check, hint, solution
    from gradlab.explorers import (
        explore_chords,
        explore_kink,
        explore_regularization,
        explore_theta,
        explore_v_curve,
    )
    from gradlab.gradient_check import (
        check_gradient,
        check_network,
        numerical_gradient,
    )
    from gradlab.monitor import GradientMonitor
    from gradlab.network import MLP
    from gradlab.noise import estimate_noise
    from gradlab.norms import relative_difference
    from gradlab.parameters import ravel
    from gradlab.plots.drawing import show
    from gradlab.report import GradientReport
    from gradlab.suspects import confusion_table, draw_suspects
    from gradlab.taylor import (
        error_budget,
        fit_order,
        lagrange_bound,
        sweep,
        taylor_polynomial,
    )

_SUBMODULES = ("bugs", "examples", "plots")
_HOMES = {
    "MLP": "network",
    "GradientMonitor": "monitor",
    "GradientReport": "report",
    "backward_difference": "differences",
    "best_step": "differences",
    "central_difference": "differences",
    "check": "exercises",
    "check_environment": "doctor",
    "check_gradient": "gradient_check",
    "check_network": "gradient_check",
    "complex_step": "differences",
    "confusion_table": "suspects",
    "draw_suspects": "suspects",
    "error_budget": "taylor",
    "estimate_noise": "noise",
    "explore_chords": "explorers",
    "explore_kink": "explorers",
    "explore_regularization": "explorers",
    "explore_theta": "explorers",
    "explore_v_curve": "explorers",
    "fit_order": "taylor",
    "five_point_difference": "differences",
    "forward_difference": "differences",
    "hint": "exercises",
    "lagrange_bound": "taylor",
    "load_digits": "digits",
    "numerical_gradient": "gradient_check",
    "ravel": "parameters",
    "relative_difference": "norms",
    "richardson": "differences",
    "show": "plots.drawing",
    "solution": "exercises",
    "sweep": "taylor",
    "taylor_polynomial": "taylor",
}

__all__ = [
    "MLP",
    "GradientMonitor",
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
    "confusion_table",
    "draw_suspects",
    "error_budget",
    "estimate_noise",
    "examples",
    "explore_chords",
    "explore_kink",
    "explore_regularization",
    "explore_theta",
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


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"gradlab.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'gradlab' has no attribute {name!r}")
    thing = getattr(import_module(f"gradlab.{_HOMES[name]}"), name)
    globals()[name] = thing  # found at once the next time
    return thing


def __dir__() -> list[str]:
    return __all__
