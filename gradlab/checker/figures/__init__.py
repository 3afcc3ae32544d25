"""Figures of a report: arrays in, a drawing with its alternative text out.

The texts hold no digits that rounding decides, so that they are the same on every machine.
"""
