"""A live output: its representations, what it leaves out, and what the page tells it."""

import html
import json
import re
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import anywidget
import pytest
from bs4 import BeautifulSoup

import gradlab
from gradlab.live import output
from gradlab.live.listening import get_cell_texts, listen, receive
from gradlab.live.output import MIME, LiveOutput, update_shown

WIDGET = "application/vnd.jupyter.widget-view+json"
HOSTILE = "</figure><script>\"'&\u2028"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin as a kernel that has shown nothing."""
    monkeypatch.setattr(output, "_numbers", type(output._numbers)())
    monkeypatch.setattr(output, "_shown", type(output._shown)())


@pytest.fixture
def in_a_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "has_kernel", lambda: True)


def make(**state: Any) -> LiveOutput:
    return LiveOutput("chords", {"x": 1.0, **state}, "in words", "<img alt='still'>")


def bundle(shown: LiveOutput) -> dict[str, Any]:
    data: dict[str, Any] = shown._repr_mimebundle_()[0]
    return data


@pytest.mark.usefixtures("in_a_kernel")
def test_a_kernel_gives_four_representations_with_the_same_state() -> None:
    shown = make(curve="sin x")
    data = bundle(shown)
    assert list(data) == [MIME, WIDGET, "text/html", "text/plain"]
    assert json.loads(json.dumps(data)) == data
    assert data[MIME] == {"module": "chords", "key": "chords", "state": shown.state}
    figure = BeautifulSoup(data["text/html"], "html.parser").figure
    assert figure is not None
    assert figure["class"] == ["gx-live"]
    assert figure["data-gx-module"] == "chords"
    assert json.loads(str(figure["data-gx-state"])) == shown.state
    assert figure.img is not None
    assert figure.img["alt"] == "still"
    assert data["text/plain"] == repr(shown) == "in words"


def test_outside_a_kernel_there_is_no_widget() -> None:
    assert list(bundle(make())) == [MIME, "text/html", "text/plain"]


@pytest.mark.usefixtures("in_a_kernel")
def test_without_anywidget_its_representation_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    assert list(bundle(make())) == [MIME, "text/html", "text/plain"]


@pytest.mark.usefixtures("in_a_kernel")
def test_in_the_browsers_python_anywidget_is_not_even_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "anywidget")
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert list(bundle(make())) == [MIME, "text/html", "text/plain"]
    assert "anywidget" not in sys.modules


@pytest.mark.usefixtures("in_a_kernel")
def test_the_metadata_that_colab_needs_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = {WIDGET: {"colab": {"custom_widget_manager": {"url": "..."}}}}
    monkeypatch.setattr(
        anywidget.AnyWidget, "_repr_mimebundle_", lambda *_: ({WIDGET: {}}, metadata)
    )
    assert make()._repr_mimebundle_()[1] == metadata


@pytest.mark.usefixtures("in_a_kernel")
def test_the_state_follows_the_widget(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    show = anywidget.AnyWidget._repr_mimebundle_

    def keep(widget: Any, **options: Any) -> Any:
        made.append(widget)
        return show(widget, **options)

    monkeypatch.setattr(anywidget.AnyWidget, "_repr_mimebundle_", keep)
    shown = make()
    bundle(shown)
    made[0].x = 0.25
    assert shown.state == {"x": 0.25}


def test_hostile_text_stays_text() -> None:
    data = bundle(make(text=HOSTILE))
    page = BeautifulSoup(data["text/html"], "html.parser")
    assert page.script is None
    (figure,) = page.find_all("figure")
    assert json.loads(str(figure["data-gx-state"]))["text"] == HOSTILE
    assert html.escape('"') not in json.dumps(data[MIME])


def test_a_change_of_the_page_lands_in_its_own_output_alone() -> None:
    first, second = make(), make()
    keys = [bundle(shown)[MIME]["key"] for shown in (first, second, first)]
    assert keys == ["chords", "chords:2", "chords"]
    update_shown("chords:2", {"x": 2.0})
    assert (first.state["x"], second.state["x"]) == (1.0, 2.0)


def test_a_name_is_the_key_wherever_it_is_shown() -> None:
    one, again = (LiveOutput("predict", {"choice": -1}, "", "", "half") for _ in range(2))
    assert bundle(one)[MIME]["key"] == bundle(again)[MIME]["key"] == "predict:half"
    receive({"kind": "state", "key": "predict:half", "state": {"choice": 1}})
    assert (one.state["choice"], again.state["choice"]) == (-1, 1)


def test_what_the_output_does_not_have_is_left_out() -> None:
    shown = make()
    bundle(shown)
    receive({"kind": "state", "key": "chords", "state": {"x": 2.0, "y": 3.0}})
    assert shown.state == {"x": 2.0}


def test_an_output_that_nobody_has_any_more_is_not_kept() -> None:
    bundle(make())
    assert len(output._shown) == 0


@pytest.mark.parametrize(
    "junk",
    [
        None,
        [],
        "state",
        {},
        {"kind": "state"},
        {"kind": "state", "key": ["chords"], "state": {"x": 2.0}},
        {"kind": "state", "key": "chords", "state": [2.0]},
        {"kind": "state", "key": "another", "state": {"x": 2.0}},
        {"kind": "cells", "cells": ["double"]},
        {"kind": "other", "key": "chords", "state": {"x": 2.0}},
    ],
)
def test_a_message_that_is_not_understood_changes_nothing(junk: Any) -> None:
    shown = make()
    bundle(shown)
    receive({"kind": "cells", "cells": {"double": ["kept"]}})
    receive(junk)
    assert shown.state == {"x": 1.0}
    assert get_cell_texts("double") == ("kept",)


def test_the_texts_of_cells_are_those_of_the_last_message() -> None:
    receive({"kind": "cells", "cells": {"double": ["a", "b"], "half": ["c"]}})
    assert get_cell_texts("double") == ("a", "b")
    receive({"kind": "cells", "cells": {"half": ["d"], "odd": 5, "worse": [1]}})
    assert get_cell_texts("double") is None
    assert get_cell_texts("half") == ("d",)
    assert get_cell_texts("odd") is get_cell_texts("worse") is None


@pytest.fixture
def comms(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Be a kernel with a manager of comms that keeps the targets."""
    targets: dict[str, Any] = {}
    manager = SimpleNamespace(register_target=targets.__setitem__)
    monkeypatch.setattr("gradlab.live.listening.has_kernel", lambda: True)
    monkeypatch.setitem(sys.modules, "comm", SimpleNamespace(get_comm_manager=lambda: manager))
    return targets


def test_the_first_message_and_the_later_ones_are_received(comms: dict[str, Any]) -> None:
    listen()
    later: list[Any] = []
    message = {"kind": "cells", "cells": {"double": ["first"]}}
    comms["gradlab.live"](SimpleNamespace(on_msg=later.append), {"content": {"data": message}})
    assert get_cell_texts("double") == ("first",)
    message = {"kind": "cells", "cells": {"double": ["later"]}}
    later[0]({"content": {"data": message}})
    assert get_cell_texts("double") == ("later",)


def test_a_kernel_without_comms_can_import_gradlab(
    comms: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "comm", None)
    listen()
    assert comms == {}


# Loaded by `import gradlab` and not by NumPy; the time that it takes is a benchmark's business.
LOADED = """
import sys
{before}
before = set(sys.modules)
import gradlab
print(*sorted(name for name in set(sys.modules) - before if name.partition(".")[0] in
    ("gradlab", "comm", "anywidget", "ipywidgets", "traitlets", "IPython", "matplotlib")))
"""


@pytest.mark.parametrize(
    ("before", "loaded"),
    [
        ("import numpy", "gradlab"),
        (
            "import numpy, IPython",
            "gradlab gradlab.live gradlab.live.listening gradlab.live.runs gradlab.support "
            "gradlab.support.shell",
        ),
    ],
    ids=["python", "IPython in a terminal"],
)
def test_the_import_loads_next_to_nothing(before: str, loaded: str) -> None:
    program = LOADED.format(before=before)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == loaded


def test_every_public_output_has_a_module_that_the_page_can_load() -> None:
    shown = bundle(gradlab.explore_chords())[MIME]
    assert re.fullmatch("[a-z_]+", shown["module"])
