"""What a header of rdy declares, for tests that compare it with something else."""

import re
import typing


class Function(typing.NamedTuple):
    """A prototype in pieces, each with single spaces."""

    result: str
    name: str
    arguments: tuple
    is_inline: bool


def public_headers(source):
    """The text of each header that users may include, by the name that they give it."""
    paths = [*(source / "net").glob("*.h"), *(source / "reactor").glob("*.h")]
    texts = {str(path.relative_to(source)): path.read_text() for path in sorted(paths)}
    return {name: text for name, text in texts.items() if "Private:" not in text}


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)


def statements(text):
    """Declarations at file scope, with ';' in place of bodies."""
    text = re.sub(r"^\s*#(.*\\\n)*.*$", "", without_comments(text), flags=re.MULTILINE)
    text = text.replace('extern "C" {', "")
    bodies = 1
    while bodies:
        text, bodies = re.subn(r"\{[^{}]*\}", ";", text)
    return [" ".join(statement.split()) for statement in text.split(";")]


def declared_functions(text):
    """All functions, in their order."""
    functions = []
    for statement in statements(text):
        if "(" in statement and not statement.startswith("typedef"):
            kind, result, name, arguments = re.fullmatch(
                r"(?:(static inline|RDY_API) )?(.*?)(\w+)\((.*)\)", statement
            ).groups()
            pieces = tuple(piece.strip() for piece in arguments.split(","))
            functions.append(Function(result.strip(), name, pieces, kind == "static inline"))
    return functions


def declared_types(text):
    """Each typedef's name and its text with single spaces."""
    text = " ".join(without_comments(text).split())
    types = re.findall(r"typedef (?:\w+ )+\{[^{}]*\} \w+;|typedef [^{};()]*;", text)
    return {re.search(r"(\w+);$", found).group(1): found for found in types}


def declared_constants(text):
    """Macros that are values, and constants of enumerations."""
    text = without_comments(text)
    macros = re.findall(r"^#define (RDY_\w+) +\S", text, re.MULTILINE)
    enumerations = "".join(re.findall(r"enum \w+ \{[^{}]*\}", text))
    return set(macros) - {"RDY_API"} | set(re.findall(r"\bRDY_\w+", enumerations))
