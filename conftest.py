"""For every test, those of the notebooks included."""

import os
import sys

# A progress bar is an output of its own, which nbval would compare on a slow machine.
os.environ["TQDM_DISABLE"] = "1"

# `gradlab grade` limits what answers may take by means that Windows does not have.
if sys.platform == "win32":
    collect_ignore_glob = [
        "gradlab/grading/*.py",
        "tests/hostile_answers.py",
        "tests/test_grade.py",
        "tests/test_hostile.py",
        "tests/test_nbgrader_course.py",
        "tests/test_remote.py",
    ]
