"""A program of the faulty build: one start of it, in which at most one call fails."""

import collections
import contextlib
import os
import select
import signal
import subprocess
import time


class Failure(Exception):
    """What a program did that it must not."""


class TooSlow(Failure):
    """What a busy machine may do to a program that is right."""


class Fault(collections.namedtuple("Fault", "call number error lasts", defaults=[False])):
    def __str__(self):
        return f"{self.call}:{self.number}{'+' if self.lasts else ''}:{self.error}"


class Log:
    """What the engine wrote, last: how often each call was made, whether one failed, what was not given back."""

    def __init__(self, path):
        self.calls = collections.Counter()
        self.injected = False
        self.live = 0
        self.descriptors = None  # of a program that has become another one
        try:
            with open(path, encoding="ascii") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            lines = []
        for line in lines:
            self.take(*line.split(" ", 1))

    def take(self, word, rest):
        if word == "fired":
            self.injected = rest != "0"
        elif word == "live":
            self.live = int(rest.split()[0])
        elif word == "open":
            self.descriptors = int(rest)
        else:
            self.calls[word] = int(rest)


class Program:
    """Started with the block, and gone after it. Its output is in files: it never waits for us to read."""

    def __init__(self, path, arguments, fault, folder, patience, stdin=subprocess.DEVNULL, stdout=None,
                 environment=()):
        self.name = os.path.basename(path).replace("-faulty", "")
        self.patience = patience
        self.log_path = os.path.join(folder, "fault.log")
        self.output_path = os.path.join(folder, "stdout")
        self.errors_path = os.path.join(folder, "stderr")
        environment = {**os.environ, **dict(environment), "RDY_FAULT_LOG": self.log_path}
        environment.pop("RDY_FAULT", None)
        if fault is not None:
            environment["RDY_FAULT"] = str(fault)
        with open(self.output_path, "wb") as output, open(self.errors_path, "wb") as errors:
            self.process = subprocess.Popen(
                [path, *arguments], stdin=stdin, stdout=stdout or output, stderr=errors, env=environment, cwd=folder
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def output(self):
        with open(self.output_path, "rb") as file:
            return file.read()

    def read_to_the_end(self):
        """What comes through a pipe from its standard output until that is closed."""
        stream, received = self.process.stdout.fileno(), bytearray()
        deadline = time.monotonic() + self.patience
        while select.select([stream], [], [], max(deadline - time.monotonic(), 0))[0]:
            part = os.read(stream, 65536)
            if not part:
                return bytes(received)
            received += part
        raise TooSlow(f"its output does not end, after {len(received)} bytes")

    def errors(self):
        with open(self.errors_path, "rb") as file:
            return file.read().decode(errors="replace").splitlines()

    def has_ended(self):
        return self.process.poll() is not None

    def descriptors(self):
        """How many it has open, none once it has ended; None where nobody tells."""
        with contextlib.suppress(OSError):
            return len(os.listdir(f"/proc/{self.process.pid}/fd"))
        return None

    def wait_until(self, condition, what):
        deadline = time.monotonic() + self.patience
        while not condition():
            if time.monotonic() > deadline:
                raise TooSlow("waited in vain until " + what)
            time.sleep(0.003)

    def wait(self, codes):
        """The exit code, which has to be one of these."""
        try:
            code = self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            raise TooSlow("hangs") from None
        if code < 0 and code not in codes:
            raise Failure(f"died of {signal.Signals(-code).name}")
        if code not in codes:
            raise Failure(f"exit code {code}")
        for line in self.errors():
            if not line.startswith(self.name + ": "):
                raise Failure(f"on stderr: {line}")
            if "unknown error" in line:
                raise Failure("does not know the name of the error")
        return code

    def complaints(self, *beside):
        """The lines on stderr, but for those that begin with one of `beside`."""
        lines = (line[len(self.name) + 2:] for line in self.errors())
        return [line for line in lines if not line.startswith(beside)] if beside else list(lines)

    def log(self):
        return Log(self.log_path)
