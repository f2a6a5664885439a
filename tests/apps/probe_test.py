"""Drives rdy-probe against small peers of every kind on the loopback.

Usage: probe_test.py PATH-TO-RDY-PROBE [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import contextlib
import fcntl
import json
import os
import pty
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

PROGRAM = ""
HASH = "0123456789abcdef0123456789abcdef01234567"
HEAD = b"\x13BitTorrent protocol" + bytes(8)
REPLY = HEAD + bytes.fromhex(HASH) + b"-XX0000-abcdefghijkl"
WRONG_HASH_REPLY = HEAD + bytes(20) + b"-XX0000-abcdefghijkl"
PATIENCE = 30  # seconds that nothing here takes, however slow the machine


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.002)


# What a peer does with a connection that it has accepted. Closing with bytes unread would reset it, so
# those that are to end it in peace read our handshake first.


def read_handshake(connection):
    data = b""
    while len(data) < 68:
        part = connection.recv(68 - len(data))
        if not part:
            raise ConnectionError("no handshake")
        data += part
    return data


def hold(connection):
    while connection.recv(4096):
        pass


def end_in_peace(connection):
    connection.shutdown(socket.SHUT_WR)
    hold(connection)


def answer(reply):
    def behave(connection):
        read_handshake(connection)
        connection.sendall(reply)
        hold(connection)

    return behave


def answer_in_two_parts(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(REPLY[:48])
    read_handshake(connection)
    connection.sendall(REPLY[48:] + b"\0\0\0\1\1")
    hold(connection)


def close_early(sent):
    def behave(connection):
        read_handshake(connection)
        connection.sendall(sent)
        end_in_peace(connection)

    return behave


def reset(connection):
    read_handshake(connection)
    reset_at_once(connection)


def reset_at_once(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip(connection):
    read_handshake(connection)
    for byte in REPLY:
        connection.sendall(bytes([byte]))
        if select.select([connection], [], [], 0.1)[0]:
            return


class Peers:
    """Local peers; addresses are unique, for 127.0.0.0/8 is wide."""

    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.threads = []
        self.connections = []
        self.closing = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing = True
        self.stack.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a peer hangs"

    def bind(self, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = self.stack.enter_context(socket.socket(family))
        listener.bind((host, 0))
        return listener

    def serve(self, behave, host="127.0.0.1"):
        listener = self.bind(host)
        listener.listen(512)
        # A close does not wake a thread that is inside accept; a shutdown does.
        self.stack.callback(listener.shutdown, socket.SHUT_RDWR)
        self.start(self.accept, listener, behave)
        port = listener.getsockname()[1]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def start(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self, listener, behave):
        while not self.closing:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            self.start(self.attend, connection, behave)

    @staticmethod
    def attend(connection, behave):
        with connection, contextlib.suppress(OSError):
            behave(connection)

    def refused(self):
        return "127.0.0.1:%d" % self.bind().getsockname()[1]

    def unresponsive(self):
        """A full accept queue: the system drops every further attempt."""
        listener = self.bind()
        listener.listen(0)
        fillers = [self.stack.enter_context(socket.socket()) for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        writable = select.select([], fillers, [], PATIENCE)[1]
        assert 0 < len(writable) < len(fillers), "the queue is not full"
        return "127.0.0.1:%d" % listener.getsockname()[1]


def run(*arguments, text=None, before=None, environment=None, **others):
    return subprocess.run(
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


def start(*arguments, **others):
    return subprocess.Popen(
        [PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **others
    )


def by_outcome(report):
    return {entry["outcome"]: entry["count"] for entry in report["outcomes"]}


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
                times.setdefault(entry["outcome"], []).append(entry["ms"])
        for name in aside.values():
            self.assertEqual(report[name], 0, name)
        self.assertEqual(by_outcome(report), {outcome: len(spent) for outcome, spent in times.items()})
        for entry in report["outcomes"]:
            spent = times[entry["outcome"]]
            self.assertAlmostEqual(entry["total_ms"], sum(spent), delta=0.001 * len(spent) + 0.001)
            self.assertAlmostEqual(entry["mean_ms"], sum(spent) / len(spent), delta=0.002)
            self.assertEqual((entry["min_ms"], entry["max_ms"]), (min(spent), max(spent)))
        totals = [entry["total_ms"] for entry in report["outcomes"]]
        self.assertEqual(totals, sorted(totals, reverse=True))
        self.assertAlmostEqual(report["sum_ms"], sum(totals), delta=0.01)


class Outcomes(Case):
    def every_kind(self):
        serve = self.peers.serve
        return {
            serve(answer(REPLY)): "ok",
            serve(answer_in_two_parts): "ok",
            serve(answer(REPLY), host="::1"): "ok",
            self.peers.refused(): "refused",
            self.peers.unresponsive(): "timed out",
            serve(hold): "timed out",
            serve(drip): "timed out",
            serve(reset): "reset",
            serve(close_early(b"")): "closed early",
            serve(close_early(REPLY[:67])): "closed early",
            serve(close_early(REPLY)): "ok",
            serve(answer(b"HTTP/1.1 400 Bad Request\r\n\r\n")): "wrong protocol",
            serve(answer(b"\x13BitTorrent protocoL")): "wrong protocol",
            serve(answer(WRONG_HASH_REPLY)): "wrong info-hash",
            serve(answer(WRONG_HASH_REPLY[:29])): "wrong info-hash",
            serve(close_early(b"?")): "wrong protocol",
        }

    def test_parallel_and_sequential_give_each_kind_of_peer_its_outcome(self):
        expected = self.every_kind()
        options = ("--info-hash", HASH, "--timeout", "1s")
        parallel = self.probe(*options, "--par", *expected)
        self.assertEqual(by_peer(parallel), expected)
        self.assertEqual((parallel["order"], parallel["mode"]), ("parallel", "handshake"))
        self.assertLess(parallel["wall_ms"], parallel["sum_ms"])
        self.assertEqual(parallel["at_once"], len(expected))

        sequential = self.probe(*options, "--seq", *expected)
        self.assertEqual(by_peer(sequential), expected)
        self.assertEqual((sequential["order"], sequential["at_once"]), ("sequential", 1))
        self.assertGreaterEqual(sequential["wall_ms"], sequential["sum_ms"])
        phases = {(entry["outcome"], entry["phase"], entry["error"]) for entry in sequential["peers"]}
        self.assertEqual(
            phases,
            {
                ("ok", "handshake", None),
                ("refused", "connect", "ECONNREFUSED"),
                ("timed out", "connect", "ETIMEDOUT"),
                ("timed out", "handshake", "ETIMEDOUT"),
                ("reset", "handshake", "ECONNRESET"),
                ("closed early", "handshake", None),
                ("wrong protocol", "handshake", None),
                ("wrong info-hash", "handshake", None),
            },
        )

    def test_the_backend_that_was_asked_for_is_the_one_that_ran(self):
        wanted = os.environ.get("RDY_BACKEND")
        report = self.probe(self.peers.refused(), code=1)
        self.assertIn(report["backend"], [wanted] if wanted else ["epoll", "kqueue", "select"])

    def test_in_connect_mode_a_silent_peer_is_ok(self):
        silent, refused = self.peers.serve(hold), self.peers.refused()
        report = self.probe(silent, refused)
        self.assertEqual(by_peer(report), {silent: "ok", refused: "refused"})
        self.assertEqual({entry["phase"] for entry in report["peers"]}, {"connect"})

    def test_a_reset_is_a_reset_whenever_it_comes(self):
        """Before the connect is noticed, before our bytes are sent, or before the answer is read."""
        peers = [self.peers.serve(reset_at_once) for _ in range(60)]
        for order in ("--par", "--seq"):
            report = self.probe("--info-hash", HASH, order, *peers, code=1)
            self.assertEqual(by_outcome(report), {"reset": 60})

    def assert_timed_out(self, peer, phase, *timeouts):
        """After 700 ms, never before; 5 s is far from both 60 s and the 6.8 s that all drops take."""
        report = self.probe("--info-hash", HASH, *timeouts, peer, code=1)
        (entry,) = report["peers"]
        self.assertEqual((entry["outcome"], entry["phase"]), ("timed out", phase))
        self.assertTrue(700 <= entry["ms"] < 5000, entry)

    def test_the_connect_deadline_is_its_own(self):
        timeouts = ("--connect-timeout", "700ms", "--handshake-timeout", "60s")
        self.assert_timed_out(self.peers.unresponsive(), "connect", *timeouts)

    def test_a_dripping_peer_cannot_stretch_the_handshake_deadline(self):
        timeouts = ("--connect-timeout", "60s", "--handshake-timeout", "700ms")
        self.assert_timed_out(self.peers.serve(drip), "handshake", *timeouts)

    def test_the_story_takes_one_time_out_at_once_and_the_sum_one_by_one(self):
        serve = self.peers.serve
        expected = {self.peers.unresponsive(): "timed out" for _ in range(20)}
        expected.update({serve(close_early(REPLY[:20])): "closed early" for _ in range(21)})
        expected.update({serve(reset): "reset" for _ in range(3)})
        expected[serve(answer(WRONG_HASH_REPLY))] = "wrong info-hash"
        expected[self.peers.refused()] = "refused"
        expected[serve(answer(REPLY))] = "ok"
        options = ("--info-hash", HASH, "--connect-timeout", "400ms", *expected)

        parallel = self.probe("--par", *options)
        self.assertEqual(by_peer(parallel), expected)
        self.assertEqual(parallel["outcomes"][0]["outcome"], "timed out")
        self.assertGreaterEqual(parallel["sum_ms"], 20 * 400)
        self.assertTrue(400 <= parallel["wall_ms"] < 20 * 400 / 4, parallel["wall_ms"])

        sequential = self.probe("--seq", *options)
        self.assertEqual(by_peer(sequential), expected)
        self.assertGreaterEqual(sequential["wall_ms"], 20 * 400)

    def test_concurrency_bounds_how_many_are_tried_at_once(self):
        lock, now, most = threading.Lock(), [0], [0]

        def count(connection):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            read_handshake(connection)
            with lock:
                now[0] -= 1
            connection.sendall(REPLY)
            hold(connection)

        peers = [self.peers.serve(count) for _ in range(30)]
        report = self.probe("--info-hash", HASH, "--concurrency", "3", *peers)
        self.assertEqual(by_outcome(report), {"ok": 30})
        self.assertEqual(report["at_once"], 3)
        self.assertLessEqual(most[0], 3)


class Input(Case):
    def test_peers_come_from_arguments_files_and_standard_input(self):
        good = [self.peers.serve(answer(REPLY)) for _ in range(3)]
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(f"# peers\r\n\r\n  {good[0]}  # the first\r\n{good[0]}\n")
            file.flush()
            report = self.probe("--info-hash", HASH, "-f", file.name, good[1], "-", text=good[2] + "\n")
        self.assertEqual(by_peer(report), {peer: "ok" for peer in good})
        report = self.probe("--info-hash", HASH, text="\n".join(good))
        self.assertEqual(by_outcome(report), {"ok": 3})

    def test_port_stands_in_for_a_missing_one(self):
        port = self.peers.serve(hold).rpartition(":")[2]
        self.assertEqual(by_peer(self.probe("--port", port, "127.0.0.1")), {"127.0.0.1": "ok"})

    def test_a_bad_line_is_told_with_its_file_and_number_in_one_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("127.0.0.1:1\n\nnot a peer\n")
            file.flush()
            done = run("-f", file.name)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertRegex(done.stderr, r"^rdy-probe: %s:3: [^\n]*not a peer[^\n]*\n$" % re.escape(file.name))

    def assert_told(self, done, code, pattern):
        self.assertEqual((done.returncode, done.stdout), (code, ""))
        self.assertRegex(done.stderr, r"^[^\n]*%s[^\n]*\n$" % pattern)

    def test_wrong_options_and_arguments_end_with_one_line_and_their_code(self):
        for arguments, code, pattern in [
            (["--info-hash", "12"], 2, "40 hexadecimal digits"),
            (["--info-hash", HASH[:-1] + "g"], 2, "40 hexadecimal digits"),
            (["--mode", "handshake"], 2, "needs --info-hash"),
            (["--mode", "shout"], 2, "shout"),
            (["--timeout", "soon"], 2, "soon"),
            (["--timeout", "0"], 2, "--timeout"),
            (["--concurrency", "0"], 2, "--concurrency"),
            (["--seq", "--concurrency", "5"], 2, "contradict"),
            (["--port", "65536"], 2, "--port"),
            (["--frobnicate"], 2, "frobnicate"),
            (["--backend", "abacus", "127.0.0.1:1"], 2, "backend"),
            (["127.0.0.1"], 3, "HOST:PORT"),
            (["-f", "/no/such/file"], 3, "/no/such/file"),
            ([], 3, "no peers"),
        ]:
            with self.subTest(arguments):
                self.assert_told(run(*arguments), code, pattern)

    def test_an_unknown_backend_in_the_environment_is_told(self):
        self.assert_told(run("127.0.0.1:1", environment={"RDY_BACKEND": "abacus"}), 2, "backend")

    def test_help_and_version_go_to_standard_output(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        words = "ok|refused|timed out|reset|closed early|wrong protocol|wrong info-hash|unreachable|denied|"
        for word in (words + "unknown name|failed|local fault|duplicate|not done|Exit codes").split("|"):
            self.assertIn(word, done.stdout)
        done = run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^rdy-probe \d+\.\d+\.\d+, backends: .*select\n$")

    def test_a_name_is_looked_up_and_one_that_does_not_exist_is_unknown(self):
        good = "localhost:" + self.peers.serve(answer(REPLY), host=first_address("localhost")).rpartition(":")[2]
        unknown = "x" * 64 + ".invalid:1"  # no label is that long (RFC 1035): no server is asked
        report = self.probe("--info-hash", HASH, good, unknown)
        self.assertEqual(by_peer(report), {good: "ok", unknown: "unknown name"})

    def test_an_address_and_a_name_that_stands_for_it_are_not_both_connected_to(self):
        accepted = []

        def count(connection):
            accepted.append(connection)
            hold(connection)

        address = self.peers.serve(count, host=first_address("localhost"))
        name = "localhost:" + address.rpartition(":")[2]
        for arguments in (("--par", name, address), ("--seq", name, address), ("--seq", address, name)):
            accepted.clear()
            report = self.probe(*arguments)
            self.assertEqual(sorted(by_peer(report).values()), ["duplicate", "ok"])
            if "--seq" in arguments:
                self.assertEqual(by_peer(report)[arguments[1]], "ok")
            wait_until(lambda: accepted, "the peer has seen it")
            self.assertEqual(len(accepted), 1)


def first_address(name):
    return socket.getaddrinfo(name, 1, type=socket.SOCK_STREAM)[0][4][0]


class Output(Case):
    def test_the_table_has_a_line_for_each_outcome_and_the_total(self):
        good, refused = self.peers.serve(answer(REPLY)), self.peers.refused()
        done = run("--info-hash", HASH, good, refused)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0].split(), "outcome count total ms min ms mean ms max ms".split())
        rows = {tuple(re.split(r"\s{2,}", line)[:2]) for line in lines[1:4]}
        self.assertEqual(rows, {("ok", "1"), ("refused", "1"), ("total", "2")})
        self.assertTrue(lines[3].startswith("total "))
        self.assertRegex(lines[4], r"^wall time \d+\.\d{3} s, sum \d+\.\d{3} s, .* faster .*; \w+, parallel, 2 at once$")
        self.assertEqual(len(lines), 5)

    def test_verbose_lists_each_peer_before_the_table(self):
        good, refused = self.peers.serve(answer(REPLY)), self.peers.refused()
        lines = run("-v", "--seq", "--info-hash", HASH, good, refused).stdout.splitlines()
        self.assertRegex(lines[0], r"^ok +\d+\.\d ms  %s$" % re.escape(good))
        self.assertRegex(lines[1], r"^refused +\d+\.\d ms  %s  ECONNREFUSED$" % re.escape(refused))
        self.assertEqual(lines[2], "")
        self.assertRegex(lines[-1], r"; \w+, sequential$")

    def test_none_ok_is_exit_code_1(self):
        self.assertEqual(run(self.peers.refused()).returncode, 1)

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

    def test_progress_is_drawn_on_a_terminal_only_and_wiped_at_the_end(self):
        good = self.peers.serve(answer(REPLY))
        terminal, tty = pty.openpty()
        self.addCleanup(os.close, terminal)
        with open(tty, "wb") as stderr:
            environment = {**os.environ, "TERM": "xterm"}
            command = [PROGRAM, "--info-hash", HASH, good]
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, env=environment,
                timeout=PATIENCE,
            )
        drawn = read_all(terminal)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(drawn.startswith(b"\r\x1b[K0/1 done, 0 in flight, 0 ok"), drawn)
        self.assertTrue(drawn.endswith(b"\r\x1b[K"), drawn)
        self.assertEqual(run(good).stderr, "")


def read_all(terminal):
    """What was written to a terminal that nobody has open any more: its end is EIO on Linux."""
    text = b""
    with contextlib.suppress(OSError):
        while part := os.read(terminal, 65536):
            text += part
    return text


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
        self.assertRegex(report["stderr"], r"^rdy-probe: [^\n]* open files [^\n]* %d [^\n]*\n$" % report["at_once"])

    def starve(self):
        """A run with two peers that hold and five that wait, then no descriptor to be had."""
        release = [threading.Event(), threading.Event()]
        self.addCleanup(lambda: [event.set() for event in release])
        holding = [self.peers.serve(self.held_until(event)) for event in release]
        waiting = [self.peers.serve(answer(REPLY)) for _ in range(5)]
        process = start("--json", "--info-hash", HASH, "--timeout", "60s", "--concurrency", "2", *holding, *waiting)
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
        # Its stderr is not looked at: a leak checker complains there that it gets no descriptor either.
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

    def test_a_second_sigint_ends_at_once(self):
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
        # Nobody reads, and it is more than a pipe holds: it does not get beyond printing.
        wait_until(lambda: unread(process.stdout), "it prints")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), -signal.SIGINT)


def unread(pipe):
    size = bytearray(4)
    fcntl.ioctl(pipe, termios.FIONREAD, size)
    return struct.unpack("i", size)[0]


if __name__ == "__main__":
    # A shell lets what it runs in the background ignore SIGINT, and so would the programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    PROGRAM = sys.argv.pop(1)
    unittest.main()
