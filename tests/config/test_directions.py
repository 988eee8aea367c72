"""The way to windows is told only where it is one way."""

import pytest

from config.directions import shared, way
from config.settings import Area, Window

B2 = Area("b2", "二楼 B 区", "Level 2, zone B", "上电扶梯右转", "Up the escalator")
LOBBY = Area("lobby", "大厅")


def windows(*areas: str) -> list[Window]:
    return [Window(str(n), f"{n} 号", ["A"], area=area) for n, area in enumerate(areas)]


@pytest.mark.parametrize(
    ("of", "found"),
    [(["b2"], B2), (["b2", "b2"], B2), (["b2", ""], B2), (["b2", "lobby"], None), ([""], None), ([], None)],
)
def test_the_area_all_windows_share(of: list[str], found: Area | None) -> None:
    assert shared(windows(*of), (LOBBY, B2)) == found


@pytest.mark.parametrize(
    ("area", "zh", "en"),
    [
        (B2, "二楼 B 区，上电扶梯右转", "Level 2, zone B: Up the escalator"),
        (LOBBY, "大厅", "大厅"),
        (None, "", ""),
    ],
)
def test_the_way_in_words(area: Area | None, zh: str, en: str) -> None:
    assert (way(area, "zh"), way(area, "en")) == (zh, en)
