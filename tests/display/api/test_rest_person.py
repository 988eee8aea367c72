"""An ID number over REST: checked, hashed with the readers' key, and then it is nowhere any more."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.identity.id_hash import hashed, site_key
from caller.people.store import PeopleStore
from config.instants import instant
from devices.simulators.reader import number_for
from display.api.operations import PREFIX
from tests.display.api.test_rest import ask
from tests.instruments.running_hall import REPO, RunningHall, until
from tests.instruments.traces import traces

WORKDAYS = 5


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("rest-person"), REPO / "config/halls/county.toml").start()
    running._enrol(("guide", "g1"))
    yield running
    running.close()


def next_workday(hall: RunningHall) -> str:
    """In the hall's own calendar of weekends."""
    day = datetime.fromisoformat(hall.views["board"]["hall"]["day"]).replace(tzinfo=UTC) + timedelta(days=1)
    while day.weekday() >= WORKDAYS:
        day += timedelta(days=1)
    return day.date().isoformat()


def booking(hall: RunningHall, minutes: int = 0, **who: str) -> tuple[int, Any]:
    day = next_workday(hall)
    slot = instant(day, hall.settings.hall.opens, hall.settings.hall.zone) + minutes * 60_000_000
    return ask(hall, "POST", f"{PREFIX}/appointments", {"item": "T001", "slot": slot, "day": day} | who)


def test_a_number_typed_in_any_way_is_the_same_person(hall: RunningHall) -> None:
    number = next(found for serial in range(1, 30) if (found := number_for(serial)).endswith("X"))
    status, booked = booking(hall, id_number=number)
    assert (status, len(booked["code"])) == (200, 8)
    typed = f"{number[:6]} {number[6:14]} {number[14:].lower()}"
    status, problem = booking(hall, 30, id_number=typed)
    assert (status, problem["code"]) == (409, "person-booked")
    key = site_key(hall.data)
    status, problem = booking(hall, 30, person=hashed(number, key))
    assert (status, problem["code"]) == (409, "person-booked"), "the hash that a kiosk's reader makes"


@pytest.mark.parametrize(
    "wrong", ["", "12", number_for(40)[:17], number_for(40)[:17] + "x" * 2, "9" * 18, 7, None, ["a"]]
)
def test_a_wrong_number_is_told_in_plain_words_and_not_repeated(hall: RunningHall, wrong: Any) -> None:
    status, problem = booking(hall, id_number=wrong)
    assert (status, problem["code"]) == (422, "bad-id-number")
    assert problem["next_zh"]
    assert problem["next_en"]
    assert len(str(wrong)) < 10 or str(wrong) not in json.dumps(problem)


def test_a_check_mark_that_does_not_fit_is_seen(hall: RunningHall) -> None:
    number = number_for(41)
    status, problem = booking(hall, id_number=number[:17] + ("2" if number[17] == "1" else "1"))
    assert (status, problem["code"]) == (422, "bad-id-number")


def test_who_is_said_once(hall: RunningHall) -> None:
    status, problem = booking(hall, id_number=number_for(42), person="somebody")
    assert (status, problem["code"]) == (422, "two-persons")
    status, problem = booking(hall)
    assert (status, problem["code"]) == (422, "bad-body")


def test_a_plain_number_given_as_a_person_is_not_taken(hall: RunningHall) -> None:
    status, problem = booking(hall, person=number_for(43))
    assert (status, problem["code"]) == (422, "bad-body")
    assert number_for(43) not in json.dumps(problem)


def test_a_number_goes_with_a_ticket_too_and_only_where_a_person_is_asked_for(hall: RunningHall) -> None:
    who = {"items": ["T001"], "id_number": number_for(44)}
    assert ask(hall, "POST", f"{PREFIX}/tickets", who)[0] == 200
    status, problem = ask(hall, "POST", f"{PREFIX}/tickets", who)
    assert (status, problem["code"]) == (409, "live-ticket")
    status, problem = ask(hall, "POST", f"{PREFIX}/check-ins", {"code": "1234", "id_number": number_for(44)})
    assert (status, problem["code"]) == (422, "bad-body")


def test_a_client_is_named_by_number_or_credit_code_and_each_has_a_ticket(hall: RunningHall) -> None:
    agent, codes = number_for(50), ("91110000600037341L", number_for(51))
    for code in codes:
        status, given = ask(
            hall, "POST", f"{PREFIX}/tickets", {"items": ["T001"], "id_number": agent, "client_number": code}
        )
        assert status == 200, given
    again = {"items": ["T001"], "id_number": agent, "client_number": codes[0].lower()}
    status, problem = ask(hall, "POST", f"{PREFIX}/tickets", again)
    assert (status, problem["code"]) == (409, "client-ticket")
    status, problem = ask(hall, "POST", f"{PREFIX}/tickets", again | {"client_number": "91110000600037342L"})
    assert (status, problem["code"]) == (422, "bad-client-number")
    assert "600037342" not in json.dumps(problem)
    status, problem = ask(hall, "POST", f"{PREFIX}/tickets", again | {"id_number": codes[0]})
    assert (status, problem["code"]) == (422, "bad-id-number"), "a legal person does not stand there"
    status, problem = ask(hall, "POST", f"{PREFIX}/tickets", again | {"client": "0" * 64})
    assert (status, problem["code"]) == (422, "two-persons")


def test_an_agent_books_for_one_client_after_another(hall: RunningHall) -> None:
    agent = number_for(52)
    assert booking(hall, 120, id_number=agent, client_number="91110000600037341L")[0] == 200
    assert booking(hall, 120, id_number=agent, client_number=number_for(53))[0] == 200
    status, problem = booking(hall, 150, id_number=agent, client_number=number_for(53))
    assert (status, problem["code"]) == (409, "person-booked")


def test_without_a_sound_key_nobody_is_booked(hall: RunningHall) -> None:
    path = hall.data / "keys" / "person-0001.key"
    site_key(hall.data)
    path.chmod(0o644)
    status, problem = booking(hall, 60, id_number=number_for(45))
    path.chmod(0o600)
    assert (status, problem["code"]) == (503, "no-person-key")
    assert booking(hall, 60, id_number=number_for(45))[0] == 200


def test_the_document_says_how_one_says_who(hall: RunningHall) -> None:
    _, document = ask(hall, "GET", "/openapi.json", key="")
    book, take = (document["components"]["schemas"][name] for name in ("BookAppointment", "TakeTicket"))
    for schema in (book, take):
        assert schema["properties"]["id_number"]["writeOnly"]
        assert schema["properties"]["client_number"]["writeOnly"]
    assert [each["required"] for each in book["oneOf"]] == [["id_number"], ["person"]]
    assert "person" not in book["required"]
    assert "id_number" not in document["components"]["schemas"]["CheckIn"]["properties"]


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(f"select count(*) from {table}").fetchone()[0]


def test_nothing_anywhere_holds_the_number(tmp_path: Path) -> None:
    """Log, checkpoint, records, and what the processes said; after a day's end, when the checkpoint is written.
    The twin at the end: the same search sees a number that somebody has written down."""
    hall = RunningHall(tmp_path, REPO / "config/halls/county.toml").start()
    try:
        number, key, code = number_for(46), site_key(hall.data), "91110000600037341L"
        assert booking(hall, 90, id_number=number, client_number=code)[0] == 200
        assert booking(hall, 90, id_number=number[:17] + "?")[0] == 422
        assert ask(hall, "POST", f"{PREFIX}/tickets", b'{"id_number": "' + number.encode())[0] == 422
        hall.send(cmd.OpenWindow("1", clerk=number_for(47)))
        hall.send(cmd.CloseDay(expire=True))
        until(lambda: rows(hall.data / "log.db", "checkpoint"), "the day's checkpoint")
        digest = hashed(number, key)
        assert [
            each for each in traces(tmp_path, digest) if each not in ("log.db:event", "log.db-wal", "log.db")
        ]
    finally:
        hall.close()
    for part in (number, number[:17], number[6:17], code, code[6:17]):
        assert traces(tmp_path, part) == []
    assert "log.db:event" in traces(tmp_path, number_for(47))


# --- at the guide desk


def holder(hall: RunningHall, body: Any, role: str = "guide", name: str = "g1") -> tuple[int, Any]:
    return ask(hall, "POST", "/guide/person", body, hall.tokens[role, name])


def test_a_guide_gets_the_hash_of_a_number_and_no_other_station_does(hall: RunningHall) -> None:
    number = number_for(61)
    right = {"person": hashed(number, site_key(hall.data)), "last4": number[-4:]}
    assert holder(hall, {"number": number}) == (200, right)
    assert holder(hall, {"number": number}, "manager", "m1")[0] == 200
    for role, name in (("web", "web"), ("board", "b1"), ("supervisor", "s1"), ("evaluator", "1")):
        status, problem = holder(hall, {"number": number}, role, name)
        assert (status, problem["code"]) == (403, "not-allowed"), role
    assert ask(hall, "POST", "/guide/person", {"number": number}, "no-token")[0] == 401
    assert ask(hall, "POST", "/guide/person", {"number": number}, "")[0] == 401
    written = [file.read_text("utf-8", "replace") for file in hall.folder.glob("*.txt")]
    assert not any(number in text for text in written)


@pytest.mark.parametrize(
    "wrong", [{}, {"number": "12"}, {"number": 7}, {"number": "", "more": 1}, b"\xff", b"[]"]
)
def test_what_is_no_number_is_told_to_the_guide(hall: RunningHall, wrong: Any) -> None:
    status, problem = holder(hall, wrong or b"{}")
    assert (status, problem["code"]) == (422, "bad-id-number")


PHONE = "13800001234"


def left(hall: RunningHall, body: Any, role: str = "guide", name: str = "g1") -> tuple[int, Any]:
    return ask(hall, "POST", "/guide/contact", body, hall.tokens[role, name])


def sought(hall: RunningHall, phone: Any, role: str = "guide", name: str = "g1") -> tuple[int, Any]:
    return ask(hall, "POST", "/guide/phone", {"phone": phone}, hall.tokens[role, name])


def test_a_number_is_found_by_the_phone_left_for_that_and_by_no_other(hall: RunningHall) -> None:
    people = PeopleStore(hall.data)
    people.keep("ticket/t-9", "answer", "contact", PHONE, datetime.now(UTC))  # given for an answer alone
    assert sought(hall, PHONE) == (200, {"tickets": []})
    for ticket, number in (("t-1", "A001"), ("t-2", "B007")):
        assert left(hall, {"ticket": ticket, "number": number, "phone": PHONE})[0] == 200
    newest = [{"ticket": "t-2", "number": "B007"}, {"ticket": "t-1", "number": "A001"}]
    assert sought(hall, PHONE) == (200, {"tickets": newest})
    assert sought(hall, "13800001235") == (200, {"tickets": []})
    [kept, _] = people.find("purpose = 'find'")
    lasts = datetime.fromisoformat(kept.keep_until) - datetime.fromisoformat(kept.at)
    assert lasts == timedelta(days=1)
    people.forget_expired(datetime.now(UTC) + timedelta(days=1, seconds=1))
    assert sought(hall, PHONE) == (200, {"tickets": []})
    written = [file.read_text("utf-8", "replace") for file in hall.folder.glob("*.txt")]
    assert not any(PHONE in text for text in written)


def test_no_other_station_leaves_or_finds_a_phone(hall: RunningHall) -> None:
    for role, name in (("web", "web"), ("board", "b1"), ("supervisor", "s1"), ("evaluator", "1")):
        assert sought(hall, PHONE, role, name)[0] == 403, role
        assert left(hall, {"ticket": "t", "number": "A001", "phone": PHONE}, role, name)[0] == 403, role


@pytest.mark.parametrize(
    "phone", ["12345678901", "1380000123", "138000012345", "", 13800001234, "1380000123x"]
)
def test_what_is_no_phone_is_told_to_the_guide(hall: RunningHall, phone: Any) -> None:
    status, problem = sought(hall, phone)
    assert (status, problem["code"]) == (422, "bad-phone")
    assert left(hall, {"ticket": "t-1", "number": "A001", "phone": phone})[0] == 422
