"""What is typed at a demo and what is told of it: enough to follow, nothing one did not ask about."""

from pathlib import Path

import pytest

from caller.demo import interactive, robots
from caller.demo.interactive import HINTS, KnownDevices
from caller.demo.setup import prepare
from config.settings import Settings, is_on_kiosk


def devices(**states: str) -> interactive.Devices:
    return {name: {"state": state} for name, state in states.items()}


def test_how_devices_come_up_is_no_news_and_every_change_after_is_one() -> None:
    known = KnownDevices()
    story = [
        devices(e4="unknown"), devices(e4="ready", p1="offline"), devices(e4="offline", p1="offline"),
        devices(e4="offline", p1="ready"), devices(e4="ready", p1="ready"),
    ]  # fmt: skip
    told = [[name for name, _ in known.news(view)] for view in story]
    assert told == [[], [], ["e4"], [], ["e4"]]


def test_the_county_demo_has_one_of_each_and_a_window_with_all_that_a_clerk_may_have(tmp_path: Path) -> None:
    setup = prepare("county", tmp_path, "test")
    kinds = {(device.kind, device.profile == "reader-sdt") for device in setup.settings.devices}
    assert kinds == {
        ("printer", False), ("evaluator", False), ("caller-pad", False), ("sign", False), ("reader", False), ("reader", True),
    }  # fmt: skip
    own = robots.free_window(setup)
    assert own
    assert kinds_at(setup.settings, own.id) == ["caller-pad", "evaluator", "sign"]
    assert interactive.own_displays(setup) == {"e4", "pad4"}
    assert {device.agent for device in setup.settings.devices if is_on_kiosk(setup.settings, device)} == {
        "k1"
    }
    assert len(interactive.hints(setup)) == len(HINTS)


def kinds_at(settings: Settings, window: str) -> list[str]:
    return sorted(device.kind for device in settings.devices if device.window == window)


@pytest.mark.parametrize("hall", ["county", "tax", "town", "village", "housing"])
def test_each_hint_names_a_device_of_the_hall(hall: str, tmp_path: Path) -> None:
    setup = prepare(hall, tmp_path, "test")
    names = {device.name for device in setup.settings.devices}
    assert interactive.hints(setup)
    assert {typed.split()[0] for typed, _ in interactive.hints(setup)} <= names


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"device": "led", "answer": "好 / done", "at": 1}', ["  led: 好 / done"]),
        (
            '{"device": "e4", "shown": "prompt"}',
            ["  e4 显示 shows: 请评价（输入 5 到 1）/ please rate (type 5 to 1)"],
        ),
        ('{"device": "pad4", "line": "C001 等候2"}', ["  pad4 显示 shows: C001 等候2"]),
        ('{"device": "e4", "shown": "answer"}', []),
        ('{"device": "led", "line": "请C001到申报征收窗口"}', []),
        ("a warning of Python's", []),
    ],
)
def test_answers_are_told_and_ones_own_displays(line: str, told: list[str]) -> None:
    said: list[str] = []
    interactive._show(line, {"e4", "pad4"}, said.append)
    assert said == told
