"""What all pages for people share: they open in any browser and need no network."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from gradlab.course.folder import LESSONS, CourseError, lessons_folder
from gradlab.grading.outcome.text import as_html

# By it a later run knows the pages that it may replace.
_MARK = '<meta name="generator" content="gradlab">'
_HEAD = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{_MARK}
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">"""
_STYLE = """
:root { --ink: #1d2125; --paper: #fff; --soft: #f2f4f6; --line: #c9d0d6; --quiet: #535c64;
  --good: #17663a; --bad: #a3221c; --part: #7a4d00; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e4e7ea; --paper: #16191c; --soft: #22272b; --line: #434b52; --quiet: #a9b2ba;
    --good: #7fd6a2; --bad: #ff9c94; --part: #f0c069; } }
body { margin: 0 auto; max-width: 44rem; padding: 1rem; box-sizing: border-box;
  font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.25; margin: 0; }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.25rem; margin-top: 2.25rem; }
h3 { font-size: 1rem; margin-top: 1.5rem; }
p, ul, pre { margin: .4rem 0; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
.total { font-size: 1.25rem; }
.total strong { font-size: 1.6rem; }
.said { white-space: pre-wrap; }
.hint { border-left: .25rem solid var(--line); background: var(--soft);
  padding: .5rem .75rem; }
table { width: 100%; border-collapse: collapse; margin-top: .5rem; }
caption { text-align: left; color: var(--quiet); padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem .35rem 0;
  border-top: 1px solid var(--line); }
th { font-weight: 600; }
th:first-child { width: 45%; }
tbody th { font-weight: 400; }
th:last-child, td:last-child { text-align: right; padding-right: 0; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
ul { list-style: none; padding: 0; }
pre { background: var(--soft); padding: .5rem .75rem; overflow-x: auto; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.part { color: var(--part); }
.quiet { color: var(--quiet); }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2, h3, caption { break-after: avoid; }
  table, li, .hint { break-inside: avoid; }
  pre { white-space: pre-wrap; }
}
"""


def render_document(title: str, body: Sequence[str], style: str = "") -> str:
    """Return a whole page.

    Parameters
    ----------
    title : str
        What it is called, and its headline.
    body : sequence of str
        HTML, to stand below the headline.
    style : str, optional
        CSS besides that of all pages.

    Returns
    -------
    str
        HTML without scripts and without anything to load.

    Examples
    --------
    >>> from gradlab.grading.outcome.pages.document import render_document
    >>> "<h1>Rows &amp; columns</h1>" in render_document("Rows & columns", [])
    True
    """
    title = as_html(title)
    return "\n".join(
        [
            _HEAD,
            f"<title>{title}</title>",
            f"<style>{_STYLE}{style}</style>",
            "</head>",
            "<body>",
            "<main>",
            f"<h1>{title}</h1>",
            *body,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def is_own_page(content: bytes) -> bool:
    """Return whether a file is a page that this module made.

    Parameters
    ----------
    content : bytes
        All of it.

    Returns
    -------
    bool
        True if it has the mark of such pages where they have it.
    """
    return _MARK.encode() in content[: len(_HEAD)]


def render_name(name: str) -> str:
    """Return the name of an exercise, which a narrow column may break where its words end.

    Parameters
    ----------
    name : str
        The name.

    Returns
    -------
    str
        HTML.
    """
    return f"<code>{as_html(name).replace('_', '_<wbr>')}</code>"


def name_lesson(lesson: int) -> str:
    """Return what a lesson is called.

    Parameters
    ----------
    lesson : int
        Its number.

    Returns
    -------
    str
        Its number and, if it is there, its title.

    Examples
    --------
    >>> from gradlab.grading.outcome.pages.document import name_lesson
    >>> name_lesson(4)
    'Lesson 4: Vectorizing'
    """
    title = _read_titles().get(lesson)
    return f"Lesson {lesson}: {title}" if title else f"Lesson {lesson}"


@functools.cache
def _read_titles() -> dict[int, str]:
    """Return the titles of the lessons, as their files are called."""
    try:
        stems = [path.stem for path in lessons_folder().glob(LESSONS)]
    except CourseError:
        return {}
    return {int(stem[:2]): stem[3:].replace("_", " ").capitalize() for stem in stems}
