"""`hallcall centre site`: the halls of a city, their keys, and how each stands; one by one, or all from a spreadsheet."""

import csv
import io
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config import owner_only
from config.catalogue import MessageError, both_words
from config.instants import Micros
from config.process.options import Unable, json_option
from config.process.tables import columns_of, text_table
from config.reading.source import Unreadable
from config.text_safety import for_json, for_terminal, lines_for_terminal

if TYPE_CHECKING:
    from caller.records.centre.sites import SiteRow
    from caller.records.stores.postgres import PostgresConnection

DRIVER = (
    "没有安装 psycopg，请在程序文件夹里运行 /opt/hallcall/bin/pip install '.[postgres]'\n"
    "psycopg is not installed; in the product's folder: /opt/hallcall/bin/pip install '.[postgres]'"
)
HEADINGS = ("站点 site", "名称 name", "已有 has", "缺 lacks", "最近 seen", "版本 version", "状态 state")
MISTAKES_SHOWN = 50
database_option = click.option(
    "--db",
    "database",
    envvar="HALLCALL_CENTRE_DB",
    required=True,
    metavar="postgresql://…",
    help="数据库，也可写在环境变量 HALLCALL_CENTRE_DB / the database, or in HALLCALL_CENTRE_DB",
)


@contextmanager
def opened(database: str) -> "Generator[PostgresConnection]":
    """Open the database with its tables; print what is wrong with its next step, and exit with 2."""
    try:
        from caller.records.centre import sites
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "psycopg":
            raise
        raise Unable(DRIVER) from None
    try:
        with sites.connected(database) as connection:
            sites.make_tables(connection)
            yield connection
    except MessageError as error:
        raise Unable(str(error.message)) from error


@click.group()
def site() -> None:
    """各厅：登记、密钥、情况 / halls: make known, keys, state."""


@site.command()
@database_option
@click.argument("id")
@click.option("--name", default="", help="名称 / its name")
@click.option("--area", default="", help="所在区域代码，如 431023101 / code of its area")
def add(database: str, id: str, name: str, area: str) -> None:
    """登记一个厅，或给它换密钥；密钥只显示这一次 / make a hall known, or renew its key, which is shown this once."""
    with opened(database) as connection:
        from caller.records.centre import sites

        key = sites.add(connection, id, name, now(), area)
    click.echo(key)
    click.echo(
        f"请在 {id} 运行 hallcall deliveries --data DATA secret centre --set，输入上面的密钥，再重新启动 hallcall deliver\n"
        f"At {id} run: hallcall deliveries --data DATA secret centre --set, type the key above, and start hallcall deliver again",
        err=True,
    )


@site.command("import")
@database_option
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
@click.option(
    "--keys", "keys_file", required=True, type=click.Path(path_type=Path),
    help="新密钥写到这个新文件，只此一份 / new keys go into this new file, their only copy",
)  # fmt: skip
@click.option(
    "--renew", is_flag=True, help="已登记的厅也换密钥 / renew the keys of halls that are known, too"
)
def import_(database: str, file: Path, keys_file: Path, renew: bool) -> None:
    """从 CSV 一次登记许多厅：site、name、area、area_name、lon、lat / make many halls known from a CSV."""
    with opened(database) as connection:
        from caller.records.centre import site_sheets

        try:
            sheet = site_sheets.read(file)
        except Unreadable as error:
            raise Unable(str(error.mistake)) from None
        if sheet.mistakes:
            more = f"\n… {len(sheet.mistakes)}" if len(sheet.mistakes) > MISTAKES_SHOWN else ""
            listed = "\n".join(lines_for_terminal(str(each)) for each in sheet.mistakes[:MISTAKES_SHOWN])
            count = len(sheet.mistakes)
            raise Unable(
                f"{file}：{count} 处错误，什么都没有登记。\n{file}: {count} mistake(s); nothing was taken.\n{listed}{more}"
            )
        with _kept_in(keys_file) as keep, connection.transaction():
            keys = site_sheets.take(connection, sheet, now(), renew=renew)
            keep(keys)
    areas = len(sheet.areas)
    click.echo(
        f"已登记 {len(sheet.entries)} 个厅，其中 {len(keys)} 个有新密钥（{keys_file}），{areas} 个区域有名称\n"
        f"{len(sheet.entries)} halls taken, {len(keys)} of them with a new key ({keys_file}); {areas} areas named"
    )


@contextmanager
def _kept_in(path: Path) -> Generator[Callable[[dict[str, str]], None]]:
    """Give what writes keys into a new file, on disk before they hold in the database; without the keys' holding it goes again."""

    def keep(keys: dict[str, str]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([("site", "key"), *keys.items()])
        owner_only.write_synced(path, text.getvalue().encode())

    if path.exists():
        raise Unable(f"{path} 已经存在，请换一个文件名\n{path} exists already: name another file")
    try:
        yield keep
    except FileExistsError:  # made meanwhile, and not by us
        raise Unable(f"{path} 已经存在，请换一个文件名\n{path} exists already: name another file") from None
    except OSError as error:
        path.unlink(missing_ok=True)
        raise Unable(f"{path} 写不了：{error}\n{path} cannot be written: {error}") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@site.command("list")
@database_option
@json_option
def list_(database: str, as_json: bool) -> None:
    """各厅的情况 / how each hall stands."""
    with opened(database) as connection:
        from caller.records.centre import sites

        rows = sites.all_sites(connection)
    click.echo(_in_json(rows) if as_json else _in_words(rows))


@site.command()
@database_option
@click.argument("id")
def again(database: str, id: str) -> None:
    """丢弃一个厅的全部数据，向它从头再要 / drop what is kept of a hall and ask it for everything again."""
    _forget(database, id, wholly=False)
    click.echo(f"{id} 将从头再发 / sends everything again")


@site.command()
@database_option
@click.argument("id")
@click.confirmation_option(prompt="删除这个厅的全部数据？ / Delete all of this hall?")
def remove(database: str, id: str) -> None:
    """不再接收一个厅，并删除它的数据 / take nothing of a hall any more, and delete what is kept of it."""
    _forget(database, id, wholly=True)
    click.echo(f"{id} 已删除 / removed")


def _forget(database: str, id: str, *, wholly: bool) -> None:
    with opened(database) as connection:
        from caller.records.centre import sites

        sites.forget(connection, id, wholly=wholly)


def _in_words(rows: "list[SiteRow]") -> str:
    if not rows:
        return "还没有厅 / no halls yet"
    table = [(each.site, for_terminal(each.name), str(each.seq), str(max(0, each.last - each.seq)), instant(each.seen),
              each.version or "-", _state(each)) for each in rows]  # fmt: skip
    return "\n".join(text_table([HEADINGS, *table], columns_of(len(HEADINGS), 0, 1, 4, 5, 6)))


def _state(each: "SiteRow") -> str:
    if each.trouble:
        return f"{both_words('centre-trouble', each.trouble)} ({instant(each.since)})"
    return "正常 well" if each.seen else "未接入 never heard of"


def _in_json(rows: "list[SiteRow]") -> str:
    import msgspec

    found = [
        {
            "site": each.site, "name": each.name, "has": each.seq, "last": each.last, "seen": instant(each.seen),
            "version": each.version, "trouble": each.trouble, "since": instant(each.since), "area": each.area,
            "lon": each.lon, "lat": each.lat,
        }
        for each in rows
    ]  # fmt: skip
    return for_json(msgspec.json.encode(found).decode())


def instant(at: Micros) -> str:
    """Return an instant in UTC, "-" for never."""
    return datetime.fromtimestamp(at / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else "-"


def now() -> Micros:
    return int(datetime.now(UTC).timestamp() * 1e6)
