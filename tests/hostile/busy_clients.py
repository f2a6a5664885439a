"""Thousands of clients that talk to rdy-echo at once, on one thread, and check every byte."""

import contextlib
import random
import select
import socket

PATIENCE = 120  # seconds that nothing here takes, however slow the machine
PERIOD = 1 << 20
BYTES = random.Random(1).randbytes(PERIOD)
BYTES += BYTES  # so that a slice need not wrap
LARGEST = 1 << 16  # of a read or a message


class Client:
    """Sends its own part of BYTES, round and round."""

    __slots__ = ("connection", "start", "sent", "heard", "ended", "reset")

    def __init__(self, connection, number):
        self.connection = connection
        self.start = number * 7919
        self.sent = self.heard = 0
        self.ended = self.reset = False

    def part(self, position, size):
        offset = (self.start + position) % PERIOD
        return BYTES[offset : offset + size]

    def say(self, size):
        with contextlib.suppress(BlockingIOError):
            self.sent += self.connection.send(self.part(self.sent, size))

    def hear(self):
        """What has come."""
        while not self.ended:
            data = self.connection.recv(LARGEST)
            assert data == self.part(self.heard, len(data)), f"wrong bytes after {self.heard}"
            self.heard += len(data)
            self.ended = not data
            if len(data) < LARGEST:
                return


class BusyClients:
    """`talks` until it is told otherwise: then each client waits for the rest of its echo, and for the end."""

    def __init__(self, address, count):
        self.talks = True
        self.clients = {}
        self.epoll = select.epoll()
        for number in range(count):
            connection = socket.create_connection(address, PATIENCE)
            connection.setblocking(False)
            self.clients[connection.fileno()] = Client(connection, number)
            self.epoll.register(connection, select.EPOLLIN)
        self.open = dict(self.clients)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients.values():
            client.connection.close()
        self.epoll.close()

    def all_say(self, size):
        for client in self.clients.values():
            client.say(size)

    def leave(self, number):
        self.epoll.unregister(number)
        self.open.pop(number).connection.close()

    def take(self, number, size):
        """A turn of one client. One that lost bytes stays after its end until it is told so."""
        client = self.open[number]
        try:
            client.hear()
            if self.talks and not client.ended:
                client.say(size)
        except ConnectionError:
            client.reset = True
        if client.ended and client.heard < client.sent:
            client.reset = client.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
            self.epoll.modify(number, 0)  # which is told unasked
        if client.reset or (client.ended and client.heard == client.sent):
            self.leave(number)

    def turn(self, size):
        ready = self.epoll.poll(PATIENCE)
        assert ready, f"{len(self.open)} clients wait in vain"
        for number, _ in ready:
            self.take(number, size)

    def run_until(self, condition, size=1024):
        while not condition():
            self.turn(size)

    def total(self, name):
        return sum(getattr(client, name) for client in self.clients.values())
