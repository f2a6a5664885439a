"""SIGTERM in the middle of a crowd: what rdy-echo has read is echoed, and who comes late is refused at once.

Usage: drain_test.py PATH-TO-RDY-ECHO [unittest arguments]; RDY_BACKEND chooses the backend, RDY_CROWD how many
connections there are (5000).
"""

import contextlib
import os
import signal
import socket
import sys
import time
import unittest

from busy_clients import BusyClients

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "apps"))

from echo_case import EchoTest  # noqa: E402
from echo_support import ask, lack_of_descriptors, receive, receive_all  # noqa: E402

SKIPPED = 77  # as meson takes it
CROWD = int(os.environ.get("RDY_CROWD", "5000"))
MOST_LATE = 4000  # who come between SIGTERM and the first that is refused
ROWS = []


def endpoint(server):
    host, port = server.address.rsplit(":", 1)
    return host, int(port)


def longest_queue():
    """Linux takes one more than listen(2) was told."""
    with open("/proc/sys/net/core/somaxconn", encoding="ascii") as file:
        return min(int(file.read()), 4096) + 1


class Drain(EchoTest):
    def late_clients(self, server):
        """Those that come until the first one is refused; all others then are, while it still drains."""
        late = []
        with self.assertRaises(ConnectionRefusedError):
            while len(late) < MOST_LATE:
                with contextlib.suppress(ConnectionResetError):  # in the very moment of the close
                    late.append(self.connect(server))
                time.sleep(0 if len(late) < 2000 else 0.02)  # a slow server takes long to come to its signal
        for _ in range(50):
            with self.assertRaises(ConnectionRefusedError):
                server.connect()
        self.assertIsNone(server.process.poll())
        return late

    def check_late(self, client):
        """It came before the listener was closed: it was accepted, or is told by a reset that it was not."""
        try:
            self.assertEqual(receive_all(client), b"")
        except ConnectionError:
            pass
        client.close()

    def test_5000_busy_clients_get_every_byte_and_late_ones_are_refused(self):
        for workers in ("1", "3"):
            with self.subTest(workers=workers):
                self.check_drain(workers)

    def check_drain(self, workers):
        server = self.start("--workers", workers, "--drain-timeout", "2m", "--buffer-limit", "64KiB")
        slow, sent = self.stalled_client(server)  # it does not let the drain end
        with self.hold(BusyClients(endpoint(server), CROWD)) as crowd:
            crowd.all_say(4096)
            crowd.run_until(lambda: crowd.total("heard") > 2 * 4096 * CROWD)
            crowd.all_say(8192)
            server.signal(signal.SIGTERM)
            crowd.talks = False
            for client in self.late_clients(server):
                self.check_late(client)
            crowd.run_until(lambda: not crowd.open)
            self.assertEqual(crowd.total("reset"), 0)
            self.assertEqual(crowd.total("heard"), crowd.total("sent"))
            self.assertEqual(len(receive_all(slow)), sent)
            slow.close()
            self.assertEqual(server.wait(), 0)
            counters = server.next_counters()["total"]
            self.assertEqual((counters["cut"], counters["failed"]), (0, 0))
            self.assertEqual(counters["bytes_in"], crowd.total("sent") + sent)
            self.assertEqual(counters["bytes_out"], counters["bytes_in"])
            ROWS.append((CROWD, workers, counters["bytes_out"]))

    def test_clients_that_never_stop_are_told_what_came_too_late(self):
        server = self.start("--workers", "2", "--drain-timeout", "4s")
        with self.hold(BusyClients(endpoint(server), CROWD // 10)) as crowd:
            crowd.all_say(1024)
            crowd.run_until(lambda: crowd.total("heard") > 2 * 1024 * CROWD // 10)
            server.signal(signal.SIGTERM)
            crowd.run_until(lambda: not crowd.open)
            self.assertEqual(server.wait(), 0)
            counters = server.next_counters()["total"]
            self.assertEqual(counters["bytes_out"], crowd.total("heard"))
            for client in crowd.clients.values():
                self.assertTrue(client.reset or client.heard == client.sent, "an end in peace, and bytes are lost")
            self.assertLessEqual(counters["cut"], crowd.total("reset"))
            self.assertEqual(counters["failed"], 0)

    def test_who_was_in_the_queue_when_the_signal_came_is_served(self):
        for workers, count in (("1", longest_queue()), ("3", 300)):
            server = self.start("--workers", workers)
            server.stop()
            clients = [self.connect(server) for _ in range(count)]
            for number, client in enumerate(clients):
                client.sendall(b"%d" % number)
                client.shutdown(socket.SHUT_WR)
            server.signal(signal.SIGTERM)
            server.signal(signal.SIGCONT)
            for number, client in enumerate(clients):
                self.assertEqual(receive_all(client), b"%d" % number)
                client.close()
            self.assertEqual(server.wait(), 0)
            self.assertEqual(server.next_counters()["total"]["accepted"], count)

    def test_who_had_no_place_when_the_signal_came_is_told_by_a_reset(self):
        server = self.start("--max-connections", "2")
        served = [self.connect(server) for _ in range(2)]
        for client in served:
            self.assertEqual(ask(client, b"here"), b"here")
        waiting = [self.connect(server) for _ in range(10)]
        server.wait_for("nobody else has a place", lambda counters: counters["limited"] > 0)
        server.signal(signal.SIGTERM)
        for client in waiting:
            with self.assertRaises(ConnectionResetError):
                receive(client, 1)
        for client in served:
            self.assertEqual(receive_all(client), b"")
            client.close()
        self.assertEqual(server.wait(), 0)


def main():
    EchoTest.program = sys.argv.pop(1)
    lack = lack_of_descriptors(max(CROWD + MOST_LATE, longest_queue()))
    if lack:
        print("skipped:", lack)
        sys.exit(SKIPPED)
    done = unittest.main(verbosity=2, exit=False).result
    backend = os.environ.get("RDY_BACKEND", "the best backend")
    for count, workers, size in ROWS if done.wasSuccessful() else ():
        print(f"| SIGTERM amid {count} busy connections, {backend}, workers: {workers} | {size} bytes read, 0 lost |")
    sys.exit(not done.wasSuccessful())


if __name__ == "__main__":
    main()
