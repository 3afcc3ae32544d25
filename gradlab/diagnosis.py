"""What is wrong with a gradient: the cause of a failed block, if it can be proved.

Each suspected cause says how the right gradient would follow from the wrong one. It is named only
if the gradient corrected in this way agrees with the measured slopes in every entry.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gradlab.parameters import FloatArray
from gradlab.slopes import RESOLUTION


@dataclass(frozen=True)
class Finding:
    """One thing that the check found out.

    Attributes
    ----------
    kind : str
        Of a block: "sign_flipped", "wrong_scale", "transposed", "all_zero", "weight_decay",
        "non_finite". Of the loss: "nondeterministic", "non_finite".
    parameter : str or None
        The name of the block, None if it is about the loss.
    message : str
        A sentence for people.
    factor : float or None
        For "wrong_scale", the gradient is this times the right one; for "weight_decay", this times
        the parameter is missing.
    evidence : dict
        The numbers behind it.
    """

    kind: str
    parameter: str | None
    message: str
    factor: float | None = None
    evidence: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.parameter or 'The loss'}: {self.message}"


def diagnose(
    parameter: str,
    gradient: FloatArray,
    slopes: FloatArray,
    tolerance: FloatArray,
    values: FloatArray,
    rows: int | None = None,
) -> Finding | None:
    """Name the cause of a wrong gradient, or return None if no known cause explains it.

    Parameters
    ----------
    parameter : str
        The name of the block.
    gradient, slopes, tolerance, values : ndarray of float64, of the block's shape
        The gradient to explain, the measured slopes and their tolerances, and the block itself.
    rows : int, optional
        The number m of rows of the batch, if it is known.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.diagnosis import diagnose
    >>> slopes = np.array([1.0, -2.0])
    >>> finding = diagnose("b1", 32 * slopes, slopes, 1e-9 * np.ones(2), np.zeros(2), rows=32)
    >>> print(finding)
    b1: The gradient is 32 times what it should be (m = 32 rows: a sum where the loss has a mean?).
    """

    def explains(corrected: FloatArray) -> bool:
        return bool((np.abs(corrected - slopes) <= tolerance).all())

    if not (tolerance <= RESOLUTION * np.abs(slopes).max()).all():
        return None
    if not gradient.any():
        return Finding(
            "all_zero", parameter, "The gradient is all zeros, but the loss changes with it."
        )
    if explains(-gradient):
        return Finding(
            "sign_flipped", parameter, "The sign is flipped: minus the gradient is right.", -1.0
        )
    if _is_square(gradient) and explains(gradient.T):
        return Finding(
            "transposed", parameter, "The gradient is transposed: its transpose is right."
        )
    # With fewer than two slopes that are not zero, some factor would explain anything.
    if np.count_nonzero(np.abs(slopes) > tolerance) < 2:
        return None
    correction = float(np.vdot(gradient, slopes) / np.vdot(gradient, gradient))
    if correction and explains(correction * gradient):
        return _wrong_scale(parameter, 1.0 / correction, rows)
    if np.count_nonzero(values) < 2:
        return None
    missing = float(np.vdot(values, slopes - gradient) / np.vdot(values, values))
    if explains(gradient + missing * values):
        return _weight_decay(parameter, missing)
    return None


def _is_square(block: FloatArray) -> bool:
    return block.ndim == 2 and block.shape[0] == block.shape[1]


def _wrong_scale(parameter: str, factor: float, rows: int | None) -> Finding:
    meanings = {2.0: "a 2 too many?", 0.5: "a 2 missing?"}
    if rows is not None and rows > 1:
        meanings[float(rows)] = f"m = {rows} rows: a sum where the loss has a mean?"
        meanings[1.0 / rows] = f"1/m, m = {rows} rows: a mean where the loss has a sum?"
    digits = 4 if abs(factor - 1.0) > 1e-2 else 7
    message = f"The gradient is {factor:.{digits}g} times what it should be"
    for likely, meaning in meanings.items():
        if abs(factor / likely - 1.0) < RESOLUTION:
            message += f" ({meaning})"
    return Finding("wrong_scale", parameter, f"{message}.", factor)


def _weight_decay(parameter: str, missing: float) -> Finding:
    if missing > 0.0:
        message = (
            f"The gradient lacks {missing:.4g} times the parameter itself "
            "(an L2 penalty that is in the loss, not in the gradient?)."
        )
    else:
        message = (
            f"The gradient has {-missing:.4g} times the parameter itself too much "
            "(an L2 penalty counted twice, or put where the loss has none?)."
        )
    return Finding("weight_decay", parameter, message, missing)
