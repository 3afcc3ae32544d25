"""The ES modules as one script, for pages that cannot import them one by one.

A module imports nothing and ends in ``export default``; ``render`` gets what the modules share,
the kit, as an argument. The kit is made of the parts in ``kit/``, which import nothing either. So
each file can be wrapped in a function by itself.
"""

from __future__ import annotations

from pathlib import Path

LABEXTENSIONS = Path(__file__).parent / "labextensions"
EXTENSION = "gradlab-live"
FRONT = LABEXTENSIONS / EXTENSION / "front"
_EXPORT = "export default"
# Browsers refuse ES modules in a page from the disk. A classic script they take.
_START = """\
// The explorers and predictions of this page, alive without a kernel.
"use strict";
(() => {
"""
_END = """\
for (const figure of document.querySelectorAll("figure.gx-live[data-gx-module]")) {
  const { gxModule, gxState } = figure.dataset;
  if (!Object.hasOwn(modules, gxModule)) continue;
  const box = document.createElement("div");
  try {
    const state = JSON.parse(gxState);
    const model = {
      get: (name) => state[name],
      set: (name, value) => { state[name] = value; },
      save_changes: () => {},
    };
    modules[gxModule]().render({ model, el: box, kit });
    // Words that were searched for are marked by new elements, which would spoil these.
    for (const part of box.querySelectorAll("style, text")) part.classList.add("nohighlight");
    figure.replaceChildren(box);
  } catch (error) {
    console.error(error); // the picture stays
  }
}
})();
"""


def as_page_script() -> str:
    """Return the script that brings the figures of a page to life, also from the disk.

    Returns
    -------
    str
        A classic script with every module; it asks for nothing.

    Examples
    --------
    >>> from gradlab.live.script import as_page_script
    >>> "import(" in as_page_script()
    False
    """
    modules = [_wrap(f"modules.{path.stem}", path) for path in _list_files("modules")]
    return "".join([_START, _join_kit(), "const modules = {};\n", *modules, _END])


def as_module(name: str) -> str:
    """Return one module with what it needs, as an ES module for anywidget.

    Parameters
    ----------
    name : str
        The name of the module.

    Returns
    -------
    str
        An ES module that imports nothing.
    """
    # Made once: a module may remember what it has drawn.
    module = _wrap("const makeModule", FRONT / "modules" / f"{name}.mjs")
    made = "const module = makeModule();\n"
    render = "render: ({ model, el }) => module.render({ model, el, kit })"
    return "".join([_join_kit(), module, made, f"export default {{ {render} }};\n"])


def _join_kit() -> str:
    """Return what ``jupyter/kit.mjs`` does where files can be imported."""
    parts = [_wrap(f"parts.{path.stem}", path) for path in _list_files("kit")]
    join = "for (const make of Object.values(parts)) Object.assign(kit, make()(kit));\n"
    return "".join(["const parts = {};\n", *parts, "const kit = {};\n", join])


def _wrap(target: str, path: Path) -> str:
    source = path.read_text(encoding="utf-8")
    before, _, exported = source.partition(f"\n{_EXPORT} ")
    return f"{target} = () => {{\n{before}\nreturn {exported}}};\n"


def _list_files(folder: str) -> list[Path]:
    return sorted((FRONT / folder).glob("*.mjs"))
