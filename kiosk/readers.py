"""The readers attached to a kiosk: scanners for slips and appointments, ID readers for cards.

They are opened, opened again and reported as on any PC, by the agent's own code in the kiosk's process. What is
read does not go to the caller but to the visit in front: a code is the tap that a keyboard scanner makes, a card
identifies the applicant by a keyed hash. The name is dropped here; the number never comes so far.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from caller.identity.id_hash import PersonKey, person_keys
from config.settings import Settings
from devices.agent import Agent, CommandSender
from devices.inventory import BuildContext, Inventory, kiosk_devices
from devices.protocols.sdt_card_reader import CardHolder
from devices.units.reader import Read
from devices.units.unit import Health

ELDERLY_YEARS = 60  # 老年人, by the law on their rights
log = logging.getLogger("hallcall.kiosk")


class VisitReads(Protocol):
    """What a reader needs of the station."""

    def tap(self, target: str, revision: int | None = None) -> None: ...
    def card(self, person: str, last4: str, elderly: bool) -> None: ...
    def reads(self, cards: bool) -> None: ...


class AttachedReaders(Struct, frozen=True):
    """A kiosk's readers, ready to be opened, and the site's key where one reads cards."""

    settings: Settings
    devices: Inventory
    key: PersonKey = b""


def attached_readers(
    settings: Settings, kiosk: str, ports: Mapping[str, str], data: Path, profiles: Path
) -> AttachedReaders:
    """Return the readers whose `agent` is this kiosk; `ports` replaces ports by device name.

    Raises `devices.inventory.PortOptionMistake` and `caller.identity.id_hash.BadKey`.
    """
    found = kiosk_devices(settings, kiosk, ports, profiles)
    return AttachedReaders(settings, found, person_keys(data) if found.reads_cards else b"")


def read_handler(visits: VisitReads, year: Callable[[], int]) -> Callable[[str, Read], None]:
    """Return the function that hands what a reader has read to the visit; `year` is this year in the hall's zone."""

    def handle(name: str, read: Read) -> None:
        log.info("%s: %s", name, type(read).__name__)  # that something was read, never what
        if isinstance(read, CardHolder):
            visits.card(read.person, read.last4, year() - read.born >= ELDERLY_YEARS)
        else:
            visits.tap("scan:" + read.text)

    return handle


def card_health_handler(visits: VisitReads, devices: Inventory) -> Callable[[str, Health], None]:
    """Return the function that notes whether any ID reader works: no screen invites a card that none would read."""
    at_work = {row.device.name: False for row in devices.entries if row.profile.protocol == "sdt"}

    def noted(name: str, health: Health) -> None:
        if name in at_work:
            at_work[name] = health[0] == "ready"
            visits.reads(any(at_work.values()))

    return noted


def this_year(zone: str) -> int:
    return datetime.now(UTC).astimezone(ZoneInfo(zone)).year


@asynccontextmanager
async def running(
    readers: AttachedReaders, caller: CommandSender, visits: VisitReads
) -> AsyncGenerator[None]:
    """Run the readers beside the station; a fault of theirs ends no visit."""
    if readers.devices == Inventory():
        yield
        return
    handle = read_handler(visits, lambda: this_year(readers.settings.hall.zone))
    agent = Agent(caller, lambda: time.time_ns() // 1000)
    agent.attach(BuildContext(readers.settings, readers.key, handle, reads_only=True), readers.devices)
    agent.noted = card_health_handler(visits, readers.devices)
    task = asyncio.create_task(agent.run())
    task.add_done_callback(_ended)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _ended(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("读卡读码出错，取号不受影响 / readers failed, visits go on: %r", error, exc_info=error)
