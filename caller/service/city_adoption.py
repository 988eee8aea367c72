"""The city's settings adopted by rule: after closing, where a hall has said so (`[centre] adopt = "at-night"`).

1. What a person would do by `hallcall settings city --apply` is done as an order of the caller's own: the same draft, the same checks,
   the same next version, which a manager compares and takes back as any other.
2. One number is tried once. What this hall's checks say against it is in the log lines, and the hall goes on as it was; a person, or
   the city's next number, puts it right.
3. A number that a person took back is not adopted again by itself: only one newer than any that was tried or ever in force here is.
"""

import asyncio
import logging
from typing import NamedTuple

from caller.engine.commands import ChangeSettings
from caller.engine.envelope import CommandEnvelope
from caller.engine.settings_change import in_force
from caller.protocol.frames import RefusedFrame
from caller.service.idempotency import AnyAnswer
from caller.service.loop import Loop
from caller.service.scheduler import OWN
from caller.service.settings_versions import SettingsChanges, SettingsVersions
from config.city_bundles import CitySettingsError, newest_number, offer
from config.settings import Settings
from config.versions import contents

log = logging.getLogger("hallcall.settings")


class CityDraft(NamedTuple):
    """What would be put in force: the hash of the draft, and how often the hall keeps its own in it."""

    hash: str
    number: int
    own: int


class CityAdoption:
    """Adopts for one caller. `_tried`: the newest number that was looked at."""

    def __init__(self, loop: Loop, changes: SettingsChanges, versions: SettingsVersions) -> None:
        self._loop, self._changes, self._versions = loop, changes, versions
        self._tried = 0

    async def look(self) -> None:
        """Adopt what is new, once the business day is closed. Raises `OSError`."""
        hall = self._loop.hall
        centre = hall.settings.centre
        if centre.adopt != "at-night" or not centre.settings_key or hall.state.day.open:
            return
        newest = await asyncio.to_thread(newest_number, self._versions.store.folder.parent)
        if newest <= max(self._tried, centre.adopted):
            return
        self._tried = newest
        known = in_force(hall)
        if await asyncio.to_thread(self._was_in_force, newest, known.version):
            return
        try:
            draft = await asyncio.to_thread(self._draft, hall.settings, known.version)
        except CitySettingsError as error:
            log.warning("%s", error)
            return
        if draft:
            await self._put(draft, known.version)

    def _was_in_force(self, number: int, version: int) -> bool:
        """Return whether one of the last versions had this number, or a newer one: then a person has taken it back."""
        return any(each.centre.adopted >= number for each in self._versions.former(version))

    def _draft(self, settings: Settings, version: int) -> CityDraft | None:
        store = self._versions.store
        found, text = offer(store.folder.parent, settings), store.find(version)
        if found is None or text is None:
            return None
        taken = found.into(contents(text), settings)
        own = sum(not each.gives_way for each in taken.differing)
        return CityDraft(store.put_draft(taken.given), found.version.number, own)

    async def _put(self, draft: CityDraft, version: int) -> None:
        answered: asyncio.Future[AnyAnswer] = asyncio.get_running_loop().create_future()
        id = f"{OWN}-city-{draft.number}-{draft.hash[:32]}"
        order = CommandEnvelope(id, ChangeSettings(draft.hash, version), OWN, OWN)
        await self._changes.change(order, answered.set_result)
        answer = await answered
        if isinstance(answer, RefusedFrame):
            log.error(
                "市级设置第 %d 版没有采用 / the city's settings %d are not adopted: %s / %s",
                draft.number, draft.number, answer.zh, answer.en,
            )  # fmt: skip
        else:
            log.info(
                "市级设置第 %d 版已采用，本厅保留 %d 处 / the city's settings %d are adopted, %d of the hall's own stay",
                draft.number, draft.own, draft.number, draft.own,
            )  # fmt: skip
