"""For every test, those of the notebooks included."""

import os
import sys

# A progress bar is an output of its own, which nbval would compare on a slow machine.
os.environ["TQDM_DISABLE"] = "1"

# `gradlab grade` limits what answers may take by means that Windows does not have.
if sys.platform == "win32":
    collect_ignore_glob = [
        "gradlab/grading/*",
        "tests/grading/evening.py",
        "tests/grading/hostile_answers.py",
        "tests/grading/test_grade.py",
        "tests/grading/test_hostile.py",
        "tests/grading/test_journal.py",
        "tests/grading/test_nbgrader_course.py",
        "tests/grading/test_pool.py",
        "tests/grading/test_remote.py",
        "tests/grading/test_resume.py",
        "tests/grading/test_stopped_runs.py",
    ]
