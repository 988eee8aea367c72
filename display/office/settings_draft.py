"""The draft of a hall's settings at the office: changed step by step, each step checked, and put in force as a whole.

1. A draft begins as a version in force. Each step is made in its text (`config.edits`), so that comments stay, and checked
   by the checker of `hallcall check`; a step with mistakes is not taken, and the draft stays as it was before it.
2. What is put in force goes the way of `hallcall settings apply`: the text into the store's drafts, and a command with
   its hash over the person's own line. The caller checks it once more, and refuses it where another was quicker.
3. A rehearsal is reckoned in a process of its own: some seconds of work must not stop the other pages.

All that reads or writes files blocks and is called in a thread.
"""

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from msgspec import structs

from caller.cli.check import checked_version
from caller.simulate.rehearse import Rehearsal, rehearse
from config import edits, item_sheets, notice_sheets
from config.changes import Change, changes, later
from config.city_bundles import CityOffer, locked_mistakes, offer
from config.reading.errors import Mistake
from config.settings import Settings
from config.versions import Bundle, Version, VersionStore, contents

REHEARSED_DAYS = 5
Edit = Callable[[Bundle, Settings], Bundle]


class SettingsDraft:
    """What one person has changed and not yet put in force. `base`: the number of the version it began as."""

    def __init__(self, data: Path, settings: Settings, base: int) -> None:
        self.data, self.store = data, VersionStore(data)
        self.begin(settings, base)

    def begin(self, settings: Settings, base: int) -> None:
        """Begin anew as the version in force. Where its text is gone from the store, nothing can be changed."""
        self.in_force = self.settings = settings
        self.base = base
        version = self.store.find(base)
        self.given: Bundle | None = contents(version) if version else None

    @property
    def changed(self) -> list[Change]:
        """What differs from the version in force."""
        return changes(self.in_force, self.settings)

    @property
    def later(self) -> list[tuple[str, str]]:
        """What of it does not hold at once, and when it does, in Chinese and English."""
        return later(self.changed)

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to put in force; a change in comments alone is none of this page."""
        return self.settings != self.in_force

    def edit(self, edit: Edit) -> list[Mistake]:
        """Take a step, or return its mistakes and stay as it was. Blocks. Raises `OSError`."""
        assert self.given
        return self._take(edit(self.given, self.settings))

    def _take(self, given: Bundle) -> list[Mistake]:
        version = self.store.draft(self.store.put_draft(given))
        if version is None:
            raise OSError(f"{self.store.folder} cannot be read back")
        reading = checked_version(version)
        if reading.settings is None or reading.mistakes:
            return reading.mistakes
        if locked := locked_mistakes(self.data, reading.settings):
            return locked
        self.given, self.settings = given, reading.settings
        return []

    def import_items(self, data: bytes, name: str, *, only: bool) -> list[Mistake]:
        """Take the items of a spreadsheet, or return every mistake of it. Blocks. Raises `OSError`."""
        assert self.given
        sheet = item_sheets.read(data, self.settings, name)
        wrong = sheet.mistakes or ([] if only else item_sheets.unwritable(self.settings.items))
        if wrong:
            return wrong
        csv, lines = item_sheets.joined(sheet, self.settings, only=only)
        found = self._take(item_sheets.with_items(self.given, csv))
        return [item_sheets.placed(each, name, lines) for each in found]

    def import_notice(self, data: bytes, name: str) -> list[Mistake]:
        """Take the days of a national notice from a spreadsheet, or return every mistake of it. Blocks. Raises `OSError`."""
        assert self.given
        csv, wrong = notice_sheets.notice_csv(data, name, edits.year_notice(self.given))
        if wrong:
            return wrong
        found = self._take(edits.with_year_notice(self.given, csv))
        return [structs.replace(each, file=name) if each.table == "notice" else each for each in found]

    def city_offer(self) -> CityOffer | None:
        """Return the city's settings that may be adopted into this draft. Blocks. Raises `CitySettingsError`."""
        return offer(self.data, self.settings)

    def adopt(self, offered: CityOffer) -> list[Mistake]:
        """Take the city's settings into the draft, or return what this hall's checks say against them. Blocks. Raises `OSError`."""
        return self.edit(lambda given, now: offered.into(given, now).given)

    def hash(self) -> str:
        """Return the hash under which the draft lies in the store. Blocks. Raises `OSError`."""
        assert self.given
        return self.store.put_draft(self.given)

    # --- versions

    def versions(self, newest: int) -> list[Version]:
        """Return the versions that have been in force, newest first. Blocks."""
        return [each for each in self.store.versions() if each.number <= newest][::-1]

    def differences(self, number: int) -> list[Change]:
        """Return what a version changed; nothing where it or the one before cannot be read. Blocks."""
        now, before = (self._read(each) for each in (number, number - 1))
        return changes(before, now) if now and before else []

    def _read(self, number: int) -> Settings | None:
        version = self.store.find(number)
        return checked_version(version).settings if version else None

    # --- rehearsal

    async def rehearse(self, days: int) -> Rehearsal:
        """Run the draft over the last recorded days. Raises `NoSuchDay`, `MessageError`."""
        loop = asyncio.get_running_loop()
        spawned = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=spawned) as processes:
            return await loop.run_in_executor(
                processes, rehearse, self.data, self.in_force, self.settings, days
            )
