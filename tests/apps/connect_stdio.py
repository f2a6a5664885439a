"""rdy-connect --stdio: the first peer that answers, joined to the standard streams."""

import contextlib
import fcntl
import os
import pty
import queue
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

from connect_case import PATIENCE, PROGRAM, Case
from echo_support import NO_LEAKS, can_trace

BYTES = bytes(range(256)) * 20000  # 5 MB, more than all buffers on the way hold


def receive_all(connection):
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def echo(connection):
    while part := connection.recv(1 << 16):
        connection.sendall(part)


def unread(connection):
    """A close with bytes unread resets the connection."""
    select.select([connection], [], [], PATIENCE)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


class Stdio(Case):
    def serve(self, behave):
        """A peer that does so with one connection, and closes it."""
        listener = self.bound()
        listener.listen(1)

        def run():
            with contextlib.suppress(OSError), listener.accept()[0] as connection:
                connection.settimeout(PATIENCE)
                behave(connection)

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.release, listener)
        return self.name(listener)

    @staticmethod
    def release(listener):
        """Lets an accept that nobody came for return."""
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)

    def join(self, peer, *arguments, **streams):
        return subprocess.run([PROGRAM, "--stdio", *arguments, peer], stderr=subprocess.PIPE, timeout=PATIENCE,
                              **streams)

    def run_stdio(self, *arguments, under=(), **streams):
        """In the background; what was not given is a pipe."""
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, **streams}
        process = subprocess.Popen([*under, PROGRAM, "--stdio", "-q", *arguments], stderr=subprocess.PIPE, **streams)
        for file in (process.stdin, process.stdout, process.stderr):
            if file is not None:
                self.addCleanup(self.close, file)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    @staticmethod
    def close(file):
        with contextlib.suppress(BrokenPipeError):
            file.close()

    def temporary(self, content=b""):
        file = tempfile.TemporaryFile()
        self.addCleanup(file.close)
        file.write(content)
        file.seek(0)
        return file

    # ---- bytes ----

    def test_every_byte_comes_through_pipes_both_ways(self):
        done = self.join(self.serve(echo), input=BYTES, stdout=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertTrue(done.stdout == BYTES)

    def test_every_byte_comes_from_a_file_into_a_file(self):
        source, target = self.temporary(BYTES), self.temporary(b"begun ")
        target.seek(0, os.SEEK_END)
        done = self.join(self.serve(echo), stdin=source, stdout=target)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        target.seek(0)
        self.assertTrue(target.read() == b"begun " + BYTES)

    def test_a_socket_may_be_both_standard_streams(self):
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        with theirs:
            process = self.run_stdio(self.serve(echo), stdin=theirs, stdout=theirs)
        sender = threading.Thread(target=lambda: (ours.sendall(BYTES), ours.shutdown(socket.SHUT_WR)))
        sender.start()
        ours.settimeout(PATIENCE)
        self.assertTrue(receive_all(ours) == BYTES)
        sender.join()
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_nothing_may_be_sent_and_nothing_be_wanted(self):
        got = queue.Queue()
        peer = self.serve(lambda connection: (connection.sendall(BYTES), got.put(receive_all(connection))))
        done = self.join(peer, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.assertEqual((done.returncode, got.get(timeout=PATIENCE)), (0, b""))

    # ---- ends ----

    def test_the_end_of_the_input_is_told_and_the_peer_may_still_answer(self):
        peer = self.serve(lambda connection: connection.sendall(receive_all(connection)[::-1]))
        done = self.join(peer, input=b"stressed", stdout=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stdout), (0, b"desserts"))

    def test_the_end_of_the_peer_closes_the_output_and_the_input_is_still_sent(self):
        got = queue.Queue()

        def behave(connection):
            connection.sendall(b"bye")
            connection.shutdown(socket.SHUT_WR)
            got.put(receive_all(connection))

        process = self.run_stdio(self.serve(behave))
        self.assertEqual(process.stdout.read(), b"bye")
        process.stdin.write(BYTES)
        process.stdin.close()
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertTrue(got.get(timeout=PATIENCE) == BYTES)

    @unittest.skipUnless(sys.platform == "linux" and can_trace(), "no strace to play a system without /dev/null")
    def test_number_of_an_output_that_has_ended_is_not_free_whatever_fails(self):
        under = ("strace", "-D", "-qq", "-o", os.devnull, "-P", os.devnull, "-e", "inject=open,openat:error=EMFILE")
        peer = self.serve(lambda connection: connection.sendall(b"bye"))
        process = self.run_stdio(peer, under=under, env={**os.environ, **NO_LEAKS})
        self.assertEqual(process.stdout.read(), b"bye")
        self.assertRegex(os.readlink(f"/proc/{process.pid}/fd/1"), "^(pipe|socket|anon_inode):")
        process.stdin.close()
        self.assertEqual((process.wait(PATIENCE), process.stderr.read()), (0, b""))

    def test_a_terminal_is_not_waited_for_once_the_peer_has_ended(self):
        terminal, typed = pty.openpty()
        self.addCleanup(os.close, terminal)
        with open(typed, "rb", buffering=0) as stdin:
            process = self.run_stdio(self.serve(lambda connection: connection.sendall(connection.recv(9))), stdin=stdin)
            os.write(terminal, b"typed\n")
            self.assertEqual(process.stdout.read(), b"typed\n")
            self.assertEqual(process.wait(PATIENCE), 0)

    def test_a_connection_that_breaks_is_status_1_after_what_came_before(self):
        def behave(connection):
            connection.sendall(b"half")
            connection.recv(1)
            reset(connection)

        process = self.run_stdio(peer := self.serve(behave))
        self.assertEqual(process.stdout.read(4), b"half")
        process.stdin.write(b"x")
        process.stdin.flush()
        self.assertEqual(process.wait(PATIENCE), 1)
        self.assertEqual(process.stderr.read().decode(), f"rdy-connect: {peer}: connection reset by peer\n")

    def test_what_came_from_a_peer_that_takes_no_more_is_passed_on(self):
        def behave(connection):
            connection.sendall(BYTES)
            unread(connection)

        process = self.run_stdio(self.serve(behave))
        sender = threading.Thread(target=lambda: self.send_until_refused(process.stdin))
        sender.start()
        self.assertGreater(len(process.stdout.read()), 0)
        self.assertEqual(process.wait(PATIENCE), 1)
        sender.join()

    @staticmethod
    def send_until_refused(pipe):
        with contextlib.suppress(BrokenPipeError):
            while True:
                pipe.write(bytes(1 << 16))

    def test_it_ends_quietly_when_nobody_reads_its_output(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        with open(write_end, "wb", buffering=0) as stdout:
            done = self.join(self.serve(lambda connection: connection.sendall(BYTES)), "-q", stdin=subprocess.PIPE,
                             stdout=stdout)
        self.assertEqual((done.returncode, done.stderr), (4, b""))

    @unittest.skipUnless(os.path.exists("/dev/full"), "needs /dev/full")
    def test_output_without_room_is_a_system_fault(self):
        with open("/dev/full", "wb") as full:
            done = self.join(self.serve(echo), input=b"x", stdout=full)
        self.assertEqual((done.returncode, done.stderr),
                         (4, b"rdy-connect: cannot write to the standard output: no space left\n"))

    def test_input_that_cannot_be_read_is_a_system_fault(self):
        folder = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        done = self.join(self.serve(echo), stdin=folder, stdout=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stderr),
                         (4, b"rdy-connect: cannot read the standard input: is a directory\n"))

    @unittest.skipIf("RDY_EMULATOR" in os.environ, "an emulator catches all signals before the program does")
    def test_sigint_and_sigterm_end_it(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.run_stdio(self.serve(lambda connection: (connection.sendall(b"x"), receive_all(connection))))
            self.assertEqual(process.stdout.read(1), b"x")  # so it is at work, with its handlers in place
            process.send_signal(number)
            self.assertEqual(process.wait(PATIENCE), 130)

    # ---- manners ----

    def test_what_others_share_stays_in_blocking_mode(self):
        process = self.run_stdio(self.serve(echo))
        process.stdin.write(b"x")
        process.stdin.flush()
        self.assertEqual(process.stdout.read(1), b"x")
        for end in (process.stdin, process.stdout):
            # The pipe's other end is another open file: look at the one that the program has.
            path = f"/proc/{process.pid}/fdinfo/{0 if end is process.stdin else 1}"
            if os.path.exists(path):
                with open(path, encoding="ascii") as file:
                    flags = next(int(line.split()[1], 8) for line in file if line.startswith("flags:"))
                self.assertEqual(flags & os.O_NONBLOCK, 0)
        terminal, typed = pty.openpty()
        self.addCleanup(os.close, terminal)
        with open(typed, "r+b", buffering=0) as both:
            done = self.join(self.serve(lambda connection: None), stdin=both, stdout=both)
            self.assertEqual((done.returncode, fcntl.fcntl(both, fcntl.F_GETFL) & os.O_NONBLOCK), (0, 0))

    def test_a_peer_that_does_not_read_is_not_read_for_and_waiting_costs_nothing(self):
        held = threading.Event()
        got = queue.Queue()

        def behave(connection):
            held.wait()  # until the test, or its end, sets it
            got.put(len(receive_all(connection)))

        process = self.run_stdio(self.serve(behave))
        self.addCleanup(held.set)  # before the peer's thread is joined
        os.set_blocking(process.stdin.fileno(), False)
        sent = 0
        while select.select([], [process.stdin], [], 0.5)[1]:
            sent += os.write(process.stdin.fileno(), bytes(1 << 16))
            self.assertLess(sent, 1 << 28)
        self.wait_until_asleep(process)
        held.set()
        process.stdin.close()
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(got.get(timeout=PATIENCE), sent)

    def wait_until(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)

    def wait_until_asleep(self, process):
        """It sleeps whenever one looks, which who asks again and again does not; where that can be seen."""
        path = f"/proc/{process.pid}/stat"
        looks = []

        def is_asleep():
            with open(path, encoding="ascii") as file:
                looks.append(file.read().rpartition(")")[2].split()[0])
            return looks[-20:] == ["S"] * 20

        if os.path.exists(path):
            self.wait_until(is_asleep)

    @staticmethod
    def waiting_in(pipe):
        size = bytearray(4)
        fcntl.ioctl(pipe, termios.FIONREAD, size)
        return struct.unpack("i", size)[0]

    def test_a_reader_that_does_not_read_stops_the_peer_only(self):
        taken = queue.Queue()

        def behave(connection):
            sender = threading.Thread(target=lambda: connection.sendall(BYTES))
            sender.start()
            taken.put(len(connection.recv(1 << 16)))
            sender.join()
            connection.shutdown(socket.SHUT_WR)
            receive_all(connection)

        process = self.run_stdio(self.serve(behave))
        self.wait_until(lambda: self.waiting_in(process.stdout))
        self.wait_until_asleep(process)
        full = self.waiting_in(process.stdout)
        begun = os.read(process.stdout.fileno(), 4096)  # room for a little, and not for all that waits
        self.wait_until(lambda: self.waiting_in(process.stdout) == full)
        process.stdin.write(b"still taken")
        process.stdin.flush()
        self.assertEqual(taken.get(timeout=PATIENCE), len(b"still taken"))
        self.assertTrue(begun + process.stdout.read() == BYTES)
        process.stdin.close()
        self.assertEqual(process.wait(PATIENCE), 0)

    @unittest.skipIf("RDY_EMULATOR" in os.environ, "an emulator catches all signals before the program does")
    def test_a_terminal_that_nobody_reads_stops_the_peer_only(self):
        taken = queue.Queue()

        def behave(connection):
            sender = threading.Thread(target=self.send_until_broken, args=(connection,))
            sender.start()
            taken.put(len(connection.recv(1 << 16)))
            sender.join()

        terminal, shown = pty.openpty()
        self.addCleanup(os.close, terminal)
        with open(shown, "wb", buffering=0) as stdout:
            process = self.run_stdio(self.serve(behave), stdout=stdout)
        self.assertTrue(select.select([terminal], [], [], PATIENCE)[0])
        self.wait_until_asleep(process)
        process.stdin.write(b"still taken")
        process.stdin.flush()
        self.assertEqual(taken.get(timeout=PATIENCE), len(b"still taken"))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 130)

    @staticmethod
    def send_until_broken(connection):
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(bytes(1 << 16))

    # ---- which peer ----

    def test_it_is_the_first_that_answers_and_the_others_are_let_go(self):
        others = [self.good() for _ in range(2)]
        done = subprocess.run([PROGRAM, "--stdio", "-q", "--timeout", "1h", "--seq", self.refusing(), self.serve(echo),
                               *others], input=b"hello", capture_output=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"hello", b""))

    def test_when_none_answers_that_is_said(self):
        done = self.join(self.refusing(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertRegex(done.stderr.decode(), r"^rdy-connect: 0 of 1 connected, 1 refused in ")

    def test_peers_on_the_standard_input_and_other_output_contradict_it(self):
        good = self.good()
        for arguments in ([], ["-"], ["-f", "-", good], ["--json", good], ["--ndjson", good], ["--csv", good],
                          ["-o", "x", good], ["--first", "1", good], ["--ordered", good], [good, "--exec", "true"]):
            result = self.run_connect("--stdio", *arguments, text=good)
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
            self.assertRegex(result.stderr, r"^rdy-connect: --stdio [^\n]*\n$")
