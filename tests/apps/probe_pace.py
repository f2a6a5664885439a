"""How fast and how often rdy-probe connects: --rate and --retries."""

import itertools

from probe_case import Case, by_peer
from probe_peers import HASH, REPLY, answer, hold, read_handshake, reset, reset_at_once


class Pace(Case):
    def serve_in_turn(self, *behaviours):
        """A peer that behaves differently at each connection, and knows whether the last one was over by then."""
        turns = iter(behaviours)
        under_way = []
        self.overlaps = []

        def behave(connection):
            turn = next(turns)
            self.overlaps.append(len(under_way))
            under_way.append(connection)
            try:
                turn(connection)
            finally:
                under_way.pop()

        return self.peers.serve(behave)

    def attempts(self, report):
        return {entry["peer"]: entry["attempts"] for entry in report["peers"]}

    def test_a_peer_that_was_reset_is_tried_again_when_the_last_connection_is_over(self):
        peer = self.serve_in_turn(reset, reset, answer(REPLY))
        wrong = self.peers.serve(answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        report = self.probe("--info-hash", HASH, "--timeout", "30s", "--retries", "2", peer, wrong)
        self.assertEqual(by_peer(report), {peer: "ok", wrong: "wrong protocol"})
        self.assertEqual(self.attempts(report), {peer: 3, wrong: 1})
        self.assertEqual(self.overlaps, [0, 0, 0])
        delays = 1000 + 1500
        self.assertGreaterEqual(report["wall_ms"], delays)
        self.assertLessEqual(report["peers"][0]["ms"], report["wall_ms"] - delays)  # they are not its time

    def test_without_retries_the_first_failure_is_the_outcome(self):
        peer = self.serve_in_turn(reset, answer(REPLY))
        report = self.probe("--info-hash", HASH, "--timeout", "30s", peer, code=1)
        self.assertEqual((by_peer(report), self.attempts(report)), ({peer: "reset"}, {peer: 1}))

    def test_a_name_that_waits_for_its_turn_loses_none_of_the_time_for_all(self):
        ports = [self.peers.serve(behave).rpartition(":")[2] for behave in (hold, answer(REPLY))]
        peers = [f"localhost:{port}" for port in ports]
        limits = ["--concurrency", "1", "--total-timeout", "2s", "--handshake-timeout", "30s"]
        report = self.probe("--info-hash", HASH, "-4", *limits, *peers)
        self.assertEqual(by_peer(report), {peers[0]: "timed out", peers[1]: "ok"})

    def test_the_last_try_is_the_outcome(self):
        def close_the_door(connection):
            read_handshake(connection)
            self.peers.stack.close()  # nobody listens any more
            reset_at_once(connection)

        peer = self.peers.serve(close_the_door)
        report = self.probe("--info-hash", HASH, "--timeout", "30s", "--retries", "1", peer, code=1)
        self.assertEqual(by_peer(report), {peer: "refused"})
        self.assertEqual([(entry["phase"], entry["attempts"]) for entry in report["peers"]], [("connect", 2)])

    def test_connections_are_begun_no_faster_than_the_rate(self):
        port = self.peers.serve(answer(REPLY), host="0.0.0.0").rpartition(":")[2]
        peers = [f"127.0.0.{i}:{port}" for i in range(1, 8)]
        for order in ("--par", "--seq"):
            with self.subTest(order):
                report = self.probe("--info-hash", HASH, "--rate", "20", order, *peers)
                self.assertEqual(by_peer(report), {peer: "ok" for peer in peers})
                started = [entry["started_ms"] for entry in report["peers"]]
                self.assertEqual(started, sorted(started))
                # After a delay two are begun at once, a tenth of a second's; else each 50 ms after the last.
                for earlier, later in itertools.combinations(range(len(peers)), 2):
                    self.assertGreaterEqual(started[later] - started[earlier], 50 * (later - earlier - 1) - 0.001)
