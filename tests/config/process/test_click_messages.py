"""Bad usage of every command of `hallcall`: Chinese first, English complete, the next step, exit 2.

The commands are walked, so that one added tomorrow is in it: whatever click finds wrong with it must be a
sentence the one table knows.
"""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import click
import pytest

from caller.cli import main
from config.process import click_messages


def every(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands and their subcommands, by path."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command, name
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from every(command, (*path, name))


COMMANDS = dict(every(main.hallcall))


def wrong_words(command: click.Command) -> Iterator[list[str]]:
    """Command lines that are wrong in every way this command's parameters allow."""
    yield ["--nosuch"]
    yield [*(["x"] * len(arguments(command))), "one", "too", "many"]
    for option in (each for each in command.params if isinstance(each, click.Option)):
        if option.is_flag:
            yield [f"{option.opts[0]}=x"]
            continue
        yield [option.opts[0]]
        if isinstance(option.type, click.types.IntParamType | click.types.FloatParamType | click.Choice):
            yield [option.opts[0], "x,y"]
        if isinstance(option.type, click.IntRange | click.FloatRange):
            yield [option.opts[0], "-7"]
    if any(each.required for each in command.params):
        yield []
    if isinstance(command, click.Group):
        yield [*(["x"] * len(arguments(command))), "nosuch"]


def typed(path: tuple[str, ...], words: list[str]) -> list[str]:
    """The line: a group's own arguments stand between its name and its command's."""
    line: list[str] = []
    for depth, name in enumerate(path, 1):
        line.append(name)
        if depth < len(path):
            line += ["x"] * len(arguments(COMMANDS[path[:depth]]))
    return [*line, *words]


def arguments(command: click.Command) -> list[click.Argument]:
    return [each for each in command.params if isinstance(each, click.Argument)]


class Mistake(NamedTuple):
    """What click says of a line, and what we say."""

    error: click.UsageError
    said: str


def mistake(words: list[str]) -> Mistake | None:
    """The command itself is never run."""
    try:
        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(SystemExit):
            patch.setattr(click.Command, "invoke", lambda *_: None)
            main.hallcall.main(words, prog_name="hallcall", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError:
        return None
    except click.UsageError as error:
        return Mistake(error, click_messages.explain(error, main.hallcall, words))
    return None


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_whatever_is_wrong_with_a_line_is_said_in_chinese_too(path: tuple[str, ...]) -> None:
    mistakes = [found for words in wrong_words(COMMANDS[path]) if (found := mistake(typed(path, words)))]
    assert mistakes, "not even a wrong option was noticed"
    for found in mistakes:
        assert_both(found, " ".join(("hallcall", *path)))


def assert_both(found: Mistake, path: str) -> None:
    zh, en = found.said.splitlines()
    message = found.error.format_message()
    assert not zh.startswith(f"命令写法不对：{message[:8]}"), message
    zh, en = (line.replace(" HALL.toml ", " ") for line in (zh, en))  # click may name a group's own argument
    assert zh.endswith(f"。请看 {path} --help")
    assert en.endswith(f"See: {path} --help")


def test_a_sentence_the_table_does_not_know_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click_messages, "SENTENCES", ())
    found = mistake(["caller", "x.toml", "--port", "99999"])
    assert found
    with pytest.raises(AssertionError):
        assert_both(found, "hallcall caller")


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        ("caller", "缺少参数 HALL.toml", "Missing argument 'HALL.toml'"),
        ("window x.toml", "缺少选项 --window", "Missing option '--window'"),
        ("window x.toml --window 3 --lang fr", "--lang 的值不对，fr 不在可选值 'zh', 'en' 之中", "'fr' is not one of"),
        ("caller x.toml --port 99999", "--port 的值不对，99999 不在范围 0<=x<=65535 内", "not in the range"),
        ("caller x.toml --prot 1", "没有选项 --prot，最接近的是 --host、--port", "--prot"),
        ("day extend x.toml --until 25:00", "--until 的值不对，25:00 应写作 18:30 的形式", "25:00: write it as 18:30"),
        ("day extent x.toml", "没有命令 extent，是否为 extend", "perhaps extend?"),
        ("report --day 21.9.", "--day 的值不对，21.9. 请写成", "21.9.: write"),
        ("demo extra", "多写了 extra", "unexpected extra argument (extra)"),
    ],
)  # fmt: skip
def test_the_words(line: str, zh: str, en: str) -> None:
    found = mistake(line.split())
    assert found
    first, second = found.said.splitlines()
    assert zh in first
    assert en in second
    assert found.error.exit_code == 2
