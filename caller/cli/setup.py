"""`hallcall setup HALL.toml`: this PC runs its part of the hall from now on, whenever it is switched on.

It first shows every file and command, then asks once. A second run changes nothing; a file that a person has changed is
shown and left alone. `--dry-run` only shows, with the text of each file; `--root` writes into a folder tree, such as an
image's. Exit code 0: set up; 2: it cannot be, or a file was changed by hand.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from caller.cli.turns import NO_DATABASE
from caller.eventlog.stores import is_database, printable
from config.process.options import Unable, hall_argument, settings_of
from config.reading.source import Unreadable
from config.settings import Settings
from config.setup.choices import CONFIG_FOLDER, USER, ChoiceMistake, Choices, choose, hidden_program
from config.setup.plan import PUBLIC, SetupPlan, SystemFile, open_ports, plan
from config.setup.units import quoted, unit_names
from config.setup.writing import FileChange, SetupRecord, below, changes, diff, leftovers, record_in, write
from config.text_safety import for_terminal, lines_for_terminal

SYSTEM = Path("/")
BOOTED = Path("/run/systemd/system")  # is there while systemd runs the machine
DISPLAY_MANAGER = "etc/systemd/system/display-manager.service"
SCREEN_PROGRAMS = (
    "cage",
    "chromium",
)  # what the unit of the screen starts; Debian's packages have the same names
WORDS = {
    "new": "新建 new",
    "same": "不变 same",
    "updated": "更新 update",
    "by-hand": "人工改过 changed by hand",
}


@click.command()
@hall_argument
@click.option(
    "--processes",
    metavar="A,B",
    help="本机运行哪些，默认按大厅文件 / which run here: caller,web,office,deliver,kiosk,agent",
)
@click.option("--kiosk", help="本机是哪个取号机 / which [[kiosk]] this PC is")
@click.option("--pc", help="本机在 [[device]] agent 中的名称 / this PC's name in [[device]] agent")
@click.option("--caller", help="叫号服务在另一台电脑：ws://主机:9300 / the caller is on another PC")
@click.option(
    "--log",
    metavar="ADDRESS",
    help="日志放在 PostgreSQL：postgresql://…，密码写在数据目录的 .pgpass / the log in PostgreSQL; its password in .pgpass of the data folder",
)
@click.option("--data", metavar="FOLDER", help="数据目录，默认 /var/lib/hallcall / data folder")
@click.option(
    "--backups", metavar="FOLDER", help="备份放在哪里，最好是另一块盘 / backups, best on another disk"
)
@click.option(
    "--keys", metavar="FOLDER", help="密钥副本放在哪里，不与备份同处 / copies of the keys, kept apart"
)
@click.option("--days", type=click.IntRange(2, 400), help="备份留几天，默认 14 / days of backups; default 14")
@click.option(
    "--screen/--no-screen",
    default=None,
    help="开机在本机屏幕打开取号机页面（需要 cage、chromium）/ open the kiosk's page on this PC's screen",
)
@click.option("--program", type=click.Path(path_type=Path), help="hallcall 程序的路径 / path of the program")
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=SYSTEM,
    help="写入此目录树 / write below",
)
@click.option("--dry-run", is_flag=True, help="只显示，不改动 / show everything, change nothing")
@click.option("--yes", is_flag=True, help="不再询问 / do not ask")
@click.option("--force", is_flag=True, help="人工改过的文件也覆盖 / overwrite files changed by hand too")
def setup(hall: Path, root: Path, dry_run: bool, yes: bool, force: bool, **given: Any) -> None:
    """安装为开机自动运行的服务（需要 root）/ make this PC run its part of the hall (needs root)."""
    settings = settings_of(hall)
    root = root.resolve()
    record = record_in(below(root, str(CONFIG_FOLDER)))
    chosen = _choices(settings, record, root, given)
    if not dry_run:
        _check_system(root, chosen)
    try:
        planned = plan(hall, settings, chosen, root)
    except Unreadable as error:
        raise Unable(str(error)) from None
    found = changes(root, planned.files, record)
    gone = leftovers(root, planned.files, record)
    _show(planned, found, gone, texts=dry_run)
    by_hand = [each for each in planned.files if found[each.path] == "by-hand"]
    _refuse_by_hand(root, by_hand, stop=not force and not dry_run)
    idle = not gone and set(found.values()) == {"same"}
    if dry_run:
        return
    if not idle and not yes:
        click.confirm("现在执行？/ Do this now?", abort=True)
    for path in gone:
        _run([["systemctl", *_rooted(root), "disable", *_now(root), Path(path).name]])
        below(root, path).unlink()
    write(root, planned.files, SetupRecord(chosen, units=unit_names(chosen)))
    restarted = [Path(path).name for path, change in found.items() if change in ("updated", "by-hand")]
    _run(planned.commands)
    if root == SYSTEM and (names := [each for each in restarted if each.endswith(".service")]):
        _run([["systemctl", "try-restart", *names]])
    click.echo("已是这样，没有改动 / Already so: nothing was changed" if idle else "完成 / Done")
    for line in _next_steps(settings, chosen):
        click.echo(line)


def _choices(settings: Settings, record: SetupRecord | None, root: Path, given: Mapping[str, Any]) -> Choices:
    """Return what is chosen: by the options, else as the last time, else by the hall's file. Raises `Unable`."""
    last = record.choices if record else Choices(processes=[], program=[])
    names = ("kiosk", "pc", "caller", "log", "data", "backups", "keys", "days", "screen")
    values = {name: getattr(last, name) if given[name] is None else given[name] for name in names}
    if given["screen"] is None and record is None:
        values["screen"] = not (root / DISPLAY_MANAGER).exists()
    program = [str(given["program"])] if given["program"] else _this_program()
    for name in ("data", "backups", "keys"):
        if values[name] and not Path(values[name]).is_absolute():
            raise Unable(f"--{name} 要写完整路径 / --{name} must be an absolute path: {values[name]}")
    _check_log(values["log"])
    wanted = (
        [each.strip() for each in given["processes"].split(",")] if given["processes"] else last.processes
    )
    try:
        return choose(settings, wanted, Choices(processes=[], program=program, **values))
    except ChoiceMistake as mistake:
        raise Unable(str(mistake)) from None


def _check_log(address: str) -> None:
    """Raise `Unable` for what is no database's address, and for one with a password: everybody may read a unit."""
    if not address:
        return
    if not is_database(address):
        raise Unable(NO_DATABASE.format(place=address))
    if printable(address) != address:
        raise Unable(
            f"地址里不要写密码，服务文件人人可读：{printable(address)}。密码写在数据目录的 .pgpass（权限 0600，属主 {USER}）\n"
            f"No password in the address, which stands in a file that everybody may read. Write it into .pgpass of the data folder (mode 0600, of {USER})"
        )


def _this_program() -> list[str]:
    """Return the words that run this program from anywhere: its script, else its interpreter and module."""
    script = Path(sys.prefix) / "bin" / "hallcall"
    return [str(script)] if script.exists() else [sys.executable, "-m", "caller.cli"]


def _check_system(root: Path, chosen: Choices) -> None:
    """Raise `Unable` where this PC cannot be set up: before anything is changed."""
    if root != SYSTEM:
        return
    if os.geteuid() != 0:
        raise Unable(
            "需要 root：请在命令前加 sudo；只想看会做什么：--dry-run\n"
            "This needs root: put sudo before the command. To see only what it would do: --dry-run"
        )
    if not BOOTED.is_dir():
        raise Unable(
            "本机没有运行 systemd，不能安装服务。制作镜像请用 --root 目录\n"
            "This machine does not run systemd. For an image use --root FOLDER"
        )
    if path := hidden_program(chosen.program):
        raise Unable(
            f"程序在 {path}，服务看不到那里。请安装到 /opt/hallcall（apt install ./hallcall_….deb）再运行\n"
            f"The program lies at {path}, which a service cannot see. Install it to /opt/hallcall "
            "(apt install ./hallcall_….deb) and run that"
        )


def _show(planned: SetupPlan, found: Mapping[str, FileChange], gone: Sequence[str], texts: bool) -> None:
    """Print every file with what becomes of it, then every command; with `texts` each file's content too."""
    click.echo("文件 / Files")
    for file in planned.files:
        click.echo(for_terminal(f"  {WORDS[found[file.path]]}  {file.path} {file.mode:04o}"))
        if texts and file.mode == PUBLIC:  # the others are copies of the hall's own
            for line in file.content.decode(errors="replace").splitlines():
                click.echo(for_terminal(f"    | {line}"))
    for path in gone:
        click.echo(for_terminal(f"  停用并删除 stop and remove  {path}"))
    click.echo("命令 / Commands")
    for words in planned.commands:
        click.echo(for_terminal(f"  {quoted(words)}"))


def _refuse_by_hand(root: Path, files: Sequence[SystemFile], stop: bool) -> None:
    """Print how files changed by hand differ. Raises `Unable` with `stop`."""
    for file in files:
        click.echo(lines_for_terminal(diff(root, file)))
    if files and stop:
        names = ", ".join(each.path for each in files)
        raise Unable(
            f"这些文件有人改过，没有写任何文件：{names}。要覆盖请加 --force\n"
            f"These files were changed by hand, so nothing was written: {names}. To overwrite them add --force"
        )


def _run(commands: Sequence[Sequence[str]]) -> None:
    """Run commands in turn. Raises `Unable` with what the first failing one said."""
    for words in commands:
        try:
            done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
        except FileNotFoundError:
            raise Unable(f"本机没有 {words[0]} / {words[0]} is not installed here") from None
        if done.returncode:
            shown = quoted(words)
            raise Unable(
                f"命令没有成功：{shown}\n{done.stderr.strip()}\n处理后再运行一次 hallcall setup，已做的不会重做\n"
                f"The command failed. Mend it and run hallcall setup again; what is done is not done twice"
            )


def _rooted(root: Path) -> list[str]:
    return [] if root == SYSTEM else [f"--root={root}"]


def _now(root: Path) -> list[str]:
    return ["--now"] if root == SYSTEM else []


def _next_steps(settings: Settings, chosen: Choices) -> list[str]:
    """Return what is left to a person: the first account, the firewall, the look at the whole."""
    as_user = f"sudo -u {USER} {quoted(chosen.program)}"
    ports = open_ports(settings, chosen)
    lines = ["防火墙 / firewall:"]
    if not ports:
        lines.append("  不用开放端口，只有本机能连接 / no port to open: only this PC connects")
    for process, port in ports:
        lines.append(f"  {process}: sudo ufw allow proto tcp from 192.168.0.0/16 to any port {port}")
    lines.append("下一步 / next:")
    if chosen.screen and (missing := [each for each in SCREEN_PROGRAMS if not shutil.which(each)]):
        lines.append(
            f"  sudo apt install {' '.join(missing)}  # 本机屏幕的取号机页面 / the kiosk's page on this PC's screen"
        )
    if settings.accounts.required and "caller" in chosen.processes:
        lines.append(f"  {as_user} account add 1001 --roles manager --data {chosen.data}")
    lines += [
        f"  {as_user} doctor {chosen.hall} --data {chosen.data}",
        f"  {as_user} status {chosen.hall} --data {chosen.data}",
    ]
    return lines
