"""What check does with an answer, whatever it is, and what it says of it."""

import functools
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.lessons.lesson_02.observed_order import _order_by_hand, _order_by_lstsq
from gradlab.exercises.lessons.lesson_02.taylor_polynomial import _horner_taylor
from gradlab.exercises.marking.mark import draw_cases
from gradlab.exercises.marking.values import show_value

seeds = st.integers(0, 2**32 - 1)


def borrow_by_module(f: Any, x: Any, h: float) -> Any:
    return gradlab.central_difference(f, x, h)


def borrow_by_import(f: Any, x: Any, h: float) -> Any:
    from gradlab.differences.formulas import central_difference as mine

    return mine(f, x, h)


def borrow_by_name(f: Any, x: Any, h: float) -> Any:
    return getattr(gradlab, "central" + "_difference")(f, x, h)


def borrow_by_default(f: Any, x: Any, h: float, c: Any = gradlab.central_difference) -> Any:
    return c(f, x, h)


def borrow_by_helper(f: Any, x: Any, h: float) -> Any:
    return [borrow_by_module(f, v, h) for v in np.ravel(x)]


class BorrowByCall:
    def __call__(self, f: Any, x: Any, h: float) -> Any:
        return borrow_by_module(f, x, h)


@pytest.mark.parametrize(
    "answer",
    [
        gradlab.central_difference,
        EXERCISES["central_difference"].reference,
        borrow_by_module,
        borrow_by_import,
        borrow_by_name,
        borrow_by_default,
        borrow_by_helper,
        BorrowByCall(),
        functools.partial(borrow_by_default, h=0.1),
    ],
)
@pytest.mark.filterwarnings("ignore:x is float32")
def test_gradlabs_own_function_is_refused_however_it_is_reached(answer: Any) -> None:
    result = gradlab.check("central_difference", answer)
    assert result.points == 0
    assert not result.passed
    if not isinstance(answer, functools.partial):  # that one cannot be called at all
        assert "Write this yourself" in str(result)


def test_what_may_be_used_may_be_used_first_thing() -> None:
    program = """
import gradlab
def richardson(f, x, h):
    D = gradlab.central_difference
    return (4 * D(f, x, h / 2) - D(f, x, h)) / 3
result = gradlab.check("richardson")
assert result.passed, result
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_watching_an_answer_leaves_the_profiler_as_it_was() -> None:
    before = sys.getprofile()
    gradlab.check("double", lambda x: 2 * x)
    assert sys.getprofile() is before


def test_points_are_the_share_of_groups_that_are_right() -> None:
    def numbers_only(f: Any, x: Any, h: float) -> Any:
        return (f(x + h) - f(x)) / h if np.ndim(x) == 0 and not isinstance(x, np.floating) else 0.0

    def rest_is_to_do(x: Any) -> Any:
        if np.ndim(x) == 0:
            return 2 * x
        raise NotImplementedError

    result = gradlab.check("forward_difference", numbers_only)
    assert [group.passed for group in result.groups] == [True, False, False, False]
    assert result.points == result.grade() == 1.0
    # Half of double is answered: that is an attempt.
    result = gradlab.check("double", rest_is_to_do)
    assert result.points == 0.5
    assert "One part still raises NotImplementedError" in str(result)


def test_every_check_runs_the_same_cases() -> None:
    seen: list[list[Any]] = [[], []]
    for inputs in seen:
        gradlab.check("double", inputs.append)
    assert str(seen[0]) == str(seen[1])


def test_a_stop_by_the_learner_stops_the_check_at_once() -> None:
    calls = []

    def hangs(x: Any) -> Any:
        calls.append(x)
        raise KeyboardInterrupt

    gradlab.check("double", hangs)
    assert len(calls) == 1


def test_richardson_may_use_the_central_difference_and_nothing_else() -> None:
    def combine(f: Any, x: Any, h: float) -> Any:
        return (
            4 * gradlab.central_difference(f, x, h / 2) - gradlab.central_difference(f, x, h)
        ) / 3

    def borrow(f: Any, x: Any, h: float) -> Any:
        return gradlab.five_point_difference(f, x, h / 2)

    assert gradlab.check("richardson", combine).passed
    refused = str(gradlab.check("richardson", borrow))
    assert "Write this yourself" in refused
    assert "you may use central_difference.)" in refused


@settings(max_examples=25)
@given(seed=seeds)
def test_half_of_the_yes_or_no_cases_of_each_group_are_yes(seed: int) -> None:
    for cases in draw_cases(EXERCISES["close_enough"], seed).values():
        answers = [bool(expected) for _, expected in cases]
        assert 2 * sum(answers) == len(answers)


class Hostile:
    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no array of me")

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        raise RuntimeError("no text of me")


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text of me")


class NoSignature:
    @property
    def __signature__(self) -> Any:
        raise RuntimeError("no signature of me")

    def __call__(self, x: Any) -> Any:
        return 2 * x


class Bottomless:
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        return Bottomless()


def raise_unprintable(x: Any) -> Any:
    raise UnprintableError


def close_the_output(x: Any) -> Any:
    sys.stdout.close()
    sys.stderr.close()
    return 3 * x


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
        (lambda x: "6", "returned a string; numbers are needed"),
        (lambda x: Hostile(), "returned a Hostile; numbers are needed"),
        (lambda x: [[1], [2, 3]], "returned a list; numbers are needed"),
        (lambda x: {1, 2}, "returned a set; numbers are needed"),
        (lambda x: [2 * x], "shape (1,); a single value is needed"),
        (lambda x: np.nan * x, "not finite"),
        (lambda x: 2 * x + 1j, "is right"),
        (lambda x: 1 / 0, "raised ZeroDivisionError: division by zero, in the line"),
        (lambda x: undefined_name, "raised NameError"),  # type: ignore[name-defined] # noqa: F821
        (lambda x: 6 * x, "Every value is 3 times the right one"),
        (lambda x: 2 * x + 1, "off by the same amount, 1"),
        (endless, "raised RecursionError"),
        (raise_unprintable, "raised an error that cannot be shown"),
        (close_the_output, "1.5 times the right one"),
        (NoSignature(), "could not be checked: it led to an error of type RuntimeError"),
        (lambda x: Bottomless(), "returned a Bottomless; numbers are needed"),
        (lambda x: (2 * v for v in x), "numbers are needed"),
        (leave, "raised SystemExit: goodbye"),
        (interrupted, "was stopped by you before it finished"),
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


def unhelpful(n: float, a: float, rtol: float, atol: float) -> float:
    return atol + rtol * max(abs(n), abs(a))


@pytest.mark.usefixtures("unwatched")
@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("close_enough", unhelpful, "You return a number. The answer is True or False"),
        ("close_enough", lambda n, a, rtol, atol: True, "returned True; False is right"),
        ("close_enough", lambda n, a, rtol, atol: 0, "returned False; True is right"),
        ("close_enough", lambda n, a, rtol, atol: True, "the same for every input"),
        (
            "close_enough",
            lambda n, a, rtol, atol: not EXERCISES["close_enough"].also_right[0](n, a, rtol, atol),
            "opposite of the right one",
        ),
        ("close_enough", lambda n, a, rtol, atol: abs(n - a) < atol + 1e12, "True where False is"),
        ("close_enough", lambda n, a, rtol, atol: n == a == 0, "False where True is"),
        ("predict_forward_error", lambda h: 0.001, "the same for every input"),
        ("predict_forward_error", lambda h: 3 * h, "Every value is 3 times the right one"),
        ("f", lambda x: x**2 + 3 * x + 1, "off by the same amount, 1"),
        ("f", lambda x: 0 * x + 10, "the same for every input"),
        ("observed_order", lambda h, e: np.polyfit(np.log(h), np.log(e), 1), "a single value"),
        ("observed_order", lambda h, e: -_order_by_lstsq(h, e), "wrong sign"),
        ("observed_order", lambda h, e: 1.01 * _order_by_lstsq(h, e), "within a tenth of"),
        (
            "taylor_polynomial",
            lambda derivatives, x0, x: np.sum(_horner_taylor(derivatives, x0, x)),
            "should it be one value for each entry",
        ),
        ("best_central_step", lambda f_scale, third_derivative: 1e-5, "the same for every input"),
    ],
)
def test_a_wrong_answer_that_nobody_foresaw_gets_words_that_help(
    name: str, answer: Any, words: str
) -> None:
    result = gradlab.check(name, answer)
    assert not result.passed
    assert words in str(result)


def test_truth_values_are_shown_as_such() -> None:
    assert show_value(np.array(True)) == "True"
    assert show_value(False) == "False"
    assert show_value(1) == "1"
    assert show_value(np.array([True, False])) == "[True, False]"


def test_what_an_error_says_is_cut_off() -> None:
    def fail(x: Any) -> Any:
        raise ValueError("z" * 10**6)

    assert len(str(gradlab.check("double", fail))) < 2000


def test_what_a_type_is_called_is_cut_off() -> None:
    named = type("n" * 10**6, (), {})
    assert len(str(gradlab.check("double", lambda x: named()))) < 2000


@pytest.mark.parametrize("number", [1.0, True])
def test_a_hint_has_a_whole_number(number: Any) -> None:
    assert str(gradlab.hint("double", number)) == str(gradlab.hint("double", 1))


def test_what_is_right_is_in_no_frame_of_a_call() -> None:
    def look_up(x: Any) -> Any:
        frame = sys._getframe().f_back
        while frame is not None:
            if "expected" in frame.f_locals or "drawn" in frame.f_locals:
                return 2 * x
            frame = frame.f_back
        return None

    assert gradlab.check("double", look_up).points == 0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda f, x, h: f, "returned a function; True or False is needed"),
        (lambda f, x, h: NoSignature, "returned a class; True or False is needed"),
    ],
)
def test_a_function_that_is_handed_back_is_called_one(answer: Any, words: str) -> None:
    assert words in str(gradlab.check("has_kink", answer))


def test_an_argument_changed_in_place_is_noticed() -> None:
    def in_place(x: Any) -> Any:
        x *= 2
        return x

    result = gradlab.check("double", in_place)
    assert "changed its argument in place" in str(result)
    assert not result.passed


@pytest.mark.parametrize(
    "spoil",
    [lambda values: values.reverse(), lambda values: values.clear(), lambda values: values.pop(0)],
)
@pytest.mark.usefixtures("unwatched")
def test_a_list_changed_in_place_is_noticed(spoil: Callable[[Any], Any]) -> None:
    def in_place(derivatives: Any, x0: Any, x: Any) -> Any:
        value = _horner_taylor(derivatives, x0, x)
        if isinstance(derivatives, list):
            spoil(derivatives)
        return value

    result = gradlab.check("taylor_polynomial", in_place)
    assert "changed its argument in place" in str(result)
    assert not result.passed


@pytest.mark.usefixtures("unwatched")
def test_a_list_that_holds_something_else_afterwards_is_no_error() -> None:
    def in_place(steps: Any, errors: Any) -> Any:
        slope = _order_by_hand(steps, errors)
        if isinstance(steps, list):
            steps[0] = "first"
        return slope

    assert "changed its argument in place" in str(gradlab.check("observed_order", in_place))


def test_one_misconception_that_accounts_for_every_failure_is_the_only_hint() -> None:
    def guarded_but_one_sided(n: float, a: float, rtol: float, atol: float) -> bool:
        return bool(np.isfinite([n, a]).all()) and abs(n - a) <= atol + rtol * abs(a)

    hints = gradlab.check("close_enough", guarded_but_one_sided).hints
    assert len(hints) == 1
    assert "against the analytic value alone" in hints[0]


def test_what_the_catalogue_prints_and_warns_is_not_the_learners() -> None:
    def negative(f_scale: float, third_derivative: float) -> float:
        return -1e-5 * f_scale

    assert gradlab.check("best_central_step", negative).printed == ""
    assert gradlab.check("double", lambda x: None if np.ndim(x) else 2 * x).printed == ""


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
        gradlab.hint([]),  # type: ignore[arg-type]
        gradlab.solution({}),  # type: ignore[arg-type]
        gradlab.check("duoble"),
        gradlab.check(gradlab),  # type: ignore[arg-type]
        gradlab.hint("duoble"),
        gradlab.solution("duoble"),
    ):
        assert f"There are: {', '.join(EXERCISES)}." in str(text)


def test_check_finds_the_function_of_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    import __main__

    monkeypatch.setattr(__main__, "double", lambda x: 2 * x, raising=False)
    assert gradlab.check("double").passed


def test_a_pattern_that_one_group_shows_and_another_does_not_is_no_hint() -> None:
    def varies(x: Any) -> Any:
        return 3 * x if np.ndim(x) == 0 else np.arange(np.size(x)).reshape(np.shape(x)) + 17.0

    hints = gradlab.check("double", varies).hints
    assert not any("3 times" in hint for hint in hints)
    assert "work it out by hand" in hints[0]


def test_a_complex_number_is_no_real_one_though_its_imaginary_part_be_0() -> None:
    result = gradlab.check("double", lambda x: 2 * x + 0j)
    assert result.points == 0
    assert "a real number is needed" in str(result)


@pytest.mark.parametrize("name", ["backward", "l2_backward"])
def test_parameters_handed_back_are_said_to_be_such(name: str) -> None:
    result = gradlab.check(name, lambda params, *others: params)
    assert result.points == 0
    assert "You return the parameters themselves" in str(result)


def test_observations_are_silent_where_all_is_nan() -> None:
    for name in ("softmax", "relative_difference", "observed_order"):
        hints = gradlab.check(name, lambda a, *others: np.nan * np.asarray(a)).hints
        assert not any("sums to 1" in hint or "symmetric" in hint for hint in hints)
