"""What a hall is, as typed data: the lowest room, imported by every other and importing none.

Times of day are "HH:MM" in the hall's zone; durations say their unit in the name. Every field has its
row in docs/settings.md, and a test holds the two together. Defaults are those of the service-hall field
study (20 minutes for an absent clerk, 5 recalls, requeue behind 3 calls, ...).
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
QueueId = Annotated[str, Meta(pattern=r"^[A-Z]{1,2}$")]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Minutes = Annotated[float, Meta(ge=0, le=1440)]
Count = Annotated[int, Meta(ge=0, le=100_000)]
Port = Annotated[int, Meta(ge=0, le=65535)]  # 0 takes any free port

WindowKind = Literal[
    "department", "integrated", "floating", "duty", "pay", "agency", "direct", "issuing", "review", "guide"
]
CaseType = Literal[
    "immediate", "limited", "promised", "parallel", "reported-up", "assisted", "agency", "unspecified"
]
DeviceKind = Literal["printer", "evaluator", "caller-pad", "sign", "reader"]
ClassId = Literal["ordinary", "elderly", "disabled", "pregnant", "soldier", "green", "appointment"]


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """One TOML table; an unknown key is a mistake, never ignored."""


class HallTable(Table):
    """The site itself."""

    site: Id
    name: str
    name_en: str = ""
    zone: str = "Asia/Shanghai"
    opens: TimeOfDay = "09:00"
    closes: TimeOfDay = "17:00"
    last_ticket: TimeOfDay = "16:45"
    automatic_day: bool = True  # the caller opens and closes the business day by these times
    phone: str = ""
    complaint_phone: str = ""
    address: str = ""


class Listen(Table):
    """Where the processes listen. Loopback unless the hall says otherwise."""

    host: str = "127.0.0.1"
    caller: Port = 9300
    web: Port = 9301
    kiosk: Port = 9302
    public_url: str = ""  # what the slip's QR starts with; empty: http://host:web


class Rules(Table):
    """Rules with numbers (DOMAIN: 'treat every number as a setting with this default')."""

    recall_max: Count = 5
    requeue_behind: Count = 3
    requeue_max: Count = 1
    away_minutes: Minutes = 20
    rating_seconds: Count = 60  # how long the evaluator at the window asks
    rating_hours: Count = 24  # how long the slip's QR may still rate
    postpone_minutes: Minutes = 10
    one_live_ticket: bool = True
    helping_minutes: Minutes = 15  # reluctance of a window named in `helps` without its own minutes
    floating_minutes: Minutes = 30
    closing: Literal["serve", "expire"] = "serve"  # who still waits at closing
    appointment_ahead_days: Count = 1
    appointment_horizon_days: Count = 5
    appointment_cancel_hours: Count = 2
    appointment_early_minutes: Minutes = 30
    appointment_late_minutes: Minutes = 15
    appointments_per_day: Count = 1


class PriorityClass(Table):
    """A priority class and its target wait; the smaller the target, the earlier its turn."""

    id: ClassId
    name: str
    target_minutes: Minutes
    name_en: str = ""
    offered: bool = True  # may be chosen at the kiosk
    words: str = ""  # how the kiosk asks, in plain words
    words_en: str = ""


class Department(Table):
    id: Id
    name: str
    name_en: str = ""
    phone: str = ""


class Queue(Table):
    """One number series, fed by items, served by windows."""

    id: QueueId
    name: str
    name_en: str = ""
    target_minutes: Minutes = 0  # added to the class's target
    service_minutes: Annotated[float, Meta(gt=0, le=480)] = 6.0  # prior for the estimate
    digits: Annotated[int, Meta(ge=2, le=5)] = 3
    hours: list[tuple[TimeOfDay, TimeOfDay]] = field(default_factory=list)  # empty: the hall's hours
    quota: Count = 0  # tickets a day; 0: no limit
    band_quota: Count = 0  # tickets in each of `hours`; 0: no limit
    waiting_alarm: Count = 0  # tell the manager from so many waiting; 0: never
    slot_minutes: Count = 30
    slot_quota: Count = 0  # appointments a slot; 0: this queue takes none


class Item(Table):
    """What one comes for, with the published facts of its service guide (一次性告知)."""

    id: Id
    name: str
    department: Id
    queue: QueueId
    name_en: str = ""
    category: str = ""
    case_type: CaseType = "unspecified"
    statutory_days: Count | None = None
    promised_days: Count | None = None
    fee: str = ""
    basis: str = ""
    conditions: str = ""
    papers: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    phone: str = ""
    life_event: str = ""


class Window(Table):
    """A place where one is served; `queues` are its own, `helps` adds queues it serves reluctantly."""

    id: Id
    name: str
    queues: list[QueueId]
    name_en: str = ""
    kind: WindowKind = "department"
    department: str = ""
    helps: dict[str, Minutes] = field(default_factory=dict)
    phone: str = ""


class Device(Table):
    """One device, known by name; `port` says where it is, never the order of plugging.

    Ports: tcp://HOST:PORT, serial:///dev/serial/by-id/NAME?baud=9600, usb://VVVV:PPPP, cups://QUEUE,
    file:///PATH.
    """

    name: Id
    kind: DeviceKind
    port: str
    agent: Id = "pc-1"  # which PC owns it
    profile: str = ""
    window: str = ""
    width_px: Annotated[int, Meta(ge=256, le=832)] = 576


class Kiosk(Table):
    id: Id
    name: str = ""
    printers: list[Id] = field(default_factory=list)  # in order of preference
    language: str = "zh"
    idle_seconds: Annotated[int, Meta(ge=5, le=600)] = 30


class Voice(Table):
    enabled: bool = True
    clips: str = ""  # folder of WAV clips; empty or missing clip: espeak-ng
    second_language: Literal["", "en"] = ""
    repeat: Annotated[int, Meta(ge=1, le=3)] = 2
    yao: bool = False  # read 1 as 幺
    say_recall: bool = False


class Settings(Table):
    """A whole hall, checked: every name used is defined (see config.reader)."""

    hall: HallTable
    classes: tuple[PriorityClass, ...]
    queues: tuple[Queue, ...]
    windows: tuple[Window, ...]
    items: tuple[Item, ...] = ()
    departments: tuple[Department, ...] = ()
    listen: Listen = field(default_factory=Listen)
    rules: Rules = field(default_factory=Rules)
    voice: Voice = field(default_factory=Voice)
    devices: tuple[Device, ...] = ()
    kiosks: tuple[Kiosk, ...] = ()
    notices: tuple[str, ...] = ()
