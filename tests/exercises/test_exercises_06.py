"""The exercises of lesson 6: what is particular to them."""

import itertools
import math
import random
import subprocess
import sys
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.lessons.lesson_06.common import (
    draw_dropout_case,
    draw_problem,
    find_l2_loss as l2_loss_by_hand,
    make_network,
)
from gradlab.exercises.lessons.lesson_06.has_kink import (
    _compare_gaps,
    _is_straight,
    _kink_by_two_comparisons as kink_by_two_comparisons,
    _kink_cases,
)
from gradlab.exercises.lessons.lesson_06.is_deterministic import (
    _make_comparison,
    _seed_before_each,
)
from gradlab.exercises.lessons.lesson_06.l2_backward import (
    _l2_backward_by_hand as l2_backward_by_hand,
)
from gradlab.exercises.marking import mark

seeds = st.integers(0, 2**32 - 1)
REFERENCES: dict[str, Callable[..., Any]] = {
    name: exercise.reference for name, exercise in EXERCISES.items() if exercise.lesson == 6
}
l2_loss, l2_backward = REFERENCES["l2_loss"], REFERENCES["l2_backward"]
dropout_forward, dropout_backward = REFERENCES["dropout_forward"], REFERENCES["dropout_backward"]
is_deterministic, has_kink = REFERENCES["is_deterministic"], REFERENCES["has_kink"]
miss_probability = REFERENCES["miss_probability"]
dropouts = pytest.mark.parametrize("name", ["dropout_forward", "dropout_backward"])


def problem(hidden: int, seed: int = 0, lam_sign: int = 1) -> tuple[Any, ...]:
    return draw_problem(np.random.default_rng(seed), hidden, lam_sign)


# --- The references against oracles of another kind


def precise_loss(params: Any, X: Any, Y: Any, lam: float) -> Any:
    """The loss with 50 digits, entry by entry."""
    outputs = mpmath.matrix(X.tolist())
    for layer, (W, b) in enumerate(params):
        Z = outputs * W
        for i in range(Z.rows):
            for j in range(Z.cols):
                z = Z[i, j] + b[j]
                Z[i, j] = mpmath.tanh(z) if layer < len(params) - 1 else z
        outputs = Z
    rows = [
        mpmath.log(sum(mpmath.exp(outputs[i, k]) for k in range(outputs.cols)))
        - sum(Y[i, k] * outputs[i, k] for k in range(outputs.cols))
        for i in range(outputs.rows)
    ]
    return sum(rows) / outputs.rows + mpmath.mpf(lam) / 2 * sum(w**2 for W, _ in params for w in W)


def precise_params(params: Any) -> Any:
    return [(mpmath.matrix(W.tolist()), [mpmath.mpf(v) for v in b.tolist()]) for W, b in params]


@pytest.mark.parametrize("hidden", [0, 1, 2])
@pytest.mark.parametrize("lam_sign", [1, -1])
def test_l2_loss_and_its_gradient_agree_with_fifty_digits(hidden: int, lam_sign: int) -> None:
    params, X, Y, lam = problem(hidden, seed=hidden, lam_sign=lam_sign)
    gradient = l2_backward(params, X, Y, lam)
    with mpmath.workdps(50):
        precise = precise_params(params)
        loss = precise_loss(precise, X, Y, lam)
        assert l2_loss(params, X, Y, lam) == pytest.approx(float(loss), rel=1e-13)
        h = mpmath.mpf(10) ** -15
        for (W, b), (dW, db) in zip(precise, gradient, strict=True):
            places: list[Any] = [(W, index, dW[index]) for index in np.ndindex(dW.shape)]
            places += [(b, j, db[j]) for j in range(len(db))]
            for array, index, slope in places:
                before = array[index]
                array[index] = before + h
                above = precise_loss(precise, X, Y, lam)
                array[index] = before - h
                below = precise_loss(precise, X, Y, lam)
                array[index] = before
                assert float((above - below) / (2 * h)) == pytest.approx(slope, abs=1e-14)


def test_the_l2_references_pass_a_gradient_check() -> None:
    params, X, Y, lam = problem(2, seed=3)
    report = gradlab.check_gradient(
        lambda theta: l2_loss(theta, X, Y, lam),
        lambda theta: l2_backward(theta, X, Y, lam),
        params,
    )
    assert report.passed, report


def test_the_l2_references_agree_with_the_penalty_that_mlp_has_of_its_own() -> None:
    params, X, Y, lam = problem(1, seed=4)
    network = make_network(params, l2=lam)
    assert l2_loss(params, X, Y, lam) == pytest.approx(network.loss(X, Y), rel=1e-14)
    expected = network.gradients(X, Y)
    for mine, theirs in zip(l2_backward(params, X, Y, lam), expected, strict=True):
        for one, other in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-15)


@given(seed=seeds)
def test_dropout_backward_is_the_gradient_of_dropout_forward(seed: int) -> None:
    rng = np.random.default_rng(seed)
    A, keep_prob, mask = draw_dropout_case(rng, float)
    dA = rng.normal(size=A.shape)
    gradient = dropout_backward(dA, keep_prob, mask)
    direction = rng.normal(size=A.shape)
    # Dropout is linear in A, so a difference with step 1 is its derivative.
    change = dropout_forward(A + direction, keep_prob, mask) - dropout_forward(A, keep_prob, mask)
    assert np.sum(gradient * direction) == pytest.approx(np.sum(dA * change), rel=1e-9, abs=1e-9)


def test_dropout_keeps_the_mean_of_an_activation() -> None:
    keep_prob = Fraction(3, 10)
    kept = Fraction(dropout_forward(Fraction(7), keep_prob, 1))
    dropped = Fraction(dropout_forward(Fraction(7), keep_prob, 0))
    assert keep_prob * kept + (1 - keep_prob) * dropped == 7


@given(total=st.integers(1, 9), samples=st.integers(0, 4), fraction=st.fractions(0, 1))
@settings(max_examples=40)
def test_miss_probability_counts_the_draws_that_miss(
    total: int, samples: int, fraction: Fraction
) -> None:
    bad = int(fraction * total)
    draws = list(itertools.product(range(total), repeat=samples))
    missing = Fraction(sum(all(entry >= bad for entry in draw) for draw in draws), len(draws))
    assert miss_probability(bad, total, samples) == pytest.approx(float(missing))


def test_miss_probability_at_its_ends() -> None:
    assert miss_probability(0, 7, 5) == 1.0
    assert miss_probability(7, 7, 5) == 0.0


# --- The kink


bends = st.floats(-10, 10)
distances = st.floats(-0.9, 0.9)
steps = st.floats(-6, -3).map(lambda exponent: 10.0**exponent)


def piecewise(
    x: float, kink: float, jump: float, left: float, right: float
) -> Callable[[float], float]:
    """Another curvature on either side of the kink, and a wave with |f''| <= 1 on top."""

    def f(t: float) -> float:
        d = t - kink
        wave = 3 + 2 * (t - x) + math.sin(10 * t) / 100
        return wave + (jump * d + right * d * d / 2 if d > 0 else left * d * d / 2)

    return f


@settings(max_examples=300)
@given(
    distance=distances,
    jump=st.floats(0.1, 1),
    sign=st.sampled_from([-1, 1]),
    left=st.floats(-9, 9),
    right=st.floats(-9, 9),
    h=steps,
)
def test_a_kink_anywhere_is_found_whatever_the_curvature_on_either_side(
    distance: float, jump: float, sign: int, left: float, right: float, h: float
) -> None:
    x = 1.3
    f = piecewise(x, x + distance * h, sign * jump, left, right)
    assert has_kink(f, x, h)


@settings(max_examples=300)
@given(
    distance=st.floats(1.1, 5),
    side=st.sampled_from([-1, 1]),
    jump=st.floats(-1, 1),
    h=steps,
    left=st.floats(-9, 9),
    right=st.floats(-9, 9),
)
def test_no_kink_is_found_where_none_is(
    distance: float, side: int, jump: float, h: float, left: float, right: float
) -> None:
    x = 1.3
    assert not has_kink(piecewise(x, x + side * distance * h, jump, left, right), x, h)
    assert not has_kink(lambda t: 3 + 5 * (t - x) ** 2, x, h)


@pytest.mark.parametrize("parts", [2, 4])
def test_two_gaps_are_blind_to_a_kink_at_one_distance(parts: int) -> None:
    h = 2.0**-10

    def left_over(distance: float) -> float:
        f = piecewise(0.0, distance * h, 1.0, 0.0, 0.0)
        return float(abs(_compare_gaps(f, 0.0, h, parts)))

    assert left_over(1 / (parts + 1)) < 1e-6
    assert left_over(0.1) > 0.1
    assert left_over(0.5) > 0.1


def test_the_cases_of_has_kink_keep_the_promises_of_its_docstring() -> None:
    for seed in range(50):
        for cases in _kink_cases(np.random.default_rng(seed)).values():
            for f, x, h in cases:
                distance = abs(f.kink - x) / h
                assert 1e-6 <= h <= 1e-3
                assert abs(f.second_derivative) <= 10
                assert distance < 0.9 + 1e-6 or distance > 1.1
                assert abs(f.jump) >= 0.1 or math.isinf(distance)


# --- The cases


@pytest.mark.parametrize("name", ["is_deterministic", "has_kink"])
@settings(max_examples=25)
@given(seed=seeds)
def test_half_of_the_yes_or_no_cases_of_each_group_are_yes(name: str, seed: int) -> None:
    for group in mark(EXERCISES[name], lambda *arguments: False, seed).groups:
        answers = [bool(trial.expected) for trial in group.trials]
        assert 2 * sum(answers) == len(answers)


@settings(max_examples=25)
@given(seed=seeds)
def test_no_two_sizes_of_a_network_are_the_same(seed: int) -> None:
    for hidden in (0, 1, 2):
        params, X, Y, _ = problem(hidden, seed)
        sizes = [*X.shape, *(len(b) for _, b in params)]
        assert len(set(sizes)) == len(sizes) == hidden + 3
        assert len(X) > 2  # or lam / m could be taken for lam / 2
        assert Y.shape == (len(X), sizes[-1])
        np.testing.assert_array_equal(Y.sum(axis=1), 1.0)


def first_argument(*arguments: Any) -> Any:
    return arguments[0]


def index_error(*arguments: Any) -> Any:
    raise IndexError


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("answer", [first_argument, index_error])
def test_an_answer_without_thought_earns_nothing(name: str, answer: Any) -> None:
    for seed in range(20):
        assert mark(EXERCISES[name], answer, seed).points == 0


# --- L2


@pytest.mark.parametrize(("name", "method"), [("l2_loss", "loss"), ("l2_backward", "gradients")])
def test_mlps_own_penalty_is_no_answer(name: str, method: str) -> None:
    def shortcut(params: Any, X: Any, Y: Any, lam: float) -> Any:
        network = gradlab.MLP([X.shape[1], *(len(b) for _, b in params)], l2=lam)
        network.params = params
        return getattr(network, method)(X, Y)

    def by_attribute(params: Any, X: Any, Y: Any, lam: float) -> Any:
        network = gradlab.MLP([X.shape[1], *(len(b) for _, b in params)])
        network.params, network.l2 = params, lam
        return getattr(network, method)(X, Y)

    for answer in (shortcut, by_attribute):
        result = gradlab.check(name, answer)
        assert result.points == 0
        assert "your function calls the l2 penalty of MLP. Write this yourself" in str(result)
    # What helps where nobody looks at what is called.
    assert any(
        "would do the exercise for you" in hint
        for hint in mark(EXERCISES[name], shortcut, 0).hints
    )


def test_mlp_may_be_used_first_thing_and_other_code_may_not() -> None:
    program = """
import gradlab
print(gradlab.check("l2_loss"))
def l2_loss(params, X, Y, lam):
    network = gradlab.MLP([X.shape[1]] + [W.shape[1] for W, b in params])
    network.params = params
    return network.loss(X, Y) + lam / 2 * sum((W ** 2).sum() for W, b in params)
result = gradlab.check("l2_loss")
assert result.passed, result
"""
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)

    def borrowed(params: Any, X: Any, Y: Any, lam: float) -> Any:
        return gradlab.numerical_gradient(lambda p: l2_loss_by_hand(p, X, Y, lam), params)

    assert "Of gradlab's functions you may use: MLP." in str(
        gradlab.check("l2_backward", borrowed)
    )


# --- Dropout


@dropouts
def test_dropout_takes_masks_of_every_type_and_gives_a_new_float64_array(name: str) -> None:
    reference = EXERCISES[name].reference
    values = np.array([[1.0, -2.0], [3.0, 4.0]])
    for kind in (float, bool, int, np.float32):
        mask: Any = np.array([[1, 0], [0, 1]], dtype=kind)
        result = reference(values, 0.5, mask)
        np.testing.assert_array_equal(result, [[2.0, 0.0], [0.0, 8.0]])
        assert result.dtype == np.float64
        assert not np.shares_memory(result, values)
    np.testing.assert_array_equal(values, [[1.0, -2.0], [3.0, 4.0]])


@dropouts
def test_the_argument_itself_is_no_answer_even_where_nothing_is_dropped(name: str) -> None:
    for seed in range(20):
        trials = [
            trial
            for group in mark(EXERCISES[name], first_argument, seed).groups
            for trial in group.trials
            if trial.arguments[1] == 1.0
        ]
        assert [trial.detail for trial in trials] == [
            "returned an array that shares memory with its argument"
        ] * 2


@dropouts
@settings(max_examples=100)
@given(seed=seeds)
def test_the_share_of_ones_in_a_mask_is_not_keep_prob(name: str, seed: int) -> None:
    for cases in EXERCISES[name].cases(np.random.default_rng(seed)).values():
        for _, keep_prob, mask in cases[:-1]:
            assert abs(np.mean(mask) - keep_prob) > 0.04
            assert keep_prob != 0.5
            assert 0 < np.sum(mask) < mask.size


# --- The first case, and the code of functions


@settings(max_examples=5)
@given(seed=seeds)
def test_the_first_case_of_each_exercise_can_be_done_by_hand(seed: int) -> None:
    first = {
        name: next(iter(EXERCISES[name].cases(np.random.default_rng(seed)).values()))[0]
        for name in REFERENCES
    }
    assert l2_loss(*first["l2_loss"]) == pytest.approx(math.log(2) + 2, rel=1e-15)
    ((dW, db),) = l2_backward(*first["l2_backward"])
    assert (dW.tolist(), db.tolist()) == ([[1.0, 3.0]], [-0.25, 0.25])
    for name in ("dropout_forward", "dropout_backward"):
        assert REFERENCES[name](*first[name]).tolist() == [[4, 0, 12], [0, 20, 0]]
    loss, theta = first["is_deterministic"]
    assert loss(theta) == 5
    assert is_deterministic(loss, theta)
    assert miss_probability(*first["miss_probability"]) == pytest.approx(0.81)
    f, x, h = first["has_kink"]
    assert (f(x), f(x + 1), x, h) == (1, 3, 1, 0.001)
    assert not has_kink(f, x, h)


def run_code(code: str) -> Any:
    """Return the function of a code as a learner gets it who pastes it."""
    names: dict[str, Any] = {"np": np, "gradlab": gradlab}
    if not code.startswith("def "):
        return eval(code, names)
    exec(code, names)
    return names[code.removeprefix("def ").partition("(")[0]]


@settings(max_examples=20)
@given(seed=seeds)
def test_the_code_of_a_curve_computes_the_curve(seed: int) -> None:
    for cases in _kink_cases(np.random.default_rng(seed)).values():
        for f, x, h in cases:
            t = x + h * np.linspace(-2, 2, 41)
            np.testing.assert_array_equal(run_code(f.code)(t), f(t))


@settings(max_examples=5)
@given(seed=seeds)
def test_the_code_of_a_loss_computes_the_loss(seed: int) -> None:
    groups = EXERCISES["is_deterministic"].cases(np.random.default_rng(seed))
    for loss, theta in (case for cases in groups.values() for case in cases):
        pasted = run_code(loss.code)
        assert is_deterministic(pasted, theta) == is_deterministic(loss, theta)
        loss.calls = 0
        if "default_rng()" in loss.code or "random.random" in loss.code:
            continue
        mine, other = theta.copy(), theta.copy()
        pasted = run_code(loss.code)
        for _ in range(10):
            assert pasted(mine) == pytest.approx(loss(other), rel=1e-15, abs=0)
        np.testing.assert_array_equal(mine, other)


# --- Is the loss deterministic?


def global_random_state() -> str:
    with np.printoptions(threshold=sys.maxsize):
        return f"{random.getstate()} {np.random.get_state()}"  # noqa: NPY002


def test_the_reference_leaves_theta_and_the_global_random_state_alone() -> None:
    theta = np.array([1.0, 2.0])
    before = global_random_state()
    assert is_deterministic(lambda x: float(x @ x), theta)
    assert global_random_state() == before
    np.testing.assert_array_equal(theta, [1.0, 2.0])


def seed_only(loss: Any, theta: Any) -> None:
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002


def test_check_leaves_the_global_random_state_alone() -> None:
    before = global_random_state()
    gradlab.check("is_deterministic", _make_comparison(10, copies=True))
    gradlab.check("is_deterministic", seed_only)
    assert global_random_state() == before


def test_the_misconception_that_seeds_leaves_the_global_random_state_as_it_was() -> None:
    before = global_random_state()
    assert _seed_before_each(lambda theta: np.random.random(), np.ones(2))  # noqa: NPY002
    assert global_random_state() == before


@pytest.mark.parametrize("count", [2, 5, 10])
@pytest.mark.parametrize("copies", [True, False])
def test_a_tolerance_or_a_seed_is_noticed_beside_other_carelessness(
    count: int, copies: bool
) -> None:
    def seeded(loss: Any, theta: Any) -> bool:
        values = []
        for _ in range(count):
            random.seed(7)
            np.random.seed(7)  # noqa: NPY002
            values.append(loss(theta.copy() if copies else theta))
        return len(set(values)) == 1

    tolerant = _make_comparison(count, copies, same=math.isclose)
    for answer, words in (
        (tolerant, "do you allow a tolerance"),
        (seeded, "the same seed is set"),
    ):
        for seed in range(20):
            assert words in "".join(mark(EXERCISES["is_deterministic"], answer, seed).hints)


def are_ten_equal(loss: Any, theta: Any) -> bool:
    return len({loss(theta.copy()) for _ in range(10)}) == 1


def seeds_once(loss: Any, theta: Any) -> bool:
    np.random.seed(0)  # noqa: NPY002
    return are_ten_equal(loss, theta)


def seeds_pythons_once(loss: Any, theta: Any) -> bool:
    random.seed(0)
    return are_ten_equal(loss, theta)


def seeds_and_puts_back(loss: Any, theta: Any) -> bool:
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    same = are_ten_equal(loss, theta)
    np.random.set_state(before)  # noqa: NPY002
    return same


def seeds_afterwards(loss: Any, theta: Any) -> bool:
    same = are_ten_equal(loss, theta)
    np.random.seed()  # noqa: NPY002
    return same


def draws_by_itself(loss: Any, theta: Any) -> bool:
    return are_ten_equal(loss, theta + 0 * np.random.random_sample())  # noqa: NPY002


@pytest.mark.parametrize(
    "answer",
    [seeds_once, seeds_pythons_once, seeds_and_puts_back, seeds_afterwards, draws_by_itself],
)
def test_an_answer_that_seeds_or_draws_does_not_pass(answer: Any) -> None:
    result = gradlab.check("is_deterministic", answer)
    assert result.points == 0
    assert "drew from the global random numbers or seeded them" in str(result)
    assert "set no seed, and draw none yourself" in str(result)


def keeps_the_state(loss: Any, theta: Any) -> bool:
    """Put back what the loss drew."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    same = are_ten_equal(loss, theta)
    random.setstate(before[0])
    np.random.set_state(before[1])  # noqa: NPY002
    return same


def draws_from_its_own(loss: Any, theta: Any) -> bool:
    times = int(np.random.default_rng(0).integers(10, 20)) + random.Random(0).randrange(3)
    return len({loss(theta.copy()) for _ in range(times)}) == 1


@pytest.mark.parametrize("answer", [are_ten_equal, keeps_the_state, draws_from_its_own])
def test_who_leaves_the_global_random_numbers_alone_passes(answer: Any) -> None:
    for seed in range(5):
        assert mark(EXERCISES["is_deterministic"], answer, seed).points == 3


def test_an_answer_that_leaves_another_theta_does_not_pass() -> None:
    def spoils_theta(loss: Any, theta: Any) -> bool:
        same = are_ten_equal(loss, theta)
        theta[0] += 1e-9
        return same

    result = gradlab.check("is_deterministic", spoils_theta)
    assert result.points == 0
    assert "changed its argument in place" in str(result)


@settings(max_examples=8)
@given(seed=seeds)
def test_ten_evaluations_tell_every_loss_and_six_do_not(seed: int) -> None:
    exercise = EXERCISES["is_deterministic"]
    for times in (10, 11, 50):
        assert mark(exercise, _make_comparison(times, copies=True), seed).points == 3
    for times in (2, 3, 6):
        marking = mark(exercise, _make_comparison(times, copies=True), seed)
        assert marking.points <= 2
        assert "Compare ten evaluations, all" in marking.hints[0]


# --- Answers that no misconception is


def as_pair(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return l2_loss_by_hand(params, X, Y, 0), lam / 2


def unsummed(params: Any, X: Any, Y: Any, lam: float) -> Any:
    loss = l2_loss_by_hand(params, X, Y, 0)
    for W, _ in params:
        loss = loss + lam / 2 * W**2
    return loss


def no_unpacking(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return l2_loss_by_hand(params, X, Y, 0) + lam / 2 * np.sum(params**2)


def doubled(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return 2 * l2_loss_by_hand(params, X, Y, lam)


def fixed_sizes(params: Any, X: Any, Y: Any, lam: float) -> Any:
    network = gradlab.MLP([3, 4, 2])
    network.params = params
    return network.loss(X, Y)


def one_root(params: Any, X: Any, Y: Any, lam: float) -> Any:
    norm = np.linalg.norm(np.concatenate([W.ravel() for W, _ in params]))
    return l2_loss_by_hand(params, X, Y, 0) + lam / 2 * norm


def loses_the_last(params: Any, X: Any, Y: Any, lam: float) -> Any:
    loss = l2_loss_by_hand(params, X, Y, 0)
    for layer in range(len(params) - 1):
        loss += lam / 2 * np.sum(params[layer][0] ** 2)
    return loss


def last_gradient_plain(params: Any, X: Any, Y: Any, lam: float) -> Any:
    plain = l2_backward_by_hand(params, X, Y, 0)
    return [*l2_backward_by_hand(params, X, Y, lam)[:-1], plain[-1]]


def share_for_each_layer(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return l2_backward_by_hand(params, X, Y, lam / len(params))


def flat(params: Any, X: Any, Y: Any, lam: float) -> Any:
    pairs = l2_backward_by_hand(params, X, Y, lam)
    return np.concatenate([part.ravel() for pair in pairs for part in pair])


def swapped(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return [(db, dW) for dW, db in l2_backward_by_hand(params, X, Y, lam)]


def as_rows(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return [(dW, db[np.newaxis]) for dW, db in l2_backward_by_hand(params, X, Y, lam)]


def spoils_params(params: Any, X: Any, Y: Any, lam: float) -> Any:
    gradients = l2_backward_by_hand(params, X, Y, lam)
    for W, _ in params:
        W -= 0.1 * W
    return gradients


def as_dict(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return dict(enumerate(l2_backward_by_hand(params, X, Y, lam)))


def first_and_last(loss: Any, theta: Any) -> bool:
    values = [loss(theta.copy()) for _ in range(10)]
    return bool(values[0] == values[-1])


def first_pair_decides(loss: Any, theta: Any) -> bool:
    for _ in range(10):
        return bool(loss(theta.copy()) == loss(theta.copy()))
    return True


def rounded(loss: Any, theta: Any) -> bool:
    return len({round(loss(theta.copy()), 6) for _ in range(10)}) == 1


def spread(loss: Any, theta: Any) -> Any:
    return np.ptp([loss(theta.copy()) for _ in range(10)])


def variance(loss: Any, theta: Any) -> Any:
    return np.var([loss(theta.copy()) for _ in range(10)]) == 0


def equals_the_mean(loss: Any, theta: Any) -> bool:
    values = [loss(theta.copy()) for _ in range(10)]
    return bool(values[0] == sum(values) / 10)


def seeds_by_itself(loss: Any, theta: Any) -> bool:
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    first = loss(theta.copy())
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    return bool(first == loss(theta.copy()))


def one_sided_slopes(threshold: float) -> Callable[..., Any]:
    def answer(f: Any, x: float, h: float) -> bool:
        right, left = (f(x + h) - f(x)) / h, (f(x) - f(x - h)) / h
        return bool(abs(right - left) > threshold)

    return answer


def gap_stays(f: Any, x: float, h: float) -> bool:
    coarse, fine = (abs(f(x + s) - 2 * f(x) + f(x - s)) / s for s in (h, h / 2))
    return bool(fine > 0.9 * coarse)


def gap_is_alike(f: Any, x: float, h: float) -> Any:
    coarse, fine = (abs(f(x + s) - 2 * f(x) + f(x - s)) / s for s in (h, h / 2))
    return np.isclose(fine, coarse, rtol=0.1)


def quotient_of_gaps(parts: int) -> Callable[..., Any]:
    def answer(f: Any, x: float, h: float) -> bool:
        gaps = [f(x + s) - 2 * f(x) + f(x - s) for s in (h, h / parts)]
        with np.errstate(all="ignore"):
            quotient = gaps[0] / gaps[1]
        return not abs(quotient - parts**2) < 0.1 * parts**2

    return answer


def quotient_of_gaps_that_are_not_rounding(f: Any, x: float, h: float) -> bool:
    coarse, fine = (f(x + s) - 2 * f(x) + f(x - s) for s in (h, h / 4))
    return bool(abs(coarse) > 1e-13 and abs(fine / coarse - 1 / 16) > 1 / 160)


def tiny_step(f: Any, x: float, h: float) -> bool:
    s = 1e-8
    return bool(abs(f(x + s) - 2 * f(x) + f(x - s)) / s > 0.01)


def steps_are_too_wide(f: Any, x: float, h: float) -> bool:
    left, right = (f(x) - f(x - 2 * h)) / (2 * h), (f(x + 2 * h) - f(x)) / (2 * h)
    return bool(abs(right - left) > 0.03)


@pytest.mark.usefixtures("unwatched")
@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("l2_loss", as_pair, "a single value is needed"),
        ("l2_loss", unsummed, "is a sum, a mean or an index missing"),
        ("l2_loss", no_unpacking, "in the line “return l2_loss_by_hand(params, X, Y, 0) + lam"),
        ("l2_loss", doubled, "Every value is 2 times the right one"),
        ("l2_loss", fixed_sizes, "sizes (3, 4, 2) need 2"),
        ("l2_loss", loses_the_last, "Hint: The last W is not in your penalty. Sum over all"),
        ("l2_loss", one_root, "Hint: The penalty has squares and no root."),
        ("l2_backward", last_gradient_plain, "Hint: The last dW lacks its lam W."),
        ("l2_backward", share_for_each_layer, "You share lam out among the layers"),
        ("l2_backward", flat, "returned 4 parts"),
        ("l2_backward", swapped, "At [0][0] your function returned shape"),
        ("l2_backward", as_rows, "At [0][1] your function returned shape (1, "),
        ("l2_backward", spoils_params, "changed its argument in place"),
        ("l2_backward", as_dict, "returned a dict; a list or tuple of 1 is needed"),
        (
            "dropout_forward",
            lambda A, keep_prob, mask: A[mask == 1] / keep_prob,
            "should it be one value for each entry",
        ),
        (
            "dropout_forward",
            lambda A, keep_prob, mask: (A * mask / keep_prob).tolist(),
            "returned a list; a NumPy array of float64 is needed",
        ),
        (
            "dropout_forward",
            lambda A, keep_prob, mask: A * ~mask / keep_prob,
            "You drop what should be kept",
        ),
        (
            "dropout_forward",
            lambda A, keep_prob, mask: A * mask * (2 - keep_prob),
            "multiplied by something else than 1 / keep_prob",
        ),
        (
            "dropout_forward",
            lambda A, keep_prob, mask: (
                A * (np.random.default_rng().random(A.shape) < keep_prob) / keep_prob
            ),
            "Do not draw another mask",
        ),
        (
            "dropout_backward",
            lambda dA, keep_prob, mask: np.where(mask, dA, 0).astype(np.float32) / keep_prob,
            "returned an array of float32; a NumPy array of float64 is needed",
        ),
        (
            "dropout_backward",
            lambda dA, keep_prob, mask: (dA * mask / keep_prob).sum(axis=0),
            "should it be one value for each entry",
        ),
        (
            "dropout_backward",
            lambda dA, keep_prob, mask: dA * mask / keep_prob / len(dA),
            "multiplied by something else than 1 / keep_prob",
        ),
        (
            "is_deterministic",
            lambda loss, theta: loss(theta.copy()) in [loss(theta.copy()) for _ in range(9)],
            "not any(...)",
        ),
        ("is_deterministic", first_and_last, "Compare ten evaluations, all"),
        ("is_deterministic", first_pair_decides, "Compare ten evaluations, all"),
        ("is_deterministic", rounded, "do you allow a tolerance"),
        ("is_deterministic", variance, "spread of equal numbers need not come out as exactly 0"),
        ("is_deterministic", equals_the_mean, "Compare each value with the first, with =="),
        ("is_deterministic", spread, "True or False is needed"),
        ("is_deterministic", seeds_by_itself, "the same seed is set before each evaluation"),
        (
            "is_deterministic",
            lambda loss, theta: bool(np.diff([loss(theta), loss(theta)])),
            "wrong way round",
        ),
        ("is_deterministic", lambda loss, theta: True, "the same for every input"),
        ("is_deterministic", lambda loss, theta: False, "at one and the same theta"),
        (
            "miss_probability",
            lambda bad, total, samples: (1 - bad / total) ^ samples,
            "write **",
        ),
        (
            "miss_probability",
            lambda bad, total, samples: round((1 - bad / total) ** samples, 2),
            "Hint: Do not round.",
        ),
        (
            "miss_probability",
            lambda bad, total, samples: float(f"{(1 - bad / total) ** samples:.4g}"),
            "Hint: Do not round.",
        ),
        ("miss_probability", lambda bad, total, samples: 0.5, "the same for every input"),
        (
            "miss_probability",
            lambda bad, total, samples: math.comb(samples, bad) / math.comb(total, bad),
            "is right",
        ),
        (
            "miss_probability",
            lambda bad, total, samples: np.prod(
                [(total - bad - k) / (total - k) for k in range(samples)]
            ),
            "This is drawing without replacement",
        ),
        ("has_kink", one_sided_slopes(0.02), "No threshold on the gap"),
        ("has_kink", one_sided_slopes(1e-6), "everything kinked that is not straight"),
        ("has_kink", gap_stays, "stays while the step shrinks"),
        ("has_kink", gap_is_alike, "On a straight f both gaps are rounding"),
        ("has_kink", quotient_of_gaps(2), "On a straight f both gaps are rounding"),
        ("has_kink", quotient_of_gaps(4), "and their quotient is noise"),
        (
            "has_kink",
            quotient_of_gaps_that_are_not_rounding,
            "blind to a kink at a distance of h / 5",
        ),
        ("has_kink", tiny_step, "miss one farther off"),
        ("has_kink", steps_are_too_wide, "You look beyond"),
        ("has_kink", lambda f, x, h: f(x + h) - f(x), "True or False is needed"),
        ("has_kink", lambda f, x, h: False, "You answer False for every f"),
        ("has_kink", lambda f, x, h: True, "the same for every input"),
    ],
)
def test_a_wrong_answer_that_nobody_foresaw_gets_words_that_help(
    name: str, answer: Any, words: str
) -> None:
    result = gradlab.check(name, answer)
    assert not result.passed
    assert words in str(result)


@pytest.mark.parametrize("answer", [gap_is_alike, quotient_of_gaps(2), quotient_of_gaps(4)])
def test_the_case_shown_with_a_hint_about_a_straight_f_is_straight(answer: Any) -> None:
    for seed in range(50):
        groups = mark(EXERCISES["has_kink"], answer, seed).groups
        first = next(trial for group in groups for trial in group.trials if trial.stage)
        assert _is_straight(first)


def test_the_hint_of_a_mistake_in_one_layer_only_fits_every_group() -> None:
    for seed in range(50):
        marking = mark(EXERCISES["l2_backward"], share_for_each_layer, seed)
        assert marking.points == 1  # without a hidden layer lam / L is lam
        assert len(marking.hints) == 1
        assert "cancels the 1/2" not in marking.hints[0]
        (hint,) = mark(EXERCISES["l2_loss"], loses_the_last, seed).hints
        assert "missing" not in hint


def test_the_spread_of_equal_losses_is_not_0_in_some_case_of_every_seed() -> None:
    for seed in range(50):
        marking = mark(EXERCISES["is_deterministic"], variance, seed)
        assert [group.passed for group in marking.groups[:2]] == [False, False]
        assert len(marking.hints) == 1


def test_a_combination_of_gaps_that_covers_each_others_blind_spots_is_right() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gradlab.check("has_kink", kink_by_two_comparisons).passed
