"""Outputs that live in a notebook: drawn by the page itself, with or without a kernel."""
