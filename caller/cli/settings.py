"""`hallcall settings`: the numbered versions of a hall's settings; look, compare, check, rehearse, apply, take back.

Reads the versions in the data folder of this PC. `apply` and `take-back` speak to the running caller as the enrolled
manager; the caller checks again by itself, and what it refuses changes nothing.
"""

import difflib
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, NoReturn
from zoneinfo import ZoneInfo

import click
import msgspec

from caller.cli.check import checked
from caller.cli.day import NAME, Manager, reach
from caller.client.client import Client
from caller.engine.commands import ChangeSettings
from caller.engine.register import VersionInForce
from caller.eventlog import LOG_NAME, LogError, noted_in
from caller.identity.tokens import find_token
from caller.service.settings_versions import plainly_read
from config.changes import Change, changes, later
from config.process.options import (
    BAD_INPUT,
    Unable,
    caller_address,
    caller_option,
    data_option,
    json_option,
    token_option,
)
from config.process.tables import columns_of, text_table
from config.reading.source import Unreadable
from config.settings import Settings
from config.text_safety import for_json, lines_for_terminal
from config.versions import Version, VersionStore, bundle, contents, export

SOURCES = {
    "file": "大厅文件 the hall's file",
    "apply": "提交 applied",
    "take-back": "取回 taken back",
    "city": "市级设置 the city's",
}
SAID_MAX = 200  # lines of changes; more is another hall
HEAD = ("版本 version", "时间 when", "谁 who", "来自 from", "改了什么 what changed")
file_argument = click.argument("file", metavar="FILE.toml", type=click.Path(path_type=Path))
yes_option = click.option("--yes", is_flag=True, help="不再询问 / do not ask")
name_option = click.option(
    "--name", default=NAME, show_default=True, help="登记的管理站点名 / the enrolled manager's name"
)


class Kept(NamedTuple):
    """The versions of a data folder, and which is in force by its log."""

    store: VersionStore
    in_force: VersionInForce

    def version(self, number: int) -> Version:
        """Return a version. Raises `Unable` where there is none."""
        found = self.store.find(number)
        if found is None or number > self.in_force.version:
            known = self.in_force.version
            raise Unable(
                f"没有第 {number} 版设置，现有 1 至 {known}\nThere is no version {number}; there are 1 to {known}"
            )
        return found

    def settings(self, number: int) -> Settings:
        """Return a version's settings. Raises `Unable` where it cannot be read by this program."""
        found = plainly_read(self.version(number))
        if found is None:
            raise Unable(f"第 {number} 版设置本程序读不了\nVersion {number} cannot be read by this program")
        return found


@click.group()
def settings() -> None:
    """大厅设置的各版：查看、比较、检查、预演、提交、取回 / versions of the settings: list, show, diff, check, rehearse, apply, take back."""


@settings.command("list")
@data_option
def list_versions(data: Path) -> None:
    """列出各版，最后一版生效 / list the versions; the one in force is marked."""
    kept = kept_versions(data)
    zone = ZoneInfo(kept.settings(kept.in_force.version).hall.zone)
    rows = [
        HEAD,
        *(_row(each, kept, zone) for each in kept.store.versions() if each.number <= kept.in_force.version),
    ]
    click.echo(lines_for_terminal("\n".join(text_table(rows, columns_of(len(HEAD), *range(len(HEAD)))))))


def _row(version: Version, kept: Kept, zone: ZoneInfo) -> tuple[str, ...]:
    note = version.note
    mark = f"{version.number} ●" if version.number == kept.in_force.version else str(version.number)
    who = note.account or f"{note.role}/{note.station}"
    source = SOURCES.get(note.source, note.source) + (f" {note.taken_back}" if note.taken_back else "")
    more = f" … {len(note.fields)}" if len(note.fields) > 3 else ""
    when = datetime.fromtimestamp(note.at / 1e6, zone).strftime("%Y-%m-%d %H:%M:%S")
    return mark, when, who, source, ", ".join(note.fields[:3]) + more


@settings.command()
@click.argument("number", required=False, type=click.IntRange(1))
@data_option
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="写到此文件夹 / write its files into a folder",
)
def show(number: int | None, data: Path, folder: Path | None) -> None:
    """显示一版的原文，连同注释 / show a version as it was written, comments included."""
    kept = kept_versions(data)
    version = kept.version(number or kept.in_force.version)
    if folder is None:
        click.echo(lines_for_terminal(contents(version).main.decode("utf-8-sig")), nl=False)
        return
    try:
        for path in export(version, folder):
            click.echo(path)
    except FileExistsError as error:
        raise Unable(
            f"{error.filename} 已经存在，没有写\n{error.filename} exists already; nothing was written"
        ) from None
    except ValueError as error:
        raise Unable(
            f"设置引用的文件在文件夹之外：{error}\nThe settings refer to a file outside: {error}"
        ) from None


@settings.command()
@click.argument("first", required=False, type=click.IntRange(1))
@click.argument("second", required=False, type=click.IntRange(1))
@data_option
@click.option("--text", is_flag=True, help="逐行比较原文 / compare the text line by line")
def diff(first: int | None, second: int | None, data: Path, text: bool) -> None:
    """比较两版；不写则为生效的一版与前一版 / compare two versions; by default the one in force and the one before."""
    kept = kept_versions(data)
    second = second or (kept.in_force.version if first is None else first)
    first = max(1, second - 1) if first is None or first == second else first
    if text:
        click.echo(lines_for_terminal("\n".join(_text_diff(kept.version(first), kept.version(second)))))
        return
    found = changes(kept.settings(first), kept.settings(second))
    click.echo(f"第 {first} 版 → 第 {second} 版 / version {first} → {second}")
    _say(found)


def _text_diff(first: Version, second: Version) -> Iterable[str]:
    texts = [contents(each) for each in (first, second)]
    pairs = [("hall.toml", texts[0].main, texts[1].main)]
    for name in sorted(texts[0].files.keys() | texts[1].files.keys()):
        pairs.append((name, texts[0].files.get(name, b""), texts[1].files.get(name, b"")))
    for name, old, new in pairs:
        before, after = (each.decode("utf-8-sig", "replace").splitlines() for each in (old, new))
        names = f"{first.number}/{name}", f"{second.number}/{name}"
        yield from difflib.unified_diff(before, after, *names, lineterm="")


@settings.command()
@file_argument
@data_option
def check(file: Path, data: Path) -> None:
    """检查一份设置，说明与生效的一版有何不同；什么都不改 / check settings and say what would change; changes nothing."""
    kept = kept_versions(data)
    _say(changes(kept.settings(kept.in_force.version), _checked(file)))


@settings.command()
@file_argument
@data_option
@click.option(
    "--days",
    type=click.IntRange(1, 60),
    default=5,
    show_default=True,
    help="最近几个营业日 / how many recorded days",
)
@click.option(
    "--what-if", "what_if", multiple=True, help='如 "window 9 opens 09:00"，可多次 / repeatable: new windows'
)
@json_option
def rehearse(file: Path, data: Path, days: int, what_if: tuple[str, ...], as_json: bool) -> None:
    """用最近的营业日预演一份设置：各队列等候的前后，谁会等得更久；什么都不改 / rehearse settings over recorded days."""
    from caller.simulate.rehearsal_tables import rehearsal_tables
    from caller.simulate.rehearse import rehearse as run
    from caller.simulate.replay import NoSuchDay
    from caller.simulate.what_if import WhatIfMistakes

    kept = kept_versions(data)
    old, new = kept.settings(kept.in_force.version), _checked(file)
    try:
        found = run(data / LOG_NAME, old, new, days, what_if)
    except (NoSuchDay, WhatIfMistakes) as error:
        raise Unable(str(error)) from None
    except LogError as error:
        raise Unable(str(error.message)) from None
    if as_json:
        click.echo(for_json(msgspec.json.encode(found).decode()))
        return
    _say(changes(old, new))
    names = {each.id: each.name for each in (*new.queues, *new.classes)}
    click.echo("\n" + lines_for_terminal(rehearsal_tables(found, names, new.hall.zone)))


@settings.command()
@file_argument
@data_option
@name_option
@caller_option
@token_option
@yes_option
def apply(file: Path, data: Path, name: str, url: str, token: str | None, yes: bool) -> None:
    """提交一份设置，运行中的大厅立即采用 / put settings in force in the running hall."""
    kept = kept_versions(data)
    new = _checked(file)
    hash = _draft(kept, file)
    send(
        kept, new, ChangeSettings(hash, kept.in_force.version), manager_of(kept, data, name, url, token), yes
    )


@settings.command("take-back")
@click.argument("number", type=click.IntRange(1))
@data_option
@name_option
@caller_option
@token_option
@yes_option
def take_back(number: int, data: Path, name: str, url: str, token: str | None, yes: bool) -> None:
    """取回旧的一版：它成为新的一版 / take an earlier version back: it becomes the newest one."""
    kept = kept_versions(data)
    hash = kept.store.put_draft(contents(kept.version(number)))
    command = ChangeSettings(hash, kept.in_force.version, taken_back=number)
    send(kept, kept.settings(number), command, manager_of(kept, data, name, url, token), yes)


def kept_versions(data: Path) -> Kept:
    """Return the versions of a data folder. Raises `Unable` where no caller has ever run."""
    try:
        known = noted_in(data / LOG_NAME)
    except LogError as error:
        raise Unable(str(error.message)) from None
    if not known.version:
        raise Unable(
            f"{data} 中还没有设置的版本：先启动一次 hallcall caller\n"
            f"There is no version of settings in {data} yet: start hallcall caller once"
        )
    return Kept(VersionStore(data), known)


def under_city(data: Path) -> tuple[Kept, Settings]:
    """Return the versions of a hall that takes what its city settles, and the one in force. Raises `Unable`."""
    kept = kept_versions(data)
    ours = kept.settings(kept.in_force.version)
    if not ours.centre.settings_key:
        raise Unable(
            "本厅不接收市级设置：先在 [centre] 写 settings_key\n"
            "This hall takes nothing of a city: write settings_key in [centre] first"
        )
    return kept, ours


def _checked(file: Path) -> Settings:
    """Return the settings in a file; end the process with all mistakes where it has any."""
    reading = checked(file)
    if reading.settings is None:
        count = len(reading.mistakes)
        click.echo(f"{file}：{count} 处错误，没有采用，原设置不变。请改正后再提交。", err=True)
        click.echo(
            f"{file}: {count} mistake(s); not applied, the old settings stay. Mend them first.", err=True
        )
        for each in reading.mistakes:
            click.echo(lines_for_terminal(str(each)), err=True)
        sys.exit(BAD_INPUT)
    return reading.settings


def _draft(kept: Kept, file: Path) -> str:
    try:
        return kept.store.put_draft(bundle(file))
    except Unreadable as error:
        raise Unable(str(error.mistake)) from None


def manager_of(kept: Kept, data: Path, name: str, url: str, token: str | None) -> Manager:
    """Return the manager that speaks to the running caller. Raises `Unable` without a token."""
    found = find_token(data, "manager", name, token)
    if not found:
        enrol = f"hallcall enrol manager {name} --data {data}"
        raise Unable(f"没有管理令牌，请先运行：{enrol}\nNo manager token; first run: {enrol}")
    known = kept.settings(kept.in_force.version)
    return Manager(caller_address(known, url), found, known, data)


def send(kept: Kept, new: Settings, command: ChangeSettings, manager: Manager, yes: bool) -> None:
    """Say what will change, ask if a person is there, and have the caller carry it out."""
    found = changes(kept.settings(kept.in_force.version), new)
    _say(found)
    if command.hash == kept.in_force.hash:
        click.echo(f"与生效的第 {kept.in_force.version} 版完全相同 / the same as the version in force")
        return
    if not yes and sys.stdin.isatty() and not click.confirm("现在采用吗 / apply now?"):
        _give_up()

    async def sent(client: Client) -> dict[str, object]:
        return await client.send(command)

    done = reach(manager, [], sent)
    click.echo(f"第 {done['version']} 版设置已生效 / version {done['version']} of the settings is in force")
    if still := done.get("kept"):
        names = ", ".join(str(each) for each in still) if isinstance(still, list) else ""
        click.echo(
            f"仍在使用，不再接受新的，最后一个办完后消失：{names}\n"
            f"Still in use, closed to new ones, gone with the last that uses it: {names}"
        )


def say_changes(kept: Kept, new: Settings) -> None:
    """Print what differs from the version in force."""
    _say(changes(kept.settings(kept.in_force.version), new))


def _give_up() -> NoReturn:
    raise Unable("没有采用，什么都没有改\nNot applied; nothing was changed")


def _say(found: list[Change]) -> None:
    if not found:
        click.echo("没有不同（可能只有注释变了） / no difference, but perhaps in comments")
    for each in found[:SAID_MAX]:
        click.echo(lines_for_terminal(str(each)))
    if len(found) > SAID_MAX:
        click.echo(f"… 共 {len(found)} 处 / {len(found)} in all")
    for zh, en in later(found):
        click.echo(lines_for_terminal(f"! {zh}\n  {en}"))
