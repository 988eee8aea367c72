"""`hallcall report` and `hallcall records`: the figures of a day, a month or a year, and the tables behind them.

Both fold the log up to its end first, so they need no other process and may run beside any other.
Exit code 0: all well; 1: the log is damaged (figures up to there are kept); 2: bad input.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from caller.cli.acting import note_reading
from caller.eventlog import LOG_NAME, LogError
from caller.eventlog.reading import Reader
from caller.records.store import RecordsError
from caller.service.clock import wall_micros
from config import owner_only
from config.process.options import BAD_INPUT, BadValue, Unable, data_option, settings_of
from config.settings import Settings
from config.text_safety import for_json

if TYPE_CHECKING:
    from caller.reports.tables import ReportSheet
    from caller.reports.workbook import Visits
    from config.hall_names import StaffName
    from config.process.print_view import PrintDocument

DAMAGED = 1
DAMAGE = frozenset({"damaged", "corrupt", "no-wal"})


@contextmanager
def errors_explained(data: Path) -> Generator[None]:
    """Print an error of log or records with its next step, and exit with its code; at the end also where the log is a
    copy without its WAL, whose figures lack the newest events."""
    try:
        try:
            yield
        finally:
            if (data / LOG_NAME).exists():
                with Reader(data / LOG_NAME) as log:
                    log.check_wal()
    except RecordsError as error:
        click.echo(str(error.message), err=True)
        sys.exit(BAD_INPUT)
    except LogError as error:
        click.echo(str(error.message), err=True)
        sys.exit(DAMAGED if error.code in DAMAGE else BAD_INPUT)
    except BrokenPipeError:
        sys.exit(0)


def _check_day(_context: click.Context, _option: click.Parameter, day: str) -> str:
    from caller.reports.spans import span_of

    if day and not span_of(day):
        forms = "2026-09-21、2026-W38、2026-09、2026、2026-09-01..2026-09-15"
        raise BadValue(f"{day} 请写成 {forms} 之一", f"{day}: write one of {forms.replace('、', ', ')}")
    return day


@click.command()
@data_option
@click.option(
    "--day",
    default="",
    callback=_check_day,
    help="某日、某周（2026-W38）、某月、某年，或 2026-09-01..2026-09-15；不给则最近一天 / a day, week, month, year, or any days; else the newest day",
)
@click.option(
    "--of",
    "about",
    default="",
    help="趋势与对比是谁的，如 queue:A、department:人社、window:3 / whose trend: queue:A, item:…, class:…, hour:09, clerk:…",
)
@click.option(
    "--json", "as_json", is_flag=True, help="一个 JSON 文档，单位秒 / one JSON document, in seconds"
)
@click.option(
    "--xlsx", type=click.Path(path_type=Path, dir_okay=False), help="写成表格文件 / write a spreadsheet"
)
@click.option(
    "--pdf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="写成 A4 的 PDF，用本机的 Chromium / write A4 pages as PDF, by this PC's Chromium",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="写成可打印的网页 / write the page that is printed",
)
@click.option(
    "--details/--no-details",
    default=None,
    help="表格中逐条列出号票、叫号、办理，默认只在一天时 / list single visits in the spreadsheet; else only of one day",
)
@click.option(
    "--hall",
    type=click.Path(path_type=Path),
    help="大厅文件，用来显示名称和部门 / the hall's file, for names and departments",
)
@click.option(
    "--names", "with_names", is_flag=True, help="工号旁写姓名 / names beside staff numbers (accounts.db)"
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="把到期的日报、周报、月报写到此文件夹 / write the reports of days, weeks and months that are due into a folder",
)
def report(
    data: Path,
    day: str,
    about: str,
    as_json: bool,
    xlsx: Path | None,
    pdf: Path | None,
    html: Path | None,
    details: bool | None,
    hall: Path | None,
    with_names: bool,
    folder: Path | None,
) -> None:
    """大厅报表：等候、办理、评价、在岗 / figures: waits, services, ratings, presence."""
    from caller.records import SqliteStore, readable_records
    from caller.reports.document import report_of
    from caller.reports.office_report import office_sheets
    from caller.reports.paper import as_paper, as_text
    from caller.reports.period import read_period
    from caller.reports.report_parts import NoSuchPart, department_of, part_of
    from caller.reports.sheets import sheets
    from config.hall_names import names_of

    settings = settings_of(hall) if hall else None
    try:
        part = part_of(about, settings)
    except NoSuchPart as error:
        raise Unable(f"{error.zh}\n{error.en}") from None
    staff = staff_names(data) if with_names else []
    if folder:
        _write_due(data, folder, settings, staff)
        return
    names = names_of(settings, staff) if settings else {"clerks": {each.staff: each.name for each in staff}}
    with errors_explained(data):
        with readable_records(data) as records, SqliteStore(records) as store:
            period = read_period(store, day, part)
            document = report_of(period, department_of(settings) if settings else None)
            first, last = period.days[0], period.days[-1]
            more = office_sheets(store, document, settings, names) if settings else []
            tables = sheets(document, first.zone, names, more)
            if xlsx or pdf or html:
                note_reading(data, "exported", f"report/{document.span}")
            if xlsx:
                from caller.reports.workbook import Visits

                listed = details if details is not None else first is last
                visits = Visits(store, first.day, last.day, first.zone) if listed else None
                _write(xlsx, tables, visits)
        if pdf or html:
            days = first.day if first is last else f"{first.day} – {last.day}"
            _print(
                as_paper(tables, settings.hall.name if settings else document.site, days),
                first.zone,
                pdf,
                html,
            )
        if as_json:
            click.echo(for_json(msgspec.json.encode(document).decode()))
        elif not (xlsx or pdf or html):
            click.echo(as_text(tables))


def _print(paper: "PrintDocument", zone: str, pdf: Path | None, html: Path | None) -> None:
    """Write a paper as the page that is printed, as its PDF, or as both. Raises `Unable`."""
    from config.process import print_view

    page = print_view.document(paper, wall_micros(), zone)
    with _written(html) as path:
        if path:
            owner_only.write_whole(path, page.encode())
    with _written(pdf) as path:
        if path:
            print_view.write_pdf(page, path)


@contextmanager
def _written(path: Path | None) -> Generator[Path | None]:
    """Give the path of a file to be written and name it once it is. Raises `Unable` where it cannot be."""
    try:
        yield path
    except OSError as error:
        raise Unable(
            f"不能写 {path}：{error.strerror}。请换一个文件名，或关闭打开它的程序。\n"
            f"Cannot write {path}: {error.strerror}. Choose another name, or close the program that has it open."
        ) from None
    if path:
        click.echo(f"{path}", err=True)


def _write(path: Path, tables: "list[ReportSheet]", visits: "Visits | None") -> None:
    try:
        from caller.reports import workbook

        with _written(path):
            workbook.write(path, tables, visits)
    except ModuleNotFoundError as error:
        raise Unable(
            f"写表格需要 {error.name}，本机没有。请运行 pip install openpyxl\n"
            f"A spreadsheet needs {error.name}, which is missing. Run: pip install openpyxl"
        ) from None


def _write_due(data: Path, folder: Path, settings: Settings | None, staff: "list[StaffName]") -> None:
    """Write the reports that are due and name them. Raises `Unable`."""
    from caller.reports.scheduled import write_due

    if settings is None:
        raise Unable("--to 要与 --hall 同用\n--to needs --hall")
    try:
        with errors_explained(data):
            made = write_due(data, folder, settings, staff)
    except OSError as error:
        raise Unable(
            f"不能写 {folder}：{error.strerror}。请检查文件夹的权限。\n"
            f"Cannot write {folder}: {error.strerror}. Check the folder's permissions."
        ) from None
    for path in made:
        click.echo(f"{path}")
    if not made:
        click.echo("没有到期的报表 / no report is due")


def staff_names(data: Path) -> "list[StaffName]":
    """Return the name of each account of a data folder, for those who can read it; none where it has no accounts."""
    from caller.identity.account_file import ACCOUNTS_NAME
    from caller.identity.account_store import AccountStore
    from caller.identity.accounts import AccountError
    from config.hall_names import StaffName

    if not (data / ACCOUNTS_NAME).exists():
        return []
    try:
        accounts = AccountStore(data)
    except AccountError as error:
        raise Unable(str(error.message)) from None
    try:
        return [StaffName(each.staff, each.name) for each in accounts.all()]
    finally:
        accounts.close()


@click.command()
@data_option
def records(data: Path) -> None:
    """把日志汇总成报表数据 records.db / fold the log into records.db (docs/records.md)."""
    from caller.records import RECORDS_NAME, bring_up_to_date

    with errors_explained(data):
        place = bring_up_to_date(data)
        click.echo(f"{data / RECORDS_NAME}：已到第 {place.head.seq} 条 / up to event {place.head.seq}")
