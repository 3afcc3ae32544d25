"""Causes of wrong gradients, a module each kind of cause: each explains every entry, or is silent.

A cause says how the right gradient would follow from the wrong one, or how the wrong one follows
from the slopes. It takes a `Block` and returns findings: none, if an entry is not explained.
"""
