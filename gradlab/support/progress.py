"""A progress bar for anything that takes over a second."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from typing import Any, TypeVar

from gradlab.support.shell import running_shell

T = TypeVar("T")


def progress(
    items: Iterable[T], unit: str, *, total: int | None = None, unit_scale: float | bool = False
) -> Iterable[T]:
    """Iterate with a progress bar, which appears after a second and disappears at the end.

    It is written to stderr, or in a notebook, where stderr looks like an error, to stdout. The
    environment variable ``TQDM_DISABLE=1`` switches it off, for output that is compared or kept.

    Parameters
    ----------
    items : iterable
        The items to iterate over.
    unit : str
        The name of one item.
    total : int, optional
        The number of items. Default: ``len(items)``, if it has one.
    unit_scale : float or bool
        The number of units that an item stands for, if not one.

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
    bar: Iterable[T] = _bar_type()(
        items,
        unit=unit,
        total=total,
        unit_scale=unit_scale,
        delay=1.0,
        leave=False,
        file=sys.stderr if running_shell() is None else sys.stdout,
    )
    return bar


@functools.cache
def _bar_type() -> Any:
    # Imported when it is needed: it takes a third of the time that importing the checker takes.
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]
        # tqdm's monitor is a thread; a browser has no threads, and tqdm would warn about it.
        monitor_interval = 0

    return Bar
