"""Data folders that later landed versions wrote: each opens, verifies and gives the same days, figures and records.

Each was a whole hall of real processes (README.md): `data` was stopped in good order, `unclean` is its log and
write-ahead log in the middle of the day. None is ever made again.
"""

import asyncio
import json
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from caller.engine.commands import TakeTicket
from caller.engine.envelope import CommandEnvelope
from caller.identity.account_store import AccountStore
from caller.identity.enrolment import Stations
from caller.identity.tokens import find_token
from caller.protocol.permissions import Station
from config.settings import Settings
from tests.kept import facts
from tests.kept.facts import Facts, copied, differences, forget_checkpoints, gathered, loop_of, unexplained
from tests.kept.test_kept import answered

HERE = Path(__file__).parent
LANDED = ("deb543d9",)
VARIANTS = ("data", "unclean")
CHANGED: dict[str, str] = {}  # as in test_kept.py


def expected(version: str) -> Facts:
    return json.loads((HERE / version / "expected.json").read_text("utf-8"))


def assert_same(version: str, name: str, part: str, found: object) -> None:
    lines = differences(expected(version)[name][part], found, f"{version}/{name}/{part}", fields=False)
    assert unexplained(lines, CHANGED) == []


@pytest.fixture(params=LANDED)
def version(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def settings(version: str) -> Settings:
    return facts.settings_of(HERE / version)


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("replay", [False, True], ids=["checkpoint", "replay"])
def test_the_hall_is_recovered_as_it_was(
    tmp_path: Path, version: str, settings: Settings, name: str, replay: bool
) -> None:
    data = copied(HERE / version / name, tmp_path / name)
    if replay:
        forget_checkpoints(data)
    found = gathered(data, settings, expected(version)[name]["now"])
    for part in ("head", "kinds", "state", "days"):
        assert_same(version, name, part, found[part])


@pytest.mark.parametrize("name", VARIANTS)
def test_it_verifies_and_a_checkpoint_gives_the_state_of_a_replay(
    tmp_path: Path, version: str, settings: Settings, name: str
) -> None:
    data = copied(HERE / version / name, tmp_path / name)
    assert expected(version)[name]["head"]["hash"] in facts.printed("log", "verify", "--data", data)
    dumps: list[object] = []
    for _ in range(2):
        with loop_of(data, settings, expected(version)[name]["now"]) as (loop, _log):
            dumps.append(msgspec.msgpack.decode(loop.hall.dump()))
        forget_checkpoints(data)
    assert dumps[0] == dumps[1]


def test_every_event_reaches_the_records_and_the_report(tmp_path: Path, version: str) -> None:
    """Nothing that was written is unknown to the figures: its own report ended at the first change of settings."""
    data, wanted = copied(HERE / version / "data", tmp_path / "data"), expected(version)["data"]
    (day,) = wanted["days"]
    figures = facts.reports_of(data, [day])[day]
    counts = wanted["days"][day]["counts"]
    assert {name: figures["total"][name] for name in ("issued", "served")} == {
        name: counts[name] for name in ("issued", "served")
    }


def test_stations_and_people_are_still_known(tmp_path: Path, version: str) -> None:
    data, wanted = copied(HERE / version / "data", tmp_path / "data"), expected(version)["data"]
    with closing(Stations(data / "stations.db")) as stations:
        for role, name in wanted["stations"]:
            token = find_token(data, role, name)
            assert token
            assert stations.lookup(token) == Station(role, name)
    with closing(AccountStore(data)) as accounts:
        known = {each.staff: sorted(each.roles) for each in accounts.all()}
    assert known == wanted["accounts"]


def test_the_hall_goes_on(tmp_path: Path, version: str, settings: Settings) -> None:
    """The twin: where the killed process stopped the day is open, and the hall is at work."""
    data, wanted = copied(HERE / version / "unclean", tmp_path / "unclean"), expected(version)["unclean"]
    order = CommandEnvelope("a-new-press", TakeTicket([settings.items[0].id]), "kiosk", "k1")
    with loop_of(data, settings, wanted["now"]) as (loop, log):
        found = asyncio.run(answered(loop, [order]))
        assert log.head.seq == wanted["head"]["seq"] + 1
    assert found["a-new-press"]["type"] == "done"
