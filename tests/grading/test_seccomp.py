"""The filter of system calls for every machine that it knows, run by a few lines of Python."""

import errno
import platform
import struct
import sys

import pytest

from gradlab.grading.sandbox import seccomp

ALLOWED = 0x7FFF0000
CLONE3 = 435
SETXATTRAT, MEMFD_SECRET = 463, 447
# linux/audit.h, and the tables of system calls.
MACHINES = {
    "x86_64": (
        0xC000003E,
        {
            "clone": 56,
            "read": 0,
            "unshare": 272,
            "mount": 165,
            "ptrace": 101,
            "prlimit": 302,
            "mmap": 9,
            "memfd_create": 319,
            "setxattr": 188,
            "lsetxattr": 189,
            "fsetxattr": 190,
            "getxattr": 191,
            "setpriority": 141,
            "sched_setparam": 142,
            "sched_setscheduler": 144,
            "sched_setaffinity": 203,
            "ioprio_set": 251,
            "sched_setattr": 314,
            "sched_getaffinity": 204,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "clone": 220,
            "read": 63,
            "unshare": 97,
            "mount": 40,
            "ptrace": 117,
            "prlimit": 261,
            "mmap": 222,
            "memfd_create": 279,
            "setxattr": 5,
            "lsetxattr": 6,
            "fsetxattr": 7,
            "getxattr": 8,
            "setpriority": 140,
            "sched_setparam": 118,
            "sched_setscheduler": 119,
            "sched_setaffinity": 122,
            "ioprio_set": 30,
            "sched_setattr": 274,
            "sched_getaffinity": 123,
        },
    ),
}
NEW_USER, SIGNAL_AT_END = 0x10000000, 17


# Shared, shared and nobody's, shared and checked; private, private and nobody's.
SHARED, PRIVATE = (0x01, 0x21, 0x03), (0x02, 0x22)


def verdict(program: bytes, machine: int, call: int, *arguments: int) -> int:
    """Run the instructions as the kernel would; return 0 for allowed, else the error."""
    data = struct.pack("<iIQ6Q", call, machine, 0, *arguments, *[0] * (6 - len(arguments)))
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
    may = {"read", "clone", "prlimit", "mmap", "getxattr", "sched_getaffinity"}
    for call, number in calls.items():
        assert verdict(program, machine, number) == (0 if call in may else errno.EPERM), call
    for number in (SETXATTRAT, MEMFD_SECRET):
        assert verdict(program, machine, number) == errno.EPERM
    for flags in (*SHARED, *PRIVATE):
        error = errno.EPERM if flags in SHARED else 0
        assert verdict(program, machine, calls["mmap"], 0, 4096, 3, flags) == error
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
