"""The wheel: all of the package and the lessons, nothing else, and the same bytes every time."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.build import build_editable, build_sdist, build_wheel

from gradlab.live.script import LABEXTENSIONS

ROOT = Path(__file__).parents[2]
# Where Jupyter looks, below the environment.
JUPYTER = "share/jupyter/labextensions"


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """Return the files that git tracks, by their paths from the root."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("which files are tracked is known only in a git checkout with git installed")
    listed = subprocess.run(
        [git, "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(path for path in listed.stdout.split("\0") if path)


def copy(paths: list[str], target: Path) -> Path:
    """Copy the files, and beside them what must not get into a wheel."""
    junk = ["gradlab/__pycache__/a.pyc", "gradlab/.ipynb_checkpoints/a.ipynb"]
    junk += ["notebooks/.ipynb_checkpoints/00_start_here-checkpoint.ipynb", "notebooks/a.ipynb"]
    for path in paths:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, target / path)
    for path in junk:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).touch()
    return target


def build(project: Path, target: Path) -> Path:
    target.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        return target / build_wheel(str(target))


@pytest.fixture(scope="module")
def project(tracked: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy(tracked, tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(project, tmp_path_factory.mktemp("built") / "wheel")


def lessons() -> list[str]:
    return sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


def list_shared(tracked: list[str], wheel: Path) -> dict[str, str]:
    """Return the files of the labextension: their paths in the wheel, and in the clone."""
    data = f"{'-'.join(wheel.name.split('-')[:2])}.data/data/{JUPYTER}"
    folder = LABEXTENSIONS.relative_to(ROOT).as_posix()
    extension = [path for path in tracked if path.startswith(f"{folder}/gradlab-live/")]
    assert f"{folder}/gradlab-live/package.json" in extension
    return {path.replace(folder, data): path for path in extension}


def test_the_wheel_holds_what_is_tracked_and_the_lessons(tracked: list[str], wheel: Path) -> None:
    expected = {path: path for path in tracked if path.startswith("gradlab/")}
    expected |= {f"gradlab/lessons/{name}": f"notebooks/{name}" for name in lessons()}
    expected |= list_shared(tracked, wheel)
    with ZipFile(wheel) as archive:
        packed = [name for name in archive.namelist() if ".dist-info/" not in name]
        assert sorted(packed) == sorted(expected)
        for name in packed:
            assert archive.read(name) == (ROOT / expected[name]).read_bytes(), name
        licences = [name for name in archive.namelist() if "/licenses/" in name]
        assert [name.split("/licenses/")[1] for name in sorted(licences)] == [
            "LICENSE",
            "notebooks/LICENSE",
        ]


def test_a_second_build_gives_the_same_bytes(
    tracked: list[str], wheel: Path, tmp_path: Path
) -> None:
    project = copy(tracked, tmp_path / "elsewhere")
    for path in project.rglob("*.py"):
        os.utime(path, (1e9, 1e9))
    again = build(project, tmp_path / "wheel")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_sdist_builds_the_same_wheel(project: Path, wheel: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        name = build_sdist(str(tmp_path))
    with tarfile.open(tmp_path / name) as archive:
        archive.extractall(tmp_path, filter="data")
    again = build(tmp_path / name.removesuffix(".tar.gz"), tmp_path / "wheel")
    assert again.read_bytes() == wheel.read_bytes()


def test_an_editable_install_has_the_labextension(
    tracked: list[str], wheel: Path, project: Path, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        editable = tmp_path / build_editable(str(tmp_path))
    with ZipFile(editable) as archive:
        assert set(list_shared(tracked, wheel)) <= set(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("target") / "installed"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run(
        [*pip, "--no-deps", "--no-index", "--target", str(target), str(wheel)], check=True
    )
    return target


START = """
from pathlib import Path
from gradlab.course.folder import lessons_folder, open_course
print(lessons_folder())
for lesson in open_course(Path("my-course")):
    print(lesson.name, lesson.outcome)
"""


def test_an_installed_wheel_brings_the_labextension(installed: Path) -> None:
    package = json.loads((installed / JUPYTER / "gradlab-live" / "package.json").read_bytes())
    load = package["jupyterlab"]["_build"]["load"].partition("?")[0]
    assert (installed / JUPYTER / "gradlab-live" / load).is_file()


def test_an_installed_wheel_brings_its_lessons(installed: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", START],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    folder, *outcomes = ran.stdout.splitlines()
    assert Path(folder) == installed / "gradlab" / "lessons"
    assert outcomes == [f"{name} copied" for name in lessons()]
    for name in lessons():
        copied = json.loads((tmp_path / "my-course" / name).read_bytes())
        assert copied["cells"] == json.loads((ROOT / "notebooks" / name).read_bytes())["cells"]
