"""What crosses between grader and answer: plain data, whatever it was, and nothing else."""

import contextlib
import json
import math
import socket
import struct
import threading
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from gradlab.grading.sandbox.wire import (
    MOST_BYTES,
    Channel,
    TooLargeError,
    TooLateError,
    WireError,
    decode,
    encode,
)

DTYPES = st.sampled_from(
    ["?", "i1", "<i4", ">i8", "u2", "f2", "<f4", ">f8", "f8", "c8", "c16", "U3"]
)
ARRAYS = DTYPES.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=4))
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | ARRAYS
    | ARRAYS.filter(lambda array: array.size > 0).map(lambda array: array.ravel()[0])
)
VALUES = st.recursive(
    LEAVES,
    lambda parts: (
        st.lists(parts)
        | st.lists(parts).map(tuple)
        | st.dictionaries(st.text(), parts, max_size=4)
    ),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, to the type and the last bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, np.ndarray | np.generic):
        layout = np.asarray(one).flags.f_contiguous == np.asarray(other).flags.f_contiguous
        meta = (one.dtype, one.shape) == (other.dtype, other.shape)
        return meta and layout and one.tobytes() == other.tobytes()
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other) or (one != one and other != other)
    if isinstance(one, complex):
        return same([one.real, one.imag], [other.real, other.imag])
    return bool(one == other)


def crossed(value: Any) -> Any:
    return decode(json.loads(json.dumps(encode(value))))


@given(VALUES)
def test_plain_data_cross_to_the_last_bit(value: Any) -> None:
    assert same(crossed(value), value)


def test_the_order_in_memory_crosses() -> None:
    by_columns = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert crossed(by_columns).ravel(order="K").tolist() == [0, 3, 1, 4, 2, 5]
    assert crossed(by_columns[:, ::2]).tolist() == [[0, 2], [3, 5]]


def test_an_array_that_crossed_can_be_changed() -> None:
    array = crossed(np.zeros(3))
    array[0] = 1.0
    assert array.tolist() == [1.0, 0.0, 0.0]


class Liar(float):
    """A number that equals everything, and lies when asked for its value."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __float__(self) -> float:
        raise RuntimeError

    __add__ = __index__ = __repr__ = __float__  # type: ignore[assignment]


class Chameleon(list[Any]):
    """A list that shows other parts than it has."""

    def __iter__(self) -> Any:
        raise RuntimeError


class Pretender:
    """Equals everything, and becomes any array it is asked for."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __array__(self, *_: Any) -> Any:
        raise RuntimeError


def test_what_a_class_says_of_itself_is_not_asked() -> None:
    assert same(crossed(Liar(2.5)), 2.5)
    assert same(crossed(Chameleon([1, 2])), [1, 2])
    assert crossed(Pretender()) != 1


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        {1: 2},
        Pretender(),
        iter([1]),
        lambda x: x,
        np.array([object()]),
        1 << 5000,
        b"bytes",
    ],
)
def test_what_is_no_plain_data_crosses_as_its_type_alone(value: Any) -> None:
    assert type(crossed(value)).__name__ in (type(value).__name__, "custom object")
    assert not vars(crossed(value))


def test_a_list_that_holds_itself_ends() -> None:
    endless: list[Any] = []
    endless.append(endless)
    encoded = crossed(endless)
    for _ in range(30):
        (encoded,) = encoded


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda parts: (
        st.lists(parts)
        | st.dictionaries(
            st.sampled_from(["type", "dtype", "shape", "order", "bytes", "parts", "pairs", "name"])
            | st.text(),
            parts
            | st.sampled_from(["array", "scalar", "tuple", "dict", "complex", "opaque", "<f8"]),
        )
    ),
)


@given(JSON)
def test_whatever_is_received_is_a_value_or_a_wire_error(encoded: Any) -> None:
    with contextlib.suppress(WireError):
        decode(encoded)


@pytest.mark.parametrize(
    ("dtype", "shape", "content"),
    [
        ("|O", [1], "AAAAAAAAAAA="),
        ("<V8", [1], "AAAAAAAAAAA="),
        ("<f8", [2], "AAAAAAAAAAA="),
        ("<f8", [-1], "AAAAAAAAAAA="),
        ("<f8", [10**30], ""),
        ("<f8,<f8", [1], "AAAAAAAAAAA="),
        ("<U0", [300_000_000], ""),  # NumPy would make it <U1, and that of zeros
        ("<U1", [1], "////fw=="),  # no character
    ],
)
def test_arrays_that_do_not_fit_are_refused(dtype: str, shape: list[int], content: str) -> None:
    sent = {"type": "array", "dtype": dtype, "shape": shape, "order": "C", "bytes": content}
    with pytest.raises(WireError):
        decode(sent)


def test_a_dict_whose_keys_collide_is_refused() -> None:
    """Each would be compared with each."""
    pairs = [[number * (2**61 - 1), 0] for number in range(900)]
    for bad in (pairs, [[str(k), 0] for k in range(2000)], [[[], 0]]):
        with pytest.raises(WireError, match="keys"):
            decode({"type": "dict", "pairs": bad})


def test_no_class_is_made_of_a_name_that_was_sent() -> None:
    sent = [{"type": "opaque", "name": name} for name in ("Odd", "Odder", "set", "")]
    assert [type(value).__name__ for value in decode(sent)] == [
        "custom object",
        "custom object",
        "set",
        "custom object",
    ]
    assert type(decode(sent)[0]) is type(decode(sent)[1])


def test_truth_values_are_true_or_false() -> None:
    sent = {"type": "array", "dtype": "|b1", "shape": [2], "order": "C", "bytes": "BwA="}
    assert decode(sent).tolist() == [True, False]
    assert decode(sent).view(np.uint8).tolist() == [1, 0]


@pytest.fixture
def channels() -> Any:
    ours, theirs = socket.socketpair()
    one, other = Channel(ours), Channel(theirs)
    yield one, other
    one.close()
    other.close()


@given(st.lists(st.text()), st.integers(1, 7))
def test_frames_arrive_whole_however_they_are_cut(messages: list[str], size: int) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        frames = b"".join(
            struct.pack(">I", len(content)) + content
            for content in (json.dumps(message).encode() for message in messages)
        )

        def send() -> None:
            for start in range(0, len(frames), size):
                ours.sendall(frames[start : start + size])

        sender = threading.Thread(target=send)
        sender.start()
        channel = Channel(theirs)
        assert [channel.receive() for _ in messages] == messages
        sender.join()


def test_a_frame_that_is_too_large_is_not_sent(channels: tuple[Channel, Channel]) -> None:
    one, other = channels
    with pytest.raises(TooLargeError, match="4 MB"):
        one.send("x" * MOST_BYTES)
    one.send("small")
    assert other.receive() == "small"


@pytest.mark.parametrize(
    "content",
    [
        struct.pack(">I", MOST_BYTES + 1),
        struct.pack(">I", 3) + b"{x}",
        struct.pack(">I", 2) + b"\xff\xfe",
        struct.pack(">I", 100_000) + b"[" * 100_000,
        struct.pack(">I", 20) + b"cut",
        b"\0",
        b"",
    ],
)
def test_what_is_no_frame_is_a_wire_error(content: bytes) -> None:
    ours, theirs = socket.socketpair()
    with theirs, ours:

        def send() -> None:
            ours.sendall(content)
            ours.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        with pytest.raises(WireError):
            Channel(theirs).receive()
        sender.join()


def test_who_waits_in_vain_gives_up(channels: tuple[Channel, Channel]) -> None:
    with pytest.raises(TooLateError):
        channels[0].receive(time.monotonic() + 0.01)
    with pytest.raises(TooLateError):
        channels[0].receive(-math.inf)
