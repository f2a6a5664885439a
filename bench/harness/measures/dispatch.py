"""What one event costs, with few and many sources."""

from ..tables import Column
from .micro import Micro

ACTIVE = 100
TOTALS = (100, 1000, 9000)
SECONDS = 1  # for one figure


class Dispatch(Micro):
    """The classic chain of socket pairs."""

    name = "dispatch"
    title = "Dispatch"
    how = (
        "Tokens pass along a chain of socket pairs, as many at a time as are active: reading one byte and writing one "
        "byte to the next pair is an event."
    )
    rounds = (1, 3)
    columns = (
        Column("ns an event", "ns_per_event", compared=True),
        Column("CPU ns an event", "cpu_ns_per_event", compared=True),
    )

    def points(self, bench):
        return [{"active": ACTIVE, "sources": total} for total in (TOTALS[::2] if bench.quick else TOTALS)]

    def arguments(self, bench, point):
        return [point["active"], point["sources"], SECONDS]


MEASURE = Dispatch()
