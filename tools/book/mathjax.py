"""MathJax, which draws the formulas, out of the package that brings it."""

from __future__ import annotations

import shutil
from importlib.metadata import files
from pathlib import Path

# Made for Django, which its files do without.
_PACKAGE = "django-static-mathjax"
_FONTS = Path("output", "chtml", "fonts", "woff-v2")


def copy_mathjax(target: Path) -> None:
    """Copy the script with the fonts that it asks for, and their licence.

    Parameters
    ----------
    target : Path
        A folder, which gets ``tex-chtml.js``.
    """
    (script,) = (file for file in files(_PACKAGE) or [] if file.match("es5/tex-chtml.js"))
    home = Path(str(script.locate())).parent
    shutil.copytree(home / _FONTS, target / _FONTS)
    shutil.copyfile(home / script.name, target / script.name)
    shutil.copyfile(home.parent / "LICENSE", target / "LICENSE")
