"""The conda environment and the lock, against what the package says that it needs."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from rattler import MatchSpec, Version, VersionSpec

ROOT = Path(__file__).parents[1]
# conda splits Matplotlib; the part without a window toolkit is the base.
CONDA_NAMES = {"matplotlib": "matplotlib-base"}

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ENVIRONMENT: dict[str, Any] = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
NEEDED = [Requirement(text) for text in PROJECT["dependencies"]]


def conda() -> dict[str, str]:
    """Return the conda entries: name -> version specification."""
    specs = [MatchSpec(text) for text in ENVIRONMENT["dependencies"] if isinstance(text, str)]
    return {spec.name.normalized: str(spec.version or "") for spec in specs}


def locked(name: str) -> list[str]:
    """Return the locked versions of a package; they may differ between Pythons."""
    return re.findall(rf"^{re.escape(name)}==([^\s;]+)", LOCK, re.MULTILINE)


def test_the_environment_is_named_and_comes_from_conda_forge_alone() -> None:
    assert ENVIRONMENT["name"] == "gradlab"
    assert ENVIRONMENT["channels"] == ["conda-forge"]


@pytest.mark.parametrize("needed", NEEDED, ids=[requirement.name for requirement in NEEDED])
def test_every_runtime_dependency_is_named_and_admits_the_locked_version(
    needed: Requirement,
) -> None:
    spec = conda()[CONDA_NAMES.get(needed.name, needed.name)]
    assert spec == str(needed.specifier)
    versions = locked(needed.name)
    assert versions
    for version in versions:
        assert VersionSpec(spec).matches(Version(version)), version


def test_nothing_else_is_named() -> None:
    names = {CONDA_NAMES.get(requirement.name, requirement.name) for requirement in NEEDED}
    assert set(conda()) == names | {"python", "pip"}


def test_the_package_itself_is_installed_from_the_checkout() -> None:
    assert ENVIRONMENT["dependencies"][-1] == {"pip": ["-e ."]}


def test_python_is_one_that_the_package_supports() -> None:
    spec = VersionSpec(conda()["python"])
    supported = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert supported
    required = SpecifierSet(PROJECT["requires-python"])
    for minor in range(8, 20):
        version = f"3.{minor}.1"
        assert spec.matches(Version(version)) == (f"3.{minor}" in supported)
        if f"3.{minor}" in supported:
            assert required.contains(version)


def test_the_lock_names_no_address() -> None:
    rest = re.sub(r"^\s+--hash=sha256:[0-9a-f]{64}( \\)?$", "", LOCK, flags=re.MULTILINE)
    # Neither an address, nor an option, nor "name @ somewhere".
    assert not re.search(r"://|^\s*-|\s@\s", rest, re.MULTILINE)


def test_every_entry_of_the_lock_has_a_version_and_hashes() -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.+!]+( ; [^\\\n]+)? \\\n", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
