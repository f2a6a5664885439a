"""A point of a measure: its parameters by name, and how they are said."""

AFTER = {"connections", "bytes", "sources", "clients", "peers", "timers", "rounds", "active"}  # "64 connections"
NAMED = {"think", "timeout"}  # words that say nothing alone


def grouped(number):
    """10000 as 10 000; a space that does not break."""
    return f"{number:,}".replace(",", "\u00a0")


def parameter(name, value):
    if isinstance(value, str):
        return f"{name} {value}" if name in NAMED else value
    unit = name.removesuffix("s") if value == 1 else name
    return f"{grouped(value)} {unit}" if name in AFTER else f"{name} {grouped(value)}"


def describe(point):
    return ", ".join(parameter(name, value) for name, value in point.items())
