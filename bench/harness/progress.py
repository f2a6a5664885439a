"""What is being done, on stderr: one line that changes on a terminal, else a line each."""

import sys


def say(text):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
    else:
        print(text, file=sys.stderr)
    sys.stderr.flush()


def keep(text):
    """For what is still of interest when the next thing is done."""
    say(f"{text}\n" if sys.stderr.isatty() else text)
