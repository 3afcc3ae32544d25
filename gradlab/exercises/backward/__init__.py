"""Reports of a backward pass: which blocks are wrong, why, and which line to read."""
