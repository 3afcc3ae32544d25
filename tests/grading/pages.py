"""Pages for people, taken apart."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "wbr", "br"}


class Page(HTMLParser):
    """A page taken apart; tags that are not closed in order are an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[list[str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        # Each element with all text inside it.
        self.elements: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.elements.append([tag, ""])
            self.open.append(self.elements[-1])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element[1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def texts(self, tag: str) -> list[str]:
        return [text for name, text in self.elements if name == tag]

    def text(self) -> str:
        return self.texts("body")[0]

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def words(text: str) -> str:
    """Return what is left of a text when all that cannot be seen is away."""
    seen = text.encode("utf-8", "backslashreplace").decode()
    return "".join(c for c in seen if c.isprintable() and not c.isspace())
