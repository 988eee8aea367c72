"""`hallcall rectification`: bad ratings that are put right, step by step, until they are published.

The caller decides what may be done and by whom (`caller.engine.rectifications`). Owner, answer and review are those of the
follow-up: `hallcall followup assign|answer|approve|return NUMBER`.
"""

import json
from collections.abc import Callable
from typing import Any, get_args

import click

from caller.cli.day import Manager, of_hall, reach
from caller.cli.followup import CODE, acting, of_followed
from caller.client.client import Client
from caller.engine.rating_messages import (
    AppealRating,
    CallResult,
    MoveRectification,
    RectificationMove,
)
from config.catalogue import both_words
from config.instants import local
from config.process.options import Unable, json_option
from config.process.tables import columns_of, text_table
from config.settings import Settings
from config.text_safety import for_terminal

TOPIC = "rectifications"
HEAD = (
    "编号 number",
    "窗口 window",
    "分 level",
    "状态 state",
    "负责人 owner",
    "期限 due",
    "灯 light",
    "回访 calls",
    "还差 left",
)
COUNTED = (
    "opened",
    "named",
    "called",
    "reached",
    "righted",
    "closed",
    "late",
    "appealed",
    "excluded",
    "published",
)
Line = dict[str, Any]  # a `RectificationLine`
code_option = click.option("--code", required=True, help="大厅清单中的代码 / a code of the hall's list")


@click.group()
def rectification() -> None:
    """差评整改：核实、回访、整改、复核申诉、公开 / bad ratings: verify, call back, put right, review appeals, publish."""


@rectification.command("list")
@of_hall
@json_option
def list_rectifications(manager: Manager, as_json: bool) -> None:
    """在办的和可公开的，以及每月的数 / those that are open or may be published, and the counts of each month."""
    seen = reach(manager, [TOPIC], _view)
    if as_json:
        click.echo(json.dumps(seen, ensure_ascii=False, indent=2))
        return
    rows = [_row(manager.settings, each) for each in seen["rectifications"].values()]
    click.echo("\n".join(text_table([HEAD, *rows], columns_of(len(HEAD), *range(len(HEAD))))))
    for month, counts in sorted(seen["months"].items()):
        shown = "  ".join(f"{both_words('rectification-count', name)} {counts[name]}" for name in COUNTED)
        click.echo(f"{month}  {shown}  回访率 called back {share(counts)}")


def share(counts: dict[str, int]) -> str:
    """Return the share of the named who were called back."""
    return f"{100 * counts['called'] / counts['named']:.0f}%" if counts["named"] else "—"


async def _view(client: Client) -> dict[str, Any]:
    return client.views[TOPIC]


def _row(settings: Settings, line: Line) -> tuple[str, ...]:
    calls = f"{line['tries']}{' ✓' if line['reached'] else ''}" if line["named"] else "—"
    left = "、".join(both_words("rectification-move", each) for each in line["left"])
    appeal = f" {both_words('rating-appeal', line['appeal'])}" if line["appeal"] else ""
    return (
        line["number"], line["window"], str(line["level"]), both_words("follow-up-state", line["state"]) + appeal,
        for_terminal(line["owner"]), f"{local(line['due'], settings.hall.zone):%Y-%m-%d}",
        "" if line["state"] == "closed" else both_words("deadline-light", line["light"]), calls, left,
    )  # fmt: skip


def _plain(name: RectificationMove) -> Callable[..., None]:
    """Return the verb of a move that needs nothing but who does it."""

    @rectification.command(name, help=f"{both_words('rectification-move', name)}.")
    @of_followed
    def verb(manager: Manager, number: str, staff: str) -> None:
        _move(manager, number, name, staff)

    return verb


def _coded(name: RectificationMove) -> Callable[..., None]:
    """Return the verb of a move with a code of one of the hall's lists."""

    @rectification.command(name, help=f"{both_words('rectification-move', name)}.")
    @of_followed
    @code_option
    def verb(manager: Manager, number: str, staff: str, code: str) -> None:
        _move(manager, number, name, staff, code)

    return verb


for _name in ("keep", "exclude", "publish"):
    _plain(_name)
for _name in ("verify", "right"):
    _coded(_name)


@rectification.command()
@of_followed
@click.option(
    "--result", type=click.Choice(get_args(CallResult)), required=True, help="结果 / what came of it"
)
def call(manager: Manager, number: str, staff: str, result: CallResult) -> None:
    """记录一次回访 / note one try to call back."""
    _move(manager, number, "call", staff, result)


@rectification.command()
@of_followed
@code_option
def appeal(manager: Manager, number: str, staff: str, code: str) -> None:
    """为窗口人员登记申诉 / note that the clerk appeals against the rating."""
    staff = _checked(acting(manager, staff), code)

    async def work(client: Client) -> Line:
        id, found = _find(client, number)
        await client.send(AppealRating(id, staff, code))
        return found

    click.echo(f"{reach(manager, [TOPIC], work)['number']}: {both_words('rating-appeal', 'raised')}")


def _move(manager: Manager, number: str, move: RectificationMove, staff: str, code: str = "") -> None:
    staff = _checked(acting(manager, staff), code)

    async def work(client: Client) -> Line:
        id, found = _find(client, number)
        await client.send(MoveRectification(id, move, staff, code))
        return found

    click.echo(f"{reach(manager, [TOPIC], work)['number']}: {both_words('rectification-move', move)}")


def _checked(staff: str, code: str) -> str:
    """Return who acts. Raises `Unable` for what the wire does not take."""
    if not 0 < len(staff) <= 32 or not CODE.match(code):
        raise Unable(
            "请用 --staff 写工号，代码只用字母、数字、_ 和 - / Give --staff; a code has letters, digits, _ and - only"
        )
    return staff


def _find(client: Client, number: str) -> tuple[str, Line]:
    """Return a rectification's id and line by its number. Raises `Unable` with those there are."""
    lines: dict[str, Line] = client.views[TOPIC]["rectifications"]
    for id, each in lines.items():
        if each["number"] == number.upper():
            return id, each
    known = ", ".join(each["number"] for each in lines.values()) or "无 none"
    raise Unable(f"没有 {for_terminal(number)}。现有：{known}\nThere is no such number, but: {known}")
