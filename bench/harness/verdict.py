"""What was asked for, line by line, and whether it came out."""

import collections
import operator

from . import figures
from .judgement import DOUBTS, at_least, at_most, compared, judge, taken
from .measures import spin
from .peers import LIBRARIES, THRIFTY
from .points import parameter
from .spread import median_of
from .tables import table

OURS = ("rdy", "rdy-echo")
MEGA = 1_000_000
NOT_LESS = at_least(1, bound=0.97)  # by more than the spread


def one_of(**wanted):
    """Points with these parameters."""
    return lambda point: all(point.get(name) == value for name, value in wanted.items())


def beside_the_loop(results, mine):
    yield "CPU a message, to the loop: at most 1.01", compared(results, "echo", mine, "epoll", figures.cpu_us), \
        at_most(1.01)
    yield "messages/s, to the loop: not less by more than the spread", \
        compared(results, "echo", mine, "epoll", "per_second"), NOT_LESS
    yield "system calls a message, to the loop: equal (at most 1.01)", \
        compared(results, "calls", mine, "epoll", "all"), at_most(1.01)
    yield "user-space instructions a message, 64 connections: at most 120", \
        taken(results, "instructions", mine, "instructions", one_of(connections=64)), at_most(120, form="{:.0f}")


def beside_a_library(results, mine, other):
    yield f"messages/s, to {other}: not less by more than the spread", \
        compared(results, "echo", mine, other, "per_second"), NOT_LESS
    of_both = (compared(results, measure, mine, other, figures.cpu_us) for measure in ("echo", "churn"))
    yield f"CPU a message and a connection, to {other}: less", operator.or_(*of_both), at_most(1)
    if other in THRIFTY:
        yield f"memory of a held connection, to {other}: less", \
            compared(results, "hold", mine, other, "user_bytes_per_connection"), at_most(1)


def held(results, mine):
    most = one_of(connections=15000)
    yield "15 000 held: all answered", taken(results, "hold", mine, figures.answered_share, most), \
        at_least(1, form="{:.2%}")
    yield "15 000 held: user-space memory under 10 MB", \
        taken(results, "hold", mine, lambda values: values["rss"] / MEGA, most), at_most(10, form="{:.1f} MB")


def programs(results):
    yield "dispatch, to the loop: at most 1.05", compared(results, "dispatch", "rdy", "epoll", "ns_per_event"), \
        at_most(1.05)
    for what, limit in (("insert", 0.5), ("cancel", 0.25)):
        yield f"a million timers, {what}, to libev: at most {limit}", \
            compared(results, "timers", "rdy", "libev", f"{what}_ns"), at_most(limit)
    yield "waking, to a raw eventfd: at most 1.05", compared(results, "wake", "rdy", "epoll", "latency_ns"), \
        at_most(1.05)
    yield "a wake while one is pending: no system call (a tenth of an eventfd's write)", \
        compared(results, "wake", "rdy", "epoll", "repeated_ns"), at_most(0.1)


def beyond_the_timeout(values):
    """Of the prober with 6000 peers and 5 s, in ms, the median of its rounds."""
    wanted = (one for one in values["growth"] if one["peers"] == 6000 and one["timeout_s"] == 5)
    return median_of(1000 * (both["rdy-probe"]["seconds"] - 5) for one in wanted for both in one["rounds"])


def spinning(results):
    def to_sleeping(what, figure, **point):
        return compared(results, "spin", spin.SPINNING, spin.PLAIN, figure, one_of(what=what, **point))

    two = {"on": spin.TWO}
    yield "spin, 1 connection, p50 to that without: at most 0.25", \
        to_sleeping("echo", "p50_us", connections=1, **two), at_most(0.25)
    for connections, factor in ((1, 3.9), (4, 4.8)):
        label = parameter("connections", connections)
        yield f"spin, {label}, messages/s to that without: at least {factor}", \
            to_sleeping("echo", "per_second", connections=connections, **two), at_least(factor, form="{:.2f}")
    yield "spin, 4 connections, CPU a message to that without: at most 0.43", \
        to_sleeping("echo", figures.cpu_us, connections=4, **two), at_most(0.43)
    yield "spin, churn, connections/s to that without: at least 1.2", \
        to_sleeping("churn", "per_second", **two), at_least(1.2, form="{:.2f}")
    yield f"spin, 1 and 4 connections, messages/s to {spin.SPINNING_LOOP}: not less by more than the spread", \
        compared(results, "spin", spin.SPINNING, spin.SPINNING_LOOP, "per_second",
                 lambda point: point.get("connections", 64) <= 4 and point.get("on") == spin.TWO), \
        NOT_LESS
    yield "spin, idle: no CPU (at most 0.1 %)", \
        taken(results, "spin", spin.SPINNING, figures.server_share, one_of(what="idle")), at_most(0.001, form="{:.3%}")
    yield "spin, 64 connections or more, messages/s to that without: not less by more than the spread", \
        compared(results, "spin", spin.SPINNING, spin.PLAIN, "per_second",
                 lambda point: point.get("connections", 0) >= 64 and point.get("on") == spin.TWO), \
        NOT_LESS


def lines(results):
    """A target, whose it is, what was found, its limit."""
    for mine in OURS:
        yield from ((mine, *line) for line in beside_the_loop(results, mine))
        for other in LIBRARIES:
            yield from ((mine, *line) for line in beside_a_library(results, mine, other))
        yield from ((mine, *line) for line in held(results, mine))
    yield from (("rdy", *line) for line in programs(results))
    yield "rdy-probe", "6 000 peers, 5 s: at most 50 ms beyond", \
        taken(results, "probe", "rdy-probe", beyond_the_timeout), at_most(50, form="{:.0f} ms")
    yield "rdy", "the story's 15 000 clients: all succeed", \
        taken(results, "story", "rdy", "success", one_of(clients=15000)), at_least(1, form="{:.2%}")
    yield from (("rdy-echo", *line) for line in spinning(results))


SORTS = {  # by how a verdict begins
    "short": "**", "not measured": "not", "met within the spread": "met, within", "met": "met",
}
IN_DOUBT = "in doubt"


def sort_of(said):
    """What says nothing at a point is not counted as met, and what says nothing at all neither as short."""
    sort = next((sort for sort, begin in SORTS.items() if said.startswith(begin)), IN_DOUBT)
    return IN_DOUBT if sort.startswith("met") and any(doubt in said for doubt, _ in DOUBTS.values()) else sort


def head(verdicts):
    counts = collections.Counter(map(sort_of, verdicts))
    counted = ", ".join(f"{counts[sort]} {sort}" for sort in (*reversed(SORTS), IN_DOUBT) if counts[sort])
    return (
        f"{len(verdicts)} lines: {counted}. The worst point of a line is shown. A run that failed, or lost one "
        "connection, makes its line short. *Within the spread* says that one of the quartiles reaches the target; "
        f"*not less by more than the spread* is met so only where the median is at least {NOT_LESS.bound}. Where there "
        "was one round there is no spread, and that bound alone decides. A line is in doubt where the load generator "
        "limited one of the two, so that being as quick says nothing (nor, where it limited the judged one, being "
        "slower), or where memory is below what can be seen."
    )


def text(results):
    rows = [[target, mine, *judge(found, limit)] for mine, target, found, limit in lines(results)]
    made = table(["target", "of", "measured", ""], rows, words=True)
    return f"## What had to come out\n\n{head([row[3] for row in rows])}\n\n{made}"
