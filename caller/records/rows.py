"""The rows of records.db that follow the events one by one: days, tickets, their states, calls, services and the rest.

Instants are UTC microseconds, durations are microseconds, flags are 0 or 1. A row that still lasts has no end yet
(`ended` is empty; of a day, `closed`). No column identifies a person.
"""

from typing import Annotated, ClassVar

from caller.records.columns import (
    Began,
    ClerkColumn,
    DayColumn,
    Duration,
    Ended,
    Hour,
    ItemId,
    Number,
    Priority,
    QueueColumn,
    Row,
    Seq,
    VisitKey,
    WindowId,
    note,
)
from caller.records.performance_rows import (
    AwardRow,
    CaseRatingRow,
    CaseRow,
    CorrectionRow,
    DutyRow,
    FeeRow,
    InspectionRow,
    LeaveRow,
    PapersRow,
    PeerRow,
)
from caller.records.rollups import DeviceDayRow, RollupRow, TallyRow
from config.instants import Micros


class DayRow(Row):
    """营业日 | Business days."""

    table: ClassVar[str] = "days"
    day: Annotated[str, note("营业日，如 2026-09-21", "its label, such as 2026-09-21")]
    zone: Annotated[str, note("大厅时区", "the hall's zone")]
    opened: Annotated[Micros, note("开门", "when it was opened")]
    stops_at: Annotated[Micros, note("停止取号（含延时）", "when numbers stop, extensions included")]
    closes_at: Annotated[Micros, note("下班（含延时）", "when it closes, extensions included")]
    stopped: Annotated[Micros | None, note("提前停止取号", "when numbers were stopped by hand")] = None
    closed: Annotated[Micros | None, note("关门；营业中为空", "when it was closed; empty while open")] = None


class TicketRow(Row):
    """号票，一次来访一行 | Tickets, one row a visit."""

    table: ClassVar[str] = "tickets"
    visit: Annotated[
        int, note("取号事件的序号，号票在此库的主键", "seq of the event that gave it, its key here")
    ]
    ticket: Annotated[str, note("号票编号", "the ticket's id")]
    day: DayColumn
    number: Number
    series: Annotated[str, note("取号时的队列", "queue that gave the number")]
    queue: Annotated[str, note("现在或最后所在队列", "queue it is in, or was in last")]
    priority: Priority
    items: Annotated[str, note("取号时的事项，JSON 列表", "items it was taken for, a JSON list")]
    first_item: Annotated[str, note("其中第一项", "the first of them")]
    item: Annotated[str, note("现在或最后办理的事项", "the item now or last dealt with")]
    appointment: Annotated[str, note("预约编号", "its appointment's id")]
    via: Annotated[
        str, note("phone 手机取号，空为取号机、窗口等", "phone: taken on one; empty: at a kiosk, a desk ...")
    ]
    origin: Annotated[Micros, note("排队起算时刻", "the instant its place counts from")]
    issued: Annotated[Micros, note("取号", "when it was given")]
    hour: Annotated[int, note("几点取号（大厅时区 0–23）", "hour it was given in, hall time, 0–23")]
    ahead: Annotated[int, note("取号时前面人数", "people ahead, as quoted")]
    low: Annotated[int, note("告知的等候下限，分钟；-1 未告知", "wait quoted, from, minutes; -1 none")]
    high: Annotated[int, note("告知的等候上限，分钟", "wait quoted, to, minutes")]
    expected: Annotated[int, note("当时的预计等候，秒；-1 无", "wait expected then, seconds; -1 none")]
    state: Annotated[str, note("现在状态", "its state now")]
    first_called: Annotated[Micros | None, note("首次叫号", "when it was first called")] = None
    waited: Annotated[Duration, note("各次等候之和", "all its waits that ended in a call, together")] = 0
    calls: Annotated[int, note("叫号次数（不含重呼）", "calls, recalls not counted")] = 0
    recalls: Annotated[int, note("重呼次数", "recalls")] = 0
    missed: Annotated[int, note("过号次数", "times marked a no-show")] = 0
    requeues: Annotated[int, note("过号后重新排队次数", "times it came back after that")] = 0
    holds: Annotated[int, note("挂起次数", "times put on hold")] = 0
    transfers: Annotated[int, note("转移次数", "times transferred")] = 0
    postponed: Annotated[int, note("顺延次数", "times the applicant asked for later")] = 0
    window: Annotated[str, note("最后叫它的窗口", "window that called it last")] = ""
    clerk: Annotated[str, note("最后叫它的人员", "clerk who called it last")] = ""
    outcome: Annotated[str, note("办理结果", "outcome of the visit")] = ""
    ended: Annotated[Micros | None, note("结束；未结束为空", "when it ended; empty while it lasts")] = None
    ended_from: Annotated[str, note("结束前的状态", "the state it ended from")] = ""
    level: Annotated[int | None, note("评价 1–5；空为未评价", "rating 1–5; empty: not rated")] = None
    carried: Annotated[
        Duration, note("挂起前已办时长，待并入下段", "time served before a hold, not yet counted")
    ] = 0
    slip: Annotated[
        str, note("原票的纸：printed 已出、failed 未出、unknown 不明", "its slip: printed, failed or unknown")
    ] = ""


class StateRow(Row):
    """号票的每个状态，首尾相接 | Each state of each ticket, end to end from its issue to its end."""

    table: ClassVar[str] = "states"
    seq: Seq
    visit: VisitKey
    day: DayColumn
    number: Number
    state: Annotated[str, note("状态", "waiting, called, serving, held or missed")]
    queue: QueueColumn
    item: ItemId
    window: Annotated[str, note("所在窗口；等候时为空", "window it was at; empty while waiting")]
    clerk: Annotated[str, note("该窗口人员", "clerk there")]
    began: Began
    ended: Ended = None
    counted_from: Annotated[
        Micros | None,
        note("等候从此刻起计（预约时间、顺延）", "waiting counts from here: appointed time, postponement"),
    ] = None
    waited: Annotated[Duration, note("计入的等候时长", "waiting that counts")] = 0


class CallRow(Row):
    """每次叫号 | Calls."""

    table: ClassVar[str] = "calls"
    seq: Seq
    visit: VisitKey
    day: DayColumn
    number: Number
    queue: QueueColumn
    item: ItemId
    priority: Priority
    window: WindowId
    clerk: ClerkColumn
    at: Annotated[Micros, note("叫号时刻", "when it was called")]
    hour: Annotated[
        int,
        note("这次等候始于几点；不是从等候中叫的为叫号钟点", "hour its waiting began in; else of the call"),
    ]
    wait: Annotated[
        Duration | None,
        note(
            "这次等候；从挂起或过号中叫的为空",
            "the wait it ended; empty if called from hold or after a no-show",
        ),
    ]
    first: Annotated[int, note("该号首次叫号", "1: the ticket's first call")]
    chosen: Annotated[int, note("选呼", "1: picked by the clerk")]
    reason: Annotated[
        str, note("选呼原因的编号，见 `[[reason]]`", "why it was picked: a code of `[[reason]]`")
    ] = ""
    recalls: Annotated[int, note("重呼次数", "recalls of this call")] = 0
    ended: Ended = None
    ended_by: Annotated[
        str, note("如何结束", "started, finished, returned, missed, held, transferred or cancelled")
    ] = ""


class ServiceRow(Row):
    """每段办理；挂起会分成两段 | Services: one stretch at one window; a hold makes two of one."""

    table: ClassVar[str] = "services"
    seq: Seq
    visit: VisitKey
    day: DayColumn
    number: Number
    queue: QueueColumn
    item: ItemId
    priority: Priority
    window: WindowId
    clerk: ClerkColumn
    hour: Hour
    began: Began
    pressed: Annotated[
        int, note("0：未按开始即结束，从叫号起计", "0: finished without a start; counts from the call")
    ]
    before: Annotated[Duration, note("挂起前已办时长", "time served before a hold")] = 0
    ended: Ended = None
    ended_by: Annotated[
        str,
        note(
            "如何结束",
            "finished, returned (visit goes on), transferred, held, taken-over (another clerk goes on) or lapsed (no clerk ended it)",
        ),
    ] = ""
    outcome: Annotated[str, note("办理结果", "outcome")] = ""


class RatingRow(Row):
    """评价，记在来访那天 | Ratings, under the day of the visit."""

    table: ClassVar[str] = "ratings"
    seq: Seq
    visit: VisitKey
    day: DayColumn
    number: Number
    queue: QueueColumn
    item: ItemId
    window: WindowId
    clerk: ClerkColumn
    at: Annotated[Micros, note("评价时刻", "when it was given")]
    level: Annotated[int, note("1 非常不满意 … 5 非常满意", "1 very dissatisfied … 5 very satisfied")]
    via: Annotated[str, note("途径", "evaluator, tablet, phone ...")]
    reasons: Annotated[str, note("差评原因，JSON 列表", "reasons of a bad rating, a JSON list")]


class PresenceRow(Row):
    """窗口在岗：每段开放或暂停 | Window presence: each stretch open or paused."""

    table: ClassVar[str] = "presence"
    seq: Seq
    day: Annotated[
        str, note("营业日；开门前已结束的为空", "business day; empty if it ended before the day opened")
    ]
    window: WindowId
    clerk: ClerkColumn
    state: Annotated[str, note("open 开放，paused 暂停", "open or paused")]
    reason: Annotated[str, note("暂停原因的编号，见 `[[pause]]`", "why it was paused: a code of `[[pause]]`")]
    began: Began
    ended: Ended = None


class AppointmentRow(Row):
    """预约 | Appointments."""

    table: ClassVar[str] = "appointments"
    seq: Seq
    appointment: Annotated[str, note("预约编号", "its id")]
    day: Annotated[str, note("预约日", "the day booked")]
    slot: Annotated[Micros, note("预约时刻", "the instant booked")]
    item: Annotated[str, note("事项", "item")]
    queue: Annotated[str, note("队列", "queue")]
    booked: Annotated[Micros, note("何时预约", "when it was booked")]
    state: Annotated[str, note("状态", "booked, used, cancelled or missed")] = "booked"
    changes: Annotated[int, note("改期次数", "times it was moved")] = 0
    visit: Annotated[
        int | None, note("签到所得号票，见 tickets.visit", "ticket of the check-in, see tickets.visit")
    ] = None
    ended: Annotated[Micros | None, note("签到、取消或失约时刻", "when it was used, cancelled or missed")] = (
        None
    )


class DeviceRow(Row):
    """设备状态的每一段 | Each state of each device."""

    table: ClassVar[str] = "devices"
    seq: Seq
    day: Annotated[str, note("营业日；闭馆时为空", "business day; empty while closed")]
    device: Annotated[str, note("设备", "device")]
    kind: Annotated[str, note("种类", "its kind")]
    state: Annotated[str, note("状态", "ready, paper-out, offline, unknown ...")]
    detail: Annotated[str, note("说明", "detail")]
    began: Began
    ended: Ended = None


class SlipRow(Row):
    """号票的纸 | Slips of paper, as reported."""

    table: ClassVar[str] = "slips"
    seq: Seq
    visit: VisitKey
    day: DayColumn
    number: Number
    at: Annotated[Micros, note("报告时刻", "when it was reported")]
    state: Annotated[str, note("printed 已出、failed 未出、unknown 不明", "printed, failed or unknown")]
    copy: Annotated[int, note("0 原票，1 起为补打", "0 the slip, 1.. reprints")]


TABLES: tuple[type[Row], ...] = (
    DayRow, TicketRow, StateRow, CallRow, ServiceRow, RatingRow, PresenceRow, AppointmentRow, DeviceRow, SlipRow,
    RollupRow, TallyRow, DeviceDayRow,
    CorrectionRow, LeaveRow, PeerRow, InspectionRow, AwardRow, CaseRow, CaseRatingRow, DutyRow, PapersRow, FeeRow,
)  # fmt: skip
END_COLUMN: dict[type[Row], str] = {
    DayRow: "closed", TicketRow: "ended", StateRow: "ended", CallRow: "ended", ServiceRow: "ended",
    PresenceRow: "ended", AppointmentRow: "ended", DeviceRow: "ended",
}  # fmt: skip
"""The column that is empty while a row lasts, tickets before what is theirs; rows of the other tables have no end."""
