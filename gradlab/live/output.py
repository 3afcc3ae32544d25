"""An output of a cell that is alive wherever it is read.

One output carries four representations, best first; each front end takes the first that it can
draw:

- `MIME`, the data alone: drawn by the course's own extension of JupyterLab, Notebook 7 and
  JupyterLite, with no kernel, also after the notebook was saved and opened again;
- a widget of anywidget: VS Code, Colab, a JupyterLab without that extension; needs the kernel;
- HTML: a figure that the book's script brings to life, and elsewhere a picture;
- plain text.
"""

from __future__ import annotations

import html
import json
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

from gradlab.live.script import as_module
from gradlab.support.shell import has_kernel

MIME = "application/vnd.gradlab.live+json"
# The outputs to which the page's messages go, as long as somebody has them.
_shown: WeakValueDictionary[str, LiveOutput] = WeakValueDictionary()
_numbers: Counter[str] = Counter()


class LiveOutput:
    """Something in a notebook to move, or to answer; the last expression of a cell shows it.

    Parameters
    ----------
    module : str
        The name of the ES module that draws it.
    state : mapping of str to JSON
        What the module draws, and what the reader changes.
    words : str
        What it shows, in words.
    still : str
        HTML that stands in for it where nothing can move.
    name : str, optional
        What it is for, if it is the same thing wherever it is shown. Without a name each output
        is one by itself.

    Attributes
    ----------
    state : dict of str to JSON
        The state; it follows what the reader does while the kernel runs.

    Examples
    --------
    >>> from gradlab import explore_chords
    >>> explore_chords(h=0.5).state["h"]
    0.5
    """

    def __init__(
        self, module: str, state: Mapping[str, Any], words: str, still: str, name: str = ""
    ) -> None:
        self.state = dict(state)
        self._module, self._words, self._still = module, words, still
        self._key = f"{module}:{name}" if name else ""

    def __repr__(self) -> str:
        return self._words

    def _repr_mimebundle_(self, **options: object) -> tuple[dict[str, Any], dict[str, Any]]:
        self._key = self._key or _make_key(self._module)
        _shown[self._key] = self
        widget, metadata = _make_widget_view(self._module, self.state)
        live = {"module": self._module, "key": self._key, "state": dict(self.state)}
        bundle = {MIME: live, **widget, "text/html": self._as_html(), "text/plain": self._words}
        return bundle, metadata

    def _as_html(self) -> str:
        state = json.dumps(self.state, ensure_ascii=False, sort_keys=True)
        return (
            f'<figure class="gx-live" data-gx-module="{self._module}" '
            f'data-gx-state="{html.escape(state)}">{self._still}</figure>'
        )


def _make_key(module: str) -> str:
    """Return the key of another output of a module: the same in every run from top to bottom."""
    _numbers[module] += 1
    return module if _numbers[module] == 1 else f"{module}:{_numbers[module]}"


def update_shown(key: str, state: Mapping[str, Any]) -> None:
    """Update the state of the output that was shown under a key, if there is one.

    Parameters
    ----------
    key : str
        The key of the output.
    state : mapping of str to JSON
        What changed; names that the output does not have are left out.
    """
    output = _shown.get(key)
    if output is not None:
        output.state.update({k: v for k, v in state.items() if k in output.state})


def _make_widget_view(module: str, state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the representation as a widget, which changes the state, and its metadata for Colab.

    There is none outside a notebook, nor without anywidget, nor in the browser's Python: its page
    always has the extension, and every package that it need not load shortens the wait for the
    first cell.
    """
    if sys.platform == "emscripten" or not has_kernel():
        return {}, {}
    try:
        import anywidget
    except ImportError:
        return {}, {}
    import traitlets

    traits = {name: traitlets.Any().tag(sync=True) for name in state}
    widget = type("LiveWidget", (anywidget.AnyWidget,), {"_esm": as_module(module), **traits})(
        **state
    )

    def follow(change: Mapping[str, Any]) -> None:
        state[change["name"]] = change["new"]

    widget.observe(follow, names=list(state))
    bundle, metadata = widget._repr_mimebundle_() or ({}, {})
    return {k: v for k, v in bundle.items() if k != "text/plain"}, metadata
