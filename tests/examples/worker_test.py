"""Drives the example of work off the loop.

Usage: worker_test.py PROGRAM [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import select
import socket

from example_case import ExampleTest, main
from echo_support import receive, receive_all, reset

FOR_EVER = b"4294967295\n"


class Worker(ExampleTest):
    def question(self, client, limit, primes):
        answer = b"%d primes below %d\n" % (primes, limit)
        client.sendall(b"%d\n" % limit)
        self.assertEqual(receive(client, len(answer)), answer)

    def test_it_counts(self):
        client = self.connect(self.start("127.0.0.1:0"))
        for limit, primes in ((0, 0), (2, 0), (3, 1), (10, 4), (100, 25), (100_000, 9592)):
            self.question(client, limit, primes)

    def test_questions_that_come_at_once_are_answered_in_order(self):
        client = self.connect(self.start("127.0.0.1:0"))
        client.sendall(b"10\n100\n10")
        client.sendall(b"00\n")
        client.shutdown(socket.SHUT_WR)
        expected = b"4 primes below 10\n25 primes below 100\n168 primes below 1000\n"
        self.assertEqual(receive_all(client), expected)

    def test_questions_that_come_during_the_work_are_answered_behind_it(self):
        example = self.start("127.0.0.1:0")
        client = self.connect(example)
        client.sendall(b"1000000\n")
        self.question(self.connect(example), 10, 4)  # the loop went on meanwhile
        client.sendall(b"100\n" * 20)
        self.question(self.connect(example), 10, 4)
        expected = b"78498 primes below 1000000\n" + b"25 primes below 100\n" * 20
        self.assertEqual(receive(client, len(expected)), expected)

    def test_work_holds_up_neither_the_loop_nor_the_other_thread(self):
        example = self.start("127.0.0.1:0")
        patient = self.connect(example)
        patient.sendall(FOR_EVER)
        for _ in range(10):
            self.question(self.connect(example), 100, 25)
        self.assertEqual(select.select([patient], [], [], 0)[0], [])

    def test_many_clients_are_answered(self):
        example = self.start("127.0.0.1:0")
        answer = b"168 primes below 1000\n"
        clients = [self.connect(example) for _ in range(40)]
        for client in clients:
            client.sendall(b"1000\n")
        for client in clients:
            self.assertEqual(receive(client, len(answer)), answer)

    def test_the_result_for_a_client_that_has_gone_is_dropped(self):
        example = self.start("127.0.0.1:0")
        for _ in range(10):
            gone = self.connect(example)
            gone.sendall(b"50000\n")
            reset(gone)
        self.question(self.connect(example), 10, 4)

    def test_nonsense_ends_the_connection(self):
        example = self.start("127.0.0.1:0")
        for nonsense in (b"\n", b"-1\n", b" 1\n", b"ten\n", b"10 \n", b"1" * 40):
            client = self.connect(example)
            client.sendall(nonsense)
            self.check_hung_up(client)

    def test_it_says_why_it_cannot_start(self):
        self.check_refusal([], "invalid")
        self.check_refusal([self.start("127.0.0.1:0").address], "in use")


if __name__ == "__main__":
    main()
