"""A city's settings come to a hall signed, go into its text where the hall has said nothing of its own, and hold where they are locked."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from msgspec import structs

from config import city_bundles, city_file, city_merge
from config.city_bundles import CitySettingsError
from config.city_file import CityFile
from config.city_merge import Differing, TakenOver
from config.reading.reader import inspect
from config.settings import Settings
from config.versions import Bundle, VersionStore, bundle
from tests.instruments.settings_hall import PLAIN, write

CITY = """\
[city]
locked = ["item.promised_days", "day"]
release = "9.9"
note = "全市统一"
items = "items.csv"

[[item]]
id = "i2"
name = "办事二（全市）"

[[reason]]
kind = "pause"
id = "training"
name = "培训"

[[day]]
date = 2026-10-08
name = "全市系统升级"

[rules]
helping_minutes = 20.0
"""
ITEMS = b"id,promised_days,basis,papers\ni1,5,\xe6\x9d\xa1\xe4\xbe\x8b,a;b\nelsewhere,9,,\n"


def city(text: str = CITY, items: bytes = ITEMS) -> CityFile:
    found, mistakes = city_file.read(text.encode(), {"items.csv": items})
    assert found, [each.in_a_line() for each in mistakes]
    return found


class Desk:
    """A hall's text as a person has it, read by the hall's own reader after each step."""

    def __init__(self, folder: Path) -> None:
        self.store = VersionStore(folder / "data")
        self.given = bundle(write(folder))

    @property
    def settings(self) -> Settings:
        version = self.store.draft(self.store.put_draft(self.given))
        assert version
        reading = inspect(version.main, beside=version.beside)
        assert reading.settings, reading.mistakes
        return reading.settings

    def says(self, text: str) -> None:
        self.given = Bundle((self.given.main.decode() + text).encode(), self.given.files)

    def takes(self, found: CityFile, number: int, before: CityFile | None = None) -> TakenOver:
        taken = city_merge.take_over(self.given, self.settings, found, number, before)
        self.given = taken.given
        return taken


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_the_hall_has_not_said_follows_the_city_and_the_rest_of_its_text_stays(desk: Desk) -> None:
    taken = desk.takes(city(), 3)
    now = desk.settings
    first = now.items[0]
    assert (first.promised_days, first.basis, first.papers, first.queue) == (5, "条例", ["a", "b"], "A")
    assert [each.id for each in now.items] == ["i1", "i2"]  # what other halls have is not for this one
    assert [each.name for each in now.reasons] == ["培训"]
    assert [str(each.date) for each in now.days] == ["2026-10-08"]
    assert (now.rules.helping_minutes, now.centre.adopted) == (20.0, 3)
    assert now.items[1].name == "办事二"  # the hall's own name of it, which it must have
    assert taken.differing == [Differing("item", "i2", "name", "办事二", "办事二（全市）")]
    assert "# 大厅的注释留着" in desk.given.main.decode()


def test_what_the_hall_has_changed_by_itself_stays_and_what_it_left_follows_the_next_version(
    desk: Desk,
) -> None:
    first = city()
    desk.takes(first, 1)
    desk.given = Bundle(desk.given.main.replace(b"20.0", b"25.0"), desk.given.files)
    second = city(
        CITY.replace("20.0", "30.0").replace("培训", "学习"), ITEMS.replace("条例".encode(), "办法".encode())
    )
    taken = desk.takes(second, 2, first)
    now = desk.settings
    assert (now.rules.helping_minutes, now.items[0].basis, now.reasons[0].name) == (25.0, "办法", "学习")
    assert Differing("rules", "", "helping_minutes", 25.0, 30.0) in taken.differing


def test_what_the_city_withdraws_goes_where_the_hall_left_it_and_what_the_hall_took_away_stays_away(
    desk: Desk,
) -> None:
    first = city()
    desk.takes(first, 1)
    without = CITY.replace('[[reason]]\nkind = "pause"\nid = "training"\nname = "培训"\n', "")
    desk.takes(city(without), 2, first)
    assert desk.settings.reasons == ()
    taken = desk.takes(first, 3, first)  # the hall had it, and has taken it away
    assert desk.settings.reasons == ()
    assert Differing("reason", "pause/training", "", None, "…") in taken.differing


def test_where_the_city_has_locked_the_halls_own_gives_way_and_cannot_come_back(
    desk: Desk, tmp_path: Path
) -> None:
    desk.given = Bundle(
        desk.given.main, {"items.csv": b"id,name,department,queue,promised_days\ni1,a,d1,A,9\ni2,b,d1,B,\n"}
    )
    taken = desk.takes(city(), 1)
    assert desk.settings.items[0].promised_days == 5
    assert Differing("item", "i1", "promised_days", 9, 5, gives_way=True) in taken.differing
    now = desk.settings
    assert city_merge.against_locks(now, city()) == []
    changed = structs.replace(
        now, items=(structs.replace(now.items[0], promised_days=7), now.items[1]), days=()
    )
    places = [(each.table, each.key) for each in city_merge.against_locks(changed, city())]
    assert places == [("[[item]] i1", "promised_days"), ("[[day]] 2026-10-08", "")]
    free = city(CITY.replace('"item.promised_days", "day"', ""))
    assert city_merge.against_locks(changed, free) == []  # twin: without the lock it is the hall's affair


def test_every_mistake_of_a_city_file_is_said_at_once_with_its_line() -> None:
    text = (
        CITY.replace('"day"]', '"dya"]').replace("20.0", '"many"').replace('id = "i2"', 'id = "i 2"')
        + '[[queue]]\nid = "A"\n'
    )
    found, mistakes = city_file.read(text.encode(), {})
    assert found is None
    said = "\n".join(each.in_a_line() for each in mistakes)
    for part in ("items.csv", "dya", "day", "helping_minutes", "[[item]] i 2", "queue"):
        assert part in said, part
    assert all(each.line for each in mistakes if each.key == "helping_minutes")
    twice, mistakes = city_file.read(
        (CITY + '[[reason]]\nkind = "pause"\nid = "training"\nname = "x"\n').encode(), {"items.csv": ITEMS}
    )
    assert (twice, ["twice" in each.en for each in mistakes]) == (None, [True])


def test_a_hall_keeps_what_its_own_centre_signed_and_nothing_else(tmp_path: Path) -> None:
    centre, other, data = tmp_path / "centre", tmp_path / "other", tmp_path / "hall"
    key, text = city_bundles.public_key(centre), Bundle(CITY.encode(), {"items.csv": ITEMS})
    second = city_bundles.signed(centre, 2, 1, text)
    assert city_bundles.keep(data, city_bundles.encoded(second), key) == second
    older = city_bundles.encoded(city_bundles.signed(centre, 1, 1, text))
    assert city_bundles.keep(data, older, key) is None
    third = city_bundles.signed(centre, 3, 1, text)
    for bad in (
        city_bundles.signed(other, 3, 1, text),
        structs.replace(third, number=4),
        structs.replace(third, files={"items.csv": ITEMS.replace(b"5", b"6")}),
    ):
        with pytest.raises(CitySettingsError) as refused:
            city_bundles.keep(data, city_bundles.encoded(bad), key)
        assert refused.value.code == "not-signed"
    for body, of, code in ((b"{", key, "damaged"), (city_bundles.encoded(third), "no key", "bad-key")):
        with pytest.raises(CitySettingsError) as refused:
            city_bundles.keep(data, body, of)
        assert refused.value.code == code
    assert city_bundles.newest_number(data) == 2


def test_twin_without_the_look_at_the_signature_another_citys_settings_would_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Believing:
        @staticmethod
        def from_public_bytes(_: bytes) -> "Believing":
            return Believing()

        def verify(self, _signature: bytes, _data: bytes) -> None: ...

    foreign = city_bundles.encoded(city_bundles.signed(tmp_path / "other", 1, 1, Bundle(CITY.encode())))
    key = city_bundles.public_key(tmp_path / "centre")
    with pytest.raises(CitySettingsError):
        city_bundles.keep(tmp_path / "hall", foreign, key)
    monkeypatch.setattr(ed25519, "Ed25519PublicKey", Believing)
    assert city_bundles.keep(tmp_path / "hall", foreign, key) is not None


def test_many_items_in_the_toml_are_changed_at_once(desk: Desk) -> None:
    rows = "".join(
        f'\n[[item]]\nid = "m{n}"\nname = "第{n}项"\ndepartment = "d1"\nqueue = "A"\n' for n in range(30)
    )
    desk.given = Bundle((PLAIN.replace('items = "items.csv"\n', "") + rows).encode(), {})
    items = b"id,promised_days,name,department,queue\n" + b"".join(
        b"m%d,%d,,,\n" % (n, n + 1) for n in range(30)
    )
    desk.takes(
        city(CITY.replace('[[item]]\nid = "i2"\nname = "办事二（全市）"\n', ""), items + b"new,3,New,d1,B\n"),
        1,
    )
    now = desk.settings.items
    assert [each.promised_days for each in now] == [*range(1, 31), 3]
    assert (now[-1].id, now[-1].queue, now[3].name) == ("new", "B", "第3项")
