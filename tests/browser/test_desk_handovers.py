"""What passes from one clerk, number or queue to another at the page desk: seat, visit, two numbers of one person, queues."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.eventlog import LOG_NAME, Reader
from tests.browser.test_access import RULES
from tests.browser.test_desk import desk, live, rewritten, says
from tests.instruments.browser import OpenPage, axe_finds
from tests.instruments.running_hall import REPO, RunningHall, until

DESK, PHONE = (1366, 768), (390, 844)
SEATS = {"relieve": "16", "over": "12", "from": "13", "merge": "19", "queues": "9"}  # each test has its own
PICTURES = os.environ.get("HALLCALL_PICTURES_TO", "")


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("handovers"), REPO / "config/halls/county.toml").start()
    running._enrol(*(("window", id) for id in SEATS.values()))
    yield running
    running.close()


def picture(page: Page, name: str) -> None:
    """Keep a picture to be looked at, where one is wanted."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def clean(page: Page) -> None:
    found = axe_finds(page, {"runOnly": RULES["runOnly"]})
    assert found.violations_count == 0, found.generate_report()


def seated(hall: RunningHall, open_page: OpenPage, window: str, size: tuple[int, int] = DESK) -> Page:
    hall.open(window)
    page = desk(hall, open_page("about:blank", *size), window)
    expect(page.locator("#sign-in")).to_be_hidden()
    return page


def own_queue(hall: RunningHall, window: str) -> str:
    return next(each.queues[0] for each in hall.settings.windows if each.id == window)


def served(hall: RunningHall, window: str) -> dict[str, str]:
    """A visit that is served at a window, whatever waits there of other tests."""
    given = hall.send(cmd.TakeTicket(queue=own_queue(hall, window), window=window))
    hall.verb(cmd.CallTicket, window, ticket=given["ticket"])
    hall.settled(window, "called")
    hall.serve(window)
    return given


def events(hall: RunningHall, kind: str) -> list[dict[str, object]]:
    with Reader(hall.data / LOG_NAME) as reader:
        return [each.facts for each in reader.of_kinds([kind])]


def test_another_clerk_takes_the_seat_in_the_middle_of_a_visit_by_keys(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window = SEATS["relieve"]
    page = seated(hall, open_page, window)
    given = served(hall, window)
    expect(page.locator("#number")).to_have_text(given["number"])
    live(page, "relieve")
    page.keyboard.press("j")
    expect(page.locator("#ask")).to_contain_text(f"{given['number']} 号的接待接着办")
    expect(page.locator("input[name=relief]")).to_be_focused()
    clean(page)
    picture(page, "desk-relieve")
    page.keyboard.type("C777")
    page.keyboard.press("Enter")
    says(page, "本窗口由 C777 接着办")
    expect(page.locator("#clerk")).to_contain_text("C777")
    expect(page.locator("#number")).to_have_text(given["number"])
    live(page, "finish")
    page.keyboard.press("f")
    page.locator("#ask .choice").first.wait_for()
    page.keyboard.press("1")
    says(page, "已结束：即办")
    taken = [each for each in events(hall, "VisitTakenOver") if each["ticket"] == given["ticket"]]
    assert [(each["from_clerk"], each["clerk"]) for each in taken] == [(f"C{window.zfill(3)}", "C777")]


def test_a_visit_of_another_window_goes_on_at_a_free_one(hall: RunningHall, open_page: OpenPage) -> None:
    window, other = SEATS["over"], SEATS["from"]
    hall.open(other)
    given = served(hall, other)
    hall.open(window)
    page = open_page("about:blank", *DESK)
    rewritten(page, ("const BOARD_MS = 3_000", "const BOARD_MS = 600_000"), name="desk-handover")
    desk(hall, page, window)
    live(page, "relieve")
    page.keyboard.press("j")
    choice = page.locator("#ask .choice", has_text=given["number"])
    expect(choice).to_be_visible()
    picture(page, "desk-take-over")
    choice.click()
    says(page, f"已接手：{given['number']}")
    expect(page.locator("#number")).to_have_text(given["number"])
    hall.settled(window, "serving")
    hall.settled(other, "open")
    until(lambda: hall.views["board"]["windows"][window]["number"] == given["number"], "the board shows it")


def test_two_numbers_of_one_person_are_merged_and_the_other_slip_says_so(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window, person = SEATS["merge"], "ab" * 32
    items = [each for each in hall.settings.items if not each.days]
    here = next(each for each in items if each.queue == own_queue(hall, window))
    other = next(each for each in items if each.queue != here.queue)
    earlier = hall.send(cmd.TakeTicket(items=[other.id], person=person))
    page = seated(hall, open_page, window)
    given = hall.send(cmd.TakeTicket(items=[here.id], person=person, window=window))
    hall.verb(cmd.CallTicket, window, ticket=given["ticket"])
    expect(page.locator("#about .other")).to_have_text(f"此人还有 {earlier['number']} 号，按 G 合并")
    live(page, "merge")
    picture(page, "desk-other-number")
    page.keyboard.press("g")
    expect(page.locator("#ask .choice").first).to_contain_text(earlier["number"])
    picture(page, "desk-merge")
    page.keyboard.press("1")
    says(page, f"{earlier['number']} 已并入 {given['number']} 号")
    expect(page.locator("#about .other")).to_have_count(0)
    expect(page.locator("#about .then")).to_contain_text(other.name)  # it goes on at another window
    document = hall.fresh(f"ticket/{earlier['ticket']}")
    assert (document["state"], document["merged"]) == ("merged", given["number"])
    phone = open_page("about:blank", *PHONE)
    phone.goto(f"{hall.web.address.rstrip('/')}/t#{hall.phone_key(earlier['ticket'])}")
    expect(phone.locator("#place")).to_contain_text(f"请以 {given['number']} 号为准")
    picture(phone, "phone-merged")


def test_a_number_that_no_card_knows_is_typed_from_its_slip(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS["merge"]
    page = seated(hall, open_page, window)
    if hall.fresh(f"window/{window}").get("ticket"):  # of another test here
        hall.verb(cmd.FinishService, window)
        hall.settled(window, "open")
    slip = hall.take(own_queue(hall, window))
    given = served(hall, window)
    expect(page.locator("#number")).to_have_text(given["number"])
    live(page, "merge")
    page.keyboard.press("g")
    expect(page.locator("input[name=other-number]")).to_be_focused()
    page.keyboard.type("Z999")
    page.keyboard.press("Enter")
    says(page, "没有这个号")
    live(page, "merge")
    page.keyboard.press("g")
    expect(page.locator("input[name=other-number]")).to_be_focused()
    page.keyboard.type(slip["number"].lower())
    page.keyboard.press("Enter")
    says(page, f"{slip['number']} 已并入 {given['number']} 号")


def test_the_desk_names_the_queues_that_a_manager_changes(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS["queues"]
    page = seated(hall, open_page, window)
    own = own_queue(hall, window)
    more = next(
        each.id for each in hall.settings.queues if each.id not in hall.fresh(f"window/{window}")["queues"]
    )
    hall.send(desk_cmd.SetQueues(window, [own, more]))
    says(page, f"管理人员加了队列：{more}")
    expect(page.locator("#queues")).to_contain_text(more)
    picture(page, "desk-queues-changed")
    hall.send(desk_cmd.SetQueues(window, [own]))
    says(page, f"管理人员减了队列：{more}")
