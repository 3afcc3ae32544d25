"""Layers as people write them in NumPy, right and wrong, for the scorecard."""
