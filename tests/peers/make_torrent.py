#!/usr/bin/env python3
"""Makes a content of random bytes and its torrent, for tests: in a folder NAME.torrent, NAME (a file or, with several
files, a folder) and NAME.content, all files in one, as story-peers --content wants it. Prints the info-hash.

Shares nothing with rdy: bencode is written by hand here, the hashes are Python's.
"""

import argparse
import hashlib
import os
import random

BLOCK = 16384  # BEP 52: what the leaves of its trees hash


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l%se" % b"".join(map(bencode, value))
    keys = {key.encode() if isinstance(key, str) else key: item for key, item in value.items()}
    return b"d%se" % b"".join(bencode(key) + bencode(keys[key]) for key in sorted(keys))


def split(data, size):
    return [data[offset:offset + size] for offset in range(0, len(data), size)]


def merkle_root(hashes, count, padding):
    """The root over `count` leaves, a power of two, of which the last are missing (BEP 52)."""
    hashes = hashes + [padding] * (count - len(hashes))
    while len(hashes) > 1:
        hashes = [hashlib.sha256(left + right).digest() for left, right in zip(hashes[::2], hashes[1::2])]
    return hashes[0]


def power_of_two(count):
    return 1 << max(count - 1, 0).bit_length()


class File:
    def __init__(self, path, data, piece_length):
        self.path, self.data = path, data
        self.layer = []  # of BEP 52
        leaves = [hashlib.sha256(block).digest() for block in split(data, BLOCK)]
        a_piece = max(piece_length // BLOCK, 1)
        if len(leaves) <= a_piece:
            self.root = merkle_root(leaves, power_of_two(len(leaves)), bytes(32))
            return
        self.layer = [merkle_root(part, a_piece, bytes(32)) for part in split(leaves, a_piece)]
        nothing = merkle_root([], a_piece, bytes(32))
        self.root = merkle_root(self.layer, power_of_two(len(self.layer)), nothing)


class Torrent:
    """What make() has made: info_hash and info_hash_v2 in hexadecimal digits, the paths, the content."""

    def __init__(self, folder, name, content, metainfo, files):
        self.path = os.path.join(folder, name + ".torrent")
        self.data_path = os.path.join(folder, name)
        self.content_path = os.path.join(folder, name + ".content")
        self.content = content
        self.piece_length = metainfo["info"]["piece length"]
        info = bencode(metainfo["info"])
        self.info_hash = hashlib.sha1(info).hexdigest()
        self.info_hash_v2 = hashlib.sha256(info).hexdigest()
        self.files = [(os.path.join(self.data_path, *file.path), file.data) for file in files]
        if len(files) == 1:
            self.files = [(self.data_path, files[0].data)]


def cut(content, count):
    """Into files of different sizes, whose ends are not those of pieces, in two folders."""
    parts, rest = [], content
    for i in range(count - 1):
        size = len(rest) // (count - i) + 1 + 7 * i
        parts.append(rest[:size])
        rest = rest[size:]
    parts.append(rest)
    paths = sorted(["deeper", f"{i}.bin"] if i % 2 else [f"{i}.bin"] for i in range(count))  # BEP 52 wants them sorted
    return list(zip(paths, parts))


def with_padding(files, piece_length):
    """As hybrid torrents have it: every file begins with a piece, behind zeros (BEP 47)."""
    entries, content = [], b""
    for i, file in enumerate(files):
        entries.append({"length": len(file.data), "path": file.path})
        content += file.data
        lack = -len(content) % piece_length
        if lack and i + 1 < len(files):
            entries.append({"attr": "p", "length": lack, "path": [".pad", str(lack)]})
            content += bytes(lack)
    return entries, content


def file_tree(files, name):
    tree = {}
    for file in files:
        node = tree
        for part in file.path if len(files) > 1 else [name]:
            node = node.setdefault(part, {})
        node[""] = {"length": len(file.data), "pieces root": file.root}
    return tree


def make_info(name, files, content, piece_length, version):
    info = {"name": name, "piece length": piece_length}
    if version != "2":
        info["pieces"] = b"".join(hashlib.sha1(piece).digest() for piece in split(content, piece_length))
    if version != "1":
        info.update({"meta version": 2, "file tree": file_tree(files, name)})
    return info


def make(folder, name="story", size=100_000, piece_length=BLOCK, files=1, tiers=(), version="1", seed=1, **more):
    """Tiers are lists of URLs; version is "1", "hybrid" or "2"; `more` is for the torrent's outermost dictionary."""
    content = random.Random(seed).randbytes(size)
    parts = [File(path, part, piece_length) for path, part in (cut(content, files) if files > 1 else [([], content)])]
    entries = [{"length": len(file.data), "path": file.path} for file in parts]
    if version == "hybrid":
        entries, content = with_padding(parts, piece_length)
    info = make_info(name, parts, content, piece_length, version)
    if version != "2":
        info.update({"files": entries} if files > 1 else {"length": size})
    metainfo = {"info": info, **more}
    if version != "1":
        metainfo["piece layers"] = {file.root: b"".join(file.layer) for file in parts if file.layer}
    if tiers:
        metainfo.update({"announce": tiers[0][0], "announce-list": [list(tier) for tier in tiers]})
    torrent = Torrent(folder, name, content, metainfo, parts)
    write(torrent, metainfo)
    return torrent


def write(torrent, metainfo):
    for path, data in [(torrent.path, bencode(metainfo)), (torrent.content_path, torrent.content), *torrent.files]:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--name", default="story")
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--piece-length", type=int, default=BLOCK)
    parser.add_argument("--files", type=int, default=1)
    parser.add_argument("--tier", action="append", default=[], help="URLs of a tier's trackers, with commas")
    parser.add_argument("--version", choices=["1", "hybrid", "2"], default="1")
    options = vars(parser.parse_args())
    options["tiers"] = [tier.split(",") for tier in options.pop("tier")]
    print(make(**options).info_hash)


if __name__ == "__main__":
    main()
