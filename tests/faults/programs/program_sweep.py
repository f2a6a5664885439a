"""Makes each call of a program's main runs fail, and checks what the program does then.

Usage: program_sweep.py echo|connect|probe PATH-TO-THE-FAULTY-PROGRAM PATH-TO-STORY-PEERS

RDY_FAULTS=all makes each call fail in turn; else the first few of a kind do, and then ever fewer.
"""

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TESTS / "apps"), str(TESTS / "peers")]

import connect_scenario  # noqa: E402
import echo_scenario  # noqa: E402
import make_torrent  # noqa: E402
import probe_scenario  # noqa: E402
from fake_trackers import HttpTracker, UdpTracker, reply  # noqa: E402
from fault_sweep import sweep_all  # noqa: E402
from probe_peers import Peers  # noqa: E402
from story_peers import StoryPeers  # noqa: E402


def echo(program, _story_peers, _stack):
    sweep_all(program, list(echo_scenario.scenarios(program)))


def connect(program, _story_peers, stack):
    peers = stack.enter_context(Peers())
    sweep_all(program, [scenario(peers) for scenario in connect_scenario.SCENARIOS])


def make_reports(program, folder, peers):
    """Of two shards."""
    paths = []
    for shard in ("1/2", "2/2"):
        paths.append(os.path.join(folder, f"report-{shard[0]}.json"))
        command = [program, "--timeout", "1s", "--json", "-o", paths[-1], "--shard", shard, *peers]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return paths


def probe(program, story_peers, stack):
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    torrent = make_torrent.make(folder, size=100_000, piece_length=32768)
    counts = {kind: count for kind, (_, count) in probe_scenario.KINDS.items()}
    story = stack.enter_context(StoryPeers(story_peers, torrent=torrent, **counts))
    half = len(story.addresses) // 2
    http = stack.enter_context(HttpTracker(reply(*story.addresses[:half])))
    udp = stack.enter_context(UdpTracker(peers=story.addresses[half:]))
    reports = make_reports(program, folder, story.addresses)
    scenarios = [
        probe_scenario.Torrent(torrent, story, http, udp),
        probe_scenario.Lines(torrent, story),
        probe_scenario.Merge(reports),
    ]
    sweep_all(program, scenarios)


def main():
    name = sys.argv[1]
    program, story_peers = [os.path.abspath(path) for path in sys.argv[2:]]  # they run in folders of their own
    with contextlib.ExitStack() as stack:
        {"echo": echo, "connect": connect, "probe": probe}[name](program, story_peers, stack)


if __name__ == "__main__":
    main()
