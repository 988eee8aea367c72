"""`hallcall centre settings`: what the city settles for all its halls, published as numbered, signed versions."""

import getpass
from pathlib import Path

import click

from caller.cli.acting import note_act
from config import city_bundles, city_packages
from config.city_file import MAIN, MANY, ONE, CityFile
from config.city_packages import Machine, this_machine
from config.owner_only import BadKey
from config.process.options import Unable, data_option
from config.process.tables import columns_of, text_table
from config.text_safety import for_terminal, lines_for_terminal
from config.versions import Bundle
from display.cli.centre_sites import database_option, instant, now, opened

HEAD = ("编号 number", "时间 when", "谁 who", "厅 halls", "说明 note")
MISTAKES_SHOWN = 50
file_argument = click.argument("file", metavar="CITY.toml", type=click.Path(path_type=Path))


@click.group()
def settings() -> None:
    """统一设置：检查、发布、列出、公钥、安装包 / settings for all halls: check, publish, list, show, key, packages."""


@settings.command()
@file_argument
def check(file: Path) -> None:
    """检查一份市级设置，列出全部错误 / check a file of the city's settings and list every mistake."""
    _, found = _read(file)
    click.echo(_in_words(found))


@settings.command()
@database_option
@data_option
@file_argument
def publish(database: str, data: Path, file: Path) -> None:
    """发布：签名，成为下一个编号，各厅自己来取 / sign them as the next number, for the halls to fetch."""
    from caller.records.centre import published

    bundle, found = _read(file)
    if lacking := city_packages.missing(data, found.packages):
        names = ", ".join(each.file for each in lacking)
        raise Unable(
            f"中心没有这些安装包：{names}；先 hallcall centre settings package，没有发布\n"
            f"The centre has not got: {names}; first hallcall centre settings package. Nothing was published"
        )
    with opened(database) as connection:
        try:
            version = published.publish(connection, data, bundle, getpass.getuser(), found.city.note, now())
        except (BadKey, OSError) as error:
            raise Unable(str(error)) from error
        key = city_bundles.public_key(data)
    note_act(data, "settings-changed", f"settings/{version.number}")
    click.echo(_in_words(found))
    click.echo(
        f'市级设置第 {version.number} 版已发布；各厅 [centre] settings_key = "{key}"\n'
        f'The city\'s settings {version.number} are published; in each hall: [centre] settings_key = "{key}"'
    )


@settings.command()
@data_option
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--system", default="", help="给哪种系统，如 debian-12；默认本机 / for which system; this PC's by default"
)
@click.option("--machine", default="", help="amd64、arm64；默认本机 / amd64, arm64; this PC's by default")
def package(data: Path, file: Path, system: str, machine: str) -> None:
    """放入一个安装包，显示写进 CITY.toml 的几行 / take a package in, show the lines for CITY.toml."""
    own = this_machine()
    try:
        row = city_packages.keep(data, file, Machine(system or own.system, machine or own.machine))
    except (OSError, ValueError) as error:
        raise Unable(f"{file} 不能用：{error}\n{file} cannot be used: {error}") from None
    note_act(data, "settings-changed", f"package/{row.file}")
    click.echo(
        f'[[package]]\nfile = "{row.file}"\nsystem = "{row.system}"\nmachine = "{row.machine}"\n'
        f'bytes = {row.bytes}\nsha256 = "{row.sha256}"'
    )


@settings.command("list")
@database_option
def list_(database: str) -> None:
    """列出已发布的各版，各有多少厅采用 / list what was published, and how many halls have adopted it."""
    from caller.records.centre import published, sites

    with opened(database) as connection:
        rows, halls = published.all_published(connection), sites.all_sites(connection)
    counts = {row.number: sum(each.adopted == row.number for each in halls) for row in rows}
    lines = [
        (str(row.number), instant(row.at), row.publisher, f"{counts[row.number]}/{len(halls)}", for_terminal(row.note))
        for row in rows
    ]  # fmt: skip
    if not lines:
        click.echo("还没有发布过 / nothing has been published yet")
        return
    click.echo("\n".join(text_table([HEAD, *lines], columns_of(len(HEAD), 1, 2, 4))))


@settings.command()
@database_option
@click.argument("number", required=False, type=click.IntRange(1), default=0)
def show(database: str, number: int) -> None:
    """显示一版的原文，不写编号为最新 / show a version as it was written, the newest by default."""
    import msgspec

    from caller.records.centre import published

    with opened(database) as connection:
        body = published.body_of(connection, number)
    if body is None:
        raise Unable("没有这一版\nThere is no such version")
    version = msgspec.json.decode(body, type=city_bundles.SignedSettings)
    click.echo(lines_for_terminal(version.main.decode("utf-8-sig")))
    for name, text in version.files.items():
        click.echo(f"--- {for_terminal(name)}\n{lines_for_terminal(text.decode('utf-8-sig', 'replace'))}")


@settings.command()
@data_option
def key(data: Path) -> None:
    """显示公钥，写进各厅的 [centre] settings_key / show the public key, for the halls' [centre] settings_key."""
    try:
        click.echo(city_bundles.public_key(data))
    except (BadKey, OSError) as error:
        raise Unable(str(error)) from error


def _read(file: Path) -> tuple[Bundle, CityFile]:
    """Return a city's file with what lies beside it. Raises `Unable` with all mistakes."""
    try:
        main = file.read_bytes()
        files = {
            each.name: each.read_bytes() for each in file.parent.glob("*.csv") if each.name.encode() in main
        }
    except OSError as error:
        raise Unable(f"{file} 读不了：{error}\n{file} cannot be read: {error}") from None
    found, mistakes = city_bundles.read(main, files, file.name or MAIN)
    if found is None:
        listed = "\n".join(lines_for_terminal(str(each)) for each in mistakes[:MISTAKES_SHOWN])
        count = len(mistakes)
        raise Unable(
            f"{file}：{count} 处错误，没有发布。\n{file}: {count} mistake(s); nothing was published.\n{listed}"
        )
    return Bundle(main, files), found


def _in_words(found: CityFile) -> str:
    """Return how much a file settles, and where halls may not differ."""
    parts = [f"[[{table}]] {len(found.many[table])}" for table in MANY if found.many[table]]
    parts += [f"[{table}] {len(found.one[table])}" for table in ONE if table in found.one]
    if found.city.release:
        machines = ", ".join(f"{each.system} {each.machine}" for each in found.packages) or "-"
        parts.append(f"release {found.city.release} ({machines})")
    locked = " ".join(found.city.locked) or "-"
    return f"{' · '.join(parts) or '-'}\n各厅不能改 / halls may not differ in: {locked}"
