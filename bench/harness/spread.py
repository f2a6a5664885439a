"""Medians and quartiles, and the ratios that are compared."""

import statistics
import typing


class Spread(typing.NamedTuple):
    """The median of some figures and the quartiles around it."""

    median: float
    low: float
    high: float
    count: int


def spread_of(figures):
    """None where there are none. One figure is its own quartiles."""
    figures = list(figures)
    if not figures:
        return None
    if len(figures) == 1:
        return Spread(figures[0], figures[0], figures[0], 1)
    low, median, high = statistics.quantiles(figures, n=4, method="inclusive")
    return Spread(median, low, high, len(figures))


def median_of(figures):
    """None where there are none."""
    figures = list(figures)
    return statistics.median(figures) if figures else None


def ratios(mine, others):
    """Of figures by round, those of the same round; left out are rounds that one lacks or in which the other is 0."""
    return [mine[number] / others[number] for number in sorted(mine) if others.get(number)]
