"""A small fully connected network, written to be checked.

Tanh, sigmoid, ReLU or softplus layers with dropout, under a softmax cross-entropy loss. Forward
pass, loss and backward pass are separate, and the gradient follows the textbook line by line.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradlab.network.activations import ACTIVATIONS, softmax
from gradlab.network.batch import Params, read_batch, read_matrix, require_masks, require_params
from gradlab.network.training import Callback, descend
from gradlab.support.arguments import is_real, require_count, require_function
from gradlab.support.floats import FloatArray


class MLP:
    """A fully connected network with softmax cross-entropy loss.

    Layer l computes ``Z_l = A_{l-1} W_l + b_l`` and, except for the last, ``A_l = g(Z_l)``, with
    dropout ``A_l = g(Z_l) * mask_l / keep_prob`` [2]_; a batch is rows, ``A_0 = X``. The loss is
    the mean, or the sum, over the rows of the cross-entropy of softmax(Z_L) and Y, plus ``l2 / 2``
    times the sum of the squares of every W (no bias).

    Parameters
    ----------
    sizes : sequence of int
        The widths (n_0, n_1, ..., n_L): inputs, hidden layers, classes. At least two.
    activation : {"tanh", "sigmoid", "relu", "softplus"}
        The function g of the hidden layers.
    l2 : float
        Strength of the penalty, at least 0. It is added once, after the mean or the sum.
    keep_prob : float
        The probability of keeping a hidden activation, above 0 and at most 1 (no dropout).
    reduction : {"mean", "sum"}
        Whether the loss is the mean or the sum over the rows.
    seed : int
        Seed of the initial parameters and of the dropout masks.

    Attributes
    ----------
    params : list of (W, b)
        W_l has shape (n_{l-1}, n_l), b_l has shape (n_l,). They may be replaced by
        arrays of the same shapes.
    masks : list of ndarray or None
        The frozen dropout masks, 0 or 1, of shape (m, n_l) for each hidden layer; see
        `freeze_dropout`. None: each call of `loss` and `gradients` draws its own.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Notes
    -----
    W_l is drawn from a normal distribution of variance 2 / (n_{l-1} + n_l) [1]_. The biases are
    not zero but normal with standard deviation 0.1: a bias of zero would hide a penalty put on it
    by mistake, and a ReLU whose inputs are all zero would sit exactly on its kink, where there is
    no derivative to check.

    Dropout is inverted: dividing by keep_prob preserves the mean of an activation, so `predict`
    needs no dropout.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010.
    .. [2] N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov, "Dropout: a
       simple way to prevent neural networks from overfitting", Journal of Machine Learning
       Research 15 (2014), 1929-1958, section 10.

    Examples
    --------
    >>> from gradlab import load_digits
    >>> from gradlab import MLP
    >>> X, Y = load_digits()
    >>> network = MLP([64, 16, 10])
    >>> losses = network.fit(X, Y, epochs=3)
    >>> len(losses), losses[-1] < losses[0]
    (4, True)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "tanh",
        l2: float = 0.0,
        keep_prob: float = 1.0,
        reduction: str = "mean",
        seed: int = 0,
    ) -> None:
        if not isinstance(sizes, Sequence) or len(sizes) < 2:
            raise ValueError(f"sizes is {sizes!r}; it must be a list of at least two widths")
        for index, width in enumerate(sizes):
            require_count(f"sizes[{index}]", width)
        if activation not in list(ACTIVATIONS):
            raise ValueError(f"activation is {activation!r}; it must be in {[*ACTIVATIONS]}")
        if not is_real(l2) or not 0.0 <= l2 < np.inf:
            raise ValueError(f"l2 is {l2!r}; it must be a finite number >= 0")
        if not is_real(keep_prob) or not 0.0 < keep_prob <= 1.0:
            raise ValueError(f"keep_prob is {keep_prob!r}; it must be above 0 and at most 1")
        if reduction not in ("mean", "sum"):
            raise ValueError(f"reduction is {reduction!r}; it must be 'mean' or 'sum'")
        self.sizes = tuple(int(n) for n in sizes)
        self.activation = activation
        self.l2 = float(l2)
        self.keep_prob = float(keep_prob)
        self.reduction = reduction
        require_count("seed", seed, least=0)
        rng = np.random.default_rng(seed)
        self.params = _initial_params(self.sizes, rng)
        self.masks: list[FloatArray] | None = None
        # Two numbers instead of a generator, so that copies draw alike and independently.
        self._dropout_seed = int(rng.integers(2**63))
        self._dropout_draws = 0

    def loss(self, X: FloatArray, Y: FloatArray) -> float:
        """Return the loss.

        Parameters
        ----------
        X : ndarray of float, shape (m, n_0)
            The inputs, finite, one sample a row.
        Y : ndarray of float, shape (m, n_L)
            The targets, one-hot or any probabilities: not negative, each row sums to 1.

        Returns
        -------
        float

        Raises
        ------
        ValueError, TypeError
            If X or Y is not as described, or if `params` or frozen masks have the wrong
            shapes; the message names it.

        Notes
        -----
        The cross-entropy of row i is ``log sum_k exp z_ik - sum_k y_ik z_ik``, because the row of
        Y sums to 1. It is taken with the row's largest logit subtracted (log-sum-exp), so neither
        overflow nor log(0) can occur.
        """
        X, Y = read_batch(self.sizes, self.params, X, Y)
        Z = self._forward(X, self.scale_masks(len(X)))[-1]
        shifted = Z - Z.max(axis=1, keepdims=True)
        rows = np.log(np.exp(shifted).sum(axis=1)) - (Y * shifted).sum(axis=1)
        total = float(rows.sum())
        if self.reduction == "mean":
            total /= len(X)
        if self.l2:
            total += l2_penalty(self.params, self.l2)
        return total

    def gradients(self, X: FloatArray, Y: FloatArray) -> Params:
        """Return the gradient of the loss by backpropagation.

        Parameters
        ----------
        X, Y : ndarray
            As for `loss`.

        Returns
        -------
        list of (dW, db)
            The derivatives of the loss with respect to every W and b, in the shapes of `params`.

        Raises
        ------
        ValueError, TypeError
            As `loss`.

        Notes
        -----
        With delta_l the derivative with respect to Z_l [1]_: ``delta_L = softmax(Z_L) - Y``,
        divided by m for the mean; ``dW_l = A_{l-1}^T delta_l + l2 W_l``; ``db_l`` = column sums
        of delta_l; ``delta_{l-1} = (delta_l W_l^T) * g'(Z_{l-1})``, times
        ``mask_{l-1} / keep_prob`` with dropout.

        References
        ----------
        .. [1] I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016,
           section 6.5.
        """
        X, Y = read_batch(self.sizes, self.params, X, Y)
        masks = self.scale_masks(len(X))
        *activations, Z = self._forward(X, masks)
        delta = softmax(Z) - Y
        if self.reduction == "mean":
            delta /= len(X)
        gradients: Params = []
        for layer in range(len(self.params) - 1, -1, -1):
            W, _ = self.params[layer]
            A = activations[layer]
            gradients.append((A.T @ delta, delta.sum(axis=0)))
            if layer > 0:
                delta = delta @ W.T
                if masks is not None:
                    delta *= masks[layer - 1]
                    # g(Z) from before dropout; where A was dropped, delta is 0 anyway.
                    A = self.keep_prob * A
                delta *= ACTIVATIONS[self.activation].slope(A)
        gradients.reverse()
        return add_l2_slopes(gradients, self.params, self.l2) if self.l2 else gradients

    def freeze_dropout(self, rows: int, seed: int = 0) -> None:
        """Draw dropout masks once and use them for every evaluation.

        The loss is then a function of the parameters alone, as a gradient check requires.

        Parameters
        ----------
        rows : int
            The number of rows m of the batch; X must have as many until `unfreeze_dropout`.
        seed : int
            Seed of the masks.

        Raises
        ------
        ValueError
            If `rows` is not a whole number of at least 1.

        Examples
        --------
        >>> from gradlab import load_digits
        >>> from gradlab import check_network
        >>> from gradlab import MLP
        >>> X, Y = load_digits()
        >>> network = MLP([64, 8, 10], keep_prob=0.8)
        >>> network.freeze_dropout(16)
        >>> check_network(network, X[:16], Y[:16]).passed
        True
        """
        require_count("rows", rows)
        require_count("seed", seed, least=0)
        self.masks = self._draw_masks(int(rows), np.random.default_rng(seed))

    def unfreeze_dropout(self) -> None:
        """Go back to drawing new dropout masks at each evaluation."""
        self.masks = None

    def scale_masks(self, rows: int) -> list[FloatArray] | None:
        """Return what dropout multiplies the hidden activations by: new masks unless frozen.

        Parameters
        ----------
        rows : int
            The number of rows m of the batch.

        Returns
        -------
        list of ndarray, shapes (m, n_l), or None
            mask / keep_prob for each hidden layer; None without dropout.

        Raises
        ------
        ValueError
            If dropout is frozen for another number of rows, or `masks` has other shapes.
        """
        masks = self.masks
        if masks is None:
            if self.keep_prob == 1.0:
                return None
            self._dropout_draws += 1
            rng = np.random.default_rng([self._dropout_seed, self._dropout_draws])
            masks = self._draw_masks(rows, rng)
        require_masks(self.sizes, masks, rows)
        return [mask / self.keep_prob for mask in masks]

    def predict(self, X: FloatArray) -> NDArray[np.intp]:
        """Return the most probable class of each row, without dropout.

        Parameters
        ----------
        X : ndarray of float, shape (m, n_0)
            As for `loss`.

        Returns
        -------
        ndarray of int, shape (m,)

        Raises
        ------
        ValueError, TypeError
            As `loss`.
        """
        require_params(self.sizes, self.params)
        Z = self._forward(read_matrix("X", X, self.sizes[0]), None)[-1]
        classes: NDArray[np.intp] = Z.argmax(axis=1)
        return classes

    def fit(
        self,
        X: FloatArray,
        Y: FloatArray,
        *,
        epochs: int = 20,
        learning_rate: float = 0.1,
        batch_size: int = 32,
        seed: int = 0,
        callback: Callback | None = None,
    ) -> list[float]:
        """Train by plain mini-batch gradient descent, using whatever `gradients` returns.

        A progress bar appears after a second.

        Parameters
        ----------
        X, Y : ndarray
            As for `loss`.
        epochs : int
            How many times every row is used; at least 1.
        learning_rate : float
            Each step is this times the gradient of the batch's loss; above 0.
        batch_size : int
            Rows per batch, at least 1; the last batch of an epoch may have fewer.
        seed : int
            Seed of the order of the rows, which is redrawn for each epoch.
        callback : callable, optional
            ``callback(network, step, steps)`` is called before the first step, with step 0, and
            after every step, with the number of steps done; `steps` is their total. See
            `gradlab.network.monitor.GradientMonitor`.

        Returns
        -------
        list of float
            The loss over the whole of X and Y, without dropout: before training, then after each
            epoch.

        Raises
        ------
        ValueError, TypeError
            As `loss`, or if another argument is not as described, or if dropout is frozen: its
            masks belong to the rows of one batch.
        """
        require_count("epochs", epochs)
        require_count("batch_size", batch_size)
        require_count("seed", seed, least=0)
        if not is_real(learning_rate) or not 0.0 < learning_rate < np.inf:
            raise ValueError(f"learning_rate is {learning_rate!r}; it must be a finite number > 0")
        if callback is not None:
            require_function("callback", callback)
        if self.masks is not None:
            raise ValueError("dropout is frozen to one batch; call unfreeze_dropout() before fit")
        X, Y = read_batch(self.sizes, self.params, X, Y)
        return descend(
            self,
            X,
            Y,
            epochs=epochs,
            learning_rate=learning_rate,
            batch_size=batch_size,
            seed=seed,
            callback=callback,
        )

    def _forward(self, X: FloatArray, masks: list[FloatArray] | None) -> list[FloatArray]:
        """Return [A_0, A_1, ..., A_{L-1}, Z_L], with dropout by scaled masks."""
        g = ACTIVATIONS[self.activation].function
        outputs = [X]
        for layer, (W, b) in enumerate(self.params[:-1]):
            A = g(outputs[-1] @ W + b)
            outputs.append(A if masks is None else A * masks[layer])
        W, b = self.params[-1]
        outputs.append(outputs[-1] @ W + b)
        return outputs

    def _draw_masks(self, rows: int, rng: np.random.Generator) -> list[FloatArray]:
        return [
            (rng.random((rows, width)) < self.keep_prob).astype(np.float64)
            for width in self.sizes[1:-1]
        ]


def l2_penalty(params: Params, l2: float) -> float:
    """Return ``l2 / 2`` times the sum of the squares of every W."""
    return l2 / 2 * sum(float(np.vdot(W, W)) for W, _ in params)


def add_l2_slopes(gradients: Params, params: Params, l2: float) -> Params:
    """Return gradients with the slopes of the penalty: ``l2 W`` for every W, 0 for every b."""
    pairs = zip(params, gradients, strict=True)
    return [(dW + l2 * W, db) for (W, _), (dW, db) in pairs]


def has_own_loss(network: Any) -> bool:
    """Return whether a network is an `MLP` whose loss is computed as `MLP` does."""
    if not isinstance(network, MLP):
        return False
    kept = ("loss", "scale_masks", "_forward")
    return all(
        getattr(type(network), name) is getattr(MLP, name) and name not in vars(network)
        for name in kept
    )


def _initial_params(sizes: tuple[int, ...], rng: np.random.Generator) -> Params:
    return [
        (
            rng.normal(0.0, np.sqrt(2.0 / (n_in + n_out)), (n_in, n_out)),
            rng.normal(0.0, 0.1, n_out),
        )
        for n_in, n_out in pairwise(sizes)
    ]
