"""Names of files for learners, which any system can have, whatever a learner is called."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from gradlab.grading.outcome.gradebook import GradebookError

# Names that a file cannot have on Windows, and that of the page a web server shows unasked.
_RESERVED = re.compile(r"index|con|prn|aux|nul|(com|lpt)\d", re.ASCII)
# What comes from a hash, so that no learner's name can pass for another's that has one.
_HASHED = re.compile(r"-[0-9a-f]{12}")


def choose_file_names(students: Sequence[str], suffix: str) -> list[str]:
    """Return a file name for each learner, all different wherever capitals do not count.

    Parameters
    ----------
    students : sequence of str
        Their names.
    suffix : str
        How the names of the files end.

    Returns
    -------
    list of str
        In the same order. A plain name stays as it is; another gets a digest at its end.

    Raises
    ------
    GradebookError
        If several learners have the same name.

    Examples
    --------
    >>> from gradlab.grading.outcome.file_names import choose_file_names
    >>> choose_file_names(["ada", "Zoë/.."], ".html")
    ['ada.html', 'Zoe-7fa348b3acf2.html']
    """
    times = Counter(student.lower() for student in students)
    names = [
        _make_file_name(student, alone=times[student.lower()] == 1) + suffix
        for student in students
    ]
    for name, count in Counter(name.lower() for name in names).items():
        if count > 1:
            raise GradebookError(
                f"Several learners would have the file {name}. Give the folders that they handed "
                "in names that differ."
            )
    return names


def _make_file_name(student: str, alone: bool) -> str:
    letters = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", letters)[:60].strip("-")
    low = safe.lower()
    same = safe == student and not _RESERVED.fullmatch(low) and not _HASHED.search(low)
    if same and safe and alone:
        return safe
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{safe or 'learner'}-{digest}"
