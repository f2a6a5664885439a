"""Programs on a core: servers that run until their block ends, and programs that print one JSON object."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import tempfile
import time


class Failure(Exception):
    """Why a figure could not be taken."""


def pinned(core, command):
    return ["taskset", "-c", str(core), *(str(word) for word in command)]


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no message"


def only_child(pid):
    """Of a tracer: what it traces."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = file.read().split()
    if len(children) != 1:
        raise Failure(f"{len(children)} processes where one is traced")
    return int(children[0])


def count_sockets(pid):
    folder, count = f"/proc/{pid}/fd", 0
    for number in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            count += os.readlink(f"{folder}/{number}").startswith("socket:")
    return count


def wait_until(condition, patience):
    """Whether it came about."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def processor_seconds(pid):
    """Of all threads of a process."""
    spent = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
            spent += int(file.read().split()[0])
    return spent / 1e9


OTHERS_SETTINGS = ("RDY_", "LIBEV_", "EVENT_", "UV_")  # with which whoever starts bench/run would choose a backend


def environment_with(settings):
    """That of this process without what libraries heed, but for what a measure sets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS_SETTINGS)}
    return {**kept, **(settings or {})}


class Server:
    """A server on a core; its block ends it. `pid` is of the server itself, also where `tracer` runs it."""

    def __init__(self, command, core, tracer=(), environment=None, patience=30):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            pinned(core, [*tracer, *command]), stdout=subprocess.PIPE, stderr=self.errors, stdin=subprocess.DEVNULL,
            env=environment_with(environment),
        )
        self.pid = self.process.pid
        try:
            self.port = self._port(time.monotonic() + patience)
            if tracer and os.path.basename(tracer[0]) == "strace":
                self.pid = only_child(self.pid)
        except BaseException:
            self.end()
            raise

    def _port(self, deadline):
        """As it says in its first line."""
        line = b""
        while not line.endswith(b"\n"):
            ready = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]
            part = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            if not part:
                raise Failure(f"server has not come up: {self._complaint()}")
            line += part
        found = re.search(rb"listening on 127\.0\.0\.1:(\d+)", line)
        if not found:
            raise Failure(f"server says {line.decode(errors='replace').strip()}")
        return int(found.group(1))

    def _complaint(self):
        self.errors.seek(0)
        return last_line(self.errors.read())

    def settle(self):
        """Waits until it has closed the connections of clients that have gone, so that what that takes is counted."""
        wait_until(lambda: count_sockets(self.pid) <= 1, 10)

    def kill(self):
        """And waits until its tracer has written what it counted."""
        os.kill(self.pid, signal.SIGKILL)
        if not wait_until(lambda: self.process.poll() is not None, 10):
            raise Failure("the traced server does not end")

    def end(self):
        if self.process.poll() is None:
            for pid in {self.pid, self.process.pid}:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def run(command, core, environment=None, patience=120, partial=False):
    """What a program prints. Exit status 1 says that something in it is wrong, which a caller may take as it is."""
    try:
        done = subprocess.run(
            pinned(core, command), capture_output=True, text=True, env=environment_with(environment), timeout=patience,
            stdin=subprocess.DEVNULL, check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"not done within {patience} s") from None
    if done.returncode != 0 and not (partial and done.returncode == 1 and done.stdout):
        raise Failure(last_line(done.stderr or done.stdout))
    return done.stdout


def run_json(command, core, **how):
    """The object that a program prints."""
    text = run(command, core, **how)
    try:
        return json.loads(text)
    except ValueError:
        raise Failure(f"prints no JSON: {last_line(text)}") from None
