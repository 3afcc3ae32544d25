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
    from gradlab.grading.options import add_options

    grade = commands.add_parser(
        "grade",
        help="grade what learners handed in",
        description="Grade the exercises in what learners handed in: a folder with a folder for "
        "each learner, nbgrader's submitted/, notebooks called LEARNER_*.ipynb, or a .zip as "
        "Moodle, Canvas and other systems export it, or several of these. Where it is not clear "
        "whose a notebook is, nothing is graded, and you are told what was seen. Answers run in a "
        "sandbox; nothing of yours is overwritten.",
    )
    add_options(grade)
    grade.set_defaults(run=_run_grade)


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
        from gradlab.exercises.authoring.new_exercise import lay_out

        print(lay_out(arguments.lesson, arguments.name))
    except (GradlabError, OSError) as error:
        print(f"gradlab exercise new: {error}", file=sys.stderr)
        return 1
    return 0


def _run_exercise_try(arguments: argparse.Namespace) -> int:
    try:
        from gradlab.exercises.authoring.rehearsal import try_answers

        text, ok = try_answers(arguments.name)
    except GradlabError as error:
        print(f"gradlab exercise try: {error}", file=sys.stderr)
        return 1
    print(text)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
