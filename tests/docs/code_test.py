"""Compiles every piece of C in the README and in the manual pages as a reader would, and looks for the files named.

Usage: code_test.py BUILD-FOLDER; CC chooses the compiler.

A block of C with a `main` is a program: it compiles as it stands and is linked. Every other block is a fragment: it
compiles behind all public headers and fragment.h, which declares what fragments may use without declaring it, as it
stands if it has a function (a brace in the first column), else as the body of a function that returns int.
"""

import os
import pathlib
import re
import shlex
import sys
import tempfile
import textwrap
import unittest

from c_headers import public_headers
from command import run
from mdoc import Page

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
BUILD = pathlib.Path(sys.argv[1]).resolve()

COMPILER = [*shlex.split(os.environ.get("CC", "cc")), "-std=c11", "-Wall", "-Wextra", "-Werror"]
README = (SOURCE / "README.md").read_text()
PAGES = [Page(path) for path in sorted((SOURCE / "docs/man").glob("*.[37]"))]


def flags(*questions):
    """What pkg-config says of the library that lies in the build folder."""
    path = [str(BUILD / "meson-uninstalled"), *filter(None, [os.environ.get("PKG_CONFIG_PATH")])]
    return shlex.split(run("pkg-config", *questions, "rdy", PKG_CONFIG_PATH=os.pathsep.join(path)))


def blocks_of_readme(language):
    return re.findall(r"^```%s\n(.*?)^```$" % language, README, re.MULTILINE | re.DOTALL)


def is_program(block):
    return re.search(r"^int main\(", block, re.MULTILINE) is not None


def fragment(block):
    """The block as a file that compiles."""
    includes = "".join("#include <%s>\n" % name for name in public_headers(SOURCE))
    has_function = re.search(r"^\{", block, re.MULTILINE) is not None
    if not has_function:
        block = "int fragment(void)\n{\n%s    return 0;\n}\n" % textwrap.indent(block, "    ")
    return includes + '#include "fragment.h"\n' + block


class Code(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="rdy-docs-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def check(self, block):
        source = self.folder / "block.c"
        if is_program(block):
            source.write_text(block)
            run(*COMPILER, source, *flags("--cflags", "--libs"), "-o", self.folder / "program")
        else:
            source.write_text(fragment(block))
            run(*COMPILER, "-fsyntax-only", *flags("--cflags"), "-I", HERE, source)

    def test_code_of_the_readme_compiles(self):
        blocks = blocks_of_readme("c")
        self.assertTrue(any(map(is_program, blocks)))
        for number, block in enumerate(blocks, 1):
            with self.subTest(block=number):
                self.check(block)

    def test_code_of_the_pages_compiles(self):
        self.assertTrue(any(is_program(block) for page in PAGES for block in page.blocks("EXAMPLES")))
        for page in PAGES:
            for number, block in enumerate(page.blocks("EXAMPLES"), 1):
                with self.subTest(page=page.path.name, block=number):
                    self.check(block)


class Files(unittest.TestCase):
    def check(self, names):
        self.assertEqual([name for name in names if not (SOURCE / name).exists()], [])

    def test_commands_of_the_readme_name_files_that_are_there(self):
        named = re.findall(r"(?<!\S)(?:\.ci|apps|bench|docs|scripts|tests)/\S+", "\n".join(blocks_of_readme("sh")))
        self.assertIn("scripts/test", named)
        self.check(named)

    def test_links_of_the_readme_lead_to_files_that_are_there(self):
        named = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
        self.assertNotEqual(named, [])
        self.check(named)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
