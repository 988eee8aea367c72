"""The office in Chromium: what a stranger gets, signing in and out, and that nothing leaves the host."""

import http.client
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from caller.eventlog import LOG_NAME, Reader
from caller.eventlog.calling_here import note_address
from caller.identity.accounts import Account
from caller.reports.audit import AuditFilter, read_audit
from display.office.pages import PAGES, pages_for
from display.office.parts import AWAITED
from tests.browser.test_access import RULES
from tests.instruments.browser import OpenPage, Watched, axe_finds, still
from tests.instruments.kiosk_fixtures import MILLIS
from tests.instruments.office_hall import (
    NEW_SECRET,
    NEWCOMER,
    PEOPLE,
    SECRET,
    OfficeHall,
    choose_option,
    sign_in,
)
from tests.instruments.running_hall import DEADLINE, comes_to, until

CHECKS = {"runOnly": RULES["runOnly"]}
SIZES = ((1366, 768), (1280, 800))
PHONE = (390, 844)
UNREACHED = """[...document.querySelectorAll(".rows .q-table__middle")].filter(
  (place) => place.scrollWidth > place.clientWidth + 1 && place.tabIndex < 0).length"""
UNMARKED = (
    "document.querySelectorAll('.rows .q-table__middle').forEach((each) => each.removeAttribute('tabindex'))"
)
FITS = "document.scrollingElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    running = OfficeHall(tmp_path_factory.mktemp("office"), "county").start()
    yield running
    running.close()


def asked(
    hall: OfficeHall, method: str, path: str, body: str = "", **headers: str
) -> http.client.HTTPResponse:
    line = http.client.HTTPConnection(urlsplit(hall.address).netloc, timeout=DEADLINE)
    line.request(method, path, body or None, {name.replace("_", "-"): text for name, text in headers.items()})
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer


def clean(page: Page) -> None:
    """axe finds nothing once what is on its way has arrived."""
    still(page)
    found = axe_finds(page, CHECKS)
    assert found.violations_count == 0, found.generate_report()


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
    expect(page.locator("input[name=staff]")).to_have_value(NEWCOMER)
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
    page.evaluate("window.before = true")
    hall.office.stop()
    hall.start_office(port)
    page.wait_for_function(
        "!window.before", timeout=MILLIS
    )  # it finds the new process and loads itself again
    expect(page.locator(".person")).to_contain_text("1020")
    hall.store.change("1020", hall.act("account-disabled", "1020"), disabled=True)
    says(page, "账户已停用或更改")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.goto(f"{hall.address}/live")
    expect(page.locator("input[name=secret]")).to_be_visible()


AWAY = """() => new Promise((back) => {
  const line = socket.io;
  line.reconnectionDelay(4000); line.reconnectionDelayMax(4000); line.randomizationFactor(0);
  socket.once("connect", () => back(true));
  line.engine.close();
})"""


def test_a_page_that_was_away_for_some_seconds_goes_on_as_it_was(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    """NiceGUI's own bound is three seconds: then the page would load itself again, and what was typed be lost."""
    page = opened(hall, open_page, "accounts")
    page.get_by_role("button", name="新建账户").click()
    form = page.locator(".form")
    form.get_by_label("姓名").fill("钱七")
    page.evaluate("window.before = true")
    page.evaluate(AWAY)
    form.get_by_role("button", name="新建").click()
    expect(page.locator(".q-notification")).to_contain_text("工号")
    expect(form.get_by_label("姓名")).to_have_value("钱七")
    assert page.evaluate("window.before")


def test_a_clerk_has_no_role_here(hall: OfficeHall, open_page: OpenPage) -> None:
    page = open_page(hall.address, 1366, 768)
    page.locator("input[name=staff]").fill("1003")
    page.locator("input[name=secret]").fill(SECRET)
    page.keyboard.press("Enter")
    says(page, "角色")


def signed_in(hall: OfficeHall, staff: str) -> str:
    """The cookie of a person who signs in without a browser."""
    answer = asked(hall, "POST", "/sign-in", f"staff={staff}&secret={SECRET}", Origin=hall.address)
    return answer.headers["set-cookie"].partition(";")[0]


@pytest.mark.parametrize("staff", ["1001", "1005", "1006", "1009"])
def test_each_role_gets_its_pages_and_no_other(hall: OfficeHall, staff: str) -> None:
    cookie, own = signed_in(hall, staff), {each.id for each in pages_for(frozenset(PEOPLE[staff]))}
    for page in PAGES:
        assert ("不能打开这一页" in text_of(hall, f"/{page.id}", cookie)) == (page.id not in own), page.id
    links = re.findall(r'"href":"/([a-z]+)"', text_of(hall, "/", cookie))
    assert [each for each in links if each != "lang"] == [each.id for each in PAGES if each.id in own]


def text_of(hall: OfficeHall, path: str, cookie: str) -> str:
    with urlopen(Request(hall.address + path, headers={"Cookie": cookie}), timeout=DEADLINE) as answer:
        return answer.read().decode()


def test_the_language_is_kept(hall: OfficeHall, open_page: OpenPage) -> None:
    page = open_page(hall.address, 1366, 768, alone=True)
    page.get_by_role("link", name="English").click()
    expect(page.locator("h1")).to_have_text("Office")
    sign_in(page, "1001")
    expect(page.locator("h1")).to_have_text("Live")
    expect(page.locator("html")).to_have_attribute("lang", "en-US")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text("实时")


# --- every page


BAR = """getComputedStyle(document.body.appendChild(
    Object.assign(document.createElement("div"), {id: "q-loading-bar", role: "progressbar"}))).display"""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_axe_finds_nothing_on_any_page_and_nothing_is_cut(
    hall: OfficeHall, open_page: OpenPage, watched: Watched, lang: str
) -> None:
    hall.open("1", "2")
    for queue in ("A", "B"):
        hall.take(queue)
    page = open_page(f"{hall.address}/lang?to={lang}&back=/sign-in", *SIZES[0], alone=True)
    clean(page)
    sign_in(page, "1001")
    for id in (each.id for each in PAGES if "manager" in each.roles):
        page.goto(f"{hall.address}/{id}")
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator(f".sheet .{AWAITED}")).to_have_count(0)
        if lang == "zh":  # what axe looks at is the same in both
            clean(page)
        for width, height in (PHONE, *SIZES):
            page.set_viewport_size({"width": width, "height": height})
            comes_to(lambda: page.evaluate(FITS), True, (id, width))
            comes_to(lambda: page.evaluate(UNREACHED), 0, (id, width))
    comes_to(lambda: page.evaluate(BAR), "none")
    page.set_viewport_size(
        {"width": 390, "height": 844}
    )  # the twin: what scrolls is counted where nothing marks it
    comes_to(lambda: page.evaluate(f"{UNMARKED}; {UNREACHED}") > 0, True)
    assert watched.errors == []
    assert watched.outside == []


def test_twin_a_fault_of_contrast_is_found(hall: OfficeHall, open_page: OpenPage) -> None:
    page = open_page(hall.address, *SIZES[0])
    page.locator("label").first.evaluate("each => each.style.setProperty('color', '#ddd')")
    assert axe_finds(page, CHECKS).violations_count > 0


def test_the_process_says_where_it_listens_and_no_secret(hall: OfficeHall) -> None:
    assert hall.office
    log = hall.office.text()
    assert re.search(r"office ready http://127\.0\.0\.1:\d+", log)
    assert SECRET not in log
    assert not (hall.data / "office-unused").exists()


# --- work


def opened(hall: OfficeHall, open_page: OpenPage, id: str, staff: str = "1001") -> Page:
    page = open_page(f"{hall.address}/sign-in?next=/{id}", *SIZES[0])
    sign_in(page, staff)
    expect(page.locator("h1")).to_be_visible()
    return page


def row(page: Page, words: str) -> Locator:
    return page.locator("tr", has=page.get_by_role("button", name=words, exact=True))


def acts(hall: OfficeHall, subject: str) -> list[tuple[str, str, str]]:
    """What the audit knows of a subject: act, by whom, where."""
    lines, _ = read_audit(hall.data, AuditFilter(subject=subject))
    return [(line.act, line.by, line.place) for line in lines]


def commands(hall: OfficeHall, kind: str) -> list[tuple[str, str, str]]:
    """The role, station and account of the events of a kind, oldest first."""
    with Reader(hall.data / LOG_NAME) as reader:
        return [(each.role, each.station, each.account) for each in reader.of_kinds([kind])]


def test_a_manager_pauses_resumes_and_closes_a_window_by_keyboard_alone(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    hall.open("3")
    page = opened(hall, open_page, "live")
    line = row(page, "3 发票窗口")
    expect(line).to_contain_text("空闲")
    line.get_by_role("button").focus()
    page.keyboard.press("Enter")
    detail = page.locator(".detail")
    expect(detail.get_by_role("button", name="暂停")).to_be_enabled()
    clean(page)
    detail.get_by_role("button", name="暂停").focus()
    page.keyboard.press("Enter")
    ask = page.locator(".ask")
    expect(ask.get_by_role("radio").first).to_be_visible()
    ask.get_by_role("button", name="暂停").focus()
    page.keyboard.press("Enter")
    hall.settled("3", "paused")
    expect(line).to_contain_text("暂停")
    assert commands(hall, "WindowPaused")[-1] == ("office", "office", "1001")
    detail.get_by_role("button", name="恢复").click()
    hall.settled("3", "open")
    detail.get_by_role("button", name="关窗").click()
    page.locator(".ask").get_by_role("button", name="关窗").click()
    hall.settled("3", "closed")
    assert commands(hall, "WindowClosed")[-1] == ("office", "office", "1001")


def test_a_manager_opens_a_floating_window_for_a_clerk(hall: OfficeHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page, "live")
    row(page, "24 机动窗口").click()
    page.locator(".detail").get_by_role("button", name="开窗").click()
    choose_option(page, page.locator(".ask").get_by_label("人员"), "1003 李秀英", exact=False)
    page.locator(".ask").get_by_role("button", name="开窗").click()
    hall.settled("24", "open")
    assert hall.fresh("window/24")["clerk"] == "1003"
    expect(row(page, "24 机动窗口")).to_contain_text("1003")


def test_a_manager_widens_and_narrows_an_open_window_by_keyboard_alone(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "live")
    line = row(page, "2 税务综合窗口")
    line.get_by_role("button").focus()
    hall.open("2")
    expect(line).to_contain_text(
        "空闲"
    )  # an open window stands first: the row has moved, and taken the focus with it
    expect(line.get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    detail = page.locator(".detail")
    detail.get_by_role("button", name="调整队列").focus()
    page.keyboard.press("Enter")
    ask = page.locator(".ask")
    own, more = hall.fresh("window/2")["queues"], ask.get_by_role("checkbox", name=re.compile("^K "))
    expect(more).not_to_be_checked()
    more.focus()
    page.keyboard.press("Space")
    expect(more).to_be_checked()
    found = axe_finds(page, CHECKS, inside=".ask")
    assert found.violations_count == 0, found.generate_report()
    ask.get_by_role("button", name="立即生效").focus()
    page.keyboard.press("Enter")
    expect(detail).to_contain_text(re.compile("办理队列.*K "))
    assert hall.fresh("window/2")["queues"].keys() == {*own, "K"}
    assert acts(hall, "window/2")[-1] == ("queues-set", "1001", "office/office")
    detail.get_by_role("button", name="调整队列").click()
    expect(ask.get_by_role("checkbox", name=re.compile("^K "))).to_be_checked()
    boxes = ask.get_by_role("checkbox")
    for box in [each for each in boxes.all() if each.get_attribute("aria-checked") == "true"]:
        box.click()
        expect(box).not_to_be_checked()
    ask.get_by_role("button", name="立即生效").click()
    expect(ask.get_by_text("至少选一个队列")).to_be_visible()
    ask.get_by_role("button", name="取消").click()
    assert hall.fresh("window/2")["queues"].keys() == {*own, "K"}
    page.close()


def test_a_technician_writes_what_was_done_and_is_told_when_paper_is_low(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "stations", "1006")
    page.get_by_role("button", name="登记一种纸").click()
    ask = page.locator(".ask")
    ask.get_by_label("纸的名称").fill("80 毫米热敏纸")
    ask.get_by_label("现有几卷").fill("3")
    ask.get_by_label("剩几卷时提醒").fill("2")
    ask.get_by_role("button", name="写下").click()
    stock = page.locator(".stock", has_text="80 毫米热敏纸")
    expect(stock).to_contain_text("3 卷")
    expect(stock).not_to_contain_text("请补货")
    expect(page.locator(".q-dialog")).to_have_count(0)
    clean(page)
    device = hall.settings.devices[0].name
    page.get_by_role("button", name="记一笔").click()
    ask.get_by_role("button", name="写下").click()
    expect(ask.get_by_text("请选择设备")).to_be_visible()
    choose_option(page, ask.get_by_label("设备"), device)
    ask.get_by_label("说明").fill("卡纸，已清")
    found = axe_finds(page, CHECKS, inside=".ask")
    assert found.violations_count == 0, found.generate_report()
    ask.get_by_role("button", name="写下").click()
    expect(stock).to_contain_text("纸不多了（提醒线 2 卷），请补货")
    line = page.locator("tr", has_text="卡纸，已清")
    expect(line).to_contain_text("换纸")
    expect(line).to_contain_text("1006")
    expect(line).to_contain_text("80 毫米热敏纸 -1")
    stock.get_by_role("button", name="入库").click()
    ask.get_by_role("button", name="写下").click()
    expect(stock).to_contain_text("12 卷")
    expect(page.locator(".q-dialog")).to_have_count(0)
    page.close()


def test_a_manager_moves_and_cancels_a_number_found_in_its_queue(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    ticket = hall.take("F")
    page = opened(hall, open_page, "live")
    page.locator("tr").get_by_role("button", name=re.compile("^F ")).click()
    page.locator(".numbers").get_by_role("button", name=ticket["number"]).click()
    detail = page.locator(".detail").last
    expect(detail.get_by_role("heading")).to_have_text(ticket["number"])
    detail.get_by_role("button", name="移到别的队列").click()
    page.locator(".ask").get_by_role("radio", name=re.compile("^B ")).click()
    page.locator(".ask").get_by_role("button", name="移到别的队列").click()
    expect(detail).to_contain_text("B 发票")
    assert commands(hall, "TicketChanged")[-1] == ("office", "office", "1001")
    detail.get_by_role("button", name="取消号码").click()
    page.locator(".ask").get_by_role("button", name="取消号码").click()
    expect(page.locator(".detail").last).to_contain_text("已取消")


def test_a_supervisor_looks_and_is_offered_no_verb(hall: OfficeHall, open_page: OpenPage) -> None:
    hall.open("1")
    page = opened(hall, open_page, "live", "1009")
    row(page, "1 税务登记窗口").click()
    detail = page.locator(".detail")
    expect(detail).to_contain_text("办理队列")
    expect(detail.locator(".verbs button")).to_have_count(0)


def test_an_alarm_opens_what_it_is_about(hall: OfficeHall, open_page: OpenPage) -> None:
    hall.device("pc-4", "e4", "evaluator", "offline")
    page = opened(hall, open_page, "live")
    page.locator(".alerts").get_by_role("button", name="e4").click()
    expect(page.locator(".detail")).to_contain_text("未连接")


def test_a_manager_adds_an_account_and_its_password_is_shown_once(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "accounts")
    page.get_by_role("button", name="新建账户").click()
    form = page.locator(".form")
    form.get_by_label("工号").fill("bad number!")
    choose_option(page, form.get_by_label("角色"), "窗口人员", exact=False, closes=False)
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    form.get_by_role("button", name="新建").click()
    expect(page.locator(".q-notification")).to_contain_text("工号")
    form.get_by_label("工号").fill("1030")
    form.get_by_label("姓名").fill("赵六")
    form.get_by_role("button", name="新建").click()
    secret = page.locator(".secret").text_content()
    page.get_by_role("button", name="已抄下").click()
    expect(page.locator(".secret")).to_have_count(0)
    assert secret
    hall.store.refresh()
    made = hall.store.get("1030")
    assert made
    assert (made.name, made.roles, made.must_change) == ("赵六", ("clerk",), True)
    hall.store.sign_in("1030", secret, 1, new="a-secret-of-their-own")
    until(lambda: acts(hall, "account/1030"), "the act")
    assert acts(hall, "account/1030")[0] == ("account-added", "1001", "office/office")
    assert secret not in page.content()
    _give_and_take_a_photo(hall, page)


def _give_and_take_a_photo(hall: OfficeHall, page: Page) -> None:
    """A bad photo is told and changes nothing, a good one is shown at once, and can be taken away."""
    row(page, "1030").click()
    form, kept = page.locator(".form"), hall.store
    upload = form.locator(".portrait input[type=file]")
    upload.set_input_files(
        {"name": "face.jpg", "mimeType": "image/jpeg", "buffer": b"GIF89a, by a wrong name"}
    )
    expect(page.locator(".q-notification").last).to_contain_text("不是 JPEG 或 PNG")
    file = io.BytesIO()
    Image.new("RGB", (600, 800), "seagreen").save(file, "PNG")
    with page.expect_file_chooser() as chosen:
        form.locator(".q-uploader__header").click(
            position={"x": 20, "y": 20}
        )  # anywhere on the bar, not only on its sign
    chosen.value.set_files({"name": "face.png", "mimeType": "image/png", "buffer": file.getvalue()})
    face = form.get_by_role("img", name="1030 的照片")
    expect(face).to_be_visible(timeout=60_000)
    kept.refresh()
    named = (kept.get("1030") or Account("")).photo
    assert kept.portrait(named)
    form.get_by_role("button", name="删除照片").click()
    question = page.locator(".ask", has=page.locator(".question"))
    expect(question).to_be_visible()
    still(page)
    question.get_by_role("button", name="删除照片").click()
    expect(form.locator(".portrait")).to_contain_text("没有照片")
    assert kept.portrait(named) is None
    until(lambda: [each[0] for each in acts(hall, "account/1030")].count("account-changed") == 2, "both acts")


def test_a_manager_cannot_disable_themselves_but_another(hall: OfficeHall, open_page: OpenPage) -> None:
    hall.store.add(Account("1031", roles=("guide",)), SECRET, hall.act("account-added", "1031"))
    page = opened(hall, open_page, "accounts")
    says_where_changes_are_made_while_it_stands_by(hall, page)
    for staff in ("1001", "1031"):
        row(page, staff).click()
        page.locator(".form").get_by_role("button", name="停用").click()
        if staff == "1031":
            expect(page.locator(".ask")).to_be_visible()
            still(page)
            page.locator(".ask").get_by_role("button", name="停用").click()
        expect(page.locator(".q-notification").last).to_contain_text(
            "不能停用自己" if staff == "1001" else "已停用"
        )
    hall.store.refresh()
    assert [hall.store.roles_of(each) for each in ("1001", "1031")] == [frozenset({"manager"}), None]
    disabled = ("account-disabled", "1001", "office/office")
    until(lambda: disabled in acts(hall, "account/1031"), "the act")


def says_where_changes_are_made_while_it_stands_by(hall: OfficeHall, page: Page) -> None:
    """As on the second PC: with the log in a database, and another caller that calls."""
    where = page.locator(".elsewhere")
    expect(where).to_have_count(0)
    note_address(hall.data, "postgresql:///hall")
    expect(where).to_contain_text("这台电脑待命")
    expect(where).to_contain_text("127.0.0.1")
    note_address(hall.data, "")
    expect(where).to_have_count(0)


def test_the_audit_is_read_and_exported_and_the_export_is_an_act(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "audit", "1005")
    expect(page.locator("tbody")).to_contain_text("settings")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出 CSV").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    assert text.startswith("seq,at,act,subject,by,place")
    assert "exported,audit,1005,office/office" in text


def test_a_technician_asks_for_a_restart_and_sees_what_became_of_it(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "stations", "1006")
    hall.device("pc-6", "e6", "evaluator", "ready")
    line = page.locator("tr", has_text="pc-6").filter(has_text="设备代理")
    expect(line).to_contain_text("已连接")
    line.get_by_role("button").click()
    page.get_by_role("button", name="重新启动程序").click()
    page.locator(".ask").get_by_role("button", name="重新启动程序").click()
    page.get_by_role("button", name="音量").click()
    slider = page.locator(".ask").get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.locator(".ask").get_by_role("button", name="设置").click()
    expect(page.locator(".detail .facts").last).to_contain_text("电脑音量")
    jobs = page.locator("tbody", has_text="重启设备程序")
    expect(jobs).to_contain_text("电脑音量")
    assert commands(hall, "JobRequested")[-1] == ("office", "office", "1006")


def test_the_day_is_closed_and_taken_up_again_and_the_calendar_is_shown(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, "day")
    page.get_by_role("button", name="结束营业日").click()
    ask = page.locator(".ask")
    ask.get_by_role("button", name="结束").click()
    expect(page.get_by_role("button", name="重新开始")).to_be_visible()
    assert not hall.fresh("board")["hall"]["open"]
    page.get_by_role("button", name="重新开始").click()
    page.locator(".ask").get_by_role("button", name="重新开始").click()
    expect(page.get_by_role("button", name="停止取号")).to_be_visible()
    assert commands(hall, "DayReopened")[-1] == ("office", "office", "1001")
    expect(page.locator("tbody").last.locator("tr")).to_have_count(14)


def test_every_paper_is_previewed_as_it_is_printed_by_the_halls_own_template(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    own = hall.data / "templates"
    own.mkdir(exist_ok=True)
    (own / "acceptance.a4.zh.txt").write_text(
        "center x2 | {大厅} 自己的受理通知书\nleft | {申请人}\n", "utf-8"
    )
    (own / "refusal.a4.zh.txt").write_text("left | {没有}\n", "utf-8")
    page = open_page(hall.address, 1366, 768, alone=True)
    sign_in(page, "1001")
    page.goto(f"{hall.address}/papers")
    paper = page.frame_locator(".paper-preview iframe")
    expect(paper.locator("article")).to_contain_text("自己的受理通知书")
    for kind, words in (("不予受理通知书", "Notice of refusal"), ("代办受理单", "代办受理单")):
        page.get_by_label("哪种文书").click()
        page.get_by_role("option", name=kind, exact=True).click()
        expect(paper.locator("body")).to_contain_text(words)
    expect(page.locator(".warns")).to_contain_text("refusal.a4.zh.txt:1")
    page.get_by_label("纸张").click()
    page.get_by_role("option", name="热敏纸 80 毫米").click()
    expect(paper.locator("article.roll")).to_contain_text("代办清单")


def test_a_manager_words_a_paper_for_every_pc_and_goes_back_to_ours(
    hall: OfficeHall, open_page: OpenPage
) -> None:
    page = open_page(hall.address, 1366, 768, alone=True)
    sign_in(page, "1001")
    page.goto(f"{hall.address}/papers")
    choose_option(page, page.get_by_label("哪种文书"), "号票")
    page.get_by_role("button", name="修改模板").click()
    detail = page.locator(".detail")
    field = detail.get_by_label("模板", exact=False)
    expect(field).to_have_value(re.compile(r"\{hall\}|\{大厅\}"))  # it begins as ours
    field.fill("居中 2倍 | {大厅} 本厅自己的号票\n居中 | {号马}")
    expect(detail.locator(".mistakes")).to_contain_text("2: ")
    before = hall.fresh("settings")["version"]
    detail.get_by_role("button", name="生效").click()
    expect(detail.locator(".mistakes")).to_contain_text("第 2 行")
    assert hall.fresh("settings")["version"] == before
    field.fill("居中 2倍 | {大厅} 本厅自己的号票\n居中 | {号码}")
    expect(detail.frame_locator("iframe").locator("body")).to_contain_text("本厅自己的号票")
    still(page)
    found = axe_finds(page, {"runOnly": RULES["runOnly"]}, inside=".detail")
    assert found.violations_count == 0, found.generate_report()
    detail.get_by_role("button", name="生效").click()
    expect(detail).to_have_count(0)
    expect(page.frame_locator(".paper-preview iframe").locator("body")).to_contain_text("本厅自己的号票")
    (paper,) = hall.fresh("settings")["settings"]["papers"]
    assert (paper["kind"], paper["medium"], paper["language"]) == ("slip", "roll", "zh")
    page.get_by_role("button", name="修改模板").click()
    detail.get_by_role("button", name="改回自带的").click()
    expect(detail).to_have_count(0)
    comes_to(lambda: hall.fresh("settings")["settings"].get("papers", []), [])
    technician = opened(hall, open_page, "papers", "1006")
    expect(technician.get_by_role("button", name="修改模板")).to_have_count(0)
