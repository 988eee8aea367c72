"""One webhook: what is in it, who signed it, where it may go, and what an answer means."""

import base64
import hmac
import socket
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from caller.delivery import webhooks
from caller.delivery.outbox import DAY, ReceiverRow
from caller.engine import events as ev
from caller.engine.hall_events import OutcomeCorrected
from caller.eventlog import Head, Record
from caller.eventlog.chain import encode
from config.reading.reader import inspect
from config.settings import Webhook
from tests.instruments.small_settings import GOOD
from tests.instruments.webhook_receiver import receiving

NOW = 1_790_000_000_000_000
KEY = b"k" * 32
ROW = ReceiverRow("city", "county", Head(0, b""), False, 1, 0, 0, "", 0)
# Fields of events that may leave the hall. A new field stands in neither list, and the test says so.
PUBLIC = {
    "about", "added", "again", "ahead", "appointment", "assistance", "back", "band", "before", "bound", "case",
    "case_levels", "case_type", "chosen", "closes_at", "come_back", "copy", "correct_until", "day", "days", "decided", "decision",
    "department", "detail", "device", "due", "errand", "expected", "fault", "fields", "first", "five_star", "follow_up",
    "from_file", "from_window", "hash", "high", "id", "into", "item", "items", "job", "kept", "kind", "last",
    "level", "levels", "low", "message", "month", "move", "not_before", "notice", "number", "opened", "origin", "outcome",
    "anonymous", "papers", "percent", "priority", "promise", "provisional", "question_until", "queue", "rating_until",
    "project", "ratings", "reason", "reasons", "receptions", "red_flag", "removed", "review_until", "root", "scope", "serial", "series", "serves", "slot",
    "standings", "start", "starts_at", "state", "station", "stops_at", "taken_back", "ticket", "ticket_number", "times",
    "also", "amount", "arrive_by", "arrived", "before_reason", "count", "discount", "fee", "first_visit", "full", "kiosk", "lease", "listed",
    "major", "on_sheet", "owed", "owed_days", "owed_due", "owed_provisional", "owed_warn", "parts", "price", "replaces",
    "unchecked", "unused", "way_before", "why",
    "until", "version", "via", "voucher", "walk_in", "warn", "way", "window", "zone",
}  # fmt: skip


def record(event: ev.AnyEvent, seq: int = 7) -> Record:
    kind = type(event).__name__
    return Record(seq, NOW, "c-1", "window", "3", kind, encode(event).decode(), bytes(range(32)))


ISSUED = ev.TicketIssued("t1", "A001", 1, "A", "ordinary", NOW, NOW, ["passport"], person="f" * 64)


def test_every_field_of_every_event_is_either_public_or_private():
    fields = {name for event in get_args(ev.AnyEvent) for name in event.__struct_fields__}
    assert fields == PUBLIC | webhooks.PRIVATE


def test_an_end_waits_until_it_may_not_be_corrected_and_its_correction_behind_it():
    until = NOW + 30_000_000
    ended = webhooks.message(
        "county", "city", record(ev.ServiceFinished("t1", "3", "done", correct_until=until))
    )
    back = webhooks.message(
        "county", "city", record(OutcomeCorrected("t1", "3", "1001", "rejected", "done"), 8)
    )
    assert (ended.due, back.due) == (until, 0)
    assert ended.subject == back.subject, "of one subject the earlier goes first"
    assert webhooks.message("county", "city", record(ISSUED)).due == 0


def test_a_message_tells_the_event_and_nothing_of_a_person():
    made = webhooks.message("county", "city", record(ISSUED))
    body = msgspec.json.decode(made.body)
    assert body["type"] == "TicketIssued"
    assert body["timestamp"] == "2026-09-21T14:13:20.000+00:00"
    assert body["data"]["number"] == "A001"
    assert (body["data"]["site"], body["data"]["seq"]) == ("county", 7)
    assert "f" * 64 not in made.body
    assert made.subject == "ticket/t1"
    booked = ev.AppointmentBooked("a1", "SECRET7", "passport", "A", NOW, "2026-09-22", "e" * 64)
    made = webhooks.message("county", "city", record(booked))
    assert "SECRET7" not in made.body
    assert "e" * 64 not in made.body
    assert made.subject == "appointment/a1"
    assert webhooks.message("county", "city", record(ev.DayClosed("2026-09-21"))).subject == "hall"


def test_the_same_event_has_the_same_id_and_another_in_its_place_has_another():
    one = webhooks.message("county", "city", record(ISSUED))
    assert one.id == webhooks.message("county", "tax", record(ISSUED)).id
    other = record(ISSUED)._replace(hash=b"\1" * 32)
    assert one.id != webhooks.message("county", "city", other).id


def test_the_signature_is_that_of_the_specification():
    """The vector that the specification's own libraries test themselves with."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = webhooks.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_of_its_receiver_and_the_old_one_signs_along_for_its_days():
    one = webhooks.secret(KEY, "city", 1)
    assert one not in (webhooks.secret(KEY, "tax", 1), webhooks.secret(KEY, "city", 2))
    assert webhooks.written(one).startswith("whsec_")
    assert base64.b64decode(webhooks.written(one)[6:]) == one
    renewed = ROW._replace(secret=2, renewed=NOW)
    two = webhooks.secret(KEY, "city", 2)
    assert webhooks.signing_secrets(KEY, ROW, NOW) == [one]
    assert webhooks.signing_secrets(KEY, renewed, NOW + 7 * DAY - 1) == [two, one]
    assert webhooks.signing_secrets(KEY, renewed, NOW + 7 * DAY) == [two]


def test_a_receiver_can_check_what_it_is_sent():
    message = webhooks.message("county", "city", record(ISSUED))
    secret = webhooks.secret(KEY, "city", 1)
    with receiving() as receiver:
        assert webhooks.post(hook(receiver.url), message, [secret], NOW) == webhooks.Answer("taken", "")
        (got,) = receiver.received
    assert (got.id, got.headers["webhook-timestamp"], got.body) == (message.id, "1790000000", message.body)
    assert got.headers["content-type"] == "application/json"
    signed = f"{got.id}.{got.headers['webhook-timestamp']}.{got.body}".encode()
    digest = hmac.digest(secret, signed, "sha256")
    assert got.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def hook(url: str, private: bool = True) -> Webhook:
    return Webhook("city", url, private=private)


MESSAGE = webhooks.test_message("county", "city", NOW)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, "taken"),
        (204, "taken"),
        (302, "refused"),
        (400, "refused"),
        (404, "refused"),
        (410, "gone"),
        (429, "away"),
        (500, "refused"),
        (502, "away"),
        (503, "away"),
        (504, "away"),
        (-1, "away"),
    ],
)
def test_what_an_answer_means(status: int, verdict: str):
    with receiving(lambda *_: status) as receiver:
        assert webhooks.post(hook(receiver.url), MESSAGE, [KEY], NOW).verdict == verdict
        assert len(receiver.received) == 1  # nothing is followed


def test_how_long_to_stay_away_is_the_receivers_to_say():
    with receiving(lambda *_: 503) as receiver:
        receiver.headers["retry-after"] = "120"
        assert webhooks.post(hook(receiver.url), MESSAGE, [KEY], NOW).after == 120
        receiver.headers["retry-after"] = "Wed, 21 Oct 2026 07:28:00 GMT"  # legal; our own wait serves
        assert webhooks.post(hook(receiver.url), MESSAGE, [KEY], NOW).after == 0


@pytest.mark.parametrize("asked", ["9" * 400, "9" * 10, "-5", "1e9", "٣"])
def test_a_wait_no_calendar_has_is_none(asked: str):
    """An infinite one would be an error of the follower's own, and nothing would go out any more."""
    with receiving(lambda *_: 503) as receiver:
        receiver.headers["retry-after"] = asked
        answer = webhooks.post(hook(receiver.url), MESSAGE, [KEY], NOW)
        assert (answer.verdict, answer.after) == ("away", 0)
    with pytest.raises(OverflowError):
        int(float("9" * 400) * 1e6)  # the twin


def test_a_path_in_hanzi_is_sent_as_its_bytes():
    with receiving() as receiver:
        assert webhooks.post(hook(receiver.url + "/通知?a=%20&b=1"), MESSAGE, [KEY], NOW).verdict == "taken"
        assert receiver.received[0].path == "/hook/%E9%80%9A%E7%9F%A5?a=%20&b=1"


@pytest.mark.parametrize("host", ["a..b", ".example.com", "a" * 70 + ".com"])
def test_a_name_nothing_can_look_up_is_away_and_no_error_of_ours(host: str, tmp_path: Path):
    """And `hallcall check` says so before; the twin is what the library raises."""
    assert webhooks.post(hook(f"https://{host}/"), MESSAGE, [KEY], NOW).verdict == "away"
    with pytest.raises(UnicodeError):
        socket.getaddrinfo(host, 443)
    path = tmp_path / "hall.toml"
    path.write_text(f'{GOOD}[[webhook]]\nid = "city"\nurl = "https://{host}/"\n', encoding="utf-8")
    assert host in str(inspect(path).mistakes)


def test_one_that_hangs_is_left_after_its_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(webhooks, "TIMEOUT_SECONDS", 0.05)
    with receiving(lambda *_: 0) as receiver:
        assert webhooks.post(hook(receiver.url), MESSAGE, [KEY], NOW).verdict == "away"


def test_nobody_listens():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        assert webhooks.post(hook(url), MESSAGE, [KEY], NOW).verdict == "away"


# --- no door into the inner network


def test_a_name_that_leads_inside_is_not_connected_to():
    with receiving() as receiver:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
            url = receiver.url.replace("127.0.0.1", host)
            answer = webhooks.post(hook(url, private=False), MESSAGE, [KEY], NOW)
            assert answer.verdict == "away"
            assert "private" in answer.detail
        assert receiver.received == []


def test_without_the_look_at_the_address_it_would_be(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(webhooks, "_is_public", lambda _: True)
    with receiving() as receiver:
        webhooks.post(hook(receiver.url, private=False), MESSAGE, [KEY], NOW)
        assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("10.1.2.3", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::c0a8:101", False),  # 192.168.1.1 behind a gateway of NAT64
        ("64:ff9b::808:808", True),
        ("2002:c0a8:101::1", False),  # the same by 6to4
        ("::7f00:1", False),
        ("fec0::1", False),
        ("224.0.0.1", False),
        ("ff0e::1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool):
    assert webhooks._is_public(address) is public


# --- the hall's file


def test_check_names_a_kind_that_no_event_has(tmp_path: Path):
    from caller.cli.check import CHECKS_ABOVE, check_named

    path = tmp_path / "hall.toml"
    path.write_text(
        GOOD + '[[webhook]]\nid = "city"\nurl = "https://example.gov.cn/h"\nkinds = ["TicketCaled"]\n'
        '[[webhook]]\nid = "tax"\nurl = "ftp://x"\n[[webhook]]\nid = "own"\nurl = "http://u:p@10.0.0.1/h"\n'
        '[[webhook]]\nid = "in"\nurl = "http://10.0.0.1/h"\n',
        encoding="utf-8",
    )
    reading = inspect(path, [check_named(name, tmp_path) for name in CHECKS_ABOVE])
    lines = [str(each) for each in reading.mistakes]
    assert len(lines) == 3
    assert "TicketCaled" in lines[0]
    assert "TicketCalled" in lines[0]  # what was meant
    assert "https://example.gov.cn/hallcall" in lines[1]
    assert "http://10.0.0.1/h" in lines[2]
    assert any("private = true" in str(each) for each in reading.warnings)
