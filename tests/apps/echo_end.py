"""Signals, and how rdy-echo ends: who is served to the last byte, and who is told that he was not."""

import os
import signal
import socket
import subprocess
import tempfile

from echo_case import MEBIBYTE, RANDOM, EchoTest
from echo_support import PATIENCE, ask, receive_all, wait_until


class Signals(EchoTest):
    def is_refused(self, server):
        try:
            server.connect().close()
            return False
        except ConnectionError:
            return True

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

    def ping_until_the_end(self, client):
        """Sends on and on; the last ping stays without an answer."""
        while (answer := ask(client, b"ping")) == b"ping":
            pass
        self.assertEqual(answer, b"")

    def test_client_that_never_stops_is_answered_to_the_half_and_told_by_a_reset_what_came_too_late(self):
        server = self.start("--drain-timeout", "2s")
        client = self.connect(server)
        self.assertEqual(ask(client, b"ping"), b"ping")
        server.signal(signal.SIGTERM)
        self.ping_until_the_end(client)
        wait_until(lambda: client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), "the reset")
        self.assertEqual(server.wait(), 0)
        counters = server.next_counters()["total"]
        self.assertEqual((counters["cut"], counters["failed"]), (1, 0))
        self.assertEqual(counters["bytes_in"] - counters["bytes_out"], len(b"ping"))

    def test_slow_readers_get_all_their_bytes_after_half_of_the_drain(self):
        server = self.start("--buffer-limit", "64KiB", "--drain-timeout", "6s")
        marker = self.connect(server)
        ended, sent_and_ended = self.stalled_client(server)
        ended.shutdown(socket.SHUT_WR)
        open_one, sent = self.stalled_client(server)
        server.signal(signal.SIGTERM)
        self.ping_until_the_end(marker)  # which tells that half is over
        marker.close()
        self.assertEqual(len(receive_all(ended)), sent_and_ended)
        self.assertEqual(len(receive_all(open_one)), sent)
        open_one.close()
        self.assertEqual(server.wait(), 0)
        counters = server.next_counters()["total"]
        self.assertEqual((counters["cut"], counters["failed"]), (1, 0), "only the marker is cut")
        self.assertEqual(counters["bytes_in"] - counters["bytes_out"], len(b"ping"))

    def test_idle_clients_do_not_hold_up_the_end(self):
        server = self.start("--drain-timeout", "10m")
        client = self.connect(server)
        self.assertEqual(ask(client, b"ping"), b"ping")
        self.assertEqual(server.end(), 0, "and not after the drain time-out, which nobody here waits for")
        self.assertEqual(client.recv(1), b"")

    def test_client_whose_echo_the_kernel_has_holds_up_no_end(self):
        """No event tells of its socket: there is nothing to read, and too little room to be called writable."""
        server = self.start("--drain-timeout", "10m")
        client, sent = self.connect(server, receive_buffer=4096), 0
        while sent < 2 * MEBIBYTE:
            client.sendall(bytes(64 * 1024))
            sent += 64 * 1024
            server.wait_for("all is read", lambda counters, sent=sent: counters["bytes_in"] == sent)
            if server.counters()["bytes_out"] < sent:
                self.skipTest("this system's buffers are too small")
        self.assertEqual(server.end(), 0, "and not after the drain time-out, which nobody here waits for")
        self.assertEqual(server.next_counters()["total"]["cut"], 0)

    def test_drain_timeout_ends_it_all(self):
        server = self.start("--drain-timeout", "300ms")
        client, _ = self.stalled_client(server)
        self.assertEqual(server.end(), 0)
        self.assertEqual(server.next_counters()["total"]["cut"], 1)
        self.check_reset(client)

    def check_reset(self, client):
        with self.assertRaises(ConnectionResetError):
            receive_all(client)

    def test_client_is_reset_when_bytes_that_were_read_are_cut(self):
        server = self.start("--drain-timeout", "300ms", "--buffer-limit", "1GiB")
        client = self.connect(server, receive_buffer=16 * 1024)
        client.sendall(bytes(16 * MEBIBYTE))
        server.wait_for("all is read", lambda counters: counters["bytes_in"] == 16 * MEBIBYTE)
        self.assertEqual(server.end(), 0)
        self.assertEqual(server.next_counters()["total"]["cut"], 1)
        self.check_reset(client)

    def test_second_signal_ends_at_once(self):
        server = self.start("--drain-timeout", "1h", "--workers", "2")
        self.stalled_client(server)
        server.signal(signal.SIGINT)
        wait_until(lambda: self.is_refused(server), "it drains")
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 130)

    def test_it_serves_on_when_nobody_reads_its_messages(self):
        path = self.hold(tempfile.TemporaryDirectory()) + "/echo"
        reader, writer = os.pipe()
        arguments = [self.program, "--listen", "unix:" + path]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=writer, text=True)
        self.addCleanup(process.kill)
        os.close(writer)
        os.close(reader)
        with process.stdout:
            self.assertIn(path, process.stdout.readline())
        process.send_signal(signal.SIGUSR1)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(path)
            self.assertEqual(ask(client, b"still there"), b"still there")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertFalse(os.path.exists(path))

    def test_sigusr1_prints_counters(self):
        server = self.start()
        self.assertEqual(ask(self.connect(server), b"12345"), b"12345")
        self.connect(server).close()
        server.wait_for("one has gone", lambda counters: counters["closed"] == 1)
        counters = server.counters()
        expected = {"accepted": 2, "open": 1, "closed": 1, "bytes_in": 5, "bytes_out": 5, "failed": 0}
        self.assertEqual({name: counters[name] for name in expected}, expected)
