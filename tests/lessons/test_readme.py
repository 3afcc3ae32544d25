"""What README.md promises."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


EXAMPLES = re.findall(r"```python\n(.*?)```\n\n((?:    [^\n]*\n)+)", README, re.DOTALL)


@pytest.mark.parametrize(("program", "promised"), EXAMPLES, ids=["a loss", "a layer"])
def test_an_example_prints_what_stands_below_it(program: str, promised: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        encoding="utf-8",
        env=environment,
    )
    assert done.stdout.startswith("".join(line[4:] for line in promised.splitlines(True)))


def test_every_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in set(re.findall(r"(?:`|^    )make ([a-z-]+)", text, re.MULTILINE)):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def rooms() -> set[str]:
    packages = (path.parent for path in (ROOT / "gradlab").rglob("__init__.py"))
    return {path.relative_to(ROOT).as_posix() for path in packages} - {"gradlab"}


def test_the_map_has_every_room_and_no_other() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(gradlab/[\w/]+)/` \|", text, re.MULTILINE))
    # The figures are those of the checker's report; the folders of single lessons are all alike.
    alike = {room for room in rooms() if "/lessons/lesson_" in room}
    assert listed == rooms() - alike - {"gradlab/checker/figures"}


def test_every_file_that_is_named_is_there() -> None:
    for page in ("CONTRIBUTING.md", "docs/architecture.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for name in re.findall(r"`((?:gradlab|tools|tests|notebooks|docs)/[\w./]+)`", text):
            if "NN" not in name:
                assert (ROOT / name).exists(), name


def test_a_rooms_head_is_a_sentence_and_no_code() -> None:
    public = {"gradlab/bugs", "gradlab/examples", "gradlab/plots"}
    for room in rooms() - public:
        tree = ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), room
        assert len(tree.body) == 1, room
