"""What bench/run says of its figures. Usage: harness_verdict_test.py"""

import unittest

from harness_support import POINT, echo_values, recorded  # before what it finds
from harness import judgement, points, spread, verdict
from harness.results import Results


class JudgementTest(unittest.TestCase):
    def judge(self, limit, *figures_of_points):
        found = {f"at {i}": judgement.Finding(spread.spread_of(found)) for i, found in enumerate(figures_of_points)}
        return judgement.judge(found, limit)

    def test_met(self):
        self.assertEqual(self.judge(judgement.at_most(1.01), [1.01]), ("1.010", "met"))

    def test_short_by_how_much(self):
        self.assertEqual(self.judge(judgement.at_least(3.9), [3]), ("3.000", "**short** by 0.900"))

    def test_short_within_the_spread_says_so(self):
        self.assertEqual(self.judge(judgement.at_most(1), [0.9, 1.1, 1.3])[1], "**short** by 0.100, within the spread")

    def test_a_limit_that_allows_for_the_spread(self):
        limit = judgement.at_least(1, bound=0.97)
        self.assertEqual(self.judge(limit, [0.9, 1, 1.1])[1], "met")
        self.assertEqual(self.judge(limit, [0.9, 0.98, 1.1])[1], "met, within the spread")
        self.assertEqual(self.judge(limit, [0.9, 0.96, 1.1])[1], "**short** by 0.040, within the spread")
        self.assertEqual(self.judge(limit, [0.97, 0.98, 0.99])[1], "**short** by 0.020")

    def test_one_round_has_no_spread(self):
        limit = judgement.at_least(1, bound=0.97)
        self.assertEqual(self.judge(limit, [0.98])[1], "met (one round, no spread)")
        self.assertEqual(self.judge(limit, [0.96])[1], "**short** by 0.040 (one round, no spread)")

    def test_the_worst_of_many_points(self):
        self.assertEqual(self.judge(judgement.at_most(2), [1], [4], [3]), (
            "4.000 at worst (at 1)", "**short** by 2.000 (at 1); 1.000 (at 2); met at 1 of 3"))

    def test_nothing_measured(self):
        self.assertEqual(self.judge(judgement.at_most(2)), ("", "not measured"))


class VerdictTest(unittest.TestCase):
    def lines(self, results=None):
        return {(mine, target): judgement.judge(spreads, limit)
                for mine, target, spreads, limit in verdict.lines(results or recorded())}

    def test_is_computed_from_the_figures(self):
        lines = self.lines()
        self.assertEqual(lines["rdy", "user-space instructions a message, 64 connections: at most 120"],
                         ("130", "**short** by 10"))
        self.assertEqual(lines["rdy", "messages/s, to the loop: not less by more than the spread"],
                         ("0.993", "met, within the spread"))
        self.assertEqual(lines["rdy-echo", "messages/s, to the loop: not less by more than the spread"],
                         ("", "not measured"))

    def test_one_failure_makes_all_short_that_it_belongs_to(self):
        results = recorded()
        results.add("echo", POINT, "rdy", 3, failure="1 wrong answer")
        place = points.describe(POINT)
        self.assertEqual(self.lines(results)["rdy", "messages/s, to the loop: not less by more than the spread"],
                         ("0.993", f"**short** failed in 1 of 4 at {place}"))

    def test_one_that_never_answers_is_short_and_not_unmeasured(self):
        results = Results({})
        results.add("hold", {"connections": 15000}, "rdy", 0, failure="not done within 120 s")
        self.assertEqual(self.lines(results)["rdy", "15 000 held: all answered"],
                         ("", "**short** failed in 1 of 1 at 15\u00a0000 connections"))

    def test_one_lost_connection_is_short_with_its_share(self):
        results = Results({})
        values = {"connections": 15000, "answered": 14999, "failed": 1, "wrong": 0, "rss": 9_000_000,
                  "user_bytes_per_connection": 300.0}
        results.add("hold", {"connections": 15000}, "rdy", 0, values=values)
        measured, said = self.lines(results)["rdy", "15 000 held: all answered"]
        self.assertEqual(measured, "99.99%")
        self.assertIn("failed in 1 of 1 at", said)

    def test_what_the_load_limited_is_neither_met_nor_short(self):
        results = recorded()
        target = "messages/s, to libuv: not less by more than the spread"
        said = self.lines(results)["rdy", target][1]
        self.assertEqual(said, f"limited by the load at {points.describe(POINT)}")
        self.assertEqual(verdict.sort_of(said), verdict.IN_DOUBT)

    def test_slower_than_what_the_load_limited_is_short(self):
        results = Results({})
        results.add("echo", POINT, "epoll", 0, values=echo_values(100, 0.5, load_cpu_s=0.99))
        results.add("echo", POINT, "rdy", 0, values=echo_values(50, 0.9, load_cpu_s=0.5))
        said = self.lines(results)["rdy", "messages/s, to the loop: not less by more than the spread"][1]
        self.assertTrue(said.startswith("**short** by 0.500; limited by the load at "), said)

    def test_memory_of_less_than_nothing_is_not_met(self):
        results = Results({})
        for subject, each in (("rdy", -0.5), ("libev", 100.0)):
            values = {"user_bytes_per_connection": each, "answered": 1000, "connections": 1000, "rss": 1}
            results.add("hold", {"connections": 1000}, subject, 0, values=values)
        self.assertEqual(self.lines(results)["rdy", "memory of a held connection, to libev: less"],
                         ("-0.005", "below what can be seen at 1\u00a0000 connections"))

    def test_the_rate_of_churn_is_not_judged_but_its_cpu(self):
        results = Results({})
        for subject, cpu_s in (("rdy", 0.6), ("libev", 0.5)):
            values = {"cycles": 100, "per_second": 100, "seconds": 1, "server_cpu_s": cpu_s, "load_cpu_s": 0.1}
            results.add("churn", {"clients": 64}, subject, 0, values=values)
        lines = self.lines(results)
        self.assertEqual(lines["rdy", "messages/s, to libev: not less by more than the spread"], ("", "not measured"))
        self.assertEqual(lines["rdy", "CPU a message and a connection, to libev: less"],
                         ("1.200", "**short** by 0.200"))

    def test_the_head_counts_each_line_once(self):
        verdicts = ["met", "met, within the spread", "met; limited by the load at 1 client", "**short** by 1", "met"]
        self.assertTrue(verdict.head(verdicts).startswith(
            "5 lines: 2 met, 1 met within the spread, 1 short, 1 in doubt. "))

    def test_the_prober_with_six_thousand_peers_counts(self):
        def growth(peers, seconds):
            return {"peers": peers, "timeout_s": 5, "rounds": [{"rdy-probe": {"seconds": each}} for each in seconds]}

        values = {"growth": [growth(500, [5.5]), growth(6000, [5.04, 5.06, 5.05])]}
        self.assertAlmostEqual(verdict.beyond_the_timeout(values), 50)


if __name__ == "__main__":
    unittest.main()
