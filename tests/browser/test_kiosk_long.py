"""Every screen of the kiosk with the longest data a hall may have: nothing is cut, covered or lost.

The machine is led to each screen without a caller, so that all of them are looked at in one browser.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from caller.identity.id_hash import IdDocument
from kiosk.visit.machine import VisitMachine
from tests.instruments.browser import OpenPage
from tests.instruments.kiosk_fixtures import MILLIS
from tests.instruments.kiosk_pages import KEY, Served, served, stand
from tests.instruments.layout_audit import looked_at
from tests.instruments.long_halls import PAPERS, long_hall, long_name, long_name_en, long_view
from tests.instruments.running_hall import until

PORTRAIT, LANDSCAPE = (1080, 1920), (1920, 1080)
TO_GUIDE = ("start", "department:tax", "item:T001")
TO_CONFIRM = (*TO_GUIDE, "take", "class:elderly")
ISSUED = {
    "number": "A00042",
    "queue": "A",
    "ahead": 888,
    "low": 100,
    "high": 145,
    "issued": 1_764_000_000_000_000,
}
TICKET = "01890000-0000-7000-8000-000000000042"
WAYS: dict[str, tuple[str, ...]] = {
    "idle": (), "services": ("start",), "items": ("start", "department:tax"), "search": ("start", "search", "key:g"),
    "guide": TO_GUIDE, "behalf": (*TO_GUIDE, "take"), "client": (*TO_GUIDE, "take", "agent"), "client-wrong": (*TO_GUIDE, "take", "agent"), "priority": (*TO_GUIDE, "take"), "confirm": TO_CONFIRM, "number": (*TO_CONFIRM, "confirm"),
    "refused": (*TO_CONFIRM, "confirm"), "scan": ("start", "lost"), "ticket": (f"scan:{TICKET}",), "booked": ("start",),
    "staff": ("staff",),
}  # fmt: skip


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("long"), long_hall()) as running:
        yield running


def lead(screen: str, machine: VisitMachine) -> None:
    """Bring the machine from rest to a screen."""
    if screen in ("behalf", "client", "client-wrong"):
        machine.card("hash", "1234", False, 0.0)
        machine.booked("hash", {"appointments": []})
    for target in WAYS[screen]:
        machine.tap(target, 0.0)
    if screen == "client-wrong":
        machine.state.errand.entry = "91110000600037341W"
        machine.client_read(IdDocument("bad-check"), machine.state.revision)
    machine.ticket(ISSUED | {"ticket": TICKET, "state": "waiting", "items": ["T001"]})
    if screen == "number":
        machine.answer("id", ISSUED | {"ticket": TICKET}, 0.0)
    if screen == "refused":
        words = {
            "zh": long_name(1),
            "en": long_name_en(1),
            "next_zh": long_name(2),
            "next_en": long_name_en(2),
        }
        machine.refuse("id", {"code": "queue-closed", **words}, 0.0)
    if screen == "booked":
        machine.card("hash", "1234", False, 0.0)
        slot = {"slot": 1_764_000_000_000_000, "open": True, "queue": "A"}
        machine.booked(
            "hash", {"appointments": [{"appointment": f"a{i}", "item": f"T{i:03}", **slot} for i in range(3)]}
        )
    if screen == "staff":
        machine.state.screen = "staff"


@pytest.mark.parametrize("size", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_the_longest_data_is_neither_cut_nor_covered(
    open_page: OpenPage, kiosk: Served, size: tuple[int, int], language: str, large: bool, tmp_path: Path
):
    page = open_page(f"http://{kiosk.host}/#key={KEY}", *size)
    page.wait_for_selector("#kiosk[data-n]", timeout=MILLIS)
    faults: list[str] = []
    for screen in WAYS:
        n = stand(kiosk, partial(lead, screen), long_view(), language, large)
        page.wait_for_selector(f'#kiosk[data-n="{n}"]', timeout=MILLIS)
        page.wait_for_selector("html.large" if large else "html:not(.large)", timeout=MILLIS)
        found = looked_at(page)
        if found:
            page.screenshot(path=tmp_path / f"{screen}.png")
        faults += [f"{screen}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_every_paper_to_bring_can_be_read_on_the_number_screen(
    open_page: OpenPage, kiosk: Served, language: str, large: bool
):
    page = open_page(f"http://{kiosk.host}/#key={KEY}", *PORTRAIT)
    n = stand(kiosk, partial(lead, "number"), long_view(), language, large)
    page.wait_for_selector(f'#kiosk[data-n="{n}"][data-screen="number"]', timeout=MILLIS)
    seen: set[str] = set()
    for _ in range(PAPERS):
        shown = page.evaluate(VISIBLE)
        seen |= set(shown)
        following = page.locator('[data-target="local:next"]:not([aria-disabled])')
        if not following.count():
            break
        following.first.tap()
        until(lambda shown=shown: page.evaluate(VISIBLE) != shown, "the next page")
    wanted = {(long_name if language == "zh" else long_name_en)(number) for number in range(PAPERS)}
    assert wanted <= seen, wanted - seen


VISIBLE = """() => [...document.querySelectorAll('#kiosk li')].filter((line) => {
    const clip = line.closest('.reading, .body').getBoundingClientRect();
    return [...line.getClientRects()].every((box) => box.top >= clip.top - 2 && box.bottom <= clip.bottom + 2
        && box.left >= clip.left - 2 && box.right <= clip.right + 2);
}).map((line) => line.textContent)"""
