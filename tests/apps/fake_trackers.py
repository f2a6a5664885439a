"""Trackers on the loopback that answer as a test tells them, over HTTP, HTTPS and UDP."""

import contextlib
import http.server
import pathlib
import socket
import ssl
import struct
import sys
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
from make_torrent import bencode  # noqa: E402

PATIENCE = 30  # seconds that nothing here takes, however slow the machine
MAGIC = 0x41727101980


def compact(*peers):
    """Of "1.2.3.4:80" and "[::1]:80"."""
    packed = b""
    for peer in peers:
        host, _, port = peer.rpartition(":")
        family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
        packed += socket.inet_pton(family, host.strip("[]")) + struct.pack(">H", int(port))
    return packed


def reply(*peers, **others):
    body = {b"interval": 1800, b"peers": compact(*peers)}
    body.update((key.replace("_", " ").encode(), value) for key, value in others.items())
    return bencode(body)


class Requests:
    """What a tracker was asked, in the order in which it was."""

    def __init__(self):
        self.changed = threading.Condition()
        self.taken = []

    def add(self, request):
        with self.changed:
            self.taken.append(request)
            self.changed.notify_all()

    def wait(self, count=1):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.taken) >= count, PATIENCE), self.taken
            return list(self.taken)


def read_query(path):
    """The parameters of a request, as bytes; each may be there once."""
    query = {}
    for pair in path.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        assert name not in query, path
        query[name] = urllib.parse.unquote_to_bytes(value)
    return query


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        tracker = self.server.tracker
        tracker.asked.add(self.path)
        answer = tracker.answer
        if callable(answer):
            answer = answer(self)
        if answer is not None:
            self.send(answer)

    def send(self, body, status=200, **headers):
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, host):
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), Handler)

    def server_bind(self):
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, *_):
        pass


class HttpTracker:
    """`answer` is a body, or a function that gets the handler and returns one, or None if it has answered itself."""

    def __init__(self, answer, host="127.0.0.1", certificate=None):
        self.answer = answer
        self.asked = Requests()
        self.server = Server(host)
        self.server.tracker = self
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.place = "[%s]:%d" % (host, self.server.server_port) if ":" in host else "%s:%d" % (
            host, self.server.server_port)
        self.url = "%s://%s/announce" % ("http" if certificate is None else "https", self.place)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(PATIENCE)

    def queries(self, count):
        return [read_query(path) for path in self.asked.wait(count)]


class UdpTracker:
    """`answer` gets the tracker, a packet and its number from 0, and returns the packets to send."""

    CONNECTION = 0x1122334455667788

    def __init__(self, answer=None, peers=(), host="127.0.0.1", port=0):
        self.answer = answer or UdpTracker.answer_well
        self.peers = peers
        self.asked = Requests()
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.port = self.socket.getsockname()[1]
        self.url = "udp://[%s]:%d" % (host, self.port) if ":" in host else "udp://%s:%d" % (host, self.port)
        self.closing = False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing = True
        with socket.socket(self.socket.family, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self.socket.getsockname())
        self.thread.join(PATIENCE)
        self.socket.close()

    def run(self):
        number = 0
        while True:
            packet, sender = self.socket.recvfrom(65536)
            if self.closing:
                return
            self.asked.add(packet)
            for answer in self.answer(self, packet, number):
                self.socket.sendto(answer, sender)
            number += 1

    def questions(self, count):
        """The packets, without those that were sent again."""
        self.asked.wait(count)
        return list(dict.fromkeys(self.asked.taken))

    @staticmethod
    def is_connect(packet):
        return struct.unpack_from(">QI", packet) == (MAGIC, 0)

    @staticmethod
    def transaction(packet):
        return struct.unpack_from(">I", packet, 12)[0]

    def connected(self, packet):
        return struct.pack(">IIQ", 0, self.transaction(packet), self.CONNECTION)

    def announced(self, packet):
        head = struct.pack(">IIIII", 1, self.transaction(packet), 1800, 5, 7)
        return head + compact(*self.peers)

    def failed(self, packet, reason):
        return struct.pack(">II", 3, self.transaction(packet)) + reason

    def answer_well(self, packet, _number=0):
        return [self.connected(packet) if self.is_connect(packet) else self.announced(packet)]
