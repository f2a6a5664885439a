"""rdy-probe's main runs: the peers of a torrent as two trackers name them, a list of peers, and a merge of reports."""

import csv
import json
import os
import xml.etree.ElementTree

import outcomes
from connect_scenario import judge_refusal
from fault_sweep import Scenario
from faulty_program import Failure

NOTES = ("at most ", "tracker ")
WAIT_MS = 150
KINDS = {
    "good": ("ok", 2),
    "refused": ("refused", 1),
    "closing-early": ("closed early", 1),
    "resetting": ("reset", 1),
    "wrong-info-hash": ("wrong info-hash", 1),
    "incomplete": ("incomplete file", 1),
    "silent": ("timed out", 1),
    "unresponsive": ("timed out", 1),
}


def words_of(story):
    return {address: KINDS[kind][0] for address, kind in story.all}


def timeout(pace):
    return ["--timeout", f"{WAIT_MS * pace}ms", "--request-timeout", f"{3 * WAIT_MS * pace}ms"]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def no_half_files(folder, fault, *fine):
    left = [name for name in os.listdir(folder) if name.endswith(".part") and name not in fine]
    if left and fault.call not in ("unlink", "rmdir", "malloc"):
        raise Failure(f"has left {left}")


class Torrent(Scenario):
    """A content from its seeds, with a report and a picture."""

    name = "torrent"

    def __init__(self, torrent, story, http, udp):
        self.torrent = torrent
        self.expected = words_of(story)
        self.arguments = ["--torrent", torrent.path, "--tracker", http.url, "--tracker", udp.url, "--pieces", "all"]

    def run(self, start, folder, pace):
        paths = {name: os.path.join(folder, name) for name in ("report", "svg", "output")}
        options = [word for name, path in paths.items() for word in ("--" + name, path)]
        with start([*self.arguments, *timeout(pace), "--json", *options]) as program:
            code = program.wait([0, 1, 3, 4])
            judge_refusal(program, code)
            done = code in (0, 1)
            for name in ("report", "svg"):
                if done and not os.path.exists(paths[name]):
                    raise Failure(f"exit code {code}, and no {name}")
            if os.path.exists(paths["report"]):
                self.judge_report(read(paths["report"]), program, code)
            if os.path.exists(paths["svg"]):
                self.judge_svg(read(paths["svg"]))
            self.judge_content(paths["output"], program, code)
            no_half_files(folder, program.fault, "output.part")

    def judge_report(self, written, program, code):
        try:
            report = json.loads(written)
        except ValueError:
            raise Failure(f"half a report: {written[-80:]!r}") from None
        found = {peer["peer"]: peer["outcome"] for peer in report["peers"]}
        outcomes.judge(found, self.expected, program.fault, report["partial"])
        if code == 0 and "ok" not in found.values():
            raise Failure(f"exit code 0 for {found}")
        missing = set(self.expected) - set(found)
        if missing and not program.complaints():
            raise Failure(f"does not say why it has not tried {missing}")

    @staticmethod
    def judge_svg(written):
        try:
            xml.etree.ElementTree.fromstring(written)
        except xml.etree.ElementTree.ParseError as error:
            raise Failure(f"half a picture: {error}") from None

    def judge_content(self, path, program, code):
        if os.path.exists(path):
            if read(path) != self.torrent.content:
                raise Failure("the content is not that of the torrent")
        elif code == 0 and not program.complaints(*NOTES):
            raise Failure("does not say that there is no content")


class Lines(Scenario):
    """A list of peers, a line for each as it is decided."""

    name = "lines"

    def __init__(self, torrent, story):
        self.torrent = torrent
        self.expected = {
            address: "ok" if kind == "incomplete" else KINDS[kind][0] for address, kind in story.all
        }

    def run(self, start, folder, pace):
        peers = os.path.join(folder, "peers")
        with open(peers, "w", encoding="ascii") as file:
            file.write("\n".join(self.expected) + "\n")
        arguments = ["--info-hash", self.torrent.info_hash, "--ndjson", "--file", peers, *timeout(pace)]
        with start(arguments) as program:
            code = program.wait([0, 1, 3, 4])
            judge_refusal(program, code)
            lines = program.output().decode().splitlines()
            try:
                found = {line["peer"]: line["outcome"] for line in map(json.loads, lines)}
            except ValueError:
                if code in (0, 1):
                    raise Failure(f"exit code {code}, and a line is not whole: {lines[-1]}") from None
                return
            if code in (0, 1) and len(found) != len(self.expected):
                raise Failure(f"exit code {code} and {len(found)} peers")
            outcomes.judge(found, self.expected, program.fault, code == 4)


class Merge(Scenario):
    """Two reports become one, which is there whole or not at all."""

    name = "merge"

    def __init__(self, reports):
        self.reports = reports
        self.peers = [peer["peer"] for path in reports for peer in json.loads(read(path))["peers"]]

    def run(self, start, folder, _pace):
        path = os.path.join(folder, "sum.csv")
        with start(["merge", "--csv", "-o", path, *self.reports]) as program:
            code = program.wait([0, 3, 4])
            judge_refusal(program, code)
            if (code == 0) != os.path.exists(path):
                raise Failure(f"exit code {code}, and a file that is there or not")
            no_half_files(folder, program.fault)
            if code == 0:
                with open(path, encoding="ascii", newline="") as file:
                    peers = [row[0] for row in csv.reader(file)][1:]
                if sorted(peers) != sorted(self.peers):
                    raise Failure(f"a sum of {len(peers)} peers")
