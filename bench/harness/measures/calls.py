"""System calls for a message."""

from .. import trace
from ..tables import Column
from .measure import Measure


class Calls(Measure):
    """Under strace, which counts every call; but the slower server finds more to do each time that it wakes."""

    name = "calls"
    title = "System calls for a message"
    how = (
        "`strace -c -f` on the server in two runs of different numbers of messages, 64 bytes, depth 1: the difference "
        "of the counts by the difference of the messages, so that neither start nor accept counts. Tracing slows the "
        "server and so shifts how many waits and reads that find nothing fall on a message."
    )
    rounds = (1, 1)
    needs = ("strace",)
    columns = (
        Column("all", "all", compared=True),
        Column("reads", "reads"),
        Column("writes", "writes"),
        Column("waits", "waits"),
        Column("other", "other"),
    )

    def plan(self, bench):
        counts = (64,) if bench.quick else (1, 64, 1000)
        return [({"connections": count}, bench.main_names(count)) for count in counts]

    def take(self, bench, point, subject):
        connections = point["connections"]
        few, many = (max(400, rounds * connections) for rounds in (5, 15)) if connections > 1 else (500, 2500)
        counts = [self._count(bench, subject, connections, messages) for messages in (few, many)]
        calls = trace.per_message(*counts, messages_of(many) - messages_of(few))
        kinds = trace.by_kind(calls)
        return {"all": sum(kinds.values()), **kinds, "calls": {name: count for name, count in calls.items() if count}}

    @staticmethod
    def _count(bench, subject, connections, messages):
        path = bench.work / "strace"
        with bench.server(subject, tracer=["strace", "-c", "-f", "-o", path]) as server:
            bench.load(server, "echo", connections=connections, depth=1, size=64, messages=messages)
            server.settle()
            server.kill()
            return trace.system_calls(path.read_text(encoding="utf-8"))


def messages_of(asked):
    """With those that warm up."""
    return asked + asked // 10


MEASURE = Calls()
