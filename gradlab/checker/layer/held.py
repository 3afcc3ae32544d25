"""Copies of what a layer is given besides what is checked."""

from __future__ import annotations

import copy
from typing import Any

from gradlab.checker.parameters import leaves


def copy_held(value: Any) -> Any:
    """Return a copy, so that no call sees what another left; as it is, what cannot be copied.

    Plain objects, which are compared by identity, as markers are, stay what they are.

    Examples
    --------
    >>> from gradlab.checker.layer.held import copy_held
    >>> marker = object()
    >>> settings = {"mode": "train", "calls": [], "default": marker}
    >>> copied = copy_held(settings)
    >>> copied["calls"] is settings["calls"], copied["default"] is marker
    (False, True)
    """
    markers = {id(leaf): leaf for _, leaf in leaves(value) if type(leaf) is object}
    try:
        return copy.deepcopy(value, markers)
    except Exception:
        # A lock or an open file, for example, is no state of the layer.
        return value
