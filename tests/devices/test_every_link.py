"""Every kind of device over every kind of link: whole, byte by byte, delayed, lossy, unplugged inside a frame.

From the device's twin over a pty, or a serial server on the network, through the agent, to what the hall gets.
A bad link may cost a press or a picture. It may never rate, call, check in or know somebody that nobody
meant, and never leave a display wrong for longer than a refresh.
"""

import asyncio
from pathlib import Path

import pytest

from devices.profile import names
from tests.devices.desks import Desk, desk
from tests.devices.links import ALL_LINKS

TURNS = 3
BY_NETWORK = ("evaluator-crc", "pad-sum8", "sign-modbus", "sign-strip", "reader-lines", "reader-sdt")


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """How soon a port is opened again is tested elsewhere; here it is done hundreds of times."""
    monkeypatch.setattr("devices.link.RETRY_SECONDS", (0.02,))
    monkeypatch.setattr("devices.agent.REPORT_SECONDS", 0.0)


async def cut_and_plugged(it: Desk, turn: int, place: int) -> None:
    """Something is begun, the cable cut inside its frame, and put back: nothing of it counts."""
    before, lost = list(it.got()), it.hall.told("device").count("offline")
    (it.cable.cut_out if it.to_device else it.cable.cut_in)(place)
    it.begin(turn)
    await it.hall.until(lambda: it.hall.told("device").count("offline") > lost)
    assert it.got() == before, f"cut after {place} bytes"
    await it.back()
    await it.hall.until(lambda: it.hall.told("device")[-1] != "offline")


async def lived(folder: Path, name: str, link: str, by_network: bool = False) -> None:
    async with desk(name, link, folder, by_network) as (it, places):
        cuts = list(places) if link == "unplugged" else [0] * TURNS
        for turn, place in enumerate(cuts, 1):
            if place:
                await cut_and_plugged(it, turn, place)
            await it.use(turn)
            assert it.false() == []
        assert [each for each in it.meant if each in it.got()][-1] == it.meant[-1]
        assert len(set(map(str, it.got()))) == len(it.got()), "nothing twice"


@pytest.mark.parametrize("link", ALL_LINKS)
@pytest.mark.parametrize("name", names())
def test_every_device_over_every_link(tmp_path: Path, name: str, link: str) -> None:
    asyncio.run(lived(tmp_path, name, link))


@pytest.mark.parametrize("link", ALL_LINKS)
@pytest.mark.parametrize("name", BY_NETWORK)
def test_a_device_behind_a_serial_server_over_every_link(tmp_path: Path, name: str, link: str) -> None:
    asyncio.run(lived(tmp_path, name, link, by_network=True))
