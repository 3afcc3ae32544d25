"""What a check found, as a learner sees it: as text, and in a notebook as HTML."""

from __future__ import annotations

import html
import re
import textwrap
from dataclasses import dataclass

from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.checking.case_text import write_case
from gradlab.exercises.exercise import Group, Trial
from gradlab.support.shell import running_shell

# Long lines scroll in a box of their own, which the keyboard reaches, too.
_BOX = "tabindex='0' style='overflow-x:auto'"
_WRAPPED = "style='white-space:pre-wrap; overflow-wrap:anywhere'"


@dataclass(frozen=True)
class CheckResult:
    """What a check found. In a notebook it shows itself; ``print`` gives the same as text.

    Attributes
    ----------
    name : str
        The exercise.
    passed : bool
        Whether every case was right.
    points, max_points : float
        What was earned, of how much.
    hints : tuple of str
        Sentences that say what went wrong, and what to do.
    groups : tuple of Group
        The cases that were run.
    printed : str
        The first lines that the answer printed or warned meanwhile.
    checked : str
        A sentence that says which cell's function it was; empty where that is not known.
    attempted : bool
        Whether there was an answer to check.
    quoted : Trial, optional
        The case that the first hint is about.
    report : tuple of str
        Lines in which the exercise says more than its groups do.
    steps : tuple of str
        The way to the right answer of the quoted case, a line for each step.
    """

    name: str
    passed: bool
    points: float
    max_points: float
    hints: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    printed: str = ""
    checked: str = ""
    attempted: bool = True
    quoted: Trial | None = None
    report: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    def grade(self) -> float:
        """Show the result and return its points as a plain float, which nbgrader reads.

        Returns
        -------
        float
            Between 0 and `max_points`.
        """
        if running_shell() is None:
            print(self)
        else:
            from IPython.display import display

            display(self)
        return float(self.points)

    def _headline(self) -> str:
        if not self.groups:
            return f"{self.name}: {self.hints[0]}"
        points = f"{round(self.points, 2):g} of {self.max_points:g} points"
        return f"{self.name}: {points} (public checks)"

    def _hints(self) -> list[str]:
        """Return what the headline does not say."""
        return [f"Hint: {text}" for text in self.hints] if self.groups else [*self.hints[1:]]

    def _table(self) -> list[str]:
        """Return what is said of all cases together, in lines that are set as a table."""
        return [line for group in self.groups for line in group.tally.table]

    def _case(self) -> tuple[str, str, str]:
        """Return which case is shown, its code, and what came of it; empty if there is none."""
        places = [
            (group, number)
            for group in range(len(self.groups))
            for number, trial in enumerate(self.groups[group].trials)
            if trial is self.quoted
        ]
        if self.quoted is None or not places:
            return "", "", ""
        group, number = places[0]
        text = write_case(EXERCISES[self.name], self.quoted.arguments, group, number)
        title = f"A case that fails, from “{self.groups[group].name}”:"
        detail = self.quoted.detail
        if EXERCISES[self.name].report:
            detail = _BLOCK.sub(_name_block, detail)
        return title, text.code, _tell(detail)

    def __str__(self) -> str:
        lines = [self._headline(), *map(_describe_group, self.groups)]
        lines += [*self._table(), *self.report]
        title, code, outcome = self._case()
        if code:
            lines += [title, textwrap.indent(code, "    "), outcome]
        if self.steps:
            lines += [_STEPS, *(f"    {step}" for step in self.steps)]
        lines += self._hints()
        if self.printed:
            lines += [_PRINTED, self.printed]
        if self.checked and self.attempted:
            lines.append(self.checked)
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [f"<p><strong>{html.escape(self._headline())}</strong></p>"]
        if self.groups:
            parts.append(f"<table>{''.join(map(_render_group, self.groups))}</table>")
        if self._table():
            parts.append(_render_box("\n".join(self._table())))
        if self.report:
            # Among its lines are sentences, which are broken where the page ends.
            parts.append(_render_text("\n".join(self.report)))
        title, code, outcome = self._case()
        if code:
            parts += [f"<p>{html.escape(title)}</p>", _render_box(code)]
            parts.append(_render_text(outcome))
        if self.steps:
            parts += [f"<p>{_STEPS}</p>", _render_text("\n".join(self.steps))]
        parts += map(_render_text, self._hints())
        if self.printed:
            parts += [f"<p>{_PRINTED}</p>", _render_box(self.printed)]
        if self.checked and self.attempted:
            parts.append(_render_text(self.checked))
        return f"<div>{''.join(parts)}</div>"


# Such as: at [0][1] at entry [2] returned ...
_PLACE = re.compile(r"((?:at (?:d[Wb]\d+|(?:entry )?(?:\[[\d, ]+\])+) )+)")
# The first two numbers of such a place: of the layer, and of W or b.
_BLOCK = re.compile(r"^at \[(\d+)\]\[([01])\]")
_STEPS = "How to get the right answer for this case. At which step does yours differ?"
_PRINTED = "Meanwhile your function printed:"


@dataclass(frozen=True)
class Note:
    """A text that a notebook shows as it is."""

    text: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def _name_block(place: re.Match[str]) -> str:
    """Return the place of an entry of a gradient as that of a block."""
    letter = "Wb"[int(place[2])]
    return f"at d{letter}{int(place[1]) + 1}"


def _tell(detail: str) -> str:
    """Make a sentence of what happened in a trial, which may begin with a place."""
    found = _PLACE.match(detail)
    place = found[0] if found else ""
    sentence = f"{place}your function {detail.removeprefix(place)}"
    sentence = sentence[0].upper() + sentence[1:]
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."


def _count_right(group: Group) -> str:
    return f"{group.name}: {group.tally.right} of {group.tally.total} right"


def _describe_group(group: Group) -> str:
    return f"  {'ok   ' if group.passed else 'wrong'}  {_count_right(group)}"


def _render_group(group: Group) -> str:
    state = "✓ ok" if group.passed else "✗ wrong"
    return (
        f"<tr><td style='white-space:nowrap'>{state}</td>"
        f"<td style='text-align:left'>{html.escape(_count_right(group))}</td></tr>"
    )


def _render_box(text: str) -> str:
    return f"<pre {_BOX}>{html.escape(text)}</pre>"


def _render_text(text: str) -> str:
    return f"<p {_WRAPPED}>{html.escape(text)}</p>"
