"""What the shells complete is what the programs take.

Usage: completions_test.py FOLDER PROGRAM...; FOLDER holds the completions.  Without a shell its tests are skipped,
which is a failure if RDY_CI is set.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from command import PATIENCE, run

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(SOURCE / "completions"))
from generate import read_table

TABLE = read_table((SOURCE / "completions/options.txt").read_text())
FOLDER = pathlib.Path(sys.argv[1])
PROGRAMS = {pathlib.Path(argument).name: argument for argument in sys.argv[2:]}
BACKENDS = ["epoll", "kqueue", "select"]

# Sources the file, calls the function that it registers for the program on the words, prints what that answers.
BASH = """
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
"$(complete -p "$1" | sed 's/.*-F \\([^ ]*\\).*/\\1/')"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def options_of_help(section):
    """What the program, or the program with that first word, says that it takes."""
    name, *word = section.split()
    told = re.sub(r"(?m)^\S.*$", "", run(PROGRAMS[name], *word, "--help"))
    return set(re.findall(r"(?<![\w-])--?[a-z0-9][\w-]*", told))


def options_of_table(section):
    return {name for option in TABLE[section] for name in option.names()}


def options_of_all(name):
    """With those of its first words."""
    return set().union(*(options_of_table(section) for section in TABLE if section.split()[0] == name))


def options_of_bash(text):
    return {word for words in re.findall(r"-W '(-[^']*)'", text) for word in words.split()}


def options_of_zsh(text):
    """'(-f --file)'{-f+,--file=}'[...' and '(--par)--par[...' name each option once behind the parenthesis."""
    return set(re.findall(r"(?:\)|\*|[{,'])(--?[a-z0-9][a-z0-9-]*)\+?=?(?=[\[,}])", text))


def options_of_fish(text):
    short, long = (re.findall(r" -%s (\S+)" % kind, text) for kind in "sl")
    return {"-" + name for name in short} | {"--" + name for name in long}


class Table(unittest.TestCase):
    def test_it_has_the_programs(self):
        self.assertEqual({section.split()[0] for section in TABLE}, set(PROGRAMS))

    def test_options_are_those_of_the_help(self):
        for section in TABLE:
            with self.subTest(program=section):
                self.assertEqual(options_of_table(section), options_of_help(section))

    def test_words_are_those_of_the_help(self):
        for section, options in TABLE.items():
            name, *word = section.split()
            told = run(PROGRAMS[name], *word, "--help")
            words = [word for option in options for word in option.words()]
            self.assertEqual([word for word in words if not re.search(r"\b%s\b" % word, told)], [])


class Shell(unittest.TestCase):
    def need(self, shell):
        if shutil.which(shell):
            return
        if os.environ.get("RDY_CI"):
            self.fail("no %s, which .ci/run needs" % shell)
        self.skipTest("no " + shell)

    def check_options(self, pattern, options_of):
        for name in PROGRAMS:
            with self.subTest(program=name):
                self.assertEqual(options_of((FOLDER / (pattern % name)).read_text()), options_of_all(name))

    def check_syntax(self, shell, pattern):
        self.need(shell)
        for name in PROGRAMS:
            done = subprocess.run(
                [shell, "-n", FOLDER / (pattern % name)], capture_output=True, text=True, timeout=PATIENCE, check=False
            )
            with self.subTest(program=name):
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def setUp(self):
        """A folder with some files, which the shells are in."""
        folder = tempfile.TemporaryDirectory(prefix="rdy-completions-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "list of peers").touch()
        (self.folder / "list.torrent").touch()


class Bash(Shell):
    def complete(self, *words):
        self.need("bash")
        words = ["bash", "--norc", "-c", BASH, "bash", FOLDER / words[0], *words]
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, cwd=self.folder, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split("\n")[:-1]

    def test_options_are_those_of_the_table(self):
        self.check_options("%s", options_of_bash)

    def test_the_syntax_is_right(self):
        self.check_syntax("bash", "%s")

    def test_options_are_completed(self):
        self.assertEqual(self.complete("rdy-connect", "--ti"), ["--timeout"])
        self.assertEqual(self.complete("rdy-echo", "--listen", "[::1]:0", "--w"), ["--workers"])

    def test_words_are_completed(self):
        for name in PROGRAMS:
            self.assertEqual(self.complete(name, "--backend", ""), BACKENDS)
            self.assertEqual(self.complete(name, "--backend", "=", "s"), ["select"])
            self.assertEqual(self.complete(name, "--backend", "="), BACKENDS)
        self.assertEqual(self.complete("rdy-probe", "--mode", "h"), ["handshake"])

    def test_files_are_completed_with_their_spaces(self):
        for option in ("-f", "--file"):
            self.assertEqual(sorted(self.complete("rdy-probe", option, "li")), ["list of peers", "list.torrent"])

    def test_users_are_completed(self):
        self.assertIn("root", self.complete("rdy-echo", "--user", "ro"))

    def test_a_first_word_has_options_of_its_own(self):
        self.assertEqual(self.complete("rdy-probe", "m"), ["merge"])
        self.assertEqual(self.complete("rdy-probe", "merge", "--r"), ["--report"])
        self.assertEqual(self.complete("rdy-probe", "merge", "list.torrent", "list o"), ["list of peers"])

    def test_a_command_is_completed_as_its_own_completion_has_it(self):
        self.need("bash")
        script = "_command_offset() { COMPREPLY=(\"at $1\"); }\n" + BASH
        for words in (["--exec", ""], ["--exec", "cat", "--"]):
            words = ["bash", "--norc", "-c", script, "bash", FOLDER / "rdy-connect", "rdy-connect", "-q", *words]
            self.assertEqual(run(*words), "at 3\n")

    def test_nothing_is_made_up_for_a_number(self):
        self.assertEqual(self.complete("rdy-probe", "--concurrency", ""), [""])


class Zsh(Shell):
    def test_options_are_those_of_the_table(self):
        self.check_options("_%s", options_of_zsh)

    def test_the_syntax_is_right(self):
        self.check_syntax("zsh", "_%s")


class Fish(Shell):
    def complete(self, line):
        self.need("fish")
        name = line.split()[0]
        words = ["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", FOLDER / (name + ".fish"), line]
        environment = {**os.environ, "HOME": str(self.folder)}
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=PATIENCE, cwd=self.folder, env=environment, check=True
        )
        return [line.split("\t")[0] for line in done.stdout.splitlines()]

    def test_options_are_those_of_the_table(self):
        self.check_options("%s.fish", options_of_fish)

    def test_the_syntax_is_right(self):
        self.check_syntax("fish", "%s.fish")

    def test_options_are_completed(self):
        self.assertEqual(self.complete("rdy-connect --ti"), ["--timeout"])

    def test_words_are_completed(self):
        for name in PROGRAMS:
            self.assertEqual(self.complete(name + " --backend "), BACKENDS)
        self.assertEqual(self.complete("rdy-probe --mode h"), ["handshake"])
        self.assertEqual(self.complete("rdy-probe m"), ["merge"])
        self.assertEqual(self.complete("rdy-probe merge --r"), ["--report"])

    def test_users_are_completed(self):
        self.assertIn("root", self.complete("rdy-echo --user ro"))

    def test_files_are_completed(self):
        self.assertEqual(sorted(self.complete("rdy-probe --file li")), ["list of peers", "list.torrent"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
