"""Writes the completions of bash, zsh and fish for every program of a table.

Usage: generate.py TABLE FOLDER

A value FILE is a file, TORRENT a file of that kind, USER one of this system, COMMAND a command with its arguments, a|b
one of these words; of any other the shell knows nothing.  "PROGRAM WORD" in the table is a program whose first argument
is that word.
"""

import pathlib
import re
import sys
import typing


class Option(typing.NamedTuple):
    """An option, or without a name an argument."""

    short: str
    long: str
    value: str
    again: bool
    text: str

    def names(self):
        return [name for name in (self.short, self.long) if name]

    def words(self):
        return self.value.split("|") if "|" in self.value else []


def read_table(text):
    """The options of each program, by its name."""
    programs = {}
    for line in re.findall(r"^[^#\n].*$", text, re.MULTILINE):
        if not line.startswith(" "):
            options = programs[line] = []
            continue
        found = re.fullmatch(r" +(?:(-\w), )?(--[\w-]+)?(?: ?([^ .-][^ .]*)(\.\.\.)?)?  +(\S.*)", line)
        short, name, value, again, told = found.groups(default="")
        options.append(Option(short, name, value, bool(again), told))
    return programs


def function_name(program):
    return "_" + re.sub(r"\W", "_", program)


def own_words(programs, program):
    """The first arguments that make another program of it."""
    return [name.split()[1] for name in programs if name.startswith(program + " ")]


BASH_VALUES = {
    "FILE": "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")",
    "TORRENT": "compopt -o filenames -o plusdirs 2>/dev/null; "
    "mapfile -t COMPREPLY < <(compgen -f -X '!*.torrent' -- \"$cur\")",
    "USER": "mapfile -t COMPREPLY < <(compgen -u -- \"$cur\")",
}

# What stands behind the option is another command line; the package bash-completion knows those.
BASH_COMMAND = """
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == %s ]]; then
            declare -F _command_offset >/dev/null && _command_offset $((i + 1))
            return
        fi
    done"""

BASH_OTHER = """
    if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} == %s ]]; then
        %s
        return
    fi"""

BASH_FUNCTION = """%s()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()%s
    if [[ $cur == = ]]; then # --option=value comes in three words
        cur=''
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $prev in
%s
    esac
    if [[ $cur == -* ]]; then
        %s
    else
        %s
    fi
}
"""


def bash_of_words(words):
    return "mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")" % " ".join(words)


def bash_reply(option):
    return bash_of_words(option.words()) if option.words() else BASH_VALUES.get(option.value, ":")


def bash_cases(options):
    """What follows an option that takes a value; those with the same answer share it."""
    replies = {}
    for option in options:
        if option.names() and option.value:
            replies.setdefault(bash_reply(option), []).extend(option.names())
    return "\n".join("    %s) %s; return ;;" % (" | ".join(names), reply) for reply, names in replies.items())


def bash_function(programs, program):
    options, others = programs[program], own_words(programs, program)
    before = "".join(BASH_OTHER % (word, function_name(program + " " + word)) for word in others)
    before += "".join(BASH_COMMAND % option.long for option in options if option.value == "COMMAND")
    names = [name for option in options for name in option.names()]
    arguments = [bash_reply(option) for option in options if not option.names()] or [":"]
    if others:
        arguments = ["((COMP_CWORD > 1)) || " + bash_of_words(others)]
    return BASH_FUNCTION % (function_name(program), before, bash_cases(options), bash_of_words(names), arguments[0])


def bash(programs, program):
    functions = [bash_function(programs, name) for name in programs if name.split()[0] == program]
    return "\n".join([*functions, "complete -F %s %s\n" % (function_name(program), program)])


ZSH_VALUES = {"FILE": "_files", "TORRENT": "_files -g \"*.torrent\"", "USER": "_users"}


def zsh_value(option):
    if option.value == "COMMAND":
        return ":*:::command:_normal"
    action = "(%s)" % " ".join(option.words()) if option.words() else ZSH_VALUES.get(option.value, " ")
    return ":%s:%s" % (option.long[2:], action) if option.value else ""


def zsh_spec(option):
    told = re.sub(r"([\[\]:])", r"\\\1", option.text)
    if not option.names():
        return "'*:%s:%s'" % (told, ZSH_VALUES.get(option.value, " "))
    again = "*" if option.again else "(%s)" % " ".join(option.names())
    names = [option.short + "+" * bool(option.value)] * bool(option.short)
    names += [option.long + "=" * (option.value not in ("", "COMMAND"))] * bool(option.long)
    name = "'{%s}'" % ",".join(names) if len(names) > 1 else names[0]
    return "'%s%s[%s]%s'" % (again, name, told, zsh_value(option))


def zsh(programs, program):
    lines = ["#compdef %s" % program, ""]
    for word in own_words(programs, program):
        specs = [zsh_spec(option) for option in programs[program + " " + word]]
        lines += ["if ((CURRENT > 2)) && [[ $words[2] == %s ]]; then" % word, "  shift words", "  ((CURRENT--))"]
        lines += ["  _arguments -s \\", " \\\n".join("    " + spec for spec in specs), "  return", "fi", ""]
    specs = ["'1:%s:(%s)'" % (" or ".join(["peer", *own_words(programs, program)]), word)
             for word in own_words(programs, program)]
    specs += [zsh_spec(option) for option in programs[program]]
    return "\n".join(lines) + "\n_arguments -s \\\n" + " \\\n".join("  " + spec for spec in specs) + "\n"


FISH_VALUES = {
    "FILE": "-r -F",
    "TORRENT": "-x -a '(__fish_complete_suffix .torrent)'",
    "USER": "-x -a '(__fish_complete_users)'",
    "COMMAND": "-x -a '(__fish_complete_command)'",
}


def fish_line(program, condition, option):
    told = option.text.replace("'", r"\'")
    words = ["complete -c", program, *condition]
    words += ["-s " + option.short[1:]] * bool(option.short) + ["-l " + option.long[2:]] * bool(option.long)
    if option.words():
        words.append("-x -a '%s'" % " ".join(option.words()))
    elif option.value:
        words.append(FISH_VALUES.get(option.value, "-x"))
    return " ".join(words + ["-d '%s'" % told])


def fish(programs, program):
    words = own_words(programs, program)
    seen = "__fish_seen_subcommand_from " + " ".join(words)
    lines = ["complete -c %s -f" % program]
    for word in words:
        lines.append("complete -c %s -n __fish_use_subcommand -a %s" % (program, word))
        for option in programs[program + " " + word]:
            if option.names():
                lines.append(fish_line(program, ["-n '%s'" % seen], option))
            elif option.value == "FILE":
                lines.append("complete -c %s -n '%s' -F" % (program, seen))
    condition = ["-n 'not %s'" % seen] if words else []
    lines += [fish_line(program, condition, option) for option in programs[program] if option.names()]
    return "\n".join(lines) + "\n"


def main():
    table, folder = map(pathlib.Path, sys.argv[1:])
    programs = read_table(table.read_text())
    for program in (name for name in programs if " " not in name):
        for name, shell in ((program, bash), ("_" + program, zsh), (program + ".fish", fish)):
            (folder / name).write_text(shell(programs, program))


if __name__ == "__main__":
    main()
