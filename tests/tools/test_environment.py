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

from tools.check_locks import LOCKS, SYSTEMS, list_supported_pythons, resolve

ROOT = Path(__file__).parents[2]
# conda splits Matplotlib; the part without a window toolkit is the base.
CONDA_NAMES = {"matplotlib": "matplotlib-base"}

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ENVIRONMENT: dict[str, Any] = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
DEV_LOCK = (ROOT / "requirements-dev.lock").read_text("utf-8")
every_lock = pytest.mark.parametrize("lock", [LOCK, DEV_LOCK], ids=["learner", "maintainer"])
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


@every_lock
def test_a_lock_names_no_address(lock: str) -> None:
    rest = re.sub(r"^\s+--hash=sha256:[0-9a-f]{64}( \\)?$", "", lock, flags=re.MULTILINE)
    # Neither an address, nor an option, nor "name @ somewhere".
    assert not re.search(r"://|^\s*-|\s@\s", rest, re.MULTILINE)


@every_lock
def test_every_entry_of_a_lock_has_a_version_and_hashes(lock: str) -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.+!]+( ; [^\\\n]+)? \\\n", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


def pins(lock: str) -> set[str]:
    return set(re.findall(r"^[\w.-]+==[^\s;]+", lock, re.MULTILINE))


def test_what_a_learner_installs_is_a_part_of_what_a_maintainer_does() -> None:
    """So `make test` adds to an environment of `make lab`, and changes nothing in it."""
    assert pins(LOCK) < pins(DEV_LOCK)


def test_a_learner_installs_what_the_package_needs_and_its_build_back_end_alone() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    back_end = data["build-system"]["requires"]
    assert data["dependency-groups"] == {"editable": back_end}
    optional = data["project"]["optional-dependencies"]
    # A package and what it needs in turn stand below the name of who asked for it.
    names = {pin.partition("==")[0] for pin in pins(LOCK)}
    needed = {Requirement(text).name for text in [*PROJECT["dependencies"], *back_end]}
    assert needed <= names
    for extra in ("nbgrader", "sphinx", "pytest", "mypy", "ruff", "playwright", "distributed"):
        assert extra in str(optional)
        assert extra not in names


def test_the_readme_says_how_many_packages_a_learner_fetches() -> None:
    lines = re.findall(r"^([\w.-]+==[^\\\n]+?) \\$", LOCK, re.MULTILINE)
    oldest = {"python_full_version": "3.11.7", "python_version": "3.11", "os_name": "posix"}
    linux = {**oldest, "sys_platform": "linux", "platform_system": "Linux"}
    markers = [Requirement(line).marker for line in lines]
    count = sum(marker is None or marker.evaluate(linux) for marker in markers)
    assert f"{count} packages of" in (ROOT / "README.md").read_text("utf-8")
    assert count < 115


def test_the_locks_are_resolved_for_every_python_and_system_that_is_promised() -> None:
    assert list_supported_pythons() == re.findall(
        r":: (3\.\d+)", "\n".join(PROJECT["classifiers"])
    )
    readme = (ROOT / "README.md").read_text("utf-8")
    for system in SYSTEMS:
        assert system in readme
    for lock in LOCKS:
        assert (ROOT / lock).is_file()


def test_a_lock_that_does_not_resolve_says_why(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"a-name-that-is-not-there==1.0 --hash=sha256:{'0' * 64}\n")
    # Without a network it does not resolve either.
    found = resolve(lock, "3.14", SYSTEMS["macOS arm64"])
    assert found.packages == 0
    assert "a-name-that-is-not-there" in found.reason
