"""System calls that no answer needs, taken away: they reach memory that no limit counts.

Shared memory of System V stays when a process ends, file systems of one's own hold any number of
files, kernel keyrings reach other programs of the user, and the calls that debug a process reach
into the worker. Linux only.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

# How the kernel names the machine, and the numbers of shmget, semget, msgget; add_key,
# request_key, keyctl; ptrace, process_vm_readv, process_vm_writev, pidfd_getfd; mount, unshare,
# setns, fsopen, fsmount: linux/audit.h and the tables of system calls.
_MACHINES = {
    "x86_64": (
        0xC000003E,
        (29, 64, 68, 248, 249, 250, 101, 310, 311, 438, 165, 272, 308, 430, 432),
    ),
    "aarch64": (
        0xC00000B7,
        (194, 190, 186, 217, 218, 219, 117, 270, 271, 438, 40, 97, 268, 430, 432),
    ),
}
_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
# Calls of another architecture begin here, on x86_64.
_OTHER_CALLS = 0x40000000


def forbid_calls() -> bool:
    """Have these calls fail in this process and in all that it starts, for good.

    Returns
    -------
    bool
        Whether the kernel took it; False on machines whose calls are not known here.
    """
    known = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return False
    program = _program(*known)
    code = ctypes.create_string_buffer(program)
    # struct sock_fprog: how many instructions, and where they are.
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    prctl = ctypes.CDLL(None).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    if prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    pointer = ctypes.create_string_buffer(header)
    return not prctl(_SET_SECCOMP, _FILTER, ctypes.addressof(pointer), 0, 0)


def _program(machine: int, calls: tuple[int, ...]) -> bytes:
    """Return the filter: instructions of the kernel's BPF, 8 bytes each."""
    last = len(calls) + 1
    lines = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _ERROR | errno.EPERM),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_AT_LEAST, last, 0, _OTHER_CALLS),
        *((_EQUAL, last - k, 0, call) for k, call in enumerate(calls, start=1)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERROR | errno.EPERM),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)
