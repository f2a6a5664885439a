"""Faults while rdy-echo serves."""

import socket
import tempfile

from strace_case import (
    CLIENTS, PATIENCE, RANDOM, Faults, closing_lines, converse, for_a_while, for_ever, is_epoll, often, once, serving,
    untouched, waits_used,
)
from strace_support import Trace

from echo_case import MEBIBYTE
from echo_support import ask, receive, send_until_stalled


class Service(Faults):
    """Faults while it serves."""

    def serve(self, faults, nudge=None, to_the_end=True):
        """A run in which clients come in two waves: the trace, how many were broken off, what it said and counted."""
        with Trace(faults) as trace:
            with serving(trace) as server:
                broken = sum(converse(server, clients, nudge, to_the_end) for clients in (CLIENTS, 2))
                self.assertEqual(server.end(), 0)
                said, counters = closing_lines(server)
            calls = trace.wait()
        injected = sum(call.injected for call in calls)
        self.assertLess(len(calls), 2 * len(untouched()[0]) + 10 * injected, "it spins")
        return injected, broken, said, counters

    def unharmed(self, fault, **how):
        injected, broken, said, counters = self.serve(fault, **how)
        self.assertEqual((broken, said, counters["failed"], counters["cut"]), (0, [], 0, 0))
        self.assertEqual(counters["bytes_in"], counters["bytes_out"])
        return injected

    def test_an_accept_that_fails_loses_nobody(self):
        of_one_client = ("EINTR", "ECONNABORTED", "EPROTO", "ENETDOWN", "ENOPROTOOPT", "EHOSTDOWN", "ENONET",
                         "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT")
        of_the_system = ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EPERM")
        faults = [once("accept4", error) for error in of_one_client + of_the_system]
        faults += [often("accept4", error) for error in of_one_client[:4] + of_the_system]
        faults += [for_a_while("accept4", error) for error in of_one_client[:2] + of_the_system[:1]]
        self.each(faults, self.unharmed)


    def test_a_wait_that_ends_early_loses_nothing(self):
        faults = [f"{name}:{answer}:when={when}" for name in waits_used() for answer in ("error=EINTR", "retval=0")
                  for when in ("1", "2+3", "3..12")]
        self.each(faults, self.unharmed)

    def test_interrupted_calls_are_made_again(self):
        faults = [fault(call, "EINTR") for call in ("recvfrom", "sendto") for fault in (once, often, for_a_while)]
        self.each([*faults, once("read", "EINTR")], self.unharmed)

    def test_a_kernel_without_nanoseconds_or_without_leave_for_them(self):
        if not is_epoll():
            self.skipTest("of epoll")
        self.each([for_ever("epoll_pwait2", error) for error in ("ENOSYS", "EPERM")], self.unharmed)

    def test_bytes_that_would_block_come_with_the_next_event(self):
        """The kernel would tell when they no longer do; here the client's next byte has to."""

        def say_more(client):
            client.say(1)

        faults = [fault(call, "EAGAIN") for call in ("recvfrom", "sendto") for fault in (once, often, for_a_while)]
        self.each(faults, lambda fault: self.unharmed(fault, nudge=say_more, to_the_end=False))

    def test_an_accept_that_would_block_comes_with_the_next_event(self):
        def connect_another(client):
            socket.create_connection(client.connection.getpeername(), PATIENCE).close()

        self.each([fault("accept4", "EAGAIN") for fault in (once, for_a_while)],
                  lambda fault: self.unharmed(fault, nudge=connect_another))

    def test_who_is_accepted_while_there_is_no_room_to_register_is_served_later(self):
        if not is_epoll():
            self.skipTest("registrations are kept in memory")
        faults = [fault("epoll_ctl", error) for error in ("ENOMEM", "ENOSPC") for fault in (once, for_a_while)]
        self.each(faults, self.unharmed)

    def broken_off(self, fault):
        """Whoever was hit knows, and nobody else is."""
        injected, broken, said, counters = self.serve(fault)
        self.assertEqual((broken, said, counters["failed"]), (injected, [], injected))
        return injected

    def test_who_cannot_be_served_is_told_by_a_reset_and_nobody_else(self):
        reading = ("ENOMEM", "ENOBUFS", "ECONNRESET", "ETIMEDOUT", "EIO")
        writing = ("ENOMEM", "ENOBUFS", "EPIPE", "ECONNRESET", "EIO")
        faults = [once("recvfrom", error) for error in reading] + [once("sendto", error) for error in writing]
        faults += [often("recvfrom", "ENOMEM", 7), often("sendto", "ENOBUFS", 7), often("sendto", "ENOMEM", 7)]
        self.each(faults, self.broken_off)

    def short(self, fault):
        """A client with more to get than there is room for, and one that sends byte after byte.

        The kernel itself moves less than it was asked to.
        """
        payload = RANDOM.randbytes(2 * MEBIBYTE)
        with tempfile.TemporaryDirectory() as folder, Trace(fault) as trace:
            with serving(trace, "--buffer-limit", "1MiB", listen=("unix:" + folder + "/echo",)) as server:
                with server.connect() as client, server.connect() as dripping:
                    sent = send_until_stalled(client, payload, len(payload))
                    for number in range(20):
                        self.assertEqual(ask(dripping, bytes([number])), bytes([number]))
                    self.assertTrue(receive(client, sent) == payload[:sent], "the bytes differ")
                self.assertEqual(server.end(), 0)
                said, counters = closing_lines(server)
            calls = trace.wait()
        self.assertEqual((said, counters["failed"], counters["cut"]), ([], 0, 0))
        for name in ("sendto", "recvfrom"):
            self.assertTrue(any(call.name == name and call.is_short for call in calls), f"no short {name}")
        return sum(call.injected for call in calls)

    def test_short_results_beside_faults(self):
        faults = [often(call, "EINTR", 2) for call in ("recvfrom", "sendto")]
        faults += [often("accept4", "EMFILE", 2), often(waits_used()[-1], "EINTR", 2)]
        self.each([*faults, " ".join(faults)], self.short)

    def test_nothing_is_closed_twice(self):
        """An interrupted close(2) has closed: the number may be somebody else's by the next try."""

        def check(fault):
            with Trace(fault) as trace:
                with serving(trace) as server:
                    self.assertEqual(converse(server, to_the_end=False), 0)
                    server.wait_for("all are closed", lambda counters: counters["closed"] == CLIENTS)
                calls = trace.wait()
            hit = [call.arguments for call in calls if call.injected]
            for number in hit:
                self.assertEqual(sum(call.name == "close" and call.arguments == number for call in calls), 1)
            return len(hit)

        faults = [fault("close", error) for error in ("EINTR", "EIO", "ENOSPC") for fault in (once, for_a_while)]
        self.each(faults, check)

    def test_signals_and_delays_anywhere_change_nothing(self):
        def at(call, what, step):
            return f"{call}:{what}:when={untouched()[1][call] + 1}+{step}"

        def unharmed_but_slow(fault):
            converse_of = ("accept4", "recvfrom", "sendto", "close", *waits_used())
            with Trace(fault) as trace:
                with serving(trace) as server:
                    self.assertEqual(converse(server) + converse(server, 2), 0)
                    self.assertEqual(server.end(), 0)
                    said, counters = closing_lines(server)
                calls = trace.wait()
            self.assertEqual((said, counters["failed"], counters["cut"]), ([], 0, 0))
            return sum(call.name == fault.split(":")[0] and call.name in converse_of for call in calls)

        calls = ("accept4", "recvfrom", "sendto", waits_used()[-1])
        faults = [at(call, "signal=SIGUSR1", 5) for call in calls]
        faults += [at(call, "delay_exit=20000", 5) for call in (*calls, "close")]
        faults += [at(call, "delay_enter=20000", 5) for call in calls]
        self.each(faults, unharmed_but_slow)
