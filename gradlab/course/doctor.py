"""Checks of what the course needs; each says what it found and what to do."""

from __future__ import annotations

import importlib
import os
import platform
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from importlib import metadata

from gradlab.course.check import DISTRIBUTION, REINSTALL, Check
from gradlab.support.shell import has_kernel

KERNEL_TIMEOUT = 60.0


@dataclass(frozen=True, repr=False)
class Environment:
    """What `check_environment` found, shown if it is the last line of a cell.

    Attributes
    ----------
    checks : tuple of Check
    """

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(check.ok for check in self.checks)

    def __str__(self) -> str:
        return as_text(self.checks)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{'✓ ok' if check.ok else '✗ broken'}</td>"
            f'<th scope="row" style="text-align: left">{escape(check.name)}</th>'
            f'<td style="text-align: left">{escape(_describe(check))}</td></tr>'
            for check in self.checks
        )
        summary = f"<p><strong>{_summarize(self.checks)}</strong></p>"
        return f"{summary}<table><tbody>{rows}</tbody></table>"


def check_environment() -> Environment:
    """Check versions, float64, the kernel and live outputs from within a notebook.

    Returns
    -------
    Environment
        Where all is well, its text is always the same, except for the versions.

    Examples
    --------
    >>> from gradlab import check_environment
    >>> [check.name for check in check_environment().checks if "kernel" in check.name]
    ['kernel']
    """
    from gradlab.course.extension import check_extension_version

    # Not jupyterlab: something else may have opened the notebook.
    names = ("numpy", "matplotlib", *_list_widgets(), "tqdm", DISTRIBUTION)
    return Environment(
        (
            _run_check("Python", check_python),
            *(_run_check(name, check_package, name) for name in names),
            _run_check("float64", check_float64),
            _run_check("kernel", check_inside_kernel),
            _run_check("live outputs", check_extension_version),
        )
    )


def examine() -> list[Check]:
    """Run every check of ``gradlab doctor``, including the start of a kernel.

    Returns
    -------
    list of Check
        In the order in which failures are best fixed.
    """
    from gradlab.course.extension import check_extension, check_servers

    packages = ("numpy", "matplotlib", *_list_widgets(), "tqdm", "jupyterlab", "ipykernel")
    names = (*packages, DISTRIBUTION)
    return [
        _run_check("Python", check_python),
        *(_run_check(name, check_package, name) for name in names),
        _run_check("float64", check_float64),
        _run_check("kernel", check_kernel_start),
        _run_check("lessons", check_lessons),
        _run_check("network", check_listening),
        _run_check("folder", check_folder),
        _run_check("live outputs", check_extension),
        _run_check("servers", check_servers),
    ]


def as_text(checks: Iterable[Check]) -> str:
    """Return checks as plain text.

    Parameters
    ----------
    checks : iterable of Check

    Returns
    -------
    str
        A verdict, then a line for each check.

    Examples
    --------
    >>> from gradlab.course.doctor import Check, as_text
    >>> print(as_text([Check("Python", False, "version 3.8.1", "Install Python 3.11.")]))
    1 of 1 checks failed.
    BROKEN  Python  version 3.8.1. What to do: Install Python 3.11.
    """
    checks = tuple(checks)
    width = max(len(check.name) for check in checks)
    lines = (
        f"{'ok' if check.ok else 'BROKEN':6}  {check.name:{width}}  {_describe(check)}"
        for check in checks
    )
    return "\n".join([_summarize(checks), *lines])


def _summarize(checks: tuple[Check, ...]) -> str:
    broken = sum(not check.ok for check in checks)
    return f"{broken} of {len(checks)} checks failed." if broken else "Everything is ready."


def _describe(check: Check) -> str:
    return check.found if check.ok else f"{check.found}. What to do: {check.remedy}"


def _list_widgets() -> tuple[str, ...]:
    """Return the package that moves explorers in VS Code and Colab; a browser page needs none."""
    return () if sys.platform == "emscripten" else ("anywidget",)


def _run_check(name: str, check: Callable[..., Check], *arguments: str) -> Check:
    """Run a check; an exception counts as a failure."""
    try:
        return check(*arguments)
    except Exception as error:
        return Check(name, False, f"{type(error).__name__}: {error}", REINSTALL)


def check_python() -> Check:
    """Check that gradlab supports this version of Python."""
    from packaging.specifiers import SpecifierSet

    needed = metadata.metadata(DISTRIBUTION)["Requires-Python"]
    found = platform.python_version()
    ok = SpecifierSet(needed).contains(found, prereleases=True)
    return Check("Python", ok, _format_version(found), f"Use Python {needed}.")


def check_package(name: str) -> Check:
    """Check that a package can be imported and is new enough for gradlab."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    importlib.import_module("gradlab" if name == DISTRIBUTION else name)
    found = metadata.version(name)
    needed = SpecifierSet()
    for requirement in map(Requirement, metadata.requires(DISTRIBUTION) or []):
        marker = requirement.marker
        if requirement.name == name and (marker is None or marker.evaluate({"extra": ""})):
            needed = requirement.specifier
    ok = needed.contains(found, prereleases=True)
    return Check(name, ok, _format_version(found), f"Install {name}{needed}.")


def check_float64() -> Check:
    """Check that NumPy's float64 is the IEEE double, rounded as IEEE 754 requires."""
    import numpy as np

    u = 2.0**-53
    # Arrays, so that NumPy's loops compute the sums, not Python's compiler.
    one, smallest_normal = np.ones(1), np.full(1, 2.0**-1022)
    faults = [
        fault
        for fault, is_sound in {
            "np.float64 is not an IEEE double": np.finfo(np.float64).eps == 2 * u
            and np.finfo(np.float64).max == sys.float_info.max,
            "the unit round-off is not 2^-53": one + 2 * u > one,
            "a tie is not rounded to even": one + u == one and one + 2 * u + u == one + 4 * u,
            "a sum is not rounded to the nearest": one + u * (1 + 2 * u) == one + 2 * u,
            "subnormal numbers are flushed to zero": smallest_normal / 2 > 0,
        }.items()
        if not is_sound
    ]
    return Check(
        "float64",
        not faults,
        "; ".join(faults) or "unit round-off 2^-53, ties to even, subnormal numbers kept",
        "Restart the kernel and import NumPy before anything else: a library compiled with "
        "-ffast-math can change the arithmetic of the whole process.",
    )


def check_inside_kernel() -> Check:
    """Check that this code runs in a notebook's kernel."""
    ok = has_kernel()
    found = "this code runs in one" if ok else "this code does not run in one"
    return Check("kernel", ok, found, "Open the lesson as a notebook: gradlab start")


def check_kernel_start() -> Check:
    """Check that the kernel named python3 starts, belongs to this Python and imports gradlab."""
    remedy = (
        "If `jupyter kernelspec list` shows a kernel named python3 outside this environment, "
        f"remove it: jupyter kernelspec remove python3. Otherwise: {REINSTALL}"
    )
    try:
        prefix = _ask_kernel("import sys, gradlab; print(sys.prefix)")
    except Exception as error:
        return Check("kernel", False, f"{type(error).__name__}: {error}", remedy)
    ok = os.path.realpath(prefix) == os.path.realpath(sys.prefix)
    found = "starts and imports gradlab" if ok else f"belongs to another Python, in {prefix}"
    return Check("kernel", ok, found, remedy)


def _ask_kernel(code: str) -> str:
    """Run code in a new kernel and return what it prints."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(
        startup_timeout=KERNEL_TIMEOUT,
        kernel_name="python3",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    printed: list[str] = []
    try:
        reply = client.execute_interactive(
            code,
            timeout=KERNEL_TIMEOUT,
            output_hook=lambda message: printed.append(message["content"].get("text", "")),
        )["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if reply["status"] != "ok":
        raise RuntimeError(f"{reply['ename']}: {reply['evalue']}")
    return "".join(printed).strip()


def check_lessons() -> Check:
    """Check that the lessons are installed."""
    from gradlab.course.folder import LESSONS, CourseError, lessons_folder

    try:
        folder = lessons_folder()
    except CourseError as error:
        return Check("lessons", False, str(error), REINSTALL)
    return Check("lessons", True, f"{len(list(folder.glob(LESSONS)))} in {folder}")


def check_listening() -> Check:
    """Check that a server can listen on this machine."""
    remedy = "Allow programs to listen on 127.0.0.1; a firewall or sandbox prevents it."
    try:
        with socket.create_server(("127.0.0.1", 0)):
            return Check("network", True, "a server can listen on 127.0.0.1")
    except OSError as error:
        return Check("network", False, f"no server can listen on 127.0.0.1 ({error})", remedy)


def check_folder() -> Check:
    """Check that files can be created in the current folder."""
    here = os.getcwd()
    try:
        with tempfile.TemporaryFile(dir=here):
            return Check("folder", True, f"{here} can be written to")
    except OSError as error:
        remedy = "Change to a folder that you may write to: cd FOLDER"
        return Check("folder", False, f"{here} cannot be written to ({error})", remedy)


def _format_version(text: str) -> str:
    # Without the local part ("+cpu"), so that comparisons of notebooks can mask the version.
    return f"version {text.partition('+')[0]}"
