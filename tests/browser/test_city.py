"""The city's pages in a browser: from the sign-in to one window, four halls on a wall, drawn anew by themselves, clean by axe."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account
from caller.records.centre import sites
from caller.records.stores.postgres import PostgresConnection, run
from display.centre import reading
from display.centre.app import application
from display.centre.markup import REFRESH_SECONDS
from display.centre.viewers import clock
from tests.instruments.browser import OpenPage, axe_finds
from tests.instruments.city_of_halls import AREA, LONG_NAME, NAME, SITE, brought, cloned, morning
from tests.instruments.postgres_cluster import Cluster
from tests.instruments.site import Site

FIRST, SECRET = "Kp3-harrier", "Wd7-kestrel"
MORE = [(f"t{number}", f"第{number}乡镇便民服务中心", f"{AREA}10{number}") for number in range(4)]


class CityAtHand:
    def __init__(self, site: Site, connection: PostgresConnection) -> None:
        self.site, self.connection = site, connection
        self.address = f"http://127.0.0.1:{site.port}"
        self.secret = FIRST

    def sign_in(self, page: Page) -> None:
        page.fill("[name=staff]", "1001")
        page.fill("[name=secret]", self.secret)
        page.click("button")
        if self.secret == FIRST:
            page.fill("[name=secret]", FIRST)
            page.fill("[name=new]", SECRET)
            page.fill("[name=again]", SECRET)
            page.click("button")
            self.secret = SECRET
        expect(page.locator("h1")).to_be_visible()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, one_cluster: Cluster) -> Iterator[CityAtHand]:
    data = tmp_path_factory.mktemp("centre")
    database, stage = one_cluster.database(), morning(tmp_path_factory.mktemp("hall"))
    with sites.connected(database) as connection:
        sites.make_tables(connection)
        sites.add(connection, SITE, NAME, clock(), AREA)
        brought(connection, stage, clock())
        cloned(connection, [("long", LONG_NAME, "431024"), *MORE])
        sites.name_area(connection, AREA, "永兴县")
        _account(data)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading, "FRESH_SECONDS", 0.0)
            run(connection, "update site set lon=113.1, lat=26.1 + length(site) * 0.01")
            with Site(application(database, data, 9310, "Asia/Shanghai")) as site:
                yield CityAtHand(site, connection)
    stage.close()


def _account(data: Path) -> None:
    accounts = AccountStore(data)
    made = Account("1001", "王芳", ("city",), kind="viewer", must_change=True)
    accounts.add(made, FIRST, Act("a", "account-added", "account/1001", "uid:0", "shell", 1))
    accounts.close()


def clean(page: Page) -> None:
    found = axe_finds(page)
    assert [each["id"] for each in found.response["violations"]] == [], found.generate_report()


def test_from_the_sign_in_down_to_one_window(city: CityAtHand, open_page: OpenPage) -> None:
    page = open_page(f"{city.address}/site/stage", 1366, 768)
    clean(page)
    city.sign_in(page)
    expect(page.locator("h1")).to_have_text(NAME)  # back where it was asked for
    page.goto(f"{city.address}/lang?to=en&back=/")
    expect(page.locator("h1")).to_have_text("Halls")
    clean(page)
    for name in ("Map", "Alarms"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator("h1")).to_have_text(name)
        clean(page)
    page.get_by_role("link", name="Halls", exact=True).click()
    page.get_by_role("link", name="永兴县").click()
    page.get_by_role("link", name=NAME).first.click()
    expect(page.locator("h1")).to_have_text(NAME)
    clean(page)
    page.locator("a[href$='id=1']").click()
    expect(page.locator("h1")).to_contain_text("Window 1")
    clean(page)


def test_four_halls_are_chosen_for_the_wall_and_a_fifth_cannot_be(
    city: CityAtHand, open_page: OpenPage
) -> None:
    page = open_page(f"{city.address}/?all=1", 1920, 1080, alone=True)
    city.sign_in(page)
    boxes = page.locator("input[name=site]")
    expect(boxes).to_have_count(6)
    for nth in range(4):
        boxes.nth(nth).check()
    expect(boxes.nth(4)).to_be_disabled()
    page.locator(".below button").click()
    expect(page.locator(".panel")).to_have_count(4)
    clean(page)
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080


def test_a_page_is_drawn_anew_by_itself_and_says_when_it_cannot_be(
    city: CityAtHand, open_page: OpenPage
) -> None:
    page = open_page(f"{city.address}/site/t1", 390, 844, alone=True)
    city.sign_in(page)
    page.clock.install()
    page.reload()
    expect(page.locator(".state")).not_to_contain_text("日志不符")
    run(city.connection, "update site set trouble='forked', since=1 where site='t1'")
    page.clock.run_for(REFRESH_SECONDS * 1_000)
    expect(page.locator(".state")).to_contain_text("日志不符")
    expect(page.locator(".silence")).to_be_hidden()
    page.route("**/site/t1", lambda route: route.abort())
    for _ in range(3):
        with page.expect_event("requestfailed"):
            page.clock.run_for(REFRESH_SECONDS * 1_000)
    expect(page.locator(".silence")).to_be_visible()
    page.unroute("**/site/t1")
    page.clock.run_for(REFRESH_SECONDS * 1_000)
    expect(page.locator(".silence")).to_be_hidden()
