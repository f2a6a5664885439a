"""Real servers on the loopback, and clients on rdy that prove themselves against them in every mode on every backend.

The tests are called as: LIBRARY_test.py BACKEND,... [CLIENT]; without a client the library was not there to build one.
"""

import collections
import contextlib
import glob
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

BACKENDS = sys.argv[1].split(",")
CLIENT = sys.argv[2] if len(sys.argv) > 2 else None
MODES = ("level", "edge")
PATIENCE = 60  # seconds that nothing here takes, however slow the machine
SKIPPED = 77
PLACES = [os.environ["PATH"], "/usr/sbin", *sorted(glob.glob("/usr/lib/postgresql/*/bin"))]
# Without what could turn a client to another server than its own, and what is set for each run.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.lower().endswith("_proxy") and not name.startswith(("PG", "CURL", "SSL", "RES_", "RDY_", "LOCALDOMAIN"))
}

Row = collections.namedtuple("Row", "scenario amount result")


def skip(reason):
    """Ends the test: left out on a user's machine, failed in CI, which installs everything."""
    print("skipped:", reason)
    sys.exit(1 if os.environ.get("RDY_CI") else SKIPPED)


def require(package, *programs):
    """The paths of the programs; the test is skipped if one is missing, or the client."""
    if CLIENT is None:
        skip("%s is not installed" % package)
    paths = [shutil.which(program, path=os.pathsep.join(PLACES)) for program in programs]
    for program, path in zip(programs, paths):
        if path is None:
            skip("%s is not installed" % program)
    return paths


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.01)


@contextlib.contextmanager
def bound_socket():
    """A port that refuses connections and is nobody else's."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def free_ports(count):
    with contextlib.ExitStack() as stack:
        return [stack.enter_context(bound_socket()) for _ in range(count)]


def accepts(port, address="127.0.0.1"):
    with socket.socket() as client:
        return client.connect_ex((address, port)) == 0


def run(*command, **options):
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=PATIENCE, check=False, **options,
    )
    if done.returncode != 0:
        raise AssertionError("%s: %d\n%s" % (command, done.returncode, done.stdout))
    return done.stdout


def make_folder():
    """A folder that is gone after the tests."""
    folder = tempfile.TemporaryDirectory(prefix="rdy-interop-")
    unittest.addModuleCleanup(folder.cleanup)
    return pathlib.Path(folder.name)


def make_certificate(openssl, folder, address="127.0.0.1"):
    """A key and a certificate for the address that nobody but itself vouches for."""
    run(
        openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", "/CN=" + address, "-addext", "subjectAltName=IP:" + address,
        "-keyout", folder / "key.pem", "-out", folder / "certificate.pem",
    )


class Server:
    """A server in the foreground, in a folder of its own, that ends after the tests.

    `command` makes the command line for a list of ports. A port that was free may be taken when the server comes to
    it: then it ends, and is started on others. It is ready once its log has the words,
    or the function says so, or else once it accepts.
    """

    def __init__(self, folder, command, ports=1, ready=None, stop=signal.SIGTERM, **options):
        self.folder = folder
        self.log = folder / "log"
        self.stop_signal = stop
        for _ in range(5):
            self.ports = free_ports(ports)
            if self.start([str(part) for part in command(self.ports)], ready, options):
                unittest.addModuleCleanup(self.stop)
                return
        raise AssertionError("the server does not start:\n" + self.log.read_text())

    def start(self, command, ready, options):
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **options
            )
        try:
            wait_until(lambda: self.process.poll() is not None or self.is_ready(ready), "the server is ready")
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self.process.poll() is None

    def is_ready(self, ready):
        if callable(ready):
            return ready()
        return ready in self.log.read_text() if ready else all(accepts(port) for port in self.ports)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


class InteropTest(unittest.TestCase):
    LIBRARY = None  # what the table says: "libcurl and nginx"

    def run_client(self, backend, mode, *arguments, **environment):
        """What the client reports; each line goes to the log, too. It says nothing on stderr."""
        done = subprocess.run(
            [CLIENT, mode, *(str(argument) for argument in arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, timeout=PATIENCE, check=False, env={**ENVIRONMENT, **environment, "RDY_BACKEND": backend},
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        head, *lines = (json.loads(line) for line in done.stdout.splitlines())
        self.assertEqual(head, {"backend": backend})
        if "RDY_DEBUG" in environment:
            mode += ", debug"
        for line in lines:
            cells = (self.LIBRARY, line["scenario"], line["amount"], backend, mode, line["ms"])
            print("| %s | %s | %s | %s | %s | %d ms |" % cells, flush=True)
        return [Row(line["scenario"], line["amount"], line["result"]) for line in lines]

    def check_everywhere(self, expected, *arguments, backends=BACKENDS):
        """Every mode on every backend comes to this; edges, which ask for more, also while rdy looks for misuse."""
        self.maxDiff = None
        runs = [(mode, {}) for mode in MODES] + [("edge", {"RDY_DEBUG": "1"})]
        for backend in backends:
            for mode, environment in runs:
                with self.subTest(backend=backend, mode=mode, **environment):
                    self.assertEqual(self.run_client(backend, mode, *arguments, **environment), expected)


def main():
    unittest.main(argv=sys.argv[:1], verbosity=2)
