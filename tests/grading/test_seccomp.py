"""The filter of system calls for every machine that it knows, run by a few lines of Python."""

import errno
import platform
import struct
import sys

import pytest

from gradlab.grading.sandbox import seccomp

ALLOWED = 0x7FFF0000
CLONE3 = 435
# linux/audit.h, and the tables of system calls: fork's own clone, read, unshare, mount, ptrace.
MACHINES = {
    "x86_64": (
        0xC000003E,
        {"clone": 56, "read": 0, "unshare": 272, "mount": 165, "ptrace": 101, "prlimit": 302},
    ),
    "aarch64": (
        0xC00000B7,
        {"clone": 220, "read": 63, "unshare": 97, "mount": 40, "ptrace": 117, "prlimit": 261},
    ),
}
NEW_USER, SIGNAL_AT_END = 0x10000000, 17


def verdict(program: bytes, machine: int, call: int, argument: int = 0) -> int:
    """Run the instructions as the kernel would; return 0 for allowed, else the error."""
    data = struct.pack("<iIQ6Q", call, machine, 0, argument, *[0] * 5)
    lines = list(struct.iter_unpack("<HBBI", program))
    place = value = 0
    while True:
        code, if_true, if_false, operand = lines[place]
        place += 1
        if code == 0x20:
            (value,) = struct.unpack_from("<I", data, operand)
        elif code == 0x06:
            return 0 if operand == ALLOWED else operand & 0xFFFF
        else:
            tests = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}
            place += if_true if tests[code] else if_false


@pytest.mark.parametrize("name", MACHINES)
def test_calls_that_reach_outside_the_limits_fail_and_others_do_not(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: name)
    monkeypatch.setattr(sys, "platform", "linux")
    program = seccomp.make_filter()
    assert program is not None
    machine, calls = MACHINES[name]
    for call in ("unshare", "mount", "ptrace"):
        assert verdict(program, machine, calls[call]) == errno.EPERM
    assert verdict(program, machine, calls["read"]) == 0
    assert verdict(program, machine, calls["clone"], SIGNAL_AT_END) == 0
    assert verdict(program, machine, calls["clone"], SIGNAL_AT_END | NEW_USER) == errno.EPERM
    # The C library takes this for an old kernel, and calls clone.
    assert verdict(program, machine, CLONE3) == errno.ENOSYS
    # The limits of this process, and of the first one.
    assert verdict(program, machine, calls["prlimit"], 0) == 0
    assert verdict(program, machine, calls["prlimit"], 1) == errno.EPERM
    # Of another architecture, and of 32 bits on this one.
    assert verdict(program, 0x40000003, calls["read"]) == errno.EPERM
    assert verdict(program, machine, 0x40000000 | calls["read"]) == errno.EPERM


@pytest.mark.parametrize(("name", "system"), [("riscv64", "linux"), ("x86_64", "darwin")])
def test_where_the_calls_are_not_known_there_is_no_filter(
    name: str, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: name)
    monkeypatch.setattr(sys, "platform", system)
    assert seccomp.make_filter() is None
    assert not seccomp.forbid_calls()
