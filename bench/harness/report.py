"""README.md of the results: what is between its markers is written anew, what is around them is the reader's own."""

import os
import re

from . import pictures, verdict
from .measures import MEASURES
from .points import grouped
from .tables import table

METHOD = """The servers run on one core and the load on another (`taskset`). Peers take turns: in each round each of
them runs once at each point, in an order shuffled by the seed, with a server that has just been started. What is
compared is the ratio to the hand-written epoll loop (or to what the text names) **in the same round**; tables show
the median of these ratios and, in brackets, their quartiles, beside the medians of the figures themselves. The same
load generator serves all and checks each answer byte for byte; a round with a wrong or missing answer is shown as
failed. A window begins when each connection has been answered at full depth and lasts for its time, and until
each has been answered in it; rates and CPU are of the answers within it, latencies of the messages sent within it,
however late their answers come. The server's CPU is its process clock, which moves with the kernel's tick: both edges
of a window wait until it has. The load is a closed loop: a slow server is asked less often, and percentiles are of the
answers that came, so they do not show what clients would wait that ask at a fixed rate. Where the generator's core is
busy for 95 % of the time and the server's is not, the result is marked as limited by the load. rdy is linked
statically, at the same optimization as the servers in C; the libraries in C are the system's own shared objects, and
the programs in Rust are built with link-time optimization. `results.json` has every round; `bench/run --render DIR`
makes these tables and pictures of it again."""


QUICK = """This was a quick run: it leaves out some peers and points by choice."""


def begin_mark(name):
    return f"<!-- begin {name} -->"


def end_mark(name):
    return f"<!-- end {name} -->"


def about(results):
    facts = results.about
    rows = [[name, str(value)] for name, value in facts.get("machine", {}).items()]
    rows += [["command", f"`{facts['command']}`"]]
    for name in ("revision", "date", "seed", "seconds"):
        rows += [[name, str(facts[name])]] if facts.get(name) else []
    parts = ["# Measured", table(["machine", ""], rows, words=True), METHOD]
    parts += [QUICK] if facts.get("quick") else []
    parts.append("Built by\n\n```sh\n" + "\n".join(facts["commands"]) + "\n```")
    if results.skipped:
        rows = [[entry["what"], entry["reason"].replace("|", "/")] for entry in results.skipped]
        parts.append("Left out:\n\n" + table(["what", "why"], rows, words=True))
    parts.append(f"{grouped(len(results.records))} runs; {count_failures(results)} of them failed.")
    return "\n\n".join(parts)


def count_failures(results):
    return sum("failure" in record for record in results.records)


def section(results, measure, drawn):
    parts = [f"## {measure.title}"]
    parts += [f"![{alt}]({name})" for name, alt in drawn.get(measure.name, [])]
    parts.append(measure.text(results) if results.points(measure.name) else "Not measured in this run.")
    return "\n\n".join(parts)


def blocks(results, drawn):
    found = {"about": about(results), "verdict": verdict.text(results)}
    found.update({name: section(results, measure, drawn) for name, measure in MEASURES.items()})
    return found


def put(text, name, content):
    """In the place of the block, or at the end where there is none."""
    block = f"{begin_mark(name)}\n\n{content.strip()}\n\n{end_mark(name)}"
    place = re.compile(re.escape(begin_mark(name)) + ".*?" + re.escape(end_mark(name)), re.DOTALL)
    if place.search(text):
        return place.sub(lambda _: block, text, count=1)
    return f"{text.rstrip()}\n\n{block}\n".lstrip()


def write(results, folder):
    path = os.path.join(folder, "README.md")
    text = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
    for name, content in blocks(results, pictures.draw_all(results, folder)).items():
        text = put(text, name, re.sub(r"\n{3,}", "\n\n", content))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
