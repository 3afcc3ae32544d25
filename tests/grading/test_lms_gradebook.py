"""The gradebooks of Moodle and Canvas: points go in, and no other byte changes."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from class_files import put_zip
from hypothesis import given, strategies as st
from learner_results import make_answer, make_learner, make_waiting

from gradlab import cli
from gradlab.grading.intake.submissions import Submission
from gradlab.grading.intake.uploads import Upload
from gradlab.grading.lms.columns import ColumnError
from gradlab.grading.lms.fill import Filled, fill_gradebook, note_statuses
from gradlab.grading.lms.gradebook import read_gradebook
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
from gradlab.grading.outcome.table import TableError
from tools.lessons import NOTEBOOKS

# As they come out of the two systems, with made-up people.
CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Essay (700),Lesson 7 (701),"
    "Homework Current Score,Final Score\r\n"
    ",,,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,5.00,100.00,(read only),(read only)\r\n"
    '"Example, Ada",111,,ada@example.edu,"A and B",4.00,,80.00,80.00\r\n'
    '"O\'Brien, Zoë-Ann",112,,zoe,A,,50.00,,\r\n'
    '"Excused, Eve",113,,eve,A,,EX,,\r\n'
    '"Waits, Wim",114,,wim,A,,,,\r\n'
    '"Student, Test",999,,abc,A,,,,\r\n'
)
WORKSHEET = (
    '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum grade",'
    '"Grade can be changed","Last modified (submission)","Last modified (grade)",'
    '"Feedback comments"\n'
    '"Participant 11","Ada Example",ada@example.edu,"Submitted for grading - ",,100.00,Yes,'
    '"Thursday, 1 October 2026, 10:00 AM",-,"<p>Well, ""good""</p>"\n'
    '"Participant 12","Ada Example",ada2@example.edu,"Submitted for grading - ",50.00,100.00,Yes,'
    '"Thursday, 1 October 2026, 10:00 AM",-,\n'
    '"Participant 13","Bob Ray",bob@example.edu,"No submission - ",,100.00,Yes,-,-,"a\nb"'
)
WORKSHEET_DE = (
    'ID,"Vollständiger Name",E-Mail-Adresse,Status,Bewertung,Bestwertung,'
    '"Bewertung kann geändert werden","Zuletzt geändert (Abgabe)","Zuletzt geändert (Bewertung)"\n'
    'Teilnehmer/in11,"Jörg Müller",jm@example.edu,"Zur Bewertung abgegeben",,"20,00",Ja,-,-\n'
    'Teilnehmer/in12,"Ada Example",ada@example.edu,"Zur Bewertung abgegeben","7,00",'
    '"20,00",Ja,-,-\n'
)
# Of a language that no list of words knows, and without names.
WORKSHEET_BLIND = (
    "Tunniste,Tila,Arvosana,Enimmäisarvosana,Muokattavissa\n"
    "Osallistuja 31,Palautettu,-,10.00,Kyllä\n"
    "Osallistuja 32,Palautettu,-,10.00,Kyllä\n"
)
GRADEBOOK = (
    '"First name","Last name","ID number",Institution,Department,"Email address",'
    '"Assignment: Lesson 7 (Real)","Assignment: Lesson 7 (Percentage)",'
    '"Assignment: Lesson 7 (Feedback)","Quiz: Lesson 70 (Real)","Course total (Real)",'
    '"Last downloaded from this course"\n'
    'Ada,Example,7,,,ada@example.edu,-,"- %",-,-,-,1790000000\n'
    "Bob,Ray,8,,,bob@example.edu,2.00,20.00 %,-,-,-,1790000000\n"
)


def earn(student: str, points: float, lesson: int = 7) -> LearnerResult:
    return make_learner(student, ExerciseResult("pack", lesson, "wrong", points, 8.0))


def fill_file(
    folder: Path,
    text: str,
    results: Sequence[LearnerResult],
    column: str | None = None,
    lessons: Sequence[int] = (7,),
    uploads: dict[str, tuple[Upload, ...]] | None = None,
) -> Filled:
    path = folder / "export.csv"
    path.write_bytes(text.encode())
    gradebook = read_gradebook(path, lessons, column, lambda title: f"TYPE {title}")
    known = uploads or {}
    submissions = [Submission(r.student, (), (), {}, known.get(r.student, ())) for r in results]
    return fill_gradebook(gradebook, results, submissions)


def said(filled: Filled, heading: str) -> list[str]:
    return [
        line for title, lines in filled.sections if title.startswith(heading) for line in lines
    ]


def test_canvas_comes_back_filled_and_otherwise_unchanged(tmp_path: Path) -> None:
    results = [
        earn("exampleada_111", 6),
        earn("obrienzoeann_112", 8),
        earn("excusedeve_113", 3),
        make_waiting("waitswim_114"),
        earn("studenttest_999", 8),
    ]
    filled = fill_file(tmp_path, CANVAS, results)
    expected = CANVAS.replace('"A and B",4.00,,', '"A and B",4.00,75,').replace(
        "A,,50.00,", "A,,100,"
    )
    assert filled.text == expected
    assert (
        "Canvas counts 100 points for it, gradlab 8: 6 of 8 became 75." in filled.sections[0][1][0]
    )
    assert said(filled, "Points that were there") == ["obrienzoeann_112: 50.00 became 100"]
    assert [line.partition(":")[0] for line in said(filled, "Not filled")] == [
        "excusedeve_113",
        "studenttest_999",
        "waitswim_114",
    ]
    assert "2 learners" in filled.way_back
    assert "Canvas" in filled.way_back


def test_the_number_in_canvas_knows_whose_name_changed(tmp_path: Path) -> None:
    upload = Upload("Canvas", (), "formername_111", "formername_111_5_")
    filled = fill_file(
        tmp_path, CANVAS, [earn("formername_111", 8)], uploads={"formername_111": (upload,)}
    )
    assert filled.text == CANVAS.replace('"A and B",4.00,,', '"A and B",4.00,100,')


def test_a_worksheet_of_moodle_comes_back_filled(tmp_path: Path) -> None:
    results = [earn("Ada Example_11", 2), earn("Ada Example_12", 4), earn("Bob Ray_13", 8)]
    filled = fill_file(tmp_path, WORKSHEET, results)
    expected = WORKSHEET.replace('"Submitted for grading - ",,', '"Submitted for grading - ",25,')
    assert filled.text == expected.replace('"No submission - ",,', '"No submission - ",100,')
    # The 50 that was there is the 50 that was earned: not even its spelling changes.
    assert said(filled, "Points that were there") == []
    assert "Upload grading worksheet" in filled.way_back


def test_a_german_worksheet_has_decimal_commas(tmp_path: Path) -> None:
    results = [earn("Jörg Müller_11", 2.5), earn("Ada Example_12", 8)]
    filled = fill_file(tmp_path, WORKSHEET_DE, results)
    expected = WORKSHEET_DE.replace('abgegeben",,', 'abgegeben","6,25",')
    assert filled.text == expected.replace('"7,00"', '"20"')
    assert said(filled, "Points that were there") == ["Ada Example_12: 7,00 became 20"]


def test_a_worksheet_without_names_in_any_language(tmp_path: Path) -> None:
    filled = fill_file(tmp_path, WORKSHEET_BLIND, [earn("Osallistuja_32", 4)], column=None)
    assert filled.text == WORKSHEET_BLIND.replace("32,Palautettu,-", "32,Palautettu,5")
    (line,) = said(filled, "Not filled")
    assert "in the file, but not among those graded" in line
    named = WORKSHEET_BLIND.replace("Tila", "Koko nimi,Tila")
    named = named.replace("31,", "31,Ada Example,").replace("32,", "32,Bob Ray,")
    results = [earn("Ada Example_32", 8), earn("Bob Ray_32", 4)]
    filled = fill_file(tmp_path, named, results)
    assert filled.text == named.replace("Ray,Palautettu,-", "Ray,Palautettu,5").replace(
        "Example,Palautettu,-", "Example,Palautettu,10"
    )


def test_moodles_gradebook_gets_points_as_they_are(tmp_path: Path) -> None:
    filled = fill_file(tmp_path, GRADEBOOK, [earn("Ada Example_11", 6.125), earn("Bob Ray_12", 2)])
    assert filled.text == GRADEBOOK.replace('edu,-,"- %"', 'edu,6.12,"- %"')
    assert "does not say how many it counts" in filled.sections[0][1][0]
    percent = fill_file(
        tmp_path, GRADEBOOK, [earn("Bob Ray_12", 2)], column="assignment: lesson 7 (perc"
    )
    assert percent.text == GRADEBOOK.replace("20.00 %", "25 %")


@pytest.mark.parametrize(("numbers", "filled_rows"), [((12,), [12]), ((11, 12), []), ((9,), [])])
def test_numbers_of_several_weeks_must_agree(
    numbers: tuple[int, ...], filled_rows: list[int], tmp_path: Path
) -> None:
    names = [f"Ada Example_{number}" for number in numbers]
    uploads = tuple(Upload("Moodle", (name,), name, "") for name in names)
    learner = earn("Ada Example", 8)
    filled = fill_file(tmp_path, WORKSHEET, [learner], uploads={"Ada Example": uploads})
    rows = [*csv.reader(io.StringIO(filled.text[1:], newline=""))][1:]
    grades = {int(row[0].split()[1]): row[4] for row in rows}
    assert [number for number, grade in grades.items() if grade == "100"] == filled_rows


def test_who_cannot_be_told_apart_gets_no_points(tmp_path: Path) -> None:
    text = "name,Lesson 7\nAda Example,\nAda Example,\nBob Ray,\nCyd Kim,\n"
    results = [
        *(earn(f"Ada Example_{number}", 8) for number in (1, 2)),
        *(earn(name, 8) for name in ("Bob Ray_1", "bob ray", "Cyd Kim", "zoe")),
    ]
    filled = fill_file(tmp_path, text, results)
    assert filled.text == text.replace("Kim,", "Kim,8")
    assert said(filled, "Not filled") == [
        "may be any of 2 lines of the file (2): Ada Example_1, Ada Example_2",
        "is not the only one who may be Bob Ray in the file (2): Bob Ray_1, bob ray",
        "zoe: is not in the file",
    ]


def test_who_handed_in_nothing_takes_nobodys_points(tmp_path: Path) -> None:
    text = "name,Lesson 7\nAda Example,3\n"
    results = [LearnerResult("Ada Example", "missing", ()), earn("Ada Example", 8)]
    filled = fill_file(tmp_path, text, results)
    assert filled.text == text.replace("3", "8")
    assert said(filled, "Points that were there") == ["Ada Example: 3 became 8"]


def test_each_lesson_finds_its_own_column(tmp_path: Path) -> None:
    text = "Student;ID;Section;Lesson 07 (1);01_derivatives_by_differences (2)\n"
    text += "    Points Possible;;;4,00;8,00\nAda Example;5;A;;\n"
    learner = make_learner(
        "adaexample_5",
        ExerciseResult("a", 7, "wrong", 1.0, 8.0),
        ExerciseResult("b", 1, "right", 3.0, 4.0),
    )
    filled = fill_file(tmp_path, text, [learner], lessons=[1, 7])
    assert filled.text == text.replace("A;;", "A;0,5;6")
    together = fill_file(tmp_path, text, [learner], lessons=[1, 7], column="Lesson 07 (1)")
    assert together.text == text.replace("A;;", "A;1,33;")


@pytest.mark.parametrize(
    ("text", "lessons", "column", "words"),
    [
        (CANVAS, [6], None, ["lesson 6", "Essay (700)", "Lesson 7 (701)", "TYPE THE NAME"]),
        (CANVAS, [6, 7], None, ["lesson 6", "Lessons 6, 7 count"]),
        (CANVAS, [7], "s", ["may be any of 2 columns", "Essay (700)", "Lesson 7 (701)"]),
        (CANVAS, [7], "Final Score", ["no column that can be filled", "Essay (700)"]),
        (CANVAS, [7], "Section", ["no column that can be filled"]),
        (GRADEBOOK, [7], "Course total", ["no column that can be filled"]),
        (CANVAS.replace("Essay", "Lesson 7 again"), [7], None, ["lesson 7", "Lesson 7 again"]),
        ("name,points\nada,\n", [7], None, ["lesson 7", "points", "TYPE points"]),
        ("name,id\nada,7\n", [7], None, ["no column that can be filled"]),
        ("Student,ID,Section,Lesson 6 (9)\nada,1,A,\n", [7], None, ["lesson 7"]),
        ("Student,ID,Section,Lesson 70 (9)\nada,1,A,\n", [7], None, ["lesson 7"]),
    ],
)
def test_what_is_unclear_is_told_before_anything_runs(
    text: str, lessons: list[int], column: str | None, words: list[str], tmp_path: Path
) -> None:
    with pytest.raises(ColumnError) as caught:
        fill_file(tmp_path, text, [], column, lessons)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("title", "lesson"),
    [("The only one (9)", 7), ("Bug hunt (9)", 7), ("Week 3: vectorizing (9)", 4)],
)
def test_a_column_is_found_by_title_or_because_it_is_the_only_one(
    title: str, lesson: int, tmp_path: Path
) -> None:
    text = f"Student,ID,Section,{title}\n    Points Possible,,,8\nada,1,A,\n"
    filled = fill_file(tmp_path, text, [earn("ada", 3, lesson)], lessons=[lesson])
    assert filled.text == text.replace("A,", "A,3")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"grade,points\n1,2\n", "no column for names"),
        (b'name,points\n"ada,2\n', "line 2: this is no CSV"),
        (b"name,points\nJ\xf6rg,2\n", "not text in UTF-8"),
    ],
)
def test_what_is_no_gradebook_is_told(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=words):
        read_gradebook(path, [7], None, str)


@given(
    st.sampled_from([CANVAS, WORKSHEET, WORKSHEET_DE, GRADEBOOK]),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 800)), max_size=4),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_only_cells_of_points_change(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    earned: list[tuple[str, int]],
    end: str,
    has_mark: bool,
) -> None:
    text = ("\ufeff" if has_mark else "") + text.lstrip("\ufeff").replace("\r\n", "\n")
    text = text.replace("\n", end)
    known = dict.fromkeys(("exampleada_111", "Ada Example_11", "Bob Ray_13", "Jörg Müller_11"))
    results = [earn(name, points / 100) for name, (_, points) in zip(known, earned, strict=False)]
    filled = fill_file(tmp_path_factory.mktemp("gradebook"), text, results).text

    def read(whole: str) -> list[list[str]]:
        return [*csv.reader(io.StringIO(whole.removeprefix("\ufeff"), newline=""), strict=True)]

    old, new = read(text), read(filled)
    assert [len(row) for row in old] == [len(row) for row in new]
    changed = {
        column
        for before, after in zip(old, new, strict=True)
        for column, (cell, other) in enumerate(zip(before, after, strict=True))
        if cell != other
    }
    points = {"Lesson 7 (701)", "Grade", "Bewertung", "Assignment: Lesson 7 (Real)"}
    assert {old[0][column] for column in changed} <= points
    assert filled.count("\r") == text.count("\r")
    assert filled.count("\n") == text.count("\n")


# From the zip that was downloaded to the file that is uploaded.


def grade(*options: object) -> int:
    return cli.main(["grade", *map(str, options)])


def test_a_class_of_moodle_from_its_zip_to_its_worksheet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "00_start_here.ipynb"
    right, blank = ((NOTEBOOKS / part / name).read_bytes() for part in ("solved", "."))
    archive = put_zip(
        tmp_path,
        {
            f"Ada Example_11_assignsubmission_file/{name}": right,
            f"Ada Example_12_assignsubmission_file/{name}": blank,
        },
    )
    worksheet = tmp_path / "Grades.csv"
    worksheet.write_bytes(WORKSHEET.encode())
    out = tmp_path / "out"
    out.mkdir()
    assert grade(archive, "-o", out / "g.csv", "--lesson", 0, "--gradebook", worksheet) == 0
    assert worksheet.read_bytes() == WORKSHEET.encode()
    expected = WORKSHEET.replace('"Submitted for grading - ",,', '"Submitted for grading - ",100,')
    expected = expected.replace("50.00,100.00", "0,100.00")
    assert (out / "Grades.filled.csv").read_bytes() == expected.encode()
    assert "Grades.filled.csv" in capsys.readouterr().out
    summary = " ".join((out / "g.txt").read_text().split())
    assert "Bob Ray: handed in nothing that counts" in summary
    assert "Ada Example_12: 50.00 became 0" in summary
    # Who is on the file has a row, and an older copy is kept.
    assert "Bob Ray" in (out / "g.csv").read_text()
    worksheet.write_bytes(WORKSHEET.encode() + b"\n")
    assert grade(archive, "-o", out / "g.csv", "--lesson", 0, "--gradebook", worksheet) == 0
    assert (out / "Grades.filled.kept-1.csv").read_bytes() == expected.encode()
    assert (out / "Grades.filled.csv").read_bytes() == expected.encode() + b"\n"


def test_a_class_of_canvas_with_a_roster_of_its_own(tmp_path: Path) -> None:
    name = "00_start_here.ipynb"
    right = (NOTEBOOKS / "solved" / name).read_bytes()
    archive = put_zip(tmp_path, {f"exampleada_LATE_111_4567_{name}": right})
    gradebook = tmp_path / "canvas.csv"
    gradebook.write_bytes(CANVAS.encode())
    roster = tmp_path / "class.txt"
    roster.write_text("Example, Ada\nNobody, Here\n")
    options = ["--roster", roster, "--gradebook", gradebook, "--column", "Essay"]
    assert grade(archive, "-o", tmp_path / "g.csv", "--lesson", 0, *options) == 0
    filled = (tmp_path / "canvas.filled.csv").read_bytes().decode()
    assert filled == CANVAS.replace('B",4.00,', 'B",5,')
    table = (tmp_path / "g.csv").read_text()
    assert "Nobody, Here" in table
    assert "Wim" not in table
    assert f"Handed in late, says Canvas: {name}." in table


def test_nothing_is_graded_before_the_column_is_clear(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gradebook = tmp_path / "canvas.csv"
    gradebook.write_bytes(CANVAS.encode())
    options = ["nowhere", "-o", tmp_path / "g.csv", "--lesson", 0]
    assert grade(*options, "--gradebook", gradebook) == 1
    told = capsys.readouterr().err
    assert "--column 'THE NAME'" in told
    assert f"--gradebook {gradebook}" in told
    assert grade(*options, "--column", "Essay") == 1
    assert "--gradebook" in capsys.readouterr().err


def test_the_copy_never_takes_the_place_of_another_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gradebook = tmp_path / "g.csv"
    gradebook.write_bytes(CANVAS.encode())
    output = tmp_path / "g.filled.csv"
    assert grade("nowhere", "-o", output, "--gradebook", gradebook, "--lesson", 7) == 1
    assert "written over each other" in " ".join(capsys.readouterr().err.split())
    assert grade("nowhere", "-o", gradebook, "--gradebook", gradebook, "--lesson", 7) == 1
    assert "is the gradebook to be filled" in capsys.readouterr().err
    assert gradebook.read_bytes() == CANVAS.encode()


def test_a_waiting_answer_is_an_answer_of_the_lesson(tmp_path: Path) -> None:
    learner = make_learner("ada", make_answer("right", 5.0))
    text = "name,Lesson 7\nada,\n"
    assert fill_file(tmp_path, text, [learner]).text == text.replace("ada,", "ada,5")


# What Moodle's worksheet says besides points.

HEADINGS = {
    "en": ("Status", "Grade", "Maximum grade", "Grade can be changed", "No"),
    "de": ("Status", "Bewertung", "Bestwertung", "Bewertung kann geändert werden", "Nein"),
    "fr": ("Statut", "Note", "Note maximale", "La note peut être modifiée", "Non"),
    "es": (
        "Estado",
        "Calificación",
        "Calificación máxima",
        "La calificación puede cambiarse",
        "No",
    ),
    "it": ("Stato", "Voto", "Valutazione massima", "La valutazione può essere cambiata", "No"),
    "nl": ("Status", "Cijfer", "Maximumcijfer", "Het cijfer kan gewijzigd worden", "Nee"),
}


@pytest.mark.parametrize("language", HEADINGS)
def test_what_moodle_says_of_late_and_locked_is_told(language: str, tmp_path: Path) -> None:
    status, grade, most, can_change, no = HEADINGS[language]
    text = (
        f"ID,Name,{status},{grade},{most},{can_change},Modified (grade)\n"
        'Participant 11,Ada Example,"Sent - 2 days 3 hours late - Graded",,10.00,yes,'
        '"Thursday, 1 October 2026, 10:00 AM"\n'
        f"Participant 12,Bob Ray,Sent,,10.00,{no},-\n"
        "Participant 13,Cyd Kim,Sent,,10.00,yes,-\n"
    )
    path = tmp_path / "worksheet.csv"
    path.write_text(text, encoding="utf-8")
    gradebook = read_gradebook(path, [7], None, str)
    results = [earn("Ada Example_11", 8), earn("Bob Ray_12", 8), earn("Cyd Kim_13", 4)]
    found = [Submission(one.student, (), ()) for one in results]
    noted = note_statuses(gradebook, results, found)
    assert [one.notes for one in noted] == [
        ("Moodle says: Sent - 2 days 3 hours late - Graded",),
        (),
        (),
    ]
    assert [replace(one, notes=()) for one in noted] == results
    filled = fill_gradebook(gradebook, noted, found)
    # Of a locked row nothing changes; nor does it anywhere when something was last modified.
    assert filled.text == text.replace("Graded,,", "Graded,10,").replace(
        'Graded",,', 'Graded",10,'
    ).replace("Kim,Sent,,", "Kim,Sent,5,")
    assert said(filled, "Not filled") == [
        "Bob Ray_12: Moodle says that the grade cannot be changed"
    ]


def test_a_status_of_a_row_that_may_be_anybodys_is_not_told(tmp_path: Path) -> None:
    status = "1 day late \x1b[2J" + "x" * 1000
    path = tmp_path / "worksheet.csv"
    path.write_text(
        "Identifier,Full name,Status,Grade,Maximum grade\n"
        f"Participant 11,Ada Example,{status},,10.00\nParticipant 12,Bob Ray,{status},,10.00\n"
    )
    gradebook = read_gradebook(path, [7], None, str)
    results = [earn("Ada Example_11", 8), earn("ada example", 8), earn("Bob Ray_12", 4)]
    found = [Submission(one.student, (), ()) for one in results]
    first, second, third = note_statuses(gradebook, results, found)
    assert first.notes == second.notes == ()
    assert len(third.notes[0]) < 300
    assert "\x1b" not in third.notes[0]
    canvas = tmp_path / "canvas.csv"
    canvas.write_text(CANVAS)
    assert note_statuses(read_gradebook(canvas, [7], None, str), results, found) == results


def test_what_moodle_says_stands_in_the_grades_and_not_in_the_journal(tmp_path: Path) -> None:
    name = "00_start_here.ipynb"
    right = (NOTEBOOKS / "solved" / name).read_bytes()
    archive = put_zip(tmp_path, {f"Ada Example_11_assignsubmission_file_/{name}": right})
    worksheet = tmp_path / "worksheet.csv"
    worksheet.write_text(
        WORKSHEET.replace("grading - ", "grading - 2 days late", 1), encoding="utf-8"
    )
    options = ["-o", tmp_path / "g.csv", "--lesson", 0, "--feedback", tmp_path / "pages"]
    for more in ([], ["--resume"]):
        assert grade(archive, *options, "--gradebook", worksheet, *more) == 0
        table = (tmp_path / "g.csv").read_text(encoding="utf-8")
        assert table.count("Moodle says: Submitted for grading - 2 days late") == 1
    assert "2 days late" not in (tmp_path / "g.journal").read_text(encoding="utf-8")
    assert not any("days late" in page.read_text() for page in (tmp_path / "pages").glob("*.html"))


def test_of_many_who_need_a_person_the_gradebook_tells_the_number_alone(tmp_path: Path) -> None:
    names = [f"person {letter}" for letter in "abcdefg"]
    text = "name,Lesson 7\n" + "".join(f"{name},\n" for name in names)
    results = [replace(earn(name, 8), status="missing") for name in names]
    few = fill_file(tmp_path, text, [*results[:5], *(earn(name, 8) for name in names[5:])])
    assert said(few, "Not filled") == [
        f"handed in nothing that counts (5): {', '.join(names[:5])}"
    ]
    many = fill_file(tmp_path, text, results)
    assert said(many, "Not filled") == ["7 learners, named above: handed in nothing that counts"]
    assert many.text == text
