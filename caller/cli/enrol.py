"""`hallcall enrol`: who may speak to the caller, and as whom.

A window or a kiosk that the hall does not have would be enrolled for nothing, and its clerk would find out from
an empty screen. So the name is checked against the hall's file: the one given, else the one the caller of this
data folder was last started with. Where neither is known that is said, and the token is given all the same: a
station's PC need not have the hall's file.
"""

import contextlib
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from caller.cli.acting import note_act
from caller.cli.enrol_codes import approve, approve_options, print_sheet, sheet_options
from caller.eventlog.calling_here import STANDS_BY, calls_here
from caller.identity.enrolment import NAMED_ROLES, STATIONS_NAME, EnrolError, Stations, check_name
from caller.identity.tokens import drop_token, keep_token
from caller.protocol.permissions import ENROLLED_ROLES
from config.process.options import Unable, data_option, settings_of
from config.reading.errors import Mistakes
from config.reading.reader import read
from config.settings import Settings

HALL_NAME = "hall"  # a line with the path of the hall's file, written by the caller
NOBODY = "{data} 里没有登记过站点，请核对 --data\nNo station was ever enrolled in {data}; check --data"
VOID = (
    "{role} {name} 以前登记过，原来的令牌从现在起作废，请在那台机器上换成新的。\n"
    "{role} {name} was enrolled before: the old token is void from now on. Put the new one on that machine."
)
UNCHECKED = (
    "没有核对 {name}：本机不知道大厅配置。请确认大厅里有 {role} {name}，或加 --hall HALL.toml 重新登记。\n"
    "{name} was not checked: no hall's file is known here. Make sure the hall has {role} {name}, or enrol it again "
    "with --hall HALL.toml."
)


def remember_hall(data: Path, hall: Path) -> None:
    """Note the hall's file, so that `enrol` finds it; a folder that cannot take the line has greater troubles, told
    elsewhere."""
    with contextlib.suppress(OSError):
        (data / HALL_NAME).write_text(f"{hall.resolve()}\n", encoding="utf-8")


def remembered(data: Path) -> Settings | None:
    """Return the hall the caller was started with; None if there is none, or it cannot be read just now."""
    try:
        return read(Path((data / HALL_NAME).read_text(encoding="utf-8").strip()))
    except (OSError, UnicodeError, Mistakes):
        return None


def checked_here(data: Path) -> None:
    """Raise `Unable` on a PC that stands by: what lies beside the log is changed on the one that calls."""
    if not calls_here(data):
        raise Unable(STANDS_BY.replace(" / ", "\n"))


@contextlib.contextmanager
def open_stations(data: Path) -> Generator[Stations]:
    """Open the list of enrolled stations of a data folder, and close it afterwards. Raises `Unable`."""
    try:
        stations = Stations(data / STATIONS_NAME)
    except EnrolError as error:
        raise Unable(str(error)) from error
    with contextlib.closing(stations):
        yield stations


@click.command()
@click.argument("role", required=False, metavar="[ROLE]")
@click.argument("name", required=False, metavar="[NAME]")
@data_option
@click.option(
    "--hall",
    type=click.Path(path_type=Path),
    help="核对名称的大厅配置，默认为叫号服务用的 / check the name against this hall; default: the caller's",
)
@click.option("--list", "listing", is_flag=True, help="列出站点 / list the stations")
@click.option("--revoke", is_flag=True, help="撤销令牌 / the station's token works no more")
@approve_options
@sheet_options
def enrol(
    role: str | None, name: str | None, data: Path, hall: Path | None, listing: bool, revoke: bool, **more: Any
) -> None:  # fmt: skip
    """登记站点并发令牌 / Give a station its token. ROLE: kiosk window guide manager supervisor board
    evaluator agent web office. NAME: the window's id, the kiosk's id, the PC's name.

    hallcall enrol approve CODE --role board --name hall: 登记屏幕上显示的码 / enrol the station that shows a code.
    hallcall enrol --all HALL.toml --pdf SHEET.pdf: 打印整个大厅的登记单 / a sheet of codes for a whole hall."""
    if role == "approve":
        approve(name, data, settings_of(hall) if hall else remembered(data), more)
        return
    if (listing or revoke) and not (data / STATIONS_NAME).exists():
        raise Unable(NOBODY.format(data=data))
    with open_stations(data) as stations:
        if more["whole_hall"]:
            checked_here(data)
            print_sheet(stations.path, data, settings_of(more["whole_hall"]), more["pdf"], more["html"])
            return
        if listing:
            _list(stations, settings_of(hall) if hall else remembered(data))
            return
        checked_here(data)
        if not role or not name:
            raise Unable(
                f"请写明角色和名称，例如 hallcall enrol window 3\n"
                f"Give a role and a name, such as: hallcall enrol window 3 (roles: {', '.join(ENROLLED_ROLES)})"
            )
        if revoke:
            _revoke(stations, data, role, name)
        else:
            _enrol(stations, data, role, name, settings_of(hall) if hall else remembered(data))


def _list(stations: Stations, settings: Settings | None) -> None:
    for role, name, enrolled in stations.list():
        click.echo(f"{role}\t{name}\t{_when(enrolled, settings)}")


def _when(enrolled: str, settings: Settings | None) -> str:
    """Return an instant in the hall's time if the hall is known; with its zone either way."""
    try:
        at = datetime.fromisoformat(enrolled)
    except ValueError:
        return enrolled  # not written by us
    return at.astimezone(ZoneInfo(settings.hall.zone) if settings else at.tzinfo).isoformat(" ", "seconds")


def _revoke(stations: Stations, data: Path, role: str, name: str) -> None:
    known = any((role, name) == station[:2] for station in stations.list())
    if known:
        note_act(data, "station-revoked", f"station/{role}/{name}")
    if not stations.revoke(role, name):
        raise Unable(
            f"没有登记过 {role} {name}，用 hallcall enrol --list 查看\n"
            f"{role} {name} is not enrolled; see: hallcall enrol --list"
        )
    drop_token(data, role, name)
    click.echo(f"已撤销 {role} {name} / revoked {role} {name}", err=True)


def _enrol(stations: Stations, data: Path, role: str, name: str, settings: Settings | None) -> None:
    again = any((role, name) == station[:2] for station in stations.list())
    try:
        check_name(role, name, settings)
        note_act(data, "station-enrolled", f"station/{role}/{name}")
        token = stations.enrol(role, name, datetime.now(UTC).isoformat(timespec="seconds"))
    except EnrolError as error:
        raise Unable(str(error)) from None
    if settings is None and role in NAMED_ROLES:
        click.echo(UNCHECKED.format(role=role, name=name), err=True)
    if again:
        click.echo(VOID.format(role=role, name=name), err=True)
    click.echo(token)
    try:
        path = keep_token(data, role, name, token)
    except OSError as error:
        raise Unable(
            f"令牌有效，但没能存在本机（{error.strerror}）。请抄下上面的令牌，用 --token 或 HALLCALL_TOKEN 提供。\n"
            f"The token works but could not be kept on this machine ({error.strerror}). Note the token above and give "
            "it by --token or HALLCALL_TOKEN."
        ) from None
    click.echo(f"令牌只显示这一次，本机已存于 {path} / Shown once; kept on this machine in {path}", err=True)
