"""What rdy-probe writes for programs, and where to."""

import csv
import datetime
import io
import json
import os
import signal
import tempfile
import threading

from probe_case import PHASES, Case, run, start
from probe_peers import HASH, PATIENCE, REPLY, answer, close_early, hold, read_handshake, wait_until

PEER = ["peer", "address", "outcome", "phase", "error", "attempts", "started_ms", "ms", *PHASES, "pieces", "bytes"]
TIMES = ["count", *(f"{name}_ms" for name in "total min mean p50 p90 p99 max".split())]
TIMES += ["total_ns", "min_ns", "max_ns", "histogram"]


class Formats(Case):
    def setUp(self):
        super().setUp()
        self.folder = self.enter(tempfile.TemporaryDirectory())
        self.path = os.path.join(self.folder, "report")

    def three_peers(self):
        return {
            self.peers.serve(answer(REPLY)): "ok",
            self.peers.serve(close_early(b"")): "closed early",
            self.peers.refused(): "refused",
        }

    def read(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def test_the_json_has_the_members_of_its_schema(self):
        report = self.probe("--info-hash", HASH, *self.three_peers())
        report.pop("stderr")
        names = "schema program version mode backend order at_once begun wall_ms sum_ms partial shards peers_total"
        names += " local_faults duplicates not_done outcomes phases peers"
        self.assertEqual(list(report), names.split())
        self.assertEqual((report["schema"], report["program"], report["peers_total"]), (2, "rdy-probe", 3))
        begun = datetime.datetime.strptime(report["begun"], "%Y-%m-%dT%H:%M:%S.%fZ")
        age = datetime.datetime.now(datetime.timezone.utc) - begun.replace(tzinfo=datetime.timezone.utc)
        self.assertLess(abs(age.total_seconds()), 3600)
        for entry in report["outcomes"]:
            self.assertEqual(list(entry), ["outcome", "phase", *TIMES])
        for entry in report["phases"]:
            self.assertEqual(list(entry), ["phase", *TIMES])
        for entry in report["peers"]:
            self.assertEqual(list(entry), PEER)

    def test_phases_count_those_that_came_through_and_null_is_one_not_come_to(self):
        report = self.probe("--info-hash", HASH, *self.three_peers())
        self.assertEqual({entry["phase"]: entry["count"] for entry in report["phases"]}, {"connect": 2, "handshake": 1})
        for entry in report["peers"]:
            come_to = [name for name in PHASES if entry[name] is not None]
            wanted = ["connect_ms"] if entry["outcome"] == "refused" else ["connect_ms", "handshake_ms"]
            self.assertEqual(come_to, wanted)

    def test_a_shard_says_of_what_it_is_one(self):
        peers = list(self.three_peers())
        reports = [self.probe("--info-hash", HASH, "--shard", f"{i}/3", *peers, code=i > 1) for i in (1, 2, 3)]
        self.assertEqual([report["shards"] for report in reports], [[{"index": i, "count": 3}] for i in (1, 2, 3)])
        self.assertEqual([entry["peer"] for report in reports for entry in report["peers"]], peers)

    def test_ndjson_and_csv_tell_of_each_peer_by_the_same_names(self):
        peers = self.three_peers()
        lines = [json.loads(line) for line in run("--info-hash", HASH, "--ndjson", *peers).stdout.splitlines()]
        self.assertEqual({line["peer"]: line["outcome"] for line in lines}, peers)
        for line in lines:
            self.assertEqual(list(line), ["schema", *PEER])
        rows = list(csv.DictReader(io.StringIO(run("--info-hash", HASH, "--csv", *peers).stdout)))
        self.assertEqual({row["peer"]: row["outcome"] for row in rows}, peers)
        self.assertEqual(list(rows[0]), PEER)
        self.assertEqual([row["peer"] for row in rows], list(peers))

    def test_ndjson_comes_as_it_happens_and_ends_with_those_not_done(self):
        reached = []

        def silent(connection):
            reached.append(read_handshake(connection))
            hold(connection)

        good, mute = self.peers.serve(answer(REPLY)), self.peers.serve(silent)
        process = start("--info-hash", HASH, "--timeout", "60s", "--ndjson", "-o", self.path, mute, good)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        wait_until(lambda: os.path.exists(self.path) and self.read().endswith("\n"), "the good one is told")
        self.assertEqual(json.loads(self.read())["peer"], good)
        wait_until(lambda: reached, "the silent one is reached")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 130)
        lines = [json.loads(line) for line in self.read().splitlines()]
        self.assertEqual([(line["peer"], line["outcome"]) for line in lines], [(good, "ok"), (mute, "not done")])

    def test_a_run_ends_when_the_reader_of_its_lines_has_gone(self):
        gone = threading.Event()
        self.addCleanup(gone.set)

        def late(connection):
            gone.wait(PATIENCE)
            close_early(b"")(connection)

        peers = [self.peers.serve(answer(REPLY)), self.peers.serve(late), self.peers.serve(hold)]
        process = start("--ndjson", "--info-hash", HASH, "--timeout", "10m", *peers)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        with process.stdout:
            self.assertEqual(json.loads(process.stdout.readline())["outcome"], "ok")
        gone.set()
        self.assertEqual((process.wait(PATIENCE), process.stderr.read()), (4, b""))

    def test_a_report_goes_to_a_file_that_is_whole(self):
        peers = self.three_peers()
        for option, begin in ("--json", "{"), ("--csv", "peer,"), ("--ndjson", "{"), ("--verbose", ""):
            with self.subTest(option):
                done = run("--info-hash", HASH, option, "-o", self.path, *peers)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
                self.assertTrue(self.read().startswith(begin))
                self.assertTrue(self.read().endswith("\n"))
                self.assertEqual(os.listdir(self.folder), ["report"])

    def test_a_file_that_cannot_be_made_is_told_before_anybody_is_asked(self):
        accepted = []
        peer = self.peers.serve(accepted.append)
        for option in "--json", "--ndjson":
            done = run(option, "-o", os.path.join(self.path, "there"), peer)
            self.assertEqual((done.returncode, done.stdout), (4, ""))
            self.assertRegex(done.stderr, r"^rdy-probe: cannot write [^\n]*report/there: not there\n$")
        self.assertEqual(accepted, [])

    def test_a_run_whose_output_is_not_taken_leaves_the_old_file(self):
        with open(self.path, "w", encoding="ascii") as file:
            file.write("old")
        for option in "--json", "--csv", "--ndjson":
            done = run(option, "-o", "/dev/full", self.peers.refused())
            self.assertEqual((done.returncode, done.stdout), (4, ""))
            self.assertEqual(done.stderr, "rdy-probe: cannot write /dev/full: no space left\n")
        self.assertEqual(run("--no-such", "-o", self.path).returncode, 2)
        self.assertEqual(self.read(), "old")
