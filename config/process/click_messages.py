"""Says in Chinese what click finds wrong with a command line: one table for every command.

click speaks English, and knows only the words it was written with. Each of its mistakes is a class or a
sentence of a fixed form; this module translates both, so that no command translates anything itself. It shows
a sentence that the table lacks in English in both lines rather than hiding it; a test goes through all
commands to see that there is none.

Why not click's own gettext: click asks it while a mistake is made, and each of our answers has both languages, so the
line would be parsed twice; it reads compiled catalogues from disk only, and those are keyed by click's sentences all
the same.
"""

import difflib
import re
from collections.abc import Sequence

import click

from config.process.options import BadValue

# click's sentence → ours; the groups of the left stand in the right.
QUOTED = r"['\"](?P<value>.*)['\"]"
SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(theirs.replace("QUOTED", QUOTED), re.S), ours)
    for theirs, ours in (
        (r"QUOTED is not a valid integer(?: range)?\.", "{value} 不是整数"),
        (r"QUOTED is not a valid float(?: range)?\.", "{value} 不是数字"),
        (r"(?P<value>\S+) is not in the range (?P<range>.+)\.", "{value} 不在范围 {range} 内"),
        (r"QUOTED is not one of (?P<choices>.+)\.", "{value} 不在可选值 {choices} 之中"),
        (r"\w+ QUOTED does not exist\.", "{value} 不存在"),
        (r"\w+ QUOTED is a directory\.", "{value} 是目录，这里要写文件"),
        (r"\w+ QUOTED is a file\.", "{value} 是文件，这里要写目录"),
        (r"\w+ QUOTED is not readable\.", "{value} 不能读取"),
        (r"Option QUOTED requires an argument\.", "选项 {value} 后面要写值"),
        (r"Option QUOTED does not take a value\.", "选项 {value} 后面不写值"),
        (r"Got unexpected extra arguments? \((?P<value>.*)\)", "多写了 {value}"),
        (r"Missing command\.", "缺少子命令"),
    )
)
NO_COMMAND = re.compile(r"No such command ['\"](?P<name>.*?)['\"]\.?")


def explain(error: click.UsageError, root: click.Group, words: Sequence[str]) -> str:
    """Return both lines, each with the next step, for these words typed after the program's name."""
    path = error.ctx.command_path if error.ctx else _path(root, words)
    zh, en = chinese(error), " ".join(error.format_message().split()).rstrip(".")
    if unknown := NO_COMMAND.match(error.message):
        zh, en = _no_command(unknown["name"], error.ctx)
    return f"命令写法不对：{zh or en}。请看 {path} --help\nThe usage is wrong: {en}. See: {path} --help"


def chinese(error: click.UsageError) -> str | None:
    """Return what is wrong, in Chinese; None for a sentence this table does not know."""
    match error:
        case click.MissingParameter():
            return f"缺少{_missing(error)}"
        case click.NoSuchOption():
            return f"没有选项 {error.option_name}{_nearest(error.possibilities)}"
        case BadValue():
            return f"{_where(error)}{error.zh}"
        case click.BadParameter():
            found = _sentence(error.message)
            return found and f"{_where(error)}{found}"
        case _:
            return _sentence(error.message)


def _no_command(name: str, context: click.Context | None) -> tuple[str, str]:
    """Return both lines for a name that is no command of this group, with the nearest one that is."""
    group = context.command if context else None
    known = group.list_commands(context) if context and isinstance(group, click.Group) else []
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"没有命令 {name}，是否为 {near[0]}", f"No command {name!r}, perhaps {near[0]}?"
    return f"没有命令 {name}", f"No command {name!r}"


def _path(root: click.Group, words: Sequence[str]) -> str:
    """Return which command it was: click does not say so of an option that lacks its value."""
    path: str = "hallcall"
    command: click.Command = root
    for word in words:
        context = click.Context(command)
        if isinstance(command, click.Group) and word in command.list_commands(context):
            path, command = f"{path} {word}", command.get_command(context, word) or command
    return path


def _sentence(said: str) -> str | None:
    for pattern, ours in SENTENCES:
        found = pattern.fullmatch(said.strip())
        if found:
            return ours.format(**found.groupdict())
    return None


def _missing(error: click.MissingParameter) -> str:
    if error.param is None:
        return "参数"
    kind = "选项" if isinstance(error.param, click.Option) else "参数"
    choices = error.param.type.choices if isinstance(error.param.type, click.Choice) else ()
    among = f"（{'、'.join(map(str, choices))} 之一）" if choices else ""
    return f"{kind} {_name(error.param)}{among}"


def _name(param: click.Parameter) -> str:
    return param.opts[0] if isinstance(param, click.Option) else param.human_readable_name


def _nearest(possibilities: "tuple[str, ...] | list[str] | None") -> str:
    return f"，最接近的是 {'、'.join(sorted(possibilities))}" if possibilities else ""


def _where(error: click.BadParameter) -> str:
    """Return which option or argument the value was for."""
    if error.param is None:
        return ""
    return f"{_name(error.param)} 的值不对，"
