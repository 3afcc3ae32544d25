"""Gradients as people meet them: right and wrong ones that are no networks, for the scorecard."""
