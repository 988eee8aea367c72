"""`hallcall update`: the release that the city wants its halls to run, fetched and checked; a person installs it.

Looking changes nothing. What comes is checked against the city's signature before it is named here. Installing is root's, with the
system's own tool, which tries it on this hall and takes it back where it does not work (packaging/updating.py).
"""

import shlex
from pathlib import Path

import click

from caller.cli.settings import under_city
from caller.delivery import city_updates
from caller.delivery.city_updates import Update, UpdateError
from config.city_bundles import CitySettingsError
from config.city_packages import Machine, fetched, this_machine
from config.process.options import Unable, data_option
from config.process.running import VERSION
from config.text_safety import for_terminal

MIB = 1 << 20


@click.command()
@data_option
@click.option(
    "--fetch", "is_wanted", is_flag=True, help="从市级中心取来并核对 / fetch it from the centre and check it"
)
@click.option(
    "--system", default="", help="给哪种系统，如 debian-12；默认本机 / for which system; this PC's by default"
)
@click.option("--machine", default="", help="amd64、arm64；默认本机 / amd64, arm64; this PC's by default")
def update(data: Path, is_wanted: bool, system: str, machine: str) -> None:
    """全市要用的程序版本：有没有、取来、核对、怎样安装 / the program the city wants: is there one, fetch, check, how to install."""
    _, settings = under_city(data)
    own = this_machine()
    pc = Machine(system or own.system, machine or own.machine)
    try:
        found = city_updates.offered(data, settings, pc)
        _say(found, pc)
        if found.package and is_wanted:
            city_updates.fetch(data, settings, found.package)
    except (CitySettingsError, UpdateError) as error:
        raise Unable(str(error.message)) from None
    _say_what_next(data, found)


def _say(found: Update, pc: Machine) -> None:
    """Say which release the city names, which runs here, and what there is for this kind of PC."""
    version, here = for_terminal(found.release.version), VERSION or "-"
    if not version:
        click.echo("市级还没有指定版本 / the city has named no version")
        return
    click.echo(f"全市使用版本 {version}，本机是 {here} / the city runs version {version}, this PC has {here}")
    if found.package:
        size = found.package.bytes / MIB
        click.echo(f"{found.package.file}  {size:.1f} MiB  sha256 {found.package.sha256}")
        return
    known = ", ".join(f"{each.system} {each.machine}" for each in found.release.packages) or "-"
    click.echo(
        f"没有给 {' '.join(pc)} 的安装包；有：{known}；写 --system、--machine 选一个\n"
        f"There is no package for {' '.join(pc)}; there are: {known}; choose one by --system, --machine"
    )


def _say_what_next(data: Path, found: Update) -> None:
    """Say how to install what lies here, or how to get it."""
    if found.package is None or found.release.version == VERSION:
        return
    path = fetched(data, found.package)
    if path is None:
        click.echo("取来：加 --fetch / to fetch it: --fetch")
        return
    where = shlex.quote(str(path.resolve()))
    install = f"sudo apt install {where}" if path.suffix == ".deb" else f"sudo sh install.sh  # {where}"
    click.echo(
        f"已在这里，与市级签名相符 / it is here, as the city signed it: {path}\n"
        f"先备份，再在闭厅后安装 / back up first, and install after closing:\n"
        f"  hallcall backup make FOLDER --data {shlex.quote(str(data))}\n  {install}\n"
        f"在本厅不能运行就自动退回 / one that does not work in this hall is taken back by itself\n"
        f"以后退回：装上以前的包 / to go back later: install the package before it"
    )
