"""Runs the followers of a log: the records, and each receiver outside. One process a data folder.

Of two PCs with one log both fold the records, and the one that calls leads the receivers (`eventlog.calling_here`). Each goes
on from the cursors that both share: in order, each event at least once. A process whose PC calls no longer begins anew, so
that nothing it knew of the receivers is believed when it calls again.

A follower is a function called again and again, in a thread of its own: it does what there is to do and returns how
many seconds it may rest; an error it raises is logged once, kept where the office sees it, and the round repeated.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from caller.delivery.centre_copy import CentreSender
from caller.delivery.city_settings import CitySettingsFetcher
from caller.delivery.notice_senders import StaffSender
from caller.delivery.outbox import DeliveryError
from caller.delivery.province import ProvinceSender
from caller.delivery.sender import TRIES_MAX as TRIES_MAX
from caller.delivery.sender import LogFollower, Sender
from caller.delivery.sender import clock as clock
from caller.delivery.sms_gateway import GatewaySender
from caller.delivery.web_push import PushSender
from caller.eventlog import LOG_NAME, LogError
from caller.eventlog.calling_here import UntilNotCalling, calls_here
from caller.eventlog.errors import lacks_room
from caller.records import RecordsError, bring_up_to_date
from config import owner_only
from config.hall_lists import file_texts
from config.instants import Seconds
from config.owner_only import BadKey
from config.reading import province_mapping
from config.settings import Settings

LOCK_NAME = "deliver.lock"
POLL_SECONDS: Seconds = 1.0  # how old the records may be; no report is read by the second
AFTER_TROUBLE_SECONDS: Seconds = 10.0  # a full disk is not full for a second
LOOK_SECONDS: Seconds = 0.5  # a look holds the lock for microseconds
TRY_SECONDS: Seconds = 0.02
STANDBY_SECONDS: Seconds = 0.5  # between two looks whether this PC calls
CALLS = "本机在叫号，开始推送 / this PC calls: receivers are told from here"
STANDS_BY = "本机待命，由另一台推送 / this PC stands by: the other one tells the receivers"
JOIN_SECONDS: Seconds = (
    3.0  # for all followers; one that waits for its receiver is cut off, and sends again next time
)

Round = Callable[[threading.Event], Seconds]
log_of_faults = logging.getLogger("hallcall.deliver")


# --- the process


@contextmanager
def only_process(data: Path) -> Generator[None]:
    """Hold the right to deliver from a data folder. Raises `DeliveryError` "in-use".

    A look (`is_running`) takes the lock for an instant; it must not keep a process from starting.
    """
    handle = _taken(data / LOCK_NAME, time.monotonic() + LOOK_SECONDS)
    try:
        yield
    finally:
        os.close(handle)


def _taken(path: Path, end: Seconds) -> int:
    while True:
        try:
            return owner_only.lock(path)
        except BlockingIOError:
            if time.monotonic() > end:
                raise DeliveryError("in-use", path=path.parent) from None
            time.sleep(TRY_SECONDS)


def is_running(data: Path) -> bool:
    """Return whether a process delivers from a data folder."""
    return owner_only.is_locked(data / LOCK_NAME)


def run(
    data: Path,
    stop: threading.Event,
    receivers: Iterable[LogFollower],
    others: Iterable[tuple[str, Round]] = (),
    on_lost: Callable[[], object] = lambda: None,
) -> None:
    """Run all followers until `stop`, for a process that is the only one of its data folder (`only_process`).

    `others`: followers of other rooms, with their names. `on_lost`: called once this PC has called and does no longer.
    """
    outside = [(each.id, while_calling(data, each.round)) for each in receivers]
    rounds = [("records", records_of(data)), *outside, *others]
    threads = [
        threading.Thread(target=follow, args=(name, round, stop), name=name, daemon=True)
        for name, round in rounds
    ]
    for thread in threads:
        thread.start()
    _watch_calling(data, stop, on_lost)
    end = time.monotonic() + JOIN_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


def senders(settings: Settings, data: Path, folder: Path) -> list[LogFollower]:
    """Return what leads each receiver of a hall. `folder`: where the hall's file lies. Raises `BadMapping`."""
    mappings, own = folder / province_mapping.FOLDER, file_texts(settings, "mapping")
    return [
        *(Sender(settings.hall.site, data, each) for each in settings.webhooks),
        *(GatewaySender(settings, data, each) for each in settings.gateways),
        *([PushSender(settings, data)] if settings.notify.push else ()),
        *(StaffSender(settings, data, each) for each in settings.staff),
        *(
            ProvinceSender(settings, data, each, province_mapping.read(each.mapping, mappings, own))
            for each in settings.provinces
        ),
        *([CentreSender(settings, data)] if settings.centre.url else ()),
        *(
            [CitySettingsFetcher(settings, data)]
            if settings.centre.url and settings.centre.settings_key
            else ()
        ),
    ]


def while_calling(data: Path, round: Round) -> Round:
    """Return a round that does its work while this PC calls, and is broken off between two messages when it does no longer."""

    def guarded(stop: threading.Event) -> Seconds:
        return round(UntilNotCalling(data, stop)) if calls_here(data) else STANDBY_SECONDS

    return guarded


def _watch_calling(data: Path, stop: threading.Event, on_lost: Callable[[], object]) -> None:
    """Wait for `stop`; say when this PC begins to call, and when it calls no longer."""
    has_called, said = False, None
    while not stop.wait(STANDBY_SECONDS):
        if (calls := calls_here(data)) != said:
            if said is not None or not calls:
                log_of_faults.info("%s", CALLS if calls else STANDS_BY)
            if has_called and not calls:
                on_lost()
            has_called, said = has_called or calls, calls


def follow(name: str, round: Round, stop: threading.Event) -> None:
    """Call `round` until `stop`; log each trouble once, and its end."""
    reported = ""
    while not stop.is_set():
        trouble, rest = "", AFTER_TROUBLE_SECONDS
        try:
            rest = round(stop)
        except (LogError, RecordsError, DeliveryError, BadKey, OSError) as error:
            trouble = str(error)
        except Exception as error:  # a bug of one follower must not end the others
            trouble = repr(error)
            if trouble != reported:
                log_of_faults.exception("%s failed", name)
        if trouble and trouble != reported:
            log_of_faults.warning("%s: %s", name, trouble)
        elif reported and not trouble:
            log_of_faults.warning("%s 恢复正常 / goes on", name)
        reported = trouble
        stop.wait(rest)


def records_of(data: Path) -> Round:
    """Return the follower that keeps records.db up to date. A log that is not there yet is no trouble."""

    def round(stop: threading.Event) -> Seconds:
        if (data / LOG_NAME).exists():
            if lacks_room(data):
                raise RecordsError("disk-full", path=data)
            bring_up_to_date(data, stop)
        return POLL_SECONDS

    return round
