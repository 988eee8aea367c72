"""A kiosk replaced by another PC: its staff PIN and the key of ID numbers come with its enrolment, to nobody else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from caller.client.enrolment_request import EnrolmentRequest, EnrolmentState
from caller.engine.envelope import EnrolStation
from caller.identity import keys
from caller.identity.enrolment import kept_fields
from caller.identity.id_hash import hashed, person_keys
from caller.protocol import frames
from caller.protocol.frames import Enrolled, Hello
from caller.service.connection import Connection
from config.owner_only import BadKey
from config.settings import Device
from devices.simulators.reader import number_for
from kiosk.store import VisitStore
from tests.instruments.caller_fixture import SETTINGS, Room, hear, room, run, soon, until

PIN = "24681357"
READER = Device(name="reader-k", kind="reader", port="file:///dev/null", agent="K1")
WITH_READER = structs.replace(SETTINGS, devices=(*SETTINGS.devices, READER))


def left(folder: Path) -> dict[str, str]:
    """What a kiosk with a PIN leaves."""
    store = VisitStore(folder)
    store.set_pin(PIN)
    return store.left()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The caller's folder."""
    folder = tmp_path / "caller"
    folder.mkdir()
    return folder


async def said_hello(hall: Room, role: str, name: str, kept: dict[str, str]) -> None:
    async with hall.client(role, name) as client:
        await client.until("current")
    client = hall.client(role, name)
    client.kept = lambda: kept
    async with client:
        await client.until("current")


async def enrolled(hall: Room, role: str, name: str) -> Enrolled:
    async with hall.connect() as line, hall.client("manager", "m") as manager:
        await line.send(frames.encode(Hello("", [], enrol=f"{role}/{name}")))
        shown = await hear(line, frames.EnrolCode)
        await soon(manager.send(EnrolStation(shown.code, role, name)))  # type: ignore[arg-type]
        return await hear(line, Enrolled)


def kept(hall: Room, name: str = "K1") -> dict[str, str]:
    return kept_fields(hall.stations.path, "kiosk", name)


def test_the_new_pc_of_a_kiosk_has_its_pin_and_the_key_of_the_hall(tmp_path: Path, data: Path) -> None:
    async def test() -> None:
        async with (
            room(data, settings=WITH_READER) as hall,
            hall.client("manager", "m") as manager,
        ):
            await said_hello(hall, "kiosk", "K1", left(tmp_path / "old"))
            await until(lambda: kept(hall), "the PIN is kept")
            new, number = tmp_path / "new", number_for(7)
            own = hashed(number, person_keys(new))  # a key of its own, which no other PC knows
            store, seen = VisitStore(new / "kiosk-K1"), list[EnrolmentState]()
            request = EnrolmentRequest(hall.url, "kiosk", "K1", new, received=store.take_over)
            waiting = asyncio.create_task(request.answered(seen.append))
            await until(lambda: seen and seen[-1].code, "a code")
            await soon(manager.send(EnrolStation(seen[-1].code, "kiosk", "K1")))
            await soon(waiting)
            assert store.pin_fits(PIN)
            assert hashed(number, person_keys(data)) == hashed(number, person_keys(data)) != own

    run(test())


def test_a_pin_that_is_set_on_the_new_pc_stays(tmp_path: Path) -> None:
    store = VisitStore(tmp_path / "new")
    store.set_pin("1111")
    store.take_over(left(tmp_path / "old"))
    assert store.pin_fits("1111")
    store = VisitStore(tmp_path / "empty")
    store.take_over({})
    assert not store.has_pin()


@pytest.mark.parametrize(
    ("role", "name", "has_key"), [("kiosk", "K1", True), ("agent", "pc-1", False), ("board", "b", False)]
)
def test_only_who_reads_cards_gets_the_key(tmp_path: Path, role: str, name: str, has_key: bool) -> None:
    async def test() -> None:
        async with room(tmp_path, settings=WITH_READER) as hall:
            made = await enrolled(hall, role, name)
            assert any(each.startswith("person-") for each in made.kept) is has_key

    run(test())


def test_no_key_goes_over_a_line_that_others_can_read(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin of the test before: the same kiosk, from another PC without TLS."""
    monkeypatch.setattr(Connection, "is_private", False)

    async def test() -> None:
        async with room(data, settings=WITH_READER) as hall:
            await said_hello(hall, "kiosk", "K1", left(tmp_path / "old"))
            await until(lambda: kept(hall), "the PIN is kept")
            assert (await enrolled(hall, "kiosk", "K1")).kept.keys() == {"pin"}

    run(test())


@pytest.mark.parametrize(
    ("role", "name", "given"),
    [
        ("window", "3", None),
        ("kiosk", "K1", {"pin": "1234"}),
        ("kiosk", "K1", {"other": "$argon2id$" + "a" * 60}),
    ],
)
def test_nothing_else_is_kept(
    tmp_path: Path, data: Path, role: str, name: str, given: dict[str, str] | None
) -> None:
    async def test() -> None:
        async with room(data, settings=WITH_READER) as hall:
            await said_hello(hall, role, name, left(tmp_path / "old") if given is None else given)
            await asyncio.gather(*hall.server._enrolment._tasks)
            assert kept_fields(hall.stations.path, role, name) == {}

    run(test())


def test_another_pin_replaces_the_one_before(tmp_path: Path, data: Path) -> None:
    async def test() -> None:
        async with room(data) as hall:
            first, second = left(tmp_path / "one"), left(tmp_path / "two")
            assert first != second
            for each in (first, second):
                await said_hello(hall, "kiosk", "K1", each)
                await until(lambda each=each: kept(hall) == each, "it is kept")

    run(test())


# --- keys that come


def test_a_key_that_is_none_changes_nothing(tmp_path: Path) -> None:
    before = keys.lines_of(tmp_path, keys.PERSON)
    wrong: Any = {"person-0001.key": "2026-01-01 zz\n"}
    with pytest.raises(BadKey):
        keys.take_over(tmp_path, keys.PERSON, wrong)
    with pytest.raises(BadKey):
        keys.take_over(tmp_path, keys.PERSON, {"person-../x": next(iter(before.values()))})
    assert keys.lines_of(tmp_path, keys.PERSON) == before


def test_the_keys_of_two_generations_come_and_the_own_ones_go(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    current = keys.keys_of(there, keys.PERSON)[0]
    keys.next_key(current, keys.PERSON, current.since)
    keys.keys_of(here, keys.PERSON)
    lines = keys.lines_of(there, keys.PERSON)
    assert len(lines) == 2
    assert keys.take_over(here, keys.PERSON, lines)
    assert keys.lines_of(here, keys.PERSON) == lines
    assert all(path.stat().st_mode & 0o077 == 0 for path in (here / "keys").iterdir())
    assert not keys.take_over(here, keys.PERSON, {"pin": "$argon2"})
    assert keys.take_over(here, keys.PERSON, lines)  # the caller's own PC: nothing to do
