"""Slopes of a loss, each with its own error, measured well enough to judge a gradient."""
