"""The words in the names of files and folders: the learner's, the lesson's, and what says neither.

Where a name could be a person's, it is taken for one: two people must never become one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from gradlab.course.folder import LESSONS, lessons_folder

_SEPARATORS = r"\s_\-.,;:+&–—"
_TOKEN = re.compile(rf"\([^()]*\)|[^{_SEPARATORS}()]+")
_EDGES = " _-.,;:+&–—\t\n"
_COUNTED = re.compile(r"(?P<word>[^\W\d]+?)(?P<number>[0-9]{1,2})")
_IN_BRACKETS = re.compile(r"\(\s*([0-9]{1,3})\s*\)")
# A moment, as ILIAS and Google Drive write it. Eight digits may be a learner's number.
_MOMENT = re.compile(r"(?a)20\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:t[0-2]\d{5}z|[0-2]\d{5})")
_DATE = re.compile(
    r"(?a:(?<!\d)20\d\d[-_.](?:0?[1-9]|1[0-2])[-_.](?:3[01]|[0-2]?\d)(?!\d)"
    r"(?:[T_ -]+[0-2]?\d[-:.h]\d\d(?:[-:.]\d\d)?(?!\d))?)"
)
_SUFFIX = re.compile(r"\.(?:ipynb|zip|txt|json)(?:\.(?:txt|json))?$", re.IGNORECASE)


def _make_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What stands in the names of files and folders and is nobody's name: the course and its parts,
# what is set and handed in, what packs it, versions of one file.
_GENERIC = _make_words(
    """
    lesson lessons lektion lektionen leccion lección lezione leçon lecon aula
    week weeks woche wochen kw semaine semana settimana day tag term semester session
    section sections sektion sección seccion sec part teil unit module modul chapter kapitel
    class classes klasse klassen kurs course cours curso corso tutorial tutorium
    gradlab notebooks notebook nb ipynb jupyter

    hw homework homeworks hausaufgabe hausaufgaben assignment assignments assign task tasks
    aufgabe aufgaben exercise exercises ex übung übungen uebung uebungen blatt sheet lab labs
    devoir tarea tareas compito problem pset project
    submission submissions submitted submit handin abgabe abgaben rendu entrega entregas consegna
    late graded working solution solutions lösung loesung answer answers
    work code src files file dateien

    moodle canvas blackboard brightspace gradescope ilias olat sakai google classroom drive teams
    export exports exported download downloads archive zip

    attempt attempts resubmission resubmitted versuch version versions ver v draft entwurf
    final finished fertig done new neu old alt backup bak copy kopie copie copia
    edited corrected updated revised untitled first second third try again once
    of de di von and the und my mine mein
    """
)
# A team may hand in as one; what lies in its folder decides.
_MAY_BE_PEOPLE = _make_words("group groups gruppe gruppen groupe grupo grupos gruppo groep team")
# Generic in the name of a folder, but in that of a file it may be a surname.
_SURNAMES = _make_words("alt neu new old day tag lab ex first try de di von")
# Whoever it is, where an LMS hides the names.
_ANYBODY = _make_words(
    """
    participant participants teilnehmer teilnehmerin in participante participantes partecipante
    student students user anonymous anonym anonyme candidate
    """
)
# A copy of what follows.
_OF = _make_words("of von de di")
# What has letters for names: section A.
_LETTERED = _make_words("section sektion sección seccion sec part teil unit term klasse") | (
    _MAY_BE_PEOPLE | {"class"}
)
_VERSIONS = _make_words(
    "attempt resubmission versuch version ver v draft entwurf copy kopie copie copia"
)


@dataclass(frozen=True)
class _Token:
    """A word of a name, in small letters, and where it stands."""

    word: str
    start: int
    end: int


def is_generic(name: str) -> bool:
    """Whether the name of a folder or file says of nobody whose it is.

    Parameters
    ----------
    name : str
        A name without a suffix.

    Returns
    -------
    bool
        True for a lesson, a week, a section, an export.

    Examples
    --------
    >>> from gradlab.grading.intake.names import is_generic
    >>> [is_generic(name) for name in ("Section A", "week_03", "my-course", "ada", "12345")]
    [True, True, True, False, False]
    """
    return not _find_hint(name)


def may_be_people(name: str) -> bool:
    """Whether a name is that of a group, which is a section of a class or a team."""
    return is_generic(name) and any(
        _count_off(token.word) in _MAY_BE_PEOPLE for token in _tokenize(name)
    )


def is_of_group(name: str) -> bool:
    """Whether a name may be that of a group rather than of one person.

    Parameters
    ----------
    name : str
        What an LMS calls who handed in.

    Returns
    -------
    bool
        True for nobody's name, and where a word speaks of a group, also at its end.

    Examples
    --------
    >>> from gradlab.grading.intake.names import is_of_group
    >>> [is_of_group(name) for name in ("Section A", "Team Fox", "Lerngruppe 3", "Ada Example")]
    [True, True, True, False]
    """
    words = (_count_off(token.word) for token in _tokenize(name))
    return is_generic(name) or any(word.endswith(tuple(_MAY_BE_PEOPLE)) for word in words)


def split_stem(stem: str) -> tuple[str, str]:
    """Take the name of a file apart into the learner's and the rest.

    Parameters
    ----------
    stem : str
        The name without its suffix.

    Returns
    -------
    student : str
        As it is spelled there; empty if the name tells none.
    rest : str
        The name of the learner's own file; all of it where nothing but the learner is told.

    Examples
    --------
    >>> from gradlab.grading.intake.names import split_stem
    >>> split_stem("ada_04_vectorizing"), split_stem("lesson1-ada"), split_stem("06_pitfalls")
    (('ada', '04_vectorizing'), ('ada', 'lesson1'), ('', '06_pitfalls'))
    """
    # The last two digits: a learner's name may hold some, a lesson's does not.
    flat = re.fullmatch(r"(?P<student>.+)_(?P<rest>[0-9]{2}_.*)", stem, re.DOTALL)
    if flat and _find_hint(flat["student"], groups=False):
        return flat["student"], flat["rest"]
    if title := _find_title(stem):
        start, end = title
        before, after = _strip_generic(stem[:start]), _strip_generic(stem[end:])
        # What counts uploads of one file is nobody's name.
        student = before or ("" if _is_number(after) else after)
        rest = stem[start:] if before else stem[:end]
        return (student, rest.strip(_EDGES)) if student else ("", stem)
    student = _strip_generic(stem)
    if not student or re.fullmatch("0[0-9]", student):
        return "", stem
    if student == stem.strip(_EDGES):
        return stem, stem
    place = stem.find(student)
    rest = f"{stem[:place]} {stem[place + len(student) :]}".replace("()", "").strip(_EDGES)
    return student, rest or stem


def split_zip_stem(stem: str) -> tuple[str, str]:
    """Take the name of a zip apart; a zip stands for a folder, whose number is the learner's."""
    student, rest = split_stem(stem)
    return (stem, stem) if rest.isdigit() else (student, rest)


def has_lesson(stem: str) -> bool:
    """Whether a name tells the lesson by its number or its whole title."""
    return _find_title(stem) is not None or re.search(r"(?:^|_)\d\d_", stem) is not None


def find_hint(parts: Sequence[str], student: str) -> tuple[str, ...]:
    """Return what in the path of a file may be the name of somebody else.

    Parameters
    ----------
    parts : sequence of str
        The path below what is the learner's.
    student : str
        The learner, whose own name is no hint.

    Returns
    -------
    tuple of str
        Words in small letters; empty where the path holds the lesson, a version, or the learner.

    Examples
    --------
    >>> from gradlab.grading.intake.names import find_hint
    >>> find_hint(["01_derivatives_by_differences_bob.ipynb"], "Section A")
    ('bob',)
    >>> find_hint(["old", "ada_hw1 (2).ipynb"], "ada")
    ()
    """
    own = {token.word for token in _tokenize(student)}
    bare = (_SUFFIX.sub("", part) for part in parts)
    return tuple(word for part in bare for word in _find_hint(part) if word not in own)


def is_anybody(name: str) -> bool:
    """Whether a name stands for whoever it is, where learners stay unknown."""
    words = {token.word for token in _tokenize(name)}
    return not words - _ANYBODY - _GENERIC


def find_version(parts: Iterable[str]) -> tuple[int, ...]:
    """Return the numbers of the version that a path tells: ``Version 2``, ``work (1).ipynb``.

    Parameters
    ----------
    parts : iterable of str
        The path below what is the learner's.

    Returns
    -------
    tuple of int
        Of two versions, the later one is larger; empty if none is told.
    """
    return tuple(number for part in parts for number in _find_numbers(part))


@cache
def find_lesson_files() -> frozenset[str]:
    """Return the names of the lessons as they were given out."""
    return frozenset(path.name for path in lessons_folder().glob(LESSONS))


@cache
def _read_titles() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(name[3:-6].split("_")) for name in sorted(find_lesson_files()))


@cache
def _find_title_words() -> frozenset[str]:
    # Short ones may be names: Taylor, Hunt.
    return frozenset(word for title in _read_titles() for word in title if len(word) > 7)


def make_lesson_pattern() -> str:
    """Return a regular expression for what may stand for a lesson in a name."""
    gap = f"[{_SEPARATORS}]*"
    return rf"(?:\d\d{gap})?(?:{_make_any_title()})|(?:{'|'.join(sorted(_GENERIC))}){gap}\d{{1,2}}"


@cache
def _make_any_title() -> str:
    gap = f"[{_SEPARATORS}]+"
    return "|".join(gap.join(map(re.escape, title)) for title in _read_titles())


@cache
def _compile_title() -> re.Pattern[str]:
    edge = f"[{_SEPARATORS}()]"
    return re.compile(
        rf"(?:(?<![^{_SEPARATORS}()])\d\d[{_SEPARATORS}]+)?(?:(?<={edge})|^)"
        rf"(?:{_make_any_title()})(?={edge}|$)",
        re.IGNORECASE,
    )


def _find_title(stem: str) -> tuple[int, int] | None:
    """Return where the whole title of a lesson stands in a name."""
    found = _compile_title().search(stem)
    return found.span() if found else None


def _tokenize(name: str) -> list[_Token]:
    return [
        _Token(unicodedata.normalize("NFC", found[0]).casefold(), *found.span())
        for found in _TOKEN.finditer(name)
    ]


def _count_off(word: str) -> str:
    """Return a word without the number at its end: ``hw`` for ``hw1``."""
    counted = _COUNTED.fullmatch(word)
    return counted["word"] if counted else word


def _says_nothing(word: str, groups: bool) -> bool:
    plain = _count_off(word)
    return (
        plain in _GENERIC
        or plain in _find_title_words()
        or (groups and plain in _MAY_BE_PEOPLE)
        or _IN_BRACKETS.fullmatch(word) is not None
        or _MOMENT.fullmatch(word) is not None
    )


def _is_number(word: str) -> bool:
    return re.fullmatch(r"[0-9]{1,2}|0[0-9]{2}", word) is not None


def _counts(word: str, before: str) -> bool:
    """Whether a word is the number of what stands before it, or the letter of a section.

    Of a thing that has its number, it is neither: ``hw1_17`` and ``hw1_a`` may be learners'.
    """
    if _is_number(word):
        return _says_nothing(before, groups=True) and not _COUNTED.fullmatch(before)
    return re.fullmatch(r"[0-9]{0,2}[^\W\d_]", word) is not None and before in _LETTERED


def _find_hint(name: str, groups: bool = True) -> tuple[str, ...]:
    """Return the words of a name that may be a person's."""
    if title := _find_title(name):
        name = f"{name[: title[0]]} lesson1 {name[title[1] :]}"
    name = _DATE.sub(" lesson1 ", name)
    words = [token.word for token in _tokenize(name)]
    kept = []
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        is_lesson = re.fullmatch("0[0-9]", word) and after
        begins = not before and (is_lesson or (_is_number(word) and _says_nothing(after, groups)))
        if not (_says_nothing(word, groups) or _counts(word, before) or begins):
            kept.append(word)
    return tuple(kept)


def _strip_generic(text: str) -> str:
    """Take off both ends of a name what says of nobody whose it is."""
    tokens = _tokenize(_DATE.sub(lambda date: "-" * len(date[0]), text))
    first, last = 0, len(tokens)
    # 04_ada is a lesson of hers.
    if last > 1 and re.fullmatch("0[0-9]", tokens[0].word):
        first = 1
    while first < last and _is_stripped(tokens[first].word):
        first += 1
        before, word = tokens[first - 1].word, tokens[first].word if first < last else ""
        if word and (_counts(word, before) or (before in _VERSIONS and word in _OF)):
            first += 1
    while first < last:
        word = tokens[last - 1].word
        before = tokens[last - 2].word if last - first > 1 else ""
        is_lesson = re.fullmatch("0\\d", word) and before and before not in _MAY_BE_PEOPLE
        if _is_stripped(word) or is_lesson:
            last -= 1
        elif before and before not in _MAY_BE_PEOPLE and _counts(word, before):
            last -= 2
        else:
            break
    kept = text[tokens[first].start : tokens[last - 1].end] if first < last else ""
    in_brackets = kept.startswith("(") and kept.endswith(")")
    return (kept[1:-1] if in_brackets else kept).strip(_EDGES)


def _is_stripped(word: str) -> bool:
    """Whether a word is taken off a name: as one that may be a surname, it stays."""
    return word not in _SURNAMES and _says_nothing(word, groups=False)


def find_counters(stem: str) -> tuple[str, ...]:
    """Return what tells files apart that were saved under one name: (1), (2)."""
    return tuple(_IN_BRACKETS.findall(stem))


def _find_numbers(part: str) -> Iterator[int]:
    for date in _DATE.findall(part):
        yield from map(int, re.findall(r"[0-9]+", date))
    words = [token.word for token in _tokenize(part)]
    for before, word in zip(["", *words], words, strict=False):
        in_brackets, counted = _IN_BRACKETS.fullmatch(word), _COUNTED.fullmatch(word)
        if in_brackets:
            yield int(in_brackets[1])
        elif counted and counted["word"] in _VERSIONS:
            yield int(counted["number"])
        elif _MOMENT.fullmatch(word):
            yield int(re.sub(r"\D", "", word))
        elif word.isascii() and word.isdigit() and before in _VERSIONS:
            yield int(word[:14])
