"""Figures of the lessons and of reports, and ``show``, which gives a figure its alt text."""

from gradlab.plots.differences import Chords, VCurve, plot_against_step
from gradlab.plots.networks import plot_flow, plot_sizes
from gradlab.plots.pitfalls import KinkCrossed, RatioBars, plot_cost
from gradlab.plots.theta import ThetaMoved, plot_theta
from gradlab.plots.training import plot_digits, plot_losses
from gradlab.support.drawing import Drawing, png, show

__all__ = [
    "Chords",
    "Drawing",
    "KinkCrossed",
    "RatioBars",
    "ThetaMoved",
    "VCurve",
    "plot_against_step",
    "plot_cost",
    "plot_digits",
    "plot_flow",
    "plot_losses",
    "plot_sizes",
    "plot_theta",
    "png",
    "show",
]
