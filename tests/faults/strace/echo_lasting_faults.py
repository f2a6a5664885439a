"""Faults that last while rdy-echo serves."""

import contextlib

from strace_case import CLIENTS, Faults, closing_lines, converse, for_ever, is_epoll, serving, untouched, waits_used
from strace_support import WAITS, Trace

from echo_support import ask, receive, receive_all, wait_until

ACCEPTS_PER_TURN = 256  # of apps/echo/accept.c
LONGEST_QUEUE = 4096 + 1  # so too


class LastingFaults(Faults):
    """Faults that do not pass: what can be served is, and nothing spins. Counted in calls, not in time."""

    def cannot_accept(self, fault, most_for_a_sleep=1, most_at_the_end=0):
        with Trace(fault) as trace:
            with serving(trace) as server:
                served = self.talk(server)
                waiting = [server.connect() for _ in range(3)]
                for client in waiting:
                    client.sendall(b"anybody?")
                wait_until(lambda: trace.injected() > 4 * most_for_a_sleep, "it has tried several times")
                self.assertEqual(ask(served, b"still there"), b"still there")
                served.close()
                self.assertEqual(server.end(), 0)
                said, counters = closing_lines(server)
                for client in waiting:
                    self.refused(client)
            calls = trace.wait()
        self.assertEqual((said, counters["failed"], counters["accepted"]), ([], 0, 1))
        self.check_sleeps(calls, most_for_a_sleep, most_at_the_end)
        return sum(call.injected for call in calls)

    def talk(self, server):
        client = server.connect()
        self.assertEqual(ask(client, b"first"), b"first")
        return client

    def refused(self, client):
        with client:
            try:
                self.assertEqual(receive(client, 8), b"")
            except ConnectionError:
                pass  # as most systems say it

    def check_sleeps(self, calls, most_for_a_sleep, most_at_the_end):
        first = next(i for i, call in enumerate(calls) if call.injected)
        injected = sum(call.injected and "EPOLL_CTL_DEL" not in call.arguments for call in calls)
        sleeps = sum(call.name in WAITS and call.slept for call in calls[first:])
        most = (sleeps + 3) * most_for_a_sleep + most_at_the_end
        self.assertLessEqual(injected, most, "it does not sleep between its tries")
        self.assertLess(len(calls), len(untouched()[0]) + 8 * injected, "it spins")

    def test_no_descriptor_and_no_memory_for_clients(self):
        faults = [for_ever("accept4", error, 2) for error in ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM")]
        self.each(faults, self.cannot_accept)

    def test_no_leave_to_accept(self):
        """EPERM may also be what a filter says of accept4 alone: then accept is tried."""
        self.each([for_ever("accept4", "EPERM", 2) + " accept:error=EPERM"],
                  lambda fault: self.cannot_accept(fault, 2))

    def test_every_client_is_gone_before_it_is_accepted(self):
        faults = [for_ever("accept4", error, 2) for error in ("ECONNABORTED", "EPROTO", "ENETDOWN")]
        self.each(faults, lambda fault: self.cannot_accept(fault, ACCEPTS_PER_TURN, LONGEST_QUEUE))

    def test_who_waits_behind_many_that_are_gone_is_served_at_the_end(self):
        def check(fault):
            with Trace(fault) as trace:
                with serving(trace) as server:
                    client = server.connect()
                    client.sendall(b"anybody?")
                    wait_until(lambda: trace.injected() >= ACCEPTS_PER_TURN, "it has tried a turn")
                    self.assertEqual(server.end(), 0)
                    self.assertEqual(receive(client, 8), b"anybody?")
                    client.close()
                calls = trace.wait()
            return sum(call.injected for call in calls)

        first = untouched()[1]["accept4"] + 1
        self.each([f"accept4:error=ECONNABORTED:when={first}..{first + LONGEST_QUEUE - 100}"], check)

    def test_no_room_to_register_clients(self):
        if not is_epoll():
            self.skipTest("registrations are kept in memory")
        self.each([for_ever("epoll_ctl", error, 1) for error in ("ENOSPC", "ENOMEM")], self.cannot_accept)

    def test_every_client_is_hit(self):
        def check(fault):
            with Trace(fault) as trace:
                with serving(trace) as server:
                    broken = converse(server)
                    self.assertEqual(server.end(), 0)
                    said, counters = closing_lines(server)
                calls = trace.wait()
            injected = sum(call.injected for call in calls)
            self.assertEqual((broken, said, counters["failed"], injected), (CLIENTS, [], CLIENTS, CLIENTS))
            return injected

        self.each([for_ever("recvfrom", "ENOMEM"), for_ever("sendto", "ENOBUFS"), for_ever("sendto", "EPIPE")], check)

    def breaks(self, options, fault, code, line):
        with Trace(fault) as trace:
            with serving(trace, *options) as server:
                with contextlib.suppress(ConnectionError):
                    server.connect().close()  # only from then on it has timers to wait for
                self.assertEqual(server.wait(), code)
                said, _ = closing_lines(server)
            calls = trace.wait()
        self.assertEqual(len(said), 1, said)
        self.assertRegex(said[0], line)
        self.assertLess(len(calls), 2 * len(untouched()[0]), "it spins")
        return sum(call.injected for call in calls)

    def test_a_wait_that_is_broken_ends_it_with_one_line(self):
        other = "EBADF" if is_epoll() else "ENOMEM"
        for options in ((), ("--workers", "4")):
            faults = [f"{name}:error={error}:when=1+" for name in waits_used() for error in ("EINVAL", other)]
            self.each(faults, lambda fault, options=options: self.breaks(options, fault, 4, r"cannot wait: "))

    def test_a_listener_that_is_broken_ends_it_with_one_line(self):
        def check(fault):
            with Trace(fault) as trace:
                with serving(trace, "--drain-timeout", "1m") as server:
                    served, sent = self.stalled_client(server)  # who is silent has said all (apps/echo/drain.c)
                    with contextlib.suppress(ConnectionError):  # it may be told before its connect(2) has returned
                        self.refused(server.connect())
                    self.assertEqual(len(receive_all(served)), sent)
                    served.close()
                    self.assertEqual(server.wait(), 4)
                    said, counters = closing_lines(server)
                calls = trace.wait()
            self.assertEqual(len(said), 1)
            self.assertRegex(said[0], r"\Ardy-echo: cannot accept: ")
            self.assertEqual((counters["failed"], counters["cut"]), (0, 0))
            return sum(call.injected for call in calls)

        self.each([for_ever("accept4", error, 2) for error in ("EINVAL", "EBADF", "ENOTSOCK", "EOPNOTSUPP")], check)
