"""Manual pages say what the headers and the programs say, and mandoc finds nothing to complain of.

Usage: man_test.py [PROGRAM]...; without mandoc its test is skipped, which is a failure if RDY_CI is set.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from c_headers import declared_constants, declared_functions, declared_types, public_headers
from command import run
from mdoc import Page

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = [pathlib.Path(argument) for argument in sys.argv[1:]]
MANDOC = shutil.which("mandoc")

PAGES = {path.name: Page(path) for path in sorted((SOURCE / "docs/man").glob("*.[1-9]"))}
HEADERS = public_headers(SOURCE)
ALL_HEADERS = "\n".join(HEADERS.values())
FUNCTIONS = {function.name: function for function in declared_functions(ALL_HEADERS)}

# It declares nothing that users write.
WITHOUT_PAGE = {"reactor/export.h"}


def page_of(header):
    return "rdy_%s.3" % pathlib.Path(header).stem


def words_of(text):
    return set(re.findall(r"\b(?:rdy|RDY)_\w*\w", text))


def complaints(page):
    """What mandoc says of the page; which other pages are installed here is not about it."""
    done = subprocess.run([MANDOC, "-T", "lint", page.path], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    return [line for line in lines if not re.search(r"referenced manual not found|outdated mandoc\.db", line)]


def documented():
    """The headers that have a page: name, text, page."""
    return [(name, text, PAGES[page_of(name)]) for name, text in HEADERS.items() if page_of(name) in PAGES]


def helps():
    """What each program tells of itself: name, help, page."""
    return [(program.name, run(program, "--help"), PAGES[program.name + ".1"]) for program in PROGRAMS]


def default_numbers(told):
    """The defaults that begin with a digit, by option."""
    paragraphs = re.findall(r"^  +(?:-\w, +)?(--[a-z-]+) (.*\n(?: {10,}.*\n)*)", told, re.MULTILINE)
    found = {option: re.search(r"\bdefault:? (\d[^\s,)]*)", text) for option, text in paragraphs}
    return {option: match.group(1) for option, match in found.items() if match}


class Form(unittest.TestCase):
    def test_mandoc_has_no_complaint(self):
        if MANDOC is None and os.environ.get("RDY_CI"):
            self.fail("no mandoc, which .ci/run needs")
        if MANDOC is None:
            self.skipTest("no mandoc")
        for name, page in PAGES.items():
            with self.subTest(page=name):
                self.assertEqual(complaints(page), [])

    def test_title_and_first_name_are_those_of_the_file(self):
        for name, page in PAGES.items():
            with self.subTest(page=name):
                self.assertIn(".Dt %s %s" % (page.name.upper(), page.number), page.lines)
                self.assertEqual(page.names()[0], page.name)

    def test_references_to_own_pages_lead_somewhere(self):
        targets = set(PAGES) | {function + ".3" for function in FUNCTIONS}
        for name, page in PAGES.items():
            ours = {"%s.%s" % to for to in page.references() if to[0].startswith("rdy")}
            with self.subTest(page=name):
                self.assertLessEqual(ours, targets)

    def test_the_overview_leads_to_every_page(self):
        named = {"%s.%s" % to for to in PAGES["rdy.7"].references()}
        self.assertEqual(sorted(set(PAGES) - named), ["rdy.7"])


class Headers(unittest.TestCase):
    def test_there_is_a_page_for_each_and_no_other(self):
        wanted = {page_of(header) for header in set(HEADERS) - WITHOUT_PAGE}
        self.assertEqual({name for name in PAGES if name.endswith(".3")}, wanted)

    def test_one_that_needs_no_page_declares_nothing(self):
        for header in WITHOUT_PAGE:
            text = HEADERS[header]
            declared = [*declared_functions(text), *declared_types(text), *declared_constants(text)]
            self.assertEqual(declared, [])

    def test_the_synopsis_is_the_header(self):
        for header, text, page in documented():
            with self.subTest(header=header):
                self.assertEqual(page.includes(), [header])
                functions = declared_functions(text)
                self.assertEqual(page.prototypes(), [(one.result, one.name, one.arguments) for one in functions])

    def test_every_function_has_its_name_in_the_page(self):
        for header, text, page in documented():
            with self.subTest(header=header):
                names = [function.name for function in declared_functions(text)]
                self.assertEqual(page.names()[1:], names)

    def test_every_function_is_described(self):
        for header, text, page in documented():
            with self.subTest(header=header):
                functions = {function.name for function in declared_functions(text)}
                self.assertLessEqual(functions, words_of("\n".join(page.section("DESCRIPTION"))))

    def test_every_type_and_constant_is_named(self):
        for header, text, page in documented():
            with self.subTest(header=header):
                names = set(declared_types(text)) | declared_constants(text)
                self.assertLessEqual(names, words_of("\n".join(page.section("DESCRIPTION"))))

    def test_a_type_that_is_shown_is_that_of_the_header(self):
        types = set(declared_types(ALL_HEADERS).values())
        for name, page in PAGES.items():
            for block in page.blocks("DESCRIPTION"):
                with self.subTest(page=name):
                    self.assertIn(" ".join(block.split()), types)

    def test_pages_name_nothing_that_is_not_there(self):
        there = words_of(ALL_HEADERS) | {page.name for page in PAGES.values()}
        there.update(*(words_of(told) for _, told, _ in helps()))
        for name, page in PAGES.items():
            with self.subTest(page=name):
                text = re.sub(r"^\.Dt .*$", "", page.text, flags=re.MULTILINE)
                self.assertEqual(sorted(words_of(text) - there), [])


@unittest.skipUnless(PROGRAMS, "built without programs")
class Programs(unittest.TestCase):
    def test_options_are_those_of_the_help(self):
        for name, told, page in helps():
            with self.subTest(program=name):
                options = re.findall(r"(?<![\w-])(?:--[a-z][a-z0-9-]*|-[a-z0-9])(?![\w-])", told)
                self.assertEqual(page.options(), set(options))

    def test_defaults_are_those_of_the_help(self):
        for name, told, page in helps():
            with self.subTest(program=name):
                defaults = default_numbers(told)
                self.assertNotEqual(defaults, {})
                self.assertEqual({option: page.default_of(option) for option in defaults}, defaults)

    def test_exit_codes_are_those_of_the_help(self):
        for name, told, page in helps():
            with self.subTest(program=name):
                numbers = re.findall(r"\b\d+\b", told[told.index("\nExit ") :])
                listed = [line.split()[1] for line in page.section("EXIT STATUS") if line.startswith(".It ")]
                self.assertEqual(listed, numbers)

    def test_outcomes_of_the_prober_are_those_of_the_help(self):
        for name, told, page in helps():
            with self.subTest(program=name):
                listed = told.partition("\nOutcomes")[2]
                words = re.findall(r"^  ([a-z][\w-]*(?: [\w-]+)?)  +\w", listed, re.MULTILINE)
                heads = [line.partition(" ")[2] for line in page.subsection("Outcomes") if line.startswith(".It ")]
                self.assertEqual(words, heads)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
