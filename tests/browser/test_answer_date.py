"""The date of an answer that moved, on the phone of the applicant who waits for it: both dates, why, in both languages,
and that it was told is in the log. A real caller whose clock and calendar the test moves.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from caller.client.client import new_id
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.eventlog import LOG_NAME, Reader
from caller.identity.keys import slip_key
from caller.protocol.frames import Done
from config.calendar import Calendar
from config.reading.reader import read
from config.settings import Rules, Settings
from tests.instruments.browser import OpenPage
from tests.instruments.clipped_text import faults
from tests.instruments.hall_in_time import HOST, HallInTime, calendar_hall
from tests.instruments.running_hall import until

PHONE = (390, 844)
BEGAN = ("2026-09-21", "09:30")
WAS, IS = "2026年9月28日", "2026年9月29日"  # the 25th is a holiday, the 27th a Sunday that stays one


def unknown_holidays(whole: Settings) -> Settings:
    return replace(whole, year_notices=(), rules=replace(Rules(), answer_days=5))


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[HallInTime]:
    with HallInTime(tmp_path, calendar_hall(tmp_path), *BEGAN, without=unknown_holidays) as running:
        yield running


def order(hall: HallInTime, command: AnyCommand) -> dict[str, Any]:
    async def ordered() -> Any:
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        hall.loop.submit(CommandEnvelope(new_id(), command), answered.set_result)
        return await answered

    answer = hall._run(ordered())
    assert isinstance(answer, Done), answer
    return answer.result


def complained(hall: HallInTime) -> str:
    """A visit that has ended, and a complaint about it; the ticket."""
    hall.move("2026-09-21", "09:31")
    order(hall, cmd.OpenWindow("1", "wang"))
    ticket = order(hall, cmd.TakeTicket(queue="A"))["ticket"]
    for verb in (cmd.CallNext, cmd.FinishService):
        order(hall, verb("1", hall.loop.hall.state.windows["1"].version))
    order(hall, cmd.OpenFollowUp(ticket))
    return str(ticket)


def notice_known(hall: HallInTime, clock: str) -> None:
    """The caller learns the notice, as from a bundle that is loaded, and does what is due then."""
    known = replace(hall.settings, year_notices=read(hall.folder / "calendar.toml").year_notices)
    hall.loop.hall.calendar = Calendar(known)
    hall.move("2026-09-21", clock)


def told(hall: HallInTime) -> list[dict[str, Any]]:
    with Reader(hall.folder / LOG_NAME) as log:
        return [row.facts for row in log.after(0, 10_000) if row.event_kind == ev.FollowUpTold.__name__]


def phone(hall: HallInTime, ticket: str, open_page: OpenPage) -> Page:
    key = slip_key(hall.folder).phone_key(ticket)
    port = hall.board().partition("/board")[0].rpartition(":")[2]
    return open_page(f"http://{HOST}:{port}/t#{key}", *PHONE)


def test_a_moved_date_is_told_on_the_phone_and_recorded_with_its_way(
    hall: HallInTime, open_page: OpenPage
) -> None:
    ticket = complained(hall)
    page = phone(hall, ticket, open_page)
    answers = page.locator("#answers")
    expect(answers).to_contain_text(f"我们将在 {WAS} 前")
    expect(answers).to_contain_text("这个日期可能变动")
    expect(answers).not_to_contain_text("答复期限变了")
    notice_known(hall, "10:00")
    expect(answers).to_contain_text(f"答复期限变了：原为 {WAS}，现为 {IS}")
    expect(answers).to_contain_text("该年放假安排已公布")
    until(lambda: told(hall), "the telling is in the log")
    [fact] = told(hall)
    assert (fact["way"], "staff" in fact) == ("page", False)
    assert faults(page) == []
    page.locator("#language").tap()
    expect(answers).to_contain_text("The date has moved: from Sep 28, 2026 to Sep 29, 2026")
    assert faults(page) == []
    page.reload()
    expect(answers).to_contain_text("The date has moved")
    assert len(told(hall)) == 1, "once told is told"


def test_twin_a_page_that_says_nothing_leaves_it_untold(hall: HallInTime, open_page: OpenPage) -> None:
    ticket = complained(hall)
    page = phone(hall, ticket, open_page)
    expect(page.locator("#answers")).to_contain_text(WAS)
    page.evaluate("Object.defineProperty(document, 'visibilityState', { value: 'hidden' })")
    notice_known(hall, "10:00")
    expect(page.locator("#answers")).to_contain_text(IS)
    assert told(hall) == []
    assert hall.view("followups")["followups"].popitem()[1]["told"] == ""
