"""The network of the lessons, and its check, which is faster than that of any loss."""
