"""Empty on purpose: without such a file nbgrader warns a learner of it at every start."""
