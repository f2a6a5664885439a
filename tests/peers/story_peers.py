"""Starts story-peers for tests and benchmarks."""

import subprocess


class StoryPeers:
    """A running set: `all` is a list of (address, kind) in the order of the kinds, `addresses` those alone."""

    def __init__(self, program, *options, torrent=None, **counts):
        command = [program, *options]
        for kind, count in counts.items():
            command += ["--" + kind.replace("_", "-"), str(count)]
        if torrent:
            command += ["--content", torrent.content_path, "--piece-length", str(torrent.piece_length)]
            command += ["--info-hash", torrent.info_hash]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        self.all = []
        for line in self.process.stdout:
            if line == "ready\n":
                self.addresses = [address for address, _ in self.all]
                return self
            self.all.append(tuple(line.split()))
        self.__exit__()
        raise AssertionError("story-peers has not come up")

    def __exit__(self, *_):
        self.process.stdin.close()  # which ends it
        self.process.stdout.close()
        self.process.wait()

    def of(self, kind):
        return [address for address, found in self.all if found == kind]
