"""Exercises: what they are, how they are marked, and how a notebook checks them."""
