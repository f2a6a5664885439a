"""rdy-connect and rdy-probe, as they are built for users, while strace answers system calls with errors.

Usage: clients_strace_test.py RDY-CONNECT RDY-PROBE [unittest arguments]; RDY_BACKEND chooses the backend.
A fault of this machine is never a peer's: a peer that answers is "ok", or else the report says "local fault".
"""

import collections
import concurrent.futures
import contextlib
import functools
import json
import os
import re
import subprocess
import sys
import unittest

from strace_support import PATIENCE, WAITS, Trace, why_not
from strace_tally import count, main

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "apps"))

from probe_peers import HASH, REPLY, Peers, answer, hold  # noqa: E402

PROGRAMS = {}
SHORTAGES = ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM")


def command(program, peers):
    options = ("--info-hash", HASH, "--mode", "handshake") if program == "probe" else ()
    return [PROGRAMS[program], *options, "--json", "--timeout", "20s", *peers]


def run(program, peers, faults=""):
    """What it says under these faults, and the calls that it made."""
    with Trace(faults) as trace:
        done = subprocess.run(
            [*trace.under, *command(program, peers)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )
        return done, trace.wait()


@functools.cache
def untouched(program):
    """The calls of a run without a fault, and how many of each kind come before the first peer is tried."""
    with contextlib.closing(Crowd()) as crowd:
        _, calls = run(program, crowd.peers)
    begin = next(i for i, call in enumerate(calls) if call.name == "socket" and "SOCK_STREAM" in call.arguments)
    return calls, collections.Counter(call.name for call in calls[:begin])


def waits_used(program):
    return sorted({call.name for call in untouched(program)[0]} & WAITS)


def is_epoll():
    return any(name.startswith("epoll") for name in waits_used("connect"))


class Crowd:
    """Three peers that answer and one that refuses."""

    def __init__(self):
        self.stack = contextlib.ExitStack()
        local = self.stack.enter_context(Peers())
        self.good = [local.serve(greet) for _ in range(3)]
        self.refusing = local.refused()
        self.peers = [*self.good[:2], self.refusing, self.good[2]]

    def close(self):
        self.stack.close()


def greet(connection):
    """As a seed does, unless it was only connected to."""
    with contextlib.suppress(ConnectionError):
        answer(REPLY)(connection)
    hold(connection)


def at(program, call, error, later=0, more=""):
    """At the first call that a peer costs or a later one; `more` is "+" for all behind it, "+2" for every second."""
    return f"{call}:error={error}:when={untouched(program)[1][call] + 1 + later}{more}"


@unittest.skipIf(why_not(), why_not())
class Clients(unittest.TestCase):
    def each(self, faults, check):
        """For both programs; `faults` makes the list for one. A fault that never comes tests nothing."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            running = {}
            for program in PROGRAMS:
                untouched(program)
                running.update({(program, fault): pool.submit(check, program, fault) for fault in faults(program)})
        for (program, fault), future in running.items():
            with self.subTest(program=program, fault=fault):
                injected = future.result()
                self.assertGreater(injected, 0, "it never came")
                count(injected)

    def outcomes(self, program, faults):
        """By peer, of a run that reports."""
        with contextlib.closing(Crowd()) as crowd:
            done, calls = run(program, crowd.peers, faults)
        self.assertNotEqual(done.stdout, "", done.stderr)
        self.check_lines(program, done)
        injected = sum(call.injected for call in calls)
        self.assertLess(len(calls), 2 * len(untouched(program)[0]) + 20 * injected, "it spins")
        told = {entry["peer"]: entry["outcome"] for entry in json.loads(done.stdout)["peers"]}
        self.assertEqual(set(told), set(crowd.peers))
        return crowd, told, done.returncode, injected

    def check_lines(self, program, done):
        lines = done.stderr.splitlines()
        self.assertLess(len(lines), 4, "a flood")
        for line in lines:
            self.assertRegex(line, rf"\Ardy-{program}: ")

    def unharmed(self, program, faults):
        """Each peer has its own outcome."""
        crowd, told, code, injected = self.outcomes(program, faults)
        self.assertEqual(told, {peer: "refused" if peer == crowd.refusing else "ok" for peer in crowd.peers})
        self.assertEqual(code, 0)
        return injected

    def blames_nobody(self, program, faults):
        """Each peer has its own outcome, or none for a local fault."""
        crowd, told, code, injected = self.outcomes(program, faults)
        for peer, outcome in told.items():
            self.assertIn(outcome, ("refused" if peer == crowd.refusing else "ok", "local fault"))
        self.assertIn("local fault", told.values())
        if "ok" in told.values():
            self.assertEqual(code, 0)
        else:
            self.assertEqual(code, 4 if set(told.values()) == {"local fault"} else 1)
        return injected

    def all_local(self, program, faults):
        _, told, code, injected = self.outcomes(program, faults)
        self.assertEqual((set(told.values()), code), ({"local fault"}, 4))
        return injected

    def test_a_shortage_that_passes_costs_no_peer_its_outcome(self):
        """From the second peer on: then there is one whose end may bring room."""

        def faults(program):
            yield from (at(program, "socket", error, 1) for error in SHORTAGES)
            yield from (at(program, "connect", error, later) for later in (0, 1)
                        for error in ("EADDRNOTAVAIL", "EADDRINUSE", "ENETUNREACH", "EAGAIN"))

        self.each(faults, self.unharmed)

    def test_a_fault_that_lasts_is_told_as_such(self):
        def faults(program):
            yield from (at(program, "socket", error, more="+") for error in
                        (*SHORTAGES, "EAFNOSUPPORT", "EPROTONOSUPPORT"))
            yield from (at(program, "connect", error, more="+") for error in
                        ("ENOBUFS", "ENOMEM", "EADDRNOTAVAIL", "EADDRINUSE", "ENETUNREACH", "EAGAIN", "ENETDOWN"))

        self.each(faults, self.all_local)

    def test_no_room_to_register(self):
        def faults(program, more=""):
            return [at(program, "epoll_ctl", error, 1, more) for error in ("ENOSPC", "ENOMEM")]

        if not is_epoll():
            self.skipTest("registrations are kept in memory")
        self.each(faults, self.unharmed)
        self.each(lambda program: faults(program, "+"), self.blames_nobody)

    def test_waits_that_end_early_and_interrupted_calls(self):
        def faults(program):
            yield from (f"{name}:{answer}:when={when}" for name in waits_used(program)
                        for answer in ("error=EINTR", "retval=0") for when in ("1", "1+2", "1..8"))
            if program == "probe":
                yield from (at(program, call, "EINTR", more=more) for call in ("recvfrom", "sendto")
                            for more in ("", "+2"))

        self.each(faults, self.unharmed)

    def test_a_close_that_fails_is_made_once(self):
        def faults(program):
            return [at(program, "close", error, more="+") for error in ("EINTR", "EIO")]

        self.each(faults, self.unharmed)

    def test_memory_that_fails_in_a_talk_is_no_peers_fault(self):
        def faults(program):
            if program == "probe":
                yield from (at(program, call, error, more=more) for call in ("recvfrom", "sendto")
                            for error in ("ENOMEM", "ENOBUFS") for more in ("", "+"))

        self.each(faults, self.blames_nobody)

    def test_a_wait_that_is_broken_ends_it_with_one_line(self):
        def check(program, fault):
            with contextlib.closing(Crowd()) as crowd:
                done, calls = run(program, crowd.peers, fault)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertEqual(len(re.findall(rf"^rdy-{program}: cannot wait: .+$", done.stderr, re.M)), 1, done.stderr)
            self.check_lines(program, done)
            self.assertLess(len(calls), 2 * len(untouched(program)[0]))
            return sum(call.injected for call in calls)

        self.each(lambda program: [f"{waits_used(program)[-1]}:error={error}" for error in ("EINVAL", "ENOMEM")], check)

    def test_faults_at_the_start_end_it_with_one_line(self):
        def faults(program):
            earlier = untouched(program)[1]
            possible = {"epoll_create1": ("EMFILE", "ENFILE", "ENOMEM"), "epoll_ctl": ("ENOMEM", "ENOSPC"),
                        "eventfd2": ("EMFILE", "ENFILE", "ENOMEM", "ENODEV")}
            for call, errors in possible.items():
                yield from (f"{call}:error={error}:when={n + 1}" for n in range(earlier[call]) for error in errors)

        def check(program, fault):
            with contextlib.closing(Crowd()) as crowd:
                done, calls = run(program, crowd.peers, fault)
            self.assertEqual((done.returncode, done.stdout), (4, ""))
            self.assertRegex(done.stderr, rf"\Ardy-{program}: cannot start: [^\n]+\n\Z")
            return sum(call.injected for call in calls)

        self.each(faults, check)

    def test_a_report_that_cannot_be_written(self):
        def check(program, fault):
            with contextlib.closing(Crowd()) as crowd:
                done, calls = run(program, crowd.peers, fault)
            self.assertEqual(done.returncode, 4)
            self.assertIn(f"rdy-{program}: cannot write ", done.stderr)
            self.check_lines(program, done)
            return sum(call.injected for call in calls)

        self.each(lambda program: [f"write:error={error}:when=1" for error in ("EIO", "ENOSPC")], check)


if __name__ == "__main__":
    for name in ("connect", "probe"):
        PROGRAMS[name] = sys.argv.pop(1)
    main("rdy-connect and rdy-probe")
