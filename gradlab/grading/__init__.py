"""Grading what learners hand in: out of their kernels, each answer in a process of its own."""
