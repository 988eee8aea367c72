"""A press is seen within 1.25 of a commit and a local repaint, and can be heard 50 ms after the commit (medians)."""

from collections.abc import Iterator

import pytest

from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, RunningHall
from tests.speed.board_painted import DESK_RATIO_MAX, measure, measure_desk
from tests.speed.painting import RATIO_MAX

ROUNDS = 12
ATTEMPTS = 3  # other work on the machine may spoil one
AUDIO_MS_MAX = 50


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("speed"), REPO / "config/halls/county.toml").start()
    running.open("1")
    yield running
    running.close()


def test_a_press_is_seen_and_heard_at_once(hall: RunningHall, open_page: OpenPage) -> None:
    tries: list[object] = []
    for _ in range(ATTEMPTS):
        speed, sound = measure(hall, open_page("about:blank", 1920, 1080), ROUNDS)
        if speed.ratio <= RATIO_MAX and sound <= AUDIO_MS_MAX:
            return
        tries.append((speed.figures(), sound))
    pytest.fail(f"too slow: {tries}")


def test_a_press_at_the_pages_desk_is_seen_as_soon_as_one_at_the_terminals(
    hall: RunningHall, open_page: OpenPage
) -> None:
    tries: list[object] = []
    for _ in range(ATTEMPTS):
        board, desk = open_page("about:blank", 1920, 1080), open_page("about:blank", 1280, 800)
        typed, pressed = measure_desk(hall, board, desk, ROUNDS)
        if pressed <= DESK_RATIO_MAX * typed:
            return
        tries.append((typed, pressed))
    pytest.fail(f"too slow: {tries}")
