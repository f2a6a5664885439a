"""Drives the example of a UDP echo server.

Usage: udp_echo_test.py PROGRAM [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import socket

from example_case import ExampleTest, main
from echo_support import PATIENCE


class UdpEcho(ExampleTest):
    def client(self, example):
        client = socket.socket(type=socket.SOCK_DGRAM)
        self.addCleanup(client.close)
        client.settimeout(PATIENCE)
        client.connect(example.target()[1])
        return client

    def check_echoes(self, client, datagrams):
        for datagram in datagrams:
            client.send(datagram)
        self.assertEqual([client.recv(1 << 16) for _ in datagrams], datagrams)

    def test_each_datagram_comes_back_whole(self):
        client = self.client(self.start("127.0.0.1:0"))
        for size in (1, 0, 1472, 9000, 65507):
            self.check_echoes(client, [bytes([size % 251]) * size])

    def test_a_burst_comes_back_in_order(self):
        client = self.client(self.start("127.0.0.1:0"))
        for _ in range(10):
            self.check_echoes(client, [b"%d" % number for number in range(50)])

    def test_each_sender_gets_its_own(self):
        example = self.start("127.0.0.1:0")
        clients = [self.client(example) for _ in range(20)]
        for number, client in enumerate(clients):
            client.send(b"from %d" % number)
        for number, client in enumerate(clients):
            self.assertEqual(client.recv(100), b"from %d" % number)

    def test_a_sender_that_has_gone_is_no_harm(self):
        example = self.start("127.0.0.1:0")
        for _ in range(20):
            client = self.client(example)
            client.send(b"hello")
            client.close()
        self.check_echoes(self.client(example), [b"still there?"])

    def test_it_says_why_it_cannot_start(self):
        self.check_refusal([], "invalid")
        self.check_refusal([self.start("127.0.0.1:0").address], "in use")


if __name__ == "__main__":
    main()
