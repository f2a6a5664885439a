"""What rdy-probe prints."""

import contextlib
import json
import os
import pty
import re
import subprocess
import unittest

from empty_network import EMPTY_NETWORK, has_empty_network
from probe_case import PROGRAM, Case, run
from probe_peers import HASH, PATIENCE, REPLY, answer, hold


class Output(Case):
    def test_the_table_has_a_line_for_each_outcome_and_the_total(self):
        good, refused = self.peers.serve(answer(REPLY)), self.peers.refused()
        done = run("--info-hash", HASH, good, refused)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0].split(), "outcome count total ms min ms p50 ms p90 ms p99 ms max ms".split())
        rows = {tuple(re.split(r"\s{2,}", line)[:2]) for line in lines[1:4]}
        self.assertEqual(rows, {("ok", "1"), ("refused (connect)", "1"), ("total", "2")})
        self.assertTrue(lines[3].startswith("total "))
        times = r"wall time \d+\.\d{3} s, sum \d+\.\d{3} s(, .* faster .*)?"
        self.assertEqual([line.split()[0] for line in lines[5:8]], ["phase,", "connect", "handshake"])
        self.assertEqual((lines[4], lines[8]), ("", ""))
        self.assertRegex(lines[9], r"^%s; \w+, parallel, 2 at once$" % times)
        self.assertEqual(len(lines), 10)

    def test_verbose_lists_each_peer_before_the_table(self):
        good, refused = self.peers.serve(answer(REPLY)), self.peers.refused()
        lines = run("-v", "--seq", "--info-hash", HASH, good, refused).stdout.splitlines()
        self.assertRegex(lines[0], r"^ok +\d+\.\d ms  %s$" % re.escape(good))
        self.assertRegex(lines[1], r"^refused \(connect\) +\d+\.\d ms  %s  ECONNREFUSED$" % re.escape(refused))
        self.assertEqual(lines[2], "")
        self.assertRegex(lines[-1], r"; \w+, sequential$")

    def test_none_ok_is_exit_code_1(self):
        self.assertEqual(run(self.peers.refused()).returncode, 1)

    @unittest.skipUnless(has_empty_network(), "needs a user namespace")
    def test_no_route_from_here_is_a_local_fault_and_a_system_fault(self):
        command = [*EMPTY_NETWORK, PROGRAM, "--json", "192.0.2.1:80"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        (entry,) = json.loads(done.stdout)["peers"]
        self.assertEqual((done.returncode, entry["outcome"], entry["error"]), (4, "local fault", "ENETUNREACH"))

    def test_closed_output_is_an_error_as_any_that_cannot_be_written(self):
        command = [PROGRAM, self.peers.serve(hold)]
        done = subprocess.run(
            command, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False, preexec_fn=lambda: os.close(1)
        )
        self.assertEqual(done.returncode, 4)
        self.assertIn("rdy-probe: cannot write to the standard output: bad or closed descriptor", done.stderr)

    def test_output_that_cannot_be_written_is_told(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = run(self.peers.refused(), stdout=full)
        self.assertEqual(done.returncode, 4)
        self.assertRegex(done.stderr, r"^rdy-probe: cannot write [^\n]*\n$")

    def test_a_reader_that_left_is_no_news(self):
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "w", encoding="ascii") as broken:
            done = run(self.peers.refused(), stdout=broken)
        self.assertEqual((done.returncode, done.stderr), (4, ""))

    def drawn(self, *arguments, **environment):
        terminal, tty = pty.openpty()
        self.addCleanup(os.close, terminal)
        with open(tty, "wb") as stderr:
            done = subprocess.run(
                [PROGRAM, "--info-hash", HASH, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=stderr, env={**os.environ, "TERM": "xterm", **environment}, timeout=PATIENCE,
            )
        self.assertEqual(done.returncode, 0)
        return read_all(terminal)

    def test_progress_is_drawn_on_a_terminal_only_and_wiped_at_the_end(self):
        good = self.peers.serve(answer(REPLY))
        drawn = self.drawn(good)
        self.assertTrue(drawn.startswith(b"\r\x1b[K0/1 done, 0 in flight, 0.0/s, 0:00"), drawn)
        self.assertTrue(drawn.endswith(b"\r\x1b[K"), drawn)
        self.assertEqual(run(good).stderr, "")

    def test_progress_is_left_out_where_it_is_not_wanted(self):
        good = self.peers.serve(answer(REPLY))
        self.assertEqual(self.drawn("--no-progress", good), b"")
        self.assertEqual(self.drawn("-q", good), b"")
        self.assertEqual(self.drawn(good, TERM="dumb"), b"")


def read_all(terminal):
    """What was written to a terminal that nobody has open any more: its end is EIO on Linux."""
    text = b""
    with contextlib.suppress(OSError):
        while part := os.read(terminal, 65536):
            text += part
    return text
