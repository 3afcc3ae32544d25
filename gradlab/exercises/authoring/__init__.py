"""Writing an exercise: laying out its file, its faults, and what learners will read."""
