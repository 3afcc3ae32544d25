"""The ES modules as one script, for pages that cannot import them one by one.

A module imports nothing and ends in ``export default``; ``render`` gets what the modules share
(``kit.mjs``) as an argument. So a module can be wrapped in a function by itself.
"""

from __future__ import annotations

from pathlib import Path

LABEXTENSIONS = Path(__file__).parent / "labextensions"
EXTENSION = "gradlab-live"
FRONT = LABEXTENSIONS / EXTENSION / "front"
_KIT = "kit"
_EXPORT = "export default"
# Browsers refuse ES modules in a page from the disk. A classic script they take.
_START = """\
// The explorers and predictions of this page, alive without a kernel.
"use strict";
(() => {
const modules = {};
"""
_END = """\
const kit = modules.kit();
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
      on: () => {},
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
    parts = [_wrap(f"modules.{path.stem}", path) for path in sorted(_list_modules())]
    return "".join([_START, *parts, _END])


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
    wrapped = [_wrap("const makeKit", _get_path(_KIT)), _wrap("const makeModule", _get_path(name))]
    made = "const [kit, module] = [makeKit(), makeModule()];\n"
    render = "render: ({ model, el }) => module.render({ model, el, kit })"
    return "".join([*wrapped, made, f"export default {{ {render} }};\n"])


def _wrap(target: str, path: Path) -> str:
    source = path.read_text(encoding="utf-8")
    before, _, exported = source.partition(f"\n{_EXPORT} ")
    return f"{target} = () => {{\n{before}\nreturn {exported}}};\n"


def _list_modules() -> list[Path]:
    return list((FRONT / "modules").glob("*.mjs"))


def _get_path(name: str) -> Path:
    return FRONT / "modules" / f"{name}.mjs"
