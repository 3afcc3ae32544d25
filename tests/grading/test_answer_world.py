"""What an answer finds around it in the sandbox: nothing of ours or of others'."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from remote_marking import SEED, mark_remotely

from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.sandbox.isolation import find_strongest
from gradlab.grading.sandbox.process import Sandbox
from gradlab.grading.sandbox.remote import RemoteAnswer


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(find_strongest(), cpu_seconds=20) as sandbox:
        yield sandbox


def test_answers_do_not_see_each_other(sandbox: Sandbox) -> None:
    """Each runs in a process of its own, in an empty folder."""
    leaves = "import os, builtins\nbuiltins.left = 1\nopen('left', 'w').write('x')\n"
    leaves += "def double(x):\n    return 2 * x"
    leaves = leaves.replace("open(", "open('../left', 'w').write('x')\nopen(")
    looks = "import os, builtins\ndef double(x):\n    assert not hasattr(builtins, 'left')\n"
    looks += "    assert os.listdir('.') == []\n"
    looks += "    assert os.listdir('..') == [os.path.basename(os.getcwd())]\n"
    looks += "    return 2 * x"
    for source in (leaves, looks):
        marking, answer = mark_remotely(sandbox, EXERCISES["double"], source)
        assert marking.points == 1, answer.raised


def test_random_numbers_of_an_answer_are_the_same_at_every_run(sandbox: Sandbox) -> None:
    source = "import random, numpy as np\ndef double(x):\n"
    source += "    return [random.random(), np.random.random(), list({'a', 'b', 'c', 'd'})]"
    answers = []
    for _ in range(2):
        answer = RemoteAnswer(sandbox, EXERCISES["double"], (), source, SEED, cpu_seconds=20)
        answers.append(answer((1,)).got)
        answer.end()
    assert len(answers[0]) == 3
    assert answers[0] == answers[1]


def test_scipy_is_there_if_the_course_has_it(sandbox: Sandbox) -> None:
    pytest.importorskip("scipy")
    source = "from scipy.special import softmax as s\ndef softmax(Z):\n    return s(Z, axis=1)"
    assert mark_remotely(sandbox, EXERCISES["softmax"], source)[0].points == 3


@pytest.mark.slow
def test_no_module_of_gradlab_lies_in_the_sandbox(sandbox: Sandbox) -> None:
    if find_strongest() != "bubblewrap":
        pytest.skip("below the level bubblewrap, what is on the disk can be read")
    source = """
import os
def double(x):
    found = []
    for folder, _, files in os.walk("/"):
        if folder.startswith(("/proc", "/dev")):
            continue
        found += [name for name in files if "gradlab" in os.path.join(folder, name)
                  or name.startswith(("lesson_0", "00_start_here", "07_bug_hunt"))]
    assert not found, found
    return 2 * x
"""
    marking, answer = mark_remotely(sandbox, EXERCISES["double"], source)
    assert marking.points == 1, answer.raised


def test_below_usr_lies_nothing_but_what_python_needs(sandbox: Sandbox) -> None:
    """Else answers could read submissions in /usr/local/share/nbgrader/exchange, say."""
    if find_strongest() != "bubblewrap":
        pytest.skip("below the level bubblewrap, what is on the disk can be read")
    source = "import os\ndef double(x):\n    return [os.path.isdir(x) and os.listdir(x)]"
    answer = RemoteAnswer(sandbox, EXERCISES["double"], (), source, SEED, cpu_seconds=20)
    for folder in ("/usr/share", "/usr/local/share", "/usr/src", "/usr/local/src", "/usr/games"):
        assert answer((folder,)).got in ([False], [["zoneinfo"]]), folder
    assert not {"share", "src", "games", "include"} & set(answer(("/usr/local",)).got[0] or [])
    answer.end()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system has no /proc")
def test_an_answer_has_no_descriptor_but_its_connection(sandbox: Sandbox) -> None:
    source = "import os\ndef double(x):\n"
    source += "    return [os.path.realpath(f'/proc/self/fd/{k}') for k in range(64)\n"
    source += "            if os.path.lexists(f'/proc/self/fd/{k}')]"
    answer = RemoteAnswer(sandbox, EXERCISES["double"], (), source, SEED, cpu_seconds=20)
    # libffi may hold its own file open, for functions that it makes.
    found = [path for path in answer((1,)).got if "/libffi.so" not in path]
    answer.end()
    assert found[:3] == ["/dev/null"] * 3
    assert len(found) == 4
    assert "socket" in found[3]
