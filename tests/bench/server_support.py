"""A running server of the comparison, seen from outside."""

import ctypes
import os
import pathlib
import re
import resource
import shlex
import signal
import socket
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "apps"))

from echo_support import PATIENCE, lines_of  # noqa: E402

PIDFD_GETFD = 438  # the same on every architecture; Python has no name for it


class Server:
    """Starts a command line that serves on 127.0.0.1 and says where; `descriptors` limits their number."""

    def __init__(self, command, descriptors=None):
        def limit():
            if descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        self.process = subprocess.Popen(shlex.split(command), stdout=subprocess.PIPE, text=True, preexec_fn=limit)
        self.pid = self.process.pid
        try:
            line = lines_of(self.process.stdout).get(timeout=PATIENCE)
            match = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)( \(.*\))?", line or "")
            assert match, f"unexpected first line {line!r}"
            self.port = int(match.group(1))
        except BaseException:
            self.end()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()

    def is_alive(self):
        return self.process.poll() is None

    def stop(self):
        """Holds the program up until `go_on`; returns when it stands still."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def connect(self, receive_buffer=None):
        client = socket.socket(socket.AF_INET)
        client.settimeout(PATIENCE)
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            client.connect(("127.0.0.1", self.port))
        except BaseException:
            client.close()
            raise
        return client

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        pages = pathlib.Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * resource.getpagesize()

    def descriptors(self):
        return [int(name) for name in os.listdir(f"/proc/{self.pid}/fd")]

    def peer_of(self, client):
        """The server's end of a client's connection, duplicated into this process. OSError where that is forbidden."""
        process = os.pidfd_open(self.pid)
        try:
            for number in self.descriptors():
                end = duplicate(process, number)
                if end is not None and is_peer(end, client):
                    return end
        finally:
            os.close(process)
        raise AssertionError("no descriptor of the server belongs to the client")


def duplicate(process, number):
    """The socket under a descriptor of another process; None if it is something else or gone."""
    result = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, process, number, 0)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    try:
        return socket.socket(fileno=result)
    except OSError:
        os.close(result)
        return None


def is_peer(end, client):
    """Whether they are the two ends of a connection; if not, `end` is closed."""
    try:
        if end.family == socket.AF_INET and end.getpeername() == client.getsockname():
            return True
    except OSError:
        pass  # a listener has no peer
    end.close()
    return False
