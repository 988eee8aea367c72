"""Every page: clean by axe-core (run inside Chromium), light, quick, and silent towards the world."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from caller.engine import commands as cmd
from tests.instruments.browser import OpenPage, Watched, axe_finds
from tests.instruments.running_hall import REPO, RunningHall

RULES: dict[str, Any] = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "rules": {"color-contrast-enhanced": {"enabled": True}},
}
LOAD_BYTES_MAX = 300_000
SIZES = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map((entry) => [entry.name, entry.transferSize])"""

# page → (path, role, station, width, height, what is there when it is ready)
PAGES: dict[str, tuple[str, str, str, int, int, str]] = {
    "board": ("/board?voice=off", "board", "b1", 1920, 1080, ".cell"),
    "board by day": ("/board?voice=off&theme=day", "board", "b1", 1920, 1080, ".cell"),
    "board in contrast": ("/board?voice=off&theme=contrast", "board", "b1", 1920, 1080, ".cell"),
    "board of few windows": ("/board?voice=off&windows=1,2", "board", "b1", 1920, 1080, ".on-duty"),
    "board portrait": ("/board?voice=off", "board", "b1", 1080, 1920, ".cell"),
    "sign": ("/sign?window=1", "board", "b1", 1280, 400, "#number:not(:empty)"),
    "tablet": ("/rate?window=2", "evaluator", "2", 1280, 800, ".card"),
    "tablet asks": ("/rate?window=1", "evaluator", "1", 1280, 800, ".level"),
    "phone": ("/t#{ticket}", "", "", 390, 844, "#guide article"),
    "phone writes": ("/t#{ticket}", "", "", 390, 844, "#guide article"),
    "tablet writes": ("/rate?window=1", "evaluator", "1", 1280, 800, ".level"),
    "supervise": ("/supervise", "supervisor", "s1", 1920, 1080, ".desk"),
    "desk": ("/desk?window=2", "window", "2", 1280, 800, ".row"),
    "desk asks": ("/desk?window=2&lang=en", "window", "2", 1366, 768, ".row"),
    "desk explains": ("/desk?window=2", "window", "2", 390, 844, ".row"),
    "desk signed out": ("/desk?window=3", "window", "3", 1280, 800, "#sign-in summary"),
    "desk in a strip": ("/desk?window=2", "window", "2", 400, 160, "#about .head"),
    "guide": ("/guide", "guide", "g1", 1280, 800, "#windows .row"),
    "guide on a phone": ("/guide?lang=en", "guide", "g1", 390, 844, "#windows .row"),
    "guide issues": ("/guide", "guide", "g1", 1280, 800, "#windows .row"),
    "index": ("/", "", "", 1280, 800, "td a"),
    "not enrolled": ("/board", "", "", 1920, 1080, ".stopped"),
}

STEPS = {  # page → what is touched before it is looked at, and what is there then
    "phone writes": (('[data-act="box.open"]',), "textarea"),
    "tablet writes": (('[data-level="1"]', ".row .main"), "textarea"),
    "desk asks": (('[data-verb="choose"]',), "#ask .choice"),
    "desk explains": (('[data-verb="help"]',), "#help table"),
    "guide issues": (('#acts [data-act="issue"]', "#ask li:first-child .choice"), "#ask select"),
}


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("access"), REPO / "config/halls/county.toml").start()
    running._enrol(("window", "2"), ("window", "3"), ("guide", "g1"))
    running.open("1", "2", "9", "10")
    running.take("B")
    item = next(each for each in running.settings.items if each.papers)
    running.ticket = running.take(items=(item.id,))["ticket"]
    yield running
    running.close()


def asked_again(hall: RunningHall) -> None:
    """A visit just ended at window 1, so that its tablet asks."""
    hall.take("A")
    hall.call("1")
    hall.serve("1")
    hall.finish("1")


def opened(hall: RunningHall, open_page: OpenPage, name: str, *, alone: bool = False) -> Page:
    path, role, station, width, height, ready = PAGES[name]
    if name in ("tablet asks", "tablet writes"):
        asked_again(hall)
    page = open_page(
        hall.page(path.format(ticket=hall.phone_key(hall.ticket)), role, station), width, height, alone=alone
    )
    expect(page.locator(ready).first).to_be_visible()
    steps, after = STEPS.get(name, ((), ready))
    for step in steps:
        page.locator(step).tap()
    expect(page.locator(after).first).to_be_visible()
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light_silent_and_clean_by_axe(
    hall: RunningHall, open_page: OpenPage, watched: Watched, name: str
) -> None:
    """In a browser that has never been there: nothing is blocked, nothing fails, and axe finds nothing."""
    page = opened(hall, open_page, name, alone=True)
    sizes = page.evaluate(SIZES)
    assert sum(size for _, size in sizes) < LOAD_BYTES_MAX, sizes
    found = axe_finds(page, RULES)
    assert found.violations_count == 0, found.generate_report()
    assert watched.errors == []
    assert watched.outside == []


def called_phone(hall: RunningHall, open_page: OpenPage) -> Page:
    ticket = hall.take("F")["ticket"]
    page = open_page(hall.phone_page(ticket), 390, 844)
    hall.call("9")
    expect(page.locator(".card.turn .window")).to_be_visible()
    return page


def rating_phone(hall: RunningHall, open_page: OpenPage) -> Page:
    page = called_phone(hall, open_page)
    hall.serve("9")
    hall.finish("9")
    expect(page.locator("#rating .level").first).to_be_visible()
    return page


def called_sign(hall: RunningHall, open_page: OpenPage) -> Page:
    page = open_page(hall.page("/sign?window=9", "board", "b1"), 1280, 400)
    hall.take("F")
    hall.call("9")
    expect(page.locator("#now.called")).to_be_visible()
    return page


def paused_sign(hall: RunningHall, open_page: OpenPage) -> Page:
    page = open_page(hall.page("/sign?window=10", "board", "b1"), 1280, 400)
    hall.send(cmd.PauseWindow(window="10", reason=""))
    expect(page.locator("#now.paused")).to_be_visible()
    return page


def thanking_tablet(hall: RunningHall, open_page: OpenPage) -> Page:
    page = opened(hall, open_page, "tablet asks")
    page.locator('[data-level="5"]').tap()
    expect(page.locator('#stage[data-screen="thanks"] h1')).to_be_visible()
    return page


STATES = [called_phone, rating_phone, called_sign, paused_sign, thanking_tablet]


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_in_a_passing_state(
    hall: RunningHall, open_page: OpenPage, state: Callable[[RunningHall, OpenPage], Page]
) -> None:
    page = state(hall, open_page)
    found = axe_finds(page, RULES)
    if hall.views["window/9"]["state"] == "called":
        hall.serve("9")
        hall.finish("9")
    assert found.violations_count == 0, found.generate_report()


def test_axe_finds_nothing_on_a_silent_board(hall: RunningHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page, "board")
    hall.kill_caller()
    try:
        expect(page.locator(".silence")).to_be_visible()
        found = axe_finds(page, RULES)
        assert found.violations_count == 0, found.generate_report()
    finally:
        hall.restart_caller()
    expect(page.locator(".silence")).to_have_count(0)


def test_twin_axe_finds_grey_on_grey(hall: RunningHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page, "index")
    page.evaluate("document.querySelector('h1').style.color = '#b9b5ac'")
    assert axe_finds(page, RULES).violations_count > 0


WRONG = "#token=wrong"
ENROLLED_AS = {
    "/board": "board hall",
    "/sign?window=1&clerk": "evaluator 1",
    "/rate?window=2": "evaluator 2",
    "/supervise": "supervisor office",
    "/desk?window=3": "window 3",
}


@pytest.mark.parametrize(
    ("path", "token"), [*((path, "") for path in ENROLLED_AS), ("/board", WRONG), ("/desk?window=3", WRONG)]
)
def test_a_station_nobody_knows_says_what_to_type_in_both_languages_and_large(
    hall: RunningHall, open_page: OpenPage, path: str, token: str
) -> None:
    page = open_page(f"{hall.web.address}{path}{token}", 1280, 720)
    stopped = page.locator(".stopped")
    role, name = ENROLLED_AS[path].split()
    code = stopped.locator(".enrol-code")
    expect(code).to_have_text(re.compile(r"\w{3} \w{3}"))
    typed = (
        f"hallcall enrol approve {code.inner_text().replace(' ', '')} --role {role} --name {name} --data DATA"
    )
    expect(stopped).to_contain_text(typed)
    expect(stopped.locator("h2")).to_contain_text("令牌无效" if token else "本站点尚未登记")
    expect(stopped.locator("h2 [lang=en]")).to_have_text(
        "Unknown token" if token else "This station is not enrolled"
    )
    sizes = stopped.locator("h2, p, code, span").evaluate_all(
        "all => all.map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 20
    assert max(sizes) >= 48


def test_the_list_of_pages_has_the_kiosks_address_and_english(hall: RunningHall, open_page: OpenPage) -> None:
    page = opened(hall, open_page, "index")
    expect(page.locator("#hall-pages")).to_contain_text(f"http://127.0.0.1:{hall.settings.listen.kiosk}/")
    expect(page.locator("#hall-pages")).to_contain_text("Supervision")
    expect(page.locator("#window-pages tr")).to_have_count(len(hall.settings.windows))
    page.locator("#window-pages tr").first.get_by_text("Rating tablet").tap()
    expect(page).to_have_url(f"{hall.web.address.rstrip('/')}/rate?window={hall.settings.windows[0].id}")


def test_twin_a_request_that_leaves_the_host_is_seen(
    hall: RunningHall, open_page: OpenPage, watched: Watched
) -> None:
    """`outside.localhost` is another host by name, and yet never leaves this machine."""
    page = open_page("about:blank", 1280, 800)
    page.route("http://192.0.2.1/", lambda route: route.abort())
    page.evaluate("fetch('http://192.0.2.1/').catch(() => 0)")
    assert watched.outside == ["http://192.0.2.1/"]
    wire = f"{hall.web.address.rstrip('/').replace('127.0.0.1', 'outside.localhost')}/".replace(
        "http", "ws", 1
    )
    with page.expect_websocket():
        page.evaluate("(url) => { new WebSocket(url) }", wire)
    assert watched.outside.pop() == wire
    watched.outside.clear()


def test_twin_an_inline_script_is_blocked(hall: RunningHall, open_page: OpenPage, watched: Watched) -> None:
    page = opened(hall, open_page, "index")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s) }"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in error for error in watched.errors)


def test_no_module_is_found_out_late(hall: RunningHall, open_page: OpenPage, watched: Watched) -> None:
    page = opened(hall, open_page, "board")
    told = page.locator("link[rel=modulepreload]").evaluate_all("all => all.map((e) => e.href)")
    asked = [url for url in watched.requests if url.endswith(".js") and not url.endswith("board.js")]
    assert set(asked) == set(told)
