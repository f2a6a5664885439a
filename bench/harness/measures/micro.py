"""Measures of one program for each library, which prints its own figures."""

from ..processes import run_json
from .measure import Measure


class Micro(Measure):
    """Those who write one give `points`, and `arguments` or `command`."""

    @property
    def prefix(self):
        return f"{self.name}-"

    def points(self, bench):
        raise NotImplementedError

    def arguments(self, bench, point):
        raise NotImplementedError

    def plan(self, bench):
        """The baseline first, then the chosen peers as they are called."""
        chosen = {self.baseline, *bench.names()}
        names = sorted(chosen & bench.programs(self.prefix).keys(), key=lambda name: (name != self.baseline, name))
        return [(point, names) for point in self.points(bench)] if names else []

    def command(self, bench, point, subject):
        return [bench.programs(self.prefix)[subject], *self.arguments(bench, point)]

    def take(self, bench, point, subject):
        return run_json(self.command(bench, point, subject), self.core(bench, point))

    @staticmethod
    def core(bench, _point):
        return bench.cores[0]
