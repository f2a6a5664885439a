"""What the tests under strace count, and the row of the report that comes of it."""

import collections
import os
import sys
import unittest

TALLY = collections.Counter()


def count(injected):
    TALLY["injected"] += injected
    TALLY["runs"] += 1


def without_leak_check():
    """LeakSanitizer cannot work where somebody traces."""
    options = [option for option in (os.environ.get("ASAN_OPTIONS"), "detect_leaks=0") if option]
    os.environ["ASAN_OPTIONS"] = ":".join(options)


def main(program):
    without_leak_check()
    done = unittest.main(verbosity=2, exit=False).result
    if done.wasSuccessful() and TALLY["runs"]:
        backend = os.environ.get("RDY_BACKEND", "the best backend")
        figures = f"{TALLY['injected']} in {TALLY['runs']} runs, 0 failures"
        print(f"| Faults injected by strace, {program}, {backend} | {figures} |")
    sys.exit(not done.wasSuccessful())
