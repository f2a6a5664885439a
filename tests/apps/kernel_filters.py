"""Whether this kernel, or the container, takes filters of system calls: asked without rdy-echo and its library."""

import ctypes
import functools
import os
import subprocess
import sys

NUMBERS = {"aarch64": 277, "i686": 354, "loongarch64": 277, "ppc64le": 358, "riscv64": 277, "x86_64": 317}
NUMBER = NUMBERS.get(os.uname().machine)  # of seccomp(2)
if sys.maxsize < 1 << 32 and os.uname().machine != "i686":
    NUMBER = None  # this Python has other numbers than the machine of the kernel

SET_MODE_FILTER, FOR_ALL_THREADS = 1, 1
GET_ACTION_AVAILABLE = 2
KILL_PROCESS, ALLOW_ALL = 0x80000000, 0x7FFF0000
RETURN = 6  # the instruction
SET_NO_NEW_PRIVILEGES = 38  # of prctl(2)


class Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("if_true", ctypes.c_ubyte),
        ("if_false", ctypes.c_ubyte),
        ("value", ctypes.c_uint),
    )


class Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(Instruction)))


def enter_one():
    """A filter that lets all pass, as rdy-echo's is entered; the errno, or 0."""
    library = ctypes.CDLL(None, use_errno=True)
    action = ctypes.c_uint(KILL_PROCESS)
    one = Filter(1, ctypes.pointer(Instruction(RETURN, 0, 0, ALLOW_ALL)))
    refused = (
        library.prctl(*map(ctypes.c_ulong, (SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0))) != 0
        or library.syscall(*map(ctypes.c_ulong, (NUMBER, GET_ACTION_AVAILABLE, 0)), ctypes.byref(action)) != 0
        or library.syscall(*map(ctypes.c_ulong, (NUMBER, SET_MODE_FILTER, FOR_ALL_THREADS)), ctypes.byref(one)) != 0
    )
    return ctypes.get_errno() if refused else 0


@functools.cache
def why_not():
    """Why no filter is taken here, or None; none either where this cannot ask."""
    if not sys.platform.startswith("linux") or NUMBER is None:
        return None
    error = int(subprocess.check_output([sys.executable, os.path.abspath(__file__)]))
    return f"this kernel takes no filter of system calls: {os.strerror(error)}" if error != 0 else None


if __name__ == "__main__":
    print(enter_one())
