"""A million timers."""

from ..tables import Column
from .micro import Micro


class Timers(Micro):
    """There is no loop to compare with: libev has the quickest timers of the peers."""

    name = "timers"
    title = "Timers"
    how = (
        "With random deadlines: all inserted, half cancelled in random order, the rest expires in its order. "
        "The first insert is while the arrays of the library grow. Nanoseconds for each timer; ratios are to libev."
    )
    rounds = (1, 3)
    baseline = "libev"
    columns = (
        Column("first insert ns", "first_insert_ns", compared=True),
        Column("insert ns", "insert_ns", compared=True),
        Column("cancel ns", "cancel_ns", compared=True),
        Column("expire ns", "expire_ns", compared=True),
        Column("bytes a timer", "bytes_per_timer"),
    )

    def points(self, bench):
        return [{"timers": 1_000_000}]

    def arguments(self, bench, point):
        return [point["timers"]]


MEASURE = Timers()
