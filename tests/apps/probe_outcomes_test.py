"""Each kind of story-peers gets its outcome and phase from rdy-probe, whatever the order, the family and the limits.

Usage: probe_outcomes_test.py PATH-TO-RDY-PROBE PATH-TO-STORY-PEERS [unittest arguments]
"""

import json
import resource
import shutil
import subprocess
import unittest

from probe_torrent_case import TorrentCase, endings

from empty_network import EMPTY_NETWORK, has_empty_network
from probe_case import PROGRAM, by_outcome
from probe_peers import PATIENCE

# Kinds of peers, how many of them (their numbers make some differ), and how they end in mode request. In the modes
# before that, a peer is ok if it would have failed later.
PHASES = ["connect", "handshake", "bitfield", "unchoke", "request"]
KINDS = {
    "good": (4, "ok", "request"),
    "refused": (1, "refused", "connect"),
    "closing_early": (2, "closed early", "handshake"),
    "resetting": (1, "reset", "handshake"),
    "unresponsive": (1, "timed out", "connect"),
    "wrong_info_hash": (1, "wrong info-hash", "handshake"),
    "wrong_protocol": (1, "wrong protocol", "handshake"),
    "silent": (1, "timed out", "handshake"),
    "dripping": (1, "timed out", "handshake"),
    "silent_after_handshake": (1, "timed out", "bitfield"),
    "closing_at_bitfield": (1, "closed early", "bitfield"),
    "resetting_at_bitfield": (1, "reset", "bitfield"),
    "incomplete": (1, "incomplete file", "bitfield"),
    "empty": (1, "incomplete file", "bitfield"),
    "have_none": (1, "incomplete file", "bitfield"),
    "oversized": (1, "oversized", "bitfield"),
    "protocol_error": (2, "protocol error", "bitfield"),
    "choking": (1, "choked", "unchoke"),
    "choking_later": (1, "choked", "request"),
    "rejecting": (1, "choked", "request"),
    "bad_piece": (1, "bad piece", "request"),
    "closing_at_request": (1, "closed early", "request"),
    "resetting_at_request": (1, "reset", "request"),
    "dripping_blocks": (1, "timed out", "request"),
    "slow_unchoke": (1, "ok", "request"),
    "out_of_order": (1, "ok", "request"),
    "unknown_messages": (1, "ok", "request"),
}

# The one for the unchoke is longer than what slow-unchoke takes.
TIMEOUTS = [
    "--connect-timeout", "700ms", "--handshake-timeout", "700ms",
    "--unchoke-timeout", "1500ms", "--request-timeout", "700ms",
]


def ending(kind, mode):
    _, outcome, phase = KINDS[kind.replace("-", "_")]
    return (outcome, phase) if PHASES.index(phase) <= PHASES.index(mode) else ("ok", mode)


def allow_64_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


class Outcomes(TorrentCase):
    def setUp(self):
        super().setUp()
        self.torrent = self.make()
        counts = {kind: count for kind, (count, _, _) in KINDS.items()}
        self.families = [self.start_peers(self.torrent, *options, **counts) for options in ([], ["--ipv6"])]

    def runs(self, mode):
        """Arguments for a run, and the sets of peers that it asks."""
        common = ["--torrent", self.torrent.path, "--mode", mode, *TIMEOUTS]
        ipv4, ipv6 = self.families
        few = {"before": allow_64_descriptors}
        yield "at once", (common, {}), [ipv4, ipv6]
        yield "one after another, IPv4", ([*common, "--seq"], {}), [ipv4]
        yield "one after another, IPv6", ([*common, "--seq"], {}), [ipv6]
        yield "within 64 descriptors", (common, few), [ipv4, ipv6]
        if mode == "request":
            yield "all pieces", ([*common, "--pieces", "all"], {}), [ipv4, ipv6]

    def test_each_kind_in_each_mode_at_once_and_one_after_another_and_with_few_descriptors(self):
        runs, expected = {}, {}
        for mode in ("request", "bitfield", "handshake"):
            for name, (arguments, others), sets in self.runs(mode):
                addresses = [address for peers in sets for address in peers.addresses]
                runs[mode, name] = [*arguments, *addresses], others
                expected[mode, name] = {address: ending(kind, mode) for peers in sets for address, kind in peers.all}
        for (mode, name), report in self.probe_all(runs).items():
            with self.subTest(mode=mode, run=name):
                self.assertEqual(endings(report), expected[mode, name])
                self.assertEqual(report["mode"], mode)


class Story(TorrentCase):
    OUTCOMES = {"timed out": 20, "closed early": 21, "reset": 3, "incomplete file": 1, "refused": 1, "ok": 1}

    def test_twenty_copies_end_as_one_does_at_once_and_within_64_descriptors_and_one_after_another(self):
        torrent = self.make()
        common = ["--torrent", torrent.path, "--connect-timeout", "300ms", "-"]
        story, copies, copies_v6 = (
            "\n".join(self.start_peers(torrent, "--story", *options).addresses)
            for options in ([], ["--copies", "20"], ["--copies", "20", "--ipv6"])
        )
        reports = self.probe_all({
            "IPv4": (common, {"text": copies}),
            "IPv6": (common, {"text": copies_v6}),
            "limited": (common, {"text": copies, "before": allow_64_descriptors}),
            "sequential": ([*common, "--seq"], {"text": story}),
        })
        for name, report in reports.items():
            with self.subTest(name):
                times = 1 if name == "sequential" else 20
                expected = {outcome: times * count for outcome, count in self.OUTCOMES.items()}
                self.assertEqual(by_outcome(report), expected)
                self.assertEqual(report["at_once"] < 64, name in ("limited", "sequential"))
                self.assertEqual(bool(report["stderr"]), name == "limited")  # it says how many at once there are
        self.assertGreaterEqual(reports["sequential"]["wall_ms"], 20 * 300)
        self.assertLess(reports["IPv4"]["wall_ms"], reports["IPv4"]["sum_ms"])


@unittest.skipUnless(has_empty_network() and shutil.which("ip"), "needs a user namespace and ip")
class Routes(unittest.TestCase):
    """What only a route can do, in a network of the test's own."""

    ROUTES = {
        "10.9.9.1": ("unreachable", "unreachable"),
        "10.9.9.2": ("prohibit", "denied"),
        "fd09::1": ("unreachable", "unreachable"),
        "fd09::2": ("prohibit", "denied"),
    }

    def test_unreachable_and_denied(self):
        commands = [f"ip route add {kind} {host}" for host, (kind, _) in self.ROUTES.items()]
        expected = {
            f"[{host}]:80" if ":" in host else f"{host}:80": (outcome, "connect")
            for host, (_, outcome) in self.ROUTES.items()
        }
        for order in ("--par", "--seq"):
            script = "; ".join(["set -e; ip link set lo up", *commands, 'exec "$@"'])
            command = [*EMPTY_NETWORK, "sh", "-c", script, "sh", PROGRAM, "--json", order, *expected]
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
            self.assertEqual((done.returncode, done.stderr), (1, ""))
            self.assertEqual(endings(json.loads(done.stdout)), expected)


if __name__ == "__main__":
    unittest.main()
