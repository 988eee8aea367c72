"""Ledgers of cases that are followed for the applicant: agency cases, projects of a month, major projects.

1. **Agency ledger** (代办台账): each agency case once, with who brought it (a village's agent too), the list it came with,
   how its receipt was made, its state and its reply. `mismatches` compares it with the log: what the receipt was made for,
   what its list said and what the ledger has must match one to one (`read_ledger`; the office's page and `hallcall case
   ledger` show the same). A receipt that a window's printer was given and has not printed matches nothing. One that no
   printer was given is A4 from a page: which PC printed it no log knows, so the ledger says that it is A4.
2. **Monthly report of projects** (项目月报): the reported-up and agency cases that began, or ended, in a month or are still
   open: when they were sent up and answered, and whether they are late.
3. **Ledger of major projects** (重大项目台账): the cases of the projects that were marked major, project by project.
4. **Overruns** (超期办件): what ran over, in the hall's monthly report.

No ledger names a person: the applicant's name lies in the people's store under the case. Words are in both languages, as
on every report; a page asks for those of its own (`lang`).
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from caller.engine import events as ev
from caller.eventlog import LOG_NAME
from caller.eventlog.chain import Record
from caller.eventlog.reading import Reader
from caller.records import SqliteStore, readable_records
from caller.records.performance_rows import CaseRow
from caller.records.store import Store
from caller.reports.tables import Cell, Heading, ReportSheet
from config.catalogue import both_words, word
from config.instants import Micros, local
from config.settings import Settings

KINDS = ("CaseOpened", "CaseVoided", "JobRequested", "JobEnded")
FOLLOWED = ("reported-up", "agency")
_HEADS = (
    Heading("编号", "number", "text"), Heading("日期", "date", "text"), Heading("事项", "item", "text"),
    Heading("项目", "project", "text"), Heading("窗口", "window", "text"), Heading("代办人", "agent", "text"),
    Heading("经办", "owner", "text"), Heading("状态", "state", "text"), Heading("到期", "due", "text"),
    Heading("办结", "ended", "text"), Heading("超期", "overdue", "text"),
)  # fmt: skip
_OVERRUN_HEADS = (*_HEADS[:5], Heading("部门", "department", "text"), *_HEADS[6:10])
_AGENCY_HEADS = (
    *_HEADS, Heading("受理单", "receipt", "text"), Heading("清单份数", "papers"), Heading("清单", "list", "text"),
)  # fmt: skip
_PROJECT_HEADS = (*_HEADS, Heading("上报", "sent up", "text"), Heading("上级批复", "answered", "text"))


class Mismatch(NamedTuple):
    """What does not match of an agency case, in both languages."""

    number: str
    zh: str
    en: str


class Receipts(NamedTuple):
    """What the log says of agency cases, by their ids: how each began, which are void, whose receipt a printer was given, and
    whose it has printed."""

    opened: dict[str, ev.CaseOpened]
    void: set[str]
    given: set[str]
    printed: set[str]

    def way(self, case: str) -> str:
        """Return how the receipt of a case was made: the code of a word of "ledger-receipt"."""
        if case in self.void:
            return "void"
        return "printed" if case in self.printed else "unprinted" if case in self.given else "page"


# --- sheets


def agency(store: Store, settings: Settings, month: str, receipts: Receipts, lang: str = "") -> ReportSheet:
    """Return the agency ledger, of all cases or of those opened in a month."""
    rows = [each for each in _rows(store, month) if each.case_type == "agency"]
    lines = [
        [
            *_line(each, settings, lang), _said("ledger-receipt", receipts.way(each.case_id), lang),
            len(listed := _listed(each)), "、".join(listed),
        ]
        for each in rows
    ]  # fmt: skip
    return ReportSheet("代办台账", "Agency ledger", [*_AGENCY_HEADS], lines)


def projects(store: Store, settings: Settings, month: str, lang: str = "") -> ReportSheet:
    """Return the monthly report of projects: what was opened or ended in the month, or is open."""
    found = [each for each in store.rows(CaseRow) if each.case_type in FOLLOWED and _in_month(each, month)]
    return ReportSheet(
        "项目月报", "Projects of the month", [*_PROJECT_HEADS], _sent_up(_sorted(found), settings, lang)
    )


def major(store: Store, settings: Settings, month: str, lang: str = "") -> ReportSheet:
    """Return the ledger of major projects, project by project."""
    found = [each for each in _rows(store, month) if each.major]
    found.sort(key=lambda each: (each.project, each.opened, each.number))
    return ReportSheet(
        "重大项目台账", "Ledger of major projects", [*_PROJECT_HEADS], _sent_up(found, settings, lang)
    )


def _sent_up(rows: Iterable[CaseRow], settings: Settings, lang: str) -> list[list[Cell]]:
    """Return the lines of cases with when they were sent up and answered."""
    zone = settings.hall.zone
    return [
        [*_line(each, settings, lang), _day(each.reported, zone), _day(each.heard, zone)] for each in rows
    ]


def overruns(rows: Iterable[CaseRow], settings: Settings) -> ReportSheet:
    """Return the sheet of cases that ran over, as it is published every month: which, whose, due when, ended when."""
    departments = {each.id: each.name for each in settings.departments}
    lines: list[list[Cell]] = [
        [
            *_line(each, settings)[:5],
            departments.get(each.department, each.department),
            each.clerk,
            *_line(each, settings)[7:10],
        ]
        for each in _sorted(rows)
    ]
    return ReportSheet("超期办件", "Cases that ran over", [*_OVERRUN_HEADS], lines)


SHEETS = {"projects": projects, "major": major}
LEDGERS = ("agency", *SHEETS)


class Ledger(NamedTuple):
    """A ledger as it stands: its sheet, and of agency cases what does not match."""

    sheet: ReportSheet
    wrong: list[Mismatch]


def read_ledger(data: Path, settings: Settings, kind: str, month: str, lang: str = "") -> Ledger:
    """Return a ledger from the records in a data folder, folded to the log's end first. Blocks.

    Args:
        kind: of `LEDGERS`. The agency cases are compared with the log, all of them whatever the month.
        lang: in which language its words are; empty: in both.

    Raises:
        MessageError: the records or the log cannot be read.
    """
    with readable_records(data) as records, SqliteStore(records) as store:
        if kind != "agency":
            return Ledger(SHEETS[kind](store, settings, month, lang), [])
        with Reader(data / LOG_NAME) as log:
            receipts = receipts_of(log.of_kinds(KINDS))
        return Ledger(agency(store, settings, month, receipts, lang), mismatches(store, receipts))


def as_rows(sheet: ReportSheet) -> list[dict[str, Cell]]:
    """Return the lines of a sheet by the English names of its columns."""
    return [dict(zip((each.en for each in sheet.headings), line, strict=True)) for line in sheet.rows]


def _rows(store: Store, month: str) -> list[CaseRow]:
    return _sorted(each for each in store.rows(CaseRow) if each.day.startswith(month))


def _sorted(rows: Iterable[CaseRow]) -> list[CaseRow]:
    return sorted(rows, key=lambda each: (each.opened, each.number))


def _in_month(row: CaseRow, month: str) -> bool:
    began = row.day[:7] <= month
    return not month or (began and (not row.ended_month or row.ended_month >= month))


def _line(row: CaseRow, settings: Settings, lang: str = "") -> list[Cell]:
    names = {each.id: each.name for each in settings.items}
    decided = _said("case-decision", row.decision, lang) if row.decision else ""
    state = f"{_said('case-state', row.state, lang)} {decided}".strip()
    late = {"zh": "是", "en": "yes"}.get(lang, "是 yes") if row.overdue else ""
    return [
        row.number, row.day, names.get(row.item, row.item), row.project, row.window, row.agent, row.clerk, state,
        _day(row.due, settings.hall.zone), row.ended_day, late,
    ]  # fmt: skip


def _said(kind: str, code: str, lang: str) -> str:
    """Return the word of a code in one language, in both without one."""
    return word(kind, code, lang) if lang else both_words(kind, code)


def _day(at: Micros, zone: str) -> str:
    return local(at, zone).date().isoformat() if at else ""


def _listed(row: CaseRow) -> list[str]:
    return msgspec.json.decode(row.listed, type=list[str])


# --- one to one


def receipts_of(records: Iterable[Record]) -> Receipts:
    """Return what the log says of agency cases. `records`: the log's, of the `KINDS`."""
    opened, void, given, printed = dict[str, ev.CaseOpened](), set[str](), set[str](), set[str]()
    jobs = dict[str, str]()
    for record in records:
        match record.event:
            case ev.CaseOpened(case_type="agency"):
                opened[record.event.case] = record.event
            case ev.CaseVoided():
                void.add(record.event.case)
            case ev.JobRequested(notice="agency", about=about):
                jobs[record.event.job] = about
                given.add(about)
            case ev.JobEnded(job=job, state="done") if job in jobs:
                printed.add(jobs[job])
            case _:
                pass
    return Receipts(opened, void, given, printed)


def mismatches(store: Store, receipts: Receipts) -> list[Mismatch]:
    """Return where receipt, ledger and list of agency cases do not match one to one."""
    void = receipts.void
    opened = {id: event for id, event in receipts.opened.items() if id not in void}
    ledger = {
        each.case_id: each for each in store.rows(CaseRow, case_type="agency") if each.case_id not in void
    }
    numbers = Counter(each.number for each in opened.values())
    found = [
        _wrong(each, "台账里有，受理单没有", "in the ledger, without a receipt")
        for id, each in ledger.items()
        if id not in opened
    ]
    for id, event in opened.items():
        found += _of_case(event, ledger.get(id), numbers[event.number], receipts.way(id) == "unprinted")
    return sorted(found)


def _of_case(event: ev.CaseOpened, row: CaseRow | None, times: int, unprinted: bool) -> list[Mismatch]:
    found: list[Mismatch] = []
    if times > 1:
        found.append(_wrong(event, "编号用了两次", "its number was given twice"))
    if row is None:
        return [*found, _wrong(event, "有受理单，台账里没有", "has a receipt, and is not in the ledger")]
    if row.number != event.number:
        found.append(
            _wrong(event, f"台账里的编号是 {row.number}", f"its number in the ledger is {row.number}")
        )
    if _listed(row) != event.listed:
        found.append(_wrong(event, "清单与台账不符", "its list is not the ledger's"))
    if row.agent != event.agent:
        found.append(_wrong(event, "代办人与台账不符", "its agent is not the ledger's"))
    if unprinted:
        found.append(_wrong(event, "受理单没有印出，请补打", "its receipt was not printed: print it again"))
    return found


def _wrong(what: Any, zh: str, en: str) -> Mismatch:
    return Mismatch(what.number, zh, en)
