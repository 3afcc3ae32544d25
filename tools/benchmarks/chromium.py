"""The browser that pages are measured in."""

from __future__ import annotations

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Root is not allowed in the sandbox.
FLAGS = ["--no-sandbox"]


def find_chromium() -> str | None:
    """Find a Chromium or Chrome on the path.

    Returns
    -------
    str or None
        The path of the program, None if there is none.
    """
    return next(filter(None, map(shutil.which, NAMES)), None)
