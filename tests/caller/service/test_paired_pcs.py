"""Two PCs of one hall compare what they were given at pairing, in a real PostgreSQL, and stay the same when a key rotates."""

from collections.abc import Generator
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from caller.eventlog.calling_here import note_address
from caller.eventlog.stores.postgres import PostgresCopy
from caller.eventlog.stores.postgres_session import PostgresSession, make_tables
from caller.identity import keys, pairing
from caller.probes import data_probes
from caller.probes.data_probes import log_database
from caller.service import paired_pcs
from caller.service.paired_pcs import SILENT_MINUTES, PairedPcs, follow_rotation
from config import owner_only
from config.probe import Examined
from config.reading.reader import read
from tests.instruments.caller_pair import HALL, SITE

LOOKUP = timedelta(days=60)


class PcsOfOneHall:
    """Two data folders, the second paired with the first, and what each says to the database."""

    def __init__(self, folder: Path, address: str) -> None:
        self.a, self.b, self.address = folder / "a", folder / "b", address
        self.a.mkdir()
        for purpose in (keys.SLIP, keys.PERSON):
            keys.keys_of(self.a, purpose, date(2026, 1, 1))
        pairing.install(self.b, pairing.files_of(self.a))
        self.session = PostgresSession(address, writing=True)
        make_tables(self.session, SITE)
        self.first, self.second = PairedPcs(self.a, "a"), PairedPcs(self.b, "b")

    def look(self, *, both: bool = True) -> list[str]:
        """Let each PC tell and hear; return the codes of the alarms on the PC that calls."""
        self.first.again()
        self.first.look(self.session, calls=True)
        if both:
            self.second.again()
            self.second.look(self.session, calls=False)
        self.first.again()
        self.first.look(self.session, calls=True)
        return [each.code for each in self.first.troubles]


@pytest.fixture
def pcs(empty_database: str, tmp_path: Path) -> Generator[PcsOfOneHall]:
    made = PcsOfOneHall(tmp_path, empty_database)
    yield made
    made.session.close()


def test_what_differs_is_an_alarm_until_the_pcs_are_paired_again(pcs: PcsOfOneHall) -> None:
    assert pcs.look() == []
    owner_only.make_folder(pcs.a / "secrets")
    owner_only.write_whole(pcs.a / "secrets/sms", b"new password")
    assert pcs.look() == ["keys-differ"]
    assert "接收方口令" in pcs.first.troubles[0].zh
    assert pcs.second.differing == ["secrets"]
    note_address(pcs.b, pcs.address)
    examined = Examined(HALL, read(HALL), pcs.b, "", 0)
    found = {each.code: each.message.zh for each in log_database(examined)}
    assert "接收方口令" in found["other-keys"]
    pairing.install(pcs.b, pairing.files_of(pcs.a))
    assert pcs.look() == []
    assert pcs.second.differing == []
    with PostgresCopy(pcs.address) as read_again:
        assert read_again.noted_sums() == pairing.sums(pcs.b)


def test_no_key_and_no_password_is_in_the_database(pcs: PcsOfOneHall) -> None:
    pcs.look()
    with psycopg.connect(pcs.address) as other:
        rows = str(other.execute("select * from hallcall.pc").fetchall())
    for path in (pcs.a / "keys").glob("*.key"):
        assert path.read_text().split()[-1] not in rows
    assert "person-0001.key" in rows


def test_a_standby_that_is_not_heard_of_is_an_alarm_and_after_a_week_none(pcs: PcsOfOneHall) -> None:
    assert pcs.look() == []
    for minutes, codes in ((SILENT_MINUTES + 1, ["pc-silent"]), (SILENT_MINUTES - 1, []), (8 * 1440, [])):
        pcs.session.execute(
            "update hallcall.pc set at = clock_timestamp() - make_interval(mins => %s) where pc = 'b'",
            (minutes,),
        )
        assert pcs.look(both=False) == codes


OLDER_TELL = """insert into hallcall.pc values ('b', 'pc-b', 'keys=-', '', false, clock_timestamp()) on conflict (pc) do update
set at = excluded.at"""  # as a version before this one tells


def test_two_versions_are_an_alarm_until_both_are_the_same(
    pcs: PcsOfOneHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paired_pcs, "VERSION", "2.0")
    assert pcs.look() == [], "the twin: both are of one version"
    with monkeypatch.context() as other:
        other.setattr(paired_pcs, "VERSION", "1.0")
        pcs.second.again()
        pcs.second.look(pcs.session, calls=False)
    assert pcs.look(both=False) == ["pc-other-version"]
    assert "1.0" in pcs.first.troubles[0].zh
    note_address(pcs.b, pcs.address)
    examined = Examined(HALL, read(HALL), pcs.b, "", 0)
    monkeypatch.setattr(data_probes, "VERSION", "2.0")
    monkeypatch.setattr(data_probes, "pc_of", lambda _: "a")
    found = [each.message.zh for each in log_database(examined) if each.code == "pc-other-version"]
    assert len(found) == 1
    assert "2.0" in found[0]
    assert pcs.look() == []


def test_a_pc_of_a_version_that_told_none_tells_as_it_did(
    pcs: PcsOfOneHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paired_pcs, "VERSION", "2.0")
    pcs.look(both=False)
    pcs.session.execute(OLDER_TELL)
    assert "pc-other-version" in pcs.look(both=False)
    with PostgresCopy(pcs.address) as log:
        assert log.pcs()["b"] == ("pc-b", "")


def test_the_key_of_persons_rotates_on_both_pcs_and_no_key_travels(pcs: PcsOfOneHall) -> None:
    """With the rotation not followed (the twin) both PCs differ after a year."""
    assert pcs.look() == []
    keys.rotate(pcs.a, keys.PERSON, date(2027, 1, 2), LOOKUP)
    assert pairing.differing(pairing.sums(pcs.a), pairing.sums(pcs.b)) == ["keys"]
    assert pcs.look() == []
    assert names(pcs.b) == ["person-0001.key", "person-0002.key"]
    keys.rotate(pcs.a, keys.PERSON, date(2027, 4, 1), LOOKUP)
    assert pcs.look() == []
    assert names(pcs.b) == ["person-0002.key"], "a key that was destroyed lives on nowhere"


def names(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "keys").glob("person-*.key"))


@pytest.mark.parametrize(
    "told", [[], ["person-9999.key"], ["slip-0002.key"], ["person-000x.key"], ["../person-0002.key"]]
)
def test_names_that_are_no_rotation_change_nothing(tmp_path: Path, told: list[str]) -> None:
    keys.keys_of(tmp_path, keys.PERSON)
    follow_rotation(tmp_path, told)
    assert names(tmp_path) == ["person-0001.key"]
