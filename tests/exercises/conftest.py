"""What tests of exercises share."""

import pytest

from gradlab.exercises import checking


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let answers call gradlab's own code, such as the wrong answers of the lessons."""
    monkeypatch.setattr(checking, "watch_calls", lambda answer, exercise, noticed: answer)
