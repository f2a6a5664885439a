"""What rdy-probe gets from seeds, how long it waits for what, and what an interruption leaves.

Usage: probe_content_test.py PATH-TO-RDY-PROBE PATH-TO-STORY-PEERS [unittest arguments]
"""

import itertools
import json
import os
import signal
import unittest

from probe_torrent_case import TorrentCase, endings

from probe_case import by_outcome, by_peer, run, start
from probe_peers import HASH, PATIENCE, REPLY, answer, hold, read_handshake, reset_at_once


class Content(TorrentCase):
    numbers = itertools.count()

    def assert_fetched(self, torrent, target):
        for path, data in torrent.files:
            place = os.path.join(target, os.path.relpath(path, torrent.data_path)) if len(torrent.files) > 1 else target
            with open(place, "rb") as file:
                self.assertEqual(file.read(), data, path)

    def fetch(self, torrent, *options, **counts):
        peers = self.start_peers(torrent, **counts)
        target = os.path.join(self.folder, f"fetched-{next(self.numbers)}")
        arguments = ["--torrent", torrent.path, "--pieces", "all", "--output", target]
        report = self.probe(*arguments, *options, *peers.addresses)
        self.assert_fetched(torrent, target)
        return report

    def test_all_pieces_make_the_file(self):
        report = self.fetch(self.make(), good=1)
        self.assertEqual(by_outcome(report), {"ok": 1})

    def test_all_pieces_make_the_files_of_a_torrent_with_several(self):
        for name, version in (("several", "1"), ("hybrid", "hybrid")):
            self.fetch(self.make(name=name, version=version, files=4), good=1)

    def test_from_many_seeds_of_every_manner_and_a_liar_the_file_is_right(self):
        torrent = self.make(size=1_000_000, piece_length=65536)
        for order in ("--par", "--seq"):
            report = self.fetch(torrent, order, good=4, out_of_order=2, unknown_messages=2, bad_piece=1)
            self.assertEqual(by_outcome(report), {"ok": 8, "bad piece": 1})

    def test_a_piece_of_many_blocks_and_one_of_a_part_of_a_block(self):
        self.fetch(self.make(name="large", size=3_000_001, piece_length=1 << 20), good=2)
        self.fetch(self.make(name="small", size=1, piece_length=16384), good=1)


    def test_what_is_not_whole_does_not_get_its_name(self):
        torrent = self.make()
        peers = self.start_peers(torrent, bad_piece=1, closing_at_request=1)
        target = os.path.join(self.folder, "fetched")
        arguments = ["--torrent", torrent.path, "--pieces", "all", "--output", target]
        report = self.probe(*arguments, *peers.addresses, code=1)
        self.assertRegex(report["stderr"], r"^rdy-probe: [^\n]*fetched[^\n]*\b0 of 4 [^\n]*\n$")
        self.assertFalse(os.path.exists(target))

    def test_nothing_that_exists_is_overwritten(self):
        torrent = self.make()
        peers = self.start_peers(torrent, good=1)
        done = run("--torrent", torrent.path, "--pieces", "all", "--output", torrent.path, *peers.addresses)
        self.assertIn(done.returncode, (3, 4))
        self.assertRegex(done.stderr, r"^rdy-probe: [^\n]*story\.torrent[^\n]*\n$")
        self.probe("--torrent", torrent.path, *peers.addresses)


class Torrents(TorrentCase):
    def test_a_hybrid_is_asked_for_by_its_first_hash(self):
        torrent = self.make(version="hybrid")
        peers = self.start_peers(torrent, good=1)
        report = self.probe("--torrent", torrent.path, *peers.addresses)
        self.assertEqual((by_outcome(report), report["mode"]), ({"ok": 1}, "request"))

    def test_a_torrent_of_version_2_alone_is_refused(self):
        done = run("--torrent", self.make(version="2").path, "127.0.0.1:1")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertRegex(done.stderr, r"^rdy-probe: [^\n]*story\.torrent[^\n]*\n$")

    def test_a_hash_alone_is_enough_for_handshake_and_bitfield(self):
        torrent = self.make(size=1_000_000)
        peers = self.start_peers(torrent, good=4, incomplete=1, have_none=1, bad_piece=1)
        hash_only = ["--info-hash", torrent.info_hash]
        magnet = ["--magnet", "magnet:?xt=urn:btih:" + torrent.info_hash]
        runs = {
            "hash": [*hash_only, *peers.addresses],
            "magnet": [*magnet, *peers.addresses],
            "bitfield": [*hash_only, "--mode", "bitfield", *peers.addresses],
        }
        for name, report in self.probe_all(runs).items():
            mode = "bitfield" if name == "bitfield" else "handshake"
            lack = ("incomplete file", "bitfield") if name == "bitfield" else ("ok", "handshake")
            expected = {
                address: lack if kind in ("incomplete", "have-none") else ("ok", mode) for address, kind in peers.all
            }
            self.assertEqual((endings(report), report["mode"]), (expected, mode))

    def test_without_a_tracker_and_without_peers_there_is_nobody_to_ask(self):
        magnet = "magnet:?xt=urn:btih:" + HASH
        for arguments in (["--torrent", self.make().path], ["--magnet", magnet]):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertEqual(done.stderr, "rdy-probe: no peers, and no tracker to ask for some\n")

    def test_pieces_cannot_be_requested_with_a_hash_alone(self):
        done = run("--info-hash", HASH, "--mode", "request", "127.0.0.1:1")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"^rdy-probe: [^\n]*--torrent[^\n]*\n$")


class Deadlines(TorrentCase):
    """Each of 700 ms while all others are of a minute: not early, not by another, and stretched by nobody."""

    CASES = [
        ("unresponsive", "connect", "timed out", "connect"),
        ("dripping", "handshake", "timed out", "handshake"),
        ("silent_after_handshake", "unchoke", "timed out", "bitfield"),
        ("choking", "unchoke", "choked", "unchoke"),
        ("choking_later", "request", "choked", "request"),
        ("dripping_blocks", "request", "timed out", "request"),
        ("dripping", "total", "timed out", "handshake"),
        ("dripping_blocks", "total", "timed out", "request"),
    ]

    def test_each_deadline_is_its_own_and_nobody_stretches_it(self):
        torrent = self.make()
        runs = {}
        for kind, deadline, *_ in self.CASES:
            peers = self.start_peers(torrent, **{kind: 1})
            times = ["--timeout", "60s", "--total-timeout", "60s", f"--{deadline}-timeout", "700ms"]
            runs[kind, deadline] = (["--torrent", torrent.path, *times, *peers.addresses], {"code": 1})
        reports = self.probe_all(runs)
        for kind, deadline, outcome, phase in self.CASES:
            with self.subTest(kind=kind, deadline=deadline):
                (entry,) = reports[kind, deadline]["peers"]
                self.assertEqual((entry["outcome"], entry["phase"]), (outcome, phase))
                self.assertTrue(700 <= entry["ms"] < 60000, entry)


class Retries(TorrentCase):
    def flaky(self, failures):
        """Resets so many connections before it answers one."""
        count = itertools.count()

        def behave(connection):
            read_handshake(connection)
            if next(count) < failures:
                reset_at_once(connection)
            else:
                connection.sendall(REPLY)
                hold(connection)

        return self.peers.serve(behave)

    def test_a_peer_that_fails_is_tried_again_as_often_as_was_asked_for(self):
        for retries, expected in [(0, "reset, reset, ok"), (2, "ok, reset, ok")]:
            peers = dict(zip((self.flaky(2), self.flaky(3), self.flaky(0)), expected.split(", ")))
            report = self.probe("--info-hash", HASH, "--retries", str(retries), *peers)
            self.assertEqual(by_peer(report), peers)
            self.assertEqual([entry["attempts"] for entry in report["peers"]], [1 + retries, 1 + retries, 1])

    def test_what_will_not_change_is_not_tried_again(self):
        peers = {self.peers.serve(answer(b"HTTP/1.1 400 no\r\n\r\n")): "wrong protocol"}
        report = self.probe("--info-hash", HASH, "--retries", "5", *peers, code=1)
        self.assertEqual(by_peer(report), peers)
        self.assertEqual(len(self.peers.connections), 1)


class Rate(TorrentCase):
    def test_no_more_connections_are_begun_in_a_second_than_was_asked_for(self):
        peers = self.start_peers(None, good=30)
        report = self.probe("--rate", "50", *peers.addresses)
        self.assertEqual(by_outcome(report), {"ok": 30})
        # All but those of the first tenth of a second, which may come at once, and one.
        self.assertGreaterEqual(report["wall_ms"], (30 - 5 - 1) * 20)


class Interruption(TorrentCase):
    def start_and_wait(self, *arguments):
        """Two seeds that are through, and three that never unchoke; the reports of those two are read."""
        torrent = self.make()
        peers = self.start_peers(torrent, good=2, choking=3)
        common = ["--torrent", torrent.path, "--timeout", "60s", "--ndjson"]
        process = start(*common, *arguments, *peers.addresses)
        for stream in (process.stdout, process.stderr):
            self.addCleanup(stream.close)
        self.addCleanup(process.kill)
        through = [json.loads(process.stdout.readline()) for _ in range(2)]
        self.assertEqual({line["peer"]: line["outcome"] for line in through}, dict.fromkeys(peers.of("good"), "ok"))
        return process, peers

    @staticmethod
    def read_table(stream):
        lines = []
        while not lines or "wall time" not in lines[-1]:
            line = stream.readline().decode()
            assert line, "ended with " + "".join(lines)
            lines.append(line)
        return "".join(lines)

    def test_sigquit_tells_on_stderr_what_is_known_and_goes_on_until_sigint(self):
        process, peers = self.start_and_wait()
        for _ in range(2):
            process.send_signal(signal.SIGQUIT)
            told = self.read_table(process.stderr)
            self.assertRegex(told, r"(?m)^ok +2 ")
            self.assertRegex(told, r"(?m)^not done +3 ")
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 130)
        rest = {line["peer"]: line["outcome"] for line in map(json.loads, output.splitlines())}
        self.assertLessEqual(rest.items(), dict.fromkeys(peers.of("choking"), "not done").items())


if __name__ == "__main__":
    # A shell lets what it runs in the background ignore these, and so would the programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    unittest.main()
