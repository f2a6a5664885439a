"""What the tests of rdy-echo share: servers and clients that end with their test."""

import os
import random
import socket
import subprocess
import unittest

from echo_support import PATIENCE, Server, send_until_stalled

RANDOM = random.Random(1)
MEBIBYTE = 1 << 20


class EchoTest(unittest.TestCase):
    program = None  # its path

    def start(self, *options, **others):
        return self.hold(Server(self.program, *options, **others))

    def hold(self, context):
        return self.enterContext(context) if hasattr(self, "enterContext") else self.enter(context)

    def enter(self, context):
        """enterContext of Python 3.11 for older ones."""
        result = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return result

    def connect(self, server, *arguments, **others):
        return self.hold(server.connect(*arguments, **others))

    def stalled_client(self, server):
        """A client that sent all that fits without reading, and how many bytes those are."""
        client = self.connect(server, receive_buffer=16 * 1024)
        return client, send_until_stalled(client, bytes(MEBIBYTE), 128 * MEBIBYTE)

    def run_program(self, *options, environment=None, under=()):
        """The exit status, the output and the errors of a run that ends by itself; `under` as for a Server."""
        done = subprocess.run(
            [*under, self.program, *options],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, **(environment or {})},
        )
        return done.returncode, done.stdout, done.stderr


def can_read(client):
    client.setblocking(False)
    try:
        client.recv(1, socket.MSG_PEEK)
        return True
    except BlockingIOError:
        return False
    finally:
        client.settimeout(PATIENCE)
