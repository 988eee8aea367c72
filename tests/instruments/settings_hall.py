"""A real caller with versions of its settings in a folder: hall file, store, log, sockets."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from caller.cli.caller import _given
from caller.cli.check import checked_version
from caller.client.client import Client, RefusedError
from caller.engine import commands as cmd
from caller.engine.settings_change import in_force
from caller.eventlog import LOG_NAME, EventLog
from caller.identity.account_store import AccountStore
from caller.identity.enrolment import Stations
from caller.identity.keys import slip_key
from caller.people.question_store import QuestionStore
from caller.service.clock import Clock
from caller.service.loop import Loop
from caller.service.server import Server
from caller.service.settings_versions import SettingsChanges, SettingsVersions
from config.versions import VersionStore, bundle
from tests.instruments.caller_fixture import DAY, HOST, Room

HEAD = """\
# 大厅的注释留着 / this comment stays
items = "items.csv"

[hall]
site = "set"
name = "设置测试厅"
opens = "00:00"
closes = "23:59"
last_ticket = "23:59"
automatic_day = false

[[class]]
id = "ordinary"
name = "普通"
target_minutes = 30

[[department]]
id = "d1"
name = "部门"

[[kiosk]]
id = "K1"
"""
ITEMS = "id,name,department,queue\ni1,办事一,d1,A\ni2,办事二,d1,B\n"


def queue(id: str, name: str) -> str:
    return f'\n[[queue]]\nid = "{id}"\nname = "{name}"\n'


def window(id: str, *queues: str) -> str:
    names = ", ".join(f'"{each}"' for each in queues)
    return f'\n[[window]]\nid = "{id}"\nname = "{id}号"\nqueues = [{names}]\n'


PLAIN = HEAD + queue("A", "综合") + queue("B", "社保") + window("1", "A", "B") + window("2", "A")


def write(folder: Path, text: str = PLAIN, items: str = ITEMS, name: str = "hall.toml") -> Path:
    """Write a hall and its items; the path of the hall."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "items.csv").write_text(items, encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


class SettingsRoom(Room):
    """A caller as `hallcall caller` composes it, in the test's own event loop. `shared`: of a hall with a second PC."""

    shared = False

    def __init__(self, folder: Path, hall: Path) -> None:
        self.hall_file = hall
        given = _given(hall)
        self.store = VersionStore(folder)
        self.versions = SettingsVersions(self.store, checked_version)
        settings = given.reading.settings or self.versions.newest()
        assert settings
        super().__init__(folder, settings=settings)

    async def start(self) -> None:
        self.log = EventLog(self._folder / LOG_NAME, self.settings.hall.site)
        self.loop = Loop(self.settings, self.log, Clock(wall=self.wall), self.versions)
        self.changes = SettingsChanges(self.loop, self.versions, self.hall_file)
        self.stations = Stations(self._folder / "stations.db")
        self.slip_key = slip_key(self._folder)
        self.accounts = AccountStore(self._folder)
        self.server = Server(
            self.loop, self.stations, self.slip_key,
            changes=self.changes, accounts=self.accounts, questions=QuestionStore(self._folder),
        )  # fmt: skip
        self.loop.start()
        await self.changes.take_in(_given(self.hall_file), shared=self.shared)
        self.port = await self.server.start(HOST, self.port)

    @property
    def version(self) -> int:
        return in_force(self.loop.hall).version

    @property
    def name(self) -> str:
        return self.loop.hall.settings.hall.name

    def draft(self, file: Path) -> str:
        return self.store.put_draft(bundle(file))

    async def apply(self, manager: Client, file: Path, as_of: int = -1) -> dict[str, Any]:
        """What `hallcall settings apply` does."""
        number = self.version if as_of < 0 else as_of
        return await manager.send(cmd.ChangeSettings(self.draft(file), number))


async def refused(work: Any) -> Any:
    """The frame with which it is refused."""
    try:
        await work
    except RefusedError as error:
        return error.frame
    raise AssertionError("not refused")


@asynccontextmanager
async def settings_room(folder: Path, text: str = PLAIN, opened: bool = True) -> AsyncGenerator[SettingsRoom]:
    """A caller with an open day; a clerk at window 1."""
    made = SettingsRoom(folder, write(folder / "hall", text))
    await made.start()
    try:
        if opened:
            await made.order(cmd.OpenDay(DAY))
            await made.order(cmd.OpenWindow("1", "wang"))
        yield made
    finally:
        await made.stop()
