"""A city's halls are read together as each would be read alone, and what is said of them is what their rows say."""

from collections.abc import Iterator

import pytest
from msgspec import structs

from caller.records import SqliteStore, bring_up_to_date
from caller.records.centre import across, sites
from caller.records.centre.across import Placed, SiteState
from caller.records.centre.sites import SiteRow
from caller.records.rollups import RollupRow, merged
from caller.records.rows import DayRow
from caller.records.stores.postgres import PostgresConnection, PostgresStore, run
from caller.reports import city
from caller.reports.city_hall import labelled, read_hall, read_services
from caller.reports.document import report_of
from caller.reports.period import read_period
from config.instants import HOUR, MINUTE, SECOND
from tests.instruments.city_of_halls import AREA, NAME, SITE, brought, cloned, morning
from tests.instruments.engine_fixture import DAY
from tests.instruments.logged_stage import LoggedStage
from tests.instruments.postgres_cluster import Cluster

ZONE = "Asia/Shanghai"
NOW = 1_800_000_000_000_000


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedStage]:
    each = morning(tmp_path_factory.mktemp("hall"))
    bring_up_to_date(each.data)
    yield each
    each.close()


@pytest.fixture(scope="module")
def connection(stage: LoggedStage, one_cluster: Cluster) -> Iterator[PostgresConnection]:
    """The hall, heard of two minutes after its last event, and another that is the same without today."""
    with sites.connected(one_cluster.database()) as each:
        sites.make_tables(each)
        sites.add(each, SITE, NAME, NOW, AREA)
        sites.add(each, "new", "", NOW)
        brought(each, stage, stage.now + 2 * MINUTE)
        cloned(each, [("twin", "同样的厅", "431024")])
        yield each


def now_of(connection: PostgresConnection, site: str = SITE) -> SiteState:
    return across.states_of(connection, sites.all_sites(connection))[site]


def test_now_is_what_the_hall_itself_has_now(connection: PostgresConnection, stage: LoggedStage) -> None:
    found, state = now_of(connection), stage.hall.state
    waiting = [each for each in state.tickets.values() if each.state == "waiting"]
    assert (found.waiting, found.busy, found.is_open) == (len(waiting), 1, True)
    assert found.since == min(each.origin for each in waiting)
    assert (found.open_windows, found.paused_windows) == (2, 0)
    assert (found.out, found.devices) == (1, 2)
    assert found[2:] == now_of(connection, "twin")[2:]


def test_a_hall_that_sent_all_it_has_is_as_it_was_heard_of_and_one_behind_as_its_rows_are(
    connection: PostgresConnection, stage: LoggedStage
) -> None:
    assert now_of(connection).placed.at == stage.now + 2 * MINUTE
    run(connection, "update site set last=last+1 where site='twin'")
    assert now_of(connection, "twin").placed.at == PostgresStore(connection, SITE).place.now < stage.now
    run(connection, "update site set last=last-1 where site='twin'")
    assert now_of(connection, "new") == SiteState(Placed(0, 0), None)


@pytest.mark.parametrize(("dimension", "value"), [("hall", ""), ("item", "i1"), ("window", "1")])
def test_totals_of_many_halls_are_each_halls_own(
    connection: PostgresConnection, stage: LoggedStage, dimension: str, value: str
) -> None:
    with SqliteStore(stage.data / "records.db") as own:
        wanted = merged(own.of_days(RollupRow, DAY, DAY))[dimension, value]
    found = across.totals(
        connection, sites.all_sites(connection), DAY, DAY, dimension, value, histograms=True
    )
    assert set(found) == {SITE, "twin"}
    assert found[SITE] == structs.replace(wanted, day="")
    assert across.totals(connection, sites.all_sites(connection), "2020-01-01", "2020-12-31") == {}
    assert across.values_of(connection, sites.all_sites(connection), DAY, DAY, "item") == {"i1": 2, "i3": 2}


def test_a_halls_own_report_is_shown_with_its_queues_and_windows_as_they_are(
    connection: PostgresConnection, stage: LoggedStage
) -> None:
    store = PostgresStore(connection, SITE)
    detail = read_hall(store, "", ZONE, stage.now, {})
    with SqliteStore(stage.data / "records.db") as own:
        assert detail.report == report_of(read_period(own))
    assert [row[:2] for row in detail.queues.rows] == [["A", 2]]
    assert detail.queues.rows[0][2] == round((stage.now - now_of(connection).since) / MINUTE, 1)  # type: ignore[operator]
    assert [row[:3] for row in detail.windows.rows] == [
        ["1", "办理中 serving", "A005"],
        ["2", "空闲 free", None],
    ]
    assert [row[2] for row in detail.devices.rows] == ["正常 ready", "缺纸 out of paper"]
    of_window = detail.of_window("1", ZONE)
    assert [sheet.en for sheet in of_window] == ["Windows", "Presence", "Ratings"]
    assert all(len(sheet.rows) == 1 for sheet in of_window)
    served = read_services(store, "1", DAY, ZONE)
    assert [row[0] for row in served.rows] == ["A005", "A004", "A003", "A002", "A001"]
    assert [row[7] for row in served.rows][-1] == "非常满意 very satisfied"
    none = read_hall(store, "2020-01", ZONE, stage.now, {})
    assert none.report is None
    assert none.why is not None
    assert read_hall(PostgresStore(connection, "new"), "", ZONE, 0, {}).report_sheets(ZONE) == []


def test_names_that_the_hall_has_given_stand_beside_its_ids(
    connection: PostgresConnection, stage: LoggedStage
) -> None:
    names = {"queues": {"A": "不动产"}, "windows": {"1": "登记"}, "items": {"i1": "过户"}}
    detail = read_hall(PostgresStore(connection, SITE), "", ZONE, stage.now, names)
    assert [row[0] for row in labelled(detail.queues, names).rows] == ["A 不动产"]
    assert [row[0] for row in labelled(detail.windows, names).rows] == ["1 登记", "2"]
    assert [row[0] for sheet in detail.of_window("1", ZONE) for row in sheet.rows] == ["1 登记"] * 3
    served = labelled(read_services(PostgresStore(connection, SITE), "1", DAY, ZONE), names)
    assert {tuple(row[1:3]) for row in served.rows} == {("A 不动产", "i1 过户"), ("A 不动产", "i3")}


# --- lights, areas, ranks


def hall(**changes: object) -> SiteRow:
    known: dict[str, object] = {
        "site": "s", "name": "某厅", "key": b"", "added": 1, "seq": 9, "hash": b"", "last": 9, "seen": NOW,
        "version": "1", "trouble": "", "since": 0, "area": AREA,
    }  # fmt: skip
    return SiteRow(**(known | changes))  # type: ignore[arg-type]


OPEN = DayRow("s", DAY, ZONE, NOW, NOW, NOW)
WELL = SiteState(Placed(9, NOW), OPEN)
CASES = [
    (hall(), WELL, "green", ()),
    (hall(trouble="forked"), WELL, "red", ("forked",)),
    (hall(seen=NOW - HOUR), WELL, "red", ("silent",)),
    (hall(seen=NOW - HOUR), WELL._replace(day=structs.replace(OPEN, closed=NOW)), "grey", ("closed",)),
    (hall(seen=0, seq=0, last=0), SiteState(Placed(0, 0), None), "grey", ("never",)),
    (hall(), WELL._replace(overdue=1, warned=2), "red", ("overdue", "warned")),
    (hall(), WELL._replace(late=1), "red", ("late",)),
    (hall(), WELL._replace(warned=1), "yellow", ("warned",)),
    (hall(), WELL._replace(out=1), "yellow", ("out",)),
    (hall(), WELL._replace(waiting=1, since=NOW - 61 * MINUTE), "yellow", ("long-wait",)),
    (hall(last=99), WELL._replace(placed=Placed(9, NOW - HOUR)), "yellow", ("behind",)),
    (hall(last=99), WELL._replace(placed=Placed(9, NOW - MINUTE)), "green", ()),
]


@pytest.mark.parametrize(("site", "now", "light", "marks"), CASES)
def test_a_light_says_where_to_look_and_its_marks_why(
    site: SiteRow, now: SiteState, light: str, marks: tuple[str, ...]
) -> None:
    line = city.hall_line(site, now, None, None, NOW)
    assert (line.light, line.marks) == (light, marks)
    assert all(city.mark_words(line, "zh"))
    assert not any("-" in words for words in city.mark_words(line, "en"))


def test_a_wait_counts_until_the_state_is_from_and_its_age_says_how_old_that_is() -> None:
    behind = WELL._replace(placed=Placed(9, NOW - 5 * MINUTE), since=NOW - 7 * MINUTE, waiting=1)
    line = city.hall_line(hall(), behind, None, None, NOW)
    assert (line.longest, line.age) == (120, 300)
    booked = city.hall_line(hall(), WELL._replace(since=NOW + HOUR, waiting=1), None, None, NOW)
    assert booked.longest == 0


def test_areas_nest_by_their_codes_and_a_hall_in_none_stands_by_itself() -> None:
    lines = [
        city.hall_line(hall(site=id, area=area), WELL._replace(waiting=2), None, None, NOW)
        for id, area in (("a", "431023"), ("b", "431023101"), ("c", "431024"), ("d", ""), ("e", "999"))
    ]
    names = {"431023": "永兴县", "431023101": "便江街道", "4310": "郴州市", "431099": "空的"}
    areas, alone = city.children(lines, names, "")
    assert [(each.code, each.halls, each.waiting, each.lights["green"]) for each in areas] == [
        ("4310", 3, 6, 3)
    ]
    assert [each.hall.site for each in alone] == ["d", "e"]
    areas, alone = city.children(lines[:3], names, "4310")
    assert [(each.name, each.halls) for each in areas] == [("永兴县", 2)]
    assert [each.hall.site for each in alone] == ["c"]
    areas, alone = city.children(lines[:2], names, "431023")
    assert [each.code for each in areas] == ["431023101"]
    assert [each.hall.site for each in alone] == ["a"]


def test_ranks_are_over_those_that_have_the_figure_and_equals_share_one() -> None:
    lines = [city.hall_line(hall(site=id, name=id), WELL, None, None, NOW) for id in "abcd"]
    sums = {
        "a": RollupRow(
            "a", "", "hall", "", level_5=9, level_1=1, finished=10, waits=2, wait_total=8 * MINUTE
        ),
        "b": RollupRow("b", "", "hall", "", level_5=10, finished=10, waits=1, wait_total=60 * SECOND),
        "c": RollupRow("c", "", "hall", "", level_5=10, finished=20, waits=1, wait_total=60 * SECOND),
    }
    by_good = city.rank_sheet(lines, sums, "good").rows
    assert [(row[0], row[1]) for row in by_good] == [(1, "b"), (1, "c"), (3, "a"), (None, "d")]
    few = sums | {"d": RollupRow("d", "", "hall", "", level_5=9, finished=9)}  # one short of enough
    assert [row[:2] for row in city.rank_sheet(lines, few, "good").rows][-1] == [None, "d"]
    assert [row[0] for row in city.rank_sheet(lines, few, "rated").rows if row[1] == "d"] == [1]
    by_wait = city.rank_sheet(lines, sums, "wait").rows
    assert [(row[0], row[1], row[3]) for row in by_wait] == [
        (1, "b", 1.0),
        (1, "c", 1.0),
        (3, "a", 4.0),
        (None, "d", None),
    ]
    assert all(len(row) == len(city.RANKS) for row in by_good)
    compared = city.item_sheet("i1", lines, sums, "不动产登记")
    assert [(row[0], len(row)) for row in compared.rows] == [(id, len(city.COMPARED)) for id in "abc"]
    assert (compared.zh, compared.en) == ("事项 i1 不动产登记", "Item i1 不动产登记")
    assert all(len(row) == len(city.LIST) for row in city.list_sheet(lines, ZONE).rows)
