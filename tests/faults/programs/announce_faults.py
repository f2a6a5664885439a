#!/usr/bin/env python3
"""What the announce of rdy-probe makes of a UDP tracker when there is no memory.

usage: announce_faults.py PATH-TO-FAULTY-CLIENT
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TESTS / "apps"))

from fake_trackers import PATIENCE, UdpTracker  # noqa: E402
from faulty_program import Log  # noqa: E402

CLIENT = sys.argv.pop(1)
PATH = b"/of/mine?key=1"
PEERS = ["1.2.3.4:80", "5.6.7.8:81"]
ALLOCATIONS = ("calloc", "malloc", "realloc", "strdup", "strndup")
BOTH = "both.test"  # 127.0.0.1 and [::1] (fake_names.h)


def has_ipv6():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def run(call, number, *arguments):
    """The log of the faults, the peers, and what was said, with the trackers' lines by themselves."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log")
        environment = {**os.environ, "RDY_FAULT": f"{call}:{number}:ENOMEM", "RDY_FAULT_LOG": path}
        client = subprocess.run([CLIENT, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                env=environment, timeout=PATIENCE, check=False)
        log = Log(path)
    peers = json.loads(client.stdout)["peers"] if client.returncode == 0 else []
    return log, peers, client.stderr.splitlines()


def runs(*arguments):
    """One for each allocation that fails, until none does any more."""
    for call in ALLOCATIONS:
        number, is_hit = 0, True
        while is_hit:
            number += 1
            log, *result = run(call, number, *arguments)
            is_hit = log.injected
            yield f"{call}:{number}", *result


class NoMemory(unittest.TestCase):
    def test_a_tracker_is_never_asked_without_the_path_of_its_url(self):
        with UdpTracker(peers=PEERS) as tracker:
            for _ in runs("--timeout", "5s", tracker.url + PATH.decode()):
                pass
            announces = [packet for packet in tracker.asked.taken if packet and not tracker.is_connect(packet)]
        self.assertGreater(len(announces), 0)
        self.assertEqual({packet[98:] for packet in announces}, {bytes([2, len(PATH)]) + PATH})

    def check_told(self, fault, peers, lines):
        if peers != PEERS:
            self.assertIn("memory", " ".join(lines), fault)

    def test_what_has_no_room_is_told_as_that(self):
        with UdpTracker(peers=PEERS) as tracker:
            for fault, peers, lines in runs("--timeout", "5s", tracker.url):
                self.check_told(fault, peers, lines)

    @unittest.skipUnless(has_ipv6(), "the other address is IPv6")
    def test_an_answer_that_was_lost_is_not_hidden_by_an_address_that_is_silent(self):
        with UdpTracker(peers=PEERS) as tracker, UdpTracker(lambda *_: [], host="::1", port=tracker.port):
            for fault, peers, lines in runs("--timeout", "300ms", f"udp://{BOTH}:{tracker.port}"):
                self.check_told(fault, peers, lines)


if __name__ == "__main__":
    unittest.main()
