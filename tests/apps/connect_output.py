"""What rdy-connect prints: its formats, their order, and files."""

import contextlib
import csv
import io
import json
import os
import pty
import signal
import subprocess
import tempfile
import unittest

from connect_case import PATIENCE, PROGRAM, Case

FIELDS = ["peer", "address", "outcome", "phase", "error", "attempts", "started_ms", "ms", "resolve_ms", "connect_ms"]


class Formats(Case):
    def test_json_is_one_object_with_every_peer(self):
        good, refusing = self.good(), self.refusing()
        result = self.run_connect("--json", good, refusing)
        self.assertEqual((result.returncode, result.stdout.count("\n")), (0, 1))
        report = json.loads(result.stdout)
        self.assertEqual((report["schema"], report["program"]), (1, "rdy-connect"))
        self.assertEqual((report["peers_total"], report["connected"], report["not_done"]), (2, 1, 0))
        self.assertEqual((report["order"], report["partial"], report["shards"]), ("parallel", False, []))
        self.assertEqual({peer["peer"]: peer["outcome"] for peer in report["peers"]},
                         {good: "ok", refusing: "refused"})
        for peer in report["peers"]:
            self.assertEqual(list(peer), FIELDS)
            self.assertEqual(peer["error"], None if peer["peer"] == good else "ECONNREFUSED")
            self.assertLessEqual(peer["started_ms"] + peer["ms"], report["wall_ms"] + 0.001)

    def test_all_formats_have_the_same_fields_with_the_same_meaning(self):
        peers = [self.good(), self.refusing(), "a" * 64 + ".invalid:80"]
        told = {}
        for name in ("json", "ndjson", "csv"):
            text = self.run_connect("--seq", "--" + name, *peers).stdout
            if name == "json":
                told[name] = json.loads(text)["peers"]
            elif name == "ndjson":
                told[name] = [json.loads(line) for line in text.splitlines()]
                self.assertEqual({line.pop("schema") for line in told[name]}, {1})
            else:
                told[name] = list(csv.DictReader(io.StringIO(text)))
        for name, records in told.items():
            with self.subTest(format=name):
                self.assertEqual([list(record) for record in records], [FIELDS] * len(peers))
                words = [(record["peer"], record["outcome"], record["phase"]) for record in records]
                self.assertEqual(words, [(peers[0], "ok", "connect"), (peers[1], "refused", "connect"),
                                         (peers[2], "unknown name", "resolve")])
                nothing = "" if name == "csv" else None
                self.assertEqual([record["error"] for record in records], [nothing, "ECONNREFUSED", "ENXIO"])
                self.assertEqual([record["connect_ms"] == nothing for record in records], [False, False, True])
                self.assertEqual([record["resolve_ms"] == nothing for record in records], [True, True, False])

    def test_a_shard_is_named_in_the_object(self):
        report = json.loads(self.run_connect("--json", "--shard", "2/2", self.good(), self.good()).stdout)
        self.assertEqual((report["shards"], report["peers_total"]), ([{"index": 2, "count": 2}], 1))

    def test_an_empty_shard_is_a_whole_report_of_nobody(self):
        report = json.loads(self.run_connect("--json", "--shard", "2/2", self.good()).stdout)
        self.assertEqual((report["peers_total"], report["peers"]), (0, []))
        self.assertEqual(self.run_connect("--csv", "--shard", "2/2", self.good()).stdout, ",".join(FIELDS) + "\n")

    def interrupted(self, output_format):
        """What is printed when one peer has answered, another is silent, and SIGINT comes."""
        good = self.good()
        process = self.start(self.silent(), good, "-v", "--timeout", "1h", "--" + output_format, self.refusing(),
                             stdout=subprocess.PIPE)
        with process.stdout:
            self.assertIn("refused", process.stderr.readline())  # the good one was begun before
            process.send_signal(signal.SIGINT)
            output = process.stdout.read()
            self.assertEqual(process.wait(PATIENCE), 130)
        return output

    def test_sigint_leaves_a_whole_object_that_says_that_it_is_partial(self):
        report = json.loads(self.interrupted("json"))
        self.assertIs(report["partial"], True)
        self.assertGreaterEqual(report["not_done"], 1)
        self.assertEqual([peer["outcome"] for peer in report["peers"]].count("not done"), report["not_done"])
        self.assertEqual(report["peers"][-1]["outcome"], "not done")

    def test_sigint_leaves_a_table_with_every_peer(self):
        rows = list(csv.DictReader(io.StringIO(self.interrupted("csv"))))
        self.assertEqual(len(rows), 3)
        self.assertEqual(rows[-1]["outcome"], "not done")


class Order(Case):
    def test_lines_come_in_the_order_of_input_as_soon_as_they_can(self):
        first, second, last = self.good(), self.good(), self.good()
        process = self.start("--ordered", "-q", "--timeout", "1h", first, second, self.silent(), last,
                             stdout=subprocess.PIPE)
        with process.stdout:
            self.assertEqual(process.stdout.readline().split()[0], first)
            self.assertEqual(process.stdout.readline().split()[0], second)
            process.send_signal(signal.SIGINT)  # the last one waits behind one that is undecided
            self.assertIn(process.stdout.read().split("  ")[0], (last, ""))
            self.assertEqual(process.wait(PATIENCE), 130)

    def test_who_answers_early_waits_for_those_before_him(self):
        silent, refusing, good = self.silent(), self.refusing(), self.good()
        lines = self.run_connect("--ordered", "--ndjson", "--timeout", "300ms", silent, refusing, good).stdout
        told = [json.loads(line) for line in lines.splitlines()]
        self.assertEqual([(line["peer"], line["outcome"]) for line in told],
                         [(silent, "timed out"), (refusing, "refused"), (good, "ok")])
        unordered = self.run_connect("--ndjson", "--timeout", "300ms", silent, refusing, good).stdout
        self.assertEqual(json.loads(unordered.splitlines()[-1])["peer"], silent)

    def test_the_object_is_in_the_order_of_input_too(self):
        peers = [self.silent(), self.refusing(), self.good()]
        for arguments, expected in ((["--ordered"], peers), ([], [peers[1], peers[2], peers[0]])):
            report = json.loads(self.run_connect("--json", "--timeout", "300ms", *arguments, *peers).stdout)
            told = [peer["peer"] for peer in report["peers"]]
            self.assertEqual(told if arguments else [*sorted(told[:2]), told[2]],
                             expected if arguments else [*sorted(expected[:2]), expected[2]])

    def test_the_first_that_answer_are_told_without_those_that_do_not(self):
        good = [self.good() for _ in range(3)]
        result = self.run_connect("--ordered", "--first", "3", "--timeout", "1h", good[0], self.silent(), *good[1:])
        self.assertEqual([line.split()[0] for line in result.stdout.splitlines()], good)
        result = self.run_connect("--ordered", "--first", "2", "--timeout", "1h", self.silent(), *good)
        self.assertEqual(len(result.stdout.splitlines()), 2)
        self.assertIn("2 of 4 connected, 2 not done", result.stderr)


class Files(Case):
    def folder(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        return made.name

    def test_a_report_goes_into_a_file_and_nothing_to_the_standard_output(self):
        good = self.good()
        path = os.path.join(self.folder(), "report")
        for option in ("-o", "--report"):
            for output_format in ([], ["--json"], ["--ndjson"], ["--csv"]):
                result = self.run_connect(option, path, *output_format, good)
                self.assertEqual((result.returncode, result.stdout), (0, ""))
                with open(path, encoding="ascii") as file:
                    self.assertIn(good, file.read())
        self.assertEqual(os.listdir(os.path.dirname(path)), ["report"])

    def test_a_run_that_is_killed_leaves_nothing_behind(self):
        folder = self.folder()
        process = self.start("--json", "-o", os.path.join(folder, "report"), "-v", "--timeout", "1h", self.silent(),
                             self.refusing())
        self.assertIn("refused", process.stderr.readline())
        process.kill()
        process.wait(PATIENCE)
        self.assertEqual(os.listdir(folder), [])

    def test_a_file_that_cannot_be_written_is_a_system_fault(self):
        path = os.path.join(self.folder(), "not-there", "report")
        result = self.run_connect("-o", path, self.good())
        self.assertEqual((result.returncode, result.stdout), (4, ""))
        self.assertEqual(result.stderr, "rdy-connect: cannot write %s: not there\n" % path)

    @unittest.skipUnless(os.path.exists("/dev/full"), "needs /dev/full")
    def test_a_file_without_room_is_a_system_fault_whatever_the_format(self):
        for output_format in ([], ["--json"], ["--ndjson"], ["--csv"]):
            result = self.run_connect("-q", "-o", "/dev/full", *output_format, self.good())
            self.assertEqual(result.returncode, 4)
            self.assertRegex(result.stderr, r"^rdy-connect: cannot write /dev/full: [^\n]*\n$")


class Progress(Case):
    def drawn(self, *arguments):
        """What a terminal gets as standard error."""
        terminal, tty = pty.openpty()
        self.addCleanup(os.close, terminal)
        with open(tty, "wb") as stderr:
            subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
                           env={**os.environ, "TERM": "xterm"}, timeout=PATIENCE, check=False)
        text = b""
        with contextlib.suppress(OSError):  # the end of a terminal that nobody has open is EIO on Linux
            while part := os.read(terminal, 65536):
                text += part
        return text.decode()

    def test_it_is_drawn_on_a_terminal_and_wiped_before_other_lines(self):
        good, refusing = self.good(), self.refusing()
        drawn = self.drawn(good, refusing)
        self.assertTrue(drawn.startswith("\r\x1b[K0/2 done, 0 in flight"), drawn)
        self.assertRegex(drawn, "\r\x1b\\[K%s  refused  " % refusing)
        self.assertRegex(drawn, "\nrdy-connect: 1 of 2 connected, 1 refused in [^\r\n]*\r\n$")

    def test_it_is_not_drawn_if_that_is_not_wanted(self):
        for option in ("--no-progress", "-q"):
            self.assertNotIn("\x1b", self.drawn(option, self.good()))
