"""Messages echoed: how many, how soon, for how much of the processor."""

from .. import figures
from ..tables import Column
from .measure import Measure

POINTS = [
    {"connections": connections, "depth": depth, "bytes": 64}
    for connections in (1, 64, 1000, 10000) for depth in (1, 16)
] + [{"connections": 64, "depth": 1, "bytes": 16384}]
QUICK = [POINTS[0], POINTS[2], POINTS[4]]


def load(bench, server, point, core=None):
    """As all measures load a server: a short warming up, then a window."""
    warm, seconds = (0.1, 0.2) if bench.quick else (0.2, 0.5)
    return bench.load(
        server, "echo", core, connections=point["connections"], depth=point.get("depth", 1),
        size=point.get("bytes", 64), warm=warm, seconds=seconds,
    )


def mark(values):
    return "limited by the load" if figures.limited_by_load(values) else None


COLUMNS = (
    Column("messages/s", "per_second", compared=True),
    Column("CPU µs a message", figures.cpu_us, compared=True),
    Column("p50 µs", "p50_us"),
    Column("p99 µs", "p99_us"),
    Column("p99.9 µs", "p999_us"),
)


class Echo(Measure):
    """Each peer as a server on one core, one client process on the other."""

    name = "echo"
    title = "Echo"
    how = (
        "Each client keeps as many messages in flight on each connection as the depth says and checks every byte of "
        "every answer. CPU is the server's own, of all its threads."
    )
    columns = COLUMNS
    mark = staticmethod(mark)

    def plan(self, bench):
        return [(point, bench.main_names(point["connections"])) for point in (QUICK if bench.quick else POINTS)]

    def take(self, bench, point, subject):
        with bench.server(subject) as server:
            return load(bench, server, point)


MEASURE = Echo()
