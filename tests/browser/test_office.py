"""The office in Chromium: what a stranger gets, signing in and out, and that nothing leaves the host."""

import http.client
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from caller.identity.accounts import Account
from display.office.pages import PAGES, pages_for
from tests.browser.test_access import RULES
from tests.instruments.browser import OpenPage, Watched
from tests.instruments.office_hall import NEW_SECRET, NEWCOMER, PEOPLE, SECRET, OfficeHall, sign_in

SIZES = ((1366, 768), (1280, 800))


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    running = OfficeHall(tmp_path_factory.mktemp("office")).start()
    yield running
    running.close()


def asked(
    hall: OfficeHall, method: str, path: str, body: str = "", **headers: str
) -> http.client.HTTPResponse:
    line = http.client.HTTPConnection(urlsplit(hall.address).netloc, timeout=20)
    line.request(method, path, body or None, {name.replace("_", "-"): text for name, text in headers.items()})
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer


def says(page: Page, words: str) -> None:
    expect(page.locator("[role=alert]")).to_contain_text(words)


# --- a stranger


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_a_stranger_is_led_to_the_sign_in(hall: OfficeHall, page: object) -> None:
    id = page.id  # type: ignore[attr-defined]
    answer = asked(hall, "GET", f"/{id}", Cookie="hallcall-office-1=abcdefghijklmnopqrstuv")
    assert (answer.status, answer.headers["location"]) == (303, f"/sign-in?next=/{id}&why=")


@pytest.mark.parametrize(
    "path", ["/_nicegui/3.18.0/static/nicegui.js", "/_nicegui_ws/socket.io/?EIO=4&transport=polling"]
)
def test_no_part_of_the_pages_goes_to_a_stranger(hall: OfficeHall, path: str) -> None:
    assert asked(hall, "GET", path).status == 401


def test_the_websocket_of_the_pages_is_for_a_session_only(hall: OfficeHall) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
    key = {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": hall.address}
    answer = asked(hall, "GET", "/_nicegui_ws/socket.io/?EIO=4&transport=websocket", **upgrade, **key)
    assert answer.status == 403


@pytest.mark.parametrize("origin", ["", "http://127.0.0.1:9301", "http://example.org"])
def test_another_origin_signs_nobody_in(hall: OfficeHall, origin: str) -> None:
    body = f"staff=1001&secret={SECRET}"
    headers = {"Origin": origin} if origin else {}
    assert asked(hall, "POST", "/sign-in", body, **headers).status == 403


def test_twin_our_own_origin_does(hall: OfficeHall) -> None:
    answer = asked(hall, "POST", "/sign-in", f"staff=1001&secret={SECRET}", Origin=hall.address)
    assert answer.status == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_the_sign_in_has_no_script_and_leads_nowhere_else(hall: OfficeHall) -> None:
    answer = asked(hall, "GET", "/sign-in?next=//example.org/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    answer = asked(
        hall, "POST", "/sign-in", f"staff=1001&secret={SECRET}&next=//example.org/", Origin=hall.address
    )
    assert answer.headers["location"] == "/"


# --- signing in and out


def test_a_manager_changes_the_first_password_and_comes_in(hall: OfficeHall, open_page: OpenPage) -> None:
    page = open_page(hall.address, 1366, 768)
    page.locator("input[name=staff]").fill(NEWCOMER)
    page.locator("input[name=secret]").fill("not-the-password")
    page.keyboard.press("Enter")
    says(page, "工号或口令不对")
    assert page.locator("input[name=staff]").input_value() == NEWCOMER
    page.locator("input[name=secret]").fill(SECRET)
    page.keyboard.press("Enter")
    says(page, "第一次登录要先改口令")
    for name, text in (("secret", SECRET), ("new", NEW_SECRET), ("again", "another")):
        page.locator(f"input[name={name}]").fill(text)
    page.keyboard.press("Enter")
    says(page, "两次输入的新口令不同")
    for name, text in (("secret", SECRET), ("new", NEW_SECRET), ("again", NEW_SECRET)):
        page.locator(f"input[name={name}]").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("实时")
    assert NEW_SECRET not in page.content()
    page.get_by_role("button", name="退出").click()
    expect(page.locator("input[name=secret]")).to_be_visible()
    page.goto(f"{hall.address}/live")
    expect(page.locator("input[name=secret]")).to_be_visible()


def test_a_session_outlives_the_office_process_but_not_the_account(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    hall.store.add(Account("1020", roles=("manager",)), SECRET, hall.act("account-added", "1020"))
    page = open_page(f"{hall.address}/sign-in?next=/live", 1366, 768)
    sign_in(page, "1020")
    port = int(hall.address.rpartition(":")[2])
    assert hall.office
    hall.office.stop()
    hall.start_office(port)
    page.goto(f"{hall.address}/live")
    expect(page.locator(".person")).to_contain_text("1020")
    hall.store.change("1020", hall.act("account-disabled", "1020"), disabled=True)
    says(page, "账户已停用或更改")
    assert urlsplit(page.url).path == "/sign-in"
    page.goto(f"{hall.address}/live")
    expect(page.locator("input[name=secret]")).to_be_visible()


def test_a_clerk_has_no_role_here(hall: OfficeHall, open_page: OpenPage) -> None:
    page = open_page(hall.address, 1366, 768)
    page.locator("input[name=staff]").fill("1003")
    page.locator("input[name=secret]").fill(SECRET)
    page.keyboard.press("Enter")
    says(page, "角色")


@pytest.mark.parametrize("staff", ["1001", "1005", "1006", "1009"])
def test_each_role_sees_its_pages_and_no_other(hall: OfficeHall, open_page: OpenPage, staff: str) -> None:
    page = open_page(hall.address, 1366, 768)
    sign_in(page, staff)
    own = [each.id for each in pages_for(frozenset(PEOPLE[staff]))]
    shown = page.locator("nav a").evaluate_all("all => all.map((each) => each.getAttribute('href').slice(1))")
    assert shown == own
    for other in {each.id for each in PAGES} - set(own):
        page.goto(f"{hall.address}/{other}")
        expect(page.locator(".empty")).to_contain_text("不能打开这一页")


def test_the_language_is_kept(hall: OfficeHall, open_page: OpenPage) -> None:
    page = open_page(hall.address, 1366, 768, alone=True)
    page.get_by_role("link", name="English").click()
    expect(page.locator("h1")).to_have_text("Office")
    sign_in(page, "1001")
    expect(page.locator("h1")).to_have_text("Live")
    assert page.locator("html").get_attribute("lang") == "en-US"
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text("实时")


# --- every page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("id", [page.id for page in PAGES])
def test_axe_finds_nothing_and_nothing_is_cut(
    hall: OfficeHall, open_page: OpenPage, watched: Watched, id: str, lang: str
) -> None:
    page = open_page(f"{hall.address}/lang?to={lang}&back=/sign-in", 1366, 768, alone=True)
    sign_in(page, "1006" if id == "stations" else "1001")
    page.goto(f"{hall.address}/{id}")
    expect(page.locator("h1")).to_be_visible()
    found = Axe().run(page, options={"runOnly": RULES["runOnly"]})
    assert found.violations_count == 0, found.generate_report()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert watched.errors == []
    assert watched.outside == []


def test_twin_a_fault_of_contrast_is_found(hall: OfficeHall, open_page: OpenPage) -> None:
    page = open_page(hall.address, 1366, 768)
    page.locator("label").first.evaluate("each => each.style.setProperty('color', '#ddd')")
    assert Axe().run(page, options={"runOnly": RULES["runOnly"]}).violations_count > 0


def test_the_sign_in_is_clean(hall: OfficeHall, open_page: OpenPage) -> None:
    page = open_page(hall.address, 1280, 800)
    found = Axe().run(page, options={"runOnly": RULES["runOnly"]})
    assert found.violations_count == 0, found.generate_report()


def test_the_process_says_no_secret(hall: OfficeHall) -> None:
    assert hall.office
    log = hall.office.text()
    assert re.search(r"office ready http://127\.0\.0\.1:\d+", log)
    assert SECRET not in log
