"""`hallcall enrol approve CODE` and `hallcall enrol --all HALL.toml`: enrolment by code.

Approving speaks to the running caller, which alone knows the codes on the screens, as the enrolled manager and, where the
hall requires accounts, as a person. The sheet is made on the caller's PC, beside DATA, before a hall opens.
"""

import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from caller.cli.acting import acting_options, find_credentials, new_act
from caller.cli.day import NAME as OFFICE
from caller.cli.day import Manager, reach
from caller.client.client import Client
from caller.engine.envelope import EnrolStation
from caller.identity.account_file import AccountFile
from caller.identity.accounts import AccountError
from caller.identity.enrolment import EnrolError
from caller.identity.enrolment_sheet import SHEET_DAYS, write_sheet
from caller.identity.tokens import find_token
from config.catalogue import both_words
from config.process import print_view
from config.process.options import Unable, caller_address, caller_option, web_address
from config.process.print_view import PrintColumn, PrintDocument, PrintTable
from config.process.tls import fingerprint, hall_ca
from config.settings import Settings

RANDOM_BYTES = 32
CODE_GROUP = 5  # signs of a sheet's code that are read together


# --- one code


def approve_options(body: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `approve`."""
    for option in (
        click.option("--as", "manager", default=OFFICE, help="approve：登记的管理站点名 / the enrolled manager's name"),
        caller_option,
        acting_options,
        click.option("--window", "window", default="", help="approve：窗口编号 / the window's id"),
        click.option("--name", "station", default="", help="approve：名称 / the station's name"),
        click.option("--role", "as_role", default="", help="approve：角色 / the station's role"),
    ):  # fmt: skip
        body = option(body)
    return body


def approve(code: str | None, data: Path, settings: Settings | None, given: dict[str, Any]) -> None:
    """Enrol the station that shows this code. Raises `Unable`; a refusal of the caller ends the process."""
    if not code:
        raise Unable(
            "请写明屏幕上的登记码\nGive the code that the screen shows: hallcall enrol approve CODE --role …"
        )
    role, name = (
        given["as_role"] or ("window" if given["window"] else ""),
        given["station"] or given["window"],
    )
    if not role or not name:
        raise Unable(
            "请写明登记成什么，例如 --role board --name hall，或 --role evaluator --window 3\n"
            "Say as what: --role board --name hall, or --role evaluator --window 3"
        )
    if settings is None:
        raise Unable(
            "本机不知道大厅配置，请加 --hall HALL.toml\nNo hall's file is known here: add --hall HALL.toml"
        )
    token = find_token(data, "manager", given["manager"])
    if not token:
        enrol = f"hallcall enrol manager {given['manager']} --data {data}"
        raise Unable(f"没有管理令牌，请先在本机运行：{enrol}\nNo manager's token; first run here: {enrol}")
    credentials = find_credentials(given["account"], given["secret_file"], settings.accounts.required)
    manager = Manager(caller_address(settings, given["url"]), token, settings, data, credentials)

    if pem := hall_ca(data):
        click.echo(
            f"大厅证书指纹 fingerprint {fingerprint(pem)}：屏幕上的应相同 / the screen must show the same"
        )

    async def send(client: Client) -> dict[str, Any]:
        return await client.send(EnrolStation(code, role, name))

    done = reach(manager, [], send)
    click.echo(f"已登记 {role} {name}（{done['address']}） / enrolled {role} {name} at {done['address']}")
    if done["replaced"]:
        click.echo(
            f"原来登记为 {role} {name} 的电脑，令牌从现在起作废 / the PC that was {role} {name} before is void now"
        )


# --- a sheet for a whole hall


def sheet_options(body: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the sheet."""
    for option in (
        click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="--all：写成网页 / as a page"),
        click.option("--pdf", type=click.Path(path_type=Path, dir_okay=False), help="--all：写成 PDF / as a PDF"),
        click.option("--all", "whole_hall", metavar="HALL.toml", type=click.Path(path_type=Path), help="整个大厅的登记单 / a sheet of codes for a whole hall"),
    ):  # fmt: skip
        body = option(body)
    return body


class SheetRow(NamedTuple):
    """A station of the hall, and where its code is typed: an address, or a command."""

    role: str
    name: str
    where: str


def rows_of(settings: Settings) -> list[SheetRow]:
    """Return the stations that a hall of these settings has, in the order in which one walks."""
    web, hall = web_address(settings), "HALL.toml"
    screens = [SheetRow("board", area.id, f"{web}/board?area={area.id}") for area in settings.areas]
    windows = [each for each in settings.windows if each.kind != "guide"]
    keypads = {each.window for each in settings.devices if each.kind == "evaluator"}
    return [
        *(screens or [SheetRow("board", "hall", f"{web}/board")]),
        *(SheetRow("kiosk", each.id, f"hallcall kiosk {hall} --name {each.id} --code …") for each in settings.kiosks),
        *(SheetRow("window", each.id, f"{web}/desk?window={each.id}") for each in windows),
        *(SheetRow("evaluator", each.id, f"{web}/rate?window={each.id}") for each in windows if each.id not in keypads),
        *(SheetRow("board", f"sign-{each.id}", f"{web}/sign?window={each.id}") for each in windows),
        *(SheetRow("agent", pc, f"hallcall agent {hall} --name {pc} --code …") for pc in _agents(settings)),
        SheetRow("supervisor", "office", f"{web}/supervise"),
    ]  # fmt: skip


def _agents(settings: Settings) -> list[str]:
    kiosks = {each.id for each in settings.kiosks}
    return sorted({each.agent for each in settings.devices if each.agent} - kiosks)


def print_sheet(path: Path, data: Path, settings: Settings, pdf: Path | None, html: Path | None) -> None:
    """Make a code for each station of a hall, and the sheet; earlier sheets are void. Raises `Unable`."""
    if not pdf and not html:
        raise Unable(
            "请写明登记单写到哪里：--pdf 或 --html\nSay where the sheet goes: --pdf FILE or --html FILE"
        )
    rows, now = rows_of(settings), time.time_ns() // 1000
    act = new_act(data, "sheet-printed", "stations")
    try:
        AccountFile(data).note(act)
        stations = [(each.role, each.name) for each in rows]
        codes = write_sheet(path, stations, secrets.token_bytes(RANDOM_BYTES), act.by, now)
    except AccountError as error:
        raise Unable(str(error.message)) from error
    except EnrolError as error:
        raise Unable(str(error)) from error
    page = print_view.document(sheet(settings, rows, codes), now, settings.hall.zone)
    for written, target in ((_write_html, html), (print_view.write_pdf, pdf)):
        if target:
            written(page, target)
            click.echo(
                f"已写 {target}，{len(rows)} 个站点，{SHEET_DAYS} 天内有效 / {len(rows)} stations, valid for {SHEET_DAYS} days"
            )
    sys.stdout.flush()


def _write_html(page: str, path: Path) -> None:
    from config import owner_only

    owner_only.write_whole(path, page.encode())


def sheet(settings: Settings, rows: list[SheetRow], codes: list[str]) -> PrintDocument:
    """Return the sheet as a paper."""
    columns = (
        PrintColumn("站点", "station", True), PrintColumn("名称", "name", True),
        PrintColumn("打开的网址或命令", "address to open, or command", True), PrintColumn("登记码", "code", True),
    )  # fmt: skip
    cells = [
        (both_words("role", row.role), row.name, row.where, f"{code[:CODE_GROUP]}-{code[CODE_GROUP:]}")
        for row, code in zip(rows, codes, strict=True)
    ]
    lead = (
        f"在每台屏幕上打开网址，输入这一行的登记码。每个码用一次，{SHEET_DAYS} 天内有效；重新打印后旧单作废。用完请销毁。 "
        f"Open the address on each screen and type the code of its row. Each code works once, within {SHEET_DAYS} days; "
        "a new sheet voids this one. Destroy it after use."
    )
    return PrintDocument(
        settings.hall.name, "站点登记单 Station codes", lead, [PrintTable("", columns, cells)]
    )
