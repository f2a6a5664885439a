"""What all measures have."""

from ..peers import BASELINE
from ..points import describe
from ..tables import compare, no_mark


class Measure:
    """Subjects at points. Those who write one give the names below and `plan` and `take`."""

    name = ""
    title = ""
    how = ""  # it is taken: a paragraph for the reader
    rounds = (2, 5)  # quick, full
    needs = ()  # of commands
    baseline = BASELINE
    columns = ()
    mark = staticmethod(no_mark)

    def plan(self, bench):
        """Pairs of a point and its subjects."""
        raise NotImplementedError

    def take(self, bench, point, subject):
        """The values of one round; Failure where there are none."""
        raise NotImplementedError

    def text(self, results):
        """Its part of the report, without the title: a table for each point."""
        parts = [self.how]
        for point in results.points(self.name):
            parts.append(f"**{describe(point)}**" if point else "")
            parts.append(compare(results, self.name, point, self.columns, self.baseline, self.mark))
        return "\n\n".join(part for part in parts if part)
