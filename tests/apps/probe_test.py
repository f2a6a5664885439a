"""Drives rdy-probe against small peers of every kind on the loopback.

Usage: probe_test.py PATH-TO-RDY-PROBE [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import os
import re
import signal
import socket
import tempfile
import threading
import unittest

from probe_case import Case, by_outcome, by_peer, run
from probe_end import Interruption, Limits
from probe_formats import Formats
from probe_merge import Merge
from probe_output import Output
from probe_pace import Pace
from probe_peers import (
    HASH,
    REPLY,
    WRONG_HASH_REPLY,
    answer,
    answer_in_two_parts,
    close_early,
    drip,
    hold,
    read_handshake,
    reset,
    reset_at_once,
    wait_until,
)

__all__ = ["Formats", "Interruption", "Limits", "Merge", "Output", "Pace"]


class Outcomes(Case):
    def every_kind(self):
        serve = self.peers.serve
        return {
            serve(answer(REPLY)): "ok",
            serve(answer_in_two_parts): "ok",
            serve(answer(REPLY), host="::1"): "ok",
            self.peers.refused(): "refused",
            self.peers.unresponsive(): "timed out",
            serve(hold): "timed out",
            serve(drip): "timed out",
            serve(reset): "reset",
            serve(close_early(b"")): "closed early",
            serve(close_early(REPLY[:67])): "closed early",
            serve(close_early(REPLY)): "ok",
            serve(answer(b"HTTP/1.1 400 Bad Request\r\n\r\n")): "wrong protocol",
            serve(answer(b"\x13BitTorrent protocoL")): "wrong protocol",
            serve(answer(WRONG_HASH_REPLY)): "wrong info-hash",
            serve(answer(WRONG_HASH_REPLY[:29])): "wrong info-hash",
            serve(close_early(b"?")): "wrong protocol",
        }

    def test_parallel_and_sequential_give_each_kind_of_peer_its_outcome(self):
        expected = self.every_kind()
        options = ("--info-hash", HASH, "--timeout", "1s")
        parallel = self.probe(*options, "--par", *expected)
        self.assertEqual(by_peer(parallel), expected)
        self.assertEqual((parallel["order"], parallel["mode"]), ("parallel", "handshake"))
        self.assertLess(parallel["wall_ms"], parallel["sum_ms"])
        self.assertEqual(parallel["at_once"], len(expected))

        sequential = self.probe(*options, "--seq", *expected)
        self.assertEqual(by_peer(sequential), expected)
        self.assertEqual((sequential["order"], sequential["at_once"]), ("sequential", 1))
        self.assertGreaterEqual(sequential["wall_ms"], sequential["sum_ms"])
        phases = {(entry["outcome"], entry["phase"], entry["error"]) for entry in sequential["peers"]}
        self.assertEqual(
            phases,
            {
                ("ok", "handshake", None),
                ("refused", "connect", "ECONNREFUSED"),
                ("timed out", "connect", "ETIMEDOUT"),
                ("timed out", "handshake", "ETIMEDOUT"),
                ("reset", "handshake", "ECONNRESET"),
                ("closed early", "handshake", None),
                ("wrong protocol", "handshake", None),
                ("wrong info-hash", "handshake", None),
            },
        )

    def test_the_backend_that_was_asked_for_is_the_one_that_ran(self):
        wanted = os.environ.get("RDY_BACKEND")
        report = self.probe(self.peers.refused(), code=1)
        self.assertIn(report["backend"], [wanted] if wanted else ["epoll", "kqueue", "select"])

    def test_in_connect_mode_a_silent_peer_is_ok(self):
        silent, refused = self.peers.serve(hold), self.peers.refused()
        report = self.probe(silent, refused)
        self.assertEqual(by_peer(report), {silent: "ok", refused: "refused"})
        self.assertEqual({entry["phase"] for entry in report["peers"]}, {"connect"})

    def test_a_reset_is_a_reset_whenever_it_comes(self):
        """Before the connect is noticed, before our bytes are sent, or before the answer is read."""
        peers = [self.peers.serve(reset_at_once) for _ in range(60)]
        for order in ("--par", "--seq"):
            report = self.probe("--info-hash", HASH, order, *peers, code=1)
            self.assertEqual(by_outcome(report), {"reset": 60})

    def assert_timed_out(self, peer, phase, *timeouts):
        """After 700 ms, never before, and not by the other deadline, which is 60 s."""
        report = self.probe("--info-hash", HASH, *timeouts, peer, code=1)
        (entry,) = report["peers"]
        self.assertEqual((entry["outcome"], entry["phase"]), ("timed out", phase))
        self.assertTrue(700 <= entry["ms"] < 60000, entry)

    def test_the_connect_deadline_is_its_own(self):
        timeouts = ("--connect-timeout", "700ms", "--handshake-timeout", "60s")
        self.assert_timed_out(self.peers.unresponsive(), "connect", *timeouts)

    def test_a_dripping_peer_cannot_stretch_the_handshake_deadline(self):
        timeouts = ("--connect-timeout", "60s", "--handshake-timeout", "700ms")
        self.assert_timed_out(self.peers.serve(drip), "handshake", *timeouts)

    def test_the_story_takes_one_time_out_at_once_and_the_sum_one_by_one(self):
        serve = self.peers.serve
        expected = {self.peers.unresponsive(): "timed out" for _ in range(20)}
        expected.update({serve(close_early(REPLY[:20])): "closed early" for _ in range(21)})
        expected.update({serve(reset): "reset" for _ in range(3)})
        expected[serve(answer(WRONG_HASH_REPLY))] = "wrong info-hash"
        expected[self.peers.refused()] = "refused"
        expected[serve(answer(REPLY))] = "ok"
        options = ("--info-hash", HASH, "--connect-timeout", "400ms", *expected)

        parallel = self.probe("--par", *options)
        self.assertEqual(by_peer(parallel), expected)
        self.assertEqual(parallel["outcomes"][0]["outcome"], "timed out")
        self.assertGreaterEqual(parallel["sum_ms"], 20 * 400)
        self.assertTrue(400 <= parallel["wall_ms"] < parallel["sum_ms"], parallel["wall_ms"])

        sequential = self.probe("--seq", *options)
        self.assertEqual(by_peer(sequential), expected)
        self.assertGreaterEqual(sequential["wall_ms"], 20 * 400)

    def test_concurrency_bounds_how_many_are_tried_at_once(self):
        lock, now, most = threading.Lock(), [0], [0]

        def count(connection):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            read_handshake(connection)
            with lock:
                now[0] -= 1
            connection.sendall(REPLY)
            hold(connection)

        peers = [self.peers.serve(count) for _ in range(30)]
        report = self.probe("--info-hash", HASH, "--concurrency", "3", *peers)
        self.assertEqual(by_outcome(report), {"ok": 30})
        self.assertEqual(report["at_once"], 3)
        self.assertLessEqual(most[0], 3)


class Input(Case):
    def test_peers_come_from_arguments_files_and_standard_input(self):
        good = [self.peers.serve(answer(REPLY)) for _ in range(3)]
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(f"# peers\r\n\r\n  {good[0]}  # the first\r\n{good[0]}\n")
            file.flush()
            report = self.probe("--info-hash", HASH, "-f", file.name, good[1], "-", text=good[2] + "\n")
        self.assertEqual(by_peer(report), {peer: "ok" for peer in good})
        report = self.probe("--info-hash", HASH, text="\n".join(good))
        self.assertEqual(by_outcome(report), {"ok": 3})

    def test_port_stands_in_for_a_missing_one(self):
        port = self.peers.serve(hold).rpartition(":")[2]
        self.assertEqual(by_peer(self.probe("--port", port, "127.0.0.1")), {"127.0.0.1": "ok"})

    def test_a_bad_line_is_told_with_its_file_and_number_in_one_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("127.0.0.1:1\n\nnot a peer\n")
            file.flush()
            done = run("-f", file.name)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertRegex(done.stderr, r"^rdy-probe: %s:3: [^\n]*not a peer[^\n]*\n$" % re.escape(file.name))

    def assert_told(self, done, code, pattern):
        self.assertEqual((done.returncode, done.stdout), (code, ""))
        self.assertRegex(done.stderr, r"^rdy-probe: [^\n]*%s[^\n]*\n$" % pattern)

    def test_wrong_options_and_arguments_end_with_one_line_and_their_code(self):
        for arguments, code, pattern in [
            (["--info-hash", "12"], 2, "40 hexadecimal digits"),
            (["--info-hash", HASH[:-1] + "g"], 2, "40 hexadecimal digits"),
            (["--mode", "handshake"], 2, "need --torrent, --magnet or --info-hash"),
            (["--mode", "shout"], 2, "shout"),
            (["--timeout", "soon"], 2, "soon"),
            (["--timeout", "0"], 2, "--timeout"),
            (["--concurrency", "0"], 2, "--concurrency"),
            (["--seq", "--concurrency", "5"], 2, "contradict"),
            (["--port", "65536"], 2, "--port"),
            (["--frobnicate"], 2, "unknown or ambiguous option '--frobnicate'"),
            (["--json=yes"], 2, "'--json=yes': this option takes no value"),
            (["-vf"], 2, "-f: a value is missing"),
            (["--svg", "-"], 2, "cannot go to the same place"),
            (["--svg", "picture", "-o", "picture"], 2, "cannot go to the same place"),
            (["--backend", "abacus", "127.0.0.1:1"], 2, "backend"),
            (["127.0.0.1"], 3, "HOST:PORT"),
            (["-f", "/no/such/file"], 3, "/no/such/file"),
            ([], 3, "no peers"),
        ]:
            with self.subTest(arguments):
                self.assert_told(run(*arguments), code, pattern)

    def test_an_unknown_backend_in_the_environment_is_told(self):
        done = run("127.0.0.1:1", environment={"RDY_BACKEND": "abacus"})
        self.assert_told(done, 2, "RDY_BACKEND: .*'abacus'")

    def test_help_and_version_go_to_standard_output(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        words = "ok|refused|timed out|reset|closed early|wrong protocol|wrong info-hash|unreachable|denied|"
        for word in (words + "unknown name|failed|local fault|duplicate|not done|Exit codes").split("|"):
            self.assertIn(word, done.stdout)
        done = run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^rdy-probe \d+\.\d+\.\d+, backends: .*select\n$")

    def test_a_name_is_looked_up_and_one_that_does_not_exist_is_unknown(self):
        good = "localhost:" + self.peers.serve(answer(REPLY), host=first_address("localhost")).rpartition(":")[2]
        unknown = "x" * 64 + ".invalid:1"  # no label is that long (RFC 1035): no server is asked
        report = self.probe("--info-hash", HASH, good, unknown)
        self.assertEqual(by_peer(report), {good: "ok", unknown: "unknown name"})

    def test_an_address_and_a_name_that_stands_for_it_are_not_both_connected_to(self):
        accepted = []

        def count(connection):
            accepted.append(connection)
            hold(connection)

        address = self.peers.serve(count, host=first_address("localhost"))
        name = "localhost:" + address.rpartition(":")[2]
        for arguments in (("--par", name, address), ("--seq", name, address), ("--seq", address, name)):
            accepted.clear()
            report = self.probe(*arguments)
            self.assertEqual(by_peer(report), {name: "duplicate", address: "ok"})
            wait_until(lambda: accepted, "the peer has seen it")
            self.assertEqual(len(accepted), 1)


def first_address(name):
    return socket.getaddrinfo(name, 1, type=socket.SOCK_STREAM)[0][4][0]


if __name__ == "__main__":
    # A shell lets what it runs in the background ignore SIGINT, and so would the programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unittest.main()
