"""Writes a hall's settings back as TOML: one file, items included, that reads as the same hall.

For programs that change a hall (the demo sets its own ports, a city stamps out villages). Comments of the original
are not kept, so a file that people edit is never overwritten by this.
"""

from pathlib import Path
from typing import Any

import msgspec
import tomlkit
from msgspec import structs

from config.reading.reader import LAYOUT, PLURAL
from config.settings import Settings


def write(settings: Settings, path: Path | str) -> None:
    """Write the hall as a TOML file at `path`, over what was there.

    Raises:
        OSError: the file cannot be written.
    """
    Path(path).write_text(render(settings), encoding="utf-8", newline="\n")


def render(settings: Settings) -> str:
    """Return the hall as TOML."""
    document = tomlkit.document()
    if settings.notices:
        document["notices"] = list(settings.notices)
    for name in LAYOUT.one:
        if changed := _changed(getattr(settings, name)):
            document[name] = changed
    for name in LAYOUT.many:
        rows = tomlkit.aot()
        for row in getattr(settings, PLURAL[name]):
            rows.append(tomlkit.item(_changed(row)))
        if rows:
            document[name] = rows
    return tomlkit.dumps(document)


def _changed(row: msgspec.Struct) -> dict[str, Any]:
    """Return what differs from the defaults, as a person would write it; mappings stand on one line."""
    pairs = [(field, getattr(row, field.name)) for field in structs.fields(row)]
    return {
        field.name: _inline(value) if isinstance(value, dict) else value
        for field, value in pairs
        if value != _default(field)
    }


def _inline(value: dict[str, Any]) -> Any:
    table = tomlkit.inline_table()
    table.update(value)
    return table


def _default(field: structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default
