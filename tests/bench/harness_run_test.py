"""The parts of bench/run that build, start and take turns. Usage: harness_run_test.py"""

import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from harness_support import BENCH, recorded  # before what it finds
from harness import build, machine, processes, report
from harness.bench import Bench
from harness.measures import MEASURES
from harness.measures.measure import Measure
from harness.peers import PEERS
from harness.processes import Failure
from harness.results import Results
from harness.rounds import Rounds


class ProcessesTest(unittest.TestCase):
    CORE = machine.cores()[0]

    def run_json(self, code, **how):
        return processes.run_json([sys.executable, "-c", code], self.CORE, **how)

    def serve(self, code):
        return processes.Server([sys.executable, "-u", "-c", code], self.CORE)

    def test_the_object_that_a_program_prints(self):
        code = "import json, os; print(json.dumps({'cores': len(os.sched_getaffinity(0)), 'is': os.environ['WHAT']}))"
        self.assertEqual(self.run_json(code, environment={"WHAT": "it"}), {"cores": 1, "is": "it"})

    def test_only_a_measure_sets_what_libraries_heed(self):
        code = "import json, os; print(json.dumps({n: os.environ.get(n) for n in ('LIBEV_FLAGS', 'RDY_BACKEND')}))"
        with mock.patch.dict(os.environ, LIBEV_FLAGS="1", RDY_BACKEND="poll"):
            self.assertEqual(self.run_json(code, environment={"RDY_BACKEND": "select"}),
                             {"LIBEV_FLAGS": None, "RDY_BACKEND": "select"})

    def test_a_program_that_fails_says_why(self):
        with self.assertRaisesRegex(Failure, "^second$"):
            self.run_json("import sys; print('{}'); print('first\\nsecond', file=sys.stderr); sys.exit(1)")

    def test_what_a_program_says_of_its_failures_may_be_taken(self):
        code = "import sys; print('{\"failed\": 1}'); sys.exit(1)"
        self.assertEqual(self.run_json(code, partial=True), {"failed": 1})
        with self.assertRaisesRegex(Failure, "^why$"):
            self.run_json("import sys; sys.exit('why')", partial=True)

    def test_a_program_that_prints_something_else(self):
        with self.assertRaisesRegex(Failure, "no JSON: hello"):
            self.run_json("print('hello')")

    def test_a_program_that_does_not_end(self):
        with self.assertRaisesRegex(Failure, "not done within 0.2 s"):
            self.run_json("import time; time.sleep(60)", patience=0.2)

    def test_a_server_lives_as_long_as_its_block(self):
        with self.serve("import time; print('listening on 127.0.0.1:12345 (epoll)'); time.sleep(60)") as server:
            self.assertEqual(server.port, 12345)
            self.assertIsNone(server.process.poll())
        self.assertEqual(server.process.returncode, -9)

    def test_a_server_that_does_not_come_up_says_why(self):
        with self.assertRaisesRegex(Failure, "has not come up: no port$"):
            self.serve("import sys; sys.exit('no port')")

    def test_a_server_that_says_something_else(self):
        with self.assertRaisesRegex(Failure, "says hello"):
            self.serve("import time; print('hello'); time.sleep(60)")


class CommandLineTest(unittest.TestCase):
    def refusal(self, *arguments, code=2):
        command = [BENCH / "run", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (code, ""))
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_wrong_words_are_refused_in_one_line(self):
        self.assertIn("no measure 'nope'", self.refusal("--only", "echo,nope"))
        self.assertIn("no peer 'nope'", self.refusal("--peers", "nope"))
        self.assertIn("not a number of rounds: '0'", self.refusal("--rounds", "0"))

    def test_a_folder_that_cannot_be_made_is_said_before_anything_is_measured(self):
        self.assertIn("Not a directory", self.refusal("--output", "/dev/null/results", code=1))

    def test_a_folder_without_results_is_refused(self):
        self.assertIn("No such file", self.refusal("--render", "/nonexistent"))


class Coin(Measure):
    """Two subjects, of which one fails."""

    name = "coin"
    rounds = (2, 3)

    def plan(self, bench):
        return [({"clients": 1}, ["heads", "tails"])]

    def take(self, bench, point, subject):
        if subject == "tails":
            raise Failure("tails")
        return {"ns": 1}


class Broken(Coin):
    def take(self, bench, point, subject):
        return {}["ns"]


def bench_of(folder, chosen=tuple(PEERS)):
    """With a build that has all programs, none of which runs."""
    micro = [f"bench/micro/{kind}-{name}" for kind in ("dispatch", "register", "timers", "wake")
             for name in ("epoll", "rdy", "libev")]
    others = ["apps/probe/rdy-probe", "bench/probing/bare-probe"]
    others += [f"bench/story/story-{name}" for name in ("blocking", "pool", "rdy")]
    built = frozenset([*micro, *others, *(peer.program for peer in PEERS.values())])
    peers = [PEERS[name] for name in chosen]
    return Bench(folder, folder, peers, (0, 1), quick=False, rounds=None, seed=1, built=built)


class MeasuresTest(unittest.TestCase):
    def test_where_everything_failed_there_is_still_a_report(self):
        results = recorded()
        results.records.clear()
        for measure in MEASURES.values():
            plan = measure.plan(bench_of(pathlib.Path()))
            self.assertTrue(plan, measure.name)
            for point, subjects in plan:
                for subject in subjects:
                    results.add(measure.name, point, subject, 0, failure="refused")
        with tempfile.TemporaryDirectory() as folder:
            report.write(results, folder)
            text = pathlib.Path(folder, "README.md").read_text(encoding="utf-8")
        self.assertEqual([entry["what"] for entry in results.skipped if entry["what"].startswith("picture ")], [])
        self.assertNotIn("Not measured in this run", text)
        self.assertIn(f"{len(results.records)} runs; {len(results.records)} of them failed".replace(",", ""),
                      text.replace("\u00a0", ""))

    def test_only_the_chosen_peers_are_measured_and_the_baseline(self):
        bench = bench_of(pathlib.Path(), ["epoll", "rdy"])
        self.assertEqual(MEASURES["dispatch"].plan(bench)[0][1], ["epoll", "rdy"])
        self.assertEqual(MEASURES["timers"].plan(bench)[0][1], ["libev", "epoll", "rdy"])


class MachineTest(unittest.TestCase):
    def cores(self, allowed, siblings):
        with mock.patch("os.sched_getaffinity", return_value=allowed), \
                mock.patch.object(machine, "first_line_of", return_value=siblings):
            return machine.cores(), machine.say_cores(*machine.cores())

    def test_two_cores_are_no_threads_of_one_where_there_is_a_choice(self):
        self.assertEqual(self.cores({0, 1, 2, 3}, "0-1"), ((0, 2), "server on 0, load on 2"))
        self.assertEqual(self.cores({0, 1, 4}, "0,4"), ((0, 1), "server on 0, load on 1"))
        self.assertEqual(self.cores({0, 1}, "0-1"), ((0, 1), "server on 0, load on 1, threads of one core"))
        self.assertEqual(self.cores({2, 3}, None), ((2, 3), "server on 2, load on 3"))
        self.assertEqual(self.cores({5}, "5"), ((5, 5), "one for both: 5"))


class BuildTest(unittest.TestCase):
    def test_what_another_configuration_has_left_is_not_used(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            made = ["bench/echo-rdy", "bench/echo-old", "rust/release/echo-mio", "rust/release/echo-mio.d"]
            for path in made:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).touch()
            (folder / "meson-info").mkdir()
            targets = [{"type": "executable", "filename": [str(folder / path)]} for path in (made[0], "bench/none")]
            (folder / "meson-info/intro-targets.json").write_text(json.dumps(targets), encoding="utf-8")
            self.assertEqual(build.programs(folder), {"bench/echo-rdy", "rust/release/echo-mio"})


class RoundsTest(unittest.TestCase):
    def take(self, measure=None, seconds=60, rounds=None):
        results = Results({})
        bench = Bench(pathlib.Path(), pathlib.Path(), [], (0, 0), quick=True, rounds=rounds, seed=1)
        with contextlib.redirect_stderr(io.StringIO()):
            Rounds(bench, [measure or Coin()], results, seconds).take_all()
        return results

    def test_every_subject_has_its_turn_in_every_round(self):
        results = self.take()
        turns = sorted((record["round"], record["subject"]) for record in results.records)
        self.assertEqual(turns, [(0, "heads"), (0, "tails"), (1, "heads"), (1, "tails")])

    def test_a_failure_is_kept_with_its_reason(self):
        self.assertEqual(self.take().failures("coin", {"clients": 1}, "tails"), ["tails", "tails"])

    def test_what_nobody_foresaw_is_a_failure_too(self):
        self.assertEqual(self.take(Broken()).failures("coin", {"clients": 1}, "heads"), ["KeyError: 'ns'"] * 2)

    def test_the_number_of_rounds_may_be_chosen(self):
        self.assertEqual(len(self.take(rounds=5).records), 10)

    def test_what_there_is_no_time_for_is_said(self):
        results = self.take(seconds=-1)
        self.assertEqual({record["round"] for record in results.records}, {0})
        self.assertEqual(results.skipped, [{"what": "coin, round 2", "reason": "the time was up"}])

    def test_what_cannot_be_measured_is_said(self):
        lacking, unbuilt = Coin(), Coin()
        lacking.needs, unbuilt.plan = ("no-such-command",), lambda bench: []
        self.assertEqual(self.take(lacking).skipped, [{"what": "coin", "reason": "no no-such-command"}])
        self.assertEqual(self.take(unbuilt).skipped, [{"what": "coin", "reason": "its programs were not built"}])


if __name__ == "__main__":
    unittest.main()
