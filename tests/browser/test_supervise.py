"""Three hundred windows on the supervisor's page: what needs a hand stands first, and nothing is pushed off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from caller.engine import commands as cmd
from tests.instruments.browser import OpenPage
from tests.instruments.clipped_text import faults
from tests.instruments.large_halls import large_hall
from tests.instruments.running_hall import RunningHall, comes_to

WINDOWS = 300
OPEN = ("7", "120", "299")
PAUSED = "250"
DEVICES = (("pc-1", "e7", "ready"), ("pc-2", "e120", "offline"))
MORE = "\n".join(
    f'[[device]]\nname = "e{window}"\nkind = "evaluator"\nport = "serial:///dev/ttyS{number}"\nagent = "pc-{number}"\n'
    f'window = "{window}"\nprofile = "keypad-json"\n'
    for number, window in ((1, "7"), (2, "120"))
)
INSIDE = """() => [...document.querySelectorAll("main > section, .mast > *")].filter((part) => {
    const box = part.getBoundingClientRect();
    return !part.hidden && (box.height < 20 || box.left < 0 || box.right > innerWidth || box.bottom > innerHeight + 1);
}).map((part) => part.className)"""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    source = large_hall(tmp_path_factory.mktemp("source"), WINDOWS, more=MORE)
    running = RunningHall(tmp_path_factory.mktemp("hall"), source).start()
    running.open(*OPEN, PAUSED)
    running.send(cmd.PauseWindow(window=PAUSED, reason=""))
    for agent, device, state in DEVICES:
        running.device(agent, device, "evaluator", state)
    yield running
    running.close()


def supervision(hall: RunningHall, page: Page) -> Page:
    page.goto(hall.page("/supervise", "supervisor", "s1"))
    expect(page.locator(".desk")).to_have_count(WINDOWS)
    return page


def shown(page: Page) -> list[str]:
    return page.locator(".desk").evaluate_all("all => all.map((e) => e.dataset.window)")


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)])
def test_of_three_hundred_windows_the_urgent_stand_first_and_nothing_is_pushed_off(
    hall: RunningHall, open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = supervision(hall, open_page("about:blank", *size))
    rest = [str(number) for number in range(1, WINDOWS + 1) if str(number) not in (*OPEN, PAUSED)]
    # away or paused, at work, closed; each in the hall's own order
    comes_to(lambda: shown(page), [PAUSED, *OPEN, *rest])
    expect(page.locator("#window-count")).to_have_text(str(WINDOWS))
    expect(page.locator("#devices li").first).to_contain_text("e120")
    comes_to(lambda: page.evaluate(INSIDE), [])
    comes_to(lambda: faults(page), [])
    measured = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    comes_to(lambda: page.evaluate(measured), [*size])
    last = page.locator(".desk").last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()
    comes_to(lambda: page.evaluate(INSIDE), [])


def test_on_a_supervisors_phone_all_stands_below_one_another(hall: RunningHall, open_page: OpenPage) -> None:
    page = supervision(hall, open_page("about:blank", 390, 844))
    expect(page.locator("#devices li").first).to_contain_text("e120")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    row = page.locator('#devices [data-device="e120"]')
    expect(row).not_to_be_in_viewport()  # three hundred windows stand before it
    page.locator('#alerts [data-about="device/e120"]').click()
    expect(row).to_be_in_viewport()
    expect(row).to_have_class("pointed")
    tops = page.evaluate(
        "[...document.querySelectorAll('main > section:not([hidden])')].map((e) => e.getBoundingClientRect().top)"
    )
    assert tops == sorted(tops)
    assert faults(page) == []
    page.evaluate("() => document.querySelector('link[href*=narrow]').remove()")  # the twin: as on a wall
    page.wait_for_function("() => document.documentElement.scrollWidth > 390")
    page.close()


def test_twin_without_the_order_a_paused_window_is_lost_among_the_closed(
    hall: RunningHall, open_page: OpenPage
) -> None:
    def plain(route: Route) -> None:
        script = route.fetch(max_retries=3).text()
        guard = ".sort(([, one], [, two]) => URGENT[one.light] - URGENT[two.light])"
        assert guard in script
        route.fulfill(body=script.replace(guard, ""), content_type="text/javascript")

    page = open_page("about:blank", 1920, 1080)
    page.route("**/js/supervise.js", plain)
    assert shown(supervision(hall, page))[0] == "1"
    expect(page.locator(f'[data-window="{PAUSED}"]')).not_to_be_in_viewport()


def test_twin_windows_that_do_not_scroll_push_the_page_out_of_the_screen(
    hall: RunningHall, open_page: OpenPage
) -> None:
    page = supervision(hall, open_page("about:blank", 1920, 1080))
    page.evaluate(
        "() => document.querySelectorAll('main, main > section').forEach((e) => (e.style.minHeight = 'max-content'))"
    )
    assert page.evaluate(INSIDE) != []
