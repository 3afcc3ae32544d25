"""What a teacher does wrong, or what changes between two runs: no wrong point goes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from class_files import make_zip
from evening import hand_in
from grade_runs import LESSONS, SOLVED, edit, grade, read_rows

HEAD = "Identifier,Full name,Email address,Status,Grade,Maximum grade,Feedback comments\n"
CANVAS = (
    "Student,ID,SIS Login ID,Section,Lesson 0 (70),Lesson 3 (73)\n"
    "    Points Possible,,,,1.00,8.00\n"
    '"Ray, Ann",111,ann,A,,\n'
    '"Kim, Bob",112,bob,A,,\n'
)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with Moodle's zip and worksheet, and Canvas's zip and gradebook."""
    monkeypatch.chdir(tmp_path)
    first = (SOLVED / LESSONS[0]).read_bytes()
    third = (SOLVED / LESSONS[3]).read_bytes()
    moodle = {f"Ann Ray_11_assignsubmission_file_/{LESSONS[0]}": first}
    canvas = {
        f"rayann_111_900_{LESSONS[0]}": first,
        f"rayann_111_903_{LESSONS[3]}": third,
        f"kimbob_112_910_{LESSONS[0]}": first,
    }
    Path("moodle.zip").write_bytes(make_zip(moodle))
    Path("canvas.zip").write_bytes(make_zip(canvas))
    Path("worksheet.csv").write_text(
        f"{HEAD}Participant 11,Ann Ray,,Submitted,,1.00,\nParticipant 12,Bob Kim,,Nothing,,1.00,\n"
    )
    Path("canvas.csv").write_text(CANVAS)
    return tmp_path


def test_a_lesson_of_which_there_is_nothing_fills_no_column(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grade(Path("moodle.zip"), "--lesson", 3, "--gradebook", "worksheet.csv") == 0
    said = capsys.readouterr().out
    assert "handed in nothing that counts, but lesson 0" in said
    assert "was left as it is: nobody handed in anything of lesson 3" in " ".join(said.split())
    assert "nothing to give back" in said
    assert read_rows(Path("grades.csv"))["Ann Ray_11"]["status"] == "missing"
    assert Path("worksheet.filled.csv").read_bytes() == Path("worksheet.csv").read_bytes()


def test_all_lessons_fill_no_column_where_only_one_was_set(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grade(Path("moodle.zip"), "--gradebook", "worksheet.csv") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "nobody handed in anything of lesson 1, 2, 3, 4, 5, 6, 7. Grade again" in said
    assert Path("worksheet.filled.csv").read_bytes() == Path("worksheet.csv").read_bytes()


def test_who_handed_in_one_lesson_of_two_gets_no_points_for_the_other(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lessons = ["--lesson", 0, "--lesson", 3]
    assert grade(Path("canvas.zip"), *lessons, "--gradebook", "canvas.csv") == 0
    said = capsys.readouterr().out
    filled = CANVAS.replace("ann,A,,", "ann,A,1,8").replace("bob,A,,", "bob,A,1,")
    assert Path("canvas.filled.csv").read_text() == filled
    assert "kimbob_112, Lesson 3 (73): handed in nothing of it" in said


def test_a_worksheet_of_another_assignment_is_refused(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = (
        Path("worksheet.csv").read_text().replace("ant 11", "ant 91").replace("ant 12", "ant 92")
    )
    Path("other.csv").write_text(other)
    assert grade(Path("moodle.zip"), "--lesson", 0, "--gradebook", "other.csv") == 1
    assert "other.csv is a worksheet of another assignment" in capsys.readouterr().err
    assert not Path("grades.csv").exists()


def test_points_by_hand_for_an_answer_that_was_replaced_wait_for_the_teacher(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(Path("class/ann"), "return 3 * x")
    hand_in(Path("class/bob"), "return 3 * x")
    Path("marks.csv").write_text("student,exercise,points\nann,double,0.5\nbob,double,0.5\n")
    options = ["--lesson", 0, "--manual", "marks.csv"]
    assert grade(Path("class"), *options) == 0
    assert "double: 0.5 points by hand in place of 0" in capsys.readouterr().out
    edit(Path("class/ann") / LESSONS[0], "return 3 * x", "return 2 * x")
    for _ in range(2):
        assert grade(Path("class"), *options, "--resume") == 0
        assert "ann: `double` has points by hand for another answer" in capsys.readouterr().out
        assert read_rows(Path("grades.csv"))["ann"]["double"] == "1"
        statuses = {name: row["status"] for name, row in read_rows(Path("grades.csv")).items()}
        assert statuses == {"ann": "needs-manual", "bob": "graded"}
    # Without the table, and with it again, it is still the mark of the old answer.
    assert grade(Path("class"), "--lesson", 0, "--resume") == 0
    assert grade(Path("class"), *options, "--resume") == 0
    assert read_rows(Path("grades.csv"))["ann"]["status"] == "needs-manual"
    Path("marks.csv").write_text("student,exercise,points\nann,double,1\nbob,double,0.5\n")
    assert grade(Path("class"), *options, "--resume") == 0
    assert read_rows(Path("grades.csv"))["ann"]["status"] == "graded"


def test_a_table_that_waits_to_be_filled_in_is_not_begun_anew_by_a_slip(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(Path("class/ann"), "import frobnicate; return 2 * x")
    assert grade(Path("class"), "--lesson", 0, "--manual", "marks.csv") == 0
    assert Path("marks.csv").exists()
    assert grade(Path("class"), "--lesson", 0, "--manual", "mraks.csv", "--resume") == 1
    assert "--manual marks.csv" in capsys.readouterr().err
    assert not Path("mraks.csv").exists()


def test_who_forgets_to_resume_is_told_at_once(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert grade(Path("moodle.zip"), "--lesson", 0) == 0
    said = capsys.readouterr()
    for text in (said.err, said.out):
        assert text.count("on other cases") == 1
        assert "mv grades.kept-1.journal grades.journal" in text


def test_grades_are_no_table_of_marks_and_a_document_is_no_class(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grade(Path("moodle.zip"), "--lesson", 0, "--manual", "grades.csv") == 1
    assert "a table of their own" in " ".join(capsys.readouterr().err.split())
    Path("class.xlsx").write_bytes(make_zip({"xl/workbook.xml": b"", "[Content_Types].xml": b""}))
    assert grade(Path("class.xlsx"), "--lesson", 0) == 1
    assert "class.xlsx is a document" in capsys.readouterr().err


def test_where_gradlab_has_changed_the_same_cases_can_be_drawn(
    room: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert grade(Path("moodle.zip"), "--lesson", 0, "--seed", 41) == 0
    monkeypatch.setattr("gradlab.grading.command._digest_of_code", lambda: "another")
    assert grade(Path("moodle.zip"), "--lesson", 0, "--resume") == 1
    assert "with --seed 41 on the same cases" in capsys.readouterr().err
