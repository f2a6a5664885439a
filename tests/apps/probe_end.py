"""How rdy-probe fares without descriptors, and when it is interrupted."""

import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
import tempfile
import termios
import threading
import unittest

from echo_support import NO_LEAKS
from probe_case import Case, by_outcome, by_peer, start
from probe_peers import (
    HASH,
    PATIENCE,
    REPLY,
    WRONG_HASH_REPLY,
    answer,
    close_early,
    drip,
    end_in_peace,
    hold,
    read_handshake,
    reset,
    wait_until,
)


def descriptors_of(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def is_asleep(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0] == "S"


@unittest.skipUnless(sys.platform == "linux", "needs prlimit and /proc")
class Limits(Case):
    def test_a_thousand_peers_within_64_descriptors_are_counted_right(self):
        refused = self.peers.bind("0.0.0.0").getsockname()[1]
        good = self.peers.serve(answer(REPLY), host="0.0.0.0").rpartition(":")[2]
        silent = self.peers.serve(hold, host="0.0.0.0").rpartition(":")[2]
        peers = [f"127.1.{i // 200}.{i % 200 + 1}:{refused}" for i in range(900)]
        peers += [f"127.2.0.{i + 1}:{good}" for i in range(60)]
        peers += [f"127.3.0.{i + 1}:{silent}" for i in range(40)]
        report = self.probe(
            "--info-hash", HASH, "--connect-timeout", "10s", "--handshake-timeout", "500ms",
            text="\n".join(peers),
            before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
        )
        self.assertEqual(by_outcome(report), {"refused": 900, "ok": 60, "timed out": 40})
        self.assertTrue(30 <= report["at_once"] < 64, report["at_once"])
        self.assertRegex(report["stderr"], r"^rdy-probe: at most %d peers at once: [^\n]*\n$" % report["at_once"])

    def test_it_can_gain_no_rights_by_a_program(self):
        process = start("--info-hash", HASH, "--timeout", "60s", self.peers.serve(hold))
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        wait_until(lambda: self.peers.connections, "it runs")
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            self.assertIn("NoNewPrivs:\t1\n", file.read())

    def peers_of_many_kinds(self):
        """As many peers as their outcomes say, which follow upon each other as if shuffled."""
        everywhere = "0.0.0.0"
        kinds = [
            (110, self.peers.bind(everywhere).getsockname()[1], "refused"),
            (110, self.peers.serve(answer(REPLY), everywhere), "ok"),
            (60, self.peers.serve(close_early(b""), everywhere), "closed early"),
            (60, self.peers.serve(reset, everywhere), "reset"),
            (60, self.peers.serve(answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"), everywhere), "wrong protocol"),
            (55, self.peers.serve(answer(WRONG_HASH_REPLY), everywhere), "wrong info-hash"),
            (15, self.peers.unresponsive(everywhere), "timed out"),
            (15, self.peers.serve(hold, everywhere), "timed out"),
            (15, self.peers.serve(drip, everywhere), "timed out"),
        ]
        expected = {}
        for kind, (count, address, outcome) in enumerate(kinds, 1):
            port = str(address).rpartition(":")[2]
            expected.update({f"127.{kind}.0.{i + 1}:{port}": outcome for i in range(count)})
        peers = list(expected)
        return {peers[i * 199 % len(peers)]: expected[peers[i * 199 % len(peers)]] for i in range(len(peers))}

    def test_peers_of_many_kinds_within_64_descriptors_are_each_told_right(self):
        expected = self.peers_of_many_kinds()
        self.assertEqual(len(expected), 500)
        report = self.probe(
            "--info-hash", HASH, "--timeout", "2s",
            text="\n".join(expected),
            before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
        )
        self.assertEqual(by_peer(report), expected)
        self.assertEqual(report["stderr"].count("peers at once"), 1)

    def starve(self):
        """A run with two peers that hold and five that wait, then no descriptor to be had."""
        release = [threading.Event(), threading.Event()]
        self.addCleanup(lambda: [event.set() for event in release])
        holding = [self.peers.serve(self.held_until(event)) for event in release]
        waiting = [self.peers.serve(answer(REPLY)) for _ in range(5)]
        options = ("--json", "--info-hash", HASH, "--timeout", "60s", "--concurrency", "2")
        # A leak checker would get no descriptor either.
        process = start(*options, *holding, *waiting, env={**os.environ, **NO_LEAKS})
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        wait_until(lambda: len(self.peers.connections) == 2, "both are connected")
        limit = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (3, limit[1]))
        return process, release, holding, waiting, limit

    def held_until(self, event):
        def behave(connection):
            read_handshake(connection)
            event.wait(PATIENCE)
            end_in_peace(connection)

        return behave

    def finish(self, process):
        return json.loads(process.communicate(timeout=PATIENCE)[0])

    def test_a_local_fault_is_nobodys_outcome_and_the_peer_is_tried_again(self):
        process, release, holding, waiting, limit = self.starve()
        before = descriptors_of(process)
        release[0].set()
        wait_until(lambda: descriptors_of(process) == before - 1 and is_asleep(process), "one is through")
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, limit)
        release[1].set()
        report = self.finish(process)
        expected = {peer: "closed early" for peer in holding}
        expected.update({peer: "ok" for peer in waiting})
        self.assertEqual(by_peer(report), expected)
        self.assertEqual(process.returncode, 0)

    def test_a_local_fault_that_stays_is_listed_aside(self):
        process, release, holding, waiting, _ = self.starve()
        for event in release:
            event.set()
        report = self.finish(process)
        self.assertEqual(by_outcome(report), {"closed early": 2})
        self.assertEqual(report["local_faults"], 5)
        errors = {entry["error"] for entry in report["peers"] if entry["outcome"] == "local fault"}
        self.assertEqual(errors, {"EMFILE"})
        self.assertEqual(process.returncode, 1)


class Interruption(Case):
    def start_and_wait(self, *arguments):
        """Two good peers that are through, and three that say nothing."""
        through = []

        def good(connection):
            answer(REPLY)(connection)
            through.append(connection)

        reached = []

        def silent(connection):
            reached.append(read_handshake(connection))
            hold(connection)

        peers = [self.peers.serve(good) for _ in range(2)] + [self.peers.serve(silent) for _ in range(3)]
        process = start("--info-hash", HASH, "--timeout", "60s", *arguments, *peers)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        wait_until(lambda: len(through) == 2 and len(reached) == 3, "all are where they are to be")
        return process

    def test_an_interrupt_while_a_tracker_is_asked_prints_a_partial_report(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            silent.settimeout(PATIENCE)
            tracker = "udp://127.0.0.1:%d" % silent.getsockname()[1]
            for peers in ([], [self.peers.serve(hold)]):
                process = start("--info-hash", HASH, "--tracker", tracker, "--json", *peers)
                self.addCleanup(process.kill)
                silent.recv(64)
                process.send_signal(signal.SIGINT)
                output, errors = process.communicate(timeout=PATIENCE)
                self.assertEqual((process.returncode, errors), (130, b""))
                report = json.loads(output)
                self.assertEqual((report["partial"], report["not_done"]), (True, len(peers)))
                self.assertEqual([entry["attempts"] for entry in report["peers"]], [0] * len(peers))

    def test_who_is_under_way_has_the_times_until_then(self):
        process = self.start_and_wait("--json")
        process.send_signal(signal.SIGINT)
        report = json.loads(process.communicate(timeout=PATIENCE)[0])
        under_way = [entry for entry in report["peers"] if entry["outcome"] == "not done"]
        self.assertEqual(len(under_way), 3)
        for entry in under_way:
            phases = [entry[name] for name in ("connect_ms", "handshake_ms")]
            self.assertTrue(all(phases), entry)
            self.assertAlmostEqual(sum(phases), entry["ms"], delta=0.001)

    def test_sigint_and_sigterm_print_what_is_known(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                process = self.start_and_wait("--json")
                process.send_signal(number)
                output, errors = process.communicate(timeout=PATIENCE)
                report = json.loads(output)
                self.assertEqual((process.returncode, errors), (130, b""))
                self.assertEqual((report["partial"], report["not_done"]), (True, 3))
                self.assertEqual(by_outcome(report), {"ok": 2})

    def test_the_table_says_that_it_is_partial(self):
        process = self.start_and_wait()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 130)
        self.assertRegex(output.decode(), r"\nnot done +3 \(partial: ")

    def test_sigquit_prints_what_is_known_and_goes_on(self):
        process = self.start_and_wait("--json")
        for _ in range(2):
            process.send_signal(signal.SIGQUIT)
            table = []
            while not table or not table[-1].startswith(b"partial: wall time "):
                table.append(process.stderr.readline())
                self.assertTrue(table[-1], "it ended")
            self.assertRegex(b"".join(table).decode(), r"\nok +2 [^$]*\nnot done +3 \(partial: ")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, errors), (130, b""))
        self.assertEqual(by_outcome(json.loads(output)), {"ok": 2})

    def test_sigquit_is_answered_while_trackers_are_asked(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tracker:
            tracker.bind(("127.0.0.1", 0))
            tracker.settimeout(PATIENCE)
            url = f"udp://127.0.0.1:{tracker.getsockname()[1]}"
            process = start("--info-hash", HASH, "--tracker", url, "--tracker-timeout", "10m")
            self.addCleanup(process.stderr.close)
            self.addCleanup(process.stdout.close)
            self.addCleanup(process.kill)
            tracker.recv(64)
            process.send_signal(signal.SIGQUIT)
            line = b"rdy-probe: trackers: 0 answered, 1 asked and not yet heard of\n"
            self.assertEqual(process.stderr.readline(), line)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 130)

    def test_sigquit_does_not_end_it_while_it_writes(self):
        process = self.start_and_wait_to_write()
        process.send_signal(signal.SIGQUIT)
        output, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, errors), (130, b""))
        self.assertEqual(json.loads(output)["peers_total"], 2001)

    def start_and_wait_to_write(self):
        """Interrupted, with more to print than a pipe holds that nobody reads."""

        silent = self.peers.serve(hold)
        port = self.peers.bind("0.0.0.0").getsockname()[1]
        with tempfile.NamedTemporaryFile("w") as file:
            file.writelines(f"127.1.{i // 200}.{i % 200 + 1}:{port}\n" for i in range(2000))
            file.flush()
            process = start("--info-hash", HASH, "--timeout", "60s", "--json", "-f", file.name, silent)
            self.addCleanup(process.stderr.close)
            self.addCleanup(process.stdout.close)
            self.addCleanup(process.kill)
            wait_until(lambda: self.peers.connections, "it runs")
        process.send_signal(signal.SIGINT)
        wait_until(lambda: unread(process.stdout), "it prints")
        return process

    def test_a_second_sigint_ends_at_once(self):
        process = self.start_and_wait_to_write()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), -signal.SIGINT)


def unread(pipe):
    size = bytearray(4)
    fcntl.ioctl(pipe, termios.FIONREAD, size)
    return struct.unpack("i", size)[0]
