"""A press is seen within 100 ms and can be heard 50 ms after the commit (medians, real Chromium)."""

from collections.abc import Iterator

import pytest

from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, RunningHall
from tests.speed.board_painted import measure

ROUNDS = 12
ATTEMPTS = 3  # other work on the machine may spoil one
PAINTED_MS_MAX = 100
AUDIO_MS_MAX = 50


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("speed"), REPO / "config/halls/county.toml").start()
    running.open("1")
    yield running
    running.close()


def test_a_press_is_seen_and_heard_at_once(hall: RunningHall, open_page: OpenPage) -> None:
    for _ in range(ATTEMPTS):
        speed = measure(hall, open_page("about:blank", 1920, 1080), ROUNDS)
        if speed.press_to_painted <= PAINTED_MS_MAX and speed.commit_to_audio <= AUDIO_MS_MAX:
            return
    pytest.fail(f"too slow: {speed}")  # pyright: ignore[reportPossiblyUnboundVariable]
