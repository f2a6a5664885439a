"""rdy-echo's main run: two workers, clients on TCP and on a socket file, counters, and its end."""

import grp
import os
import pwd
import select
import signal
import socket
import subprocess
import sys
import time

import kernel_filters
from echo_confined import CAN_BECOME, NO_OTHER
from echo_support import NO_LEAKS
from fault_sweep import Scenario
from faulty_program import Failure, TooSlow

COUNTERS = ("worker ", "total: ")
LISTENERS = 2
WAIT_FOR_NOTHING = 0.3  # seconds
PAYLOAD = bytes(i * 7 % 251 for i in range(40_000))


def connect(address):
    if address.startswith("unix:"):
        client = socket.socket(socket.AF_UNIX)
        target = address[len("unix:"):]
    else:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        host, _, port = address.rpartition(":")
        target = (host, int(port))
    try:
        client.connect(target)
    except OSError:
        client.close()
        return None
    return client


class Conversation:
    """Sends a payload, reads its echo until the end of the stream, and never waits for ever."""

    def __init__(self, client, payload, patience, waits):
        self.client = client
        self.waits = waits
        self.payload = payload
        self.unsent = memoryview(payload)
        self.received = bytearray()
        self.deadline = time.monotonic() + patience

    def send(self):
        count = self.client.send(self.unsent[:4096])
        self.unsent = self.unsent[count:]
        if not self.unsent:
            self.client.shutdown(socket.SHUT_WR)

    def send_until_it_stalls(self):
        """So that the server has something pending."""
        while self.unsent and select.select([], [self.client], [], 0.01)[1]:
            self.send()

    def step(self):
        """Whether there is more to come."""
        readable, writable, _ = select.select([self.client], [self.client] if self.unsent else [], [], 0.05)
        if writable:
            self.send()
        if not readable and time.monotonic() <= self.deadline:
            return True
        if not readable and not self.waits:
            raise TooSlow(f"a client waits in vain, {len(self.received)} of {len(self.payload)} bytes echoed")
        if not readable:
            return False
        part = self.client.recv(4096)
        self.received += part
        return part != b""

    def run(self):
        """Whether all of it was echoed. Nothing else may be, whatever fails."""
        self.client.setblocking(False)
        try:
            self.send_until_it_stalls()
            while self.step():
                pass
        except OSError:
            pass  # cut off: what has come until then counts
        if not self.payload.startswith(self.received):
            raise Failure("a client got something else than it had sent")
        return len(self.received) == len(self.payload)


class Clients:
    """While what is missing here stays away, a client may wait for as long as that."""

    def __init__(self, program):
        self.waits = program.fault is not None and program.fault.lasts
        self.patience = WAIT_FOR_NOTHING if self.waits else program.patience
        self.short = 0

    def visit(self, address, payload):
        client = connect(address)
        if client is None:
            self.short += 1
            return
        with client:
            self.short += not Conversation(client, payload, self.patience, self.waits).run()

    def stay(self, address):
        """A client that has been answered and stays; None if it was not."""
        client = connect(address)
        if client is None:
            self.short += 1
            return None
        client.settimeout(self.patience)
        try:
            client.sendall(b"hello")
            answer = client.recv(5)
        except TimeoutError:
            if not self.waits:
                raise TooSlow("a client waits in vain for a greeting") from None
            answer = b""
        except OSError:
            answer = b""
        if answer == b"hello":
            return client
        client.close()
        self.short += 1
        return None


def see_the_end(client):
    try:
        rest = client.recv(1)
    except TimeoutError:
        raise TooSlow("a client is not told of the end") from None
    except OSError:
        rest = b""
    if rest:
        raise Failure("a silent client got something")


def leave_stale(place):
    """A socket file that nobody listens on any more; its number."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
    return os.stat(place).st_ino


class Main(Scenario):
    name = "echo"
    whole = 12
    codes = (0, 3, 4)
    options = ()
    environment = {}

    def run(self, start, folder, _pace):
        place = os.path.join(folder, "socket")
        stale = leave_stale(place)
        arguments = ["--listen", "127.0.0.1:0", "--listen", "unix:" + place, "--workers", "2", "--buffer-limit", "4KiB",
                     "--idle-timeout", "1m", "--drain-timeout", "400ms", *self.options]
        with start(arguments, environment=self.environment) as program:
            program.wait_until(lambda: program.has_ended() or program.output().count(b"\n") == LISTENERS, "it listens")
            # What it could not write is written as it exits.
            if program.has_ended() or program.complaints(*COUNTERS) or self.ends_in_silence(program.fault):
                self.judge_start(program)
            else:
                self.judge_service(program)
            if os.path.exists(place) and os.stat(place).st_ino != stale and not self.may_leave_it(program.fault):
                raise Failure("has left its socket file")

    @staticmethod
    def ends_in_silence(fault):
        """Nobody reads where it listens."""
        return fault is not None and (fault.call, fault.number, fault.error) == ("fflush", 1, "EPIPE")

    def judge_start(self, program):
        code = program.wait(self.codes)
        if code == 0:
            raise Failure("has not served and says that all is well")
        if (program.fault is None or program.fault.error != "EPIPE") and len(program.complaints(*COUNTERS)) != 1:
            raise Failure(f"has not said in one line why it cannot serve: {program.errors()}")

    def judge_service(self, program):
        addresses = [line.split()[2] for line in program.output().decode().splitlines()]
        clients = Clients(program)
        idle = program.descriptors()
        bystander = clients.stay(addresses[0])
        for address in addresses:
            clients.visit(address, PAYLOAD)
        program.process.send_signal(signal.SIGUSR1)
        program.wait_until(lambda: program.has_ended() or self.totals(program), "it prints its counters")
        for address in addresses:
            clients.visit(address, b"still there?")
        self.judge_descriptors(program, idle, bystander)
        if not program.has_ended():
            program.process.send_signal(signal.SIGTERM)
        if bystander is not None:
            with bystander:
                see_the_end(bystander)
        if self.cannot_wait(program.fault):
            self.judge_failure(program)
            return
        program.wait([0])
        self.judge_counters(program, clients)

    def judge_descriptors(self, program, idle, bystander):
        """Clients that have gone keep none, unless it still waits for what is missing to take them in."""
        if idle is None:
            if program.fault is None:
                print("descriptors are not counted while it serves: no /proc/PID/fd", file=sys.stderr)
            return
        if program.fault is not None and program.fault.lasts or self.cannot_wait(program.fault):
            return
        expected = idle + (bystander is not None)
        program.wait_until(lambda: program.has_ended() or program.descriptors() in (expected, None),
                           f"it has {expected} descriptors open")

    @staticmethod
    def cannot_wait(fault):
        return fault is not None and (fault.call, fault.error) == ("select", "ENOMEM")

    @staticmethod
    def judge_failure(program):
        """It says so once. Our signals may come when it has restored what they do, and is about to end."""
        code = program.wait([0, 4, -signal.SIGTERM, -signal.SIGUSR1])
        if len(program.complaints(*COUNTERS)) != (code != 0):
            raise Failure(f"exit code {code}, and complains: {program.complaints(*COUNTERS)}")

    @staticmethod
    def totals(program):
        return [line for line in program.complaints() if line.startswith("total: ")]

    def judge_counters(self, program, clients):
        total = dict(pair.split("=") for pair in self.totals(program)[-1].split()[1:])
        if clients.short > 1 and not clients.waits:
            raise Failure(f"one call failed, and {clients.short} clients were not served")
        if total["open"] != "0" or (clients.short == 0 and total["bytes_in"] != total["bytes_out"]):
            raise Failure(f"counted wrong: {total}")
        if program.complaints(*COUNTERS):
            raise Failure(f"has served and complains: {program.complaints(*COUNTERS)}")

    @staticmethod
    def may_leave_it(fault):
        return fault is not None and fault.call in ("lstat", "unlink")


class Becoming(Main):
    """Somebody else, who may write to the folder. Only root can, and not in each container."""

    calls = {"getgrnam", "getgrouplist", "getpwnam", "getpwuid", "initgroups", "prctl", "seteuid", "setgid",
             "setgroups", "setuid", "unlink"}
    user = "nobody"

    def __init__(self, text):
        self.name = "echo --user " + text
        self.options = ("--user", text)

    def run(self, start, folder, pace):
        os.chown(folder, pwd.getpwnam(self.user).pw_uid, -1)
        super().run(start, folder, pace)


class Sandboxed(Main):
    """What is done about a failure is done within the sandbox, too."""

    name = "echo --sandbox"
    options = ("--sandbox",)
    environment = NO_LEAKS
    whole = 2


def scenarios(program):
    """Those that there are for this user and this build."""
    yield Main()
    if not CAN_BECOME:
        print(f"left out: echo --user: {NO_OTHER}", file=sys.stderr)
    else:
        entry = pwd.getpwnam(Becoming.user)
        yield Becoming(Becoming.user)
        yield Becoming(f"{Becoming.user}:{grp.getgrgid(entry.pw_gid).gr_name}")
        yield Becoming(str(entry.pw_uid))
    has_sandbox = subprocess.run([program, "--sandbox", "--help"], capture_output=True, check=False).returncode == 0
    if has_sandbox and kernel_filters.why_not():
        print(f"left out: {Sandboxed.name}: {kernel_filters.why_not()}", file=sys.stderr)
    elif has_sandbox:
        yield Sandboxed()
