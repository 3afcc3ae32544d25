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
    """A network with a bug in its ``gradients``; everything else is its own.

    `plant` makes it. It does not say which bug it has, nor do its attributes.
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
        # Here, so that no error comes from inside the bug, whose name a traceback would show.
        X, Y = read_batch(self.sizes, self.params, X, Y)
        return _BY_NUMBER[self._which].gradients(self, X, Y)


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
        An `MLP`, with the loss of one. It does not tell the name of its bug, and neither do its
        copies and pickles; who steps through the code with a debugger will find it.

    Raises
    ------
    ValueError
        If there is no bug of this name, or it would change nothing in this network.
    TypeError
        If `network` is no `MLP`, or has a bug already.

    Examples
    --------
    >>> from gradlab.bugs import plant
    >>> from gradlab import load_digits
    >>> from gradlab import check_network
    >>> from gradlab import MLP
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
        raise ValueError(f"the bug {name!r} changes nothing in this network: {bug.what}")
    spoiled = Spoiled.__new__(Spoiled)
    vars(spoiled).update(copy.deepcopy(vars(network)), _which=_number(name), _memory=[])
    return spoiled


def _number(name: str) -> int:
    # Not the place in BUGS, which would be easy to look up.
    return zlib.crc32(name.encode())


_BY_NUMBER = {_number(name): bug for name, bug in BUGS.items()}
