"""System calls that no answer needs, taken away: they reach memory that no limit counts.

Shared memory and message queues outlive a process, file systems of one's own hold any number of
files, kernel keyrings reach other programs of the user, and the calls that debug a process reach
into the worker, as does the one that sets limits of others. Namespaces give whoever makes them a
root of their own. Linux only.
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


# clone3 has the same number on all machines; so has what is newer.
_CLONE3 = 435
# pidfd_getfd, fsopen, fsmount; io_uring_setup, which opens files where no filter sees it.
_NEWER = (438, 430, 432, 425)
_MACHINES = {
    "x86_64": _Machine(
        audit=0xC000003E,
        # shmget, semget, msgget, mq_open; add_key, request_key, keyctl; ptrace, process_vm_readv,
        # process_vm_writev; mount, unshare, setns; bpf, userfaultfd, perf_event_open.
        forbidden=(
            *(29, 64, 68, 240, 248, 249, 250, 101, 310, 311, 165, 272, 308, 321, 323, 298),
            *_NEWER,
        ),
        clone=56,
        prlimit=302,
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        forbidden=(
            *(194, 190, 186, 180, 217, 218, 219, 117, 270, 271, 40, 97, 268, 280, 282, 241),
            *_NEWER,
        ),
        clone=220,
        prlimit=261,
    ),
}
# All of CLONE_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET.
_NEW_NAMESPACES = 0x7E020000
_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
# Where struct seccomp_data has the call, the machine, and the lower half of the first argument.
_AT_CALL, _AT_MACHINE, _AT_ARGUMENT = 0, 4, 16
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


def _assemble(machine: _Machine) -> bytes:
    count = len(machine.forbidden)
    # The jumps are counted from the next instruction; below the calls stand ten.
    lines = [
        (_LOAD, 0, 0, _AT_MACHINE),
        (_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, _ERROR | errno.EPERM),
        (_LOAD, 0, 0, _AT_CALL),
        (_AT_LEAST, count + 8, 0, _OTHER_CALLS),
        *(
            (_EQUAL, count + 8 - place, 0, call)
            for place, call in enumerate(machine.forbidden, start=1)
        ),
        # Its flags lie in memory, where no filter looks; the C library then calls clone.
        (_EQUAL, 8, 0, _CLONE3),
        (_EQUAL, 1, 0, machine.clone),
        (_EQUAL, 2, 4, machine.prlimit),
        (_LOAD, 0, 0, _AT_ARGUMENT),
        (_ANY_BIT, 3, 2, _NEW_NAMESPACES),
        # Of itself, a process may lower the limits.
        (_LOAD, 0, 0, _AT_ARGUMENT),
        (_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERROR | errno.EPERM),
        (_RETURN, 0, 0, _ERROR | errno.ENOSYS),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)
