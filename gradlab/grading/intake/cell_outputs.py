"""A notebook without what its cells put out: pictures and tables make it large, not its code.

What a learner predicted stays.
"""

from __future__ import annotations

import re

from gradlab.grading.intake.predictions import find_kept, has_predictions

# A string or a bracket. Possessive, so that a string of many megabytes takes no stack.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[{}\[\]]', re.DOTALL)
_COLON = re.compile(rb"\s*:\s*")
_OPEN, _CLOSE = b"[{", b"]}"
# How deep in brackets each key stands: in a cell, also of the format before version 4; in the
# metadata of the notebook.
_LEFT_OUT = {
    b'"outputs"': (3, 5),
    b'"attachments"': (3,),
    b'"widgets"': (2,),
}
# Many times what a notebook has whose outputs are large.
MOST_TOKENS = 10_000_000


class TooManyTokensError(ValueError):
    """A notebook of more brackets and strings than are looked at."""


def skip_outputs(content: bytes) -> bytes:
    """Return a notebook without outputs, pasted pictures and the state of widgets.

    Parameters
    ----------
    content : bytes
        JSON in UTF-8, or anything else.

    Returns
    -------
    bytes
        The same, with an empty list or dict in the place of each of these; in that of outputs
        with the learner's predictions. What is not JSON stays as it is, as far as nothing in it
        looks like an output.

    Raises
    ------
    TooManyTokensError
        If there are more than `MOST_TOKENS` strings and brackets.

    Examples
    --------
    >>> from gradlab.grading.intake.cell_outputs import skip_outputs
    >>> skip_outputs(b'{"cells": [{"outputs": [{"text": "long"}], "source": "x"}]}')
    b'{"cells": [{"outputs": [], "source": "x"}]}'
    """
    kept: list[bytes] = []
    done = depth = 0
    key, key_end = b"", 0
    left_out: int | None = None  # how deep
    may_predict = has_predictions(content)
    for count, token in enumerate(_TOKEN.finditer(content)):
        if count > MOST_TOKENS:
            raise TooManyTokensError(f"more than {MOST_TOKENS:,} strings and brackets")
        start, end = token.span()
        first = content[start]
        if first in _OPEN:
            is_value = key and _COLON.fullmatch(content, key_end, start)
            if left_out is None and is_value and depth in _LEFT_OUT[key]:
                kept.append(content[done:start])
                done, left_out = start, depth
            depth += 1
        elif first in _CLOSE:
            depth -= 1
            if depth == left_out:
                predicted = b", ".join(find_kept(content, done, end)) if may_predict else b""
                kept.append(b"[%s]" % predicted if first == _CLOSE[0] else b"{}")
                done, left_out = end, None
        key, key_end = (token[0] if end - start < 20 else b""), end
        if key not in _LEFT_OUT:
            key = b""
    return content if left_out is not None else b"".join([*kept, content[done:]])
