"""What rdy-echo gives up before it serves: root, and most system calls."""

import grp
import os
import pathlib
import pwd
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import kernel_filters
from echo_case import MEBIBYTE, RANDOM, EchoTest
from echo_support import NO_LEAKS, PATIENCE, ask, can_trace, exchange, receive_all, reset, wait_until

IS_LINUX = sys.platform == "linux"
IS_ROOT = os.geteuid() == 0
USER = 54321  # nobody in particular
GROUPS = pathlib.Path("/etc/group")

# What root of a container may not be allowed to.
AS_ROOT = f"""
import os, socket
probe = socket.socket()
probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
probe.bind(("127.0.0.1", 1021))
os.setgroups([{USER}])
os.setgid({USER})
os.setuid({USER})
"""
AS_CHILD = (sys.executable, "-c", AS_ROOT)
CAN_BECOME = IS_ROOT and subprocess.run(AS_CHILD, capture_output=True, check=False).returncode == 0
NO_OTHER = "root alone, where it may, becomes somebody else and binds low ports"

# clone3 is clone then, glibc's malloc counts processors in another way and takes memory for overcommitted, and old
# kernels do not have epoll_pwait2.
GUESSES = "/sys/devices/system/cpu/online|/proc/stat|/proc/sys/vm/overcommit_memory"
ON_PURPOSE = rf'clone3\(|openat\(AT_FDCWD, "({GUESSES})"|epoll_pwait2\('


def own_address(port):
    """A loopback address that no other test uses at the same time."""
    pid = os.getpid()
    return f"127.{1 + (pid >> 16 & 63)}.{pid >> 8 & 255}.{1 + (pid & 127)}:{port}"


class Confined(EchoTest):
    def statuses(self, server):
        """What the kernel says of each thread, by the names of its fields."""
        if "RDY_EMULATOR" in os.environ:
            self.skipTest("an emulator has threads of its own, which stay as they are")
        tasks = pathlib.Path(f"/proc/{server.process.pid}/task")
        texts = [(task / "status").read_text() for task in tasks.iterdir()]
        return [dict(line.split(":\t", 1) for line in text.splitlines()) for text in texts]

    def check_echo(self, server, count=8):
        payloads = {self.connect(server): RANDOM.randbytes(MEBIBYTE // 2) for _ in range(count)}
        echoes = exchange(payloads)
        self.assertTrue(all(echoes[client] == payload for client, payload in payloads.items()), "the bytes differ")

    def traced(self, *options):
        """The exit status, output and errors of a run by itself under strace with these options, all threads alike."""
        arguments = ["strace", "-f", "-qq", "-o", os.devnull, *options]
        done = subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, **NO_LEAKS},
        )
        return done.returncode, done.stdout, done.stderr


class RunAs(Confined):
    def check_identity(self, server, user, groups):
        for status in self.statuses(server):
            self.assertEqual(status["Uid"].split(), [str(user)] * 4)
            self.assertEqual(status["Gid"].split(), [str(groups[0])] * 4)
            self.assertEqual(status["Groups"].split(), [str(group) for group in groups])

    @unittest.skipUnless(IS_LINUX, "no_new_privs is Linux's")
    def test_no_thread_can_gain_rights_by_a_program(self):
        for status in self.statuses(self.start("--workers", "2")):
            self.assertEqual(status["NoNewPrivs"], "1")

    @unittest.skipUnless(IS_LINUX and CAN_BECOME, NO_OTHER)
    def test_every_thread_is_that_user_on_a_port_that_is_roots(self):
        for workers in ("1", "3"):
            options = ("--workers", workers, "--user", f"{USER}:{USER + 1}")
            server = self.start(*options, listen=(own_address(1023),))
            self.assertGreaterEqual(len(self.statuses(server)), int(workers))
            self.check_identity(server, USER, [USER + 1])
            self.check_echo(server)
            self.assertEqual(server.end(), 0)

    @unittest.skipUnless(IS_LINUX and CAN_BECOME, NO_OTHER)
    def test_a_name_brings_the_groups_of_the_user(self):
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            self.skipTest("this system has no nobody")
        groups = os.getgrouplist("nobody", nobody.pw_gid)
        group = grp.getgrgid(nobody.pw_gid).gr_name
        for text in ("nobody", str(nobody.pw_uid), f"nobody:{group}", f"{nobody.pw_uid}:{nobody.pw_gid}"):
            with self.subTest(user=text):
                server = self.start("--user", text)
                self.check_identity(server, nobody.pw_uid, [nobody.pw_gid] if ":" in text else groups)

    @unittest.skipUnless(CAN_BECOME, NO_OTHER)
    def test_who_is_in_the_group_of_root_too_is_told(self):
        folder = pathlib.Path(self.hold(tempfile.TemporaryDirectory()))
        try:
            user, group_of_root = pwd.getpwnam("nobody"), grp.getgrgid(0).gr_name
            members = re.sub(rf"^{group_of_root}:.*", f"{group_of_root}:x:0:nobody", GROUPS.read_text(), flags=re.M)
        except (KeyError, FileNotFoundError):
            self.skipTest("this system has no nobody, or no group of root")
        (folder / "group").write_text(members)
        mount = 'mount --bind "$0" "$1"; shift; exec "$@"'
        under = ("unshare", "--mount", "sh", "-ec", mount, folder / "group", GROUPS)
        self.need_group_of_root(under)
        message = "'nobody' is in the group of root too, which does not give all up: nobody:GROUP has that group alone"
        for name in ("nobody", str(user.pw_uid)):
            self.check_refusal(("--user", name), message, under)
        server = self.start("--user", f"nobody:{user.pw_gid}", under=under)
        self.check_identity(server, user.pw_uid, [user.pw_gid])

    def need_group_of_root(self, under):
        """`under` is a command for what runs where nobody is in it, which takes Linux and its root."""
        try:
            done = subprocess.run([*under, "id", "-G", "nobody"], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            self.skipTest("no unshare")
        if "0" not in done.stdout.split():
            self.skipTest(f"no other file of groups can be put in its place: {done.stderr.strip()}")

    @unittest.skipUnless(CAN_BECOME, NO_OTHER)
    def test_file_of_the_socket_goes_where_the_user_may_remove_it(self):
        folder = self.hold(tempfile.TemporaryDirectory())
        address = f"unix:{folder}/echo"
        server = self.start("--user", f"{USER}:{USER}", listen=(address,))
        self.assertEqual(ask(self.connect(server), b"one"), b"one")
        self.assertEqual(server.end(), 0)
        self.assertTrue(os.path.exists(folder + "/echo"), "the folder is root's")

        os.chown(folder, USER, USER)
        server = self.start("--user", f"{USER}:{USER}", listen=(address,))
        self.assertEqual(ask(self.connect(server), b"two"), b"two")
        self.assertEqual(server.end(), 0)
        self.assertFalse(os.path.exists(folder + "/echo"))

    def check_refusal(self, options, message, under=()):
        with self.subTest(options=options):
            code, output, errors = self.run_program("--listen", "127.0.0.1:0", *options, under=under)
            self.assertEqual((code, output), (2, ""))
            self.assertRegex(errors, r"\Ardy-echo: --user: [^\n]+\n\Z")
            self.assertIn(message, errors)

    def test_wrong_users_are_told(self):
        expected = {
            "no-such-user": "there is no user 'no-such-user'",
            f"{USER}:no-such-group": "there is no group 'no-such-group'",
            "99999999999:1": "there is no user '99999999999'",
            "4294967295:1": "there is no user '4294967295'",
            f"{USER}:4294967295": "there is no group '4294967295'",
            "54321": "user 54321 has no entry here, so a group is needed too: 54321:GROUP",
            "root": "to go on as root gives nothing up",
            "0:1": "to go on as root gives nothing up",
            f"{USER}:0": "to go on in the group of root does not give all up",
            "x" * 300: "expected USER or USER:GROUP",
            "nobody:": "expected USER or USER:GROUP, not 'nobody:'",
            ":nobody": "expected USER or USER:GROUP, not ':nobody'",
            "": "expected USER or USER:GROUP, not ''",
        }
        for user, message in expected.items():
            self.check_refusal(("--user", user), message)

    @unittest.skipIf(IS_ROOT and not CAN_BECOME, NO_OTHER)
    def test_who_is_not_root_is_told(self):
        if not IS_ROOT:
            self.check_refusal(("--user", f"{USER}:{USER}"), "only root can become another user")
            return
        try:
            done = subprocess.run(
                [self.program, "--user", f"{USER}:{USER}"],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
                preexec_fn=lambda: os.setuid(USER),
            )
        except PermissionError:
            self.skipTest("others than root cannot reach the program")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr, "rdy-echo: --user: only root can become another user\n")

    @unittest.skipUnless(CAN_BECOME and can_trace(), "no strace to play a system that fails")
    def test_it_does_not_serve_when_root_cannot_be_given_up(self):
        # The names of these calls end with 32 on some machines.
        faults = ("/^setgroups:error=EPERM", "/^setgid:error=EPERM", "/^setuid:error=EAGAIN:when=1",
                  "/^setuid:retval=0:when=2",  # when it asks to be root again
                  "/^getgroups:error=EINVAL", "/^getgroups:poke_exit=@arg2=00000000")  # still in that of root
        for fault in faults:
            with self.subTest(fault=fault):
                arguments = (self.program, "--listen", "127.0.0.1:0", "--user", f"{USER}:{USER}")
                code, output, errors = self.traced("--inject=" + fault, *arguments)
                self.assertEqual((code, output), (4, ""))
                self.assertRegex(errors, r"\Ardy-echo: cannot become user 54321: [^\n]+\n\Z")


class Sandbox(Confined):
    def need_sandbox(self):
        code, _, errors = self.run_program("--sandbox", "--help")
        if code != 0:
            self.assertEqual((code, errors.count("\n")), (2, 1))
            self.assertIn("rdy-echo: --sandbox: ", errors)
            self.skipTest("this build has none, and says so")
        if kernel_filters.why_not():
            self.skipTest(kernel_filters.why_not())

    @unittest.skipUnless(IS_LINUX, "what the kernel says is read from /proc")
    def test_every_thread_has_the_filter(self):
        self.need_sandbox()
        for workers in ("1", "3"):
            server = self.start("--workers", workers, "--sandbox")
            for status in self.statuses(server):
                self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
            self.check_echo(server)

    @unittest.skipUnless(CAN_BECOME, NO_OTHER)
    def test_it_goes_with_another_user(self):
        self.need_sandbox()
        folder = self.hold(tempfile.TemporaryDirectory())
        os.chown(folder, USER, USER)
        server = self.start("--sandbox", "--workers", "2", "--user", f"{USER}:{USER}", listen=(f"unix:{folder}/echo",))
        self.check_echo(server)
        self.assertEqual(server.end(), 0)
        self.assertFalse(os.path.exists(folder + "/echo"))

    def make_it_do_everything(self, server):
        """Bytes, more than fit, a pause for want of descriptors, a reset, counters, a drain with a slow one."""
        for address, _, _ in server.announced:
            self.assertEqual(ask(self.connect(server, address), b"hello"), b"hello")
        self.check_echo(server)
        crowd = [server.connect() for _ in range(80)]
        server.wait_for("no descriptor is left", lambda counters: counters["pauses"] > 0)
        for client in crowd:
            client.close()
        self.check_echo(server)
        broken, _ = self.stalled_client(server)
        reset(broken)
        slow, sent = self.stalled_client(server)
        server.signal(signal.SIGTERM)
        self.assertEqual(len(receive_all(slow)), sent)

    @unittest.skipUnless(IS_LINUX and can_trace(), "no strace to see what is refused")
    def test_nothing_that_it_does_is_refused(self):
        self.need_sandbox()
        folder = self.hold(tempfile.TemporaryDirectory())
        for workers in ("1", "2"):
            options = ("--sandbox", "--workers", workers, "--spin", "50us")
            server = self.start(
                *options,
                *("--idle-timeout", "1h", "--drain-timeout", "60s"),
                listen=("127.0.0.1:0", f"unix:{folder}/echo"),
                descriptors=64,
                under=("strace", "-D", "-ff", "-q", "-o", f"{folder}/{workers}"),  # a file for each thread
            )
            self.make_it_do_everything(server)
            self.assertEqual(server.wait(), 0)
            main = pathlib.Path(f"{folder}/{workers}.{server.process.pid}")
            wait_until(lambda main=main: "+++ exited with 0 +++" in main.read_text(), "the trace is whole")
            self.assertIn("seccomp(SECCOMP_SET_MODE_FILTER", main.read_text())
            traces = [path.read_text() for path in pathlib.Path(folder).glob(workers + ".*")]
            self.assertGreaterEqual(len(traces), int(workers))
            refused = set(re.findall(r"^(.*) = -1 ENOSYS", "".join(traces), re.MULTILINE))
            self.assertEqual([call for call in refused if not re.match(ON_PURPOSE, call)], [])

    @unittest.skipUnless(IS_LINUX and can_trace(), "no strace to play a system without")
    def test_it_does_not_serve_when_the_system_has_none(self):
        self.need_sandbox()
        arguments = (self.program, "--listen", "127.0.0.1:0", "--sandbox")
        code, output, errors = self.traced("--inject=seccomp:error=EINVAL", *arguments)
        self.assertEqual((code, output), (4, ""))
        self.assertRegex(errors, r"\Ardy-echo: cannot enter the sandbox \(seccomp\): [^\n]+\n\Z")
