"""The probes against whole losses computed with 40 digits, term by term."""

from __future__ import annotations

import tracemalloc
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from gradlab.checker.parameters import ravel
from gradlab.network import probes as network_probes
from gradlab.network.activations import ACTIVATIONS
from gradlab.network.mlp import MLP
from gradlab.network.probes import EntryProbe, UnitProbe
from gradlab.support.floats import FloatArray

Exact = NDArray[np.object_]

mp.mp.dps = 40
U = 2.0**-53
EXACT = {
    "tanh": mp.tanh,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "relu": lambda z: max(z, mp.mpf(0)),
    "softplus": lambda z: mp.log(1 + mp.exp(z)),
}
exact = np.vectorize(mp.mpf, otypes=[object])


class Case:
    """A network, its data and its dropout masks, with exact losses and their rounding errors."""

    def __init__(
        self,
        sizes: list[int],
        activation: str = "tanh",
        *,
        rows: int = 3,
        l2: float = 0.0,
        reduction: str = "mean",
        gain: float = 1.0,
        keep_prob: float = 1.0,
        soft: bool = False,
        seed: int = 0,
    ) -> None:
        rng = np.random.default_rng([7, seed])
        self.network = MLP(sizes, activation, l2, keep_prob, reduction, seed)
        self.network.freeze_dropout(rows, seed)
        self.network.params = [(gain * W, b) for W, b in self.network.params]
        self.X = rng.normal(size=(rows, sizes[0]))
        self.Y = np.eye(sizes[-1])[rng.integers(sizes[-1], size=rows)]
        if soft:
            self.Y = rng.dirichlet(np.ones(sizes[-1]), rows)
        self.theta, self.unravel = ravel(self.network.params)

    def dropped(self, layer: int, A: Any) -> Any:
        """Return A, or its error, after dropout."""
        masks, keep_prob = self.network.masks, self.network.keep_prob
        if masks is None or layer == len(masks):
            return A
        return A * masks[layer] / keep_prob

    def rows_and_penalty(
        self, theta: FloatArray, moved: tuple[int, int, int, float] | None = None
    ) -> tuple[Exact, Any]:
        """Return the exact cross-entropy of each row, and the penalty.

        `moved` is a layer, a row, a column, and what the pre-activation there is set to.
        """
        params = self.unravel(theta)
        A = exact(self.X)
        for layer, (W, b) in enumerate(params):
            Z = A.dot(exact(W)) + exact(b)
            if moved is not None and moved[0] == layer:
                Z[moved[1], moved[2]] = mp.mpf(moved[3])
            if layer < len(params) - 1:
                A = np.vectorize(EXACT[self.network.activation], otypes=[object])(Z)
                A = self.dropped(layer, A)
        top = np.array([max(row) for row in Z])
        powers = np.vectorize(mp.exp, otypes=[object])(Z - top[:, None])
        logs = [mp.log(total) for total in powers.sum(axis=1)]
        # Not Y . Z alone: the rows of Y sum to 1 in float64 only, and the probes use the exact 1.
        Y = exact(self.Y)
        losses = np.array(logs) + top - (Y * Z).sum(axis=1) / Y.sum(axis=1)
        squares = sum((exact(W) ** 2).sum() for W, _ in params)
        return losses, mp.mpf(self.network.l2) / 2 * squares

    def loss(self, theta: FloatArray) -> Any:
        losses, penalty = self.rows_and_penalty(theta)
        weight = mp.mpf(1) / len(losses) if self.network.reduction == "mean" else 1
        return losses.sum() * weight + penalty

    def noise(self, theta: FloatArray, moved: tuple[int, float] = (-1, 0.0)) -> float:
        """Return a bound for the rounding error of the loss, summed over the rows.

        Each product of n terms has an error of at most (n + 2) u times that of absolute values;
        no activation enlarges an error. `moved` is a layer and a pre-activation put there, which
        only enlarges the bound.
        """
        params = self.unravel(np.abs(theta))
        A, error = np.abs(self.X), np.zeros_like(self.X)
        for layer, (W, b) in enumerate(params):
            error = error @ W + (len(W) + 2) * U * (A @ W + b)
            Z = A @ W + b
            if layer == moved[0]:
                Z = np.maximum(Z, abs(moved[1]))
            A = Z + 1.0
            error += 4.0 * U * A
            A, error = self.dropped(layer, A), self.dropped(layer, error)
        penalty = self.network.l2 * float(theta @ theta)
        return float(4.0 * (error.max(axis=1).sum() + 4.0 * U * A.sum()) + 8.0 * U * penalty)


cases = st.builds(
    Case,
    st.lists(st.integers(1, 4), min_size=2, max_size=6),
    st.sampled_from([*ACTIVATIONS]),
    rows=st.integers(1, 5),
    l2=st.sampled_from([0.0, 0.1]),
    reduction=st.sampled_from(["mean", "sum"]),
    gain=st.sampled_from([0.1, 1.0, 10.0]),
    keep_prob=st.sampled_from([1.0, 0.6]),
    soft=st.booleans(),
    seed=st.integers(0, 10**6),
)
distances = st.sampled_from([2.0**-40, 2.0**-17, 2.0**-4, 1.0, 30.0])


@given(cases, distances, st.data())
def test_a_moved_entry_changes_the_loss_by_what_two_exact_losses_differ(
    case: Case, distance: float, data: st.DataObject
) -> None:
    entry = data.draw(st.integers(0, case.theta.size - 1))
    points = case.theta[entry] + distance * np.array([[1.0, -1.0]])
    changes = EntryProbe(case.network, case.X, case.Y).changes(np.array([entry]), points)
    for point, change in zip(points[0], changes[0], strict=True):
        moved = case.theta.copy()
        moved[entry] = point
        error = abs(case.loss(moved) - case.loss(case.theta) - mp.mpf(change))
        assert error <= case.noise(moved) + case.noise(case.theta)


@given(cases, distances, st.data())
def test_a_moved_pre_activation_changes_the_loss_of_its_row_as_exact_losses_do(
    case: Case, distance: float, data: st.DataObject
) -> None:
    probe = UnitProbe(case.network, case.X, case.Y)
    layer = data.draw(st.integers(0, len(probe.Z) - 1))
    row, column = (data.draw(st.integers(0, size - 1)) for size in probe.Z[layer].shape)
    z = probe.Z[layer][row, column]
    points = z + distance * np.array([[1.0, -1.0]])
    changes = probe.changes(layer, np.array([row]), np.array([column]), points)
    base = case.rows_and_penalty(case.theta)[0][row]
    for point, change in zip(points[0], changes[0], strict=True):
        exact_change = (
            case.rows_and_penalty(case.theta, (layer, row, column, point))[0][row] - base
        )
        noise = case.noise(case.theta, (layer, point)) + case.noise(case.theta)
        assert abs(exact_change - mp.mpf(change)) <= noise


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", [[6, 3], [6, 5, 3], [6, 5, 4, 3]])
def test_changes_are_more_accurate_than_subtracting_two_losses(
    activation: str, sizes: list[int]
) -> None:
    case = Case(sizes, activation, rows=8, l2=0.01)
    network, base = case.network, case.network.loss(case.X, case.Y)
    index = np.arange(0, case.theta.size, 3)
    points = case.theta[index][:, None] + 2.0**-17
    changes = EntryProbe(network, case.X, case.Y).changes(index, points)[:, 0]
    exact_base = case.loss(case.theta)
    errors = []
    for entry, point, change in zip(index, points[:, 0], changes, strict=True):
        moved = case.theta.copy()
        moved[entry] = point
        network.params = case.unravel(moved)
        truth = case.loss(moved) - exact_base
        subtracted = network.loss(case.X, case.Y) - base
        errors.append([float(mp.mpf(change) - truth), float(mp.mpf(subtracted) - truth)])
    ours, whole = np.sqrt(np.mean(np.square(errors), axis=0))
    assert ours < 0.7 * whole


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_what_is_not_moved_changes_nothing(activation: str) -> None:
    case = Case([5, 7, 9, 4], activation, rows=6, l2=0.1, keep_prob=0.7)
    entries = EntryProbe(case.network, case.X, case.Y)
    assert not entries.changes(np.arange(case.theta.size), case.theta[:, None]).any()
    units = UnitProbe(case.network, case.X, case.Y)
    for layer, Z in enumerate(units.Z):
        rows, columns = (axis.ravel() for axis in np.indices(Z.shape))
        assert not units.changes(layer, rows, columns, Z.reshape(-1, 1)).any()


def test_a_path_that_is_cut_changes_nothing_not_even_a_bit() -> None:
    case = Case([3, 4, 4, 2], "relu", keep_prob=0.5)
    assert case.network.masks is not None
    W, b = case.network.params[1]
    case.network.params[1] = (W, b - np.array([50.0, 0.0, 0.0, 0.0]))  # unit 0 is dead
    case.network.masks[0][:, 2] = 0.0  # no sample keeps unit 2 of the first hidden layer
    case.X[:, 1] = 0.0
    theta, _ = ravel(case.network.params)
    spared = [*range(4, 8), 2, 6, 10, 14, *range(16, 32, 4), 32]
    index = np.array([*spared, *range(24, 28)])  # and what leaves unit 2, rows of zeros
    points = theta[index][:, None] + 2.0**-17
    assert not EntryProbe(case.network, case.X, case.Y).changes(index, points).any()


def test_a_batch_gives_what_one_by_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case([5, 7, 6, 4], rows=4, l2=0.1, keep_prob=0.8)
    index = np.random.default_rng(3).permutation(case.theta.size)
    points = case.theta[index][:, None] + np.array([0.1, -0.2, 3.0])
    probe = EntryProbe(case.network, case.X, case.Y)
    together = probe.changes(index, points)
    assert probe.evaluations == together.size
    monkeypatch.setattr(network_probes, "_ONE_THREAD", 1)
    in_pieces = EntryProbe(case.network, case.X, case.Y).changes(index, points)
    np.testing.assert_allclose(in_pieces, together, rtol=1e-12, atol=1e-15)
    monkeypatch.setattr(network_probes, "_WORK", 1)
    apart = EntryProbe(case.network, case.X, case.Y).changes(index, points)
    np.testing.assert_allclose(apart, together, rtol=1e-12, atol=1e-15)
    twice = probe.changes(np.repeat(index, 2), np.repeat(points, 2, axis=0))
    np.testing.assert_allclose(twice[::2], together, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_moved_bias_adds_up_the_moved_units(reduction: str) -> None:
    case = Case([5, 7, 6, 4], rows=4, reduction=reduction)
    units = UnitProbe(case.network, case.X, case.Y)
    start = 0
    for layer, (W, b) in enumerate(case.network.params):
        start += W.size
        points = (b[2] + 0.3)[None, None]
        whole = EntryProbe(case.network, case.X, case.Y).changes(np.array([start + 2]), points)
        start += b.size
        rows, columns = np.arange(4), np.full(4, 2)
        apart = units.changes(layer, rows, columns, units.Z[layer][:, 2:3] + 0.3)
        weight = 0.25 if reduction == "mean" else 1.0
        assert whole[0, 0] == pytest.approx(weight * apart.sum(), rel=1e-12)
    assert units.evaluations == 12


@pytest.mark.parametrize("sizes", [[2, 4], [2, 3, 4]])
def test_a_saturated_softmax_keeps_its_digits(sizes: list[int]) -> None:
    """Where p of the true class is 1 but for 1e-20, a whole loss has no digit left."""
    case = Case(sizes, rows=2)
    case.Y = np.eye(4)[[1, 1]]
    W, b = case.network.params[-1]
    case.network.params[-1] = (W, b + np.array([0.0, 46.0, 0.0, 0.0]))
    theta, _ = ravel(case.network.params)
    index = np.arange(theta.size)
    points = theta[:, None] + 2.0**-10
    changes = EntryProbe(case.network, case.X, case.Y).changes(index, points)[:, 0]
    assert 0.0 < np.abs(changes).max() < 1e-19
    for entry in index:
        moved = theta.copy()
        moved[entry] = points[entry, 0]
        truth = float(case.loss(moved) - case.loss(theta))
        assert changes[entry] == pytest.approx(truth, rel=1e-10, abs=0.0)


@pytest.mark.parametrize("sizes", [[2, 3], [2, 3, 3]])
@pytest.mark.parametrize("lead", [-800.0, 800.0])
@pytest.mark.parametrize("distance", [-1500.0, -700.0, 40.0, 700.0, 1500.0])
def test_far_points_agree_where_exp_under_or_overflows(
    sizes: list[int], lead: float, distance: float
) -> None:
    case = Case(sizes, "relu", rows=2)
    W, b = case.network.params[-1]
    case.network.params[-1] = (W, b + np.array([lead, 0.0, 0.0]))
    theta, _ = ravel(case.network.params)
    index = np.arange(theta.size)
    points = theta[:, None] + distance
    changes = EntryProbe(case.network, case.X, case.Y).changes(index, points)[:, 0]
    for entry in index:
        moved = theta.copy()
        moved[entry] = points[entry, 0]
        truth = float(case.loss(moved) - case.loss(theta))
        assert changes[entry] == pytest.approx(truth, rel=1e-12, abs=1e-11)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_points_that_overflow_are_quiet(activation: str) -> None:
    case = Case([3, 4, 4, 2], activation)
    index = np.arange(case.theta.size)
    points = np.array([[1e308, -1e308, np.inf, np.nan]]).repeat(index.size, axis=0)
    changes = EntryProbe(case.network, case.X, case.Y).changes(index, points)
    assert np.isnan(changes[:, 3]).all()
    probe = UnitProbe(case.network, case.X, case.Y)
    assert probe.changes(0, np.zeros(4, int), np.arange(4), points[:4]).shape == (4, 4)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_forward_pass_is_the_networks_own(activation: str) -> None:
    network = MLP([5, 40, 30, 4], activation)
    case = Case([5, 40, 30, 4], activation, rows=7)
    probe = UnitProbe(network, case.X, case.Y)
    g, _ = ACTIVATIONS[activation]
    A = case.X
    for Z, inputs, (W, b) in zip(probe.Z, probe.inputs, network.params, strict=True):
        np.testing.assert_array_equal(inputs, A)
        np.testing.assert_array_equal(Z, A @ W + b)
        A = g(Z)
    assert probe.losses.mean() == pytest.approx(network.loss(case.X, case.Y), rel=1e-14)


def test_nothing_given_is_changed_and_later_changes_are_not_seen() -> None:
    case = Case([3, 4, 2], l2=0.1)
    before = [case.X.copy(), case.Y.copy(), case.theta.copy()]
    probe = EntryProbe(case.network, case.X, case.Y)
    index, points = np.arange(case.theta.size), case.theta[:, None] + 1.0
    changes = probe.changes(index, points)
    for array, copy in zip([case.X, case.Y, ravel(case.network.params)[0]], before, strict=True):
        np.testing.assert_array_equal(array, copy)
    for W, b in case.network.params:
        W[:], b[:] = 0.0, 0.0
    np.testing.assert_array_equal(probe.changes(index, points), changes)


def test_bad_data_is_refused_as_by_the_loss() -> None:
    case = Case([3, 2])
    for probe in (EntryProbe, UnitProbe):
        with pytest.raises(ValueError, match="X has shape"):
            probe(case.network, case.X[:, :2], case.Y)


def test_memory_is_bounded() -> None:
    case = Case([784, 128, 64, 10], rows=32)
    index = np.arange(0, case.theta.size, 11)
    points = case.theta[index][:, None] + np.array([0.1, -0.1])
    tracemalloc.start()
    try:
        EntryProbe(case.network, case.X, case.Y).changes(index, points)
        UnitProbe(case.network, case.X, case.Y).changes(
            0, np.zeros(128, int), np.arange(128), points[:128]
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * 2**20
