# ruff: noqa: F401, F811 - the fixtures are imported by name
"""The screens an ID card brings, at both sizes and in the type in which most is to be shown: they fit and read.

The recorded visits say what happens on them; here they are only looked at, all with the longest words.
"""

from collections.abc import Iterator

import pytest

from devices.simulators.reader import number_for
from tests.browser.test_kiosk_layout import violations
from tests.instruments.cards import READER, Reader, hall_with_cards
from tests.instruments.kiosk_fixtures import MILLIS, KioskHall, PageFace, face, kiosk_page  # pyright: ignore[reportUnusedImport]
from tests.instruments.layout_audit import looked_at, looked_at_both_ways

TO_CONFIRM = ("department:tax", "item:T001", "take", "class:elderly")
ONE, SEVERAL, EARLY, LATE, NOBODY, OLD = range(1, 7)  # whose cards
STATES: dict[
    str, tuple[int, tuple[str, ...], str, str]
] = {  # card, taps before, the screen's mark, taps after
    "one": (ONE, (), ".row", ""),
    "several": (SEVERAL, (), ".tile", ""),
    "early": (EARLY, (), ".note.warn", ""),
    # In this order, because a card that is laid again at once is not read again.
    "none": (NOBODY, ("start", "appointment"), '[data-target="appointment"]', ""),
    "priority": (OLD, (), ".note.good", "class"),
    "walk-in": (NOBODY, (), ".note.good", ""),
    "confirm": (OLD, (), ".note.good", "confirm"),
    "late": (LATE, (), ".note.warn", ""),
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("carded")
    hall = hall_with_cards(folder)
    for person, minutes in ((ONE, 0), (SEVERAL, 0), (SEVERAL, 60), (EARLY, 60), (LATE, -60)):
        hall.book("T001", minutes, number_for(person))
    with Reader(hall, folder) as reader:
        yield reader
    hall.close()


@pytest.fixture(scope="module")
def kiosk(reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KioskHall]:
    running = KioskHall(reader.hall, tmp_path_factory.mktemp("kiosk"), reader=f"{READER}={reader.port}")
    yield running
    running.close()


def bring(face: PageFace, reader: Reader, state: str) -> None:
    """To the screen of that name, by taps and a card."""
    card, before, mark, after = STATES[state]
    face.page.wait_for_selector(".hint", timeout=MILLIS)
    for target in before:
        face.tap(target)
    reader.lay(card, 1950 if card == OLD else 1990)
    face.page.wait_for_selector(
        f"#kiosk:is([data-screen=booked], [data-screen=services]) {mark}", timeout=MILLIS
    )
    for target in TO_CONFIRM[: {"": 0, "class": 3, "confirm": 4}[after]]:
        face.tap(target)


def look(face: PageFace, reader: Reader, language: str, large: bool) -> None:
    faults = [f"idle: {fault}" for fault in looked_at_both_ways(face.dressed(language, large).page)]
    for state in STATES:
        face.dressed(language, large)
        bring(face, reader, state)
        faults += [f"{state}: {fault}" for fault in looked_at_both_ways(face.page)]
    assert not faults, "\n".join(faults)


def test_the_longest_words_in_the_largest_type_fit(face: PageFace, reader: Reader):
    look(face, reader, "en", True)


@pytest.mark.campaign
@pytest.mark.parametrize(("language", "large"), [("zh", False), ("zh", True), ("en", False)])
def test_the_others_fit_too(face: PageFace, reader: Reader, language: str, large: bool):
    look(face, reader, language, large)


@pytest.mark.parametrize("state", ["one", "several", "early", "none"])
def test_axe_finds_nothing(face: PageFace, reader: Reader, state: str):
    bring(face, reader, state)
    assert violations(face.page) == []


def test_the_invitation_goes_with_the_reader_and_comes_back(face: PageFace, reader: Reader):
    face.page.wait_for_selector(".hint", timeout=MILLIS)
    reader.plug(False)
    face.page.wait_for_selector(".hint", state="detached", timeout=MILLIS)
    reader.plug(True)
    face.page.wait_for_selector(".hint", timeout=MILLIS)


def test_twin_the_eye_sees_words_under_another_box(face: PageFace, reader: Reader):
    bring(face, reader, "one")
    face.page.evaluate("document.querySelector('.rows').style.marginTop = '-60rem'")
    assert "covered" in {fault.partition(":")[0] for fault in looked_at(face.page)}
    face.page.reload()  # as it was, for the next test
