"""The pages for learners: whole HTML that loads nothing; no other file is overwritten."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, strategies as st
from pages import Page, words

from gradlab.course.folder import CourseError
from gradlab.grading.outcome.file_names import choose_file_names
from gradlab.grading.outcome.gradebook import GradebookError
from gradlab.grading.outcome.pages import document as page_module
from gradlab.grading.outcome.pages.feedback import render_page, write_feedback
from gradlab.grading.outcome.results import (
    ExerciseResult,
    GroupResult,
    LearnerResult,
    Outcome,
    Status,
)

NASTY = [
    "<script>alert(1)</script>",
    "</title><script>",
    "\"><img src=x onerror='alert(1)'>",
    "</style></pre></td>&amp;&lt;",
    "http://example.org/",
    "--><!-- ]]>",
    "two\r\nlines",
    "\x00\x1b[2J",
    "\udcff",
    "",
]
TEXTS = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=[]), max_size=12)


@st.composite
def exercises(draw: st.DrawFn) -> ExerciseResult:
    most = float(draw(st.integers(1, 20)))
    groups = [
        GroupResult(
            draw(TEXTS), draw(st.integers(0, 2)), 2, tuple(draw(st.lists(TEXTS, max_size=2)))
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    return ExerciseResult(
        draw(st.sampled_from(["pack", "l2_loss", "explain"])),
        draw(st.integers(0, 9)),
        draw(st.sampled_from(get_args(Outcome))),
        draw(st.none() | st.just(0.0) | st.just(most / 3)),
        most,
        tuple(groups),
        tuple(draw(st.lists(TEXTS, max_size=2))),
        comment=draw(TEXTS),
    )


@st.composite
def learners(draw: st.DrawFn) -> LearnerResult:
    answers = tuple(draw(st.lists(exercises(), max_size=4)))
    return LearnerResult(draw(TEXTS), draw(st.sampled_from(get_args(Status))), answers)


def result(
    student: str = "ada", outcome: Outcome = "right", points: float | None = 3.0, lesson: int = 4
) -> LearnerResult:
    return LearnerResult(
        student, "graded", (ExerciseResult("pack", lesson, outcome, points, 3.0),)
    )


# One page.


@given(learners())
def test_a_page_is_whole_loads_nothing_and_says_everything(learner: LearnerResult) -> None:
    source = render_page(learner)
    assert source.encode().decode() == source
    page = Page(source)
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "section", "h1", "h2", "h3"),
        *("p", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td", "code", "wbr"),
        *("ul", "li", "span", "pre"),
    }
    allowed = {"lang", "charset", "name", "content", "http-equiv", "class", "scope", "tabindex"}
    assert {name for _, attributes in page.tags for name in attributes} <= allowed
    (style,) = page.texts("style")
    assert not re.search(r"url|import|http|//", style)
    told = words(page.text())
    for text in [
        learner.student,
        *(e.comment for e in learner.exercises),
        *(hint for e in learner.exercises for hint in e.hints),
        *(line for e in learner.exercises for g in e.groups for line in g.table),
    ]:
        assert words(text) in told


@given(learners())
def test_a_page_is_marked_up_for_those_who_listen(learner: LearnerResult) -> None:
    page = Page(render_page(learner))
    assert page.named("html") == [{"lang": "en"}]
    assert len(page.named("title")) == len(page.named("h1")) == len(page.named("main")) == 1
    lessons = {exercise.lesson for exercise in learner.exercises}
    assert len(page.named("table")) == len(page.named("caption")) == len(lessons)
    assert {attributes["scope"] for attributes in page.named("th")} <= {"row", "col"}
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attributes.get("tabindex") == "0" for attributes in page.named("pre"))


@given(learners(), st.lists(TEXTS, min_size=1, max_size=2))
def test_what_is_noted_for_the_teacher_is_not_on_the_page(
    learner: LearnerResult, notes: list[str]
) -> None:
    noted = replace(
        learner,
        notes=tuple(notes),
        exercises=tuple(replace(e, notes=tuple(notes)) for e in learner.exercises),
    )
    assert render_page(noted) == render_page(learner)


def test_a_browser_is_told_to_load_and_run_nothing() -> None:
    metas = Page(render_page(result())).named("meta")
    policies = [m["content"] for m in metas if m.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    rules = dict(rule.strip().split(" ", 1) for rule in str(policies[0]).split(";"))
    assert rules.pop("style-src") == "'unsafe-inline'"
    assert rules["default-src"] == "'none'"
    assert set(rules.values()) == {"'none'"}
    assert {"name": "generator", "content": "gradlab"} in metas


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_letters_can_be_read(scheme: str) -> None:
    (style,) = Page(render_page(result())).texts("style")
    light, dark = re.findall(r":root \{([^}]*)\}", style)
    found = dict(re.findall(r"--(\w+): (#\w+)", light if scheme == "light" else dark))

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    letters = ["ink", "quiet", "good", "bad", "part"]
    assert set(found) == {*letters, "paper", "soft", "line"}
    for name in letters:
        for ground in ("paper", "soft"):
            pair = sorted([luminance(found[name]), luminance(found[ground])])
            # The least that WCAG 2 asks for.
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("outcome", "points", "said"),
    [
        ("right", 3.0, "✓ right"),
        ("wrong", 0.0, "✗ not right yet"),
        ("wrong", 1.0, "◐ partly right"),
        ("blank", 0.0, "left as it was given out"),
        ("missing", 0.0, "not in what you handed in"),
        ("stopped", 0.0, "was stopped"),
        ("borrowed", 0.0, "calls gradlab’s own code: earns nothing"),
        ("written", None, "waits for a person"),
    ],
)
def test_every_outcome_is_told_in_words(outcome: Outcome, points: float | None, said: str) -> None:
    cells = Page(render_page(result("ada", outcome, points))).texts("td")
    assert said in cells[0]
    assert cells[1] == f"{'–' if points is None else f'{points:g}'} of 3"


@pytest.mark.parametrize("outcome", get_args(Outcome))
@pytest.mark.parametrize("points", [0.0, 2.0, 3.0])
def test_it_is_told_that_a_person_gave_the_points(outcome: Outcome, points: float) -> None:
    learner = result("ada", outcome, points)
    by_hand = replace(learner.exercises[0], is_by_hand=True, hints=("Look at the rows.",))
    page = Page(render_page(replace(learner, exercises=(by_hand,))))
    assert page.texts("td") == ["marked by a person", f"{points:g} of 3"]
    assert any("Look at the rows." in text for text in page.texts("p"))


@pytest.mark.parametrize("is_by_hand", [False, True])
@given(TEXTS.filter(words))
def test_what_the_teacher_says_is_told_even_where_there_is_nothing_else(
    is_by_hand: bool, comment: str
) -> None:
    learner = result()
    said = replace(learner.exercises[0], comment=comment, is_by_hand=is_by_hand)
    page = Page(render_page(replace(learner, exercises=(said,))))
    assert page.texts("h3") == ["pack"]
    [paragraph] = [text for text in page.texts("p") if "Your teacher says:" in text]
    assert words(comment) == words(paragraph.partition("Your teacher says:")[2])


def test_points_are_summed_for_each_lesson_and_for_all() -> None:
    page = Page(
        render_page(
            LearnerResult(
                "ada",
                "needs-manual",
                (
                    ExerciseResult("pack", 4, "wrong", 4 / 3, 3.0),
                    ExerciseResult("unpack", 4, "wrong", 4 / 3, 3.0),
                    ExerciseResult("explain", 7, "written", None, 10.0),
                ),
            )
        )
    )
    assert page.texts("caption") == ["2.67 of 6 points", "0 of 10 points"]
    assert page.texts("h2") == ["Lesson 4: Vectorizing", "Lesson 7: Bug hunt"]
    assert "2.67 of 16 points" in page.texts("p")
    assert "Up to 10 more" in page.text()


def test_a_lesson_without_a_title_has_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Page(render_page(result(lesson=42))).texts("h2") == ["Lesson 42"]

    def none() -> Path:
        raise CourseError("no lessons")

    monkeypatch.setattr(page_module, "lessons_folder", none)
    page_module._read_titles.cache_clear()
    try:
        page = Page(render_page(result(lesson=4)))
    finally:
        page_module._read_titles.cache_clear()
    assert page.texts("h2") == ["Lesson 4"]


@pytest.mark.parametrize(
    ("status", "said"),
    [("missing", "Your teacher has no notebook from you"), ("unreadable", "could not be read")],
)
def test_a_learner_whose_work_was_not_read_is_told(status: Status, said: str) -> None:
    assert said in Page(render_page(replace(result(), status=status))).text()


# A folder of pages.


def students(names: list[str]) -> list[LearnerResult]:
    return [result(name) for name in names]


@given(
    st.lists(
        st.sampled_from(
            ["ada", "Ada", "ADA", "a/da", "a\\da", "a?da", "..", ".", "", "Index", "nul"]
        )
        | st.sampled_from(["İ", "ß", "ﬁn", "fin", "é", "e\u0301", "-rf", "x" * 300])
        | TEXTS,
        unique=True,
        max_size=12,
    )
)
def test_file_names_are_safe_and_differ_whatever_learners_are_called(names: list[str]) -> None:
    files = choose_file_names(names, ".html")
    assert len({file.lower() for file in files}) == len(names)
    for file in files:
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*\.html", file)
        assert len(file) < 100
        assert file.lower() not in ("index.html", "nul.html", "con.html", "com1.html")
    # Names do not depend on the order.
    assert choose_file_names(names[::-1], ".html") == files[::-1]


def test_an_ordinary_name_is_the_name_of_its_file() -> None:
    assert choose_file_names(["ada", "ben_2", "Cleo-X"], ".html") == [
        "ada.html",
        "ben_2.html",
        "Cleo-X.html",
    ]


@pytest.mark.parametrize("spelling", [str, str.upper, str.lower])
def test_nobody_can_take_a_name_for_the_page_of_another(
    tmp_path: Path, spelling: Callable[[str], str]
) -> None:
    taken = spelling(choose_file_names(["Ada", "ada"], ".html")[0].removesuffix(".html"))
    names = choose_file_names(["Ada", "ada", taken], ".html")
    assert len({name.lower() for name in names}) == 3
    pages = write_feedback(students(["Ada", "ada", taken]), tmp_path)
    assert sorted(tmp_path.glob("*.html")) == sorted(pages)


def test_one_name_twice_is_told_and_nothing_written(tmp_path: Path) -> None:
    with pytest.raises(GradebookError, match="Several learners"):
        write_feedback(students(["ada", "ada"]), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_there_is_a_page_for_each_learner_and_nothing_else(tmp_path: Path) -> None:
    names = ["ben", "<script>", "ada", "ADA", "Zoë, x", "../../etc"]
    folder = tmp_path / "deep" / "feedback"
    results = students(names)
    pages = write_feedback(results, folder)
    assert sorted(folder.iterdir()) == sorted([*pages, folder / "pages.csv"])
    with (folder / "pages.csv").open(newline="", encoding="utf-8-sig") as lines:
        table = {row["student"]: folder / row["page"] for row in csv.DictReader(lines)}
    assert list(table.values()) == pages
    assert list(table) == names
    assert [page.read_text(encoding="utf-8") for page in pages] == list(map(render_page, results))
    assert list(tmp_path.iterdir()) == [tmp_path / "deep"]


def test_a_page_of_an_earlier_run_is_replaced_only_if_it_changed(tmp_path: Path) -> None:
    ada, ben = write_feedback(students(["ada", "ben"]), tmp_path)
    before = {page: (page.stat().st_ino, page.stat().st_mtime_ns) for page in (ada, ben)}
    write_feedback([result("ada"), result("ben", "wrong", 1.0)], tmp_path)
    assert before[ada] == (ada.stat().st_ino, ada.stat().st_mtime_ns)
    assert "partly right" in ben.read_text(encoding="utf-8")
    assert sorted(tmp_path.iterdir()) == [ada, ben, tmp_path / "pages.csv"]


@pytest.mark.parametrize("kind", ["text", "page", "empty", "folder", "link", "dangling"])
def test_what_is_not_a_page_of_ours_stays_and_no_page_is_written(
    tmp_path: Path, kind: str
) -> None:
    mine = tmp_path / "mine.html"
    mine.write_text(render_page(result("mine")), encoding="utf-8")
    path = tmp_path / "ben.html"
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(mine)
    elif kind == "dangling":
        path.symlink_to("nowhere.html")
    else:
        # One only speaks of the mark, further down.
        other = f'<html><head></head>{" " * 999}<meta name="generator" content="gradlab">'
        path.write_text({"text": "my notes", "page": other, "empty": ""}[kind])
    before = {p: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
    with pytest.raises(GradebookError, match=r"ben\.html is not a page of gradlab's"):
        write_feedback(students(["ada", "ben", "cleo"]), tmp_path)
    assert {p: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()} == before
    assert {p.name for p in tmp_path.iterdir()} == {"mine.html", "ben.html"}


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "feedback").write_text("mine")
    with pytest.raises(GradebookError, match="is a file"):
        write_feedback(students(["ada"]), tmp_path / "feedback")
    with pytest.raises(GradebookError, match="cannot be written"):
        write_feedback(students(["ada"]), tmp_path / "feedback" / "deeper")
    assert (tmp_path / "feedback").read_text() == "mine"
