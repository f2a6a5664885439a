"""Holds what rdy-echo has counted against what its clients saw, and its memory against the bound of rdy-echo(1)."""

import os

from hostile_support import KIBIBYTE, total

PER_WORKER = 1024 * KIBIBYTE
PER_CLIENT = 128
PER_CLIENT_AND_WORKER = 144 if os.environ.get("RDY_BACKEND") == "select" else 0
PER_SLOW_CLIENT = 4 * KIBIBYTE


def dropped_by_system():
    """How many clients of this machine thought themselves connected and never came to an accept(2), so far.

    A listener's queue was full, or a client's reset was handled before the last packet of its handshake.
    """
    with open("/proc/net/netstat", encoding="ascii") as file:
        names, values = [line.split() for line in file if line.startswith("TcpExt:")]
    counts = dict(zip(names, values))
    return int(counts["ListenOverflows"]) + int(counts["EmbryonicRsts"])


def memory_bound(clients, slow, limit, workers):
    """Bytes beyond those of an idle server, as rdy-echo(1) has them; `slow` of the clients do not read."""
    each = PER_CLIENT + PER_CLIENT_AND_WORKER * workers
    buffer = limit * 1.25
    return int(workers * (PER_WORKER + buffer) + clients * each + slow * (PER_SLOW_CLIENT + buffer))


def check(test, counters, tallies, dropped):
    """The server's counters at its end against the sums of all crowds; `dropped` of them may not have come to it."""
    seen = total(tallies)
    sent = seen["ended_bytes"] + seen["left_sent"]
    received = seen["ended_bytes"] + seen["left_received"]
    test.assertEqual(seen["lost"], 0)
    test.assertEqual(seen["attempts"], seen["connected"] + seen["unanswered"])
    test.assertEqual(seen["connected"], seen["ended"] + seen["dismissed"] + seen["left"])
    test.assertEqual((counters["open"], counters["closed"]), (0, counters["accepted"]))
    test.assertLessEqual(seen["connected"] - counters["accepted"], dropped)
    test.assertLessEqual(counters["accepted"], seen["connected"] + seen["unanswered"])
    # Of those who vanish it may not have read all they sent, nor they all that it wrote.
    test.assertLessEqual(received, counters["bytes_out"])
    test.assertLessEqual(counters["bytes_out"], counters["bytes_in"])
    test.assertLessEqual(counters["bytes_in"], sent)
    test.assertLessEqual(counters["failed"], seen["left"])
    test.assertLessEqual(counters["idle"] + counters["cut"], seen["silent"] + seen["dismissed"])
    test.assertGreaterEqual(counters["idle"], seen["dismissed"])


def figure(number):
    return f"{number:,}".replace(",", " ")


def mebibytes(number):
    return f"{number / 2**20:.1f} MiB"


def traffic_row(title, tallies):
    seen = total(tallies)
    connections, echoed = figure(seen["connected"]), figure(seen["ended_bytes"] + seen["left_received"])
    print(f"| {title} | {connections} connections, {echoed} bytes echoed, {seen['lost']} lost |", flush=True)


def latency_row(title, tally):
    messages = figure(tally["messages"])
    times = f"p50 {tally['p50_us'] / 1000:.2f} ms, p99 {tally['p99_us'] / 1000:.2f} ms"
    print(f"| {title} | {messages} messages, {times} |", flush=True)


def memory_row(title, peak, bound, after):
    print(f"| {title} | {mebibytes(peak)}, {mebibytes(bound)}, {mebibytes(after)} |", flush=True)
