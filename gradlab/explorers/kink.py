"""The explorer of a kink: ``kink.mjs`` moves across it, this is its face in Python."""

from __future__ import annotations

from gradlab.explorers.explorer import make_explorer, read_between
from gradlab.live.output import LiveOutput
from gradlab.plots.pitfalls import kink_slopes, plot_kink


def explore_kink(z: float = 0.3, h: float = 0.5) -> LiveOutput:
    """Explore a kink: move a pre-activation across it, and see what a chord makes of it.

    Parameters
    ----------
    z : float, optional
        The pre-activation to begin with, between -1 and 1.
    h : float, optional
        The step to begin with, between 0.001 and 0.5.

    Returns
    -------
    LiveOutput
        The explorer; it shows itself as the last expression of a cell.

    Raises
    ------
    ValueError
        If `z` or `h` is beyond its slider.

    Examples
    --------
    >>> from gradlab import explore_kink
    >>> explorer = explore_kink(z=-0.2)
    >>> explorer.state["z"]
    -0.2
    """
    z = read_between("z", z, -1, 1)
    h = read_between("h", h, 0.001, 0.5)
    start = {"z": z, "h": h}
    return make_explorer("kink", start, plot_kink(z, h), _describe(z, h))


def _describe(z: float, h: float) -> list[str]:
    slopes = kink_slopes(z, h)
    true, gap = slopes["true"], slopes["forward"] - slopes["backward"]
    return [
        f"true slope:  {'none, z is on the kink' if true is None else f'{true:+.4f}'}",
        f"backward:    {slopes['backward']:+.4f}",
        f"forward:     {slopes['forward']:+.4f}   (forward - backward: {gap:+.4f})",
        f"central:     {slopes['central']:+.4f}",
        f"the kink is {'inside' if abs(z) < h else 'outside'} the step",
    ]
