"""The applicant's page where there is no network: what it knew last, of what time; and what it needs no network to be."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from caller.people.notify_numbers import BROWSER, NotifyNumbers
from tests.instruments.browser import ARGS, OpenPage, new_context
from tests.instruments.phone_hall import PUSHING, SETTINGS, PhoneHall, id_number
from tests.instruments.push_browser import PushBrowser
from tests.instruments.running_hall import hallcall, until
from tests.instruments.webhook_receiver import WebhookReceiver, receiving

PHONE, SMALL = (390, 844), (320, 568)
FIRST_LOAD_BYTES_MAX = 60_000  # what arrives, headers and all
KEPT = """async () => { const names = await caches.keys();
    return names.length === 1 && Boolean(await (await caches.open(names[0])).match('/t'))
        && navigator.serviceWorker.controller !== null && (await (await caches.open(names[0])).keys()).length > 20
        && Boolean(await (await caches.open(names[0])).match('/wire.json')) }"""
NOT_SECURE = "Object.defineProperty(window, 'isSecureContext', { value: false })"
HOURS_AHEAD = """{ const real = Date, ahead = 7 * 3_600_000;
    Date = class extends real { constructor(...of) { super(...(of.length ? of : [real.now() + ahead])) }
        static now() { return real.now() + ahead } } }"""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneHall]:
    running = PhoneHall(tmp_path_factory.mktemp("phone-offline"), settings=SETTINGS + PUSHING)
    running.start()
    yield running
    running.close()


def opened(
    hall: PhoneHall, open_page: OpenPage, before: str = "", **more: Any
) -> tuple[Page, dict[str, Any]]:
    """The page of a new number, in a browser that has never been there."""
    ticket = hall.take("A")
    page = open_page("about:blank", *PHONE, alone=True, **more)
    if before:
        page.add_init_script(before)
    page.goto(hall.phone_page(ticket["ticket"]))
    expect(page.locator("#place .number")).to_have_text(ticket["number"])
    return page, ticket


def is_over(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_in_the_lift_it_shows_what_it_knew_last_and_of_when(hall: PhoneHall, open_page: OpenPage) -> None:
    page, ticket = opened(hall, open_page)
    until(lambda: page.evaluate(KEPT), "the worker keeps the page")
    expect(page.locator("#last")).to_be_hidden()
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#place .number")).to_have_text(ticket["number"])
    expect(page.locator("#last")).to_have_text(re.compile(r"^这是 \d+月\d+日 \d\d:\d\d 的情况.*连不上大厅"))
    kept = page.evaluate("JSON.parse(localStorage.getItem('hallcall.ticket')).at")
    told = page.locator("#last").inner_text()
    assert time_of(hall, page, kept) in told
    expect(page.locator("#acts button")).to_have_count(0)  # nothing that would be sent much later
    expect(page.locator(".silence")).to_be_hidden()  # said once, with its time
    page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
    page.evaluate("document.documentElement.style.fontSize = '34px'; dispatchEvent(new Event('resize'))")
    assert is_over(page) <= 0
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.context.set_offline(False)
    expect(page.locator("#last")).to_be_hidden()
    expect(page.locator("#acts button").first).to_be_visible()
    page.locator("#language").click()
    expect(page.locator("#place .of")).to_contain_text("Your number")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#last")).to_contain_text("This is how it was on")


def time_of(hall: PhoneHall, page: Page, micros: int) -> str:
    """The hall's time of an instant, by the browser's own calendar."""
    wanted = f"{{timeZone: '{hall.settings.hall.zone}', hour: '2-digit', minute: '2-digit', hour12: false}}"
    return page.evaluate(f"(at) => new Date(at / 1000).toLocaleTimeString('zh-CN', {wanted})", micros)


def test_twin_without_its_worker_a_reload_shows_nothing(hall: PhoneHall, open_page: OpenPage) -> None:
    page, _ = opened(hall, open_page, service_workers="block")
    page.context.set_offline(True)
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        page.reload()


def test_over_plain_http_nothing_is_registered_and_nothing_nags(hall: PhoneHall, open_page: OpenPage) -> None:
    page, _ = opened(hall, open_page, NOT_SECURE)
    expect(page.locator("#acts button").first).to_be_visible()
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    expect(page.locator("link[rel=manifest]")).to_have_count(0)
    expect(page.locator("[role=alert]")).to_have_count(0)


def test_it_can_be_installed_and_opens_the_number_seen_last(hall: PhoneHall, open_page: OpenPage) -> None:
    page, ticket = opened(hall, open_page)
    until(lambda: page.evaluate(KEPT), "the worker keeps the page")
    tool = page.context.new_cdp_session(page)
    told = tool.send("Page.getAppManifest")
    assert told["errors"] == []
    assert "我的号码" in told["data"]
    for size in (180, 192, 512):
        drawn = "async (path) => { const picture = new Image(); picture.src = path; await picture.decode(); return [picture.naturalWidth, picture.naturalHeight] }"
        assert page.evaluate(drawn, f"/icon-{size}.png") == [size, size]
    assert page.evaluate("fetch('/icon-7.png').then((answer) => answer.status)") == 404
    page.goto("about:blank")
    page.goto(f"{hall.web.address}/t")
    expect(page.locator("#place .number")).to_have_text(ticket["number"])


def test_a_phone_with_a_wrong_clock_shows_the_halls_time(hall: PhoneHall, open_page: OpenPage) -> None:
    """Seven hours ahead: the time of the last state, and until when a place is kept, are the caller's."""
    page, _ = opened(hall, open_page, HOURS_AHEAD)
    until(lambda: page.evaluate(KEPT), "the worker keeps the page")
    kept = page.evaluate("JSON.parse(localStorage.getItem('hallcall.ticket')).at")
    assert page.evaluate("Date.now()") * 1000 - kept > 6 * 3_600_000_000
    page.locator('[data-act="ticket.late"]').click()
    expect(page.locator("#place .head")).to_contain_text(re.compile(r"\d\d:\d\d"))
    told_until = kept + hall.settings.rules.postpone_minutes * 60_000_000
    near = [time_of(hall, page, told_until + minutes * 60_000_000) for minutes in (-1, 0, 1, 2)]
    told = page.locator("#place .head").inner_text()
    assert any(each in told for each in near), (told, near)


def test_the_first_load_of_a_number_is_small(hall: PhoneHall, open_page: OpenPage) -> None:
    ticket = hall.take("A")
    phone = open_page("about:blank", *SMALL, alone=True)
    sizes: list[int] = []
    tool = phone.context.new_cdp_session(phone)
    tool.send("Network.enable")
    tool.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    phone.goto(hall.phone_page(ticket["ticket"]))
    expect(phone.locator("#acts button").first).to_be_visible()
    phone.wait_for_load_state("networkidle")
    assert 10_000 < sum(sizes) <= FIRST_LOAD_BYTES_MAX, (sum(sizes), sizes)


# --- notices by the browser

# A browser here reaches no push service: what one would give is given in its place, and asked for by this hall's key.
SHOWN = "async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((n) => [n.title, n.body, n.tag])"
WHOLE = "/usr/bin/chromium"
SUBSCRIBES = """given => { PushManager.prototype.subscribe = async function (how) { window.asked = how;
        return { toJSON: () => ({ endpoint: given.endpoint, keys: given }), unsubscribe: async () => true } };
    let made = null; const subscribe = PushManager.prototype.subscribe;
    PushManager.prototype.subscribe = async function (how) { return (made = await subscribe.call(this, how)) };
    PushManager.prototype.getSubscription = async () => made }"""


def test_a_phone_is_told_by_its_browser_with_the_page_closed(hall: PhoneHall, chromium: Browser) -> None:
    """In the whole browser: its headless shell lets no page notify anybody."""
    if not Path(WHOLE).exists():
        pytest.skip(f"no {WHOLE}")
    browser = chromium.browser_type.launch(executable_path=WHOLE, headless=True, args=ARGS)
    try:
        context = new_context(browser, {"viewport": {"width": PHONE[0], "height": PHONE[1]}})
        context.grant_permissions(["notifications"], origin=hall.web.address)
        page = context.new_page()
        told_by_browser(hall, page)
        told_of_a_booking(hall, page)
    finally:
        browser.close()


def called_in(service: WebhookReceiver, phone: PushBrowser) -> dict[str, str] | None:
    """Return what the push service got of the call; "soon your turn" may have come before it."""
    found = [json.loads(phone.opened(each.raw)) for each in service.received]
    return next((each for each in found if each["kind"] == "called"), None)


def told_by_browser(hall: PhoneHall, page: Page) -> None:
    with receiving(lambda *_: 201) as service:
        phone, ticket = PushBrowser(service.url), hall.take("A")
        page.goto(hall.phone_page(ticket["ticket"]))
        until(lambda: page.evaluate(KEPT), "the worker is there")
        page.evaluate(SUBSCRIBES, phone.subscription)
        expect(page.locator("#push")).to_contain_text("办完即删")
        page.locator('#push [data-act="push.open"]').click()
        expect(page.locator("#push")).to_contain_text("消息提醒已打开")
        asked = page.evaluate("({ visible: asked.userVisibleOnly, key: asked.applicationServerKey.length })")
        assert asked == {"visible": True, "key": 65}
        hall.start_deliver()
        until(
            lambda: "web-push" in hallcall("deliveries", "--data", str(hall.data))[1],
            "it is told from now on",
        )
        window = next(each.id for each in hall.settings.windows if "A" in each.queues)
        hall.open(window)
        while hall.call(window)["number"] != ticket["number"]:
            hall.serve(window)
            hall.finish(window)
        told = until(lambda: called_in(service, phone), "the push service has the call")
        assert told
        assert (told["kind"], ticket["number"] in told["body"]) == ("called", True)
        delivered(page, json.dumps(told))
        until(lambda: page.evaluate(SHOWN), "the worker shows it")
        assert page.evaluate(SHOWN) == [[told["title"], told["body"], told["tag"]]]
        delivered(page, "nothing of ours")
        page.locator('#push [data-act="push.off"]').click()
        expect(page.locator('#push [data-act="push.open"]')).to_be_visible()
        assert len(page.evaluate(SHOWN)) == 1


def told_of_a_booking(hall: PhoneHall, page: Page) -> None:
    """By the code of the booking, on a page that the worker does not serve: it is found, and was not asked for twice."""
    page.goto(f"{hall.web.address}/book")
    for _ in ("department", "item"):
        page.locator(".choices a").first.click()
    page.locator("details[open] .slots .press:enabled").first.click()
    page.locator("#number").fill(id_number(9))
    page.locator('[data-act="book.book"]').click()
    expect(page.locator("#push")).to_contain_text("只用来通知这次预约")
    page.evaluate(SUBSCRIBES, PushBrowser("https://push.example.com/book").subscription)
    page.locator('#push [data-act="push.open"]').click()
    expect(page.locator("#push")).to_contain_text("预约前一天")
    left = NotifyNumbers(hall.data, BROWSER).all()
    assert [each.lang for subject, each in left.items() if subject.startswith("appointment/")] == ["zh"]
    page.locator('#push [data-act="push.off"]').click()
    expect(page.locator('#push [data-act="push.open"]')).to_be_visible()


def delivered(page: Page, text: str) -> None:
    """Have the browser's own tools hand the worker what a push service would."""
    devtools = page.context.new_cdp_session(page)
    found: list[dict[str, Any]] = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    devtools.send("ServiceWorker.enable")
    until(lambda: page.evaluate("1") and found, "the worker's registration")
    origin = page.evaluate("location.origin")
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": found[0]["registrationId"], "data": text},
    )
    devtools.detach()


def test_where_it_cannot_be_it_is_not_offered(hall: PhoneHall, open_page: OpenPage) -> None:
    page, _ = opened(hall, open_page, NOT_SECURE)
    expect(page.locator("#acts button").first).to_be_visible()
    expect(page.locator("#push")).to_be_hidden()
    page, _ = opened(
        hall, open_page, "Object.defineProperty(Notification, 'permission', { value: 'denied' })"
    )
    expect(page.locator("#acts button").first).to_be_visible()
    expect(page.locator("#push")).to_be_hidden()
