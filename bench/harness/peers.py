"""Who is compared: a server each, in the order of the tables."""

import typing


class Peer(typing.NamedTuple):
    """An echo server: its program below the build folder and its arguments."""

    name: str
    program: str
    arguments: tuple = ()
    most_connections: int = 1 << 30
    about: str = ""

    def command(self, build):
        return [build / self.program, *self.arguments]


LISTEN = ("--listen", "127.0.0.1:0")
RDY_ECHO = "apps/echo/rdy-echo"

PEERS = {
    peer.name: peer
    for peer in (
        Peer("epoll", "bench/servers/echo-epoll", about="a hand-written loop: edge-triggered, aware of short reads"),
        Peer("rdy", "bench/servers/echo-rdy", about="the library"),
        Peer("rdy-echo", RDY_ECHO, LISTEN, about="the program, with its counters and limits"),
        Peer("libuv", "bench/servers/echo-libuv"),
        Peer("libev", "bench/servers/echo-libev"),
        Peer("libevent", "bench/servers/echo-libevent", about="its plain events"),
        Peer("bufferevent", "bench/servers/echo-bufferevent", about="of libevent"),
        Peer("mio", "rust/release/echo-mio", about="as it documents: reads until nothing is left"),
        Peer("mio-short", "rust/release/echo-mio-short", about="with short reads taken for the last"),
        Peer("tokio", "rust/release/echo-tokio", about="on one thread"),
        Peer("tokio-lean", "rust/release/echo-tokio-lean", about="with one buffer for all connections"),
        Peer("threads", "bench/servers/echo-threads", about="one for each connection, blocking"),
        Peer("pool", "bench/servers/echo-pool", most_connections=8, about="of 8 threads, blocking"),
        Peer("uring", "bench/servers/echo-uring", about="a hand-written io_uring loop: beyond readiness"),
    )
}

BASELINE = "epoll"
LIBRARIES = ("libuv", "libev", "libevent", "mio", "mio-short", "tokio", "tokio-lean")  # to be no slower than they
VARIANTS = {"mio-short", "tokio-lean"}  # of a library that is there in its usual form too
THRIFTY = ("libuv", "libev", "libevent", "tokio-lean")  # to take less memory than they: mio keeps nothing, tokio 16 KiB
