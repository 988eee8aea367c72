# ruff: noqa: F401, F811 - the fixtures are imported by name
"""The recorded visits on the page face: real Chromium, real touches, both sizes, real processes behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.instruments.cards import READER, Reader, hall_with_cards
from tests.instruments.kiosk_fixtures import KioskHall, PageFace, face, kiosk_page  # pyright: ignore[reportUnusedImport]
from tests.instruments.layout_audit import LANDSCAPE, PORTRAIT, turn
from tests.instruments.recorded_visits import VISITS, play


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("carded")
    hall = hall_with_cards(folder)
    with Reader(hall, folder) as reader:
        yield reader
    hall.close()


@pytest.fixture(scope="module")
def kiosk(reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KioskHall]:
    running = KioskHall(reader.hall, tmp_path_factory.mktemp("kiosk"), reader=f"{READER}={reader.port}")
    yield running
    running.close()


SIZES = {"portrait": PORTRAIT, "landscape": LANDSCAPE}


@pytest.mark.parametrize("size", ["portrait", pytest.param("landscape", marks=pytest.mark.campaign)])
@pytest.mark.parametrize("visit", VISITS, ids=lambda path: path.stem)
def test_a_recorded_visit_on_the_page(
    visit: Path, size: str, face: PageFace, kiosk: KioskHall, reader: Reader
):
    turn(face.page, SIZES[size])
    play(visit, face, kiosk.hall, reader)
