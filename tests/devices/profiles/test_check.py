"""`hallcall check` reads every profile that a hall names; a profile is used or refused, never a traceback."""

import contextlib
import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.reading.reader import inspect
from devices.inventory import agent_devices
from devices.printer import Printer
from devices.profiles.check import profiles
from devices.profiles.profile_reader import FOLDER, ProfileMistake, names, read
from tests.instruments.small_settings import GOOD, put

SHIPPED = [(FOLDER / f"{name}.toml").read_text("utf-8") for name in names()]


def with_profile(name: str) -> str:
    return GOOD.replace('window = "1"\n\n[[kiosk]]', f'window = "1"\nprofile = "{name}"\n\n[[kiosk]]')


def own(folder: Path, data: bytes) -> None:
    (folder / "profiles").mkdir()
    (folder / "profiles" / "own.toml").write_bytes(data)


@pytest.mark.parametrize(
    ("name", "nearest"), [("evaluator-sum6", "evaluator-sum5"), ("sign-strip", ""), ("own", "")]
)
def test_a_profile_that_is_missing_or_for_another_kind_is_a_mistake(
    name: str, nearest: str, tmp_path: Path
) -> None:
    (found,) = inspect(put(tmp_path, with_profile(name)), [partial(profiles, folder=tmp_path)]).mistakes
    assert (found.key, found.line > 0) == ("profile", True)
    assert nearest in found.nearest
    assert inspect(put(tmp_path, with_profile(name))).mistakes == [], (
        "the guard off: config alone cannot see it"
    )


@pytest.mark.parametrize(
    "data",
    [
        b"", b"name = ", b"\xff\xfe", SHIPPED[0].encode("utf-16"),
        b'name = "x"\nkind = "evaluator"\n[keys]\nlayout = "AA {key} {chek}"\nmap = { "01" = "level-1" }\n',
        b'name = "x"\nkind = "evaluator"\n[keys]\nlayout = "AA {key}"\nmap = { "0102" = "level-1" }\n',
        b'name = "x"\nkind = "evaluator"\n[frames]\nprompt = "AA {adress}"\n',
        b'name = "x"\nkind = "evaluator"\n[frames]\nprompt = "AA {check}"\n[check]\nkind = "crc16"\n',
        b'name = "x"\nkind = "evaluator"\n[frames]\nprompt = "AA {level:0}"\n',
    ],
)  # fmt: skip
def test_a_broken_profile_is_a_mistake(data: bytes, tmp_path: Path) -> None:
    own(tmp_path, data)
    found, *_ = inspect(put(tmp_path, with_profile("own")), [partial(profiles, folder=tmp_path)]).mistakes
    assert "own.toml" in found.zh + found.en


def test_two_profiles_with_one_address_on_one_line_are_a_mistake(tmp_path: Path) -> None:
    second = '[[device]]\nname = "e2"\nkind = "evaluator"\nwindow = "2"\n'
    second += 'port = "serial:///dev/serial/by-id/usb-e1?baud=9600&address=1"\n\n[[kiosk]]'
    (found,) = inspect(
        put(tmp_path, GOOD.replace("[[kiosk]]", second, 1)), [partial(profiles, folder=tmp_path)]
    ).mistakes
    assert "e1" in found.zh


@pytest.mark.parametrize(
    ("first", "second"), [("&address=1", ""), ("", "&address=01"), ("&address=1", "&address=001")]
)
def test_an_address_written_and_one_of_the_profile_clash_in_either_order(
    first: str, second: str, tmp_path: Path
) -> None:
    text = GOOD.replace("usb-e1?baud=9600", f"usb-e1?baud=9600{first}")
    more = '[[device]]\nname = "e2"\nkind = "evaluator"\nwindow = "2"\n'
    more += f'port = "serial:///dev/serial/by-id/usb-e1?baud=9600{second}"\n\n[[kiosk]]'
    put(tmp_path, text.replace("[[kiosk]]", more, 1))
    found = inspect(tmp_path / "hall.toml", [partial(profiles, folder=tmp_path)]).mistakes
    assert len(found) == 1, found
    assert "e1" in found[0].zh


def test_the_command_tells_it(tmp_path: Path) -> None:
    path = put(tmp_path, with_profile("evaluator-sum6"))
    done = subprocess.run(
        [sys.executable, "-m", "caller.cli", "check", str(path), "--json"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert [each["nearest"] for each in json.loads(done.stdout)["mistakes"]] == ["evaluator-sum5"]


@given(st.sampled_from(SHIPPED), st.data())
def test_a_profile_with_any_line_changed_is_read_or_refused(text: str, data: st.DataObject) -> None:
    lines = text.splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    cut = data.draw(st.integers(0, len(lines[place])))
    lines[place] = lines[place][:cut] + data.draw(st.text(max_size=3)) + lines[place][cut + 1 :]
    with contextlib.suppress(ProfileMistake):
        read("\n".join(lines))


# Pieces of ports as technicians write them, right and wrong: put together in every way.
HEADS = [
    "serial://",
    "tcp://",
    "usb://",
    "cups://",
    "file://",
    "SERIAL://",
    "serial:",
    "COM",
    "",
    "telnet://",
]
PLACES = [
    "/dev/ttyUSB0", "dev/ttyUSB0", "//dev/x", "/dev/serial/by-id/usb-e1", "/dev/./x", "/dev/", "/COM3", "/srv/slips",
    "/dev/usb/lp0", "h:4001", "h", "H:4001/", "192.168.1.5:4001", "192.168.1:1", "0.0.0.0:1", "[::1]:4001", "[fe80::1]:1",
    "h:99999", "h:0", "h:515", "04b8:0e15", "04B8:0E15", "04b8", "queue", "打印机", "a b", "",
]  # fmt: skip
OPTIONS = [
    "baud=9600", "baud=9600,8,N,1", "baud=9601", "baud=", "parity=E", "parity=even", "bits=9", "bits=7", "stop=1.5", "stop=2",
    "address=1", "address=01", "address=65536", "mode=text", "mode=Text", "receipt=no", "plain=yes", "flow=rts", "in_ep=81", "x",
]  # fmt: skip
PORTS = st.builds(
    lambda head, place, options: head + place + ("?" + "&".join(options) if options else ""),
    st.sampled_from(HEADS), st.sampled_from(PLACES), st.lists(st.sampled_from(OPTIONS), max_size=2),
)  # fmt: skip


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.sampled_from(["evaluator", "caller-pad", "sign", "reader", "printer"]), PORTS),
        min_size=1,
        max_size=2,
    )
)
def test_what_check_lets_through_agent_and_kiosk_can_use(devices: list[tuple[str, str]]) -> None:
    rows = "".join(
        f'[[device]]\nname = "x{place}"\nkind = "{kind}"\nport = "{port}"\nagent = "pc-7"\nwindow = "2"\n\n'
        for place, (kind, port) in enumerate(devices)
    )
    with tempfile.TemporaryDirectory() as folder:
        text = GOOD.replace("[[kiosk]]", rows + "[[kiosk]]", 1)
        reading = inspect(put(Path(folder), text), [partial(profiles, folder=Path(folder))])
    if reading.settings is None:
        assert reading.mistakes
        return
    owned = agent_devices(reading.settings, "pc-7", {})
    assert owned.broken == (), devices
    for each in owned.printers:
        assert Printer(each.port, each.device.width_px).port
