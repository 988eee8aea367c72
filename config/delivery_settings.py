"""What a hall sets about what leaves it: webhooks, notifications to applicants and staff, the province, other programs' pace.

Below `config.settings`, which takes it into its tables. No secret stands here: `{secret}` in a gateway's text or an address
is filled from DATA/secrets when something is sent (`hallcall deliveries secret NAME --set`).
"""

from typing import Annotated, Literal, get_args

from msgspec import Meta, field

from config.setting_types import Count, Name, OneLine, SettingId, SettingText, Table, TimeOfDay

# To applicants, by the phone number they gave for it.
ApplicantNotice = Literal["ahead", "called", "moved", "delayed", "tomorrow", "rebooked", "decided", "ready"]
# To staff.
StaffNotice = Literal["bad-rating", "overdue", "queue", "device", "backup"]
Notice = Literal[
    "ahead", "called", "moved", "delayed", "tomorrow", "rebooked", "decided", "ready",
    "bad-rating", "overdue", "queue", "device", "backup",
]  # fmt: skip
APPLICANT_NOTICES: tuple[ApplicantNotice, ...] = get_args(ApplicantNotice)
STAFF_NOTICES: tuple[StaffNotice, ...] = get_args(StaffNotice)
NoticeLanguage = Literal["zh", "en"]
CENTRE = "centre"  # the name of this receiver among all of a hall
WEB_PUSH = "web-push"  # likewise, of what goes to phones by their browsers


class Webhook(Table, frozen=True):
    """A program outside that is told what happens in the hall (hallcall deliver)."""

    id: SettingId
    url: SettingText
    kinds: list[Name] = field(default_factory=list)  # of events; empty: all
    private: bool = False  # its address may be of the inner network


class NotifyTable(Table, frozen=True):
    """When applicants and staff are told something, and when not."""

    quiet: list[tuple[TimeOfDay, TimeOfDay]] = field(
        default_factory=list
    )  # nothing goes out; may span midnight
    applicants: bool = False  # phone pages and the guide desk ask for a number to send notices to
    ahead: Count = 3  # who waits is told with so many before them; 0: not
    remind_at: TimeOfDay = "17:00"  # on the day before an appointment
    push: bool = False  # phone pages offer notices by the browser itself (web push)
    push_contact: OneLine = ""  # mailto: or https: of who runs this hall, for the push services
    push_private: bool = False  # a push service may be of the inner network


class Gateway(Table, frozen=True):
    """An SMS gateway, as the one request that sends one message."""

    id: SettingId
    url: SettingText
    body: SettingText  # with {phone}, {text}, {secret} and the notice's own facts
    content: Literal["json", "form"] = "json"
    headers: list[OneLine] = field(default_factory=list)  # "Authorization: Bearer {secret}"
    taken: OneLine = ""  # stands in the answer to a message that was taken; empty: any 2xx
    notices: list[ApplicantNotice] = field(default_factory=list[ApplicantNotice])  # empty: all
    private: bool = False


class StaffReceiver(Table, frozen=True):
    """An address of Apprise that is told what concerns the staff."""

    id: SettingId
    url: SettingText
    notices: list[StaffNotice] = field(default_factory=list[StaffNotice])  # empty: all
    staff: list[Name] = field(
        default_factory=list
    )  # staff numbers, or ids of departments: of overruns only theirs; empty: all
    language: NoticeLanguage = "zh"
    private: bool = False


class NoticeText(Table, frozen=True):
    """The hall's own words for a notice in a language, in place of the usual ones."""

    notice: Notice
    text: SettingText
    language: NoticeLanguage = "zh"


class Province(Table, frozen=True):
    """The province's service for ratings (好差评), and the file that says how it names things."""

    id: SettingId
    url: SettingText
    mapping: SettingId  # provinces/NAME.toml beside this file, or one that comes with the product
    app: OneLine = ""  # what the province calls this hall's system (appMark)
    private: bool = False


class CentreTable(Table, frozen=True):
    """The city's centre, to which every event of this hall is copied; its key lies in DATA/secrets."""

    url: SettingText = ""  # empty: there is none
    private: bool = False
    settings_key: OneLine = ""  # by which the city's settings are known to be its own; empty: none are taken
    adopt: Literal["by-hand", "at-night"] = "by-hand"
    adopted: Count = 0  # the number of the city's settings that are in these; 0: none


class ApiTable(Table, frozen=True):
    """How fast a key may ask the REST interface."""

    per_second: Annotated[int, Meta(ge=1, le=1_000)] = 20
    burst: Annotated[int, Meta(ge=1, le=10_000)] = 100


# What a text may name in braces: of any notice, of each, and beside them in the request to a gateway.
COMMON_FACTS = ("hall", "hall_phone")
REQUEST_FACTS = ("phone", "text", "secret", "id", "time", "notice")
NOTICE_FACTS: dict[Notice, tuple[str, ...]] = {
    "ahead": ("number", "ahead"), "called": ("number", "window"), "moved": ("number", "window"),
    "delayed": ("number", "reason", "until"), "tomorrow": ("item", "date", "time"),
    "rebooked": ("item", "date", "time", "reason"), "decided": ("case", "item", "decision"), "ready": ("case", "item"),
    "bad-rating": ("window", "number", "level", "reasons"), "overdue": ("what", "number", "due", "who"),
    "queue": ("queue", "count"), "device": ("device", "state"), "backup": ("detail",),
}  # fmt: skip
