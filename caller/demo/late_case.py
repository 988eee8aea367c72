"""A case that has run over, for a scene: how the hall comes to have one, and what follows until it is answered for.

1. A scene takes minutes, and the shortest promise days: so the hall is given a past before its processes start
   (`write_late_case`). No clock is set and nothing is invented in the log: the real engine decides the commands of that earlier day, and they
   are written with the instants they would have had. The hall's own caller goes on from there, finds the case overdue and
   opens its accountability record by itself.
2. The earlier day is opened and closed like any other, so that today is opened as the next one.
3. What follows is played like every step: the red light and its record, the owner's report to the supervisor, the apology
   to the applicant, the finding, the supervisor who closes it (`late`).
"""

import os
import threading
from collections.abc import Iterator
from datetime import timedelta

from caller.client.client import new_id
from caller.demo.scene_steps import SceneHall
from caller.demo.setup import DemoSetup
from caller.engine import commands as cmd
from caller.engine.case_messages import MoveCase, OpenCase
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.eventlog import LOG_NAME, Batch, EventLog, LogError
from config.calendar import Calendar
from config.case_settings import limit_days
from config.instants import MINUTE, Micros, instant, local
from config.settings import Item, Window

LATE_DAYS = 3  # working days by which it has run over
BEGINS = "10:00"  # of that day
HAND, REVIEWER, SUPERVISOR = (
    "2003",
    "2004",
    "2005",
)  # who had it in hand, who looks into it, who closes the record
SAVED_SECONDS = 60.0  # for its rows to be on disk; a bound, not a wait


def write_late_case(setup: DemoSetup, item: Item, window: Window, now: Micros) -> None:
    """Write a day on which a case of this item was accepted, so long ago that it has run over now. Blocks.

    Raises:
        LogError: the log cannot be written.
    """
    settings = setup.settings
    zone, calendar = settings.hall.zone, Calendar(settings)
    days = (limit_days(item.statutory_days, item.promised_days) or 0) + LATE_DAYS
    day = calendar.before_working_days(local(now, zone).date() - timedelta(days=1), days)
    at = instant(day.isoformat(), BEGINS, zone)
    hall, batch = Hall(settings), Batch()
    log = EventLog(setup.data / LOG_NAME, settings.hall.site)
    try:
        for command in _day_of(hall, day.isoformat(), item, window):
            order = CommandEnvelope(new_id(), command, "manager", "demo", random=os.urandom(16))
            events = hall.decide(order, at)
            for event in events:
                hall.apply(event, at, hall.seq + 1)
            log.extend(order, at, events, batch.rows)
            at += MINUTE
        _save(log, batch)
    finally:
        log.close()


def _day_of(hall: Hall, label: str, item: Item, window: Window) -> Iterator[AnyCommand]:
    """Yield the commands of the day; each is decided before the next is asked for."""
    yield cmd.OpenDay(label)
    yield OpenCase(item.id, window.id, staff=HAND)
    (row,) = hall.register.cases.values()
    yield MoveCase(row.id, "take", row.version, staff=HAND, owner=HAND)
    yield cmd.CloseDay(expire=True)


def _save(log: EventLog, batch: Batch) -> None:
    """Write the rows and wait until they are on disk. Raises: LogError."""
    saved, failed = threading.Event(), list[LogError]()

    def settled(_batches: list[Batch], error: LogError | None) -> None:
        failed.extend([error] if error else [])
        saved.set()

    log.start(settled)
    log.write(batch)
    if not saved.wait(SAVED_SECONDS):
        raise LogError("failed", path=log.path, detail="not settled")
    if failed:
        raise failed[0]


# --- the scene


async def late(hall: SceneHall, item: Item) -> None:
    """Play what follows when a case of this item has run over; nothing in a hall that has none."""
    cases = (await hall.look("cases"))["cases"].values()
    found = next((each for each in cases if each["item"] == item.id and each["light"] == "red"), None)
    if found is None:
        return
    number, case = found["number"], found["case"]
    seen = await hall.comes(f"case/{number}", lambda doc: doc["records"])
    id, record = next(iter(seen["records"].items()))
    await hall.show(
        f"超期：{number} 过了承诺日期没有办结，红灯；系统自动开出问责记录 {record['number']}，责任人 {record['clerk']}",
        f"Overdue: {number} has passed its promised date and is red; record {record['number']} of {record['clerk']} opened by itself",
        hall.page("/supervise", "supervisor-demo"),
    )  # fmt: skip
    page = await hall.paper("task-report", case, "task-report-late")
    await hall.show(
        "经办人填写《问题处理报告单》报主管：原因、推迟到哪天，主管签字",
        "The owner reports to the supervisor why, and until when, by a pen on the report",
        page,
    )
    await hall.follow(id, "assign", REVIEWER, owner=REVIEWER)
    await hall.follow(id, "step", REVIEWER, code="apologised")
    await hall.show(
        f"{REVIEWER} 向申请人致歉，记入 {record['number']}",
        f"{REVIEWER} apologises to the applicant, which is noted in {record['number']}",
    )
    await hall.follow(id, "answer", REVIEWER, code="upheld")
    await hall.follow(id, "approve", SUPERVISOR)
    await hall.show(
        f"没有正当理由：{REVIEWER} 查明属实，监督人员 {SUPERVISOR} 凭结论结案",
        f"Without a good reason: {REVIEWER} finds it upheld, supervisor {SUPERVISOR} closes the record with that",
    )
    await hall.move(number, "decide", REVIEWER, decision="granted")
    await hall.move(number, "issue", HAND)
    await hall.move(number, "close", HAND)
    await hall.show(
        f"补办：{number} 准予、出证、归档；报表和台账里它一直是超期件",
        f"Made good: {number} is granted, issued and filed; reports and ledgers keep it as one that ran over",
        hall.page("/supervise", "supervisor-demo"),
    )
