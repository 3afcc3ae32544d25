"""How Sphinx makes the book: no network, no time stamps, nothing executed."""

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

# MathJax 3 from the book's own files. Its menu would make each formula a stop of the Tab key.
mathjax_path = "mathjax/tex-chtml.js"
mathjax3_config = {"options": {"enableMenu": False}}

# Documented in groups, by hand; a test sees that no public name is missing.
numpydoc_show_class_members = False
autodoc_typehints = "none"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
default_role = "py:obj"
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["book.css"]
html_copy_source = False
html_show_sourcelink = False
html_domain_indices = False
