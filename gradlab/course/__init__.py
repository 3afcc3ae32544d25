"""The learner's course folder, JupyterLab on it, and a check that all it needs is in place."""
