"""Figures of the lessons and of reports, and ``show``, which gives a figure its alt text."""

from gradlab.plots.differences import Chords, VCurve, plot_against_step
from gradlab.plots.networks import plot_flow, plot_sizes
from gradlab.plots.pitfalls import plot_cost, plot_kink, plot_ratios
from gradlab.plots.theta import plot_theta, plot_theta_moved
from gradlab.plots.training import plot_digits, plot_losses
from gradlab.support.drawing import Drawing, png, show

__all__ = [
    "Chords",
    "Drawing",
    "VCurve",
    "plot_against_step",
    "plot_cost",
    "plot_digits",
    "plot_flow",
    "plot_kink",
    "plot_losses",
    "plot_ratios",
    "plot_sizes",
    "plot_theta",
    "plot_theta_moved",
    "png",
    "show",
]
