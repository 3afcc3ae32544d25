"""The page with nothing to install: the lessons in JupyterLite, with Python in the browser.

It knows of gradlab only the wheel and the notebooks. ``lessons`` makes the learner's copies,
``pyodide`` looks through a Pyodide that is to be served beside them, ``page`` puts all together.
"""
