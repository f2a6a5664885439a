"""Drives bench-load against echo servers that do right, and others that do not.

Usage: load_test.py PATH-TO-BENCH-LOAD [unittest arguments]
"""

import contextlib
import itertools
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import types
import unittest

LOAD = sys.argv.pop(1)
READ_SIZE = 65536
ENOUGH = 60  # seconds, for what ends long before
SLOW = 0.4  # seconds
BURNT = 0.005  # seconds of processor time


def echo(client):
    while data := client.recv(READ_SIZE):
        client.sendall(data)


def dripping(client):
    while data := client.recv(READ_SIZE):
        for byte in data:
            client.sendall(bytes([byte]))


def with_a_wrong_bit(client):
    for number in range(3):
        data = client.recv(READ_SIZE)
        client.sendall(data if number < 2 else data[:-1] + bytes([data[-1] ^ 0x10]))
    echo(client)


def repeating_itself(client):
    first = client.recv(READ_SIZE)
    client.sendall(first)
    while client.recv(READ_SIZE):
        client.sendall(first)


def with_a_byte_too_many(client):
    client.sendall(client.recv(READ_SIZE) + b"x")
    echo(client)


def short_of_a_byte(client):
    client.sendall(client.recv(READ_SIZE)[:-1])
    while client.recv(READ_SIZE):
        pass


def closing_early(client):
    client.sendall(client.recv(READ_SIZE))


def closing_at_once(_client):
    pass


def resetting(client):
    client.sendall(client.recv(READ_SIZE))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def busy(client):
    data = client.recv(READ_SIZE)
    while time.thread_time() < BURNT:
        pass
    client.sendall(data)
    echo(client)


class SlowForHalf:
    """Every other connection waits for each of its answers."""

    def __init__(self):
        self.turns = itertools.cycle((0, SLOW))

    def __call__(self, client):
        pause = next(self.turns)
        while data := client.recv(READ_SIZE):
            time.sleep(pause)
            client.sendall(data)


class Server:
    """A thread for each connection, which is closed when `talk` returns; `most` of them at most."""

    def __init__(self, talk, most=None):
        self.talk = talk
        self.most = most
        self.received = 0
        self.accepted = 0
        self.threads = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.listener.settimeout(ENOUGH)  # a blocking accept(2) takes a descriptor before there is a connection
        self.port = self.listener.getsockname()[1]
        self.accepting = threading.Thread(target=self.accept)
        self.accepting.start()

    def serve(self, client):
        with client, contextlib.suppress(ConnectionError):
            self.talk(client)

    def accept(self):
        with contextlib.suppress(OSError):
            while self.most is None or self.accepted < self.most:
                client = self.listener.accept()[0]
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.accepted += 1
                self.threads.append(threading.Thread(target=self.serve, args=[client]))
                self.threads[-1].start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in [self.accepting, *self.threads]:
            thread.join()
        self.listener.close()


class Case(unittest.TestCase):
    maxDiff = None

    def server(self, *arguments, **others):
        server = Server(*arguments, **others)
        self.addCleanup(server.close)
        return server

    def run_load(self, *arguments):
        command = [LOAD, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=ENOUGH, check=False)

    def load(self, server, *arguments):
        return self.run_load(arguments[0], "--port", server.port, "--pid", os.getpid(), *arguments[1:])

    def good(self, server, *arguments):
        done = self.load(server, *arguments)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        result = json.loads(done.stdout)
        self.assertEqual((result["wrong"], result["failed"]), (0, 0))
        return result

    def bad(self, server, *arguments):
        done = self.load(server, *arguments)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 2, done.stderr)
        return json.loads(done.stdout), done.stderr


class Echo(Case):
    def test_exactly_so_many_messages_are_measured_and_a_tenth_before(self):
        received = []

        def counting(client):
            while data := client.recv(READ_SIZE):
                received.append(len(data))
                client.sendall(data)

        result = self.good(
            self.server(counting), "echo", "--connections", 3, "--depth", 4, "--size", 13, "--messages", 1001
        )
        self.assertEqual(result["messages"], 1001)
        self.assertEqual(sum(received), 13 * (1001 + 100))
        self.assertEqual((result["connections"], result["depth"], result["size"]), (3, 4, 13))

    def test_a_time_is_measured(self):
        result = self.good(self.server(echo), "echo", "--connections", 2, "--warm", 0, "--seconds", "200ms")
        self.assertGreaterEqual(result["seconds"], 0.2)
        self.assertGreater(result["messages"], 0)
        self.assertAlmostEqual(result["per_second"], result["messages"] / result["seconds"], delta=1)

    def test_answers_slower_than_the_window_are_measured(self):
        result = self.good(
            self.server(SlowForHalf()), "echo", "--connections", 6, "--warm", "100ms", "--seconds", "200ms"
        )
        self.assertGreaterEqual(result["max_us"], SLOW * 1e6)
        self.assertGreaterEqual(result["seconds"], 0.2)

    def test_percentiles_are_in_order(self):
        result = self.good(self.server(echo), "echo", "--connections", 4, "--depth", 2, "--messages", 2000)
        times = [result[name] for name in ("p50_us", "p99_us", "p999_us", "max_us")]
        self.assertEqual(times, sorted(times))
        self.assertGreater(times[0], 0)
        self.assertGreater(result["mean_us"], 0)
        self.assertLessEqual(result["mean_us"], result["max_us"])
        self.assertLessEqual(result["max_us"], result["seconds"] * 1e6)

    def test_answers_may_come_in_pieces(self):
        self.good(self.server(dripping), "echo", "--depth", 3, "--size", 29, "--messages", 50)

    def test_messages_may_be_more_than_the_sockets_hold(self):
        self.good(self.server(echo), "echo", "--depth", 3, "--size", "7MB", "--messages", 10)

    def test_fewer_messages_than_connections(self):
        result = self.good(self.server(echo), "echo", "--connections", 20, "--messages", 5)
        self.assertEqual(result["messages"], 5)

    def test_both_ends_show_their_time(self):
        result = self.good(self.server(echo), "echo", "--messages", 2000)
        self.assertGreater(result["server_cpu_s"], 0)
        self.assertGreater(result["load_cpu_s"], 0)


class Faults(Case):
    def test_a_wrong_bit(self):
        result, said = self.bad(self.server(with_a_wrong_bit), "echo", "--connections", 2, "--messages", 100)
        self.assertEqual((result["wrong"], result["failed"]), (2, 0))
        self.assertIn("an answer is not what was sent after 2 answers", said)

    def test_an_answer_to_an_earlier_message(self):
        result, _ = self.bad(self.server(repeating_itself), "echo", "--messages", 100)
        self.assertEqual(result["wrong"], 1)

    def test_a_byte_too_many(self):
        result, _ = self.bad(self.server(with_a_byte_too_many), "echo", "--messages", 100)
        self.assertEqual(result["wrong"], 1)

    def test_a_byte_too_few(self):
        result, said = self.bad(
            self.server(short_of_a_byte), "echo", "--connections", 3, "--messages", 100, "--limit", "300ms"
        )
        self.assertEqual((result["wrong"], result["failed"]), (0, 3))
        self.assertIn("timed out", said)

    def test_closed_early(self):
        for talk in closing_early, closing_at_once, resetting:
            with self.subTest(talk.__name__):
                result, _ = self.bad(self.server(talk), "echo", "--connections", 3, "--messages", 100)
                self.assertEqual((result["wrong"], result["failed"]), (0, 3))

    def test_refused(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            server = types.SimpleNamespace(port=nobody.getsockname()[1])
            for arguments, failed in (["echo", "--connections", 3], 3), (["churn", "--clients", 3], 3), (["hold"], 1):
                with self.subTest(arguments[0]):
                    result, said = self.bad(server, *arguments, "--limit", "2s")
                    self.assertEqual(result["failed"], failed)
                    self.assertIn("refused", said)

    def test_never_accepted(self):
        result, said = self.bad(
            self.server(echo, most=2), "echo", "--connections", 5, "--warm", 0, "--seconds", "100ms", "--limit", "2s"
        )
        self.assertEqual(result["failed"], 3)
        self.assertIn("timed out", said)


class Churn(Case):
    def test_each_cycle_is_a_connection(self):
        server = self.server(echo)
        result = self.good(server, "churn", "--clients", 4, "--messages", 200)
        self.assertEqual(result["cycles"], 200)
        self.assertEqual(server.accepted, 200 + 20)

    def test_a_time_is_measured(self):
        result = self.good(self.server(echo), "churn", "--clients", 2, "--warm", "10ms", "--seconds", "200ms")
        self.assertGreater(result["cycles"], 0)
        self.assertGreater(result["per_second"], 0)

    def test_time_of_threads_that_have_ended_is_the_servers(self):
        cycles = 20
        result = self.good(self.server(busy), "churn", "--clients", 1, "--messages", cycles)
        # The last one may not have ended yet.
        self.assertGreaterEqual(result["server_cpu_s"], (cycles - 1) * BURNT)

    def test_faults_end_a_client(self):
        for talk, wrong, failed in (with_a_byte_too_many, 2, 0), (closing_at_once, 0, 2), (short_of_a_byte, 0, 2):
            with self.subTest(talk.__name__):
                result, _ = self.bad(
                    self.server(talk), "churn", "--clients", 2, "--messages", 50, "--limit", "500ms"
                )
                self.assertEqual((result["wrong"], result["failed"]), (wrong, failed))


class Hold(Case):
    def test_all_are_accepted_and_answered(self):
        result = self.good(self.server(echo), "hold", "--connections", 30)
        self.assertEqual((result["connections"], result["accepted"], result["answered"]), (30, 30, 30))
        self.assertGreater(result["accept_s"], 0)
        self.assertGreater(result["all_at_once_s"], 0)
        self.assertGreater(result["rss_before"], 0)
        grown = result["rss"] - result["rss_before"]
        self.assertAlmostEqual(result["user_bytes_per_connection"], grown / 30, delta=0.1)

    def test_some_are_not_accepted(self):
        # One more for the first, which is closed before all connect.
        result, _ = self.bad(self.server(echo, most=1 + 3), "hold", "--connections", 5, "--limit", "3s")
        self.assertIsNone(result["accept_s"])
        self.assertEqual((result["accepted"], result["answered"], result["failed"]), (3, 3, 2))

    def test_a_wrong_answer(self):
        result, _ = self.bad(self.server(with_a_byte_too_many), "hold", "--connections", 3)
        self.assertEqual((result["wrong"], result["failed"], result["answered"]), (1, 0, 0))


class CommandLine(Case):
    def test_wrong_usage(self):
        needed = ["--port", 1, "--pid", os.getpid()]
        for arguments in (
            [],
            ["echo"],
            ["echo", "--port", 1],
            ["echo", "--pid", os.getpid()],
            ["nothing", *needed],
            ["echo", "more", *needed],
            ["echo", *needed, "--depth", 0],
            ["echo", *needed, "--size", 0],
            ["echo", *needed, "--size", "2GiB"],
            ["echo", *needed, "--connections", -1],
            ["echo", *needed, "--connections", "1x"],
            ["echo", *needed, "--connections", 1000000],
            ["echo", *needed, "--seconds", 0],
            ["echo", *needed, "--seconds", "soon"],
            ["echo", *needed, "--clients", 2],
            ["echo", *needed, "--unknown"],
            ["echo", *needed, "--depth"],
            ["churn", *needed, "--depth", 2],
            ["hold", *needed, "--messages", 2],
            ["echo", "--port", 65536, "--pid", os.getpid()],
            ["echo", "--port", 1, "--pid", 2**31 - 1],
        ):
            with self.subTest(arguments=arguments):
                done = self.run_load(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertTrue(done.stderr.startswith("bench-load: "))

    def test_help_names_all_that_is_printed(self):
        done = self.run_load("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        server = self.server(echo)
        for arguments in ("echo", "--messages", 1), ("churn", "--messages", 1), ("hold",):
            for name in self.good(server, *arguments):
                if not name.endswith("_us") and name not in ("connections", "clients", "depth", "size", "per_second"):
                    self.assertIn(f" {name}", done.stdout.replace(",", ""))


if __name__ == "__main__":
    unittest.main()
