"""Runs commands for tests."""

import os
import shlex
import subprocess

PATIENCE = 60


def run(*command, text=None, **environment):
    """What the command printed; it must succeed."""
    command = [str(part) for part in command]
    done = subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, **environment},
    )
    if done.returncode != 0:
        told = (shlex.join(command), "exited with %d" % done.returncode, done.stdout, done.stderr, text or "")
        raise AssertionError("\n".join(told))
    return done.stdout
