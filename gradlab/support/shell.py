"""The notebook that is running this code, if any."""

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
