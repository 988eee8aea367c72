"""The program's update as a hall gets it from its city: what is offered for this PC, and its file fetched and checked.

What is offered stands in the newest file that the city has signed for its halls (`config.city_packages`), adopted or not. The file
is asked of the centre under the hall's key; a line that breaks costs only the rest.
"""

import http.client
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from caller.delivery import webhooks
from caller.delivery.notice_senders import secret_of
from config import city_bundles, city_packages, owner_only
from config.catalogue import MessageError
from config.city_packages import Machine, Package, Release
from config.delivery_settings import CENTRE
from config.process import downloads
from config.settings import Settings

ROOM_BYTES = 1 << 30  # stays free: the hall's own log needs it more
WELL = (http.client.OK, http.client.PARTIAL_CONTENT)
PART = ".part-"


class UpdateError(MessageError):
    """An update cannot be had."""

    kind = "update"


class Update(NamedTuple):
    """What the city offers: the release, and the package for one PC, None where there is none for it."""

    release: Release
    package: Package | None


def offered(data: Path, settings: Settings, pc: Machine) -> Update:
    """Return what the city offers this PC; no version where it has said none. Raises `CitySettingsError`."""
    version = city_bundles.kept(data, city_bundles.newest_number(data), settings.centre.settings_key)
    release = city_packages.release_of(version.main) if version else Release("", ())
    return Update(release, next((each for each in release.packages if each.suits(pc)), None))


def fetch(data: Path, settings: Settings, package: Package) -> Path:
    """Bring a package here, or what is missing of it; return where it lies. Blocks.

    Raises:
        UpdateError: no room, the centre is away or has it not, the line broke, or another file came.
        OSError: the disk.
    """
    if path := city_packages.fetched(data, package):
        return path
    folder = data / city_packages.FETCHED
    owner_only.make_folder(folder)
    part = folder / f"{PART}{package.sha256}"
    room = shutil.disk_usage(folder).free - package.bytes - ROOM_BYTES
    if room < 0:
        raise UpdateError("no-room", path=folder, mib=-room // (1 << 20) + 1)
    try:
        downloads.fetch(
            lambda start: _asked(data, settings, package, start), part, package.bytes, package.sha256
        )
    except downloads.BrokenOffError as error:
        raise UpdateError("broken-off", here=error.here, size=error.size) from None
    except downloads.NotOfferedError:
        raise UpdateError("another-file", file=package.file) from None
    except webhooks.UNREACHED as error:
        raise UpdateError("away", detail=str(error) or repr(error)) from None
    path = folder / package.file
    part.replace(path)
    owner_only.sync(folder)
    for old in folder.glob(f"{PART}*"):
        old.unlink(missing_ok=True)
    return path


@contextmanager
def _asked(
    data: Path, settings: Settings, package: Package, start: int
) -> Generator[http.client.HTTPResponse]:
    """Ask the centre for a package, from a byte on. Raises `UpdateError` for what it refuses, and what `UNREACHED` names."""
    table = settings.centre
    connection = webhooks.connected(table.url, table.private)
    try:
        path = city_packages.PATH.format(site=settings.hall.site, sha256=package.sha256)
        headers = {"authorization": f"Bearer {secret_of(data, CENTRE)}", **downloads.range_from(start)}
        connection.request("GET", webhooks.request_path(table.url).rstrip("/") + path, headers=headers)
        answer = connection.getresponse()
        if answer.status not in WELL:
            raise UpdateError("refused", status=answer.status)
        yield answer
    finally:
        connection.close()
