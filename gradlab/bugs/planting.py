"""Planted bugs: networks whose backward pass is wrong in a known way."""

from __future__ import annotations

import copy
import zlib
from typing import Any

from gradlab.bugs.catalogue import BUGS, Bug
from gradlab.network.batch import Params, read_batch
from gradlab.network.mlp import MLP
from gradlab.support.floats import FloatArray

__all__ = ["BUGS", "Bug", "Spoiled", "plant"]


class Spoiled(MLP):
    """A network with a bug in its ``gradients``, or disguised as one; everything else is right.

    `plant` and `disguise` make it. Neither its text nor its attributes tell which bug it has.
    """

    _which: int
    # What some bugs keep from one call to the next.
    _memory: list[Any]

    def gradients(self, X: FloatArray, Y: FloatArray) -> Params:
        """Return the gradient of the loss by backpropagation, with a mistake in it.

        Parameters
        ----------
        X, Y : ndarray
            As for `loss`.

        Returns
        -------
        list of (dW, db)
            In the shapes of `params`.

        Raises
        ------
        ValueError, TypeError
            As `loss`.
        """
        # Checked here: an error from inside the bug would show its name in the traceback.
        X, Y = read_batch(self.sizes, self.params, X, Y)
        bug = _BY_HASH.get(self._which)
        return super().gradients(X, Y) if bug is None else bug.gradients(self, X, Y)


def plant(network: MLP, name: str) -> MLP:
    """Return a copy of a network with a bug in its ``gradients``, which ``fit`` uses too.

    Parameters
    ----------
    network : MLP
        Not changed.
    name : str
        A key of `BUGS`.

    Returns
    -------
    Spoiled
        An `MLP` with the right loss. Neither the network nor its copies and pickles tell the name
        of its bug; a debugger that steps through the code does.

    Raises
    ------
    ValueError
        If there is no bug of this name, or it changes nothing in this network.
    TypeError
        If `network` is not an `MLP`, or already has a bug.

    Examples
    --------
    >>> from gradlab import MLP, check_network, load_digits
    >>> from gradlab.bugs import plant
    >>> X, Y = load_digits()
    >>> network = plant(MLP([64, 6, 6, 10]), "transposed_weights")
    >>> print(check_network(network, X[:16], Y[:16]).findings[0])
    W2: The gradient is transposed: its transpose is right.
    """
    if name not in list(BUGS):
        raise ValueError(f"name is {name!r}; it must be one of {', '.join(BUGS)}")
    if type(network) is not MLP:
        kind = type(network).__name__
        raise TypeError(f"network is of type {kind}; it must be an MLP without a bug")
    bug = BUGS[name]
    if not bug.spoils(network):
        raise ValueError(
            f"name must be a bug that takes effect; {name!r} changes nothing in this network. "
            f"{bug.what} Choose another bug, or another network."
        )
    return _make_spoiled(network, _hash_name(name))


def disguise(network: MLP) -> MLP:
    """Return a copy of a right network that cannot be told from one with a bug by its type.

    Parameters
    ----------
    network : MLP
        Not changed.

    Returns
    -------
    Spoiled
        Its ``gradients`` are right.
    """
    # A number of its own, so that the right ones are not those whose numbers are equal.
    return _make_spoiled(network, zlib.crc32(network.params[0][0].tobytes()))


def _make_spoiled(network: MLP, which: int) -> Spoiled:
    spoiled = Spoiled.__new__(Spoiled)
    vars(spoiled).update(copy.deepcopy(vars(network)), _which=which, _memory=[])
    return spoiled


def _hash_name(name: str) -> int:
    # Not the index in BUGS, which would be easy to look up.
    return zlib.crc32(name.encode())


_BY_HASH = {_hash_name(name): bug for name, bug in BUGS.items()}
