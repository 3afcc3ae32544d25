"""The page that needs no installation: the lessons in JupyterLite, with Python in the browser.

All that it uses of gradlab is the wheel and the notebooks. ``lessons`` makes the learner's copies,
``pyodide`` copies a Pyodide to serve with them, and ``page`` puts everything together.
"""
