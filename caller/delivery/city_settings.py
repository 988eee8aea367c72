"""The city's settings fetched by a hall: asked for now and then, kept as they came, put in force by the hall alone.

The answer to a question is the newest version where it is newer than the hall's, and the question says which one is in force here, so
that the city sees how far each hall is. A centre that is away costs nothing but the next try; what was kept before stays.
"""

import http.client
import logging
import random
import threading
from collections.abc import Callable
from pathlib import Path

from caller.delivery import webhooks
from caller.delivery.notice_senders import secret_of
from caller.delivery.outbox import DeliveryError
from caller.delivery.webhooks import DETAIL_CHARS, UNREACHED
from caller.eventlog import LOG_NAME, noted_in
from config import city_bundles
from config.city_bundles import CitySettingsError
from config.delivery_settings import CENTRE
from config.instants import Seconds
from config.reading.reader import inspect
from config.settings import Settings
from config.versions import VersionStore

ASK_SECONDS: Seconds = 300.0  # a new version is no news of the second
SPREAD = 0.2  # of that: a city's halls do not ask in one moment
FOUND, NOTHING_NEW = 200, 204
log = logging.getLogger("hallcall.deliver")


class CitySettingsFetcher:
    """Asks a hall's centre. What came is kept by `config.city_bundles`, where the office and the caller find it."""

    id = "city-settings"

    def __init__(self, settings: Settings, data: Path, chance: Callable[[], float] = random.random) -> None:
        self.settings, self.data, self._chance = settings, data, chance

    def round(self, stop: threading.Event) -> Seconds:
        """Ask once; return how many seconds to rest. Raises `DeliveryError`, `LogError`, `OSError`."""
        del stop
        rest = ASK_SECONDS * (1 + SPREAD * self._chance())
        if not (self.data / LOG_NAME).exists():
            return rest
        try:
            body = self._asked()
        except UNREACHED as error:
            raise DeliveryError("city-settings", detail=(str(error) or repr(error))[:DETAIL_CHARS]) from None
        if body is None:
            return rest
        try:
            version = city_bundles.keep(self.data, body, self.settings.centre.settings_key)
        except CitySettingsError as error:
            raise DeliveryError("city-settings", detail=error) from None
        if version:
            log.info(
                "市级设置第 %d 版已收到，用 hallcall settings city 查看 / the city's settings %d are here: hallcall settings city",
                version.number, version.number,
            )  # fmt: skip
        return rest

    def _asked(self) -> bytes | None:
        """Return what the centre answers, None for nothing new. Raises what `UNREACHED` names."""
        table = self.settings.centre
        connection = webhooks.connected(table.url, table.private)
        try:
            path = webhooks.request_path(table.url).rstrip("/") + city_bundles.PATH.format(
                site=self.settings.hall.site
            )
            query = f"?after={city_bundles.newest_number(self.data)}&adopted={self._in_force()}"
            connection.request(
                "GET", path + query, headers={"authorization": f"Bearer {secret_of(self.data, CENTRE)}"}
            )
            answer = connection.getresponse()
            body = answer.read(city_bundles.BYTES_MAX + 1)
        finally:
            connection.close()
        if answer.status == NOTHING_NEW:
            return None
        if answer.status != FOUND:
            raise http.client.HTTPException(f"HTTP {answer.status}")
        return body

    def _in_force(self) -> int:
        """Return which of the city's settings the hall has in force. Raises `LogError`."""
        known = noted_in(self.data / LOG_NAME)
        version = VersionStore(self.data).load(known.version, known.hash)
        settings = inspect(version.main, beside=version.beside).settings if version else None
        return settings.centre.adopted if settings else 0
