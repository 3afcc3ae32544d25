"""Whose points are whose in an LMS: with namesakes, swapped names and numbers that collide."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from learner_results import make_learner

from gradlab.grading.intake.submissions import Submission
from gradlab.grading.intake.uploads import Upload
from gradlab.grading.lms.fill import Filled, fill_gradebook
from gradlab.grading.lms.gradebook import read_gradebook
from gradlab.grading.outcome.results import ExerciseResult
from gradlab.grading.outcome.table import TableError

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Lesson 7 (701)\n    Points Possible,,,,,80\n"
    '"Example, Ada",111,,ada,A,\n"Ray, Bob",112,555,bob,A,\n'
)
WORKSHEET = (
    "Identifier,Full name,ID number,Status,Grade,Maximum grade\n"
    "Participant 11,Ada Example,12,Submitted,-,80.00\n"
    "Participant 13,Ada Example,15,Submitted,-,80.00\n"
    "Participant 14,Bob Ray,16,Submitted,-,80.00\n"
)
# Few, so that many are called alike: also turned round, or with a middle name.
WORDS = ("Ali", "Lee", "Leeroy", "O'Neil", "Jörg", "Joerg", "van der Berg", "王", "12")
NUMBERS = st.integers(1, 9)


@dataclass(frozen=True)
class Person:
    first: str
    last: str
    number: int
    other_number: int
    is_in_file: bool
    hands_in: bool
    points: int


@st.composite
def classes(draw: st.DrawFn) -> list[Person]:
    names = st.tuples(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join),
        st.sampled_from(WORDS),
    )
    numbers = draw(st.lists(NUMBERS, unique=True, min_size=1, max_size=6))
    # Of the school, not of the LMS: any may be like another's number in the LMS.
    others = draw(st.permutations(range(1, 10)))
    points = draw(st.permutations(range(1, 9)))
    return [
        Person(
            *draw(names), number, others[n], draw(st.booleans()), draw(st.booleans()), points[n]
        )
        for n, number in enumerate(numbers)
    ]


def write_canvas(people: Sequence[Person]) -> str:
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lesson 7 (701)"],
        ["    Points Possible", "", "", "", "", "80"],
        *(
            [f"{p.last}, {p.first}", str(p.number), str(p.other_number), "", "A", ""]
            for p in people
        ),
    ]
    return write_rows(rows)


def write_worksheet(people: Sequence[Person]) -> str:
    rows = [
        ["Identifier", "Full name", "ID number", "Grade", "Maximum grade"],
        *(
            [f"Participant {p.number}", f"{p.first} {p.last}", str(p.other_number), "", "80.00"]
            for p in people
        ),
    ]
    return write_rows(rows)


def write_rows(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def name_in_canvas(person: Person) -> str:
    return re.sub(r"[\W_]", "", f"{person.last}{person.first}").lower() + f"_{person.number}"


def name_in_moodle(person: Person) -> str:
    return f"{person.first} {person.last}_{person.number}"


def fill_file(folder: Path, text: str, system: str, points: dict[str, int]) -> Filled:
    path = folder / "export.csv"
    path.write_text(text, encoding="utf-8", newline="")
    gradebook = read_gradebook(path, [7], None, str)
    results = [
        make_learner(name, ExerciseResult("pack", 7, "wrong", float(own), 8.0))
        for name, own in points.items()
    ]
    submissions = [
        Submission(name, (), (), {}, (Upload(system, (), name, f"{name}_"),)) for name in points
    ]
    return fill_gradebook(gradebook, results, submissions)


@pytest.mark.parametrize(
    ("system", "write", "call", "column"),
    [("Canvas", write_canvas, name_in_canvas, 5), ("Moodle", write_worksheet, name_in_moodle, 3)],
)
@given(people=classes())
def test_each_gets_their_own_points_whoever_is_called_alike(
    people: list[Person],
    system: str,
    write: Callable[[Sequence[Person]], str],
    call: Callable[[Person], str],
    column: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    listed = [person for person in people if person.is_in_file]
    if not listed:
        return
    handed_in = {call(person): person.points for person in people if person.hands_in}
    filled = fill_file(tmp_path_factory.mktemp("class"), write(listed), system, handed_in)
    rows = list(csv.reader(io.StringIO(filled.text)))[-len(listed) :]
    assert [row[column] for row in rows] == [
        str(10 * person.points) if person.hands_in else "" for person in listed
    ]


@pytest.mark.parametrize(
    ("system", "text", "name"),
    [
        # A namesake who is not in the file, as of another section.
        ("Canvas", CANVAS, "exampleada_222"),
        # The number that the school gave another one.
        ("Canvas", CANVAS, "cydcy_555"),
        ("Moodle", WORKSHEET, "Ada Example_12"),
        # The number is of another assignment, or of a group that the file leaves out.
        ("Moodle", WORKSHEET, "Bob Ray_99"),
        # The number of a group, which is that of another person.
        ("Moodle", WORKSHEET, "Group A_14"),
    ],
)
def test_a_number_that_is_nobodys_fills_no_line(
    system: str, text: str, name: str, tmp_path: Path
) -> None:
    filled = fill_file(tmp_path, text, system, {name: 8})
    assert filled.text == text
    assert any(line.startswith(name) for _, lines in filled.sections for line in lines)


def test_a_number_of_moodles_is_no_number_of_the_school(tmp_path: Path) -> None:
    text = "First name,Last name,ID number,Lesson 7 (Real)\nAda,Example,12,-\nAda,Example,15,-\n"
    assert fill_file(tmp_path, text, "Moodle", {"Ada Example_12": 8}).text == text


def test_a_line_whose_cells_are_shifted_is_told_before_anything_runs(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("student,Lesson 7,Place\nBob,,x,,\nExample, Ada,,x\n")
    with pytest.raises(TableError, match="line 3: there are 4 fields, but the header has 3"):
        read_gradebook(path, [7], None, str)


def test_percent_that_nobody_gave_yet_is_filled(tmp_path: Path) -> None:
    text = "First name,Last name,Assignment: Lesson 7 (Percentage)\nAda,Example,- %\n"
    filled = fill_file(tmp_path, text, "Moodle", {"Ada Example_12": 6})
    assert filled.text == text.replace("- %", "75 %")


def test_who_has_no_number_in_the_file_is_found_by_the_name(tmp_path: Path) -> None:
    text = CANVAS.replace("111", "1~111")
    filled = fill_file(tmp_path, text, "Canvas", {"exampleada_10000000000111": 8})
    assert filled.text == text.replace("1~111,,ada,A,", "1~111,,ada,A,80")


def test_what_two_of_one_name_handed_in_to_two_assignments_is_nobodys(tmp_path: Path) -> None:
    path = tmp_path / "worksheet.csv"
    path.write_text(WORKSHEET)
    gradebook = read_gradebook(path, [7], None, str)
    found = [
        Submission(name, (), (), {}, (upload(f"{name}_{one}", "1"), upload(f"{name}_99", "2")))
        for name, one in (("Ada Example", 11), ("Bob Ray", 14))
    ]
    results = [
        make_learner(one.student, ExerciseResult("pack", 7, "wrong", 8.0, 8.0)) for one in found
    ]
    filled = fill_gradebook(gradebook, results, found)
    assert filled.text == WORKSHEET.replace("16,Submitted,-", "16,Submitted,80")


def upload(student: str, week: str) -> Upload:
    return Upload("Moodle", (week,), student, f"{student}_assignsubmission_file_")
