"""Every exercise of the catalogue, and how answers are checked."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking import mark

seeds = st.integers(0, 2**32 - 1)
every_exercise = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))


def slow_central(f: Any, x: Any, h: float) -> Any:
    x = np.array(x, dtype=float)
    slopes = [(f(value + h) - f(value - h)) / (2 * h) for value in x.ravel()]
    return np.array(slopes).reshape(x.shape)


# Right answers written in other ways than the reference.
ALTERNATIVES: dict[str, list[Callable[..., Any]]] = {
    "double": [
        lambda x: x + x,
        lambda x: 4 * np.asarray(x) / 2,
        lambda x: np.multiply(x, 2.0),
        lambda x: [2 * v for v in x] if np.ndim(x) else 2 * x,
    ],
    "forward_difference": [
        lambda f, x, h: (f(np.float64(x) + h) - f(np.float64(x))) / h,
        lambda f, x, h: f(np.float64(x) + h) / h - f(np.float64(x)) / h,
        lambda f, x, h: -(f(1.0 * np.float64(x)) - f(np.float64(x) + h)) * (1 / h),
    ],
    "central_difference": [
        slow_central,
        lambda f, x, h: (f(np.float64(x) + h) - f(np.float64(x) - h)) / h / 2,
        lambda f, x, h: (
            (
                gradlab_free_forward(f, np.float64(x), h)
                + gradlab_free_forward(f, np.float64(x), -h)
            )
            / 2
        ),
    ],
}


def gradlab_free_forward(f: Any, x: Any, h: float) -> Any:
    return (f(x + h) - f(x)) / h


@every_exercise
@settings(max_examples=25)
@given(seed=seeds)
def test_the_reference_gets_full_marks(exercise: Exercise, seed: int) -> None:
    assert mark(exercise, exercise.reference, seed).points == exercise.points


@every_exercise
@settings(max_examples=10)
@given(seed=seeds)
def test_other_right_ways_get_full_marks(exercise: Exercise, seed: int) -> None:
    for answer in ALTERNATIVES[exercise.name]:
        marking = mark(exercise, answer, seed)
        assert marking.points == exercise.points, marking


@every_exercise
@settings(max_examples=10)
@given(seed=seeds)
def test_each_misconception_gets_its_own_hint_and_not_full_marks(
    exercise: Exercise, seed: int
) -> None:
    assert len(exercise.misconceptions) >= 3
    for misconception in exercise.misconceptions:
        marking = mark(exercise, misconception.wrong, seed)
        assert marking.points < exercise.points
        assert marking.hints == (misconception.hint,)


@every_exercise
@settings(max_examples=10)
@given(seed=seeds, constant=st.sampled_from([0.0, 1.0, 7.0, -1.0, True]))
def test_a_constant_answer_earns_nothing(exercise: Exercise, seed: int, constant: float) -> None:
    def scalar(*arguments: Any) -> Any:
        return constant

    def same_shape(*arguments: Any) -> Any:
        return np.full(np.shape(exercise.reference(*arguments)), constant)

    assert mark(exercise, scalar, seed).points == 0
    assert mark(exercise, same_shape, seed).points == 0


@every_exercise
def test_the_stub_scores_zero_and_reads_not_attempted(exercise: Exercise) -> None:
    def stub(*arguments: Any) -> Any:
        raise NotImplementedError

    result = gradlab.check(exercise.name, stub)
    assert (result.passed, result.points, result.max_points) == (False, 0.0, exercise.points)
    assert "not attempted yet" in str(result)
    assert "not attempted yet" in result._repr_html_()
    assert result.grade() == 0.0


@every_exercise
def test_hints_lead_to_the_solution(exercise: Exercise) -> None:
    total = len(exercise.hints)
    assert total >= 2
    for number in range(1, total):
        assert f'hint("{exercise.name}", {number + 1})' in str(gradlab.hint(exercise.name, number))
    assert f"you asked for {total + 1}" in str(gradlab.hint(exercise.name, total + 1))
    published: dict[str, Any] = {"np": np}
    exec(str(gradlab.solution(exercise.name)), published)
    result = gradlab.check(exercise.name, published[exercise.name])
    assert result.passed
    assert result.grade() == exercise.points
    assert type(result.grade()) is float


@every_exercise
def test_the_solution_cell_has_the_markers_around_the_body_alone(exercise: Exercise) -> None:
    cell = exercise.solution_cell()
    head, _, rest = cell.partition("    ### BEGIN SOLUTION\n")
    assert head.startswith(f"def {exercise.name}(")
    assert '"""' in head
    assert rest.endswith("    ### END SOLUTION")
    namespace: dict[str, Any] = {"np": np}
    exec(cell, namespace)
    assert mark(exercise, namespace[exercise.name]).points == exercise.points


def test_gradlabs_own_function_is_refused_however_it_is_reached() -> None:
    from gradlab import central_difference as borrowed

    def through_the_module(f: Any, x: Any, h: float) -> Any:
        return gradlab.central_difference(f, x, h)

    def through_an_alias(f: Any, x: Any, h: float) -> Any:
        return borrowed(f, x, h)

    def inside(f: Any, x: Any, h: float) -> Any:
        return [gradlab.central_difference(f, v, h) for v in x]

    copied = gradlab.central_difference
    for answer in [gradlab.central_difference, copied, through_the_module, inside]:
        result = gradlab.check("central_difference", answer)
        assert result.points == 0
        assert "Write this yourself" in str(result)
    through_global = eval("lambda f, x, h: borrowed(f, x, h)", {"borrowed": borrowed})
    assert "Write this yourself" in str(gradlab.check("central_difference", through_global))
    assert "Write this yourself" in str(gradlab.check("central_difference", through_an_alias))


class Hostile:
    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no array of me")

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        raise RuntimeError("no text of me")


def endless(x: Any) -> Any:
    return endless(x)


def leave(x: Any) -> Any:
    raise SystemExit("goodbye")


def interrupted(x: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "no function double in this notebook"),
        (3, "double is of type int; a function is needed"),
        (lambda: 1, "cannot be called with (x)"),
        (lambda x, y: 1, "cannot be called with (x)"),
        (lambda x: None, "nothing"),
        (lambda x: "6", "returned a str; numbers are needed"),
        (lambda x: Hostile(), "returned a Hostile; numbers are needed"),
        (lambda x: [[1], [2, 3]], "returned a list; numbers are needed"),
        (lambda x: {1, 2}, "returned a set; numbers are needed"),
        (lambda x: [2 * x], "shape (1,); shape () is needed"),
        (lambda x: np.nan * x, "not finite"),
        (lambda x: 2 * x + 1j, "is right"),
        (lambda x: 1 / 0, "raised ZeroDivisionError: division by zero, in the line"),
        (lambda x: undefined_name, "raised NameError"),  # type: ignore[name-defined] # noqa: F821
        (lambda x: 6 * x, "Every value is 3 times the right one"),
        (lambda x: 2 * x + 1, "off by the same amount, 1"),
        (endless, "raised RecursionError"),
        (leave, "raised SystemExit: goodbye"),
        (interrupted, "was stopped before it returned"),
        (np.sin, "wrong"),
    ],
)
def test_whatever_an_answer_does_check_says_what_and_does_not_raise(
    answer: Any, words: str
) -> None:
    result = gradlab.check("double", answer)
    assert not result.passed
    assert result.points == 0
    assert result.hints
    assert words in str(result)
    assert result._repr_html_().startswith("<div>")


def test_an_argument_changed_in_place_is_noticed() -> None:
    def in_place(x: Any) -> Any:
        x *= 2
        return x

    result = gradlab.check("double", in_place)
    assert "changed its argument in place" in str(result)
    assert not result.passed


def test_what_an_answer_prints_is_shown_and_nothing_reaches_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def noisy(x: Any) -> Any:
        import sys
        import warnings

        print("<b>here</b>", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        return 2 * x

    result = gradlab.check("double", noisy)
    assert result.passed
    assert result.printed.splitlines()[0] == "<b>here</b>"
    assert "&lt;b&gt;here&lt;/b&gt;" in result._repr_html_()
    assert "<b>here" not in result._repr_html_()
    captured = capsys.readouterr()
    assert captured.err == captured.out == ""


def test_an_unknown_name_lists_the_exercises() -> None:
    for text in (
        gradlab.check("duoble"),
        gradlab.check(gradlab),  # type: ignore[arg-type]
        gradlab.hint("duoble"),
        gradlab.solution("duoble"),
    ):
        assert "There are: double, forward_difference" in str(text)


def test_check_finds_the_function_of_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    import __main__

    monkeypatch.setattr(__main__, "double", lambda x: 2 * x, raising=False)
    assert gradlab.check("double").passed
