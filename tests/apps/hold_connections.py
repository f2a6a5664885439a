"""Holds many connections to one rdy-echo at once and echoes a message through each of them.

Usage: hold_connections.py PATH-TO-RDY-ECHO [CONNECTIONS [SERVER OPTIONS]]

Not part of the suite: it needs as many descriptors for itself, and as many for the server.
"""

import resource
import socket
import sys
import time

from echo_support import PATIENCE, Server, receive, wait_until

SOURCES = 16  # addresses of the loopback, for one has only some 28 000 ports
RESERVE = 64  # descriptors for everything else


def raise_descriptor_limit(needed):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < needed + RESERVE:
        sys.exit(f"{needed} connections need more descriptors than the limit of {hard}")


def open_connections(server, count):
    host, port = server.address.rsplit(":", 1)
    for number in range(count):
        source = (f"127.0.0.{2 + number % SOURCES}", 0)
        yield socket.create_connection((host, int(port)), timeout=PATIENCE, source_address=source)


def echo_on_all(connections):
    """How many got back what they sent, all of them speaking before anybody listens."""
    for number, connection in enumerate(connections):
        connection.sendall(b"connection %08d" % number)
    expected = ((connection, b"connection %08d" % number) for number, connection in enumerate(connections))
    return sum(receive(connection, len(message)) == message for connection, message in expected)


def main(program, count=10000, *options):
    count = int(count)
    raise_descriptor_limit(count)
    with Server(program, *options) as server:
        before = server.resident_bytes()
        start = time.monotonic()
        connections = list(open_connections(server, count))
        opened = time.monotonic()
        wait_until(lambda: server.counters()["open"] == count, "all are accepted")
        held = server.resident_bytes()
        echoed = echo_on_all(connections)
        ended = time.monotonic()
        after = server.resident_bytes()
        print(f"{server.announced[0][1]}: {echoed} of {count} connections echoed")
        print(f"connected in {opened - start:.2f} s, echoed in {ended - opened:.2f} s")
        print(
            f"server RSS {before >> 10} KiB before, {held >> 10} KiB holding, {after >> 10} KiB at the end: "
            f"{(after - before) / count:.0f} bytes a connection"
        )
        for connection in connections:
            connection.close()
    return 0 if echoed == count else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
