"""hiredis on rdy talks to redis-server."""

import zlib

from interop_support import BACKENDS, InteropTest, Row, Server, main, make_folder, require

SIZE = 30_000_000
PERIOD = 9973
MESSAGES = 1000


def checksum_of_value():
    block = bytes((i * i >> 7) & 0xFF for i in range(PERIOD))
    return zlib.adler32((block * (SIZE // PERIOD + 1))[:SIZE])


class Hiredis(InteropTest):
    LIBRARY = "hiredis and redis"

    def setUp(self):
        self.server = Server(make_folder(), self.command, ready="Ready to accept connections", executable=REDIS)

    def command(self, ports):
        return ["redis-server", "--bind", "127.0.0.1", "--port", ports[0], "--save", "", "--appendonly", "no"]

    def test_a_large_value_and_all_messages_arrive_whole(self):
        messages = "".join("message-%d;" % i for i in range(MESSAGES)).encode()
        self.check_everywhere(
            [
                Row("SET", "30 000 000 bytes", "00000000"),
                Row("GET", "30 000 000 bytes", "%08x" % checksum_of_value()),
                Row("publish and subscribe", "%d messages" % MESSAGES, "%08x" % zlib.adler32(messages)),
                Row("freed while reading", "1 connection", "freed"),
                Row("server closes", "1 connection", "disconnected"),
            ],
            self.server.ports[0],
        )

    def test_edges_without_rearming_stall(self):
        """What re-arming is for: hiredis reads once for each event, and more was there."""
        for backend in BACKENDS:
            with self.subTest(backend=backend):
                rows = self.run_client(backend, "edge without re-arming", self.server.ports[0])
                self.assertEqual(rows[-1].result, "stalled")


if __name__ == "__main__":
    # The package redis-server starts a service; redis-tools has the same program under another name.
    (REDIS,) = require("hiredis", "redis-check-rdb")
    main()
