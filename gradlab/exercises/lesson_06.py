"""The exercises of lesson 6: L2, dropout, randomness, samples, kinks."""

from __future__ import annotations

from gradlab.exercises.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = ()
