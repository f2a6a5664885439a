"""What every server of the comparison has to do, so that none is fast by leaving something out.

Usage: servers_test.py COMMAND... [-- unittest arguments]; each COMMAND is a command line that starts one server.
"""

import contextlib
import errno
import os
import random
import shlex
import socket
import sys
import threading
import time
import unittest

import server_support
from echo_support import PATIENCE, ask, exchange, receive, receive_all, reset, send_until_stalled, wait_until

RANDOM = random.Random(1)
MEBIBYTE = 1 << 20

SLOW_CLIENTS = 8  # as many as echo-pool serves at once
SLOW_BYTES = 8 * MEBIBYTE
# What a server may take for a client that reads nothing: 256 KiB before it stops reading and what is on its way then
# (512 KiB in all from a ring), in a buffer that doubles while it grows.
MEMORY_FOR_SLOW = 2 * MEBIBYTE
SHARED_BUFFERS = {"echo-uring": 16 * MEBIBYTE}  # a ring that its clients share, touched when it is first used
IDLE_SHARE = 0.1  # of a processor, which a server that has nothing to do stays under

# These close what they cannot take when descriptors are short, which lets nobody wait for ever either.
TURN_AWAY = {"echo-libuv"}


class ServerCase:
    command = None

    def setUp(self):
        self.name = os.path.basename(shlex.split(self.command)[0])

    def hold(self, context):
        result = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return result

    def start(self, **others):
        return self.hold(server_support.Server(self.command, **others))

    def connect(self, server, **others):
        return self.hold(server.connect(**others))

    def stop(self, server):
        server.stop()
        self.addCleanup(server.go_on)

    def descriptors_unused(self, server):
        """How many the server has open for itself; it may announce itself before it has all."""
        with server.connect() as client:
            self.assertEqual(ask(client, b"first"), b"first")
            return len(server.descriptors()) - 1

    def peer_of(self, server, client):
        try:
            return server.peer_of(client)
        except OSError as error:
            if error.errno not in (errno.ENOSYS, errno.EPERM):
                raise
            self.skipTest(f"the server's socket cannot be looked at: {error}")

    def check_released(self, server, unused):
        wait_until(lambda: len(server.descriptors()) <= unused, "all connections are closed")
        self.assertTrue(server.is_alive())

    def test_bytes_come_back(self):
        server = self.start()
        self.assertEqual(ask(self.connect(server), b"warm"), b"warm")
        for most in (64, 8 * 1024, 512 * 1024):
            clients = [self.connect(server) for _ in range(100)]
            payloads = {client: RANDOM.randbytes(RANDOM.randint(0, most)) for client in clients}
            echoes = exchange(payloads)
            for client, payload in payloads.items():
                self.assertEqual(len(echoes[client]), len(payload))
                self.assertTrue(echoes[client] == payload, "the bytes differ")
                client.close()

    def test_message_after_message(self):
        server = self.start()
        unused = self.descriptors_unused(server)
        clients = [self.connect(server) for _ in range(8)]
        for _ in range(200):
            for client in clients:
                message = RANDOM.randbytes(RANDOM.randint(1, 300))
                self.assertTrue(ask(client, message) == message)
        wait_until(lambda: is_idle(server), "it has nothing to do")
        for client in clients:
            client.close()
        self.check_released(server, unused)

    def test_slow_readers_get_all_and_cost_little(self):
        server = self.start()
        clients = [self.connect(server, receive_buffer=16 * 1024) for _ in range(SLOW_CLIENTS)]
        for client in clients:
            self.assertEqual(ask(client, b"warm"), b"warm")
        payload = RANDOM.randbytes(SLOW_BYTES)
        before = server.resident_bytes()
        senders = [Sender(client, payload) for client in clients]
        wait_until(lambda: has_settled(senders), "no more is taken")
        most = SLOW_CLIENTS * MEMORY_FOR_SLOW + SHARED_BUFFERS.get(self.name, 0)
        self.assertLess(server.resident_bytes() - before, most)
        wait_until(lambda: is_idle(server), "it has nothing to do")
        for client, sender in zip(clients, senders):
            self.assertTrue(receive(client, SLOW_BYTES) == payload, "the bytes differ")
            sender.join()
            self.assertEqual(ask(client, b"again"), b"again")

    def test_slow_reader_holds_up_nobody(self):
        server = self.start()
        send_until_stalled(self.connect(server, receive_buffer=16 * 1024), bytes(MEBIBYTE), SLOW_BYTES)
        other = self.connect(server)
        self.assertEqual(ask(other, b"other"), b"other")
        payload = RANDOM.randbytes(MEBIBYTE)
        self.assertTrue(exchange({other: payload})[other] == payload)

    def test_half_closed_client_gets_the_rest(self):
        server = self.start()
        unused = self.descriptors_unused(server)
        for size in (0, 1, 64, 64 * 1024, SLOW_BYTES):
            client = self.connect(server, receive_buffer=16 * 1024)
            payload = RANDOM.randbytes(size)
            sent = send_until_stalled(client, payload, size) if size > 0 else 0
            client.shutdown(socket.SHUT_WR)
            wait_until(lambda: is_idle(server), "it has nothing to do")
            self.assertTrue(receive_all(client) == payload[:sent], f"after {sent} bytes")
            client.close()
        self.check_released(server, unused)

    def test_end_that_is_seen_while_bytes_wait_loses_none(self):
        server = self.start()
        client = self.connect(server, receive_buffer=16 * 1024)
        self.assertEqual(ask(client, b"here"), b"here")
        with self.peer_of(server, client) as end:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
        payload = RANDOM.randbytes(200 * 1024)  # more than the kernel takes, and less than stops the server's reading
        client.sendall(payload)
        client.shutdown(socket.SHUT_WR)
        wait_until(lambda: is_idle(server), "it has nothing to do")
        self.assertTrue(receive_all(client) == payload)

    def test_end_that_comes_with_the_bytes_is_seen(self):
        server = self.start()
        unused = self.descriptors_unused(server)
        clients = [self.connect(server) for _ in range(8)]
        for client in clients[:4]:
            self.assertEqual(ask(client, b"known"), b"known")
        self.stop(server)
        for size, client in enumerate(clients):
            client.sendall(bytes(size))
            client.shutdown(socket.SHUT_WR)
        server.go_on()
        for size, client in enumerate(clients):
            self.assertEqual(receive_all(client), bytes(size))
            client.close()
        self.check_released(server, unused)

    def test_reset_clients_harm_nobody(self):
        server = self.start()
        unused = self.descriptors_unused(server)
        witness = self.connect(server)
        self.assertEqual(ask(witness, b"before"), b"before")
        known = [server.connect(receive_buffer=16 * 1024) for _ in range(6)]
        for client in known[:3]:
            self.assertEqual(ask(client, b"known"), b"known")
        for client in known[3:]:
            send_until_stalled(client, bytes(MEBIBYTE), SLOW_BYTES)
        self.stop(server)
        unknown = [server.connect() for _ in range(50)]
        for client in unknown:
            client.sendall(b"unread")
        for client in known + unknown:
            reset(client)
        server.go_on()
        self.assertEqual(ask(witness, b"after"), b"after")
        witness.close()
        self.check_released(server, unused)

    def test_more_clients_than_descriptors_neither_spin_nor_wait_for_ever(self):
        server = self.start(descriptors=64)
        clients = [self.connect(server) for _ in range(200)]
        for client in clients:
            client.sendall(b"x")
        served = wait_until(lambda: settled_answers(clients), "somebody is served")
        if self.name not in TURN_AWAY:
            self.assertLess(len(served), len(clients), "there were descriptors enough")
        wait_until(lambda: is_idle(server), "it has nothing to do")
        while clients:
            for client in wait_until(lambda: answered(clients), "the next are served"):
                self.assertIn(end_of(client), (b"x", b"") if self.name in TURN_AWAY else (b"x",))
                client.close()
                clients.remove(client)
        self.assertEqual(ask(self.connect(server), b"late"), b"late")

    def test_small_answers_are_not_held_back(self):
        server = self.start()
        client = self.connect(server)
        self.assertEqual(ask(client, b"here"), b"here")
        with self.peer_of(server, client) as end:
            self.assertEqual(end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), 1)


def is_idle(server):
    before = server.processor_seconds()
    time.sleep(0.5)
    return server.processor_seconds() - before < 0.5 * IDLE_SHARE


class Sender(threading.Thread):
    """Sends a payload and counts what is taken."""

    def __init__(self, client, payload):
        super().__init__(daemon=True)
        self.client = client
        self.payload = memoryview(payload)
        self.taken = 0
        self.start()

    def run(self):
        with contextlib.suppress(OSError):  # the test has failed and closed it
            while self.taken < len(self.payload):
                self.taken += self.client.send(self.payload[self.taken : self.taken + (1 << 16)])


def has_settled(senders):
    """Whether nothing is taken for half a second."""
    before = [sender.taken for sender in senders]
    time.sleep(0.5)
    return before == [sender.taken for sender in senders]


def answered(clients):
    """Those that have something to read or have come to their end."""
    return [client for client in clients if end_of(client, socket.MSG_PEEK) is not None]


def end_of(client, flags=0):
    """What one read gives: a byte, none at the end of the stream or after a reset, and None if there is nothing yet."""
    client.setblocking(False)
    try:
        return client.recv(1, flags)
    except BlockingIOError:
        return None
    except ConnectionResetError:
        return b""
    finally:
        client.settimeout(PATIENCE)


def settled_answers(clients):
    """Those that have been answered, when no more are for half a second."""
    before = answered(clients)
    time.sleep(0.5)
    return before if before == answered(clients) else None


def main(arguments):
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    if cut == 0:
        sys.exit(__doc__)
    for number, command in enumerate(arguments[:cut]):
        name = f"{os.path.basename(shlex.split(command)[0])}_{number}".replace("-", "_")
        globals()[name] = type(name, (ServerCase, unittest.TestCase), {"command": command})
    unittest.main(argv=[__file__, *arguments[cut + 1 :]], verbosity=2)


if __name__ == "__main__":
    main(sys.argv[1:])
