"""The exercises of lesson 4: references against other sources, cases, and messages."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
from answers_04 import index_a_list, windows
from hypothesis import given, settings, strategies as st
from pasted_code import run_code

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.marking.mark import mark

NAMES = ("pack", "unpack", "locate", "numerical_gradient")
pack, unpack, locate, numerical_gradient = (EXERCISES[name].reference for name in NAMES)
every_exercise = pytest.mark.parametrize("name", NAMES)
seeds = st.integers(0, 2**32 - 1)
layer_sizes = st.lists(st.integers(1, 5), min_size=2, max_size=5)


def shapes_of(sizes: list[int]) -> list[Any]:
    return [((n_in, n_out), (n_out,)) for n_in, n_out in pairwise(sizes)]


def random_params(sizes: list[int], seed: int = 0) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=W), rng.normal(size=b)) for W, b in shapes_of(sizes)]


# --- The references are right


@given(sizes=layer_sizes)
def test_pack_is_what_ravel_makes_of_layers(sizes: list[int]) -> None:
    params = random_params(sizes)
    theta = pack(params)
    np.testing.assert_array_equal(theta, gradlab.ravel(params)[0])
    assert theta.dtype == np.float64


def test_pack_writes_the_rows_of_weights_and_then_the_bias() -> None:
    W = np.array([[1, 2, 3], [4, 5, 6]])
    b = np.array([7, 8, 9], dtype=np.float32)
    for layout in (W, np.asfortranarray(W), W.astype(np.float32)):
        theta = pack([(layout, b), (W.T, b[:2])])
        assert theta.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 4, 2, 5, 3, 6, 7, 8]
        assert theta.dtype == np.float64


def test_pack_makes_two_blocks_of_an_array_that_occurs_twice() -> None:
    W, b = np.array([[1.0]]), np.array([2.0])
    theta = pack([(W, b), (W, b)])
    theta[0] = 9
    assert theta.tolist() == [9, 2, 1, 2]
    assert W.item() == 1


@given(sizes=layer_sizes)
def test_unpack_undoes_pack_in_new_arrays(sizes: list[int]) -> None:
    params = random_params(sizes)
    theta = pack(params)
    back = unpack(theta, shapes_of(sizes))
    theta[:] = np.nan
    for (W, b), (W_back, b_back) in zip(params, back, strict=True):
        np.testing.assert_array_equal(W_back, W)
        np.testing.assert_array_equal(b_back, b)


@given(sizes=layer_sizes)
def test_locate_finds_every_entry_where_unpack_puts_it(sizes: list[int]) -> None:
    shapes = shapes_of(sizes)
    size = sum(n_in * n_out + n_out for (n_in, n_out), _ in shapes)
    params = unpack(np.arange(float(size)), shapes)
    for index in range(size):
        name, place = locate(index, shapes)
        assert params[int(name[1:]) - 1]["Wb".index(name[0])][place] == index
    for outside in (-1, -size, size, size + 1):
        with pytest.raises(IndexError, match=f"no entry {outside}"):
            locate(outside, shapes)


def test_numerical_gradient_of_a_cubic_is_what_fractions_say() -> None:
    """The central difference of c x^3 + k x y is exactly 3 c x^2 + c h^2 + k y."""
    h = Fraction(1, 8)
    theta = [Fraction(3, 4), Fraction(-5, 2), Fraction(2)]
    cubic = [2, -3, 5]

    def loss(x: Any) -> Any:
        return sum(c * v * v * v for c, v in zip(cubic, x, strict=True)) + 7 * x[0] * x[1]

    exact = [3 * c * v * v + c * h * h for c, v in zip(cubic, theta, strict=True)]
    exact[0] += 7 * theta[1]
    exact[1] += 7 * theta[0]
    floats = np.array([float(v) for v in theta])
    assert numerical_gradient(loss, floats, float(h)).tolist() == [float(v) for v in exact]


@pytest.mark.parametrize("h", [0.3, 1e-2, 1e-4])
def test_numerical_gradient_is_the_difference_that_fifty_digits_give(h: float) -> None:
    theta = np.array([0.3, -1.1, 0.7])

    def loss(x: Any, exp: Any = np.exp, sin: Any = np.sin) -> Any:
        return exp(x[0] * x[1]) + sin(x[2]) * x[0] + x[1] ** 4

    with mpmath.workdps(50):
        quotients: list[Any] = []
        for i in range(3):
            above, below = [mpmath.mpf(v) for v in theta], [mpmath.mpf(v) for v in theta]
            above[i] += mpmath.mpf(h)
            below[i] -= mpmath.mpf(h)
            rise = loss(above, mpmath.exp, mpmath.sin) - loss(below, mpmath.exp, mpmath.sin)
            quotients.append(float(rise / (2 * mpmath.mpf(h))))
    bound = 10 * 2.0**-53 / h
    np.testing.assert_allclose(numerical_gradient(loss, theta, h), quotients, rtol=0, atol=bound)


def test_numerical_gradient_agrees_entry_by_entry_with_backpropagation() -> None:
    network = gradlab.MLP([3, 4, 2], seed=1)
    rng = np.random.default_rng(0)
    X, Y = rng.uniform(size=(5, 3)), np.eye(2)[rng.integers(0, 2, 5)]
    theta = pack(network.params)
    shapes = [(W.shape, b.shape) for W, b in network.params]
    analytic = pack(network.gradients(X, Y))

    def loss(vector: Any) -> Any:
        network.params = unpack(vector, shapes)
        return network.loss(X, Y)

    errors = [np.max(np.abs(numerical_gradient(loss, theta, h) - analytic)) for h in (0.02, 0.01)]
    assert errors[1] < 1e-4
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize("theta", [np.array([0.1, 0.7, -1e-3]), np.array([1, -2, 3])])
def test_numerical_gradient_leaves_theta_alone_to_the_last_bit(theta: Any) -> None:
    before = theta.copy()
    gradient = numerical_gradient(lambda x: np.sum(x**3), theta, 0.1)
    assert theta.tobytes() == before.tobytes()
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(gradient, 3 * before**2 + 0.01)


# --- The cases


@settings(max_examples=50)
@given(seed=seeds)
def test_each_group_of_locate_asks_inside_and_outside(seed: int) -> None:
    groups = mark(EXERCISES["locate"], locate, seed).groups
    for group in groups:
        outside = [trial for trial in group.trials if isinstance(trial.expected, IndexError)]
        assert 0 < len(outside) < len(group.trials) / 2
    assert any(trial.arguments[0] < 0 for trial in groups[-1].trials)


@settings(max_examples=50)
@given(seed=seeds)
def test_a_right_bias_beside_a_wrong_weight_is_not_called_too_long(seed: int) -> None:
    def negated(theta: Any, shapes: Any) -> Any:
        return [(-W, b) for W, b in unpack(theta, shapes)]

    assert "n_out, not n_in" not in " ".join(mark(EXERCISES["unpack"], negated, seed).hints)


def put_back_by_arithmetic(theta: Any, h: float) -> Any:
    return ((theta + h) - 2 * h) + h


@settings(max_examples=50)
@given(seed=seeds)
def test_only_the_last_group_of_gradients_tells_arithmetic_from_putting_back(seed: int) -> None:
    groups = EXERCISES["numerical_gradient"].cases(np.random.default_rng(seed))
    for name, cases in groups.items():
        exact = all(
            np.array_equal(put_back_by_arithmetic(theta, h), theta) for _, theta, h in cases
        )
        assert exact == (name != "theta kept to the last bit")


@settings(max_examples=50)
@given(seed=seeds)
def test_forward_central_and_exact_slopes_are_far_apart(seed: int) -> None:
    groups = EXERCISES["numerical_gradient"].cases(np.random.default_rng(seed))
    for loss, theta, h in (case for cases in groups.values() for case in cases):
        central = numerical_gradient(loss, theta, h)
        # Central differences with h and with h / 8 differ by nearly all of the first one's error.
        nearly_exact = numerical_gradient(loss, theta, h / 8)
        forward = [(loss(theta + step) - loss(theta)) / h for step in h * np.eye(theta.size)]
        allowed = 1e-9 + 1e-6 * np.abs(central)
        assert np.max(np.abs(nearly_exact - central) / allowed) > 100
        assert np.max(np.abs(np.array(forward) - central) / allowed) > 100


def draw_first_case(name: str, seed: int) -> Any:
    return next(iter(EXERCISES[name].cases(np.random.default_rng(seed)).values()))[0]


@settings(max_examples=5)
@given(seed=seeds)
def test_the_first_case_of_each_exercise_can_be_done_by_hand(seed: int) -> None:
    (params,) = draw_first_case("pack", seed)
    assert pack(params).tolist() == [*range(1, 10)]
    ((W, b),) = unpack(*draw_first_case("unpack", seed))
    assert (W.tolist(), b.tolist()) == ([[1, 2, 3], [4, 5, 6]], [7, 8, 9])
    assert locate(*draw_first_case("locate", seed)) == ("W1", (0, 2))
    # ((1 + 1)^3 - (1 - 1)^3) / 2 and ((2 + 1)^3 - (2 - 1)^3) / 2
    assert numerical_gradient(*draw_first_case("numerical_gradient", seed)).tolist() == [4, 13]


@settings(max_examples=20)
@given(seed=seeds)
def test_the_code_of_a_loss_computes_the_loss(seed: int) -> None:
    groups = EXERCISES["numerical_gradient"].cases(np.random.default_rng(seed))
    for loss, theta, _ in (case for cases in groups.values() for case in cases):
        pasted = run_code(loss.code)
        for x in (theta, theta + 0.3):
            assert pasted(x) == pytest.approx(loss(x), rel=1e-14)


def always_outside(*arguments: Any) -> Any:
    raise IndexError


@every_exercise
@settings(max_examples=10)
@given(seed=seeds)
def test_an_answer_that_does_no_work_earns_nothing(name: str, seed: int) -> None:
    answers: tuple[Callable[..., Any], ...] = (
        always_outside,
        lambda *arguments: arguments[0],
        lambda *arguments: arguments[-1],
        lambda *arguments: None,
        lambda *arguments: [],
        lambda *arguments: ("W1", (0, 0)),
    )
    for answer in answers:
        assert mark(EXERCISES[name], answer, seed).points == 0


# --- Borders of what is right


def test_views_are_refused_even_if_only_the_biases_are() -> None:
    def views_of_biases(theta: Any, shapes: Any) -> Any:
        return [(W.copy(), b) for W, b in windows(theta, shapes)]

    for answer in (windows, views_of_biases):
        result = gradlab.check("unpack", answer)
        assert result.points == 0
        assert "shares memory with its argument" in str(result)
        assert "add .copy()" in str(result)
    assert gradlab.check("unpack", lambda theta, shapes: windows(theta.copy(), shapes)).passed


def test_a_list_that_counts_from_the_end_loses_one_group_of_locate() -> None:
    result = gradlab.check("locate", index_a_list)
    assert result.points == 2
    assert "-1 is outside too" in str(result)


def keep_indices_as(kind: Callable[[Any], Any]) -> Callable[[int, Any], Any]:
    """Return a locate whose places are of another type."""

    def located(index: int, shapes: Any) -> Any:
        if index < 0:
            raise IndexError
        name, place = index_a_list(index, shapes)
        return name, tuple(map(kind, place))

    return located


@pytest.mark.parametrize(
    "kind", [float, np.float64, np.float32, bool, complex, str, lambda i: None]
)
def test_what_is_no_integer_is_no_index(kind: Any) -> None:
    result = gradlab.check("locate", keep_indices_as(kind))
    assert result.points == 0
    if kind in (float, np.float64, np.float32):
        assert "NumPy takes no 1.0 for an index" in str(result)


@pytest.mark.parametrize("kind", [int, np.int64, np.int32, np.uint8, np.array])
def test_every_kind_of_integer_is_an_index(kind: Any) -> None:
    assert gradlab.check("locate", keep_indices_as(kind)).passed


def gradient_in(
    theta_kind: Any = float, loss_kind: Any = float, slope_kind: Any = float
) -> Callable[[Any, Any, float], Any]:
    """Return a gradient with theta, losses or slopes in another precision."""

    def gradient(loss: Any, theta: Any, h: float) -> Any:
        slopes = np.zeros(len(theta), dtype=slope_kind)
        for i in range(len(theta)):
            above, below = theta.astype(theta_kind), theta.astype(theta_kind)
            above[i] += h
            below[i] -= h
            rise = loss_kind(loss(above)) - loss_kind(loss(below))
            slopes[i] = rise / (2 * h)
        return slopes

    return gradient


@pytest.mark.parametrize("place", ["theta_kind", "loss_kind", "slope_kind"])
@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_a_gradient_in_less_than_float64_does_not_pass(place: str, kind: Any) -> None:
    exercise = EXERCISES["numerical_gradient"]
    assert mark(exercise, gradient_in(), 3).points == exercise.points
    for seed in range(5):
        marking = mark(exercise, gradient_in(**{place: kind}), seed)
        assert marking.points <= 1  # integers are the same in float32
        if kind == np.float32:
            assert "in float32" in marking.hints[0]


def gradient_restored_by_arithmetic(loss: Any, theta: Any, h: float) -> Any:
    gradient = np.zeros_like(theta)
    for i in range(theta.size):
        theta[i] += h
        above = loss(theta)
        theta[i] -= 2 * h
        gradient[i] = (above - loss(theta)) / (2 * h)
        theta[i] += h
    return gradient


def test_two_mistakes_of_one_gradient_get_two_hints() -> None:
    result = gradlab.check("numerical_gradient", gradient_restored_by_arithmetic)
    assert result.points == 2
    assert "Convert theta to float64 first" in result.hints[0]
    assert "changed in its last bits" in result.hints[1]


def second_names_one_after_the_other(loss: Any, theta: Any, h: float) -> Any:
    gradient = np.zeros(len(theta))
    for i in range(len(theta)):
        up = theta
        up[i] += h
        above = loss(up)
        down = theta
        down[i] -= h
        gradient[i] = (above - loss(down)) / (2 * h)
    return gradient


def test_integers_that_are_cut_are_not_taken_for_steps_that_pile_up() -> None:
    result = gradlab.check("numerical_gradient", second_names_one_after_the_other)
    assert len(result.hints) == 2
    assert "Your second loss is taken at theta itself" in result.hints[0]
    assert "Convert theta to float64 first" in result.hints[1]


def swapped_in_a_list(index: int, shapes: Any) -> Any:
    name, place = index_a_list(index, shapes)
    return name, place[::-1]


def test_swapped_places_are_named_although_indices_outside_are_wrong_too() -> None:
    result = gradlab.check("locate", swapped_in_a_list)
    assert "Row and column are swapped" in result.hints[0]


def test_none_may_borrow_from_gradlab() -> None:
    def borrowed_pack(params: Any) -> Any:
        return gradlab.ravel(params)[0]

    def borrowed_gradient(loss: Any, theta: Any, h: float) -> Any:
        return gradlab.numerical_gradient(loss, theta, h)

    assert "Write this yourself" in str(gradlab.check("pack", borrowed_pack))
    assert "Write this yourself" in str(gradlab.check("numerical_gradient", borrowed_gradient))
