"""Reads what strace and callgrind have counted."""

import re

KINDS = {
    "reads": {"read", "readv", "recvfrom", "recvmsg", "recvmmsg", "pread64"},
    "writes": {"write", "writev", "sendto", "sendmsg", "sendmmsg", "pwrite64"},
    "waits": {
        "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect6", "io_uring_enter",
    },
}


def system_calls(text):
    """Counts by the name of the call, from the table of strace -c."""
    counts = {}
    for line in text.splitlines():
        row = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
        if row and row.group(2) != "total":
            counts[row.group(2)] = int(row.group(1))
    return counts


def by_kind(counts):
    """Reads, writes, waits, other; numbers of any sort."""
    totals = dict.fromkeys([*KINDS, "other"], 0)
    for name, count in counts.items():
        kind = next((kind for kind, names in KINDS.items() if name in names), "other")
        totals[kind] += count
    return totals


def per_message(few, many, messages):
    """What each message more has cost: counts of two runs, and by how many messages they differ. A call that the longer
    run happened to make less often is not part of a message."""
    return {name: max(0, many.get(name, 0) - few.get(name, 0)) / messages for name in {**few, **many}}


def instructions(text):
    """Of all threads, from the file that callgrind writes."""
    totals = re.findall(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
    if not totals:
        raise ValueError("callgrind has counted nothing")
    return max(int(total) for total in totals)
