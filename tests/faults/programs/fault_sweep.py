"""Fails each call of a program's run in turn, with each error that it may have, and has the scenario judge the run."""

import concurrent.futures
import os
import sys
import tempfile
import time

from allowed_errors import ERRORS, NEVER_FAIL
from faulty_program import Failure, Fault, Program, TooSlow

AT_ONCE = 6 * (os.cpu_count() or 1)  # they wait most of their time
PATIENCE = 6  # seconds that nothing takes that does not hang, on a machine that is not busy
SLOW = 6
OPEN_AT_THE_END = 4  # the standard streams and the log
LASTING = ("ENOMEM", "EMFILE", "ENOSPC")  # what is used up may stay so
ALL = os.environ.get("RDY_FAULTS") == "all"
BACKEND = os.environ.get("RDY_BACKEND", "epoll")
IS_BRIEF = not ALL and BACKEND != "epoll"  # what is not the backend's has failed on that one


class Scenario:
    """A run, which judges what it sees: `run(start, folder, pace)` raises Failure."""

    kept = 0  # allocations that may be left at the end; None: any number, for it may become another program
    hasty = ()  # exit codes with which it ends while a thread of it still holds memory and files
    harmless = None  # a fault without which the engine tells nothing
    whole = 4  # a short sweep fails so many calls of a kind one after the other, and then ever fewer
    errors = {}  # that differ from those of allowed_errors.py
    calls = None  # that are made to fail, where not all are


class Sweep:
    def __init__(self, path, scenario):
        self.path = path
        self.scenario = scenario
        self.injected = 0
        self.tried_again = 0
        self.failures = []

    def attempt(self, fault, pace):
        """One run: its log, and the failure, or None. The slower the pace, the longer its time-outs."""
        with tempfile.TemporaryDirectory() as folder:
            programs = []

            def start(arguments, **streams):
                program = Program(self.path, arguments, fault, folder, pace * PATIENCE, **streams)
                program.fault = fault
                programs.append(program)
                return program

            try:
                self.scenario.run(start, folder, pace)
                problem = None
            except Failure as failure:
                problem = type(failure)(self.tell(failure, programs))
            log = programs[0].log()
        code = programs[0].process.returncode
        was_killed = code < 0  # and has written no log since the fault
        return log, problem or (None if was_killed or code in self.scenario.hasty else self.leak(log))

    def leak(self, log):
        kept = self.scenario.kept
        if kept is not None and not 0 <= log.live <= kept:
            return Failure(f"{log.live} allocations were not freed")
        if log.descriptors != OPEN_AT_THE_END and (log.descriptors, kept) != (None, None):
            return Failure(f"{log.descriptors} descriptors are open at the end, not {OPEN_AT_THE_END}")
        return None

    @staticmethod
    def tell(failure, programs):
        errors = [line for program in programs for line in program.errors()]
        return "\n    ".join([str(failure), *errors[-20:]])

    def judge(self, fault):
        """As attempt; what is too slow has to be so without a hurry too, or it was the machine."""
        log, problem = self.attempt(fault, 1)
        if isinstance(problem, TooSlow):
            self.tried_again += 1
            self.say(fault, f"tried again: {problem}")
            log, problem = self.attempt(fault, SLOW)
        return log, problem

    def say(self, fault, what):
        print(f"{self.scenario.name}: RDY_FAULT={fault}: {what}", file=sys.stderr, flush=True)

    def errors(self, call):
        return self.scenario.errors.get(call, ERRORS.get(call, ()))

    def plan(self, calls):
        """The errors of each call, with whether it is but one of several, and whether it lasts from the nth call on."""
        for call in sorted(calls if self.scenario.calls is None else self.scenario.calls & set(calls)):
            errors = self.errors(call)
            yield from ((call, error, error != errors[0], False) for error in errors[:1 if IS_BRIEF else None])
            lasting = [error for error in LASTING if error in errors][:1]
            yield from ((call, error, False, True) for error in lasting)

    def numbers(self, is_further):
        """Which calls of a kind fail."""
        number = 1
        while True:
            yield number
            if is_further and not ALL:
                return
            number += 1 if ALL or number < self.scenario.whole else number // 2

    def try_call(self, call, error, is_further, lasts):
        """Fails the call with the error, for one n after the other, until the run does not come to it any more."""
        for number in self.numbers(is_further):
            fault = Fault(call, number, error, lasts)
            log, problem = self.judge(fault)
            if problem is not None:
                self.failures.append((fault, problem))
                self.say(fault, problem)
            if not log.injected:
                return
            self.injected += 1

    def run(self):
        log, problem = self.attempt(self.scenario.harmless, SLOW)
        if problem is not None or not log.calls:
            sys.exit(f"{self.scenario.name}: an untouched run: {problem or 'no call was counted'}")
        unknown = [call for call in log.calls if call not in ERRORS and call not in NEVER_FAIL]
        if unknown:
            sys.exit(f"{self.scenario.name}: allowed_errors.py does not say how these fail: {' '.join(unknown)}")
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for done in [pool.submit(self.try_call, *one) for one in self.plan(log.calls)]:
                done.result()


def sweep_all(path, scenarios):
    """Prints the row of a program; exits with 1 after a failure."""
    title = os.path.basename(path).replace("-faulty", "") + ", " + BACKEND
    begin = time.monotonic()
    sweeps = [Sweep(path, scenario) for scenario in scenarios]
    for sweep in sweeps:
        sweep.run()
    injected = sum(sweep.injected for sweep in sweeps)
    failures = sum(len(sweep.failures) for sweep in sweeps)
    tried_again = sum(sweep.tried_again for sweep in sweeps)
    names = ", ".join(scenario.name for scenario in scenarios)
    figures = f"{injected} in {len(sweeps)} runs ({names}), {failures} failures, {tried_again} tried again"
    print(f"| Faults injected, {title} | {figures} |")
    print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr)
    sys.exit(failures > 0)
