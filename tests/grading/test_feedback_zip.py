"""Feedback that Moodle and Canvas take back: each page reaches its learner, and nobody else."""

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pytest
from class_files import find_all, make_zip, put, put_zip
from learner_results import make_answer, make_learner

from gradlab import cli
from gradlab.grading.intake.roster import Member, list_members
from gradlab.grading.intake.submissions import Submission
from gradlab.grading.intake.uploads import Upload
from gradlab.grading.lms.feedback_zip import require_zips, write_zips
from gradlab.grading.lms.worksheet import Worksheet, read_worksheet
from gradlab.grading.outcome.gradebook import GradebookError
from gradlab.grading.outcome.pages.feedback import write_feedback
from gradlab.grading.outcome.raw_table import parse_table
from gradlab.grading.outcome.results import LearnerResult
from tools.lessons import NOTEBOOKS

LESSON = "00_start_here.ipynb"
SOLVED = (NOTEBOOKS / "solved" / LESSON).read_bytes()


def read_as_moodle(path: str, participants: set[int]) -> tuple[int, str] | None:
    """Return whose a file of the zip is and how it is then called, as Moodle finds it.

    The parts of the path, each cut at its first four "_": a name, the participant's number, the
    type of a plugin and its name, the rest.
    """
    parts = path.split("/")
    if parts[-1].startswith((".", "~")):
        return None
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) < 5 or not info[1].isdigit() or int(info[1]) not in participants:
            continue
        if info[2] not in ("assignsubmission", "assignfeedback") or info[3] != "file":
            continue
        return int(info[1]), "/".join([info[4], *parts])
    return None


def read_as_canvas(
    name: str, users: dict[str, set[str]], hidden: dict[str, set[str]]
) -> tuple[str, str] | None:
    """Return the user and the upload that a file of the zip is for, as Canvas finds them.

    The first two pieces between "_" that are numbers, or the two behind "anon"; the upload must be
    one of the user's.
    """
    pieces = [piece for piece in name.split("_") if piece != "LATE"]
    if pieces[0] == "anon":
        user, upload = pieces[1:3]
        known = hidden
    else:
        user, upload = [piece for piece in pieces if piece.isdigit()][:2]
        known = users
    if pieces[-1].startswith("link") or name.startswith("._"):
        return None
    return (user, upload) if upload in known.get(user, set()) else None


def give_back(
    found: list[Submission],
    folder: Path,
    *missing: str,
    worksheet: Worksheet | None = None,
    members: Sequence[Member] = (),
) -> list[str]:
    results = [
        LearnerResult(one.student, "missing", ())
        if one.student in missing
        else make_learner(one.student, make_answer("right", 5.0))
        for one in found
    ]
    pages = write_feedback(results, folder)
    return write_zips(results, found, pages, folder, worksheet, members)


def read_zip(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize("form", ["{}_assignsubmission_file_/", "{}_assignsubmission_file/", None])
def test_moodle_gives_each_page_to_its_learner(form: str | None, tmp_path: Path) -> None:
    students = ["Ada Example_11", "Jörg Müller-Lüdenscheidt_12", "小明 王_13", "Participant_14"]
    where = form or "{}_assignsubmission_file_"
    found = find_all(put_zip(tmp_path, {f"{where.format(s)}{LESSON}": b"{}" for s in students}))
    lines = give_back(found, tmp_path / "pages", "Participant_14")
    files = read_zip(tmp_path / "pages" / "feedback-for-moodle.zip")
    numbers = {int(student.rpartition("_")[2]) for student in students}
    taken = {read_as_moodle(name, numbers): page for name, page in files.items()}
    assert set(taken) == {(11, "feedback.html"), (12, "feedback.html"), (13, "feedback.html")}
    assert "Ada Example" in taken[11, "feedback.html"]
    assert len(lines) == 1
    assert "3 pages" in lines[0]


def test_canvas_gives_each_page_to_its_learner(tmp_path: Path) -> None:
    files = [
        "exampleada_111_4567_work.ipynb",
        "exampleada_111_4570_work-1.ipynb",
        "exampleada_111_4569_1_2_3.ipynb",
        "müllerjörg_LATE_112_4568_00_start_here.ipynb",
        "anon_xY3z5_4571_work.ipynb",
        "LATE_anon_12345_4572_work.ipynb",
        "typedtom_113_text.html",
    ]
    found = find_all(put_zip(tmp_path, dict.fromkeys(files, b"{}")))
    lines = give_back(found, tmp_path / "pages")
    packed = read_zip(tmp_path / "pages" / "feedback-for-canvas.zip")
    users = {"111": {"4567", "4570", "4569"}, "112": {"4568"}}
    hidden = {"xY3z5": {"4571"}, "12345": {"4572"}}
    taken = {read_as_canvas(name, users, hidden): page for name, page in packed.items()}
    expected = {("111", "4570"), ("112", "4568"), ("xY3z5", "4571"), ("12345", "4572")}
    assert set(taken) == expected
    assert "exampleada" in taken["111", "4570"]
    assert len(lines) == 2
    assert "1 learner has no page in feedback-for-canvas.zip" in lines[1]


def test_each_assignment_of_moodle_has_a_zip_of_its_own(tmp_path: Path) -> None:
    weeks = {"Week 1.zip": (11, 12), "Week 2.zip": (32, 31)}
    for number, (name, (ada, bob)) in enumerate(weeks.items()):
        lesson = f"0{number}_x.ipynb"
        content = {
            f"Ada Example_{ada}_assignsubmission_file_/{lesson}": b"{}",
            f"Bob Ray_{bob}_assignsubmission_file_/{lesson}": b"{}",
        }
        put(tmp_path / "in", {name: make_zip(content)})
    found = find_all(tmp_path / "in")
    assert [one.student for one in found] == ["Ada Example", "Bob Ray"]
    give_back(found, tmp_path / "pages")
    zips = sorted(path.name for path in (tmp_path / "pages").glob("*.zip"))
    assert zips == ["feedback-for-moodle-Week-1.zip", "feedback-for-moodle-Week-2.zip"]
    for name, numbers in zip(zips, weeks.values(), strict=True):
        taken = {
            read_as_moodle(path, set(numbers)): page
            for path, page in read_zip(tmp_path / "pages" / name).items()
        }
        pages = [taken[number, "feedback.html"] for number in numbers]
        assert "Ada Example" in pages[0]
        assert "Bob Ray" in pages[1]


def test_the_same_pages_give_the_same_bytes_and_an_older_zip_is_kept(tmp_path: Path) -> None:
    upload = Upload("Moodle", (), "Ada_1", "Ada_1_assignsubmission_file_")
    found = [Submission("Ada_1", (), (), {}, (upload,))]
    give_back(found, tmp_path)
    path = tmp_path / "feedback-for-moodle.zip"
    first = path.read_bytes()
    assert not any("kept" in line for line in give_back(found, tmp_path))
    assert path.read_bytes() == first
    path.write_bytes(b"an older one")
    assert any("kept" in line for line in give_back(found, tmp_path))
    assert (tmp_path / "feedback-for-moodle.kept-1.zip").read_bytes() == b"an older one"


def test_what_no_lms_exported_gives_no_zip(tmp_path: Path) -> None:
    put(tmp_path / "in", {"ada/work.ipynb": b"{}", "ben/work.ipynb": b"{}"})
    assert give_back(find_all(tmp_path / "in"), tmp_path / "pages") == []
    assert not list((tmp_path / "pages").glob("*.zip"))


def test_what_is_in_the_way_is_told_before(tmp_path: Path) -> None:
    (tmp_path / "feedback-for-moodle.zip").mkdir()
    found = [Submission("a", (), (), {}, (Upload("Moodle", (), "a_1", "a_1_x_file_"),))]
    with pytest.raises(GradebookError, match="in the way"):
        require_zips(found, tmp_path)
    require_zips([Submission("a", (), ())], tmp_path)


def test_a_group_of_moodle_without_a_number_has_no_page(tmp_path: Path) -> None:
    name = f"Default group_assignsubmission_file_/{LESSON}"
    lines = give_back(find_all(put_zip(tmp_path, {name: b"{}"})), tmp_path / "pages")
    assert len(lines) == 1
    assert "1 learner has no page" in lines[0]


def test_late_files_are_named(tmp_path: Path) -> None:
    files = {
        "exampleada_LATE_111_4567_late.ipynb": b"{}",
        "exampleada_111_4560_early.ipynb": b"{}",
        "raybob_112_4561_early.ipynb": b"{}",
        "LATE_anon_xY3z5_4562_hidden.ipynb": b"{}",
        "typedtom_LATE_113_text.html": b"{}",
    }
    notes = {one.student: " ".join(one.notes) for one in find_all(put_zip(tmp_path, files))}
    assert "Handed in late, says Canvas: late.ipynb." in notes["exampleada_111"]
    assert "late" not in notes["raybob_112"]
    assert "hidden.ipynb" in notes["anon_xY3z5"]
    assert "a text or a link" in notes["typedtom_113"]


def test_a_class_of_moodle_gets_its_pages_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = put(tmp_path / "in", {})
    archive = put_zip(folder, {f"Ada Example_11_assignsubmission_file/{LESSON}": SOLVED})
    options = ["-o", str(tmp_path / "g.csv"), "--lesson", "0", "--feedback", str(folder / "back")]
    assert cli.main(["grade", str(archive), *options]) == 0
    assert "Upload multiple feedback files in a zip" in capsys.readouterr().out
    # Also for what does not know the byte-order mark.
    with (tmp_path / "g.csv").open(encoding="utf-8", newline="") as table:
        (row,) = csv.DictReader(table)
    assert (row["student"], row["total"], row["\ufeffid"]) == ("Ada Example_11", "1", "11")
    (page,) = read_zip(folder / "back" / "feedback-for-moodle.zip").values()
    assert page.encode() == next((folder / "back").glob("*.html")).read_bytes()
    # The zip is nothing that somebody handed in.
    assert [one.student for one in find_all(folder)] == ["Ada Example_11"]


@pytest.mark.parametrize(
    ("file", "ending"),
    [
        ("01_x.ipynb", ".ipynb"),
        ("01_x-1.ipynb", ".ipynb"),
        ("01_x.IPYNB", ".ipynb"),
        ("work.zip", ".zip"),
        ("notes.txt", ".txt"),
        ("notes", ".html"),
        ("odd.a b", ".html"),
    ],
)
def test_canvas_gets_what_opens_under_the_learners_own_name(
    file: str, ending: str, tmp_path: Path
) -> None:
    content = make_zip({LESSON: b"{}"}) if ending == ".zip" else b"{}"
    found = find_all(put_zip(tmp_path, {f"exampleada_111_4567_{file}": content}))
    lines = give_back(found, tmp_path / "pages")
    page = next((tmp_path / "pages").glob("*.html")).read_bytes()
    with zipfile.ZipFile(tmp_path / "pages" / "feedback-for-canvas.zip") as archive:
        (name,) = archive.namelist()
        packed = archive.read(name)
    assert name == f"exampleada_111_4567_feedback{ending}"
    if ending == ".ipynb":
        nbformat.validate(nbformat.reads(packed.decode(), as_version=4))
        assert b"Feedback for exampleada_111" in packed
    elif ending == ".zip":
        with zipfile.ZipFile(io.BytesIO(packed)) as inner:
            assert {one: inner.read(one) for one in inner.namelist()} == {"feedback.html": page}
    else:
        assert packed == page
    assert any("renamed" in line for line in lines) == (ending == ".txt")


def test_of_several_files_canvas_gets_the_page_beside_the_notebook(tmp_path: Path) -> None:
    files = ["exampleada_111_4567_work.ipynb", "exampleada_111_4568_data.txt"]
    found = find_all(put_zip(tmp_path, dict.fromkeys(files, b"{}")))
    give_back(found, tmp_path / "pages")
    packed = read_zip(tmp_path / "pages" / "feedback-for-canvas.zip")
    assert list(packed) == ["exampleada_111_4567_feedback.ipynb"]


def test_what_was_given_back_is_nothing_that_somebody_handed_in(tmp_path: Path) -> None:
    students = ["Ada Example_11", "Bob Ray_12"]
    content = {f"{one}_assignsubmission_file_/{LESSON}": b"{}" for one in students}
    content |= {f"exampleada_111_4567_{LESSON}": b"{}"}
    folder = put(tmp_path / "in", {"export.zip": make_zip(content)})
    first = find_all(folder)
    give_back(first, folder / "back")
    give_back(first, folder / "back", students[0])
    assert len(list((folder / "back").glob("*.zip"))) == 3
    again = find_all(folder)
    assert [(one.student, one.uploads, one.notes) for one in again] == [
        (one.student, one.uploads, one.notes) for one in first
    ]
    # A learner's own zip is read, whatever it is called.
    own = put(tmp_path / "other", {"ada/feedback-for-ada.zip": make_zip({LESSON: b"{}"})})
    assert [len(one.notebooks) for one in find_all(own)] == [1]


# Nobody gets somebody else's page.


def make_worksheet(*people: tuple[int, str], groups: bool = False) -> Worksheet:
    rows = [f"Participant {number},{name},Sent,,10\n" for number, name in people]
    text = f"Identifier,Full name,Status,{'Group,' * groups}Grade,Maximum grade\n"
    table = parse_table(text + "".join(rows))
    members = list_members([[f.value for f in row] for row in table.rows], Path("w.csv"))
    return read_worksheet(table, 0, members, 3 + groups)


def list_given(folder: Path) -> dict[str, list[str]]:
    return {path.name: sorted(read_zip(path)) for path in sorted(folder.glob("*.zip"))}


@pytest.mark.parametrize(
    "name",
    [
        "Group A",
        "Gruppe 3",
        "Default group",
        "team 5",
        "Grupo 2",
        "Section B",
        "Lerngruppe 3",
        "Fox Team",
    ],
)
def test_no_page_of_a_group_goes_to_a_person(name: str, tmp_path: Path) -> None:
    files = [f"{one}_11_assignsubmission_file_/{LESSON}" for one in (name, "Bob Ray")]
    found = find_all(put_zip(tmp_path, {files[0]: b"{}", files[1].replace("11", "12"): b"{}"}))
    lines = give_back(found, tmp_path / "pages")
    given = list_given(tmp_path / "pages")
    assert given == {"feedback-for-moodle.zip": ["Bob Ray_12_assignsubmission_file_feedback.html"]}
    assert f"{name}_11" in lines[1]
    assert "each person hands in alone" in lines[0]


def test_only_who_is_on_the_worksheet_gets_a_page(tmp_path: Path) -> None:
    students = ["Ada Example_11", "The Foxes_12", "Dan Kim_14", "Group A-Eve Ode_15", "Jo Ray_016"]
    found = find_all(
        put_zip(tmp_path, {f"{s}_assignsubmission_file_/{LESSON}": b"{}" for s in students})
    )
    known = [(11, "Ada Example"), (12, "Bob Ray"), (13, "Cyd Kim"), (15, "Eve Ode")]
    lines = give_back(found, tmp_path / "pages", worksheet=make_worksheet(*known))
    (given,) = list_given(tmp_path / "pages").values()
    assert [name.split("_assign")[0] for name in given] == ["Ada Example_11", "Group A-Eve Ode_15"]
    assert all(name in lines[1] for name in ("The Foxes_12", "Dan Kim_14", "Jo Ray_016"))


def test_a_worksheet_without_names_tells_by_number(tmp_path: Path) -> None:
    table = parse_table("Kennung,Grade\nTeilnehmer/in11,-\nTeilnehmer/in12,-\n")
    members = list_members([[f.value for f in row] for row in table.rows], Path("w.csv"))
    students = ["Teilnehmerin_11", "Foxes_12", "Teilnehmerin_13"]
    found = find_all(
        put_zip(tmp_path, {f"{s}_assignsubmission_file_/{LESSON}": b"{}" for s in students})
    )
    give_back(found, tmp_path / "pages", worksheet=read_worksheet(table, 0, members, 1))
    (given,) = list_given(tmp_path / "pages").values()
    assert given == ["Teilnehmerin_11_assignsubmission_file_feedback.html"]


def test_where_groups_hand_in_as_one_nobody_has_a_page(tmp_path: Path) -> None:
    found = find_all(put_zip(tmp_path, {f"Ada Example_11_assignsubmission_file_/{LESSON}": b"{}"}))
    pages = tmp_path / "pages"
    give_back(found, pages)
    worksheet = make_worksheet((11, "Ada Example"), groups=True)
    lines = give_back(found, pages, worksheet=worksheet)
    assert "is from an earlier run" in lines[0]
    assert "groups hand in as one" in lines[1]


def test_a_number_that_two_have_gives_nobody_a_page(tmp_path: Path) -> None:
    students = ["Ada Example_11", "Bob Ray_11", "Cyd Kim_12"]
    found = find_all(
        put_zip(tmp_path, {f"{s}_assignsubmission_file_/{LESSON}": b"{}" for s in students})
    )
    lines = give_back(found, tmp_path / "pages")
    (given,) = list_given(tmp_path / "pages").values()
    assert given == ["Cyd Kim_12_assignsubmission_file_feedback.html"]
    assert "Ada Example_11, Bob Ray_11" in lines[1]


def test_the_same_number_in_two_exports_is_two_people(tmp_path: Path) -> None:
    weeks = {"one.zip": "Ada Example_11", "two.zip": "Bob Ray_11"}
    put(
        tmp_path / "in",
        {
            name: make_zip({f"{student}_assignsubmission_file_/{LESSON}": b"{}"})
            for name, student in weeks.items()
        },
    )
    give_back(find_all(tmp_path / "in"), tmp_path / "pages")
    for name, student in zip(list_given(tmp_path / "pages"), weeks.values(), strict=True):
        (page,) = read_zip(tmp_path / "pages" / name).values()
        assert student in page


def test_who_may_be_two_people_of_one_name_gets_no_page(tmp_path: Path) -> None:
    put(
        tmp_path / "in",
        {
            f"{week}.zip": make_zip({f"Ada Example_{week}_assignsubmission_file_/{name}": b"{}"})
            for week, name in {11: "01_x.ipynb", 32: "02_x.ipynb"}.items()
        },
    )
    found = find_all(tmp_path / "in")
    assert [one.student for one in found] == ["Ada Example"]
    ada = Member("Ada Example", frozenset({"ada example"}))
    one, two = ([ada], [ada, Member("Ada Example", frozenset({"ada example", "7"}))])
    assert len(give_back(found, tmp_path / "one", members=one)) == 2
    lines = give_back(found, tmp_path / "two", members=two)
    assert list_given(tmp_path / "two") == {}
    assert all("several people in the class" in line for line in lines)
