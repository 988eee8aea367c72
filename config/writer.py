"""Writes a hall's settings back as TOML: one file, items included, that reads as the same hall.

For whoever changes a hall by program (the demo gives its own ports, a city stamps out villages). Comments of
the original are not kept, so a file that people edit is never overwritten by this.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from config.reading.reader import MANY, ONE, PLURAL, header
from config.settings import Settings


def write(settings: Settings, path: Path | str) -> None:
    """The hall as a TOML file at `path`."""
    Path(path).write_text(render(settings), encoding="utf-8", newline="\n")


def render(settings: Settings) -> str:
    """The hall as TOML."""
    parts = [f"notices = {_value(list(settings.notices))}"] if settings.notices else []
    parts += [_table(header(name), getattr(settings, name)) for name in ONE]
    for name in MANY:
        parts += [_table(header(name), row) for row in getattr(settings, PLURAL[name])]
    return "\n\n".join(parts) + "\n"


def _table(head: str, row: msgspec.Struct) -> str:
    """Defaults are left out, as a person would."""
    pairs = [(field, getattr(row, field.name)) for field in structs.fields(row)]
    kept = [f"{field.name} = {_value(value)}" for field, value in pairs if value != _default(field)]
    return "\n".join([head, *kept])


def _default(field: structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _value(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_value(key)} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value)  # numbers, true, false: the same in TOML
