"""Drives the announce of rdy-probe, in a small client, against trackers of every kind on the loopback.

Usage: announce_test.py PATH-TO-CLIENT curl|"" [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import contextlib
import errno
import gzip
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from empty_network import EMPTY_NETWORK, has_empty_network
from fake_trackers import PATIENCE, HttpTracker, UdpTracker, bencode, compact, reply

CLIENT = sys.argv.pop(1)
HAS_CURL = sys.argv.pop(1) == "curl"
OVERDUE = 2  # ANNOUNCE_OVERDUE of announce.h, in seconds
HASH = b"\0 %&=+?#/A\xff\x7f-._~z09\n"
PEER_ID = b"-RD0001-&\x01 cdefghijk"
# Without what could turn the client to another server, or another trust, than its own.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.lower().endswith("_proxy") and not name.startswith(("CURL", "SSL"))
}


def events(queries):
    return [query["event"] for query in queries]


class Case(unittest.TestCase):
    maxDiff = None

    def enter(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def http(self, *arguments, **others):
        return self.enter(HttpTracker(*arguments, **others))

    def udp(self, *arguments, **others):
        return self.enter(UdpTracker(*arguments, **others))

    def start(self, *arguments, **environment):
        client = subprocess.Popen(
            [CLIENT, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env={**ENVIRONMENT, **environment},
        )
        self.addCleanup(self.end, client)
        return client

    @staticmethod
    def end(client):
        """Also of a test that fails; one that has ended stays as it is."""
        client.kill()
        client.communicate()

    def finish(self, client):
        output, self.stderr = client.communicate(timeout=4 * PATIENCE)
        self.assertEqual((client.returncode, "rdy: debug: " in self.stderr), (0, False), self.stderr)
        return json.loads(output)

    def ask(self, *arguments, answered=1, **environment):
        """The peers that were found; what was said is in self.stderr."""
        result = self.finish(self.start(*arguments, **environment))
        self.assertEqual((result["result"], result["answered"]), ("answered", answered), self.stderr)
        return result["peers"]

    def check_problem(self, url, *words, arguments=()):
        """It is told in one line, and there are no peers."""
        self.assertEqual(self.ask(*arguments, url, answered=0), [])
        self.assertEqual(self.stderr.count("\n"), 1, self.stderr)
        self.assertTrue(self.stderr.startswith("announce_client: tracker %s: " % url), self.stderr)
        for word in words:
            self.assertIn(word, self.stderr)


@unittest.skipUnless(HAS_CURL, "built without libcurl")
class Http(Case):
    def test_the_request_says_who_asks_for_what(self):
        tracker = self.http(reply("1.2.3.4:80"))
        self.ask("--left", 12345, "--numwant", 50, tracker.url)
        (query,) = tracker.queries(2)[:1]
        port = int(query.pop("port"))
        self.assertTrue(0 < port < 65536)
        self.assertRegex(query.pop("key"), b"^[0-9a-f]{8}$")
        self.assertEqual(
            query,
            {
                "info_hash": HASH,
                "peer_id": PEER_ID,
                "uploaded": b"0",
                "downloaded": b"0",
                "left": b"12345",
                "compact": b"1",
                "numwant": b"50",
                "event": b"started",
            },
        )

    def test_a_url_keeps_its_query_and_sends_no_fragment(self):
        for given, begins in (
            ("?passkey=a%20b", "/announce?passkey=a%20b&info_hash="),
            ("?passkey=x#y", "/announce?passkey=x&info_hash="),
            ("?", "/announce?info_hash="),
            ("", "/announce?info_hash="),
        ):
            tracker = self.http(reply("1.2.3.4:80"))
            self.ask(tracker.url + given)
            path = tracker.asked.wait()[0]
            self.assertTrue(path.startswith(begins), path)
            self.assertNotIn("#", path)

    def test_peers_come_compact_of_both_families_and_as_dictionaries(self):
        dictionaries = [
            {b"ip": b"1.2.3.4", b"port": 80, b"peer id": bytes(20)},
            {b"ip": b"2001:db8::1", b"port": 81},
            {b"ip": b"peer.example", b"port": 82},
        ]
        for answer, expected in (
            (reply("1.2.3.4:80", "5.6.7.8:65535"), ["1.2.3.4:80", "5.6.7.8:65535"]),
            (reply(peers6=compact("[2001:db8::1]:80")), ["[2001:db8::1]:80"]),
            (
                reply("1.2.3.4:80", peers6=compact("[2001:db8::1]:80")),
                ["1.2.3.4:80", "[2001:db8::1]:80"],
            ),
            (reply(peers=dictionaries), ["1.2.3.4:80", "[2001:db8::1]:81", "peer.example:82"]),
            (reply("1.2.3.4:80", "1.2.3.4:80"), ["1.2.3.4:80"]),
            (reply(), []),
        ):
            self.assertEqual(sorted(self.ask(self.http(answer).url)), sorted(expected))

    def test_what_is_no_address_of_one_host_is_left_out(self):
        ipv4 = ["0.0.0.0:80", "0.1.2.3:80", "224.0.0.1:80", "255.255.255.255:80", "223.255.255.255:80"]
        ipv6 = compact("[::]:80", "[ff02::1]:80", "[::ffff:0.0.0.0]:80", "[fe80::1]:80")
        found = self.ask(self.http(reply(*ipv4, peers6=ipv6)).url)
        self.assertEqual(sorted(found), ["223.255.255.255:80", "[fe80::1]:80"])
        self.assertIn("2 peers, 7 of no use", self.stderr)

    def test_a_family_that_is_not_asked_for_is_left_out(self):
        answer = reply("1.2.3.4:80", peers6=compact("[2001:db8::1]:80"))
        self.assertEqual(self.ask("--ipv4", self.http(answer).url), ["1.2.3.4:80"])
        self.assertIn("1 peer, 1 of no use", self.stderr)
        mapped = reply(peers6=compact("[::ffff:1.2.3.4]:80"))
        self.assertEqual(self.ask("--ipv4", self.http(mapped).url), ["1.2.3.4:80"])
        self.assertEqual(self.ask("--ipv6", self.http(mapped, host="::1").url), [])
        self.assertEqual(self.ask("--ipv6", self.http(answer, host="::1").url), ["[2001:db8::1]:80"])
        self.assertEqual(self.ask("--ipv6", self.http(answer).url, answered=0), [])

    def test_what_the_tracker_tells_is_one_line(self):
        tracker = self.http(reply("1.2.3.4:80", complete=3, incomplete=4, warning_message=b"be\nnice"))
        self.ask(tracker.url)
        line = "announce_client: tracker %s: 1 peer, 3 seeders, 4 leechers; warning: be?nice\n"
        self.assertEqual(self.stderr, line % tracker.url)
        tracker.answer = reply("1.2.3.4:80", "1.2.3.4:81")
        self.ask(tracker.url)
        self.assertEqual(self.stderr, "announce_client: tracker %s: 2 peers\n" % tracker.url)
        self.ask("--quiet", tracker.url)
        self.assertEqual(self.stderr, "")

    def test_packed_and_chunked_answers_are_read(self):
        def packed(handler):
            handler.send(gzip.compress(reply("1.2.3.4:80")), Content_Encoding="gzip")

        def chunked(handler):
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            for byte in reply("1.2.3.4:80"):
                handler.wfile.write(b"1\r\n%c\r\n" % byte)
            handler.wfile.write(b"0\r\n\r\n")

        def until_closed(handler):
            handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + reply("1.2.3.4:80"))
            handler.close_connection = True

        for answer in (packed, chunked, until_closed):
            with self.subTest(answer.__name__):
                self.assertEqual(self.ask(self.http(answer).url), ["1.2.3.4:80"])

    def redirect(self, location):
        return self.http(lambda handler: handler.send(b"", 302, Location=location))

    def test_redirects_are_followed_but_not_for_ever_nor_anywhere(self):
        tracker = self.http(reply("1.2.3.4:80"))
        self.assertEqual(self.ask(self.redirect(tracker.url + "?moved=1").url), ["1.2.3.4:80"])
        endless = self.redirect("/announce")
        self.check_problem(endless.url, "redirects")
        self.assertLessEqual(len(endless.asked.taken), 6)
        with tempfile.NamedTemporaryFile() as file:
            file.write(reply("1.2.3.4:80"))
            file.flush()
            self.check_problem(self.redirect("file://" + file.name).url, "file")
        self.check_problem(self.redirect("ftp://127.0.0.1/").url, "ftp")

    def test_a_failure_reason_is_told_whatever_the_status(self):
        body = bencode({b"failure reason": b"not here"})
        for status in (200, 400, 403):
            tracker = self.http(lambda handler, status=status: handler.send(body, status))
            self.check_problem(tracker.url, ": failure reason: not here\n")

    def test_what_is_no_answer_is_told(self):
        for answer, words in (
            (lambda handler: handler.send(b"<html>", 404), "HTTP status 404"),
            (lambda handler: handler.send(reply("1.2.3.4:80"), 500), "HTTP status 500"),
            (b"<html>", "byte 0: expected"),
            (b"", "byte 0: expected"),
            (b"de", "expected"),
            (reply("1.2.3.4:80")[:-1], "expected"),
            (bencode({b"interval": 1, b"peers": b"12345"}), "expected"),
        ):
            with self.subTest(words):
                self.check_problem(self.http(answer).url, words)

    def test_an_answer_that_breaks_off_is_told(self):
        def break_off(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + reply("1.2.3.4:80"))
            handler.close_connection = True

        def say_nothing(handler):
            handler.close_connection = True

        self.check_problem(self.http(break_off).url)
        self.check_problem(self.http(say_nothing).url)

    def test_a_huge_answer_ends_early_packed_or_not(self):
        huge = b"d5:peers" + b"%d:" % (1 << 26) + bytes(1 << 26)

        def send(handler):
            with contextlib.suppress(OSError):
                handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n" + huge)
            handler.close_connection = True

        def bomb(handler):
            handler.send(gzip.compress(huge, 1), Content_Encoding="gzip")

        for answer in (send, bomb):
            with self.subTest(answer.__name__):
                self.check_problem(self.http(answer).url, "longer than 1 MiB")

    def test_a_dripping_answer_cannot_stretch_the_time_out(self):
        def drip(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            with contextlib.suppress(OSError):
                while True:
                    handler.wfile.write(b"d")
                    time.sleep(0.02)

        begin = time.monotonic()
        self.check_problem(self.http(drip).url, "no answer in time", arguments=("--timeout", "500ms"))
        self.assertGreaterEqual(time.monotonic() - begin, 0.5)

    def test_nobody_there_is_told(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            self.check_problem("http://127.0.0.1:%d/announce" % holder.getsockname()[1], "connect")

    def test_https_trusts_whom_it_is_told_to(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                 "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
                check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE,
            )
            certificate = folder / "certificate.pem"
            tracker = self.http(reply("1.2.3.4:80"), certificate=folder)
            self.assertEqual(self.ask("--ca", certificate, tracker.url), ["1.2.3.4:80"])
            self.assertEqual(self.ask(tracker.url, CURL_CA_BUNDLE=certificate), ["1.2.3.4:80"])
            self.assertEqual(self.ask(tracker.url, SSL_CERT_FILE=certificate), ["1.2.3.4:80"])
            self.check_problem(tracker.url, "certificate")
            self.check_problem(tracker.url.replace("127.0.0.1", "localhost"), arguments=("--ca", certificate))

    def test_an_interrupt_ends_what_is_under_way(self):
        silent = self.http(lambda handler: time.sleep(PATIENCE))
        for count, number in ((1, signal.SIGINT), (3, signal.SIGTERM)):
            client = self.start("--timeout", "10m", silent.url)
            silent.asked.wait(count)
            client.send_signal(number)
            self.assertEqual(self.finish(client)["result"], "ECANCELED")
            self.assertEqual(self.stderr, "")
        # it may have noted us, silent or not
        self.assertEqual(events(silent.queries(4)), [b"started", b"stopped"] * 2)

    def test_a_tracker_that_kept_silent_until_its_time_out_is_taken_leave_of(self):
        silent = self.http(lambda handler: time.sleep(PATIENCE))
        self.check_problem(silent.url, "no answer in time", arguments=("--timeout", "500ms"))
        self.assertEqual(events(silent.queries(2)), [b"started", b"stopped"])

    def test_a_url_given_twice_is_asked_once(self):
        tracker, other = self.http(reply("1.2.3.4:80")), self.http(reply("1.2.3.4:81"))
        given = ("--tier", tracker.url, "--tier", other.url, tracker.url, tracker.url)
        self.assertEqual(sorted(self.ask(*given, answered=2)), ["1.2.3.4:80", "1.2.3.4:81"])
        for each in (tracker, other):
            self.assertEqual(events(each.queries(2)), [b"started", b"stopped"])

    def test_a_long_url_leaves_room_for_the_reason(self):
        url = self.http(bencode({b"failure reason": b"no"})).url + "?" + "x" * 2000
        self.assertEqual(self.ask(url, answered=0), [])
        self.assertEqual(self.stderr, "announce_client: tracker %s...: failure reason: no\n" % url[:200])
        url = self.http(reply("1.2.3.4:80")).url + "?" + "x" * 2000
        self.assertEqual(self.ask(url), ["1.2.3.4:80"])
        self.assertEqual(self.stderr, "announce_client: tracker %s...: 1 peer\n" % url[:200])

    def test_a_tracker_that_answered_is_taken_leave_of(self):
        tracker = self.http(reply("1.2.3.4:80", tracker_id=b"a&b\xff"))
        failing = self.http(bencode({b"failure reason": b"no"}))
        client = self.start("--left", 7, tracker.url, failing.url)
        begun = tracker.queries(1)[0]
        self.assertEqual(client.poll(), None)  # it waits for the end of its input
        self.assertEqual(self.finish(client)["answered"], 1)
        ended = tracker.queries(2)[1]
        self.assertEqual(ended.pop("trackerid"), b"a&b\xff")
        self.assertEqual(ended, {**begun, "event": b"stopped", "numwant": b"0"})
        self.assertEqual((len(tracker.asked.taken), len(failing.asked.taken)), (2, 1))

    def test_bytes_left_are_never_0(self):
        tracker = self.http(reply("1.2.3.4:80"))
        self.ask("--left", 0, tracker.url)
        self.assertEqual({query["left"] for query in tracker.queries(2)}, {b"1"})

    def test_leave_is_not_waited_for_for_long(self):
        def answer_once(handler):
            if "event=started" in handler.path:
                return reply("1.2.3.4:80")
            time.sleep(PATIENCE)
            return None

        tracker = self.http(answer_once)
        self.assertEqual(self.ask("--timeout", "10m", tracker.url), ["1.2.3.4:80"])
        tracker.asked.wait(2)


@unittest.skipUnless(HAS_CURL, "built without libcurl")
class Ourselves(Case):
    def test_the_port_is_bound_and_refuses(self):
        tracker = self.http(reply("1.2.3.4:80"))
        client = self.start(tracker.url)
        port = int(tracker.queries(1)[0]["port"])
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family) as other:
                self.assertEqual(other.connect_ex((host, port)), errno.ECONNREFUSED)
            with socket.socket(family) as other, self.assertRaises(OSError):
                other.bind((host, port))
        self.finish(client)

    def test_our_own_entry_is_left_out_and_no_other(self):
        def answer(handler):
            port = int(handler.path.partition("&port=")[2].partition("&")[0])
            return reply(
                "127.0.0.1:%d" % port,
                "10.77.88.99:%d" % port,
                "10.77.88.98:%d" % port,
                "127.0.0.1:%d" % (port ^ 1),
                peers6=compact("[::1]:%d" % port, "[::1]:%d" % (port ^ 1)),
                external_ip=socket.inet_aton("10.77.88.99"),
            )

        tracker = self.http(answer)
        peers = self.ask(tracker.url)
        port = int(tracker.queries(1)[0]["port"])
        self.assertEqual(
            sorted(peers), sorted(["10.77.88.98:%d" % port, "127.0.0.1:%d" % (port ^ 1), "[::1]:%d" % (port ^ 1)])
        )
        self.assertIn("3 peers beside ourselves", self.stderr)

    @unittest.skipUnless(has_empty_network() and shutil.which("ip"), "needs a user namespace and ip")
    def test_our_end_of_the_connection_is_ours(self):
        network = "ip link set lo up && ip route add local 10.77.0.0/24 dev lo && exec \"$@\""
        test = [sys.executable, __file__, CLIENT, "curl", "AnyAddress"]
        done = subprocess.run(
            [*EMPTY_NETWORK, "sh", "-c", network, "sh", *test], capture_output=True, text=True, check=False,
            timeout=4 * PATIENCE, env={**os.environ, "ANY_ADDRESS": "yes"},
        )
        self.assertEqual(done.returncode, 0, done.stderr)


@unittest.skipUnless("ANY_ADDRESS" in os.environ, "run by another test, in its network")
class AnyAddress(Case):
    """A whole network is this host's, and none of it is on the list of the host's addresses."""

    def test_over_http(self):
        def answer(handler):
            port = int(handler.path.partition("&port=")[2].partition("&")[0])
            return reply("%s:%d" % (handler.client_address[0], port), "10.77.0.9:%d" % port)

        tracker = self.http(answer, host="10.77.0.5")
        peers = self.ask(tracker.url)
        self.assertEqual(peers, ["10.77.0.9:%d" % int(tracker.queries(1)[0]["port"])])

    def test_over_udp(self):
        def answer(tracker, packet, _):
            if not tracker.is_connect(packet):
                port = struct.unpack_from(">H", packet, 96)[0]
                tracker.peers = ["10.77.0.5:%d" % port, "10.77.0.9:%d" % port]
            return tracker.answer_well(packet)

        tracker = self.udp(answer, host="10.77.0.5")
        peers = self.ask(tracker.url)
        self.assertEqual(peers, tracker.peers[1:])


class Udp(Case):
    def test_the_packets_say_who_asks_for_what(self):
        tracker = self.udp(peers=["1.2.3.4:80", "5.6.7.8:81"])
        self.assertEqual(self.ask("--left", 12345, "--numwant", 50, tracker.url), ["1.2.3.4:80", "5.6.7.8:81"])
        self.assertEqual(self.stderr, "announce_client: tracker %s: 2 peers, 7 seeders, 5 leechers\n" % tracker.url)
        connect, announce = tracker.questions(2)[:2]
        self.assertEqual((len(connect), tracker.is_connect(connect)), (16, True))
        self.assertEqual(len(announce), 98)
        fields = struct.unpack(">QII20s20sQQQIIIiH", announce)
        self.assertEqual(fields[:2] + fields[3:10], (tracker.CONNECTION, 1, HASH, PEER_ID, 0, 12345, 0, 2, 0))
        self.assertEqual(fields[11], 50)
        self.assertNotEqual(fields[2], tracker.transaction(connect))

    def test_peers_of_a_tracker_on_ipv6_are_of_ipv6(self):
        tracker = self.udp(peers=["[2001:db8::1]:80", "[2001:db8::2]:81"], host="::1")
        self.assertEqual(self.ask(tracker.url), ["[2001:db8::1]:80", "[2001:db8::2]:81"])
        self.check_problem(tracker.url, "family", arguments=["--ipv4"])

    def test_the_path_of_the_url_is_sent(self):
        for path, option in (("/announce?key=1#x", b"\x02\x0f/announce?key=1"), ("/", b""), ("?a", b"\x02\x02?a")):
            tracker = self.udp(peers=["1.2.3.4:80"])
            self.ask(tracker.url + path)
            self.assertEqual(tracker.asked.wait(2)[1][98:], option)

    def test_lost_packets_are_sent_again(self):
        def lose_every_second(tracker, packet, number):
            return tracker.answer_well(packet) if number % 2 else []

        tracker = self.udp(lose_every_second, peers=["1.2.3.4:80"])
        self.assertEqual(self.ask(tracker.url), ["1.2.3.4:80"])
        packets = tracker.asked.wait(4)
        self.assertEqual((packets[0], packets[2]), (packets[1], packets[3]))

    def test_packets_that_are_not_for_us_are_overlooked(self):
        def mislead(tracker, packet, _):
            right = tracker.answer_well(packet)[0]
            other = struct.pack(">I", tracker.transaction(packet) ^ 1)
            failed = tracker.failed(packet, b"no")
            return [b"", b"\0" * 7, right[:4] + other + right[8:], failed[:4] + other + failed[8:], right]

        self.assertEqual(self.ask(self.udp(mislead, peers=["1.2.3.4:80"]).url), ["1.2.3.4:80"])

    def test_only_the_address_that_was_asked_may_answer(self):
        def answer_from_elsewhere(tracker, packet, number):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.sendto(tracker.failed(packet, b"no"), self.client_address)
            return tracker.answer_well(packet)

        tracker = UdpTracker(answer_from_elsewhere, peers=["1.2.3.4:80"])
        receive = tracker.socket.recvfrom

        class Socket:
            def __getattr__(_, name):
                return getattr(tracker_socket, name)

            def recvfrom(_, size):
                packet, self.client_address = receive(size)
                return packet, self.client_address

        tracker_socket, tracker.socket = tracker.socket, Socket()
        self.enter(tracker)
        self.assertEqual(self.ask(tracker.url), ["1.2.3.4:80"])

    def test_a_failure_is_told(self):
        def fail_at_connect(tracker, packet, _):
            return [tracker.failed(packet, b"not here")]

        def fail_at_announce(tracker, packet, _):
            return tracker.answer_well(packet) if tracker.is_connect(packet) else [tracker.failed(packet, b"not here")]

        for answer in (fail_at_connect, fail_at_announce):
            self.check_problem(self.udp(answer).url, ": failure reason: not here\n")

    def test_a_packet_that_is_too_short_is_told(self):
        def short(tracker, packet, _):
            return [tracker.answer_well(packet)[0][: 16 if tracker.is_connect(packet) else 8]]

        self.check_problem(self.udp(short).url, "8 bytes of at least 20")

    def test_half_a_peer_is_told(self):
        def cut(tracker, packet, _):
            answer = tracker.answer_well(packet)[0]
            return [answer if tracker.is_connect(packet) else answer[:-1]]

        self.check_problem(self.udp(cut, peers=["1.2.3.4:80"]).url, "expected")

    def test_nobody_there_is_told_at_once(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", 0))
            port = holder.getsockname()[1]
        self.check_problem("udp://127.0.0.1:%d" % port, "refused", arguments=("--timeout", "10m"))

    def test_silence_is_told_after_the_time_out(self):
        begin = time.monotonic()
        tracker = self.udp(lambda *_: [])
        self.check_problem(tracker.url, "no answer in time", arguments=("--timeout", "1500ms"))
        self.assertGreaterEqual(time.monotonic() - begin, 1.5)
        self.assertEqual(len(tracker.asked.wait(2)), 2)

    def test_an_interrupt_ends_what_is_under_way(self):
        silent = self.udp(lambda *_: [])
        client = self.start("--timeout", "10m", silent.url)
        silent.asked.wait(1)
        client.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(client)["result"], "ECANCELED")

    def test_leave_is_taken_over_the_same_connection(self):
        tracker = self.udp(peers=["1.2.3.4:80"])
        self.ask(tracker.url)
        _, started, stopped = tracker.questions(3)
        event = slice(80, 84)
        self.assertEqual((started[event], stopped[event]), (b"\0\0\0\2", b"\0\0\0\3"))
        transaction, numwant = slice(12, 16), slice(92, 96)
        for changed in (event, transaction, numwant):
            self.assertNotEqual(started[changed], stopped[changed])
            stopped = stopped[: changed.start] + started[changed] + stopped[changed.stop :]
        self.assertEqual(started, stopped)
        self.assertNotEqual(started[64:72], bytes(8))  # bytes left, none given

    def test_a_bad_url_is_told(self):
        for url in ("udp://", "udp://name", "udp://127.0.0.1", "udp://127.0.0.1:0", "udp://a b:1", "udp://u@h:1",
                    "udp://1.2.3.4:65536/announce", "udp://[::1:1"):
            self.check_problem(url, "expected udp://HOST:PORT")


class Names(Case):
    """The client knows some names that do not exist (fake_names.h)."""

    def test_the_addresses_of_a_name_are_all_tried(self):
        tracker = self.udp(peers=["1.2.3.4:80"])
        self.assertEqual(self.ask("udp://two.test:%d" % tracker.port), ["1.2.3.4:80"])
        self.assertEqual(len(tracker.questions(3)), 3)

    def test_one_address_of_a_family_is_enough(self):
        first = self.udp(peers=["1.2.3.4:80"], host="127.0.0.2")
        second = self.udp(peers=["1.2.3.4:80"], host="127.0.0.1", port=first.port)
        self.assertEqual(self.ask("udp://two.test:%d" % first.port), ["1.2.3.4:80"])
        kinds = [UdpTracker.is_connect(packet) for packet in first.questions(1) + second.questions(1)]
        self.assertEqual(kinds.count(False), 2)  # the one that connected first, and it again to take leave

    def test_both_families_give_peers(self):
        four = self.udp(peers=["1.2.3.4:80"])
        six = self.udp(peers=["[2001:db8::1]:80"], host="::1", port=four.port)
        url = "udp://both.test:%d" % four.port
        self.assertEqual(sorted(self.ask(url)), ["1.2.3.4:80", "[2001:db8::1]:80"])
        self.assertIn("2 peers, 7 seeders", self.stderr)
        self.assertEqual(self.ask("--ipv4", url), ["1.2.3.4:80"])
        self.assertEqual((len(four.questions(6)), len(six.questions(3))), (6, 3))

    def test_a_silent_family_is_not_waited_for_for_long(self):
        four = self.udp(peers=["1.2.3.4:80"])
        self.udp(lambda *_: [], host="::1", port=four.port)
        url = "udp://both.test:%d" % four.port
        self.assertEqual(self.ask("--timeout", "10m", url), ["1.2.3.4:80"])

    def test_the_first_tier_has_answered_when_one_family_has(self):
        four, spare = self.udp(peers=["1.2.3.4:80"]), self.udp(peers=["1.2.3.4:81"])
        silent = self.udp(lambda *_: [], host="::1", port=four.port)
        tiers = ("--tier", "udp://both.test:%d" % four.port, "--tier", spare.url)
        self.assertEqual(self.ask("--timeout", "10m", *tiers), ["1.2.3.4:80"])
        silent.asked.wait()
        self.assertEqual(spare.asked.taken, [])

    def test_a_tier_whose_lookup_hangs_is_abandoned_all_the_same(self):
        for scheme in ["udp", "http"] if HAS_CURL else ["udp"]:
            with self.subTest(scheme):
                good = self.udp(peers=["1.2.3.4:80"])
                tiers = ("--tier", scheme + "://slow.test:1", "--tier", good.url)
                self.assertEqual(self.ask("--timeout", "10m", *tiers), ["1.2.3.4:80"])

    def test_a_name_that_is_not_known_is_told(self):
        self.check_problem("udp://nowhere.invalid.:1", "unknown name")

    def test_a_lookup_that_hangs_holds_up_neither_the_time_out_nor_an_interrupt(self):
        schemes = ["udp", "http"] if HAS_CURL else ["udp"]
        for scheme in schemes:
            url = scheme + "://slow.test:1"
            with self.subTest(scheme):
                self.check_problem(url, "no answer in time", arguments=("--timeout", "300ms"))
            with self.subTest(scheme + ", interrupted"):
                client = self.start("--timeout", "10m", url, self.udp(peers=["1.2.3.4:80"]).url)
                client.stderr.readline()  # of the other tracker: it is under way
                client.send_signal(signal.SIGINT)
                result = self.finish(client)
                self.assertEqual((result["result"], result["peers"]), ("ECANCELED", ["1.2.3.4:80"]))


class Tiers(Case):
    def failing(self):
        return self.udp(lambda tracker, packet, _: [tracker.failed(packet, b"no")])

    def test_the_first_that_answers_ends_it(self):
        failing, good, spare = self.failing(), self.udp(peers=["1.2.3.4:80"]), self.udp(peers=["1.2.3.4:81"])
        peers = self.ask("--tier", failing.url, "--tier", good.url, "--tier", spare.url)
        self.assertEqual(peers, ["1.2.3.4:80"])
        lines = self.stderr.splitlines()
        self.assertEqual([line.split()[2] for line in lines], [failing.url + ":", good.url + ":"])
        self.assertEqual((len(failing.questions(1)), spare.asked.taken), (1, []))

    def test_the_next_tier_is_asked_only_if_all_of_one_failed(self):
        failing, other = self.failing(), self.failing()
        good, next_tier = self.udp(peers=["1.2.3.4:80"]), self.udp(peers=["1.2.3.4:81"])
        tier = ["--tier", failing.url, "--same-tier", other.url, "--same-tier", good.url]
        self.assertEqual(self.ask(*tier, "--tier", next_tier.url), ["1.2.3.4:80"])
        self.assertEqual(next_tier.asked.taken, [])
        self.assertEqual(self.ask(*tier[:4], "--tier", next_tier.url), ["1.2.3.4:81"])
        self.assertEqual(self.stderr.count("failure reason"), 2)

    def test_a_silent_tracker_does_not_hold_up_the_next_tier(self):
        silent, good, spare = self.udp(lambda *_: []), self.udp(peers=["1.2.3.4:80"]), self.udp(peers=["1.2.3.4:81"])
        tiers = ("--tier", silent.url, "--tier", good.url, "--tier", spare.url)
        begin = time.monotonic()
        self.assertEqual(self.ask("--timeout", "10m", *tiers), ["1.2.3.4:80"])
        self.assertGreaterEqual(time.monotonic() - begin, OVERDUE)
        self.assertEqual(spare.asked.taken, [])
        self.assertEqual(self.stderr.count("\n"), 1, self.stderr)  # nothing is said of who is abandoned
        self.assertTrue(all(map(UdpTracker.is_connect, silent.asked.taken)))  # it never knew of whom to take leave

    def test_a_silent_tracker_that_answers_after_all_is_the_first(self):
        """Also beside the next one, which is silent."""
        answers = threading.Event()
        late = self.udp(lambda tracker, packet, _: tracker.answer_well(packet) if answers.is_set() else [],
                        peers=["1.2.3.4:80"])
        silent = self.udp(lambda *_: [])
        client = self.start("--timeout", "10m", "--tier", late.url, "--tier", silent.url)
        silent.asked.wait()
        answers.set()
        result = self.finish(client)
        self.assertEqual((result["answered"], result["peers"]), (1, ["1.2.3.4:80"]))

    def test_a_tier_is_asked_beside_a_silent_one_and_the_next_at_once_when_that_fails(self):
        silent, failing, good = self.udp(lambda *_: []), self.failing(), self.udp(peers=["1.2.3.4:80"])
        tiers = [word for tracker in (silent, failing, good) for word in ("--tier", tracker.url)]
        self.assertEqual(self.ask("--timeout", "10m", *tiers), ["1.2.3.4:80"])
        urls = [line.split()[2] for line in self.stderr.splitlines()]
        self.assertEqual(urls, [failing.url + ":", good.url + ":"])

    def test_silent_tiers_end_at_the_time_out_of_the_last(self):
        silent = [self.udp(lambda *_: []) for _ in range(3)]
        tiers = [word for tracker in silent for word in ("--tier", tracker.url)]
        begin = time.monotonic()
        self.assertEqual(self.ask("--timeout", "3s", *tiers, answered=0), [])
        self.assertGreaterEqual(time.monotonic() - begin, 2 * OVERDUE + 3)
        urls = [line.split()[2] for line in self.stderr.splitlines()]
        self.assertEqual(urls, [tracker.url + ":" for tracker in silent])
        self.assertEqual(self.stderr.count("no answer in time"), 3)

    @unittest.skipUnless(HAS_CURL, "built without libcurl")
    def test_leave_is_taken_of_an_abandoned_tracker_that_got_the_announce(self):
        started, stopped = b"\0\0\0\2", b"\0\0\0\3"
        has_stopped = threading.Event()

        def silent_at_start(tracker, packet, _):
            if packet[80:84] == stopped:
                has_stopped.set()
            return tracker.answer_well(packet) if packet[80:84] != started else []

        slow, good = self.http(lambda handler: time.sleep(PATIENCE)), self.http(reply("1.2.3.4:80"))
        udp, never = self.udp(silent_at_start), self.http(reply("1.2.3.4:81"))
        tiers = [word for tracker in (slow, udp, good, never) for word in ("--tier", tracker.url)]
        self.assertEqual(self.ask("--timeout", "10m", *tiers), ["1.2.3.4:80"])
        for tracker in (slow, good):
            self.assertEqual(events(tracker.queries(2)), [b"started", b"stopped"])
        self.assertTrue(has_stopped.wait(PATIENCE))
        announces = [packet[80:84] for packet in udp.questions(3) if not udp.is_connect(packet)]
        self.assertEqual(announces, [started, stopped])
        self.assertEqual(never.asked.taken, [])

    def test_within_a_tier_the_order_is_chance(self):
        one, other = self.udp(peers=["1.2.3.4:80"]), self.udp(peers=["1.2.3.4:81"])
        seen = set()
        for _ in range(100):  # in vain once in 2 ** 99 runs
            seen.update(self.ask("--tier", one.url, "--same-tier", other.url))
            if len(seen) == 2:
                return
        self.fail("it is always " + str(seen))

    def test_trackers_given_by_hand_are_all_asked_beside_the_tiers(self):
        trackers = [self.udp(peers=["1.2.3.4:%d" % port]) for port in (80, 81, 82)]
        urls = [tracker.url for tracker in trackers]
        peers = self.ask("--tier", urls[0], self.failing().url, *urls[1:], answered=3)
        self.assertEqual(sorted(peers), ["1.2.3.4:80", "1.2.3.4:81", "1.2.3.4:82"])
        for tracker in trackers:
            self.assertEqual(len(tracker.questions(3)), 3)

    def test_silent_trackers_given_by_hand_do_not_wait_for_each_other(self):
        silent = [self.udp(lambda *_: []) for _ in range(5)]
        client = self.start("--timeout", "10m", *(tracker.url for tracker in silent))
        for tracker in silent:
            tracker.asked.wait()
        client.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(client)["result"], "ECANCELED")

    def test_a_scheme_that_nobody_speaks_is_a_failure(self):
        good = self.udp(peers=["1.2.3.4:80"])
        self.assertEqual(self.ask("--tier", "wss://127.0.0.1:1/", "--tier", good.url), ["1.2.3.4:80"])
        self.assertIn("wss://127.0.0.1:1/: expected a URL of http, https or udp\n", self.stderr)
        self.check_problem("127.0.0.1:1", "expected a URL")

    @unittest.skipIf(HAS_CURL, "built with libcurl")
    def test_without_libcurl_http_trackers_are_a_failure(self):
        self.check_problem("http://127.0.0.1:1/announce", "built without libcurl: no HTTP trackers")

    def test_no_tracker_gives_no_peers(self):
        self.assertEqual(self.ask(answered=0), [])
        self.assertEqual(self.stderr, "")


if __name__ == "__main__":
    unittest.main()
