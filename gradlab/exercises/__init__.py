"""Exercises: what they are, how they are marked, and how a notebook checks them."""

from gradlab.exercises.checking import CheckResult, check, hint, solution

__all__ = ["CheckResult", "check", "hint", "solution"]
