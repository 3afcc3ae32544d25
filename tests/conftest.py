"""Settings that all tests share."""

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

# A slow machine must not fail a property; the same examples run everywhere.
settings.register_profile("gradlab", deadline=None, derandomize=True)
settings.load_profile("gradlab")


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let answers call gradlab's own code, such as the wrong answers of the lessons."""
    watch = "gradlab.exercises.checking.check.watch_calls"
    monkeypatch.setattr(watch, lambda answer, exercise, violations: answer)
