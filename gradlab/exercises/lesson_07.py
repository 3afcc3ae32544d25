"""The exercises of lesson 7: find_bugs, and an answer in words."""

from __future__ import annotations

from gradlab.exercises.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = ()
