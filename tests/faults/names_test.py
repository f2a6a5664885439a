#!/usr/bin/env python3
"""Nothing that is to be made to fail reaches the kernel or the allocator past the names.

usage: names_test.py OBJECT-OR-ARCHIVE...
"""

import re
import subprocess
import sys
import unittest

# What only reckons, or works on memory that the caller has; locks, which ask the kernel for nothing that may fail; who
# this process is, and giving back memory, which cannot fail; printing to memory; and the formatted output of programs,
# whose failures show in fflush and fclose.
HARMLESS = set("""
    _GLOBAL_OFFSET_TABLE_ __errno_location __stack_chk_fail __tls_get_addr main environ
    __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc
    bcmp memchr memcmp memcpy memmove memset strcasecmp strchr strcmp strcspn strlen strncasecmp strncmp strnlen strpbrk
    strrchr strspn strstr strtol strtoul strtoull strtod qsort llround
    inet_ntop inet_pton htonl htons ntohl ntohs gmtime_r strftime getenv secure_getenv getopt_long optarg optind optopt
    snprintf vsnprintf
    pthread_atfork __register_atfork pthread_cond_broadcast pthread_cond_destroy pthread_cond_init pthread_cond_signal
    pthread_cond_wait pthread_detach pthread_join pthread_mutex_destroy pthread_mutex_lock pthread_mutex_unlock pthread_once
    pthread_self sched_yield
    getpid getuid geteuid getgid getegid getgroups malloc_trim
    sigaddset sigdelset sigemptyset sigfillset sigismember
    stdin stdout stderr clearerr feof ferror fileno flockfile funlockfile freeaddrinfo freeifaddrs
    fgetc fgets fread getc getc_unlocked __uflow
    fprintf fputc fputs fwrite printf putc putchar puts vfprintf
    _exit abort exit
""".split())

# What compilers add for sanitizers, coverage and fortification, and the libraries that programs are linked with.
ADDED = re.compile(r"__(asan|ubsan|tsan|msan|lsan|sanitizer|sancov|gcov|llvm|hwasan|start___|stop___)"
                   r"|__\w+_chk$|__isoc\d+_|gcov_")
LIBRARIES = re.compile(r"(ares|curl|json|EVP|nettle|event|seccomp)_|rdy_")
STAND_INS = re.compile(r"fault_\w+$")


def symbols_of(files):
    """The symbols that are defined and those that are missing."""
    defined, missing = set(), set()
    for line in subprocess.run(["nm", *files], check=True, capture_output=True, text=True).stdout.splitlines():
        match = re.match(r"(?:[0-9a-f]+)?\s+(\w) (\S+)$", line)
        if match:
            (missing if match[1] in "Uvw" else defined).add(match[2])
    return defined, missing


class Names(unittest.TestCase):
    files = []

    def test_no_call_goes_past_the_names(self):
        defined, missing = symbols_of(self.files)
        past = sorted(name for name in missing - defined - HARMLESS
                      if not any(known.match(name) for known in (ADDED, LIBRARIES, STAND_INS)))
        self.assertEqual(past, [], "not in tests/faults/names.h")

    def test_calls_go_through_the_names(self):
        _, missing = symbols_of(self.files)
        self.assertIn("fault_close", missing)


if __name__ == "__main__":
    Names.files = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
