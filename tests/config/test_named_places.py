"""What a message names, there is: each command with its options, each table and key of the settings, each page of docs and each
button. And a place has one name: who is sent to the guide desk finds no "service desk".

The messages are those of the catalogue and of every screen's own words. Each check has its twin.
"""

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import click

from caller.cli.main import hallcall
from caller.console.words import WORDS as CONSOLE
from config.catalogue import message
from config.city_file import CITY, PACKAGE
from config.setting_descriptions import FIELDS, TABLES
from tests.instruments.running_hall import REPO

Said = tuple[str, str]  # where it stands, and the sentence
FILES = ("config/words", "display/pages/lang", "kiosk/faces/page/lang", "display/office/words")
ROOMS = ("caller", "display", "kiosk", "devices", "config")
LITERAL = re.compile(r'"([^"\n]*[一-鿿][^"\n]*)"')
COMMAND = re.compile(r"hallcall((?: +(?:--)?[a-z][a-z0-9-]*(?![a-z0-9./]))+)")
SETTING = re.compile(r"(?<![a-z.])\[\[?([a-z_]+)\]\]?(?: ([a-z_]+))?")  # not the extras of a package: '.[gm]'
QUOTED = re.compile("“([^”{《]+)”")
OTHER_NAMES = {
    "导办台": "引导台", "服务台": "引导台", "咨询台": "引导台", "办公室": "管理台", "管理端": "管理台", "service desk": "guide desk",
    "information desk": "guide desk", "help desk": "guide desk", "office page": "office",
}  # fmt: skip
PROSE = frozenset(
    {"and", "in", "on", "is", "to", "of", "with", "has"}
)  # behind the product's name, or a command's
NOT_BUTTONS = frozenset({"应急叫号单", "cannot get it done"})  # names of a paper and of a window


def _within(words: Any, where: str) -> Iterator[Said]:
    if isinstance(words, str):
        yield where, words
    elif isinstance(words, dict):
        for key, each in words.items():
            yield from _within(each, f"{where}.{key}")
    else:
        for each in words:
            yield from _within(each, where)


def sentences() -> list[Said]:
    """Return every sentence of the catalogue and of the screens, Chinese and English."""
    files = [path for folder in FILES for path in sorted((REPO / folder).glob("*.json")) if path.stem != "ug"]
    found = [said for path in files for said in _within(json.loads(path.read_text("utf-8")), path.stem)]
    return [*found, *_within(CONSOLE, "console")]


def in_source() -> list[Said]:
    """Return every sentence in Chinese that stands in a program."""
    files = [path for room in ROOMS for end in ("*.py", "*.js") for path in sorted((REPO / room).rglob(end))]
    return [(path.name, text) for path in files for text in LITERAL.findall(path.read_text("utf-8"))]


def wrong_commands(said: Iterable[Said]) -> list[Said]:
    """Return what names a command, a part of one or an option that there is not."""
    return [
        (where, named)
        for where, text in said
        for found in COMMAND.finditer(text)
        if (named := _missing(found[1].split()))
    ]


def _missing(tokens: list[str]) -> str:
    command: click.Command = hallcall
    for token in itertools.takewhile(lambda each: each not in PROSE, tokens):
        if token.startswith("--"):
            if not any(token in each.opts for each in command.params):
                return token
        elif isinstance(command, click.Group):
            found = command.get_command(click.Context(command), token)
            if not found:
                return token
            command = found
    return ""


def wrong_settings(said: Iterable[Said]) -> list[Said]:
    """Return what names a table or a key that the settings of a hall and of a city have not."""
    return [
        (where, found[0])
        for where, text in said
        for found in SETTING.finditer(text)
        if found[1] not in {CITY, PACKAGE, *TABLES}
        or (found[2] and found[2] not in FIELDS.get(found[1], {found[2]: ""}))
    ]


def wrong_pages(said: Iterable[Said]) -> list[Said]:
    """Return what names a page of docs that is not there."""
    named = ((where, found) for where, text in said for found in re.findall(r"docs/[\w./-]+\.md", text))
    return [(where, page) for where, page in named if not (REPO / page).is_file()]


def wrong_buttons(said: Iterable[Said], labels: frozenset[str]) -> list[Said]:
    """Return which words in quotation marks, that somebody is to press or to open, stand on nothing."""
    named = ((where, found) for where, text in said for found in QUOTED.findall(text))
    return [
        (where, button)
        for where, button in named
        for part in re.split(" · |，", button)
        if part not in NOT_BUTTONS and not any(each.startswith(part) for each in labels)
    ]


def other_names(said: Iterable[Said]) -> list[Said]:
    """Return what calls a place otherwise than its sign does."""
    return [(where, name) for where, text in said for name in OTHER_NAMES if name in text]


def labels() -> frozenset[str]:
    return frozenset(text for _, text in sentences())


def test_every_command_setting_page_and_button_that_a_message_names_is_there() -> None:
    said = sentences()
    assert len(said) > 5000
    assert wrong_commands([*said, *in_source()]) == []
    assert wrong_settings(said) == []
    assert wrong_pages(said) == []
    assert wrong_buttons(said, labels()) == []


def test_programs_that_are_to_be_started_with_enrol_have_it() -> None:
    """What is told of a void token (`bad-token`): those that show a code, and the three that have no screen of their own."""
    commands = {
        name: hallcall.get_command(click.Context(hallcall), name)
        for name in ("window", "kiosk", "agent", "web", "office", "deliver")
    }
    enrols = {
        name
        for name, command in commands.items()
        if command and any("--enrol" in each.opts for each in command.params)
    }
    assert enrols == {"window", "kiosk", "agent"}
    assert "网页服务、管理台、汇总推送" in message("close-code", "bad-token").next_zh


def test_every_place_has_one_name() -> None:
    found = in_source()
    assert len(found) > 1000
    assert other_names([*sentences(), *found]) == []


def test_twin_what_is_not_there_is_seen() -> None:
    assert wrong_commands([("x", "请运行 hallcall settings aply hall.toml")]) == [("x", "aply")]
    assert wrong_commands([("x", "hallcall backup make --fast")]) == [("x", "--fast")]
    assert wrong_commands([("x", "hallcall doktor")]) == [("x", "doktor")]
    assert wrong_settings([("x", "see [rules] alone_minute"), ("y", "[rule]")]) == [
        ("x", "[rules] alone_minute"),
        ("y", "[rule]"),
    ]
    assert wrong_pages([("x", "docs/tsl.md"), ("y", "docs/tls.md")]) == [("x", "docs/tsl.md")]
    assert wrong_buttons([("x", "请按“重新开始当天”")], frozenset({"重新开始"})) == [("x", "重新开始当天")]
    assert other_names([("x", "请到服务台")]) == [("x", "服务台")]
