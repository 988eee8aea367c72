"""Settings changed while the hall is open, as people see it: on the board, on a window's sign and on the kiosk, without a
restart and without a hand on a page; a visit that has begun is not disturbed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.instruments.browser import OpenPage
from tests.instruments.kiosk_fixtures import MILLIS, KioskHall, PageFace
from tests.instruments.running_hall import REPO, RunningHall, until


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("new"), REPO / "config/halls/town.toml").start()
    running.open("1")
    yield running
    running.close()


@pytest.fixture
def kiosk(hall: RunningHall, tmp_path: Path) -> Iterator[KioskHall]:
    running = KioskHall(hall, tmp_path)
    yield running
    running.close()


def renamed(hall: RunningHall, old: str, new: str) -> Path:
    """The hall with a name changed wherever it stands, items too."""
    folder = hall.folder / f"to-{new}"
    folder.mkdir()
    for each in (hall.hall, *hall.folder.glob("*.csv")):
        (folder / each.name).write_text(each.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return folder / hall.hall.name


def test_names_change_on_board_sign_and_kiosk_and_a_visit_goes_on(
    hall: RunningHall, kiosk: KioskHall, open_page: OpenPage
):
    window = hall.settings.windows[0]
    board = open_page(hall.page("/board?voice=off", "board", "b1"), 1920, 1080)
    sign = open_page(hall.page(f"/sign?window={window.id}", "board", "b1"), 1024, 600)
    face = PageFace(open_page(kiosk.url, 1080, 1920)).fresh()
    expect(board.locator("#hall")).to_contain_text(hall.settings.hall.name, timeout=MILLIS)
    face.tap("start")
    began = face.screen
    ticket = hall.take(queue=window.queues[0])
    process = kiosk.process.pid

    version = hall.apply(renamed(hall, hall.settings.hall.name, "改名便民中心"))

    assert version == 2
    expect(board.locator("#hall")).to_contain_text("改名便民中心", timeout=MILLIS)
    until(lambda: sign.evaluate("fetch('/hall.json').then(r => r.json()).then(h => h.settings)") == 2, "sign")
    assert face.screen == began, "the visit stays where it was"
    face.tap("home")
    expect(face.page.locator("body")).to_contain_text("改名便民中心", timeout=MILLIS)
    assert kiosk.process.pid == process
    assert hall.fresh("supervise")["counts"]["waiting"] == 1
    assert hall.call(window.id)["number"] == ticket["number"]
