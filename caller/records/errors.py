"""What can go wrong with records.db, as one typed error with words for a person and the next step.

Nothing here can hurt the hall: the records are made from the log, and made again when they are lost.
"""

import sqlite3
from pathlib import Path

from caller.engine.refusals import RefusalWords

TROUBLES: dict[str, RefusalWords] = {
    "disk-full": RefusalWords("磁盘已满，报表数据未更新", "the disk is full; the records are not up to date", "请清理磁盘空间", "Free disk space"),
    "disk-error": RefusalWords("报表数据读写出错：{path}", "the disk failed to read or write {path}", "请检查磁盘", "Check the disk"),
    "busy": RefusalWords("报表数据正被其他程序占用：{path}", "another program holds {path}", "请关闭正在修改它的程序后重试", "Close the program that is changing it and try again"),
    "corrupt": RefusalWords("报表数据已损坏：{path}", "the records are corrupt: {path}", "请删除该文件，会由日志重新生成", "Delete the file; it is made again from the log"),
    "not-records": RefusalWords("这不是报表数据，未作改动：{path}", "this is another program's file and was left alone: {path}", "请移走该文件，或换一个 --data 目录", "Move the file away, or choose another --data folder"),
    "read-only": RefusalWords("报表数据不可写：{path}", "the records cannot be written: {path}", "请检查目录的权限", "Check the folder's permissions"),
    "newer-file": RefusalWords("报表数据由更新版本的程序写成，未作改动：{path}", "the records were written by a newer version of this program and were left alone: {path}", "请升级 hallcall", "Upgrade hallcall"),
    "empty": RefusalWords("还没有可统计的营业日", "there is no business day to report on yet", "请在开门之后再试", "Try again once the hall has been open"),
    "no-day": RefusalWords("没有 {day} 的记录", "there are no records of {day}", "已有：{known}", "Known: {known}"),
    "failed": RefusalWords("报表数据无法更新：{detail}", "the records cannot be brought up to date: {detail}", "请联系技术人员", "Call the technician"),
}  # fmt: skip

BY_NAME: dict[str, str] = {
    "SQLITE_FULL": "disk-full",
    "SQLITE_IOERR": "disk-error",
    "SQLITE_BUSY": "busy",
    "SQLITE_LOCKED": "busy",
    "SQLITE_PROTOCOL": "busy",
    "SQLITE_CORRUPT": "corrupt",
    "SQLITE_NOTADB": "corrupt",
    "SQLITE_READONLY": "read-only",
    "SQLITE_PERM": "read-only",
    "SQLITE_CANTOPEN": "read-only",
}


class RecordsError(Exception):
    """The records say no. `code` is a key of TROUBLES."""

    def __init__(self, code: str, **facts: object) -> None:
        words = RefusalWords(*(line.format(**facts) for line in TROUBLES[code]))
        super().__init__(f"{words.zh} / {words.en}")
        self.code = code
        self.words = words


def explain(error: sqlite3.Error, path: Path) -> RecordsError:
    """A failure of the store as a `RecordsError`."""
    family = "_".join((getattr(error, "sqlite_errorname", "") or "").split("_")[:2])
    code = BY_NAME.get(family, "failed")
    return RecordsError(code, path=path, detail=str(error) or repr(error))
