"""What the tests of rdy-connect share; the path of the program is taken from the command line."""

import os
import select
import socket
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)
PATIENCE = 30  # seconds until a test gives up


class Case(unittest.TestCase):
    def new_socket(self, family=socket.AF_INET):
        made = socket.socket(family)
        self.addCleanup(made.close)
        return made

    def bound(self, host="127.0.0.1", family=socket.AF_INET):
        made = self.new_socket(family)
        made.bind((host, 0))
        return made

    @staticmethod
    def name(bound):
        return "127.0.0.1:%d" % bound.getsockname()[1]

    def good(self, host="127.0.0.1"):
        listener = self.bound(host)
        listener.listen(8)
        return self.name(listener)

    def refusing(self):
        return self.name(self.bound())  # the port is taken, but nobody listens

    def silent(self):
        """A listener whose queue is full: the system drops what asks to connect."""
        listener = self.bound()
        listener.listen(0)
        fillers = [self.new_socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        connected = select.select([], fillers, [], PATIENCE)[1]
        self.assertTrue(0 < len(connected) < len(fillers), "the queue is not full")
        return self.name(listener)

    def run_connect(self, *arguments, text="", **more):
        result = subprocess.run([PROGRAM, *arguments], input=text, capture_output=True, text=True,
                                timeout=PATIENCE, **more)
        self.assertNotIn("rdy: debug: ", result.stderr)  # misuse of the library, where RDY_DEBUG=1
        return result

    def start(self, *arguments, **more):
        process = subprocess.Popen([PROGRAM, *arguments], stderr=subprocess.PIPE, text=True, **more)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def file(self, content):
        with tempfile.NamedTemporaryFile(delete=False) as made:
            made.write(content)
        self.addCleanup(os.unlink, made.name)
        return made.name

    def assert_connected(self, result, peers):
        lines = result.stdout.splitlines()
        self.assertEqual(sorted(line.split()[0] for line in lines), sorted(peers), result.stderr)
        for line in lines:
            self.assertRegex(line, r"^\S+  \d+\.\d ms$")
