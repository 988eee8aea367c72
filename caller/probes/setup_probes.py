"""Probes of what `hallcall setup` put on this PC: its services and their tokens, its backups and the restore test, its updates.

A hall whose file has no `setup.json` beside it was never set up so: nothing is found there.
"""

import subprocess
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from caller.identity.enrolment import STATIONS_NAME, Stations
from caller.identity.tokens import token_file
from caller.probes.process_probes import UnreadableFile, copied
from caller.service.backups import backups_in, last_trial, made_at
from config.instants import Micros, Seconds
from config.probe import Examined, Finding, doubtful, wrong
from config.setup.choices import RECORD_NAME
from config.setup.units import BACKUP_AT
from config.setup.writing import record_in
from config.text_safety import DECODE_ERRORS

UPDATE_NAME = "update.json"  # in the data folder
SHOWN = ("Id", "LoadState", "ActiveState", "Result")
RUNNING = frozenset({"active", "activating", "reloading"})
SHOW_SECONDS: Seconds = 10.0  # a manager that is well answers in milliseconds
DAY = 86_400_000_000  # microseconds
BACKUP_DAYS_MAX = 3  # a PC that is off over a weekend is well
LATE = timedelta(hours=1)  # the timer's own delay, and the making of a large one
TRIAL_DAYS_MAX = 40  # monthly, and a few days late


class UpdateNote(Struct, frozen=True):
    """What an update left that did not work: versions by their numbers, and what was wrong."""

    outcome: Literal["back", "stays"]
    tried: str
    before: str
    why: str


def services(hall: Examined) -> Iterable[Finding]:
    """Find units of the set-up that are missing, failed or stopped."""
    path = hall.hall.parent / RECORD_NAME
    if not path.exists():
        return
    record = record_in(path.parent)
    if record is None:
        yield wrong("setup-unreadable", path=path, hall=hall.hall)
        return
    jobs = ["hallcall-backup.service", "hallcall-backup-test.service"] if record.choices.has_backups else []
    try:
        shown = _shown([*record.units, *jobs])
    except (OSError, subprocess.SubprocessError) as error:
        detail = getattr(error, "stderr", "") or error
        yield doubtful("services-unknown", detail=str(detail).strip())
        return
    for name in record.units:
        yield from _finding(name, shown.get(name, {}), hall.hall)
    for name in jobs:  # rest between two runs; one that failed stays so
        if shown.get(name, {}).get("ActiveState") == "failed":
            yield wrong("unit-failed", name=name, detail=shown[name].get("Result", ""))


def tokens(hall: Examined) -> Iterable[Finding]:
    """Find stations that run on this PC without a token, or with one that the caller does not know any more."""
    record = record_in(hall.hall.parent)
    for role, own in record.choices.stations if record else ():
        path = token_file(hall.data, role, own)
        told = {"name": f"{role} {own}", "role": role, "own": own, "path": path, "data": hall.data}
        if not path.is_file():
            yield wrong("token-lost", **told)
        elif _is_void(hall, path):
            yield wrong("token-void", **told)


def _is_void(hall: Examined, token: Path) -> bool:
    """Return whether the caller's list, where it lies on this PC, has no such token."""
    path = hall.data / STATIONS_NAME
    if not path.exists():
        return False
    try:
        with (
            copied(hall.data, STATIONS_NAME) as folder,
            closing(Stations(folder / STATIONS_NAME)) as stations,
        ):
            return stations.lookup(_told(token)) is None
    except UnreadableFile:
        return False  # the probe of stations tells


def _told(token: Path) -> str:
    """Return the token in a file; empty where it cannot be read."""
    try:
        return token.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def updated(hall: Examined) -> Iterable[Finding]:
    """Find that the last update of this PC was taken back, or should have been (packaging/updating.py)."""
    try:
        note = msgspec.json.decode((hall.data / UPDATE_NAME).read_bytes(), type=UpdateNote)
    except (OSError, *DECODE_ERRORS):
        return
    code = "update-taken-back" if note.outcome == "back" else "update-unwell"
    yield wrong(code, tried=note.tried, before=note.before, detail=note.why)


def backups(hall: Examined) -> Iterable[Finding]:
    """Find backups that are missing (before the first night there can be none) or too old, and a restore test that failed or was not made for long."""
    record = record_in(hall.hall.parent)
    if record is None or not record.choices.has_backups:
        return
    target = Path(record.choices.backups)
    made = backups_in(target)
    if not made:
        first = first_backup(datetime.fromtimestamp((hall.hall.parent / RECORD_NAME).stat().st_mtime))
        is_due = hall.now > (first + LATE).timestamp() * 1e6
        at = f"{first:%Y-%m-%d %H:%M}"
        yield wrong("backup-none", path=target) if is_due else doubtful("backup-not-yet", at=at)
        return
    if (days := (hall.now - made_at(made[-1])) // DAY) > BACKUP_DAYS_MAX:
        yield wrong("backup-old", count=days)
    yield from _tried(hall.now, made_at(made[0]), target)


def first_backup(set_up: datetime) -> datetime:
    """Return when the first backup is made after a set-up, on the PC's own clock: its timer goes by that."""
    hour, minute = map(int, BACKUP_AT.split(":"))
    tonight = set_up.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return tonight if tonight > set_up else tonight + timedelta(days=1)


def _tried(now: Micros, first: Micros, target: Path) -> Iterable[Finding]:
    trial = last_trial(target)
    if trial and trial.detail:
        yield wrong("restore-failed", name=trial.backup, detail=trial.detail)
    elif (days := (now - (trial.at if trial else first)) // DAY) > TRIAL_DAYS_MAX:
        yield doubtful("restore-untried", count=days)


def _finding(name: str, state: dict[str, str], hall: Path) -> Iterable[Finding]:
    if state.get("LoadState") != "loaded":
        yield wrong("unit-missing", name=name, hall=hall)
    elif state.get("ActiveState") == "failed":
        yield wrong("unit-failed", name=name, detail=state.get("Result", ""))
    elif state.get("ActiveState") not in RUNNING:
        yield wrong("unit-stopped", name=name)


def _shown(names: list[str]) -> dict[str, dict[str, str]]:
    """Return what the service manager says of each unit. Raises `OSError`, `SubprocessError` where it says nothing."""
    command = ["systemctl", "show", f"--property={','.join(SHOWN)}", "--", *names]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SHOW_SECONDS).stdout
    units = [
        dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in text.split("\n\n")
    ]
    return {unit["Id"]: unit for unit in units if "Id" in unit}
