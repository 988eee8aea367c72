"""Taking a number and booking on a phone: from the code on the board to the live page, and from an item to a calendar."""

import io
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, Route, expect

from caller.identity.keys import CODE_OF_THE_MINUTE
from tests.instruments.browser import OpenPage
from tests.instruments.phone_hall import SETTINGS, TEXTING, PhoneHall, id_number
from tests.instruments.running_hall import comes_to, until

FIRST_LOAD_BYTES_MAX = 60_000
SMALL = (320, 568)


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneHall]:
    running = PhoneHall(tmp_path_factory.mktemp("phone-pages"), settings=SETTINGS + TEXTING)
    running.start()
    yield running
    running.close()


def wide(page: Page) -> int:
    """By how many pixels the page is wider than the phone, with the type twice as large."""
    page.evaluate("document.documentElement.style.fontSize = '34px'; dispatchEvent(new Event('resize'))")
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.evaluate("document.documentElement.style.fontSize = ''")
    return over


UNHEARD = {"none", "generic", "StaticText", "InlineTextBox", "LineBreak", "RootWebArea", "ListMarker"}


def tree(page: Page) -> list[str]:
    """The accessibility tree as Chromium hands it to a screen reader, in the order in which it is read: role, name, and what
    is said besides."""
    tool = page.context.new_cdp_session(page)
    nodes = tool.send("Accessibility.getFullAXTree")["nodes"]
    tool.detach()
    by_id = {node["nodeId"]: node for node in nodes}

    def walked(node: dict[str, Any]) -> list[str]:
        role = "" if node["ignored"] else node["role"]["value"]
        facts = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
        more = [f"{key}={facts[key]}" for key in ("level", "live", "focused", "disabled") if facts.get(key)]
        own = (
            [" ".join([role, node.get("name", {}).get("value", ""), *more])]
            if role and role not in UNHEARD
            else []
        )
        return own + [line for id in node.get("childIds", []) if id in by_id for line in walked(by_id[id])]

    return walked(nodes[0])


def at(page: Page, *read: str) -> None:
    """Wait until a reader stands at the last of these lines and has them in this order."""

    def found() -> bool:
        lines = iter(tree(page))
        return all(any(re.fullmatch(wanted, line) for line in lines) for wanted in read)

    until(found, f"{read} in order, not {tree(page)[:40]}")


def test_the_boards_code_leads_a_phone_to_its_number(hall: PhoneHall, open_page: OpenPage):
    board = open_page(hall.page("/board", "board", "b1"), 1920, 1080)
    shown = board.locator("#take-code")
    expect(shown).to_have_js_property("complete", True)
    expect(shown).to_be_visible()

    def read() -> str:
        found = zxingcpp.read_barcodes(Image.open(io.BytesIO(shown.screenshot())))
        return found[0].text if found else ""

    address = until(read, "the board's code is read")
    code = re.search(rf"/take\?code=({CODE_OF_THE_MINUTE})$", address)
    assert code, address
    board.close()
    phone = open_page(f"{hall.web.address}/take?code={code[1]}", *SMALL)
    phone.locator(".choices a").first.click()
    expect(phone.locator(".back")).to_be_visible()
    phone.locator(".choices a").first.click()
    expect(phone.locator(".guide article h2")).to_be_visible()
    expect(phone.locator("#told")).to_be_hidden()
    assert wide(phone) <= 0
    phone.locator('[data-act="take.take"]').click()
    expect(phone.locator(".card .number")).to_have_text(re.compile(r"[A-Z]\d{3}"))
    phone.close()


def test_a_life_event_is_one_number_and_the_phone_says_where_it_goes_on(hall: PhoneHall, open_page: OpenPage):
    phone = open_page(f"{hall.web.address}/take?code={hall.code()}", *SMALL)
    phone.locator(".choices a", has_text="置业安家").click()
    phone.locator('[data-act="take.together"]').click()
    expect(phone.locator(".basket")).to_contain_text(re.compile(r"已选 5 项：.*、不动产登记"))
    papers = phone.locator(".guide .together li")
    expect(papers.first).to_be_visible()
    told = papers.all_inner_texts()
    still_asked = phone.locator(".guide article:not(.together) li", has_text=told[0])
    expect(still_asked).to_have_count(0)
    assert len(told) == len(set(told)) > 3
    assert wide(phone) <= 0
    phone.locator('[data-act="take.several"]').click()
    expect(phone.locator(".card .number")).to_have_text(re.compile(r"[A-Z]\d{3}"))
    expect(phone.locator("#then li")).to_have_count(2)
    assert wide(phone) <= 0
    phone.close()


def test_a_phone_finds_by_letters_and_a_code_that_is_over_says_to_scan_again(
    hall: PhoneHall, open_page: OpenPage
):
    phone = open_page(f"{hall.web.address}/take?code={hall.code(5)}", *SMALL)
    expect(phone.locator("#told [role=alert]")).to_contain_text("再扫")
    phone.locator("#search").fill("kydj")
    expect(phone.locator(".choices b")).to_have_text(["开业登记"])
    phone.locator(".choices a").click()
    expect(phone.locator(".guide article h2")).to_be_visible()
    expect(phone.locator('[data-act="take.take"]')).to_be_disabled()
    phone.locator("#language").click()
    expect(phone.locator(".case-title")).to_have_text("Number by phone")
    expect(phone.locator("#told [role=alert]")).to_contain_text("Scan the code")
    phone.close()


def test_a_phone_books_sees_the_code_and_gives_it_up(hall: PhoneHall, open_page: OpenPage):
    """By keys alone: who hears the page stands after each step at the heading of what it led to."""
    phone = open_page(f"{hall.web.address}/book", *SMALL)
    phone.locator(".choices a").first.press("Enter")
    at(phone, "heading 预约 level=1", "heading 税务局 level=2 focused=True")
    phone.locator(".choices a").first.press("Enter")
    phone.locator("details[open] .slots .press:enabled").nth(3).press("Enter")
    at(
        phone,
        "heading .+ level=2",
        "heading .*日.* level=3 focused=True",
        "textbox .+",
        "status .*",
        "button .+",
    )
    phone.locator("#number").fill(id_number(77))
    assert wide(phone) <= 0
    phone.locator('[data-act="book.book"]').press("Enter")
    at(phone, "heading 已预约 level=2 focused=True", "image .+", "link .+", "button .+")
    code = phone.url.partition("#")[2]
    assert re.fullmatch(r"\d{8}", code)
    expect(phone.locator(".case-state")).to_have_text("已预约")
    with phone.expect_download() as got:
        phone.locator("a[download]").click()
    assert got.value.suggested_filename == "appointment.ics"
    phone.locator('[data-act="book.cancel"]').click()
    expect(phone.locator('[data-act="book.cancel"]')).to_have_text("再按一次，取消预约")
    phone.locator('[data-act="book.cancel"]').click()
    expect(phone.locator(".case-state")).to_have_text("预约已取消")
    phone.close()


def slow(page: Page, address: str, parts: str) -> list[Route]:
    """Open a page whose `parts` are on their way: the ones that are held until they are let go."""
    held: list[Route] = []
    page.route(re.compile(parts), lambda route: held.append(route))
    page.goto(address, wait_until="commit")
    until(lambda: page.evaluate("true") and held, f"{parts} is asked for")
    return held


@pytest.mark.parametrize("parts", [r"/js/case\.js$", r"/hall\.json$"])
def test_what_is_pressed_before_a_page_listens_cannot_be(hall: PhoneHall, open_page: OpenPage, parts: str):
    """While its script is on its way, and while what the script needs first is: then all is there, and the address as it was."""
    phone = open_page("about:blank", *SMALL)
    held = slow(phone, f"{hall.web.address}/case#12345678", parts)
    expect(phone.locator(".opening")).to_be_visible()
    expect(phone.locator("#code")).to_be_hidden()
    expect(phone.locator("#language")).to_be_hidden()
    held[0].continue_()
    expect(phone.locator("#code")).to_have_value("12345678")
    expect(phone.locator(".opening")).to_have_count(0)
    phone.locator("#language").click()
    expect(phone.locator(".case-title")).to_have_text("How your case goes on")
    phone.close()


def test_twin_a_field_that_is_there_before_its_page_listens_loses_what_is_typed(
    hall: PhoneHall, open_page: OpenPage
):
    phone = open_page("about:blank", *SMALL)
    held = slow(phone, f"{hall.web.address}/case", r"/hall\.json$")
    phone.evaluate("document.querySelector('main').inert = false")
    phone.locator("#code").fill("12345678")
    held[0].continue_()
    expect(phone.locator("#code")).to_have_value("")
    phone.close()


@pytest.mark.parametrize("path", ["/take", "/book"])
def test_the_first_load_is_small(hall: PhoneHall, open_page: OpenPage, path: str):
    phone = open_page("about:blank", *SMALL, alone=True)
    sizes: list[int] = []
    tool = phone.context.new_cdp_session(phone)
    tool.send("Network.enable")
    tool.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    phone.goto(hall.web.address + path)
    expect(phone.locator(".choices a").first).to_be_visible()
    phone.wait_for_load_state("networkidle")
    assert 10_000 < sum(sizes) <= FIRST_LOAD_BYTES_MAX, sizes
    phone.close()


def test_a_phone_number_for_texts_is_left_and_taken_back(hall: PhoneHall, open_page: OpenPage):
    phone, code = "e" * 32, hall.code()
    _, passed = hall.here(phone, code)
    _, given = hall.by_phone(phone, code, passed["passed"], queue="A")
    page = open_page(f"{hall.web.address}/t#{given['key']}", *SMALL)
    box = page.locator("#notify")
    box.locator('[data-act="notify.open"]').click()
    expect(box.locator("p")).to_contain_text("随时可以收回")
    page.evaluate("document.documentElement.style.fontSize = '34px'")
    over = "box => box.scrollWidth - box.clientWidth"
    assert box.evaluate(over) <= 0
    page.evaluate("document.documentElement.style.fontSize = ''")
    box.locator("input").fill("1380")
    box.locator('button[type="submit"]').click()
    expect(box.get_by_role("alert")).to_contain_text("手机号码不对")
    box.locator("input").fill("13800000001")
    box.locator('button[type="submit"]').click()
    expect(box.get_by_role("status")).to_contain_text("0001")
    page.reload()
    expect(box.get_by_role("status")).to_contain_text("0001")
    box.locator('[data-act="notify.back"]').click()
    expect(box.locator('[data-act="notify.open"]')).to_be_visible()
    page.close()


# --- who does not see the page

HEARD = """() => { window.heard = []; for (const id of ["heard", "rung"])
    new MutationObserver(([{ target }]) => target.textContent && window.heard.push(`${id} ${target.textContent}`)).observe(document.getElementById(id), { childList: true }); }"""


def test_who_hears_the_pages_is_led_from_the_code_to_the_window(hall: PhoneHall, open_page: OpenPage):
    """With the keyboard alone: after each step at the heading of what it led to; told in few words how the line moves, and at
    once when called; in English as English."""
    phone = open_page(f"{hall.web.address}/take?code={hall.code()}", 390, 844)
    expect(phone.locator(".choices a").first).to_be_visible()
    expect(phone.locator("#language")).to_have_attribute("lang", "en")
    phone.locator("#language").press("Enter")
    expect(phone.locator("html")).to_have_attribute("lang", "en")
    expect(phone.locator("#language")).to_have_attribute("lang", "zh-CN")
    at(
        phone,
        "banner ",
        "button 中文.*",
        "main ",
        "heading Number by phone level=1",
        "searchbox .+",
        "link Tax Bureau",
        "link Phone 0000-8000",
    )
    phone.get_by_role("link", name="Tax Bureau").press("Enter")
    at(
        phone,
        "heading Number by phone level=1",
        "link .+",
        "heading Tax Bureau level=2 focused=True",
        "link Business opening registration .+",
    )
    phone.get_by_role("link", name="Business opening registration").press("Enter")
    at(
        phone,
        "heading Business opening registration level=2 focused=True",
        "radio Ordinary .+",
        "heading .+ level=3",
        "button Take .+",
    )
    phone.locator('[data-act="take.take"]').press("Enter")
    expect(phone.locator(".card .number")).to_have_text(re.compile(r"[A-Z]\d{3}"))
    phone.evaluate(HEARD)
    at(
        phone,
        "heading My number level=1",
        "status .*live=polite.*",
        "paragraph .*live=assertive.*",
        "button .+",
        "heading .+ level=2",
    )
    number, ticket = (
        phone.locator(".card .number").inner_text(),
        phone.url.partition("#")[2].partition(".")[0],
    )
    phone.locator('[data-act="ticket.cancel"]').press("Enter")
    at(phone, f"dialog .*{number}.*", "button .+ focused=True")
    phone.keyboard.press("Escape")
    at(phone, "button Cancel my number focused=True")
    queue = hall.fresh(f"ticket/{ticket}")["queue"]
    window = next(each.id for each in hall.settings.windows if queue in each.queues)
    hall.open(window)
    while hall.call(window)["number"] != number:
        hall.serve(window)
        hall.finish(window)
    comes_to(lambda: phone.evaluate("window.heard.at(-1) ?? ''").startswith("rung It is your turn"), True)
    [*before, rung] = phone.evaluate("window.heard")
    assert f"{number}" in rung
    assert f"Window {window}" in rung
    assert len(before) == len(set(before)), "the same is not told twice"
    hall.serve(window)
    hall.finish(window)
    at(phone, "status .*", "group .+", "button Very satisfied.*")
    phone.close()


# --- a phone as it is: a slow line, and a clock nobody set

SLOW_LINE = {
    "offline": False,
    "latency": 300,
    "downloadThroughput": 50_000,
    "uploadThroughput": 25_000,
}  # bytes a second: 400 kbit/s
WRONG_CLOCK = """{ const real = Date, behind = 3 * 86_400_000;
    Date = class extends real { constructor(...of) { super(...(of.length ? of : [real.now() - behind])) }
        static now() { return real.now() - behind } } }"""


def test_on_a_slow_line_and_with_a_wrong_clock_a_phone_takes_its_number_is_called_and_rates(
    hall: PhoneHall, open_page: OpenPage
):
    """The whole journey, from the code on the board to the rating, each step waiting for the line it has."""
    phone = open_page("about:blank", 390, 844, alone=True)
    phone.add_init_script(WRONG_CLOCK)
    tool = phone.context.new_cdp_session(phone)
    tool.send("Network.enable")
    tool.send("Network.emulateNetworkConditions", SLOW_LINE)
    phone.goto(f"{hall.web.address}/take?code={hall.code()}")
    assert phone.evaluate("Date.now()") / 1000 < time.time() - 2 * 86_400, "the phone is days behind"
    seen(phone, hall, "slow-1-take", ".choices a")
    phone.locator("#search").fill("kydj")
    expect(phone.locator(".choices b")).to_have_text(["开业登记"])
    phone.locator(".choices a").click()
    seen(phone, hall, "slow-2-guide", ".guide article h2")
    phone.locator('[data-act="take.take"]').click()
    seen(phone, hall, "slow-3-number", ".card .number")
    number, ticket = (
        phone.locator(".card .number").inner_text(),
        phone.url.partition("#")[2].partition(".")[0],
    )
    window = next(
        each.id for each in hall.settings.windows if hall.fresh(f"ticket/{ticket}")["queue"] in each.queues
    )
    hall.open(window)
    while hall.call(window)["number"] != number:
        hall.serve(window)
        hall.finish(window)
    expect(phone.locator("#place")).to_contain_text("轮到您了")
    seen(phone, hall, "slow-4-called", ".card.turn")
    hall.serve(window)
    hall.finish(window)
    expect(phone.locator("#rating")).to_be_visible()
    phone.locator('[data-level="5"]').tap()
    expect(phone.locator("#rating")).to_contain_text("谢谢您的评价")
    until(lambda: hall.fresh("supervise")["ratings"]["5"] == 1, "it is counted")
    seen(phone, hall, "slow-5-rated", "#rating")
    phone.close()


def seen(page: Page, hall: PhoneHall, name: str, what: str) -> None:
    """Wait until it is there, and nothing is wider than the phone; leave a picture."""
    expect(page.locator(what).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.screenshot(path=str(hall.folder / f"{name}.png"))
