"""The types that the tables of a hall's settings are made of: ids, times of day, lines of text, and the table itself.

The lowest part of the settings: `config.settings` and the parts it takes in (`config.media_settings`) share them. The
words for each are in `config.reading.type_descriptions`.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

# \Z, not $: a dollar would let "A\n" through, and a line end in an id breaks paper and topics.
SettingId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z")]
QueueId = Annotated[str, Meta(pattern=r"^[A-Z]{1,2}\Z")]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
# Control bytes reach printers; the signs that turn the direction of writing (U+202A-202E, U+2066-2069) turn the text
# after them on every screen.
Name = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]{1,80}\Z")]  # one line
# A phone's width.
OneLine = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]{0,80}\Z")]
SettingText = Annotated[  # may hold line ends
    str, Meta(max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]*\Z")
]
Minutes = Annotated[float, Meta(ge=0, le=1440)]
Count = Annotated[int, Meta(ge=0, le=100_000)]
PortNumber = Annotated[int, Meta(ge=0, le=65535)]  # 0 takes any free port
Percent = Annotated[int, Meta(ge=0, le=100)]
# A file by its name alone, in a folder that the programs know: no way leads out of it.
FileName = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f/\\.\u202a-\u202e\u2066-\u2069][^\x00-\x1f\x7f/\\\u202a-\u202e\u2066-\u2069]{0,79}\Z"
    ),
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]  # in the order of date.weekday()


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """One TOML table; an unknown key is a mistake, never ignored."""
