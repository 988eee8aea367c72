"""Complaints and the like through real processes: by phone and by page, followed by the code, from receipt to archive."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from caller.client.client import Client, RefusedError
from caller.engine import commands as cmd
from caller.engine.feedback_messages import FeedbackWay, SubmitFeedback
from caller.engine.short_codes import KINDS, WrongTries
from caller.eventlog import LOG_NAME
from caller.people.feedback_store import BOXED_MAX, FeedbackStore
from display.api import receipts
from tests.instruments.feedback_hall import FeedbackHall
from tests.instruments.running_hall import until

OFFICE_WAYS: tuple[FeedbackWay, ...] = ("call", "letter", "visit")
WORDS, REPLY, PHONE = "等了两个小时，材料退了三次", "已向您道歉并改正", "13800000000"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeedbackHall]:
    running = FeedbackHall(tmp_path_factory.mktemp("receipts"))
    running.start()
    running.open("1", "2")
    running._enrol(("guide", "g1"), ("kiosk", "k9"))
    yield running
    running.close()


def log_text(hall: FeedbackHall) -> str:
    with sqlite3.connect(f"file:{hall.data / LOG_NAME}?mode=ro", uri=True) as log:
        return str(log.execute("select * from event").fetchall())


def kept(hall: FeedbackHall, number: str) -> dict[str, list[str]]:
    """What lies in the people's store of one, by field."""
    found: dict[str, list[str]] = {}
    for entry in FeedbackStore(hall.data).of(hall.follow(number)[1]["subject"]):
        found.setdefault(entry.field, []).append(entry.value)
    return found


def test_a_complaint_by_phone_is_followed_to_its_archive_over_a_kill(hall: FeedbackHall) -> None:
    hall.take("A")
    ticket = hall.call("1")["ticket"]
    hall.serve("1")
    hall.finish("1")
    given = hall.submit(key=hall.phone_key(ticket), text=WORDS, contact=PHONE, reason="slow")
    number, code = given["number"], given["code"]
    id, line = hall.follow(number)
    assert (line["way"], line["window"], line["clerk"], line["ticket"]) == ("phone", "1", "C001", ticket)
    assert kept(hall, number) == {"words": [WORDS], "contact": [PHONE]}
    assert WORDS not in log_text(hall)
    assert PHONE not in log_text(hall)
    with pytest.raises(StopIteration):
        hall.follow(number, "C001")
    hall.kill_caller()
    hall.restart_caller()
    until(lambda: hall.http("GET", f"/receipts/{code}")[0] == 200, "the web process is connected again")
    assert hall.receipt(code)["state"] == "opened"
    hall.move(number, "assign", "ann")
    hall.move(number, "step", "ann", code="phoned")
    FeedbackStore(hall.data).answer(f"follow-up/{id}", REPLY, datetime.now(UTC))
    hall.move(number, "answer", "ann", code="upheld")
    assert "reply" not in hall.receipt(code), "not before another person has reviewed it"
    hall.move(number, "approve", "ben")
    seen = hall.receipt(code)
    assert (seen["state"], seen["reply"], seen["judge"], seen["appeal"]) == ("closed", REPLY, True, True)
    assert hall.http("POST", f"/receipts/{code}/words", {"text": "再说一句"})[1]["code"] == "receipt-closed"
    assert hall.http("POST", f"/receipts/{code}/verdict", {"satisfied": False, "again": True})[0] == 200
    assert hall.receipt(code)["state"] == "reopened"
    hall.answer(number, "已再次核实", owner="li", reviewer="ben")
    assert hall.http("POST", f"/receipts/{code}/verdict", {"satisfied": True})[0] == 200
    hall.move(number, "archive", "ben")
    seen = hall.receipt(code)
    assert (seen["state"], seen["verdict"], seen["judge"]) == ("archived", "satisfied", False)


def test_one_by_each_way_comes_to_its_archive(hall: FeedbackHall) -> None:
    """Page and phone by the web process, kiosk and guide desk by their stations, the window that files, the office's ways."""
    hall._enrol(("window", "2"))
    hall.send(cmd.TakeTicket(queue=hall.settings.windows[1].queues[0], window="2"))
    at_window = hall.call("2")["ticket"]
    never_called = hall.take("A")["ticket"]
    given = {
        "page": hall.submit(text=WORDS), "phone": hall.submit(text=WORDS, key=hall.phone_key(never_called)),
        "kiosk": by_station(hall, "kiosk", "k9", SubmitFeedback("complaint", "kiosk")),
        "guide": by_station(hall, "guide", "g1", SubmitFeedback("complaint", "guide")),
        "window": by_station(hall, "window", "2", SubmitFeedback("complaint", "window", at_window, reason="slow")),
        **{way: hall.send(SubmitFeedback("complaint", way)) for way in OFFICE_WAYS},
    }  # fmt: skip
    for way, receipt in given.items():
        number, code = receipt["number"], receipt["code"]
        assert (hall.follow(number)[1]["way"], hall.receipt(code)["state"]) == (way, "opened")
        hall.answer(number, REPLY)
        assert hall.http("POST", f"/receipts/{code}/verdict", {"satisfied": True})[0] == 200
        hall.move(number, "archive", "ben")
        seen = hall.receipt(code)
        assert (seen["state"], seen["verdict"], seen["reply"], seen["light"]) == (
            "archived",
            "satisfied",
            REPLY,
            "grey",
        )
    hall.finish("2")


def by_station(hall: FeedbackHall, role: str, name: str, command: SubmitFeedback) -> dict[str, Any]:
    async def sent() -> dict[str, Any]:
        async with Client(hall.caller.address, hall.tokens[role, name]) as client:
            return await client.send(command)

    return hall._run(sent())


def test_what_the_holder_of_a_number_adds_joins_the_one_that_is_open(hall: FeedbackHall) -> None:
    key = hall.phone_key(hall.take("A")["ticket"])
    first = hall.submit(key=key, kind="suggestion", text=WORDS)
    again = hall.submit(key=key, kind="suggestion", text="再补充")
    assert (again["number"], again["code"], again["joined"]) == (first["number"], first["code"], True)
    assert kept(hall, first["number"])["words"] == [WORDS, "再补充"]
    assert hall.submit(key=key, kind="praise", text="谢谢")["joined"] is False


def test_without_a_number_and_anonymous_no_contact_is_kept(hall: FeedbackHall) -> None:
    given = hall.submit(text=WORDS, contact=PHONE, anonymous=True, window="1", kind="report")
    line = hall.follow(given["number"])[1]
    assert (line["way"], line["window"], line["clerk"], line["anonymous"]) == ("page", "1", "C001", True)
    assert kept(hall, given["number"]) == {"words": [WORDS]}
    status, answer = hall.http("POST", f"/receipts/{given['code']}/words", {"text": "补充", "contact": PHONE})
    assert (status, answer) == (200, {"left": BOXED_MAX - 2})
    assert hall.receipt(given["code"])["letters"] == 2


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"text": "  "}, 422, "bad-opinion"),
        ({"text": "x" * 501}, 422, "bad-opinion"),
        ({"kind": "rating", "text": WORDS}, 422, "bad-opinion"),
        ({"text": WORDS, "reason": "rude"}, 409, "unknown-code"),
        ({"text": WORDS, "window": "99"}, 409, "unknown-window"),
        (
            {"text": WORDS, "key": "0192f3a4-7b1c-7def-8a90-1234567890ab.0123456789abcdef01234567"},
            404,
            "unknown-ticket",
        ),
    ],
)
def test_bad_input_is_refused_in_words_and_nothing_is_kept(
    hall: FeedbackHall, form: Any, status: int, code: str
) -> None:
    before = len(FeedbackStore(hall.data).newest()), len(hall.fresh("followups")["followups"])
    found, answer = hall.http("POST", "/receipts", {"kind": "complaint"} | form)
    assert (found, answer["code"]) == (status, code)
    assert answer["zh"]
    assert answer["en"]
    assert (len(FeedbackStore(hall.data).newest()), len(hall.fresh("followups")["followups"])) == before


def test_only_our_own_pages_send(hall: FeedbackHall) -> None:
    form = {"kind": "complaint", "text": WORDS}
    assert hall.http("POST", "/receipts", form, Origin="http://elsewhere")[1]["code"] == "strange-origin"


def test_wrong_codes_are_counted_and_then_right_ones_are_refused_too(hall: FeedbackHall) -> None:
    code = hall.submit(text=WORDS)["code"]
    wrong = f"{(int(code) + 1) % 10**10:010}"
    tries = [hall.http("GET", f"/receipts/{wrong}", X_Real_IP="10.0.0.9") for _ in range(11)]
    assert [status for status, _ in tries] == [404] * 10 + [429]
    assert tries[0][1]["code"] == "unknown-receipt"
    assert hall.http("GET", f"/receipts/{code}", X_Real_IP="10.0.0.9")[1]["code"] == "receipt-tries"
    assert hall.http("GET", f"/receipts/{code}", X_Real_IP="10.0.0.8")[0] == 200


def test_twin_without_the_count_nobody_is_stopped(
    hall: FeedbackHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = WrongTries()
    for _ in range(10):
        counts.note("me", 1)
    assert counts.minutes_left("feedback", "me", 2) > 0
    monkeypatch.setattr(receipts.WrongTries, "note", lambda *_: None)
    api = receipts.ReceiptApi(FeedbackStore(hall.data), None, receipts.AddressRate(1))  # type: ignore[arg-type]
    for _ in range(10):
        api._wrong.note("me", 1)
    assert api._wrong.minutes_left("feedback", "me", 2) == 0


def test_a_guess_at_the_card_costs_its_address_and_a_right_number_names_no_visit(hall: FeedbackHall) -> None:
    """The number on a slip is no secret: five wrong ones, and the address waits; another does not."""
    form = {"window": "1", "number": "A999", "level": 1}
    for _ in range(KINDS["card"].tries):
        assert hall.http("POST", "/card", form, X_Real_IP="10.0.0.5")[1]["code"] == "no-such-visit"
    assert hall.http("POST", "/card", form, X_Real_IP="10.0.0.5")[1]["code"] == "card-tries"
    assert hall.http("POST", "/card", form, X_Real_IP="10.0.0.6")[1]["code"] == "no-such-visit"
    hall.take("A")
    served = hall.call("1")
    hall.serve("1")
    hall.finish("1")
    good = form | {"number": served["number"], "level": 5}
    assert hall.http("POST", "/card", good) == (200, {"kept": False})
    for _ in range(KINDS["card"].tries):  # whether somebody has rated is not to be asked for ever
        assert hall.http("POST", "/card", good, X_Real_IP="10.0.0.7")[1]["code"] == "already-rated"
    assert hall.http("POST", "/card", good, X_Real_IP="10.0.0.7")[1]["code"] == "card-tries"


# --- the other ways


async def sent_by(hall: FeedbackHall, role: str, name: str, command: Any) -> dict[str, Any]:
    async with Client(hall.caller.address, hall.tokens[role, name]) as station:
        return await station.send(command)


def test_the_guide_desk_takes_one_down_with_its_words(hall: FeedbackHall) -> None:
    given = hall._run(sent_by(hall, "guide", "g1", SubmitFeedback("consultation", "guide", anonymous=False)))
    letter = {
        "id": given["follow_up"],
        "kind": "consultation",
        "number": given["number"],
        "text": "怎么办社保卡",
        "contact": PHONE,
    }
    key = {"Authorization": f"Bearer {hall.tokens['guide', 'g1']}"}
    assert hall.http("POST", "/guide/feedback", letter, **key)[0] == 200
    assert kept(hall, given["number"]) == {"words": ["怎么办社保卡"], "contact": [PHONE]}
    key = {"Authorization": f"Bearer {hall.tokens['board', 'b1']}"}
    assert hall.http("POST", "/guide/feedback", letter, **key)[1]["code"] == "not-allowed"


def test_the_kiosk_gives_a_receipt_whose_words_come_by_phone(hall: FeedbackHall) -> None:
    given = hall._run(
        sent_by(
            hall,
            "kiosk",
            "k9",
            SubmitFeedback("complaint", "kiosk", window="2", reason="waiting", anonymous=True),
        )
    )
    assert hall.http("POST", f"/receipts/{given['code']}/words", {"text": WORDS})[0] == 200
    assert kept(hall, given["number"]) == {"words": [WORDS]}


def test_a_window_of_cannot_get_it_done_files_its_reception_and_no_other(hall: FeedbackHall) -> None:
    hall._enrol(("window", "2"), ("window", "1"))
    hall.take("B")
    ticket = hall.call("2")["ticket"]
    command = SubmitFeedback("complaint", "window", ticket)
    with pytest.raises(RefusedError) as refused:
        hall._run(sent_by(hall, "window", "1", command))
    assert refused.value.frame.code == "not-allowed"
    given = hall._run(sent_by(hall, "window", "2", command))
    assert hall.follow(given["number"])[1]["ticket"] == ticket
    hall.serve("2")
    hall.finish("2")


def test_a_moved_date_is_noted_as_told_by_the_page(hall: FeedbackHall) -> None:
    """Nothing has moved here: the page tells nothing, and a command that says so is taken from the web only by page."""
    given = hall.submit(text=WORDS)
    id = hall.follow(given["number"])[0]
    with pytest.raises(RefusedError):
        hall._run(sent_by(hall, "web", "web", cmd.NoteDateTold(id, "call")))
    hall._run(sent_by(hall, "web", "web", cmd.NoteDateTold(id, "page")))
    assert hall.follow(given["number"])[1]["told"] == ""
