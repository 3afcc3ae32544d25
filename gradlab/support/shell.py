"""The notebook that runs this code, if one does."""

from __future__ import annotations

import sys
from typing import Any


def running_shell() -> Any:
    """Return IPython's shell, without importing IPython where nobody has.

    Returns
    -------
    IPython.core.interactiveshell.InteractiveShell or None
        None outside IPython.
    """
    if "IPython" not in sys.modules:
        return None
    return sys.modules["IPython"].get_ipython()
