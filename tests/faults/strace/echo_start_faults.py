"""Faults before rdy-echo serves."""

import subprocess

from strace_case import PATIENCE, Faults, closing_lines, converse, is_epoll, serving, untouched
from strace_support import Trace


class Start(Faults):
    """Faults before it serves: a documented exit code and one line."""

    def ends(self, fault, code, line, options=()):
        with Trace(fault) as trace:
            ended = self.run_program_under(trace, *options)
            injected = sum(call.injected for call in trace.wait())
        self.assertEqual((ended.returncode, ended.stdout), (code, ""), ended.stderr)
        self.assertRegex(ended.stderr, r"\Ardy-echo: " + line + r"[^\n]*\n\Z")
        return injected

    def run_program_under(self, trace, *options):
        command = [*trace.under, self.program, "--listen", "127.0.0.1:0", *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def test_no_poll(self):
        shortages = ("EMFILE", "ENFILE", "ENOMEM")
        faults = [f"eventfd2:error={error}:when={n}" for error in (*shortages, "ENODEV") for n in (1, 2)]
        if is_epoll():
            faults += [f"epoll_create1:error={error}:when=1" for error in shortages]
            faults += [f"epoll_ctl:error={error}:when={n}" for error in ("ENOMEM", "ENOSPC") for n in (1, 2)]
        self.each(faults, lambda fault: self.ends(fault, 4, "cannot open a poll: "))

    def test_a_pipe_in_the_place_of_an_eventfd(self):
        def served(missing):
            with Trace("eventfd2:error=" + missing) as trace:
                with serving(trace) as server:
                    self.assertEqual(converse(server), 0)
                    self.assertEqual(server.end(), 0)
                    self.assertEqual(closing_lines(server)[0], [])
                return sum(call.injected for call in trace.wait())

        def ends(fault):
            return self.ends("eventfd2:error=ENOSYS " + fault, 4, "cannot open a poll: ")

        self.each(["ENOSYS", "EPERM"], served)
        self.each([f"pipe2:error={error}:when={n}" for error in ("EMFILE", "ENFILE") for n in (1, 2)], ends)

    def test_no_listener(self):
        refusals = {
            "socket": ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EAFNOSUPPORT", "EACCES", "EPROTONOSUPPORT"),
            "setsockopt": ("ENOMEM", "ENOPROTOOPT", "EPERM"),
            "bind": ("EADDRINUSE", "EACCES", "EADDRNOTAVAIL", "ENOMEM"),
            "listen": ("EADDRINUSE", "EOPNOTSUPP"),
            "getsockname": ("ENOBUFS",),
        }
        faults = [f"{call}:error={error}:when=1" for call, errors in refusals.items() for error in errors]
        if is_epoll():
            faults += [f"epoll_ctl:error={error}:when=3" for error in ("ENOMEM", "ENOSPC")]
        self.each(faults, lambda fault: self.ends(fault, 3, r"cannot listen on 127\.0\.0\.1:\d+: "))

    def test_no_listener_of_a_later_worker(self):
        two = ("--workers", "2")
        faults = [f"{call}:error=ENOMEM:when=3" for call in ("socket", "setsockopt", "bind")]
        self.each(faults, lambda fault: self.ends(fault, 3, "cannot listen on ", two))

    def test_no_thread(self):
        """C libraries begin one with clone(2) or clone3(2)."""
        faults = [f"/^clone:error={error}" for error in ("EAGAIN", "ENOMEM")]
        self.each(faults, lambda fault: self.ends(fault, 4, "cannot start a thread: ", ("--workers", "2")))

    def test_an_announcement_that_cannot_be_written(self):
        faults = [f"write:error={error}:when={untouched()[1]['write']}" for error in ("EIO", "ENOSPC")]
        self.each(faults, lambda fault: self.ends(fault, 4, "cannot write "))
