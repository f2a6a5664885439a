"""Reads manual pages as far as tests need: mdoc(7) with one macro a line."""

import re

MACRO = re.compile(r"[A-Z][a-z]{1,2}")


def pieces(line):
    """The words of a macro line; quoted ones stay together."""
    return [quoted or word for quoted, word in re.findall(r'"([^"]*)"|(\S+)', line)]


def plain(text):
    """Text without the escapes that the pages use."""
    for escape, meaning in ((r"\e", "\\"), (r"\-", "-"), (r"\&", "")):
        text = text.replace(escape, meaning)
    return text


class Page:
    def __init__(self, path):
        self.path = path
        self.text = path.read_text()
        self.lines = self.text.splitlines()
        self.name, self.number = path.stem, path.suffix[1:]

    def section(self, title):
        """Its lines, without the heading."""
        found = re.search(r"^\.Sh %s\n(.*?)(?=^\.Sh |\Z)" % title, self.text, re.MULTILINE | re.DOTALL)
        return found.group(1).splitlines() if found else []

    def names(self):
        return [pieces(line)[1] for line in self.section("NAME") if line.startswith(".Nm ")]

    def includes(self):
        return [pieces(line)[1] for line in self.section("SYNOPSIS") if line.startswith(".In ")]

    def prototypes(self):
        """The functions of the synopsis as (result, name, arguments)."""
        found, result, open_name, open_arguments = [], "", "", []
        for macro, *words in (pieces(line) for line in self.section("SYNOPSIS")):
            if macro == ".Ft":
                result = " ".join(words)
            elif macro == ".Fn":
                found.append((result, words[0], tuple(words[1:])))
            elif macro == ".Fo":
                open_name, open_arguments = words[0], []
            elif macro == ".Fa":
                open_arguments += words
            elif macro == ".Fc":
                found.append((result, open_name, tuple(open_arguments)))
        return found

    def blocks(self, title):
        """The displays of a section that are set as they are."""
        text = "\n".join(self.section(title)) + "\n"
        found = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", text, re.MULTILINE | re.DOTALL)
        return [plain(block) for block in found]

    def subsection(self, title):
        found = re.search(r"^\.Ss %s\n(.*?)(?=^\.S[hs] |\Z)" % title, self.text, re.MULTILINE | re.DOTALL)
        return found.group(1).splitlines() if found else []

    def references(self):
        """The (name, section) of the pages that it refers to."""
        return re.findall(r"\bXr (\S+) (\d)", self.text)

    def default_of(self, option):
        """The number that the item of the option says is its default; None if it says none."""
        for head, body in re.findall(r"^(\.It .*)\n((?:(?!\.It |\.El).*\n)*)", self.text, re.MULTILINE):
            if option in options_of_macros(head):
                said = re.search(r"The default(?:,| is)(?:\s|\.Li)+(\d\S*?)[,.]?\s", body)
                return said and said.group(1)
        return None

    def options(self):
        """All options that it names, as users write them."""
        found = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", self.text))
        for line in self.lines:
            found |= options_of_macros(line)
        return found


def options_of_macros(line):
    """'.It Fl f , Fl -file Ar file' names -f and --file; '.Op Fl qv' names -q and -v."""
    found, in_flag = set(), False
    for word in pieces(line) if line.startswith(".") else []:
        word = word.lstrip(".")
        if MACRO.fullmatch(word):
            in_flag = word == "Fl"
        elif in_flag and word.startswith("-"):
            found.add("-" + word)
        elif in_flag and word.isalnum():
            found |= {"-" + letter for letter in word}
    return found
