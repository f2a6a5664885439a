"""Pictures of the results, as SVG that stays the same for the same figures."""

import os

from . import figures
from .judgement import doubt_of
from .measures import spin
from .points import describe, grouped
from .spread import median_of, ratios, spread_of
from .tables import in_order

STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "rdy", "font.sans-serif": ["DejaVu Sans"], "font.size": 9,
    "figure.facecolor": "white", "axes.facecolor": "white", "savefig.facecolor": "white",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#555555",
    "xtick.color": "#555555", "ytick.color": "#333333", "legend.frameon": False,
}
LOOP, OURS, OTHER = "#333333", "#0969da", "#9aa4ae"
SERIES = ["#0969da", "#d4501e", "#2c8a3d", "#8250df", "#b08800"]
REACH = 0.7, 1.45  # of the ratios shown; what is beyond is said in figures at the edge


def color_of(subject):
    return LOOP if subject == "epoll" else OURS if subject.startswith("rdy") else OTHER


def figure(columns, width, height, **how):
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained")
    return made, made.subplots(1, columns, squeeze=False, **how)[0]


def legend_below(made, axes, columns):
    """In a strip of its own."""
    named = dict(zip(*reversed(axes.get_legend_handles_labels())))
    strip = (0.2 * -(-len(named) // columns) + 0.1) / made.get_figheight()
    made.get_layout_engine().set(rect=(0, strip, 1, 1 - strip))
    made.legend(named.values(), named.keys(), loc="lower center", ncols=columns, fontsize=8)


def echo_points(results):
    return [point for point in results.points("echo") if point["depth"] == 1]


def draw_inside(axes, spreads, hollow, color, label):
    """Dots with their quartiles, by the row; some rows are hollow."""
    low, high = REACH
    inside = {row: spread for row, spread in spreads.items() if low <= spread.median <= high}
    ends = ([max(low, min(high, getattr(spread, end))) for spread in inside.values()] for end in ("low", "high"))
    axes.hlines(list(inside), *ends, color=color, linewidth=1.2, alpha=0.5)
    for rows, inner, name in ((inside.keys() - hollow, color, label), (inside.keys() & hollow, "white", None)):
        axes.plot([inside[row].median for row in sorted(rows)], sorted(rows), "o", color=color, markerfacecolor=inner,
                  markersize=4, label=name)


def draw_beyond(axes, spreads, color):
    """Arrows at the edge, with their figures."""
    for row, spread in spreads.items():
        edge, mark, side = (REACH[0], "<", "left") if spread.median < REACH[0] else (REACH[1], ">", "right")
        if not REACH[0] <= spread.median <= REACH[1]:
            axes.plot(edge, row, mark, color=color, markersize=3)
            axes.annotate(f"{spread.median:.2f}", (edge, row), (4 if side == "left" else -4, 0), color=color,
                          textcoords="offset points", fontsize=6, ha=side, va="center")


def draw_ratios(axes, results, points, subjects, what):
    for place, point in enumerate(points):
        base = results.figures("echo", point, "epoll", what)
        shift = 0.76 * ((place + 0.5) / len(points) - 0.5)
        spreads = {
            row + shift: spread_of(ratios(results.figures("echo", point, subject, what), base))
            for row, subject in enumerate(subjects)
        }
        spreads = {row: spread for row, spread in spreads.items() if spread}
        hollow = {row + shift for row, subject in enumerate(subjects)
                  if doubt_of(results, "echo", point, (subject, "epoll"), what)}
        if hollow:
            axes.set_xlabel("hollow: limited by the load", fontsize=8)
        draw_inside(axes, spreads, hollow, SERIES[place % len(SERIES)], describe(point))
        draw_beyond(axes, spreads, SERIES[place % len(SERIES)])
    axes.axvline(1, color="#555555", linewidth=0.8, zorder=0)
    axes.set_xlim(REACH[0] - 0.03, REACH[1] + 0.03)
    axes.grid(axis="x", color="#e4e7ea", linewidth=0.6)


def echo(results):
    """Rate and CPU to the loop, a row for each peer."""
    points = echo_points(results)
    subjects = [name for name in in_order({name for point in points for name in results.subjects("echo", point)})
                if name != "epoll"]
    if not points or not subjects:
        return None
    made, (left, right) = figure(2, 8.4, 0.9 + 0.44 * len(subjects), sharey=True)
    draw_ratios(left, results, points, subjects, "per_second")
    draw_ratios(right, results, points, subjects, figures.cpu_us)
    left.set_title("messages/s, to the hand-written loop: more is better", fontsize=9)
    right.set_title("CPU for a message, to that loop: less is better", fontsize=9)
    left.set_yticks(range(len(subjects)), subjects)
    left.set_ylim(len(subjects) - 0.45, -0.55)
    legend_below(made, left, 3)
    return made


def bars(axes, names, values, form):
    """Lying ones, the first on top, each with its figure."""
    rows = range(len(names))
    axes.barh(rows, values, color=[color_of(name) for name in names], height=0.7)
    axes.set_yticks(rows, names)
    axes.invert_yaxis()
    for row, value in zip(rows, values):
        axes.annotate(form(value), (value, row), (3, 0), textcoords="offset points", fontsize=8, va="center")


def memory(results):
    """At the largest number of connections; who could not hold them is not there."""
    points = results.points("hold")
    if not points:
        return None
    held = {
        subject: median_of(results.figures("hold", points[-1], subject, "user_bytes_per_connection").values())
        for subject in results.subjects("hold", points[-1])
    }
    names = in_order(name for name, value in held.items() if value is not None)
    if not names:
        return None
    made, (axes,) = figure(1, 6.4, 0.8 + 0.25 * len(names))
    bars(axes, names, [max(1, held[name]) for name in names], lambda value: grouped(round(value)))
    axes.set_xscale("log")
    axes.set_xlim(1, 2.5 * max(10, *(held[name] for name in names)))
    axes.xaxis.set_major_formatter(lambda value, _: grouped(round(value)))
    axes.set_title(f"user-space bytes for each held connection, {describe(points[-1])}", fontsize=9)
    return made


def draw_latency(axes, results, place):
    points = [point for point in results.points("spin") if point["what"] == "echo" and point["on"] == place]
    counts = [point["connections"] for point in points]
    for subject, color in ((spin.PLAIN, OTHER), (spin.SPINNING, OURS)):
        for what, style in (("p50_us", "-o"), ("p99_us", ":o")):
            medians = [median_of(results.figures("spin", point, subject, what).values()) for point in points]
            axes.plot(counts, medians, style, color=color, markersize=4, label=f"{subject}, {what[:3]}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(counts, [grouped(count) for count in counts])
    axes.minorticks_off()
    ticks = [value for value in (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if value < axes.get_ylim()[1]]
    axes.set_yticks([value for value in ticks if value > axes.get_ylim()[0]])
    axes.yaxis.set_major_formatter(lambda value, _: grouped(round(value)))
    axes.grid(color="#e4e7ea", linewidth=0.6)
    axes.set_title(f"{place}: latency in µs by connections", fontsize=9)


def spinning(results):
    """Median and tail, with and without."""
    places = list(dict.fromkeys(point["on"] for point in results.points("spin") if point["what"] == "echo"))
    if not places:
        return None
    made, all_axes = figure(len(places), 4.2 * len(places), 3.2, sharey=True)
    for axes, place in zip(all_axes, places):
        draw_latency(axes, results, place)
    legend_below(made, all_axes[0], 2)
    return made


def apart(heights, step):
    """The ascending heights moved until none is nearer to the next than a step, and no more of them up than down."""
    moved = []
    for height in heights:
        moved.append(max(height, moved[-1] + step) if moved else height)
    shift = sum(moved) / len(moved) - sum(heights) / len(heights)
    return [height - shift for height in moved]


def dispatch(results):
    """A line for each library, the names at their ends, moved apart."""
    points = results.points("dispatch")
    if not points:
        return None
    made, (axes,) = figure(1, 6.4, 3.4)
    totals, ends = [point["sources"] for point in points], []
    for subject in results.subjects("dispatch", points[0]):
        medians = [median_of(results.figures("dispatch", point, subject, "ns_per_event").values()) for point in points]
        if None not in medians:
            axes.plot(totals, medians, "-o", color=color_of(subject), markersize=4)
            ends.append((medians[-1], subject))
    if not ends:
        return None
    axes.set_xscale("log")
    axes.set_xticks(totals, [grouped(total) for total in totals])
    axes.minorticks_off()
    top = 1.15 * axes.get_ylim()[1]
    axes.set_ylim(0, top)
    for (_, subject), height in zip(sorted(ends), apart([height for height, _ in sorted(ends)], top / 18)):
        axes.annotate(subject, (totals[-1], height), (8, 0), textcoords="offset points", color=color_of(subject),
                      va="center", annotation_clip=False)
    axes.grid(color="#e4e7ea", linewidth=0.6)
    axes.set_title("ns an event, 100 active, by the number of sources", fontsize=9)
    return made


def timers(results):
    """Three groups of bars."""
    points = results.points("timers")
    if not points:
        return None
    subjects = in_order(results.subjects("timers", points[0]))
    made, all_axes = figure(3, 8.4, 0.7 + 0.25 * len(subjects), sharey=True)
    for axes, what in zip(all_axes, ("insert", "cancel", "expire")):
        medians = {
            name: median_of(results.figures("timers", points[0], name, f"{what}_ns").values()) for name in subjects
        }
        names = [name for name in subjects if medians[name] is not None]
        bars(axes, names, [medians[name] for name in names], lambda value: f"{value:.0f}")
        axes.margins(x=0.18)
        axes.set_title(f"{what}, ns a timer", fontsize=9)
    all_axes[0].set_ylim(len(subjects) - 0.5, -0.5)
    return made


PICTURES = {  # by the measure that they belong to
    "echo": ("echo", "Messages/s and CPU for a message, to the hand-written loop, by peer", echo),
    "hold": ("memory", "User-space memory for each held connection, by peer", memory),
    "spin": ("spin", "Latency with and without --spin, by connections", spinning),
    "dispatch": ("dispatch", "Cost of an event as sources grow, by library", dispatch),
    "timers": ("timers", "Inserting, cancelling and expiring a timer, by library", timers),
}


def draw_one(results, draw, path):
    """Whether it is there. An older matplotlib lacks some of what is used: tables have the same figures."""
    try:
        made = draw(results)
        if made:
            made.savefig(path, metadata={"Date": None, "Creator": None})
        return made is not None
    except Exception as error:
        results.skip(f"picture {os.path.basename(path)}", f"{type(error).__name__}: {error}")
        return False


def draw_all(results, folder):
    """Names and descriptions of the files written, by measure; none where there is no matplotlib."""
    try:
        import matplotlib
    except ImportError as error:
        results.skip("pictures", str(error))
        return {}
    drawn = {}
    with matplotlib.rc_context(STYLE):
        for measure, (stem, alt, draw) in PICTURES.items():
            if draw_one(results, draw, os.path.join(folder, f"{stem}.svg")):
                drawn[measure] = [(f"{stem}.svg", alt)]
    return drawn
