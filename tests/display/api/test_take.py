"""A number by phone, through real processes: codes that hold and codes that do not, phones that are told apart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from caller.identity.keys import MAC_BYTES, SlipKey, slip_key
from config.instants import MINUTE
from config.setting_types import PhoneTable
from display.api import receipts, take
from tests.instruments.api_hall import API_SETTINGS, api_hall
from tests.instruments.caller_fixture import run
from tests.instruments.phone_hall import PhoneHall

ITEM = "A001"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneHall]:
    running = PhoneHall(tmp_path_factory.mktemp("take"))
    running.start()
    yield running
    running.close()


def phone() -> str:
    return uuid4().hex


# --- the code of the minute


def test_a_code_holds_for_its_minute_and_the_next_and_another_site_has_others():
    slips, now = SlipKey(b"one"), 1_000 * MINUTE
    code, before = slips.codes_at(now)
    assert slips.codes_at(now + MINUTE - 1) == (code, before)
    assert slips.codes_at(now + MINUTE)[1] == code
    assert code not in slips.codes_at(now + 2 * MINUTE)
    assert SlipKey(b"two").codes_at(now) != (code, before)
    assert len(code) == 2 * MAC_BYTES


def test_a_code_is_no_slips_key_and_a_slips_key_no_code():
    slips, now = SlipKey(b"one"), 1_000 * MINUTE
    assert slips.ticket_of(f"take-{now // MINUTE}.{slips.codes_at(now)[0]}") is None


# --- numbers


def test_a_phone_takes_its_number_with_what_it_scanned(hall: PhoneHall):
    one, code = phone(), hall.code()
    status, given = hall.here(one, code)
    assert status == 200
    assert given["queues"]["A"]["open"] is True
    assert "take" not in given
    status, number = hall.by_phone(one, code, given["passed"], items=[ITEM])
    assert status == 200, number
    ticket = hall.fresh(f"ticket/{number['key'].partition('.')[0]}")
    assert (ticket["number"], ticket["state"], ticket["items"]) == (number["number"], "waiting", [ITEM])
    assert hall.slips.ticket_of(number["key"]) == ticket["ticket"]


def test_a_phone_takes_one_number_for_several_items_and_is_told_where_it_goes_on(hall: PhoneHall):
    one, code = phone(), hall.code()
    passed = hall.here(one, code)[1]["passed"]
    status, number = hall.by_phone(one, code, passed, items=[ITEM, "L002"])
    assert status == 200, number
    ticket = hall.fresh(f"ticket/{number['key'].partition('.')[0]}")
    assert sorted(ticket["items"]) == [ITEM, "L002"]
    assert [stop["items"] for stop in ticket["then"]] == [ticket["items"][1:]]
    many = [f"A{n:03}" for n in range(1, 12)]
    assert hall.by_phone(phone(), code, passed, items=many)[1]["code"] == "bad-body"


def test_one_code_gives_one_number_per_phone_however_often_it_is_sent(hall: PhoneHall):
    one, other, code = phone(), phone(), hall.code()
    passes = {each: hall.here(each, code)[1]["passed"] for each in (one, other)}
    before = hall.issued()
    first = hall.by_phone(one, code, passes[one], items=[ITEM])[1]
    again = hall.by_phone(one, code, passes[one], items=["A002"])[1]
    assert again["number"] == first["number"]
    second = hall.by_phone(other, code, passes[other], items=[ITEM])[1]
    assert second["number"] != first["number"]
    assert hall.issued() == before + 2


@pytest.mark.parametrize(
    ("ago", "code", "status"), [(0, "", 200), (1, "", 200), (3, "take-code", 409), (60, "take-code", 409)]
)
def test_a_code_of_before_is_over_and_says_to_scan_again(hall: PhoneHall, ago: int, code: str, status: int):
    found, given = hall.here(phone(), hall.code(ago) if ago != 1 else hall.fresh("kiosk")["take"]["before"])
    assert (found, given.get("code", "")) == (status, code)
    assert status == 200 or "再扫" in given["next_zh"]


@pytest.mark.parametrize("code", ["", "0" * 2 * MAC_BYTES, "不是", "f" * 64, "../.."])
def test_a_forged_code_opens_nothing(hall: PhoneHall, code: str):
    assert hall.here(phone(), code)[1]["code"] == "take-code"


def test_a_pass_is_of_its_phone_and_code_and_of_its_time():
    passes, until = take.Passes(), 1_000
    given = passes.make("c", "p", until)
    assert passes.fits(given, "c", "p", until)
    assert not passes.fits(given, "c", "p", until + 1)
    assert not passes.fits(given, "c", "q", until)
    assert not passes.fits(given, "d", "p", until)
    assert not passes.fits(f"{until + 9}.{given.partition('.')[2]}", "c", "p", until)
    assert not take.Passes().fits(given, "c", "p", until), "of another start of the process"
    for wrong in ("", ".", "x.y", "9" * 30 + ".a", "１０００.ü"):
        assert not passes.fits(wrong, "c", "p", until)


def test_another_phones_pass_gives_no_number(hall: PhoneHall):
    code = hall.code()
    passed = hall.here(phone(), code)[1]["passed"]
    status, answer = hall.by_phone(phone(), code, passed, items=[ITEM])
    assert (status, answer["code"]) == (409, "take-pass")
    assert "再扫" in answer["next_zh"]


def test_a_phone_that_is_no_key_is_told_so(hall: PhoneHall):
    assert hall.here("", hall.code())[1]["code"] == "take-phone"


def test_what_does_not_come_from_our_page_is_not_taken(hall: PhoneHall):
    form = {"code": hall.code(), "phone": phone()}
    assert hall.http("POST", "/take/here", form, Origin="http://elsewhere")[1]["code"] == "strange-origin"
    assert hall.http("POST", "/take/here", b"[]")[1]["code"] == "bad-body"


def test_neither_code_nor_phone_stands_in_the_log_and_a_minute_is_no_event(hall: PhoneHall):
    one, code = phone(), hall.code()
    hall.by_phone(one, code, hall.here(one, code)[1]["passed"], items=[ITEM])
    rows = hall.log_rows()
    text = str(rows)
    assert one not in text
    assert code not in text
    assert take.phone_hash(one) in text


def test_made_up_phones_and_letters_without_a_slip_are_few_of_one_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Whoever asks from elsewhere is the twin: the bound is of the address, also of one network of IPv6."""
    monkeypatch.setattr(take, "TAKEN_MAX", 2)
    monkeypatch.setattr(receipts, "NAMELESS_MAX", 2)
    settings = replace(API_SETTINGS, phone=PhoneTable(take="here"))

    async def test() -> None:
        async with api_hall(tmp_path, settings) as hall:

            async def post(path: str, form: Any, address: str) -> Any:
                origin = {"Origin": f"http://127.0.0.1:{hall.site.port}", "X-Real-IP": address}
                return (await hall.http.post(path, json=form, headers=origin)).json()

            async def number(address: str) -> Any:
                code = slip_key(tmp_path).codes_at(hall.room.loop.clock.now())[0]  # of this minute
                form = {"code": code, "phone": phone()}
                here = await post("/take/here", form, address)
                assert "passed" in here, here
                passed = here["passed"]
                return await post("/take/number", form | {"passed": passed, "queue": "A"}, address)

            taken = [await number(f"2001:db8::{each}") for each in range(3)]
            assert [each.get("code", "") for each in taken] == ["", "", "too-fast"]
            assert (await number("10.0.0.9"))["number"]
            letter = {"kind": "praise", "text": "好"}
            given = [await post("/receipts", letter, "10.0.0.8") for _ in range(3)]
            assert [each["code"] == "too-fast" for each in given] == [False, False, True]
            assert (await post("/receipts", letter, "10.0.0.9"))["number"]

    run(test())


# --- numbers taken elsewhere


@pytest.fixture(scope="module")
def remote_hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneHall]:
    running = PhoneHall(tmp_path_factory.mktemp("remote"), settings='\n[phone]\ntake = "remote"\n')
    running.start()
    yield running
    running.close()


def test_where_a_number_is_taken_here_only_no_other_is_given(hall: PhoneHall):
    assert hall.by_phone(phone(), "", "", items=[ITEM])[1]["code"] == "take-pass"


def test_a_number_taken_elsewhere_is_checked_in_with_the_code_that_is_shown_here(remote_hall: PhoneHall):
    hall, one = remote_hall, phone()
    status, number = hall.by_phone(one, "", "", items=[ITEM])
    assert status == 200, number
    assert hall.by_phone(one, "", "", items=[ITEM])[1] == number, "sent again it is the same"
    topic = f"ticket/{number['key'].partition('.')[0]}"
    ticket = hall.fresh(topic)
    assert ticket["arrive_by"] - ticket["issued"] == 60 * MINUTE
    arrival = {"phone": one, "key": number["key"]}
    wrong = hall.http("POST", "/take/arrived", arrival | {"code": "0" * 2 * MAC_BYTES})
    assert (wrong[0], wrong[1]["code"]) == (409, "take-code")
    assert "arrive_by" in hall.fresh(topic)
    assert hall.http("POST", "/take/arrived", arrival | {"code": hall.code(), "key": "x"})[0] == 409
    status, given = hall.http("POST", "/take/arrived", arrival | {"code": hall.code()})
    assert (status, given["number"]) == (200, number["number"])
    assert "arrive_by" not in hall.fresh(topic)
    again = hall.http("POST", "/take/arrived", arrival | {"code": hall.code()})[1]
    assert again["code"] == "arrived-already"
