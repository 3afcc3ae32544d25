"""Gradients that are written in PyTorch or JAX, a module each, loaded only when asked for."""
