"""What a clerk's page says of suspensions and of the end of the day, from a real caller at the time of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import ViewportSize, expect

from caller.engine import commands as cmd
from caller.engine.suspension_terms import LiftSuspension, Suspend
from config.instants import instant
from tests.browser.test_standstill import DAY, done
from tests.instruments.browser import OpenPage
from tests.instruments.hall_in_time import HallInTime, calendar_hall

STRIP: ViewportSize = {"width": 400, "height": 160}


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HallInTime]:
    folder = tmp_path_factory.mktemp("desk-standstill")
    with HallInTime(folder, calendar_hall(folder), DAY, "08:30") as running:
        running.move(DAY, "16:00")  # it opens the day
        yield running


def test_the_desk_says_what_is_suspended_and_what_becomes_of_who_waits_at_closing_time(
    hall: HallInTime, open_page: OpenPage
) -> None:
    done(hall, cmd.OpenWindow("1", "1001"))
    for command in (cmd.TakeTicket(["T001"]), cmd.TakeTicket(["T001"]), cmd.CallNext("1", 1)):
        done(hall, command)
    page = open_page(hall.desk("1"), 1366, 768)
    told = page.locator("#standstill p")
    expect(page.locator("#state")).not_to_be_empty()
    expect(told).to_have_count(0)
    done(hall, Suspend("queue", "system", "A", instant(DAY, "16:40", "Asia/Shanghai")))
    done(hall, Suspend("hall", "fire"))
    expect(told).to_have_text(
        ["A 综合业务暂停办理：业务系统故障，预计 16:40 恢复；大厅暂停办理：消防警报，请听从指挥有序离开"]
    )
    done(hall, LiftSuspension("hall"))
    expect(told).to_have_text(["A 综合业务暂停办理：业务系统故障，预计 16:40 恢复"])
    hall.move(DAY, "16:50")
    expect(told).to_have_count(2)
    closing = hall.view("window/1")["closing"]
    expect(told.first).to_have_text(closing["zh"])
    page.locator("#language").click()
    expect(told.first).to_have_text(closing["en"])
    expect(told.last).to_contain_text("is suspended: The system is down, expected until 16:40")
    page.set_viewport_size(STRIP)
    expect(told.first).to_be_hidden()  # there is room for the number alone
    page.set_viewport_size({"width": 1366, "height": 768})
    done(hall, LiftSuspension("queue", "A"))
    expect(told).to_have_text([hall.view("window/1")["closing"]["en"]])
    expect(told).to_contain_text("1 still wait")
    done(hall, cmd.ExtendHours(instant(DAY, "18:00", "Asia/Shanghai")))
    expect(told).to_have_count(0)  # closing time is far again
    page.close()
