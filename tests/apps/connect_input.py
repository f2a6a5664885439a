"""Where rdy-connect has its peers from."""

from connect_case import Case


class Input(Case):
    def test_peers_come_from_standard_input_files_and_arguments(self):
        good = [self.good() for _ in range(3)]
        self.assert_connected(self.run_connect(text="\n".join(good)), good)
        self.assert_connected(self.run_connect("-", good[0], text=good[1] + "\n"), good[:2])
        path = self.file((good[2] + "\n").encode())
        self.assert_connected(self.run_connect("-f", path, good[0]), [good[2], good[0]])
        self.assert_connected(self.run_connect("-f", path, "-f", "-", text=good[1]), good[1:])

    def test_comments_blank_lines_crlf_and_duplicates_are_no_peers(self):
        good = self.good()
        text = "# peers\r\n\r\n%s\r\n  %s # again\r\n" % (good, good)
        result = self.run_connect("-f", self.file(text.encode()), good)
        self.assert_connected(result, [good])
        self.assertIn("1 of 1 connected", result.stderr)

    def test_a_port_is_lent_to_peers_without_one(self):
        host, port = self.good().split(":")
        for arguments in (["--port", port, host], [host, "--port", port]):
            self.assert_connected(self.run_connect(*arguments), [host])

    def test_wrong_input_is_reported_with_file_and_line(self):
        path = self.file(b"127.0.0.1:1\n\nx y\n")
        cases = [
            (["-f", path], "", "rdy-connect: %s:3: expected HOST:PORT, not 'x y'\n" % path),
            ([], "1.2.3.4\r\n", "rdy-connect: standard input:1: expected HOST:PORT, not '1.2.3.4'\n"),
            (["1.2.3.999:80"], "", "rdy-connect: expected HOST:PORT, not '1.2.3.999:80'\n"),
            (["0x7f000001:9"], "", "rdy-connect: expected HOST:PORT, not '0x7f000001:9'\n"),
            (["1.2.3.4:65536"], "", "rdy-connect: expected a port from 1 to 65535, not '1.2.3.4:65536'\n"),
        ]
        for arguments, text, message in cases:
            result = self.run_connect(*arguments, text=text)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (3, "", message))
        result = self.run_connect("-f", path + ".not-there")
        self.assertEqual((result.returncode, result.stderr.count("\n")), (3, 1))

    def test_no_peer_at_all_is_wrong_input(self):
        result = self.run_connect(text="\n# nothing\n")
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertEqual(result.stderr, "rdy-connect: no peers given\n")

    def test_a_network_is_all_its_addresses(self):
        port = self.good(host="0.0.0.0").split(":")[1]
        for arguments in ([f"127.0.5.9/30:{port}"], ["127.0.5.9/30", "--port", port]):
            result = self.run_connect(*arguments)
            self.assert_connected(result, [f"127.0.5.{8 + i}:{port}" for i in range(4)])

    def test_a_network_that_is_too_large_is_refused_with_its_line(self):
        result = self.run_connect(text="127.0.0.0/32:9\n10.0.0.0/11:80\n")
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertEqual(
            result.stderr,
            "rdy-connect: standard input:2: expected a network of at most 1048576 addresses (/12, IPv6 /108), "
            "not '10.0.0.0/11:80'\n",
        )

    def test_shards_are_the_list_together_and_share_nothing(self):
        good = [self.good() for _ in range(5)]
        seen = []
        for shard in range(1, 4):
            result = self.run_connect("--shard", f"{shard}/3", *good, good[0])
            self.assert_connected(result, good[shard - 1::3])
            seen += [line.split()[0] for line in result.stdout.splitlines()]
        self.assertEqual(sorted(seen), sorted(good))

    def test_an_empty_shard_is_no_fault(self):
        result = self.run_connect("--shard", "3/3", self.good(), self.good())
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("rdy-connect: shard 3/3 has none of the 2 peers\n", result.stderr)

    def test_a_shard_is_the_same_whatever_the_family(self):
        good = self.good()
        result = self.run_connect("-4", "--shard", "1/2", "[::1]:9", good)
        self.assertEqual((result.returncode, result.stderr), (3, "rdy-connect: no peers left by -4\n"))
        self.assert_connected(self.run_connect("-4", "--shard", "2/2", "[::1]:9", good), [good])

    def test_the_other_family_is_left_out_with_one_note(self):
        good = self.good()
        for option in ("-4", "--ipv4"):
            result = self.run_connect(option, "[::1]:9", "[::1]:10", good)
            self.assert_connected(result, [good])
            self.assertRegex(result.stderr, r"^rdy-connect: 2 peers left out by -4\nrdy-connect: 1 of 1 connected")
        self.assertEqual(self.run_connect("-q", "-4", "[::1]:9", good).stderr, "")
        result = self.run_connect("-6", good)
        self.assertEqual((result.returncode, result.stderr), (3, "rdy-connect: no peers left by -6\n"))

    def test_a_wrong_shard_is_wrong_usage(self):
        for shard in ("0/2", "3/2", "1", "1/2/3"):
            result = self.run_connect("--shard", shard, self.good())
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            message = "rdy-connect: --shard: expected I/N with I from 1 to N, not '%s'\n"
            self.assertEqual(result.stderr, message % shard)
