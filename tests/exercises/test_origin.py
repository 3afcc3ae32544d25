"""A check marks what stands in the answer's cell, in a real kernel."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from kernel_cells import Notebook
from nbclient import NotebookClient

RIGHT = "def double(x):\n    return 2 * x"
OTHER = "def double(x):\n    return x + x"
WRONG = "def double(x):\n    return x * x"
STUB = "def double(x):\n    raise NotImplementedError()"
CHECK = "print(gradlab.check('double'))"
YOURS = "print(gradlab.yours('double')(21))"
# What stops a cell that defined the answer before, and what the learner reads of it.
BROKEN = {
    "SyntaxError in line 1": "def double(x)\n    return 2 * x",
    "IndentationError in line 2": "def double(x):\nreturn 2 * x",
    "NameError: name 'nothing' is not defined": f"nothing\n{RIGHT}",
    "KeyboardInterrupt": f"raise KeyboardInterrupt\n{RIGHT}",
    "SyntaxError in line 4": f"%time\n{RIGHT}\n)",
    "ZeroDivisionError: division by zero": f"async def wait(): 1 / 0\nawait wait()\n{RIGHT}",
}


@pytest.fixture(scope="module")
def client() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(
        kernel_name="python3", extra_arguments=["--HistoryManager.enabled=False"]
    )
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture(params=["ids", "neither"])
def notebook(request: Any, client: BlockingKernelClient) -> Notebook:
    """A notebook as in JupyterLab, and one as in the browser's Python, which tells less."""
    return Notebook(client, ids=request.param == "ids", ends=request.param == "ids")


@pytest.fixture
def known(client: BlockingKernelClient) -> Notebook:
    """A notebook whose cells have ids."""
    return Notebook(client)


def require_marked(said: str, number: int | None) -> None:
    """Fail unless full marks were given to what a cell defined; None: no cell is named."""
    assert "1 of 1 points" in said
    named = re.findall(r"Checked: the function that cell \[(\d+)\] defined\.", said)
    assert named == ([] if number is None else [str(number)])


def require_stale(said: str, *words: str) -> None:
    """Fail unless nothing was marked, for a reason in which these words are."""
    assert said.startswith("double: not marked")
    assert "points" not in said
    for word in words:
        assert word in said


def test_a_check_names_the_cell_that_defined_the_answer(notebook: Notebook) -> None:
    notebook.run("import", "import gradlab")
    notebook.run("answer", RIGHT)
    require_marked(notebook.run("check", CHECK), 2)
    notebook.run("answer", OTHER)
    notebook.run("else", "7")
    require_marked(notebook.run("check", CHECK), 4)
    assert "your function of cell [4]\n42" in notebook.run("later", YOURS)


def test_what_a_notebook_lets_go_of_is_not_kept_alive(notebook: Notebook) -> None:
    big = "class Model:\n    def __call__(self):\n        return 1\nmodel = Model()"
    notebook.run("model", f"import gc, weakref\n{big}\nsaved = weakref.ref(model)")
    notebook.run("check", CHECK)
    gone = "del model\n_ = gc.collect()\nprint(saved())"
    assert notebook.run("gone", gone) == "None\n"


@pytest.mark.parametrize("error", BROKEN)
def test_an_answer_whose_cell_failed_is_not_marked(error: str, notebook: Notebook) -> None:
    notebook.run("answer", RIGHT)
    require_marked(notebook.run("check", CHECK), 1)
    assert error.partition(" ")[0].strip(":") in notebook.run("answer", BROKEN[error])
    said = notebook.run("check", CHECK)
    require_stale(said, f"cell [3] stopped with {error}", "from cell [1]")
    said = notebook.run("later", YOURS)
    assert "because yours is not what is in its cell now\n42\n" in said
    notebook.run("answer", OTHER)
    require_marked(notebook.run("check", CHECK), 6)


def test_an_answer_that_never_ran_to_its_end_is_missing(notebook: Notebook) -> None:
    for text in BROKEN.values():
        notebook.run("answer", text)
    said = notebook.run("check", CHECK)
    assert "there is no function double: cell [6] stopped with ZeroDivisionError" in said


@pytest.mark.parametrize("demo", ["double(3) / 0", "%time\ndouble(3) / 0"])
def test_a_cell_that_failed_below_the_answer_is_marked(demo: str, notebook: Notebook) -> None:
    notebook.run("answer", WRONG)
    notebook.run("answer", f"{RIGHT}\n{demo}")
    said = notebook.run("check", CHECK)
    require_marked(said, 2)
    assert "The cell then stopped with ZeroDivisionError: division by zero." in said
    assert "your function of cell [2]" in notebook.run("later", YOURS)


def test_a_function_that_was_renamed_is_the_old_one(known: Notebook) -> None:
    known.run("answer", RIGHT)
    known.run("answer", RIGHT.replace("double", "twice"))
    said = known.run("check", CHECK)
    require_stale(said, "cell [2] no longer defines double", "from cell [1]")


def test_one_cell_may_define_and_check(notebook: Notebook) -> None:
    require_marked(notebook.run("both", f"{RIGHT}\n{CHECK}"), 1)
    require_marked(notebook.run("both", f"{CHECK}\n{OTHER}"), 1)
    require_marked(notebook.run("both", f"%time\n{OTHER}\n{CHECK}"), 3)


def test_one_cell_that_checks_and_no_longer_defines_is_noticed(known: Notebook) -> None:
    known.run("both", f"{RIGHT}\n{CHECK}")
    renamed = RIGHT.replace("double", "twice")
    require_stale(known.run("both", f"{renamed}\n{CHECK}"), "no longer defines double")


@pytest.mark.parametrize(
    "again",
    [
        "double2 = double\ndouble = double2",
        "import functools\ndouble = functools.cache(double)",
        "double = (lambda f: lambda x: f(x))(double)",
        "from helper import double",
    ],
)
def test_a_later_cell_may_bind_the_answer_again(again: str, notebook: Notebook) -> None:
    notebook.run(
        "helper",
        f"import sys, types\nsys.modules['helper'] = types.ModuleType('helper')\n"
        f"exec({RIGHT!r}, vars(sys.modules['helper']))",
    )
    notebook.run("answer", "from helper import double")
    notebook.run("again", again)
    notebook.run("again", again)
    said = notebook.run("check", CHECK)
    if "cache" in again:  # it cannot take an array
        assert "unhashable" in said
        assert "cell [4]" in said
    else:
        assert "1 of 1 points" in said


def test_the_very_object_again_is_no_old_one(known: Notebook) -> None:
    define = "import operator, functools\nif 'kept' not in vars():\n"
    define += "    kept = functools.partial(operator.mul, 2)\ndouble = kept"
    known.run("answer", define)
    known.run("answer", define)
    require_marked(known.run("check", CHECK), 2)
    # Whether it failed above or below that line is not known.
    known.run("answer", f"{define}\n1 / 0")
    assert "1 of 1 points" in known.run("check", CHECK)
    known.run("answer", f"{WRONG}\ndouble = kept")
    require_marked(known.run("check", CHECK), 6)


def test_a_scratch_cell_that_fails_takes_nothing_away(known: Notebook) -> None:
    known.run("answer", RIGHT)
    known.run("scratch", BROKEN["SyntaxError in line 1"])
    require_marked(known.run("check", CHECK), 1)


@pytest.mark.parametrize(
    "other",
    [
        "def sweep():\n    def double(x)\n        return x\n",
        "def sweep():\n    double = 3\n1 / 0",
        "[double for double in (1, 2)]\n1 / 0",
        "# def double(x): is above\n1 / 0",
        "double(3) +",
    ],
)
def test_a_cell_that_fails_and_does_not_define_the_answer_takes_nothing_away(
    other: str, notebook: Notebook
) -> None:
    notebook.run("answer", RIGHT)
    notebook.run("other", other)
    require_marked(notebook.run("check", CHECK), 1)


def test_a_cell_may_be_indented_as_a_whole(notebook: Notebook) -> None:
    indented = textwrap.indent(RIGHT, "    ")
    notebook.run("answer", indented)
    notebook.show("double", indented)
    require_marked(notebook.run("check", CHECK), 1)
    broken = textwrap.indent(BROKEN["SyntaxError in line 1"], "    ")
    notebook.show("double", broken)
    require_stale(notebook.run("check", CHECK), "has not been run")
    notebook.run("answer", broken)
    require_stale(notebook.run("check", CHECK), "cell [4] stopped with SyntaxError")


def test_a_run_of_all_cells_has_no_second_attempts(client: BlockingKernelClient) -> None:
    notebook = Notebook(client, ids=False)
    notebook.run("answer", RIGHT, batch=True)
    notebook.run("scratch", BROKEN["SyntaxError in line 1"], batch=True)
    require_marked(notebook.run("check", CHECK, batch=True), 1)


def test_a_magic_that_runs_a_part_of_the_cell_is_no_cell(notebook: Notebook) -> None:
    notebook.run("answer", f"%%capture\n{RIGHT}")
    require_marked(notebook.run("check", CHECK), 1)


def test_a_magic_that_keeps_an_error_to_itself_hides_none(known: Notebook) -> None:
    known.run("answer", RIGHT)
    known.run("answer", f"%%capture\nnothing\n{RIGHT}")
    require_stale(known.run("check", CHECK), "cell [2] no longer defines double")
    known.run("answer", f"%%capture\n{RIGHT}\nnothing")
    require_marked(known.run("check", CHECK), 4)


@pytest.mark.parametrize("answer", [WRONG, STUB])
def test_an_answer_that_gave_way_to_gradlabs_is_not_said_to_borrow(
    answer: str, known: Notebook
) -> None:
    known.run("answer", answer)
    known.run("later", "double = gradlab.yours('double')")
    require_stale(known.run("check", CHECK), "gradlab's own function now", "Run the cell")
    assert "was replaced by it: run its cell again" in known.run("later", YOURS)
    known.run("answer", RIGHT)
    require_marked(known.run("check", CHECK), 5)


def test_what_was_defined_before_gradlab_was_imported_is_marked(
    client: BlockingKernelClient,
) -> None:
    notebook = Notebook(client, watched=False)
    notebook.run("answer", RIGHT)
    notebook.run("import", "gradlab.live.runs.watch_runs()")
    notebook.show("double", RIGHT)
    require_marked(notebook.run("check", CHECK), None)
    notebook.run("answer", BROKEN["SyntaxError in line 1"])
    require_stale(notebook.run("check", CHECK), "cell [4] stopped with SyntaxError")


def test_an_answer_that_was_edited_and_not_run_is_not_marked(notebook: Notebook) -> None:
    notebook.run("answer", RIGHT)
    notebook.show("double", RIGHT)
    require_marked(notebook.run("check", CHECK), 1)
    for text in (OTHER, BROKEN["SyntaxError in line 1"], STUB, "double = abs"):
        notebook.show("double", text)
        said = notebook.run("check", CHECK)
        require_stale(said, "what is in its cell now has not been run", "from cell [1]")
    notebook.show("double", OTHER)
    assert "yours is not what is in its cell now" in notebook.run("later", YOURS)
    notebook.run("answer", OTHER)
    notebook.show("double", OTHER)
    require_marked(notebook.run("check", CHECK), 8)


def test_white_space_at_the_ends_of_lines_is_no_edit(notebook: Notebook) -> None:
    notebook.run("answer", RIGHT)
    notebook.show("double", "\n" + RIGHT.replace("\n", "  \n") + "\n\n")
    require_marked(notebook.run("check", CHECK), 1)


@pytest.mark.parametrize(
    "shown",
    [
        f"# Twice.\n\n{RIGHT}",
        f"{RIGHT}  # twice\n",
        RIGHT.replace("    ", "  "),
        RIGHT.replace("\n", "\r\n"),
        "def double( x ):\n\n    return (2*x)",
    ],
)
def test_a_comment_or_another_layout_is_no_edit(shown: str, notebook: Notebook) -> None:
    notebook.run("answer", RIGHT)
    notebook.show("double", shown)
    require_marked(notebook.run("check", CHECK), 1)
    notebook.show("double", shown.replace("return", "3; return"))
    require_stale(notebook.run("check", CHECK), "has not been run")


def test_a_cell_that_nests_deeply_is_compared_as_text(known: Notebook) -> None:
    deep = RIGHT + "\nlong = 0" + " + 1" * 1500
    known.run("answer", deep)
    known.show("double", deep)
    require_marked(known.run("check", CHECK), 1)
    known.show("double", f"{deep} # one")
    require_stale(known.run("check", CHECK), "has not been run")


def test_an_answer_edited_back_to_what_ran_earlier_was_not_run(known: Notebook) -> None:
    known.run("answer", RIGHT)
    known.run("answer", OTHER)
    known.show("double", RIGHT)
    require_stale(known.run("check", CHECK), "has not been run", "from cell [2]")


def test_the_broken_cell_of_the_page_counts_not_a_scratch_cell(notebook: Notebook) -> None:
    broken = BROKEN["SyntaxError in line 1"]
    notebook.run("scratch", RIGHT)
    notebook.run("answer", broken)
    notebook.show("double", broken)
    require_stale(notebook.run("check", CHECK), "cell [2] stopped with SyntaxError")
    notebook.run("answer", OTHER)
    notebook.run("scratch", broken)
    notebook.show("double", OTHER)
    require_marked(notebook.run("check", CHECK), 4)


def test_a_helper_cell_may_hold_the_answer(notebook: Notebook) -> None:
    for marked in (STUB, "# It is below.", "from helper import double"):
        notebook.run("answer", marked)
        notebook.run("helper", RIGHT)
        notebook.show("double", marked)
        assert "1 of 1 points" in notebook.run("check", CHECK)
    # Not run at all, it holds nothing either.
    notebook.show("double", "# Nor here.")
    assert "1 of 1 points" in notebook.run("check", CHECK)


def test_of_two_cells_with_the_mark_one_is_enough(notebook: Notebook) -> None:
    notebook.run("answer", RIGHT)
    notebook.show("double", STUB, RIGHT)
    require_marked(notebook.run("check", CHECK), 1)
    notebook.show("double", STUB, OTHER)
    require_stale(notebook.run("check", CHECK), "has not been run")


def test_texts_of_an_earlier_check_say_nothing(notebook: Notebook) -> None:
    notebook.run("answer", RIGHT)
    notebook.show("double", RIGHT)
    notebook.run("check", CHECK)
    notebook.run("answer", OTHER)
    require_marked(notebook.run("alias", f"judge = gradlab.check\n{CHECK}"), 3)


def test_after_a_restart_nothing_was_run(notebook: Notebook) -> None:
    notebook.show("double", RIGHT)
    said = notebook.run("check", CHECK)
    assert said.startswith("double: not attempted yet")
    assert "run the cell" in said


def test_a_function_that_is_given_is_marked_whatever_the_cells_hold(notebook: Notebook) -> None:
    notebook.run("answer", RIGHT)
    notebook.run("answer", BROKEN["SyntaxError in line 1"])
    notebook.show("double", STUB)
    require_marked(notebook.run("check", "print(gradlab.check('double', lambda x: 2 * x))"), None)


@pytest.mark.slow
def test_nbclient_and_its_errors(tmp_path: Any) -> None:
    show = "gradlab.check('double')"
    cells = ["import gradlab", STUB, show, f"{RIGHT}\n1 / 0", CHECK, YOURS, show]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(
        notebook, kernel_name="python3", allow_errors=True, resources=resources
    ).execute()
    blank = notebook.cells[2].outputs[0].data
    assert blank["text/plain"].startswith("double: not attempted yet")
    assert "Checked" not in blank["text/plain"] + blank["text/html"]
    require_marked(notebook.cells[4].outputs[0].text, 4)
    assert notebook.cells[5].outputs[0].text == 'yours("double"): your function of cell [4]\n42\n'
    assert "that cell [4] defined. The cell then" in notebook.cells[6].outputs[0].data["text/html"]


def test_names_that_are_no_texts_disturb_nothing(known: Notebook) -> None:
    known.run("strange", "globals()[3] = print\nNotebook = type('Notebook', (), {})")
    assert known.run("answer", RIGHT) == ""
    require_marked(known.run("check", CHECK), 2)
