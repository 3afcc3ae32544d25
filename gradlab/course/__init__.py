"""The learner's course folder, JupyterLab on it, and whether everything is in place."""
