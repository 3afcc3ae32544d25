"""The journal: what is in it comes back as it was, and nothing else is taken for it."""

import json
import os
import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, strategies as st

from gradlab.grading.outcome.conditions import Conditions
from gradlab.grading.outcome.given_marks import GivenMark
from gradlab.grading.outcome.gradebook import GradebookError
from gradlab.grading.outcome.journal import JournalError, open_journal
from gradlab.grading.outcome.results import (
    Entry,
    ExerciseResult,
    GroupResult,
    LearnerResult,
    Outcome,
    Status,
    read_result,
)

CONDITIONS = Conditions("0.2.0", "c0de", "3.11.7", "2.4.6", 7, (), 10, "bubblewrap")
ANY_SEED = Conditions("0.2.0", "c0de", "3.11.7", "2.4.6", None, (), 10, "bubblewrap")
PACK = ExerciseResult("pack", 4, "wrong", 1.5, 3.0)
ADA = Entry("d1", "bubblewrap", LearnerResult("ada", "graded", (PACK,)))
BEN = Entry("d2", "bubblewrap", LearnerResult("ben", "missing", (), ("late",)))

# With halves of surrogate pairs, which a notebook's JSON can hold.
texts = st.text(st.characters())
points = st.floats(0, 50)
groups = st.builds(
    GroupResult, texts, st.integers(), st.integers(), st.lists(texts, max_size=2).map(tuple)
)
exercises = st.builds(
    ExerciseResult,
    texts,
    st.integers(),
    st.sampled_from(get_args(Outcome)),
    st.none() | points,
    st.floats(50, 1e6) | st.integers(50, 1000),
    st.lists(groups, max_size=2).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
)
learners = st.builds(
    LearnerResult,
    texts,
    st.sampled_from(get_args(Status)),
    st.lists(exercises, max_size=2).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
)


@given(learners)
def test_results_come_back_from_json_as_they_were(result: LearnerResult) -> None:
    back = read_result(json.loads(json.dumps(result.to_dict())))
    assert back == result
    assert repr(back) == repr(result)  # so that -0.0 is not 0.0, nor 1.0 the integer


@given(learners, st.data())
def test_what_is_no_result_is_refused(result: LearnerResult, data: st.DataObject) -> None:
    taken = result.to_dict()
    name = data.draw(st.sampled_from(["student", "status", "exercises", "notes"]))
    taken[name] = data.draw(st.sampled_from([None, 1.5, True, {"a": 1}, ["b", None]]))
    with pytest.raises(ValueError, match=r"must be|no results"):
        read_result(taken)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with two learners."""
    path = tmp_path / "grades.journal"
    with open_journal(path, CONDITIONS) as journal:
        journal.keep(ADA)
        journal.keep(BEN)
    return path


def test_who_handed_in_the_same_is_found(path: Path) -> None:
    with open_journal(path, ANY_SEED, resume=True) as journal:
        assert journal.seed == 7
        assert journal.find("ada", "d1") == ADA
        assert journal.find("ben", "d2") == BEN
        assert journal.find("ben", "d1") is None
        assert (journal.found, journal.count) == (2, 2)
        journal.keep(Entry("d3", "uid", BEN.result))
    with open_journal(path, CONDITIONS, resume=True) as journal:
        assert journal.find("ben", "d2") == BEN
        assert journal.find("ben", "d3") == Entry("d3", "uid", BEN.result)


def test_a_journal_that_was_cut_off_anywhere_can_be_gone_on_with(path: Path) -> None:
    whole = path.read_bytes()
    ends = [place for place, byte in enumerate(whole, 1) if byte == ord("\n")]
    for length in range(ends[0], len(whole) + 1):
        path.write_bytes(whole[:length])
        with open_journal(path, CONDITIONS, resume=True) as journal:
            assert (journal.find("ada", "d1") is not None) == (length >= ends[1])
            assert (journal.find("ben", "d2") is not None) == (length >= ends[2])
            journal.keep(BEN)
        with open_journal(path, CONDITIONS, resume=True) as journal:
            assert journal.find("ben", "d2") == BEN


@pytest.mark.parametrize("points", ["NaN", "Infinity", "-1", "1000", "1" + "0" * 400, '"1"'])
def test_points_that_cannot_be_are_damage(points: str, path: Path) -> None:
    head, line, *rest = path.read_bytes().split(b"\n")
    edited = re.sub(rb'"points": [\d.]+', f'"points": {points}'.encode(), line)
    assert edited != line
    path.write_bytes(b"\n".join([head, edited, *rest]))
    with (
        pytest.raises(JournalError, match="damaged: line 2"),
        open_journal(path, CONDITIONS, True),
    ):
        pass


DEEP = b"[" * 100_000


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b"3", b'{"digest": "d"}', b"\xff", b"null", b'"finished"', DEEP]
)
def test_a_damaged_line_is_named(line: bytes, path: Path) -> None:
    head, _, *rest = path.read_bytes().split(b"\n")
    path.write_bytes(damaged := b"\n".join([head, line, *rest]))
    with (
        pytest.raises(JournalError, match="damaged: line 2"),
        open_journal(path, CONDITIONS, True),
    ):
        pass
    assert path.read_bytes() == damaged


@pytest.mark.parametrize(
    "content", [b"", b"student,total\n", b"{}\n", b'{"format": 1}\n', b"[]\n", b"\x00\n", b"3"]
)
def test_what_is_no_journal_is_refused_and_stays(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "grades.journal"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="no journal"), open_journal(path, CONDITIONS, True):
        pass
    assert path.read_bytes() == content
    with open_journal(path, CONDITIONS) as journal:
        assert journal.kept is not None
        assert journal.kept.read_bytes() == content
        assert journal.unfinished is None


def test_a_finished_run_is_told_from_one_that_is_not(path: Path) -> None:
    with open_journal(path, CONDITIONS) as journal:
        assert journal.unfinished == 2
        journal.keep(ADA)
        journal.finish()
    with open_journal(path, CONDITIONS) as journal:
        assert journal.unfinished == 0


def test_what_a_run_wrote_and_what_a_person_gave_is_known_to_the_next(path: Path) -> None:
    given = {("ada\udcff", "pack"): GivenMark(1.5, "Well.", "abc")}
    with open_journal(path, CONDITIONS) as journal:
        assert (journal.manual, journal.to_mark, dict(journal.given)) == ("", "", {})
        journal.finish(Path("marks.csv"), Path("new.csv"), given)
    with open_journal(path, ANY_SEED, resume=True) as journal:
        assert (journal.manual, journal.to_mark) == ("marks.csv", "new.csv")
        assert journal.given == given


@pytest.mark.parametrize(
    "given", [[["ada", "pack", 1.0, ""]], [["ada"]], 7, [["a", "b", "x", "", ""]]]
)
def test_a_last_line_that_is_damaged_is_told(path: Path, given: object) -> None:
    with open_journal(path, CONDITIONS) as journal:
        journal.finish()
    line = {"finished": True, "manual": "", "to_mark": "", "given": given}
    path.write_text(path.read_text() + json.dumps(line) + "\n")
    with (
        pytest.raises(JournalError, match="damaged: line 3"),
        open_journal(path, ANY_SEED, resume=True),
    ):
        pass


def test_one_run_at_a_time(path: Path) -> None:
    with open_journal(path, CONDITIONS, resume=True):
        for resume in (True, False):
            with (
                pytest.raises(JournalError, match="another run"),
                open_journal(path, CONDITIONS, resume),
            ):
                pass
    with (
        open_journal(path, CONDITIONS),
        pytest.raises(JournalError, match="another run"),
        open_journal(path, CONDITIONS),
    ):
        pass
    assert len(list(path.parent.iterdir())) == 2


def test_a_full_disk_leaves_whole_lines(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write

    def write_half(descriptor: int, data: bytes) -> int:
        if len(data) < 20:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: len(data) // 2])

    before = path.read_bytes()
    with open_journal(path, CONDITIONS, resume=True) as journal, monkeypatch.context() as patch:
        patch.setattr(os, "write", write_half)
        with pytest.raises(JournalError, match="No space left on device"):
            journal.keep(Entry("d3", "uid", ADA.result))
    assert path.read_bytes() == before


def test_a_folder_in_its_place_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(GradebookError, match="is a folder"), open_journal(tmp_path, CONDITIONS):
        pass


def test_machines_of_a_cluster_may_isolate_answers_in_another_way(tmp_path: Path) -> None:
    path = tmp_path / "grades.journal"
    cluster = Conditions("0.2.0", "c0de", "3.11.7", "2.4.6", 7, (), 10, None)
    for first, then in ((cluster, CONDITIONS), (CONDITIONS, cluster)):
        with open_journal(path, first):
            pass
        with open_journal(path, then, resume=True) as journal:
            assert journal.seed == 7
    limits = Conditions("0.2.0", "c0de", "3.11.7", "2.4.6", 7, (), 10, "limits")
    with (
        pytest.raises(JournalError, match="the isolation was bubblewrap"),
        open_journal(path, limits, resume=True),
    ):
        pass
