"""c-ares on rdy asks dnsmasq."""

import getpass
import zlib

from interop_support import InteropTest, Row, Server, main, make_folder, require

NAMES = 1000
ADDRESSES = [(10, 1, i // 250, i % 250 + 1) for i in range(NAMES)]


class Cares(InteropTest):
    LIBRARY = "c-ares and dnsmasq"

    def command(self, ports):
        return [
            DNSMASQ, "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file", "--log-facility=-",
            "--user=" + getpass.getuser(), "--no-resolv", "--no-hosts", "--addn-hosts=%s" % self.hosts,
            "--listen-address=127.0.0.1", "--bind-interfaces", "--port=%d" % ports[0],
        ]  # fmt: skip

    def setUp(self):
        folder = make_folder()
        self.hosts = folder / "hosts"
        lines = ("%d.%d.%d.%d name-%d.rdy.test\n" % (*address, i) for i, address in enumerate(ADDRESSES))
        self.hosts.write_text("".join(lines))
        self.server = Server(folder, self.command)

    def test_all_names_are_found_and_no_event_goes_to_a_closed_socket(self):
        amount = "%d names" % NAMES
        found = "%08x" % zlib.adler32(b"".join(bytes(address) for address in ADDRESSES))
        self.check_everywhere(
            [
                Row("UDP", amount, found),
                Row("TCP", amount, found),
                Row("closed in the batch", "4 names", "3 stale events, 3 numbers used again, 4 answers"),
                Row("silent server", "1 name", "timed out"),
            ],
            self.server.ports[0],
            NAMES,
        )


if __name__ == "__main__":
    (DNSMASQ,) = require("c-ares", "dnsmasq")
    main()
