"""Drives the example of an echo server.

Usage: echo_test.py PROGRAM [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import random
import socket

from example_case import ExampleTest, main
from echo_support import ask, exchange, receive_all, send_until_stalled

RANDOM = random.Random(1)


class Echo(ExampleTest):
    def test_each_client_gets_its_own_bytes_and_then_its_end(self):
        example = self.start("127.0.0.1:0")
        payloads = {self.connect(example): RANDOM.randbytes(RANDOM.randint(0, 1 << 20)) for _ in range(20)}
        for client, echo in exchange(payloads).items():
            self.assertTrue(echo == payloads[client], "the bytes differ")

    def test_what_a_slow_client_does_not_take_is_kept_and_holds_nobody_up(self):
        example = self.start("127.0.0.1:0")
        slow = self.connect(example, receive_buffer=16 * 1024)
        chunk = RANDOM.randbytes(1 << 20)
        sent = send_until_stalled(slow, chunk, 128 << 20)
        self.assertLess(sent, 128 << 20, "a client that does not read was read from for ever")
        slow.shutdown(socket.SHUT_WR)
        self.assertEqual(ask(self.connect(example), b"hello"), b"hello")
        expected = (chunk * (sent // len(chunk) + 1))[:sent]
        self.assertTrue(receive_all(slow) == expected, "the bytes differ")

    def test_clients_beyond_the_limit_of_descriptors_wait_for_a_place(self):
        example = self.start("127.0.0.1:0", descriptors=16)
        clients = [self.connect(example) for _ in range(40)]
        for client in clients:
            client.sendall(b"hello")
        self.check_each_gets(clients, b"hello")

    def test_it_says_why_it_cannot_start(self):
        self.check_refusal([], "invalid")
        self.check_refusal(["127.0.0.1"], "invalid")
        self.check_refusal([self.start("127.0.0.1:0").address], "in use")


if __name__ == "__main__":
    main()
