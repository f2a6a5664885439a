"""What all measures share: where the programs are, on which cores they run, how long."""

import os
import pathlib
import typing

from .peers import LIBRARIES, VARIANTS
from .processes import Server, run_json


class Bench(typing.NamedTuple):
    """One run of bench/run."""

    build: pathlib.Path
    work: pathlib.Path  # for files that are gone in the end
    peers: list
    cores: tuple
    quick: bool
    rounds: int | None  # for all measures, else each has its own
    seed: int
    built: frozenset = frozenset()  # programs, as paths from the build folder

    def peer(self, name):
        return next(peer for peer in self.peers if peer.name == name)

    def names(self, connections=1):
        """Of the peers that serve as many."""
        return [peer.name for peer in self.peers if connections <= peer.most_connections]

    def main_names(self, connections=1):
        """As `names`; of a quick run only those that rdy has to be compared with, each in its usual form."""
        main = {"epoll", "rdy", "rdy-echo", *LIBRARIES} - VARIANTS
        return [name for name in self.names(connections) if name in main or not self.quick]

    def programs(self, prefix):
        """Those of a benchmark that were built, by what they are for."""
        named = {os.path.basename(path): self.build / path for path in self.built}
        return {name.removeprefix(prefix): path for name, path in named.items() if name.startswith(prefix)}

    def server(self, name, **how):
        return Server(self.peer(name).command(self.build), self.cores[0], **how)

    def load(self, server, mode, core=None, partial=False, **options):
        """What bench-load says; each answer was checked. A `partial` one says itself how many have failed."""
        command = [self.build / "bench/load/bench-load", mode, "--port", server.port, "--pid", server.pid]
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), value]
        return run_json(command, self.cores[1] if core is None else core, partial=partial)
