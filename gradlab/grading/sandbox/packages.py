"""What answers can import beside Python's library: the packages that the course installs.

Not all that is installed here: an answer that needs more would run on one machine and not on
another, and other packages might hold solutions. gradlab itself is sent, never found.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_COURSE = "gradlab-course"
# The server and the pages of JupyterLab: some sixty packages that no answer imports.
_LEFT_OUT = frozenset({_COURSE, "jupyterlab"})
# There whatever an answer imports; gradlab's checker needs tqdm. Not all need to have SciPy.
_BASIC = ("numpy", "scipy", "tqdm")
_KNOWN = frozenset({"numpy", "scipy", "gradlab"}) | sys.stdlib_module_names
# What may import a module by a name that is not to be seen.
_IMPORTERS = ("__import__", "import_module", "exec")

Packages = Mapping[str, Path]


def choose_packages(imports: Collection[str], texts: Iterable[str]) -> Packages:
    """Return the packages that answers may import, all of the course's only if they need more.

    Each takes time when a sandbox starts.

    Parameters
    ----------
    imports : collection of str
        The modules that the answers import.
    texts : iterable of str
        The answers.

    Returns
    -------
    mapping of str to Path
        What is to be found in a folder of packages, and where it is.
    """
    more = not _KNOWN.issuperset(imports)
    if more or any(name in text for text in texts for name in _IMPORTERS):
        return find_course_packages()
    return find_basic_packages()


@cache
def find_basic_packages() -> Packages:
    """Return the packages that every answer may import."""
    return _find_places(filter(None, map(_find, _BASIC)))


@cache
def find_course_packages() -> Packages:
    """Return all that the course installs for a lesson to run, with what that needs in turn.

    Returns
    -------
    mapping of str to Path
        A folder or a module for each name in a folder of packages.

    Examples
    --------
    >>> from gradlab.grading.sandbox.packages import find_course_packages
    >>> {"numpy", "matplotlib", "IPython", "tqdm"} <= set(find_course_packages())
    True
    """
    found: dict[str, Distribution] = {}
    waiting = [*_BASIC, *_read_requirements(distribution(_COURSE))]
    while waiting:
        name = canonicalize_name(waiting.pop())
        package = None if name in found or name in _LEFT_OUT else _find(name)
        if package is not None:
            found[name] = package
            waiting += _read_requirements(package)
    return _find_places(found.values())


def _find(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _read_requirements(package: Distribution) -> Iterator[str]:
    """Yield what a package needs on this machine, without extras."""
    for text in package.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def _find_places(packages: Iterable[Distribution]) -> Packages:
    places = {}
    for package in packages:
        for name in sorted(_list_contents(package)):
            place = Path(str(package.locate_file(name)))
            if place.exists():
                places[name] = place
    return dict(sorted(places.items()))


def _list_contents(package: Distribution) -> set[str]:
    """Return the names of a package's folders and modules where packages are installed."""
    record = package.read_text("RECORD")
    if record is None:  # a distribution of Linux may leave it out
        names = (package.read_text("top_level.txt") or package.name).split()
        return {*names, *(f"{name}.py" for name in names)}
    first = {line.partition(",")[0].strip('"').partition("/")[0] for line in record.splitlines()}
    return {
        name
        for name in first
        if name not in ("", "..", "__pycache__") and not name.endswith((".dist-info", ".pth"))
    }


@cache
def list_fonts() -> Mapping[str, str]:
    """Return Matplotlib's list of its own fonts, so that no answer has to search for them.

    That takes half a second, and much longer where a system has many fonts.

    Returns
    -------
    mapping of str to str
        The name of the file in Matplotlib's cache, and its text; empty without Matplotlib.
    """
    try:
        from matplotlib import font_manager
    except ImportError:
        return {}
    with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
        font_manager.json_dump(font_manager.fontManager, file.name)
        fonts = json.load(file)
    for kind in ("ttflist", "afmlist"):
        # Those of Matplotlib's own are relative to it.
        fonts[kind] = [font for font in fonts[kind] if not Path(font["fname"]).is_absolute()]
    version = font_manager.FontManager.__version__
    return {f"fontlist-v{version}.json": json.dumps(fonts)}
