"""Puts a new version of the settings in force while the caller runs, and finds the one in force at a start.

Theory of operation. The text of each version lies in the data folder (`config.versions`); which one is in force is the
last `SettingsChanged` in the log, and nothing else.

1. A change is checked in a thread by the checker of `hallcall check`; wrong settings are refused with all mistakes.
2. The version's folder is written and synced under the next number, then its event is decided and committed. A kill
   between the two leaves a folder that is not in force, and whose number is written anew by the next change.
3. One change at a time. It names the version that it replaces, so the second of two is refused.
4. A start folds the log and loads the version that its last event names, by number and hash. Where the store has lost
   it the hall's file is the next version, and the log lines say so: a mixture of two versions is never in force.
5. A start whose file has changed since it was taken in last makes the next version of it. A file with mistakes changes
   nothing: the hall opens by the version in force, and the log lines name the mistakes.
6. Of two PCs each has a file of its own, and the one that takes over must not bring an old one back: a file that this PC has
   not read before is only noted. A version is given to the other PC before its event is decided.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from caller.engine.commands import ChangeSettings
from caller.engine.envelope import CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.engine.register import VersionInForce
from caller.engine.settings_change import in_force
from caller.eventlog.calling_here import wait_given
from caller.protocol.frames import Done, RefusedFrame
from caller.service.clock import Clock
from caller.service.idempotency import AnyAnswer, refusal
from caller.service.scheduler import OWN
from caller.views.settings import SETTINGS_BYTES_MAX
from config.changes import changes, names
from config.city_bundles import locked_mistakes
from config.instants import Seconds
from config.reading.errors import Mistake
from config.reading.reader import Reading, inspect
from config.reading.source import Unreadable
from config.settings import Settings
from config.versions import Bundle, Version, VersionNote, VersionStore, bundle, contents

SWITCH_SECONDS: Seconds = 0.0005  # as short as it may be without slowing the computing thread by much
SAID_MAX = 8  # mistakes named in an answer; whoever applies has seen them all from the checker before
FORMER_MAX = 8  # earlier versions asked for the name of what is lost

Checker = Callable[[Version], Reading]
log = logging.getLogger("hallcall.settings")


class RunningLoop(Protocol):
    """What a change needs of the loop."""

    clock: Clock

    @property
    def hall(self) -> Hall: ...
    def submit(self, order: CommandEnvelope, reply: Callable[[AnyAnswer], None]) -> None: ...


class GivenFile(NamedTuple):
    """The hall's file as read at a start: its bytes, and what came of reading it."""

    bundle: Bundle | None  # none: it cannot be read at all
    reading: Reading


class SettingsVersions:
    """The versions of a data folder; `checker` decides what may be applied. The newest ones read are remembered."""

    def __init__(self, store: VersionStore, checker: Checker) -> None:
        self.store = store
        self._checker = checker
        self._known: dict[str, Settings] = {}  # by hash

    def remember(self, hash: str, settings: Settings) -> None:
        """Remember settings that were just read."""
        self._known.pop(hash, None)
        self._known[hash] = settings
        while len(self._known) > 3:
            del self._known[next(iter(self._known))]

    def load(self, wanted: VersionInForce) -> Settings | None:
        """Return the settings of a version; None where the store has lost it."""
        if wanted.hash not in self._known:
            version = self.store.load(wanted.version, wanted.hash)
            settings = plainly_read(version) if version else None
            if settings is None:
                return None
            self.remember(wanted.hash, settings)
        return self._known[wanted.hash]

    def former(self, number: int) -> Iterator[Settings]:
        """Yield earlier settings, the newest first."""
        for earlier in range(number - 1, max(0, number - 1 - FORMER_MAX), -1):
            version = self.store.find(earlier)
            if version and (settings := plainly_read(version)):
                yield settings

    def newest(self) -> Settings | None:
        """Return the newest settings that can be read, whether in force or not; for a start without a hall's file."""
        for version in reversed(self.store.versions()):
            if settings := plainly_read(version):
                return settings
        return None

    def draft(self, hash: str) -> tuple[Bundle, Settings]:
        """Return a draft's text and its settings. Raises `Refused` for one that is not there or has mistakes."""
        version = self.store.draft(hash)
        if version is None:
            raise Refused("settings-not-here")
        reading = self._checker(version)
        mistakes = reading.mistakes or too_large(reading.settings)
        if reading.settings and not mistakes:
            mistakes = locked_mistakes(self.store.folder.parent, reading.settings)
        if reading.settings is None or mistakes:
            lines = [each.in_a_line() for each in mistakes[:SAID_MAX]]
            more = ["…"] if len(mistakes) > SAID_MAX else []
            raise Refused("settings-wrong", count=len(mistakes), mistakes="；".join([*lines, *more]))
        try:
            return contents(version), reading.settings
        except OSError:  # taken away meanwhile
            raise Refused("settings-not-here") from None


def plainly_read(version: Version) -> Settings | None:
    """Return a version's settings, without the checks of what may be applied; None where they cannot be read."""
    return inspect(version.main, beside=version.beside).settings


def too_large(settings: Settings | None) -> list[Mistake]:
    """Return the mistake of settings that no station could receive."""
    size = len(msgspec.json.encode(settings)) if settings else 0
    if size <= SETTINGS_BYTES_MAX:
        return []
    kib = SETTINGS_BYTES_MAX // 1024
    return [
        Mistake(
            "", "", f"整套设置超过 {kib} KiB，站点收不下", f"Over {kib} KiB in all: no station can take it"
        )
    ]


class SettingsChanges:
    """Carries out changes, one at a time."""

    def __init__(self, loop: RunningLoop, versions: SettingsVersions, file: Path | None = None) -> None:
        """`file`: the hall's file that the caller was started with."""
        self._loop, self._versions, self._file = loop, versions, file
        self._busy = asyncio.Lock()

    async def change(self, order: CommandEnvelope, reply: Callable[[AnyAnswer], None]) -> None:
        """Put a draft in force, or refuse it; `reply` gets the answer."""
        assert isinstance(order.command, ChangeSettings)
        async with self._busy:
            try:
                answer = await self._change(order, order.command)
            except Exception:  # a fault of ours costs this command, as it does in the loop
                log.exception("change failed %r", order)
                answer = refusal(order.id, Refused("failed"))
            reply(answer)

    async def _change(self, order: CommandEnvelope, command: ChangeSettings) -> AnyAnswer:
        hall = self._loop.hall
        try:
            with _yielding_often():
                given, settings = await asyncio.to_thread(self._versions.draft, command.hash)
        except Refused as refused:
            return refusal(order.id, refused)
        from_city = settings.centre.adopted > hall.settings.centre.adopted
        source = "take-back" if command.taken_back else "city" if from_city else "apply"
        note = VersionNote(
            "", {}, self._loop.clock.now(), order.role, order.station, order.account, source, command.taken_back,
            names(changes(hall.settings, settings)),
        )  # fmt: skip
        return await self._put(order, replace(command, from_file=False), given, settings, note)

    async def _put(
        self,
        order: CommandEnvelope,
        command: ChangeSettings,
        given: Bundle,
        settings: Settings,
        note: VersionNote,
    ) -> AnyAnswer:
        """Write the version, then have its event decided (rule 2)."""
        is_next = (
            command.as_of == in_force(self._loop.hall).version
        )  # else refused, or a repeat with an answer
        if is_next and (error := await self._written(command.as_of + 1, given, note)):
            return refusal(order.id, Refused("not-saved", why="write", detail=error))
        if is_next and not command.from_file:  # a start gives nothing before it calls
            await asyncio.to_thread(wait_given, self._versions.store.folder)
        self._versions.remember(command.hash, settings)
        answered: asyncio.Future[AnyAnswer] = asyncio.get_running_loop().create_future()
        command = replace(command, fields=[name[:80] for name in note.fields[:60]])
        self._loop.submit(replace(order, command=command, settings=settings), answered.set_result)
        answer = await answered
        if isinstance(answer, Done):
            log.info(
                "设置第 %s 版生效 / settings version in force: %s", *[in_force(self._loop.hall).version] * 2
            )
            await self._note_file()
        return answer

    async def _written(self, number: int, given: Bundle, note: VersionNote) -> OSError | None:
        """Write a version's folder; return why that failed, if it did."""
        try:
            await asyncio.to_thread(self._versions.store.put, number, given, note)
        except OSError as error:
            log.error("设置写入失败 / the settings cannot be written: %s", error)
            return error
        return None

    async def _note_file(self) -> None:
        """Note how the hall's file is now: a start must not take it for newer than this change."""
        if self._file:
            try:
                await asyncio.to_thread(_note, self._versions.store, self._file)
            except OSError as error:
                log.warning("%s", error)

    async def take_in(self, given: GivenFile, *, shared: bool = False) -> None:
        """Make a version of the hall's file where it is none yet, at a start (rules 4 to 6). `shared`: with another PC."""
        known = in_force(self._loop.hall)
        settings, text = given.reading.settings, given.bundle
        lost = known.version > 0 and self._versions.load(known) is None
        if settings is None or text is None:
            for each in given.reading.mistakes:
                log.error("%s", each.in_a_line())
            log.error(
                "大厅文件有错误，按第 %d 版设置开放 / the hall's file has mistakes: version %d is in force",
                known.version, known.version,
            )  # fmt: skip
            return
        note = VersionNote("", {}, self._loop.clock.now(), OWN, OWN, "", "file")
        if text.hash == known.hash:
            if lost:
                await self._written(known.version, text, note)
            await self._note_file()
            return
        if known.version and not lost and not self._is_changed(text.hash, shared):
            log.warning(
                "大厅文件与生效的第 %d 版设置不同，文件没有采用 / the hall's file differs from version %d, which is in force",
                known.version, known.version,
            )  # fmt: skip
            if shared:
                await self._note_file()
            return
        if lost:
            log.error(
                "第 %d 版设置找不到或已损坏，改用大厅文件 / version %d is lost or damaged: the hall's file is used",
                known.version, known.version,
            )  # fmt: skip
        before = self._loop.hall.settings
        found = names(changes(before, settings)) if known.version else []
        note = replace(note, fields=found)
        command = ChangeSettings(text.hash, known.version, from_file=True)
        id = f"{OWN}-settings-{known.version + 1}-{text.hash[:32]}"  # the same when a start is made again
        order = CommandEnvelope(id, command, OWN, OWN)
        answer = await self._put(order, command, text, settings, note)
        if isinstance(answer, RefusedFrame):
            log.error("大厅文件没有采用 / the hall's file is not taken in: %s / %s", answer.zh, answer.en)

    def _is_changed(self, hash: str, shared: bool) -> bool:
        """Return whether the file has changed since it was taken in last; without a note: whether it is no version, and of this
        PC alone."""
        noted = self._versions.store.file_hash()
        if noted:
            return noted != hash
        return not shared and all(version.note.hash != hash for version in self._versions.store.versions())


@contextmanager
def _yielding_often() -> Generator[None]:
    """Let the loop's thread run within `SWITCH_SECONDS` whenever it wants to, while another thread computes.

    Each write to a station's socket gives the interpreter away for a moment; to wait the usual 5 ms for it after each of
    forty writes would be a pause that people see.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _note(store: VersionStore, file: Path) -> None:
    with suppress(Unreadable):
        store.note_file(bundle(file).hash)
