"""What a lesson says on top where it is opened in the browser, with nothing installed.

It is given out with the lesson: `gradlab grade` must not take it for a learner's words. A text of
its own, because the site is built where gradlab cannot be imported.
"""

from pathlib import Path

NOTE = Path(__file__).with_suffix(".md").read_text(encoding="utf-8").strip()
