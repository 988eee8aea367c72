"""A city at one look: halls from a spreadsheet on the map, windows that call for help, and what the city settles for its halls."""

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from caller.delivery import city_settings
from caller.delivery.city_settings import CitySettingsFetcher
from caller.delivery.notice_senders import keep_secret
from caller.delivery.outbox import DeliveryError
from caller.engine import desk_commands as desk_cmd
from caller.records.centre import alarms, site_sheets, sites
from caller.records.stores.postgres import PostgresConnection
from config import city_bundles
from config.delivery_settings import CENTRE, CentreTable
from display.centre import viewers
from display.centre.app import application
from display.centre.city_map import short_name
from tests.instruments.city_of_halls import AREA, LONG_NAME, NAME, SITE, brought, morning
from tests.instruments.logged_stage import LoggedStage
from tests.instruments.postgres_cluster import Cluster
from tests.instruments.running_hall import hallcall
from tests.instruments.site import Site

SECRET, FIRST = "Wd7-kestrel", "Kp3-harrier"
CSV = f"""站点,名称,区域代码,区域名称,经度,纬度
{SITE},,{AREA},永兴县,113.116,26.127
t1,太和镇便民服务中心,{AREA}101,,113.02,26.21
t2,{LONG_NAME},{AREA}102,,113.25,26.2
far,<b>别处</b>,999001,,,
"""
CITY = '[city]\nlocked = ["reason"]\nnote = "十月起"\n[[reason]]\nkind = "pause"\nid = "training"\nname = "培训"\n'


class Centre:
    """The centre's application on a port with its database, two persons who look, and a hall with a morning behind it."""

    def __init__(
        self, site: Site, database: str, connection: PostgresConnection, data: Path, stage: LoggedStage
    ) -> None:
        self.site, self.database, self.connection = site, database, connection
        self.data, self.stage = data, stage
        self.address = f"http://127.0.0.1:{site.port}"
        self.cookies = {staff: self._signed_in(staff) for staff in ("1001", "1002")}

    def _signed_in(self, staff: str) -> str:
        fields = urlencode({"staff": staff, "secret": FIRST, "new": SECRET, "again": SECRET})
        found = self.site.ask("POST", "/sign-in", {"Origin": self.address}, fields.encode())
        return found.headers["set-cookie"].partition(";")[0]

    def get(self, path: str, staff: str = "1001", lang: str = "zh") -> str:
        found = self.site.get(path, {"Cookie": f"{self.cookies[staff]}; {viewers.LANG_COOKIE}={lang}"})
        assert found.status_code == 200, found.text
        return found.text


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, one_cluster: Cluster) -> Iterator[Centre]:
    data, database = tmp_path_factory.mktemp("centre"), one_cluster.database()
    with pytest.MonkeyPatch.context() as patch, sites.connected(database) as connection:
        patch.setattr("display.centre.reading.FRESH_SECONDS", 0.0)
        sites.make_tables(connection)
        sites.add(connection, SITE, NAME, viewers.clock(), AREA)
        file = tmp_path_factory.mktemp("city") / "halls.csv"
        file.write_text(CSV, "utf-8")
        site_sheets.take(connection, site_sheets.read(file), viewers.clock())
        with Site(application(database, data, 9310, "Asia/Shanghai")) as site:
            table = CentreTable(
                f"http://127.0.0.1:{site.port}", private=True, settings_key=city_bundles.public_key(data)
            )
            stage = morning(tmp_path_factory.mktemp("hall"), centre=table)
            for staff, level in (("1001", "city"), ("1002", "site:far")):
                words = ("centre", "account", "add", staff, "--level", level, "--data", str(data))
                assert hallcall(*words, "--password-stdin", typed=f"{FIRST}\n")[0] == 0
            yield Centre(site, database, connection, data, stage)
            stage.close()


def test_halls_come_from_a_spreadsheet_all_or_none_and_new_ones_get_keys(
    centre: Centre, tmp_path: Path
) -> None:
    known = sites.found(centre.connection, "t1")
    assert known
    file, keys = tmp_path / "halls.csv", tmp_path / "keys.csv"
    words = ("centre", "site", "import", str(file), "--keys", str(keys), "--db", centre.database)
    good = "site,name,area,area_name,lon,lat\nn1,新厅,990101,新区,,\nt1,,,,113.5,\n"
    file.write_text(good + "no space,x,,,1,\nt1,,,,200,199\nn3,,bad code,,26.1,113.1\n", "utf-8")
    code, said = hallcall(*words)
    assert (code, keys.exists(), sites.found(centre.connection, "n1")) == (2, False, None)
    for part in (
        ":3 t1 · lat",
        ":4 no space · site",
        ":4 no space · lat",
        ":5 t1 · lon",
        ":6 n3 · area",
        "写反",
        "7 处",
    ):
        assert part in said, part
    file.write_text(good.replace("113.5,", "113.5,26.5"), "utf-8")
    assert hallcall(*words)[0] == 0
    made = dict(line.split(",") for line in keys.read_text().splitlines()[1:])
    found = {each.site: each for each in sites.all_sites(centre.connection)}
    assert {id: sites.key_hash(key) for id, key in made.items()} == {"n1": found["n1"].key}
    assert found["t1"] == known._replace(
        lon=113.5, lat=26.5
    )  # it keeps its key, and what the file does not say
    assert sites.area_names(centre.connection)["990101"] == "新区"
    code, said = hallcall(*words)
    assert (code, "换一个文件名" in said) == (2, True)  # no key is written over
    sites.forget(centre.connection, "n1", wholly=True)


def calls(centre: Centre) -> dict[str, alarms.WindowCall]:
    brought(centre.connection, centre.stage, viewers.clock())
    found = alarms.window_calls(centre.connection, [SITE], centre.stage.now)
    return {each.window: each for each in found}


def test_a_window_that_calls_for_help_is_seen_until_somebody_answers(centre: Centre) -> None:
    stage = centre.stage
    stage.do(desk_cmd.RaiseAlarm("1"), "window", "1")
    stage.later(1)
    stage.do(desk_cmd.RaiseAlarm("1", "security"), "window", "1")
    call = calls(centre)["1"]
    alarm = stage.hall.state.windows["1"].alarm
    assert alarm
    assert (call.window, call.kind, call.raised, call.is_open) == ("1", "security", alarm.raised, True)
    later = stage.now + alarms.LOOK_BACK + 1
    assert alarms.window_calls(centre.connection, [SITE], later) == []
    stage.later(2)
    stage.do(desk_cmd.AcknowledgeAlarm("1", alarm.raised), "manager", "m")
    call = calls(centre)["1"]
    assert (call.is_open, call.acknowledged, call.by) == (False, stage.now, "m")


def test_the_pages_of_alarms_and_of_the_map_show_what_a_person_may_see(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = centre.stage
    stage.do(desk_cmd.RaiseAlarm("2"), "window", "2")
    brought(centre.connection, stage, viewers.clock())
    monkeypatch.setattr("display.centre.reading._clock", lambda: stage.now)
    page, english = centre.get("/alarms"), centre.get("/alarms", lang="en")
    assert ("1 个窗口求助，未应答" in page, "窗口求助、" in page, NAME in page) == (True, True, True)
    assert ("unanswered: 1" in english, "help called to a window, " in english) == (True, True)
    drawn = centre.get("/map")
    assert drawn.count('class="dot red"') == 1
    assert drawn.count('class="dot grey"') == 2  # never heard of; the one without a place is on no map
    assert "1 个厅没有坐标" in drawn
    assert "永兴县" in drawn
    assert "km" in centre.get(f"/map?area={AREA}&wall=1")
    others = centre.get("/alarms", "1002") + centre.get("/map", "1002")
    assert NAME not in others
    assert "没有未应答的窗口求助" in others
    assert "还没有坐标" in others
    alarm = stage.hall.state.windows["2"].alarm
    assert alarm
    stage.do(desk_cmd.AcknowledgeAlarm("2", alarm.raised), "manager", "m")
    brought(centre.connection, stage, viewers.clock())
    assert ("没有未应答的窗口求助" in centre.get("/alarms"), "应答" in centre.get("/alarms")) == (True, True)


def test_a_hall_fetches_what_the_city_has_published_and_the_city_sees_how_far_it_is(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, stop = centre.stage, threading.Event()
    fetcher = CitySettingsFetcher(stage.settings, stage.data, lambda: 0.0)
    with pytest.raises(DeliveryError, match="HTTP 401"):
        fetcher.round(stop)
    keep_secret(stage.data, CENTRE, sites.add(centre.connection, SITE, "", 1))
    assert fetcher.round(stop) == city_settings.ASK_SECONDS
    assert city_bundles.newest_number(stage.data) == 0
    file = tmp_path / "city.toml"
    file.write_text(CITY.replace("reason", "raeson"), "utf-8")
    words = ("centre", "settings", "publish", str(file), "--db", centre.database, "--data", str(centre.data))
    code, said = hallcall(*words)
    assert (code, "reason" in said, "没有发布" in said) == (2, True, True)
    file.write_text(CITY, "utf-8")
    code, said = hallcall(*words)
    assert (code, stage.settings.centre.settings_key in said) == (0, True)
    fetcher.round(stop)
    offer = city_bundles.offer(stage.data, stage.settings)
    assert offer
    assert (offer.version.number, offer.city.city.note) == (1, "十月起")
    monkeypatch.setattr(CitySettingsFetcher, "_in_force", lambda _: 1)
    fetcher.round(stop)
    row = sites.found(centre.connection, SITE)
    assert (row and row.adopted, "十月起" in centre.get("/settings")) == (1, True)
    behind = centre.get("/settings").partition("尚未采用")[2]
    assert (NAME in behind, "太和镇" in behind) == (False, True)
    code, said = hallcall("centre", "settings", "list", "--db", centre.database)
    assert (code, "1/4" in said) == (0, True)


def test_the_hull_of_points_has_them_all_inside() -> None:
    from display.centre.city_map import hull

    square = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
    assert sorted(hull([*square, (2.0, 2.0), (1.0, 3.0), (4.0, 2.0)])) == sorted(square)
    assert hull([(1.0, 1.0), (1.0, 1.0)]) == [(1.0, 1.0)]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("示例镇便民服务中心", "示例镇便民服务中心"),
        ("湘西土家族苗族自治州花垣县政务服务中心", "湘西土家族苗族自治州花垣县政务…"),
        ("Sample County Government Service Centre", "Sample County Government…"),
    ],
)
def test_a_name_on_the_map_is_cut_by_its_width_and_not_by_its_letters(name: str, shown: str) -> None:
    assert short_name(name) == shown
