"""A progress bar for what takes over a second."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TypeVar

from tqdm import tqdm

from gradlab.support.shell import running_shell

T = TypeVar("T")


class _Bar(tqdm):  # type: ignore[type-arg]
    # tqdm's monitor is a thread, and in a browser, which has none, trying for one is a warning.
    monitor_interval = 0


def progress(
    items: Iterable[T], unit: str, *, total: int | None = None, unit_scale: float | bool = False
) -> Iterable[T]:
    """Go over items with a progress bar, which appears after a second and leaves at the end.

    It goes to stderr; in a notebook, where that looks like an error, to stdout. The environment
    variable ``TQDM_DISABLE=1`` switches it off, for outputs that are compared or kept.

    Parameters
    ----------
    items : iterable
        What to go over.
    unit : str
        What an item is called.
    total : int, optional
        How many there are. Default: ``len(items)``, if it has one.
    unit_scale : float or bool
        How many units an item stands for, if not one.

    Returns
    -------
    iterable
        The same items.

    Examples
    --------
    >>> from gradlab.support.progress import progress
    >>> sum(progress(range(4), "step"))
    6
    """
    bar: Iterable[T] = _Bar(
        items,
        unit=unit,
        total=total,
        unit_scale=unit_scale,
        delay=1.0,
        leave=False,
        file=sys.stderr if running_shell() is None else sys.stdout,
    )
    return bar
