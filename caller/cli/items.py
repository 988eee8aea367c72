"""`hallcall items`: the items of a hall from a spreadsheet and into one.

`import` reads what Excel or WPS saved, says what would change and every mistake there is, and then has the running
caller put it in force as the next version of the settings. `export` writes the items as a table that both can open.
Exit code 0; 2 for mistakes, which change nothing.
"""

import sys
from pathlib import Path
from typing import NoReturn

import click

from caller.cli.check import checked_version
from caller.cli.settings import (
    caller_option,
    kept_versions,
    manager_of,
    name_option,
    say_changes,
    send,
    token_option,
    yes_option,
)
from caller.engine.commands import ChangeSettings
from config import item_sheets, owner_only
from config.item_differences import ItemDifference, counted, differences
from config.process.options import BAD_INPUT, Unable, data_option
from config.reading.errors import Mistake
from config.reading.source import FILE_BYTES_MAX
from config.text_safety import lines_for_terminal
from config.versions import contents


@click.group()
def items() -> None:
    """事项：从表格导入、导出到表格 / the items of a hall: import them from a spreadsheet, export them."""


@items.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@data_option
@click.option("--only", is_flag=True, help="表里没有的事项删去 / items that are not in the table go")
@click.option(
    "--diff",
    "as_difference",
    is_flag=True,
    help="只列出每个事项的差异 / only list what differs, item by item",
)
@click.option(
    "--queue", default="", help="省里清单的新事项进哪个队列 / the queue of new items of a province's list"
)
@click.option("--preview", is_flag=True, help="只看会改什么 / only say what would change")
@name_option
@caller_option
@token_option
@yes_option
def import_items(
    file: Path,
    data: Path,
    only: bool,
    as_difference: bool,
    queue: str,
    preview: bool,
    name: str,
    url: str,
    token: str | None,
    yes: bool,
) -> None:
    """从 xlsx 或 CSV（UTF-8、GBK）导入事项，也可是省里的清单 / import items from xlsx or CSV (UTF-8, GBK), a province's too."""
    kept = kept_versions(data)
    old = kept.settings(kept.in_force.version)
    if file.stat().st_size > FILE_BYTES_MAX:
        raise Unable(f"{file} 太大，不像事项表\n{file} is too large to be a table of items")
    sheet = item_sheets.read(file.read_bytes(), old, file.name, queue)
    mistakes = sheet.mistakes or ([] if only else item_sheets.unwritable(old.items))
    if mistakes:
        _refuse(file, mistakes)
    csv, lines = item_sheets.joined(sheet, old, only=only)
    given = item_sheets.with_items(contents(kept.version(kept.in_force.version)), csv)
    hash = kept.store.put_draft(given)
    draft = kept.store.draft(hash)
    reading = checked_version(draft) if draft else None
    if reading is None or reading.settings is None:
        _refuse(
            file, [item_sheets.placed(each, file.name, lines) for each in reading.mistakes] if reading else []
        )
    click.echo(f"{file.name}：{sheet.saved_as}，{len(sheet.rows)} 行 / {len(sheet.rows)} rows", err=True)
    if as_difference:
        _say_differences(differences(old, reading.settings))
        return
    if preview:
        say_changes(kept, reading.settings)
        return
    manager = manager_of(kept, data, name, url, token)
    send(kept, reading.settings, ChangeSettings(hash, kept.in_force.version), manager, yes)


def _say_differences(found: list[ItemDifference]) -> None:
    """Print what differs, item by item, and how much; nothing is changed."""
    for each in found:
        for line in each.lines():
            click.echo(lines_for_terminal(line))
    count = counted(found)
    zh = f"新增 {count['added']}，删除 {count['removed']}，改动 {count['changed']}；什么都没有改"
    click.echo(
        f"{zh} / {count['added']} new, {count['removed']} gone, {count['changed']} changed; nothing was done"
    )


def _refuse(file: Path, mistakes: list[Mistake]) -> NoReturn:
    """End the process with all mistakes."""
    count = len(mistakes)
    click.echo(f"{file.name}：{count} 处错误，什么都没有改。请改正后再导入。", err=True)
    click.echo(f"{file.name}: {count} mistake(s); nothing was changed. Mend them first.", err=True)
    for each in mistakes:
        click.echo(lines_for_terminal(str(each)), err=True)
    sys.exit(BAD_INPUT)


@items.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@data_option
def export_items(file: Path, data: Path) -> None:
    """导出全部事项为 CSV，Excel 和 WPS 可直接打开 / write all items as a CSV that Excel and WPS open."""
    kept = kept_versions(data)
    settings = kept.settings(kept.in_force.version)
    if wrong := item_sheets.unwritable(settings.items):
        _refuse(file, wrong)
    text, _ = item_sheets.joined(item_sheets.ItemSheet("", [], []), settings, only=False)
    owner_only.write_whole(file, text)
    click.echo(f"{file}：{len(settings.items)} 项 / {len(settings.items)} items")
