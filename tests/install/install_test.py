"""Installs the build into a folder of its own and uses it as somebody who has nothing else would.

Usage: install_test.py BUILD-FOLDER [PROGRAM-TO-BE-INSTALLED]...; CC and CXX choose the compilers, RDY_SEED the orders
in which headers are included.
"""

import functools
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "docs"))
from c_headers import declared_functions, public_headers
from command import PATIENCE, run

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
BUILD = pathlib.Path(sys.argv[1]).resolve()
PROGRAMS = sys.argv[2:]
MESON = os.environ.get("MESON", "meson")
SEED = int(os.environ.get("RDY_SEED", random.randrange(1 << 32)))

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
CC = shlex.split(os.environ.get("CC", "cc"))
C11 = [*CC, "-std=c11", *WARNINGS]
CXX = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
CXX17 = [*shlex.split(CXX or "c++"), "-std=c++17", *WARNINGS]
ELF = sys.platform.startswith("linux")

# The system's, each with a use of what no file of the same name in our folders declares.
SYSTEM_HEADERS = {
    "net/if.h": "extern unsigned (*index_of)(const char *); unsigned (*index_of)(const char *) = if_nametoindex;",
    "poll.h": "extern struct pollfd asked; struct pollfd asked;",
    "signal.h": "extern sig_atomic_t number; sig_atomic_t number = SIGINT;",
}

ROOT = None  # what stands for / of the installed files


def setUpModule():
    global ROOT
    folder = tempfile.TemporaryDirectory(prefix="rdy-install-")
    unittest.addModuleCleanup(folder.cleanup)
    ROOT = pathlib.Path(folder.name)
    run(MESON, "install", "--no-rebuild", "-C", BUILD, "--destdir", ROOT / "root")


def installed(pattern):
    """The one file of that name."""
    found = sorted((ROOT / "root").rglob(pattern))
    assert len(found) == 1, "%s: %s" % (pattern, found)
    return found[0]


def prefix():
    """The folder of the prefix that rdy.pc names, below the root."""
    named = re.search(r"^prefix=(.*)$", installed("rdy.pc").read_text(), re.MULTILINE).group(1)
    return ROOT / "root" / named.lstrip("/")


@functools.lru_cache(maxsize=None)
def flags(*questions):
    """What pkg-config answers; the search path stays, for rdy may need packages of the system."""
    path = str(installed("rdy.pc").parent)
    there = "--define-variable=prefix=%s" % prefix()
    return shlex.split(run("pkg-config", there, *questions, "rdy", PKG_CONFIG_PATH=path))


def library_folder():
    return installed("librdy.a").parent


def header_folder():
    return prefix() / "include" / "rdy"


def headers():
    """Those that are installed, as users name them."""
    folder = header_folder()
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class Programs(unittest.TestCase):
    """Somebody else's programs."""

    def build(self, compiler, source, suffix, *libraries):
        """The README's command."""
        program = ROOT / self._testMethodName
        path = program.with_suffix(suffix)
        path.write_text(source)
        run(*compiler, path, *flags("--cflags"), *libraries, "-o", program)
        return program

    def check_dynamic(self, compiler, suffix):
        program = self.build(compiler, (HERE / "outside.c").read_text(), suffix, *flags("--libs"))
        path = "LD_LIBRARY_PATH" if ELF else "DYLD_LIBRARY_PATH"
        self.assertRegex(run(program, **{path: str(library_folder())}), r"\Ahello over \w+\n\Z")
        if ELF:
            self.assertIn("[librdy.so.0]", run("readelf", "-d", program))

    def check_static(self, compiler, suffix):
        archive = library_folder() / "librdy.a"
        libraries = [archive if flag == "-lrdy" else flag for flag in flags("--static", "--libs")]
        program = self.build(compiler, (HERE / "outside.c").read_text(), suffix, *libraries)
        self.assertRegex(run(program), r"\Ahello over \w+\n\Z")
        if ELF:
            self.assertNotIn("librdy", run("readelf", "-d", program))

    def test_c_program_runs_with_the_shared_library(self):
        self.check_dynamic(C11, ".c")

    def test_c_program_runs_with_the_archive(self):
        self.check_static(C11, ".c")

    @unittest.skipUnless(CXX, "no C++ compiler")
    def test_cxx_program_runs_with_the_shared_library(self):
        self.check_dynamic(CXX17, ".cpp")

    @unittest.skipUnless(CXX, "no C++ compiler")
    def test_cxx_program_runs_with_the_archive(self):
        self.check_static(CXX17, ".cpp")

    def test_each_adapter_compiles_where_its_library_is(self):
        folder = prefix() / "share" / "doc" / "rdy" / "examples"
        for name, package in {"cares": "libcares", "curl": "libcurl", "hiredis": "hiredis", "libpq": "libpq"}.items():
            adapter = folder / (name + "_on_rdy.c")
            self.assertTrue(adapter.exists())
            known = subprocess.run(["pkg-config", "--cflags", package], capture_output=True, text=True, check=False)
            if known.returncode == 0:
                theirs = shlex.split(known.stdout)
                run(*C11, "-D_GNU_SOURCE", "-fsyntax-only", *flags("--cflags"), *theirs, adapter, folder / "loop.c")

    def test_pkg_config_names_nothing_but_what_is_installed(self):
        folders = [flag[2:] for flag in flags("--cflags", "--libs") if flag[:2] in ("-I", "-L")]
        self.assertLessEqual({str(header_folder()), str(library_folder())}, set(folders))
        for folder in folders:
            self.assertNotIn(BUILD, [pathlib.Path(folder), *pathlib.Path(folder).parents])
        self.assertEqual(flags("--modversion"), [project_version()])


class Examples(unittest.TestCase):
    def test_each_is_installed_and_builds_with_what_is_installed(self):
        for source in sorted((SOURCE / "docs" / "examples").glob("*.c")):
            with self.subTest(example=source.name):
                example = installed(source.name)
                self.assertEqual(example.parent, prefix() / "share" / "doc" / "rdy" / "examples")
                libraries = [*flags("--libs"), "-Wl,-rpath,%s" % library_folder()]
                program = ROOT / ("example-" + source.stem)
                run(*C11, "-pthread", example, *flags("--cflags"), *libraries, "-o", program)
                done = subprocess.run([program], capture_output=True, text=True, timeout=PATIENCE, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, r"\A%s [\w:]+.*: invalid" % source.stem)


class Headers(unittest.TestCase):
    def compile(self, compiler, language, text):
        run(*compiler, "-fsyntax-only", "-x", language, *flags("--cflags"), "-", text=text)

    def check_each_alone(self, compiler, language):
        for header in headers():
            with self.subTest(header=header):
                self.compile(compiler, language, "#include <%s>\nextern int used;\n" % header)

    def test_each_compiles_alone_in_strict_c11(self):
        self.check_each_alone(C11, "c")

    def test_each_compiles_alone_in_c11_with_all_of_the_system(self):
        self.check_each_alone([*C11, "-D_GNU_SOURCE"], "c")

    @unittest.skipUnless(CXX, "no C++ compiler")
    def test_each_compiles_alone_in_cxx17(self):
        self.check_each_alone(CXX17, "c++")

    def check_orders(self, compiler, language):
        chance = random.Random(SEED)
        for place in ("before", "between", "between", "between", "after"):
            names = shuffled_headers(chance, place)
            lines = ["#include <%s>" % name for name in names] + list(SYSTEM_HEADERS.values())
            with self.subTest(place=place, seed=SEED):
                self.compile(compiler, language, "\n".join(lines) + "\n")

    def test_all_compile_in_any_order_with_the_systems_in_c11(self):
        self.check_orders([*C11, "-D_GNU_SOURCE"], "c")

    @unittest.skipUnless(CXX, "no C++ compiler")
    def test_all_compile_in_any_order_with_the_systems_in_cxx17(self):
        self.check_orders(CXX17, "c++")

    def test_the_public_ones_are_installed_and_no_private_one(self):
        self.assertEqual(headers(), sorted(public_headers(SOURCE)))


def shuffled_headers(chance, place):
    """All of ours in any order, with the system's before, after or anywhere between them."""
    ours = headers()
    theirs = list(SYSTEM_HEADERS)
    chance.shuffle(ours)
    chance.shuffle(theirs)
    if place == "before":
        return theirs + ours
    if place == "after":
        return ours + theirs
    for name in theirs:
        ours.insert(chance.randrange(1, len(ours)), name)
    return ours


def project_version():
    return re.search(r"^  version: '(.*)',$", (SOURCE / "meson.build").read_text(), re.MULTILINE).group(1)


def functions():
    """What the installed headers declare."""
    return [found for header in headers() for found in declared_functions((header_folder() / header).read_text())]


@unittest.skipUnless(ELF, "not an ELF system")
class SharedLibrary(unittest.TestCase):
    def test_its_name_is_that_of_its_interface(self):
        self.assertIn("Library soname: [librdy.so.0]", run("readelf", "-d", library_folder() / "librdy.so"))
        for name in ("librdy.so", "librdy.so.0"):
            self.assertEqual((library_folder() / name).resolve().name, "librdy.so." + project_version())

    def test_it_exports_what_the_headers_declare_and_nothing_else(self):
        lines = run("nm", "--dynamic", "--defined-only", library_folder() / "librdy.so").splitlines()
        exported = {line.split()[-1] for line in lines}
        self.assertEqual([name for name in exported if not name.startswith("rdy_")], [])
        self.assertEqual(exported, {function.name for function in functions() if not function.is_inline})


class ManualPages(unittest.TestCase):
    def folder(self, section):
        return installed("rdy.7").parents[1] / section

    def test_each_function_is_found_by_its_name(self):
        pages = {path.stem: path.read_text() for path in self.folder("man3").iterdir()}
        self.assertEqual([function.name for function in functions() if function.name not in pages], [])
        for name, text in pages.items():
            with self.subTest(page=name):
                self.assertRegex(text, r"(?m)^\.Nm %s( ,)?$" % name)

    @unittest.skipUnless(PROGRAMS, "built without programs")
    def test_there_is_one_for_each_program(self):
        pages = sorted(path.name for path in self.folder("man1").iterdir())
        self.assertEqual(pages, [name + ".1" for name in sorted(PROGRAMS)])


@unittest.skipUnless(PROGRAMS, "built without programs")
class Completions(unittest.TestCase):
    def test_each_shell_finds_one_for_each_program(self):
        folders = {
            "bash-completion/completions": "%s",
            "zsh/site-functions": "_%s",
            "fish/vendor_completions.d": "%s.fish",
        }
        for folder, name in folders.items():
            found = sorted(path.name for path in (prefix() / "share" / folder).iterdir())
            self.assertEqual(found, [name % program for program in sorted(PROGRAMS)])


class InstalledPrograms(unittest.TestCase):
    def test_there_are_the_named_ones_and_no_other(self):
        self.assertEqual(sorted(path.name for path in (prefix() / "bin").glob("*")), sorted(PROGRAMS))

    def test_each_tells_its_version_and_its_help(self):
        for name in PROGRAMS:
            program = prefix() / "bin" / name
            self.assertRegex(run(program, "--version"), r"\A%s %s\b" % (name, re.escape(project_version())))
            self.assertIn(name, run(program, "--help"))


if __name__ == "__main__":
    print("RDY_SEED=%d" % SEED, flush=True)
    unittest.main(argv=sys.argv[:1], verbosity=2)
