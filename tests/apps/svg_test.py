"""What the picture of a report shows; its reports are made here and drawn by svg_sample.

Usage: svg_test.py SVG_SAMPLE
"""

import collections
import re
import subprocess
import sys
import typing
import unittest
import xml.etree.ElementTree

SAMPLE = sys.argv[1]
PATIENCE = 60
MILLISECOND = 1_000_000

PHASES = ("resolve", "connect", "handshake", "bitfield", "unchoke", "request")
OUTCOMES = {"not done": 0, "ok": 1, "refused": 2, "timed out": 3, "reset": 4, "closed early": 5, "choked": 9}
TOLERANCE = 0.11  # lengths are written in tenths
LEAST_BAR = 2


class Peer(typing.NamedTuple):
    """One result; times in milliseconds, `spent` by phase."""

    text: str
    outcome: str
    phase: str
    spent: dict
    started: float = 0

    def line(self):
        times = [self.started, *(self.spent.get(phase, 0) for phase in PHASES)]
        numbers = [OUTCOMES[self.outcome], PHASES.index(self.phase), *(round(time * MILLISECOND) for time in times)]
        return b"%s %s\n" % (" ".join(map(str, numbers)).encode(), self.text.encode(errors="surrogateescape"))

    def end(self):
        return self.started + sum(self.spent.values())


def timed_out(number):
    return Peer("192.0.2.%d:6881" % number, "timed out", "connect", {"connect": 5000 + number / 100})


def closed_early(number):
    return Peer("[2001:db8::%d]:6881" % number, "closed early", "handshake", {"connect": 9 + number, "handshake": 40})


def fetched(number):
    spent = {"resolve": 30, "connect": 20 + number, "handshake": 25, "bitfield": 10, "unchoke": 1000, "request": 400}
    return Peer("peer%d.example:6881" % number, "ok", "request", spent)


def many(count):
    """So many peers, of three kinds in turn."""
    kinds = (timed_out, closed_early, fetched)
    return [kinds[number % 3](number) for number in range(count)]


def without_namespace(tag):
    return tag.rpartition("}")[2]


class Picture:
    """A drawn report, taken apart."""

    def __init__(self, peers, sequential=False, interrupted=False):
        wall = max((peer.end() for peer in peers), default=0)
        head = "%d %d %d\n" % (wall * MILLISECOND, sequential, interrupted)
        told = head.encode() + b"".join(peer.line() for peer in peers)
        done = subprocess.run([SAMPLE], input=told, stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
        self.text = done.stdout.decode()
        self.root = xml.etree.ElementTree.fromstring(self.text)
        for element in self.root.iter():
            element.tag = without_namespace(element.tag)

    def group(self, name):
        found = self.root.find("g[@id='%s']" % name)
        return [] if found is None else found.findall("g")

    def rows(self):
        return self.group("waterfall")

    def tips(self):
        return [row.find("title").text for row in self.rows()]

    def legend(self):
        texts = ["".join(text.itertext()) for text in self.root.findall("text")]
        return {match[1]: int(match[2]) for text in texts if (match := re.fullmatch(r"([a-z -]+) (\d+)", text))}


def number(element, name):
    return float(element.get(name))


def bar_length(row):
    return sum(number(rect, "width") for rect in row.iter("rect"))


class Form(unittest.TestCase):
    SIZES = (0, 1, 19, 50, 90, 91, 940, 1000, 1001, 5000, 10000)

    def test_it_is_well_formed_and_bounded_at_any_number_of_peers(self):
        for count in self.SIZES:
            with self.subTest(peers=count):
                self.assertLess(len(Picture(many(count)).text), 1_000_000)

    def test_it_has_nothing_that_runs_and_nothing_from_outside(self):
        picture = Picture(many(50))
        tags = {element.tag for element in picture.root.iter()}
        self.assertEqual(tags, {"svg", "title", "desc", "style", "rect", "text", "tspan", "path", "g"})
        attributes = {name for element in picture.root.iter() for name in element.attrib}
        self.assertEqual([name for name in attributes if name.startswith("on") or "href" in name], [])
        self.assertNotRegex(picture.root.find("style").text, r"url|@import")

    def test_it_takes_the_width_that_it_is_given(self):
        root = Picture(many(50)).root
        self.assertRegex(root.get("viewBox"), r"\A0 0 960 \d+(\.\d+)?\Z")
        self.assertEqual(root.get("width"), "100%")
        self.assertNotIn("height", root.attrib)

    def test_all_of_it_is_inside(self):
        for count in self.SIZES:
            root = Picture(many(count)).root
            width, height = map(float, root.get("viewBox").split()[2:])
            with self.subTest(peers=count):
                for rect in root.iter("rect"):
                    self.assertLessEqual(number(rect, "x") + number(rect, "width"), width)
                    self.assertLessEqual(number(rect, "y") + number(rect, "height"), height)
                for text in root.iter("text"):
                    self.assertTrue(0 <= number(text, "x") <= width and 0 <= number(text, "y") <= height)

    def test_those_who_do_not_see_it_are_told_what_it_shows(self):
        root = Picture(many(50)).root
        named = {element.get("id"): element.text for element in root.iter() if element.get("id")}
        self.assertEqual([name in named for name in root.get("aria-labelledby").split()], [True, True])
        self.assertIn("50 peers", named["title"])
        self.assertIn("timed out: 17.", named["desc"])

    def test_it_is_light_or_dark_as_its_reader_prefers(self):
        style = Picture(many(1)).root.find("style").text
        light, dark = style.split("@media(prefers-color-scheme:dark)")
        for name in ("text", ".small", ".back", ".grid", ".ink"):
            self.assertIn(name + "{", light)
            self.assertIn(name + "{", dark)


class Rows(unittest.TestCase):
    def test_each_peer_has_a_bar(self):
        for count in (1, 19, 50, 940, 1000):
            peers = many(count)
            with self.subTest(peers=count):
                tips = Picture(peers).tips()
                self.assertEqual(sorted(tip.split(": ")[0] for tip in tips), sorted(peer.text for peer in peers))

    def test_neighbours_share_a_bar_where_there_are_too_many(self):
        for count in (1001, 5000, 10000):
            tips = Picture(many(count)).tips()
            with self.subTest(peers=count):
                together = [re.match(r"(\d+) peers:|", tip)[1] for tip in tips]
                self.assertEqual(sum(int(number or 1) for number in together), count)
                self.assertLess(len(tips), 1010)

    def test_a_shared_bar_is_the_mean_of_its_peers(self):
        peers = [Peer("p", "refused", "connect", {"connect": 1 + 2 * number}) for number in range(1001)]
        tips = Picture(peers).tips()
        self.assertEqual(tips[0], "2 peers: refused (connect), connect 2.00 ms")
        self.assertEqual(tips[2], "2 peers: refused (connect), connect 10.0 ms")

    def test_lengths_are_the_times_of_the_phases(self):
        peers = many(50)
        picture = Picture(peers)
        rows = {row.find("title").text.split(": ")[0]: row for row in picture.rows()}
        longest = max(peers, key=Peer.end)
        scale = bar_length(rows[longest.text]) / longest.end()
        for peer in peers:
            rects = rows[peer.text].findall("rect")
            with self.subTest(peer=peer.text):
                self.assertEqual([rect.get("class") for rect in rects], [name for name in PHASES if name in peer.spent])
                for rect in rects:
                    wanted = peer.spent[rect.get("class")] * scale
                    self.assertAlmostEqual(number(rect, "width"), wanted, delta=TOLERANCE)

    def test_pieces_follow_each_other_from_the_start_of_the_peer(self):
        peers = [fetched(1), fetched(2)._replace(started=1000)]
        first, second = (row.findall("rect") for row in Picture(peers).rows())
        longest = max(peers, key=Peer.end)
        left = number(first[0], "x")
        scale = (number(second[-1], "x") + number(second[-1], "width") - left) / longest.end()
        self.assertAlmostEqual(number(second[0], "x"), left + 1000 * scale, delta=TOLERANCE)
        for before, after in zip(second, second[1:]):
            self.assertAlmostEqual(number(before, "x") + number(before, "width"), number(after, "x"), delta=0.01)

    def test_the_shortest_is_seen(self):
        refused = Peer("a:1", "refused", "connect", {"connect": 0.01})
        row = Picture([timed_out(1), refused]).rows()[1]
        self.assertEqual(row.get("class"), "refused")
        self.assertEqual(bar_length(row), LEAST_BAR)

    def test_a_peer_that_was_not_begun_has_no_bar(self):
        row = Picture([timed_out(1), Peer("a:1", "not done", "resolve", {})]).rows()[1]
        self.assertEqual(row.findall("rect"), [])
        self.assertIn("not done", row.find("title").text)

    def test_rows_do_not_overlap(self):
        for count in (50, 200, 940, 5000):
            bars = [row.find("rect") for row in Picture(many(count)).rows()]
            ends = [number(bar, "y") + number(bar, "height") for bar in bars]
            with self.subTest(peers=count):
                self.assertTrue(all(end <= number(bar, "y") + 0.01 for end, bar in zip(ends, bars[1:])))
                self.assertGreaterEqual(min(number(bar, "height") for bar in bars), 1)


class Order(unittest.TestCase):
    def test_what_ended_alike_stands_together_good_ones_first_and_by_their_end(self):
        peers = [closed_early(2), timed_out(2), fetched(2), closed_early(1), timed_out(1), fetched(1)]
        names = [tip.split(": ")[0] for tip in Picture(peers).tips()]
        kinds = [fetched(1), fetched(2), timed_out(1), timed_out(2), closed_early(1), closed_early(2)]
        self.assertEqual(names, [peer.text for peer in kinds])

    def test_peers_tried_in_sequence_stand_in_that_sequence(self):
        peers = [closed_early(1), timed_out(2), fetched(3), closed_early(4)]
        for earlier, place in zip(list(peers), range(1, len(peers))):
            peers[place] = peers[place]._replace(started=peers[place - 1].end())
        names = [tip.split(": ")[0] for tip in Picture(peers, sequential=True).tips()]
        self.assertEqual(names, [peer.text for peer in peers])


class Words(unittest.TestCase):
    def test_the_legend_counts_the_outcomes(self):
        peers = many(50)
        self.assertEqual(Picture(peers).legend(), collections.Counter(peer.outcome for peer in peers))

    def test_few_rows_carry_names_and_many_do_not(self):
        for count, named in ((50, 50), (90, 90), (91, 0), (940, 0)):
            names = [text for text in Picture(many(count)).root.iter("text") if text.get("class") == "name"]
            with self.subTest(peers=count):
                self.assertEqual(len(names), named)

    def test_what_ended_alike_has_one_name_where_rows_have_none(self):
        texts = ["".join(text.itertext()) for text in Picture(many(900)).root.findall("text")]
        for name in ("ok 300", "timed out (connect) 300", "closed early (handshake) 300"):
            self.assertIn(name, texts)

    def test_strange_names_are_shown_and_change_nothing_else(self):
        strange = "<script>&amp;\"']]>\x01\x1b[0m\x7f\udcff\udc80\ufffe\u20ac-" + "x" * 200
        picture = Picture([timed_out(1)._replace(text=strange)])
        self.assertIsNone(picture.root.find(".//script"))
        tip = picture.tips()[0].split(": timed")[0]
        self.assertTrue(tip.startswith("<script>&amp;\"']]>\ufffd\ufffd[0m\ufffd\ufffd\ufffd\ufffd\u20ac-x"))
        self.assertRegex(picture.root.find(".//text[@class='name']").text, r"\A<script>&amp;\u2026x+\Z")

    def test_a_run_that_was_interrupted_says_so(self):
        self.assertIn("partial", Picture(many(3), interrupted=True).text)
        self.assertNotIn("partial", Picture(many(3)).text)


class Histogram(unittest.TestCase):
    def bars(self, peers):
        """How many peers stand in each interval."""
        return {
            tip.split(": ")[0]: int(tip.split(": ")[1])
            for tip in (bar.find("title").text for bar in Picture(peers).group("histogram"))
        }

    def test_it_counts_those_that_connected_by_their_times(self):
        times = (0.0005, 1, 1.1, 1.24, 1.25, 90, 99.9, 100, 9000)
        peers = [Peer("a", "ok", "connect", {"connect": time}) for time in times]
        peers += [timed_out(1), Peer("b", "refused", "connect", {"connect": 1})]
        wanted = {"1 µs to 1.25 µs": 1, "1 ms to 1.25 ms": 3, "1.25 ms to 1.6 ms": 1, "80 ms to 100 ms": 2}
        wanted |= {"100 ms to 125 ms": 1, "8 s to 10 s": 1}
        self.assertEqual(self.bars(peers), wanted)

    def test_heights_are_the_counts(self):
        peers = [Peer("a", "ok", "connect", {"connect": time}) for time in (1, 10, 10, 100, 100, 100)]
        heights = [number(bar.find("rect"), "height") for bar in Picture(peers).group("histogram")]
        self.assertEqual(len(heights), 3)
        for height, count in zip(heights, (1, 2, 3)):
            self.assertAlmostEqual(height, heights[2] * count / 3, delta=TOLERANCE)

    def test_a_peer_that_failed_later_has_connected(self):
        self.assertEqual(sum(self.bars(many(30)).values()), 20)

    def test_without_any_there_is_none(self):
        self.assertEqual(self.bars([timed_out(1)]), {})
        self.assertIn("None connected", Picture([timed_out(1)]).text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
