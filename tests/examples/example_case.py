"""What the tests of the examples share: the running program, which ends with its test, and clients for it."""

import os
import pathlib
import re
import resource
import selectors
import signal
import socket
import subprocess
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "apps"))
from echo_support import PATIENCE, lines_of  # noqa: E402


def next_line(lines):
    """Of a program's output; None at its end, however often it is asked."""
    line = lines.get(timeout=PATIENCE)
    if line is None:
        lines.put(None)
    return line


class Example:
    def __init__(self, *command, descriptors=None):
        def limit():
            if descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=limit
        )
        self.awaited = False
        self.output = lines_of(self.process.stdout)
        self.reports = []  # of misuse of the library, where RDY_DEBUG=1
        self.errors = lines_of(self.process.stderr, self.reports)
        line = self.next_output()
        match = re.fullmatch(r"listening on (\S+) \((\w+)\)", line or "")
        if not match:
            raise AssertionError(f"unexpected first line {line!r}, errors {self.end()}")
        self.address, self.backend = match.groups()

    def next_output(self):
        return next_line(self.output)

    def next_error(self):
        return next_line(self.errors)

    def end(self):
        """What is left on stderr; the program is gone then."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        while self.next_output() is not None:
            pass
        errors = list(iter(self.next_error, None))
        self.process.stdout.close()
        self.process.stderr.close()
        return errors

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Holds the program up until SIGCONT; returns when it stands still."""
        self.signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def wait(self):
        self.awaited = True
        return self.process.wait(timeout=PATIENCE)

    def target(self):
        if self.address.startswith("unix:@"):
            return socket.AF_UNIX, "\0" + self.address[len("unix:@") :]
        if self.address.startswith("unix:"):
            return socket.AF_UNIX, self.address[len("unix:") :]
        host, port = self.address.rsplit(":", 1)
        return socket.AF_INET, (host, int(port))


class ExampleTest(unittest.TestCase):
    program = None  # its path

    def start(self, *arguments, **others):
        example = Example(self.program, *arguments, **others)
        self.addCleanup(self.check_end, example)
        if "RDY_BACKEND" in os.environ:
            self.assertEqual(example.backend, os.environ["RDY_BACKEND"])
        return example

    def check_end(self, example):
        """None ends before its test, by a sanitizer's hand, say, unless the test has waited for that."""
        wanted = example.awaited or example.process.poll() is None
        errors = example.end()
        self.assertTrue(wanted, errors)
        self.assertEqual(example.reports, [], "misuse of the library")

    def connect(self, example, receive_buffer=None):
        family, target = example.target()
        client = socket.socket(family)
        self.addCleanup(client.close)
        client.settimeout(PATIENCE)
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.connect(target)
        return client

    def check_refusal(self, arguments, reason):
        done = subprocess.run(
            [self.program, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(reason, done.stderr)
        self.assertNotIn("rdy: debug: ", done.stderr)

    def check_hung_up(self, client):
        """Without a word; a close by somebody who has not read all is a reset."""
        try:
            self.assertEqual(client.recv(1), b"")
        except ConnectionResetError:
            pass

    def check_each_gets(self, clients, answer):
        """Closes each client as soon as it has the answer: those that wait for its place come next."""
        with selectors.DefaultSelector() as selector:
            for client in clients:
                selector.register(client, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(PATIENCE)
                self.assertTrue(ready, f"{len(selector.get_map())} clients wait in vain")
                for key, _ in ready:
                    self.assertEqual(key.fileobj.recv(len(answer)), answer)
                    selector.unregister(key.fileobj)
                    key.fileobj.close()


def main():
    # A shell lets what it runs in the background ignore SIGINT, and so would the programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ExampleTest.program = sys.argv.pop(1)
    unittest.main(verbosity=2)
