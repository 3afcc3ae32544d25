"""What the page tells Python, over a comm: a state that changed, and cells as they stand.

The page may know nothing of this, as where the course's extension is not installed. Then nothing
comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradlab.support.shell import running_shell

_TARGET = "gradlab.live"
_cells: dict[str, tuple[str, ...]] = {}


def listen() -> None:
    """Listen to the page, if this is the kernel of a notebook."""
    if getattr(running_shell(), "kernel", None) is None:
        return
    from comm import get_comm_manager

    get_comm_manager().register_target(_TARGET, _open)


def get_cell_texts(name: str) -> tuple[str, ...] | None:
    r"""Return the text of an exercise's cells, as they stood when the last check was run.

    Parameters
    ----------
    name : str
        The name of the exercise.

    Returns
    -------
    tuple of str or None
        One text for each cell with that mark, usually one in all, also if the cell was edited and
        not run since; None if the page told nothing of it.

    Examples
    --------
    >>> from gradlab.live.listening import get_cell_texts, receive
    >>> get_cell_texts("double") is None
    True
    >>> receive({"kind": "cells", "cells": {"double": ["def double(x):\n    return 2 * x"]}})
    >>> get_cell_texts("double")
    ('def double(x):\n    return 2 * x',)
    >>> receive({"kind": "cells", "cells": {}})
    """
    return _cells.get(name)


def receive(message: Any) -> None:
    """Take in one message; what is not understood is left out.

    Parameters
    ----------
    message : JSON
        From the page: ``{"kind": "state", "key": ..., "state": {...}}``, or
        ``{"kind": "cells", "cells": {name: [text, ...]}}``.
    """
    match message:
        case {"kind": "state", "key": str(key), "state": dict(state)}:
            from gradlab.live.output import update_shown

            update_shown(key, state)
        case {"kind": "cells", "cells": dict(cells)}:
            _cells.clear()
            _cells.update({name: tuple(map(str, texts)) for name, texts in cells.items()})


def _open(comm: Any, message: Mapping[str, Any]) -> None:
    comm.on_msg(lambda later: receive(later["content"]["data"]))
    receive(message["content"]["data"])
