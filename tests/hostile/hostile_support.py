"""Crowds of clients against a rdy-echo (tests/hostile/main.c), and what the system tells of that server."""

import collections
import os
import subprocess
import threading
import time

from echo_support import PATIENCE, lines_of, wait_until

KIBIBYTE = 1024
SANITIZERS = os.environ.get("RDY_SANITIZE", "none")  # of the build
# Whether the server has the memory that users see, and no shadows of a sanitizer.
IS_PLAIN = SANITIZERS == "none"


class Clients:
    """A running crowd; `crowds` are "role:clients" or "role:clients:lives". Ends with the block at the latest."""

    def __init__(self, program, server, seed, *crowds, seconds=3600):
        hidden = ("RDY_BACKEND", "RDY_DEBUG")  # these are for the server
        self.process = subprocess.Popen(
            [program, server.address, str(seed), str(seconds), *crowds],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if name not in hidden},
        )
        self.output = lines_of(self.process.stdout)
        self.errors = lines_of(self.process.stderr)
        self.tallies = {}
        self.count = len(crowds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()

    def next_tally(self, patience):
        """Waits until a crowd has finished; its name, None when all have."""
        line = self.output.get(timeout=patience)
        if line is None:
            return None
        name, _, pairs = line.partition(": ")
        values = (pair.split("=") for pair in pairs.split())
        self.tallies[name] = collections.Counter({key: int(value) for key, value in values})
        return name

    def stop(self):
        """Asks the crowds to finish and waits; their tallies by role."""
        self.process.stdin.close()
        return self.wait(0)

    def wait(self, seconds):
        """Waits until all have finished, which they do by themselves within `seconds`; their tallies by role."""
        while len(self.tallies) < self.count and self.next_tally(seconds + 2 * PATIENCE):
            pass
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        losses = []
        while (line := self.errors.get(timeout=PATIENCE)) is not None:
            losses.append(line)
        assert code == 0 and not losses, f"status {code}:\n" + "\n".join(losses[:20])
        return self.tallies


def total(tallies):
    return sum(tallies.values(), collections.Counter())


def own_memory(pid):
    """Bytes of memory that the process has written and that are its alone."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) * KIBIBYTE for line in file if line.startswith("Private_Dirty:"))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def status(pid, thread):
    """What Linux says of a thread, by the names of its fields."""
    with open(f"/proc/{pid}/task/{thread}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file)


def naps(pid):
    """How often each thread of it has gone to sleep; None if one does not sleep."""
    statuses = [status(pid, thread) for thread in sorted(os.listdir(f"/proc/{pid}/task"))]
    asleep = all(one["State"].startswith("S") for one in statuses)
    return [int(one["voluntary_ctxt_switches"]) for one in statuses] if asleep else None


def wait_until_asleep(pid):
    """Until no thread of it has run for a while. ThreadSanitizer has one that never rests."""
    if "thread" in SANITIZERS:
        return

    def stands_still():
        before = naps(pid)
        time.sleep(0.3)
        return before is not None and naps(pid) == before

    wait_until(stands_still, "the server sleeps")


class MemoryWatch:
    """Looks at a server's memory and clients now and then, as long as the block lasts, which fails if it cannot."""

    def __init__(self, server):
        self.server = server
        self.peak = self.most_open = 0
        self.failure = None
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.done.set()
        self.thread.join()
        if kind is None and self.failure is not None:
            raise self.failure

    def watch(self):
        try:
            while not self.done.wait(0.1):
                self.look()
        except Exception as failure:  # of any kind: it belongs to who waits for the thread
            self.failure = failure

    def look(self):
        self.peak = max(self.peak, own_memory(self.server.process.pid))
        self.most_open = max(self.most_open, self.server.counters()["open"])
