"""Checking a layer: a function of arrays with a backward pass, through a random upstream."""
