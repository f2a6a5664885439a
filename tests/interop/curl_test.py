"""libcurl on rdy fetches from nginx."""

import random
import zlib

from interop_support import InteropTest, Row, Server, main, make_certificate, make_folder, require

FILES = 200
LARGE = 60_000_000
CONFIGURATION = """
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path temporary;
    proxy_temp_path temporary;
    fastcgi_temp_path temporary;
    uwsgi_temp_path temporary;
    scgi_temp_path temporary;
    sendfile on;
    server {
        listen 127.0.0.1:%d backlog=1024;
        listen 127.0.0.1:%d ssl backlog=1024;
        ssl_certificate certificate.pem;
        ssl_certificate_key key.pem;
        root files;
        location = /gone { return 444; } # closes, and says nothing
    }
}
"""


def make_files(folder):
    """The checksums of the files: a large one and many small ones, of which one is empty."""
    chance = random.Random(1)
    sums = []
    folder.mkdir()
    for i in range(FILES):
        content = chance.randbytes(LARGE if i == 0 else (i - 1) * 521)
        (folder / str(i)).write_bytes(content)
        sums.append(zlib.adler32(content))
    return sums


class Curl(InteropTest):
    LIBRARY = "libcurl and nginx"

    def setUp(self):
        self.folder = make_folder()
        self.other = make_folder()
        for folder in (self.folder, self.other):
            make_certificate(OPENSSL, folder)
        self.sums = make_files(self.folder / "files")
        self.server = Server(self.folder, self.command, ports=2)

    def command(self, ports):
        (self.folder / "nginx.conf").write_text(CONFIGURATION % tuple(ports))
        return [NGINX, "-p", self.folder, "-c", "nginx.conf", "-e", "stderr"]

    def test_transfers_arrive_whole_and_fail_as_they_should(self):
        size = LARGE + sum((i - 1) * 521 for i in range(1, FILES))
        amount = "%d files, %d bytes" % (FILES, size)
        sums = "".join("%08x " % one for one in self.sums)
        http, https = self.server.ports
        self.check_everywhere(
            [
                Row("http", amount, sums),
                Row("https", amount, sums),
                Row("https, of another issuer", "1 transfer", "SSL peer certificate or SSH remote key was not OK"),
                Row("server closes", "1 transfer", "Server returned nothing (no headers, no data)"),
                Row("silent server", "1 transfer", "Timeout was reached"),
                Row("no server", "1 transfer", "Couldn't connect to server"),
                Row("one without a watch", "3 transfers", "aborted"),
            ],
            "http://127.0.0.1:%d" % http,
            "https://127.0.0.1:%d" % https,
            self.folder / "certificate.pem",
            self.other / "certificate.pem",
        )


if __name__ == "__main__":
    NGINX, OPENSSL = require("libcurl", "nginx", "openssl")
    main()
