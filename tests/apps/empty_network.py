"""Runs a program where no network is, for which Linux needs a user namespace."""

import subprocess

EMPTY_NETWORK = ["unshare", "--user", "--map-root-user", "--net"]  # not even a loopback that is up


def has_empty_network():
    try:
        return subprocess.run([*EMPTY_NETWORK, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
