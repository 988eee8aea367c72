"""A booking by phone through real processes: work, booking, change, cancel, calendar; and what robots meet."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from display.api import booking
from tests.instruments.phone_hall import PhoneHall, id_number

ITEM = "T001"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneHall]:
    running = PhoneHall(tmp_path_factory.mktemp("book"))
    running.start()
    yield running
    running.close()


def work_for(challenge: str, bits: int) -> str:
    """What the page does."""
    tried = 0
    while int.from_bytes(hashlib.sha256(f"{challenge}.{tried}".encode()).digest()) >> (256 - bits):
        tried += 1
    return str(tried)


def free(hall: PhoneHall, item: str = ITEM) -> list[tuple[str, int]]:
    days = hall.http("GET", f"/book/slots/{item}")[1]["days"]
    return [(day, int(slot)) for day, slots in days.items() for slot, left in slots.items() if left]


def form(hall: PhoneHall, number: str, nth: int = 0, item: str = ITEM) -> dict[str, Any]:
    asked = hall.http("GET", "/book/challenge")[1]
    day, slot = free(hall, item)[nth]
    work = work_for(asked["challenge"], asked["bits"])
    return {
        "item": item,
        "day": day,
        "slot": slot,
        "id_number": number,
        "challenge": asked["challenge"],
        "work": work,
    }


def book(hall: PhoneHall, number: str, nth: int = 0) -> str:
    status, answer = hall.http("POST", "/book/bookings", form(hall, number, nth))
    assert status == 200, answer
    return answer["code"]


def test_a_booking_is_made_seen_changed_and_given_up_by_its_code(hall: PhoneHall):
    number = id_number(1)
    code = book(hall, number)
    seen = hall.http("GET", f"/book/bookings/{code}")[1]
    day, slot = free(hall)[5]
    assert (seen["state"], seen["item"]) == ("booked", ITEM)
    assert hall.http("POST", f"/book/bookings/{code}/change", {"day": day, "slot": slot})[0] == 200
    assert hall.http("GET", f"/book/bookings/{code}")[1]["slot"] == slot
    assert hall.http("POST", f"/book/bookings/{code}/cancel", {})[0] == 200
    assert hall.http("GET", f"/book/bookings/{code}")[1]["state"] == "cancelled"
    assert number not in str(hall.log_rows()), "the log has the hash only"


def test_what_is_sent_again_books_once(hall: PhoneHall):
    sent = form(hall, id_number(2))
    first, again = (hall.http("POST", "/book/bookings", sent) for _ in range(2))
    assert first == again
    other = sent | {"id_number": id_number(3)}
    assert hall.http("POST", "/book/bookings", other)[1] == first[1], "a challenge books once"


@pytest.mark.parametrize("spoilt", ["work", "challenge", "both"])
def test_without_the_work_nothing_is_booked(hall: PhoneHall, spoilt: str):
    sent = form(hall, id_number(4))
    if spoilt != "challenge":
        sent["work"] = next(str(n) for n in range(10**6) if not fits(sent["challenge"], str(n)))
    if spoilt != "work":
        sent["challenge"] = sent["challenge"].replace(".", "1.", 1)
    assert hall.http("POST", "/book/bookings", sent)[1]["code"] == "book-work"


def fits(challenge: str, work: str) -> bool:
    digest = hashlib.sha256(f"{challenge}.{work}".encode()).digest()
    return int.from_bytes(digest) >> (256 - booking.WORK_BITS) == 0


def test_a_challenge_ends_and_is_of_one_start_of_the_process():
    challenges = booking.Challenges(bits=4)
    made = challenges.make(1_000)
    work = work_for(made, 4)
    until = 1_000 + booking.CHALLENGE_MICROS
    assert challenges.fits(made, work, until)
    assert not challenges.fits(made, work, until + 1)
    assert not booking.Challenges(bits=4).fits(made, work, until)
    for wrong in ("", "..", "1.2", "９.a.b"):
        assert not challenges.fits(wrong, work, 0)


def test_wrong_numbers_and_forms_are_told_and_a_guessed_code_is_counted(hall: PhoneHall):
    assert hall.http("POST", "/book/bookings", form(hall, "123"))[1]["code"] == "bad-id-number"
    assert hall.http("POST", "/book/bookings", {"item": ITEM})[1]["code"] == "book-form"
    assert hall.http("GET", "/book/slots/none")[1]["code"] == "unknown-item"
    same = {"X_Real_IP": "10.9.9.9"}
    codes = [hall.http("GET", f"/book/bookings/{n:08d}", **same)[1]["code"] for n in range(21)]
    assert codes[:20] == ["unknown-appointment"] * 20
    assert codes[20] == "receipt-tries"


def test_the_calendar_file_is_as_the_standard_says(hall: PhoneHall):
    code = book(hall, id_number(6), 8)
    seen = hall.http("GET", f"/book/bookings/{code}")[1]
    text = hall.text(f"/book/bookings/{code}.ics")
    lines = text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert all(len(line.encode()) <= 75 for line in lines)
    assert f"UID:{seen['appointment']}@{hall.settings.hall.site}" in text.replace("\r\n ", "")
    assert code in text.replace("\r\n ", "")
    assert "预约码" in text
    english = hall.text(f"/book/bookings/{code}.ics?lang=en").replace("\r\n ", "")
    assert f"SUMMARY:{hall.settings.hall.name_en} " in english
    assert f"Booking code {code}" in english
    assert f"/book?lang=en#{code}" in english
    assert hall.text(f"/book/bookings/{code}.ics?lang=xx").split("DTSTART")[1] == text.split("DTSTART")[1]
    starts = next(line for line in lines if line.startswith("DTSTART:"))
    assert starts == f"DTSTART:{booking._stamp(seen['slot'])}"


def test_twin_a_line_that_is_not_folded_is_too_long():
    long = "SUMMARY:" + "示例县政务服务大厅" * 5
    assert len(long.encode()) > 75
    folded = booking._folded(long)
    assert all(len(line.encode()) <= 75 for line in folded.split("\r\n"))
    assert folded.replace("\r\n ", "") == long
