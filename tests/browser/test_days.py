"""Each role's day in one hall, as one story, in pictures of every size: guide, clerk, manager, technician, supervisor.

A campaign: run it with `HALLCALL_PICTURES_TO=FOLDER pytest -m campaign tests/browser/test_days.py`, and look at what lies in
the folder. Everything is done by keyboard; axe looks at each page as it stands in the story.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.reports.audit import AuditFilter, read_audit
from tests.browser.test_access import RULES
from tests.instruments.browser import OpenPage, axe_finds, still
from tests.instruments.office_hall import OfficeHall, sign_in
from tests.instruments.running_hall import Process, comes_to, until

pytestmark = pytest.mark.campaign
PICTURES = os.environ.get("HALLCALL_PICTURES_TO", "")
SIZES = ((1280, 800), (1366, 768), (390, 844))
WINDOW, OTHER = "16", "12"
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    """Caller, office and web of the county hall, with accounts."""
    running = OfficeHall(tmp_path_factory.mktemp("days"), "county").start()
    running._enrol(("web", "web"), ("guide", "g1"), ("window", WINDOW), ("supervisor", "s1"))
    running.web = running.start_web()
    yield running
    running.close()


def looked_at(page: Page, role: str, step: str, sizes: tuple[tuple[int, int], ...] = SIZES) -> None:
    """Keep a picture at each size; axe finds nothing, and nothing is wider than the screen."""
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        still(page)
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"day-{role}-{step}-{width}.png")
        comes_to(lambda: page.evaluate(FITS), True, (role, step, width))
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    found = axe_finds(page, {"runOnly": RULES["runOnly"]})
    assert found.violations_count == 0, found.generate_report()


def office(hall: OfficeHall, open_page: OpenPage, id: str, staff: str) -> Page:
    page = open_page(f"{hall.address}/sign-in?next=/{id}", *SIZES[0])
    sign_in(page, staff)
    expect(page.locator("h1")).to_be_visible()
    return page


def queue_of(hall: OfficeHall, window: str) -> str:
    return next(each.queues[0] for each in hall.settings.windows if each.id == window)


def guide_issues(hall: OfficeHall, open_page: OpenPage) -> str:
    """Issue a number for somebody to be fetched, who leaves a phone number; return it."""
    queue = queue_of(hall, WINDOW)
    item = next(each for each in hall.settings.items if each.queue == queue and not each.days)
    guide = open_page(hall.page("/guide", "guide", "g1"), *SIZES[0])
    expect(guide.locator("#windows .row").first).to_be_visible()
    guide.keyboard.press("F2")
    guide.locator("#ask input[type=search]").fill(item.name)
    guide.keyboard.press("Enter")
    guide.locator("#ask [name=assistance]").select_option("wheelchair")
    guide.locator("#ask [name=phone]").fill("13812345678")
    guide.locator("#ask form.issue .main").focus()
    guide.keyboard.press("Enter")
    expect(guide.locator("#found .one h2")).to_be_visible()
    expect(guide.locator("#key")).not_to_have_value("")
    number = guide.locator("#key").input_value()
    looked_at(guide, "guide", "issued")
    guide.locator("#key").fill("13812345678")
    guide.keyboard.press("Enter")
    expect(guide.locator("#key")).to_have_value("")
    expect(guide.locator("#found .one h2")).to_contain_text(number)
    return number


def clerk_serves(hall: OfficeHall, open_page: OpenPage, number: str) -> Page:
    """Come, call and serve; a colleague takes the seat in the middle. Return the desk."""
    desk = open_page(hall.page(f"/desk?window={WINDOW}", "window", WINDOW), *SIZES[0])
    expect(desk.locator("#link")).to_have_attribute("data-link", "current")
    looked_at(desk, "clerk", "comes")
    desk.locator("input[name=clerk]").fill("2001")
    desk.keyboard.press("Enter")
    for verb, key in (("next", "Space"), ("start", "s")):
        expect(desk.locator(f'[data-verb="{verb}"]')).to_have_attribute("data-state", "live")
        desk.keyboard.press(key)
    expect(desk.locator("#state")).to_have_text("办理中")
    expect(desk.locator("#about")).to_contain_text("轮椅")
    looked_at(desk, "clerk", "serving")
    desk.keyboard.press("j")
    desk.locator("input[name=relief]").fill("2002")
    looked_at(desk, "clerk", "relieved")
    desk.keyboard.press("Enter")
    expect(desk.locator("#clerk")).to_contain_text("2002")
    expect(desk.locator('[data-verb="finish"]')).to_have_attribute("data-state", "live")
    desk.keyboard.press("f")
    desk.locator("#ask .choice").first.wait_for()
    desk.keyboard.press("1")
    expect(desk.locator("#words")).to_contain_text(f"{number} 号已结束")
    return desk


def manager_widens(hall: OfficeHall, open_page: OpenPage, desk: Page) -> None:
    """Widen the window, which its clerk sees at once."""
    manager = office(hall, open_page, "live", "1001")
    manager.locator("tr").get_by_role("button", name=re.compile(f"^{WINDOW} ")).focus()
    manager.keyboard.press("Enter")
    expect(manager.locator(".detail").get_by_role("button", name="调整队列")).to_be_visible()
    looked_at(manager, "manager", "window")
    manager.locator(".detail").get_by_role("button", name="调整队列").focus()
    manager.keyboard.press("Enter")
    more = queue_of(hall, OTHER)
    manager.locator(".ask").get_by_role("checkbox", name=re.compile(f"^{more} ")).focus()
    manager.keyboard.press("Space")
    manager.locator(".ask").get_by_role("button", name="立即生效").focus()
    manager.keyboard.press("Enter")
    expect(desk.locator("#words")).to_contain_text(f"管理人员加了队列：{more}")
    looked_at(desk, "clerk", "widened")
    lines, _ = read_audit(hall.data, AuditFilter(subject=f"window/{WINDOW}"))
    assert [(each.act, each.by, each.fields) for each in lines] == [("queues-set", "1001", (f"+{more}",))]


def technician_notes(hall: OfficeHall, open_page: OpenPage) -> None:
    """Write into the book."""
    technician = office(hall, open_page, "stations", "1006")
    technician.get_by_role("button", name="记一笔").focus()
    technician.keyboard.press("Enter")
    ask = technician.locator(".ask")
    ask.get_by_label("设备").click()
    expect(technician.get_by_role("option").first).to_be_visible()
    still(technician)
    technician.get_by_role("option").first.click()
    ask.get_by_label("说明").fill("切刀不利，已换")
    ask.get_by_role("button", name="写下").focus()
    technician.keyboard.press("Enter")
    expect(technician.locator("tr", has_text="切刀不利")).to_be_visible()
    expect(technician.locator(".q-dialog")).to_have_count(0)
    technician.locator("tr", has_text="切刀不利").scroll_into_view_if_needed()
    looked_at(technician, "technician", "book")


def supervisor_sees(hall: OfficeHall, open_page: OpenPage) -> None:
    """Be called by a silent alarm, and read the wall."""
    hall.send(desk_cmd.RaiseAlarm(WINDOW))
    wall = open_page(hall.page("/supervise", "supervisor", "s1"), *SIZES[0])
    expect(wall.locator("body")).to_contain_text(f"{WINDOW} 号窗口呼叫管理人员")
    looked_at(wall, "supervisor", "alarm", SIZES[:2])  # a wall hangs on no phone
    seen = office(hall, open_page, "live", "1009")
    expect(seen.locator(".alerts")).to_contain_text(WINDOW)
    looked_at(seen, "supervisor", "office")


def test_a_day_of_the_hall(hall: OfficeHall, open_page: OpenPage) -> None:
    """A guide issues, a clerk serves among colleagues, a manager widens a window, a technician changes paper, a supervisor
    sees it all."""
    assert isinstance(hall.web, Process)
    hall.open(OTHER)
    number = guide_issues(hall, open_page)
    desk = clerk_serves(hall, open_page, number)
    manager_widens(hall, open_page, desk)
    technician_notes(hall, open_page)
    supervisor_sees(hall, open_page)
    hall.send(cmd.CloseDay(expire=True))
    until(lambda: not hall.views["board"]["hall"]["open"], "the day is closed")
    looked_at(desk, "clerk", "goes")
