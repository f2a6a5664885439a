"""Instructions that a server runs in user space for a message."""

from .. import processes, trace
from ..tables import Column
from .calls import messages_of
from .measure import Measure


class Instructions(Measure):
    """Under callgrind, which counts them exactly."""

    name = "instructions"
    title = "User-space instructions for a message"
    how = (
        "`valgrind --tool=callgrind` on the server in two runs of different numbers of messages, 64 bytes, depth 1: "
        "the difference of the counts by the difference of the messages."
    )
    rounds = (1, 1)
    needs = ("valgrind", "vgdb")
    columns = (Column("instructions", "instructions", compared=True),)

    def plan(self, bench):
        return [({"connections": count}, bench.main_names(count)) for count in ((64,) if bench.quick else (1, 64))]

    def take(self, bench, point, subject):
        connections = point["connections"]
        few, many = (1000, 5000) if connections == 1 else (100 * connections, 300 * connections)
        counts = [self._count(bench, subject, connections, messages) for messages in (few, many)]
        return {"instructions": (counts[1] - counts[0]) / (messages_of(many) - messages_of(few))}

    @staticmethod
    def _count(bench, subject, connections, messages):
        """Asked through vgdb: a signal would not reach a server in a call that valgrind takes for a quick one."""
        path, prefix = bench.work / "callgrind", f"--vgdb-prefix={bench.work / 'vgdb'}"
        dump = path.with_name("callgrind.1")
        dump.unlink(missing_ok=True)  # of the server before: if this one writes none, that is a failure
        tracer = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={path}", prefix]
        with bench.server(subject, tracer=tracer) as server:
            bench.load(server, "echo", connections=connections, depth=1, size=64, messages=messages)
            server.settle()
            processes.run(["vgdb", prefix, f"--pid={server.pid}", "dump"], bench.cores[1], patience=20)
        return trace.instructions(dump.read_text(encoding="utf-8"))


MEASURE = Instructions()
