"""The doctor: well where all is well, and every kind of illness named with its remedy."""

import json
import os
import re
import socket
import subprocess
import sys
import types
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import gradlab.live
from gradlab.course import doctor
from gradlab.course.check import Check
from gradlab.course.doctor import as_text, check_environment, examine

# Where an editable install would put a copy, which may be of before the last change.
JUPYTER_PATH = str(Path(gradlab.live.__file__).parent)


def names(checks: list[Check] | tuple[Check, ...]) -> list[str]:
    return [check.name for check in checks]


def test_a_sound_installation_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_PATH", JUPYTER_PATH)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "nowhere"))
    checks = examine()
    assert as_text(checks).startswith("Everything is ready."), as_text(checks)
    packages = ["numpy", "matplotlib", "anywidget", "tqdm", "jupyterlab", "ipykernel"]
    assert names(checks) == [
        *["Python", *packages, "gradlab-course"],
        *["float64", "kernel", "lessons", "network", "folder", "live outputs", "servers"],
    ]
    assert checks[0].found == "version {}.{}.{}".format(*sys.version_info)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("platform", "widgets"), [("linux", ["anywidget"]), ("emscripten", [])])
def test_what_is_checked_in_a_notebook(
    platform: str, widgets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The page in the browser has no JupyterLab package, and processes cannot be started there.
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    monkeypatch.delattr(subprocess, "Popen")
    environment = check_environment()
    assert names(environment.checks) == [
        *["Python", "numpy", "matplotlib", *widgets, "tqdm", "gradlab-course"],
        *["float64", "kernel", "live outputs"],
    ]
    assert [check.name for check in environment.checks if not check.ok] == ["kernel"]
    assert not environment.ok


def test_in_a_notebook_the_text_names_versions_and_nothing_else_of_the_machine(
    tmp_path: Path,
) -> None:
    cell = "from gradlab.course.doctor import check_environment\ncheck_environment()"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    (output,) = notebook.cells[0].outputs
    plain = re.sub(r"version \d+(\.\w+)*", "version NUMBER", output.data["text/plain"])
    assert plain == (
        "Everything is ready.\n"
        "ok      Python          version NUMBER\n"
        "ok      numpy           version NUMBER\n"
        "ok      matplotlib      version NUMBER\n"
        "ok      anywidget       version NUMBER\n"
        "ok      tqdm            version NUMBER\n"
        "ok      gradlab-course  version NUMBER\n"
        "ok      float64         unit round-off 2^-53, ties to even, subnormal numbers kept\n"
        "ok      kernel          this code runs in one\n"
        "ok      live outputs    explorers and predictions can move"
    )
    page = re.sub(r"version \d+(\.\w+)*", "version NUMBER", output.data["text/html"])
    assert page.count("✓ ok") == 9
    assert not re.search(r"\d\.\d", page)


def test_html_is_escaped_and_says_in_words_what_is_broken() -> None:
    check = Check("<b>", False, "a < b", "Use & see.")
    page = doctor.Environment((check,))._repr_html_()
    assert "✗ broken" in page
    assert "&lt;b&gt;" in page
    assert "a &lt; b. What to do: Use &amp; see." in page
    assert "1 of 1 checks failed." in page


@pytest.mark.parametrize(
    ("name", "found", "ok"),
    [
        ("numpy", "1.26.4", False),
        ("numpy", "2.0.2", True),
        ("numpy", "2.1.0rc1", True),
        ("numpy", "2.0.2+cpu", True),
        ("matplotlib", "3.8.3", False),
        ("jupyterlab", "4.1.9", False),
        ("ipykernel", "0.1", True),
    ],
)
def test_versions_are_held_against_the_floors_of_the_distribution(
    name: str, found: str, ok: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: found)
    check = doctor.check_package(name)
    assert check.ok == ok
    assert check.found == f"version {found.removesuffix('+cpu')}"
    assert check.remedy.startswith(f"Install {name}")
    assert (">=" in check.remedy) == (name != "ipykernel")


def test_an_old_python_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.python_version", lambda: "3.10.14")
    assert doctor.check_python() == Check("Python", False, "version 3.10.14", "Use Python >=3.11.")


@pytest.mark.parametrize("name", ["numpy", "matplotlib", "packaging.requirements"])
def test_what_cannot_be_imported_is_a_failed_check(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    checks = {check.name: check for check in check_environment().checks}
    broken = checks["matplotlib" if name == "matplotlib" else "numpy"]
    assert not broken.ok
    assert "ModuleNotFoundError" in broken.found
    assert "Install gradlab-course again" in broken.remedy


def test_a_missing_distribution_is_a_failed_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "DISTRIBUTION", "gradlab-nowhere")
    broken = [check for check in check_environment().checks if not check.ok]
    assert "Python" in names(broken)
    assert all("PackageNotFoundError" in check.found for check in broken if check.name != "kernel")


def test_float64_that_flushes_subnormals_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    full = np.full
    # As if halving the smallest normal number gave zero.
    monkeypatch.setattr(np, "full", lambda shape, value: full(shape, value) * 0)
    check = doctor.check_float64()
    assert not check.ok
    assert check.found == "subnormal numbers are flushed to zero"
    assert "-ffast-math" in check.remedy


def test_float64_of_another_precision_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "ones", lambda shape: np.full(shape, 1.0, dtype=np.float32))
    check = doctor.check_float64()
    assert not check.ok
    assert check.found == "the unit round-off is not 2^-53"
    double = types.SimpleNamespace(eps=np.finfo(np.float32).eps, max=1.0)
    monkeypatch.setattr(np, "finfo", lambda _: double)
    assert "np.float64 is not an IEEE double" in doctor.check_float64().found


def kernel_of(folder: Path, *command: str) -> None:
    spec = folder / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(
        json.dumps(
            {"argv": [*command, "{connection_file}"], "display_name": "K", "language": "python"}
        )
    )


def test_a_kernel_of_another_python_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = (
        "import sys; sys.prefix = '/elsewhere'; "
        "from ipykernel import kernelapp; kernelapp.launch_new_instance()"
    )
    kernel_of(tmp_path, sys.executable, "-c", code, "-f")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    check = doctor.check_kernel_start()
    assert not check.ok
    assert check.found == "belongs to another Python, in /elsewhere"
    assert "jupyter kernelspec list" in check.remedy


def test_a_kernel_that_dies_or_hangs_is_found_in_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "KERNEL_TIMEOUT", 0.5)
    for number, code in enumerate(("raise SystemExit(1)", "import time; time.sleep(60)")):
        folder = tmp_path / str(number)
        kernel_of(folder, sys.executable, "-c", code)
        monkeypatch.setenv("JUPYTER_PATH", str(folder))
        check = doctor.check_kernel_start()
        assert not check.ok
        assert "RuntimeError" in check.found


def test_a_kernel_without_gradlab_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gradlab.py").write_text("raise ImportError('another gradlab')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    check = doctor.check_kernel_start()
    assert not check.ok
    assert "ImportError: another gradlab" in check.found


def test_missing_lessons_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        "gradlab.course.folder.__file__", str(tmp_path / "gradlab" / "course" / "folder.py")
    )
    check = doctor.check_lessons()
    assert not check.ok
    assert "No lessons were found" in check.found


def test_a_machine_that_takes_no_server_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PermissionError("not here")

    monkeypatch.setattr(socket, "create_server", refuse)
    check = doctor.check_listening()
    assert not check.ok
    assert "not here" in check.found
    assert "firewall" in check.remedy


def test_a_folder_that_cannot_be_written_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Not by chmod: root may write everywhere.
    monkeypatch.setattr(os, "getcwd", lambda: str(tmp_path / "gone"))
    check = doctor.check_folder()
    assert not check.ok
    assert "cannot be written" in check.found
    assert "cd FOLDER" in check.remedy
