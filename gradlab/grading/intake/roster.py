"""The list of a class: who handed in nothing, and who is not on it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradlab.grading.outcome.table import TableError, read_table
from gradlab.grading.outcome.text import as_line, as_name

# As the gradebooks of Moodle and Canvas, nbgrader and people head their columns.
_FULL = ("student", "name", "full name", "learner", "student name")
_FIRST = ("first name", "firstname", "given name", "vorname")
_LAST = ("last name", "lastname", "surname", "family name", "nachname")
_IDS = (
    *("id", "id number", "student id", "sis user id", "sis login id", "login", "login id"),
    *("username", "user name", "user", "email", "email address", "e-mail"),
)
# The line in which Canvas tells what can be earned, and the student that it makes up.
_NOBODY = re.compile(r"points possible|student, test|test student", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<name>.+)_\d+", re.DOTALL)


@dataclass(frozen=True)
class Member:
    """Somebody on the list: what they are called, and all that submissions may call them."""

    name: str
    keys: frozenset[str]


def read_roster(path: Path) -> list[Member]:
    r"""Read the list of a class.

    Parameters
    ----------
    path : Path
        A CSV file in UTF-8 with a header, such as the gradebook of Moodle or Canvas; or a text
        with a name in each line.

    Returns
    -------
    list of Member
        In the order of the file.

    Raises
    ------
    TableError
        If it cannot be read, or has no column for names.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.grading.intake.roster import read_roster
    >>> with tempfile.TemporaryDirectory() as here:
    ...     path = Path(here, "class.csv")
    ...     _ = path.write_text("First name,Last name,ID number\nAda,Example,17\n")
    ...     [member.name for member in read_roster(path)]
    ['Ada Example']
    """
    _, rows = read_table(path)
    table = [row for _, row in rows]
    if not table:
        raise TableError(f"{path} is empty; put a name into each line.")
    header = [cell.lower() for cell in table[0]]
    known = any(cell in (*_FULL, *_FIRST, *_LAST, *_IDS) for cell in header)
    if not known and len(header) == 1:
        return [_make_member(row[0], [], row) for row in table]
    full, first, last = (_find(header, names) for names in (_FULL, _FIRST, _LAST))
    if full is None and (first is None or last is None):
        raise TableError(
            f"{path} has no column for names: there are {', '.join(map(as_line, table[0]))}. "
            "Call one student, or two first name and last name."
        )
    ids = [place for place, cell in enumerate(header) if cell in _IDS]
    members = []
    for row in table[1:]:
        name = row[full] if full is not None else f"{row[first or 0]} {row[last or 0]}".strip()
        if name and not _NOBODY.match(name):
            turned = [] if full is not None else [f"{row[last or 0]} {row[first or 0]}"]
            members.append(_make_member(name, turned, [row[place] for place in ids]))
    return members


def compare(members: Sequence[Member], students: Sequence[str]) -> tuple[list[str], list[str]]:
    """Compare the list of a class with those who handed in something.

    Parameters
    ----------
    members : sequence of Member
        The list.
    students : sequence of str
        What the submissions call those who handed in something.

    Returns
    -------
    absent : list of str
        Who is on the list and handed in nothing.
    strangers : list of str
        A sentence for each who handed in something and is not on the list, or is not to be told
        from another.

    Examples
    --------
    >>> from gradlab.grading.intake.roster import Member, compare
    >>> members = [Member("Ada Example", frozenset({"ada example"})), Member("Bob", frozenset())]
    >>> compare(members, ["Ada Example_12345", "cyd"])
    (['Bob'], ['cyd is not on the roster.'])
    """
    by_key: defaultdict[str, set[int]] = defaultdict(set)
    for place, member in enumerate(members):
        for key in member.keys:
            by_key[key].add(place)
    present: Counter[int] = Counter()
    strangers = []
    for student in students:
        places = next((by_key[key] for key in _keys_of(student) if by_key[key]), set())
        present.update(places)
        if not places:
            strangers.append(f"{student} is not on the roster.")
        elif len(places) > 1:
            strangers.append(f"{student} may be any of {len(places)} people on the roster.")
    strangers += [
        f"{members[place].name} on the roster may be {times} of those who handed in something."
        for place, times in sorted(present.items())
        if times > 1
    ]
    absent = [member.name for place, member in enumerate(members) if not present[place]]
    return absent, strangers


def _find(header: Sequence[str], names: Iterable[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _make_member(name: str, turned: Sequence[str], ids: Iterable[str]) -> Member:
    """Return somebody by a name, its parts in another order, and numbers or logins."""
    keys = {_sort_words(name), *map(_join_words, (name, *turned))}
    for one in filter(None, ids):
        keys |= {one.casefold(), one.casefold().partition("@")[0]}
    return Member(as_name(name), frozenset(filter(None, keys)))


def _keys_of(student: str) -> list[str]:
    """Return what a learner may be called on the list, the surest first."""
    numbered = _NUMBERED.fullmatch(student)
    names = [student, *([numbered["name"]] if numbered else [])]
    return [
        student.casefold(),
        *map(_sort_words, names),
        # Canvas runs the last name and the first together.
        *map(_join_words, names),
    ]


def _plain(text: str) -> str:
    """Return a text in small letters without accents, which systems write in several ways."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c))


def _sort_words(name: str) -> str:
    return " ".join(sorted(re.findall(r"[^\W_]+", _plain(name))))


def _join_words(name: str) -> str:
    return "".join(re.findall(r"[^\W_]+", _plain(name)))
