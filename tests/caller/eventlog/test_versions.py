"""Versions: an older log is migrated in place and hashes as it did; what only a newer program knows is refused in
words, with nothing written and nothing lost."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from caller.engine.commands import TakeTicket
from caller.engine.envelope import CommandEnvelope
from caller.engine.events import TicketIssued
from caller.eventlog import Batch, EventLog, LogError, Reader, chain, restore
from caller.eventlog.chain import Record
from caller.eventlog.schema import VERSION
from caller.eventlog.stores.held_sqlite import SqliteHeldLog
from caller.identity.enrolment import EnrolError, Stations
from caller.people.feedback_store import PEOPLE_NAME, FeedbackStore
from caller.records import RECORDS_NAME, RecordsError, SqliteStore
from tests.instruments.event_logs import AT, SITE, Diary, issued

KEPT = Path(__file__).parents[2] / "kept" / "29e657f" / "data"
KEPT_SITE = json.loads((KEPT.parent / "expected.json").read_text("utf-8"))["data"]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A log written by the code of 29e657f, in its first version."""
    shutil.copytree(KEPT, tmp_path / "old")
    for file in (tmp_path / "old").rglob("*"):
        file.chmod(0o700 if file.is_dir() else 0o600)
    return tmp_path / "old" / "log.db"


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("pragma user_version").fetchone()[0]


def site_of(path: Path) -> str:
    with Reader(path) as reader:
        return reader.site


def test_a_log_of_the_first_version_is_read_as_it_is_and_migrated_by_its_caller(old: Path):
    with Reader(old) as reader:
        before, records, site = reader.verify(), list(reader.after(0)), reader.site
    assert version(old) == 1
    log = EventLog(old, site)
    log.close()
    assert version(old) == VERSION
    with Reader(old) as reader:
        assert reader.verify().head == before.head
        assert list(reader.after(0)) == records
    assert (before.head.seq, before.epoch) == (KEPT_SITE["head"]["seq"], 1)
    assert {record.account for record in records} == {""}


def test_a_migration_killed_at_any_statement_leaves_the_old_log_or_the_new_one(old: Path, tmp_path: Path):
    """Every statement of the migration is once the last one that was carried out."""
    site = site_of(old)
    with Reader(old) as reader:
        whole = reader.verify().head
    died, statement = 0, 0
    while True:
        statement += 1
        path = tmp_path / str(statement) / "log.db"
        shutil.copytree(old.parent, path.parent)
        lived = _migrate_until(path, site, statement)
        again = EventLog(path, site)  # the next start, after the kill
        assert again.head == whole
        assert again.commands(["never"]) == []
        again.close()
        assert version(path) == VERSION
        if lived:
            break
        died += 1
    assert died > 5


def _migrate_until(path: Path, site: str, statements: int) -> bool:
    """Open the log; die at the given statement. Returns whether it lived."""
    left = statements

    class Mortal(sqlite3.Connection):
        def execute(self, sql: str, *more: Any) -> sqlite3.Cursor:  # type: ignore[override]
            nonlocal left
            left -= (
                not sql.lstrip()
                .lower()
                .startswith(("select", "pragma journal", "pragma busy", "pragma sync"))
            )
            if left < 0:
                raise SystemExit
            return super().execute(sql, *more)

    made: list[sqlite3.Connection] = []

    def connect(file: Path) -> sqlite3.Connection:
        made.append(sqlite3.connect(file, isolation_level=None, factory=Mortal))
        return made[-1]

    try:
        EventLog(path, site, connect=connect).close()
    except SystemExit:
        for connection in made:
            connection.close()  # an open transaction is gone, as after a kill
        return False
    return True


def test_an_old_backup_is_restored_and_migrated(old: Path, tmp_path: Path):
    (tmp_path / "new").mkdir()
    done = restore(old, tmp_path / "new" / "log.db", "aside")
    assert done.epoch == 2
    log = EventLog(tmp_path / "new" / "log.db", site_of(old))
    assert (log.epoch, log.head.seq) == (2, KEPT_SITE["head"]["seq"])
    log.close()


# --- accounts


def test_a_row_without_an_account_hashes_as_before_and_one_with_an_account_covers_it(tmp_path: Path):
    diary = Diary(tmp_path / "log.db")
    diary.fill(1, 1)
    batch = Batch()
    order = CommandEnvelope("c-2", TakeTicket(queue="A"), "window", "3", account="0107")
    diary.log.extend(order, AT, [issued(2)], batch.rows)
    assert diary.write(batch) is None
    diary.log.close()
    with Reader(tmp_path / "log.db") as reader:
        assert reader.verify().events == 2
        first, second = reader.after(0)
    assert (first.account, second.account) == ("", "0107")
    fields = list(first[:6])
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))[:-1]
    before = hashlib.sha256(f"hallcall log of {SITE}".encode()).digest()
    assert first.hash == hashlib.sha256(before + f"{text},{first.body}]".encode()).digest()
    text = json.dumps(list(second[:6]), ensure_ascii=False, separators=(",", ":"))[:-1]
    assert second.hash == hashlib.sha256(first.hash + f'{text},{second.body},"0107"]'.encode()).digest()


@pytest.mark.parametrize("account", ["", "0108"])
def test_an_account_that_was_removed_or_changed_is_found(tmp_path: Path, account: str):
    diary = Diary(tmp_path / "log.db")
    batch = Batch()
    diary.log.extend(CommandEnvelope("c", TakeTicket(queue="A"), account="0107"), AT, [issued(1)], batch.rows)
    assert diary.write(batch) is None
    diary.log.close()
    with closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as connection:
        connection.execute("update event set account=?", (account,))
    with Reader(tmp_path / "log.db") as reader, pytest.raises(LogError) as found:
        reader.verify()
    assert (found.value.code, found.value.seq) == ("damaged", 1)


def test_a_look_for_commands_uses_the_index(tmp_path: Path):
    """Twenty years of commands must not be scanned for each press."""
    diary = Diary(tmp_path / "log.db")
    diary.fill(1, 3)
    store = diary.log._store
    assert isinstance(store, SqliteHeldLog)
    plan = store._index.execute(
        f"explain query plan {store._of_commands}",
        ('["c-2"]',),
    ).fetchall()
    assert any("SEARCH event USING INDEX event_command" in row[3] for row in plan), plan
    assert [record.seq for record in diary.log.commands(["c-2", "c-9", "c-1"])] == [1, 2]
    diary.log.close()


# --- what only another version knows


FUTURE: dict[str, Callable[[str], tuple[str, str]]] = {
    "a kind": lambda body: ("TicketTeleported", body.replace("TicketIssued", "TicketTeleported")),
    "a field": lambda body: ("TicketIssued", body[:-1] + ',"warp":9}'),
}


@pytest.mark.parametrize("name", FUTURE)
def test_an_event_of_the_future_is_refused_in_words_and_nothing_is_written(tmp_path: Path, name: str):
    """A field it does not know is not passed over either: what it says would be lost from everything that follows."""
    path = tmp_path / "log.db"
    diary = Diary(path)
    diary.fill(1, 2)
    batch = diary.batch(3)
    seq, at, command, role, station, kind, body, _, account = batch.rows[0]
    kind, body = FUTURE[name](body)
    before = Reader(path).verify().head.hash
    right = chain.link(before, seq, at, command, role, station, kind, body.encode(), account)
    batch.rows[0] = (seq, at, command, role, station, kind, body, right, account)
    assert diary.write(batch) is None
    diary.log.close()
    content = path.read_bytes()
    log = EventLog(path, SITE)
    records = list(log.recover().records)  # the chain holds: it was not damaged
    log.close()
    with pytest.raises(LogError) as refused:
        [record.event for record in records]
    assert (refused.value.code, refused.value.seq) == ("newer-event", 3)
    assert "请升级" in refused.value.message.next_zh
    assert path.read_bytes() == content
    with Reader(path) as reader:
        assert reader.verify().events == 3


def test_an_upcaster_reads_what_an_older_version_wrote_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Kept as an older version wrote it: the kind had another name and its number another field."""
    body = '{"type":"NumberGiven","ticket":"t-1","no":"A001","serial":1,"queue":"A","priority":"ordinary","origin":1,"promise":1}'
    record = Record(1, AT, "c", "kiosk", "K1", "NumberGiven", body, b"")
    with pytest.raises(LogError):
        _ = record.event

    def upcast(old: dict[str, Any]) -> dict[str, Any]:
        rest = {key: value for key, value in old.items() if key not in ("type", "no")}
        return {**rest, "number": old["no"]}

    monkeypatch.setitem(chain.UPCASTERS, "NumberGiven", chain.Upcaster("TicketIssued", upcast))
    assert record.event == TicketIssued("t-1", "A001", 1, "A", "ordinary", 1, 1)


def test_every_store_of_a_folder_refuses_a_newer_file_and_leaves_it_alone(tmp_path: Path):
    Diary(tmp_path / "log.db").log.close()
    Stations(tmp_path / "stations.db").close()
    with SqliteStore(tmp_path / RECORDS_NAME):
        pass
    FeedbackStore(tmp_path).newest()
    opened: dict[str, Callable[[], Any]] = {
        "log.db": lambda: EventLog(tmp_path / "log.db", SITE),
        "stations.db": lambda: Stations(tmp_path / "stations.db"),
        RECORDS_NAME: lambda: SqliteStore(tmp_path / RECORDS_NAME),
        PEOPLE_NAME: lambda: FeedbackStore(tmp_path).newest(),
    }
    for name, open_it in opened.items():
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            connection.execute(f"pragma user_version={0x7FFFFFFF}")
        content = (tmp_path / name).read_bytes()
        with pytest.raises((LogError, EnrolError, RecordsError), match=r"更新版本|newer version"):
            open_it()
        assert (tmp_path / name).read_bytes() == content, name
