"""Tables, lists and shares as Markdown, for the scorecard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def format_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    # A bar inside a cell, as in log |x|, would end it.
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


def format_list(title: str, items: Sequence[str]) -> str:
    """Return a list with its length, or that there is none."""
    if not items:
        return f"{title}: none."
    return "\n".join([f"{title}, {len(items)}:", "", *(f"- {item}" for item in items)])


def format_share(count: int, total: int) -> str:
    """Return a number, with its share in per cent unless it is none or all."""
    if count in (0, total):
        return str(count)
    percent = 100 * count / total
    return f"{count} ({percent:.1f}%)" if percent >= 0.05 else f"{count} ({percent:.1g}%)"
