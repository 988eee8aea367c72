"""Takes a new version of the hall's settings over while the kiosk runs, between two applicants; published questions; and what is
played at rest.

1. A visit that has begun goes on with the settings it began with; what they offer and the caller no longer has is refused
   by the caller with words. The new ones are taken over at rest, which the idle time brings at the latest.
2. New printers, readers, prompts or another voice need the program to begin again, in its place and by itself, as the
   staff's "restart" does; but only once the settings are kept on disk, else it would begin again for ever.
3. A kiosk that the new settings no longer have goes on with its last row: revoke its token to stop it.
4. Questions and answers that the hall has published are taken over at once, and kept in the kiosk's own folder: a kiosk that
   starts without its caller has those it had last. A disk that cannot take them costs the keeping, not the questions.
5. The files of the playlist are copied from the hall's web process where this is another PC (`caller.client.media_copies`).
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from caller.client.client import Client
from caller.client.kept_settings import StationSettings
from caller.people.question_store import PublishedAnswer, QuestionStore
from config import owner_only
from config.hall_lists import file_texts
from config.instants import Micros, Seconds
from config.settings import Kiosk, Settings
from kiosk.catalogue import Catalogue
from kiosk.printing import HallDocumentPrinter
from kiosk.station import KioskStation

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

LOOK_SECONDS: Seconds = 0.25  # how late after the end of a visit
QUESTIONS_TOPIC = "questions"
log = logging.getLogger("hallcall.kiosk")


class NewSettings:
    """One kiosk's way to new settings."""

    def __init__(self, station: KioskStation, kept: StationSettings, printer: HallDocumentPrinter) -> None:
        self._station, self._kept, self._printer = station, kept, printer
        self._newest: Settings | None = None
        self._come = asyncio.Event()

    async def run(self, client: Client) -> None:
        """Follow the caller's settings until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take_over())
            async for settings in self._kept.follow(client):
                self._newest = settings
                self._come.set()

    async def _take_over(self) -> None:
        while True:
            settings = self._newest
            if settings is None or await self._adopted(settings):
                await self._come.wait()
                self._come.clear()
            else:
                await asyncio.sleep(LOOK_SECONDS)

    async def _adopted(self, settings: Settings) -> bool:
        """Take settings over if the kiosk is at rest; return whether that is done."""
        state = self._station.state
        if settings == state.catalogue.settings:
            return True
        if not self._rests():
            return False
        row = next((each for each in settings.kiosks if each.id == state.kiosk.id), state.kiosk)
        if self._kept.is_kept and _parts(settings, row) != _parts(state.catalogue.settings, state.kiosk):
            self._station.restart.set()
            return True
        catalogue = await asyncio.to_thread(Catalogue, settings)
        if not self._rests() or settings is not self._newest:  # somebody came meanwhile, or newer ones did
            return False
        state.catalogue, state.kiosk, state.language = catalogue, row, row.language
        self._printer.adopt(settings)  # and the next tick shows it
        return True

    def _rests(self) -> bool:
        state = self._station.state
        return state.screen == "idle" and state.errand.kept is None


class PublishedQuestions:
    """The questions that the hall has published, as this kiosk has them."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the kiosk's own, in its data folder."""
        self._store = QuestionStore(folder)
        self._rows: Sequence[PublishedAnswer] = self._store.all()

    def all(self) -> Sequence[PublishedAnswer]:
        """Return them, the newest first."""
        return self._rows

    async def run(self, client: Client) -> None:
        """Follow the caller's until cancelled."""
        changes, seen = client.changes(), None
        while True:
            view = client.views.get(QUESTIONS_TOPIC)
            if view is not None and view is not seen:
                seen = view
                await asyncio.to_thread(self._take, view)
                continue  # others may have come meanwhile
            try:
                await anext(changes)
            except StopAsyncIteration:
                return

    def _take(self, view: Mapping[str, Any]) -> None:
        try:
            rows = msgspec.convert(view["questions"], list[PublishedAnswer])
        except msgspec.ValidationError as error:
            log.warning("本程序读不了问答，请升级 / the questions are of a newer program: %s", error)
            return
        if rows == self._rows:
            return
        self._rows = rows
        try:
            owner_only.make_folder(self._store.path.parent)
            self._store.put(rows)
        except OSError as error:
            log.warning("问答不能保存到本机 / the questions cannot be kept here: %s", error)


class PlayedMedia:
    """What one kiosk plays at rest: DATA/media of its own PC, kept like the web process's. `caller`: its addresses."""

    def __init__(self, station: KioskStation, client: Client, caller: str) -> None:
        self._state, self._client, self._caller = station.state, client, caller
        self._data = station.store.folder.parent

    def _usage(self) -> tuple[Settings, Micros]:
        from caller.client.media_files import wall_now

        return self._state.catalogue.settings, wall_now(self._client.ahead_micros)

    def routes(self) -> "list[BaseRoute]":
        """Return the routes of the kiosk's page that serve it."""
        from caller.client import media_files

        return media_files.routes(
            self._data / media_files.FOLDER, self._usage, lambda _: self._state.kiosk.area
        )

    async def run(self) -> None:
        """Copy what the web process has, until cancelled."""
        from caller.client.media_copies import MediaCopies, web_addresses

        settings = lambda: self._state.catalogue.settings  # noqa: E731
        await MediaCopies(self._data, settings, lambda: web_addresses(settings(), self._caller)).run()


def _parts(settings: Settings, kiosk: Kiosk) -> tuple[Any, ...]:
    """Return what a running program cannot change about itself."""
    own = [
        each
        for each in settings.devices
        if each.name in kiosk.printers or (each.kind == "reader" and each.agent == kiosk.id)
    ]
    profiles = file_texts(settings, "profile")
    return kiosk.printers, kiosk.prompts, settings.voice.yao, settings.hall.languages, own, profiles
