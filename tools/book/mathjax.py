"""Copy MathJax, which draws the formulas, from an installed package."""

from __future__ import annotations

import shutil
from importlib.metadata import files
from pathlib import Path

# The package is made for Django, but its files do not need it.
_PACKAGE = "django-static-mathjax"
_FONTS = Path("output", "chtml", "fonts", "woff-v2")


def copy_mathjax(target: Path) -> None:
    """Copy the script, the fonts that it loads, and the licence.

    Parameters
    ----------
    target : Path
        The folder for ``tex-chtml.js``.
    """
    (script,) = (file for file in files(_PACKAGE) or [] if file.match("es5/tex-chtml.js"))
    home = Path(str(script.locate())).parent
    shutil.copytree(home / _FONTS, target / _FONTS)
    shutil.copyfile(home / script.name, target / script.name)
    shutil.copyfile(home.parent / "LICENSE", target / "LICENSE")
