"""rdy-echo among hostile clients: nobody else loses a byte, memory stays bounded, and afterwards all is as before.

Usage: hostile_test.py PATH-TO-RDY-ECHO PATH-TO-HOSTILE [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import collections
import os
import random
import signal
import sys
import unittest

import accounts
from echo_case import EchoTest
from echo_support import ask, lack_of_descriptors
from hostile_support import IS_PLAIN, KIBIBYTE, Clients, MemoryWatch, descriptors, own_memory, wait_until_asleep

FIXED_SEED = 20260
FIRST, LATE = b"first", b"late"
BUFFER_LIMIT = 256 * KIBIBYTE
# What the allocator keeps, and the places that a slab remembers for clients that are gone: 10 bytes each.
KEPT = 1024 * KIBIBYTE
BACKEND = os.environ.get("RDY_BACKEND", "best")


class HostileTest(EchoTest):
    clients_program = None
    dropped_before = None

    def start_idle(self, *options, **others):
        """A server that has served once, so that what it takes for good is taken; its memory and descriptors."""
        self.dropped_before = accounts.dropped_by_system()
        server = self.start(*options, **others)
        with server.connect() as client:
            self.assertEqual(ask(client, FIRST), FIRST)
        server.wait_for("it is alone", lambda counters: counters["open"] == 0)
        pid = server.process.pid
        return server, own_memory(pid), descriptors(pid)

    def play(self, server, seed, *crowds, **others):
        return self.hold(Clients(self.clients_program, server, seed, *crowds, **others))

    def check_rest(self, server, memory, count):
        """After the storm: descriptors and memory are back, and nothing runs."""
        pid = server.process.pid
        # A client that left without a packet may be noticed at any time.
        server.wait_for("no descriptor is over", lambda counters: descriptors(pid) == count + counters["open"])
        if IS_PLAIN:
            left = server.counters()["open"]  # who left without a packet, and may have left its echo unread
            held = accounts.memory_bound(left, left, BUFFER_LIMIT, 0)
            self.assertLessEqual(own_memory(pid), memory + held + KEPT)
        wait_until_asleep(pid)

    def end_and_account(self, server, tallies, own=(FIRST,)):
        """`own`: what other clients than the crowds have sent, one message each."""
        self.assertEqual(server.end(), 0)
        counters = collections.Counter(server.next_counters()["total"])
        own_bytes = sum(map(len, own))
        counters.subtract({"accepted": len(own), "closed": len(own), "bytes_in": own_bytes, "bytes_out": own_bytes})
        accounts.check(self, counters, tallies, accounts.dropped_by_system() - self.dropped_before)


class Mix(HostileTest):
    """All kinds at once, and well-behaved ones beside them."""

    def bytes_of(self, server, seed):
        return self.play(server, seed, "half-closer:1:40").wait(0)["half-closer"]["ended_bytes"]

    def test_a_seed_says_what_clients_do(self):
        server = self.start()
        sent = self.bytes_of(server, FIXED_SEED)
        self.assertEqual(self.bytes_of(server, FIXED_SEED), sent)
        self.assertNotEqual(self.bytes_of(server, FIXED_SEED + 1), sent)

    def check_mix(self, seed, workers):
        server, memory, count = self.start_idle("--workers", str(workers), "--drain-timeout", "30s")
        crowds = ("steady:8", "polite:8", "mix:120", "stormer:8", "parked:100")
        with MemoryWatch(server) as watch:
            tallies = self.play(server, seed, *crowds, seconds=2).wait(2)
        silent = accounts.total(tallies)["silent"]
        server.wait_for("all but the silent have gone", lambda counters: counters["open"] <= silent)
        self.check_rest(server, memory, count)
        if IS_PLAIN:
            bound = memory + accounts.memory_bound(watch.most_open + 250, 2 * 120, BUFFER_LIMIT, workers)
            self.assertLess(watch.peak, bound)
        self.end_and_account(server, tallies)
        title = f"Hostile mix, {BACKEND}, {workers} worker{'s' * (workers > 1)}"
        accounts.traffic_row(f"{title}, seed {seed}", tallies)
        accounts.latency_row(f"{title}: well-behaved clients meanwhile", tallies["steady"])

    def test_bytes_and_memory_are_accounted_for(self):
        self.check_mix(FIXED_SEED, 1)

    def test_bytes_and_memory_are_accounted_for_with_workers_and_another_seed_each_time(self):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        self.check_mix(seed, 2)


class Floods(HostileTest):
    def test_20000_attempts_against_256_descriptors_disturb_nobody_who_is_served(self):
        server, memory, count = self.start_idle(descriptors=256)
        served = self.play(server, FIXED_SEED, "steady:8")
        server.wait_for("they are served", lambda counters: counters["open"] == 8)
        parked = self.play(server, FIXED_SEED, "parked:400")
        server.wait_for("no descriptor is left", lambda counters: counters["pauses"] >= 1)
        stormers = self.play(server, FIXED_SEED, "stormer:1000:20000").wait(0)
        self.assertEqual(stormers["stormer"]["attempts"], 20000)
        full = server.counters()["open"]
        tallies = {**stormers, **parked.stop(), **served.stop()}
        silent = accounts.total(tallies)["silent"]
        server.wait_for("the queue is empty", lambda counters: counters["open"] <= silent)
        self.assertLess(full, 256)
        with server.connect() as late:
            self.assertEqual(ask(late, LATE), LATE)
        server.wait_for("the late one has gone", lambda counters: counters["open"] <= silent)
        self.check_rest(server, memory, count)
        self.end_and_account(server, tallies, own=(FIRST, LATE))
        accounts.traffic_row(f"20 000 attempts, 256 descriptors, {BACKEND}", tallies)
        accounts.latency_row(f"20 000 attempts, {BACKEND}: well-behaved clients meanwhile", tallies["steady"])

    def test_idle_clients_cost_little_and_disturb_nobody(self):
        lack = lack_of_descriptors(1504)
        if lack:
            self.skipTest(lack)
        server, memory, count = self.start_idle()
        clients = self.play(server, FIXED_SEED, "parked:1500", "steady:4")
        server.wait_for("all are there", lambda counters: counters["open"] == 1504)
        held = own_memory(server.process.pid)
        tallies = clients.stop()
        silent = accounts.total(tallies)["silent"]
        server.wait_for("all but the silent have gone", lambda counters: counters["open"] <= silent)
        if IS_PLAIN:
            self.assertLess(held, memory + accounts.memory_bound(1504, 0, BUFFER_LIMIT, 1))
        self.check_rest(server, memory, count)
        self.end_and_account(server, tallies)


class Stuck(HostileTest):
    """Clients that send on and never read."""

    def check_stuck(self, limit, workers, number=30):
        server, memory, count = self.start_idle("--workers", str(workers), "--buffer-limit", str(limit))
        clients = self.play(server, FIXED_SEED, f"stuck:{number}", "steady:4")
        server.wait_for("all are stalled", lambda counters: counters["stalls"] >= number)
        held = own_memory(server.process.pid)
        neighbours = self.play(server, FIXED_SEED + 1, "parked:200")  # whose places lie behind the buffers
        server.wait_for("they are there", lambda counters: counters["open"] >= number + 4 + 200)
        tallies = clients.stop()
        silent = accounts.total(tallies)["silent"]
        server.wait_for("the stuck have gone", lambda counters: counters["open"] <= silent + 200)
        if IS_PLAIN:
            self.assertGreater(held - memory, number * limit / 2)
            self.assertLess(held - memory, accounts.memory_bound(number + 4, number, limit, workers))
        self.check_rest(server, memory, count)
        tallies.update(neighbours.stop())
        self.end_and_account(server, tallies)

    def test_memory_is_bounded_by_the_buffer_limit_and_given_back(self):
        self.check_stuck(BUFFER_LIMIT, 1)

    def test_memory_of_small_buffers_is_given_back_too(self):
        self.check_stuck(32 * KIBIBYTE, 2, 100)


class Silence(HostileTest):
    def test_clients_that_vanish_without_a_packet_are_closed_by_the_idle_timeout(self):
        server, memory, count = self.start_idle("--idle-timeout", "2s")
        tallies = self.play(server, FIXED_SEED, "vanisher:20:120").wait(0)
        silent = tallies["vanisher"]["silent"]
        if silent == 0:
            self.skipTest("closing without a packet takes Linux and CAP_NET_ADMIN (TCP_REPAIR)")
        server.wait_for("nobody is left", lambda counters: counters["open"] == 0)
        self.assertGreater(server.counters()["idle"], 0)
        self.check_rest(server, memory, count)
        self.end_and_account(server, tallies)


if __name__ == "__main__":
    # A shell lets what it runs in the background ignore SIGINT, and so would the programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    EchoTest.program, HostileTest.clients_program = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main(verbosity=2)
