"""The settings a station's program goes by: the caller's newest version, kept on disk in DATA/kept-settings/ROLE-NAME.json.

1. The hall's file is read at the first start only. From then on the program goes by what the caller sent last, also when
   the caller is away or the file is gone.
2. A file that has changed since then was changed by a person: it is read again, until the caller says what is in force.
   One with mistakes, or one that cannot be read, stops no station that has kept settings.
3. Settings of another site, or of a newer program that this one cannot read, are not taken; the log line says so.
4. The copy is for its owner only. A disk that cannot take it costs the keeping, not the settings.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from caller.client.client import Client
from config import owner_only
from config.process.options import Unable, settings_of
from config.reading.source import Unreadable
from config.settings import Settings
from config.text_safety import DECODE_ERRORS
from config.versions import bundle

FOLDER = "kept-settings"
TOPIC = "settings"
log = logging.getLogger("hallcall.client")


class KeptCopy(Struct, frozen=True):
    """What is kept: the settings, their version, and which hall's file the program was started with then."""

    file: str
    file_hash: str
    version: int
    hash: str
    settings: Settings


class StationSettings:
    """One station's settings."""

    def __init__(self, hall: Path, data: Path, role: str, name: str) -> None:
        """`hall`: the file that the program is started with; `data`: its data folder."""
        self._hall = hall
        self._path = data / FOLDER / f"{role}-{name}.json"
        self.current: Settings | None = None
        self.version = 0  # by the caller's word; 0 until it has spoken
        self.is_kept = False  # whether a start would find the current settings on disk

    def load(self) -> Settings:
        """Return the settings to begin with (rules 1 and 2). Raises `Unable` where there are none."""
        copy, file_hash = self._read(), self._file_hash()
        if copy and file_hash in ("", copy.file_hash):
            return self._go_by(copy.settings, 0)
        try:
            return self._go_by(settings_of(self._hall), 0)
        except Unable as error:
            if copy is None:
                raise
            log.warning(
                "大厅文件不能用，按保存的设置运行 / the hall's file cannot be used, kept settings are: %s",
                error,
            )
            return self._go_by(copy.settings, 0)

    def take(self, view: Mapping[str, Any]) -> Settings | None:
        """Keep what the caller sent; return it where it is another version than this program goes by. Writes to the
        disk."""
        if not view.get("settings"):
            return None
        try:
            sent = msgspec.convert(view["settings"], Settings)
        except msgspec.ValidationError as error:
            log.warning(
                "本程序读不了叫号服务的设置，请升级 / the caller's settings are of a newer program: %s", error
            )
            return None
        if self.current and sent.hall.site != self.current.hall.site:
            log.warning(
                "叫号服务属于站点 %s，设置没有采用 / settings of another site: %s", *[sent.hall.site] * 2
            )
            return None
        differs = sent != self.current or view["version"] != self.version
        self._keep(
            KeptCopy(str(self._hall.resolve()), self._file_hash(), view["version"], view["hash"], sent)
        )
        self._go_by(sent, view["version"])
        return sent if differs else None

    async def follow(self, client: Client) -> AsyncIterator[Settings]:
        """Yield each new version from a client that watches the topic."""
        changes, seen = client.changes(), None
        while True:
            view = client.views.get(TOPIC)
            if view and view is not seen:
                seen = view
                if new := await asyncio.to_thread(self.take, view):
                    yield new
                continue  # another may have come meanwhile
            try:
                await anext(changes)
            except StopAsyncIteration:
                return

    def _go_by(self, settings: Settings, version: int) -> Settings:
        self.current, self.version = settings, version
        return settings

    def _read(self) -> KeptCopy | None:
        """Return the copy, where there is a whole one, kept under the same hall's file."""
        try:
            copy = msgspec.json.decode(self._path.read_bytes(), type=KeptCopy)
        except FileNotFoundError:
            return None
        except (OSError, *DECODE_ERRORS) as error:
            log.warning("保存的设置不能读取，改用大厅文件 / the kept settings cannot be read: %s", error)
            return None
        return copy if copy.file == str(self._hall.resolve()) else None

    def _file_hash(self) -> str:
        """Return the hash of the hall's file as it is now; empty where it cannot be read."""
        try:
            return bundle(self._hall).hash
        except (OSError, Unreadable):
            return ""

    def _keep(self, copy: KeptCopy) -> None:
        try:
            owner_only.make_folder(self._path.parent)
            owner_only.write_whole(self._path, msgspec.json.encode(copy))
            self.is_kept = True
        except OSError as error:
            self.is_kept = False
            log.warning("设置不能保存到本机 / the settings cannot be kept here: %s", error)
