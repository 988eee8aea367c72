"""A support bundle: what a helper elsewhere needs to know of a hall, without names, phones or ID numbers of persons.

1. Nothing is copied as it lies: each part is made for this, of facts that are no person's. Databases, keys, tokens, uploads and the
   papers of applicants stay out whole; of the log only when and what kind an event was.
2. The hall's settings go without its roster, and without what an address may carry besides the way (a user, a query).
3. Findings and lines of programs (the journal, files that are named) pass `without_persons`: long numbers, mail addresses, tokens.
4. A part that cannot be made says why, and the others come.
"""

import importlib.metadata
import json
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
from msgspec import structs

from caller.delivery.outbox import OUTBOX_NAME, Outbox
from caller.eventlog import LOG_NAME, Reader, noted_in
from caller.identity.enrolment import STATIONS_NAME
from config.instants import Seconds
from config.probe import Examined, Finding
from config.process.running import VERSION
from config.versions import VersionStore
from config.writer import render

LAST_EVENTS = 500
LAST_LINES = 3_000  # of one program or file
LINE_CHARS = 500
JOURNAL_SECONDS: Seconds = 20.0
JOURNAL = ("journalctl", "--no-pager", "-q", "-o", "short-iso", "-n", str(LAST_LINES), "-u", "hallcall*")
HIDDEN = "***"
PERSONAL = (
    re.compile(r"\d{6,}[0-9Xx]"),  # phones, ID numbers, cards; the seconds since 1970 go as well
    re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),
    re.compile(r"(?<=[=:/ ])[A-Za-z0-9_-]{24,}"),  # tokens, keys, ids by which a page is found
    re.compile(r"(?<=://)[^/@\s]+(?=@)"),
    re.compile(r"(?<=\?)\S+"),
    re.compile(r"(?i)\b(?:token|secret|phone)=\S+"),
)
PERSONS_FOLDERS = ("clerks", "secrets", "tokens", "keys")  # whose names of files are persons' or tell of keys
ADDRESS = re.compile(r'"(?:https?|postgresql|wss?)://[^"]*"')
READ_ME = """支持包：发给技术支持的材料，可先自行打开查看。
没有：姓名、电话、证件号码、意见和投诉的文字、照片、密钥、令牌、口令；办事记录只有时间和种类。
A support bundle, to be sent to who helps; look into it first. It has no names, phones, ID numbers, letters, photos, keys, tokens or
passwords; of the log only when and what kind.

about.json       程序、系统、依赖的版本 versions of the program, the system and what it depends on
findings.json    hallcall doctor 的结果 what the doctor finds
settings.toml    生效的设置，没有值班名单 the settings in force, without the roster
log.json         各种事件多少，最近的时间和种类 how many events of each kind, and the last ones
stations.json    登记过的站点 the enrolled stations
deliveries.json  对外推送到哪里 how far deliveries are
files.json       数据目录里的文件：大小、时间、权限 the data folder: sizes, times, rights
lines/           程序的日志，长数字已遮盖 lines of the programs, long numbers hidden
"""


def parts(
    hall: Examined, findings: Mapping[str, Sequence[Finding]], logs: Sequence[Path]
) -> dict[str, bytes]:
    """Return the bundle's files by name.

    Args:
        findings: of the doctor, by probe.
        logs: files with lines of programs, besides the journal.
    """
    made: dict[str, Callable[[], bytes]] = {
        "about.json": lambda: _json(about()),
        "findings.json": lambda: _json(_masked(msgspec.to_builtins(findings))),
        "settings.toml": lambda: settings_of(hall).encode(),
        "log.json": lambda: _json(log_of(hall.data)),
        "stations.json": lambda: _json(stations_of(hall.data)),
        "deliveries.json": lambda: _json(deliveries_of(hall.data)),
        "files.json": lambda: _json(files_of(hall.data)),
        "lines/journal.txt": lambda: _lines(_journal()),
    }
    for path in logs:
        made[f"lines/{without_persons(path.name)}"] = lambda path=path: _lines(
            path.read_text("utf-8", errors="replace").splitlines()
        )
    found = {"READ-ME.txt": READ_ME.encode()}
    for name, make in made.items():
        try:
            found[name] = make()
        except Exception as error:
            found[f"{name}.missing.txt"] = without_persons(f"{type(error).__name__}: {error}\n").encode()
    return found


def without_persons(text: str) -> str:
    """Return a line with all in it hidden that may be a person's, or a key."""
    for each in PERSONAL:
        text = each.sub(HIDDEN, text)
    return text


def _masked(document: Any) -> Any:
    """Return a document with all its texts as `without_persons` leaves them: a finding may quote what a receiver answered."""
    if isinstance(document, dict):
        return {name: _masked(value) for name, value in cast("dict[str, Any]", document).items()}
    if isinstance(document, list):
        return [_masked(each) for each in cast("list[Any]", document)]
    return without_persons(document) if isinstance(document, str) else document


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _lines(lines: Sequence[str]) -> bytes:
    return "".join(f"{without_persons(each[:LINE_CHARS])}\n" for each in lines[-LAST_LINES:]).encode()


def _journal() -> list[str]:
    done = subprocess.run(JOURNAL, capture_output=True, text=True, timeout=JOURNAL_SECONDS, check=True)
    return done.stdout.splitlines()


# --- the parts


def about() -> dict[str, Any]:
    """Return the versions of all that runs here."""
    names = sorted(
        {each.metadata["Name"]: each.version for each in importlib.metadata.distributions()}.items()
    )
    return {
        "hallcall": VERSION,
        "python": sys.version,
        "system": platform.platform(),
        "packages": dict(names),
    }


def settings_of(hall: Examined) -> str:
    """Return the settings as TOML, without the roster and what an address carries besides the way."""
    text = render(structs.replace(hall.settings, roster=()))
    return ADDRESS.sub(lambda found: f'"{_way(found[0].strip(chr(34)))}"', text)


def _way(address: str) -> str:
    url = urlsplit(address)
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.hostname or ''}{port}{url.path}"


def log_of(data: Path) -> dict[str, Any]:
    """Return how many events of each kind there are, and when the last ones were. Raises `LogError`."""
    kinds, last = Counter[str](), deque[tuple[int, str, str, str]](maxlen=LAST_EVENTS)
    with Reader(data / LOG_NAME) as log:
        for each in log.after(0):
            kinds[each.kind] += 1
            last.append((each.seq, _instant(each.at), each.kind, each.role))
    known = noted_in(data / LOG_NAME)
    versions = [each.number for each in VersionStore(data).versions()]
    return {
        "kinds": dict(kinds),
        "settings_in_force": known.version,
        "settings_kept": versions,
        "last": list(last),
    }


def stations_of(data: Path) -> list[dict[str, Any]]:
    """Return which stations are enrolled. Raises `sqlite3.Error`."""
    with closing(sqlite3.connect(f"file:{data / STATIONS_NAME}?mode=ro", uri=True)) as connection:
        rows = connection.execute("select role, name, enrolled from stations order by role, name")
        return [dict(zip(("role", "name", "enrolled"), row, strict=True)) for row in rows]


def deliveries_of(data: Path) -> list[dict[str, Any]]:
    """Return how far each receiver is, with its trouble. Raises `DeliveryError`."""
    if not (data / OUTBOX_NAME).exists():
        return []
    with Outbox(data) as outbox:
        return [
            {
                "name": row.name, "seq": row.head.seq, "paused": row.paused, "sent": _instant(row.sent),
                "trouble": without_persons(row.trouble), "backlog": outbox.backlog(row.name)._asdict(),
            }
            for row in outbox.receivers()
        ]  # fmt: skip


def files_of(data: Path) -> dict[str, Any]:
    """Return what lies in the data folder: size, time and rights; and how full its disk is. Raises `OSError`."""
    usage = shutil.disk_usage(data)
    rows: list[tuple[str, int, str, str]] = []
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        place, state = path.relative_to(data), path.stat()
        is_open = place.parts[0] not in PERSONS_FOLDERS
        name = place.as_posix() if is_open else f"{place.parts[0]}/{HIDDEN}"
        rows.append(
            (without_persons(name), state.st_size, _instant(int(state.st_mtime * 1e6)), oct(state.st_mode))
        )
    return {"disk": {"total": usage.total, "free": usage.free}, "files": rows}


def _instant(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1e6, UTC).isoformat(timespec="seconds") if micros else ""
