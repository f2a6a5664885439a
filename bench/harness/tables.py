"""Tables in Markdown."""

import math
import typing

from .peers import PEERS
from .points import grouped
from .spread import median_of, ratios, spread_of


def plain(value):
    """Three digits that count, or all before the point."""
    if value is None:
        return ""
    if isinstance(value, int):
        return grouped(value)
    if abs(value) >= 100:
        return grouped(round(value))
    digits = 2 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 3)}f}"


def percent(value):
    return "" if value is None else f"{100 * value:.2f}".rstrip("0").rstrip(".") + " %"


def ratio(spread):
    """The median and, where there is more than one, the quartiles."""
    if spread is None:
        return ""
    around = f" ({spread.low:.3f}–{spread.high:.3f})" if spread.count > 1 else ""
    return f"{spread.median:.3f}{around}"


def table(header, rows, words=False):
    """The first column holds names, the others figures or words."""
    lines = [header, ["---"] + ["---" if words else "--:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


class Column(typing.NamedTuple):
    """A figure: its title, where it is from, and whether it is also compared with the baseline."""

    title: str
    figure: typing.Any
    compared: bool = False
    form: typing.Callable = plain


def in_order(subjects):
    """Peers in their own order, others as they come."""
    known = list(PEERS)
    return sorted(subjects, key=lambda name: known.index(name) if name in known else len(known))


def remarks(results, measure, point, subject, mark):
    """What a reader has to know of a row: failures, and what `mark` says of the values of a round."""
    records = results.at(measure, point, subject)
    failures = results.failures(measure, point, subject)
    said = [f"failed in {len(failures)} of {len(records)}: {failures[0]}"] if failures else []
    marks = [text for record in records if "values" in record and (text := mark(record["values"]))]
    said += [f"{text} in {marks.count(text)} of {len(records)}" for text in dict.fromkeys(marks)]
    return "; ".join(said).replace("|", "/")


def no_mark(_):
    return None


def compare(results, measure, point, columns, baseline="epoll", mark=no_mark):
    """A row for each subject: medians, and the medians of the ratios to the baseline in the same round."""
    header = ["", *(title for column in columns for title in _titles(column)), ""]
    rows = []
    for subject in in_order(results.subjects(measure, point)):
        row = [subject]
        for column in columns:
            mine = results.figures(measure, point, subject, column.figure)
            row.append(column.form(median_of(mine.values())))
            if column.compared:
                other = results.figures(measure, point, baseline, column.figure)
                row.append(ratio(spread_of(ratios(mine, other))))
        rows.append([*row, remarks(results, measure, point, subject, mark)])
    if not any(row[-1] for row in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    return table(header, rows)


def _titles(column):
    return (column.title, "ratio") if column.compared else (column.title,)
