"""What the tests of rdy-echo under strace share: clients that check every byte, and where faults are put."""

import collections
import concurrent.futures
import functools
import os
import re
import socket
import sys
import unittest

from strace_support import WAITS, Trace, why_not
from strace_tally import count

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "apps"))

from echo_case import RANDOM, EchoTest  # noqa: E402
from echo_support import PATIENCE, Server  # noqa: E402

CLIENTS = 6
MESSAGES = 4
COUNTERS = r"rdy-echo: (worker \d+|total): open=.*"


class Client:
    """Says random bytes and keeps what comes back."""

    def __init__(self, server):
        self.connection = server.connect()
        self.said, self.heard = bytearray(), bytearray()
        self.broken = False

    def say(self, size):
        message = RANDOM.randbytes(size)
        self.said += message
        try:
            self.connection.sendall(message)
        except ConnectionError:
            self.broken = True

    def hear(self, nudge=None):
        """Up to the last byte that was said. `nudge` is called when nothing has come for a while."""
        self.connection.settimeout(0.05 if nudge else PATIENCE)
        while not self.broken and len(self.heard) < len(self.said):
            try:
                part = self.connection.recv(1 << 16)
            except TimeoutError:
                nudge(self)
                continue
            except ConnectionError:
                self.broken = True
                return
            assert part, f"an end in peace after {len(self.heard)} of {len(self.said)} bytes"
            self.heard += part

    def check(self):
        assert self.said.startswith(self.heard), "the bytes differ"
        assert self.broken or len(self.said) == len(self.heard), "bytes are lost"

    def end(self):
        """Ends its side first and sees the other one end."""
        if not self.broken:
            self.connection.shutdown(socket.SHUT_WR)
            assert self.connection.recv(1) == b""
        self.connection.close()


def converse(server, clients=CLIENTS, nudge=None, to_the_end=True):
    """Some clients that talk at once: how many of them were broken off. All others got all their bytes."""
    clients = [Client(server) for _ in range(clients)]
    try:
        for _ in range(MESSAGES):
            for client in clients:
                client.say(RANDOM.randint(1, 16 * 1024))
            for client in clients:
                client.hear(nudge)
        for client in clients:
            client.check()
            if to_the_end:
                client.end()
    finally:
        for client in clients:
            client.connection.close()
    return sum(client.broken for client in clients)


def closing_lines(server):
    """What an ended server said beside its counters, and those."""
    lines = server.remaining_errors()
    total = {}
    for line in lines:
        if line.startswith("rdy-echo: total: "):
            pairs = (pair.split("=") for pair in line.split(": ")[2].split())
            total = {name: int(value) for name, value in pairs}
    return [line for line in lines if not re.fullmatch(COUNTERS, line)], total


def serving(trace, *options, **others):
    """A server under it, which has timers: it waits for ever, for a while and not at all."""
    return Server(EchoTest.program, "--idle-timeout", "10m", *options, under=trace.under, **others)


@functools.cache
def untouched():
    """The calls of a run without a fault, and how many of each kind come before the announcement."""
    with Trace() as trace:
        with serving(trace) as server:
            converse(server)
        calls = trace.wait()
    announced = next(i for i, call in enumerate(calls) if call.name == "write" and call.arguments.startswith("1,"))
    return calls, collections.Counter(call.name for call in calls[: announced + 1])


def once(call, error, later=0):
    """The first call of its kind once the server serves, or a later one."""
    return f"{call}:error={error}:when={untouched()[1][call] + 1 + later}"


def often(call, error, step=3):
    first = untouched()[1][call] + 1
    return f"{call}:error={error}:when={first}+{step}"


def for_a_while(call, error, count=5):
    first = untouched()[1][call] + 2
    return f"{call}:error={error}:when={first}..{first + count - 1}"


def for_ever(call, error, after=0):
    return f"{call}:error={error}:when={untouched()[1][call] + 1 + after}+"


def waits_used():
    """How this build waits on this backend."""
    return sorted({call.name for call in untouched()[0]} & WAITS)


def is_epoll():
    return any(name.startswith("epoll") for name in waits_used())


@unittest.skipIf(why_not(), why_not())
class Faults(EchoTest):
    def each(self, faults, check):
        """`check` answers how many calls it saw fail. A fault that never comes tests nothing."""
        untouched()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            running = {fault: pool.submit(check, fault) for fault in faults}
        for fault, future in running.items():
            with self.subTest(fault=fault):
                injected = future.result()
                self.assertGreater(injected, 0, "it never came")
                count(injected)
