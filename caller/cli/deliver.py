"""`hallcall deliver`: all that follows the log. `hallcall deliveries`: what waits, what failed, and why.

`deliver` runs beside the caller and may be stopped at any time: figures stand still and messages wait, nothing else. Where
it is enrolled (`hallcall enrol deliver deliver`), the office sees that it runs and has it begin again.
`deliveries` needs no other process. Exit code 0; 2 for bad input.
"""

import asyncio
import re
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

from caller.cli.deliveries_listed import in_json, in_words
from caller.cli.enrol import checked_here
from caller.cli.report import staff_names
from caller.client.client import Client, find_token
from caller.client.job_taker import asked_to_restart
from caller.delivery import runner, webhooks
from caller.delivery.notice_senders import StaffSender, keep_secret
from caller.delivery.outbox import DeliveryError, Outbox
from caller.delivery.outbox_tables import ReceiverRow
from caller.delivery.sender import LogFollower
from caller.delivery.trials import trial
from caller.engine.events import DayOpened
from caller.eventlog import LOG_NAME, Head, LogError, Reader, chain
from caller.identity import keys
from config import owner_only
from config.instants import Seconds
from config.owner_only import BadKey
from config.process.options import (
    Unable,
    caller_address,
    caller_option,
    data_option,
    hall_argument,
    json_option,
    settings_of,
    token_option,
)
from config.process.running import begin_again, stop_signals, write_log_lines
from config.reading.province_mapping import BadMapping
from config.settings import Settings

STATION = "deliver"  # the role and the name it is enrolled under
BACKUPS_SECONDS: Seconds = 600.0  # a backup is made at night; who reads of it does so in the morning
REPORTS_SECONDS: Seconds = 30.0  # how soon after closing the report of a day is written
SHARED_VERBS = (
    "pause",
    "resume",
    "retry",
    "skip",
    "replay",
)  # what they change is overwritten on a PC that stands by
SettingName = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")  # of a receiver, and of the file of its secret


@contextmanager
def explained() -> Generator[None]:
    """Print an error of the outbox, the log or a key with its next step, and exit with 2."""
    try:
        yield
    except (DeliveryError, LogError) as error:
        raise Unable(str(error.message)) from error
    except (BadKey, BadMapping) as error:
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
@caller_option
@token_option
def deliver(
    hall: Path, data: Path, reports: Path | None, names: bool, papers: bool, url: str, token: str | None
) -> None:
    """汇总报表数据并向外推送 / keep the records up to date and tell the receivers outside."""
    settings = settings_of(hall)
    owner_only.make_folder(data)
    stop, again = threading.Event(), threading.Event()
    address, secret = caller_address(settings, url), find_token(data, STATION, STATION, token)
    for name in stop_signals():
        signal.signal(name, lambda *_: stop.set())
    write_log_lines("deliver")
    with explained(), runner.only_process(data):
        receivers = runner.senders(settings, data, hall.parent)
        others = [("reports", _reports_of(settings, data, reports, names, papers))] if reports else []
        if settings.staff:
            told = runner.while_calling(data, _backups_of(hall, settings, data, receivers))
            others.append(("backups", told))
        named = ", ".join(["records", *(each.id for each in receivers), *(name for name, _ in others)])
        click.echo(f"deliver ready {named}")
        sys.stdout.flush()
        if secret:
            line = _until_asked(address, secret, stop, again)
            threading.Thread(target=asyncio.run, args=(line,), name="line", daemon=True).start()

        def begin_anew() -> None:
            again.set()
            stop.set()

        runner.run(data, stop, receivers, others, begin_anew)
    if again.is_set():
        begin_again()


async def _until_asked(url: str, token: str, stop: threading.Event, again: threading.Event) -> None:
    """Be seen at the caller until the office asks this process to begin again; then set both events."""
    async with Client(url, token, (f"jobs/{STATION}",), STATION) as client:
        await asked_to_restart(client, STATION, STATION)
        again.set()
        stop.set()


def _reports_of(settings: Settings, data: Path, folder: Path, with_names: bool, papers: bool) -> runner.Round:
    """Return the follower that writes reports into a folder."""
    from caller.reports.scheduled import write_due

    def round(_stop: threading.Event) -> Seconds:
        if (data / LOG_NAME).exists():
            write_due(data, folder, settings, staff_names(data) if with_names else (), papers=papers)
        return REPORTS_SECONDS

    return round


def _backups_of(hall: Path, settings: Settings, data: Path, receivers: list[LogFollower]) -> runner.Round:
    """Return the follower that tells the staff of backups that failed."""
    from caller.probes.setup_probes import backups
    from config.probe import Examined

    staff = [each for each in receivers if isinstance(each, StaffSender)]

    def round(_stop: threading.Event) -> Seconds:
        for found in backups(Examined(hall, settings, data, "", runner.clock())):
            for each in staff:
                english = each.receiver.language == "en"
                each.tell_backup(found.code, found.message.en if english else found.message.zh)
        return BACKUPS_SECONDS

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
            click.echo(in_json(outbox) if as_json else in_words(outbox))
    elif context.invoked_subcommand in SHARED_VERBS:
        checked_here(data)


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
        if _known(outbox, receiver).persons:
            raise Unable(
                f"{receiver} 通知的是人，不重复通知 / {receiver} tells persons, who are not told twice"
            )
        outbox.rewind(receiver, head)
        count = log.last - head.seq
    click.echo(f"{receiver} 将重推 {count} 条事件 / {count} events are gone through again")


@deliveries.command()
@click.argument("receiver")
@click.option(
    "--new", is_flag=True, help="换新密钥，旧的 7 天内仍并用 / the next one; the old signs along for 7 days"
)
@click.option(
    "--set",
    "given",
    is_flag=True,
    help="从标准输入读入网关、邮箱、省平台给的口令，即 {secret} / read the password that a gateway, mail or province gave",
)
@click.pass_obj
def secret(data: Path, receiver: str, new: bool, given: bool) -> None:
    """接收方核对签名用的密钥，或 --set 存入口令 / the secret with which the receiver checks signatures."""
    if given:
        text = sys.stdin.readline().strip()
        if not text or not SettingName.fullmatch(receiver):
            raise Unable("没有读到口令，什么都没有改 / No password came; nothing was changed")
        try:
            keep_secret(data, receiver, text)
        except OSError as error:
            raise Unable(f"存不下：{error} / cannot be kept: {error}") from error
        click.echo(f"{receiver} 的口令已存 / kept")
        return
    with explained(), Outbox(data) as outbox:
        row = _known(outbox, receiver)
        generation = outbox.renew_secret(receiver, runner.clock()) if new else row.secret
        key = keys.keys_of(data, webhooks.PURPOSE)[0].secret
    click.echo(webhooks.written(webhooks.secret(key, receiver, generation)))


@deliveries.command("sm2-key")
@click.argument("receiver")
@click.pass_obj
def sm2_key(data: Path, receiver: str) -> None:
    """本厅给省平台的 SM2 公钥，没有则生成 / this hall's public key for a province, made if there is none."""
    from caller.delivery.sm2_envelope import make_key

    if not SettingName.fullmatch(receiver):
        raise Unable(f"没有接收方 {receiver} / There is no receiver {receiver}")
    with explained():
        click.echo(make_key(data, receiver))


@deliveries.command()
@hall_argument
@click.argument("receiver")
@click.option("--phone", default="", help="试发短信的手机号 / the phone to which a gateway sends a trial")
@click.pass_obj
def test(data: Path, hall: Path, receiver: str, phone: str) -> None:
    """现在推送一条测试消息 / send one test message now."""
    settings = settings_of(hall)
    with explained():
        answer = trial(settings, data, receiver, phone)
    if answer is None:
        raise Unable(
            f"{hall} 里没有可试的接收方 {receiver}（短信网关要给 --phone）\n"
            f"{hall} has no receiver {receiver} to try; a gateway needs --phone"
        )
    if answer.verdict != "taken":
        raise Unable(f"{receiver} 没有收下：{answer.detail}\n{receiver} did not take it: {answer.detail}")
    click.echo(f"{receiver} 收下了 / took it")


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
