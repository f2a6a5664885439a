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
        cls.addresses = iter(swarm.PROBERS)

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

    def tearDown(self):
        """The prober has left: the tracker knows who was there before."""
        self.assertEqual(self.tracker.peers(), set(self.expected))

    def probe(self, *arguments, backend):
        code, report, errors = swarm.probe(
            CLIENT, "--tracker-ca", self.tracker.certificate, *arguments, RDY_BACKEND=backend
        )
        self.assertEqual(code, 0, errors)
        return {entry["peer"]: (entry["outcome"], entry["phase"]) for entry in report["peers"]}

    def rounds(self):
        """Each way to the peers on each backend, each time from another address of ours."""
        for backend, name in itertools.product(BACKENDS, ("http", "udp", "https")):
            swarm.come_from(next(self.addresses))
            yield backend, self.torrent.file(name, [getattr(self.tracker, name)])

    def test_each_client_that_the_tracker_names_is_what_it_is(self):
        for backend, file in self.rounds():
            with self.subTest(backend=backend, tracker=file.stem):
                self.assertEqual(self.probe("--torrent", file, backend=backend), self.expected)

    def test_all_pieces_come_right_from_every_seed_and_make_the_content(self):
        swarm.come_from(next(self.addresses))
        output = self.torrent.folder / "output"
        code, report, errors = swarm.probe(
            CLIENT, "--torrent", self.file, "--pieces", "all", "--output", output, RDY_BACKEND=BACKENDS[0]
        )
        self.assertEqual(code, 0, errors)
        pieces = {entry["peer"]: entry["pieces"] for entry in report["peers"] if entry["outcome"] == "ok"}
        seeds = [peer for peer, (outcome, _) in self.expected.items() if outcome == "ok"]
        self.assertEqual(pieces, {peer: PIECES for peer in seeds})
        self.assertEqual(output.read_bytes(), self.torrent.content)


if __name__ == "__main__":
    PATHS = swarm.find(
        "opentracker", "stunnel4", "openssl", "transmission-daemon", "transmission-remote", "aria2c", "rtorrent", "ip",
        "unshare",
    )  # fmt: skip
    swarm.enter_namespace()
    main()
