"""Every kind of device over every kind of link: whole, byte by byte, delayed, lossy, unplugged inside a frame.

From the device's twin over a pty, or a serial server on the network, through the agent, to what the hall gets.
A bad link may cost a press or a picture. It may never rate, call, check in or know somebody that nobody
meant, and never leave a display wrong for longer than a refresh.
"""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from devices.profiles.profile import Profile
from devices.profiles.profile_reader import names
from devices.protocols.checksums import Checksum
from devices.simulators.displays import SimulatedSign
from tests.instruments.device_desks import Desk, desk
from tests.instruments.device_links import ALL_LINKS

TURNS = 3
BY_NETWORK = ("evaluator-crc", "pad-sum8", "sign-modbus", "sign-strip", "reader-lines", "reader-sdt")


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """How soon a port is opened again is tested elsewhere; here it is done hundreds of times."""
    monkeypatch.setattr("devices.ports.serial_link.RETRY_SECONDS", (0.02,))
    monkeypatch.setattr("devices.agent.agent.REPORT_SECONDS", 0.0)


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


# --- the guards off


def unchecked(profile: Profile) -> Profile:
    """The same frames, their check sent and looked for by nobody."""
    frames = {name: notation.replace("{check:2le}", "{any:2}") for name, notation in profile.frames.items()}
    return replace(profile, check=Checksum(), frames=frames, keys=None)


def test_a_sign_that_looks_at_no_check_shows_what_was_never_sent(tmp_path: Path) -> None:
    async def scene() -> None:
        async with desk("sign-modbus", "lossy", tmp_path) as (it, _):
            it.twin._decoder = unchecked(it.profile).device_side_decoder(it.profile.address)  # type: ignore[union-attr]
            for turn in range(1, 100):
                await it.use(turn)
                if it.false():
                    return
            pytest.fail("nothing false was seen")

    asyncio.run(scene())


def test_an_agent_that_says_nothing_to_an_opened_port_leaves_a_display_dark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        async with desk("sign-strip", "whole", tmp_path) as (it, _):
            await it.use(1)
            assert isinstance(it.twin, SimulatedSign)
            it.cable.unplug()
            it.twin.power_cycle()
            await it.hall.until(lambda: it.hall.told("device")[-1] == "offline")
            monkeypatch.setattr(it.unit, "opened", lambda now: [])  # noqa: ARG005
            it.cable.plug()
            await it.hall.until(lambda: it.hall.told("device")[-1] == "ready")
            assert it.twin.line == ""
            await it.use(2)
            assert it.twin.line == it.meant[-1], "the refresh or the next picture lights it"

    asyncio.run(scene())
