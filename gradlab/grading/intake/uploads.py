"""What an LMS must be told to know a learner again, and what it says of when they handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gradlab.grading.intake.archives import NOTEBOOK, ZIP
from gradlab.grading.intake.layouts import Found
from gradlab.grading.outcome.phrases import join_few
from gradlab.grading.outcome.text import as_name


@dataclass(frozen=True)
class Upload:
    """What a learner handed in to one assignment of an LMS, as the LMS exported it.

    Attributes
    ----------
    system : str
        ``Moodle`` or ``Canvas``.
    export : tuple of str
        The folder or zip in which it lay: that of one assignment.
    student : str
        What the LMS calls the learner there: ``Ada Example_12345``.
    taken_back_as : str
        How the name of a file must begin that the LMS takes back; empty if it takes none.
    file : str
        What the learner called what was handed in; of several files, a notebook if there is one.
    """

    system: str
    export: tuple[str, ...]
    student: str
    taken_back_as: str
    file: str = ""


def find_uploads(found: Sequence[Found]) -> tuple[Upload, ...]:
    """Return what one learner handed in to each assignment.

    Parameters
    ----------
    found : sequence of Found
        All that is the learner's.

    Returns
    -------
    tuple of Upload
        One for each export, sorted. Of several files, a notebook, and the latest.
    """
    latest: dict[tuple[str, tuple[str, ...]], Found] = {}
    for one in found:
        place = one.place
        if not place.system:
            continue
        key = (place.system, one.group)
        before = latest.get(key)
        if before is None or _rank(before) < _rank(one):
            latest[key] = one
    return tuple(
        Upload(
            system,
            export,
            one.place.origin.removesuffix(f" of {system}"),
            one.place.taken_back_as,
            one.place.own_parts[0] if one.place.own_parts else "",
        )
        for (system, export), one in sorted(latest.items(), key=lambda item: item[0])
    )


def find_id(uploads: Sequence[Upload]) -> str:
    """Return the number by which an LMS knows a learner.

    Parameters
    ----------
    uploads : sequence of Upload
        All of the learner's.

    Returns
    -------
    str
        That of the participant in Moodle, of the user in Canvas; empty if there is none, or
        another one in each assignment.

    Examples
    --------
    >>> from gradlab.grading.intake.uploads import Upload, find_id
    >>> find_id([Upload("Moodle", (), "Ada Example_12345", "Ada Example_12345_")])
    '12345'
    """
    numbers = {upload.student.rpartition("_")[2] for upload in uploads}
    number = numbers.pop() if len(numbers) == 1 else ""
    return number if number.isascii() and number.isdigit() else ""


def note_late(found: Sequence[Found]) -> list[str]:
    """Say what an LMS says was handed in late.

    Parameters
    ----------
    found : sequence of Found
        All that is the learner's.

    Returns
    -------
    list of str
        A note, or none.
    """
    late = [one.place for one in found if one.place.is_late]
    if not late:
        return []
    files = sorted({"/".join(place.own_parts) or "a text or a link" for place in late})
    names = join_few([as_name(name) for name in files])
    return [f"Handed in late, says {late[0].system}: {names}."]


def _rank(one: Found) -> tuple[bool, int, tuple[int, ...]]:
    # What an LMS exports is one attempt; it takes a page back beside any file of it.
    ends = (ZIP, NOTEBOOK)
    suffix = Path(one.place.own_parts[0]).suffix.lower() if one.place.own_parts else ""
    kind = ends.index(suffix) + 1 if suffix in ends else 0
    return bool(one.place.taken_back_as), kind, one.place.attempt
