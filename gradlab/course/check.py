"""What one check of the doctor says."""

from __future__ import annotations

from dataclasses import dataclass

DISTRIBUTION = "gradlab-course"
REINSTALL = f"Install {DISTRIBUTION} again, into an environment of its own."


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes
    ----------
    name : str
        What was checked.
    ok : bool
    found : str
        What was found.
    remedy : str
        What to do if the check fails.
    """

    name: str
    ok: bool
    found: str
    remedy: str = ""
