"""What learners are called in a teacher's tables: by their name, or by a code that hides it."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from gradlab.grading.outcome.text import as_cell

# Without vowels no word can arise, and letters alone are no number, date or exponent for a
# spreadsheet.
_LETTERS = "bcdfghjkmnpqrstvwxz"
_LENGTH = 8
_CODE = re.compile(f"anonymous-[{_LETTERS}]{{4}}-[{_LETTERS}]{{4}}")


def normalize_name(name: str) -> str:
    """Return a learner's name however a spreadsheet or a file system spells it.

    Parameters
    ----------
    name : str
        The name, from a submission or from a table.

    Returns
    -------
    str
        The same for both: in Unicode's composed form, and as it stands in a cell.

    Examples
    --------
    >>> from gradlab.grading.outcome.naming import normalize_name
    >>> normalize_name("=ada") == normalize_name("'=ada ")
    True
    """
    cell = as_cell(unicodedata.normalize("NFC", name))
    return unicodedata.normalize("NFC", cell).strip()


def make_code(name: str) -> str:
    """Return what to call a learner whose name is not to be seen.

    Whoever has a list of the class can find out whose it is. It keeps the name out of sight; it
    is no secret.

    Parameters
    ----------
    name : str
        The learner's name.

    Returns
    -------
    str
        A code that follows from the name alone, so that it stays the same in later runs.

    Examples
    --------
    >>> from gradlab.grading.outcome.naming import make_code
    >>> make_code("ada")
    'anonymous-crsr-brnw'
    """
    digest = hashlib.sha256(normalize_name(name).encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest, "big")
    letters = ""
    for _ in range(_LENGTH):
        number, place = divmod(number, len(_LETTERS))
        letters += _LETTERS[place]
    half = _LENGTH // 2
    return f"anonymous-{letters[:half]}-{letters[half:]}"


def is_code(name: str) -> bool:
    """Return whether a name in a table is a code.

    Parameters
    ----------
    name : str
        What stands there.

    Returns
    -------
    bool
        True if it looks as `make_code` makes them.

    Examples
    --------
    >>> from gradlab.grading.outcome.naming import is_code, make_code
    >>> is_code(make_code("ada")), is_code("ada")
    (True, False)
    """
    return _CODE.fullmatch(name) is not None
