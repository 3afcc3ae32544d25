"""System calls that no answer needs, taken away: they reach what no limit counts, or outlive it.

Shared memory and message queues outlive a process, and shared pages that no process has mapped
just now count as nobody's; so nothing is mapped shared, not even a file: that may be /dev/zero.
File systems of one's own hold any number of files, kernel keyrings reach other programs of the
user, attributes stay at a folder that the next answer has too, and the calls that debug a process
reach into the worker, as do those that set its limits or slow it down. Namespaces give whoever
makes them a root of their own. Linux only.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from typing import NamedTuple


class _Machine(NamedTuple):
    """How the kernel names a machine, and its numbers of system calls: linux/audit.h, unistd.h."""

    audit: int
    forbidden: tuple[int, ...]
    clone: int
    prlimit: int
    mmap: int


# clone3 has the same number on all machines; so has what is newer.
_CLONE3 = 435
# pidfd_getfd, fsopen, fsmount; io_uring_setup, which opens files where no filter sees it;
# memfd_secret; setxattrat, file_setattr.
_NEWER = (438, 430, 432, 425, 447, 463, 469)
# In each: shmget, semget, msgget, mq_open, memfd_create; add_key, request_key, keyctl; ptrace,
# process_vm_readv, process_vm_writev; mount, unshare, setns; bpf, userfaultfd, perf_event_open;
# setxattr, lsetxattr, fsetxattr; setpriority, sched_setparam, sched_setscheduler,
# sched_setaffinity, ioprio_set, sched_setattr.
_MACHINES = {
    "x86_64": _Machine(
        audit=0xC000003E,
        forbidden=(
            *(29, 64, 68, 240, 319, 248, 249, 250, 101, 310, 311, 165, 272, 308, 321, 323, 298),
            *(188, 189, 190, 141, 142, 144, 203, 251, 314),
            *_NEWER,
        ),
        clone=56,
        prlimit=302,
        mmap=9,
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        forbidden=(
            *(194, 190, 186, 180, 279, 217, 218, 219, 117, 270, 271, 40, 97, 268, 280, 282, 241),
            *(5, 6, 7, 140, 118, 119, 122, 30, 274),
            *_NEWER,
        ),
        clone=220,
        prlimit=261,
        mmap=222,
    ),
}
# All of CLONE_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET.
_NEW_NAMESPACES = 0x7E020000
# This bit stands for MAP_SHARED and for MAP_SHARED_VALIDATE; MAP_PRIVATE lacks it.
_SHARED = 0x01
_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
# Where struct seccomp_data has the call, the machine, and the lower halves of arguments.
_AT_CALL, _AT_MACHINE, _AT_FIRST, _AT_FOURTH = 0, 4, 16, 40
# Calls of another architecture begin here, on x86_64.
_OTHER_CALLS = 0x40000000


def make_filter() -> bytes | None:
    """Return the filter of system calls, as the kernel and bubblewrap take it.

    Returns
    -------
    bytes or None
        Instructions of the kernel's BPF, 8 bytes each; None on machines whose calls are not known
        here.
    """
    known = _MACHINES.get(platform.machine())
    return _assemble(known) if sys.platform == "linux" and known else None


def forbid_calls() -> bool:
    """Have these calls fail in this process and in all that it starts, for good.

    Returns
    -------
    bool
        Whether the kernel took it; False on machines whose calls are not known here.
    """
    program = make_filter()
    if program is None:
        return False
    code = ctypes.create_string_buffer(program)
    # struct sock_fprog: how many instructions, and where they are.
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    prctl = ctypes.CDLL(None).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    if prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    pointer = ctypes.create_string_buffer(header)
    return not prctl(_SET_SECCOMP, _FILTER, ctypes.addressof(pointer), 0, 0)


# With what the filter ends. All of it may be jumped to from above; what reaches it is allowed.
_ENDS = {"allow": _ALLOW, "refuse": _ERROR | errno.EPERM, "lack": _ERROR | errno.ENOSYS}


class _Line(NamedTuple):
    """An instruction: where a test leads is the name of an end, or how many lines to leave out."""

    code: int
    operand: int
    if_true: str | int = 0
    if_false: str | int = 0


def _assemble(machine: _Machine) -> bytes:
    lines = [
        _Line(_LOAD, _AT_MACHINE),
        _Line(_EQUAL, machine.audit, if_false="refuse"),
        _Line(_LOAD, _AT_CALL),
        _Line(_AT_LEAST, _OTHER_CALLS, if_true="refuse"),
        *(_Line(_EQUAL, call, if_true="refuse") for call in machine.forbidden),
        # Its flags lie in memory, where no filter looks; the C library then calls clone.
        _Line(_EQUAL, _CLONE3, if_true="lack"),
        *_look_at(machine.clone, _AT_FIRST, _Line(_ANY_BIT, _NEW_NAMESPACES, "refuse", "allow")),
        *_look_at(machine.mmap, _AT_FOURTH, _Line(_ANY_BIT, _SHARED, "refuse", "allow")),
        # Of itself, a process may lower the limits.
        *_look_at(machine.prlimit, _AT_FIRST, _Line(_EQUAL, 0, "allow", "refuse")),
    ]
    ends = {name: len(lines) + place for place, name in enumerate(_ENDS)}
    program = b""
    for place, line in enumerate(lines):
        jumps = (
            to if isinstance(to, int) else ends[to] - place - 1
            for to in (line.if_true, line.if_false)
        )
        program += struct.pack("HBBI", line.code, *jumps, line.operand)
    return program + b"".join(struct.pack("HBBI", _RETURN, 0, 0, end) for end in _ENDS.values())


def _look_at(call: int, place: int, test: _Line) -> tuple[_Line, _Line, _Line]:
    """Return the lines that test an argument of a call, and nothing of other calls."""
    return _Line(_EQUAL, call, if_false=2), _Line(_LOAD, place), test
