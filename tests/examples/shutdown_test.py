"""Drives the example of a shutdown by signal.

Usage: shutdown_test.py PROGRAM [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import signal
import socket
import time

from example_case import ExampleTest, main
from echo_support import PATIENCE, receive, receive_all, wait_until

SIZE = 32 << 20


class Shutdown(ExampleTest):
    def served_client(self, example):
        """One whose answer has begun and is not in the kernel's buffers as a whole."""
        client = self.connect(example, receive_buffer=16 * 1024)
        self.assertEqual(receive(client, 1), b"\0")
        return client

    def await_closed_door(self, example):
        def refused():
            with socket.socket() as late:
                late.settimeout(PATIENCE)
                return late.connect_ex(example.target()[1]) != 0

        wait_until(refused, "nobody is let in any more")

    def test_clients_get_all(self):
        example = self.start("127.0.0.1:0")
        clients = [self.connect(example) for _ in range(3)]
        for client in clients:
            self.assertEqual(receive_all(client), bytes(SIZE))

    def test_the_first_signal_loses_no_byte(self):
        example = self.start("127.0.0.1:0")
        client = self.served_client(example)
        example.signal(signal.SIGTERM)
        self.await_closed_door(example)
        client.sendall(b"thank you")  # would make a close without a look at it a reset
        self.assertEqual(len(receive_all(client)), SIZE - 1)
        client.close()
        self.assertEqual((example.wait(), example.end()), (0, ["ended, clients cut off: 0"]))

    def test_what_clients_say_during_their_answers_holds_nobody_up(self):
        example = self.start("127.0.0.1:0")
        client = self.served_client(example)
        client.sendall(b"thank you")
        self.assertEqual(receive_all(self.connect(example)), bytes(SIZE))
        self.assertEqual(len(receive_all(client)), SIZE - 1)

    def test_without_clients_it_ends_at_once(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            example = self.start("127.0.0.1:0")
            example.signal(number)
            self.assertEqual((example.wait(), example.end()), (0, ["ended, clients cut off: 0"]))

    def test_the_second_signal_ends_it(self):
        example = self.start("127.0.0.1:0")
        self.served_client(example)
        example.signal(signal.SIGTERM)
        self.await_closed_door(example)
        example.signal(signal.SIGINT)
        self.assertEqual((example.wait(), example.end()), (1, ["ended, clients cut off: 1"]))

    def test_who_got_all_and_stays_is_not_cut_off(self):
        example = self.start("127.0.0.1:0")
        client = self.connect(example)
        self.assertEqual(len(receive_all(client)), SIZE)
        example.signal(signal.SIGTERM)
        self.await_closed_door(example)
        example.signal(signal.SIGTERM)
        self.assertEqual((example.wait(), example.end()), (0, ["ended, clients cut off: 0"]))

    def test_a_client_that_never_reads_has_five_seconds(self):
        example = self.start("127.0.0.1:0")
        self.served_client(example)
        begin = time.monotonic()
        example.signal(signal.SIGTERM)
        self.assertEqual((example.wait(), example.end()), (1, ["ended, clients cut off: 1"]))
        self.assertGreaterEqual(time.monotonic() - begin, 5)

    def test_hang_up_tells_how_many_there_are(self):
        example = self.start("127.0.0.1:0")
        self.served_client(example)
        example.signal(signal.SIGHUP)
        self.assertEqual(example.next_error(), "clients: 1")
        self.served_client(example)
        example.signal(signal.SIGHUP)
        self.assertEqual(example.next_error(), "clients: 2")

    def test_it_says_why_it_cannot_start(self):
        self.check_refusal([], "invalid")
        self.check_refusal([self.start("127.0.0.1:0").address], "in use")


if __name__ == "__main__":
    main()
