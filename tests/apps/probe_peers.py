"""Local peers of every kind for the tests of rdy-probe."""

import contextlib
import select
import socket
import struct
import threading
import time

HASH = "0123456789abcdef0123456789abcdef01234567"
HEAD = b"\x13BitTorrent protocol" + bytes(8)
REPLY = HEAD + bytes.fromhex(HASH) + b"-XX0000-abcdefghijkl"
WRONG_HASH_REPLY = HEAD + bytes(20) + b"-XX0000-abcdefghijkl"
PATIENCE = 30  # seconds that nothing here takes, however slow the machine


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.002)


# What a peer does with a connection that it has accepted. Closing with bytes unread would reset it, so
# those that are to end it in peace read our handshake first.


def read_handshake(connection):
    data = b""
    while len(data) < 68:
        part = connection.recv(68 - len(data))
        if not part:
            raise ConnectionError("no handshake")
        data += part
    return data


def hold(connection):
    while connection.recv(4096):
        pass


def end_in_peace(connection):
    connection.shutdown(socket.SHUT_WR)
    hold(connection)


def answer(reply):
    def behave(connection):
        read_handshake(connection)
        connection.sendall(reply)
        hold(connection)

    return behave


def answer_in_two_parts(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(REPLY[:48])
    read_handshake(connection)
    connection.sendall(REPLY[48:] + b"\0\0\0\1\1")
    hold(connection)


def close_early(sent):
    def behave(connection):
        read_handshake(connection)
        connection.sendall(sent)
        end_in_peace(connection)

    return behave


def reset(connection):
    read_handshake(connection)
    reset_at_once(connection)


def reset_at_once(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip(connection):
    read_handshake(connection)
    for byte in REPLY:
        connection.sendall(bytes([byte]))
        if select.select([connection], [], [], 0.1)[0]:
            return


class Peers:
    """Local peers; addresses are unique, for 127.0.0.0/8 is wide."""

    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.threads = []
        self.connections = []
        self.closing = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing = True
        self.stack.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a peer hangs"

    def bind(self, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = self.stack.enter_context(socket.socket(family))
        listener.bind((host, 0))
        return listener

    def serve(self, behave, host="127.0.0.1"):
        listener = self.bind(host)
        listener.listen(512)
        # A close does not wake a thread that is inside accept; a shutdown does.
        self.stack.callback(listener.shutdown, socket.SHUT_RDWR)
        self.start(self.accept, listener, behave)
        port = listener.getsockname()[1]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def start(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self, listener, behave):
        while not self.closing:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            self.start(self.attend, connection, behave)

    @staticmethod
    def attend(connection, behave):
        with connection, contextlib.suppress(OSError):
            behave(connection)

    def refused(self):
        return "127.0.0.1:%d" % self.bind().getsockname()[1]

    def unresponsive(self, host="127.0.0.1"):
        """A full accept queue: the system drops every further attempt."""
        listener = self.bind(host)
        listener.listen(0)
        fillers = [self.stack.enter_context(socket.socket()) for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        writable = select.select([], fillers, [], PATIENCE)[1]
        assert 0 < len(writable) < len(fillers), "the queue is not full"
        return f"{host}:{listener.getsockname()[1]}"
