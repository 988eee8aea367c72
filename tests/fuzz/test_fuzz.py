"""A few cases of every target in the gate; `make fuzz` goes on for ten minutes."""

import random
import threading
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from caller.eventlog import reading
from caller.protocol import frames
from config.reading import source
from devices.profiles.profile import Profile
from devices.protocols import scanner
from kiosk.faces import clients
from tests.fuzz import offline
from tests.fuzz.__main__ import chosen, run
from tests.fuzz.offline import TARGETS
from tests.fuzz.online import NAMES, ROUND, Hall

OFFLINE = 20
FINDING_SECONDS = 60.0  # a bound: a guard that is off is found within a second


@pytest.mark.parametrize("name", TARGETS)
def test_bad_input_is_answered(name: str) -> None:
    for number in range(OFFLINE):
        TARGETS[name](random.Random(f"gate {name} {number}"))


def test_a_running_hall_goes_on_and_twin_a_process_that_ended_is_found(tmp_path: Path) -> None:
    hall = Hall(tmp_path)
    try:
        for name in NAMES:
            for number in range(ROUND):
                chosen(hall)[name](random.Random(f"gate {name} {number}"))
        hall.kiosk.process.kill()
        for _ in range(ROUND - 1):
            hall.still_works()
        with pytest.raises(AssertionError):
            hall.still_works()
    finally:
        hall.close()


# --- twins: with a room's guard off, its target fails

Fault = tuple[Any, str, Any]


def _decoded(text: str, kind: Any, _most: int) -> Any:
    return msgspec.json.decode(text, type=kind)


GUARDS_OFF: dict[str, Fault] = {
    "frames": (frames, "_decode", lambda decoder, text, _most: decoder.decode(text)),
    "page-frames": (clients, "_decoded", _decoded),
    "toml": (source, "parse_toml", lambda _path, text: tomllib.loads(text)),
    "csv": (source, "decoded", lambda _path, data: data.decode("utf-8-sig")),
    "profiles": (offline, "read_profile", lambda text: msgspec.convert(tomllib.loads(text), Profile)),
    "serial": (scanner, "LINE_BYTES_MAX", 10**6),
    "keystrokes": (scanner, "LINE_BYTES_MAX", 10**6),
    "logs": (reading, "explain", lambda error, _path: error),
}


@pytest.mark.parametrize("name", GUARDS_OFF)
def test_twin_a_guard_that_is_off_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(*GUARDS_OFF[name])
    assert run({name: TARGETS[name]}, 1, FINDING_SECONDS) == 1
    assert f"failed: --seed 1 --only {name} --case" in capsys.readouterr().out


def test_twin_a_case_that_does_not_end_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.__main__.CASE_SECONDS", 0.05)
    ends = threading.Event()

    def endless(_: random.Random) -> None:
        ends.wait(FINDING_SECONDS)

    assert run({"endless": endless}, 1, FINDING_SECONDS) == 1
