"""`hallcall case`: the office's acts on cases until its page has them: list, open, take on, extend, print.

The caller decides what may be done and when (`caller.engine.cases`). A case is named by its number. The applicant's name
and phone lie in DATA/people.db under "case/ID", where they are deleted in time, so `open --applicant`, `show` and `print` that
hold them run on the caller's PC.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import click

from caller.cli.day import Manager, of_hall, reach
from caller.cli.followup import (
    CODE,
    TOLD_WAYS,
    acting,
    number_argument,
    of_followed,
    staff_option,
    way_option,
)
from caller.client.client import Client
from caller.engine import short_codes
from caller.engine.case_messages import CaseVerb, Decision, MoveCase, OpenCase
from caller.engine.commands import CaseNotice, ToldWay
from caller.engine.papers import WrongPaper, code_of
from caller.people.store import PeopleStore, applicant_of
from caller.reports.notice_sheet import paper_page
from caller.service.clock import wall_micros
from config import owner_only
from config.case_settings import CaseType
from config.catalogue import both_words
from config.instants import local
from config.paper.template_files import FOLDER_NAME, TemplateFolder
from config.process import print_view
from config.process.options import Unable, json_option
from config.process.tables import columns_of, text_table
from config.settings import Settings
from config.text_safety import for_terminal

HEAD = ("编号 number", "事项 item", "状态 state", "窗口 window", "经办 owner", "期限 due", "灯 light")
PERSON_CHARS_MAX = 60
CaseDoc = dict[str, Any]  # a `CaseLine`


@click.group()
def case() -> None:
    """办件：列出、受理、暂停、延期、决定、办结、打印 / cases: list, open, pause, extend, decide, close, print."""


@case.command("list")
@of_hall
@click.option("--window", default="", help="只看一个窗口的 / of one window only")
@json_option
def list_cases(manager: Manager, window: str, as_json: bool) -> None:
    """最先到期的办件，再列暂停、待补正、不计时的，和各灯的数目 / the cases that are due first, then those that wait; and how many show
    each light."""
    topic = f"cases/{window}" if window else "cases"
    seen = _look(manager, topic)
    if as_json:
        click.echo(json.dumps(seen, ensure_ascii=False, indent=2))
        return
    counts = seen.get("counts") or {"open": seen["open"]}
    click.echo("  ".join(f"{_count_word(name)} {count}" for name, count in counts.items()))
    listed = seen["cases"] | seen.get("rest", {})  # due first, then those without a running clock
    rows = [HEAD, *(_row(manager.settings, each) for each in listed.values())]
    click.echo("\n".join(text_table(rows, columns_of(len(HEAD), *range(len(HEAD))))))


@case.command()
@of_hall
@number_argument
def show(manager: Manager, number: str) -> None:
    """一件的现状和可做的操作 / one case as it stands, and what may be done with it."""
    found = _look(manager, _topic(number))
    click.echo("  ".join(filter(None, _row(manager.settings, found))))
    moves = ", ".join(f"{each} {both_words('case-move', each)}" for each in found["moves"]) or "无 none"
    click.echo(f"可做 / next: {moves}")
    for entry in PeopleStore(manager.data).of([f"case/{found['case']}"]):
        click.echo(f"  {entry.field}  {for_terminal(entry.value)}")


@case.command("open")
@of_hall
@click.argument("item")
@click.option("--window", default="", help="由哪个窗口跟进 / the window that follows it")
@click.option(
    "--type", "case_type", type=click.Choice(get_args(CaseType)), default=None, help="办件类型 / its type"
)
@click.option(
    "--agent",
    default="",
    help="代办人的工号，如村代办员 / staff number of who brought it, a village's agent say",
)
@click.option("--project", default="", help="项目或外部编号 / its project's number")
@click.option("--major", is_flag=True, help="记入重大项目台账 / into the ledger of major projects")
@click.option(
    "--later", multiple=True, help="容缺、以后补齐的材料原名，可写几份 / papers that are to follow, by name"
)
@click.option("--received", is_flag=True, help="只是接件，材料还没审 / papers received, not yet checked")
@click.option("--applicant", default="", help="申请人姓名，可删除 / the applicant's name, deletable")
@click.option("--phone", default="", help="申请人电话，可删除 / the applicant's phone, deletable")
@click.option("--address", default="", help="申请人地址，可删除 / the applicant's address, deletable")
@staff_option
def open_case(
    manager: Manager,
    item: str,
    window: str,
    case_type: CaseType | None,
    agent: str,
    project: str,
    major: bool,
    later: tuple[str, ...],
    received: bool,
    applicant: str,
    phone: str,
    address: str,
    staff: str,
) -> None:
    """不经窗口受理一件 / open a case from the office."""
    command = OpenCase(
        item, window, case_type or "", "received" if received else "accepted", acting(manager, staff), project, agent,
        major, [WrongPaper(code_of(name), "missing") for name in later],
    )  # fmt: skip

    async def work(client: Client) -> CaseDoc:
        return await client.send(command)

    made = reach(manager, [], work)
    for field, value in (("name", applicant), ("contact", phone), ("address", address)):
        if value:
            PeopleStore(manager.data).keep(
                f"case/{made['about']}", "case", field, value[:PERSON_CHARS_MAX], datetime.now(UTC)
            )
    click.echo(f"{made['case_number']}  查询码 code {made['code']}")


def _plain(name: CaseVerb) -> Callable[..., None]:
    """Return the verb of a move that needs nothing but who does it."""

    @case.command(name, help=f"{both_words('case-move', name)}.")
    @of_followed
    def verb(manager: Manager, number: str, staff: str) -> None:
        move_case(manager, number, name, staff)

    return verb


for each in ("accept", "resume", "issue", "close", "withdraw", "reopen", "report", "heard"):
    _plain(each)


@case.command()
@of_followed
@click.option(
    "--wrong",
    "names",
    multiple=True,
    help="有问题的材料，材料原名:毛病代码，如 身份证:expired，不写毛病为缺；可写几份 / PAPER:FAULT, as often as needed",
)
def ask(manager: Manager, number: str, staff: str, names: tuple[str, ...]) -> None:
    """接件后材料不全，一次要齐；打印告知单和凭证 / ask for the papers of a received case, all at once."""
    parts = [each.rpartition(":") if ":" in each else (each, "", "missing") for each in names]
    if not all(name and fault and CODE.match(fault) for name, _, fault in parts):
        raise Unable("请写 材料原名:毛病代码，如 身份证:expired / Write PAPER:FAULT, as 身份证:expired")
    move_case(
        manager, number, "ask", staff, wrong=[WrongPaper(code_of(name), fault) for name, _, fault in parts]
    )


@case.command()
@of_followed
@click.option("--owner", default="", help="经办人的工号，不写则为本人 / in whose hand; none: oneself")
def take(manager: Manager, number: str, staff: str, owner: str) -> None:
    """接手，或交给经办人 / take in hand, or give to an owner."""
    move_case(manager, number, "take", staff, owner=owner)


@case.command()
@of_followed
@click.option("--code", required=True, help="papers、hearing、survey、inspection、expert")
def pause(manager: Manager, number: str, staff: str, code: str) -> None:
    """暂停计时，须书面告知 / pause the clock; it must be told in writing."""
    move_case(manager, number, "pause", staff, code=code)


@case.command()
@of_followed
@click.option("--code", required=True, help="理由，见大厅清单 / the reason; a code of the hall's list")
def refuse(manager: Manager, number: str, staff: str, code: str) -> None:
    """接件后不予受理 / refuse to accept what was received."""
    move_case(manager, number, "refuse", staff, code=code)


@case.command()
@of_followed
@click.option("--days", type=click.IntRange(1, 60), required=True, help="延长几个工作日 / working days more")
@click.option("--code", required=True, help="理由，见大厅清单 / the reason; a code of the hall's list")
@click.option(
    "--way",
    type=click.Choice(TOLD_WAYS),
    default=None,
    help="已怎样告知；不写则以后用 tell / how it was told already; none: with tell, later",
)
def extend(manager: Manager, number: str, staff: str, days: int, code: str, way: ToldWay | None) -> None:
    """到期前延期一次 / extend it, once and before it is due."""
    move_case(manager, number, "extend", staff, days=days, code=code, way=way or "")


@case.command()
@of_followed
@way_option
def tell(manager: Manager, number: str, staff: str, way: ToldWay) -> None:
    """记录已告知延期 / note that the applicant was told of the extension."""
    move_case(manager, number, "tell", staff, way=way)


@case.command()
@of_followed
@click.option("--decision", type=click.Choice(["granted", "refused", "returned"]), required=True)
@click.option(
    "--code", default="", help="不准予的理由，见大厅清单 / why it is not granted; a code of the hall's list"
)
def decide(manager: Manager, number: str, staff: str, decision: Decision, code: str) -> None:
    """作出决定：准予、不予许可、退办 / decide: granted, refused, returned."""
    move_case(manager, number, "decide", staff, decision=decision, code=code)


@case.command("print")
@of_hall
@number_argument
@click.option(
    "--paper",
    type=click.Choice([each for each in get_args(CaseNotice) if each != "payment"]),
    default="acceptance",
    show_default=True,
)
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), default=None, help="PDF 文件")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), default=None, help="网页文件 / a page"
)
def print_notice(
    manager: Manager, number: str, paper: CaseNotice, pdf: Path | None, html: Path | None
) -> None:
    """打印通知书（A4），写办件号；告知单写它的补正码。不写文件名则存为 编号-文书.pdf / print a notice as A4, by the case's number; of
    missing papers by the code on them. Without a file's name it is NUMBER-PAPER.pdf."""
    if not (pdf or html):
        pdf = Path(f"{number.upper()}-{paper}.pdf")
    code = short_codes.typed(number)
    named = code if code.isdecimal() else number  # a voucher by its code, or by its id
    about = named if paper == "missing" else _look(manager, _topic(number))["case"]
    facts = _look(manager, f"notice/{paper}.{about}")
    about = facts["about"]
    templates = TemplateFolder(manager.data / FOLDER_NAME)
    page = paper_page(manager.settings, facts, templates, wall_micros(), applicant_of(manager.data, about))
    if html:
        owner_only.write_whole(html, page.encode())
    if pdf:
        print_view.write_pdf(page, pdf)
    click.echo(str(pdf or html))


# --- asking


def _topic(number: str) -> str:
    return f"case/{number.upper()}"


def _look(manager: Manager, topic: str) -> CaseDoc:
    async def work(client: Client) -> CaseDoc:
        return dict(client.views[topic])

    return reach(manager, [topic], work)


def move_case(manager: Manager, number: str, move: CaseVerb, staff: str, **more: Any) -> None:
    """Send one move and print what became of it. A refusal is told, and ends the process."""
    if not CODE.match(more.get("code", "")):
        raise Unable("代码只用字母、数字、_ 和 - / A code has letters, digits, _ and - only")
    topic, by = _topic(number), acting(manager, staff)

    async def work(client: Client) -> CaseDoc:
        found = dict(client.views[topic])
        answer = await client.send(MoveCase(found["case"], move, found["version"], staff=by, **more))
        return answer | {"number": found["number"]}

    made = reach(manager, [topic], work)
    click.echo(f"{made['number']}: {both_words('case-move', move)}")
    if made.get("notice") == "missing":
        click.echo(f"凭证 voucher {made['about']}  补正码 code {made['code']}")


def _count_word(name: str) -> str:
    known = {"open": "在办 open", "refused": "不予受理 not accepted"}
    return known.get(name) or both_words("deadline-light", name)


def _asked(line: CaseDoc, zone: str) -> str:
    """Return until when the papers may be brought that a case waits for; without a date, since when it waits."""
    at, words = (
        (line["asked_until"], "等补正至 papers by")
        if line["asked_until"]
        else (line["asked"], "等补正自 asked on")
    )
    return f"{words} {local(at, zone):%Y-%m-%d}"


def _row(settings: Settings, line: CaseDoc) -> tuple[str, ...]:
    day = f"{local(line['due'], settings.hall.zone):%Y-%m-%d}" if line["due"] else ""
    if line["asked"]:
        day = _asked(line, settings.hall.zone)
    provisional = " 暂定 provisional" if line["provisional"] else ""
    extended = (
        ""
        if not line["extended"]
        else " 已延期 extended"
        if line["told"]
        else " 已延期未告知 extended, not told"
    )
    item = next((each.name for each in settings.items if each.id == line["item"]), line["item"])
    state = both_words("case-state", line["state"])
    decision = both_words("case-decision", line["decision"]) if line["decision"] else ""
    left = f" ({line['left']:+d})" if line["due"] and line["light"] != "grey" else ""
    return (
        line["number"], for_terminal(item), f"{state} {decision}".strip(), line["window"], line["owner"],
        f"{day}{left}{provisional}{extended}", both_words("deadline-light", line["light"]),
    )  # fmt: skip
