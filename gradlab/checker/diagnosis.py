"""What is wrong with a gradient: the cause of a failed block, if it can be proved.

Each suspected cause says how the right gradient would follow from the wrong one. It is named only
if the gradient corrected in this way agrees with the measured slopes in every entry.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gradlab.checker.slopes import RESOLUTION, Slopes
from gradlab.support.floats import FloatArray

# A corrected gradient may differ from the slopes by their tolerances and by this part of the
# block's largest slope: right gradients that pass do so by less.
_SLACK = 1e-6


@dataclass(frozen=True)
class Finding:
    """One thing that the check found out.

    Attributes
    ----------
    kind : str
        Of a block: "sign_flipped", "wrong_scale", "transposed", "permuted", "all_zero",
        "weight_decay", "few_entries", "non_finite", "kink". Of a network: "backprop_from_layer".
        Of the loss: "nondeterministic", "non_finite", "low_precision".
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
    evidence: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.parameter or 'The loss'}: {self.message}"


@dataclass(frozen=True)
class Block:
    """What is known of one block of parameters.

    Attributes
    ----------
    name : str
    values, gradient : ndarray of float64
        The parameters, and the gradient that is checked.
    slopes : Slopes
        As measured, in the same shape.
    """

    name: str
    values: FloatArray
    gradient: FloatArray
    slopes: Slopes

    @property
    def failed(self) -> bool:
        """Whether any entry is wrong."""
        return bool(self.slopes.wrong.any())

    @property
    def largest(self) -> float:
        """The size of the largest slope."""
        return float(np.abs(self.slopes.value).max())

    @property
    def difference(self) -> FloatArray:
        """How far the gradient is from each slope."""
        return np.abs(self.gradient - self.slopes.value)

    @property
    def _sharp(self) -> NDArray[np.bool_]:
        """Where the slope is known well enough to prove anything."""
        return self.slopes.tolerance <= RESOLUTION * self.largest

    @property
    def _telling(self) -> NDArray[np.bool_]:
        """Where the slope is known well enough, and is not zero."""
        return self._sharp & (np.abs(self.slopes.value) > 2.0 * self.slopes.tolerance)

    def explained_by(self, corrected: FloatArray) -> bool:
        """Return whether this gradient would pass."""
        allowed = 2.0 * self.slopes.tolerance + _SLACK * self.largest
        return bool((np.abs(corrected - self.slopes.value) <= allowed).all())


@dataclass(frozen=True)
class Setting:
    """What is known of the loss, and gives numbers their meaning.

    Attributes
    ----------
    rows : int or None
        The number m of rows of the batch.
    keep_prob : float
        The keep probability of dropout, 1 without.
    """

    rows: int | None = None
    keep_prob: float = 1.0

    def meanings(self) -> dict[float, str]:
        """Return factors that a gradient is likely to be off by, and why."""
        meanings = {2.0: "a 2 too many?", 0.5: "a 2 missing?"}
        if self.rows is not None and self.rows > 1:
            m = self.rows
            meanings[float(m)] = f"m = {m} rows: a sum where the loss has a mean?"
            meanings[1.0 / m] = f"1/m, m = {m} rows: a mean where the loss has a sum?"
        if self.keep_prob < 1.0:
            p = self.keep_prob
            meanings[p] = f"keep probability {p:g}: the 1/{p:g} of inverted dropout missing?"
            meanings[1.0 / p] = f"1/{p:g}, keep probability {p:g}: scaled once too often?"
        return meanings


def diagnose(blocks: Sequence[Block], setting: Setting | None = None) -> list[Finding]:
    """Name the causes of wrong gradients, as far as they can be proved.

    Parameters
    ----------
    blocks : sequence of Block
        All blocks, in order, right ones included.
    setting : Setting, optional
        What is known of the loss.

    Returns
    -------
    list of Finding
        In the order of the blocks; two for a block with two causes at once, none for a block
        whose cause is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.diagnosis import Block, Setting, diagnose
    >>> from gradlab.checker.slopes import Slopes
    >>> value, no = np.array([1.0, -2.0, 0.5]), np.zeros(3, dtype=bool)
    >>> slopes = Slopes(value, 1e-9 * np.ones(3), ~no, no, no)
    >>> print(*diagnose([Block("b1", np.zeros(3), 32 * value, slopes)], Setting(rows=32)))
    b1: The gradient is 32 times what it should be (m = 32 rows: a sum where the loss has a mean?).
    """
    setting = setting or Setting()
    findings = {block.name: _causes(block, setting, []) for block in blocks if block.failed}
    # A block of few numbers proves no factor by itself, but confirms one that others prove.
    every = [finding for causes in findings.values() for finding in causes]
    factors = sorted({f.factor for f in every if f.kind == "wrong_scale" and f.factor})
    for block in blocks:
        if findings.get(block.name) == []:
            findings[block.name] = _causes(block, setting, factors)
    layers = _backprop_from_layer(blocks, findings)
    return layers + [finding for block in findings.values() for finding in block]


def _causes(block: Block, setting: Setting, factors: Sequence[float]) -> list[Finding]:
    """Return the simplest cause that explains the block, as one finding or two."""
    if np.count_nonzero(block._sharp) < block.gradient.size / 2 or not block._telling.any():
        return []
    if not block.gradient.any():
        return [_finding("all_zero", block, "The gradient is all zeros, but the loss changes.")]
    if block.explained_by(-block.gradient):
        message = "The sign is flipped: minus the gradient is right."
        return [Finding("sign_flipped", block.name, message, -1.0)]
    if _is_square(block.gradient) and block.explained_by(block.gradient.T):
        message = "The gradient is transposed: its transpose is right."
        return [_finding("transposed", block, message)]
    return (
        _scaled(block, setting, factors)
        or _decayed(block)
        or _few_entries(block)
        or _permuted(block)
        or _transposed_and_scaled(block, setting)
        or _scaled_and_decayed(block, setting)
    )


def _finding(kind: str, block: Block, message: str) -> Finding:
    return Finding(kind, block.name, message)


def _is_square(array: FloatArray) -> bool:
    return array.ndim == 2 and array.shape[0] == array.shape[1] > 1


def _scaled(block: Block, setting: Setting, factors: Sequence[float]) -> list[Finding]:
    known = [*setting.meanings(), *factors]
    for factor in known:
        if block.explained_by(block.gradient / factor):
            return [_wrong_scale(block, factor, setting)]
    # With fewer than two slopes that are not zero, some factor would explain anything.
    if np.count_nonzero(block._telling) < 2:
        return []
    factor = _fit(block.slopes.value, block.gradient, block._sharp)
    if factor and block.explained_by(block.gradient / factor):
        return [_wrong_scale(block, factor, setting)]
    return []


def _decayed(block: Block) -> list[Finding]:
    if np.count_nonzero(block.values) < 2 or np.count_nonzero(block._sharp) < 2:
        return []
    missing = _fit(block.values, block.slopes.value - block.gradient, block._sharp)
    if missing and block.explained_by(block.gradient + missing * block.values):
        return [_weight_decay(block, missing)]
    return []


def _few_entries(block: Block) -> list[Finding]:
    wrong = block.slopes.wrong
    count = int(wrong.sum())
    rest_is_right = not block.slopes.doubtful.any()
    if not rest_is_right or count == wrong.size or count > max(1, wrong.size // 4):
        return []
    places = np.argwhere(wrong).tolist()
    shown = ", ".join(str(place) for place in places[:6]) + (", ..." if count > 6 else "")
    entries = "entry is" if count == 1 else "entries are"
    message = f"{count} of the {wrong.size} {entries} wrong, at {shown}; the others are right"
    message += f"{_common_line(places, wrong.shape)}."
    return [Finding("few_entries", block.name, message, evidence={"entries": places})]


def _common_line(places: list[list[int]], shape: tuple[int, ...]) -> str:
    if len(shape) != 2 or len(places) < 2:
        return ""
    rows, columns = (sorted({place[axis] for place in places}) for axis in (0, 1))
    if len(rows) == 1:
        return f" (all in row {rows[0]})"
    if len(columns) == 1:
        return f" (all in column {columns[0]})"
    return ""


def _permuted(block: Block) -> list[Finding]:
    G, slopes = block.gradient, block.slopes.value
    if G.size < 2:
        return []
    # Sorted, both are the same numbers, if one is the other in another order.
    order_of_slopes = np.argsort(slopes, axis=None)
    corrected = np.empty_like(G).ravel()
    corrected[order_of_slopes] = np.sort(G, axis=None)
    if not block.explained_by(corrected.reshape(G.shape)):
        return []
    message = f"The entries are right, but in another order{_order(block)}."
    return [_finding("permuted", block, message)]


def _order(block: Block) -> str:
    G = block.gradient
    if G.ndim == 1:
        return " (reversed?)" if block.explained_by(G[::-1]) else ""
    if G.ndim != 2:
        return ""
    if block.explained_by(G.ravel().reshape(G.shape, order="F")):
        return " (column by column in place of row by row: a transpose that was reshaped?)"
    if block.explained_by(G.T.ravel().reshape(G.shape)):
        return " (row by row in place of column by column: a transpose that was reshaped?)"
    slopes = block.slopes.value
    for name, mine, theirs in (("rows", G, slopes), ("columns", G.T, slopes.T)):
        mine, theirs = (lines[np.lexsort(lines.T[::-1])] for lines in (mine, theirs))
        if np.abs(mine - theirs).max() <= _SLACK * np.abs(slopes).max():
            return f" (whole {name} in other places?)"
    return ""


def _transposed_and_scaled(block: Block, setting: Setting) -> list[Finding]:
    if not _is_square(block.gradient) or np.count_nonzero(block._telling) < 4:
        return []
    factor = _fit(block.slopes.value, block.gradient.T, block._sharp)
    if not factor or not block.explained_by(block.gradient.T / factor):
        return []
    message = "The gradient is transposed, and so is what follows from it."
    return [_finding("transposed", block, message), _wrong_scale(block, factor, setting)]


def _scaled_and_decayed(block: Block, setting: Setting) -> list[Finding]:
    sharp = block._sharp
    if np.count_nonzero(block._telling) < 4 or np.count_nonzero(block.values) < 2:
        return []
    # gradient = factor * slope - missing * parameter
    columns = np.stack([block.slopes.value[sharp], block.values[sharp]], axis=1)
    sizes = np.abs(columns).max(axis=0)
    if not sizes.all():
        return []
    solution = np.linalg.lstsq(columns / sizes, block.gradient[sharp], rcond=None)[0] / sizes
    factor, extra = float(solution[0]), float(solution[1])
    if not factor or not block.explained_by((block.gradient - extra * block.values) / factor):
        return []
    # The penalty is right, or missing, in the loss's own scale.
    return [_wrong_scale(block, factor, setting, but_penalty=True), _weight_decay(block, -extra)]


def _fit(onto: FloatArray, what: FloatArray, where: NDArray[np.bool_]) -> float:
    """Return the c for which c * onto is closest to `what`."""
    a, b = onto[where], what[where]
    size = np.abs(a).max(initial=0.0)
    if size == 0.0:
        return 0.0
    unit = a / size
    return float(np.vdot(unit, b) / np.vdot(unit, unit) / size)


def _wrong_scale(
    block: Block, factor: float, setting: Setting, but_penalty: bool = False
) -> Finding:
    digits = 4 if abs(factor - 1.0) > 1e-2 else 7
    what = "The gradient, but for a penalty," if but_penalty else "The gradient"
    message = f"{what} is {factor:.{digits}g} times what it should be"
    for likely, meaning in setting.meanings().items():
        if abs(factor / likely - 1.0) < RESOLUTION:
            message += f" ({meaning})"
    return Finding("wrong_scale", block.name, f"{message}.", factor)


def _weight_decay(block: Block, missing: float) -> Finding:
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
    return Finding("weight_decay", block.name, message, missing)


def _backprop_from_layer(
    blocks: Sequence[Block], findings: dict[str, list[Finding]]
) -> list[Finding]:
    """Name the layer from which on everything backwards is wrong, if there is one."""
    layers: dict[int, list[Block]] = {}
    for block in blocks:
        number = re.fullmatch(r"[Wb](\d+)", block.name)
        if number is None:
            return []
        layers.setdefault(int(number[1]), []).append(block)
    failing = [layer for layer, pair in layers.items() if any(block.failed for block in pair)]
    last = max(failing, default=0)
    if not 1 <= last < len(layers):
        return []
    # A block whose slopes are zero, or not known, neither proves nor disproves it.
    upstream = [block for layer in range(1, last + 1) for block in layers[layer]]
    if not all(block.failed or not block._telling.any() for block in upstream):
        return []
    failed = [block for block in upstream if block.failed]
    if len(failed) < 2 or not all(block.failed for block in layers[last]):
        return []
    causes = [findings[block.name] for block in failed]
    if all(causes) and len({cause[0].kind for cause in causes}) > 1:
        return []
    message = (
        f"Every gradient up to layer {last} is wrong, and every one after it is right: "
        f"the error enters where delta_{last} follows from delta_{last + 1} "
        f"(W{last + 1} transposed? the derivative of the activation?)."
    )
    return [Finding("backprop_from_layer", f"W{last}", message, evidence={"layer": last})]
