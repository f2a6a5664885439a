"""rdy-connect --exec: a command on the first peer that answers."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile

from connect_case import PATIENCE, PROGRAM, Case

LOOK = """
import fcntl, os, resource, signal, sys
told = [sorted(int(name) for name in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + name))
        if os.path.exists("/proc/self/fd") else [0, 1, 2],
        os.get_blocking(0), os.get_blocking(1),
        signal.getsignal(signal.SIGINT) == signal.default_int_handler,
        len(signal.pthread_sigmask(signal.SIG_BLOCK, [])), resource.getrlimit(resource.RLIMIT_NOFILE)[0], os.environ["RDY_PEER"]]
print(told, flush=True)
"""


class Exec(Case):
    def listening(self):
        listener = self.bound()
        listener.listen(1)
        listener.settimeout(PATIENCE)
        return listener

    def exec(self, listener, *words, said=b"", before=None, text=None, options=("-q",)):
        """What the peer gets from the command, and how that ended."""
        process = subprocess.Popen([PROGRAM, *options, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, preexec_fn=before)
        process.stdin.write((text or "").encode())
        process.stdin.close()
        with process.stdout, process.stderr:
            connection = listener.accept()[0]
            connection.settimeout(PATIENCE)
            with connection:
                connection.sendall(said)  # bytes that the command leaves unread would reset the connection
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
                got = b"".join(iter(lambda: connection.recv(1 << 16), b""))
            code = process.wait(PATIENCE)
            self.assertEqual(process.stdout.read(), b"")
            return got.decode(), code, process.stderr.read().decode()

    def test_the_connection_is_its_standard_input_and_output(self):
        listener = self.listening()
        got = self.exec(listener, self.name(listener), "--exec", "cat", said=b"from the peer\n")
        self.assertEqual(got, ("from the peer\n", 0, ""))

    def test_its_words_are_its_own_and_its_status_is_ours(self):
        listener = self.listening()
        got = self.exec(listener, self.refusing(), self.name(listener), "--exec", "sh", "-c", 'echo "$@"; exit 7', "sh",
                        "--first", "a b", "--exec", "-q")
        self.assertEqual(got, ("--first a b --exec -q\n", 7, ""))

    def test_it_finds_the_world_as_it_was(self):
        listener = self.listening()
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        low = min(64, limit[1])
        with open(os.devnull, "rb") as extra:  # one that is open here, and so is not to be seen there
            self.assertGreater(extra.fileno(), 2)
            got = self.exec(listener, self.name(listener), self.good(), "--exec", sys.executable, "-c", LOOK,
                            before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (low, limit[1])))
        self.assertEqual((got[1], got[2]), (0, ""))
        self.assertEqual(got[0], f"{[[0, 1, 2], True, True, True, 0, low, self.name(listener)]}\n")

    def no_new_privileges(self, process="self"):
        try:
            with open(f"/proc/{process}/status", encoding="ascii") as file:
                return next(line for line in file if line.startswith("NoNewPrivs:"))
        except (FileNotFoundError, StopIteration):
            self.skipTest("this system does not tell of no_new_privs")

    def test_it_keeps_the_rights_of_set_user_id_programs_for_the_command_alone(self):
        listener = self.listening()
        ours = self.no_new_privileges()
        got = self.exec(listener, self.name(listener), "--exec", "grep", "NoNewPrivs:", "/proc/self/status")
        self.assertEqual(got, (ours, 0, ""))
        process = self.start("-q", "--stdio", self.name(listener), stdin=subprocess.PIPE)
        with process.stdin, listener.accept()[0]:
            self.assertEqual(self.no_new_privileges(process.pid), "NoNewPrivs:\t1\n")

    def test_sigpipe_has_its_default_action_again(self):
        listener = self.listening()
        got = self.exec(listener, self.name(listener), "--exec", "sh", "-c", "kill -PIPE $$; exit 3")
        self.assertEqual(got, ("", -signal.SIGPIPE, ""))

    def test_a_command_that_is_killed_is_that_to_a_shell(self):
        listener = self.listening()
        script = '"$1" -q "$2" --exec sh -c "kill -9 \\$\\$"; echo $? >&2'
        process = subprocess.Popen(["sh", "-c", script, "sh", PROGRAM, self.name(listener)], stderr=subprocess.PIPE)
        with listener.accept()[0], process.stderr:
            self.assertEqual(process.wait(PATIENCE), 0)
            self.assertEqual(process.stderr.read().split()[-1], b"137")

    def test_a_command_that_cannot_be_run_is_told_as_shells_do(self):
        with tempfile.NamedTemporaryFile() as plain:
            for command, code, reason in (("./not-there", 127, "not there"), (plain.name, 126, "permission denied")):
                listener = self.listening()
                got = self.exec(listener, self.name(listener), "--exec", command)
                self.assertEqual(got, ("", code, f"rdy-connect: cannot run {command}: {reason}\n"))

    def test_peers_may_come_from_the_standard_input(self):
        listener = self.listening()
        text = self.refusing() + "\n" + self.name(listener) + "\n"
        got = self.exec(listener, "--exec", "cat", said=b"from the peer\n", text=text)
        self.assertEqual(got, ("from the peer\n", 0, ""))

    def test_who_it_is_is_said_with_verbose(self):
        listener = self.listening()
        got = self.exec(listener, self.name(listener), "--exec", "true", options=["-v"])
        self.assertRegex(got[2], r"^rdy-connect: connected to %s in \d+\.\d ms\n$" % self.name(listener))

    def test_when_none_answers_it_is_not_run(self):
        result = self.run_connect(self.refusing(), "--exec", "echo", "run")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("0 of 1 connected, 1 refused", result.stderr)

    def test_wrong_usage_is_said(self):
        good = self.good()
        for arguments, reason in (
            (["--exec"], "--exec: a value is missing (see --help)"),
            (["--exe", "true"], "unknown or ambiguous option '--exe' (see --help)"),
            (["--json", "--exec", "true"], "--exec and --json contradict each other"),
            (["-o", "x", "--exec", "true"], "--exec and --report contradict each other"),
            (["--first", "2", "--exec", "true"], "--exec and --first contradict each other"),
        ):
            result = self.run_connect(good, *arguments)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (2, "", f"rdy-connect: {reason}\n"))
