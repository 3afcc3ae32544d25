"""How much the loss of a network changes when one number inside it is moved.

A gradient check moves one number at a time, and most of the network is unaffected. An entry
W_l[i, j] reaches the loss only through column j of Z_l; a pre-activation z_ij of one sample only
through the loss of that sample. So everything before it is taken from one forward pass at theta,
and everything after it is computed as changes:

    dA_l[:, j] = g(Z_l[:, j] + delta) - A_l[:, j]
    dZ_{l+1}   = dA_l[:, j] W_{l+1}[j, :]              (a rank-1 update)
    dA_{l+1}   = g(Z_{l+1} + dZ_{l+1}) - A_{l+1},  dZ_{l+2} = dA_{l+1} W_{l+2},  and so on
    change     = log sum_k p_k exp(dZ_L[k] - y . dZ_L),  p the softmax at theta

Only the forward pass is used, never a derivative. Working with changes keeps the rounding error
below that of subtracting two whole losses, and whatever does not depend on the moved number
changes by exactly zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradlab.network.activations import IN_PLACE
from gradlab.network.batch import read_batch
from gradlab.network.mlp import MLP
from gradlab.support.floats import FloatArray, Index

# A work array of 1 MiB stays in the cache of one core.
_WORK = 2**17
# Below this, 1 + sum p (exp(e) - 1) has lost digits, and the logarithms are added instead.
_NEAR = -0.5
# OpenBLAS splits products with more multiplications among threads, which then wait for each
# other: slower for the narrow products here, and many times slower on a busy machine.
_ONE_THREAD = 2**18


class EntryProbe:
    """Changes of the loss when one entry of theta is moved.

    Parameters
    ----------
    network : MLP
        Its parameters are copied, so later changes have no effect. Dropout masks are the frozen
        ones, or are drawn once.
    X, Y : ndarray
        What `MLP.loss` takes.

    Attributes
    ----------
    evaluations : int
        How many changes have been computed.

    Raises
    ------
    ValueError, TypeError
        As `MLP.loss`.

    Notes
    -----
    An entry of W_l or b_l moves column j of Z_l. The cost of one change is that of the layers
    after l for the whole batch, without the product that leads into layer l + 1; in the last
    layer one logit of each sample moves, which takes O(m).

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab import MLP
    >>> from gradlab.network.probes import EntryProbe
    >>> network = MLP([3, 4, 2])
    >>> X, Y = np.ones((5, 3)), np.eye(2)[[0, 1, 1, 0, 1]]
    >>> change = EntryProbe(network, X, Y).changes(np.array([2]), np.array([[0.5]]))
    >>> before = network.loss(X, Y)
    >>> network.params[0][0][0, 2] = 0.5  # entry 2 of theta
    >>> np.allclose(change, network.loss(X, Y) - before)
    True
    """

    def __init__(self, network: MLP, X: FloatArray, Y: FloatArray) -> None:
        self._forward = _Forward(network, X, Y)
        self._l2 = network.l2
        self._weight = 1.0 / len(X) if network.reduction == "mean" else 1.0
        # A bias is the weight of an input that is always 1, and follows W's rows in theta.
        self._inputs = [np.vstack([A.T, np.ones(len(A))]) for A in self._forward.inputs]
        self._layers = [np.vstack([W, b]) for W, b in self._forward.params]
        self._starts = np.cumsum([0, *(layer.size for layer in self._layers)])
        self.evaluations = 0

    def changes(self, index: Index, points: FloatArray) -> FloatArray:
        """Return how much the loss changes, against theta, if an entry is set to a point.

        Parameters
        ----------
        index : ndarray of int, shape (n,)
            Entries of theta, in the order of `gradlab.checker.parameters.ravel`.
        points : ndarray of float64, shape (n, k)
            The values that the entry is set to, one after another, with all other entries held.

        Returns
        -------
        ndarray of float64, shape (n, k)
            The change of the mean or the sum, penalty included; inf or nan where the forward
            pass overflows.
        """
        self.evaluations += points.size
        changes = np.empty(points.shape)
        layers = np.searchsorted(self._starts, index, side="right") - 1
        for layer in np.unique(layers).tolist():
            chosen = np.flatnonzero(layers == layer)
            cost = self._forward.width_after(layer) * len(self._forward.Z[0]) * points.shape[1]
            for part in _split(chosen, cost):
                local = index[part] - self._starts[layer]
                changes[part] = self._changes_in_layer(layer, local, points[part])
        return changes

    @np.errstate(all="ignore")
    def _changes_in_layer(self, layer: int, local: Index, points: FloatArray) -> FloatArray:
        """Return the changes for entries of one layer, with W and b stacked into one matrix."""
        weights = self._layers[layer]
        inputs, columns = np.divmod(local, weights.shape[1])
        before = weights[inputs, columns][:, None]
        delta = points - before
        moves = delta[:, :, None] * self._inputs[layer][inputs][:, None, :]
        rows = np.arange(moves.shape[2])[None, None, :]
        changes = self._forward.changes(layer, rows, columns[:, None, None], moves)
        total: FloatArray = changes.sum(axis=2) * self._weight
        if self._l2:
            decays = (inputs < len(weights) - 1)[:, None]
            total += np.where(decays, self._l2 * delta * (before + delta / 2.0), 0.0)
        return total


class UnitProbe:
    """Changes of each sample's loss when one of its pre-activations is moved.

    Parameters
    ----------
    network : MLP
        Its parameters are copied, so later changes have no effect. Dropout masks are the frozen
        ones, or are drawn once.
    X, Y : ndarray
        What `MLP.loss` takes.

    Attributes
    ----------
    Z : list of ndarray of float64, shapes (m, n_l)
        The pre-activations Z_1, ..., Z_L.
    inputs : list of ndarray of float64, shapes (m, n_{l-1})
        The input of each layer: X, A_1, ..., A_{L-1}, with dropout if there is any.
    losses : ndarray of float64, shape (m,)
        The cross-entropy of each sample.
    evaluations : int
        How many changes have been computed.

    Raises
    ------
    ValueError, TypeError
        As `MLP.loss`.

    Notes
    -----
    Samples do not interact: z_ij enters the loss of sample i only. A change costs as much as the
    layers after l do for one sample.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab import MLP
    >>> from gradlab.network.probes import UnitProbe
    >>> probe = UnitProbe(MLP([3, 2], l2=0.1), np.ones((1, 3)), np.array([[1.0, 0.0]]))
    >>> z = probe.Z[0][0]
    >>> change = probe.changes(0, np.array([0]), np.array([1]), np.array([[z[1] + 2.0]]))
    >>> np.allclose(change, np.log(np.exp(z) @ [1.0, np.exp(2.0)] / np.exp(z).sum()))
    True
    """

    def __init__(self, network: MLP, X: FloatArray, Y: FloatArray) -> None:
        self._forward = _Forward(network, X, Y)
        self.Z = self._forward.Z
        self.inputs = self._forward.inputs
        self.losses = self._forward.losses
        self.evaluations = 0

    def changes(self, layer: int, rows: Index, columns: Index, points: FloatArray) -> FloatArray:
        """Return how much a sample's loss changes if one of its pre-activations is set to a point.

        Parameters
        ----------
        layer : int
            Which of `Z`, from 0.
        rows, columns : ndarray of int, shape (n,)
            The samples, and for each of them the unit that is moved.
        points : ndarray of float64, shape (n, k)
            The values that the pre-activation is set to, one after another.

        Returns
        -------
        ndarray of float64, shape (n, k)
            The change of that sample's cross-entropy, without the penalty and not divided by m;
            inf or nan where the forward pass overflows.
        """
        self.evaluations += points.size
        changes = np.empty(points.shape)
        cost = self._forward.width_after(layer) * points.shape[1]
        with np.errstate(all="ignore"):
            for part in _split(np.arange(len(points)), cost):
                r, c = rows[part][:, None], columns[part][:, None]
                moves = points[part] - self.Z[layer][r, c]
                changes[part] = self._forward.changes(layer, r, c, moves)
        return changes


class _Forward:
    """The forward pass at theta, and what follows from moving single pre-activations of it."""

    def __init__(self, network: MLP, X: FloatArray, Y: FloatArray) -> None:
        X, Y = read_batch(network.sizes, network.params, X, Y)
        self.params = [
            (np.array(W, np.float64), np.array(b, np.float64)) for W, b in network.params
        ]
        self._widths = network.sizes[1:]
        self._masks = network.scale_masks(len(X))
        self._activate = IN_PLACE[network.activation]
        self._work = _Workspace()
        self.inputs, self.Z = [X], []
        for layer, (W, b) in enumerate(self.params):
            self.Z.append(self.inputs[-1] @ W + b)
            if layer < len(self.params) - 1:
                A = self._activate(self.Z[-1].copy(), self._work)
                self.inputs.append(A if self._masks is None else A * self._masks[layer])
        # Classes come first: sums over them then run along whole rows.
        self._Y = np.ascontiguousarray(Y.T)
        logits = np.ascontiguousarray(self.Z[-1].T)
        shifted = logits - logits.max(axis=0)
        powers = np.exp(shifted)
        total = powers.sum(axis=0)
        self._p, self._log_p = powers / total, shifted - np.log(total)
        self.losses: FloatArray = np.log(total) - (self._Y * shifted).sum(axis=0)
        # The probability of all other classes, without the cancellation of 1 - p.
        self._rest = _sum_of_others(np.add, self._p)
        self._log_rest = _sum_of_others(np.logaddexp, self._log_p)

    def width_after(self, layer: int) -> int:
        """Return the most numbers that a move in this layer can change for one sample."""
        return max([1, *self._widths[layer + 1 :]])

    def changes(self, layer: int, rows: Index, columns: Index, moves: FloatArray) -> FloatArray:
        """Return the change of each sample's loss if z[row, column] of a layer is moved.

        `rows` and `columns` have as many axes as `moves` and broadcast to its shape S.
        """
        if layer == len(self.params) - 1:
            return self._logit_changes(rows, columns, moves)
        dA = self._activate(moves + self.Z[layer][rows, columns], self._work)
        if self._masks is not None:
            dA *= self._masks[layer][rows, columns]
        dA -= self.inputs[layer + 1][rows, columns]
        W = self.params[layer + 1][0]
        if layer == len(self.params) - 2:
            dZ = self._work("logits", (W.shape[1], *moves.shape))
            return self._loss_changes(rows, np.multiply(W.T[:, columns], dA, out=dZ))
        dZ = self._work(layer, (*moves.shape, W.shape[1]))
        np.multiply(W[columns], dA[..., None], out=dZ)
        return self._propagate(layer + 1, rows, dZ)

    def _propagate(self, layer: int, rows: Index, dZ: FloatArray) -> FloatArray:
        """Return the change of each sample's loss if Z of a hidden layer changes by dZ (S, n_l).

        dZ is overwritten.
        """
        for k in range(layer, len(self.params) - 1):
            dZ += self.Z[k][rows]
            dA = self._activate(dZ, self._work)
            if self._masks is not None:
                dA *= self._masks[k][rows]
            dA -= self.inputs[k + 1][rows]
            W = self.params[k + 1][0]
            shape = dA.shape[:-1]
            flat = dA.reshape(-1, len(W))
            if k < len(self.params) - 2:
                dZ = self._work(k, (*shape, W.shape[1]))
                _multiply(flat, W, dZ.reshape(len(flat), -1))
        dZ = self._work("logits", (W.shape[1], *shape))
        _multiply(flat, W, dZ.reshape(-1, len(flat)).T)
        return self._loss_changes(rows, dZ)

    def _loss_changes(self, rows: Index, dZ: FloatArray) -> FloatArray:
        """Return log sum_k p_k exp(dZ_k - y . dZ) for dZ of shape (n_L, S), which is overwritten.

        This is the change of ``log sum_k exp z_k - y . z``, because the entries of y sum to 1.
        Where y is one-hot, the term of the true class is 0: no cancellation however close p is
        to 1.
        """
        terms = self._work("terms", dZ.shape)
        dZ -= np.multiply(self._Y[:, rows], dZ, out=terms).sum(axis=0)
        np.expm1(dZ, out=terms)
        terms *= self._p[:, rows]
        total = terms.sum(axis=0)
        changes: FloatArray = np.log1p(total)
        far = ~((total > _NEAR) & (total < np.inf))
        if far.any():
            log_p = np.broadcast_to(self._log_p[:, rows], dZ.shape)
            changes[far] = np.logaddexp.reduce(log_p[:, far] + dZ[:, far], axis=0)
        return changes

    def _logit_changes(self, rows: Index, columns: Index, dz: FloatArray) -> FloatArray:
        """Return the change of each sample's loss if one logit changes by dz.

        As `_loss_changes`, with the other classes lumped together: their probability is ``rest``,
        and they all change by the same amount.
        """
        y = self._Y[columns, rows]
        own, other = (1.0 - y) * dz, -y * dz
        total = self._p[columns, rows] * np.expm1(own)
        total += self._rest[columns, rows] * np.expm1(other)
        changes: FloatArray = np.log1p(total)
        far = ~((total > _NEAR) & (total < np.inf))
        if far.any():
            own += self._log_p[columns, rows]
            other += self._log_rest[columns, rows]
            changes[far] = np.logaddexp(own[far], other[far])
        return changes


class _Workspace:
    """Work arrays by name, reused between calls: new ones would cost more than the arithmetic."""

    def __init__(self) -> None:
        self._arrays: dict[Any, FloatArray] = {}

    def __call__(self, name: Any, shape: tuple[int, ...]) -> FloatArray:
        """Return a contiguous array of this shape with arbitrary content."""
        size = int(np.prod(shape))
        if name not in self._arrays or self._arrays[name].size < size:
            self._arrays[name] = np.empty(size)
        return self._arrays[name][:size].reshape(shape)


def _sum_of_others(add: np.ufunc, values: FloatArray) -> FloatArray:
    """Return, for each row k, the sum of all other rows, which are non-negative or logarithms."""
    none = np.full((1, values.shape[1]), 0.0 if add is np.add else -np.inf)
    before = add.accumulate(np.vstack([none, values[:-1]]))
    after = add.accumulate(np.vstack([none, values[:0:-1]]))[::-1]
    rest: FloatArray = add(before, after)
    return rest


def _multiply(A: FloatArray, W: FloatArray, out: FloatArray) -> None:
    """Put A W into `out`, some rows at a time."""
    step = max(32, _ONE_THREAD // W.size)
    for start in range(0, len(A), step):
        rows = slice(start, start + step)
        np.matmul(A[rows], W, out=out[rows])


def _split(index: Index, cost: int) -> list[Index]:
    """Split an index into parts whose work arrays, `cost` numbers per entry, fit the cache."""
    step = max(1, _WORK // max(1, cost))
    return [index[start : start + step] for start in range(0, len(index), step)]
