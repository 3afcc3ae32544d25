"""The exercises of lesson 4: pack, unpack, locate, numerical gradient."""

from __future__ import annotations

from gradlab.exercises.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = ()
