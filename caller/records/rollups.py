"""The roll-ups of a business day: every figure of the reports, once a day and dimension.

A report of any period adds up these few rows a day and reads no ticket. What a figure means is decided in
`contributions`, where single rows are counted in; here stands what is kept and how two days become one period. Pure.
"""

from collections.abc import Iterable
from typing import Annotated, ClassVar

from msgspec import structs

from caller.records import histogram
from caller.records.columns import DayColumn, Duration, Row, note
from caller.records.histogram import Histogram
from config.instants import Micros

Tally = int
HISTOGRAM = note(
    "时长分布：各档人数，每档 4 字节，低位在前（见“分位数”）",
    "histogram: count of each bucket, 4 bytes, least significant first (see Percentiles)",
)


class RollupRow(Row):
    """每天每个维度的合计 | Roll-ups: one row a day and value of a dimension."""

    table: ClassVar[str] = "rollups"
    keys: ClassVar[int] = 4
    day: DayColumn
    dimension: Annotated[
        str, note("维度：hall 全厅", "hall (all of it), queue, item, class, hour, window or clerk")
    ]
    value: Annotated[str, note("该维度的值；全厅为空", "value of the dimension; empty for the hall")]
    issued: Annotated[Tally, note("取号", "tickets issued")] = 0
    served: Annotated[Tally, note("接待结束的号", "tickets served")] = 0
    cancelled: Annotated[Tally, note("取消的号", "tickets cancelled")] = 0
    expired: Annotated[Tally, note("作废的号", "tickets expired")] = 0
    lapsed: Annotated[Tally, note("无人结束、由系统结束的号", "tickets whose visit no clerk ended")] = 0
    abandoned: Annotated[Tally, note("从未叫到的取消和作废", "cancelled or expired, never called")] = 0
    calls: Annotated[Tally, note("叫号次数", "calls")] = 0
    recalls: Annotated[Tally, note("重呼次数", "recalls")] = 0
    missed: Annotated[Tally, note("过号次数", "calls that ended in a no-show")] = 0
    waits: Annotated[Tally, note("等候次数", "waits that ended in a call")] = 0
    wait_total: Annotated[Duration, note("等候合计", "those waits together")] = 0
    wait_longest: Annotated[Duration, note("最长等候", "the longest of them")] = 0
    wait_times: Annotated[Histogram, HISTOGRAM] = b""
    services: Annotated[Tally, note("办理次数", "services that ended, holds left out")] = 0
    completed: Annotated[Tally, note("其中办完（不含转出）", "of them not transferred")] = 0
    finished: Annotated[
        Tally,
        note(
            "来访结束（可评价），含由系统结束的",
            "ends of visits that may be rated, those no clerk ended included",
        ),
    ] = 0
    service_total: Annotated[Duration, note("办理合计", "those services together")] = 0
    service_longest: Annotated[Duration, note("最长办理", "the longest of them")] = 0
    service_times: Annotated[Histogram, HISTOGRAM] = b""
    level_5: Annotated[Tally, note("非常满意", "ratings: very satisfied")] = 0
    level_4: Annotated[Tally, note("满意", "ratings: satisfied")] = 0
    level_3: Annotated[Tally, note("基本满意", "ratings: fairly satisfied")] = 0
    level_2: Annotated[Tally, note("不满意", "ratings: dissatisfied")] = 0
    level_1: Annotated[Tally, note("非常不满意", "ratings: very dissatisfied")] = 0
    excluded: Annotated[
        Tally, note("其中经复核不计入好评率的差评", "of them bad ones that a review excluded from the shares")
    ] = 0
    quoted: Annotated[Tally, note("告知过等候并叫到的号", "tickets quoted a wait and called")] = 0
    quoted_within: Annotated[Tally, note("其中在告知范围内", "of them called within the range quoted")] = 0
    quoted_error: Annotated[
        int, note("预计与实际之差的绝对值合计，秒", "sum of absolute errors, seconds")
    ] = 0
    quoted_bias: Annotated[int, note("实际减预计合计，秒", "sum of actual minus expected, seconds")] = 0
    opened: Annotated[Micros | None, note("窗口或人员首次到岗", "first sign-in there")] = None
    left: Annotated[Micros | None, note("最后离岗", "last sign-out")] = None
    open: Annotated[Duration, note("开放时长", "time open")] = 0
    paused: Annotated[Duration, note("暂停时长", "time paused")] = 0
    pauses: Annotated[Tally, note("暂停次数", "pauses")] = 0
    longest_pause: Annotated[Duration, note("最长暂停", "the longest pause")] = 0
    busy: Annotated[Duration, note("有人被叫或在办的时长", "time in which a ticket was called or served")] = 0

    def add_wait(self, duration: int) -> None:
        """Count one wait, in microseconds."""
        self.waits += 1
        self.wait_total += duration
        self.wait_longest = max(self.wait_longest, duration)
        self.wait_times = histogram.counted(self.wait_times, duration)

    def add_service(self, duration: int) -> None:
        """Count one service, in microseconds."""
        self.services += 1
        self.service_total += duration
        self.service_longest = max(self.service_longest, duration)
        self.service_times = histogram.counted(self.service_times, duration)

    def add_level(self, level: int) -> None:
        """Count one rating from 1 to 5."""
        name = f"level_{level}"
        setattr(self, name, getattr(self, name) + 1)

    def add_presence(self, state: str, began: Micros, ended: Micros) -> None:
        """Count one stretch open or paused."""
        if state == "open":
            self.open += ended - began
            return
        self.paused += ended - began
        self.pauses += 1
        self.longest_pause = max(self.longest_pause, ended - began)


class TallyRow(Row):
    """每天的简单计数 | Tallies: what is counted by one word a day."""

    table: ClassVar[str] = "tallies"
    keys: ClassVar[int] = 4
    day: DayColumn
    subject: Annotated[
        str,
        note(
            "outcome 办理结果、appointment 预约、slip 号票、entrusted 代办、bad-reason 差评原因、pause 暂停次数、paused 暂停时长、told-once 一次告知、told-again 第二次要求、case 办件、pick 选呼原因、sent-to 转往的部门、feedback 诉求、rectification 差评整改、case-rating 办件评价、fee 收费金额、fee-full 应收、fees 收据、fee-corrected 更正",
            "outcome, appointment, slip, entrusted, bad-reason, pause (how often), paused (how long), told-once or told-again (papers), case, pick (why a number was picked), sent-to (the department of elsewhere), feedback, rectification (of bad ratings), case-rating (by level), fee or fee-full (sums), fees (receipts), or fee-corrected",
        ),
    ]
    value: Annotated[
        str,
        note(
            "结果、状态或原因；补打为 reprints，代办笔数为 tickets",
            "the outcome, state or reason; reprints of slips, tickets taken for a client",
        ),
    ]
    count: Annotated[
        Tally,
        note(
            "数量；paused 为微秒，fee、fee-full 为分",
            "how many; of paused microseconds, of fee and fee-full fen",
        ),
    ] = 0


class DeviceDayRow(Row):
    """每天每台设备 | Device days: each device while the hall was open."""

    table: ClassVar[str] = "device_days"
    keys: ClassVar[int] = 3
    day: DayColumn
    device: Annotated[str, note("设备", "device")]
    kind: Annotated[str, note("种类", "its kind")] = ""
    faults: Annotated[Tally, note("开门期间出故障次数", "faults that began while the hall was open")] = 0
    out: Annotated[Duration, note("开门期间不可用时长", "time out of order while the hall was open")] = 0


EARLIEST, LATEST = ("opened",), ("wait_longest", "service_longest", "longest_pause", "left")
HISTOGRAMS = ("wait_times", "service_times")
SUMS = tuple(
    field.name
    for field in structs.fields(RollupRow)[RollupRow.keys :]
    if field.name not in (*EARLIEST, *LATEST, *HISTOGRAMS)
)
AT_ONCE = 2_000  # rows held before they are added up: some days of a large hall, a few megabytes


def sum_of(rows: list[RollupRow]) -> RollupRow:
    """Return the sum of roll-ups, under the names of the first."""
    total = structs.replace(rows[0])
    for name in SUMS:
        setattr(total, name, sum(getattr(row, name) for row in rows))
    for name in HISTOGRAMS:
        setattr(total, name, histogram.added(getattr(row, name) for row in rows))
    for names, choose in ((EARLIEST, min), (LATEST, max)):
        for name in names:
            known = [value for row in rows if (value := getattr(row, name)) is not None]
            setattr(total, name, choose(known, default=None))
    return total


def merged(rows: Iterable[RollupRow]) -> dict[tuple[str, str], RollupRow]:
    """Add roll-ups of several days up, by dimension and value. The rows themselves are left as they are."""
    groups: dict[tuple[str, str], list[RollupRow]] = {}
    for number, row in enumerate(rows, 1):
        groups.setdefault((row.dimension, row.value), []).append(row)
        if number % AT_ONCE == 0:
            groups = {name: [sum_of(group)] for name, group in groups.items()}
    return {name: sum_of(group) for name, group in groups.items()}
