"""What stands still, as people see it: a suspension, a message to all, lunch; on board, sign and kiosk by a real caller."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.engine.suspension_terms import LiftSuspension, NotifyWaiting, Suspend
from caller.protocol.frames import Done
from config.instants import instant
from config.settings import Settings
from kiosk.faces import clients
from tests.browser.test_calendar import clean, says
from tests.instruments.browser import OpenPage
from tests.instruments.clipped_text import faults
from tests.instruments.hall_in_time import HallInTime, calendar_hall
from tests.instruments.kiosk_fixtures import MILLIS
from tests.instruments.kiosk_pages import KEY, Served, served, told
from tests.instruments.layout_audit import looked_at

DAY = "2026-10-13"  # a Tuesday
SUSPENDED = ("大厅暂停办理：消防警报", "已取的号保留位置")


def with_lunch(settings: Settings) -> Settings:
    return replace(settings, hall=replace(settings.hall, breaks=[("12:00", "13:30")]))


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HallInTime]:
    folder = tmp_path_factory.mktemp("standstill")
    with HallInTime(folder, calendar_hall(folder), DAY, "08:30", without=with_lunch) as running:
        yield running


@pytest.fixture(scope="module")
def kiosk(hall: HallInTime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("kiosk")
    with patch.object(clients, "_now", hall.loop.clock.now), served(folder, hall.settings) as running:
        yield running


def test_what_stands_still_is_told_and_goes_on(
    hall: HallInTime, kiosk: Served, open_page: OpenPage, tmp_path: Path
) -> None:
    hall.move(DAY, "09:30")
    for command in (
        cmd.OpenWindow("1", "1001"),
        *(cmd.TakeTicket(["T001"]) for _ in range(3)),
        cmd.CallNext("1", 1),
    ):
        done(hall, command)
    board, sign = open_page(hall.board(), 1920, 1080), open_page(hall.page("sign?window=1"), 1280, 720)
    face = open_page(f"http://{kiosk.host}/#key={KEY}", 1080, 1920)
    face.wait_for_selector("#kiosk[data-n]", timeout=MILLIS)

    def seen(name: str, on_board: tuple[str, ...], on_sign: str, on_kiosk: tuple[str, ...]) -> None:
        says(board, "body", on_board, name)
        expect(sign.locator("#now"), name).to_contain_text(on_sign)
        told(kiosk, hall.view("kiosk"), "zh")
        says(face, "#kiosk", on_kiosk, name)
        told(kiosk, hall.view("kiosk"), "en")
        face.wait_for_selector("html[lang=en]", timeout=MILLIS)
        for page, found, place in (
            (board, partial(faults, board), "board"),
            (sign, partial(faults, sign), "sign"),
            (face, partial(looked_at, face), "kiosk"),
        ):
            page.screenshot(path=tmp_path / f"{name} {place}.png")
            clean(page, found, tmp_path / f"{name} {place}.png")

    until = instant(DAY, "10:30", "Asia/Shanghai")
    done(hall, Suspend("queue", "system", "A", until))
    seen("queue", ("综合业务暂停办理：业务系统故障，预计 10:30 恢复", "暂停"), "A001", ("请触摸屏幕",))
    done(hall, cmd.FinishService("1", 2))
    expect(sign.locator("#now")).to_contain_text("暂停办理")
    done(hall, LiftSuspension("queue", "A"))
    done(hall, Suspend("hall", "fire"))
    seen("hall", SUSPENDED, "暂停办理", ("暂停办理：消防警报",))
    done(hall, LiftSuspension("hall"))
    done(hall, NotifyWaiting("busy"))
    seen("notice", ("今天办事人数较多", "Many visitors today", "-消防"), "请等候叫号", ("今天办事人数较多",))
    hall.move(DAY, "12:05")
    done(hall, cmd.CloseWindow("1"))
    seen(
        "lunch",
        ("休息到 13:30，可先取号", "休息，13:30 恢复", "-人数较多"),
        "休息，13:30 恢复",
        ("午间休息，13:30",),
    )
    hall.move(DAY, "13:31")
    says(board, "body", ("-休息",), "after lunch")


def done(hall: HallInTime, command: AnyCommand) -> None:
    answer = hall.do(command)
    assert isinstance(answer, Done), answer


def test_twin_a_board_that_ignores_the_suspension_is_seen(hall: HallInTime, open_page: OpenPage) -> None:
    if not hall.view("board")["hall"]["open"]:
        hall.move(DAY, "09:30")
    done(hall, Suspend("hall", "fire"))
    page: Page = open_page(hall.board(), 1920, 1080)
    says(page, "body", SUSPENDED, "suspended")
    page.evaluate(
        "document.querySelectorAll('#calls, #strip, #windows, #queues, #said').forEach((part) => part.remove())"
    )
    with pytest.raises(AssertionError):
        expect(page.locator("body")).to_contain_text("暂停办理", timeout=300)
    done(hall, LiftSuspension("hall"))
