"""`hallcall forget` and `hallcall person`: by card, hash, code or ticket; deleting changes the people's store alone."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caller.cli.privacy import forget, person
from caller.engine import events as ev
from caller.eventlog import Batch
from caller.identity.id_hash import hashed, person_keys
from caller.identity.keys import PERSON, keys_of, rotate
from caller.people.store import PeopleStore
from devices.simulators.reader import number_for
from tests.instruments.event_logs import AT, Diary, issued, order

NUMBER = number_for(7)
NOW = datetime.now(UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A person with a visit and an appointment, of which one stands under the previous hash; and another person."""
    today = date(2026, 9, 21)
    keys_of(tmp_path, PERSON, today - timedelta(days=365))
    old = hashed(NUMBER, person_keys(tmp_path))
    rotate(tmp_path, PERSON, today, timedelta(days=70))
    new = hashed(NUMBER, person_keys(tmp_path)).split(".")[0]
    booked = ev.AppointmentBooked("appointment-1", "12345678", "T001", "A", AT, "2026-09-22", old)
    mine = ev.TicketIssued("t-1", "A001", 1, "A", "ordinary", AT, AT, person=new)
    checked_in = ev.TicketIssued("t-2", "A002", 2, "A", "ordinary", AT, AT, appointment="appointment-1")
    rated = ev.ServiceRated(ticket="t-1", window="3", clerk="clerk-3", level=2, via="phone")
    diary, batch = Diary(tmp_path / "log.db"), Batch()
    diary.log.extend(order("c-1"), AT, [booked, mine, checked_in, issued(10), rated], batch.rows)
    assert diary.write(batch) is None
    diary.log.close()
    people = PeopleStore(tmp_path)
    people.keep("ticket/t-1", "rating", "words", "我的话", NOW, about={"level": 2})
    people.keep("appointment/appointment-1", "answer", "contact", "1380000", NOW)
    people.keep("ticket/t-2", "praise", "words", "签到后的话", NOW)
    people.keep("case/c-9", "answer", "name", "王小明", NOW, person=new)
    people.keep("ticket/t-10", "praise", "words", "别人的话", NOW)
    return tmp_path


def left(data: Path) -> list[str]:
    return [each.value for each in PeopleStore(data).find("1")]


def run(command: Callable[..., None], data: Path, *line: str, typed: str = "") -> Result:
    return CliRunner().invoke(command, ["--data", str(data), *line], input=typed)  # pyright: ignore[reportArgumentType]


def document(result: Result) -> dict[str, list[dict[str, object]]]:
    return json.loads(result.output[result.output.index("{") :])


BY: dict[str, tuple[list[str], str, list[str]]] = {
    "card": (["--card"], NUMBER + "\n", ["签到后的话", "别人的话"]),
    "ticket id": (["--ticket", "t-1"], "", ["1380000", "签到后的话", "王小明", "别人的话"]),
    "number": (["--ticket", "A001"], "", ["1380000", "签到后的话", "王小明", "别人的话"]),
    "code": (["--code", "12345678"], "", ["我的话", "王小明", "别人的话"]),
}


@pytest.mark.parametrize("name", BY)
def test_what_a_person_left_is_deleted_and_nobody_else_s(data: Path, name: str):
    line, typed, kept = BY[name]
    before = (data / "log.db").read_bytes()
    result = run(forget, data, *line, typed=typed)
    assert result.exit_code == 0, result.output
    assert left(data) == kept
    assert "统计数字不变" in result.output
    assert NUMBER not in result.output
    assert (data / "log.db").read_bytes() == before


def test_a_person_gets_their_own_data_by_card_under_both_hashes(data: Path):
    result = run(person, data, "--card", typed=NUMBER + "\n")
    assert result.exit_code == 0, result.output
    found = document(result)
    assert [len(str(each)) for each in found["hashes"]] == [64, 64]
    assert [each["subject"] for each in found["visits"]] == ["ticket/t-1", "appointment/appointment-1"]
    assert [each["value"] for each in found["given"]] == ["我的话", "1380000", "王小明"]
    words, contact, _ = found["given"]
    assert words["purpose"] == {
        "zh": "核实并改正差评反映的问题",
        "en": "to verify and put right what a bad rating is about",
    }
    assert str(contact["keep_until"]) > str(contact["at"])
    assert "clerk-3" not in result.output  # another person's data
    assert '"level": 2' in result.output
    assert "别人的话" not in result.output


def test_by_hash_only_what_stands_under_it(data: Path):
    digest = hashed(NUMBER, person_keys(data)).split(".")[1]
    assert [each["subject"] for each in document(run(person, data, "--hash", digest))["visits"]] == [
        "appointment/appointment-1"
    ]


def test_what_is_past_its_purpose_goes(data: Path):
    PeopleStore(data).keep("ticket/t-3", "answer", "contact", "1390000", NOW - timedelta(days=61))
    assert "已删除 1 条" in run(forget, data, "--expired").output
    assert len(left(data)) == 5


@pytest.mark.parametrize(
    ("line", "typed", "words"),
    [
        ([], "", "请给出一项"),
        (["--card", "--ticket", "t-1"], "", "请给出一项"),
        (["--hash", "abc"], "", "64 位十六进制"),
        (["--card"], "110105194912310021\n", "证件号不对"),
        (["--ticket", "t-99"], "", "没有 t-99"),
        (["--code", "99999999"], "", "没有 99999999"),
    ],
)
@pytest.mark.parametrize("command", [forget, person])
def test_who_is_not_named_rightly_is_told_and_nothing_is_deleted(
    data: Path, command: Callable[..., None], line: list[str], typed: str, words: str
):
    result = run(command, data, *line, typed=typed)
    assert result.exit_code == 2
    assert words in result.output
    assert len(left(data)) == 5


def test_without_a_key_there_is_no_person_and_no_key_is_made(data: Path):
    for path in (data / "keys").iterdir():
        path.unlink()
    result = run(forget, data, "--card", typed=NUMBER + "\n")
    assert (result.exit_code, "没有身份证号密钥" in result.output) == (2, True)
    assert list((data / "keys").iterdir()) == []
