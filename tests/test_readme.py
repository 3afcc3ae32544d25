"""What README.md promises."""

import os
import re
import subprocess
import sys
from pathlib import Path

from gradlab.build import NOTEBOOKS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_prints_what_stands_below_it() -> None:
    found = re.search(r"```python\n(.*?)```\n\n((?:    [^\n]*\n)+)", README, re.DOTALL)
    assert found
    program, promised = found.groups()
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        encoding="utf-8",
        env=environment,
    )
    assert done.stdout.startswith("".join(line[4:] for line in promised.splitlines(True)))


def test_every_lesson_is_listed_with_its_minutes() -> None:
    for path in sorted((NOTEBOOKS / "source").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        minutes = re.findall(r"\*\*(\d+) minutes\*\*", source)[0]
        title = re.findall(r"^# # (\d .*?)(?::.*)?$", source, re.MULTILINE)[0]
        assert f"| {title} | {minutes} |" in README


def test_every_module_is_listed_and_every_target_exists() -> None:
    listed = set(re.findall(r"^    gradlab/(\w+)\.py", README, re.MULTILINE))
    there = {path.stem for path in (ROOT / "gradlab").glob("*.py")} - {"__init__"}
    assert listed == there
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"(?:`|^    )make ([a-z-]+)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
