"""What the small benchmarks count, with every library: the programs themselves end with 1 if a token, a timer or a
wake is lost or comes twice, and their figures are for nobody to test.

Usage: micro_test.py PROGRAM...
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

PROGRAMS = [pathlib.Path(argument) for argument in sys.argv[1:]]
PATIENCE = 120


def programs_of(measure):
    return [program for program in PROGRAMS if program.name.startswith(measure + "-")]


def run(program, *arguments, environment=None):
    return subprocess.run(
        [program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=os.environ | (environment or {}),
        check=False,
    )


class MicroTest(unittest.TestCase):
    def measured(self, program, *arguments, environment=None):
        done = run(program, *arguments, environment=environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def assert_positive(self, result, *names):
        for name in names:
            self.assertGreater(result[name], 0, name)


class Dispatch(MicroTest):
    def check(self, program, active, total, environment=None):
        goal = 3000
        result = self.measured(program, active, total, "--events", goal, environment=environment)
        self.assertEqual((result["active"], result["total"]), (active, total))
        self.assertGreaterEqual(result["events"], goal)
        self.assert_positive(result, "seconds", "ns_per_event", "cpu_ns_per_event")

    def test_tokens_go_round(self):
        for program in programs_of("dispatch"):
            for active, total in ((1, 1), (1, 3), (7, 10), (100, 100), (100, 1000), (1024, 1100)):
                with self.subTest(program=program.name, active=active, total=total):
                    self.check(program, active, total)

    def test_with_one_token_they_are_counted_exactly(self):
        for program in programs_of("dispatch"):
            with self.subTest(program=program.name):
                self.assertEqual(self.measured(program, 1, 5, "--events", 777)["events"], 777)

    def test_for_a_time(self):
        for program in programs_of("dispatch"):
            with self.subTest(program=program.name):
                self.assertGreaterEqual(self.measured(program, 10, 10, 1)["seconds"], 1)

    def test_on_other_backends(self):
        for program in programs_of("dispatch"):
            if program.name == "dispatch-rdy":
                self.check(program, 100, 1200, environment={"RDY_BACKEND": "select"})


class Register(MicroTest):
    def test_pairs_are_whole_thousands(self):
        for program in programs_of("register"):
            for asked, done in ((1, 1000), (1000, 1000), (1001, 2000)):
                with self.subTest(program=program.name, asked=asked):
                    result = self.measured(program, asked)
                    self.assertEqual(result["pairs"], done)
                    self.assert_positive(
                        result, "ns_per_pair", "lazy_ns_per_pair", "apart_ns_per_pair", "turn_ns"
                    )


class Timers(MicroTest):
    def test_half_are_cancelled_and_the_rest_expires(self):
        for program in programs_of("timers"):
            for count in (2, 3, 1001, 50000):
                with self.subTest(program=program.name, count=count):
                    result = self.measured(program, count)
                    counts = (result["timers"], result["cancelled"], result["expired"])
                    self.assertEqual(counts, (count, count // 2, count - count // 2))
                    self.assert_positive(
                        result, "first_insert_ns", "insert_ns", "cancel_ns", "expire_ns", "bytes_per_timer"
                    )


class Wake(MicroTest):
    def check(self, program, rounds, *spin):
        result = self.measured(program, rounds, *spin)
        self.assertEqual(result["rounds"], rounds)
        self.assertGreaterEqual(result["seen"], 1)
        self.assertLessEqual(result["seen"], result["wakes"] + 1)
        self.assert_positive(result, "latency_ns", "repeated_ns", "throughput_ns")

    def test_wakes_arrive(self):
        for program in programs_of("wake"):
            for rounds in (1, 300):
                with self.subTest(program=program.name, rounds=rounds):
                    self.check(program, rounds)

    def test_only_rdy_spins(self):
        for program in programs_of("wake"):
            with self.subTest(program=program.name):
                if program.name == "wake-rdy":
                    self.check(program, 300, 50000)
                else:
                    self.assertEqual(run(program, 300, 50000).returncode, 2)

    def count_calls(self, program, call, rounds):
        """The object that it printed, and how often it made that system call."""
        command = ["strace", "-f", "-c", "-e", f"trace={call}", program, str(rounds)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if "PTRACE" in done.stderr:
            self.skipTest("tracing is not allowed here")
        counts = [line.split()[3] for line in done.stderr.splitlines() if line.endswith(f" {call}")]
        return json.loads(done.stdout), int(counts[0]) if counts else 0

    @unittest.skipIf(shutil.which("strace") is None, "strace is not here")
    def test_a_pending_wake_of_rdy_costs_no_system_call(self):
        rounds = 20
        for program in (program for program in programs_of("wake") if program.name == "wake-rdy"):
            result, writes = self.count_calls(program, "write", rounds)
            self.assertEqual(result["wakes"], 20 * rounds)
            hops, greetings, ends, output = 2 * (rounds + rounds // 10 + 1), 2, 4, 1
            self.assertLessEqual(writes, hops + greetings + result["seen"] + ends + output)

    @unittest.skipIf(shutil.which("strace") is None, "strace is not here")
    def test_who_is_woken_by_rdy_waits_for_no_lock_of_the_waking_thread(self):
        """It would at each hop: the one who wakes is stopped by strace at the end of its write."""
        rounds = 200
        for program in (program for program in programs_of("wake") if program.name == "wake-rdy"):
            _, waits = self.count_calls(program, "futex", rounds)
            self.assertLess(waits, rounds)


class CommandLine(MicroTest):
    WRONG = {
        "dispatch": ((), ("1", "1"), ("0", "1", "1"), ("2", "1", "1"), ("1", "1", "0"), ("1", "1", "x")),
        "register": ((), ("0",), ("1x",), ("",), ("1", "2")),
        "timers": ((), ("1",), ("-5",), ("99999999999999999999",)),
        "wake": ((), ("0",), ("1", "-1"), ("1", "2", "3")),
    }

    def test_wrong_arguments_are_refused_in_one_line(self):
        for measure, wrong in self.WRONG.items():
            for program in programs_of(measure):
                for arguments in wrong:
                    with self.subTest(program=program.name, arguments=arguments):
                        done = run(program, *arguments)
                        self.assertEqual((done.returncode, done.stdout), (2, ""))
                        self.assertEqual(done.stderr.count("\n"), 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
