"""The probes of a hall's own PC: its data folder and disk, its log, its processes, its clock and its calendar.

Each is a function of `config.probe.Examined`; `ALL` names them in the order in which one would look.
"""

from caller.client.media_copies import media_of
from caller.probes.data_probes import (
    city_release,
    data_folder,
    devices,
    disk,
    key_files,
    log_database,
    log_file,
    records_file,
    settings_version,
)
from caller.probes.process_probes import (
    accounts,
    calendar,
    caller_process,
    certificate,
    clock,
    deliver_process,
    enrolled,
    receivers,
)
from caller.probes.setup_probes import backups, services, tokens, updated
from config.probe import Probe

ALL: dict[str, Probe] = {
    "data": data_folder,
    "disk": disk,
    "keys": key_files,
    "log": log_file,
    "database": log_database,
    "records": records_file,
    "settings": settings_version,
    "release": city_release,
    "caller": caller_process,
    "certificate": certificate,
    "deliver": deliver_process,
    "receivers": receivers,
    "stations": enrolled,
    "accounts": accounts,
    "clock": clock,
    "calendar": calendar,
    "media": media_of,
    "devices": devices,
    "tokens": tokens,
    "services": services,
    "update": updated,
    "backups": backups,
}

__all__ = ["ALL"]
