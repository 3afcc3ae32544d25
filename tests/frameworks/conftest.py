"""What cannot be imported here is left out, and said."""

import importlib.util

import pytest

_NEEDS = {"torch": "PyTorch", "jax": "JAX"}
_MISSING = [name for name in _NEEDS if importlib.util.find_spec(name) is None]
collect_ignore = [f"test_{name}.py" for name in _MISSING]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name in _MISSING:
        terminalreporter.write_line(f"Left out: the tests of {_NEEDS[name]}, which is not here.")
