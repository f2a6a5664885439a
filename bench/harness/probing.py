"""What rdy-probe costs beside a bare epoll loop that does the same, and what asking all at once saves."""

import collections
import contextlib
import json
import os
import pathlib
import re
import resource
import select
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/peers"))
import make_torrent  # noqa: E402
from story_peers import StoryPeers  # noqa: E402

HASH = "0123456789abcdef0123456789abcdef01234567"
BARE = "bare epoll loop"
HARD = {"connect": ("no connect is answered", "unresponsive"), "handshake": ("no handshake is answered", "silent")}
FLIGHTS = {
    "do not answer the connect": "unresponsive", "do not answer the handshake": "silent",
    "do not unchoke": "choking", "are in the midst of a block": "dripping_blocks",
}


def resident(pid):
    """In bytes, exactly: the sums in its status lag behind. 0 for one that has ended."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Rss:"))
    return 0


def processor_time():
    """Of the children that have ended, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@contextlib.contextmanager
def on_core(core):
    """Where this program is, and what it starts stays; unlike taskset it takes no time of what is started."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def run(core, *command):
    """One run of a program to its end: what it took, its most memory, and what it printed of its peers."""
    begun, spent = time.monotonic(), processor_time()
    text, part, most = b"", None, 0
    with on_core(core):
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE)
    with process:
        while part != b"":
            if select.select([process.stdout], [], [], 0.1)[0]:
                part = os.read(process.stdout.fileno(), 1 << 20)
                text += part
            most = max(most, resident(process.pid))
    seconds, processor_s = time.monotonic() - begun, processor_time() - spent
    return {"seconds": seconds, "processor_s": processor_s, "resident": most} | read_answer(text.decode())


def read_answer(text):
    """The table of rdy-probe, its JSON, or the object of the bare loop."""
    if not text.startswith("{"):
        return {"outcomes": outcomes_in_table(text)}
    answer = json.loads(text)
    if "schema" in answer:
        return {"last_begun_ms": max(peer["started_ms"] for peer in answer["peers"])}
    times = {name: answer.pop(name) for name in list(answer) if name.endswith("_ms")}
    return {"outcomes": {outcome: count for outcome, count in answer.items() if count}} | times


def outcomes_in_table(text):
    found = collections.Counter()
    for line in text[: text.index("\ntotal ")].splitlines()[1:]:
        outcome, count = re.match(r"(.+?)(?: \(\w+\))? +(\d+) ", line).groups()
        found[outcome] += int(count)
    return dict(found)


class Prober:
    """rdy-probe on the first of the cores, its peers and this program on the second; a folder for its lists."""

    def __init__(self, build, cores, work):
        build = pathlib.Path(build)
        self.rdy, self.peers = build / "apps/probe/rdy-probe", build / "tests/peers/story-peers"
        self.bare, self.work = build / "bench/probing/bare-probe", work
        self.core, self.core_of_peers = cores

    @contextlib.contextmanager
    def serve(self, *options, **others):
        with on_core(self.core_of_peers), StoryPeers(self.peers, *options, **others) as peers:
            yield peers

    def list_of(self, addresses):
        path = os.path.join(self.work, "list")
        with open(path, "w", encoding="ascii") as file:
            file.writelines(address + "\n" for address in addresses)
        return path

    def run_rdy(self, path, timeout_s, *options):
        return run(self.core, self.rdy, "--timeout", f"{timeout_s}s", *options, "-f", path)

    def run_either(self, name, mode, path, timeout_s, *options):
        if name == BARE:
            return run(self.core, self.bare, path, round(timeout_s * 1000), mode)
        return self.run_rdy(path, timeout_s, *options, *(["--info-hash", HASH] if mode == "handshake" else []))

    def compare(self, mode, count, timeout_s, rounds):
        """With `count` peers of which each takes the whole time-out; the programs take turns."""
        names, taken = ("rdy-probe", BARE), []
        with self.serve(**{HARD[mode][1]: count}) as peers:
            one = self.list_of(peers.addresses[:1])
            floor = {name: self.run_either(name, mode, one, 0.3)["resident"] for name in names}
            path = self.list_of(peers.addresses)
            for number in range(rounds):
                order = names[:: -1 if number % 2 else 1]
                taken.append({name: self.run_either(name, mode, path, timeout_s) for name in order})
            begun = self.run_either("rdy-probe", mode, path, 1, "--json") # which takes time to print
        for name, result in ((name, result) for both in taken for name, result in both.items()):
            if result["outcomes"] != {"timed out": count}:
                raise RuntimeError(f"not all of {count} peers timed out for {name}: {result['outcomes']}")
        return {"mode": mode, "peers": count, "timeout_s": timeout_s, "floor": floor, "rounds": taken,
                "last_begun_ms": {"rdy-probe": begun["last_begun_ms"], BARE: median_of(taken, BARE, "last_begun_ms")}}

    def weigh(self, torrent, count):
        """What a peer in flight takes, beyond what the first one takes, by how far it has come."""
        bytes_a_peer = {}
        for description, kind in FLIGHTS.items():
            with self.serve(torrent=torrent, **{kind: count}) as peers:
                few, many = (self.run_rdy(self.list_of(peers.addresses[:number]), 2, "--torrent", torrent.path)
                             for number in (1, count))
            bytes_a_peer[description] = (many["resident"] - few["resident"]) / count
        return {"peers": count, "bytes_a_peer": bytes_a_peer}

    def tell_the_story(self, torrent, timeout_s):
        with self.serve("--story", torrent=torrent) as peers:
            path = self.list_of(peers.addresses)
            runs = {order: self.run_rdy(path, timeout_s, f"--{order}", "--torrent", torrent.path)
                    for order in ("seq", "par")}
        return {"timeout_s": timeout_s} | runs


def measure(build, cores, quick=False, note=lambda text: None):
    """All of it, as an object for results.json; `note` is told what comes next."""
    timeout_s, rounds, counts = (1, 1, (1000, 6000)) if quick else (5, 3, (500, 1000, 2000, 4000, 6000))
    result = {"growth": []}
    with tempfile.TemporaryDirectory() as work:
        prober = Prober(build, cores, work)
        for count in counts:
            note(f"{count} peers of which {HARD['connect'][0]}")
            result["growth"].append(prober.compare("connect", count, timeout_s, rounds if count == 6000 else 1))
        if not quick:
            note(f"6000 peers of which {HARD['handshake'][0]}")
            result["handshake"] = prober.compare("handshake", 6000, timeout_s, rounds)
        torrent = make_torrent.make(work, size=1_000_000)
        if not quick:
            note("memory of a peer in flight")
            result["memory"] = prober.weigh(torrent, 6000)
        note("the story's 47 peers")
        result["story"] = prober.tell_the_story(torrent, 0.5 if quick else timeout_s)
    return result


def median_of(rounds, name, what):
    return statistics.median(both[name][what] for both in rounds)


def median_ratio(rounds, what):
    return statistics.median(both["rdy-probe"][what] / both[BARE][what] for both in rounds)


def comparison_rows(comparisons):
    rows = [("peers", "program", "seconds", "beyond the time-out", "the last begun after", "ratio",
             "processor seconds", "ratio", "bytes a peer")]
    for one in comparisons:
        rounds, count = one["rounds"], one["peers"]
        for name in ("rdy-probe", BARE):
            seconds = median_of(rounds, name, "seconds")
            is_rdy = name == "rdy-probe"
            rows.append((
                str(count), name, f"{seconds:.3f}", f"{1000 * (seconds - one['timeout_s']):.0f} ms",
                f"{one['last_begun_ms'][name]:.0f} ms",
                f"{median_ratio(rounds, 'seconds'):.3f}" if is_rdy else "",
                f"{median_of(rounds, name, 'processor_s'):.3f}",
                f"{median_ratio(rounds, 'processor_s'):.2f}" if is_rdy else "",
                f"{(median_of(rounds, name, 'resident') - one['floor'][name]) / count:.0f}",
            ))
    return rows


def floor_rows(comparisons):
    """What the bare loop's system calls alone take, before the last peer's time-out has even begun."""
    names = ("socket", "connect", "epoll_ctl")
    rows = [("peers", *(f"{name}(2)" for name in names), "together", "a peer")]
    for one in comparisons:
        times = [median_of(one["rounds"], BARE, f"{name}_ms") for name in names]
        rows.append((str(one["peers"]), *(f"{time_ms:.1f} ms" for time_ms in times), f"{sum(times):.1f} ms",
                     f"{1000 * sum(times) / one['peers']:.1f} us"))
    return rows


def story_rows(story):
    rows = [("47 peers of the story", "seconds", "outcomes")]
    for name, order in (("one after another", "seq"), ("at once", "par")):
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(story[order]["outcomes"].items()))
        rows.append((name, f"{story[order]['seconds']:.3f}", outcomes))
    rows.append(("ratio", f"{story['seq']['seconds'] / story['par']['seconds']:.1f}", ""))
    return rows


def tables(result):
    """Titles and rows, the first of which is the head."""
    growth = result["growth"]
    found = [(f"Peers to which {HARD['connect'][0]}, time-out {growth[0]['timeout_s']} s", comparison_rows(growth)),
             ("What it takes to begin with the last of them: the bare loop's system calls", floor_rows(growth))]
    if "handshake" in result:
        found.append((f"Peers that connect, and {HARD['handshake'][0]}", comparison_rows([result["handshake"]])))
    if "memory" in result:
        weights = result["memory"]["bytes_a_peer"].items()
        found.append((f"Memory of rdy-probe with {result['memory']['peers']} peers",
                      [("peers in flight that", "bytes a peer")] + [(name, f"{size:.0f}") for name, size in weights]))
    found.append((f"The story, time-out {result['story']['timeout_s']} s", story_rows(result["story"])))
    return found
