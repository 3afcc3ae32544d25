"""Whether a folder is a learner's or one around those of learners, by what is in and beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from gradlab.grading.intake.archives import drop_suffix, find_suffix, has_notebook_name
from gradlab.grading.intake.listing import Folder
from gradlab.grading.intake.lms_names import read_lms_name
from gradlab.grading.intake.names import (
    is_generic,
    may_be_people,
    split_stem,
    split_zip_stem,
)

# What Gradescope says of the submissions beside it.
METADATA = "submission_metadata.yml"
_NUMBERED = re.compile(r"(?:^|[^0-9])(\d\d)_(?=[^\W\d_])")

# "group": around the folders or files of learners. "group?" and "learner?": it looks like one, if
# nothing beside it says otherwise. "unclear": it may be either. "nothing": it holds no notebook.
Role = Literal["learner", "learner?", "group", "group?", "unclear", "nothing"]


def decide_roles(folders: Sequence[Folder], above: Folder) -> list[Role]:
    """Return of each folder whether it is a learner's, a group, unclear, or nothing."""
    roles = [_find_role(folder) for folder in folders]
    named = [role for role, inner in zip(roles, folders, strict=True) if not is_nobodys(inner)]
    exported = [_has_lms_below(folder) for folder in folders]
    some_learner = "learner" in named
    some_group = "group?" in named
    alone = len(folders) == 1 and not any(has_notebook_name(p[-1]) for p, _ in above.files)
    # One folder of folders, which anybody can hand in, does not make groups of all others.
    groups_prevail = named.count("group?") >= named.count("learner?") and not some_learner
    decided: list[Role] = []
    for folder, role, is_export in zip(folders, roles, exported, strict=True):
        if is_export and (is_nobodys(folder) or all(exported)):
            role = "group"
        elif role == "group?":
            # The check for several people in one place sees it if this is a group all the same.
            role = "group" if groups_prevail else "learner"
        elif role == "learner?":
            if some_learner or some_group:
                role = "group" if some_group and groups_prevail else "learner"
        elif role == "unclear" and (alone or (some_group and groups_prevail)):
            role = "group"
        elif role == "nothing":
            role = _decide_empty(folder, some_group and groups_prevail)
        decided.append(role)
    return decided


def _decide_empty(folder: Folder, is_beside_groups: bool) -> Role:
    """Say what a folder without notebooks is: nobody who handed in something else is left out."""
    if is_nobodys(folder) or is_beside_groups:
        return "group" if folder.folders or folder.files else "nothing"
    return "learner"


def _find_role(folder: Folder) -> Role:
    """Say what a folder is by what lies in it, but for the names of an LMS."""
    own = [drop_suffix(parts[-1]) for parts, _ in folder.files if has_notebook_name(parts[-1])]
    if own:
        return _find_role_by_files(folder, own)
    inner = [sub for sub in folder.folders.values() if holds_notebooks(sub)]
    if not inner:
        return "nothing"
    strange = [sub for sub in inner if not _is_part_of(sub, folder)]
    if is_nobodys(folder):
        return "learner" if not strange and may_be_people(folder.name) else "group"
    if not strange:
        return "learner"
    if len(strange) == 1:
        return "group?" if _find_role(strange[0]) in ("group", "group?") else "learner?"
    return "group?" if _share_lessons(strange) else "unclear"


def _find_role_by_files(folder: Folder, stems: Sequence[str]) -> Role:
    """Say what a folder with notebooks is, by whether their names tell other people."""
    own = _split_words(_get_name(folder))
    people = {split_stem(stem)[0] for stem in stems}
    others = {person for person in people if person and not _split_words(person) & own}
    if is_nobodys(folder):
        return "learner" if may_be_people(folder.name) and "" in people else "group"
    if len(others) < len(people):
        return "learner"
    return "learner?" if len(others) == 1 else "unclear"


def is_nobodys(folder: Folder) -> bool:
    """Whether a folder's name says of nobody whose it is."""
    if folder.is_zip:
        return not split_zip_stem(drop_suffix(folder.name))[0]
    return is_generic(folder.name)


def _is_part_of(inner: Folder, folder: Folder) -> bool:
    """Whether a folder in a learner's is called like a lesson, a version, or the learner."""
    return is_nobodys(inner) or bool(
        _split_words(_get_name(inner)) & _split_words(_get_name(folder))
    )


def _has_lms_names(folder: Folder) -> bool:
    """Whether most of what lies in a folder is called as an LMS calls it."""
    if any(parts == (METADATA,) for parts, _ in folder.files):
        return True
    files = [parts[0] for parts, _ in folder.files if find_suffix(parts[-1])]
    inner = [sub for sub in folder.folders.values() if sub.is_zip or _holds_anything(sub)]
    named = [read_lms_name(name, (), is_file=True) for name in files]
    named += [read_lms_name(sub.name, (), sub.is_zip) for sub in inner]
    return 2 * sum(place is not None for place in named) > len(named)


def _holds_anything(folder: Folder) -> bool:
    return any(True for _ in folder.walk())


def holds_notebooks(folder: Folder) -> bool:
    """Whether there is a notebook anywhere below a folder."""
    return any(has_notebook_name(parts[-1]) for parts, _ in folder.walk())


def _has_lms_below(folder: Folder) -> bool:
    return any(_has_lms_names(inner) for inner in folder.all_folders())


def _share_lessons(folders: Sequence[Folder]) -> bool:
    seen: set[str] = set()
    for folder in folders:
        lessons = {
            _find_lesson_key(parts[-1])
            for parts, _ in folder.walk()
            if has_notebook_name(parts[-1])
        }
        if lessons & seen:
            return True
        seen |= lessons
    return False


def _find_lesson_key(name: str) -> str:
    """Return the number of a lesson that a name tells; else the name."""
    numbers = _NUMBERED.findall(name)
    return numbers[-1] if numbers else drop_suffix(name).lower()


def _get_name(folder: Folder) -> str:
    return drop_suffix(folder.name) if folder.is_zip else folder.name


def _split_words(name: str) -> set[str]:
    return {word for word in re.split(r"[\W_]+", name.casefold()) if len(word) > 1}
