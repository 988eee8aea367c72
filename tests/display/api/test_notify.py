"""A phone number for notices: left with a proof, shown by its last digits, taken back, and asked for nowhere else."""

from collections.abc import Iterator
from typing import Any

import pytest

from caller.eventlog import LOG_NAME
from caller.people.notify_numbers import BROWSER, NotifyNumbers
from display.api import notify
from tests.instruments.phone_hall import PUSHING, SETTINGS, TEXTING, PhoneHall
from tests.instruments.push_browser import PushBrowser

PHONE = "13800000001"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneHall]:
    texting = TEXTING.replace("applicants = true", "applicants = true\n" + PUSHING.replace("[notify]", ""))
    running = PhoneHall(tmp_path_factory.mktemp("notify"), settings=SETTINGS + texting)
    running.start()
    yield running
    running.close()


def ask(hall: PhoneHall, **form: Any) -> tuple[int, dict[str, Any]]:
    return hall.http("POST", "/notify", form)


def slip(hall: PhoneHall) -> str:
    phone = f"{len(NotifyNumbers(hall.data).all()):032x}"
    code = hall.code()
    _, passed = hall.here(phone, code)
    status, given = hall.by_phone(phone, code, passed["passed"], queue="A")
    assert status == 200, given
    return str(given["key"])


def test_a_number_is_left_by_the_slips_key_shown_by_its_end_and_taken_back(hall: PhoneHall):
    key = slip(hall)
    assert ask(hall, key=key) == (200, {"left": ""})
    assert ask(hall, key=key, phone="138 0000-0001", lang="en") == (200, {"left": "0001"})
    ticket = key.partition(".")[0]
    left = NotifyNumbers(hall.data).of(f"ticket/{ticket}")
    assert left
    assert (left.phone, left.lang) == (PHONE, "en")
    assert ask(hall, key=key, phone="13900000002") == (200, {"left": "0002"})
    assert ask(hall, key=key, phone="") == (200, {"left": ""})
    assert NotifyNumbers(hall.data).of(f"ticket/{ticket}") is None
    assert PHONE.encode() not in (hall.data / LOG_NAME).read_bytes()


@pytest.mark.parametrize(
    "phone", ["1380000000", "23800000001", "138000000011", "１３８０００００００１", "x"]
)
def test_what_is_no_mobile_number_is_told_and_nothing_kept(hall: PhoneHall, phone: str):
    key = slip(hall)
    status, said = ask(hall, key=key, phone=phone)
    assert (status, said["code"]) == (422, "bad-phone")
    assert ask(hall, key=key) == (200, {"left": ""})


def test_nobody_leaves_a_number_for_somebody_elses(hall: PhoneHall):
    key = slip(hall)
    forged = f"{key[:-1]}{'0' if key[-1] != '0' else '1'}"
    status, said = ask(hall, key=forged, phone=PHONE)
    assert (status, said["code"]) == (404, "unknown-ticket")
    for _ in range(4):
        status, said = ask(hall, code="12345678", phone=PHONE)
    assert status in (404, 429)
    status, said = hall.http("POST", "/notify", {"key": key, "phone": PHONE, "more": 1})
    assert status == 422


def test_a_form_in_a_log_line_shows_no_number():
    assert PHONE not in repr(notify.NotifyForm(phone=PHONE))


# --- browsers


def push(hall: PhoneHall, **form: Any) -> tuple[int, dict[str, Any]]:
    return hall.http("POST", "/push", form)


def test_a_browser_is_left_by_the_slips_key_beside_a_number_and_taken_back(hall: PhoneHall):
    key, given = slip(hall), PushBrowser("https://push.example.com/one").subscription
    status, before = push(hall, key=key)
    assert (status, before["on"], len(before["key"])) == (200, False, 87)
    assert push(hall, key=key, subscription=given, lang="en") == (200, {"on": True, "key": before["key"]})
    assert ask(hall, key=key, phone=PHONE) == (200, {"left": "0001"})
    subject = f"ticket/{key.partition('.')[0]}"
    left = NotifyNumbers(hall.data, BROWSER).of(subject)
    assert left
    assert ("push.example.com/one" in left.phone, left.lang) == (True, "en")
    assert push(hall, key=key, subscription="off")[1]["on"] is False
    assert NotifyNumbers(hall.data, BROWSER).of(subject) is None
    assert NotifyNumbers(hall.data).of(subject), "the number is another thing"
    assert b"push.example.com" not in (hall.data / LOG_NAME).read_bytes()


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "ftp://push.example.com/1"},
        {"p256dh": "x"},
        {"auth": ""},
        {"more": 1},
        {"endpoint": "https://x/" + "a" * 1100},
    ],
)
def test_what_no_browser_gives_is_told_and_nothing_kept(hall: PhoneHall, wrong: dict[str, Any]):
    key, given = slip(hall), PushBrowser("https://push.example.com/one").subscription
    status, said = push(hall, key=key, subscription=given | wrong)
    assert (status, said["code"]) == (422, "bad-push")
    assert push(hall, key=key)[1]["on"] is False


def test_nobody_lets_their_browser_be_told_of_anothers_number(hall: PhoneHall):
    key, given = slip(hall), PushBrowser("https://push.example.com/one").subscription
    forged = f"{key[:-1]}{'0' if key[-1] != '0' else '1'}"
    status, said = push(hall, key=forged, subscription=given)
    assert (status, said["code"]) == (404, "unknown-ticket")
