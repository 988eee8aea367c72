"""Uyghur, a sample, in a hall that has turned it on: one visit from the kiosk over the slip and the phone to the board.

Direction, letters, numbers and what falls back to Chinese; in a hall that has not turned it on nobody is offered it.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.test_access import RULES
from tests.instruments.browser import Contexts, OpenPage, axe_finds
from tests.instruments.kiosk_fixtures import MILLIS, KioskHall, PageFace
from tests.instruments.layout_audit import looked_at
from tests.instruments.phone_hall import SETTINGS, PhoneHall
from tests.instruments.running_hall import until

OFFERED = '[hall]\nlanguages = ["zh", "en", "ug"]\n'
LETTERS = re.compile("[\u0600-\u06ff]")
ITEM = ("start", "department:tax", "item:T001", "take", "class:ordinary", "confirm")
# Texts of a page whose signs do not stand in the order of reading: a number or code must run from the left.
TURNED = r"""() => [...document.querySelectorAll('body *')].flatMap((node) => [...node.childNodes])
    .filter((node) => node.nodeType === Node.TEXT_NODE && node.parentElement.checkVisibility())
    .flatMap((node) => [...node.data.matchAll(/[A-Z]?\d[\d:-]*\d/g)].map(({ 0: text, index }) => {
        const at = (place) => { const range = document.createRange(); range.setStart(node, place); range.setEnd(node, place + 1);
            return range.getBoundingClientRect(); };
        const [first, last] = [at(index), at(index + text.length - 1)];
        return first.top === last.top && first.left > last.left ? text : "";
    })).filter(Boolean)"""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneHall]:
    running = PhoneHall(tmp_path_factory.mktemp("third"), settings=SETTINGS)
    running.hall.write_text(running.hall.read_text("utf-8").replace("[hall]\n", OFFERED, 1), "utf-8")
    running.start()
    yield running
    running.close()


def clean(page: Page) -> None:
    """From right to left, nothing beside the glass, codes as they are written, and axe content."""
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("html")).to_have_attribute("lang", "ug-Arab-CN")
    page.wait_for_function(
        "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    until(lambda: page.evaluate(TURNED) == [], "codes and numbers run from the left")
    found = axe_finds(page, RULES)
    assert found.violations_count == 0, found.generate_report()


def test_a_visit_in_uyghur(
    hall: PhoneHall, contexts: Contexts, open_page: OpenPage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    kiosk = KioskHall(hall, tmp_path_factory.mktemp("kiosk"))
    try:
        page = contexts.page({})
        page.set_viewport_size({"width": 1080, "height": 1920})
        page.goto(kiosk.url)
        face = PageFace(page).fresh()
        face.tap("language:ug")
        page.wait_for_selector('html[dir="rtl"]', timeout=MILLIS)
        for target in ITEM[:-1]:
            face.tap(target)
            if target != "start":
                clean(page)
            face.tap("large")
            page.wait_for_selector("html.large", timeout=MILLIS)
            assert not (faults := looked_at(page)), (target, faults)
            face.tap("large")
            page.wait_for_selector("html:not(.large)", timeout=MILLIS)
        face.tap("confirm")
        face.expect("number", "سىزنىڭ نومۇرىڭىز")
        number = face.number()
        until(lambda: kiosk.slips == 1, "the slip is cut")
        clean(page)
        page.close()
        slip = kiosk.model.picture()
    finally:
        kiosk.close()
    phone = phone_of(hall, slip, open_page, number)
    on_board(hall, open_page, phone, number)


def phone_of(hall: PhoneHall, slip: Image.Image, open_page: OpenPage, number: str) -> Page:
    """The page that the slip's code leads to, in Uyghur as the kiosk spoke; at twice the type on a small phone nothing is cut."""
    address = urlsplit(zxingcpp.read_barcodes(slip.convert("L"))[0].text)
    phone = open_page(f"{hall.web.address}/t?{address.query}#{address.fragment}", 390, 844)
    expect(phone.locator(".card .number")).to_have_text(number)
    expect(phone.locator(".card .of")).to_have_text(re.compile("سىزنىڭ نومۇرىڭىز"))
    clean(phone)
    phone.set_viewport_size({"width": 320, "height": 568})
    phone.evaluate("document.documentElement.style.fontSize = '34px'; dispatchEvent(new Event('resize'))")
    clean(phone)
    phone.evaluate("document.documentElement.style.fontSize = ''")
    return phone


def on_board(hall: PhoneHall, open_page: OpenPage, phone: Page, number: str) -> None:
    """Called, it is on the board in both of the hall's first languages, and on the phone in the one that was chosen."""
    window = next(each for each in hall.settings.windows if number[0] in each.queues)
    board = open_page(f"{hall.page('/board?voice=off&lang=ug,zh', 'board', 'b1')}", 1920, 1080)
    hall.open(window.id)
    hall.call(window.id)
    expect(board.locator("#calls .call .number").first).to_have_text(number)
    expect(board.locator("#calls")).to_contain_text(re.compile(rf"{window.id}\u2069?-كۆزنەك"))
    expect(board.locator("#calls .call .second").first).to_contain_text(f"请 {number} 号到")
    clean(board)
    expect(phone.locator(".card.turn .number")).to_have_text(number)
    expect(phone.locator(".card.turn .window")).to_have_text(re.compile("كۆزنەك"))
    clean(phone)


def test_a_phone_chooses_among_the_offered_and_sees_chinese_where_the_hall_has_nothing_else(
    hall: PhoneHall, open_page: OpenPage
) -> None:
    phone = open_page(f"{hall.web.address}/take", 320, 568)
    for following in ("English", "ئۇيغۇرچە"):
        expect(phone.locator("#language")).to_have_text(following)
        phone.locator("#language").click()
    expect(phone.locator("#language")).to_have_text("中文")
    expect(phone.locator("#hall")).to_have_text(hall.settings.hall.name)
    expect(phone.locator(".choices a").first).to_be_visible()
    phone.evaluate("document.documentElement.style.fontSize = '34px'; dispatchEvent(new Event('resize'))")
    clean(phone)
    speaks(phone, f"{hall.web.address}/book", "ug-Arab-CN")
    speaks(
        phone, f"{hall.web.address}/feedback?lang=en", "en"
    )  # the newest choice, as a link in a message makes it
    speaks(phone, f"{hall.web.address}/case", "en")
    speaks(phone, f"{hall.web.address}/take?lang=xx", "zh-CN")  # of which this hall has none: the phone's own
    speaks(phone, f"{hall.web.address}/take", "en")


def speaks(phone: Page, address: str, tag: str) -> None:
    """Wait until the page of an address speaks a language, says so by the button for the next one, and keeps it."""
    phone.goto(address)
    expect(phone.locator("#language")).to_have_text(re.compile("."))
    expect(phone.locator("html")).to_have_attribute("lang", tag)


NOTHING_KEPT = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError'); } })"


def test_where_a_browser_keeps_nothing_the_address_carries_the_language(
    hall: PhoneHall, open_page: OpenPage
) -> None:
    """To the next page by a link, and over a reload; its twin is a link that forgets it."""
    phone = open_page("about:blank", 390, 844)
    phone.add_init_script(NOTHING_KEPT)
    speaks(phone, f"{hall.web.address}/card?window=1&lang=en", "en")
    phone.locator("#language").click()
    expect(phone.locator("html")).to_have_attribute("lang", "ug-Arab-CN")
    expect(phone.locator("#language")).to_have_text("中文")
    phone.reload()
    expect(phone.locator("html")).to_have_attribute("lang", "ug-Arab-CN")
    phone.locator("#feedback").click()
    expect(phone).to_have_url(re.compile(r"/feedback\?window=1&lang=ug$"))
    expect(phone.locator("html")).to_have_attribute("lang", "ug-Arab-CN")
    speaks(phone, f"{hall.web.address}/feedback?window=1", "zh-CN")


def test_twin_a_number_that_is_turned_is_seen(hall: PhoneHall, open_page: OpenPage) -> None:
    phone = open_page(f"{hall.web.address}/take?lang=ug", 390, 844)
    expect(phone.locator("html")).to_have_attribute("dir", "rtl")
    phone.evaluate(
        """() => { const turned = document.createElement("p"); turned.dir = "rtl"; turned.textContent = "\\u202e09:30";
        document.body.append(turned); }"""
    )
    assert phone.evaluate(TURNED) == ["09:30"]
