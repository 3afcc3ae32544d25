"""What can be said of a loss or a gradient before any cause is looked for."""

from __future__ import annotations

import numpy as np

from gradlab.checker.diagnosis import Block, Finding
from gradlab.support.floats import UNIT_ROUNDOFF


def find_unusable_loss(losses: list[float]) -> Finding | None:
    """Return a finding if the loss cannot be differenced; `losses` are values at one theta."""
    if not np.isfinite(losses).all():
        return Finding("non_finite", None, "It is NaN or infinite at these parameters.")
    spread = max(losses) - min(losses)
    # A sum that is taken in another order, as threads may do, is noise and measured as such.
    if spread <= 1024 * UNIT_ROUNDOFF * max(map(abs, losses)):
        return None
    message = (
        "It differs from call to call at the same parameters "
        "(dropout or other randomness left on? Switch it off, or freeze it)."
    )
    return Finding("nondeterministic", None, message, evidence={"spread": spread})


def find_not_finite(block: Block) -> Finding:
    """Return the finding that some entries of a gradient are NaN or infinite."""
    bad = np.argwhere(~np.isfinite(block.gradient)).tolist()
    message = (
        f"The gradient is NaN or infinite in {len(bad)} of its {block.gradient.size} entries, "
        f"first in {bad[0]}."
    )
    return Finding("non_finite", block.name, message, evidence={"entries": bad})


def find_kinks(block: Block) -> Finding:
    """Return the finding that the loss has kinks at theta, along some entries of a block."""
    kinks = np.argwhere(block.slopes.kink).tolist()
    entries = "entry" if len(kinks) == 1 else "entries"
    message = (
        f"The loss has a kink at {len(kinks)} {entries}, first at {kinks[0]}: its slopes on both "
        "sides differ, so there is no derivative. Any gradient between the two slopes counts as "
        "right; move the parameters a little to check it elsewhere."
    )
    return Finding("kink", block.name, message, evidence={"entries": kinks})
