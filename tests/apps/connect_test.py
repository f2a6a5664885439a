"""Drives the real rdy-connect: connect_test.py PROGRAM."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import time
import unittest

from connect_case import PATIENCE, PROGRAM, Case
from connect_exec import Exec
from connect_input import Input
from connect_output import Files, Formats, Order, Progress
from connect_stdio import Stdio
from empty_network import EMPTY_NETWORK, has_empty_network

__all__ = ["Exec", "Files", "Formats", "Input", "Order", "Progress", "Stdio"]


def limit_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def wait_until_caught(process, number):
    """Until the program has a handler for the signal; where that cannot be seen it gets a second."""
    deadline = time.monotonic() + (PATIENCE if os.path.exists("/proc/self/status") else 1)
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), open("/proc/%d/status" % process.pid, encoding="ascii") as status:
            caught = next(line.split()[1] for line in status if line.startswith("SigCgt:"))
            if int(caught, 16) >> (number - 1) & 1:
                return
        time.sleep(0.002)


class Connect(Case):
    # ---- what it prints ----

    def test_peers_that_answer_are_printed_with_their_time(self):
        peers = [self.good(), self.good()]
        result = self.run_connect(*peers, self.refusing())
        self.assertEqual(result.returncode, 0)
        self.assert_connected(result, peers)
        self.assertRegex(result.stderr, r"^rdy-connect: 2 of 3 connected, 1 refused in \d+\.\d{3} s \(")
        self.assertEqual(result.stderr.count("\n"), 1)

    def test_failures_are_told_with_verbose_and_nothing_is_with_quiet(self):
        good, refusing = self.good(), self.refusing()
        self.assertRegex(self.run_connect("-v", good, refusing).stderr,
                         r"(?m)^%s  refused  \d+\.\d ms$" % refusing)
        self.assertEqual(self.run_connect("-q", good, refusing).stderr, "")

    def test_a_line_comes_at_once_while_others_are_silent_and_sigint_ends_it(self):
        good = self.good()
        process = self.start(self.silent(), good, "--timeout", "1h", stdout=subprocess.PIPE)
        with process.stdout:
            self.assertEqual(process.stdout.readline().split()[0], good)
            self.assertIsNone(process.poll())
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(PATIENCE), 130)
            self.assertEqual(process.stdout.read(), "")
        self.assertIn("1 of 2 connected, 1 not done", process.stderr.read())

    def test_first_stops_early(self):
        good = [self.good() for _ in range(5)]
        result = self.run_connect("--first", "1", "--timeout", "1h", self.silent(), *good)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(len(result.stdout.splitlines()), 1)
        result = self.run_connect("--first", "5", "--timeout", "1h", self.silent(), *good)
        self.assert_connected(result, good)

    def test_ndjson_is_one_object_a_line_for_every_peer(self):
        good, refusing = self.good(), self.refusing()
        result = self.run_connect("--ndjson", good, refusing)
        answers = {answer["peer"]: answer for answer in map(json.loads, result.stdout.splitlines())}
        self.assertEqual(set(answers), {good, refusing})
        self.assertEqual(answers[good]["outcome"], "ok")
        self.assertEqual(answers[good]["address"], good)
        self.assertEqual(answers[refusing]["outcome"], "refused")
        self.assertEqual(answers[refusing]["attempts"], 1)
        self.assertGreaterEqual(answers[good]["ms"], 0)

    # ---- how it connects ----

    def outcomes(self, *arguments):
        lines = self.run_connect("--ndjson", "--timeout", "300ms", *arguments).stdout.splitlines()
        return {answer["peer"]: answer["outcome"] for answer in map(json.loads, lines)}

    def test_parallel_and_sequential_find_the_same(self):
        good, refusing, silent = self.good(), self.refusing(), self.silent()
        expected = {good: "ok", refusing: "refused", silent: "timed out"}
        self.assertEqual(self.outcomes("--par", good, refusing, silent), expected)
        self.assertEqual(self.outcomes("--seq", good, refusing, silent), expected)

    def test_silent_peers_take_one_time_out_in_parallel_and_their_sum_one_by_one(self):
        peers = [self.silent() for _ in range(8)]
        begun = time.monotonic()
        result = self.run_connect("--ndjson", "--timeout", "500ms", *peers)
        elapsed_ms = 1000 * (time.monotonic() - begun)
        spent_ms = [json.loads(line)["ms"] for line in result.stdout.splitlines()]
        self.assertEqual((result.returncode, len(spent_ms)), (1, len(peers)))
        self.assertGreaterEqual(min(spent_ms), 500)
        self.assertLess(elapsed_ms, sum(spent_ms))
        self.assertIn("8 timed out", result.stderr)
        begun = time.monotonic()
        self.run_connect("--seq", "--timeout", "100ms", *peers)
        self.assertGreaterEqual(time.monotonic() - begun, 0.1 * len(peers))

    def test_concurrency_is_cut_to_the_descriptors_and_nobody_is_blamed(self):
        good = [self.good() for _ in range(280)]
        refusing = [self.refusing() for _ in range(20)]
        result = self.run_connect(*good, *refusing, preexec_fn=limit_descriptors)
        self.assertEqual(result.returncode, 0)
        self.assert_connected(result, good)
        self.assertIn("280 of 300 connected, 20 refused in", result.stderr)
        self.assertRegex(result.stderr, r"(?m)^rdy-connect: at most \d+ peers at once: .*descriptors")

    def test_descriptors_for_one_connection_are_told_in_the_singular(self):
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (14, 14))
        good = [self.good() for _ in range(3)]
        result = self.run_connect(*good, preexec_fn=few)
        self.assert_connected(result, good)
        self.assertRegex(result.stderr, r"(?m)^rdy-connect: at most 1 peer at once: .*descriptors")

    def test_a_rate_spreads_the_connections(self):
        good = [self.good() for _ in range(5)]
        begun = time.monotonic()
        result = self.run_connect("--rate", "10", *good)
        self.assertGreaterEqual(time.monotonic() - begun, 0.3)  # the first few may come at once
        self.assert_connected(result, good)

    def test_retries_are_attempts_that_are_counted(self):
        result = self.run_connect("--ndjson", "--retries", "1", self.refusing())
        answer = json.loads(result.stdout)
        self.assertEqual((answer["outcome"], answer["attempts"]), ("refused", 2))

    def test_addresses_of_a_name_may_race(self):
        family, _, _, _, address = socket.getaddrinfo("localhost", 0, 0, socket.SOCK_STREAM)[0]
        listener = self.bound(address[0], family)
        listener.listen(8)
        name = "localhost:%d" % listener.getsockname()[1]
        self.assert_connected(self.run_connect("--happy", name), [name])

    def test_every_backend_serves_and_is_named(self):
        good = self.good()
        for backend in self.run_connect("--version").stdout.split("backends: ")[1].strip().split(", "):
            result = self.run_connect("--backend", backend, good)
            self.assert_connected(result, [good])
            self.assertIn("(%s," % backend, result.stderr)

    def test_names_are_looked_up(self):
        family, _, _, _, address = socket.getaddrinfo("localhost", 0, 0, socket.SOCK_STREAM)[0]
        listener = self.bound(address[0], family)
        listener.listen(8)
        name = "localhost:%d" % listener.getsockname()[1]
        result = self.run_connect(name)
        self.assert_connected(result, [name])
        result = self.run_connect("a" * 64 + ".invalid:80")
        self.assertEqual(result.returncode, 1)
        self.assertIn("1 unknown name", result.stderr)

    # ---- usage and the end ----

    def test_wrong_usage_is_one_line_and_status_2(self):
        for arguments in (["--timeout", "0"], ["--timeout", "5 s"], ["--first", "0"], ["--concurrency", "x"],
                          ["--rate", "0"], ["--retries", "-1"],
                          ["--port", "65536"], ["--backend", "abacus"]):
            result = self.run_connect(*arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
            self.assertRegex(result.stderr, r"^rdy-connect: %s: .*\n$" % arguments[0])
        self.assertEqual(self.run_connect("--no-such-option").returncode, 2)

    def test_help_and_version_go_to_stdout(self):
        for option, start in (("--help", "Usage: rdy-connect"), ("--version", "rdy-connect ")):
            result = self.run_connect(option)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertTrue(result.stdout.startswith(start))

    def test_what_is_wrong_with_an_option_is_said(self):
        expected = {
            ("--nope",): "unknown or ambiguous option '--nope' (see --help)",
            ("--p",): "unknown or ambiguous option '--p' (see --help)",
            ("-vx",): "unknown option '-x' (see --help)",
            ("--par=no",): "'--par=no': this option takes no value (see --help)",
            ("--verbose=no",): "'--verbose=no': this option takes no value (see --help)",
            ("--port",): "--port: a value is missing (see --help)",
            ("--file",): "--file: a value is missing (see --help)",
            ("-f",): "-f: a value is missing (see --help)",
        }
        for options, message in expected.items():
            with self.subTest(options=options):
                result = self.run_connect(*options)
                self.assertEqual((result.returncode, result.stdout, result.stderr),
                                 (2, "", f"rdy-connect: {message}\n"))

    def test_one_at_a_time_and_several_contradict_each_other(self):
        result = self.run_connect("--seq", "--concurrency", "5", self.good())
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertRegex(result.stderr, r"^rdy-connect: --seq and --concurrency 5 contradict[^\n]*\n$")

    def test_an_unknown_backend_in_the_environment_is_wrong_usage(self):
        for name in ("abacus", ""):
            result = self.run_connect(self.good(), env={**os.environ, "RDY_BACKEND": name})
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertRegex(result.stderr, r"^rdy-connect: RDY_BACKEND: [^\n]*'%s'\n$" % name)

    @unittest.skipIf("RDY_EMULATOR" in os.environ, "an emulator catches all signals before the program does")
    def test_sigterm_ends_it_with_a_summary(self):
        process = self.start(self.silent(), "--timeout", "1h", stdout=subprocess.DEVNULL)
        wait_until_caught(process, signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 130)
        self.assertIn("0 of 1 connected, 1 not done", process.stderr.read())

    @unittest.skipUnless(has_empty_network(), "needs a user namespace")
    def test_no_route_from_here_is_a_local_fault_and_a_system_fault(self):
        result = subprocess.run([*EMPTY_NETWORK, PROGRAM, "--ndjson", "192.0.2.1:80"], capture_output=True,
                                text=True, timeout=PATIENCE)
        self.assertEqual((result.returncode, json.loads(result.stdout)["outcome"]), (4, "local fault"))

    def test_it_ends_quietly_when_nobody_reads_its_output(self):
        for disposition in (signal.SIG_DFL, signal.SIG_IGN):
            read_end, write_end = os.pipe()
            os.close(read_end)
            result = subprocess.run([PROGRAM, "-q", self.good()], stdout=write_end, stderr=subprocess.PIPE,
                                    restore_signals=False, timeout=PATIENCE,
                                    preexec_fn=lambda: signal.signal(signal.SIGPIPE, disposition))
            os.close(write_end)
            self.assertEqual((result.returncode, result.stderr), (4, b""))

    def test_closed_output_is_an_error_as_any_that_cannot_be_written(self):
        result = subprocess.run([PROGRAM, self.good()], stderr=subprocess.PIPE, text=True, timeout=PATIENCE,
                                preexec_fn=lambda: os.close(1))
        self.assertEqual(result.returncode, 4)
        self.assertIn("rdy-connect: cannot write to the standard output: bad or closed descriptor", result.stderr)

    @unittest.skipUnless(os.path.exists("/dev/full"), "needs /dev/full")
    def test_output_that_cannot_be_written_is_a_system_fault(self):
        for arguments in ([self.good()], ["--help"]):
            with open("/dev/full", "w") as full:
                result = subprocess.run([PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE,
                                        timeout=PATIENCE)
            self.assertEqual(result.returncode, 4)


if __name__ == "__main__":
    # A shell lets what it runs in the background ignore SIGINT, and so would the programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unittest.main()
