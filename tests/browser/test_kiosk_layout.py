"""Every screen of the kiosk at both sizes, in both languages and both types: it fits, reads and can be pressed.

The hall is the county's on a busy day, so that every tile shows its band; axe-core reads the same screens. The machine
is led to each of them without a finger: that fingers get there is seen in test_kiosk.py and by the recorded visits.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from msgspec import structs
from playwright.sync_api import Page, expect

from config.feedback_settings import FeedbackTable
from kiosk.visit.machine import VisitMachine
from tests.browser.test_access import RULES
from tests.instruments.browser import Contexts, OpenPage, axe_finds
from tests.instruments.kiosk_fixtures import MILLIS
from tests.instruments.kiosk_pages import KEY, Served, served, stand
from tests.instruments.layout_audit import (
    LANDSCAPE,
    PORTRAIT,
    looked_at,
    looked_at_both_ways,
    not_doubled,
    turn,
)
from tests.instruments.running_hall import RunningHall, until

LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
TYPES = pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
HALF_A_GLASS = 0.8  # of twice the type: the number and what stands beside it share the upper half
UNKNOWN = "01890000-0000-7000-8000-000000000042"
TO_GUIDE = ("start", "department:tax", "item:T001")
WAYS: dict[str, tuple[str, ...]] = {
    "idle": (), "services": ("start",), "items": ("start", "department:tax"), "search": ("start", "search", "key:K", "key:Y"),
    "guide": TO_GUIDE, "priority": (*TO_GUIDE, "take"), "confirm": (*TO_GUIDE, "take", "class:elderly"),
    "appointment": ("start", "appointment"), "scan": ("start", "lost"),
    # screens that come when something is wrong, or to the staff
    "refused": (f"scan:{UNKNOWN}",), "waiting": (*TO_GUIDE, "take", "class:ordinary", "confirm"),
    "away": (), "warning": ("start",), "pin": ("staff",), "staff": ("staff",),
    # of a kiosk that takes the number in three taps
    "often": ("start",), "at-once": TO_GUIDE,
}  # fmt: skip
QUICK = ("often", "at-once")
READY = {"away": "#cover", "warning": ".warning"}  # what is there beside the screen itself
SHOWN_AS = {
    "away": "idle",
    "warning": "services",
    "often": "services",
    "at-once": "guide",
}  # the screen beneath


@pytest.fixture(scope="module")
def busy(county: RunningHall) -> dict[str, Any]:
    """What the kiosk is told of a hall with clerks at their windows and people waiting."""
    county.open(*(str(window) for window in range(1, 24)))
    for queue in county.settings.queues:
        county.take(queue.id)
        county.take(queue.id)
    view = county.fresh("kiosk")
    assert min(queue["waiting"] for queue in view["queues"].values()) >= 2
    by_name = sorted(county.settings.items, key=lambda item: len(item.name))
    often = [each.id for each in (*by_name[:7], *by_name[-3:])]  # short ones, and the longest of the list
    return view | {"frequent": often}


@pytest.fixture(scope="module")
def kiosk(county: RunningHall, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = structs.replace(county.settings, feedback=FeedbackTable(enabled=True))  # a button more
    with served(tmp_path_factory.mktemp("kiosk"), settings) as running:
        running.station.state.speaks = {"zh": "zh", "en": "en"}  # and another
        running.station.state.has_pin = lambda: True
        yield running


def lead(screen: str, machine: VisitMachine) -> None:
    """Bring the machine from rest to a screen."""
    state = machine.state
    state.kiosk = structs.replace(state.kiosk, quick=screen in QUICK)
    for target in WAYS[screen]:
        machine.tap(target, 0.0)
    if screen == "refused":
        machine.no_ticket(UNKNOWN)
    if screen == "staff":
        machine.pin_checked(True, state.revision)
    if screen == "warning":
        machine.tick(state.kiosk.idle_seconds)
        assert state.left
    machine.away(screen == "away")


class Glass:
    """A kiosk's page, and the machine behind it."""

    def __init__(self, page: Page, kiosk: Served, busy: dict[str, Any]) -> None:
        self.page, self._kiosk, self._busy = page, kiosk, busy

    def show(self, screen: str, language: str = "zh", large: bool = False) -> None:
        n = stand(self._kiosk, partial(lead, screen), self._busy, language, large)
        name = SHOWN_AS.get(screen, screen)
        self.page.wait_for_selector(f'#kiosk[data-n="{n}"][data-screen="{name}"]', timeout=MILLIS)
        self.page.wait_for_selector("html.large" if large else "html:not(.large)", timeout=MILLIS)
        if screen in READY:
            self.page.wait_for_selector(READY[screen], timeout=MILLIS)
        else:
            self.page.wait_for_selector("#cover", state="detached", timeout=MILLIS)

    def numbered(self, outcome: str, large: bool) -> dict[str, list[int]]:
        """Show a number whose slip came out so, and return where each button lies."""

        def numbered(machine: VisitMachine) -> None:
            lead("waiting", machine)
            kept = machine.state.errand.kept
            assert kept
            machine.answer(kept.id, NUMBER | {"ticket": kept.id}, 0.0)
            if outcome != "none":
                machine.slip(kept.id, 0, outcome)  # pyright: ignore[reportArgumentType]

        n = stand(self._kiosk, numbered, self._busy, "zh", large)
        self.page.wait_for_selector(
            f'#kiosk[data-n="{n}"][data-screen="number"] [data-target="home"]', timeout=MILLIS
        )
        return self.page.evaluate(BUTTONS)

    @property
    def boxes(self) -> list[str]:
        return self.page.evaluate(BOXES)


NUMBER = {"number": "A001", "queue": "A", "ahead": 3, "low": 5, "high": 10, "issued": 1}
BUTTONS = """() => Object.fromEntries([...document.querySelectorAll('.actions [data-target]')].map((node) =>
    [node.dataset.target, (({ x, y, width, height }) => [x, y, width, height].map(Math.round))(node.getBoundingClientRect())]))"""
BOXES = """() => [...document.querySelectorAll('#kiosk *')].map((node) => node.getBoundingClientRect())
    .map((box) => [box.x, box.y, box.width, box.height].map(Math.round).join())"""


@pytest.fixture
def glass(open_page: OpenPage, kiosk: Served, busy: dict[str, Any]) -> Glass:
    return opened(open_page, kiosk, busy, PORTRAIT)


@pytest.fixture(scope="module")
def shared(contexts: Contexts, kiosk: Served, busy: dict[str, Any]) -> Iterator[Glass]:
    """One page for all tests that only look at it."""
    page = contexts.page({})
    page.goto(f"http://{kiosk.host}/#key={KEY}")
    page.wait_for_selector("#kiosk[data-n]", timeout=MILLIS)
    yield Glass(page, kiosk, busy)
    page.close()


@pytest.fixture
def seen(shared: Glass) -> Glass:
    turn(shared.page, PORTRAIT)
    return shared


def opened(
    open_page: OpenPage, kiosk: Served, busy: dict[str, Any], size: tuple[int, int], **more: Any
) -> Glass:
    page = open_page(f"http://{kiosk.host}/#key={KEY}", *size, **more)
    page.wait_for_selector("#kiosk[data-n]", timeout=MILLIS)
    return Glass(page, kiosk, busy)


@LANGUAGES
@TYPES
def test_every_screen_fits_reads_and_can_be_pressed(seen: Glass, language: str, large: bool):
    faults: list[str] = []
    for screen in WAYS:
        seen.show(screen, language, large)
        faults += [f"{screen}: {fault}" for fault in looked_at_both_ways(seen.page, float(large))]
    assert not faults, "\n".join(faults)


def test_twin_type_that_does_not_double_is_seen(glass: Glass):
    glass.show("services", large=True)
    assert not_doubled(glass.page) == []
    glass.page.evaluate("document.documentElement.style.setProperty('--type', '1.9')")
    assert not_doubled(glass.page)


@pytest.mark.parametrize(
    "large", [False, pytest.param(True, marks=pytest.mark.campaign)], ids=["normal", "large"]
)
def test_a_page_that_is_turned_is_laid_out_as_one_that_was_loaded_so(
    open_page: OpenPage, kiosk: Served, busy: dict[str, Any], large: bool
):
    """What makes one page enough for both ways; nothing moves on them, so that their boxes can be compared."""
    glass, loaded = (
        opened(open_page, kiosk, busy, size, reduced_motion="reduce") for size in (PORTRAIT, LANDSCAPE)
    )
    for screen in WAYS:
        turn(glass.page, PORTRAIT)
        loaded.show(screen, large=large)
        glass.show(screen, large=large)
        turn(glass.page, LANDSCAPE)
        loaded.page.wait_for_selector(f'#kiosk[data-n="{kiosk.station.state.revision}"]', timeout=MILLIS)
        # Each paints its clock by itself: at a minute's turn one of them is the first.
        until(lambda: glass.boxes == loaded.boxes, f"{screen} is laid out alike")


@pytest.mark.parametrize(("language", "large"), [("zh", False), ("zh", True), ("en", True)])
def test_the_lower_half_holds_all_that_is_pressed(
    seen: Glass, kiosk: Served, busy: dict[str, Any], language: str, large: bool
):
    """On every screen of an upright glass, and no key there is smaller than elsewhere."""
    turn(seen.page, PORTRAIT)
    faults: list[str] = []
    for screen in WAYS:

        def low(machine: VisitMachine, screen: str = screen) -> None:
            lead(screen, machine)
            machine.state.low = True

        n = stand(kiosk, low, busy, language, large)
        seen.page.wait_for_selector(f'html.low #kiosk[data-n="{n}"]', timeout=MILLIS)
        seen.page.wait_for_selector("html.large" if large else "html:not(.large)", timeout=MILLIS)
        faults += [f"{screen}: {each}" for each in looked_at(seen.page)]
        faults += [f"{screen}: {each}" for each in (not_doubled(seen.page, HALF_A_GLASS) if large else [])]
        faults += [f"{screen}: {each} is out of reach" for each in seen.page.evaluate(OUT_OF_REACH)]
    assert not faults, "\n".join(faults)


OUT_OF_REACH = """() => [...document.querySelectorAll('#kiosk button')]
    .filter((one) => one.getClientRects().length && one.getBoundingClientRect().top < innerHeight / 2).map((one) => one.dataset.target)"""


@TYPES
def test_no_button_of_the_number_moves_when_the_slip_comes_out_or_does_not(seen: Glass, large: bool):
    """A finger is on its way to "done" just then: it must not meet "print again" there."""
    turn(seen.page, LANDSCAPE)
    boxes = {outcome: seen.numbered(outcome, large) for outcome in ("none", "printed", "failed", "unknown")}
    assert len(boxes["none"]) == 4
    assert all(found == boxes["none"] for found in boxes.values()), boxes


def test_twin_what_is_cut_only_on_a_screen_that_lies_is_seen(glass: Glass):
    glass.show("refused")
    glass.page.evaluate(  # a sheet made by script: the page takes no inline style
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync("@media (orientation: landscape) { #kiosk * { font-size: 9px !important; } }");
            document.adoptedStyleSheets = [sheet];
        }"""
    )
    seen = looked_at_both_ways(glass.page)
    assert seen
    assert all(fault.startswith("1920x1080: ") for fault in seen)


def test_twin_the_eye_sees_what_is_cut_faint_and_small(glass: Glass):
    glass.show("services")
    glass.page.evaluate(
        """() => {
            for (const name of document.querySelectorAll('.tile .name')) { name.style.fontSize = '12px'; name.style.color = '#b9b5ac'; }
            for (const nav of document.querySelectorAll('.nav')) { nav.style.minHeight = '0'; nav.style.height = '40px'; }
        }"""
    )
    seen = "\n".join(looked_at(glass.page))
    assert {"faint", "tiny", "small"} <= {line.partition(" ")[0].rstrip(":") for line in seen.splitlines()}


ISSUED = {"number": "A042", "queue": "A", "ahead": 3, "low": 5, "high": 10, "issued": 1_764_000_000_000_000}


def test_a_number_for_which_nothing_is_to_be_brought_shows_nothing_in_its_place(
    seen: Glass, kiosk: Served, busy: dict[str, Any]
):
    """It once showed the count of the papers: 0."""
    item = next(each for each in kiosk.station.state.catalogue.items.values() if not each.papers)

    def taken(machine: VisitMachine) -> None:
        for target in ("start", f"item:{item.id}", "take", "class:ordinary", "confirm"):
            machine.tap(f"department:{item.department}", 0.0)
            machine.tap(target, 0.0)
        machine.answer("id", ISSUED | {"ticket": UNKNOWN, "queue": item.queue}, 0.0)

    n = stand(kiosk, taken, busy, "zh", False)
    seen.page.wait_for_selector(f'#kiosk[data-n="{n}"][data-screen="number"]', timeout=MILLIS)
    bare = """() => [...document.querySelector('#kiosk .body').childNodes]
        .filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data)"""
    assert seen.page.evaluate(bare) == []


# --- axe-core


def test_axe_finds_nothing(seen: Glass):
    found: dict[str, list[str]] = {}
    for screen in WAYS:
        seen.show(screen)
        found[screen] = violations(seen.page)
    assert not any(found.values()), found


def test_axe_finds_nothing_in_english_on_its_side(seen: Glass):
    turn(seen.page, LANDSCAPE)
    for screen in ("services", "guide", "confirm"):
        seen.show(screen, "en")
        expect(seen.page.locator("html"), "a voice reads it as English").to_have_attribute("lang", "en")
        assert violations(seen.page) == [], screen


def test_twin_axe_finds_a_button_without_a_name(glass: Glass):
    glass.page.evaluate("document.body.append(document.createElement('button'))")
    assert "button-name" in violations(glass.page)


def violations(page: Page) -> list[str]:
    found: Any = axe_finds(page, RULES)
    return [
        each["id"] + ": " + each["nodes"][0]["html"][:120] if each["id"] != "button-name" else each["id"]
        for each in found.response["violations"]
    ]
