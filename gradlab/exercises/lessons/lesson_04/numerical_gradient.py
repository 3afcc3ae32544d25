"""The exercise ``numerical_gradient`` of lesson 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_04.common import (
    Loss,
    draw_loss,
    list_failed,
    make_loss,
    make_told,
)
from gradlab.exercises.lessons.lesson_04.steps import list_gradient_steps


def numerical_gradient(loss, theta, h):
    """Return the central difference of loss in each entry of theta, with the others held.

    theta is a 1-D array of float64 or integers and keeps its values to the last bit; loss takes
    a float64 array of the same shape and returns a number; h > 0 is the step. The result is a
    float64 array of the shape of theta.
    """
    theta = np.array(theta, dtype=np.float64)  # a copy: the caller's theta stays as it is
    gradient = np.zeros_like(theta)
    for i in range(theta.size):
        kept = theta[i]
        theta[i] = kept + h
        above = loss(theta)
        theta[i] = kept - h
        below = loss(theta)
        theta[i] = kept  # put back, not computed back: x + h - h need not be x
        gradient[i] = (above - below) / (2 * h)
    return gradient


Gradient = Callable[[Loss, Any, float], Any]


def _gradient_cases(rng: np.random.Generator) -> Cases:
    """Four groups; every theta comes with two steps.

    In the first three, theta + h - h is theta again: integers, or decimals whose steps stay
    between 1 and 2. In the last, h is much larger than theta, so that restoring by arithmetic
    loses theta's last bits. None of the decimals is a number of float32.
    """

    def cases(steps: Any, *thetas: Any, coupled: bool = True) -> list[tuple[Any, ...]]:
        two = rng.permutation(steps)[:2].tolist()
        losses = [draw_loss(rng, theta.size, coupled) for theta in thetas]
        return [(f, theta, h) for f, theta in zip(losses, thetas, strict=True) for h in two]

    def draw_decimals(size: int) -> Any:
        return rng.choice([1.3, 1.4, 1.6, 1.7], size) * rng.choice([-1, 1], size)

    def draw_small(size: int) -> Any:
        return rng.integers(11, 50, size) * rng.choice([-1, 1], size) / 1000

    def draw_integers(size: int) -> Any:
        return rng.permutation([2, *rng.choice([-1, 1, 2], size - 1)])

    exact = (0.125, 0.25)
    cubes = make_loss("lambda x: x[0] ** 3 + x[1] ** 3", 2)
    by_hand = [(cubes, np.array([1.0, 2.0]), h) for h in (1.0, 2.0)]
    separate = cases(exact, draw_decimals(3), draw_decimals(4), coupled=False)
    return {
        "separate terms": by_hand + separate,
        "terms that couple entries": cases(exact, draw_decimals(2), draw_decimals(5)),
        "integers": cases(exact, draw_integers(3), draw_integers(4)),
        "theta kept to the last bit": cases((0.1, 0.2, 0.3), draw_small(4), draw_small(5)),
    }


def _take_each(quotient: Callable[[Callable[[float], float], float], float]) -> Gradient:
    """Return a gradient by another quotient of f(step), the loss with one entry moved, and h."""

    def gradient(loss: Loss, theta: Any, h: float) -> Any:
        def along(i: int) -> Callable[[float], float]:
            return lambda step: loss(theta + step * np.eye(theta.size)[i])

        return np.array([quotient(along(i), h) for i in range(theta.size)])

    return gradient


def _scale_steps(scale: Callable[[float], float]) -> Gradient:
    """Return a gradient whose step for an entry of theta is h * scale(entry)."""

    def gradient(loss: Loss, theta: Any, h: float) -> Any:
        return np.diag([numerical_gradient(loss, theta, h * scale(entry)) for entry in theta])

    return gradient


def _move_all(loss: Loss, theta: Any, h: float) -> float:
    return (loss(theta + h) - loss(theta - h)) / (2 * h)


def _make_in_place(steps_back: int) -> Gradient:
    """Return a gradient that moves theta itself, then adds so many steps h to go back.

    One step is right but for rounding, none is wrong. The result is float in any case.
    """

    def gradient(loss: Loss, theta: Any, h: float) -> Any:
        slopes = np.zeros(theta.size)
        for i in range(theta.size):
            theta[i] += h
            above = loss(theta)
            theta[i] -= 2 * h
            slopes[i] = (above - loss(theta)) / (2 * h)
            theta[i] += steps_back * h
        return slopes

    return gradient


_never_put_back, _put_back_by_arithmetic = _make_in_place(0), _make_in_place(1)


def _make_by_copies(new: bool, kind: Any = None) -> Gradient:
    """Return a gradient from two copies, of another type or not, which are new for each entry."""

    def gradient(loss: Loss, theta: Any, h: float) -> Any:
        slopes = np.zeros(theta.size)
        for i in range(theta.size):
            if new or i == 0:
                above, below = np.array(theta, dtype=kind), np.array(theta, dtype=kind)
            above[i] += h
            below[i] -= h
            slopes[i] = (loss(above) - loss(below)) / (2 * h)
        return slopes

    return gradient


_copy_in_its_type = _make_by_copies(new=True)


def _choose(integers: Gradient, floats: Gradient) -> Gradient:
    """Return one gradient where theta holds integers and another where it holds floats."""

    def gradient(loss: Loss, theta: Any, h: float) -> Any:
        return (integers if theta.dtype.kind == "i" else floats)(loss, theta, h)

    return gradient


def _fill_like_theta(gradient: Gradient) -> Gradient:
    """Wrap a gradient that fills an array made like theta, and so keeps the type of theta."""
    return lambda loss, theta, h: gradient(loss, theta, h).astype(theta.dtype)


def _is_one_number(trials: list[Trial]) -> bool:
    return all(isinstance(t.got, np.ndarray) and t.got.ndim == 0 for t in list_failed(trials))


def _is_cut(trials: list[Trial]) -> bool:
    """Whether theta holds integers and so do the results, or NumPy refused to make them."""
    return all(
        trial.arguments[1].dtype.kind == "i"
        and ("Cannot cast" in trial.detail or _holds_integers(trial.got))
        for trial in list_failed(trials)
    )


def _holds_integers(value: Any) -> bool:
    """Whether a value is an array of type integer, with entries that are not all the same."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "i" and len(np.unique(value)) > 1


def _ignores_h(trials: list[Trial]) -> bool:
    """Whether trials that differ in h alone gave the same value."""
    values = [trial.got for trial in trials]
    if any(value is None for value in values):
        return False
    return all(np.array_equal(*pair) for pair in zip(values[::2], values[1::2], strict=True))


def _is_coarse(trials: list[Trial]) -> bool:
    """Whether slopes are nearly right, but no nearer than float32 brings them."""
    return all(
        trial.stage == "values"
        and np.linalg.norm(trial.got - trial.expected) < 1e-4 * np.linalg.norm(trial.expected)
        for trial in list_failed(trials)
    )


_TRUNCATED = (
    "Where theta holds integers, your numbers are cut to integers: copy, zeros_like and "
    "empty_like keep the type of theta. Convert theta to float64 first."
)


def _gradient_with_two_copies(loss: Any, theta: Any, h: float) -> Any:
    slopes = []
    for i in range(len(theta)):
        above, below = theta.astype(float), theta.astype(float)
        above[i] += h
        below[i] -= h
        slopes.append((loss(above) - loss(below)) / h / 2)
    return slopes


def _gradient_in_place(loss: Any, theta: Any, h: float) -> Any:
    """Move the entries of the caller's own theta where that can hold them, and put each back."""
    work = theta if theta.dtype == np.float64 else theta.astype(np.float64)
    out = np.empty(work.shape)
    for i, kept in enumerate(work.tolist()):
        work[i] = kept - h
        below = loss(work)
        work[i] = kept + h
        out[i] = 0.5 * (loss(work) - below) / h
        work[i] = kept
    return out


def _gradient_with_arithmetic_on_a_copy(loss: Any, theta: Any, h: float) -> Any:
    """Put entries back by arithmetic, which is near enough for the slopes of a copy."""
    work = 1.0 * theta
    gradient = np.zeros(work.size)
    for i in range(work.size):
        work[i] += h
        gradient[i] += loss(work)
        work[i] -= 2 * h
        gradient[i] -= loss(work)
        work[i] += h
    return gradient / (2 * h)


EXERCISE = Exercise(
    points=4,
    reference=numerical_gradient,
    cases=_gradient_cases,
    steps=list_gradient_steps,
    rtol=1e-9,  # nearer than float32 comes
    misconceptions=(
        Misconception(
            wrong=lambda loss, theta, h: np.zeros(theta.size),
            hint="Every entry is 0. Did you write “above = theta”? That is a second name for the "
            "same array, so moving one up and the other down cancels: use theta.copy().",
        ),
        Misconception(
            wrong=_take_each(lambda f, h: (f(h) - f(-h)) / h),
            hint="Twice the slope: from theta[i] - h to theta[i] + h the run is 2 h, not h.",
        ),
        *(
            Misconception(
                wrong=_take_each(one_sided),
                hint="This is a one-sided difference. The central one takes the loss on both "
                "sides, with theta[i] + h and with theta[i] - h, and the run is 2 h.",
            )
            for one_sided in (lambda f, h: (f(h) - f(0)) / h, lambda f, h: (f(0) - f(-h)) / h)
        ),
        *(
            Misconception(
                wrong=_take_each(moved_otherwise),
                hint="You move an entry by 1 or by h / 2, not by h. (The ones of np.eye have to "
                "be multiplied by h.) It goes up by h and down by h, and the run is 2 h.",
            )
            for moved_otherwise in (
                lambda f, h: (f(1) - f(-1)) / (2 * h),
                lambda f, h: (f(h / 2) - f(-h / 2)) / h,
                lambda f, h: (f(h / 2) - f(-h / 2)) / (2 * h),
            )
        ),
        Misconception(
            wrong=_take_each(lambda f, h: (f(h) - f(-h)) // (2 * h)),
            hint="“//” rounds down to a whole number: divide with “/”.",
        ),
        Misconception(
            wrong=_take_each(lambda f, h: (f(h) - f(0)) / (2 * h)),
            hint="Your second loss is taken at theta itself, where theta[i] - h belongs. After "
            "moving an entry up by h, it takes 2 h to get there.",
        ),
        Misconception(
            wrong=_take_each(lambda f, h: (f(h) - f(-h)) / 2 * h),
            hint="“/ 2 * h” divides by 2 and then multiplies by h: write / (2 * h).",
        ),
        Misconception(
            wrong=_take_each(lambda f, h: f(h) - f(-h) / (2 * h)),
            hint="Only the second loss is divided: put brackets around the difference.",
        ),
        Misconception(
            wrong=_take_each(lambda f, h: f(h) - f(-h)),
            hint="This is the rise alone. Divide it by the run, 2 h.",
        ),
        *(
            Misconception(
                wrong=_scale_steps(scale),
                hint="Your steps grow with |theta[i]|. Here the step is the h that you are given, "
                "for every entry.",
            )
            for scale in (abs, lambda entry: max(1.0, abs(entry)))
        ),
        Misconception(
            wrong=lambda loss, theta, h: np.full(theta.size, _move_all(loss, theta, h)),
            hint="theta + h moves every entry at once. Move one entry, hold the others, and do "
            "that for each entry.",
        ),
        Misconception(
            wrong=_move_all,
            hint="You return a single number. A gradient has one for each entry of theta: move "
            "entry i alone, and keep its slope as gradient[i].",
            shows=_is_one_number,
        ),
        # In integers, steps that are cut off look like steps that pile up.
        *(
            Misconception(
                wrong=_choose(integers=in_place, floats=numerical_gradient), hint=_TRUNCATED
            )
            for in_place in (
                _never_put_back,
                _put_back_by_arithmetic,
                lambda loss, theta, h: np.zeros(theta.size),
            )
        ),
        *(
            Misconception(
                wrong=cumulated,
                hint="The steps pile up: when you come to an entry, the ones before it are still "
                "moved. Put each entry back, or make fresh copies inside the loop.",
            )
            for cumulated in (
                _never_put_back,
                lambda loss, theta, h: _never_put_back(loss, 1.0 * theta, h),
                _make_by_copies(new=False, kind=float),
            )
        ),
        Misconception(
            wrong=_choose(integers=numerical_gradient, floats=_put_back_by_arithmetic),
            hint="The slopes are right, but theta comes back changed in its last bits: in floats, "
            "x + h - 2h + h need not be x. Keep the old value and put it back, or work on a copy.",
        ),
        Misconception(
            wrong=lambda loss, theta, h: (
                numerical_gradient(loss, theta, h) * (np.arange(theta.size) < theta.size - 1)
            ),
            hint="The last entry is missing: range(n) ends with n - 1 already.",
        ),
        Misconception(
            wrong=lambda loss, theta, h: (
                numerical_gradient(loss, theta, h) * (np.arange(theta.size) < 1)
            ),
            hint="Only the first entry is there. Does return stand inside the loop?",
        ),
        Misconception(wrong=_copy_in_its_type, hint=_TRUNCATED),
        Misconception(wrong=_fill_like_theta(_copy_in_its_type), hint=_TRUNCATED),
        Misconception(wrong=_fill_like_theta(numerical_gradient), hint=_TRUNCATED, shows=_is_cut),
        Misconception(
            wrong=lambda loss, theta, h: loss(theta[0] + h),
            hint="Hand loss one whole theta, with one entry moved: neither a single number nor "
            "several thetas at once.",
            shows=make_told("loss needs a theta of shape"),
        ),
        *(
            Misconception(
                wrong=coarse,
                hint="Your slopes are right in their first digits only, as they are in float32, "
                "which has seven. Keep theta, the losses and the slopes in float64, and round "
                "nothing.",
                shows=_is_coarse,
            )
            for coarse in (
                lambda loss, theta, h: np.float32(numerical_gradient(loss, theta, h)),
                lambda loss, theta, h: numerical_gradient(
                    lambda x: float(np.float32(loss(x))), theta, h
                ),
                lambda loss, theta, h: numerical_gradient(
                    lambda x: loss(np.float32(x)), np.float32(theta), h
                ),
            )
        ),
        Misconception(
            wrong=lambda loss, theta, h: numerical_gradient(loss, theta, 1e-5),
            hint="Your result is the same for two different steps: use the h that you are given.",
            shows=_ignores_h,
        ),
    ),
    hints=(
        "It is the central difference of lesson 1, once for every entry of theta, with all other "
        "entries held. How do you move one entry and leave the caller's theta alone?",
        "Start with theta = np.array(theta, dtype=np.float64): a copy, and no integers any more. "
        "Then loop over range(theta.size).",
        "In the loop keep old = theta[i]. Set theta[i] = old + h and take the loss, set "
        "theta[i] = old - h and take it again, then theta[i] = old. Divide by 2 * h.",
    ),
    also_right=(
        lambda loss, theta, h: np.array(
            [(loss(theta + e) - loss(theta - e)) / (2 * h) for e in h * np.eye(len(theta))]
        ),
        _gradient_with_two_copies,
        _gradient_in_place,
        _gradient_with_arithmetic_on_a_copy,
    ),
)
