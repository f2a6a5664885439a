"""rdy-connect's main runs: a list of peers, a stream that is relayed, a command on a stream."""

import contextlib
import json
import os
import subprocess
import threading

import outcomes
from fault_sweep import Scenario
from faulty_program import Failure, Fault
from probe_peers import end_in_peace

GREETING = bytes(i * 11 % 253 for i in range(150_000))
ANSWER_MS = 300

# Where no waker is: these are of the standard streams. A connection that is broken is so for who reads it too, which
# one that is only said to be is not.
STANDARD_STREAMS = {
    "read": ["EINTR", "EIO"],
    "write": ["EINTR", "EIO", "EPIPE", "ENOSPC", "1"],
    "send": ["EINTR", "ENOBUFS", "ENOMEM"],
    "shutdown": [],
}


def greet(connection):
    connection.sendall(GREETING)
    end_in_peace(connection)


def echo(connection):
    while part := connection.recv(65536):
        connection.sendall(part)


def judge_refusal(program, code):
    """Who ends without having worked says why, but for a reader that has gone; a note on descriptors is no reason."""
    lines = program.complaints("at most ")
    if code in (3, 4, 126, 127) and not lines and program.fault.error != "EPIPE":
        raise Failure(f"ends with {code} and does not say why")
    if code in (3, 4, 126) and program.fault.error.startswith("EINTR"):
        raise Failure(f"ends with {code} for a call that has to be made again")


class Case(Scenario):
    def __init__(self, peers):
        self.good = peers.serve(greet)
        self.echoing = peers.serve(echo)
        self.refused = peers.refused()
        self.stuck = peers.unresponsive()

    @staticmethod
    def timeout(pace):
        return f"{ANSWER_MS * pace}ms"


class List(Case):
    """Into a file that is there whole or not at all."""

    name = "list"
    kept = 1  # by a thread that has looked up a name, if the program ends just before it frees that
    hasty = (4,)  # nobody waits for a thread that is inside getaddrinfo(3)

    def __init__(self, peers):
        super().__init__(peers)
        port = peers.serve(greet).rpartition(":")[2]
        self.expected = {
            self.good: "ok",
            self.echoing: "ok",
            self.refused: "refused",
            self.stuck: "timed out",
            f"localhost:{port}": "ok",
        }

    def run(self, start, folder, pace):
        old = b"what was there before\n"
        peers, report = os.path.join(folder, "peers"), os.path.join(folder, "report.json")
        with open(peers, "w", encoding="ascii") as file:
            file.write("\n".join(list(self.expected)[1:]))
        with open(report, "wb") as file:
            file.write(old)
        os.chmod(report, 0o600)
        arguments = ["--ipv4", "--timeout", self.timeout(pace), "--json", "-o", report, "--file", peers, self.good]
        with start(arguments) as program:
            code = program.wait([0, 1, 3, 4])
            judge_refusal(program, code)
            with open(report, "rb") as file:
                written = file.read()
            self.judge_report(None if written == old else written, program.fault, code)
            if os.stat(report).st_mode & 0o777 != 0o600:
                raise Failure("who might not read the old report may read the new one")
            self.judge_traces(folder, program.fault)

    def judge_report(self, written, fault, code):
        if written is None:
            if code in (0, 1):
                raise Failure(f"exit code {code}, but no report")
            return
        try:
            report = json.loads(written)
        except ValueError:
            raise Failure(f"half a report: {written[-80:]!r}") from None
        found = {peer["peer"]: peer["outcome"] for peer in report["peers"]}
        if len(found) != len(self.expected):
            raise Failure(f"a report of {len(found)} peers")
        outcomes.judge(found, self.expected, fault, report["partial"])
        if report["partial"] and code in (0, 1):
            raise Failure(f"a part of the peers, and exit code {code}")
        if (code == 0) != ("ok" in found.values()) and code != 4:
            raise Failure(f"exit code {code} for {found}")

    @staticmethod
    def judge_traces(folder, fault):
        left = [name for name in os.listdir(folder) if name.endswith(".part")]
        if left and fault.call != "unlink":
            raise Failure(f"has left {left}")


class Lines(Case):
    """From standard input to standard output, in the order of the input."""

    name = "lines"

    def __init__(self, peers):
        super().__init__(peers)
        self.expected = {self.refused: "refused", self.good: "ok", self.echoing: "ok"}

    def run(self, start, folder, pace):
        path = os.path.join(folder, "input")
        with open(path, "w", encoding="ascii") as file:
            file.write("# peers\n" + "\n".join(self.expected) + "\n")
        with open(path, "rb") as stdin:
            with start(["--ordered", "--csv", "--timeout", self.timeout(10 * pace)], stdin=stdin) as program:
                code = program.wait([0, 1, 3, 4])
                judge_refusal(program, code)
                self.judge_output(program.output().decode().splitlines(), program.fault, code)

    def judge_output(self, lines, fault, code):
        found = {line.split(",")[0]: line.split(",")[2] for line in lines[1:] if line.count(",") == 9}
        if code in (0, 1) and len(found) != len(self.expected):
            raise Failure(f"exit code {code} and {len(found)} peers")
        if list(found) != list(self.expected)[:len(found)]:
            raise Failure(f"in another order: {list(found)}")
        outcomes.judge(found, self.expected, fault, code == 4)


class Stdio(Case):
    """Joined to a peer that is stuck, one that refuses, and one that echoes; what comes back is what was sent."""

    name = "stdio"
    errors = STANDARD_STREAMS

    def run(self, start, folder, pace):
        del folder
        arguments = ["--quiet", "--timeout", self.timeout(10 * pace), "--stdio", self.refused, self.stuck, self.echoing]
        with start(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
            received = converse(program)
            code = program.wait([0, 1, 3, 4])
            judge_refusal(program, code)
            if not GREETING.startswith(received):
                raise Failure("what has come was never sent")
            if code == 0 and received != GREETING:
                raise Failure(f"exit code 0, and {len(received)} of {len(GREETING)} bytes")


class Stdio2(Case):
    """A peer that has said all: whoever reads the output sees its end, though the input goes on."""

    name = "stdio, one way"
    errors = STANDARD_STREAMS

    def run(self, start, folder, pace):
        del folder
        arguments = ["--quiet", "--timeout", self.timeout(10 * pace), "--stdio", self.refused, self.good]
        with start(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
            received = program.read_to_the_end()
            program.process.stdin.close()
            code = program.wait([0, 1, 3, 4])
            judge_refusal(program, code)
            if code == 0 and received != GREETING or not GREETING.startswith(received):
                raise Failure(f"exit code {code}, and {len(received)} of {len(GREETING)} bytes")


def converse(program):
    """Sends the greeting, and then the end; what has come back until the end."""

    def send():
        with contextlib.suppress(OSError):  # it has ended
            program.process.stdin.write(GREETING)
        with contextlib.suppress(OSError):
            program.process.stdin.close()

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    received = program.read_to_the_end()
    sender.join(program.patience)
    return received


class Exec(Case):
    """A command that gets the stream of the first peer, and its address."""

    name = "exec"
    kept = None  # it becomes the command, or ends because it cannot
    harmless = Fault("execvp", 1, "ENOENT")

    def run(self, start, folder, pace):
        script = 'printf %s "$RDY_PEER" > peer; cat > received; exit 42'
        arguments = ["--quiet", "--timeout", self.timeout(10 * pace), self.refused, self.stuck, self.good,
                     "--exec", "sh", "-c", script]
        with start(arguments) as program:
            code = program.wait([42, 1, 3, 4, 126, 127])
            judge_refusal(program, code)
            if code == 127 and program.fault.error != "ENOENT":
                raise Failure("says that there is no such command")
            if (code == 42) != os.path.exists(os.path.join(folder, "received")):
                raise Failure(f"exit code {code} of a command that has run, or has not")
            expected = {"peer": self.good.encode(), "received": GREETING}
            if code == 42 and {name: self.read(folder, name) for name in expected} != expected:
                raise Failure("the command got another stream")

    @staticmethod
    def read(folder, name):
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()


SCENARIOS = (List, Lines, Stdio, Stdio2, Exec)
