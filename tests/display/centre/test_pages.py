"""The city's pages over HTTP: who sees which hall on which page, what they say, and their files."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import openpyxl
import pytest

from caller.protocol.viewer_levels import ViewerLevel, level_of
from caller.records.centre import sites, thing_names
from config.hall_names import NamesInBoth
from display.centre import viewers
from display.centre.app import application
from display.centre.words import all_words
from display.http.sign_in_form import FORM_WORDS
from tests.instruments.city_of_halls import AREA, LONG_NAME, NAME, SITE, brought, cloned, morning
from tests.instruments.engine_fixture import DAY
from tests.instruments.postgres_cluster import Cluster
from tests.instruments.running_hall import hallcall
from tests.instruments.site import Answer, Site

SECRET, FIRST = "Wd7-kestrel", "Kp3-harrier"  # the one chosen, and the first that must be changed
LEVELS = {"1001": "city", "1002": f"area:{AREA}", "1003": "site:twin", "1004": "area:999"}
SEEN = {"1001": {SITE, "twin", "far"}, "1002": {SITE, "twin"}, "1003": {"twin"}, "1004": set[str]()}


NAMES: NamesInBoth = {
    "zh": {
        "queues": {"A": "不动产<b>登记</b>"},
        "windows": {"1": "综合受理"},
        "items": {"i1": "商品房转移登记"},
    },
    "en": {"queues": {"A": "Property"}, "windows": {"1": "General"}, "items": {"i1": "Transfer of a flat"}},
}


class City:
    """The centre's application on a port, and a person's cookie by staff number."""

    def __init__(self, site: Site, data: Path) -> None:
        self.site, self.data = site, data
        self.cookies = {staff: self.signed_in(staff) for staff in LEVELS}

    def posted(self, path: str, **fields: str) -> Answer:
        headers = {"Origin": f"http://127.0.0.1:{self.site.port}"}
        return self.site.ask("POST", path, headers, urlencode(fields).encode())

    def signed_in(self, staff: str) -> str:

        found = self.posted("/sign-in", staff=staff, secret=FIRST, new=SECRET, again=SECRET)
        assert found.status_code == 303, found.text
        return found.headers["set-cookie"].partition(";")[0]

    def get(self, path: str, staff: str = "1001", lang: str = "zh") -> Answer:
        return self.site.get(path, {"Cookie": f"{self.cookies[staff]}; {viewers.LANG_COOKIE}={lang}"})


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, one_cluster: Cluster) -> Iterator[City]:
    data, database = tmp_path_factory.mktemp("centre"), one_cluster.database()
    stage = morning(tmp_path_factory.mktemp("hall"))
    with sites.connected(database) as connection:
        sites.make_tables(connection)
        now = viewers.clock()
        sites.add(connection, SITE, NAME, now, AREA)
        brought(connection, stage, now)
        cloned(connection, [("twin", "<b>双胞</b>厅", f"{AREA}101"), ("far", LONG_NAME, "431024")])
        sites.name_area(connection, AREA, "永兴县")
        with connection.transaction():
            thing_names.keep(connection, "far", NAMES)
    for staff, level in LEVELS.items():
        words = ["centre", "account", "add", staff, "--level", level, "--data", str(data), "--password-stdin"]
        assert hallcall(*words, typed=f"{FIRST}\n")[0] == 0
    with Site(application(database, data, 9310, "Asia/Shanghai")) as site:
        yield City(site, data)
    stage.close()


# --- who sees what

OF_A_HALL = (
    "/site/{}",
    "/site/{}/window?id=1",
    "/wall?sites={}",
    "/export/site.csv?site={}",
    "/export/site.xlsx?site={}",
)
LISTS = ("/?all=1", "/ranks?span=2026-09", "/items?code=i1&span=2026-09", "/export/halls.csv", "/export/ranks.csv?span=2026-09",
         "/export/items.csv?code=i1&span=2026-09")  # fmt: skip


@pytest.mark.parametrize("path", OF_A_HALL)
@pytest.mark.parametrize("staff", LEVELS)
def test_a_page_of_a_hall_is_there_for_who_sees_it_and_not_for_others(
    city: City, staff: str, path: str
) -> None:
    for site in (SITE, "twin", "far", "nobody"):
        assert city.get(path.format(site), staff).status_code == (200 if site in SEEN[staff] else 404), site


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("staff", LEVELS)
def test_a_list_names_the_halls_of_a_level_and_no_other(city: City, staff: str, path: str) -> None:
    found = city.get(path, staff)
    if found.status_code == 303:  # who sees one hall is led to it
        found = city.get(found.headers["location"], staff)
    for site, name in ((SITE, NAME), ("twin", "双胞"), ("far", LONG_NAME)):
        assert (name in found.text) == (site in SEEN[staff]), site


def test_a_wall_with_one_hall_of_another_level_is_not_there(city: City) -> None:
    assert city.get(f"/wall?sites={SITE},twin", "1002").status_code == 200
    assert city.get(f"/wall?sites={SITE},far", "1002").status_code == 404


def test_twin_without_the_level_everybody_would_see_all(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ViewerLevel, "sees", lambda *_: True)
    assert city.get("/site/far", "1003").status_code == 200
    assert LONG_NAME in city.get("/export/halls.csv", "1004").text


def test_a_stranger_gets_the_sign_in_and_nothing_else(city: City) -> None:
    for path in ("/", "/site/stage", "/wall?sites=stage", "/items", "/ranks", "/export/halls.csv"):
        for cookie in ("", "hallcall-centre-9310=guessed"):
            found = city.site.get(path, {"Cookie": cookie})
            assert (found.status_code, found.headers["location"].partition("?")[0]) == (303, "/sign-in")
    assert city.site.get("/site/stage?x=1").headers["location"] == "/sign-in?next=/site/stage%3Fx%3D1"
    for path in viewers.FILES:
        assert city.site.get(path).status_code == 200
    form = city.site.get("/sign-in?next=//example.org")
    assert "script" not in form.headers["content-security-policy"]
    back = city.posted("/sign-in", staff="1001", secret=SECRET, next="//example.org/x")
    assert back.headers["location"] == "/"
    assert city.site.ask("POST", "/sign-in", {"Origin": "http://example.org"}, b"").status_code == 403
    assert "HttpOnly" in back.headers["set-cookie"]
    assert city.posted("/sign-in", staff="1001", secret="wrong-one-1").status_code == 403


@pytest.mark.parametrize("change", [("level", "site:far"), ("disable",)])
def test_a_changed_level_and_a_disabled_account_end_the_session(city: City, change: tuple[str, ...]) -> None:
    staff = f"20-{change[0]}"
    words = (
        "centre",
        "account",
        "add",
        staff,
        "--level",
        "city",
        "--data",
        str(city.data),
        "--password-stdin",
    )
    assert hallcall(*words, typed=f"{FIRST}\n")[0] == 0
    city.cookies[staff] = city.signed_in(staff)
    assert city.get("/", staff).status_code == 200
    code, _ = hallcall("centre", "account", change[0], staff, *change[1:], "--data", str(city.data))
    assert code == 0
    assert city.get("/", staff).status_code == 303


def test_a_session_ends_when_nobody_uses_it_and_with_the_sign_out(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = city.posted("/sign-in", staff="1001", secret=SECRET).headers["set-cookie"].partition(";")[0]
    own = {"Cookie": mine}
    assert city.site.get("/", own).status_code == 200
    headers = {**own, "Origin": f"http://127.0.0.1:{city.site.port}"}
    assert city.site.ask("POST", "/sign-out", headers, b"").status_code == 303
    assert city.site.get("/", own).status_code == 303
    idle = {
        "Cookie": city.posted("/sign-in", staff="1001", secret=SECRET).headers["set-cookie"].partition(";")[0]
    }
    later = viewers.clock() + viewers.IDLE
    monkeypatch.setattr(viewers, "clock", lambda: later)
    assert city.site.get("/", idle).status_code == 303


def test_a_level_that_is_none_is_refused_with_what_there_is(city: City) -> None:
    for text in ("town", "area:", "site:no space", "city:1", ""):
        assert level_of(text) is None
        code, said = hallcall("centre", "account", "add", "9", "--level", text, "--data", str(city.data))
        assert (code, "area:CODE" in said) == (2, True)
    code, said = hallcall("centre", "account", "list", "--data", str(city.data))
    assert (code, f"area:{AREA}" in said) == (0, True)


# --- what they say


def test_the_city_is_shown_by_area_and_a_search_goes_through_all(city: City) -> None:
    page = city.get("/").text
    assert "永兴县" in page
    assert LONG_NAME in page  # in no area that has a name
    assert "双胞" not in page
    assert "&lt;b&gt;双胞&lt;/b&gt;厅" in city.get(f"/?area={AREA}&all=1").text
    found = city.get(f"/?{urlencode({'q': '双胞'})}").text
    assert ("双胞" in found, NAME in found) == (True, False)
    assert "没有符合的厅" in city.get("/?q=nowhere").text
    assert city.get("/?sort=-2&page=99999999999&area=%00").status_code == 200
    assert city.get("/?sort=-999&all=1").status_code == 200


def test_a_hall_and_a_window_are_shown_as_they_are_in_both_languages(city: City) -> None:
    page, window = city.get("/site/stage").text, city.get("/site/stage/window?id=1").text
    for said in ("A005", "缺纸", "数据时刻", "设备故障", "总览"):
        assert said in page, said
    assert ("A001" in window, "非常满意" in window) == (True, True)
    english = city.get("/site/stage", lang="en").text
    assert ("As of" in english, "devices out" in english, '<html lang="en"' in english) == (True, True, True)
    assert city.get("/site/stage?span=1999-01").status_code == 200
    assert city.get("/site/stage/window?id=77").status_code == 404
    assert city.get("/ranks?span=never").status_code == 400


def test_what_a_page_shows_its_file_holds(city: City) -> None:
    rows = list(csv.reader(io.StringIO(city.get("/export/halls.csv").body.decode("utf-8-sig"))))
    by_site = {row[17]: row for row in rows[1:]}
    assert set(by_site) == {SITE, "twin", "far"}
    assert (by_site[SITE][2], by_site[SITE][15], by_site[SITE][18]) == ("2", "1", AREA)
    book = openpyxl.load_workbook(io.BytesIO(city.get(f"/export/site.xlsx?site={SITE}&span={DAY}").body))
    assert "总览 Summary" in book.sheetnames
    items = city.get("/export/items.csv?code=i1&span=2026-09").body.decode("utf-8-sig")
    assert len(items.splitlines()) == 4
    assert city.get("/export/passwords.csv").status_code == 404
    code, said = hallcall("centre", "account", "audit", "--data", str(city.data), "--who", "1001")
    assert (code, "centre/halls" in said, f"centre/{SITE}" in said, "passwords" in said) == (
        0,
        True,
        True,
        False,
    )
    code, said = hallcall(
        "centre", "account", "audit", "--data", str(city.data), "--subject", "account/1003", "--json"
    )
    assert (code, '"account-added"' in said) == (0, True)


def test_each_word_is_there_in_both_languages_with_the_same_facts() -> None:
    from string import Formatter

    def facts(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert [
        code for code, (zh, en) in all_words().items() if not zh or not en or facts(zh) != facts(en)
    ] == []
    sources = "".join(path.read_text("utf-8") for path in Path(viewers.__file__).parent.glob("*.py"))
    unused = [
        code
        for code in all_words()
        if f'"{code}"' not in sources.replace("'", '"')
        and code not in FORM_WORDS
        and not code.startswith(("by-", "light-", "level-", "export-"))
    ]
    assert unused == []


def test_names_that_a_hall_has_given_stand_beside_its_ids_in_the_language_of_who_looks(city: City) -> None:
    hall = city.get("/site/far").text
    assert "A 不动产&lt;b&gt;登记&lt;/b&gt;" in hall
    assert ("1 综合受理" in hall, "<b>登记" in hall, "旧版程序" in hall) == (True, False, False)
    assert "窗口 1 综合受理" in city.get("/site/far/window?id=1").text
    english = city.get("/site/far", lang="en").text
    assert ("A Property" in english, "综合受理" in english) == (True, False)
    assert "旧版程序" in city.get(f"/site/{SITE}").text
    assert "1 综合受理" in city.get("/wall?sites=far").text
    assert "i1 商品房转移登记" in city.get(f"/items?code=i1&span={DAY[:7]}").text
    assert "商品房转移登记 · 3" in city.get(f"/items?span={DAY[:7]}").text
