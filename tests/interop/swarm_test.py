"""rdy-probe asks a real tracker for real clients and gets the content from each.

Called as: swarm_test.py BACKEND,... RDY-PROBE.
"""

import itertools
import unittest

import swarm
from interop_support import BACKENDS, CLIENT, main, make_folder, wait_until

PIECES = 23


class Swarm(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = make_folder()
        cls.torrent = torrent = swarm.Torrent(folder, PIECES)
        cls.tracker = tracker = swarm.Tracker(
            folder / "tracker", PATHS["opentracker"], PATHS["stunnel4"], PATHS["openssl"], torrent
        )
        cls.file = file = torrent.file("http", [tracker.http])
        cls.expected = {}

        def start(make, number, outcome, phase, **options):
            cls.expected[make(torrent, file, number, PATHS, **options).peer] = (outcome, phase)

        start(swarm.transmission, 11, "ok", "request")
        start(swarm.aria2, 12, "ok", "request")
        start(swarm.libtorrent, 13, "ok", "request")
        start(swarm.rtorrent, 14, "ok", "request")
        start(swarm.libtorrent, 15, "incomplete file", "bitfield", have=PIECES // 2)
        start(swarm.transmission, 16, "closed early", "handshake", encryption=2)
        start(swarm.aria2, 17, "closed early", "handshake", encrypted=True)
        start(swarm.libtorrent, 18, "closed early", "handshake", encrypted=True)
        wait_until(lambda: tracker.peers() == set(cls.expected), "all clients are announced")

    def probe(self, *arguments, backend):
        code, report, errors = swarm.probe(
            CLIENT, "--tracker-ca", self.tracker.certificate, *arguments, RDY_BACKEND=backend
        )
        self.assertEqual(code, 0, errors)
        return {entry["peer"]: (entry["outcome"], entry["phase"]) for entry in report["peers"]}

    def rounds(self):
        """Each way to the peers on each backend, each time from another address of ours."""
        ways = itertools.product(BACKENDS, ("http", "udp", "https"))
        for (backend, name), address in zip(ways, swarm.PROBERS):
            swarm.come_from(address)
            yield backend, self.torrent.file(name, [getattr(self.tracker, name)])

    def test_each_client_that_the_tracker_names_is_what_it_is(self):
        for backend, file in self.rounds():
            with self.subTest(backend=backend, tracker=file.stem):
                self.assertEqual(self.probe("--torrent", file, backend=backend), self.expected)
                self.assertEqual(self.tracker.peers(), set(self.expected))  # the prober has left


if __name__ == "__main__":
    PATHS = swarm.find(
        "opentracker", "stunnel4", "openssl", "transmission-daemon", "transmission-remote", "aria2c", "rtorrent", "ip",
        "unshare",
    )  # fmt: skip
    swarm.enter_namespace()
    main()
