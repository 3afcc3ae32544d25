"""The workflow file names what there is: versions of Python, targets of make, files."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "course.yml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    return found


def test_every_python_that_the_package_promises_is_tested_on_every_system(
    jobs: dict[str, Any],
) -> None:
    matrix = jobs["tests"]["strategy"]["matrix"]
    promised = re.findall(r":: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    assert matrix["python"] == promised
    assert [f"py{version.replace('.', '')}" for version in promised] == PROJECT["tool"]["tox"][
        "env_list"
    ]
    assert jobs["learner"]["strategy"]["matrix"]["python"] == [promised[0], promised[-1]]
    systems = ["ubuntu-latest", "macos-latest", "windows-latest"]
    for name in ("tests", "learner", "conda"):
        assert jobs[name]["strategy"]["matrix"]["os"] == systems, name


def test_what_the_jobs_call_exists() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"run: make ([\w-]+)", text)
    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    files = re.findall(r"[\w/-]+\.(?:lock|yml)\b", text)
    assert files
    for file in files:
        assert (ROOT / file).exists(), file


def test_the_site_is_published_from_main_alone_and_after_all_tests(jobs: dict[str, Any]) -> None:
    publish = jobs["publish"]
    assert "refs/heads/main" in publish["if"]
    assert sorted(publish["needs"]) == sorted(set(jobs) - {"publish"})
    assert [name for name, job in jobs.items() if "permissions" in job] == ["publish"]
    paths = [
        step["with"]["path"] for step in jobs["site"]["steps"] if "path" in step.get("with", {})
    ]
    assert "build/site" in paths
