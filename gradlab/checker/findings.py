"""What is found about a loss or a gradient besides the causes of wrong blocks."""

from __future__ import annotations

import math

import numpy as np

from gradlab.checker.diagnosis import Block, Finding
from gradlab.checker.loss import LossOfTheta
from gradlab.checker.measuring.noise import Noise
from gradlab.checker.measuring.steps import largest_in_units
from gradlab.support.floats import UNIT_ROUNDOFF, FloatArray

# Two calls of one function may differ by this many units of round-off: a sum that is taken in
# another order, as threads may do, is noise, and measured as such.
_REPLAY = 1024
# Noise above this many units of round-off cannot come from float64 arithmetic alone.
_LOW_PRECISION = 2.0**17
# A difference of at most this part of the block's largest slope is small.
_SMALL = 1e-4


def find_unusable_loss(losses: list[float], size: float) -> Finding | None:
    """Return a finding if the loss cannot be differenced.

    Parameters
    ----------
    losses : list of float
        Values at one theta.
    size : float
        The size of the numbers whose rounding is that of the loss.
    """
    if not np.isfinite(losses).all():
        return Finding("non_finite", None, "It is NaN or infinite at these parameters.")
    spread = max(losses) - min(losses)
    if spread <= _REPLAY * UNIT_ROUNDOFF * max(size, *map(abs, losses)):
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


def find_changing_gradient(
    first: FloatArray, again: FloatArray, measured: FloatArray
) -> Finding | None:
    """Return a finding if a second call of the gradient function returned something else.

    Parameters
    ----------
    first, again : ndarray of float64, shape (N,)
        What the two calls returned.
    measured : ndarray of float64, shape (N,)
        The slopes as measured; nan where they are not known.
    """
    if np.array_equal(first, again):
        return None
    finite = np.isfinite(first) & np.isfinite(again)
    before, after = np.where(finite, first, 0.0), np.where(finite, again, 0.0)
    largest = float(np.abs(after - before).max())
    if not largest > _REPLAY * UNIT_ROUNDOFF * np.abs([before, after]).max():
        return None
    hint = "is dropout or other randomness left on?"
    # Not where nothing was measured: nothing is smaller than nan.
    if (np.abs(after - before - measured) <= 1e-3 * np.abs(measured).max()).all():
        hint = "the second is larger by the gradient itself: are the arrays added to, never reset?"
    message = f"Its gradient differs from call to call at the same parameters ({hint})."
    return Finding("nondeterministic", None, message, evidence={"spread": largest})


def find_low_precision(at: LossOfTheta, noise: Noise, scales: FloatArray) -> Finding | None:
    """Return a finding if the loss has far fewer digits than float64 arithmetic gives it."""
    size, sigma = at.size, noise.sigma
    limit = _LOW_PRECISION * UNIT_ROUNDOFF
    is_known = noise.is_settled and np.isfinite(sigma)
    if not (is_known and size > 0.0 and sigma > limit * size):
        return None
    # A small loss may be the difference of large numbers, whose digits are all there.
    size = max(size, at.size_nearby(scales))
    if not sigma > limit * size:
        return None
    digits = math.floor(-math.log10(sigma / size))
    # A loss that is nothing but noise, as a sum that is zero, has no digits to speak of.
    if digits < 1 and not noise.is_quantised:
        return None
    about = f"about {digits} correct digits" if digits > 1 else "hardly a correct digit"
    message = (
        f"It has {about} where float64 has 16 (a float32 inside, or a large number that cancels?)."
    )
    return Finding("low_precision", None, message, evidence={"noise": sigma})


def find_small_difference(block: Block) -> Finding | None:
    """Return a finding if a block fails by a small part of its largest slope."""
    if not block.failed:
        return None
    with np.errstate(all="ignore"):
        sizes = np.maximum(np.abs(block.gradient), np.abs(block.slopes.value))
        largest = largest_in_units(np.ravel(block.values), np.nan_to_num(np.ravel(sizes)))
        parts = np.ravel(block.difference) / largest
        part = float(np.nanmax(parts[np.ravel(block.slopes.wrong)]))
    if not 0.0 < part <= _SMALL:
        return None
    rtol = 10.0 ** math.ceil(math.log10(2.0 * part))
    message = (
        f"The gradient agrees to {part:.0e} of the block's largest entry, and the difference is "
        "real (an eps, a solver's tolerance or a float32 in one of the two?). "
        f"rtol={rtol:.0e} would let it pass."
    )
    return Finding("small_difference", block.name, message, evidence={"part": part, "rtol": rtol})
