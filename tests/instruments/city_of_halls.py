"""Test instrument: a city's centre with halls in it: one that really had a morning, and as many copies of it as wanted."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from caller.engine import commands as cmd
from caller.eventlog import LOG_NAME, Reader, Record, chain, row_batches
from caller.records.centre import folding, sites, taking
from caller.records.rows import TABLES
from caller.records.stores.postgres import PLACE, PostgresConnection, run
from config.settings import HallTable
from tests.instruments.engine_fixture import DAY, at
from tests.instruments.logged_stage import LoggedStage

SITE, NAME, AREA = "stage", "舞台县政务服务中心", "431023"
LONG_NAME = "新疆维吾尔自治区伊犁哈萨克自治州霍尔果斯经济开发区政务服务和公共资源交易中心（新区分中心）"


def morning(data: Path, site: str = SITE, day: str = DAY, **changes: Any) -> LoggedStage:
    """A hall with a morning behind it: served and rated, missed, one at a window, two waiting, a printer out of paper."""
    stage = LoggedStage(data, opened=False, hall=HallTable(site=site, name=NAME), **changes)
    stage.now = at("09:00", day)
    stage.do(cmd.OpenDay(day))
    stage.open("1", "2")
    for level in (5, 2, 0, 4):
        number = stage.take("A", items=["i1"])
        stage.later(3)
        stage.next("1")
        stage.press(cmd.StartService, "1")
        stage.later(4)
        stage.press(cmd.FinishService, "1")
        if level:
            stage.do(cmd.Rate(stage.find(number).id, level, [], "phone"), "phone")
    for _ in range(3):
        stage.take("A", items=["i3"])
        stage.later(5)
    stage.next("1")
    stage.press(cmd.StartService, "1")
    stage.do(cmd.ReportDevice("k1-printer", "printer", "paper-out", ""), "kiosk", "k1")
    stage.do(cmd.ReportDevice("e1", "evaluator", "ready", ""), "agent", "pc-1")
    stage.later(2)
    return stage


def records_of(stage: LoggedStage) -> list[Record]:
    with Reader(stage.data / LOG_NAME) as log:
        return list(log.after(0))


def morning_log(data: Path) -> list[Record]:
    """The morning of a hall as the rows of its log."""
    stage = morning(data)
    stage.close()
    return records_of(stage)


def of_site(records: list[Record], site: str) -> list[Record]:
    """These rows as the log of another site has them."""
    head, made = chain.genesis(site), list[Record]()
    for each in records:
        head = chain.Head(each.seq, chain.link(head.hash, *each[:6], each.body.encode(), each.account))
        made.append(each._replace(hash=head.hash))
    return made


def bring(connection: PostgresConnection, site: str, records: list[Record]) -> None:
    """Make a site known and take these rows of it."""
    now = records[-1].at
    sites.add(connection, site, "", now)
    body, is_packed = row_batches.packed(of_site(records, site), records[-1].seq, "1")
    taking.take(connection, site, row_batches.unpacked(body, is_packed), now)


def brought(connection: PostgresConnection, stage: LoggedStage, now: int, site: str = SITE) -> None:
    """Bring a hall's whole log to the centre and fold it there, as heard of at `now`."""
    records = records_of(stage)
    body, is_packed = row_batches.packed(records, records[-1].seq, "1")
    taking.take(connection, site, row_batches.unpacked(body, is_packed), now)
    folder = folding.Folder(connection)
    while folder.fold([site]):
        pass


def cloned(connection: PostgresConnection, halls: Iterable[tuple[str, str, str]], site: str = SITE) -> None:
    """Make more halls (id, name, area) whose records are those of one that is there."""
    for id, name, area in halls:
        run(
            connection,
            f"insert into site ({sites.COLUMNS}) select %s, %s, key, added, seq, hash, last, seen, version, trouble, since, %s, lon, lat, adopted"
            " from site where site=%s",
            (id, name, area, site),
        )
        for table in (PLACE, *(each.table for each in TABLES)):
            found = run(connection, f"select * from {table} where false").description or ()
            rest = ", ".join(f'"{each.name}"' for each in found[1:])
            run(
                connection,
                f"insert into {table} (site, {rest}) select %s, {rest} from {table} where site=%s",
                (id, site),
            )
