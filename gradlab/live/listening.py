"""What the page tells Python, over a comm: a state that changed, and cells as they stand.

The page may know nothing of this, as where the course's extension is not installed. Then nothing
comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradlab.live.runs import count_runs
from gradlab.support.shell import has_kernel

TARGET = "gradlab.live"
# By exercise: how many cells had been run when the texts came, and the texts.
_cells: dict[str, tuple[int, tuple[str, ...]]] = {}


def listen() -> None:
    """Listen to the page, if this is the kernel of a notebook."""
    if not has_kernel():
        return
    try:
        from comm import get_comm_manager
    except ImportError:  # a kernel that is not IPython's own
        return
    get_comm_manager().register_target(TARGET, _open)


def get_cell_texts(name: str) -> tuple[str, ...] | None:
    r"""Return the text of an exercise's cells, as the learner saw them when a check was started.

    Whenever a cell is started that calls ``check`` or ``yours`` by that name, the page first
    sends the texts of all exercises, over the channel that takes the cell. So while that cell
    runs, these are the texts that were in the notebook when the learner pressed Shift + Enter or
    chose Run All. An answer was edited and not run if the kernel has run none of its texts.
    Afterwards the texts are forgotten, since they may have changed.

    Parameters
    ----------
    name : str
        The name of the exercise.

    Returns
    -------
    tuple of str or None
        One text for each cell that has the exercise's mark, usually one. None if the page told
        nothing: there is no such cell, or the cell that runs now calls neither by its name, or
        the page lacks the course's extension, as in VS Code, in Colab, and where no page runs
        the notebook.

    Examples
    --------
    >>> from gradlab.live.listening import get_cell_texts, receive
    >>> get_cell_texts("of_no_cell") is None
    True
    >>> receive({"kind": "cells", "cells": {"double": ["def double(x):\n    return 2 * x"]}})
    >>> get_cell_texts("double")
    ('def double(x):\n    return 2 * x',)
    >>> receive({"kind": "cells", "cells": {}})
    """
    runs, texts = _cells.get(name, (0, None))
    return texts if count_runs() <= runs + 1 else None


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
            # Nobody moves an output before that module has shown it.
            from gradlab.live.output import update_shown

            update_shown(key, state)
        case {"kind": "cells", "cells": dict(cells)}:
            runs = count_runs()
            _cells.clear()
            _cells.update(
                {name: (runs, tuple(texts)) for name, texts in cells.items() if _is_texts(texts)}
            )


def _is_texts(texts: Any) -> bool:
    return isinstance(texts, list) and all(isinstance(text, str) for text in texts)


def _open(comm: Any, message: Mapping[str, Any]) -> None:
    comm.on_msg(lambda later: receive(later["content"]["data"]))
    receive(message["content"]["data"])
