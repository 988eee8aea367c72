"""`hallcall deliver`: all that follows the log. `hallcall deliveries`: what waits, what failed, and why.

`deliver` runs beside the caller and may be stopped at any time: figures stand still and messages wait, nothing else.
`deliveries` needs no other process. Exit code 0; 2 for bad input.
"""

import signal
import sys
import threading
from bisect import bisect_left
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from caller.cli.report import staff_names
from caller.delivery import runner, webhooks
from caller.delivery.outbox import DeliveryError, Outbox, ReceiverRow
from caller.engine.events import DayOpened
from caller.eventlog import LOG_NAME, Head, LogError, Reader, chain
from caller.identity import keys
from config import owner_only
from config.instants import Micros, Seconds
from config.owner_only import BadKey
from config.process.options import Unable, data_option, hall_argument, json_option, settings_of
from config.process.running import write_log_lines
from config.process.tables import columns_of, text_table
from config.settings import Settings
from config.text_safety import for_json

REPORTS_SECONDS: Seconds = 30.0  # how soon after closing the report of a day is written
DEAD_LISTED = 50  # messages given up; the rest is counted
HEADINGS = ("接收方 receiver", "等候 waiting", "最早 oldest", "放弃 dead", "最近成功 last success", "状态 state")  # fmt: skip


@contextmanager
def explained() -> Generator[None]:
    """Print an error of the outbox, the log or a key with its next step, and exit with 2."""
    try:
        yield
    except (DeliveryError, LogError) as error:
        raise Unable(str(error.message)) from error
    except BadKey as error:
        raise Unable(str(error)) from error


@click.command()
@hall_argument
@data_option
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    help="每日、每周、每月的报表自动写到此文件夹 / write the report of each day, week and month into this folder",
)
@click.option(
    "--names", is_flag=True, help="报表在工号旁写姓名 / names beside the staff numbers of these reports"
)
@click.option(
    "--papers",
    is_flag=True,
    help="报表另存 PDF（本机有 Chromium 时，否则为可打印的网页）/ these reports as PDF as well (a page to print without Chromium)",
)
def deliver(hall: Path, data: Path, reports: Path | None, names: bool, papers: bool) -> None:
    """汇总报表数据并向外推送 / keep the records up to date and tell the receivers outside."""
    settings = settings_of(hall)
    owner_only.make_folder(data)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    write_log_lines("deliver")
    others = [("reports", _reports_of(settings, data, reports, names, papers))] if reports else []
    named = ", ".join(["records", *(each.id for each in settings.webhooks), *(name for name, _ in others)])
    with explained(), runner.only_process(data):
        click.echo(f"deliver ready {named}")
        sys.stdout.flush()
        runner.run(settings, data, stop, others)


def _reports_of(settings: Settings, data: Path, folder: Path, with_names: bool, papers: bool) -> runner.Round:
    """Return the follower that writes reports into a folder."""
    from caller.reports.scheduled import write_due

    def round(_stop: threading.Event) -> Seconds:
        if (data / LOG_NAME).exists():
            write_due(data, folder, settings, staff_names(data) if with_names else (), papers=papers)
        return REPORTS_SECONDS

    return round


@click.group(invoke_without_command=True)
@data_option
@json_option
@click.pass_context
def deliveries(context: click.Context, data: Path, as_json: bool) -> None:
    """向外推送的情况；不给动词则列出 / deliveries: without a verb, list the receivers."""
    context.obj = data
    if not data.is_dir():
        raise Unable(
            f"没有数据目录 {data}，请用 --data 指明 / There is no folder {data}; say which with --data"
        )
    if context.invoked_subcommand is None:
        with explained(), Outbox(data) as outbox:
            click.echo(_json(outbox) if as_json else _text(outbox))


@deliveries.command()
@click.argument("receiver")
@click.pass_obj
def pause(data: Path, receiver: str) -> None:
    """暂停推送，期间的事件留着 / pause a receiver; what happens waits for it."""
    with explained(), Outbox(data) as outbox:
        outbox.pause(receiver, True)
    click.echo(f"{receiver} 已暂停 / paused")


@deliveries.command()
@click.argument("receiver")
@click.pass_obj
def resume(data: Path, receiver: str) -> None:
    """继续推送 / send again."""
    with explained(), Outbox(data) as outbox:
        outbox.pause(receiver, False)
    click.echo(f"{receiver} 继续推送 / goes on")


@deliveries.command()
@click.argument("receiver")
@click.argument("seq", type=click.IntRange(1), required=False)
@click.pass_obj
def retry(data: Path, receiver: str, seq: int | None) -> None:
    """重试放弃的推送，不给 SEQ 则全部 / try again what was given up; all without SEQ."""
    with explained(), Outbox(data) as outbox:
        count = outbox.revive(_known(outbox, receiver).name, seq or 0)
    click.echo(f"{count} 条重新等候推送 / {count} wait again")


@deliveries.command()
@click.argument("receiver")
@click.argument("seq", type=click.IntRange(1))
@click.pass_obj
def skip(data: Path, receiver: str, seq: int) -> None:
    """不再推送某一条，其后的继续 / leave one dead message out; what follows goes on."""
    with explained(), Outbox(data) as outbox:
        if not outbox.skip(_known(outbox, receiver).name, seq, runner.clock()):
            raise Unable(f"第 {seq} 条没有被放弃，不必跳过 / Message {seq} was not given up: nothing to skip")
    click.echo(f"第 {seq} 条已跳过 / {seq} is skipped")


@deliveries.command()
@click.argument("receiver")
@click.option(
    "--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="从这天起 / from this day"
)
@click.pass_obj
def replay(data: Path, receiver: str, first: datetime) -> None:
    """从某天起全部重推，编号不变 / send everything from a day on once more, under the same ids."""
    with explained(), Outbox(data) as outbox, Reader(data / LOG_NAME) as log:
        head = before(log, first)
        outbox.rewind(_known(outbox, receiver).name, head)
        count = log.last - head.seq
    click.echo(f"{receiver} 将重推 {count} 条事件 / {count} events are gone through again")


@deliveries.command()
@click.argument("receiver")
@click.option(
    "--new", is_flag=True, help="换新密钥，旧的 7 天内仍并用 / the next one; the old signs along for 7 days"
)
@click.pass_obj
def secret(data: Path, receiver: str, new: bool) -> None:
    """接收方核对签名用的密钥 / the secret with which the receiver checks signatures."""
    with explained(), Outbox(data) as outbox:
        row = _known(outbox, receiver)
        generation = outbox.renew_secret(receiver, runner.clock()) if new else row.secret
        key = keys.keys_of(data, webhooks.PURPOSE)[0].secret
    click.echo(webhooks.written(webhooks.secret(key, receiver, generation)))


@deliveries.command()
@hall_argument
@click.argument("receiver")
@click.pass_obj
def test(data: Path, hall: Path, receiver: str) -> None:
    """现在推送一条测试消息 / send one test message now."""
    settings = settings_of(hall)
    webhook = next((each for each in settings.webhooks if each.id == receiver), None)
    if webhook is None:
        raise Unable(f"{hall} 里没有 [[webhook]] {receiver} / {hall} has no [[webhook]] {receiver}")
    now = runner.clock()
    with explained(), Outbox(data) as outbox:
        row = outbox.receiver(receiver) or ReceiverRow(receiver, "", Head(0, b""), False, 1, 0, 0, "", 0)
        key = keys.keys_of(data, webhooks.PURPOSE)[0].secret
    message = webhooks.test_message(settings.hall.site, receiver, now)
    answer = webhooks.post(webhook, message, webhooks.signing_secrets(key, row, now), now)
    if answer.verdict != "taken":
        raise Unable(
            f"{webhook.url} 没有收下：{answer.detail}\n{webhook.url} did not take it: {answer.detail}"
        )
    click.echo(f"{webhook.url} 收下了 / took it")


def before(log: Reader, first: datetime) -> Head:
    """Return the last event before a day begins in the hall's zone (that of its newest opened day, else UTC)."""
    opened = next(log.newest("DayOpened", 1), None)
    day = opened.event if opened else None
    zone = ZoneInfo(day.zone) if isinstance(day, DayOpened) else UTC
    start = round(first.replace(tzinfo=zone).timestamp() * 1e6)
    seqs = range(1, log.last + 1)
    at = bisect_left(seqs, start, key=lambda seq: next(log.after(seq - 1, 1)).at)
    last = next(islice(log.after(at - 1), 1), None) if at else None
    return Head(last.seq, last.hash) if last else chain.genesis(log.site)


def _known(outbox: Outbox, name: str) -> ReceiverRow:
    found = outbox.receiver(name)
    if not found:
        raise DeliveryError("no-receiver", name=name)
    return found


def _text(outbox: Outbox) -> str:
    rows = outbox.receivers()
    if not rows:
        return "没有接收方 / no receivers"
    lines = text_table([HEADINGS, *(_row(outbox, row) for row in rows)], columns_of(len(HEADINGS), 0, 4, 5))
    for row in rows:
        for each in outbox.messages(row.name, "dead", DEAD_LISTED):
            lines.append(f"  {row.name} {each.seq} {each.kind} {each.subject}: {each.detail}")
    return "\n".join(lines)


def _row(outbox: Outbox, row: ReceiverRow) -> tuple[str, ...]:
    backlog = outbox.backlog(row.name)
    state = "已暂停 paused" if row.paused else "正常 well"
    if row.trouble:
        state = f"{'已暂停 paused; ' if row.paused else ''}{row.trouble} ({_instant(row.since)})"
    oldest = str(backlog.oldest) if backlog.oldest else "-"
    return row.name, str(backlog.waiting), oldest, str(backlog.dead), _instant(row.sent), state


def _instant(at: Micros) -> str:
    return datetime.fromtimestamp(at / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else "-"


def _json(outbox: Outbox) -> str:
    import msgspec

    found = [
        {
            "receiver": row.name,
            "told_to": row.head.seq,
            **outbox.backlog(row.name)._asdict(),
            "paused": row.paused,
            "last_success": _instant(row.sent),
            "trouble": row.trouble,
            "since": _instant(row.since),
            "given_up": [
                {
                    "seq": each.seq,
                    "id": each.id,
                    "kind": each.kind,
                    "subject": each.subject,
                    "detail": each.detail,
                }
                for each in outbox.messages(row.name, "dead", DEAD_LISTED)
            ],
        }
        for row in outbox.receivers()
    ]
    return for_json(msgspec.json.encode(found).decode())
