"""The command ``gradlab``. What a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from gradlab.support.errors import GradlabError

if TYPE_CHECKING:
    from gradlab.course.folder import Lesson

    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : list of str, optional
        The arguments; those of the process if left out.

    Returns
    -------
    int
        The exit code: 0 if all is well, 1 if something is wrong. Wrong usage exits with 2.
    """
    parser = _make_parser()
    typed = sys.argv[1:] if argv is None else argv
    arguments = parser.parse_args(typed, argparse.Namespace(typed=typed))
    if arguments.run is None:
        parser.print_help()
        return 2
    try:
        code: int = arguments.run(arguments)
    except KeyboardInterrupt:
        return 130
    return code


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gradlab", description="A Jupyter course on gradient checking."
    )
    parser.add_argument(
        "--version", action="version", version=f"gradlab {version('gradlab-course')}"
    )
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(metavar="COMMAND")
    for add in (_add_start, _add_grade, _add_nbgrader, _add_doctor, _add_exercise):
        add(commands)
    return parser


# gradlab start


def _add_start(commands: _Commands) -> None:
    start = commands.add_parser(
        "start",
        help="copy the lessons and open them in JupyterLab",
        description="Copy the lessons to a folder of yours, where what you changed is never "
        "overwritten, and open them in JupyterLab.",
    )
    start.add_argument(
        "folder",
        nargs="?",
        default="my-course",
        type=Path,
        metavar="DIR",
        help="your folder (default: %(default)s)",
    )
    start.add_argument(
        "--no-browser", action="store_true", help="print the address, and open no browser"
    )
    start.add_argument(
        "--reset", metavar="NN", help="begin lesson NN afresh; your old file is kept beside it"
    )
    start.add_argument(
        "--port",
        type=_parse_port,
        default=8888,
        metavar="N",
        help="default: %(default)s, or a free one",
    )
    start.set_defaults(run=_run_start)


def _run_start(arguments: argparse.Namespace) -> int:
    from gradlab.course.folder import open_course
    from gradlab.course.lab import run_lab

    folder: Path = arguments.folder
    if str(folder).isdigit() and len(str(folder)) <= 2 and not folder.exists():
        print(
            f"gradlab start: {folder} is the number of a lesson, but a folder is needed. To begin "
            f"the lesson anew: gradlab start --reset {folder}",
            file=sys.stderr,
        )
        return 1
    try:
        lessons = open_course(folder, reset=arguments.reset)
        print("\n".join(_describe_lessons(folder, lessons)), flush=True)
        run_lab(folder, lessons[0].name, arguments.port, browser=not arguments.no_browser)
    except (GradlabError, OSError) as error:
        print(f"gradlab start: {error}", file=sys.stderr)
        return 1
    return 0


def _describe_lessons(folder: Path, lessons: list[Lesson]) -> list[str]:
    copied = sum(lesson.outcome == "copied" for lesson in lessons)
    sentences = [f"Your course is in {folder.resolve()}."]
    if copied:
        sentences.append(f"Copied {copied} of {len(lessons)} lessons.")
    for lesson in lessons:
        name, beside = lesson.name, lesson.beside
        if lesson.outcome == "replaced":
            sentences.append(f"{name}: replaced by a newer version; you had not changed it.")
        if lesson.outcome == "reset":
            sentences.append(f"{name}: fresh again; what you had is in {beside}.")
        if lesson.outcome == "kept":
            newer = f" There is a newer version of the lesson: {beside}." if beside else ""
            sentences.append(f"{name}: kept as you changed it.{newer}")
    return sentences


def _parse_port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 2**16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 0 to 65535")


# gradlab grade


def _add_grade(commands: _Commands) -> None:
    grade = commands.add_parser(
        "grade",
        help="grade what learners handed in",
        description="Grade the exercises in what learners handed in: a folder with a folder for "
        "each learner, nbgrader's submitted/, notebooks called LEARNER_*.ipynb, or a .zip as "
        "Moodle, Canvas and other systems export it, or several of these. Where it is not clear "
        "whose a notebook is, nothing is graded, and you are told what was seen. Answers run in a "
        "sandbox; nothing of yours is overwritten.",
    )
    grade.add_argument(
        "submissions", type=Path, nargs="+", metavar="SUBMISSIONS", help="folders or .zip files"
    )
    _add_what_counts(grade.add_argument_group("whose, and what counts"))
    _add_what_is_written(grade.add_argument_group("what is written"))
    _add_by_hand(grade.add_argument_group("points by hand"))
    _add_back_into_the_lms(grade.add_argument_group("back into Moodle or Canvas"))
    _add_how_it_runs(grade.add_argument_group("how it runs"))
    grade.set_defaults(run=_run_grade)


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


def _run_grade(arguments: argparse.Namespace) -> int:
    if sys.platform == "win32":
        print(
            "gradlab grade: answers cannot be run safely on Windows. Use WSL, the Linux of "
            "Windows: wsl --install, then set the course up there.",
            file=sys.stderr,
        )
        return 1
    from gradlab.grading.command import run_grading
    from gradlab.grading.request import Request

    options = {name: value for name, value in vars(arguments).items() if name != "run"}
    options["lessons"] = tuple(sorted(set(arguments.lessons)))
    return run_grading(Request(**options))


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


# gradlab nbgrader


def _add_nbgrader(commands: _Commands) -> None:
    nbgrader = commands.add_parser(
        "nbgrader",
        help="lay out a course folder for nbgrader",
        description="Lay out a folder in which nbgrader can be used at once, with each lesson as "
        "an assignment. What is there already is left as it is. It needs a clone of the "
        "repository: the solved lessons are not in the installed package.",
    )
    nbgrader.add_argument("folder", type=Path, metavar="DIR", help="the course folder")
    nbgrader.set_defaults(run=_run_nbgrader)


def _run_nbgrader(arguments: argparse.Namespace) -> int:
    from gradlab.grading.nbgrader_course import lay_out

    try:
        print("\n".join(lay_out(arguments.folder)))
    except GradlabError as error:
        print(f"gradlab nbgrader: {error}", file=sys.stderr)
        return 1
    return 0


# gradlab doctor


def _add_doctor(commands: _Commands) -> None:
    doctor = commands.add_parser("doctor", help="check that everything the course needs is there")
    doctor.set_defaults(run=_run_doctor)


def _run_doctor(_: argparse.Namespace) -> int:
    from gradlab.course.doctor import as_text, examine

    checks = examine()
    print(as_text(checks))
    return 0 if all(check.ok for check in checks) else 1


# gradlab exercise


def _add_exercise(commands: _Commands) -> None:
    exercise = commands.add_parser(
        "exercise",
        help="write an exercise: lay out its file, and see what its hints say",
        description="For authors; docs/writing_exercises.md says how an exercise is written.",
    )
    steps = exercise.add_subparsers(metavar="STEP", required=True)
    new = steps.add_parser(
        "new",
        help="lay out the file of an exercise",
        description="Write the file of an exercise, one that works, and print its two cells. It "
        "needs a clone of the repository. Nothing is overwritten.",
    )
    new.add_argument("lesson", type=_parse_number, metavar="LESSON", help="its number")
    new.add_argument("name", metavar="NAME", help="the function that the learner writes")
    new.set_defaults(run=_run_exercise_new)
    rehearse = steps.add_parser(
        "try",
        help="mark the answers in its file, and list what to mend",
        description="Mark the answers in the file of an exercise, right and wrong, on ten seeds, "
        "and print what a learner reads. The exit code is 1 if anything has to be mended.",
    )
    rehearse.add_argument("name", metavar="NAME", help="the exercise")
    rehearse.set_defaults(run=_run_exercise_try)


def _parse_number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 2:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not the number of a lesson")


def _run_exercise_new(arguments: argparse.Namespace) -> int:
    try:
        from gradlab.exercises.authoring import lay_out

        print(lay_out(arguments.lesson, arguments.name))
    except (GradlabError, OSError) as error:
        print(f"gradlab exercise new: {error}", file=sys.stderr)
        return 1
    return 0


def _run_exercise_try(arguments: argparse.Namespace) -> int:
    try:
        from gradlab.exercises.rehearsal import try_answers

        text, ok = try_answers(arguments.name)
    except GradlabError as error:
        print(f"gradlab exercise try: {error}", file=sys.stderr)
        return 1
    print(text)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
