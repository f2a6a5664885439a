"""That each kind of story-peers does what its word says: what is judged by them has to rely on it.

Usage: peers_test.py PATH-TO-STORY-PEERS [unittest arguments]
"""

import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import make_torrent
from story_peers import StoryPeers

PROGRAM = sys.argv.pop(1)
PATIENCE = 30  # seconds that nothing here takes
CHOKE, UNCHOKE, INTERESTED, HAVE, BITFIELD, REQUEST, PIECE = 0, 1, 2, 4, 5, 6, 7
SUGGEST, HAVE_ALL, HAVE_NONE, REJECT, ALLOWED_FAST, EXTENDED = 13, 14, 15, 16, 17, 20
FAST, EXTENSIONS = 0x04, 0x10 << 16
SIZE, PIECE_LENGTH = 100_000, 32768  # four pieces, the last one short


class Peer:
    """Our side of a conversation, with the simplest means."""

    def __init__(self, address, info_hash, reserved=0):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host.strip("[]"), int(port)), PATIENCE)
        self.hash = bytes.fromhex(info_hash)
        self.hello = b"\x13BitTorrent protocol" + struct.pack(">Q", reserved) + self.hash + b"-XX0000-abcdefghijkl"

    def __enter__(self):
        self.socket.sendall(self.hello)
        return self

    def __exit__(self, *_):
        self.socket.close()

    def read(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise EOFError(data)
            data += part
        return data

    def shake_hands(self):
        answer = self.read(68)
        assert answer[:20] == self.hello[:20] and answer[28:48] == self.hash, answer
        return answer

    def message(self):
        """The next one as (id, payload), or None for a keep-alive."""
        data = self.read(struct.unpack(">I", self.read(4))[0])
        return (data[0], data[1:]) if data else None

    def say(self, number, payload=b""):
        self.socket.sendall(struct.pack(">IB", len(payload) + 1, number) + payload)

    def request(self, *blocks):
        self.socket.sendall(b"".join(struct.pack(">IBIII", 13, REQUEST, *block) for block in blocks))

    def is_silent(self, seconds=0.3):
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(1)
            return False
        except socket.timeout:
            return True
        finally:
            self.socket.settimeout(PATIENCE)

    def until(self, *numbers):
        """What comes up to a message with one of these ids, which is the last; without keep-alives."""
        messages = []
        while not messages or messages[-1][0] not in numbers:
            messages += filter(None, [self.message()])
        return messages


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.torrent = make_torrent.make(folder.name, size=SIZE, piece_length=PIECE_LENGTH)

    def start(self, *options, **counts):
        peers = StoryPeers(PROGRAM, *options, torrent=self.torrent, **counts)
        self.addCleanup(peers.__exit__)
        return peers.__enter__()

    def meet(self, kind, *options, reserved=0):
        (address,) = self.start(*options, **{kind: 1}).addresses
        peer = Peer(address, self.torrent.info_hash, reserved)
        self.addCleanup(peer.__exit__)
        return peer.__enter__()

    def unchoked(self, kind, reserved=0):
        peer = self.meet(kind, reserved=reserved)
        peer.shake_hands()
        peer.say(INTERESTED)
        peer.until(UNCHOKE)
        return peer

    def block(self, piece, begin, length):
        offset = piece * PIECE_LENGTH + begin
        return struct.pack(">II", piece, begin) + self.torrent.content[offset:offset + length]


class Seeds(Case):
    def test_a_good_one_tells_its_pieces_unchokes_and_sends_what_is_asked_for(self):
        for options in [(), ("--ipv6",)]:
            peer = self.meet("good", *options)
            peer.shake_hands()
            self.assertEqual(peer.message(), (BITFIELD, b"\xf0"))
            peer.request((0, 0, 100))  # while it chokes: not answered
            peer.say(INTERESTED)
            self.assertEqual(peer.message(), (UNCHOKE, b""))
            asked = [(0, 0, 16384), (0, 16384, 16384), (3, 0, SIZE - 3 * PIECE_LENGTH), (1, 5, 1)]
            peer.request(*asked)
            self.assertEqual([peer.message() for _ in asked], [(PIECE, self.block(*block)) for block in asked])
            self.assertTrue(peer.is_silent())

    def test_good_ones_differ_in_their_extensions_and_keep_to_ours(self):
        peers = self.start(good=4).addresses
        for number, address in enumerate(peers):
            for reserved in (0, FAST | EXTENSIONS):
                with Peer(address, self.torrent.info_hash, reserved) as peer:
                    bits = struct.unpack(">Q", peer.shake_hands()[20:28])[0]
                    self.assertEqual(bits, (0 if number % 2 else FAST) | (EXTENSIONS if number >= 2 else 0))
                    first = peer.until(BITFIELD, HAVE_ALL)
                    expected = [EXTENDED] if bits & reserved & EXTENSIONS else []
                    expected.append(HAVE_ALL if bits & reserved & FAST else BITFIELD)
                    self.assertEqual([number for number, _ in first], expected)

    def test_more_requests_than_it_keeps_are_all_answered(self):
        peer = self.unchoked("good")
        asked = [(1, i * 16, 16384) for i in range(1000)]
        peer.request(*asked)
        for block in asked:
            self.assertEqual(peer.message(), (PIECE, self.block(*block)))

    def test_a_request_beyond_a_piece_or_too_long_ends_the_conversation(self):
        peer = self.meet("good")
        for block in [(4, 0, 1), (3, 1000, 1697), (0, 32768, 1), (0, 0xFFFFFFFF, 2), (0, 0, 0), (0, 0, 200_000)]:
            with self.subTest(block), Peer("%s:%d" % peer.socket.getpeername(), self.torrent.info_hash) as again:
                again.shake_hands()
                again.say(INTERESTED)
                again.until(UNCHOKE)
                again.request(block)
                self.assertRaises((EOFError, ConnectionResetError), again.message)

    def test_slow_unchoke_is_slow_and_a_seed(self):
        begun = time.monotonic()
        peer = self.unchoked("slow_unchoke")
        self.assertGreaterEqual(time.monotonic() - begun, 0.35)
        peer.request((2, 0, 10))
        self.assertEqual(peer.message(), (PIECE, self.block(2, 0, 10)))

    def test_out_of_order_answers_in_reverse(self):
        peer = self.unchoked("out_of_order")
        asked = [(i, 0, 1000) for i in range(4)]
        peer.request(*asked)
        self.assertEqual([peer.message() for _ in asked], [(PIECE, self.block(*block)) for block in asked[::-1]])

    def test_unknown_messages_says_much_and_sends_the_block(self):
        peer = self.meet("unknown_messages", reserved=FAST | EXTENSIONS)
        peer.shake_hands()
        self.assertEqual([number for number, _ in peer.until(HAVE_ALL)], [EXTENDED, HAVE_ALL])
        peer.say(INTERESTED)
        noise = [9, 200, 200, HAVE, SUGGEST, ALLOWED_FAST, EXTENDED]
        self.assertEqual([number for number, _ in peer.until(UNCHOKE)], [*noise, UNCHOKE])
        peer.request((0, 0, 10))
        messages = peer.until(PIECE)
        self.assertEqual([number for number, _ in messages], [*noise, PIECE])
        self.assertEqual(messages[-1][1], self.block(0, 0, 10))


class BadOnes(Case):
    def assert_closed(self, peer, said=b""):
        with self.assertRaises(EOFError) as caught:
            peer.read(1000)
        self.assertEqual(caught.exception.args[0], said)

    def test_refused_and_unresponsive(self):
        for options in [(), ("--ipv6",)]:
            peers = self.start(*options, refused=1, unresponsive=3)
            self.assertRaises(ConnectionRefusedError, Peer, peers.of("refused")[0], self.torrent.info_hash)
            for address in peers.of("unresponsive"):
                host, _, port = address.rpartition(":")
                with self.assertRaises(socket.timeout):
                    socket.create_connection((host.strip("[]"), int(port)), 0.1)

    def test_closing(self):
        for address in self.start(closing_early=2).addresses:
            with Peer(address, self.torrent.info_hash) as peer, self.assertRaises(EOFError) as caught:
                peer.shake_hands()
            self.assertIn(len(caught.exception.args[0]), (0, 20))
        peer = self.meet("closing_at_bitfield")
        peer.shake_hands()
        self.assert_closed(peer)
        peer = self.unchoked("closing_at_request")
        peer.request((0, 0, 10), (0, 10, 10))
        self.assert_closed(peer)
        peer.say(INTERESTED)  # it still listens, so that nobody is reset
        self.assert_closed(peer)

    def test_resetting(self):
        self.assertRaises(ConnectionResetError, self.meet("resetting").read, 1)
        peer = self.meet("resetting_at_bitfield")
        peer.shake_hands()
        self.assertRaises(ConnectionResetError, peer.read, 1)
        peer = self.unchoked("resetting_at_request")
        peer.request((0, 0, 10))
        self.assertRaises(ConnectionResetError, peer.read, 1)

    def test_wrong_answers(self):
        self.assertEqual(self.meet("wrong_protocol").read(8), b"HTTP/1.1")
        answer = self.meet("wrong_info_hash").read(68)
        self.assertEqual(answer[:20], b"\x13BitTorrent protocol")
        self.assertNotEqual(answer[28:48].hex(), self.torrent.info_hash)

    def test_silence(self):
        self.assertTrue(self.meet("silent").is_silent())
        peer = self.meet("silent_after_handshake")
        peer.shake_hands()
        peer.say(INTERESTED)
        self.assertTrue(peer.is_silent())

    def assert_drips(self, peer, count):
        begun = time.monotonic()
        data = peer.read(count)
        self.assertGreaterEqual(time.monotonic() - begun, 0.2 * (count - 2))
        return data

    def test_dripping(self):
        self.assertEqual(self.assert_drips(self.meet("dripping"), 4), b"\x13Bit")
        peer = self.unchoked("dripping_blocks")
        peer.request((0, 0, 3))
        self.assertEqual(self.assert_drips(peer, 5), struct.pack(">IB", 12, PIECE))

    def test_pieces_that_are_missing(self):
        peer = self.meet("incomplete", reserved=FAST)
        peer.shake_hands()
        self.assertEqual(peer.message(), (BITFIELD, b"\x50"))
        peer = self.meet("empty", reserved=FAST)
        peer.shake_hands()
        self.assertEqual(peer.message(), (UNCHOKE, b""))
        for reserved, said in [(0, (BITFIELD, b"\0")), (FAST, (HAVE_NONE, b""))]:
            peer = self.meet("have_none", reserved=reserved)
            peer.shake_hands()
            self.assertEqual(peer.message(), said)

    def test_messages_that_are_none(self):
        peer = self.meet("oversized")
        peer.shake_hands()
        self.assertEqual(peer.read(4), b"\x7f\xff\xff\xff")
        said = []
        for address in self.start(protocol_error=2).addresses:
            with Peer(address, self.torrent.info_hash) as peer:
                peer.shake_hands()
                said.append(peer.message())
        self.assertEqual(said, [(BITFIELD, b"\xf0\0"), (UNCHOKE, b"much")])

    def test_choking(self):
        peer = self.meet("choking")
        peer.shake_hands()
        self.assertEqual(peer.message(), (BITFIELD, b"\xf0"))
        peer.say(INTERESTED)
        for _ in range(2):
            self.assertIsNone(peer.message())
            self.assertEqual(peer.message()[0], HAVE)
        peer = self.unchoked("choking_later")
        peer.request((0, 0, 10), (0, 10, 10))
        self.assertEqual(peer.message(), (CHOKE, b""))
        peer.say(INTERESTED)
        peer.request((0, 0, 10))
        self.assertTrue(peer.is_silent())

    def test_rejecting(self):
        peer = self.unchoked("rejecting", FAST)
        peer.request((0, 0, 10), (1, 5, 10))
        self.assertEqual(peer.message(), (REJECT, struct.pack(">III", 0, 0, 10)))
        self.assertEqual(peer.message(), (REJECT, struct.pack(">III", 1, 5, 10)))
        peer = self.unchoked("rejecting")
        peer.request((0, 0, 10))
        self.assertEqual(peer.message(), (CHOKE, b""))

    def test_bad_piece(self):
        peer = self.unchoked("bad_piece")
        peer.request((1, 2, 30))
        number, payload = peer.message()
        right = self.block(1, 2, 30)
        self.assertEqual((number, payload[:8]), (PIECE, right[:8]))
        self.assertEqual(payload[8:], bytes(byte ^ 0xFF for byte in right[8:]))


class CommandLine(Case):
    def kinds(self, peers):
        return {kind: len(peers.of(kind)) for _, kind in peers.all}

    def test_the_story_and_its_copies(self):
        story = {"good": 1, "refused": 1, "closing-early": 21, "resetting": 3, "unresponsive": 20}
        self.assertEqual(self.kinds(self.start("--story")), {**story, "incomplete": 1})
        with StoryPeers(PROGRAM, "--story", "--copies", "2") as peers:
            expected = {kind: 2 * count for kind, count in {**story, "wrong-info-hash": 1}.items()}
            self.assertEqual(self.kinds(peers), expected)
            self.assertEqual(len(set(peers.addresses)), 94)

    def test_mistakes_are_told(self):
        for arguments in [
            ["--good", "many"], ["--choking", "1"], ["--content", "/dev/null"], ["--piece-length", "1"],
            ["--copies", "0x2"], ["--frobnicate"], ["--info-hash", "12"], ["good"],
        ]:
            done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=PATIENCE, input="")
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertRegex(done.stderr, "^[^\n]+\n$")


if __name__ == "__main__":
    unittest.main()
