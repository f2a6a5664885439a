"""A tracker and BitTorrent clients in a network of their own, each at an address of its own.

The addresses are those of the loopback of a network namespace, so ports are free and nobody from outside is met. The
prober has addresses of its own: clients refuse a peer that has theirs, and some hold the last connection from an address
for a while.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request

from interop_support import Server, accepts, make_certificate, skip, wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
from make_torrent import bencode  # noqa: E402

NETWORK = "10.77.0.0/24"
PROBERS = ["10.77.0.%d" % number for number in range(200, 250)]
TRACKER = "10.77.0.1"
TRACKER_PORT = 6969
TLS_PORT = 6970
PEER_PORT = 6881
PIECE_LENGTH = 65536
IN_NAMESPACE = "RDY_SWARM_IN_NAMESPACE"


def enter_namespace():
    """Starts the test anew in a network namespace, as root or as the root of a user namespace."""
    if IN_NAMESPACE not in os.environ:
        options = ["--net"] if os.getuid() == 0 else ["--net", "--user", "--map-root-user"]
        if subprocess.run(["unshare", *options, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            skip("network namespaces are not allowed here")
        os.environ[IN_NAMESPACE] = "1"
        os.execvp("unshare", ["unshare", *options, sys.executable, *sys.argv])
    ip("link set lo up")
    come_from(PROBERS[0])


def ip(command):
    subprocess.run(["ip", *command.split()], check=True)


def come_from(address):
    """From now on what does not say otherwise comes from there."""
    ip("address replace %s/32 dev lo" % address)
    ip("route replace local %s dev lo src %s" % (NETWORK, address))


class Torrent:
    """Content, and a torrent file for each of the trackers' URLs: all have the same info-hash."""

    def __init__(self, folder, pieces):
        rng = random.Random(pieces)
        self.content = rng.randbytes(pieces * PIECE_LENGTH - 12345)
        hashes = [
            hashlib.sha1(self.content[at : at + PIECE_LENGTH]).digest()
            for at in range(0, len(self.content), PIECE_LENGTH)
        ]
        self.folder = folder
        self.pieces = pieces
        self.info = {
            b"length": len(self.content),
            b"name": b"content",
            b"piece length": PIECE_LENGTH,
            b"pieces": b"".join(hashes),
        }
        self.info_hash = hashlib.sha1(bencode(self.info)).digest()

    def file(self, name, *tiers):
        path = self.folder / (name + ".torrent")
        lists = [[url.encode() for url in tier] for tier in tiers]
        path.write_bytes(bencode({b"announce": lists[0][0], b"announce-list": lists, b"info": self.info}))
        return path


class Tracker:
    """opentracker over HTTP and UDP, and stunnel in front of it for HTTPS."""

    def __init__(self, folder, opentracker, stunnel, openssl, torrent):
        self.info_hash = torrent.info_hash
        folder.mkdir()
        (folder / "whitelist").write_text(torrent.info_hash.hex() + "\n")
        (folder / "conf").write_text(
            "listen.tcp_udp %s:%d\naccess.whitelist %s\ntracker.rootdir %s\ntracker.user %s\n"
            % (TRACKER, TRACKER_PORT, "whitelist", folder, "nobody" if os.getuid() == 0 else "root")
        )
        make_world_readable(folder)
        Server(folder, lambda _: [opentracker, "-f", "conf"], ready=lambda: accepts(TRACKER_PORT, TRACKER))
        tls = folder / "tls"
        tls.mkdir()
        make_certificate(openssl, tls, TRACKER)
        (tls / "conf").write_text(
            "foreground = yes\npid =\ncert = %s\nkey = %s\n[tracker]\naccept = %s:%d\nconnect = %s:%d\n"
            % (tls / "certificate.pem", tls / "key.pem", TRACKER, TLS_PORT, TRACKER, TRACKER_PORT)
        )
        Server(tls, lambda _: [stunnel, "conf"], ready=lambda: accepts(TLS_PORT, TRACKER))
        self.certificate = tls / "certificate.pem"
        self.http = "http://%s:%d/announce" % (TRACKER, TRACKER_PORT)
        self.https = "https://%s:%d/announce" % (TRACKER, TLS_PORT)
        self.udp = "udp://%s:%d" % (TRACKER, TRACKER_PORT)

    def peers(self):
        """The addresses that it knows, asked in a way that leaves no trace: a scrape counts, and this one stops."""
        query = {
            "info_hash": self.info_hash, "peer_id": b"-TEST00-000000000000", "port": 9, "uploaded": 0,
            "downloaded": 0, "left": 1, "compact": 1, "numwant": 200,
        }  # fmt: skip
        with urllib.request.urlopen(self.http + "?" + urllib.parse.urlencode(query), timeout=10) as reply:
            body = reply.read()
        urllib.request.urlopen(self.http + "?" + urllib.parse.urlencode({**query, "event": "stopped"}), timeout=10).close()
        _, _, rest = body.partition(b"5:peers")
        size, _, packed = rest.partition(b":")
        entries = [packed[at : at + 6] for at in range(0, int(size), 6)]
        return {
            "%d.%d.%d.%d:%d" % (*entry[:4], int.from_bytes(entry[4:], "big")) for entry in entries
        } - {"%s:9" % prober for prober in PROBERS}


def make_world_readable(folder):
    """For a server that becomes nobody."""
    for path in [folder, *folder.parents]:
        with contextlib.suppress(PermissionError):
            path.chmod(path.stat().st_mode | 0o055 if path != pathlib.Path("/") else path.stat().st_mode)


class Client:
    """One client at an address of its own; `folder` is its home and has what it has of the content."""

    def __init__(self, name, number, command, torrent, have, files=None):
        self.name = name
        self.address = "10.77.0.%d" % number
        self.peer = "%s:%d" % (self.address, PEER_PORT)
        self.folder = torrent.folder / ("%s-%d" % (name, number))
        self.folder.mkdir()
        if have > 0:
            (self.folder / "content").write_bytes(torrent.content[: have * PIECE_LENGTH])
        for path, text in (files or {}).items():
            (self.folder / path).write_text(text.format(address=self.address, folder=self.folder, port=PEER_PORT))
        words = [str(word).format(address=self.address, folder=self.folder, port=PEER_PORT) for word in command]
        environment = {**os.environ, "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        self.server = Server(self.folder, lambda _: words, ready=lambda: accepts(PEER_PORT, self.address), env=environment)


TRANSMISSION_SETTINGS = """{{
  "bind-address-ipv4": "{address}", "bind-address-ipv6": "::1", "peer-port": {port}, "rpc-bind-address": "{address}",
  "rpc-port": 9091, "rpc-whitelist-enabled": false, "dht-enabled": false, "lpd-enabled": false, "pex-enabled": false,
  "utp-enabled": false, "port-forwarding-enabled": false, "download-dir": "{folder}", "encryption": ENCRYPTION,
  "watch-dir-enabled": false, "start-added-torrents": true
}}
"""


def transmission(torrent, file, number, paths, encryption=1):
    client = Client(
        "transmission", number, [paths["transmission-daemon"], "-f", "-g", "{folder}"], torrent, torrent.pieces,
        {"settings.json": TRANSMISSION_SETTINGS.replace("ENCRYPTION", str(encryption))},
    )  # fmt: skip

    def added():
        command = [paths["transmission-remote"], client.address + ":9091", "-a", str(file)]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0

    wait_until(added, "transmission has taken the torrent")
    return client


def aria2(torrent, file, number, paths, encrypted=False):
    return Client(
        "aria2", number,
        [
            paths["aria2c"], "--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
            "--enable-peer-exchange=false", "--interface={address}", "--listen-port={port}", "--seed-ratio=0.0", "-V",
            "--disable-ipv6", "--dir={folder}", "--summary-interval=0",
            *(["--bt-require-crypto=true", "--bt-min-crypto-level=arc4"] if encrypted else []), file,
        ],
        torrent, torrent.pieces,
    )  # fmt: skip


RTORRENT_SETTINGS = """system.daemon.set = true
network.bind_address.set = {address}
network.port_range.set = {port}-{port}
network.port_random.set = no
directory.default.set = {folder}
session.path.set = {folder}
dht.mode.set = disable
protocol.pex.set = no
trackers.use_udp.set = yes
pieces.hash.on_completion.set = no
"""


def rtorrent(torrent, file, number, paths):
    settings = RTORRENT_SETTINGS + "schedule2 = add, 0, 0, ((load.start, %s))\n" % file
    return Client(
        "rtorrent", number, [paths["rtorrent"], "-n", "-o", "import={folder}/rc"], torrent, torrent.pieces,
        {"rc": settings},
    )  # fmt: skip


def libtorrent(torrent, file, number, paths, have=None, encrypted=False):
    script = pathlib.Path(__file__).with_name("libtorrent_client.py")
    return Client(
        "libtorrent", number,
        [
            paths["python3"], script, "{address}:{port}", file, "{folder}", "leech" if have is not None else "seed",
            "encrypted" if encrypted else "plain",
        ],
        torrent, torrent.pieces if have is None else have,
    )  # fmt: skip


def find(*programs):
    """A path for each program, the system's Python among them: the one that has libtorrent."""
    paths = {program: shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin") for program in programs}
    paths["python3"] = "/usr/bin/python3"
    for program, path in paths.items():
        if path is None:
            skip("%s is not installed" % program)
    if subprocess.run([paths["python3"], "-c", "import libtorrent"], stderr=subprocess.DEVNULL, check=False).returncode:
        skip("python3-libtorrent is not installed")
    return paths


def probe(program, *arguments, **environment):
    done = subprocess.run(
        [program, "--json", *(str(argument) for argument in arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr
