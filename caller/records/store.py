"""What a store of the records promises, whatever database lies behind it, and what can go wrong with one.

A store holds the rows of one site with the place in that site's log they were folded up to, always of one piece. A
hall's own store is a file (`stores.sqlite`); a database shared by many halls binds one store to each site. Nothing
that goes wrong here can hurt the hall: the records are made from the log, and made again when they are lost.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, TypeVar

from caller.engine.refusals import RefusalWords
from caller.eventlog.chain import Head
from caller.records.columns import Row
from caller.records.open_rows import SavedRows
from config.instants import Micros

R = TypeVar("R", bound=Row)

TROUBLES: dict[str, RefusalWords] = {
    "disk-full": RefusalWords("磁盘已满，报表数据未更新", "the disk is full; the records are not up to date", "请清理磁盘空间", "Free disk space"),
    "disk-error": RefusalWords("报表数据读写出错：{path}", "the disk failed to read or write {path}", "请检查磁盘", "Check the disk"),
    "busy": RefusalWords("报表数据正被其他程序占用：{path}", "another program holds {path}", "请关闭正在修改它的程序后重试", "Close the program that is changing it and try again"),
    "corrupt": RefusalWords("报表数据已损坏：{path}", "the records are corrupt: {path}", "请删除该文件，会由日志重新生成", "Delete the file; it is made again from the log"),
    "not-records": RefusalWords("这不是报表数据，未作改动：{path}", "this is another program's file and was left alone: {path}", "请移走该文件，或换一个 --data 目录", "Move the file away, or choose another --data folder"),
    "read-only": RefusalWords("报表数据不可写：{path}", "the records cannot be written: {path}", "请检查目录的权限", "Check the folder's permissions"),
    "newer": RefusalWords("日志第 {seq} 条由更新版本的程序写成", "event {seq} of the log was written by a newer version of this program", "请升级 hallcall", "Upgrade hallcall"),
    "empty": RefusalWords("还没有可统计的营业日", "there is no business day to report on yet", "请在开门之后再试", "Try again once the hall has been open"),
    "no-day": RefusalWords("没有 {day} 的记录", "there are no records of {day}", "已有：{known}", "Known: {known}"),
    "failed": RefusalWords("报表数据无法更新：{detail}", "the records cannot be brought up to date: {detail}", "请联系技术人员", "Call the technician"),
}  # fmt: skip


class RecordsError(Exception):
    """The records cannot be read or brought up to date. `code`: a key of TROUBLES."""

    def __init__(self, code: str, **facts: object) -> None:
        words = RefusalWords(*(line.format(**facts) for line in TROUBLES[code]))
        super().__init__(f"{words.zh} / {words.en}")
        self.code = code
        self.words = words


class LogPosition(NamedTuple):
    """How far a log has been folded: its site, the head, and the hall's time there (UTC microseconds)."""

    site: str
    head: Head
    now: Micros


class ConcurrentUpdate(Exception):
    """Another process has folded on in the meantime; start again from where it is."""


class Store(SavedRows, Protocol):
    """The rows of one site. Raises `RecordsError` and no error of its database."""

    @property
    def place(self) -> LogPosition:
        """How far the rows have been folded; site "" and seq 0 before the first event."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Everything read inside is of one moment."""
        ...

    def rows(self, table: type[R], **equal: str | int) -> Iterator[R]:
        """Return the rows whose columns have these values, in the order of their keys."""
        ...

    def of_days(self, table: type[R], first: str, last: str) -> Iterator[R]:
        """Return the rows of the business days from `first` to `last`, both included, in the order of their keys."""
        ...

    def lasting(self) -> Iterator[Row]:
        """Return every row that has no end yet, tickets before what is theirs."""
        ...

    def save(self, before: LogPosition, after: LogPosition, rows: Iterable[Row]) -> None:
        """Move from `before` to `after` and write these rows, or do neither. Raises `ConcurrentUpdate`."""
        ...

    def clear(self, site: str) -> LogPosition:
        """Drop all rows and begin at the start of this site's log."""
        ...
