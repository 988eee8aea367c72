"""records.db is its owner's alone, holds its site in every row, and is read by key."""

import os
import sqlite3
import stat
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from caller.engine import commands as cmd
from caller.engine.case_messages import MoveCase, OpenCase
from caller.engine.envelope import CommandEnvelope
from caller.engine.fee_messages import TakeFee
from caller.engine.rating_messages import RateCase
from caller.records import RECORDS_NAME, SqliteStore, bring_up_to_date
from caller.records.columns import columns, key_columns
from caller.records.rows import TABLES, StateRow, TicketRow
from caller.records.stores.sqlite import witness_of
from config import owner_only
from config.case_settings import CasesTable
from tests.caller.engine.test_fees import pay_stage
from tests.caller.records.test_projection import Desk
from tests.instruments.engine_fixture import DAY, at, settings
from tests.instruments.event_logs import SITE
from tests.instruments.month_of_work import MonthOfWork, month_settings
from tests.instruments.record_tables import dump
from tests.instruments.recorded_days import Written, write_history


@pytest.fixture
def open_umask() -> Generator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def rights_when_opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rights of each database file at the instant sqlite is given it; -1: not there yet."""
    seen: list[int] = []
    real = sqlite3.connect

    def connect(path: Path, **options: Any) -> sqlite3.Connection:
        seen.append(rights(path) if path.exists() else -1)
        return real(path, **options)

    monkeypatch.setattr(sqlite3, "connect", connect)
    return seen


@pytest.mark.usefixtures("open_umask")
def test_the_file_is_the_owners_before_sqlite_opens_it_and_so_are_its_companions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seen = rights_when_opened(monkeypatch)
    with SqliteStore(tmp_path / RECORDS_NAME) as store:
        store.clear(SITE)
        assert seen == [0o600]
        found = {path.name: rights(path) for path in tmp_path.iterdir()}
    assert set(found) == {RECORDS_NAME, f"{RECORDS_NAME}-wal", f"{RECORDS_NAME}-shm"}
    assert set(found.values()) == {0o600}


@pytest.mark.usefixtures("open_umask")
def test_the_twin_that_leaves_it_to_sqlite_shows_it_to_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(owner_only, "make_file", lambda _path: None)
    seen = rights_when_opened(monkeypatch)
    with SqliteStore(tmp_path / RECORDS_NAME):
        assert seen == [-1]
    assert rights(tmp_path / RECORDS_NAME) & 0o077


def test_a_file_of_an_older_version_is_taken_from_the_others(tmp_path: Path):
    write_history(tmp_path, 3, 50)
    (tmp_path / RECORDS_NAME).touch(mode=0o644)
    bring_up_to_date(tmp_path)
    assert rights(tmp_path / RECORDS_NAME) == 0o600


def rated_case(data: Path) -> Path:
    """A log in which a decided case was rated, folded."""
    items = tuple(msgspec.structs.replace(each, promised_days=5) for each in settings().items)
    desk = Desk(data, settings(cases=CasesTable(enabled=True), items=items))
    desk.do(OpenCase("i1", case_type="promised", window="1", staff="1007"))
    row = next(iter(desk.written.hall.register.cases.values()))
    desk.do(MoveCase(row.id, "decide", 0, staff="1007", decision="granted"))
    desk.do(RateCase(5, code=row.code, via="phone"))
    desk.written.close()
    bring_up_to_date(data)
    return data


def paid(data: Path) -> Path:
    """A log in which a pay window has taken a fee, folded."""
    written, now = Written(data, pay_stage(opened=False).hall), at("09:00")
    orders: list[Any] = [
        cmd.OpenDay(DAY), cmd.OpenWindow("P", "1009"), cmd.TakeTicket(queue="P"), lambda seen: cmd.CallNext("P", seen),
        lambda seen: cmd.StartService("P", seen), lambda seen: TakeFee("P", seen, "i2", "cash"),
    ]  # fmt: skip
    for nth, order in enumerate(orders):
        command: Any = order(written.hall.state.windows["P"].version) if callable(order) else order
        written.do(CommandEnvelope(f"id-{nth}", command), now + nth)
    written.close()
    bring_up_to_date(data)
    return data


def test_every_row_begins_with_its_site_and_lies_by_its_key(tmp_path: Path):
    write_history(tmp_path, 6, 400)
    bring_up_to_date(tmp_path)
    tables, month = dump(tmp_path), tmp_path / "month"
    MonthOfWork(month, month_settings()).write()
    bring_up_to_date(month)
    tables = {name: rows or dump(month)[name] for name, rows in tables.items()}
    tables["fees"] = dump(paid(tmp_path / "paid"))["fees"]
    tables["case_ratings"] = dump(rated_case(tmp_path / "case"))["case_ratings"]
    for table in TABLES:
        assert columns(table)[0].name == key_columns(table)[0] == "site"
        assert tables[table.table], f"no {table.table} in this history"
        assert {row["site"] for row in tables[table.table]} == {SITE}
    with sqlite3.connect(tmp_path / RECORDS_NAME) as connection:
        for table in TABLES:
            keyed = connection.execute(
                f"select name from pragma_table_info('{table.table}') where pk order by pk"
            )
            assert [row[0] for row in keyed] == key_columns(table)
    connection.close()


def test_rows_are_found_by_key_and_by_value(tmp_path: Path):
    write_history(tmp_path, 3, 400)
    bring_up_to_date(tmp_path)
    with SqliteStore(tmp_path / RECORDS_NAME) as store:
        first = next(store.rows(TicketRow))
        assert store.row(TicketRow, first.key) == first
        assert store.row(TicketRow, (SITE, -1)) is None
        assert store.row(TicketRow, ("elsewhere", first.visit)) is None
        assert store.ticket(first.ticket) is not None
        states = list(store.rows(StateRow, visit=first.visit))
        assert states
        assert {state.visit for state in states} == {first.visit}
        assert first in list(store.of_days(TicketRow, first.day, first.day))
        assert list(store.of_days(TicketRow, "1999-01-01", "1999-12-31")) == []


def test_a_witness_with_a_flipped_bit_is_read_as_one_that_proves_nothing(tmp_path: Path):
    """It was a traceback at the caller's start, again and again."""
    with SqliteStore(tmp_path / RECORDS_NAME) as store:
        store.keep_witness("1.2.abc")
    with sqlite3.connect(tmp_path / RECORDS_NAME) as records:
        records.execute("update witness set text = cast(x'312e32ff' as text)")
    assert witness_of(tmp_path / RECORDS_NAME) == "1.2\ufffd"
    with SqliteStore(tmp_path / RECORDS_NAME) as store:
        assert store.witness == "1.2\ufffd"
