"""What crosses between grader and answer: plain data, in frames over a socket.

Plain data are None, truth values, numbers, text, NumPy arrays and scalars of these, and lists,
tuples and dicts, with text for keys, of plain data. They travel as JSON; nothing that is received
is ever executed. What is no plain data is exported by whoever sends it, or crosses as the name of
its type alone.
"""

from __future__ import annotations

import base64
import builtins
import json
import math
import re
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy import generic, ndarray

from gradlab.exercises.marking.plain import is_masked

# Of a frame, in bytes; the arguments and results of every exercise are far smaller.
MOST_BYTES = 4_000_000
_DEEPEST = 40
_KINDS = "biufcU"
_DTYPE = re.compile(r"[<>|][biufcU][1-9]\d{0,7}")
_LONGEST_INTEGER = 4096
_MOST_KEYS = 1000
# A class for each name that somebody thinks of would fill the memory.
_TYPES = {
    name: type(name, (), {})
    for name in (
        *(name for name, kind in vars(builtins).items() if isinstance(kind, type)),
        *("NoneType", "builtin_function_or_method", "function", "generator", "method", "module"),
        *(
            "Decimal",
            "Fraction",
            "MaskedArray",
            "MaskedConstant",
            "datetime64",
            "deque",
            "ndarray",
            "poly1d",
        ),
        *("dict_items", "dict_keys", "dict_values"),
    )
}
_OTHER = type("custom object", (), {})
_LENGTH = struct.Struct(">I")

# Makes a JSON object, whose "type" is none of those here, of what is no plain data.
Export = Callable[[Any], dict[str, Any] | None]
# Makes a value of such an object.
Import = Callable[[dict[str, Any]], Any]


class WireError(Exception):
    """What was received is not what this module sends, or it ended, or it came too late."""


class TooLargeError(WireError):
    """What should be sent is larger than a frame may be."""


class TooLateError(WireError):
    """Nothing was received in time."""


def _export_nothing(_: Any) -> None:
    return None


def encode(value: Any, export: Export = _export_nothing) -> Any:
    """Return a value as what JSON can hold.

    Parameters
    ----------
    value : object
        Anything; no method that its class defines is called.
    export : callable, optional
        Makes a JSON object of what is no plain data, or returns None.

    Returns
    -------
    object
        What `decode` takes.

    Raises
    ------
    TooLargeError
        If a text or an array is larger than a frame may be.

    Examples
    --------
    >>> from gradlab.grading.sandbox.wire import decode, encode
    >>> decode(encode([(1, 2.5), {"theta": "text"}, None]))
    [(1, 2.5), {'theta': 'text'}, None]
    """
    return _encode(value, export, 0)


def _encode(value: Any, export: Export, depth: int) -> Any:
    # The types' own methods, called through the type: a subclass may lie about itself.
    if value is None or value is True or value is False:
        return value
    if isinstance(value, generic | ndarray):
        return _encode_array(value)
    if isinstance(value, int) and int.bit_length(value) <= _LONGEST_INTEGER:
        return int.__index__(value)
    if isinstance(value, float):
        return float.__add__(value, -0.0)
    if isinstance(value, str):
        _require_small(str.__len__(value))
        return str.__str__(value)
    if isinstance(value, complex):
        plain = complex.__complex__(value)
        return {"type": "complex", "parts": [plain.real, plain.imag]}
    if depth < _DEEPEST:
        if isinstance(value, list):
            return [_encode(part, export, depth + 1) for part in list.__iter__(value)]
        if isinstance(value, tuple):
            parts = [_encode(part, export, depth + 1) for part in tuple.__iter__(value)]
            return {"type": "tuple", "parts": parts}
        if isinstance(value, dict):
            pairs = [[key, _encode(v, export, depth + 1)] for key, v in dict.items(value)]
            if all(type(key) is str for key, _ in pairs):
                return {"type": "dict", "pairs": pairs}
    return export(value) or {"type": "opaque", "name": str(type(value).__name__)[:80]}


def _encode_array(value: Any) -> Any:
    array = np.asarray(value)
    if array.dtype.kind not in _KINDS or is_masked(value):
        return {"type": "opaque", "name": str(type(value).__name__)[:80]}
    _require_small(array.nbytes)
    by_columns = array.flags.f_contiguous and not array.flags.c_contiguous
    order: Literal["C", "F"] = "F" if by_columns else "C"
    return {
        "type": "scalar" if isinstance(value, generic) else "array",
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "order": order,
        "bytes": base64.b64encode(array.tobytes(order)).decode(),
    }


def _require_small(size: int) -> None:
    """Say early that something is too large: to write it as JSON first would take long."""
    if size > MOST_BYTES:
        raise TooLargeError(f"more than {MOST_BYTES / 1e6:g} MB of data")


def decode(encoded: Any, imported: Import | None = None) -> Any:
    """Return the value that `encode` was given; anything at all may be passed.

    Parameters
    ----------
    encoded : object
        What came out of JSON.
    imported : callable, optional
        Makes a value of an exported object; it may raise.

    Returns
    -------
    object
        The value. What was neither plain data nor exported is an object without any content,
        whose type has the name that it had.

    Raises
    ------
    WireError
        If it is not what `encode` returns.
    """
    try:
        return _decode(encoded, imported, 0)
    except WireError:
        raise
    except Exception as error:
        raise WireError(f"no plain data ({type(error).__name__})") from error


def _decode(encoded: Any, imported: Import | None, depth: int) -> Any:
    if depth > _DEEPEST + 1:
        raise WireError("nested too deeply")
    if encoded is None or isinstance(encoded, bool | int | float | str):
        return encoded
    if isinstance(encoded, list):
        return [_decode(part, imported, depth + 1) for part in encoded]
    match encoded["type"]:
        case "tuple":
            return tuple(_decode(part, imported, depth + 1) for part in encoded["parts"])
        case "dict":
            pairs = encoded["pairs"]
            # Numbers could be chosen so that all fall on one place of the table.
            if len(pairs) > _MOST_KEYS or not all(isinstance(key, str) for key, _ in pairs):
                raise WireError("a dict with too many keys, or with keys that are no text")
            return {key: _decode(value, imported, depth + 1) for key, value in pairs}
        case "array":
            return _decode_array(encoded)
        case "scalar":
            return _decode_array(encoded)[()]
        case "complex":
            return complex(*map(float, encoded["parts"]))
        case "opaque":
            return _make_opaque(encoded["name"])
    if imported is None:
        raise WireError("an object where plain data are needed")
    return imported(encoded)


def _make_opaque(name: str) -> Any:
    """Return an object without content, of a type with this name if Python or NumPy has it."""
    return _TYPES.get(name, _OTHER)()


def _decode_array(encoded: dict[str, Any]) -> Any:
    if not _DTYPE.fullmatch(encoded["dtype"]):
        raise WireError("an array of no such type")
    dtype = np.dtype(encoded["dtype"])
    shape = [int(size) for size in encoded["shape"]]
    content = base64.b64decode(encoded["bytes"], validate=True)
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(content):
        raise WireError("an array whose bytes do not fit its shape")
    if not content:
        return np.empty(shape, dtype)
    array = np.frombuffer(content, dtype).reshape(shape, order=encoded["order"]).copy("K")
    if dtype.kind == "b":
        return np.array(array.view(np.uint8) != 0)  # bytes other than 0 and 1 are odd truths
    if dtype.kind == "U":
        array.tolist()  # raises where it is no text
    return array


class Channel:
    """Frames over a socket: each a length and that much JSON.

    Parameters
    ----------
    connection : socket
        Connected; the channel owns it from now on.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._read = bytearray()

    def send(self, message: Any) -> None:
        """Send a message.

        Raises
        ------
        TooLargeError
            If it is larger than a frame may be; nothing is sent then.
        WireError
            If nobody is there.
        """
        content = json.dumps(message).encode()
        _require_small(len(content))
        try:
            self._socket.sendall(_LENGTH.pack(len(content)) + content)
        except OSError as error:
            raise WireError("nobody is there") from error

    def receive(self, deadline: float = math.inf) -> Any:
        """Wait for a message and return it.

        Parameters
        ----------
        deadline : float
            Until when to wait, in seconds of ``time.monotonic()``.

        Raises
        ------
        TooLateError
            If it did not come in time.
        WireError
            If the other side is gone, or sent something else.
        """
        (length,) = _LENGTH.unpack(self._bytes(_LENGTH.size, deadline))
        if length > MOST_BYTES:
            raise WireError("a frame that is too large")
        try:
            return json.loads(self._bytes(length, deadline))
        except (ValueError, RecursionError) as error:
            raise WireError("no JSON") from error

    def _bytes(self, count: int, deadline: float) -> bytes:
        while len(self._read) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TooLateError("nothing came in time")
            try:
                self._socket.settimeout(None if left == math.inf else left)
                part = self._socket.recv(1 << 16)
            except TimeoutError as error:
                raise TooLateError("nothing came in time") from error
            except OSError as error:
                raise WireError("nobody is there") from error
            if not part:
                raise WireError("the other side is gone")
            self._read += part
        taken = bytes(self._read[:count])
        del self._read[:count]
        return taken

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
