"""Whether figures keep to a limit, and by how much they miss it."""

import typing

from . import figures
from .points import describe
from .spread import Spread, ratios, spread_of


class Limit(typing.NamedTuple):
    """What the figures may be: at most (sign 1) or at least (-1) so much. With a `bound`, that is kept within the
    spread where a quartile keeps it and the median, or the only figure that there is, keeps at least the bound."""

    value: float
    sign: int
    form: str = "{:.3f}"
    bound: float | None = None

    def reached_by(self, spread):
        """That quartile which is nearer to what is asked."""
        return spread.low if self.sign > 0 else spread.high

    def excess(self, figure):
        return self.sign * (figure - self.value)

    def is_kept(self, spread):
        return self.excess(spread.median) <= 0

    def is_kept_within_spread(self, spread):
        if self.bound is None or self.sign * (spread.median - self.bound) > 0:
            return False
        return spread.count == 1 or self.excess(self.reached_by(spread)) <= 0

    def shortfall(self, spread):
        within = ", within the spread" if self.excess(self.reached_by(spread)) <= 0 else ""
        return f"{self.form.format(self.excess(spread.median))}{within}"


def at_most(value, **how):
    return Limit(value, 1, **how)


def at_least(value, **how):
    return Limit(value, -1, **how)


class Finding(typing.NamedTuple):
    """Of a point: what was measured, how many of the runs of the judged one failed, why it says nothing, and whether
    that is the judged one's own."""

    spread: Spread | None
    failed: int = 0
    runs: int = 1
    doubt: str | None = None
    own: bool = False

    def misses(self, limit):
        return not (limit.is_kept(self.spread) or limit.is_kept_within_spread(self.spread))

    def is_sure(self, limit):
        """Where only the other one was limited, it could have done better still: what is short is so all the more."""
        return self.spread is not None and (not self.doubt or (not self.own and self.misses(limit)))


DOUBTS = {  # by the figure: when it says nothing of the server
    "per_second": ("limited by the load", figures.limited_by_load),
    "user_bytes_per_connection": ("below what can be seen", figures.unseen),
}


def doubt_of(results, measure, point, subjects, figure):
    """Where it holds for half of the rounds of one of them, their median rests on it."""
    said, is_so = DOUBTS.get(figure, (None, None))
    for subject in subjects if said else ():
        found = results.figures(measure, point, subject, is_so).values()
        if found and 2 * sum(found) >= len(found):
            return said
    return None


def compared(results, measure, mine, other, figure, wanted=lambda point: True):
    """At each point, by its description: the spread of the ratios of the same rounds."""
    def spread_at(point):
        return spread_of(ratios(*(results.figures(measure, point, subject, figure) for subject in (mine, other))))

    return findings(results, measure, (mine, other), figure, filter(wanted, results.points(measure)), spread_at)


def taken(results, measure, mine, figure, wanted=lambda point: True):
    """As `compared`, of the figures themselves."""
    def spread_at(point):
        return spread_of(results.figures(measure, point, mine, figure).values())

    return findings(results, measure, (mine,), None, filter(wanted, results.points(measure)), spread_at)


def findings(results, measure, subjects, figure, points, spread_at):
    """Of the points where there is something to be said of the first subject."""
    found = {}
    for point in points:
        runs = results.at(measure, point, subjects[0])
        failed = sum(map(figures.has_failed, runs))
        spread, doubt = spread_at(point), doubt_of(results, measure, point, subjects, figure)
        if spread or failed or doubt:
            own = doubt_of(results, measure, point, subjects[:1], figure) is not None
            found[describe(point)] = Finding(spread, failed, len(runs), doubt, own)
    return found


def judge(found, limit):
    """What was measured, where it is worst, and the verdict."""
    return measured_of(found, limit), verdict_of(found, limit)


def measured_of(found, limit):
    spreads = {place: finding.spread for place, finding in found.items() if finding.spread}
    if not spreads:
        return ""
    worst = max(spreads, key=lambda place: limit.excess(spreads[place].median))
    return limit.form.format(spreads[worst].median) + (f" at worst ({worst})" if len(found) > 1 else "")


def verdict_of(found, limit):
    """Failures count wherever they are; figures where nothing else has set them."""
    if not found:
        return "not measured"
    sure = {place: finding.spread for place, finding in found.items() if finding.is_sure(limit)}
    missed = {place: sure[place] for place in sure if found[place].misses(limit)}
    parts = [shortfalls(missed, limit, len(found))] if missed else []
    parts += [f"failed in {finding.failed} of {finding.runs} at {place}"
              for place, finding in found.items() if finding.failed]
    bad = missed.keys() | {place for place, finding in found.items() if finding.failed}
    met = [place for place in sure if place not in bad]
    said = "**short** " + "; ".join(parts) if parts else kept(sure.values(), limit)
    said = [said, *doubts_of(found)]
    if bad and len(found) > 1:
        said.append(f"met at {len(met)} of {len(found)}")
    return "; ".join(filter(None, said)) + alone(sure.values(), limit)


def shortfalls(missed, limit, points):
    if points == 1:
        return "by " + "".join(map(limit.shortfall, missed.values()))
    return "by " + "; ".join(f"{limit.shortfall(spread)} ({place})" for place, spread in missed.items())


def kept(spreads, limit):
    """None where no figure says anything."""
    if not spreads:
        return None
    within = any(spread.count > 1 and not limit.is_kept(spread) for spread in spreads)
    return "met, within the spread" if within else "met"


def doubts_of(found):
    return [f"{finding.doubt} at {place}" for place, finding in found.items() if finding.doubt]


def alone(spreads, limit):
    """A limit that allows for the spread says where there is none."""
    return " (one round, no spread)" if limit.bound and any(spread.count == 1 for spread in spreads) else ""
