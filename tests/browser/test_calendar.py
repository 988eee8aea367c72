"""The days of a hall as an applicant sees them: the board and the kiosk by a real caller whose clock the test moves.

National Day, a Saturday worked instead, a half day, a market day on a Sunday, a year without a notice, a change of
the clocks, midnight. What is due then is done by the caller itself, as on any morning.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from caller.engine.day_commands import ExtendHours
from config.instants import instant
from config.setting_types import ScreenHours
from kiosk.faces import clients
from tests.instruments.browser import OpenPage
from tests.instruments.clipped_text import faults
from tests.instruments.hall_in_time import HallInTime, calendar_hall
from tests.instruments.kiosk_fixtures import MILLIS
from tests.instruments.kiosk_pages import KEY, Served, served, told
from tests.instruments.layout_audit import looked_at
from tests.instruments.running_hall import comes_to


class Moment(NamedTuple):
    """An instant of the hall's own clock, and what stands on the board (both languages) and the kiosk (Chinese,
    English) then; what begins with "-" stands nowhere."""

    day: str
    clock: str
    board: tuple[str, ...]
    kiosk: tuple[str, ...]
    kiosk_en: tuple[str, ...]


MOMENTS = [
    Moment("2026-09-30", "23:59", ("现在不办公", "10月8日星期四 09:00", "Thursday, October 8 at 09:00", "-国庆"),
           ("今天的办公已结束", "2026-10-08 星期四 09:00", "-国庆"), ("The hall has closed", "Thursday, 2026-10-08")),
    Moment("2026-10-01", "00:00", ("今天不办公：国庆节", "Closed today: National Day", "10月8日星期四 09:00", "办公时间 09:00–17:00"),
           ("今天不办公：国庆节", "下次办公 2026-10-08 星期四 09:00"), ("Closed today: National Day", "Thursday, 2026-10-08, at 09:00")),
    Moment("2026-10-10", "10:00", ("请留意叫号", "Please watch", "-不办公"), ("请触摸屏幕", "办公时间 09:00–17:00"), ("Touch the screen",)),
    Moment("2026-10-12", "10:00", ("请留意叫号",), ("请触摸屏幕", "办公时间 09:00–10:30, 11:00–12:00"), ("Open 09:00–10:30, 11:00–12:00",)),
    Moment("2026-10-12", "12:30", ("现在不办公", "10月13日星期二 09:00", "办公时间 09:00–17:00", "-暂定"),
           ("今天的办公已结束", "2026-10-13 星期二 09:00"), ("Tuesday, 2026-10-13",)),
    Moment("2026-10-17", "10:00", ("现在不办公", "10月18日星期日 08:00", "08:00–12:00"), ("今天不办公", "2026-10-18 星期日 08:00", "-："), ("Sunday, 2026-10-18",)),
    Moment("2026-10-18", "09:00", ("请留意叫号",), ("请触摸屏幕", "办公时间 08:00–12:00"), ("Open 08:00–12:00",)),
    Moment("2026-12-31", "20:00", ("1月1日星期五 09:00", "暂定", "Friday, January 1 at 09:00", "Provisional"),
           ("2027-01-01 星期五 09:00", "暂定"), ("Provisional",)),
]  # fmt: skip
BEGAN = ("2026-09-30", "18:00")


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HallInTime]:
    folder = tmp_path_factory.mktemp("calendar")
    with HallInTime(folder, calendar_hall(folder), *BEGAN) as running:
        yield running


@pytest.fixture(scope="module")
def kiosk(hall: HallInTime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("kiosk")
    with patch.object(clients, "_now", hall.loop.clock.now), served(folder, hall.settings) as running:
        yield running


def test_what_the_board_and_the_kiosk_say_on_every_kind_of_day(
    hall: HallInTime, kiosk: Served, open_page: OpenPage, tmp_path: Path
) -> None:
    board = open_page(hall.board(), 1920, 1080)
    face = open_page(f"http://{kiosk.host}/#key={KEY}", 1080, 1920)
    face.wait_for_selector("#kiosk[data-n]", timeout=MILLIS)
    for moment in MOMENTS:
        hall.move(moment.day, moment.clock)
        here = f"{moment.day} {moment.clock}"
        expect(board.locator("#date")).to_contain_text(
            written(moment.day)
        )  # or what follows may be of the day before
        expect(board.locator("#time")).to_have_text(moment.clock)
        says(board, "#calls", moment.board, here)
        clean(board, lambda: faults(board), tmp_path / f"board {here}.png")
        for language, words in (("zh", moment.kiosk), ("en", moment.kiosk_en)):
            told(kiosk, hall.view("kiosk"), language)
            says(face, "#kiosk", words, here)
            clean(face, lambda: looked_at(face), tmp_path / f"kiosk {language} {here}.png")


def written(day: str) -> str:
    """Return a date as the board's clock has it."""
    return "{1}月{2}日".format(*map(int, day.split("-")))


def clean(page: Page, look: Callable[[], list[str]], picture: Path) -> None:
    """Wait until no faults are found; else fail with a picture of the page."""
    try:
        comes_to(look, [])
    except AssertionError:
        page.screenshot(path=picture)
        raise


def says(page: Page, where: str, words: tuple[str, ...], here: str) -> None:
    part = page.locator(where)
    for word in words:
        if word.startswith("-"):
            expect(part, here).not_to_contain_text(word[1:])
        else:
            expect(part, here).to_contain_text(re.compile(r"\s*".join(map(re.escape, word.split()))))


def test_twin_a_hall_without_the_notice_is_open_on_national_day(tmp_path: Path, open_page: OpenPage) -> None:
    with HallInTime(
        tmp_path, calendar_hall(tmp_path), *BEGAN, without=lambda s: replace(s, year_notices=())
    ) as hall:
        hall.move("2026-10-01", "10:00")
        says(open_page(hall.board(), 1920, 1080), "#calls", ("请留意叫号", "-国庆"), "no notice")


BLACK = """() => {
    const night = getComputedStyle(document.body, '::after');
    return night.content !== 'none' && night.backgroundColor === 'rgb(0, 0, 0)' && night.position === 'fixed';
}"""


def test_outside_their_hours_screens_are_black_and_an_open_hall_is_seen(
    tmp_path: Path, open_page: OpenPage
) -> None:
    """The evening, a touch, the next morning, a day that a manager keeps open."""
    hours = tuple(ScreenHours(kind, after_minutes=20) for kind in ("board", "sign", "tablet", "kiosk"))
    with HallInTime(
        tmp_path, calendar_hall(tmp_path), "2026-10-13", "10:00", without=lambda s: replace(s, screens=hours)
    ) as hall, served(tmp_path, hall.settings) as kiosk:  # fmt: skip
        board = open_page(hall.board(), 1920, 1080, alone=True)
        board.clock.install()
        board.reload()
        pages = [
            board, open_page(hall.page("sign?window=1"), 1920, 1080), open_page(hall.tablet("1"), 1280, 800),
            open_page(f"http://{kiosk.host}/#key={KEY}", 1080, 1920),
        ]  # fmt: skip

        def black(wanted: bool) -> None:
            dark = bool(hall.view("jobs/k1")["dark"])
            kiosk.call(lambda: setattr(kiosk.station.state, "dark", dark))
            told(kiosk, hall.view("kiosk"), "zh")
            comes_to(lambda: [page.evaluate(BLACK) for page in pages], [wanted] * len(pages))

        hall.move("2026-10-13", "17:00")
        says(board, "#calls", ("现在不办公",), "closed")
        black(False)
        hall.move("2026-10-13", "17:20")
        black(True)
        board.mouse.click(300, 300)  # whoever works here at night sees it for a minute
        comes_to(lambda: board.evaluate(BLACK), False)
        board.clock.fast_forward(61_000)
        comes_to(lambda: board.evaluate(BLACK), True)
        hall.move("2026-10-14", "08:29")
        black(True)
        hall.move("2026-10-14", "08:30")
        black(False)
        hall.move("2026-10-14", "16:00")
        hall.do(ExtendHours(instant("2026-10-14", "19:00", "Asia/Shanghai")))
        hall.move("2026-10-14", "18:30")
        black(False)
        hall.move("2026-10-14", "19:20")
        black(True)


def test_twin_a_page_that_does_not_listen_stays_lit(tmp_path: Path, open_page: OpenPage) -> None:
    with HallInTime(tmp_path, calendar_hall(tmp_path), "2026-10-13", "20:00") as hall:
        board = open_page(hall.board(), 1920, 1080)
        says(board, "#calls", ("现在不办公",), "closed")
        comes_to(lambda: board.evaluate(BLACK), False)


def test_when_the_clocks_change_the_hall_opens_by_its_own_clock(tmp_path: Path, open_page: OpenPage) -> None:
    """New York, the night to 1 November 2026, which is an hour longer."""
    source = calendar_hall(tmp_path, "America/New_York", "every-day")
    with HallInTime(tmp_path, source, "2026-10-31", "20:00") as hall:
        board = open_page(hall.board(), 1920, 1080)
        says(board, "#calls", ("11月1日星期日 09:00",), "the evening before")
        hall.move("2026-11-01", "08:59")
        says(board, "#calls", ("现在不办公", "11月1日星期日 09:00"), "a minute to nine")
        hall.move("2026-11-01", "09:00")
        says(board, "#calls", ("请留意叫号",), "nine o'clock")
        expect(board.locator("#time")).to_have_text("09:00")
