"""What the tests of bench/harness share: where it is, and a few results."""

import pathlib
import sys

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))
from harness.results import Results  # noqa: E402


def echo_values(rate, cpu_s, load_cpu_s=0.2):
    return {
        "connections": 64, "messages": rate, "seconds": 1.0, "per_second": rate, "p50_us": 50.0, "p99_us": 90.0,
        "p999_us": 99.0, "server_cpu_s": cpu_s, "load_cpu_s": load_cpu_s,
    }


POINT = {"connections": 64, "depth": 1, "bytes": 64}


def recorded():
    """Three rounds of two peers, of which one failed once, and one other measure."""
    about = {"command": "bench/run", "date": "2000-01-01", "seed": 1, "quick": True, "commands": ["make"],
             "machine": {"kernel": "Linux"}}
    results = Results(about)
    for number, (loop, rdy) in enumerate(((100, 99), (200, 202), (150, 149))):
        results.add("echo", POINT, "epoll", number, values=echo_values(loop, 0.5))
        results.add("echo", POINT, "rdy", number, values=echo_values(rdy, 0.6))
    results.add("echo", POINT, "libuv", 0, values=echo_values(50, 0.5, load_cpu_s=0.99))
    results.add("echo", POINT, "libuv", 1, failure="1 wrong | answer")
    results.add("instructions", {"connections": 64}, "rdy", 0, values={"instructions": 130.0})
    results.skip("mio", "not built")
    return results
