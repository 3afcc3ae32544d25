"""Explorers: figures with sliders. Without a kernel, a picture and a text stand in for them."""

from gradlab.explorers.differences import explore_chords, explore_v_curve
from gradlab.explorers.explorer import Explorer
from gradlab.explorers.networks import explore_kink, explore_regularization, explore_theta

__all__ = [
    "Explorer",
    "explore_chords",
    "explore_kink",
    "explore_regularization",
    "explore_theta",
    "explore_v_curve",
]
