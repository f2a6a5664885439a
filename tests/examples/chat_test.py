"""Drives the example of a chat.

Usage: chat_test.py PROGRAM [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import os
import signal
import sys
import tempfile
import unittest

from example_case import ExampleTest, main
from echo_support import receive, receive_all


class Chat(ExampleTest):
    def open(self):
        folder = tempfile.TemporaryDirectory(prefix="rdy-chat-")
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "socket")
        return self.start("unix:" + self.path)

    def company(self, example):
        """Three that are in: all others have heard from each that came later."""
        one, two = self.connect(example), self.connect(example)
        two.sendall(b"two\n")
        self.expect(one, b"two\n")
        three = self.connect(example)
        three.sendall(b"three\n")
        self.expect(one, b"three\n")
        self.expect(two, b"three\n")
        return one, two, three

    def expect(self, client, lines):
        self.assertEqual(receive(client, len(lines)), lines)

    def test_a_line_goes_to_all_others_and_not_back(self):
        one, two, three = self.company(self.open())
        one.sendall(b"from one\n")
        self.expect(two, b"from one\n")
        self.expect(three, b"from one\n")
        two.sendall(b"from two\n")
        self.expect(one, b"from two\n")
        self.expect(three, b"from two\n")

    def test_a_line_is_passed_on_when_it_is_whole(self):
        one, two, three = self.company(self.open())
        one.sendall(b"begun\nand ")
        self.expect(three, b"begun\n")
        two.sendall(b"between\n")
        self.expect(three, b"between\n")
        one.sendall(b"ended\n")
        self.expect(three, b"and ended\n")

    def test_a_slow_client_blocks_nobody_and_has_to_go(self):
        one, slow, three = self.company(self.open())
        lines = b"".join(b"%09d\n" % number for number in range(400_000))
        for begin in range(0, len(lines), 50_000):  # in step with the one that listens
            piece = lines[begin : begin + 50_000]
            one.sendall(piece)
            self.assertTrue(receive(three, len(piece)) == piece, "the lines differ")
        heard = receive_all(slow)
        self.assertLess(len(heard), len(lines))
        self.assertTrue(lines.startswith(heard), "the lines differ")

    def test_a_line_without_end_is_cut_off_and_the_others_stay(self):
        one, two, three = self.company(self.open())
        one.sendall(b"x" * 1024)
        self.check_hung_up(one)
        two.sendall(b"still here\n")
        self.expect(three, b"still here\n")

    def test_who_leaves_is_not_missed(self):
        one, two, three = self.company(self.open())
        two.close()
        one.sendall(b"who is here?\n")
        self.expect(three, b"who is here?\n")

    def test_signals_end_it_and_remove_its_file(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            example = self.open()
            clients = self.company(example)
            example.signal(number)
            self.assertEqual([receive_all(client) for client in clients], [b"", b"", b""])
            self.assertEqual((example.wait(), example.end()), (0, []))
            self.assertFalse(os.path.exists(self.path))

    def test_the_file_of_another_stays(self):
        example = self.open()
        self.check_refusal(["unix:" + self.path], "in use")
        self.company(example)

    @unittest.skipUnless(sys.platform.startswith("linux"), "abstract names are Linux's")
    def test_it_takes_an_abstract_name(self):
        self.company(self.start("unix:@rdy-chat-%d" % os.getpid()))


if __name__ == "__main__":
    main()
