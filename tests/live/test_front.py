"""The files that a browser loads: what they may not do, how they are joined, and their digest."""

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from gradlab.live.listening import TARGET
from gradlab.live.output import MIME
from gradlab.live.script import EXTENSION, FRONT, as_module, as_page_script
from tools import labextension

FILES = sorted(path for path in FRONT.rglob("*") if path.is_file())
MODULES = sorted(path.stem for path in (FRONT / "modules").iterdir())
PARTS = sorted(path.stem for path in (FRONT / "kit").iterdir())
# The names of SVG's elements, which no browser asks for.
NAMESPACE = "http://www.w3.org/2000/svg"
# The extension's own files, and lessons from the site that the page came from.
ALLOWED = {"remoteEntry.js": ["import("], "editions.mjs": ["fetch", "fetch"]}
# What turns data into markup or code, or asks for what is not beside the file.
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|https?:|//cdn"
    r"|\bfetch\b|XMLHttpRequest|WebSocket|sendBeacon|srcdoc|^\s*import\b|\bimport\s*\(|\brequire\s*\(",
    re.M,
)
EACH_FILE = pytest.mark.parametrize(
    "path", FILES, ids=lambda path: path.relative_to(FRONT).as_posix()
)


def read(path: Path) -> str:
    """Return the text of a file without its comments."""
    return re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.M)


@EACH_FILE
def test_a_file_makes_no_markup_from_data_and_asks_for_nothing(path: Path) -> None:
    found = FORBIDDEN.findall(read(path).replace(NAMESPACE, ""))
    assert found == ALLOWED.get(path.name, [])


@EACH_FILE
def test_a_file_says_at_its_head_what_it_is_for(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("// ")


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.parent.name in ("kit", "modules")],
    ids=lambda path: path.stem,
)
def test_a_module_can_be_wrapped(path: Path) -> None:
    text = read(path)
    assert len(re.findall(r"^export\b", text, re.M)) == 1
    assert len(re.findall(r"^export default ", text, re.M)) == 1


def test_every_front_end_has_the_whole_kit() -> None:
    listed = read(FRONT / "jupyter" / "kit.mjs").partition("const PARTS = [")[2].partition("]")[0]
    assert re.findall(r'"(\w+)"', listed) == PARTS
    for script in (as_page_script(), as_module(MODULES[0])):
        assert re.findall(r"^parts\.(\w+) = ", script, re.M) == PARTS


def test_the_page_script_has_every_module_and_no_module_syntax() -> None:
    script = as_page_script()
    assert re.findall(r"^modules\.(\w+) = ", script, re.M) == MODULES
    assert not re.search(r"^\s*(import|export)\b|\bimport\s*\(", script, re.M)
    assert script == as_page_script()
    # It may stand inside a page.
    assert "</script" not in script


@pytest.mark.parametrize("name", MODULES)
def test_a_module_for_anywidget_has_one_export_and_imports_nothing(name: str) -> None:
    module = as_module(name)
    assert re.findall(r"^export default .*$", module, re.M) == [module.splitlines()[-1]]
    assert not re.search(r"^\s*import\b|\bimport\s*\(", module, re.M)


def test_the_digest_is_that_of_the_files() -> None:
    package = json.loads(labextension.PACKAGE.read_text(encoding="utf-8"))
    load = package["jupyterlab"]["_build"]["load"]
    assert load == f"front/remoteEntry.js?v={labextension.compute_digest()}", (
        "a file of the labextension was changed: run `make labextension`"
    )


def test_the_version_is_that_of_the_package() -> None:
    package = json.loads(labextension.PACKAGE.read_text(encoding="utf-8"))
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert package["version"] == tomllib.loads(project)["project"]["version"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("jupyter/renderer.mjs", MIME),
        ("jupyter/talk.mjs", TARGET),
        ("remoteEntry.js", EXTENSION),
        ("../package.json", EXTENSION),
    ],
)
def test_the_page_and_python_call_a_thing_by_one_name(file: str, name: str) -> None:
    assert f'"{name}"' in read(FRONT / file)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    front = tmp_path / "front"
    shutil.copytree(FRONT, front)
    shutil.copy(labextension.PACKAGE, tmp_path)
    monkeypatch.setattr(labextension, "FRONT", front)
    monkeypatch.setattr(labextension, "PACKAGE", tmp_path / "package.json")
    return front


def test_the_digest_changes_with_every_file_and_every_name(copied: Path) -> None:
    digests = {labextension.compute_digest()}
    for path in sorted(copied.rglob("*.*js")):
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        digests.add(labextension.compute_digest())
    (copied / "kit" / "state.mjs").rename(copied / "kit" / "state2.mjs")
    digests.add(labextension.compute_digest())
    assert len(digests) == len(FILES) + 2


def test_the_digest_is_the_same_on_windows(copied: Path) -> None:
    before = labextension.compute_digest()
    for path in copied.rglob("*.*js"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert labextension.compute_digest() == before


def test_the_digest_is_written_only_if_it_is_another(copied: Path) -> None:
    assert not labextension.write_package()
    (copied / "kit" / "state.mjs").unlink()
    assert labextension.write_package()
    assert not labextension.write_package()
