# ruff: noqa: F401, F811 - the fixture `kiosk` is imported by name
"""Every screen of the kiosk at both sizes, in both languages and both types: it fits, reads and can be pressed.

The hall is busy, so that every tile shows its band; axe-core reads the same screens.
"""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from kiosk.store import VisitStore
from tests.browser.test_access import RULES
from tests.instruments.browser import OpenPage
from tests.instruments.kiosk_fixtures import MILLIS, KioskHall, PageFace, impatient, kiosk  # pyright: ignore[reportUnusedImport]
from tests.instruments.layout_audit import looked_at
from tests.instruments.running_hall import RunningHall

PORTRAIT, LANDSCAPE = (1080, 1920), (1920, 1080)
SIZES = pytest.mark.parametrize("size", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
TYPES = pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
PIN = "2580"
ALL = [
    ("idle", ()), ("services", ("start",)), ("items", ("start", "department:tax")),
    ("search", ("start", "search", "key:K", "key:Y")), ("guide", ("start", "department:tax", "item:T001")),
    ("priority", ("start", "department:tax", "item:T001", "take")),
    ("confirm", ("start", "department:tax", "item:T001", "take", "class:elderly")),
    ("appointment", ("start", "appointment")), ("scan", ("start", "lost")),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def busy(county: RunningHall) -> None:
    """Clerks at their windows and people waiting, so that every tile shows a band."""
    county.open(*(str(window) for window in range(1, 24)))
    for queue in county.settings.queues:
        county.take(queue.id)
        county.take(queue.id)


@pytest.fixture(scope="module")
def staffed(county: RunningHall, kiosk: KioskHall) -> KioskHall:
    """The kiosk with a PIN, so that its staff corner can be entered."""
    VisitStore(kiosk.memory).set_pin(PIN)
    kiosk.process.stop()
    kiosk.start()
    return kiosk


def dressed(face: PageFace, language: str, large: bool) -> PageFace:
    """At rest, in this language and type."""
    face.fresh()
    if language == "en":
        face.tap("language:en")
        face.expect("", "中文")
    if large:
        face.tap("large")
        face.page.wait_for_selector("html.large", timeout=MILLIS)
    return face


@SIZES
@LANGUAGES
@TYPES
def test_every_screen_fits_reads_and_can_be_pressed(
    open_page: OpenPage, staffed: KioskHall, size: tuple[int, int], language: str, large: bool
):
    face = PageFace(open_page(staffed.url, *size))
    faults: list[str] = []
    for screen, way in ALL:
        dressed(face, language, large)
        for target in way:
            face.tap(target)
        face.expect(screen, "")
        faults += [f"{screen}: {fault}" for fault in looked_at(face.page)]
    assert not faults, "\n".join(faults)


# --- screens that come when something is wrong, or to the staff


def looked_at_both_ways(face: PageFace) -> list[str]:
    """On a screen that stands and on one that lies; the page is laid out anew in between, as the twin shows."""
    faults: list[str] = []
    for width, height in (LANDSCAPE, PORTRAIT):
        face.page.set_viewport_size({"width": width, "height": height})
        face.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        faults += [f"{width}x{height}: {fault}" for fault in looked_at(face.page)]
    return faults


def refused(face: PageFace, kiosk: KioskHall) -> None:
    face.scan("999999")
    face.expect("refused", "")


def at_the_pin(face: PageFace, kiosk: KioskHall) -> None:
    face.press_long(face.page.locator(".hall"))
    face.expect("pin", "")


def among_the_staff(face: PageFace, kiosk: KioskHall) -> None:
    """By way of the PIN, which is looked at on the way: the long press alone takes three seconds."""
    at_the_pin(face, kiosk)
    assert looked_at_both_ways(face) == []
    for digit in PIN:
        face.tap(f"key:{digit}")
    face.tap("enter")
    face.expect("staff", "")


def waiting(face: PageFace, kiosk: KioskHall) -> None:
    """The caller holds its breath between the tap and the number."""
    for target in ("start", "department:tax", "item:T001", "take", "class:ordinary"):
        face.tap(target)
    kiosk.hall.caller._process.send_signal(signal.SIGSTOP)
    face.touch(face.find("confirm"))
    face.expect("waiting", "")


def away(face: PageFace, kiosk: KioskHall) -> None:
    kiosk.hall.caller._process.send_signal(signal.SIGSTOP)
    face.page.wait_for_selector("#cover", timeout=MILLIS)


STATES: dict[str, Callable[[PageFace, KioskHall], None]] = {
    "refused": refused,
    "staff": among_the_staff,
    "waiting": waiting,
    "away": away,
}


@pytest.fixture
def breathing(kiosk: KioskHall) -> Iterator[None]:
    """Whatever a test did to the caller, it goes on afterwards."""
    yield
    kiosk.hall.caller._process.send_signal(signal.SIGCONT)


@LANGUAGES
@TYPES
@pytest.mark.parametrize("state", STATES)
def test_the_screens_nobody_hopes_to_see_fit_too(
    open_page: OpenPage, staffed: KioskHall, breathing: None, state: str, language: str, large: bool
):
    face = dressed(PageFace(open_page(staffed.url, *PORTRAIT)), language, large)
    STATES[state](face, staffed)
    faults = looked_at_both_ways(face)
    assert not faults, "\n".join(faults)


@LANGUAGES
@TYPES
def test_the_warning_fits_too(open_page: OpenPage, impatient: KioskHall, language: str, large: bool):
    face = dressed(PageFace(open_page(impatient.url, *PORTRAIT)), language, large)
    face.tap("start")
    face.page.wait_for_selector(".warning", timeout=MILLIS)
    faults = looked_at_both_ways(face)
    assert not faults, "\n".join(faults)


def test_a_page_that_is_turned_is_laid_out_as_one_that_was_loaded_so(open_page: OpenPage, staffed: KioskHall):
    """What makes one page enough for both ways."""
    boxes = """() => [...document.querySelectorAll('#kiosk *')].map((node) => node.getBoundingClientRect())
        .map((box) => [box.x, box.y, box.width, box.height].map(Math.round).join())"""
    turned = PageFace(open_page(staffed.url, *PORTRAIT))
    at_the_pin(turned.fresh(), staffed)
    turned.page.set_viewport_size({"width": LANDSCAPE[0], "height": LANDSCAPE[1]})
    loaded = PageFace(open_page(staffed.url, *LANDSCAPE))  # the same screen: the newest page shows the visit
    loaded.expect("pin", "")
    assert turned.page.evaluate(boxes) == loaded.page.evaluate(boxes)


def test_twin_what_is_cut_only_on_a_screen_that_lies_is_seen(open_page: OpenPage, staffed: KioskHall):
    face = PageFace(open_page(staffed.url, *PORTRAIT)).fresh()
    refused(face, staffed)
    face.page.evaluate(  # a sheet made by script: the page takes no inline style
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync("@media (orientation: landscape) { #kiosk * { font-size: 9px !important; } }");
            document.adoptedStyleSheets = [sheet];
        }"""
    )
    seen = looked_at_both_ways(face)
    assert seen
    assert all(fault.startswith("1920x1080: ") for fault in seen)


def test_twin_the_eye_sees_what_is_cut_faint_and_small(open_page: OpenPage, staffed: KioskHall):
    face = PageFace(open_page(staffed.url, *PORTRAIT)).fresh()
    face.tap("start")
    face.page.evaluate(
        """() => {
            for (const name of document.querySelectorAll('.tile .name')) { name.style.fontSize = '12px'; name.style.color = '#b9b5ac'; }
            for (const nav of document.querySelectorAll('.nav')) { nav.style.minHeight = '0'; nav.style.height = '40px'; }
        }"""
    )
    seen = "\n".join(looked_at(face.page))
    assert {"faint", "tiny", "small"} <= {line.partition(" ")[0].rstrip(":") for line in seen.splitlines()}


# --- axe-core


@pytest.mark.parametrize("screen", [name for name, _ in ALL])
def test_axe_finds_nothing(open_page: OpenPage, staffed: KioskHall, screen: str):
    face = PageFace(open_page(staffed.url, *PORTRAIT)).fresh()
    for target in dict(ALL)[screen]:
        face.tap(target)
    face.expect(screen, "")
    assert violations(face) == []


@pytest.mark.parametrize("screen", ["services", "guide", "confirm"])
def test_axe_finds_nothing_in_english_on_its_side(open_page: OpenPage, staffed: KioskHall, screen: str):
    face = dressed(PageFace(open_page(staffed.url, *LANDSCAPE)), "en", large=False)
    for target in dict(ALL)[screen]:
        face.tap(target)
    face.expect(screen, "")
    assert face.page.get_attribute("html", "lang") == "en", "a voice reads it as English"
    assert violations(face) == []


@pytest.mark.parametrize("state", [*STATES, "pin"])
def test_axe_finds_nothing_where_nobody_hopes_to_be(
    open_page: OpenPage, staffed: KioskHall, breathing: None, state: str
):
    face = PageFace(open_page(staffed.url, *PORTRAIT)).fresh()
    (STATES | {"pin": at_the_pin})[state](face, staffed)
    assert violations(face) == []


def test_axe_finds_nothing_on_the_number_nor_in_large_type(open_page: OpenPage, staffed: KioskHall):
    face = PageFace(open_page(staffed.url, *PORTRAIT)).fresh()
    face.take()
    face.expect("", "请取走号票")
    assert violations(face) == []
    face.tap("large")
    face.page.wait_for_selector("html.large", timeout=MILLIS)
    assert violations(face) == []


def test_axe_finds_nothing_in_the_warning(open_page: OpenPage, impatient: KioskHall):
    face = PageFace(open_page(impatient.url, *PORTRAIT)).fresh()
    face.tap("start")
    face.page.wait_for_selector(".warning", timeout=MILLIS)
    assert violations(face) == []


def test_twin_axe_finds_a_button_without_a_name(open_page: OpenPage, staffed: KioskHall):
    face = PageFace(open_page(staffed.url, *PORTRAIT)).fresh()
    face.page.evaluate("document.body.append(document.createElement('button'))")
    assert "button-name" in violations(face)


def violations(face: PageFace) -> list[str]:
    found: Any = Axe().run(face.page, options=RULES)
    return [
        each["id"] + ": " + each["nodes"][0]["html"][:120] if each["id"] != "button-name" else each["id"]
        for each in found.response["violations"]
    ]


# --- the number


@SIZES
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_the_number_is_huge_whole_and_its_code_leads_to_the_phone_page(
    open_page: OpenPage,
    kiosk: KioskHall,
    tmp_path: Path,
    size: tuple[int, int],
    large: bool,
):
    import zxingcpp
    from PIL import Image

    face = PageFace(open_page(kiosk.url, *size))
    face.fresh()
    number = face.take()
    face.expect("", "请取走号票")
    if large:
        face.tap("large")
        face.page.wait_for_selector("html.large", timeout=MILLIS)
    faults = looked_at(face.page)
    assert not faults, "\n".join(faults)
    box = face.page.locator("[data-number]").bounding_box()
    assert box
    assert box["height"] >= 140, "read from three metres"
    face.page.screenshot(path=tmp_path / "number.png")
    read = zxingcpp.read_barcodes(Image.open(tmp_path / "number.png"))
    assert [re.sub(r"[0-9a-f-]{36}\.[0-9a-f]{24}$", "KEY", code.text) for code in read] == [
        f"http://127.0.0.1:{kiosk.hall.settings.listen.web}/t#KEY"
    ]
    assert number.startswith("A")
    face.tap("home")
    if large:
        face.tap("large")
    face.scan(read[0].text)
    face.expect("ticket", number)
    faults = looked_at(face.page)
    assert not faults, "\n".join(faults)
