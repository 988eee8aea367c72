"""What can go wrong with a log, as one typed error with words for a person and the next step.

SQLite names its errors (SQLITE_FULL, SQLITE_IOERR_WRITE ...); a clerk or technician needs to know what it means
here and what to do. Every room above catches `LogError` and nothing of sqlite3.
"""

import sqlite3
from pathlib import Path

from caller.engine.refusals import RefusalWords

TROUBLES: dict[str, RefusalWords] = {
    "disk-full": RefusalWords("磁盘已满", "the disk is full", "请清理磁盘空间后重试", "Free disk space and try again"),
    "disk-error": RefusalWords("磁盘读写出错", "the disk failed to read or write", "请检查磁盘，并用 hallcall log backup 另存", "Check the disk and save a copy with: hallcall log backup"),
    "busy": RefusalWords("日志正被其他程序占用", "another program holds the log", "请关闭打开该文件的程序后重试", "Close the program that has the file open and try again"),
    "in-use": RefusalWords("已有另一个叫号服务在使用这份日志：{path}", "another caller uses this log: {path}", "请先停止那个叫号服务，或换一个 --data 目录", "Stop that caller first, or choose another --data folder"),
    "corrupt": RefusalWords("日志文件已损坏：{detail}", "the log file is corrupt: {detail}", "请用最近的备份恢复：hallcall log restore", "Restore the newest backup: hallcall log restore"),
    "not-a-log": RefusalWords("这不是叫号日志：{path}", "this is not a hallcall log: {path}", "请核对文件名", "Check the file's name"),
    "read-only": RefusalWords("日志不可写：{path}", "the log cannot be written: {path}", "请检查目录的权限与挂载方式", "Check the folder's permissions and how it is mounted"),
    "preparing": RefusalWords("已有一个程序在准备升级：{path}", "another program prepares an update already: {path}", "请等它完成", "Wait until it is done"),
    "missing": RefusalWords("没有这份日志：{path}", "there is no such log: {path}", "请核对 --data 目录或 --log 文件", "Check the --data folder or the --log file"),
    "no-backup": RefusalWords("没有这份备份：{path}", "there is no such backup: {path}", "请核对文件名", "Check the file's name"),
    "no-folder": RefusalWords("没有这个文件夹：{path}", "there is no such folder: {path}", "请先建好，或换一个路径", "Make it first, or choose another path"),
    "exists": RefusalWords("文件已存在：{path}", "the file exists already: {path}", "请换一个文件名", "Choose another name"),
    "wrong-site": RefusalWords("这份日志属于站点 {found}，不是 {site}", "this log belongs to site {found}, not {site}", "请核对配置中的 site 与 --data 目录", "Check `site` in the config and the --data folder"),
    "newer": RefusalWords("文件由更新版本的程序写成：{path}", "the file was written by a newer version of this program: {path}", "请升级 hallcall；数据没有改动", "Upgrade hallcall; nothing was changed"),
    "newer-event": RefusalWords("日志第 {seq} 条（{kind}）由更新版本的程序写成", "event {seq} of the log ({kind}) was written by a newer version of this program", "请升级 hallcall；数据没有改动，没有丢失", "Upgrade hallcall; nothing was changed and nothing is lost"),
    "emptied": RefusalWords("日志不见了或是空的，但旁边还有它的记录：{path}", "the log is gone or empty, but traces of it lie beside it: {path}", "请用备份恢复：hallcall log restore 备份文件；没有备份时：hallcall log restore --empty", "Restore a backup: hallcall log restore BACKUP; without one: hallcall log restore --empty"),
    "no-wal": RefusalWords("日志缺少它的 -wal 文件：{path}。文件内的记录到第 {seq} 条为止都对得上，之后的可能不在其中", "the log lacks its -wal file: {path}. What is in it fits up to event {seq}; later events may be missing", "复制日志时连同 -wal 文件一起复制，或用 hallcall log backup", "Copy the log together with its -wal file, or with: hallcall log backup"),
    "behind": RefusalWords("日志落后：有人见过第 {seq} 条（纪元 {epoch}），日志里没有或不同", "the log is behind: event {seq} (epoch {epoch}) was seen outside, and is not in it or is another", "取号已停止。请用最近的备份恢复：hallcall log restore 备份文件；没有备份时把现有日志另存后恢复", "No numbers are given. Restore the newest backup: hallcall log restore BACKUP; without one, back up this log and restore that"),
    "bad-witness": RefusalWords("log.witness 不能核对：它被改动，或不是本站点密钥签的", "log.witness cannot be checked: it was changed, or another site's key signed it", "请核对日志与备份：hallcall log verify", "Compare the log with a backup: hallcall log verify"),
    "bad-key": RefusalWords("站点密钥不能使用：{detail}", "the site key cannot be used: {detail}", "请检查 site.key 的权限，或从备份恢复", "Check the rights of site.key, or restore it from a backup"),
    "damaged": RefusalWords("日志第 {seq} 条对不上：{what}", "event {seq} of the log does not fit: {what_en}", "请与备份核对；确认后用 hallcall log restore 恢复，原文件会保留", "Compare with a backup; then restore it with: hallcall log restore (the file is kept)"),
    "edited-checkpoint": RefusalWords("检查点 {seq} 与事件重算的结果不同", "checkpoint {seq} is not what its events give", "请另存日志后恢复，检查点会由事件重算：hallcall log restore", "Back up the log and restore it, which makes checkpoints anew from the events: hallcall log restore"),
    "failed": RefusalWords("日志无法写入：{detail}", "the log cannot be written: {detail}", "请联系技术人员", "Call the technician"),
}  # fmt: skip

BY_NAME: dict[str, str] = {
    "SQLITE_FULL": "disk-full",
    "SQLITE_IOERR": "disk-error",
    "SQLITE_BUSY": "busy",
    "SQLITE_LOCKED": "busy",
    "SQLITE_PROTOCOL": "busy",
    "SQLITE_CORRUPT": "corrupt",
    "SQLITE_NOTADB": "not-a-log",
    "SQLITE_READONLY": "read-only",
    "SQLITE_PERM": "read-only",
    "SQLITE_CANTOPEN": "read-only",
}


class LogError(Exception):
    """The log cannot do it. `code` is a key of TROUBLES; `seq` names the event when one is to blame.

    `unknown`: a commit failed in a way that leaves open whether its rows are on disk.
    """

    unknown = False

    def __init__(self, code: str, seq: int = 0, **facts: object) -> None:
        words = RefusalWords(*(line.format(seq=seq, **facts) for line in TROUBLES[code]))
        super().__init__(f"{words.zh} / {words.en}")
        self.code = code
        self.seq = seq
        self.words = words

    @property
    def told(self) -> tuple[str, str]:
        """What is wrong and the next step, as one Chinese and one English text."""
        zh, en, next_zh, next_en = self.words
        return f"{zh}。{next_zh}", f"{en}. {next_en}"

    def certain(self) -> "LogError":
        """Return the same error without doubt about what is on disk."""
        other = LogError("busy")
        other.args, other.code, other.seq, other.words = self.args, self.code, self.seq, self.words
        return other


def explain(error: Exception, path: Path) -> LogError:
    """Return any failure of the store as a `LogError`."""
    if isinstance(error, LogError):
        return error
    name = getattr(error, "sqlite_errorname", "") or ""
    family = "_".join(name.split("_")[:2])
    code = BY_NAME.get(family, "failed")
    if isinstance(error, sqlite3.DatabaseError) and not name and "not a database" in str(error):
        code = "not-a-log"
    return LogError(code, path=path, detail=str(error) or repr(error))
