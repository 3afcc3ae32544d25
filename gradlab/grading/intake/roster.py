"""The list of a class: who handed in nothing, and who is not on it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradlab.grading.outcome.table import TableError, read_table, read_text
from gradlab.grading.outcome.text import as_line, as_name

# As the gradebooks of LMSs, nbgrader and people head their columns.
_FULL = (
    "student",
    "student name",
    "name",
    "full name",
    "learner",
    "names",
    "namen",
    "vollständiger name",
    "nom complet",
    "nombre completo",
    "nome completo",
)
_FIRST = ("first name", "firstname", "given name", "vorname", "prénom", "nombre", "nome")
_LAST = (
    *("last name", "lastname", "surname", "family name", "nachname", "nom", "nom de famille"),
    *("apellido(s)", "apellidos", "apellido", "cognome"),
)
_IDS = (
    *("id", "id number", "student id", "student number", "sid", "sis user id", "sis login id"),
    *("orgdefinedid", "matrikelnummer", "matrikel", "matriculation number", "id-nummer"),
    *("identifier", "identifiant", "identificador", "identificatore", "identificatie"),
    *("login", "login id", "username", "user name", "user", "anmeldename", "benutzername"),
    *("email", "email address", "e-mail", "e-mail-adresse", "e-mail address"),
)
# The line in which Canvas tells what can be earned, and the student that it makes up.
_NOBODY = re.compile(r"points possible.*|student, test|test student", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<name>.+)_(?P<number>\d+)", re.DOTALL)
# Moodle's worksheet: "Participant 11", "Teilnehmer/in11", where the folder is "Ada Example_11".
_PARTICIPANT = re.compile(r"(?P<word>[^\W\d_]{3,}(?:/[^\W\d_]+)?)(?P<gap> ?)(?P<number>\d+)")
# What an accent does not make of these letters; systems leave apostrophes out.
_LETTERS = str.maketrans(
    {"ł": "l", "ı": "i", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"}
    | dict.fromkeys("'’ʼ`´")
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True)
class Member:
    """Somebody on the list: what they are called, and all that submissions may call them."""

    name: str
    keys: frozenset[str]
    words: frozenset[str] = frozenset()


def read_roster(path: Path) -> list[Member]:
    r"""Read the list of a class.

    Parameters
    ----------
    path : Path
        A CSV file in UTF-8 with a header, such as the gradebook of Moodle or Canvas; or a text
        (.txt) with a name in each line.

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
    if path.suffix.lower() == ".txt":
        names = [line.strip() for line in read_text(path).splitlines()]
        return [_make_member(name, []) for name in names if name]
    _, rows = read_table(path)
    table = [row for _, row in rows]
    if not table:
        raise TableError(f"{path} is empty; put a name into each line.")
    members = [member for _, member in list_members(table, path)]
    # Somebody who is there twice is one, unless a number tells two of one name apart.
    return [*{member.keys: member for member in members}.values()]


def list_members(table: Sequence[Sequence[str]], path: Path) -> list[tuple[int, Member]]:
    """Return who is in a table, and in which row.

    Parameters
    ----------
    table : sequence of sequence of str
        The header and the rows, each as wide as it. Names alone need no header.
    path : Path
        Where they are from, for what is said.

    Returns
    -------
    list of (int, Member)
        The place of each row with somebody in it; what Canvas makes up is nobody.

    Raises
    ------
    TableError
        If it has no column for names, or no names.
    """
    header = [_normalize_heading(cell) for cell in table[0]]
    if len(header) == 1 and header[0] not in (*_FULL, *_IDS):
        return [(place, _make_member(row[0], [])) for place, row in enumerate(table)]
    is_worksheet = _are_participants([row[0] for row in table[1:]])
    if is_worksheet and not is_of_people(header[0]):
        # In a language that is not known here: the name, if it is not hidden, comes next.
        header = ["identifier", *header[1:]]
        header[1:2] = [header[1] if header[1] in _IDS else "full name"]
    read_name = _find_names(header, path)
    ids = [place for place, cell in enumerate(header) if cell in _IDS]
    members = [
        (place, _make_member(name, [row[column] for column in ids]))
        for place, row in enumerate(table)
        if place and (name := read_name(row)) and not _NOBODY.fullmatch(name)
    ]
    if not members:
        raise TableError(f"{path} has a header, but no names. Put one into each line below it.")
    return members


def _are_participants(cells: Sequence[str]) -> bool:
    """Whether a column counts participants, as Moodle's worksheet does."""
    found = [_PARTICIPANT.fullmatch(cell) for cell in cells if cell]
    words = {one["word"] if one else "" for one in found}
    return len(words) == 1 and "" not in words and len({*cells}) == len(cells)


def is_of_people(heading: str) -> bool:
    """Whether a column tells who somebody is, and not what they earned."""
    return _normalize_heading(heading) in (*_FULL, *_FIRST, *_LAST, *_IDS)


def _normalize_heading(cell: str) -> str:
    return cell.lower().replace("_", " ")


def _find_names(header: Sequence[str], path: Path) -> Callable[[Sequence[str]], str]:
    """Return what reads the name in a row."""
    full, first, last, ids = (
        next((header.index(name) for name in names if name in header), None)
        for names in (_FULL, _FIRST, _LAST, _IDS)
    )
    if full is not None:
        return lambda row: row[full]
    if first is not None and last is not None:
        return lambda row: f"{row[first]} {row[last]}".strip()
    if ids is not None:
        return lambda row: row[ids]
    raise TableError(
        f"{path} has no column for names: its columns are {', '.join(map(as_line, header))}. "
        "Rename the column of names to student, or have first name and last name."
    )


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
    present: Counter[int] = Counter()
    strangers = []
    found = {student: find_places(student, members) for student in students}
    # Two of one name: one each, the sure ones first.
    for places in sorted(filter(None, found.values()), key=len):
        present[min(places, key=lambda place: (present[place], place))] += 1
    for student, places in found.items():
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


def tell_apart(absent: Sequence[str], students: Iterable[str]) -> list[str]:
    """Return what to call those who handed in nothing, so that nobody else is called so.

    Parameters
    ----------
    absent : sequence of str
        Their names.
    students : iterable of str
        What those who handed in something are called.

    Returns
    -------
    list of str
        The names; with a number behind, if somebody has the name already.

    Examples
    --------
    >>> from gradlab.grading.intake.roster import tell_apart
    >>> tell_apart(["Ada", "Ada", "Bob"], ["Ada"])
    ['Ada (2)', 'Ada (3)', 'Bob']
    """
    taken = {*students}
    names = []
    for name in absent:
        called = (name, *(f"{name} ({n})" for n in range(2, len(taken) + 3)))
        names.append(next(one for one in called if one not in taken))
        taken.add(names[-1])
    return names


def find_places(student: str, members: Sequence[Member]) -> list[int]:
    """Return where a learner may be on the list, by the surest that is known of both.

    Parameters
    ----------
    student : str
        What the submissions call the learner.
    members : sequence of Member
        The list.

    Returns
    -------
    list of int
        Their places; several, where they cannot be told apart.

    Examples
    --------
    >>> from gradlab.grading.intake.roster import Member, find_places
    >>> find_places("Ada", [Member("Bob", frozenset({"bob"})), Member("Ada", frozenset({"ada"}))])
    [1]
    """
    for key in _make_keys(student):
        if places := [place for place, member in enumerate(members) if key in member.keys]:
            return places
    numbered = _NUMBERED.fullmatch(student)
    words = set(_split_words(numbered["name"] if numbered else student))
    # A middle name may be missing on either side.
    return [
        place
        for place, member in enumerate(members)
        if len(words & member.words) > 1 and (words <= member.words or member.words <= words)
    ]


def _make_member(name: str, ids: Iterable[str]) -> Member:
    """Return somebody by a name, and by numbers or logins."""
    known = {one.casefold() for one in ids if one}
    known |= {one.partition("@")[0] for one in known}
    hidden = [found for one in known if (found := _PARTICIPANT.fullmatch(one))]
    numbers = known | {found["number"] for found in hidden}
    # Without a gap it may be a login, whose number is no name.
    known |= {found["number"] for found in hidden if found["gap"]}
    words = _split_words(name)
    first, _, last = reversed(name.partition(",")) if "," in name else name.rpartition(" ")
    turned = [*_split_words(last), *_split_words(first)]
    joined = {"".join(words), "".join(turned)}
    keys = {" ".join(sorted(words)), " ".join(sorted(_split_words(name, german=True)))}
    keys |= known | joined | {f"{one} {number}" for one in joined for number in numbers}
    # Where Moodle hides the names, the folder is "Participant_11".
    keys |= {f"{''.join(_split_words(found['word']))} {found['number']}" for found in hidden}
    return Member(as_name(name), frozenset(filter(None, keys)), frozenset(words))


def _make_keys(student: str) -> list[str]:
    """Return what a learner may be called on the list, the surest first."""
    numbered = _NUMBERED.fullmatch(student)
    keys = []
    if numbered:
        # Canvas runs the last name and the first together, and adds a number that it lists.
        keys.append(f"{''.join(_split_words(numbered['name']))} {numbered['number']}")
    for name in (student, *([numbered["name"]] if numbered else [])):
        keys += [name.casefold(), *(" ".join(sorted(w)) for w in _spell(name))]
        keys += ["".join(w) for w in _spell(name)]
    return keys


def _spell(name: str) -> list[list[str]]:
    return [_split_words(name), _split_words(name, german=True)]


def _split_words(name: str, german: bool = False) -> list[str]:
    """Return the words of a name in small letters without accents; an ü as u, or as ue."""
    text = unicodedata.normalize("NFC", name.casefold())
    if german:
        text = text.translate(_UMLAUTS)
    letters = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    # Those of other scripts are vowels.
    plain = "".join(c for c in letters if not "\u0300" <= c <= "\u036f")
    return re.findall(r"[^\s_,.;:()&+/-]+", plain)
