"""A running rdy-echo, and clients for it."""

import collections
import contextlib
import functools
import os
import queue
import re
import resource
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

PATIENCE = 60  # seconds that nothing here takes, however slow the machine
OPTIONS = os.environ.get("RDY_ECHO_OPTIONS", "").split()  # of every server

# The address sanitizer looks for leaks from a process that traces this one, which neither a filter nor strace lets it.
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}


@functools.cache
def can_trace():
    """Whether there is strace, and it may trace."""
    trace = ("strace", "-qq", "-o", os.devnull, "true")
    return shutil.which("strace") and subprocess.run(trace, capture_output=True, check=False).returncode == 0


def lack_of_descriptors(count):
    """Why a process may not have so many connections here, or None: then this one may, and those that it starts."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and most < count + 100:
        return f"only {most} descriptors for {count} connections (ulimit -Hn)"
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return None


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.01)


def lines_of(stream, reports=None):
    """A queue that a thread fills, so that the program can never block on a full pipe."""
    lines = queue.Queue()

    def read():
        for line in stream:
            if reports is not None and line.startswith("rdy: debug: "):
                reports.append(line)
            lines.put(line.rstrip("\n"))
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


class Server:
    """Starts the program on a free port and ends it with the block; `descriptors` limits their number.

    `under` is a command that becomes the program, such as strace -D.
    """

    def __init__(self, program, *options, listen=("127.0.0.1:0",), descriptors=None, under=()):
        def limit():
            if descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        arguments = [*under, program, *OPTIONS, *options]
        for address in listen:
            arguments += ["--listen", address]
        environment = NO_LEAKS if under or "--sandbox" in arguments else {}
        self.process = subprocess.Popen(
            arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limit,
            env={**os.environ, **environment},
        )
        self.reports = []  # of misuse of the library, where RDY_DEBUG=1
        self.errors = lines_of(self.process.stderr, self.reports)
        self.output = lines_of(self.process.stdout)
        try:
            self.announced = [self.announcement() for _ in listen]
        except BaseException:
            self.kill()
            raise
        self.address = self.announced[0][0]

    def announcement(self):
        line = self.output.get(timeout=PATIENCE)
        match = re.fullmatch(r"listening on (\S+) \((\w+), (\d+) workers?\)", line or "")
        assert match, f"unexpected first line {line!r}, errors {self.remaining_errors()}"
        return match.groups()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None and self.process.poll() is None:
            code = self.end()
            assert code == 0, f"ended with {code}"
        self.kill()
        assert kind is not None or not self.reports, f"misuse of the library: {self.reports}"

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.remaining_errors()
        self.process.stdout.close()
        self.process.stderr.close()

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Holds the program up until SIGCONT; returns when it stands still."""
        self.signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def wait(self):
        return self.process.wait(timeout=PATIENCE)

    def end(self):
        self.signal(signal.SIGTERM)
        return self.wait()

    def remaining_errors(self):
        """What is left on stderr; waits for its end."""
        lines = []
        with contextlib.suppress(queue.Empty):
            while (line := self.errors.get(timeout=5)) is not None:
                lines.append(line)
            self.errors.put(None)
        return lines

    def next_counters(self):
        """The next set of counters on stderr, by title ("worker 0", "total")."""
        counters = {}
        while "total" not in counters:
            line = self.errors.get(timeout=PATIENCE)
            assert line is not None, "the counters are missing"
            match = re.fullmatch(r"rdy-echo: (worker \d+|total): (.*)", line)
            if match:
                pairs = (pair.split("=") for pair in match.group(2).split())
                counters[match.group(1)] = {name: int(value) for name, value in pairs}
        return counters

    def counters(self):
        self.signal(signal.SIGUSR1)
        return self.next_counters()["total"]

    def wait_for(self, what, condition):
        return wait_until(lambda: condition(self.counters()), what)

    def connect(self, address=None, receive_buffer=None):
        address = address or self.address
        if address.startswith("unix:"):
            client = socket.socket(socket.AF_UNIX)
            target = address[len("unix:") :]
        else:
            host, port = address.rsplit(":", 1)
            target = (host.strip("[]"), int(port))
            client = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        client.settimeout(PATIENCE)
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            client.connect(target)
        except BaseException:
            client.close()
            raise
        return client

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def reset(client):
    """Closes with a reset in place of an end."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def receive(client, size):
    """Exactly `size` bytes, fewer at the end of the stream."""
    parts = []
    while size > 0:
        part = client.recv(min(size, 1 << 16))
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def receive_all(client):
    return receive(client, 1 << 62)


def ask(client, message):
    client.sendall(message)
    return receive(client, len(message))


def send_until_stalled(client, chunk, most):
    """Sends without reading until nothing is taken for a second; how many bytes were."""
    sent = 0
    client.setblocking(False)
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_WRITE)
        while sent < most and selector.select(1):
            with contextlib.suppress(BlockingIOError):
                sent += client.send(chunk[sent % len(chunk) :])
    client.settimeout(PATIENCE)
    return sent


Exchange = collections.namedtuple("Exchange", "unsent received")


def exchange(payloads):
    """Sends all payloads at once, reads their echoes at once, and ends each stream behind its payload.

    `payloads` maps sockets to bytes; the result maps them to what came back until the end of the stream.
    """
    state = {client: Exchange([memoryview(payload)], bytearray()) for client, payload in payloads.items()}
    with selectors.DefaultSelector() as selector:
        for client in state:
            client.setblocking(False)
            selector.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while selector.get_map():
            ready = selector.select(PATIENCE)
            assert ready, f"{len(selector.get_map())} clients wait in vain"
            for key, events in ready:
                if events & selectors.EVENT_WRITE:
                    send_some(selector, key.fileobj, state[key.fileobj].unsent)
                if events & selectors.EVENT_READ:
                    receive_some(selector, key.fileobj, state[key.fileobj].received)
    return {client: bytes(one.received) for client, one in state.items()}


def send_some(selector, client, unsent):
    unsent[0] = unsent[0][client.send(unsent[0][: 1 << 16]) :] if unsent[0] else unsent[0]
    if not unsent[0]:
        client.shutdown(socket.SHUT_WR)
        selector.modify(client, selectors.EVENT_READ)


def receive_some(selector, client, received):
    part = client.recv(1 << 16)
    received += part
    if not part:
        selector.unregister(client)
