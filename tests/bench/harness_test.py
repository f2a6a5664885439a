"""The parts of bench/run that make something of figures. Usage: harness_test.py"""

import importlib.util
import json
import pathlib
import tempfile
import unittest
from unittest import mock

from harness_support import POINT, echo_values, recorded  # before what it finds
from harness import figures, pictures, points, report, spread, tables, trace
from harness.results import Results
from harness.tables import Column

STRACE = """\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 49.87    0.105218           9     11000         1 recvfrom
 48.01    0.101297           9     11000           sendto
  1.93    0.004072          23       172           epoll_wait
  0.19    0.000401           6        65         1 accept4
------ ----------- ----------- --------- --------- ----------------
100.00    0.210988           9     22237         3 total
"""

CALLGRIND = """\
version: 1
creator: callgrind-3.19.0
positions: line
events: Ir
summary: 1234567

fn=(1) main
16 400
totals: 1234567
"""


class SpreadTest(unittest.TestCase):
    def test_quartiles_are_inclusive(self):
        self.assertEqual(spread.spread_of([5, 1, 2, 4, 3]), (3, 2, 4, 5))

    def test_one_figure_is_its_own_spread(self):
        self.assertEqual(spread.spread_of([7]), (7, 7, 7, 1))

    def test_nothing_has_no_spread(self):
        self.assertIsNone(spread.spread_of([]))
        self.assertIsNone(spread.median_of([]))

    def test_ratios_are_of_the_same_round(self):
        self.assertEqual(spread.ratios({0: 2, 1: 9, 3: 8}, {0: 4, 2: 1, 3: 2}), [0.5, 4])

    def test_a_round_of_nothing_has_no_ratio(self):
        self.assertEqual(spread.ratios({0: 2}, {0: 0}), [])


class TraceTest(unittest.TestCase):
    def test_the_table_of_strace(self):
        counts = trace.system_calls(STRACE)
        self.assertEqual(counts, {"recvfrom": 11000, "sendto": 11000, "epoll_wait": 172, "accept4": 65})

    def test_calls_by_kind(self):
        kinds = trace.by_kind(trace.system_calls(STRACE))
        self.assertEqual(kinds, {"reads": 11000, "writes": 11000, "waits": 172, "other": 65})

    def test_what_a_message_more_costs(self):
        cost = trace.per_message({"read": 10, "close": 3}, {"read": 40, "close": 3, "write": 30}, 30)
        self.assertEqual(cost, {"read": 1, "close": 0, "write": 1})

    def test_what_happened_less_often_costs_nothing(self):
        self.assertEqual(trace.per_message({"futex": 9}, {"futex": 7}, 10), {"futex": 0})

    def test_instructions_of_callgrind(self):
        self.assertEqual(trace.instructions(CALLGRIND), 1234567)

    def test_a_file_without_a_count(self):
        with self.assertRaises(ValueError):
            trace.instructions("version: 1\n")


class FiguresTest(unittest.TestCase):
    def test_cpu_of_a_message_and_of_a_cycle(self):
        self.assertEqual(figures.cpu_us({"server_cpu_s": 0.5, "messages": 1000}), 500)
        self.assertEqual(figures.cpu_us({"server_cpu_s": 0.5, "cycles": 100}), 5000)
        self.assertIsNone(figures.cpu_us({"server_cpu_s": 0.5, "messages": 0}))

    def test_limited_by_the_load_is_only_where_the_server_had_time(self):
        self.assertTrue(figures.limited_by_load(echo_values(1, 0.5, load_cpu_s=0.96)))
        self.assertFalse(figures.limited_by_load(echo_values(1, 0.97, load_cpu_s=0.96)))
        self.assertFalse(figures.limited_by_load(echo_values(1, 0.5, load_cpu_s=0.5)))


class TablesTest(unittest.TestCase):
    def test_figures_keep_three_digits(self):
        shown = [tables.plain(value) for value in (0.0, 0.01234, 1.2345, 12.345, 123.45, 1234567.0, 8, None)]
        self.assertEqual(shown, ["0.00", "0.012", "1.23", "12.3", "123", "1\u00a0234\u00a0567", "8", ""])

    def test_percents_lose_no_hundredth(self):
        self.assertEqual([tables.percent(value) for value in (1, 0.9987, 0.5)], ["100 %", "99.87 %", "50 %"])

    def test_points_are_said(self):
        self.assertEqual(points.describe({"connections": 1, "depth": 16, "bytes": 16384}),
                         "1 connection, depth 16, 16\u00a0384 bytes")

    def test_rows_have_medians_ratios_and_what_went_wrong(self):
        shown = tables.compare(recorded(), "echo", POINT, [Column("rate", "per_second", compared=True)],
                               mark=lambda values: "limited" if figures.limited_by_load(values) else None)
        self.assertEqual(shown.splitlines()[2:], [
            "| epoll | 150 | 1.000 (1.000–1.000) |  |",
            "| rdy | 149 | 0.993 (0.992–1.002) |  |",
            "| libuv | 50 | 0.500 | failed in 1 of 2: 1 wrong / answer; limited in 1 of 2 |",
        ])

    def test_no_column_for_remarks_where_there_are_none(self):
        results = Results({})
        results.add("wake", {}, "rdy", 0, values={"ns": 3.0})
        shown = tables.compare(results, "wake", {}, [Column("ns", "ns")])
        self.assertEqual(shown, "|  | ns |\n| --- | --: |\n| rdy | 3.00 |\n")


class ResultsTest(unittest.TestCase):
    def test_what_is_saved_is_what_is_loaded(self):
        with tempfile.TemporaryDirectory() as folder:
            recorded().save(folder)
            loaded = Results.load(folder)
        self.assertEqual(loaded.records, recorded().records)
        self.assertEqual((loaded.about, loaded.skipped), (recorded().about, recorded().skipped))

    def test_no_folder_of_the_machine_is_named(self):
        results = Results({})
        results.hide("/home/me/rdy", "SOURCE")
        results.hide("/home/me/rdy/build", "BUILD")
        results.hide("/home/me", "~")
        results.skip("mio", "no /home/me/rdy/build/rust, /home/me/rdy/Cargo.toml, /home/me/.cargo, /home/merry")
        results.add("echo", POINT, "rdy", 0, failure="cannot run /home/me/rdy/build")
        self.assertEqual(results.skipped[0]["reason"], "no BUILD/rust, SOURCE/Cargo.toml, ~/.cargo, /home/merry")
        self.assertEqual(results.failures("echo", POINT, "rdy"), ["cannot run BUILD"])

    def test_another_format_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "results.json").write_text(json.dumps({"format": 99}), encoding="utf-8")
            with self.assertRaises(ValueError):
                Results.load(folder)


class ReportTest(unittest.TestCase):
    def write(self, text=None):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "README.md")
            if text is not None:
                path.write_text(text, encoding="utf-8")
            report.write(recorded(), folder)
            return path.read_text(encoding="utf-8")

    def test_has_all_blocks_and_what_was_left_out(self):
        text = self.write()
        for name in ("about", "verdict", "echo", "probe"):
            self.assertIn(report.begin_mark(name), text)
        self.assertIn("| mio | not built |", text)
        self.assertIn("**64 connections, depth 1, 64 bytes**", text)
        self.assertIn("Not measured in this run.", text)

    def test_what_stands_around_the_blocks_is_kept(self):
        first = self.write()
        mine = first.replace(report.end_mark("verdict"), f"{report.end_mark('verdict')}\n\nWhy: \\1 noise.")
        self.assertEqual(self.write(mine), mine)

    def test_old_figures_are_replaced(self):
        text = self.write(f"# Mine\n\n{report.begin_mark('echo')}\nold\n{report.end_mark('echo')}\n\nAfter.\n")
        self.assertTrue(text.startswith("# Mine\n"))
        self.assertNotIn("old\n", text)
        self.assertIn(f"{report.end_mark('echo')}\n\nAfter.\n", text)


@unittest.skipUnless(importlib.util.find_spec("matplotlib"), "no matplotlib")
class PicturesTest(unittest.TestCase):
    def draw(self):
        with tempfile.TemporaryDirectory() as folder:
            drawn = pictures.draw_all(recorded(), folder)
            return drawn, {path.name: path.read_text(encoding="utf-8") for path in pathlib.Path(folder).iterdir()}

    def test_only_what_was_measured_is_drawn(self):
        drawn, files = self.draw()
        self.assertEqual(list(drawn), ["echo"])
        self.assertEqual(list(files), ["echo.svg"])

    def test_names_are_text_and_what_is_far_off_is_said(self):
        text = self.draw()[1]["echo.svg"]
        for said in (">rdy<", ">libuv<", ">0.50<"):
            self.assertIn(said, text)

    def test_a_picture_that_cannot_be_drawn_is_left_out_with_its_reason(self):
        results = recorded()
        with mock.patch.dict(pictures.PICTURES, echo=("echo", "", lambda _: {}["ncols"])):
            self.assertEqual(pictures.draw_all(results, "/nonexistent"), {})
        self.assertIn({"what": "picture echo.svg", "reason": "KeyError: 'ncols'"}, results.skipped)

    def test_what_the_load_limited_is_marked(self):
        self.assertIn("hollow: limited by the load", self.draw()[1]["echo.svg"])

    def test_the_same_figures_make_the_same_file(self):
        self.assertEqual(self.draw(), self.draw())


if __name__ == "__main__":
    unittest.main()
