"""One column of a gradebook: what becomes of its cells, and what is to be said of that."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradlab.grading.lms.columns import Target
from gradlab.grading.lms.form import EMPTY, read_number
from gradlab.grading.outcome.gradebook import as_number
from gradlab.grading.outcome.phrases import count_things
from gradlab.grading.outcome.raw_table import RawTable
from gradlab.grading.outcome.results import LearnerResult
from gradlab.grading.outcome.text import as_line


@dataclass
class Filling:
    """What becomes of one column.

    Attributes
    ----------
    target : Target
        The column, and the lessons whose points it gets.
    is_alone : bool
        Whether it is the only column that is filled.
    values : dict
        (row, place) -> the new text of a cell.
    filled : list of int
        The rows whose points are in it now.
    changed : list of str
        What was there and is something else now.
    left : list of (str, str)
        Whose cell stays as it is, and why.
    most : float
        What can be earned.
    example : str
        How points were converted: of the first, rather of somebody who earned some and not all.
    """

    target: Target
    is_alone: bool = True
    values: dict[tuple[int, int], str] = field(default_factory=dict)
    filled: list[int] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    most: float = 0.0
    example: str = ""
    _is_of_some: bool = False


def fill_cell(
    filling: Filling, table: RawTable, row: int, result: LearnerResult, has_comma: bool
) -> None:
    """Put a learner's points into a column.

    Parameters
    ----------
    filling : Filling
        The column; what is done is added to it.
    table : RawTable
        The gradebook.
    row : int
        The learner's row in it.
    result : LearnerResult
        What the learner earned.
    has_comma : bool
        Whether the file writes 7,5 for 7.5.
    """
    column = filling.target.column
    who = result.student if filling.is_alone else f"{result.student}, {column.title}"
    if column.place >= len(table.rows[row]):
        filling.left.append((who, "the line ends before the column"))
        return
    old = table.read(row, column.place)
    before = read_number(old)
    if before is None and old not in EMPTY:
        filling.left.append((who, f"there is “{old}”, which is no number"))
        return
    own = [e for e in result.exercises if e.lesson in filling.target.lessons]
    if own and all(e.outcome == "missing" and not e.is_by_hand for e in own):
        filling.left.append((who, "handed in nothing of it"))
        return
    earned, most = sum(e.points or 0.0 for e in own), sum(e.max_points for e in own)
    if not most:
        filling.left.append((who, "nothing counts that goes into this column"))
        return
    counted = 100.0 if column.is_percent else column.most.get(row, most)
    points = as_number(earned * counted / most)
    new = (points.replace(".", ",") if has_comma else points) + column.unit
    filling.filled.append(row)
    filling.most = most
    is_some = 0 < earned < most
    if not filling.example or (is_some and not filling._is_of_some):
        filling.example = f"{as_number(earned)} of {as_number(most)} became {new}"
        filling._is_of_some = is_some
    if before is not None and as_number(before) == points:
        return
    if before is not None:
        filling.changed.append(f"{who}: {old} became {new}")
    filling.values[row, column.place] = new


def tell_filling(filling: Filling, system: str) -> str:
    """Say what was filled, and how points were converted.

    Parameters
    ----------
    filling : Filling
        The column.
    system : str
        The LMS; empty if it is not known.

    Returns
    -------
    str
        Some sentences.
    """
    column = filling.target.column
    learners = count_things(len(filling.filled), "learner")
    start = f"Column “{as_line(column.title)}”: the points of {learners}."
    if not filling.filled:
        return start
    most = as_number(filling.most)
    whose = system or "The file"
    if column.is_percent:
        return f"{start} It counts percent: {filling.example}."
    if not column.most:
        return (
            f"{start} The file does not say how many it counts, so they are gradlab's own, of "
            f"{most}."
        )
    counted = as_number(next(iter(column.most.values())))
    if counted == most:
        return f"{start} {whose} counts {most} points for it, as gradlab does."
    return f"{start} {whose} counts {counted} points for it, gradlab {most}: {filling.example}."
