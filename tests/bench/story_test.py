"""Drives the three servers of the story and its clients.

Usage: story_test.py BLOCKING POOL RDY CLIENTS [unittest arguments]; RDY_BACKEND chooses the backend of the third.
"""

import json
import os
import pathlib
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "apps"))
from echo_support import PATIENCE  # noqa: E402

PROGRAMS = {}  # their paths, by name
RESET = struct.pack("ii", 1, 0)  # SO_LINGER, for a close that resets


class Server:
    """A running one, which reports misuse of the library."""

    def __init__(self, name, *arguments):
        self.process = subprocess.Popen(
            [PROGRAMS[name], *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "RDY_DEBUG": "1"},
        )
        self.pid = self.process.pid
        line = self.process.stdout.readline()
        match = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)
        if not match:
            raise AssertionError(f"unexpected first line {line!r}, errors {self.end()}")
        self.port = int(match.group(1))

    def end(self):
        """What it has said on stderr."""
        self.process.kill()
        return self.process.communicate()[1]


class StoryTest(unittest.TestCase):
    def start(self, name, *arguments):
        server = Server(name, *arguments)
        self.addCleanup(self.check_end, server)
        return server

    def check_end(self, server):
        self.assertIsNone(server.process.poll(), "the server has ended before its test")
        self.assertEqual(server.end(), "")

    def connect(self, server):
        client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        self.addCleanup(client.close)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def check_answer(self, client, number):
        expected, answer = b"HELLO %d\n" % number, b""
        while len(answer) < len(expected):
            part = client.recv(len(expected) - len(answer))
            self.assertNotEqual(part, b"", f"an end after {answer!r}")
            answer += part
        self.assertEqual(answer, expected)

    def say_hello(self, client, number):
        client.sendall(b"HELLO %d\n" % number)
        self.check_answer(client, number + 1)

    def check_close(self, client, number):
        client.sendall(b"HELLO %d\n" % (number + 2))
        self.assertEqual(client.recv(1), b"")

    def check_exchange(self, server, number=41):
        client = self.connect(server)
        self.say_hello(client, number)
        self.check_close(client, number)

    def check_reset(self, client, after=b""):
        """The reset that these bytes bring about may be there before the last of them is sent."""
        with self.assertRaises((ConnectionResetError, BrokenPipeError)):
            client.sendall(after)
            self.fail(f"received {client.recv(64)!r}")


class Common:
    """What each server does."""

    name = None

    def test_an_exchange_byte_by_byte(self):
        client = self.connect(self.start(self.name))
        for message, number in ((b"HELLO 999999999\n", 1000000000), (b"HELLO 1000000001\n", None)):
            for byte in message:
                client.sendall(bytes([byte]))
            if number:
                self.check_answer(client, number)
        self.assertEqual(client.recv(1), b"")

    def test_what_comes_at_once_is_taken_one_by_one(self):
        client = self.connect(self.start(self.name))
        client.sendall(b"HELLO 7\nHELLO 9\n")
        self.check_answer(client, 8)
        self.assertEqual(client.recv(1), b"")

    def test_a_wrong_z_is_refused(self):
        server = self.start(self.name)
        for wrong in (b"HELLO 8\n", b"HELLO 10\n", b"HELLO 9\nHELLO"):
            client = self.connect(server)
            self.say_hello(client, 7)
            self.check_reset(client, after=wrong)
        self.check_exchange(server)

    def test_a_line_that_is_too_long_is_refused_before_it_ends(self):
        server = self.start(self.name)
        for wrong in (b"HELLO 1000000000", b"HELLO 00000", b"HELLO 7" + b" " * 10000, b"?" * 100000):
            self.check_reset(self.connect(server), after=wrong)
        self.check_exchange(server)

    def test_clients_that_vanish_harm_nobody(self):
        server = self.start(self.name)
        for said, answered in ((b"", 0), (b"HEL", 0), (b"HELLO 7\n", 0), (b"HELLO 7\n", 8), (b"HELLO 7\nHELLO ", 8)):
            for linger in (struct.pack("ii", 0, 0), RESET):
                client = self.connect(server)
                client.sendall(said)
                if answered:
                    self.check_answer(client, answered)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                client.close()
        self.check_exchange(server)

    def test_who_shuts_down_before_z_is_refused(self):
        client = self.connect(self.start(self.name))
        self.say_hello(client, 7)
        client.shutdown(socket.SHUT_WR)
        self.check_reset(client)

    def test_a_client_that_falls_silent_is_reset_at_its_deadline_and_the_next_is_served(self):
        server = self.start(self.name, "1s")
        self.check_reset(self.connect(server))
        client = self.connect(server)
        self.say_hello(client, 7)
        self.check_reset(client, after=b"HELLO")
        self.check_exchange(server)

    def test_all_clients_come_through(self):
        done, report = run_clients(self.start(self.name), 20, "--think", "10ms", "--timeout", "60s")
        self.assertEqual(done.returncode, 0, done.stderr)
        check_counts(self, report, clients=20, succeeded=20)

    def test_wrong_arguments(self):
        for arguments in (["5 s"], ["0"], ["1s", "1s"]):
            done = subprocess.run(
                [PROGRAMS[self.name], *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
            )
            self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), arguments)


class Blocking(Common, StoryTest):
    name = "blocking"

    def test_the_second_client_has_its_turn_after_the_first(self):
        server = self.start(self.name)
        first, second = self.connect(server), self.connect(server)
        second.sendall(b"HELLO 100\n")
        self.say_hello(first, 7)
        second.setblocking(False)
        with self.assertRaises(BlockingIOError):  # the only thread has the first, and will have it until its Z
            second.recv(1)
        second.settimeout(PATIENCE)
        self.check_close(first, 7)
        self.check_answer(second, 101)
        self.check_close(second, 100)


class Pool(Common, StoryTest):
    name = "pool"

    def test_eight_clients_are_served_at_once_and_the_ninth_after_one_of_them(self):
        server = self.start(self.name)
        clients = [self.connect(server) for _ in range(8)]
        for client in clients:
            self.say_hello(client, 7)
        ninth = self.connect(server)
        ninth.sendall(b"HELLO 100\n")
        self.check_close(clients[3], 7)
        self.check_answer(ninth, 101)


class Rdy(Common, StoryTest):
    name = "rdy"

    def test_two_hundred_clients_are_served_at_once(self):
        server = self.start(self.name)
        clients = [self.connect(server) for _ in range(200)]
        for number, client in enumerate(clients):
            self.say_hello(client, number)
        for number, client in enumerate(clients):
            self.check_close(client, number)

    def test_two_hundred_clients_come_through(self):
        done, report = run_clients(self.start(self.name), 200, "--think", "300ms", "--timeout", "60s")
        self.assertEqual(done.returncode, 0, done.stderr)
        check_counts(self, report, clients=200, succeeded=200)
        self.assertGreater(report["server_cpu_s"], 0)


def run_clients(server, count, *options):
    """The finished program, and its report, if there is one."""
    command = [PROGRAMS["clients"], "--port", str(server.port), "--pid", str(server.pid), "--clients", str(count)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done, json.loads(done.stdout) if done.stdout else None


OUTCOMES = ("succeeded", "timed_out", "refused", "reset", "wrong")


def check_counts(test, report, clients, **outcomes):
    """As many clients have each outcome, and the rest of the report fits that."""
    test.assertEqual({name: report[name] for name in OUTCOMES if report[name]}, outcomes)
    test.assertEqual(report["clients"], clients)
    test.assertAlmostEqual(report["success"], outcomes.get("succeeded", 0) / clients)
    test.assertLessEqual(report["served_concurrency"], report["highest_concurrency"])
    test.assertLessEqual(report["highest_concurrency"], clients)
    test.assertGreater(report["server_rss_peak"], 0)
    if outcomes.get("succeeded"):
        test.assertGreaterEqual(report["served_concurrency"], 1)
        test.assertGreaterEqual(report["mean_done_ms"], 1000 * report["think_s"])
        test.assertLessEqual(report["p50_ms"], report["p99_ms"])
        test.assertLessEqual(report["p50_done_ms"], report["p99_done_ms"])


class FakeServer:
    """Answers each client that has said its X in one way; in this process."""

    def __init__(self, answer):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.pid = self.listener.getsockname()[1], os.getpid()
        self.answer = answer
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:  # the listener was shut down
                return
            with client:
                self.answer(client, int(client.makefile("rb").readline().split()[1]))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()


def answer_the_number_itself(client, number):
    client.sendall(b"HELLO %d\n" % number)


def answer_too_much(client, number):
    client.sendall(b"HELLO %d\nHELLO" % (number + 1))


def answer_nothing(_client, _number):
    """And end the stream."""


def end_before_z(client, number):
    client.sendall(b"HELLO %d\n" % (number + 1))


def reset(client, _number):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def reset_after_z(client, number):
    client.sendall(b"HELLO %d\n" % (number + 1))
    client.recv(64)
    reset(client, number)


class Clients(StoryTest):
    """How the clients judge what a server does."""

    def test_a_server_that_breaks_the_protocol(self):
        for answer in (answer_the_number_itself, answer_too_much, answer_nothing, end_before_z):
            with self.subTest(answer.__name__):
                done, report = self.run_against(answer, think="60s")
                self.assertEqual(done.returncode, 1)
                check_counts(self, report, clients=3, wrong=3)

    def test_a_server_that_resets(self):
        for answer, think in ((reset, "60s"), (reset_after_z, "10ms")):
            with self.subTest(answer.__name__):
                done, report = self.run_against(answer, think)
                self.assertEqual(done.returncode, 0)
                check_counts(self, report, clients=3, reset=3)

    def run_against(self, answer, think):
        server = FakeServer(answer)
        self.addCleanup(server.close)
        return run_clients(server, 3, "--think", think, "--timeout", "30s")

    def test_a_server_that_stands_still(self):
        server = self.start("rdy")
        os.kill(server.pid, signal.SIGSTOP)
        os.waitpid(server.pid, os.WUNTRACED)
        done, report = run_clients(server, 10, "--timeout", "300ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        check_counts(self, report, clients=10, timed_out=10)
        self.assertEqual(report["served_concurrency"], 0)
        self.assertIsNone(report["mean_answer_ms"])
        self.assertIsNone(report["mean_done_ms"])

    def test_a_port_that_nobody_listens_on(self):
        server = FakeServer(answer_nothing)
        server.close()
        done, report = run_clients(server, 10)
        self.assertEqual(done.returncode, 0, done.stderr)
        check_counts(self, report, clients=10, refused=10)
        self.assertEqual(report["highest_concurrency"], 0)

    def check_usage(self, *options, descriptors=None):
        def limit():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        done = subprocess.run(
            [PROGRAMS["clients"], *options], capture_output=True, text=True, timeout=PATIENCE, check=False,
            preexec_fn=limit,
        )
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), options)

    def test_wrong_options(self):
        target = ["--port", "1", "--pid", "1"]
        one = [*target, "--clients", "1"]
        for options in (
            [], target, [*target, "--clients", "0"], [*target, "--clients", "1000001"], [*one, "rest"],
            [*one, "--think", "5 s"], [*one, "--timeout", "0"], [*one, "--port", "0"], [*one, "--pid", "-1"],
            [*one, "--unknown"], ["-x"],
        ):
            self.check_usage(*options)

    def test_more_clients_than_descriptors(self):
        self.check_usage("--port", "1", "--pid", "1", "--clients", "100", descriptors=100)


if __name__ == "__main__":
    for program in ("blocking", "pool", "rdy", "clients"):
        PROGRAMS[program] = sys.argv.pop(1)
    unittest.main(verbosity=2)
