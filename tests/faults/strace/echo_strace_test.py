"""rdy-echo, as it is built for users, while strace answers system calls with errors.

Usage: echo_strace_test.py PATH-TO-RDY-ECHO [unittest arguments]; RDY_BACKEND chooses the backend.
"""

import sys

from echo_lasting_faults import LastingFaults
from echo_service_faults import Service
from echo_start_faults import Start
from strace_case import EchoTest
from strace_tally import main

__all__ = ["LastingFaults", "Service", "Start"]

if __name__ == "__main__":
    EchoTest.program = sys.argv.pop(1)
    main("rdy-echo")
