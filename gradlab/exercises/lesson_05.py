"""The exercises of lesson 5: softmax, cross-entropy, backpropagation, the ratio, the check."""

from __future__ import annotations

from gradlab.exercises.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = ()
