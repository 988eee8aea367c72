"""The office enrols and revokes stations, and suspends, resumes and tells all who wait, in Chromium."""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect
from websockets import Subprotocol
from websockets.sync.client import ClientConnection, connect

from caller.delivery.outbox import Outbox
from caller.delivery.outbox_tables import Delivery
from caller.eventlog import Head
from caller.protocol import frames
from caller.protocol.frames import EnrolCode, Enrolled, Hello
from tests.instruments.browser import OpenPage, still
from tests.instruments.office_hall import OfficeHall, choose_option, sign_in

SIZE = (1366, 768)
SECONDS = 30.0  # a bound


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    running = OfficeHall(tmp_path_factory.mktemp("office")).start()
    yield running
    running.close()


def opened(hall: OfficeHall, open_page: OpenPage, id: str, staff: str = "1001") -> Page:
    page = open_page(f"{hall.address}/sign-in?next=/{id}", *SIZE)
    sign_in(page, staff)
    expect(page.locator("h1")).to_be_visible()
    return page


@contextmanager
def unenrolled(hall: OfficeHall) -> Generator[tuple[ClientConnection, str]]:
    """A screen without a token, and the code that it shows."""
    address = hall.caller.address.replace("http", "ws", 1)
    with connect(address, subprotocols=[Subprotocol(frames.SUBPROTOCOL)], compression=None) as line:
        line.send(frames.encode(Hello("", [], enrol="board/hall")))
        shown = frames.decode_caller(line.recv(timeout=SECONDS))
        assert isinstance(shown, EnrolCode)
        yield line, shown.code


def enrol(page: Page, code: str, role: str, name: str) -> None:
    """Fill the form in, which is open, for a role whose name is typed, and press."""
    form = page.locator(".form")
    form.get_by_label("登记码").fill(code)
    choose_option(page, form.get_by_label("登记为"), role)
    # of a window the name is chosen from a list; its field is there until the office has answered the choice of the role
    form.get_by_label("名称").and_(form.locator("input:visible:not([role=combobox])")).fill(name)
    form.get_by_role("button", name="登记", exact=True).click()


def test_a_manager_enrols_a_screen_by_its_code_and_revokes_it_after_a_question(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "stations")
    page.get_by_role("button", name="登记站点").click()
    enrol(page, "222222", "显示屏", "wall-1")
    expect(page.locator(".q-notification").last).to_contain_text("登记码")
    for again in (False, True):
        with unenrolled(hall) as (line, code):
            enrol(page, f" {code.lower()}", "显示屏", "wall-1")
            made = frames.decode_caller(line.recv(timeout=SECONDS))
            assert isinstance(made, Enrolled)
            assert (made.role, made.station) == ("board", "wall-1")
        expect(
            page.get_by_role("status").filter(has_text="已登记：显示屏 wall-1（127.0.0.1）")
        ).to_be_visible()
        expect(page.locator(".done .warning")).to_have_count(int(again))
        expect(
            page.locator(".form").get_by_label("登记码")
        ).to_be_focused()  # ready for the next: a list would close
    page.locator(".form").get_by_role("button", name="关闭").click()
    row = page.locator("tr", has_text="wall-1")
    row.get_by_role("button").click()
    page.locator(".detail").get_by_role("button", name="撤销登记").click()
    page.locator(".ask").get_by_role("button", name="取消").click()
    expect(page.locator(".ask")).to_have_count(0)
    expect(row).to_have_count(1)
    page.locator(".detail").get_by_role("button", name="撤销登记").click()
    page.locator(".ask").get_by_role("button", name="撤销登记").click()
    expect(row).to_have_count(0)
    page.close()


def test_a_window_is_chosen_from_those_of_the_hall(hall: OfficeHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page, "stations")
    page.get_by_role("button", name="登记站点").click()
    with unenrolled(hall) as (line, code):
        form = page.locator(".form")
        form.get_by_label("登记码").fill(code)
        form.get_by_label("名称").and_(form.locator("input:visible")).click()
        expect(page.get_by_role("option")).to_have_count(len(hall.settings.windows))
        still(page)
        page.get_by_role("option").first.click()
        expect(page.get_by_role("option")).to_have_count(0)
        form.get_by_role("button", name="登记", exact=True).click()
        made = frames.decode_caller(line.recv(timeout=SECONDS))
        assert isinstance(made, Enrolled)
        assert (made.role, made.station) == ("window", hall.settings.windows[0].id)
    page.close()


def test_a_supervisor_is_offered_neither_and_no_person_revokes_this_office(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    for staff, may in (("1009", False), ("1001", True)):
        page = opened(hall, open_page, "stations", staff)
        expect(page.get_by_role("button", name="登记站点")).to_have_count(int(may))
        for name in ("m1", "office"):
            page.locator("tr", has_text=name).first.get_by_role("button").click()
            detail = page.locator(".detail")
            expect(detail.locator("h2")).to_contain_text(name)
            offered = detail.get_by_role("button", name="撤销登记")
            expect(offered).to_have_count(int(may and name != "office"))
            detail.get_by_role("button", name="关闭").click()
            expect(detail).to_have_count(0)
        page.close()


def test_a_manager_suspends_a_queue_tells_who_waits_and_goes_on(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "day")
    queue = hall.settings.queues[0]
    before = len(hall.fresh("kiosk").get("said", []))  # what the whole hall is told may still stand
    page.get_by_role("button", name="暂停办理").click()
    ask = page.locator(".ask")
    choose_option(page, ask.get_by_label("暂停什么"), f"{queue.id} {queue.name}")
    choose_option(page, ask.get_by_label("原因"), "网络故障", exact=False)
    ask.get_by_label("预计恢复时间").fill("23:58")
    ask.get_by_role("button", name="暂停办理").click()
    line = page.locator(".alert.suspended")
    expect(line).to_contain_text(f"{queue.id} {queue.name} · 网络故障")
    expect(line).to_contain_text("预计 23:58 恢复")
    (document,) = hall.fresh("kiosk")["suspended"]
    assert (document["scope"], document["id"], document["reason"]) == ("queue", queue.id, "网络故障")
    page.get_by_role("button", name="通知等候的人").click()
    ask.get_by_label("显示多少分钟").fill("30")
    ask.get_by_role("button", name="通知等候的人").click()
    expect(page.locator(".alert.message")).to_have_count(before + 1)
    expect(page.locator(".alert.message").last).to_contain_text("今天办事人数较多")
    assert len(hall.fresh("kiosk")["said"]) == before + 2
    line.get_by_role("button", name="恢复办理").click()
    expect(line).to_have_count(0)
    expect(page.locator(".alert.message")).to_have_count(before + 1)
    assert "suspended" not in hall.fresh("kiosk")
    page.close()


def test_what_concerns_the_whole_hall_is_done_where_the_manager_looks(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    """On the live page: a message to all who wait, longer hours, a suspension and its end; who only looks has none of it."""
    page = opened(hall, open_page, "live")
    page.get_by_role("button", name="延时").click()
    ask = page.locator(".ask")
    ask.get_by_label("时间").fill("19:30")
    ask.get_by_role("button", name="延时").click()
    expect(page.locator(".q-notification").last).to_contain_text("已延到 19:30")
    page.get_by_role("button", name="通知等候的人").click()
    ask.get_by_role("button", name="通知等候的人").click()
    expect(page.locator(".alert.message")).not_to_have_count(0)
    page.get_by_role("button", name="暂停办理").click()
    ask.get_by_role("button", name="暂停办理").click()
    line = page.locator(".alert.suspended")
    expect(line).to_contain_text("大厅")
    other = opened(hall, open_page, "live", "1009")
    expect(other.locator(".alert.suspended")).to_contain_text("大厅")
    for verb in ("恢复办理", "暂停办理", "通知等候的人", "停止取号", "延时"):
        expect(other.get_by_role("button", name=verb, exact=True)).to_have_count(
            0
        )  # an alarm has such words in it
    other.close()
    page.locator(".alerts").get_by_role("button", name="大厅暂停办理").click()  # leads to where it is resumed
    expect(page).to_have_url(re.compile(r"/day$"))
    page.locator(".alert.suspended").get_by_role("button", name="恢复办理").click()
    expect(page.locator(".alert.suspended")).to_have_count(0)
    page.goto(f"{hall.address}/live")
    expect(page.get_by_role("button", name="停止取号")).to_be_visible()
    page.close()


def test_the_whole_hall_is_suspended_and_a_supervisor_only_sees_it(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "day")
    page.get_by_role("button", name="暂停办理").click()
    page.locator(".ask").get_by_role("button", name="暂停办理").click()
    expect(page.locator(".alert.suspended")).to_contain_text("大厅")
    expect(page.locator(".facts").first).to_contain_text("暂停办理")  # the phase of the day
    other = opened(hall, open_page, "day", "1009")
    expect(other.locator(".alert.suspended")).to_contain_text("大厅")
    expect(other.get_by_role("button", name="恢复办理")).to_have_count(0)
    expect(other.get_by_role("button", name="暂停办理")).to_have_count(0)
    other.close()
    page.get_by_role("button", name="恢复办理").click()
    expect(page.locator(".alert.suspended")).to_have_count(0)
    page.close()


def test_a_manager_sees_what_was_given_up_pauses_the_receiver_and_skips_it(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    message = Delivery("city", 1, "id-1", b"1", "ticket/1", "TicketCalled", "{}")
    with Outbox(hall.data) as outbox:
        outbox.begin("city", hall.settings.hall.site, Head(1, b"1"))
        outbox.add("city", Head(1, b"1"), [message])
        outbox.dead(message, "HTTP 400", 1_790_000_000_000_000)
    page = open_page(f"{hall.address}/deliveries", 1366, 768, alone=True)
    sign_in(page, "1001")
    expect(page.locator(".later")).to_contain_text("hallcall deliver")
    opens = page.get_by_role("button", name="city", exact=True)
    for verb, done in (("暂停", "已暂停"), ("跳过", "已跳过")):
        opens.click()
        page.get_by_role("button", name=verb, exact=True).click()
        expect(page.get_by_text(done).first).to_be_visible()
        expect(page.locator(".q-dialog")).to_have_count(0)
    with Outbox(hall.data) as outbox:
        found = outbox.receiver("city")
        assert found
        assert found.paused
        assert outbox.backlog("city").dead == 0
    page.close()
