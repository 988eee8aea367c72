"""Probes of what lies in the data folder: rights, room on the disk, keys, the log, the records."""

import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from caller.engine.register import DeviceStatus
from caller.eventlog import LOG_NAME, LogError, Reader, noted_in
from caller.eventlog.calling_here import ADDRESS_NAME, noted_address, pc_of
from caller.eventlog.errors import UNREADABLE
from caller.identity import keys, pairing
from caller.records import RECORDS_NAME
from caller.records.stores.sqlite import folded_to
from caller.service.device_presence import GONE, owners
from caller.service.paired_pcs import in_words
from caller.service.upkeep import noted_missing
from config import city_bundles, city_packages
from config.catalogue import both
from config.instants import Seconds
from config.owner_only import BadKey
from config.probe import Examined, Finding, doubtful, wrong
from config.process.running import VERSION
from config.reading.source import Unreadable
from config.versions import VersionStore, bundle

if TYPE_CHECKING:
    from caller.eventlog.stores.postgres import PostgresCopy

MIB = 1 << 20
DISK_FULL_MIB = 100  # a day of a county hall takes about 5; a backup as much as the log
DISK_LOW_MIB = 1_000
SECRET = (
    "keys/*.key",
    "tokens/*",
    "stations.db",
    "accounts.db",
    LOG_NAME,
    ADDRESS_NAME,
    RECORDS_NAME,
    "people.db",
    "delivery.db",
    "settings",
)
CLOCK = "clock"  # the caller reports its own PC's as a device
WELL = frozenset({"ready", "paper-low", "unknown"})  # unknown: nobody has looked since its PC went
COPY_SECONDS: Seconds = 5.0  # a copy beside the caller takes a fraction of one
COPY_LOOK_SECONDS: Seconds = 0.1
SILENT_SECONDS: Seconds = 10.0  # the callers have taken over from each other by then
NEWEST_EVENTS = 1_000  # an hour of a large hall: a newer version that writes has shown itself by then
RECORDS_BEHIND = 5_000  # events; what one transaction of a follower takes


def data_folder(hall: Examined) -> Iterable[Finding]:
    """Find a data folder that is missing, cannot be written, or lies open to other users of the PC."""
    if not hall.data.is_dir():
        yield wrong("no-data", path=hall.data)
        return
    if not os.access(hall.data, os.W_OK):
        yield wrong("data-read-only", path=hall.data)
    for pattern in SECRET:
        for path in sorted(hall.data.glob(pattern)):
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                yield doubtful("open-to-others", path=path)


def disk(hall: Examined) -> Iterable[Finding]:
    """Find too little room where the log grows."""
    if not hall.data.is_dir():
        return
    free = shutil.disk_usage(hall.data).free // MIB
    if free < DISK_FULL_MIB:
        yield wrong("disk-full", path=hall.data, free=free)
    elif free < DISK_LOW_MIB:
        yield doubtful("disk-low", path=hall.data, free=free)


def key_files(hall: Examined) -> Iterable[Finding]:
    """Find keys that cannot be read. None is made."""
    for purpose in sorted(_purposes(hall.data / keys.FOLDER)):
        try:
            keys.keys_of(hall.data, purpose)
        except BadKey as error:
            yield wrong("bad-key", detail=error)


def _purposes(folder: Path) -> set[str]:
    return {path.name.split("-")[0] for path in folder.glob("*.key") if keys.NAME.match(path.name)}


def log_file(hall: Examined) -> Iterable[Finding]:
    """Find a log that is missing, damaged in its newest event, behind its witness, or another site's."""
    path = hall.data / LOG_NAME
    if not path.exists():
        if hall.data.is_dir():
            yield doubtful("no-log", path=path)
        return
    try:
        with Reader(path) as log:
            if log.site != hall.settings.hall.site:
                yield wrong("other-site", site=log.site, known=hall.settings.hall.site)
            if log.lacks_wal:
                yield wrong("log-unreadable", detail=LogError("no-wal", log.last, path=path).message.zh)
            elif (missing := log.behind()) and not _catches_up(hall.data, missing.seq):
                yield wrong("log-behind", seq=missing.seq, last=log.last)
    except LogError as error:
        yield wrong("log-unreadable", detail=error)


def _catches_up(data: Path, seq: int) -> bool:
    """Return whether the file soon has this event: where the log is a database's, it is a copy, and is written a moment after
    the witness. Raises `LogError`."""
    end = time.monotonic() + (COPY_SECONDS if noted_address(data) else 0.0)
    while time.monotonic() < end:
        with Reader(data / LOG_NAME) as log:
            if log.last >= seq:
                return True
        _rest()
    return False


def _rest() -> None:
    time.sleep(COPY_LOOK_SECONDS)


def devices(hall: Examined) -> Iterable[Finding]:
    """Find devices that their PC has told to be out of order, programs that looked after some and are gone, machines without
    devices that the caller misses, and a clock that it sees jump."""
    known = {each.name for each in hall.settings.devices} | {CLOCK}
    try:
        with Reader(hall.data / LOG_NAME) as log:
            rows = log.registered("device")
    except (LogError, OSError):
        return  # the log's own probe tells
    away: dict[str, list[str]] = {}
    by_name = {each.name: each for each in hall.settings.devices}
    for name in sorted(known & rows.keys()):
        told = msgspec.msgpack.decode(rows[name], type=DeviceStatus)
        if told.state == "unknown" and told.detail == GONE and name in by_name:
            programs = " / ".join(" ".join(each) for each in owners(hall.settings, by_name[name]))
            away.setdefault(programs, []).append(name)
        elif told.state not in WELL:
            detail = told.detail or " / ".join(both("device-state", told.state))
            yield doubtful("device-troubled", name=name, state=told.state, detail=detail)
    for programs, names in away.items():
        yield doubtful("station-away", name=programs, devices=", ".join(names))
    told = set(" / ".join(away).split(" / "))
    for station in map(" ".join, noted_missing(hall.data, hall.now)):
        if station not in told:
            yield doubtful("machine-away", name=station)


def log_database(hall: Examined) -> Iterable[Finding]:
    """Find that the database with the log is away, is another site's, that no caller writes there, that slips lead to one of the
    PCs alone, or that both PCs are of other versions."""
    address = noted_address(hall.data)
    if not address:
        return
    from caller.eventlog.stores.postgres import PostgresCopy  # an extra

    try:
        with PostgresCopy(address, reading=True) as log:
            if log.site != hall.settings.hall.site:
                yield wrong("other-site", site=log.site, known=hall.settings.hall.site)
            silent, noted = log.silent_seconds(), log.noted_sums()
            yield from _other_versions(hall.data, log)
    except LogError as error:
        yield wrong(
            "log-newer" if error.code in UNREADABLE else "log-unreadable",
            detail=error,
            version=VERSION or "-",
        )
        return
    if silent > SILENT_SECONDS:
        yield wrong("no-writer", seconds=round(silent))
    if not hall.settings.listen.public_url:
        yield doubtful("slips-name-a-pc", host=hall.settings.listen.host)
    if noted and (differing := pairing.differing(pairing.sums(hall.data), noted)):
        zh, en = in_words(differing)
        yield wrong("other-keys", data=hall.data, what_zh=zh, what_en=en)


def _other_versions(data: Path, log: "PostgresCopy") -> Iterable[Finding]:
    """Find PCs of the hall with another version, and what one of them has written that this one cannot read. Raises `LogError`."""
    for pc, (name, version) in log.pcs().items():
        if pc != pc_of(data) and version != VERSION:
            yield doubtful("pc-other-version", pc=name, version=version or "-", own=VERSION or "-")
    for record in log.piece(max(0, log.last - NEWEST_EVENTS), NEWEST_EVENTS):
        _ = record.event  # raises what a standby would stand aside for


def records_file(hall: Examined) -> Iterable[Finding]:
    """Find records that are far behind the log: reports then take their time first."""
    log_path, records = hall.data / LOG_NAME, hall.data / RECORDS_NAME
    try:
        with Reader(log_path) as log:
            behind = log.last - folded_to(records)
    except (LogError, sqlite3.Error, OSError):
        return  # the log's own probe tells
    if behind > RECORDS_BEHIND:
        yield doubtful("records-behind", count=behind)


def settings_version(hall: Examined) -> Iterable[Finding]:
    """Find a version in force that the data folder has lost, and a hall's file that differs from it."""
    path = hall.data / LOG_NAME
    if not path.exists():
        return
    try:
        known, given = noted_in(path), bundle(hall.hall).hash
    except (LogError, Unreadable, OSError):
        return  # the log's own probe and `hallcall check` tell
    if known.version and VersionStore(hall.data).load(known.version, known.hash) is None:
        yield wrong("version-lost", version=known.version)
    if known.version and given != known.hash:
        yield doubtful("file-differs", version=known.version, path=hall.hall, data=hall.data)


def city_release(hall: Examined) -> Iterable[Finding]:
    """Find that the city wants another version of the program than this PC has."""
    centre = hall.settings.centre
    if not centre.settings_key or not VERSION:
        return
    try:
        version = city_bundles.kept(hall.data, city_bundles.newest_number(hall.data), centre.settings_key)
    except city_bundles.CitySettingsError:
        return  # `hallcall settings city` and the fetcher's own line tell
    wanted = city_packages.release_of(version.main).version if version else ""
    if wanted and wanted != VERSION:
        yield doubtful("other-release", wanted=wanted, version=VERSION, data=hall.data)
