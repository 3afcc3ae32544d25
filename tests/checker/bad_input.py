"""What the tests of bad input share: the cases' type, right arguments, and how to spoil them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Call = Callable[[], Any]
# For each call that must be refused, a pattern for its message.
Cases = Mapping[str, tuple[Call, str]]

A = np.array([0.5, -1.0, 2.0])


def label_cases(**groups: Cases) -> dict[str, tuple[Call, str]]:
    """Return the cases of several functions, each under the name of its function and its own."""
    return {
        f"{function}: {name}": case
        for function, cases in groups.items()
        for name, case in cases.items()
    }


def itself(p: Any) -> Any:
    return p


def put(array: Any, index: Any, value: Any) -> Any:
    """Return a copy with one entry changed."""
    changed = array.copy()
    changed[index] = value
    return changed


def returns(value: Any) -> Callable[[Any], Any]:
    return lambda p: value
