"""The code that a function of a case carries, as a learner runs it."""

from typing import Any

import numpy as np

import gradlab


def run_code(code: str) -> Any:
    """Return the function of a code as a learner gets it who pastes it."""
    names: dict[str, Any] = {"np": np, "gradlab": gradlab}
    if not code.startswith("def "):
        return eval(code, names)
    exec(code, names)
    return names[code.removeprefix("def ").partition("(")[0]]
