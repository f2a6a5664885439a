"""rdy-echo under all kinds of clients for minutes, every byte accounted for.

Usage: soak.py PATH-TO-RDY-ECHO PATH-TO-HOSTILE MINUTES [SEED]

What each client does in each of its lives follows from the seed; when it does it is the system's affair. Prints its
figures as rows of a table, and the seed first. Exit status: 0, or 1 if anything was lost or did not come back.
"""

import random
import sys
import unittest

import accounts
from echo_support import Server
from hostile_support import IS_PLAIN, Clients, MemoryWatch, descriptors, own_memory, wait_until_asleep

WORKERS = 2
IDLE_SECONDS = 30  # longer than any client of the mix waits
BUFFER_LIMIT = 256 * 1024
KEPT = 2 * 1024 * 1024  # what the allocator and the slabs may keep
CROWDS = {"steady": 16, "polite": 16, "mix": 200, "stormer": 20, "parked": 2000}
MOST_WHO_DO_NOT_READ = 2 * CROWDS["mix"]  # those that are there, and as many whose end the server has yet to learn of
BESIDE_A_LOOK = sum(CROWDS.values()) - CROWDS["parked"]  # who may come between two looks at the server


def attack(server, program, seed, seconds):
    crowds = [f"{role}:{count}" for role, count in CROWDS.items()]
    with Clients(program, server, seed, *crowds, seconds=seconds) as clients, MemoryWatch(server) as watch:
        return clients.wait(seconds), watch


def soak(test, echo, program, minutes, seed):
    print(f"seed {seed}", flush=True)
    dropped = accounts.dropped_by_system()
    with Server(echo, "--workers", str(WORKERS), "--idle-timeout", f"{IDLE_SECONDS}s") as server:
        pid = server.process.pid
        wait_until_asleep(pid)
        memory, count = own_memory(pid), descriptors(pid)
        tallies, watch = attack(server, program, seed, minutes * 60)
        server.wait_for("nobody is left", lambda counters: counters["open"] == 0)
        wait_until_asleep(pid)
        after = own_memory(pid)
        test.assertEqual(descriptors(pid), count)
        test.assertEqual(server.end(), 0)
        dropped = accounts.dropped_by_system() - dropped
        accounts.check(test, server.next_counters()["total"], tallies, dropped)
    bound = memory + accounts.memory_bound(
        watch.most_open + BESIDE_A_LOOK, MOST_WHO_DO_NOT_READ, BUFFER_LIMIT, WORKERS
    )
    accounts.traffic_row(f"Soak, {minutes:g} minutes, seed {seed}", tallies)
    accounts.latency_row("Well-behaved clients meanwhile", tallies["steady"])
    accounts.memory_row("Memory of the server: peak, bound, after", watch.peak, bound, after)
    if IS_PLAIN:
        test.assertLess(watch.peak, bound)
        test.assertLess(after, memory + KEPT)


def main(echo, program, minutes, seed=None):
    seed = random.SystemRandom().randrange(1 << 32) if seed is None else int(seed)
    soak(unittest.TestCase(), echo, program, float(minutes), seed)


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main(*sys.argv[1:])
