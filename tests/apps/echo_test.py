"""Drives rdy-echo with clients of every kind on the loopback.

Usage: echo_test.py PATH-TO-RDY-ECHO [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from echo_support import (
    PATIENCE,
    Server,
    ask,
    exchange,
    receive,
    receive_all,
    reset,
    send_until_stalled,
    wait_until,
)

PROGRAM = ""
RANDOM = random.Random(1)
MEBIBYTE = 1 << 20


class EchoTest(unittest.TestCase):
    def start(self, *options, **others):
        return self.hold(Server(PROGRAM, *options, **others))

    def hold(self, context):
        return self.enterContext(context) if hasattr(self, "enterContext") else self.enter(context)

    def enter(self, context):
        """enterContext of Python 3.11 for older ones."""
        result = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return result

    def connect(self, server, *arguments, **others):
        return self.hold(server.connect(*arguments, **others))


class Bytes(EchoTest):
    def check_exchange(self, server, count, most):
        clients = [self.connect(server) for _ in range(count)]
        payloads = {client: RANDOM.randbytes(RANDOM.randint(0, most)) for client in clients}
        echoes = exchange(payloads)
        for client, payload in payloads.items():
            self.assertEqual(len(echoes[client]), len(payload))
            self.assertTrue(echoes[client] == payload, "the bytes differ")

    def test_200_clients_get_their_own_bytes(self):
        server = self.start()
        self.check_exchange(server, 200, 128 * 1024)
        server.wait_for("all have gone", lambda counters: counters["open"] == 0)
        self.assertEqual(server.counters()["failed"], 0)

    def test_smallest_buffer_limits_still_echo(self):
        for limit in ("1", "2", "3"):
            self.check_exchange(self.start("--buffer-limit", limit), 4, 4000)

    def test_half_closed_client_gets_the_rest(self):
        client = self.connect(self.start())
        payload = RANDOM.randbytes(MEBIBYTE)
        sender = threading.Thread(target=lambda: (client.sendall(payload), client.shutdown(socket.SHUT_WR)))
        sender.start()
        echoed = receive_all(client)
        sender.join()
        self.assertTrue(echoed == payload)

    def test_workers_share_the_clients(self):
        server = self.start("--workers", "2")
        self.assertEqual(server.announced[0][2], "2")
        self.check_exchange(server, 64, 32 * 1024)
        server.signal(signal.SIGUSR1)
        counters = server.next_counters()
        self.assertEqual(counters["total"]["accepted"], 64)
        self.assertGreater(counters["worker 0"]["accepted"], 0)
        self.assertGreater(counters["worker 1"]["accepted"], 0)

    def test_ipv6(self):
        with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
            client = self.connect(self.start(listen=("[::1]:0",)))
            self.assertEqual(ask(client, b"six"), b"six")
            return
        self.skipTest("no IPv6 here")

    def test_several_addresses_at_once(self):
        server = self.start(listen=("127.0.0.1:0", "127.0.0.1:0"))
        for address, _, _ in server.announced:
            self.assertEqual(ask(self.connect(server, address), b"hello"), b"hello")

    def test_the_backend_that_was_asked_for_is_used(self):
        wanted = os.environ.get("RDY_BACKEND")
        if not wanted:
            self.skipTest("no RDY_BACKEND")
        self.assertEqual(self.start().announced[0][1], wanted)


class Backpressure(EchoTest):
    def test_slow_reader_is_stalled_and_loses_nothing(self):
        server = self.start("--buffer-limit", "64KiB")
        client = self.connect(server, receive_buffer=16 * 1024)
        self.assertEqual(ask(client, b"first"), b"first")
        before = server.resident_bytes()
        chunk = RANDOM.randbytes(MEBIBYTE + 7)
        sent = send_until_stalled(client, chunk, 128 * MEBIBYTE)
        self.assertLess(sent, 128 * MEBIBYTE)
        self.assertLess(server.resident_bytes() - before, MEBIBYTE)
        self.assertGreaterEqual(server.counters()["stalls"], 1)
        self.read_back(client, chunk, sent)
        self.assertEqual(ask(client, b"last"), b"last")

    def read_back(self, client, chunk, size):
        for start in range(0, size, len(chunk)):
            wanted = chunk[: min(len(chunk), size - start)]
            self.assertTrue(receive(client, len(wanted)) == wanted, f"wrong bytes after {start}")

    def test_other_clients_are_served_beside_a_stalled_one(self):
        server = self.start("--buffer-limit", "64KiB")
        send_until_stalled(self.connect(server, receive_buffer=16 * 1024), bytes(MEBIBYTE), 128 * MEBIBYTE)
        self.assertEqual(ask(self.connect(server), b"still there"), b"still there")

    def test_busy_message_costs_one_read_and_one_write(self):
        server = self.start()
        client = self.connect(server)
        for number in range(100):
            message = b"%d" % number
            self.assertEqual(ask(client, message), message)
        counters = server.counters()
        self.assertEqual((counters["reads"], counters["writes"]), (100, 100))


class Limits(EchoTest):
    def test_reset_clients_leave_nothing_behind(self):
        server = self.start()
        clients = [server.connect() for _ in range(50)]
        for client in clients:
            client.sendall(bytes(10000))
            reset(client)
        server.wait_for("all are closed", lambda counters: counters["closed"] == 50)
        self.assertEqual(ask(self.connect(server), b"alive"), b"alive")

    def test_clients_above_max_connections_wait_for_a_place(self):
        for workers in ("1", "2"):
            server = self.start("--max-connections", "3", "--workers", workers)
            clients = [self.connect(server) for _ in range(6)]
            for client in clients:
                client.sendall(b"hello")
            served = self.wait_for_answers(clients, 3)
            counters = server.counters()
            self.assertEqual(counters["open"], 3)
            self.assertGreaterEqual(counters["limited"], 1)
            while clients:
                for client in served:
                    self.assertEqual(receive(client, 5), b"hello")
                    clients.remove(client)
                    client.close()
                served = self.wait_for_answers(clients, min(3, len(clients)))
            server.wait_for("all have gone", lambda counters: counters["open"] == 0)

    def wait_for_answers(self, clients, count):
        """Those that have an answer, once there are `count`; more are wrong."""

        def answered():
            ready = [client for client in clients if can_read(client)]
            self.assertLessEqual(len(ready), 3)
            return len(ready) >= count and (ready or True)

        result = wait_until(answered, f"{count} clients are served")
        return result if result is not True else []

    def test_more_clients_than_descriptors_neither_spin_nor_starve(self):
        server = self.start(descriptors=64)
        clients = [self.connect(server) for _ in range(200)]
        for client in clients:
            client.sendall(b"x")
        server.wait_for("no descriptor is left", lambda counters: counters["pauses"] >= 1)
        self.assertLess(self.load_while_full(server), 0.3)
        while clients:
            served = wait_until(lambda: [one for one in clients if can_read(one)], "somebody is served")
            for client in served:
                self.assertEqual(client.recv(2), b"x")
                client.close()
            clients = [client for client in clients if client not in served]
        self.assertEqual(server.counters()["accepted"], 200)

    def load_while_full(self, server):
        """The share of a processor that the server takes while it cannot accept."""
        start = time.monotonic()
        before = server.processor_seconds()
        time.sleep(1)
        return (server.processor_seconds() - before) / (time.monotonic() - start)

    def test_idle_client_is_closed_and_a_busy_one_is_not(self):
        server = self.start("--idle-timeout", "1s")
        idle = self.connect(server)
        busy = self.connect(server)
        start = time.monotonic()
        while not can_read(idle):
            self.assertEqual(ask(busy, b"busy"), b"busy")
            time.sleep(0.05)
        self.assertEqual(idle.recv(1), b"")
        self.assertGreater(time.monotonic() - start, 0.9)
        self.assertEqual(ask(busy, b"still"), b"still")
        self.assertEqual(server.counters()["idle"], 1)


class Signals(EchoTest):
    def is_refused(self, server):
        try:
            server.connect().close()
            return False
        except ConnectionError:
            return True

    def stalled_client(self, server):
        client = self.connect(server, receive_buffer=16 * 1024)
        return client, send_until_stalled(client, bytes(MEBIBYTE), 128 * MEBIBYTE)

    def test_sigterm_echoes_what_was_sent_and_refuses_late_clients(self):
        for workers in ("1", "2"):
            server = self.start("--workers", workers, "--drain-timeout", "60s")
            slow, sent = self.stalled_client(server)
            clients = {self.connect(server): RANDOM.randbytes(200 * 1024) for _ in range(20)}
            for client, payload in clients.items():
                client.sendall(payload[: 100 * 1024])
            server.signal(signal.SIGTERM)
            wait_until(lambda: self.is_refused(server), "late clients are refused")
            self.assertIsNone(server.process.poll())
            for client, payload in clients.items():
                self.assertTrue(receive_all(client) == payload[: 100 * 1024])
                client.close()
            self.assertEqual(len(receive_all(slow)), sent)
            slow.close()
            self.assertEqual(server.wait(), 0)
            counters = server.next_counters()["total"]
            self.assertEqual((counters["cut"], counters["failed"]), (0, 0))
            self.assertEqual(counters["bytes_in"], counters["bytes_out"])

    def test_client_that_never_stops_gets_an_answer_to_all_that_was_read(self):
        server = self.start("--drain-timeout", "2s")
        client = self.connect(server)
        self.assertEqual(ask(client, b"ping"), b"ping")
        server.signal(signal.SIGTERM)
        with contextlib.suppress(ConnectionError):
            while (answer := ask(client, b"ping")) == b"ping":
                pass
            self.assertEqual(answer, b"")
        client.close()
        self.assertEqual(server.wait(), 0)
        counters = server.next_counters()["total"]
        self.assertGreaterEqual(counters["bytes_in"], counters["bytes_out"])

    def test_idle_clients_do_not_hold_up_the_end(self):
        server = self.start("--drain-timeout", "60s")
        client = self.connect(server)
        self.assertEqual(ask(client, b"ping"), b"ping")
        start = time.monotonic()
        self.assertEqual(server.end(), 0)
        self.assertLess(time.monotonic() - start, 30)
        self.assertEqual(client.recv(1), b"")

    def test_drain_timeout_ends_it_all(self):
        server = self.start("--drain-timeout", "300ms")
        self.stalled_client(server)
        self.assertEqual(server.end(), 0)
        self.assertEqual(server.next_counters()["total"]["cut"], 1)

    def test_second_signal_ends_at_once(self):
        server = self.start("--drain-timeout", "1h", "--workers", "2")
        self.stalled_client(server)
        server.signal(signal.SIGINT)
        wait_until(lambda: self.is_refused(server), "it drains")
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 130)

    def test_sigusr1_prints_counters(self):
        server = self.start()
        self.assertEqual(ask(self.connect(server), b"12345"), b"12345")
        self.connect(server).close()
        server.wait_for("one has gone", lambda counters: counters["closed"] == 1)
        counters = server.counters()
        expected = {"accepted": 2, "open": 1, "closed": 1, "bytes_in": 5, "bytes_out": 5, "failed": 0}
        self.assertEqual({name: counters[name] for name in expected}, expected)


class UnixSockets(EchoTest):
    def setUp(self):
        self.path = self.hold(tempfile.TemporaryDirectory()) + "/echo"

    def test_echoes_and_removes_its_file(self):
        server = self.start("--workers", "2", listen=("unix:" + self.path,))
        client = self.connect(server)
        payload = RANDOM.randbytes(3 * MEBIBYTE)
        self.assertTrue(exchange({client: payload})[client] == payload)
        self.assertEqual(server.end(), 0)
        self.assertFalse(os.path.exists(self.path))

    def test_stale_file_is_replaced(self):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(self.path)
        client = self.connect(self.start(listen=("unix:" + self.path,)))
        self.assertEqual(ask(client, b"alive"), b"alive")

    def test_live_server_and_other_files_are_left_alone(self):
        with open(self.path + "-file", "w", encoding="ascii"):
            pass
        server = self.start(listen=("unix:" + self.path,))
        for path in (self.path, self.path + "-file"):
            code, _, errors = run("--listen", "unix:" + path)
            self.assertEqual((code, len(errors.splitlines())), (3, 1))
            self.assertIn("cannot listen on unix:" + path, errors)
            self.assertTrue(os.path.exists(path))
        self.assertEqual(ask(self.connect(server), b"mine"), b"mine")


class CommandLine(EchoTest):
    def test_wrong_options_exit_with_2_and_one_line(self):
        wrong = [
            ["--nonsense"],
            ["-x"],
            ["argument"],
            ["--listen"],
            ["--listen", "nowhere"],
            ["--listen", "127.0.0.1"],
            ["--workers", "0"],
            ["--workers", "many"],
            ["--max-connections", "-1"],
            ["--idle-timeout", "5 s"],
            ["--buffer-limit", "0"],
            ["--buffer-limit", "1.5K"],
            ["--drain-timeout", "soon"],
            ["--backend", "magic"],
            ["--spin", ""],
            ["--help=yes"],
            ["--listen", "127.0.0.1:0"] * 17,
        ]
        for options in wrong:
            with self.subTest(options=options):
                code, output, errors = run(*options)
                self.assertEqual((code, output), (2, ""))
                self.assertRegex(errors, r"\Ardy-echo: [^\n]+\n\Z")

    def test_unknown_backend_names_those_that_are_there(self):
        self.assertIn("select", run("--backend", "magic")[2])
        code, _, errors = run(environment={"RDY_BACKEND": "magic"})
        self.assertEqual(code, 2)
        self.assertIn("RDY_BACKEND", errors)

    def test_port_in_use_exits_with_3(self):
        server = self.start()
        code, _, errors = run("--listen", server.address)
        self.assertEqual((code, errors.count("\n")), (3, 1))
        self.assertIn(server.address, errors)

    def test_help_and_version_go_to_stdout(self):
        for option, text in (("--help", "--drain-timeout"), ("--version", "rdy-echo ")):
            code, output, errors = run(option)
            self.assertEqual((code, errors), (0, ""))
            self.assertIn(text, output)


def can_read(client):
    client.setblocking(False)
    try:
        client.recv(1, socket.MSG_PEEK)
        return True
    except BlockingIOError:
        return False
    finally:
        client.settimeout(PATIENCE)


def run(*options, environment=None):
    done = subprocess.run(
        [PROGRAM, *options],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    return done.returncode, done.stdout, done.stderr


if __name__ == "__main__":
    # A shell lets what it runs in the background ignore SIGINT, and so would the programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
