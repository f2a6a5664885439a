#!/usr/bin/env python3
"""Says which lines and branches of reactor/ and net/ no test reached, and compares them with the list of those that may be.

Usage: coverage.py BUILD-FOLDER LIST         all but kqueue.c
       coverage.py BUILD-FOLDER LIST FILE    this one

A line is one that gcc makes code for at -O0. A branch is one direction of a conditional jump: each operand of &&, || and ?:
has two, a switch has one for each case; what the compiler decides has none. A file that several objects are made of (a
header, or a source that a test includes) is the sum of them. Fails if something unreached is not on the list, or the list
has what is reached or gone.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
APART = "reactor/os/kqueue.c"


class Line:
    """What all objects together did of one line: how often it ran, and each branch of it was taken."""

    def __init__(self):
        self.count = 0
        self.function = ""
        self.branches = collections.defaultdict(list)  # by function: an included source has its names once more

    def add(self, found):
        self.count += found["count"]
        self.function = found.get("function_name", self.function)
        counts = [branch["count"] for branch in found["branches"]]
        before = self.branches[self.function]
        if not before:
            before.extend(counts)
        elif counts:
            if len(before) != len(counts):
                sys.exit(f"{self.function}: compiled in two ways: {len(before)} and {len(counts)} branches of a line")
            before[:] = [one + other for one, other in zip(before, counts)]

    def all_branches(self):
        return [count for counts in self.branches.values() for count in counts]


def objects(build):
    """What gcov says of each object, in batches."""
    notes = sorted(str(path) for path in build.rglob("*.gcno"))
    if not notes:
        sys.exit(f"{build}: not built with -Db_coverage=true")
    for begin in range(0, len(notes), 50):
        answer = subprocess.run(["gcov", "--branch-probabilities", "--json-format", "--stdout", *notes[begin:begin + 50]],
                                cwd=build, check=True, capture_output=True, text=True)
        yield from map(json.loads, answer.stdout.splitlines())


def measure(build):
    """The lines of each file of the library: {file: {number: Line}}."""
    files = collections.defaultdict(lambda: collections.defaultdict(Line))
    for an_object in objects(build):
        for found in an_object["files"]:
            path = os.path.relpath(os.path.join(an_object["current_working_directory"], found["file"]), ROOT)
            if path.startswith(("reactor/", "net/")):
                for line in found["lines"]:
                    files[path][line["line_number"]].add(line)
    return files


def unreached(path, lines):
    """A description of each thing that was not reached, which does not change when lines are added elsewhere."""
    text = (ROOT / path).read_text().splitlines()
    for number, line in sorted(lines.items()):
        place = f"{path}: {line.function}:", " ".join(text[number - 1].split())
        if line.count == 0:
            yield number, f"{place[0]} line: {place[1]}"
            continue
        branches = line.all_branches()
        for index, count in enumerate(branches, 1):
            if count == 0:
                yield number, f"{place[0]} branch {index} of {len(branches)}: {place[1]}"


def read_list(path):
    """How often each description is there; and those that are reached now and then, for they are races."""
    allowed = collections.Counter()
    races = set()
    reason = None
    for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        line = line.strip()
        if line.startswith("["):
            reason = line
        elif line and not line.startswith("#"):
            if reason is None:
                sys.exit(f"{path}:{number}: no reason above it")
            allowed[line] += 1
            if reason.startswith("[race: "):
                races.add(line)
    return allowed, races


def percent(part, whole):
    """Rounded down: 100.0 % means all."""
    return f"{part * 1000 // whole / 10:.1f} %" if whole else "100.0 %"


def row(name, measured):
    lines = [line for file in measured.values() for line in file.values()]
    branches = [count for line in lines for count in line.all_branches()]
    return (f"| Coverage of {name} | {percent(sum(line.count > 0 for line in lines), len(lines))} of {len(lines)} lines, "
            f"{percent(sum(count > 0 for count in branches), len(branches))} of {len(branches)} branches |")


def compare(measured, allowed, races):
    """Prints what differs from the list; whether nothing does."""
    left = collections.Counter(allowed)
    same = True
    for path in sorted(measured):
        for number, description in unreached(path, measured[path]):
            if left[description] > 0:
                left[description] -= 1
                continue
            same = False
            print(f"not reached, line {number}: {description}")
    for description in left.elements():
        if description not in races:
            same = False
            print(f"on the list, but reached or gone: {description}")
    return same


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    measured = measure(pathlib.Path(sys.argv[1]).resolve())
    name = "`reactor/` and `net/`"
    if len(sys.argv) == 4:
        name = f"`{sys.argv[3]}`, over libkqueue"
        measured = {sys.argv[3]: measured[sys.argv[3]]}
    else:
        measured.pop(APART, None)
    if not any(measured.values()):
        sys.exit(f"{sys.argv[1]}: no object of this folder's reactor/ and net/")
    same = compare(measured, *read_list(sys.argv[2]))
    print(row(name, measured))
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
