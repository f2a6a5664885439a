"""What it costs to stop watching a descriptor and to begin again."""

from ..tables import Column
from .micro import Micro


class Register(Micro):
    """Each of many, one after another."""

    name = "register"
    title = "Registering"
    how = (
        "A loop watches a thousand descriptors; each is removed and added again. Lazy libraries tell the kernel when "
        "they wait next, so a pair is timed with no turn of the loop, with a turn behind it, and with one behind "
        "each half; the turn's own time is in it."
    )
    columns = (
        Column("ns a pair, a turn behind it", "ns_per_pair", compared=True),
        Column("no turn", "lazy_ns_per_pair", compared=True),
        Column("a turn behind each half", "apart_ns_per_pair", compared=True),
        Column("a turn alone", "turn_ns"),
    )

    def points(self, bench):
        return [{}]

    def arguments(self, bench, point):
        return [20_000 if bench.quick else 200_000]


MEASURE = Register()
