"""Drives the example of timers.

Usage: timers_test.py PROGRAM [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import select
import signal
import time

from example_case import ExampleTest, main
from echo_support import PATIENCE, receive_all


class Timers(ExampleTest):
    def test_a_silent_client_is_hung_up_on_and_not_early(self):
        example = self.start("127.0.0.1:0", "300")
        begin = time.monotonic()
        self.assertEqual(receive_all(self.connect(example)), b"bye\n")
        self.assertGreaterEqual(time.monotonic() - begin, 0.3)

    def test_who_speaks_may_stay(self):
        example = self.start("127.0.0.1:0", "8000")
        silent, talker = self.connect(example), self.connect(example)
        deadline = time.monotonic() + PATIENCE
        while not select.select([silent], [], [], 0.1)[0]:
            self.assertLess(time.monotonic(), deadline)
            talker.sendall(b"still here\n")
        self.assertEqual(receive_all(silent), b"bye\n")
        self.assertEqual(select.select([talker], [], [], 0)[0], [], "the talker was hung up on")

    def test_it_tells_every_second_how_many_there_are(self):
        example = self.start("127.0.0.1:0", "60000")
        client = self.connect(example)
        self.await_report(example, "clients: 1")
        client.close()
        self.await_report(example, "clients: 0")

    def test_seconds_that_were_missed_are_told_once(self):
        begin = time.monotonic()
        example = self.start("127.0.0.1:0", "60000")
        self.await_report(example, "clients: 0")
        example.stop()
        ran = time.monotonic() - begin
        time.sleep(5)
        begin = time.monotonic()
        example.signal(signal.SIGCONT)
        reports = int(ran) + 4
        for _ in range(reports - 1):
            self.await_report(example, "clients: 0")
        ran += time.monotonic() - begin
        self.assertLessEqual(reports - 2, ran)  # one for all that were missed, one for a second that had begun

    def await_report(self, example, wanted):
        while (line := example.next_output()) != wanted:
            self.assertRegex(line, r"\Aclients: \d+\Z")

    def test_clients_beyond_the_limit_of_descriptors_wait_for_a_place(self):
        example = self.start("127.0.0.1:0", "50", descriptors=16)
        self.check_each_gets([self.connect(example) for _ in range(40)], b"bye\n")

    def test_it_says_why_it_cannot_start(self):
        for arguments in ([], ["127.0.0.1:0"], ["127.0.0.1:0", "soon"], ["127.0.0.1:0", "9" * 30]):
            self.check_refusal(arguments, "invalid")


if __name__ == "__main__":
    main()
