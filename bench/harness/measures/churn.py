"""Connections that come, ask once and go."""

from .. import figures
from ..tables import Column
from .echo import mark
from .measure import Measure

COLUMNS = (
    Column("connections/s", "per_second", compared=True),
    Column("CPU µs each", figures.cpu_us, compared=True),
    Column("p50 µs", "p50_us"),
    Column("p99 µs", "p99_us"),
)


def load(bench, server, clients, core=None):
    return bench.load(server, "churn", core, clients=clients, seconds=0.3 if bench.quick else 0.7)


class Churn(Measure):
    """Connect, one echo, close, again and again."""

    name = "churn"
    title = "Churn"
    how = (
        "Clients that connect, have 64 bytes echoed, close and begin again. A slower server can look faster here, "
        "since it sleeps less and so is woken less: its CPU tells."
    )
    rounds = (1, 5)
    columns = COLUMNS
    mark = staticmethod(mark)

    def plan(self, bench):
        return [({"clients": 64}, bench.main_names(64))]

    def take(self, bench, point, subject):
        with bench.server(subject) as server:
            return load(bench, server, point["clients"])


MEASURE = Churn()
