"""Looking for events before sleeping, and what it costs."""

import socket
import time

from .. import figures
from ..points import describe
from ..processes import Failure, Server, processor_seconds
from ..tables import Column, compare, percent
from . import churn, echo
from .measure import Measure

SPIN = "50us"
PLAIN, SPINNING = "rdy-echo", f"rdy-echo --spin {SPIN}"
LOOP, SPINNING_LOOP = "epoll", f"epoll, looking for {SPIN}"
SUBJECTS = {PLAIN: (PLAIN, ()), SPINNING: (PLAIN, ("--spin", SPIN)), LOOP: (LOOP, ()), SPINNING_LOOP: (LOOP, (50_000,))}
TWO, ONE = "two cores", "both ends on one core"
IDLE_CONNECTIONS = 64


def idle(server):
    """Of a second, what a server uses whose clients have just fallen silent."""
    clients = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(IDLE_CONNECTIONS)]
    try:
        for client in clients:
            client.sendall(b"x")
            if client.recv(1) != b"x":
                raise Failure("the server has closed a connection")
        time.sleep(0.1)
        spent, begun = processor_seconds(server.pid), time.monotonic()
        time.sleep(1)
        return {"server_cpu_s": processor_seconds(server.pid) - spent, "seconds": time.monotonic() - begun}
    finally:
        for client in clients:
            client.close()


COLUMNS = {
    "echo": (
        Column("messages/s", "per_second", compared=True),
        Column("CPU µs a message", figures.cpu_us, compared=True),
        Column("p50 µs", "p50_us"),
        Column("p99 µs", "p99_us"),
        Column("server's core busy", figures.server_share, form=percent),
    ),
    "churn": churn.COLUMNS,
    "idle": (Column("of a core", figures.server_share, form=percent),),
}


class Spin(Measure):
    """rdy-echo with --spin beside the same without, and the hand-written loop likewise."""

    name = "spin"
    title = "Spinning before sleeping"
    how = (
        f"`rdy-echo --spin {SPIN}` beside the same without, and beside the hand-written loop, which looks for {SPIN} "
        "before each sleep whether that pays or not; depth 1, 64 bytes. Idle: "
        f"{IDLE_CONNECTIONS} connections that were echoed once and then stay silent, 0.1 s later, for 1 s."
    )
    rounds = (1, 5)
    baseline = PLAIN

    def plan(self, bench):
        if PLAIN not in bench.names():
            return []
        counts = (1, 4) if bench.quick else (1, 4, 16, 64)
        places = (TWO, ONE) if len(set(bench.cores)) > 1 else (ONE,)
        points = [{"what": "echo", "connections": count, "on": place} for place in places for count in counts]
        points += [{"what": "churn", "clients": 16, "on": place} for place in places]
        return [(point, list(SUBJECTS)) for point in [*points, {"what": "idle"}]]

    def take(self, bench, point, subject):
        core = bench.cores[1 if point.get("on") == TWO else 0]
        with Server(self._command(bench, subject), bench.cores[0]) as server:
            if point["what"] == "idle":
                return idle(server)
            if point["what"] == "churn":
                return churn.load(bench, server, point["clients"], core)
            return echo.load(bench, server, point, core)

    @staticmethod
    def _command(bench, subject):
        peer, arguments = SUBJECTS[subject]
        return [*bench.peer(peer).command(bench.build), *arguments]

    def text(self, results):
        parts = [self.how]
        for point in results.points(self.name):
            mark = echo.mark if point.get("on") == TWO else self.mark
            columns = COLUMNS[point["what"]]
            parts += [f"**{describe(point)}**", compare(results, self.name, point, columns, self.baseline, mark)]
        return "\n\n".join(parts)


MEASURE = Spin()
