"""What rdy-echo says about its options and addresses, before it serves."""

import os
import subprocess
import unittest

from echo_case import EchoTest
from echo_support import NO_LEAKS, PATIENCE, can_trace


class CommandLine(EchoTest):
    def test_wrong_options_exit_with_2_and_one_line(self):
        wrong = [
            ["--nonsense"],
            ["-x"],
            ["argument"],
            ["--listen"],
            ["--listen", "nowhere"],
            ["--listen", "127.0.0.1"],
            ["--listen", "unix:/tmp/a", "--listen", "unix:/tmp/a"],
            ["--workers", "0"],
            ["--workers", "many"],
            ["--max-connections", "-1"],
            ["--idle-timeout", "5 s"],
            ["--buffer-limit", "0"],
            ["--buffer-limit", "1.5K"],
            ["--drain-timeout", "soon"],
            ["--backend", "magic"],
            ["--spin", ""],
            ["--help=yes"],
            ["--no\nsense"],
            ["--listen", "127.0.0.1:0"] * 17,
        ]
        for options in wrong:
            with self.subTest(options=options):
                code, output, errors = self.run_program(*options)
                self.assertEqual((code, output), (2, ""))
                self.assertRegex(errors, r"\Ardy-echo: [^\n]+\n\Z")

    def test_what_is_wrong_with_an_option_is_said(self):
        expected = {
            ("--nope",): "unknown or ambiguous option '--nope'",
            ("argument", "--nope=5"): "unknown or ambiguous option '--nope=5'",
            ("--idle-timeout", "5s", "--b"): "unknown or ambiguous option '--b'",
            ("-x",): "unknown option '-x'",
            ("-xh",): "unknown option '-x'",
            ("--help=x",): "'--help=x': this option takes no value",
            ("--version=x",): "'--version=x': this option takes no value",
            ("--workers",): "--workers: a value is missing",
            ("--listen", "unix:/" + "x" * 200): "--listen: too long for the path of a socket",
            ("--listen", "[::1]:9", "--listen", "[0::1]:9"): "--listen: '[0::1]:9' is given twice",
        }
        for options, message in expected.items():
            with self.subTest(options=options):
                code, _, errors = self.run_program(*options)
                self.assertEqual(code, 2)
                self.assertIn("rdy-echo: " + message, errors)

    def test_nothing_is_announced_when_one_of_the_addresses_cannot_be_served(self):
        code, output, errors = self.run_program("--listen", "127.0.0.1:0", "--listen", "192.0.2.7:9")
        self.assertEqual((code, output), (3, ""))
        self.assertRegex(errors, r"\Ardy-echo: cannot listen on 192\.0\.2\.7:9: [^\n]+\n\Z")

    def test_announcement_that_cannot_be_written_ends_it(self):
        for workers in ("1", "2"):
            with open("/dev/full", "w", encoding="ascii") as full:
                process = subprocess.Popen(
                    [self.program, "--listen", "127.0.0.1:0", "--workers", workers],
                    stdout=full,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            _, errors = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 4)
            self.assertRegex(errors, r"\Ardy-echo: cannot write [^\n]+\n\Z")

    def test_unknown_backend_names_those_that_are_there(self):
        self.assertIn("select", self.run_program("--backend", "magic")[2])
        code, _, errors = self.run_program(environment={"RDY_BACKEND": "magic"})
        self.assertEqual(code, 2)
        self.assertIn("RDY_BACKEND", errors)

    def test_port_in_use_exits_with_3(self):
        for workers in ("1", "2"):
            server = self.start("--workers", workers)
            code, output, errors = self.run_program("--listen", server.address, "--workers", workers)
            self.assertEqual((code, output, errors.count("\n")), (3, "", 1))
            self.assertIn(server.address, errors)

    @unittest.skipUnless(can_trace(), "no strace to play a system that does not spread clients")
    def test_workers_that_would_get_no_clients_are_an_error(self):
        third = "--inject=setsockopt:error=EOPNOTSUPP:when=3"  # after two of SO_REUSEADDR
        done = subprocess.run(
            ["strace", "-qq", "-o", os.devnull, third, self.program, "--listen", "127.0.0.1:0", "--workers", "2"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, **NO_LEAKS},
        )
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertRegex(done.stderr, r"\Ardy-echo: cannot listen on [^\n]+ use --workers 1\n\Z")

    def test_help_and_version_go_to_stdout(self):
        for option, text in (("--help", "--drain-timeout"), ("--version", "rdy-echo ")):
            code, output, errors = self.run_program(option)
            self.assertEqual((code, errors), (0, ""))
            self.assertIn(text, output)
