"""Drives rdy-echo with clients of every kind on the loopback.

Usage: echo_test.py PATH-TO-RDY-ECHO [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import os
import signal
import socket
import sys
import tempfile
import threading
import time
import unittest

import kernel_filters
from echo_case import MEBIBYTE, RANDOM, EchoTest, can_read
from echo_command_line import CommandLine
from echo_confined import RunAs, Sandbox
from echo_end import Signals
from echo_support import OPTIONS, ask, exchange, receive, receive_all, reset, send_until_stalled, wait_until

__all__ = ["CommandLine", "RunAs", "Sandbox", "Signals"]

SKIPPED = 77  # as meson takes it


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
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("no IPv6 here")
        client = self.connect(self.start(listen=("[::1]:0",)))
        self.assertEqual(ask(client, b"six"), b"six")

    def test_bytes_behind_urgent_data_come_back_without_another_event(self):
        server = self.start()
        client = self.connect(server)
        self.assertEqual(ask(client, b"before"), b"before")
        server.stop()
        self.addCleanup(server.signal, signal.SIGCONT)
        client.sendall(b"abc")
        client.send(b"X", socket.MSG_OOB)
        client.sendall(b"def")
        server.signal(signal.SIGCONT)
        echoed = b""
        while not echoed.endswith(b"def"):
            echoed += client.recv(16)
        self.assertEqual(echoed.replace(b"X", b""), b"abcdef")
        self.check_cost_of_a_message(server, client, 100)

    def check_cost_of_a_message(self, server, client, count):
        before = server.counters()
        for number in range(count):
            message = b"%d" % number
            self.assertEqual(ask(client, message), message)
        after = server.counters()
        for call in ("reads", "writes"):
            self.assertEqual(after[call] - before[call], count)

    def test_busy_message_costs_one_read_and_one_write(self):
        server = self.start()
        self.check_cost_of_a_message(server, self.connect(server), 100)

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

    def test_limit_counts_once_for_a_pause(self):
        server = self.start("--max-connections", "1")
        first = self.connect(server)
        self.assertEqual(ask(first, b"first"), b"first")
        second = self.connect(server)
        self.assertEqual(server.counters()["limited"], 1)
        first.close()
        self.assertEqual(ask(second, b"second"), b"second")
        self.assertEqual(server.counters()["limited"], 2)

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
        self.assertEqual(server.counters()["pauses"], 1, "a pause counts once, however often it is asked")
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

    def test_announcement_is_one_line_whatever_the_path(self):
        server = self.start(listen=(f"unix:{self.path}\n\x1b",))
        self.assertEqual(server.address, f"unix:{self.path}??")

    def test_live_server_and_other_files_are_left_alone(self):
        with open(self.path + "-file", "w", encoding="ascii"):
            pass
        server = self.start(listen=("unix:" + self.path,))
        for path in (self.path, self.path + "-file"):
            code, _, errors = self.run_program("--listen", "unix:" + path)
            self.assertEqual((code, len(errors.splitlines())), (3, 1))
            self.assertIn("cannot listen on unix:" + path, errors)
            self.assertTrue(os.path.exists(path))
        self.assertEqual(ask(self.connect(server), b"mine"), b"mine")


if __name__ == "__main__":
    # A shell lets what it runs in the background ignore SIGINT, and so would the programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    EchoTest.program = sys.argv.pop(1)
    if "--sandbox" in OPTIONS and kernel_filters.why_not():
        print("skipped:", kernel_filters.why_not())
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
