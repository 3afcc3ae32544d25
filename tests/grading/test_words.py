"""Answers in words: none is taken for blank while words stand that were not given out."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from class_files import find_all, put
from hypothesis import given, settings, strategies as st
from notebook_data import BLANK, LESSON_3, SOLVED, Json, cell, find, notebook, remove_marks

from gradlab.course.browser_note import NOTE
from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.grading.batch import digest
from gradlab.grading.grader import Task, grade_submission
from gradlab.grading.intake.answers import Work, find_answers
from gradlab.grading.intake.given_out import is_blank
from gradlab.grading.intake.words import MOST_CHARACTERS
from gradlab.grading.outcome.report import as_report
from gradlab.grading.outcome.results import Run

LESSON_7 = "07_bug_hunt.ipynb"
MINE = "The clip in `back` is wrong: it changes the gradient."
PROSE = "The clip is wrong, because it changes delta on its way back"
SOLUTION = EXERCISES["find_bugs"].solution_cell()
BADGE = (
    '<a href="https://colab.research.google.com/github/a/b/07.ipynb" target="_parent"><img '
    'src="https://colab.research.google.com/assets/colab-badge.svg" alt="Open In Colab"/></a>'
)
Change = Callable[[list[Json]], object]


def mark_of(one: Json) -> str:
    return str(one["metadata"].get("nbgrader", {}).get("grade_id", ""))


def place_of(cells: list[Json], mark: str = "explain") -> int:
    return next(place for place, one in enumerate(cells) if mark_of(one) == mark)


def text_of(one: Json) -> str:
    return "".join(one["source"])


def change(work: Change, start: Json = BLANK[LESSON_7]) -> Json:
    data = copy.deepcopy(start)
    work(data["cells"])
    return data


def find_explain(data: Json, *others: str, **more: Json) -> Work:
    files = {LESSON_7: data, **{f"{name}.ipynb": one for name, one in more.items()}}
    contents = {name: json.dumps(one).encode() for name, one in files.items()}
    return find_answers(contents, ["explain"], others=others)


def note_of(work: Work) -> str:
    return " ".join(work.remarks.get("explain", ()))


def insert(offset: int, *new: Json, mark: str = "explain") -> Change:
    def work(cells: list[Json]) -> None:
        place = place_of(cells, mark) + offset
        cells[place:place] = copy.deepcopy(new)

    return work


def append(offset: int, text: str, mark: str = "explain") -> Change:
    """Add a text to the cell that is so many cells from the marked one."""

    def work(cells: list[Json]) -> None:
        one = cells[place_of(cells, mark) + offset]
        one["source"] = text_of(one) + text

    return work


def replace(offset: int, text: str, kind: str = "markdown", mark: str = "explain") -> Change:
    def work(cells: list[Json]) -> None:
        one = cells[place_of(cells, mark) + offset]
        one.update(source=text, cell_type=kind)

    return work


def delete(*offsets: int, then: Change = lambda cells: None) -> Change:
    def work(cells: list[Json]) -> None:
        then(cells)
        place = place_of(cells)
        for offset in sorted(offsets, reverse=True):
            del cells[place + offset]

    return work


words = cell(MINE, kind="markdown")
IN_SECTION: dict[str, Change] = {
    "below": insert(1, words),
    "above": insert(0, words),
    "above the rubric": insert(-1, words),
    "two cells below": insert(1, cell("", kind="markdown"), words),
    "under a heading of one's own": insert(1, cell(f"## My answer\n\n{MINE}", kind="markdown")),
    "a raw cell": insert(1, cell(MINE, kind="raw")),
    "no Python": insert(1, cell(MINE)),
    "comments": insert(1, cell(f"# {MINE}")),
    "a docstring": insert(1, cell(f'"""{MINE}"""')),
    "a text that is printed": insert(1, cell(f"print({MINE!r})")),
    "an odd kind of cell": insert(1, cell(MINE, kind="answer")),
    "in the prompt": append(-2, f"\n\n{MINE}"),
    "in the line of the prompt": append(-2, f" {MINE}"),
    "in the rubric": append(-1, f"\n\n{MINE}"),
    "in a row of the rubric": append(-1, f" {MINE}"),
    "in place of the prompt": replace(-2, MINE),
    "in the heading": lambda cells: cells[place_of(cells) - 2].update(
        source=text_of(cells[place_of(cells) - 2]).replace("(8 min)", MINE)
    ),
    "a heading that was changed": insert(-2, words),
    "the marked cell is gone": delete(0, then=insert(-1, words)),
    "the heading is gone": delete(-2, then=insert(1, words)),
    "all of the question is there twice": lambda cells: cells.extend(
        [*copy.deepcopy(cells[-5:]), words]
    ),
    "a photo": insert(1, cell("![photo.jpg](attachment:photo.jpg)", kind="markdown")),
}


@pytest.mark.parametrize("change_cells", IN_SECTION.values(), ids=IN_SECTION)
@pytest.mark.parametrize("edition", [BLANK, SOLVED], ids=["blank", "solved"])
def test_words_beside_the_blank_cell_wait_for_a_person(
    change_cells: Change, edition: dict[str, Json]
) -> None:
    start = change(replace(0, "YOUR ANSWER HERE"), edition[LESSON_7])
    data = change(change_cells, start)
    work = find_explain(data)
    assert [*work.written] == ["explain"]
    assert "clip in `back`" in work.written["explain"] or "photo" in work.written["explain"]
    assert "words were found in cell" in note_of(work)
    assert [*find_explain(remove_marks(data)).written] == ["explain"]


def test_the_cell_with_the_words_is_named() -> None:
    place = place_of(BLANK[LESSON_7]["cells"]) + 1
    below = find_explain(change(insert(1, words)))
    assert below.remarks == {
        "explain": (f"the marked cell is blank; words were found in cell {place + 1}",)
    }
    assert below.written == {"explain": MINE}
    gone = find_explain(change(delete(0, then=insert(-1, words))))
    assert note_of(gone).startswith("there is no cell for the answer; words were found in cell")
    both = find_explain(change(insert(0, words, words)))
    assert note_of(both).endswith(f"in cell {place}, {place + 1}")


ELSEWHERE: dict[str, Change] = {
    "at the end": lambda cells: cells.append(words),
    "at the beginning": lambda cells: cells.insert(0, words),
    "in the text of another section": append(-5, f"\n\n{MINE}"),
    "before the heading": insert(-2, words),
    "a raw cell": lambda cells: cells.insert(4, cell(MINE, kind="raw")),
    "no Python": lambda cells: cells.insert(4, cell(PROSE)),
    "comments alone": lambda cells: cells.insert(4, cell(f"# {PROSE}")),
    "Chinese in a cell for code": lambda cells: cells.insert(4, cell("反向传播中的裁剪是错误的")),
    "a long text in code": lambda cells: cells.insert(4, cell(f'a = """{PROSE * 5}"""\nprint(a)')),
    "long comments in another answer": replace(
        0, SOLUTION + "".join(f"# {PROSE}\n" for _ in range(5)), "code", "find_bugs"
    ),
    "below another answer": replace(0, f"{SOLUTION}\n{PROSE}", "code", "find_bugs"),
    "in the check of another answer": replace(0, PROSE, "code", "grade_find_bugs"),
    "printed": lambda cells: cells.insert(4, cell(f"print({PROSE!r})")),
    "bound, and printed": lambda cells: cells.insert(4, cell(f"a = {PROSE!r}\nprint(a)")),
    "shown as Markdown": lambda cells: cells.insert(
        4, cell(f"from IPython.display import Markdown\nMarkdown({PROSE!r})")
    ),
    "in a cell that is shown": lambda cells: cells.insert(4, cell(f"%%markdown\n{PROSE}")),
    "bound to the name of the question": lambda cells: cells.insert(
        4, cell("explain = 'A sign.'")
    ),
    "in a function of that name": lambda cells: cells.insert(
        4, cell('def explain():\n    """A sign."""')
    ),
    "below a badge": lambda cells: cells.insert(0, cell(f"{BADGE}\n\nA sign.", kind="markdown")),
    "above the title, a picture": lambda cells: cells.insert(
        0, cell("![](attachment:a.png)", kind="markdown")
    ),
    "above the title, without spaces": lambda cells: cells.insert(
        0, cell("反向传播中的裁剪是错误的", kind="markdown")
    ),
}


@pytest.mark.parametrize("change_cells", ELSEWHERE.values(), ids=ELSEWHERE)
def test_words_anywhere_in_the_lesson_wait_for_a_person(change_cells: Change) -> None:
    work = find_explain(change(change_cells))
    assert [*work.written] == ["explain"]
    assert f"of {LESSON_7}" in note_of(work)


CONTENTS = """# Contents
- [7 Bug hunt](#7-Bug-hunt)
    - [The pipeline (4 min)](#The-pipeline-(4-min))
    * [Recap](#Recap)   """


def rewrite(*steps: tuple[str, str]) -> Change:
    """Replace patterns in all texts."""

    def work(cells: list[Json]) -> None:
        for one in cells:
            if one["cell_type"] == "markdown":
                for old, new in steps:
                    one["source"] = re.sub(old, new, text_of(one), flags=re.MULTILINE)

    return work


def number_headings(cells: list[Json]) -> None:
    for number, one in enumerate(cells):
        if one["cell_type"] == "markdown":
            one["source"] = re.sub(r"^## ", f"## {number}.1. ", text_of(one))


EDITION_NOTE = NOTE.replace("{edition}", "2f6e8de7")
CODE = "# a test\nfor network in networks:\n    print(network)  # and look\n"
SAYS_NOTHING: dict[str, Change] = {
    "as it was given out": lambda cells: None,
    "with outputs": lambda cells: cells[1].update(outputs=[{"output_type": "stream"}]),
    "spaces": replace(0, " \n\t\u200b\u00a0\ufeff\n"),
    "the placeholder in small letters": replace(0, "*your answer here*"),
    "a comment of HTML": replace(0, "<!-- 150 to 200 words -->"),
    "an empty heading": replace(0, "## \n&nbsp;<br>"),
    "as code": replace(0, "# YOUR ANSWER HERE", "code"),
    "empty cells": insert(1, cell(""), cell("\n", kind="markdown"), cell("#", kind="raw")),
    "the note of the lesson in the browser": lambda cells: cells.insert(
        0, cell(EDITION_NOTE, kind="markdown")
    ),
    "the note of another edition": lambda cells: cells.insert(
        0, cell(EDITION_NOTE.replace("2f6e8de7", "00c0ffee"), kind="markdown")
    ),
    "the note in one line": lambda cells: cells.insert(
        0, cell(" ".join(EDITION_NOTE.split()), kind="markdown")
    ),
    "the note as it was before it named the edition": lambda cells: cells.insert(
        0, cell(NOTE.partition("\n\nThis is edition")[0], kind="markdown")
    ),
    "cells there twice": lambda cells: cells.extend(copy.deepcopy(cells)),
    "joined cells": lambda cells: cells[2].update(
        source=text_of(cells[2]) + "\n\n" + text_of(cells.pop(4))
    ),
    "half a cell": lambda cells: cells[2].update(
        source=text_of(cells[2])[:300].rpartition("\n")[0]
    ),
    "Windows' ends of lines": lambda cells: [
        one.update(source=text_of(one).replace("\n", "\r\n")) for one in cells
    ],
    "code of one's own": lambda cells: cells.insert(4, cell(CODE)),
    "a slip in code": lambda cells: cells.insert(4, cell("check(Mended1\nprint(1)")),
    "a blank function": lambda cells: cells.insert(4, cell("def f(x):\n    pass")),
    "imports with a comment": lambda cells: cells.insert(
        4, cell("import math  # we need it for the plot below")
    ),
    "a line put out": lambda cells: cells.insert(4, cell("print('the loss is now', 3 + 4)")),
    "packages": lambda cells: cells.insert(
        0, cell("%%bash\npip install numpy scipy matplotlib tqdm")
    ),
    "Colab's badge": lambda cells: cells.insert(0, cell(BADGE, kind="markdown")),
    "a table of contents": lambda cells: cells.insert(0, cell(CONTENTS, kind="markdown")),
    "a name above the title": lambda cells: cells.insert(
        0, cell("**Name:** Ada Example\n\n**Number:** 12345", kind="markdown")
    ),
    "a name below the title": append(-49, "\n\nAda Example"),
    "numbers in headings": number_headings,
    "anchors in headings": rewrite((r"^(#+ .*)$", r'\1 <a id="toc1_"></a> [&#8593;](#toc0_)')),
    "other lists, tables and emphasis": rewrite(
        ("^- ", "* "), (r"\|--:\|:--\|", "| --: | :-- |"), (r"\*\*", "__")
    ),
    "paragraphs in one line": rewrite((r"(?<![\n|])\n(?![\n|#-])", " ")),
    "backslashes at ends of lines": rewrite(("$", r"\\")),
    "a dot behind the placeholder": replace(0, "YOUR ANSWER HERE."),
    "an answer to the other exercise": replace(0, SOLUTION, "code", "find_bugs"),
}


@pytest.mark.parametrize("change_cells", SAYS_NOTHING.values(), ids=SAYS_NOTHING)
def test_what_was_given_out_and_code_are_no_words(change_cells: Change) -> None:
    data = change(change_cells)
    for one in (data, remove_marks(data)):
        work = find_explain(one)
        assert work.blank == {"explain"}
        assert not work.written
    assert note_of(work) == ""


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_blank_lesson_stays_blank_and_one_word_in_the_section_makes_it_written(
    data: st.DataObject,
) -> None:
    blank = change(lambda cells: None)
    ends = st.sampled_from(["", " ", "\t", "\r", "  \u00a0"])
    for one in blank["cells"]:
        end = data.draw(ends)
        one["source"] = text_of(one).replace("\n", f"{end}\n") + data.draw(
            st.sampled_from(["", "\n", " \n\n"])
        )
    answer = blank["cells"][place_of(blank["cells"])]
    kept = data.draw(st.lists(st.sampled_from(blank["cells"]), unique_by=id))
    shuffled = [*kept, *([] if answer in kept else [answer])]
    work = find_explain({**blank, "cells": data.draw(st.permutations(shuffled))})
    assert work.blank == {"explain"}
    assert not work.written

    place = place_of(blank["cells"])
    word = data.draw(st.text(st.characters(categories=["L", "N", "So"]), min_size=1, max_size=9))
    one = blank["cells"][data.draw(st.integers(place - 2, place))]
    text = text_of(one)
    where = data.draw(st.integers(1, len(text)))
    one["source"] = f"{text[:where]} {word} {text[where:]}"
    assert [*find_explain(blank).written] == ["explain"]


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=50), kind=st.sampled_from(["markdown", "raw", "code", "?"]))
def test_a_cell_is_written_exactly_if_its_text_is_not_blank(text: str, kind: str) -> None:
    work = find_explain(change(insert(1, cell(text, kind=kind))))
    assert ([*work.written] == ["explain"]) != (work.blank == {"explain"})
    if any(character.isalnum() for character in text) and "<!--" not in text:
        assert work.written


def test_words_beside_an_answer_are_added_to_it() -> None:
    first = change(replace(0, "It is the clip."))
    work = find_explain(change(insert(1, cell("And it grows.", kind="raw")), first))
    assert work.written == {"explain": "It is the clip.\n\nAnd it grows."}
    assert note_of(work).startswith("words in cell 51 of the same section are added")
    twice = find_explain(change(insert(1, first["cells"][place_of(first["cells"])]), first))
    assert twice.written == {"explain": "It is the clip."}
    assert not twice.remarks


def test_what_an_answer_quotes_of_the_lesson_stays_in_it() -> None:
    quoted = "The line\n\n        dW = A.T @ delta\n\nis right, but what follows is not."
    assert find_explain(change(insert(1, cell(quoted, kind="markdown")))).written == {
        "explain": quoted
    }


def test_the_published_answer_is_known_wherever_it_stands() -> None:
    model = WRITTEN["explain"].model
    for change_cells in (
        replace(0, model),
        replace(0, f"{model} Or so."),
        insert(1, cell(model, kind="markdown")),
    ):
        assert "explain: same as published" in find_explain(change(change_cells)).notes


def test_a_notebook_of_no_lesson_is_looked_at() -> None:
    extra = notebook(cell("x = 1"), words)
    work = find_explain(BLANK[LESSON_7], explain=extra)
    assert work.written == {"explain": MINE}
    assert note_of(work).endswith("words were found in cell 2 of explain.ipynb")
    assert find_explain(BLANK[LESSON_7], scratch=notebook(cell("x = 1"))).blank == {"explain"}


def test_of_other_lessons_nothing_is_taken_for_the_answer() -> None:
    noted = change(lambda cells: cells.append(words), BLANK[LESSON_3])
    both = find({LESSON_7: BLANK[LESSON_7], LESSON_3: noted}, ["explain"])
    assert both.blank == {"explain"}
    files = {"notes.ipynb": notebook(words), LESSON_3: noted}
    contents = {name: json.dumps(one).encode() for name, one in files.items()}
    alone = find_answers(contents, ["explain"], others=["notes.txt"])
    assert (alone.blank, alone.written) == (frozenset(), {})


def test_a_file_that_was_not_read_may_be_the_answer() -> None:
    work = find_explain(BLANK[LESSON_7], "essay.docx")
    assert work.written == {"explain": ""}
    assert note_of(work) == "the marked cell is blank; essay.docx was handed in and not read"
    answered = find_explain(change(replace(0, MINE)), "essay.docx")
    assert (answered.written, note_of(answered)) == ({"explain": MINE}, "")
    several = find_explain(BLANK[LESSON_7], *(f"{number}.png" for number in range(9)))
    assert "3.png, 4.png and 4 more were handed in" in note_of(several)
    nothing_else = find_answers({}, ["explain"], others=["essay.pdf"])
    assert nothing_else.written == {"explain": ""}


def test_what_may_hold_words_is_told_from_what_does_not(tmp_path: Path) -> None:
    blank = json.dumps(BLANK[LESSON_7]).encode()
    names = ["essay.docx", "photo.HEIC", "answer", "answer.py", "work.zip/why.md"]
    junk = [".DS_Store", "Thumbs.db", "data.csv", "__MACOSX/x.txt", "a.pyc", "timestamp.txt"]
    files = {f"ada/{name}": b"?" for name in (*names, *junk)}
    (learner,) = find_all(put(tmp_path / "class", {**files, f"ada/{LESSON_7}": blank}))
    assert learner.others == tuple(sorted(names))


def test_a_zip_that_cannot_be_read_may_hold_the_answer(tmp_path: Path) -> None:
    blank = json.dumps(BLANK[LESSON_7]).encode()
    (learner,) = find_all(
        put(tmp_path / "class", {f"ada/{LESSON_7}": blank, "ada/why.zip": b"PK?"})
    )
    assert learner.others == ("why.zip",)


@pytest.mark.parametrize(
    ("names", "typed"),
    [
        (
            [
                f"Ada Example_12_assignsubmission_file_/{LESSON_7}",
                "Ada Example_12_assignsubmission_onlinetext_/onlinetext.html",
            ],
            "the text typed into Moodle",
        ),
        (
            [f"exampleada_123_4567_{LESSON_7}", "exampleada_123_text.html"],
            "what was typed into Canvas",
        ),
    ],
    ids=["Moodle", "Canvas"],
)
def test_what_was_typed_into_an_lms_may_be_the_answer(
    names: list[str], typed: str, tmp_path: Path
) -> None:
    blank = json.dumps(BLANK[LESSON_7]).encode()
    (learner,) = find_all(put(tmp_path / "class", dict.fromkeys(names, blank)))
    assert learner.others == (typed,)


def make_task(others: tuple[str, ...] = ()) -> Task:
    notebooks = {LESSON_7: json.dumps(BLANK[LESSON_7]).encode()}
    return Task("ada", notebooks, (), (), (7,), 7, 10, others=others)


def test_the_learner_waits_for_a_person_and_the_summary_says_why() -> None:
    result, level = grade_submission(make_task(("essay.docx",)))
    assert (result.status, result.exercises[-1].outcome) == ("needs-manual", "written")
    assert (result.exercises[-1].points, result.exercises[-1].answer) == (None, "")
    report = " ".join(as_report([result], Run("1", 7, level, (7,))).split())
    assert "waits for your marks; the marked cell is blank; essay.docx was handed in" in report
    assert digest(make_task()) != digest(make_task(("essay.docx",)))


BESIDE: dict[str, tuple[Change, str]] = {
    "under another name": (
        insert(1, cell("def hunt(networks):\n    return []"), mark="find_bugs"),
        "hunt",
    ),
    "as text": (
        insert(0, cell("def find_bugs(x):\n    return []", kind="markdown"), mark="find_bugs"),
        "find_bugs",
    ),
    "fenced": (
        insert(
            1, cell("```python\ndef hunt(x):\n    return 1\n```", kind="raw"), mark="find_bugs"
        ),
        "hunt",
    ),
}


@pytest.mark.parametrize(("change_cells", "name"), BESIDE.values(), ids=BESIDE)
def test_code_beside_the_blank_cell_of_an_exercise_is_worth_a_look(
    change_cells: Change, name: str
) -> None:
    work = find({LESSON_7: change(change_cells)}, ["find_bugs"])
    assert work.blank == {"find_bugs"}
    (note,) = work.remarks["find_bugs"]
    assert note.startswith("its cell is as it was given out, but cell 4")
    assert note.endswith(f"beside it, which was not given out, defines {name}")
    assert not find({LESSON_7: BLANK[LESSON_7]}, ["find_bugs"]).remarks


HOSTILE = [
    "<!--" * 40_000,
    "a" * 190_000,
    "a " * 90_000,
    "# " * 90_000,
    "\n".join(["your answer here"] * 10_000),
    "def f(" * 30_000,
    " " * 190_000 + "x",
    "your " + "\t" * 190_000,
    "a\n" + "[b](#c)\n" * 20_000,
    "a\n[" + "](#" * 60_000,
    "# " + "<a " * 60_000,
    "# " + "[a" * 90_000,
    "<a " + "colab-badge.svg" * 600,
]


@pytest.mark.parametrize("kind", ["markdown", "code"])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_takes_long_and_little_of_it_is_kept(text: str, kind: str) -> None:
    many: list[Any] = [cell(text, kind=kind) for _ in range(20)]
    data = change(insert(1, *many))
    data["cells"] += copy.deepcopy(many)
    work = find_explain(data)
    assert len(work.written.get("explain", "")) <= MOST_CHARACTERS


def test_only_words_and_pictures_say_something() -> None:
    assert all(
        map(is_blank, ("", "YOUR ANSWER HERE", "'Your answer here'", "> - * _", "<!--x-->"))
    )
    assert not any(map(is_blank, ("ok", "?", "YOUR ANSWER HERE: no", "<!-- no end", "😀", "是")))
