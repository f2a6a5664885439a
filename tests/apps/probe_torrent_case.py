"""What the tests of rdy-probe with a torrent share; they get the path of story-peers after that of rdy-probe."""

import concurrent.futures
import pathlib
import sys
import tempfile
import unittest

import probe_case

STORY_PEERS = sys.argv.pop(1)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import make_torrent  # noqa: E402
from story_peers import StoryPeers  # noqa: E402


def endings(report):
    """How each peer ended."""
    return {entry["peer"]: (entry["outcome"], entry["phase"]) for entry in report["peers"]}


class TorrentCase(probe_case.Case):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            told = probe_case.run("--torrent", make_torrent.make(folder).path, "--timeout", "1s", "127.0.0.1:1").stderr
        if "built without" in told:
            raise unittest.SkipTest(told.strip())

    def setUp(self):
        super().setUp()
        self.folder = self.enter(tempfile.TemporaryDirectory())

    def make(self, **options):
        """A content of four pieces, the last of which is short, unless it is to be another one."""
        return make_torrent.make(self.folder, **{"size": 100_000, "piece_length": 32768, **options})

    def start_peers(self, torrent, *options, **counts):
        return self.enter(StoryPeers(STORY_PEERS, *options, torrent=torrent, **counts))

    def probe_all(self, runs):
        """The reports of runs beside each other: of a dict of argument lists, or of those with probe's keywords."""

        def probe(run):
            arguments, others = run if isinstance(run, tuple) else (run, {})
            return self.probe(*arguments, **others)

        with concurrent.futures.ThreadPoolExecutor(len(runs)) as pool:
            return dict(zip(runs, pool.map(probe, runs.values())))
