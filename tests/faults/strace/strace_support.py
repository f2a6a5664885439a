"""Faults that strace puts in the place of system calls, into the programs as they are built for users.

strace says the answer in the place of the kernel, and the call is not made. So only answers are given here after which
a call that was not made and one that failed are the same: an error, or a wait that found nothing. A count of bytes that
nobody moved would be strace's loss, not the program's: short results come from the kernel itself (echo_strace_test.py).
"""

import functools
import os
import re
import shutil
import subprocess
import tempfile
import time

PATIENCE = 60  # seconds that nothing here takes, however slow the machine


@functools.cache
def why_not():
    """Why nothing can be injected here, or None."""
    if shutil.which("strace") is None:
        return "no strace"
    command = ["strace", "-D", "-f", "-qq", "-o", os.devnull, "-e", "inject=getppid:error=EPERM:when=1..2", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["strace fails"])[-1]


class Call:
    """One line of the log: which call, with what result ("0", "-1", "?"), and whether strace said it."""

    pattern = re.compile(r"(?P<pid>\d+) +(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\w+|\?)(?P<rest>.*)")
    resumed = re.compile(pattern.pattern.replace(r"(?P<name>\w+)\(", r"<\.\.\. (?P<name>\w+) resumed>"))

    def __init__(self, match):
        self.pid, self.name, self.arguments, self.result, rest = match.groups()
        self.injected = "(INJECTED)" in rest

    @property
    def slept(self):
        """A wait that was allowed to sleep and, by its end, had nothing to tell."""
        if self.name == "epoll_wait":
            return not self.injected and self.result == "0" and not self.arguments.endswith(", 0")
        return not self.injected and self.result == "0" and "_sec=0, tv_nsec=0}" not in self.arguments

    @property
    def is_short(self):
        """Of a recvfrom or sendto: it moved some bytes, and fewer than it was asked to."""
        size = re.search(r"(?:\"|\.{3}|0x\w+), (\d+), ", self.arguments)
        return not self.injected and 0 < int(self.result, 0) < int(size.group(1))

    def __repr__(self):
        return f"{self.name}({self.arguments}) = {self.result}{' injected' if self.injected else ''}"


WAITS = {"epoll_wait", "epoll_pwait2", "select", "pselect6"}


class Trace:
    """A command to run a program under, and what it logs; its file goes with the block.

    `faults` are what strace's inject= takes, with spaces between them.
    """

    def __init__(self, faults=""):
        self.folder = tempfile.TemporaryDirectory()
        self.log = self.folder.name + "/log"
        # -D: the program, not strace, is what was started, and gets the signals. -q keeps the line of the exit.
        self.under = ["strace", "-D", "-f", "-q", "-s", "16", "-o", self.log]
        for fault in faults.split():
            self.under += ["-e", "inject=" + fault]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def lines(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()

    def calls(self):
        """Those so far that have ended, in the order of their ends."""
        matches = (Call.pattern.fullmatch(line) or Call.resumed.fullmatch(line) for line in self.lines())
        return [Call(match) for match in matches if match]

    def injected(self):
        return sum(call.injected for call in self.calls())

    def wait(self):
        """All calls, once the tracer has seen the end of the program."""
        deadline = time.monotonic() + PATIENCE
        while not re.match(r"\d+ +\+\+\+ (exited|killed)", (self.lines() or [""])[-1]):
            assert time.monotonic() < deadline, "the tracer does not end"
            time.sleep(0.01)
        return self.calls()
