"""One hall of a city: its queues, windows, devices and late cases as they stand, and its report, down to one window.

Everything is read from the hall's own rows at the centre by the code that makes the hall's own report. The rows know queues, items and
windows by their ids; the names are those that the hall has given (`labelled`).
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from caller.records.columns import Row
from caller.records.contributions import AT_WINDOW
from caller.records.rows import CaseRow, DeviceRow, DutyRow, PresenceRow, RatingRow, ServiceRow, StateRow
from caller.records.store import RecordsError, Store
from caller.reports.document import Report, report_of
from caller.reports.period import read_period
from caller.reports.sheets import sheets
from caller.reports.tables import Cell, Heading, ReportSheet, as_counted, clock, code_words, label_of, minutes
from config.catalogue import Message, message
from config.hall_names import NamesById
from config.instants import SECOND, Micros, Seconds, local

R = TypeVar("R", bound=Row)
NO_WINDOW = ""  # who is at no window
SERVICES_MAX = 200  # of a day at one window; the newest
NAMED = {
    "queue": "queues",
    "window": "windows",
    "item": "items",
    "department": "departments",
}  # headings: kinds of names
OF_WINDOW = ("Windows", "Presence", "Ratings")  # sheets of a report with a line a window
QUEUES = [
    Heading("队列", "queue", "text"), Heading("等候", "waiting"), Heading("最长等候，分钟", "longest wait, min", "minutes"),
    Heading("在窗口", "at a window"), Heading("挂起", "on hold"), Heading("过号", "missed"),
]  # fmt: skip
WINDOWS = [
    Heading("窗口", "window", "text"), Heading("状态", "state", "text"), Heading("号码", "number", "text"),
    Heading("已持续，分钟", "for, min", "minutes"), Heading("人员", "clerk", "text"), Heading("开始", "since", "time"),
]  # fmt: skip
DEVICES = [
    Heading("设备", "device", "text"), Heading("种类", "kind", "text"), Heading("状态", "state", "text"),
    Heading("已持续，分钟", "for, min", "minutes"),
]  # fmt: skip
DUE = [
    Heading("编号", "number", "text"), Heading("种类", "kind", "text"), Heading("事项", "item", "text"),
    Heading("部门", "department", "text"), Heading("窗口", "window", "text"), Heading("状态", "state", "text"),
    Heading("到期", "due", "text"), Heading("灯", "light", "text"),
]  # fmt: skip
SERVICES = [
    Heading("号码", "number", "text"), Heading("队列", "queue", "text"), Heading("事项", "item", "text"),
    Heading("人员", "clerk", "text"), Heading("开始", "from", "time"), Heading("办理，分钟", "service, min", "minutes"),
    Heading("结果", "outcome", "text"), Heading("评价", "rating", "text"),
]  # fmt: skip


class HallDetail(NamedTuple):
    """What is shown of one hall. `queues`, `windows`, `devices`, `due`: as it is at `at` (UTC microseconds, by its rows), with ids
    alone.

    `report`: its figures of the days asked for; where there are none, `why`. `names`: those that the hall has given, in the language of
    who looks.
    """

    at: Micros
    queues: ReportSheet
    windows: ReportSheet
    devices: ReportSheet
    due: ReportSheet
    report: Report | None
    why: Message | None
    names: NamesById

    def report_sheets(self, zone: str) -> list[ReportSheet]:
        """Return the sheets of its report, as the hall itself has them, without names of its staff."""
        return sheets(self.report, zone, self.names) if self.report else []

    def of_window(self, window: str, zone: str) -> list[ReportSheet]:
        """Return the lines of one window from the sheets of the report that have one a window."""
        found: list[ReportSheet] = []
        label = self.window_label(window)
        for sheet in self.report_sheets(zone):
            rows = [row for row in sheet.rows if row[0] == label]
            if sheet.en in OF_WINDOW and rows:
                found.append(sheet._replace(rows=rows, charts=()))
        return found

    def window_label(self, window: str) -> str:
        """Return a window's id with its name."""
        return label_of(self.names.get("windows", {}))(window)


def labelled(sheet: ReportSheet, names: NamesById) -> ReportSheet:
    """Return a sheet in which ids of queues, windows, items and departments stand with their names."""
    labels = {
        at: label_of(names.get(NAMED[heading.en], {}))
        for at, heading in enumerate(sheet.headings)
        if heading.en in NAMED
    }
    return sheet._replace(
        rows=[
            [labels[at](str(cell)) if cell and at in labels else cell for at, cell in enumerate(row)]
            for row in sheet.rows
        ]
    )


def read_hall(store: Store, wanted: str | None, zone: str, at: Micros, names: NamesById) -> HallDetail:
    """Return what is shown of the hall of a store.

    Args:
        wanted: the days of the report (`caller.reports.spans`), empty for the newest, None for no report.
        at: how far the hall's state reaches, where that is later than its last event.
        names: those that the hall has given, in a language.

    Raises:
        RecordsError: the records cannot be read.
    """
    report, why = None, None
    try:
        if wanted is not None:
            report = report_of(read_period(store, wanted))
    except RecordsError as error:
        if error.code not in ("empty", "no-day"):
            raise
        why = message(error.kind, error.code, **error.facts)
    with store.snapshot():
        at = max(at, store.place.now)
        lasting = list(store.lasting())
        cases = list(store.rows(CaseRow, ended_month=""))
        duties = [row for row in store.rows(DutyRow) if row.closed is None]
    devices = [
        [
            row.device,
            code_words("device-kind", row.kind),
            code_words("device-state", row.state),
            _for(row.began, at),
        ]
        for row in sorted(_of(lasting, DeviceRow), key=lambda row: as_counted(row.device))
    ]
    return HallDetail(
        at, ReportSheet("队列", "Queues", QUEUES, _queues(_of(lasting, StateRow), at)),
        ReportSheet("窗口", "Windows", WINDOWS, _windows(lasting, at, zone)),
        ReportSheet("设备", "Devices", DEVICES, devices),
        ReportSheet("超期和将到期", "Overdue and due soon", DUE, _due(cases, duties, at, zone)), report, why, names,
    )  # fmt: skip


def read_services(store: Store, window: str, day: str, zone: str) -> ReportSheet:
    """Return what was served at a window on a day, the newest first. Raises `RecordsError`."""
    levels = {row.visit: row.level for row in store.of_days(RatingRow, day, day, window=window)}
    rows: list[list[Cell]] = [
        [
            row.number, row.queue, row.item, row.clerk, clock(row.began, zone),
            None if row.ended is None else _for(row.began, row.ended),
            code_words("outcome", row.outcome) if row.outcome else None,
            code_words("level", str(levels[row.visit])) if row.visit in levels else None,
        ]
        for row in sorted(store.of_days(ServiceRow, day, day, window=window), key=lambda row: -row.seq)[:SERVICES_MAX]
    ]  # fmt: skip
    return ReportSheet("当天办理", "Served that day", SERVICES, rows)


def _of(rows: Iterable[Row], table: type[R]) -> list[R]:
    return [row for row in rows if isinstance(row, table)]


def _for(since: Micros, at: Micros) -> float | None:
    """Return how long a state has lasted, in minutes."""
    return minutes(_seconds(since, at))


def _seconds(since: Micros, at: Micros) -> Seconds:
    return max(0, at - since) / SECOND


def _queues(states: list[StateRow], at: Micros) -> list[list[Cell]]:
    counts = Counter((row.queue, "window" if row.state in AT_WINDOW else row.state) for row in states)
    waits: dict[str, float] = {}
    for row in states:
        if row.state == "waiting" and row.counted_from is not None:
            waits[row.queue] = max(waits.get(row.queue, 0), _seconds(row.counted_from, at))
    names = sorted({row.queue for row in states}, key=as_counted)
    return [
        [name, counts[name, "waiting"], minutes(waits.get(name)), *(counts[name, each] for each in ("window", "held", "missed"))]
        for name in names
    ]  # fmt: skip


def _windows(lasting: list[Row], at: Micros, zone: str) -> list[list[Cell]]:
    """Return the windows with a clerk, and those at which a number is although the clerk has gone."""
    there = {row.window: row for row in _of(lasting, PresenceRow)}
    busy = {row.window: row for row in _of(lasting, StateRow) if row.state in AT_WINDOW}
    rows: list[list[Cell]] = []
    for window in sorted({*there, *busy} - {NO_WINDOW}, key=as_counted):
        number, stay = busy.get(window), there.get(window)
        shown = number or stay
        assert shown
        clerk = stay.clerk if stay else shown.clerk
        state = code_words("window-state", shown.state)
        rows.append([
            window, state, number.number if number else None, _for(shown.began, at), clerk, clock(shown.began, zone),
        ])  # fmt: skip
    return rows


def _due(cases: list[CaseRow], duties: list[DutyRow], at: Micros, zone: str) -> list[list[Cell]]:
    """Return what ran over, as the hall has noted it, and the cases that are warned of; what is due first stands first."""

    def day(due: Micros) -> str | None:
        return local(due, zone).date().isoformat() if due else None

    found: list[tuple[int, list[Cell]]] = []
    for row in cases:
        if row.overdue or (row.state != "paused" and 0 < row.warn <= at):
            light = code_words("deadline-light", "red" if row.overdue else "yellow")
            kind, state = code_words("case-type", row.case_type), code_words("case-state", row.state)
            found.append(
                (
                    row.due,
                    [row.number, kind, row.item, row.department, row.window, state, day(row.due), light],
                )
            )
    for row in duties:
        if row.overdue:
            kind, state = code_words("follow-up-kind", row.kind), code_words("follow-up-state", row.state)
            red = code_words("deadline-light", "red")
            found.append((row.due, [row.number, kind, None, None, row.window, state, day(row.due), red]))
    return [line for _, line in sorted(found, key=lambda each: (each[0], str(each[1][0])))]
