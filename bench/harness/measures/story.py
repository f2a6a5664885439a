"""The story of the handshake server, told again."""

from ..points import describe
from ..processes import Server, run_json
from ..tables import Column, compare, percent, table
from .measure import Measure

SERVERS = ("blocking", "pool", "rdy")
PUBLISHED = (  # server, clients, memory, success
    ("one blocking thread", "about 50", "", ""),
    ("a pool of 8 threads", "1 500", "468 MB", "85 %"),
    ("event-driven", "5 000", "89 MB", "99.8 %"),
    ("event-driven", "15 000", "234 MB", "95.2 %"),
)
QUICK = (("1s", (50, 15000)),)  # how long a client thinks, and how many there are
FULL = (("60ms", (50, 1500, 5000, 15000)), ("3s", (50, 1500, 15000)))


def megabytes(values):
    return values["server_rss_peak"] / 1e6


class Story(Measure):
    """Three servers behind one protocol, and a crowd of clients that think between their messages."""

    name = "story"
    title = "The story of the handshake server"
    how = (
        "`HELLO X`, answered `HELLO Y`, closed by `HELLO Z`, by one blocking thread, by a pool of 8 threads and by "
        "rdy. All clients come at once; each thinks between the answer and its last message, and has succeeded when "
        "the server then closes within the time-out. Memory is the server's most. A thread serves time-out / think "
        "clients in time: with 60 ms 166, and eight of them 1 333, which is about what was published: how long clients "
        "think decides the success of one thread and of the pool. Times are of those clients that were answered."
    )
    rounds = (1, 1)
    columns = (
        Column("success", "success", form=percent),
        Column("served at once", "served_concurrency"),
        Column("connected at once", "highest_concurrency"),
        Column("memory MB", megabytes),
        Column("bytes a client", "server_user_bytes_per_client"),
        Column("CPU s", "server_cpu_s"),
        Column("mean answer ms", "mean_answer_ms"),
        Column("p99 ms", "p99_ms"),
    )

    def plan(self, bench):
        servers = [name for name in SERVERS if f"bench/story/story-{name}" in bench.built]
        timeout = "3s" if bench.quick else "10s"
        points = [
            {"clients": count, "think": think, "timeout": timeout}
            for think, counts in (QUICK if bench.quick else FULL) for count in counts
        ]
        return [(point, servers) for point in points] if servers else []

    def take(self, bench, point, subject):
        programs = bench.build / "bench/story"
        with Server([programs / f"story-{subject}"], bench.cores[0]) as server:
            command = [programs / "story-clients", "--port", server.port, "--pid", server.pid]
            for name, value in point.items():
                command += [f"--{name}", value]
            return run_json(command, bench.cores[1])

    def text(self, results):
        header = ["as published", "clients", "memory", "success"]
        parts = [self.how, table(header, [list(row) for row in PUBLISHED])]
        for point in results.points(self.name):
            parts += [f"**{describe(point)}**", compare(results, self.name, point, self.columns)]
        return "\n\n".join(parts)


MEASURE = Story()
