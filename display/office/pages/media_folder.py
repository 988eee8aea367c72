"""The folder of the playlist, DATA/media, in the office: what lies there, what is wrong with it, a file more, a file less.

1. A file is taken under its own name, and only where none of that name is there: what boards play is not swapped under them.
2. It is written beside its place and looked at (`caller.client.media_files`) before it is given its name: what cannot be
   played never stands in the folder.
3. A file that the draft's rows name is not removed; who adds or removes one is in the audit.
"""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from nicegui import ui
from nicegui.events import UploadEventArguments

from caller.client.media_files import (
    FOLDER,
    MIB,
    VIDEO_BYTES_MAX,
    BadMediaError,
    check_picture,
    media_file,
)
from config.catalogue import message
from config.reading.media_checks import PICTURES, VIDEOS
from config.setting_types import FileName, MediaEntry
from display.office.acting import note
from display.office.parts import DataTable, TableColumn, heading
from display.office.screen import OfficeScreen

HEADS = {"file": "media-file", "size": "media-size-column", "used": "media-used", "wrong": "media-wrong"}
COMING = ".coming-"  # before the name of a file that is being taken; the folder shows none of these


def looked_at(folder: Path, name: str) -> str:
    """Return what is wrong with a file, as a code of "finding" and a detail; empty where it can be played. Reads a picture
    whole."""
    try:
        found = media_file(folder, name)
        if not found.is_video:
            check_picture(found)
    except BadMediaError as error:
        return f"{error.code} {error.detail}".strip()
    return ""


class MediaFolder:
    """The folder of one hall, on the page of one person. `rows`: the playlist's, of the draft."""

    def __init__(self, screen: OfficeScreen, rows: tuple[MediaEntry, ...]) -> None:
        self._screen, self._folder = screen, screen.office.data / FOLDER
        self._named = [each.file for each in rows if each.file]
        self._rows: list[dict[str, Any]] = []
        heading(screen.say("media-folder"))
        ui.label(screen.say("media-how", folder=str(FOLDER))).classes("quiet")
        upload = ui.upload(
            label=screen.say("media-add"), auto_upload=True, multiple=True, max_file_size=VIDEO_BYTES_MAX,
            on_upload=self._taken, on_rejected=lambda: screen.note(screen.say("media-size"), good=False),
        )  # fmt: skip
        upload.props(f'accept="{",".join((*PICTURES, *VIDEOS))}" flat bordered').classes("import")
        columns = [TableColumn(each, screen.say(HEADS[each]), each in ("size", "used")) for each in HEADS]
        DataTable(screen, columns, lambda: self._rows, self._remove)
        ui.timer(0, self.read, once=True)

    async def read(self) -> None:
        """Look at the folder."""
        self._rows = await asyncio.to_thread(self._listed)

    def _listed(self) -> list[dict[str, Any]]:
        names = sorted(
            each.name for each in self._folder.glob("*") if each.is_file() and each.name[:1] != "."
        )
        return [
            {
                "id": name, "file": name, "size": _size((self._folder / name).stat().st_size),
                "used": self._named.count(name) or "", "wrong": self._said(name, looked_at(self._folder, name)),
            }
            for name in names
        ]  # fmt: skip

    def _said(self, name: str, wrong: str) -> str:
        """Return what is wrong with a file, in words."""
        if not wrong:
            return ""
        code, _, detail = wrong.partition(" ")
        found = message("finding", code, name=name, path=name, detail=detail)
        return found.en if self._screen.lang == "en" else found.zh

    async def _taken(self, event: UploadEventArguments) -> None:
        screen, name = self._screen, event.file.name
        try:
            msgspec.convert(name, FileName)
        except msgspec.ValidationError:
            screen.note(screen.say("media-name", name=name), good=False)
            return
        if (self._folder / name).exists():
            screen.note(screen.say("media-there", name=name), good=False)
            return
        coming = self._folder / f"{COMING}{name}"
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        await event.file.save(coming)
        wrong = await asyncio.to_thread(looked_at, self._folder, coming.name)
        if wrong:
            await asyncio.to_thread(coming.unlink)
            screen.note(self._said(name, wrong), good=False)
            return
        await asyncio.to_thread(note, screen, "media-added", "media")
        await asyncio.to_thread(coming.rename, self._folder / name)
        screen.note(screen.say("media-done", name=name))
        await self.read()

    async def _remove(self, name: str) -> None:
        screen = self._screen
        if name in self._named:
            screen.note(screen.say("media-used-still", name=name), good=False)
            return
        if not await screen.ask(screen.say("media-sure", name=name), screen.say("remove")):
            return
        await asyncio.to_thread(note, screen, "media-removed", "media")
        await asyncio.to_thread((self._folder / name).unlink, missing_ok=True)
        await self.read()


def _size(count: int) -> str:
    return f"{count / MIB:.1f} MiB" if count >= MIB else f"{count / 1024:.0f} KiB"
