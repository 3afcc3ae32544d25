"""The list of a class: who is absent, and who is not on it."""

from pathlib import Path

import pytest
from class_files import put
from grade_runs import read_rows

from gradlab import cli
from gradlab.grading.intake.roster import compare, read_roster
from gradlab.grading.outcome.table import TableError
from tools.lessons import NOTEBOOKS

MOODLE = """\
First name,Last name,ID number,Institution,Department,Email address,Quiz (Real)
Ada,Example,7,,,ada@example.edu,-
Jörg,Müller,8,,,jm@example.edu,-
小明,王,9,,,w@example.edu,-
Ohne,Arbeit,10,,,oa@example.edu,-
"""
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,HW1 (11)
    Points Possible,,,,,8
"Example, Ada",111,,ada,A,
"Kim, Min",112,,kim,A,
"शर्मा, प्रिया",115,,ps,A,
"Nobody, Here",119,,nh,A,
"Student, Test",999,,t,A,
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "class.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "students", "absent"),
    [
        (MOODLE, ["Ada Example_12345", "Jorg Müller_3", "小明 王_12347"], ["Ohne Arbeit"]),
        (MOODLE, ["Müller, Jörg_12346", "王 小明_1", "oa", "7"], []),
        (CANVAS, ["exampleada_111", "kimmin_112", "शर्माप्रिया_115"], ["Nobody, Here"]),
        ("student,points\nada,1\nben,\n", ["ada"], ["ben"]),
        ("ada\nben\nÉva Novák\n", ["ben", "eva novak"], ["ada"]),
        ("Name;Matrikel\nAda;1\nBen;2\n", ["ben"], ["Ada"]),
        (
            CANVAS + '"Example, Ada",118,,ada2,B,\n',
            ["exampleada_111", "nobodyhere_119"],
            ["Kim, Min", "शर्मा, प्रिया", "Example, Ada"],
        ),
        ('Name\nTest Studentova\n"Student, Testa"\n', [], ["Test Studentova", "Student, Testa"]),
        ("first_name,last_name,id\nAda,Example,1\nBob,Ray,2\n", ["Bob Ray"], ["Ada Example"]),
        ("id\n123\n124\n", ["123"], ["124"]),
        ("Matrikelnummer;Vorname;Nachname\n12;Jörg;Müller\n13;Ada;E\n", ["12", "ada e"], []),
        ("sep=;\nName;x\nAda Maria Example;1\n", ["Ada Example_5"], []),
        ("Name\nMüller Anna\nWałęsa Ola\n", ["Mueller_Anna", "walesa ola"], []),
        ("name\nकला\nकिला\n", ["कला_1"], ["किला"]),
        ("student\nada\nben\nada\n", ["ada"], ["ben"]),
        (
            "Identifier,Full name\nParticipant 11,Ada Example\nParticipant 12,Ada Example\n",
            ["Ada Example_12"],
            ["Ada Example"],
        ),
        ("name,login\nAda,ben12\nBen,12\n", ["12"], ["Ada"]),
        (
            "Bezeichner,Name\nTeilnehmer/in11,Ada Example\nTeilnehmer/in12,Ada Example\n",
            ["Ada Example_12"],
            ["Ada Example"],
        ),
        ('Student,ID\n"O\'Brien, Zoë-Ann",5\nAda E,6\n', ["obrienzoëann_5"], ["Ada E"]),
        ("username\tname\nae1\tAda Example\nbr2\tBob Ray\n", ["br2"], ["Ada Example"]),
    ],
)
def test_who_is_absent(text: str, students: list[str], absent: list[str], tmp_path: Path) -> None:
    assert compare(read_roster(write(tmp_path, text)), students) == (absent, [])


def test_strangers_and_doubles_are_told(tmp_path: Path) -> None:
    members = read_roster(write(tmp_path, "name,id\nAda Example,1\nAda Example,2\nBob,3\n"))
    absent, strangers = compare(members, ["Ada Example_5", "cyd", "bob", "3"])
    assert absent == ["Ada Example"]
    assert [sentence.split(" ")[0] for sentence in strangers] == ["Ada", "cyd", "Bob"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("student\n", "has a header, but no names"),
        ("grade,points\n1,2\n", "no column for names: its columns are grade, points"),
    ],
)
def test_what_is_no_roster_is_told(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=said):
        read_roster(write(tmp_path, text))


def test_a_text_has_a_name_in_each_line(tmp_path: Path) -> None:
    path = tmp_path / "class.txt"
    path.write_text("Example, Ada\nBob Ray\n\n")
    assert compare(read_roster(path), ["Ada Example_3"]) == (["Bob Ray"], [])


def test_who_handed_in_nothing_has_a_row(tmp_path: Path) -> None:
    lesson = (NOTEBOOKS / "00_start_here.ipynb").read_bytes()
    put(tmp_path / "in", {"ada/00_start_here.ipynb": lesson, "zoe/00_start_here.ipynb": lesson})
    roster = write(tmp_path, "student\nada\nmia\n")
    options = ["--roster", str(roster), "-o", str(tmp_path / "grades.csv"), "--lesson", "0"]
    assert cli.main(["grade", str(tmp_path / "in"), *options]) == 0
    rows = read_rows(tmp_path / "grades.csv")
    assert {student: row["status"] for student, row in rows.items()} == {
        "ada": "graded",
        "mia": "missing",
        "zoe": "graded",
    }
    summary = (tmp_path / "grades.txt").read_text()
    assert "zoe is not on the roster" in summary
    assert "mia: handed in no notebook" in summary


@pytest.mark.parametrize("heading", ["student", "Name", "Vorname"])
def test_numbered_logins_under_a_known_heading_are_names(heading: str, tmp_path: Path) -> None:
    text = f"{heading},Nachname,Group\nlearner1,,A\nlearner2,,B\n"
    assert [one.name for one in read_roster(write(tmp_path, text))] == ["learner1", "learner2"]


def test_a_last_name_that_begins_the_first_is_turned_round_whole(tmp_path: Path) -> None:
    members = read_roster(write(tmp_path, "student\nLeeroy Lee\n"))
    assert compare(members, ["leeleeroy_12"]) == ([], [])


def test_of_two_of_one_name_the_one_whose_number_is_known_is_found_first(tmp_path: Path) -> None:
    text = "student,ID\nAda Example,11\nAda Example,12\n"
    absent, strangers = compare(
        read_roster(write(tmp_path, text)), ["Ada Example", "Ada Example_11"]
    )
    assert absent == []
    assert strangers == ["Ada Example may be any of 2 people on the roster."]


@pytest.mark.parametrize("folders", [["Ada Example", "Bob Ray"], ["Bob Ray"]])
def test_namesakes_who_handed_in_nothing_have_rows_and_pages(
    folders: list[str], tmp_path: Path
) -> None:
    name = "00_start_here.ipynb"
    right = (NOTEBOOKS / "solved" / name).read_bytes()
    put(tmp_path / "class", {f"{folder}/{name}": right for folder in folders})
    roster = write(tmp_path, "student,ID\nAda Example,11\nAda Example,12\nBob Ray,13\n")
    output, pages = tmp_path / "grades.csv", tmp_path / "pages"
    arguments = ["grade", tmp_path / "class", "--lesson", 0, "-o", output, "--roster", roster]
    assert cli.main([*map(str, arguments), "--feedback", str(pages)]) == 0
    rows = {name: row["status"] for name, row in read_rows(output).items()}
    assert rows == {
        "Ada Example": "graded" if "Ada Example" in folders else "missing",
        "Ada Example (2)": "missing",
        "Bob Ray": "graded",
    }
    assert len(list(pages.glob("*.html"))) == 3
