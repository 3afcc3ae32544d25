"""Difference formulas, Taylor polynomials, and the noise of a function."""
