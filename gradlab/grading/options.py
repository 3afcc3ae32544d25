"""The options of ``gradlab grade``. Each command reads this: what it needs is imported late."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what `gradlab grade` takes.

    Parameters
    ----------
    parser : ArgumentParser
        That of the command.
    """
    parser.add_argument(
        "submissions", type=Path, nargs="+", metavar="SUBMISSIONS", help="folders or .zip files"
    )
    _add_what_counts(parser.add_argument_group("whose, and what counts"))
    _add_what_is_written(parser.add_argument_group("what is written"))
    _add_by_hand(parser.add_argument_group("points by hand"))
    _add_back_into_the_lms(parser.add_argument_group("back into Moodle or Canvas"))
    _add_how_it_runs(parser.add_argument_group("how it runs"))


def _add_what_counts(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--lesson",
        type=_parse_lesson,
        action="append",
        dest="lessons",
        default=[],
        metavar="NN",
        help="only this lesson counts; may be given several times (default: all lessons)",
    )
    group.add_argument(
        "--roster",
        type=Path,
        metavar="FILE",
        help="the list of your class, as CSV or with a name in each line: whoever handed in "
        "nothing gets a row too",
    )
    group.add_argument(
        "--layout",
        type=_parse_layout,
        metavar="NAMES",
        help="where the learner's name stands, if that is not clear: '*/LEARNER' for learners' "
        "folders inside other folders, 'LESSON_LEARNER' for file names; * is any name",
    )


def _add_what_is_written(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("grades.csv"),
        metavar="FILE",
        help="the grades; the summary goes beside it (default: %(default)s)",
    )
    group.add_argument(
        "--feedback",
        type=Path,
        metavar="DIR",
        help="write a page for each learner, and a zip of them for Moodle or Canvas",
    )
    group.add_argument(
        "--class-page",
        type=Path,
        metavar="FILE.html",
        help="write a page on what the class did and what is worth talking about; it names nobody",
    )
    group.add_argument(
        "--answers",
        type=Path,
        metavar="DIR",
        help="write all answers as files for a similarity tool, into a new folder or that of an "
        "earlier run",
    )
    group.add_argument("--json", type=Path, metavar="FILE", help="write all results as JSON")


def _add_by_hand(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--manual",
        type=Path,
        metavar="FILE",
        help="your points for any exercise: CSV with student, exercise, points, comment. If there "
        "is no such file yet, it is written, with a row for each answer that needs you",
    )
    group.add_argument(
        "--written",
        type=Path,
        metavar="FILE.html",
        help="write a page with everyone's answers in words, and the rubric",
    )
    group.add_argument(
        "--anonymous",
        action="store_true",
        help="with --written or --manual: codes in place of the names of those who wrote the "
        "answers",
    )


def _add_back_into_the_lms(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--gradebook",
        type=Path,
        metavar="FILE",
        help="fill in a copy of this CSV file, which Moodle or Canvas exported, beside the "
        "grades; without --roster, it is the list of your class too",
    )
    group.add_argument(
        "--column",
        metavar="NAME",
        help="the column of the gradebook that gets the points, by its name or a part of it; "
        "needed where the name does not say which lesson it is",
    )


def _add_how_it_runs(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--seed",
        type=_parse_seed,
        metavar="N",
        help="draw the cases from N; the same N gives the same grades (default: random)",
    )
    group.add_argument(
        "--jobs",
        type=_parse_positive,
        metavar="N",
        help="grade this many learners at a time (default: as many as there are cores)",
    )
    group.add_argument(
        "--timeout",
        type=_parse_positive,
        default=10,
        metavar="S",
        help="seconds of computing time for each answer; by the clock it may take four times as "
        "long. After six answers of a learner that ran out of time, the others are not run "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--dask", metavar="ADDRESS", help="grade on the workers of this Dask scheduler"
    )
    group.add_argument(
        "--without-isolation",
        action="store_true",
        help="as root, grade even where answers could do anything that root can",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="continue a run that was stopped, or regrade whoever has handed in something else "
        "since; needs the journal beside the output, whose seed is used",
    )


def _parse_lesson(text: str) -> int:
    from gradlab.exercises.catalogue import ALL_EXERCISES

    lessons = sorted({exercise.lesson for exercise in ALL_EXERCISES.values()})
    if text.isascii() and text.isdigit() and int(text) in lessons:
        return int(text)
    raise argparse.ArgumentTypeError(
        f"there is no lesson {text!r} with exercises; give a number from {lessons[0]} to "
        f"{lessons[-1]}"
    )


def _parse_layout(text: str) -> str:
    from gradlab.grading.intake.pattern import PatternError, compile_layout

    try:
        compile_layout(text)
    except PatternError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _parse_seed(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 2**32:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no seed; give a whole number below 2^32")


def _parse_positive(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 10**6:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 999999")
