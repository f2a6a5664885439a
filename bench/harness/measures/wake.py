"""Waking a loop from another thread."""

from ..tables import Column
from .micro import Micro

SPINNING = "rdy, spin 50 µs"
SPIN_NS = 50_000
TWO, ONE = "two cores", "one core"


class Wake(Micro):
    """Two threads, on two cores where there are two, and on one."""

    name = "wake"
    title = "Waking"
    how = (
        "Latency is one hop of a ping-pong of two threads, each of which stays on its core; repeated is a wake while "
        "one is pending; throughput is the time of a wake against a loop that runs."
    )
    columns = (
        Column("latency ns", "latency_ns", compared=True),
        Column("repeated ns", "repeated_ns", compared=True),
        Column("throughput ns", "throughput_ns", compared=True),
    )

    def points(self, bench):
        return [{"on": TWO}, {"on": ONE}] if len(set(bench.cores)) > 1 else [{"on": ONE}]

    def plan(self, bench):
        return [(point, [*names, SPINNING] if "rdy" in names else names) for point, names in super().plan(bench)]

    def command(self, bench, point, subject):
        rounds = 5_000 if bench.quick else 20_000
        if subject == SPINNING:
            return [bench.programs(self.prefix)["rdy"], rounds, SPIN_NS]
        return [bench.programs(self.prefix)[subject], rounds]

    @staticmethod
    def core(bench, point):
        cores = sorted(set(bench.cores)) if point["on"] == TWO else bench.cores[:1]
        return ",".join(map(str, cores))


MEASURE = Wake()
