"""Drives the real rdy-connect: connect_test.py PROGRAM."""

import contextlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from empty_network import EMPTY_NETWORK, has_empty_network

PROGRAM = sys.argv.pop(1)
PATIENCE = 30  # seconds until a test gives up


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


class ConnectTest(unittest.TestCase):
    def new_socket(self, family=socket.AF_INET):
        made = socket.socket(family)
        self.addCleanup(made.close)
        return made

    def bound(self, host="127.0.0.1", family=socket.AF_INET):
        made = self.new_socket(family)
        made.bind((host, 0))
        return made

    @staticmethod
    def name(bound):
        return "127.0.0.1:%d" % bound.getsockname()[1]

    def good(self):
        listener = self.bound()
        listener.listen(8)
        return self.name(listener)

    def refusing(self):
        return self.name(self.bound())  # the port is taken, but nobody listens

    def silent(self):
        """A listener whose queue is full: the system drops what asks to connect."""
        listener = self.bound()
        listener.listen(0)
        while True:
            filler = self.new_socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            if not select.select([], [filler], [], 0.05)[1]:
                return self.name(listener)

    def run_connect(self, *arguments, text="", **more):
        result = subprocess.run([PROGRAM, *arguments], input=text, capture_output=True, text=True,
                                timeout=PATIENCE, **more)
        self.assertNotIn("rdy: debug: ", result.stderr)  # misuse of the library, where RDY_DEBUG=1
        return result

    def start(self, *arguments, **more):
        process = subprocess.Popen([PROGRAM, *arguments], stderr=subprocess.PIPE, text=True, **more)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def file(self, content):
        with tempfile.NamedTemporaryFile(delete=False) as made:
            made.write(content)
        self.addCleanup(os.unlink, made.name)
        return made.name

    def assert_connected(self, result, peers):
        lines = result.stdout.splitlines()
        self.assertEqual(sorted(line.split()[0] for line in lines), sorted(peers), result.stderr)
        for line in lines:
            self.assertRegex(line, r"^\S+  \d+\.\d ms$")

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

    def test_json_is_one_object_a_line_for_every_peer(self):
        good, refusing = self.good(), self.refusing()
        result = self.run_connect("--json", good, refusing)
        answers = {answer["peer"]: answer for answer in map(json.loads, result.stdout.splitlines())}
        self.assertEqual(set(answers), {good, refusing})
        self.assertEqual(answers[good]["outcome"], "ok")
        self.assertEqual(answers[good]["address"], good)
        self.assertEqual(answers[refusing]["outcome"], "refused")
        self.assertEqual(answers[refusing]["attempts"], 1)
        self.assertGreaterEqual(answers[good]["elapsed_ms"], 0)

    # ---- how it connects ----

    def outcomes(self, *arguments):
        lines = self.run_connect("--json", "--timeout", "300ms", *arguments).stdout.splitlines()
        return {answer["peer"]: answer["outcome"] for answer in map(json.loads, lines)}

    def test_parallel_and_sequential_find_the_same(self):
        good, refusing, silent = self.good(), self.refusing(), self.silent()
        expected = {good: "ok", refusing: "refused", silent: "timed out"}
        self.assertEqual(self.outcomes("--par", good, refusing, silent), expected)
        self.assertEqual(self.outcomes("--seq", good, refusing, silent), expected)

    def test_silent_peers_take_one_time_out_in_parallel_and_their_sum_one_by_one(self):
        peers = [self.silent() for _ in range(8)]
        begun = time.monotonic()
        result = self.run_connect("--json", "--timeout", "500ms", *peers)
        elapsed_ms = 1000 * (time.monotonic() - begun)
        spent_ms = [json.loads(line)["elapsed_ms"] for line in result.stdout.splitlines()]
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

    # ---- input ----

    def test_peers_come_from_standard_input_files_and_arguments(self):
        good = [self.good() for _ in range(3)]
        self.assert_connected(self.run_connect(text="\n".join(good)), good)
        self.assert_connected(self.run_connect("-", good[0], text=good[1] + "\n"), good[:2])
        path = self.file((good[2] + "\n").encode())
        self.assert_connected(self.run_connect("-f", path, good[0]), [good[2], good[0]])
        self.assert_connected(self.run_connect("-f", path, "-f", "-", text=good[1]), good[1:])

    def test_comments_blank_lines_crlf_and_duplicates_are_no_peers(self):
        good = self.good()
        text = "# peers\r\n\r\n%s\r\n  %s # again\r\n" % (good, good)
        result = self.run_connect("-f", self.file(text.encode()), good)
        self.assert_connected(result, [good])
        self.assertIn("1 of 1 connected", result.stderr)

    def test_a_port_is_lent_to_peers_without_one(self):
        host, port = self.good().split(":")
        for arguments in (["--port", port, host], [host, "--port", port]):
            self.assert_connected(self.run_connect(*arguments), [host])

    def test_wrong_input_is_reported_with_file_and_line(self):
        path = self.file(b"127.0.0.1:1\n\nx y\n")
        cases = [
            (["-f", path], "", "rdy-connect: %s:3: expected HOST:PORT, not 'x y'\n" % path),
            ([], "1.2.3.4\r\n", "rdy-connect: standard input:1: expected HOST:PORT, not '1.2.3.4'\n"),
            (["1.2.3.999:80"], "", "rdy-connect: expected HOST:PORT, not '1.2.3.999:80'\n"),
            (["0x7f000001:9"], "", "rdy-connect: expected HOST:PORT, not '0x7f000001:9'\n"),
            (["1.2.3.4:65536"], "", "rdy-connect: expected a port from 1 to 65535, not '1.2.3.4:65536'\n"),
        ]
        for arguments, text, message in cases:
            result = self.run_connect(*arguments, text=text)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (3, "", message))
        result = self.run_connect("-f", path + ".not-there")
        self.assertEqual((result.returncode, result.stderr.count("\n")), (3, 1))

    def test_no_peer_at_all_is_wrong_input(self):
        result = self.run_connect(text="\n# nothing\n")
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertEqual(result.stderr, "rdy-connect: no peers given\n")

    # ---- usage and the end ----

    def test_wrong_usage_is_one_line_and_status_2(self):
        for arguments in (["--timeout", "0"], ["--timeout", "5 s"], ["--first", "0"], ["--concurrency", "x"],
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
        result = subprocess.run([*EMPTY_NETWORK, PROGRAM, "--json", "192.0.2.1:80"], capture_output=True,
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
