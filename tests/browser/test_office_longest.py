"""The office of a hall whose every name is as long as may be, with numbers at many windows: nothing is cut or covered."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from caller.engine import commands as cmd
from display.office.pages import PAGES
from display.office.parts import AWAITED
from tests.instruments.browser import OpenPage, still
from tests.instruments.clipped_text import faults
from tests.instruments.longest_hall import longest_hall
from tests.instruments.office_hall import OfficeHall, sign_in
from tests.instruments.running_hall import comes_to

OPEN = 12  # windows at which somebody is called and somebody waits
FITS = "document.scrollingElement.scrollWidth <= innerWidth"
SETTLE_SECONDS = 60.0


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    source = longest_hall(tmp_path_factory.mktemp("source"))
    running = OfficeHall(tmp_path_factory.mktemp("office-longest"), source).start()
    for number, window in enumerate(running.settings.windows[:OPEN]):
        running.send(cmd.OpenWindow(window=window.id, clerk=f"clerk-number-{number:019}"))
        for _ in range(2):
            running.take(window.queues[0])
        running.call(window.id)
    yield running
    running.close()


def cut(page: Page) -> list[str]:
    """What stays cut, covered or broken once the page has settled; how faint a letter may be, axe says."""
    still(page)
    end = time.monotonic() + SETTLE_SECONDS
    while (
        found := [each for each in faults(page) if not each.startswith("faint")]
    ) and time.monotonic() < end:
        page.wait_for_timeout(100)
    return found


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_page_cuts_the_longest_names(hall: OfficeHall, open_page: OpenPage, lang: str) -> None:
    page = open_page(f"{hall.address}/lang?to={lang}&back=/sign-in", 1366, 768, alone=True)
    sign_in(page, "1001")
    for id in (each.id for each in PAGES if "manager" in each.roles):
        page.goto(f"{hall.address}/{id}")
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator(f".sheet .{AWAITED}")).to_have_count(0)
        assert cut(page) == [], id
        comes_to(lambda: page.evaluate(FITS), True, id)


def test_twin_a_name_that_may_not_wrap_is_seen(hall: OfficeHall, open_page: OpenPage) -> None:
    page = open_page(f"{hall.address}/lang?to=zh&back=/sign-in", 1366, 768, alone=True)
    sign_in(page, "1001")
    page.locator(".mast .hall").evaluate(
        "each => each.style.cssText = 'white-space: nowrap; overflow: hidden'"
    )
    comes_to(lambda: any("clipped" in each for each in faults(page)), True)
