"""The page of the class: its numbers are those of the class, and nobody is named on it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, strategies as st
from learner_results import NASTY, RESULTS, make_learner

from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.outcome.pages.class_page import render_class
from gradlab.grading.outcome.pages.class_style import STYLE
from gradlab.grading.outcome.results import (
    ExerciseResult,
    GroupResult,
    LearnerResult,
    Outcome,
    Prediction,
)
from gradlab.grading.outcome.tallies import tally_class

VOID = {"meta", "wbr"}
LOADING = {"script", "img", "link", "iframe", "object", "embed", "audio", "video", "form", "a"}
HINT = EXERCISES["pack"].misconceptions[0].hint


class Page(HTMLParser):
    """Reads a page strictly: each tag closed in its order; keeps its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert tag not in LOADING
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag in ("p", "li", "h2", "h3", "h4", "td", "th", "div", "span"):
            self.text += " " if tag == "span" else "\n"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def read(results: list[LearnerResult]) -> Page:
    return Page(render_class(tally_class(results)))


def make_class() -> list[LearnerResult]:
    """Eleven who handed in lesson 4, and one who did not, with a result of each kind."""
    groups = (GroupResult("float64", 1, 3), GroupResult("float32", 3, 3))

    def make(student: str, outcome: Outcome, points: float, *hints: str) -> LearnerResult:
        answer = ExerciseResult("pack", 4, outcome, points, 3.0, groups, hints)
        answer = replace(answer, is_out_of_time=outcome == "stopped")
        return make_learner(student, answer, ExerciseResult("locate", 4, "blank", 0.0, 4.0))

    return [
        *(make(f"Ymir{n}", "wrong", 0.0, HINT) for n in range(4)),
        *(make(f"Zora{n}", "right", 3.0) for n in range(3)),
        make("Quirin", "wrong", 1.5, "It raised ValueError, in the line “Quirin = 1”."),
        make("Xaver", "stopped", 0.0, "It was stopped."),
        make("Wanda", "blank", 0.0),
        make("Vroni", "missing", 0.0),
        LearnerResult(
            "Ursin",
            "missing",
            tuple(ExerciseResult(name, 4, "missing", 0.0, 3.0) for name in ("pack", "locate")),
        ),
    ]


def test_the_page_says_what_became_of_each_exercise() -> None:
    page = read(make_class())
    for said in (
        "11 of 12 learners handed in something",
        "3 right, 1 partly right, 4 not right, 1 stopped, 1 left blank, 1 without the cell",
        "Mean of all 11: 0.95 of 3 points",
        f"4 of 9 who answered: {HINT}",
        "1 of 9 who answered: It raised ValueError.",
        "float64: 8 of 8 that ran to the end",
        "Out of time: 1 of 9 who answered",
        "11 left blank",
        "Handed in by 11 learners. Mean 0.95 of 7 points",
        "11 of 11 left locate (lesson 4) blank",
    ):
        assert said in page.text, said
    assert "float32" not in page.text


def test_the_histogram_has_everybody_in_words() -> None:
    page = read(make_class())
    rows = re.findall(r"(\d+) to (?:under )?(\d+) %\n *(\d+)", page.text)
    assert [int(low) for low, _, _ in rows] == list(range(0, 100, 10))
    # 3 of 7 points, 1.5 of 7, and nothing.
    assert [int(count) for *_, count in rows] == [7, 0, 1, 0, 3, 0, 0, 0, 0, 0]


def test_bars_have_the_shares_that_the_line_says() -> None:
    page = read(make_class())
    parts = [a for tag, a in page.tags if tag == "span" and "flex-grow" in (a.get("style") or "")]
    grown = [int((a["style"] or "").removeprefix("flex-grow:")) for a in parts]
    lines = re.findall(r"^\d+ (?:right|left blank)[^.]*", page.text, re.MULTILINE)
    said = [int(count) for line in lines for count in re.findall(r"\d+(?= )", line)]
    assert grown == said == [3, 1, 4, 1, 1, 1, 11]


def test_nobody_is_named_and_no_line_is_quoted() -> None:
    results = make_class()
    html = render_class(tally_class(results))
    for result in results:
        assert result.student not in html


def test_predictions_are_shown_with_their_counts() -> None:
    results = [
        replace(one, predictions=(Prediction("half", "Why <b>?", text),))
        for one, text in zip(make_class(), ["A & B", "A & B", "C", "", "", "", ""], strict=False)
    ]
    page = read(results)
    assert "Why <b>?" in page.text
    assert re.search(r"A & B\s+2 of 3 who chose", page.text)
    assert re.search(r"another answer\s+1 of 3 who chose", page.text)
    assert "4 chose nothing" in page.text


@pytest.mark.parametrize("count", [0, 1])
def test_a_class_of_none_or_one_has_a_page(count: int) -> None:
    page = read(make_class()[:count])
    assert f"{count} of {count} learner" in page.text


def test_who_handed_in_nothing_is_in_no_lesson() -> None:
    page = read(make_class()[-1:])
    assert "0 of 1 learner handed in something" in page.text
    assert "Lesson" not in page.text
    assert "To talk about" not in page.text


def test_one_point_is_not_several() -> None:
    answer = ExerciseResult("double", 0, "right", 1.0, 1.0)
    page = read([make_learner("ada", answer)])
    assert "1 of 1 point." in page.text
    assert "1 points" not in page.text


@given(RESULTS, st.integers(0, len(NASTY) - 1))
def test_hostile_text_is_shown_and_not_obeyed(results: list[LearnerResult], place: int) -> None:
    nasty = "</style></span><script>alert(1)</script>" + NASTY[place]
    answer = ExerciseResult(
        nasty, 4, "wrong", 0.0, 1.0, (GroupResult(nasty, 0, 1),), (nasty,), (nasty,), nasty
    )
    mine = LearnerResult("x", "graded", (answer,), (nasty,), (Prediction(nasty, nasty, nasty),))
    html = render_class(tally_class([*results, mine]))
    Page(html)
    html.encode()
    assert "<script" not in html
    assert html == render_class(tally_class([*results, mine]))


# Colours.


def find_luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_colour_stands_out_from_the_paper() -> None:
    light, dark = (dict(re.findall(r"--(\w+): (#\w{6})", r)) for r in STYLE.split("@media")[:2])
    assert light.keys() == dark.keys() == {"right", "wrong", "other", "none"}
    for colours, paper in ((light, "#ffffff"), (dark, "#16191c")):
        for colour in colours.values():
            low, high = sorted((find_luminance(colour), find_luminance(paper)))
            assert (high + 0.05) / (low + 0.05) >= 3


def test_the_key_has_the_parts_that_are_there() -> None:
    html = render_class(tally_class(make_class()))
    looks = re.findall(r'<li><span class="part (\w+)">', html)
    assert looks == ["right", "partly", "wrong", "stopped", "blank", "missing"]
    assert all(f".{look}" in STYLE for look in looks)
