"""A number is painted within 1.25 of a commit and a local repaint of its screen, in the same run."""

from collections.abc import Iterator

import pytest

from tests.instruments.browser import OpenPage
from tests.instruments.kiosk_fixtures import KioskHall
from tests.instruments.running_hall import REPO, RunningHall
from tests.speed.kiosk_painted import PORTRAIT, measure
from tests.speed.painting import PROBE, RATIO_MAX

ROUNDS = 12
ATTEMPTS = 3  # other work on the machine may spoil one


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KioskHall]:
    folder = tmp_path_factory.mktemp("speed")
    hall = RunningHall(folder, REPO / "config/halls/county.toml").start()
    running = KioskHall(hall, folder)
    yield running
    running.close()
    hall.close()


def test_a_number_is_seen_soon_after_the_commit(kiosk: KioskHall, open_page: OpenPage):
    tries: list[object] = []
    for _ in range(ATTEMPTS):
        page = open_page("about:blank", PORTRAIT["width"], PORTRAIT["height"])
        page.add_init_script(PROBE)
        page.goto(kiosk.url)
        speed = measure(kiosk, page, ROUNDS)
        if speed.ratio <= RATIO_MAX:
            return
        tries.append(speed.figures())
    pytest.fail(f"too slow: {tries}")
