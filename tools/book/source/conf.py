"""Settings of Sphinx for the book: no network, no timestamps, nothing executed."""

import re
from pathlib import Path
from typing import Any

from numpydoc.xref import DEFAULT_LINKS
from sphinx.application import Sphinx

project = "gradlab"
html_title = "gradlab: a course on gradient checking"
author = "The gradlab authors"
language = "en"
extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
exclude_patterns = ["learner"]
templates_path = ["_templates"]

nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

# MathJax 3, from the book's own files. With its menu, the Tab key would stop at every formula.
mathjax_path = "mathjax/tex-chtml.js"
mathjax3_config = {"options": {"enableMenu": False}}

# Names are grouped by hand; a test checks that no public name is missing.
numpydoc_show_class_members = False
# The types of gradlab are links. There are no links to other sites.
_CLASSES = [
    name
    for page in Path(__file__).parent.glob("reference/*.rst")
    for name in re.findall(r"autoclass:: (\S+)", page.read_text(encoding="utf-8"))
]
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = {word: word for word in DEFAULT_LINKS} | {
    name.rpartition(".")[2]: name for name in _CLASSES
}
autodoc_typehints = "none"
# They are documented without being here.
autodoc_mock_imports = ["torch", "jax"]
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
default_role = "py:obj"
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["book.css"]
html_copy_source = False
html_show_sourcelink = False
html_domain_indices = False

# Other scripts have 500. MathJax is long, and nothing that moves should wait for it.
_FIRST = 400


def _add_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Link the scripts of live figures on the pages that have one."""
    if "gx-live" in context.get("body", ""):
        for name in ("live.js", "folds.js"):
            app.add_js_file(name, loading_method="defer", priority=_FIRST)


def _give_levels(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Give the headings of the list of pages the level that screen readers need."""
    tree = context["furo_navigation_tree"]
    context["furo_navigation_tree"] = tree.replace(
        'role="heading"', 'role="heading" aria-level="2"'
    )


def setup(app: Sphinx) -> None:
    """Let Sphinx ask which scripts a page needs, and mend what the theme leaves out."""
    app.connect("html-page-context", _add_scripts)
    # The theme makes the list at 500.
    app.connect("html-page-context", _give_levels, priority=600)
