"""What the tests of rdy-probe share; the path of the program is taken from the command line."""

import json
import os
import subprocess
import sys
import unittest

from probe_peers import PATIENCE, Peers

PROGRAM = sys.argv.pop(1)
PHASES = ["resolve_ms", "connect_ms", "handshake_ms", "bitfield_ms", "unchoke_ms", "request_ms"]


def run(*arguments, text=None, before=None, environment=None, **others):
    done = subprocess.run(
        [PROGRAM, *arguments],
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        stdout=others.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        timeout=4 * PATIENCE,
        preexec_fn=before,
        env={**os.environ, **(environment or {})},
        **others,
    )
    assert "rdy: debug: " not in done.stderr, done.stderr  # misuse of the library, where RDY_DEBUG=1
    return done


def start(*arguments, **others):
    return subprocess.Popen(
        [PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **others
    )


def by_outcome(report):
    counts = {}
    for entry in report["outcomes"]:
        counts[entry["outcome"]] = counts.get(entry["outcome"], 0) + entry["count"]
    return counts


def by_peer(report):
    return {entry["peer"]: entry["outcome"] for entry in report["peers"]}


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.peers = self.enter(Peers())

    def enter(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def probe(self, *arguments, code=0, **others):
        """The report, after the checks that every report must pass."""
        done = run("--json", *arguments, **others)
        self.assertEqual(done.returncode, code, done.stderr)
        report = json.loads(done.stdout)
        self.check_sums(report)
        report["stderr"] = done.stderr
        return report

    def check_sums(self, report):
        aside = {"not done": "not_done", "local fault": "local_faults", "duplicate": "duplicates"}
        times = {}
        for entry in report["peers"]:
            if entry["outcome"] in aside:
                report[aside[entry["outcome"]]] -= 1
            else:
                times.setdefault((entry["outcome"], entry["phase"]), []).append(entry["ms"])
            phases = [entry[name] for name in PHASES if entry[name] is not None]
            self.assertTrue(all(ms >= 0 for ms in phases), entry)
            self.assertEqual(round(entry["ms"] * 1e6), sum(round(ms * 1e6) for ms in phases), entry)
        for name in aside.values():
            self.assertEqual(report[name], 0, name)
        rows = {(entry["outcome"], entry["phase"]): entry["count"] for entry in report["outcomes"]}
        self.assertEqual(rows, {row: len(spent) for row, spent in times.items()})
        for entry in report["outcomes"]:
            spent = times[entry["outcome"], entry["phase"]]
            self.assertEqual(sum(count for _, count in entry["histogram"]), entry["count"])
            exact = [round(ms * 1e6) for ms in spent]
            self.assertEqual((entry["min_ns"], entry["max_ns"]), (min(exact), max(exact)))
            self.assertEqual(entry["total_ns"], sum(exact))
            for name, expected in (("total", sum(exact)), ("min", min(exact)), ("mean", sum(exact) / len(exact))):
                self.assertAlmostEqual(entry[name + "_ms"], expected / 1e6, delta=0.001)
        totals = [entry["total_ms"] for entry in report["outcomes"]]
        self.assertEqual(totals, sorted(totals, reverse=True))
        self.assertAlmostEqual(report["sum_ms"], sum(totals), delta=0.01)
