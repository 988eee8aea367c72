"""What a hall is, as typed data: the lowest room, imported by every other and importing none.

Times of day are "HH:MM" in the hall's zone; durations say their unit in the name. Every field has its words in
config/setting_descriptions.py and its row in docs/settings.md, and a test holds the three together.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, field

from config.alarm_settings import AlarmsTable
from config.case_settings import CasesTable, CaseType
from config.delivery_settings import (
    ApiTable,
    CentreTable,
    Gateway,
    NoticeText,
    NotifyTable,
    Province,
    StaffReceiver,
    Webhook,
)
from config.fee_settings import Discount, FeesTable, PricedItem
from config.feedback_settings import FeedbackTable
from config.languages import LanguageId
from config.performance_settings import Duty, PerformanceTable, ScoreRow, Shift
from config.rating_settings import RatingsTable
from config.setting_types import (
    AccountsTable,
    AnnouncementTime,
    AreaCode,
    Count,
    MediaEntry,
    Minutes,
    Name,
    NationalCode,
    OneLine,
    PaperTemplate,
    PhoneTable,
    PortNumber,
    QueueId,
    Reason,
    ScreenHours,
    SettingId,
    SettingText,
    Table,
    TextFile,
    TimeOfDay,
    Voice,
    VolumeHours,
)
from config.setting_types import ReasonKind as ReasonKind

WindowKind = Literal[
    "department", "integrated", "floating", "duty", "pay", "agency", "direct", "issuing", "review", "guide"
]
DeviceKind = Literal["printer", "evaluator", "caller-pad", "sign", "reader"]
# When something takes place: a weekday, each market day, or one date.
DayName = Annotated[str, Meta(pattern=r"^(mon|tue|wed|thu|fri|sat|sun|market|[0-9]{4}-[0-9]{2}-[0-9]{2})\Z")]
ClassId = Literal["ordinary", "elderly", "disabled", "pregnant", "soldier", "green", "appointment", "returning"]  # fmt: skip


class HallTable(Table, frozen=True):
    """The site itself."""

    site: SettingId
    name: Name
    name_en: SettingText = ""
    zone: str = "Asia/Shanghai"
    opens: TimeOfDay = "09:00"
    closes: TimeOfDay = "17:00"
    last_ticket: TimeOfDay = "16:45"
    automatic_day: bool = True  # the caller opens and closes the business day by these times
    phone: SettingText = ""
    complaint_phone: SettingText = ""
    address: SettingText = ""
    breaks: list[tuple[TimeOfDay, TimeOfDay]] = field(default_factory=list)  # nobody is called then
    first_ticket: TimeOfDay | None = None  # numbers from this time; none: from opening
    area_code: AreaCode = ""  # 行政区划代码, for the province
    languages: list[LanguageId] = field(default_factory=lambda: ["zh", "en"])  # that applicants may choose


class CalendarTable(Table, frozen=True):
    """On which days the hall works. The national notice says which days are holidays and make-up workdays."""

    open_on: Literal["working-days", "every-day"] = "working-days"
    notice: SettingText = ""  # CSV beside the hall: date, kind (holiday, workday), name
    market_days: list[Annotated[int, Meta(ge=0, le=9)]] = field(default_factory=list)  # last digits of dates
    market_lunar: list[Annotated[int, Meta(ge=0, le=9)]] = field(default_factory=list)  # of lunar dates


class Hours(Table, frozen=True):
    """Hours of certain weekdays, or of market days, where they differ from the hall's own."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "market"]]
    bands: list[tuple[TimeOfDay, TimeOfDay]]
    first_ticket: TimeOfDay | None = None
    last_ticket: TimeOfDay | None = None


class ExceptionalDay(Table, frozen=True):
    """One date that is unlike others: closed, or open with hours of its own."""

    date: date
    name: Name = "特殊安排"
    name_en: OneLine = "Special arrangement"
    bands: list[tuple[TimeOfDay, TimeOfDay]] = field(default_factory=list)  # empty: closed
    market: bool = False  # a market day besides those of the calendar


class YearNotice(Table, frozen=True):
    """The State Council's notice for one year, by date: what it says of days that are unlike their weekday."""

    year: int
    holidays: dict[date, str]  # with the holiday's name
    workdays: dict[date, str]  # weekend days worked instead (调休)


class Listen(Table, frozen=True):
    """Where the processes listen. Loopback unless the hall says otherwise."""

    host: str = "127.0.0.1"
    caller: PortNumber = 9300
    web: PortNumber = 9301
    kiosk: PortNumber = 9302
    office: PortNumber = 9303
    kiosk_host: str = "127.0.0.1"  # of the kiosk's page; `host` does not open it to others
    office_host: str = "127.0.0.1"  # of the office; `host` does not open it to others either
    public_url: SettingText = ""  # what the slip's QR starts with; empty: http://host:web
    tls: SettingText = ""  # "auto", "off", or a PEM file of one's own; empty: as "off", with a warning


class Rules(Table, frozen=True):
    """Rules with numbers (DOMAIN: 'treat every number as a setting with this default')."""

    recall_max: Count = 5
    recall_seconds: Count = 10  # from a call or recall to the next recall, at least
    no_show_seconds: Count = 20  # from a call until it may be marked as a no-show, at least
    correct_seconds: Count = 30  # in which the outcome of an ended reception may be corrected; 0: not at all
    requeue_behind: Count = 3
    requeue_max: Count = 1
    away_minutes: Minutes = 20
    hold_minutes: Minutes = 30
    rating_seconds: Count = 60  # how long the evaluator at the window asks
    rating_hours: Count = 24  # how long the slip's QR may still rate
    answer_days: Count = 0  # working days to answer a complaint or a bad rating; 0: no duty to
    appeal_days: Count = 15  # working days in which the answer may be appealed against
    postpone_minutes: Minutes = 10
    one_live_ticket: bool = True
    agents: bool = False  # the kiosk asks a card's holder whether they come for themselves or for a client
    helping_minutes: Minutes = 15  # reluctance towards a queue in `helps` listed without its own minutes
    floating_minutes: Minutes = 30  # reluctance of a floating window towards its own queues
    alone_minutes: Minutes = 240  # a kiosk that is cut off goes on so long with leased numbers; 0: not at all
    by_hand_minutes: Minutes = (
        10  # cut off so long, its numbers wait for the notes of calls by hand; 0: never
    )
    closing: Literal["serve", "expire"] = "serve"  # who still waits at closing
    unended_minutes: Minutes = 60  # after closing: then a visit no clerk has ended is ended by the caller
    appointment_ahead_days: Count = 1
    appointment_horizon_days: Count = 5
    appointment_cancel_hours: Count = 2
    appointment_early_minutes: Minutes = 30
    appointment_late_minutes: Minutes = 15
    appointments_per_day: Count = 1


class PriorityClass(Table, frozen=True):
    """A priority class and its target wait; the smaller the target, the earlier its turn."""

    id: ClassId
    name: Name
    target_minutes: Minutes
    name_en: SettingText = ""
    offered: bool = True  # may be chosen at the kiosk
    words: SettingText = ""  # how the kiosk asks, in plain words
    words_en: SettingText = ""


class Department(Table, frozen=True):
    id: SettingId
    name: Name
    name_en: SettingText = ""
    phone: SettingText = ""
    code: OneLine = ""  # 统一社会信用代码, 18 signs


class Queue(Table, frozen=True):
    """One number series, fed by items, served by windows."""

    id: QueueId
    name: Name
    name_en: SettingText = ""
    target_minutes: Minutes = 0  # added to the class's target
    service_minutes: Annotated[float, Meta(gt=0, le=480)] = 6.0  # prior for the estimate
    digits: Annotated[int, Meta(ge=2, le=5)] = 3
    hours: list[tuple[TimeOfDay, TimeOfDay]] = field(default_factory=list)  # empty: the hall's hours
    quota: Count = 0  # tickets a day; 0: no limit
    band_quota: Count = 0  # tickets in each of `hours`; 0: no limit
    waiting_alarm: Count = 0  # tell the manager from so many waiting; 0: never
    slot_minutes: Annotated[int, Meta(ge=5, le=240)] = 30
    slot_quota: Count = 0  # appointments a slot; 0: this queue takes none


class Item(PricedItem, frozen=True):
    """What one comes for, with the published facts of its service guide (一次性告知)."""

    id: SettingId
    name: Name
    department: SettingId
    queue: QueueId
    name_en: SettingText = ""
    category: SettingText = ""
    category_en: SettingText = ""
    case_type: CaseType = "unspecified"
    statutory_days: Count | None = None
    promised_days: Count | None = None
    fee: SettingText = ""
    fee_en: SettingText = ""
    basis: SettingText = ""
    basis_en: SettingText = ""
    conditions: SettingText = ""
    conditions_en: SettingText = ""
    papers: list[SettingText] = field(default_factory=list)
    papers_en: list[SettingText] = field(default_factory=list)  # as many as papers, or none
    steps: list[SettingText] = field(default_factory=list)
    steps_en: list[SettingText] = field(default_factory=list)
    phone: SettingText = ""
    life_event: SettingText = ""
    life_event_en: SettingText = ""
    days: list[DayName] = field(default_factory=list)  # numbers on these days only; empty: on all
    task_code: NationalCode = ""  # 事项编码
    handle_code: NationalCode = ""  # 业务办理项编码


class Area(Table, frozen=True):
    """A part of the hall, and the way there: said once for all its windows."""

    id: SettingId
    name: Name  # "二楼 B 区"
    name_en: OneLine = ""
    way: OneLine = ""  # "上电扶梯右转"
    way_en: OneLine = ""


class Window(Table, frozen=True):
    """A place where one is served; `queues` are its own, `helps` adds queues it serves reluctantly."""

    id: SettingId
    name: Name
    queues: list[QueueId]
    name_en: SettingText = ""
    kind: WindowKind = "department"
    department: str = ""
    area: str = ""
    helps: dict[QueueId, Minutes] = field(default_factory=dict)
    phone: SettingText = ""
    breaks: list[tuple[TimeOfDay, TimeOfDay]] = field(default_factory=list)  # its own, lunch in turns say


class Device(Table, frozen=True):
    """One device, known by name; `port` says where it is (config.device_port), never the order of plugging."""

    name: SettingId
    kind: DeviceKind
    port: SettingText
    agent: SettingId = "pc-1"  # which PC owns it
    profile: SettingText = ""
    window: str = ""
    width_px: Annotated[int, Meta(ge=256, le=832)] = 576


class Kiosk(Table, frozen=True):
    id: SettingId
    name: SettingText = ""
    printers: list[SettingId] = field(default_factory=list)  # in order of preference
    language: str = "zh"
    area: str = ""  # where it stands: which media it plays
    idle_seconds: Annotated[int, Meta(ge=5, le=600)] = 30
    prompts: bool = True  # short spoken sentences, made with espeak-ng
    quick: bool = False  # 常办 first, and the number straight from the guide
    pad_keys: list[SettingText] = field(default_factory=list)  # "KEY=work" of an audio pad


class Settings(Table, frozen=True):
    """A whole hall, checked: every name used is defined (see config.reading.reader)."""

    hall: HallTable
    classes: tuple[PriorityClass, ...]
    queues: tuple[Queue, ...]
    windows: tuple[Window, ...]
    items: tuple[Item, ...] = ()
    departments: tuple[Department, ...] = ()
    listen: Listen = field(default_factory=Listen)
    rules: Rules = field(default_factory=Rules)
    voice: Voice = field(default_factory=Voice)
    accounts: AccountsTable = field(default_factory=AccountsTable)
    alarms: AlarmsTable = field(default_factory=AlarmsTable)
    cases: CasesTable = field(default_factory=CasesTable)
    feedback: FeedbackTable = field(default_factory=FeedbackTable)
    fees: FeesTable = field(default_factory=FeesTable)
    ratings: RatingsTable = field(default_factory=RatingsTable)
    phone: PhoneTable = field(default_factory=PhoneTable)
    performance: PerformanceTable = field(default_factory=PerformanceTable)
    devices: tuple[Device, ...] = ()
    kiosks: tuple[Kiosk, ...] = ()
    reasons: tuple[Reason, ...] = ()
    areas: tuple[Area, ...] = ()
    roster: tuple[Duty, ...] = ()
    shifts: tuple[Shift, ...] = ()
    scores: tuple[ScoreRow, ...] = ()
    discounts: tuple[Discount, ...] = ()
    notices: tuple[SettingText, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    notify: NotifyTable = field(default_factory=NotifyTable)
    gateways: tuple[Gateway, ...] = ()
    staff: tuple[StaffReceiver, ...] = ()
    texts: tuple[NoticeText, ...] = ()
    provinces: tuple[Province, ...] = ()
    api: ApiTable = field(default_factory=ApiTable)
    centre: CentreTable = field(default_factory=CentreTable)
    volumes: tuple[VolumeHours, ...] = ()
    announcements: tuple[AnnouncementTime, ...] = ()
    media: tuple[MediaEntry, ...] = ()
    screens: tuple[ScreenHours, ...] = ()
    papers: tuple[PaperTemplate, ...] = ()
    files: tuple[TextFile, ...] = ()
    calendar: CalendarTable = field(default_factory=CalendarTable)
    hours: tuple[Hours, ...] = ()
    days: tuple[ExceptionalDay, ...] = ()
    year_notices: tuple[YearNotice, ...] = ()  # read from the notice and from what is known of past years


def is_on_kiosk(settings: Settings, device: Device) -> bool:
    """Return whether a kiosk's own process opens this reader, for the applicant before it."""
    return device.kind == "reader" and any(kiosk.id == device.agent for kiosk in settings.kiosks)


def agent_printers(settings: Settings, pc: str) -> list[Device]:
    """Return the printers that the agent of `pc` drives: those that no kiosk prints on."""
    at_kiosks = {name for kiosk in settings.kiosks for name in kiosk.printers}
    own = [each for each in settings.devices if each.kind == "printer" and each.agent == pc]
    return [each for each in own if each.name not in at_kiosks]


def agents(settings: Settings) -> list[str]:
    """Return the PCs whose agent drives a device: one that no kiosk's own process opens."""
    at_kiosks = {name for kiosk in settings.kiosks for name in kiosk.printers}
    own = [row for row in settings.devices if row.name not in at_kiosks and not is_on_kiosk(settings, row)]
    return sorted({each.agent for each in own})
