"""The prober: all of it is in probing.py, which has rounds of its own."""

from .. import probing, progress
from ..processes import Failure
from ..tables import table
from .measure import Measure


class Probe(Measure):
    """Told once."""

    name = "probe"
    title = "The prober"
    how = (
        "rdy-probe beside a bare epoll loop that connects to the same peers and keeps only a deadline for each. Where "
        "the last has begun is told for both by the begin of that peer's first step, from the begin of the run; for "
        "rdy-probe that is the greatest started_ms of one more run, with --json and a time-out of 1 s."
    )
    rounds = (1, 1)

    def plan(self, bench):
        return [({}, ["rdy-probe"])] if {"apps/probe/rdy-probe", "bench/probing/bare-probe"} <= bench.built else []

    def take(self, bench, point, subject):
        try:
            return probing.measure(bench.build, bench.cores, bench.quick,
                                   lambda text: progress.say(f"probe: {text}"))
        except RuntimeError as error:
            raise Failure(str(error)) from None

    def text(self, results):
        parts = [self.how]
        for record in results.at(self.name, {}):
            if "failure" in record:
                parts.append(f"Failed: {record['failure']}")
            else:
                for title, (header, *rows) in probing.tables(record["values"]):
                    parts += [f"**{title}**", table(list(header), [list(row) for row in rows])]
        return "\n\n".join(parts)


MEASURE = Probe()
