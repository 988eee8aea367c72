"""What a hall sets about its voice, what it announces by the clock, and what its screens play between calls.

Below `config.settings`, which takes these tables in. What they mean at a certain time is `config.media_plan`.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, field

from config.setting_types import (
    FileName,
    OneLine,
    Percent,
    SettingId,
    SettingText,
    Table,
    TimeOfDay,
    Weekday,
)

MediaScreen = Literal["board", "kiosk", "tablet"]


class Voice(Table, frozen=True):
    enabled: bool = True
    clips: SettingText = ""  # folder of WAV clips; empty or missing clip: espeak-ng
    second_language: Literal["", "en"] = ""
    repeat: Annotated[int, Meta(ge=1, le=3)] = 2
    volume: Percent = 100  # of calls and announcements, where no [[volume]] says otherwise
    yao: bool = False  # read 1 as 幺
    say_recall: bool = False


class VolumeHours(Table, frozen=True):
    """How loud a loudspeaker is in some hours; 0 percent are quiet hours, in which the screens alone call."""

    hours: list[tuple[TimeOfDay, TimeOfDay]]
    percent: Percent
    zone: str = ""  # the loudspeaker's place, as the board's address names it; empty: all
    days: list[Weekday] = field(default_factory=list)  # empty: all


class AnnouncementTime(Table, frozen=True):
    """When one of the hall's fixed messages (list "notice") is shown and spoken, on each day the hall is open."""

    notice: SettingId
    at: list[TimeOfDay]
    zone: str = ""  # the loudspeaker that speaks it and the boards that show it; empty: all
    days: list[Weekday] = field(default_factory=list)
    minutes: Annotated[float, Meta(ge=1, le=240)] = 5  # so long it is shown


class MediaEntry(Table, frozen=True):
    """One entry of the playlist: a picture or a video of DATA/media, or a text; shown in the order of the rows."""

    file: FileName | None = None
    text: SettingText = ""
    text_en: SettingText = ""
    title: OneLine = ""  # stands over a text
    title_en: OneLine = ""
    seconds: Annotated[int, Meta(ge=3, le=600)] = 12  # of a picture or a text; a video ends by itself
    screens: list[MediaScreen] = field(default_factory=list)  # empty: all
    area: str = ""  # boards, kiosks and windows of this area only
    hours: list[tuple[TimeOfDay, TimeOfDay]] = field(default_factory=list)  # empty: all day
    days: list[Weekday] = field(default_factory=list)
    first: date | None = None
    last: date | None = None
