"""bench/run from its options to its files."""

import datetime
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from . import build, machine, report
from .bench import Bench
from .measures import MEASURES
from .options import parse
from .peers import PEERS
from .results import Results
from .rounds import Rounds

SECONDS = {"quick": 130, "full": 1740}  # after which no round begins


def list_all():
    for measure in MEASURES.values():
        print(f"{measure.name:14} {measure.title}")
    print()
    for peer in PEERS.values():
        print(f"{peer.name:14} {peer.about}")


def render(folder):
    try:
        report.write(Results.load(folder), folder)
    except (OSError, ValueError, KeyError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


def interrupted(*_):
    raise KeyboardInterrupt


def measure(options, results, work):
    """False where it was interrupted; what is known then is in the results all the same."""
    results.hide(work, "WORK")
    built = build.programs(options.build)
    peers = build.available_peers(built, options.peers, results)
    bench = Bench(
        options.build, pathlib.Path(work), peers, machine.cores(), options.quick, options.rounds,
        results.about["seed"], built,
    )
    limit = SECONDS["quick" if options.quick else "full"]
    try:
        Rounds(bench, [MEASURES[name] for name in options.only], results, limit).take_all()
    except KeyboardInterrupt:
        results.skip("the rest", "interrupted")
        return False
    return True


def begin(options):
    """Results that know how they came about."""
    about = {
        "command": " ".join(["bench/run", *sys.argv[1:]]),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "seed": random.randrange(1 << 32) if options.seed is None else options.seed,
        "quick": options.quick,
        "revision": machine.first_line("git", "-C", build.ROOT, "describe", "--always", "--dirty"),
        "commands": [],
    }
    results = Results(about)
    for folder, word in ((build.ROOT, "SOURCE"), (options.build, "BUILD")):
        results.hide(folder, word)
        if len(folder.parents) > 2:  # cargo looks for its settings in all of them
            results.hide(folder.parent, f"{word}/..")
    if len(pathlib.Path.home().parts) > 1:
        results.hide(pathlib.Path.home(), "~")
    return results


def run(options):
    """What cannot be written is not measured first."""
    options.output.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=options.output).close()
    machine.raise_descriptor_limit()
    results = begin(options)
    print(f"bench: seed {results.about['seed']}", file=sys.stderr)
    build.install()
    build.build(options.build, results)
    results.about["machine"] = machine.describe(options.build)
    begun = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as work:
            finished = measure(options, results, work)
    finally:
        results.about["seconds"] = round(time.monotonic() - begun)
        results.save(options.output)
    report.write(results, options.output)
    print(f"\nbench: written to {options.output}", file=sys.stderr)
    return 0 if finished else 130


def main():
    options = parse(sys.argv[1:])
    if options.list:
        list_all()
        return 0
    if options.render:
        return render(options.render)
    signal.signal(signal.SIGTERM, interrupted)
    try:
        return run(options)
    except KeyboardInterrupt:
        return 130
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
