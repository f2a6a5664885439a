"""Takes turns: in each round every measure, at each of its points, runs every subject once, in an order of its own."""

import random
import shutil
import time

from . import progress
from .points import describe
from .processes import Failure


def reason_of(error):
    """A Failure has been written to be read; of others the type says more than the text."""
    return str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"


class Rounds:
    """Goes on until all rounds are taken or the next one would end too late."""

    def __init__(self, bench, measures, results, seconds):
        self.bench, self.results, self.deadline = bench, results, time.monotonic() + seconds
        self.plans = {measure: plan for measure in measures if (plan := self._plan(measure))}
        self.order = random.Random(bench.seed)
        self.cost = dict.fromkeys(measures, 0.0)

    def _plan(self, measure):
        """Empty, with the reason told, where the system or the build lacks what it takes."""
        missing = [command for command in measure.needs if not shutil.which(command)]
        plan = [] if missing else [turn for turn in measure.plan(self.bench) if turn[1]]
        if not plan:
            self.results.skip(measure.name, f"no {missing[0]}" if missing else "its programs were not built")
        return plan

    def take_all(self):
        for number in range(max(map(self._count, self.plans), default=0)):
            for measure in self.plans:
                if number < self._count(measure):
                    self._take_in_time(measure, number)

    def _count(self, measure):
        return self.bench.rounds or measure.rounds[0 if self.bench.quick else 1]

    def _take_in_time(self, measure, number):
        """The first one always; another one costs what the last one did."""
        begun = time.monotonic()
        if number > 0 and begun + self.cost[measure] > self.deadline:
            self.results.skip(f"{measure.name}, round {number + 1}", "the time was up")
            return
        self._take(measure, number)
        self.cost[measure] = time.monotonic() - begun

    def _take(self, measure, number):
        for point, subjects in self.plans[measure]:
            progress.say(f"round {number + 1} of {self._count(measure)}, {measure.name}: {describe(point)}")
            for subject in self.order.sample(subjects, len(subjects)):
                self.results.add(measure.name, point, subject, number, **self._outcome(measure, point, subject))

    def _outcome(self, measure, point, subject):
        """Whatever goes wrong in one measure, the others are still taken."""
        try:
            return {"values": measure.take(self.bench, point, subject)}
        except Exception as error:
            reason = reason_of(error)
            progress.keep(f"{measure.name}, {describe(point)}: {subject} failed: {reason}")
            return {"failure": reason}
