"""rdy-probe merge: what it adds up and what it refuses."""

import csv
import io
import json
import os
import tempfile
import unittest

from probe_case import Case, by_outcome, run
from probe_peers import HASH, REPLY, answer, close_early


def has_merge():
    """Without jansson the command says that it is missing."""
    return "jansson" not in run("merge", "/dev/null").stderr


@unittest.skipUnless(has_merge(), "built without jansson")
class Merge(Case):
    def setUp(self):
        super().setUp()
        self.folder = self.enter(tempfile.TemporaryDirectory())

    def write(self, name, report):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(report if isinstance(report, str) else json.dumps(report))
        return path

    def run_and_write(self, name, *peers):
        return self.write(name, run("--json", "--info-hash", HASH, *peers).stdout)

    def two_runs(self):
        good, bad = self.peers.serve(answer(REPLY)), self.peers.serve(close_early(b""))
        refused = [self.peers.refused() for _ in range(3)]
        return self.run_and_write("a.json", good, refused[0]), self.run_and_write("b.json", bad, *refused[1:])

    def test_a_report_alone_comes_out_as_it_was(self):
        path, _ = self.two_runs()
        with open(path, encoding="utf-8") as file:
            self.assertEqual(run("merge", "--json", path).stdout, file.read())

    def test_each_peer_keeps_its_error_however_often_it_comes(self):
        errors = ["ECONNREFUSED", "ETIMEDOUT", "ECONNREFUSED", "EUNKNOWN", "ETIMEDOUT", "ECONNRESET", "EUNKNOWN"]
        path = self.run_and_write("a.json", *[self.peers.refused() for _ in errors])
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        for entry, error in zip(report["peers"], errors, strict=True):
            entry["error"] = error
        merged = json.loads(run("merge", "--json", self.write("a.json", report)).stdout)
        self.assertEqual([entry["error"] for entry in merged["peers"]], errors)
        report["peers"][-1]["error"] = "ENOTHING"
        self.assert_refused(run("merge", self.write("a.json", report)), 3, "error.*errno")

    def test_reports_add_up_whatever_their_order_and_grouping(self):
        first, second = self.two_runs()
        both = run("merge", "--json", first, second)
        self.assertEqual((both.returncode, both.stderr), (0, ""))
        report = json.loads(both.stdout)
        self.assertEqual(by_outcome(report), {"ok": 1, "closed early": 1, "refused": 3})
        self.check_sums(json.loads(both.stdout))
        third = self.write("c.json", both.stdout)
        one_way = run("merge", third, first)
        other_way = run("merge", first, first, second)
        piped = run("merge", first, "-", text=both.stdout)
        self.assertEqual(one_way.stdout, other_way.stdout)
        self.assertEqual(one_way.stdout, piped.stdout)
        self.assertIn("refused (connect)                  4 ", one_way.stdout)

    def test_lines_and_files_of_a_sum(self):
        reports = self.two_runs()
        rows = list(csv.DictReader(io.StringIO(run("merge", "--csv", *reports).stdout)))
        lines = [json.loads(line) for line in run("merge", "--ndjson", *reports).stdout.splitlines()]
        peers = json.loads(run("merge", "--json", *reports).stdout)["peers"]
        self.assertEqual([row["peer"] for row in rows], [peer["peer"] for peer in peers])
        self.assertEqual(list(rows[0]), list(peers[0]))
        self.assertEqual(lines, [{"schema": 2, **peer} for peer in peers])
        path = os.path.join(self.folder, "sum.json")
        self.assertEqual(run("merge", "--json", "-o", path, *reports).stdout, "")
        with open(path, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["peers"], peers)
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.json", "b.json", "sum.json"])

    def assert_refused(self, done, code, pattern):
        self.assertEqual((done.returncode, done.stdout), (code, ""))
        self.assertRegex(done.stderr, r"^rdy-probe: [^\n]*%s[^\n]*\n$" % pattern)

    def test_a_wrong_report_is_told_with_its_file_and_member(self):
        path, _ = self.two_runs()
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for change, pattern in [
            (lambda report: report.update(schema=1), "bad.json: schema: expected 2, not 1"),
            (lambda report: report.pop("schema"), "schema: expected a whole number"),
            (lambda report: report.update(program="rdy-connect"), "program: expected rdy-probe"),
            (lambda report: report.update(mode="shout"), "mode: expected connect, handshake"),
            (lambda report: report.update(order="at will"), "order: expected parallel"),
            (lambda report: report.update(begun="yesterday"), "begun: expected a moment"),
            (lambda report: report.update(wall_ms=-1), "wall_ms: expected milliseconds"),
            (lambda report: report.update(wall_ms=1e300), "wall_ms: expected milliseconds"),
            (lambda report: report.update(partial=0), "partial: expected true or false"),
            (lambda report: report.update(at_once=2.5), "at_once: expected a whole number"),
            (lambda report: report.update(duplicates=1), "duplicates: expected as many"),
            (lambda report: report.update(peers_total=3), "peers_total: expected as many"),
            (lambda report: report.update(shards=[{"index": 3, "count": 2}]), r"shards\[0\].index: expected"),
            (lambda report: report.update(shards=[{"index": 0, "count": 2}]), r"shards\[0\].index: expected"),
            (lambda report: report.update(outcomes={}), "outcomes: expected an array"),
            (lambda report: report["outcomes"].append(7), r"outcomes\[2\]: expected an object"),
            (lambda report: report["outcomes"].append(report["outcomes"][0]), r"outcomes\[2\].outcome: expected"),
            (lambda report: report["outcomes"].pop(), "outcomes: expected those of its peers"),
            (lambda report: report["outcomes"][1].update(count=2), r"outcomes\[1\].count: expected the sum"),
            (lambda report: report["outcomes"][1].update(count=0), r"outcomes\[1\].count: expected at least 1"),
            (lambda report: report["outcomes"][1].update(count=-1), r"outcomes\[1\].count: expected a whole"),
            (lambda report: report["outcomes"][1].update(count="1"), r"outcomes\[1\].count: expected a whole"),
            (lambda report: report["outcomes"][1].update(outcome="eaten"), r"outcomes\[1\].outcome: expected"),
            (lambda report: report["outcomes"][1].update(outcome="not done"), r"outcomes\[1\].outcome: expected"),
            (lambda report: report["outcomes"][1].update(phase="dinner"), r"outcomes\[1\].phase: expected"),
            (lambda report: report["outcomes"][1].update(min_ns=1), r"outcomes\[1\].min_ns: expected"),
            (lambda report: report["outcomes"][1].update(max_ns=10**15), r"outcomes\[1\].max_ns: expected"),
            (lambda report: report["outcomes"][1].update(total_ns=0), r"outcomes\[1\].total_ns: expected"),
            (lambda report: report["outcomes"][1].update(total_ns=10**15), r"outcomes\[1\].total_ns: expected"),
            (lambda report: report["outcomes"][1]["histogram"].clear(), r"outcomes\[1\].count: expected the sum"),
            (lambda report: report["outcomes"][1]["histogram"][0].pop(), r"outcomes\[1\].histogram: expected"),
            (lambda report: report["outcomes"][1].update(histogram=[[7296, 1]]), r"outcomes\[1\].histogram: exp"),
            (lambda report: report["phases"][0].update(phase="dinner"), r"phases\[0\].phase: expected"),
            (lambda report: report["phases"].append(report["phases"][0]), r"phases\[2\].phase: expected"),
            (lambda report: report["phases"].pop(), "phases: expected those of its peers"),
            (lambda report: report["peers"][1].update(peer=None), r"peers\[1\].peer: expected a string"),
            (lambda report: report["peers"][1].update(peer="a\x1b[2Jb"), r"peers\[1\].peer: expected a string with"),
            (lambda report: report["peers"][1].update(peer="a\x9bb"), r"peers\[1\].peer: expected a string with"),
            (lambda report: report.update(backend="e\npoll"), "backend: expected a string without control"),
            (lambda report: report["peers"][1].update(address="there"), r"peers\[1\].address: expected an address"),
            (lambda report: report["peers"][1].update(error="EGREGIOUS"), r"peers\[1\].error: expected the name"),
            (lambda report: report["peers"][1].update(ms=1e9), r"peers\[1\].ms: expected the sum"),
            (lambda report: report["peers"][1].update(connect_ms="x"), r"peers\[1\].connect_ms: expected"),
            (lambda report: report["peers"][1].update(outcome="ok"), "outcomes: expected those of its peers"),
            (lambda report: report["peers"][1].pop("bytes"), r"peers\[1\].bytes: expected a whole number"),
        ]:
            report = json.loads(text)
            change(report)
            with self.subTest(pattern):
                self.assert_refused(run("merge", self.write("bad.json", report)), 3, pattern)

    def test_what_is_no_json_is_told_with_its_line(self):
        for text, pattern in [
            ("", "bad.json:1:"),
            ('{\n"schema": 2,,', "bad.json:2:"),
            ("[2]", "expected an object"),
            ('{"schema": 2, "schema": 2}', "duplicate"),
            ('{"schema": 99999999999999999999}', "too big"),
            ("[" * 100000, "maximum parsing depth"),
        ]:
            with self.subTest(pattern):
                self.assert_refused(run("merge", self.write("bad.json", text)), 3, pattern)

    def test_reports_of_two_modes_are_not_added(self):
        path, _ = self.two_runs()
        other = self.write("other.json", run("--json", self.peers.refused()).stdout)
        self.assert_refused(run("merge", path, other), 3, "other.json: mode: expected handshake .*, not connect")

    def test_missing_and_unreadable_files_and_wrong_options_are_told(self):
        for arguments, code, pattern in [
            (["/no/such/file"], 3, "cannot read /no/such/file: not there"),
            (["/"], 3, "cannot read /: is a directory"),
            ([], 2, "no reports"),
            (["--frobnicate"], 2, "frobnicate"),
            (["-o"], 2, "-o: a value is missing"),
        ]:
            with self.subTest(arguments):
                self.assert_refused(run("merge", *arguments), code, pattern)

    def test_shards_that_overlap_or_are_missing_are_told(self):
        path, _ = self.two_runs()
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        shards = []
        for index in range(1, 5):
            report["shards"] = [{"index": index, "count": 4}]
            shards.append(self.write(f"{index}.json", report))
        report["shards"] = [{"index": 1, "count": 3}]
        other = self.write("other.json", report)
        for reports, pattern in [
            (shards, "^$"),
            (shards[:1] + shards[2:], "^rdy-probe: 1 of 4 shards are missing, first 2/4\n$"),
            (shards + shards[:1], "^rdy-probe: shard 1/4 is there 2 times: [^\n]*\n$"),
            ([shards[3], shards[1]], "^rdy-probe: 2 of 4 shards are missing, first 1/4\n$"),
            (shards[:1] + [other], "^rdy-probe: shard 1/3 and shard 1/4 are not parts of one list\n$"),
        ]:
            with self.subTest(pattern):
                done = run("merge", *reports)
                self.assertEqual(done.returncode, 0)
                self.assertRegex(done.stderr, pattern)

    def test_shards_of_a_split_into_very_many_are_told_at_once(self):
        path, _ = self.two_runs()
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        count = 2**31 - 1
        report["shards"] = [{"index": index, "count": count} for index in range(100000, 1, -1)]
        done = run("merge", self.write("many.json", report))
        self.assertEqual(done.stderr, f"rdy-probe: {count - 99999} of {count} shards are missing, first 1/{count}\n")

    def test_output_that_is_not_taken_is_told_and_no_file_is_left(self):
        path, _ = self.two_runs()
        self.assert_refused(run("merge", "-o", "/dev/full", path), 4, "cannot write /dev/full: no space left")
        missing = os.path.join(self.folder, "no", "sum.json")
        self.assert_refused(run("merge", "-o", missing, path), 4, "cannot write .*: not there")
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.json", "b.json"])
