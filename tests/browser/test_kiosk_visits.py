# ruff: noqa: F401, F811 - the fixture `kiosk` is imported by name
"""The recorded visits on the page face: real Chromium, real touches, both sizes, real processes behind it."""

from pathlib import Path

import pytest

from tests.browser.conftest import OpenPage
from tests.browser.kiosk_fixtures import KioskHall, PageFace, kiosk  # pyright: ignore[reportUnusedImport]
from tests.kiosk.recorded import VISITS, play

SIZES = {"portrait": (1080, 1920), "landscape": (1920, 1080)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("visit", VISITS, ids=lambda path: path.stem)
def test_a_recorded_visit_on_the_page(visit: Path, size: str, open_page: OpenPage, kiosk: KioskHall):
    face = PageFace(open_page(kiosk.url, *SIZES[size])).fresh()
    play(visit, face, kiosk.hall)
