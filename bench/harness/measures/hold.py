"""Many connections held, each echoed in its turn."""

from .. import figures
from ..points import grouped
from ..processes import Failure
from ..tables import Column, percent
from .. import machine
from .measure import Measure

SPARE = 100  # descriptors for anything but connections


def mebibytes(values):
    return values["rss"] / (1 << 20)


def mark(values):
    lost = [f"{grouped(values[what])} {what}" for what in ("failed", "wrong") if values.get(what)]
    return ", ".join(lost) or None


class Hold(Measure):
    """What a connection that is silent costs."""

    name = "hold"
    title = "Connections held"
    how = (
        "All connect, at most 256 of them at a time; when the server has accepted all, its resident memory is "
        "looked at, then each is echoed in turn, then all at once. Memory is user space's (the growth of the "
        "server's resident set), buffers of the kernel are not in it."
    )
    rounds = (1, 2)
    mark = staticmethod(mark)
    columns = (
        Column("accepted in s", "accept_s", compared=True),
        Column("RSS MiB", mebibytes),
        Column("bytes a connection", "user_bytes_per_connection"),
        Column("answered", figures.answered_share, form=percent),
        Column("mean µs", "mean_us"),
        Column("p99 µs", "p99_us"),
        Column("all at once s", "all_at_once_s", compared=True),
    )

    def plan(self, bench):
        counts = (15000,) if bench.quick else (1000, 5000, 10000, 15000)
        return [({"connections": count}, bench.main_names(count)) for count in counts]

    def take(self, bench, point, subject):
        count = point["connections"]
        limit = machine.raise_descriptor_limit()
        if limit < count + SPARE:
            raise Failure(f"only {grouped(limit)} descriptors are allowed")
        with bench.server(subject) as server:
            return {"connections": count, **bench.load(server, "hold", partial=True, connections=count)}


MEASURE = Hold()
