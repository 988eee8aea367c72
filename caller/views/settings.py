"""What stations get of the settings in force. Pure."""

from typing import Any, cast

import msgspec

from caller.engine.hall import Hall
from caller.engine.settings_change import in_force
from caller.protocol.frames import VIEW_BYTES_MAX
from caller.protocol.station_documents import SettingsView
from config.instants import Micros
from config.settings import Settings

SETTINGS_BYTES_MAX = (
    VIEW_BYTES_MAX - 4096
)  # what a view frame takes besides its envelope; 500 items are 350 KiB
NOT_FOR_STATIONS = (
    "webhooks",
    "gateways",
    "staff",
    "texts",
    "provinces",
    "centre",
)  # addresses outside the hall: for the program that sends there alone


def settings_view(hall: Hall, _key: str, _now: Micros) -> SettingsView:
    known = in_force(hall)
    return {"version": known.version, "hash": known.hash, "settings": _document(hall.settings)}


def _document(settings: Settings) -> dict[str, Any]:
    """Return settings as JSON has them, without what is not for stations; a key without a value is left out, as a merge
    patch cannot hold it. Settings that no frame holds are left out: stations keep theirs."""
    text = msgspec.json.encode(settings)
    if len(text) > SETTINGS_BYTES_MAX:
        return {}
    written = msgspec.json.decode(text)
    return {name: _without_nulls(value) for name, value in written.items() if name not in NOT_FOR_STATIONS}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        pairs = cast(dict[str, Any], value).items()
        return {name: _without_nulls(each) for name, each in pairs if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in cast(list[Any], value)]
    return value
