"""What is running this code: a notebook, an IPython in a terminal, or neither."""

from __future__ import annotations

import sys
from typing import Any


def running_shell() -> Any:
    """Return IPython's shell, without importing IPython if nobody has.

    Returns
    -------
    IPython.core.interactiveshell.InteractiveShell or None
        None outside IPython.
    """
    if "IPython" not in sys.modules:
        return None
    return sys.modules["IPython"].get_ipython()


def has_kernel() -> bool:
    """Return whether this code runs in the kernel of a notebook, not in a terminal.

    Returns
    -------
    bool
    """
    return getattr(running_shell(), "kernel", None) is not None
