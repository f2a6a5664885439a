"""The command line of bench/run."""

import argparse
import pathlib
import sys

from .build import ROOT
from .measures import MEASURES
from .peers import BASELINE, PEERS


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        print(f"bench: {message}", file=sys.stderr)
        sys.exit(2)


def names_of(known, what):
    def names(text):
        chosen = text.split(",")
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"no {what} {name!r}; --list shows them")
        return [name for name in known if name in chosen]

    return names


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"not a number of rounds: {text!r}")
    return int(text)


def parser():
    made = Parser(
        prog="bench/run",
        description="Measures rdy beside what else one would pick, in one run, and writes tables and pictures.",
        epilog="Linux only. It takes turns, so that Ctrl-C at any time writes what is known by then.",
    )
    made.add_argument("--quick", action="store_true", help="about 3 minutes: fewer rounds, points and peers; else 30")
    made.add_argument("--only", type=names_of(MEASURES, "measure"), default=list(MEASURES), metavar="MEASURE[,...]",
                      help="no other measure; --list shows them")
    made.add_argument("--peers", type=names_of(PEERS, "peer"), default=list(PEERS), metavar="NAME[,...]",
                      help=f"with them always {BASELINE}, to which all are compared")
    made.add_argument("--rounds", type=positive, metavar="N", help="of each measure, else each has its own number")
    made.add_argument("--seed", type=int, metavar="N", help="of the order in which they take turns")
    made.add_argument("--build", type=pathlib.Path, default=ROOT / "build-bench", metavar="DIR",
                      help="of the programs; else build-bench")
    made.add_argument("--output", type=pathlib.Path, default=ROOT / "bench/results", metavar="DIR",
                      help="of tables, pictures and raw figures; else bench/results")
    made.add_argument("--render", type=pathlib.Path, metavar="DIR", help="makes tables and pictures again, no more")
    made.add_argument("--list", action="store_true", help="shows measures and peers")
    return made


def parse(arguments):
    options = parser().parse_args(arguments)
    options.peers = [name for name in PEERS if name in (BASELINE, *options.peers)]
    options.build, options.output = options.build.absolute(), options.output.absolute()
    return options
