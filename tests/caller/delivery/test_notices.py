"""What applicants and staff are told, through a real gateway and real servers of mail, ntfy and JSON: once at most, in time."""

import asyncio
import email
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.policy import default as email_policy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from caller.delivery import notices, sms_gateway, webhooks
from caller.delivery.notice_senders import StaffSender, keep_secret, quiet_until
from caller.delivery.outbox import OUTBOX_NAME, Outbox
from caller.delivery.sender import Made
from caller.delivery.sms_gateway import GatewaySender
from caller.engine import commands as cmd
from caller.engine.case_messages import OpenCase
from caller.engine.envelope import NoteOverdue
from caller.engine.suspension_terms import Suspend
from caller.eventlog import Record, chain
from caller.people.notify_numbers import NotifyNumbers
from caller.people.store import PEOPLE_NAME
from config.case_settings import CasesTable
from config.delivery_settings import (
    APPLICANT_NOTICES,
    NOTICE_FACTS,
    STAFF_NOTICES,
    Gateway,
    NoticeText,
    NotifyTable,
    StaffReceiver,
)
from config.instants import MINUTE
from config.settings import Department, Item, Queue, Rules
from tests.instruments.case_fixture import ITEMS, NOTICES, move, served
from tests.instruments.engine_fixture import at, settings
from tests.instruments.logged_stage import LoggedStage, messages, rounds, told_from_the_start
from tests.instruments.webhook_receiver import WebhookReceiver, receiving

PHONE = "13800000001"
BODY = '{"to": "{phone}", "content": "{text}", "key": "{secret}", "serial": "{id}"}'


@pytest.fixture
def gateway() -> Iterator[WebhookReceiver]:
    with receiving(lambda *_: 200) as each:
        each.says = b'{"code":0}'
        yield each


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[LoggedStage]:
    each = LoggedStage(tmp_path, rules=Rules(no_show_seconds=0, recall_seconds=0))
    yield each
    each.close()


def sms(stage: LoggedStage, receiver: WebhookReceiver, **changes: Any) -> GatewaySender:
    row = Gateway("sms", receiver.url, BODY, taken='"code":0', private=True, **changes)
    sender = GatewaySender(stage.settings, stage.data, row, lambda: stage.now, lambda: 1.0)
    told_from_the_start(stage.data, sender)
    return sender


def leave(stage: LoggedStage, subject: str, lang: str = "zh", phone: str = PHONE) -> None:
    NotifyNumbers(stage.data).leave(subject, phone, lang, datetime.fromtimestamp(stage.now / 1e6, UTC))


def take(stage: LoggedStage, queue: str = "A", lang: str = "zh", phone: str = "") -> str:
    """A number whose holder is to be told."""
    id = stage.find(stage.take(queue)).id
    leave(stage, f"ticket/{id}", lang, phone or PHONE)
    return id


def test_events_that_were_taken_in_half_are_taken_in_anew(
    stage: LoggedStage, gateway: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The people's store was held by another process just then."""
    sender, _ = sms(stage, gateway), take(stage)
    stage.open("1")
    stage.next("1")
    stage.press(cmd.StartService, "1")
    stage.press(cmd.FinishService, "1", outcome="done")
    with monkeypatch.context() as held:
        held.setattr(NotifyNumbers, "forget", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sender.round(threading.Event())
    take(stage)
    stage.next("1")
    rounds(sender)
    assert len(texts(gateway)) == 1, "the first one's number is deleted by now, the second one is told"


class BusySender(GatewaySender):
    """In whose hall something happens whenever it takes events in."""

    stage: LoggedStage
    taken_in = 0

    def made_of(self, outbox: Outbox, records: list[Record]) -> Made:
        self.taken_in += 1
        assert self.taken_in < 20, "it takes in without end, and sends nothing"
        self.stage.take("A")
        return super().made_of(outbox, records)


def test_a_hall_in_which_something_happens_all_the_while_is_sent_what_is_due(
    stage: LoggedStage, gateway: WebhookReceiver
) -> None:
    take(stage)
    stage.open("1")
    stage.next("1")
    row = Gateway("sms", gateway.url, BODY, taken='"code":0', private=True)
    sender = BusySender(stage.settings, stage.data, row, lambda: stage.now, lambda: 1.0)
    sender.stage = stage
    told_from_the_start(stage.data, sender)
    sender.round(threading.Event())
    assert texts(gateway)


def texts(receiver: WebhookReceiver) -> list[str]:
    return [json.loads(each.body)["content"] for each in receiver.received]


def test_who_waits_is_told_when_it_is_near_and_when_it_is_called_each_once(
    stage: LoggedStage, gateway: WebhookReceiver
):
    stage.open("1")
    sender = sms(stage, gateway)
    for _ in range(5):
        stage.take("A")
    take(stage)
    rounds(sender)
    assert texts(gateway) == []  # five are before
    for _ in range(2):
        stage.serve("1")
    rounds(sender)
    assert texts(gateway) == ["【舞台大厅】A006 号：前面还有 3 人，请回到等候区。"]
    for _ in range(3):
        stage.serve("1")
        rounds(sender)
    stage.next("1")
    rounds(sender)
    assert texts(gateway)[1:] == ["【舞台大厅】请 A006 号到一号办理。"]
    again = GatewaySender(stage.settings, stage.data, sender.gateway, lambda: stage.now)
    with Outbox(stage.data) as outbox:
        outbox.rewind("sms", chain.genesis("stage"), told=True)
    rounds(again)
    assert len(gateway.received) == 2  # gone through again, told nothing twice


def test_a_number_is_deleted_when_its_visit_has_ended_and_stands_nowhere_else(
    stage: LoggedStage, gateway: WebhookReceiver
):
    stage.open("1")
    sender = sms(stage, gateway)
    take(stage)
    stage.next("1")
    rounds(sender)
    assert json.loads(gateway.received[0].body)["to"] == PHONE
    stage.press(cmd.StartService, "1")
    stage.press(cmd.FinishService, "1")
    rounds(sender)
    assert NotifyNumbers(stage.data).all() == {}
    for name in (OUTBOX_NAME, f"{OUTBOX_NAME}-wal", PEOPLE_NAME, "log.db", "log.db-wal"):
        path = stage.data / name
        assert not path.exists() or PHONE.encode() not in path.read_bytes()


def test_a_gateways_answer_that_repeats_the_number_does_not_keep_it(
    stage: LoggedStage, gateway: WebhookReceiver
):
    gateway.manners, gateway.says = lambda *_: 400, f"bad {PHONE}".encode()
    stage.open("1")
    sender = sms(stage, gateway)
    take(stage)
    stage.next("1")
    rounds(sender)
    (message,) = messages(stage.data, sender, "refused")
    assert message.detail == "HTTP 400 bad …"


@pytest.mark.parametrize(
    ("status", "says", "state", "sent_again"),
    [
        (200, b'{"code":0}', "sent", 0),
        (200, b'{"code":7}', "refused", 0),
        (400, b"no", "refused", 0),
        (500, b"", "unknown", 0),
        (-1, b"", "unknown", 0),  # it closed without an answer: it may have sent
        (503, b"", "waiting", 1),
    ],
)
def test_what_may_have_arrived_is_never_sent_again(
    stage: LoggedStage, gateway: WebhookReceiver, status: int, says: bytes, state: str, sent_again: int
):
    gateway.manners, gateway.says = lambda *_: status, says
    stage.open("1")
    sender = sms(stage, gateway, notices=["called"])
    take(stage)
    stage.next("1")
    rounds(sender)
    (message,) = messages(stage.data, sender)
    assert message.state == state
    for _ in range(3):
        stage.later(3)
        rounds(sender)
    assert (len(gateway.received) > 1) == bool(sent_again)


def test_a_kill_between_the_mark_and_the_answer_leaves_it_unknown(
    stage: LoggedStage, gateway: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
):
    stage.open("1")
    sender = sms(stage, gateway, notices=["called"])
    take(stage)
    stage.next("1")

    def killed(*_: object) -> webhooks.Answer:
        raise KeyboardInterrupt

    monkeypatch.setattr(sms_gateway, "send", killed)
    with pytest.raises(KeyboardInterrupt):
        rounds(sender)
    monkeypatch.undo()
    rounds(GatewaySender(stage.settings, stage.data, sender.gateway, lambda: stage.now))
    (message,) = messages(stage.data, sender)
    assert (message.state, gateway.received) == ("unknown", [])


def test_twin_without_the_mark_a_kill_tells_a_person_twice(
    stage: LoggedStage, gateway: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Outbox, "mark", lambda *_: None)
    stage.open("1")
    sender = sms(stage, gateway, notices=["called"])
    take(stage)
    stage.next("1")
    send = sms_gateway.send

    def killed(*words: Any) -> webhooks.Answer:
        send(*words)
        raise KeyboardInterrupt

    monkeypatch.setattr(sms_gateway, "send", killed)
    with pytest.raises(KeyboardInterrupt):
        rounds(sender)
    monkeypatch.setattr(sms_gateway, "send", send)
    rounds(GatewaySender(stage.settings, stage.data, sender.gateway, lambda: stage.now))
    assert len(gateway.received) == 2


def test_a_gateway_that_is_away_is_tried_while_the_notice_is_of_use(
    stage: LoggedStage, gateway: WebhookReceiver
):
    gateway.manners = lambda *_: 503
    stage.open("1")
    sender = sms(stage, gateway, notices=["called"])
    take(stage)
    stage.next("1")
    rounds(sender, stage, lambda: bool(messages(stage.data, sender, "late")))
    gateway.manners = lambda *_: 200
    tried = len(gateway.received)
    rounds(sender)
    assert len(gateway.received) == tried  # an hour late a call is of no use


def test_nobody_is_told_who_left_no_number_or_took_it_back(stage: LoggedStage, gateway: WebhookReceiver):
    stage.open("1")
    sender = sms(stage, gateway)
    id = take(stage)
    stage.take("A")
    NotifyNumbers(stage.data).forget(f"ticket/{id}")
    stage.serve("1")
    stage.serve("1")
    rounds(sender)
    assert gateway.received == []


def test_another_window_and_a_hall_that_is_delayed_are_told_in_the_holders_language(
    stage: LoggedStage, gateway: WebhookReceiver
):
    stage.open("1", "2", "3")
    sender = sms(stage, gateway, notices=["moved", "delayed"])
    take(stage, "A", "en")
    stage.next("1")
    stage.press(cmd.StartService, "1")
    stage.press(cmd.TransferTicket, "1", queue="B")
    rounds(sender)
    assert texts(gateway) == [
        "[Stage Hall] A001 goes on at Housing. Wait for the call; no new number is needed."
    ]
    stage.do(Suspend("hall", "power"))
    rounds(sender)
    assert "Your place is kept" in texts(gateway)[1]
    assert "Power cut" in texts(gateway)[1]


def test_a_case_that_is_decided_is_told_and_its_number_forgotten_at_the_end(
    tmp_path: Path, gateway: WebhookReceiver
):
    stage = LoggedStage(
        tmp_path, items=ITEMS, cases=CasesTable(enabled=True), year_notices=NOTICES,
        departments=(Department("d1", "人社局", phone="0000-2"),),
    ).open("1")  # fmt: skip
    assert isinstance(stage, LoggedStage)
    sender = sms(stage, gateway, notices=["ready", "decided"])
    stage.do(cmd.TakeTicket(items=["i1"]))
    leave(stage, f"ticket/{stage.find('A001').id}")
    case = served(stage, "accepted")["about"]
    rounds(sender)
    move(stage, case, "take", owner="1007")
    move(stage, case, "decide", decision="granted")
    rounds(sender)
    number = stage.hall.register.cases[case].number
    assert texts(gateway) == [f"【舞台大厅】参保（办件 {number}）已办好，请带受理通知书来领取结果。"]
    move(stage, case, "issue")
    move(stage, case, "close")
    rounds(sender)
    assert NotifyNumbers(stage.data).all() == {}
    stage.close()


def book(stage: LoggedStage, slot: int, day: str) -> str:
    return str(stage.do(cmd.BookAppointment("i1", slot, "f" * 64, day))["appointment"])


def test_an_appointment_is_reminded_of_on_the_day_before_and_only_as_it_stands_then(
    stage: LoggedStage, gateway: WebhookReceiver
):
    sender = sms(stage, gateway)
    first, second = at("10:00", "2026-09-23"), at("14:00", "2026-09-24")
    id = book(stage, first, "2026-09-23")
    leave(stage, f"appointment/{id}")
    rounds(sender)
    stage.do(cmd.ChangeAppointment(id, second, "2026-09-24"))
    stage.now = at("17:30", "2026-09-22")
    rounds(sender)
    assert texts(gateway) == []  # it has moved since
    stage.now = at("17:01", "2026-09-23")
    rounds(sender)
    assert texts(gateway) == ["【舞台大厅】提醒：您预约了 9月24日（周四） 14:00 办理参保，请带齐材料。"]


def test_an_english_reminder_writes_the_day_as_english_does(stage: LoggedStage, gateway: WebhookReceiver):
    """Also where the number was left after the booking, so that its language was not known then."""
    sender = sms(stage, gateway)
    id = book(stage, at("10:00", "2026-09-23"), "2026-09-23")
    rounds(sender)
    leave(stage, f"appointment/{id}", "en")
    stage.now = at("17:01", "2026-09-22")
    rounds(sender)
    (text,) = texts(gateway)
    assert "on Wednesday 23 September at 10:00" in text
    assert "月" not in text


def _with_a_wrong_clock(stage: LoggedStage, gateway: WebhookReceiver) -> GatewaySender:
    """A call that waits to be told, while the PC runs a day ahead and the caller has said so."""
    stage.open("1")
    sender = sms(stage, gateway, notices=["called"])
    take(stage)
    stage.next("1")
    stage.do(cmd.ReportDevice("clock", "clock", "error", "+1 day"), "caller")
    ahead = GatewaySender(stage.settings, stage.data, sender.gateway, lambda: stage.now + 24 * 60 * MINUTE)
    rounds(ahead)
    return sender


def test_by_a_clock_that_is_known_to_be_wrong_no_notice_is_ended_or_sent(
    stage: LoggedStage, gateway: WebhookReceiver
):
    sender = _with_a_wrong_clock(stage, gateway)
    assert [each.state for each in messages(stage.data, sender)] == ["waiting"]
    rounds(sender)
    assert gateway.received == []
    stage.do(cmd.ReportDevice("clock", "clock", "ready"), "caller")
    rounds(sender)
    assert len(gateway.received) == 1


def test_twin_a_sender_that_hears_nothing_of_the_clock_loses_the_call(
    stage: LoggedStage, gateway: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(GatewaySender, "_hear_of_clock", lambda *_: None)
    sender = _with_a_wrong_clock(stage, gateway)
    assert [each.state for each in messages(stage.data, sender)] == ["late"]


def test_in_quiet_hours_nothing_goes_out_and_what_is_of_no_use_later_never_does(
    tmp_path: Path, gateway: WebhookReceiver
):
    stage = LoggedStage(tmp_path, notify=NotifyTable(quiet=[("12:00", "13:00")]))
    stage.open("1")
    sender = sms(stage, gateway)
    take(stage)
    stage.now = at("12:10")
    stage.next("1")
    id = book(stage, at("10:00", "2026-09-23"), "2026-09-23")
    leave(stage, f"appointment/{id}")
    rounds(sender)
    assert [each.kind for each in messages(stage.data, sender, "late")] == ["called"]
    stage.now = at("12:30", "2026-09-22")
    rounds(sender)
    assert gateway.received == []
    stage.now = at("17:00", "2026-09-22")
    rounds(sender)
    assert [each.kind for each in messages(stage.data, sender, "sent")] == ["tomorrow"]
    stage.close()


@pytest.mark.parametrize(
    ("clock", "end"),
    [("20:59", ""), ("21:00", "08:00"), ("23:59", "08:00"), ("07:59", "08:00"), ("08:00", "")],
)
def test_quiet_hours_over_midnight(clock: str, end: str):
    given = settings(notify=NotifyTable(quiet=[("21:00", "08:00")]))
    until = quiet_until(given, at(clock))
    day = "2026-09-22" if clock > "12:00" else "2026-09-21"
    assert until == (at(end, day) if end else 0)


def test_a_form_a_header_and_the_halls_own_words(tmp_path: Path, gateway: WebhookReceiver):
    own = (NoticeText("called", "去 {window}，“{number}” & 快"),)
    stage = LoggedStage(tmp_path, texts=own).open("1")
    assert isinstance(stage, LoggedStage)
    keep_secret(tmp_path, "sms", "s3cret\n")
    row = Gateway(
        "sms", gateway.url, "to={phone}&text={text}&n={number}", content="form",
        headers=["X-Key: {secret}"], private=True,
    )  # fmt: skip
    sender = GatewaySender(stage.settings, tmp_path, row, lambda: stage.now)
    told_from_the_start(tmp_path, sender)
    take(stage)
    stage.next("1")
    rounds(sender)
    (got,) = gateway.received
    assert parse_qs(got.body) == {"to": [PHONE], "text": ["去 一号，“A001” & 快"], "n": ["A001"]}
    assert got.headers["x-key"] == "s3cret"
    stage.close()


def test_a_header_says_what_the_hall_says_in_any_script(stage: LoggedStage, gateway: WebhookReceiver):
    stage.open("1")
    sender = sms(stage, gateway, headers=["X-Place: {window}"], notices=["called"])
    take(stage)
    stage.next("1")
    rounds(sender)
    (got,) = gateway.received
    assert got.headers["x-place"].encode("latin-1").decode() == "一号"


def test_no_sign_that_acts_reaches_a_phone_or_a_mail():
    hall = settings(texts=(NoticeText("device", "设备 {device}\n{state}"),))
    facts = {"device": "p\x1b[31m\u202e1", "state": "坏\x07"}
    assert notices.words_of(hall, "device", "zh", facts) == "设备 p[31m1\n坏"
    assert not {"\x1b", "\u202e", "\x07"} & set(notices.words_of(hall, "device", "en", facts))
    assert "\x1b" in notices.filled("{device}", facts)  # the twin: as it was said


def test_a_text_in_json_cannot_leave_its_quotes():
    made = notices.filled('{"a": "{text}"}', {"text": 'x", "b": "\\'}, sms_gateway._in_json)
    assert json.loads(made) == {"a": 'x", "b": "\\'}


def test_a_gateway_inside_the_network_is_not_connected_to_unless_the_hall_allows_it(
    stage: LoggedStage, gateway: WebhookReceiver
):
    row = Gateway("sms", gateway.url, BODY)
    sender = GatewaySender(stage.settings, stage.data, row, lambda: stage.now)
    told_from_the_start(stage.data, sender)
    stage.open("1")
    take(stage)
    stage.next("1")
    rounds(sender)
    assert gateway.received == []
    assert "private" in messages(stage.data, sender, "waiting")[0].detail


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_notice_has_its_words_with_facts_that_there_are(lang: str):
    for kind in (*APPLICANT_NOTICES, *STAFF_NOTICES):
        facts = {name: f"<{name}>" for name in NOTICE_FACTS[kind]}
        said = notices.words_of(settings(), kind, lang, facts)
        assert all(fact in said for fact in facts.values()), kind
        assert "{" not in said


# --- the staff


def staff(stage: LoggedStage, url: str, **changes: Any) -> StaffSender:
    row = StaffReceiver(changes.pop("id", "boss"), url, private=True, **changes)
    sender = StaffSender(stage.settings, stage.data, row, lambda: stage.now, lambda: 1.0)
    told_from_the_start(stage.data, sender)
    return sender


def bad_rating(stage: LoggedStage) -> None:
    stage.open("1").take("A")
    stage.serve("1")
    stage.do(cmd.Rate(stage.find("A001").id, 1, ["slow"], "phone"), "phone")


def test_a_bad_rating_reaches_the_staff_by_json(stage: LoggedStage, gateway: WebhookReceiver):
    sender = staff(stage, gateway.url.replace("http", "json"))
    bad_rating(stage)
    rounds(sender)
    (got,) = gateway.received
    said = json.loads(got.body)
    assert said["message"] == "差评：一号，A001 号，1 星。办理太慢"
    assert [each.state for each in messages(stage.data, sender)] == ["sent"]


def test_a_bad_rating_reaches_the_staff_by_ntfy(stage: LoggedStage, gateway: WebhookReceiver):
    sender = staff(stage, gateway.url.replace("http", "ntfy").replace("/hook", "/hall"), language="en")
    bad_rating(stage)
    rounds(sender)
    assert any("Bad rating" in each.body for each in gateway.received)


class MailServer:
    """As much of SMTP as a sender needs, on a free port; `letters` are what was handed in."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 stub\r\n")
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                self.letters.append((await reader.readuntil(b"\r\n.\r\n")).decode())
            writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                break
        writer.close()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def test_a_bad_rating_reaches_the_staff_by_mail(stage: LoggedStage):
    server = MailServer()
    url = f"mailto://example.com:{server.port}?smtp=127.0.0.1&mode=insecure&from=hall@example.com&to=boss@example.com"
    sender = staff(stage, url)
    bad_rating(stage)
    rounds(sender)
    server.close()
    assert [each.state for each in messages(stage.data, sender)] == ["sent"]
    letter = email.message_from_string(server.letters[0], policy=email_policy)
    body = letter.get_body(("plain", "html"))
    assert body
    assert "差评：一号" in body.get_content()


@pytest.mark.parametrize(
    ("url", "host", "words"),
    [
        ("wecombot://KEY-OF-ROBOT1", "qyapi.weixin.qq.com", "text"),
        ("dingtalk://abcdefghijklmnop12345678", "oapi.dingtalk.com", "text"),
        ("feishu://0123456789abcdef0123456789", "open.feishu.cn", "text"),
    ],
)
def test_the_chat_robots_are_asked_as_their_makers_say(
    stage: LoggedStage, monkeypatch: pytest.MonkeyPatch, url: str, host: str, words: str
):
    """Their addresses are fixed to public services: the request is looked at where it would leave."""
    import requests

    from caller.delivery import staff_messages

    sent: list[tuple[str, str]] = []

    def caught(_self: object, method: str, url: str, **more: Any) -> requests.Response:
        data = more.get("data") or json.dumps(more.get("json"))
        sent.append((url, data if isinstance(data, str) else data.decode()))
        answer = requests.Response()
        answer.status_code = 200
        answer._content = b'{"errcode":0,"code":0,"StatusCode":0}'
        return answer

    monkeypatch.setattr(requests.Session, "request", caught)
    monkeypatch.setattr(staff_messages, "_reach", lambda *_: None)
    sender = staff(stage, url)
    bad_rating(stage)
    rounds(sender)
    ((address, body),) = sent
    assert host in address
    assert words in json.dumps(json.loads(body))
    assert "差评：一号" in json.dumps(json.loads(body), ensure_ascii=False)


def test_a_staffs_server_that_is_away_is_tried_again_and_one_that_refuses_is_not(
    stage: LoggedStage, gateway: WebhookReceiver
):
    url = gateway.url.replace("http", "json")
    gateway.manners = lambda *_: 500
    sender = staff(stage, url)
    bad_rating(stage)
    rounds(sender)
    assert [each.state for each in messages(stage.data, sender)] == ["unknown"]
    gone = staff(stage, url.replace("/hook", "/x"))
    gateway.close()
    gone = StaffSender(
        stage.settings, stage.data, StaffReceiver("gone", url, private=True), lambda: stage.now
    )
    told_from_the_start(stage.data, gone)
    rounds(gone)
    assert [each.state for each in messages(stage.data, gone)] == ["waiting"]


def test_a_long_queue_is_told_once_until_it_is_short_again(tmp_path: Path, gateway: WebhookReceiver):
    stage = LoggedStage(
        tmp_path, queues=(Queue("A", "社保", waiting_alarm=2), Queue("B", "房产"), Queue("P", "缴费"))
    )
    sender = staff(stage, gateway.url.replace("http", "json"), notices=["queue"])
    stage.open("1")
    for _ in range(4):
        stage.take("A")
    for _ in range(3):
        stage.serve("1")
    stage.take("A")
    rounds(sender)
    assert [json.loads(each.body)["message"] for each in gateway.received] == [
        "排队过多：社保 有 2 人等候。"
    ] * 2
    stage.close()


def test_what_ran_over_and_a_device_without_paper_are_told(stage: LoggedStage, gateway: WebhookReceiver):
    sender = staff(stage, gateway.url.replace("http", "json"))
    stage.open("1")
    stage.do(cmd.ReportDevice("p1", "printer", "paper-out"), "agent")
    stage.take("A")
    stage.next("1")
    stage.press(cmd.HoldTicket, "1")
    stage.later(31)
    ran_over: Any = NoteOverdue("hold", stage.find("A001").id, stage.find("A001").due)  # the caller's own
    stage.do(ran_over)
    rounds(sender)
    said = [json.loads(each.body)["message"] for each in gateway.received]
    assert said[0] == "设备：p1 缺纸。"
    assert said[1].startswith("超期：挂起的号码 A001，应于 9月21日（周一） 09:30")


def test_who_answers_for_what_ran_over_is_told_and_nobody_else_of_a_list(
    tmp_path: Path, gateway: WebhookReceiver
):
    joint = Item("i9", "准入", "d1", "A", case_type="parallel", promised_days=5, parts=["d2:1"])
    stage = LoggedStage(
        tmp_path, items=(*ITEMS, joint), cases=CasesTable(enabled=True), year_notices=NOTICES,
        departments=(Department("d1", "人社局"), Department("d2", "生态环境局", "Environment")),
    ).open("1")  # fmt: skip
    assert isinstance(stage, LoggedStage)
    url = gateway.url.replace("http", "json")
    of = {"": staff(stage, url), "1007": staff(stage, url, id="own", staff=["1007"]), "d2": staff(stage, url, id="d2", staff=["d2"], language="en")}  # fmt: skip
    rows = [
        stage.hall.register.cases[stage.do(OpenCase(item, staff="1001"))["about"]] for item in ("i1", "i9")
    ]
    move(stage, rows[0].id, "take", owner="1007")
    assert rows[1].more
    part = rows[1].more.parts[0]
    for kind, owner, due in (("part", f"{rows[1].id}/d2", part.due), ("case", rows[0].id, rows[0].due)):
        stage.now = due + 1
        late: Any = NoteOverdue(kind, owner, due)  # type: ignore[arg-type]
        stage.do(late)
    said: dict[str, list[str]] = {}
    for name, sender in of.items():
        before = len(gateway.received)
        rounds(sender)
        said[name] = [json.loads(each.body)["message"] for each in gateway.received[before:]]
    numbers = [row.number for row in rows]
    assert said == {
        "": [f"超期：联办部门意见 {numbers[1]}，应于 9月22日（周二） 23:59，责任部门 生态环境局。",
             f"超期：办件 {numbers[0]}，应于 9月28日（周一） 23:59，责任人 1007。"],
        "1007": [f"超期：办件 {numbers[0]}，应于 9月28日（周一） 23:59，责任人 1007。"],
        "d2": [f"Overdue: department's part of case {numbers[1]}, was due Tuesday 22 September 23:59; responsible department: Environment."],
    }  # fmt: skip
    stage.close()


def test_a_backup_that_failed_is_told_once_a_day(stage: LoggedStage, gateway: WebhookReceiver):
    sender = staff(stage, gateway.url.replace("http", "json"))
    rounds(sender)
    for _ in range(3):
        sender.tell_backup("backup-old", "最近的备份是 5 天前的")
        rounds(sender)
    assert [json.loads(each.body)["message"] for each in gateway.received] == [
        "备份失败：最近的备份是 5 天前的"
    ]
    stage.later(24 * 60)
    sender.tell_backup("backup-old", "最近的备份是 6 天前的")
    rounds(sender)
    assert len(gateway.received) == 2
