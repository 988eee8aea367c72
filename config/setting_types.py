"""The types that the tables of a hall's settings are made of, and the tables of its voice, announcements and playlist.

The lowest part of the settings: `config.settings` takes all of it in. The words for each type are in
`config.reading.type_descriptions`; what the tables mean at a certain time is `config.media_plan`.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

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
# 行政区划代码, and the codes of the national list of items.
AreaCode = Annotated[str, Meta(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})?\Z")]
NationalCode = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{0,50}\Z")]
# A file by its name alone, in a folder that the programs know: no way leads out of it.
FileName = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f/\\.\u202a-\u202e\u2066-\u2069][^\x00-\x1f\x7f/\\\u202a-\u202e\u2066-\u2069]{0,79}\Z"
    ),
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]  # in the order of date.weekday()
MediaScreen = Literal["board", "kiosk", "tablet"]
CardPart = Literal["name", "photo", "star", "party"]
ScreenKind = Literal["board", "sign", "tablet", "kiosk", "pc"]


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """One TOML table; an unknown key is a mistake, never ignored."""


class AccountsTable(Table, frozen=True):
    """Whether persons sign in with an account; one without this table goes on as before there were accounts."""

    required: bool = False
    idle_minutes: Minutes = 60  # a person who does nothing for so long is signed out; 0: never
    card: list[CardPart] = field(
        default_factory=list[CardPart]
    )  # shown of who serves, beside the number; empty: nothing


# --- voice, announcements, playlist


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


# --- papers

TemplateText = Annotated[  # as a template's file: about 1 KB, at most 200 lines
    str,
    Meta(
        min_length=1,
        max_length=16_000,
        pattern=r"^[^\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]*\Z",
    ),
]
PaperKind = Literal[
    "slip", "guide", "receipt", "acceptance", "handling", "missing", "refusal", "denial", "delay", "pause", "return", "void",
    "promise", "passing", "parallel", "parallel-handling", "agency", "task-report", "payment", "feedback",
]  # fmt: skip
PaperMedium = Literal["roll", "a4"]
PaperLanguage = Literal["zh", "en"]


class PaperTemplate(Table, frozen=True):
    """A paper as the hall words it, in place of ours; a template in the folder of the PC that prints goes first."""

    kind: PaperKind
    template: TemplateText
    language: PaperLanguage = "zh"
    medium: PaperMedium = "roll"


FileKind = Literal["profile", "mapping"]
FileText = Annotated[  # a file of a device's model has 2 KB, a province's mapping 3 KB
    str,
    Meta(
        min_length=1,
        max_length=32_000,
        pattern=r"^[^\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]*\Z",
    ),
]


class TextFile(Table, frozen=True):
    """A file that the hall's settings hold themselves: of a device's model, or of how a province names things. It goes before
    one of its name beside the hall's file, and before ours."""

    kind: FileKind
    id: SettingId  # the name by which `[[device]] profile` or `[[province]] mapping` asks for it
    text: FileText


class ScreenHours(Table, frozen=True):
    """When screens are on; while the business day is open they are, whatever stands here."""

    screen: ScreenKind
    # A board's area ("hall": of the whole hall), the window of a sign or tablet, a kiosk, an agent's PC; empty: all.
    name: OneLine = ""
    before_minutes: Minutes = 30  # on so long before the hall opens
    after_minutes: Minutes = 30  # and so long after it has closed
    hours: list[tuple[TimeOfDay, TimeOfDay]] = field(default_factory=list)  # instead, on days the hall opens


# --- the applicant's own phone


class PhoneTable(Table, frozen=True):
    """What the pages /take and /book may do."""

    # "here": with the code on the hall's screens; "remote": also from elsewhere, to be checked in here; empty: not at all
    take: Literal["", "here", "remote"] = ""
    arrive_minutes: Annotated[float, Meta(ge=5, le=240)] = (
        60  # in which a number taken elsewhere is to be checked in
    )
    per_day: Count = 2  # numbers that one phone may take on a day; 0: as many as it likes
    book: bool = False
    no_shows: Count = 2  # so many bookings not come to within `no_show_days` and one may not book; 0: never
    no_show_days: Annotated[int, Meta(ge=1, le=366)] = 30


# notice: what all who wait are told; message: guide desk to window; paper: what is wrong with one; elsewhere: whom applicants are sent on to.
ReasonKind = Literal[
    "pause", "rating", "pick", "step", "finding", "suspend", "notice", "message", "paper", "refusal", "extension",
    "feedback", "measure", "objection", "fee", "attendance", "leave", "inspection", "elsewhere",
]  # fmt: skip


class Reason(Table, frozen=True):
    """A reason that a person chooses from one of the hall's lists (config.hall_lists).

    What one types by hand would stay in the log for ever.
    """

    kind: ReasonKind
    id: SettingId
    name: Name
    name_en: SettingText = ""
    minutes: Minutes = 0  # of a pause: how long it is expected to take; 0: rules.away_minutes
