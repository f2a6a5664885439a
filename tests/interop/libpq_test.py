"""libpq on rdy talks to PostgreSQL."""

import hashlib
import os
import pwd
import signal
import sys
import zlib

from interop_support import (
    BACKENDS,
    InteropTest,
    Row,
    Server,
    bound_socket,
    main,
    make_certificate,
    make_folder,
    require,
    run,
    skip,
)

# What stands in for kqueue on Linux takes the error of a socket, so that libpq does not hear of the refusal.
BACKENDS_WITH_ERRORS = [one for one in BACKENDS if one != "kqueue" or sys.platform != "linux"]
ROWS = 30_000
PARAMETER = b"x" * 8_000_000
# One database for those without TLS, who are refused with it first, and one for those with it.
ACCESS = """
hostnossl postgres rdy 127.0.0.1/32 trust
hostssl template1 rdy 127.0.0.1/32 trust
"""


def unprivileged():
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def require_unprivileged(program):
    """What lies in a folder that only root may enter cannot be run as anybody else."""
    try:
        run(program, "--version", **unprivileged())
    except PermissionError:
        skip("%s is out of reach for who does not run as root" % program)


class Libpq(InteropTest):
    LIBRARY = "libpq and PostgreSQL"

    def setUp(self):
        self.folder = make_folder()
        make_certificate(OPENSSL, self.folder)
        identity = unprivileged()
        for path in (self.folder, *self.folder.iterdir()):
            os.chown(path, identity.get("user", -1), identity.get("group", -1))
        os.chmod(self.folder / "key.pem", 0o600)
        run(
            INITDB, "-D", "data", "-U", "rdy", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync",
            cwd=self.folder, **identity,
        )  # fmt: skip
        (self.folder / "data" / "pg_hba.conf").write_text(ACCESS)
        ready = "database system is ready to accept connections"
        self.server = Server(self.folder, self.command, ready=ready, stop=signal.SIGINT, **identity)

    def command(self, ports):
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "ssl": "on",
            "ssl_cert_file": self.folder / "certificate.pem",
            "ssl_key_file": self.folder / "key.pem",
            "fsync": "off",
            "jit": "off",
        }
        options = (part for name, value in settings.items() for part in ("-c", "%s=%s" % (name, value)))
        return [POSTGRES, "-D", "data", "-p", ports[0], *options]

    def test_it_connects_over_changing_sockets_and_results_arrive_whole(self):
        rows = "".join("%d%s" % (i, hashlib.md5(b"%d" % i).hexdigest()) for i in range(1, ROWS + 1))
        rows = ("30 000 rows", "30000 rows, %08x" % zlib.adler32(rows.encode()))
        parameter = b"%d" % len(PARAMETER) + hashlib.md5(PARAMETER).hexdigest().encode()
        parameter = ("8 000 000 bytes", "1 rows, %08x" % zlib.adler32(parameter))
        with bound_socket() as refusing:
            self.check_everywhere(
                [
                    Row("refused, then TLS refused", "1 connection", "without TLS, sockets: 3"),
                    Row("rows", *rows),
                    Row("rows one by one", *rows),
                    Row("parameter", *parameter),
                    Row("server closes", "1 connection", "lost"),
                    Row("TLS", "1 connection", "with TLS, sockets: 1"),
                    Row("rows over TLS", *rows),
                    Row("rows one by one over TLS", *rows),
                    Row("parameter over TLS", *parameter),
                    Row("server closes over TLS", "1 connection", "lost"),
                    Row("connected without a watch", "1 connection", "told"),
                    Row("rows after that", *rows),
                ],
                refusing,
                self.server.ports[0],
                backends=BACKENDS_WITH_ERRORS,
            )


if __name__ == "__main__":
    INITDB, POSTGRES, OPENSSL = require("libpq", "initdb", "postgres", "openssl")
    require_unprivileged(INITDB)
    main()
