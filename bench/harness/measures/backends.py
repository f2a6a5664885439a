"""rdy's own backends beside each other and the hand-written loop, also as sources grow."""

from .. import figures
from ..points import describe
from ..processes import run_json
from ..tables import Column, compare
from . import echo
from .dispatch import ACTIVE, SECONDS
from .measure import Measure

BACKENDS = {"rdy on epoll": "epoll", "rdy on select": "select"}
ECHO = (Column("messages/s", "per_second", compared=True), Column("CPU µs a message", figures.cpu_us, compared=True))
DISPATCH = (Column("ns an event", "ns_per_event", compared=True),)


def environment_of(subject):
    return {"RDY_BACKEND": BACKENDS[subject]} if subject in BACKENDS else {}


class Backends(Measure):
    """rdy-echo and the chain of socket pairs."""

    name = "backends"
    title = "Backends, and cost as sources grow"
    how = "`RDY_BACKEND` chooses; the programs are the same: rdy-echo, and the dispatch benchmark."
    rounds = (1, 3)

    def plan(self, bench):
        loop = ["epoll"] if "epoll" in bench.names() else []
        counts = (64,) if bench.quick else (1, 64, 1000)
        plan = [
            ({"what": "echo", "connections": count}, [*loop, *BACKENDS]) for count in counts
        ] if "rdy-echo" in bench.names() else []
        programs = bench.programs("dispatch-")
        if "rdy" in programs:
            totals = (100, 9000) if bench.quick else (100, 300, 1000, 3000, 9000)
            subjects = [*(["epoll"] if "epoll" in programs else []), *BACKENDS]
            plan += [({"what": "dispatch", "active": ACTIVE, "sources": total}, subjects) for total in totals]
        return plan

    def take(self, bench, point, subject):
        environment = environment_of(subject)
        if point["what"] == "echo":
            with bench.server("rdy-echo" if environment else subject, environment=environment) as server:
                return echo.load(bench, server, point)
        program = bench.programs("dispatch-")["rdy" if environment else subject]
        return run_json([program, point["active"], point["sources"], SECONDS], bench.cores[0], environment=environment)

    def text(self, results):
        parts = [self.how]
        for point in results.points(self.name):
            columns, mark = (ECHO, echo.mark) if point["what"] == "echo" else (DISPATCH, self.mark)
            parts += [f"**{describe(point)}**", compare(results, self.name, point, columns, self.baseline, mark)]
        return "\n\n".join(parts)


MEASURE = Backends()
