"""Planted bugs: networks whose backward pass is wrong in a known way."""

from gradlab.bugs.catalogue import BUGS, Bug
from gradlab.bugs.planting import Spoiled, plant

__all__ = ["BUGS", "Bug", "Spoiled", "plant"]
