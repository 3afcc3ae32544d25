"""What stands in for an explorer where nothing can move."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import Any, NamedTuple

from gradlab.live.output import LiveOutput


class Still(NamedTuple):
    """A figure of the book before its script has run."""

    module: str
    state: dict[str, Any]
    picture: bytes
    alt: str
    caption: str


def read_still(explorer: LiveOutput) -> Still:
    """Return the parts of an explorer's HTML."""
    bundle, _ = explorer._repr_mimebundle_()
    found = re.fullmatch(
        r'<figure class="gx-live" data-gx-module="(\w+)" data-gx-state="([^"]+)">'
        r'<img alt="([^"]+)"[^>]* src="data:image/png;base64,([^"]+)">'
        r"<figcaption><pre>([^<]+)</pre></figcaption></figure>",
        bundle["text/html"],
    )
    assert found
    module, state, alt, picture, caption = found.groups()
    return Still(
        module,
        json.loads(html.unescape(state)),
        base64.b64decode(picture),
        html.unescape(alt),
        html.unescape(caption),
    )
