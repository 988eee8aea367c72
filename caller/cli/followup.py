"""`hallcall followup`: complaints, other feedback and bad ratings the hall owes an answer to, taken from hand to hand.

The caller decides what may be done and by whom (`caller.engine.followups`). The letter and the answer are words: they lie
in DATA/people.db, where they are deleted in time, and never reach the caller; so `show` and `answer` run on its PC.
"""

import json
import re
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from caller.cli.day import CommandBody, Manager, of_hall, reach
from caller.client.client import Client, RefusedError
from caller.engine.commands import FollowUpMove, MoveFollowUp, NoteDateTold, ToldWay
from caller.people.feedback_store import FeedbackStore
from caller.people.store import PEOPLE_NAME, PeopleStore
from config.catalogue import both_words
from config.hall_lists import find
from config.instants import Micros, local
from config.process.options import Unable, json_option
from config.process.tables import columns_of, text_table
from config.settings import Settings
from config.text_safety import for_terminal

TOPIC = "followups"
HEAD = (
    "编号 number",
    "类别 kind",
    "状态 state",
    "窗口 window",
    "负责人 owner",
    "期限 due",
    "灯 light",
    "次数 steps",
)
STAFF_CHARS_MAX = 32
OVER = ("closed", "archived")
ANSWER_CHARS_MAX = 500
TOLD_WAYS: tuple[ToldWay, ...] = ("call", "letter", "counter")  # the page tells by itself

CODE = re.compile(r"[A-Za-z0-9_-]{0,32}\Z")
FollowUpDoc = dict[str, Any]  # as in `FollowUpsView`
FollowUps = dict[str, FollowUpDoc]

number_argument = click.argument("number")
staff_option = click.option(
    "--staff",
    default="",
    help="操作人的工号，不写则为登录的人 / staff number of who does it; none: who is signed in",
)
way_option = click.option(
    "--way",
    type=click.Choice(TOLD_WAYS),
    required=True,
    help="告知方式 / how it was told",
)


def of_followed(body: CommandBody) -> CommandBody:
    """Return a verb on one followed matter, of a hall: it also gets the matter's number and who does it."""
    return of_hall(number_argument(staff_option(body)))


@click.group()
def followup() -> None:
    """投诉建议与差评：分派、转办、记录、答复、复核、申诉、归档 / feedback and bad ratings: assign, note, answer, review, archive."""


@followup.command("list")
@of_hall
@json_option
def list_followups(manager: Manager, as_json: bool) -> None:
    """所有未办结的，以及仍可申诉的 / all that are open, and those that may still be appealed against."""
    found = _look(manager)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    rows = [HEAD, *(_row(manager.settings, each) for each in sorted(found.values(), key=_urgency))]
    click.echo("\n".join(text_table(rows, columns_of(len(HEAD), *range(len(HEAD))))))


@followup.command()
@of_hall
@number_argument
def show(manager: Manager, number: str) -> None:
    """一件的全部，连同来信和答复 / all of one, with the letters and the answers."""
    _, found = _find(_look(manager), number)
    click.echo("  ".join(filter(None, _row(manager.settings, found))))
    click.echo(
        f"可做 / next: {', '.join(both_words('follow-up-move', each) for each in found['moves']) or '无 none'}"
    )
    if found["before"]:
        click.echo(_moved_in_words(manager.settings, found))
    for entry in PeopleStore(manager.data).of([found["subject"]]):
        click.echo(f"  {entry.at}  {entry.field}  {for_terminal(' '.join(entry.value.split()))}")


def _plain(name: FollowUpMove, zh: str, en: str) -> Callable[..., None]:
    """Return the verb of a move that needs nothing but who does it."""

    @followup.command(name, help=f"{zh} / {en}.")
    @of_followed
    def verb(manager: Manager, number: str, staff: str) -> None:
        _move(manager, number, name, staff)

    return verb


_plain("approve", "复核通过并办结；须另一人", "approve the answer and close; by another person")
_plain("return", "退回重办；须另一人", "return it to its owner; by another person")
_plain("appeal", "当事人申诉，一次", "the applicant appeals, once")
_plain("reopen", "重新办理", "reopen it")
_plain("coordinate", "协调其他部门", "bring other departments in")
_plain("satisfied", "本人表示满意（回访）", "the applicant is satisfied, as told on the telephone")
_plain("unsatisfied", "本人表示不满意（回访）", "the applicant is not satisfied")
_plain("archive", "归档", "archive it")


@followup.command()
@of_followed
@click.option(
    "--owner", default="", help="负责人的工号，不写则为本人 / the owner's staff number; none: oneself"
)
def assign(manager: Manager, number: str, staff: str, owner: str) -> None:
    """分派给负责人 / give it to an owner."""
    _move(manager, number, "assign", staff, owner=owner)


@followup.command()
@of_followed
@click.option("--to", "department", required=True, help="部门编号 / id of the department")
@click.option("--owner", default="", help="该部门的经办人，可不写 / its handler's staff number, or none")
def transfer(manager: Manager, number: str, staff: str, department: str, owner: str) -> None:
    """转办给部门 / give it to a department."""
    _move(manager, number, "transfer", staff, owner=owner, department=department)


@followup.command()
@of_followed
@click.option("--code", required=True, help="做了什么，见大厅清单 / what was done; a code of the hall's list")
def step(manager: Manager, number: str, staff: str, code: str) -> None:
    """记录一次处理 / note a try."""
    _move(manager, number, "step", staff, code=code)


@followup.command()
@of_followed
@click.option("--code", required=True, help="结论，见大厅清单 / the finding; a code of the hall's list")
@click.option(
    "--words", default="", help="给当事人的答复；- 从标准输入读 / the answer in words; -: from stdin"
)
def answer(manager: Manager, number: str, staff: str, code: str, words: str) -> None:
    """答复，等待另一人复核 / answer it; another person reviews."""
    words = (sys.stdin.read() if words == "-" else words).strip()
    if len(words) > ANSWER_CHARS_MAX:
        raise Unable(f"答复最多 {ANSWER_CHARS_MAX} 字 / An answer has at most {ANSWER_CHARS_MAX} characters")
    _move(manager, number, "answer", staff, code=code, words=words)


@followup.command()
@of_followed
@way_option
def told(manager: Manager, number: str, staff: str, way: ToldWay) -> None:
    """记录已告知期限变动 / note that the applicant was told of the moved date."""

    async def work(client: Client) -> FollowUpDoc:
        id, found = _find(_lines_of(client), number)
        if found["before"] and not found["told"]:
            await client.send(NoteDateTold(found["ticket"] or id, way, acting(manager, staff)))
        return found

    found = reach(manager, [_topic(manager)], work)
    if not found["before"]:
        raise Unable(f"{found['number']} 的期限没有变动 / The date of {found['number']} has not moved")
    click.echo(f"{found['number']}: {both_words('told-way', found['told'] or way)}")


# --- asking


def acting(manager: Manager, staff: str) -> str:
    """Return the staff number given, else that of the person who signs in."""
    return staff or (manager.credentials.account if manager.credentials else "")


def _look(manager: Manager) -> FollowUps:
    async def work(client: Client) -> FollowUps:
        return _lines_of(client)

    return reach(manager, [_topic(manager)], work)


def _topic(manager: Manager) -> str:
    """Return the follow-ups as the person who signs in sees them; the hall's where no person does."""
    return f"{TOPIC}/{manager.credentials.account}" if manager.credentials else TOPIC


def _lines_of(client: Client) -> FollowUps:
    return next(doc for topic, doc in client.views.items() if topic.startswith(TOPIC))["followups"]


def _move(
    manager: Manager,
    number: str,
    move: FollowUpMove,
    staff: str,
    owner: str = "",
    code: str = "",
    words: str = "",
    department: str = "",
) -> None:
    """Send one move and print what became of it. A refusal is told, and ends the process.

    The words of an answer are kept before the move and deleted where it is refused: no answer is without its words.
    """
    staff = acting(manager, staff)
    if not 0 < len(staff) <= STAFF_CHARS_MAX or len(owner) > STAFF_CHARS_MAX or not CODE.match(code):
        raise Unable(
            "工号为 1 至 32 个字符，代码只用字母、数字、_ 和 -\n"
            "A staff number has 1 to 32 characters; a code has letters, digits, _ and - only"
        )

    async def work(client: Client) -> FollowUpDoc:
        id, found = _find(_lines_of(client), number)
        kept = _keep(manager.data, found["subject"], words) if words else 0
        try:
            await client.send(MoveFollowUp(id, move, staff, owner, code, department))
        except RefusedError:
            if kept:
                FeedbackStore(manager.data).take_back(kept)
            raise
        return found

    found = reach(manager, [_topic(manager)], work)
    click.echo(f"{found['number']}: {both_words('follow-up-move', move)}")


def _keep(data: Path, subject: str, words: str) -> int:
    """Keep the words of an answer; return the entry's id. Raises `Unable` where they cannot be kept."""
    try:
        return FeedbackStore(data).answer(subject, words, datetime.now(UTC))
    except (sqlite3.Error, OSError) as error:
        raise Unable(
            f"{PEOPLE_NAME} 写不了（{error}），没有答复 / {PEOPLE_NAME} cannot be written; nothing was done"
        ) from None


def _find(lines: FollowUps, number: str) -> tuple[str, FollowUpDoc]:
    """Return a follow-up by its number and its id. Raises `Unable` with those there are."""
    for id, each in lines.items():
        if each["number"] == number.upper():
            return id, each
    known = ", ".join(each["number"] for each in lines.values()) or "无 none"
    raise Unable(f"没有 {for_terminal(number)}。现有：{known}\nThere is no such number, but: {known}")


# --- rows


def _moved_in_words(settings: Settings, line: FollowUpDoc) -> str:
    """Return both dates of a deadline that moved, why, and how the applicant was told."""
    before, due = (f"{local(line[name], settings.hall.zone):%Y-%m-%d}" for name in ("before", "due"))
    way = both_words("told-way", line["told"]) if line["told"] else "未告知 not told"
    return (
        f"  期限 due {before} → {due}：{both_words('due-date-reason', line['why_moved'])}；告知 told: {way}"
    )


def _urgency(line: FollowUpDoc) -> tuple[bool, Micros]:
    return line["state"] in OVER, line["due"]


def _row(settings: Settings, line: FollowUpDoc) -> tuple[str, ...]:
    day = local(line["due"], settings.hall.zone)
    provisional = " 暂定 provisional" if line["provisional"] else ""
    moved = f" 原 was {local(line['before'], settings.hall.zone):%Y-%m-%d}" if line["before"] else ""
    moved += " 未告知 not told" if line["before"] and not line["told"] else ""
    state = both_words("follow-up-state", line["state"])
    light = "" if line["state"] in OVER else both_words("deadline-light", line["light"])
    kind, finding = both_words("follow-up-kind", line["kind"]), _named(settings, line["finding"])
    return (
        line["number"], kind, f"{state} {finding}".strip(), line["window"], line["owner"],
        f"{day:%Y-%m-%d}{provisional}{moved}", light, str(line["steps"]),
    )  # fmt: skip


def _named(settings: Settings, finding: str) -> str:
    known = find(settings, "finding", finding)
    return f"({known.name} {known.name_en})" if known else finding
