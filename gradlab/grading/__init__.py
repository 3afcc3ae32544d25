"""Grading what learners hand in: out of their kernels, each answer in a process of its own.

On the way from a folder to grades:

- ``submissions`` finds learners and their notebooks, ``archives`` unpacks what is zipped;
- ``answers`` finds the answers in ``notebooks``, as text, with the help of ``python_cells``;
- ``grader`` grades one learner, ``batch`` a class, ``command`` is what a teacher types;
- ``sandbox`` starts a process at one level of isolation, ``isolation`` finds the strongest;
- ``remote`` is an answer seen from here. There, ``worker`` forks a ``session`` for each answer,
  from which ``seccomp`` takes some system calls. ``wire`` carries plain data between them, and
  ``sent_modules`` what of gradlab goes there;
- ``results`` are what came out; ``marks``, ``gradebook`` and ``feedback`` are what becomes of it;
- ``nbgrader_course`` lays out a folder for the other way to grade.
"""
