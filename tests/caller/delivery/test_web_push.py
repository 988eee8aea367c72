"""Notices to a phone's browser, through a stub push service that opens them with the subscription's real keys."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from caller.delivery import webhooks
from caller.delivery.outbox import OUTBOX_NAME
from caller.delivery.runner import senders
from caller.delivery.web_push import (
    PushSender,
    PushSubscription,
    packed,
    public_bytes,
    sealed,
    server_key,
    unpacked,
    usable,
)
from caller.engine import commands as cmd
from caller.people.notify_numbers import BROWSER, NotifyNumbers
from caller.people.store import PEOPLE_NAME
from config.delivery_settings import NotifyTable
from config.instants import MINUTE
from config.settings import Rules
from tests.instruments.logged_stage import LoggedStage, messages, rounds, told_from_the_start
from tests.instruments.push_browser import PushBrowser
from tests.instruments.small_settings import GOOD
from tests.instruments.webhook_receiver import WebhookReceiver, receiving

NOBODY_LISTENS = "http://127.0.0.1:9"
CONTACT = "mailto:it@example.gov.cn"
NOTIFY = NotifyTable(push=True, push_contact=CONTACT, push_private=True)


@pytest.fixture
def service() -> Iterator[WebhookReceiver]:
    with receiving(lambda *_: 201) as each:
        yield each


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[LoggedStage]:
    each = LoggedStage(tmp_path, rules=Rules(no_show_seconds=0, recall_seconds=0), notify=NOTIFY)
    each.open("1")
    yield each
    each.close()


def pusher(stage: LoggedStage) -> PushSender:
    sender = PushSender(stage.settings, stage.data, lambda: stage.now, lambda: 1.0)
    told_from_the_start(stage.data, sender)
    return sender


def address_of(service: WebhookReceiver | str) -> str:
    return service if isinstance(service, str) else service.url.removesuffix("/hook")


def subscribed(
    stage: LoggedStage, service: WebhookReceiver | str, name: str = "a", lang: str = "zh"
) -> tuple[str, PushBrowser]:
    """A number, and the browser whose holder wants to be told of it."""
    ticket, browser = (
        stage.find(stage.take("A")).id,
        PushBrowser(f"{address_of(service)}/push/{name}"),
    )
    text = json.dumps(browser.subscription)
    NotifyNumbers(stage.data, BROWSER).leave(
        f"ticket/{ticket}", text, lang, datetime.fromtimestamp(stage.now / 1e6, UTC)
    )
    return ticket, browser


def left(stage: LoggedStage) -> list[str]:
    return list(NotifyNumbers(stage.data, BROWSER).all())


# --- the two documents


def test_the_example_of_rfc_8291_comes_out_byte_for_byte():
    """Appendix A; `sealed` with the document's own keys and salt."""
    p = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    given = PushSubscription("https://push.example.net/p", p, "BTBZMqHH6r4Tts7J_aSIgg")
    ours = ec.derive_private_key(
        int.from_bytes(unpacked("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    body = sealed(
        b"When I grow up, I want to be a watermelon", given, ours, unpacked("DGv6ra1nlYgDCS1FRnbzlw")
    )
    assert packed(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y"
        "l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_what_is_sealed_for_one_browser_no_other_opens():
    one, other = PushBrowser("https://p.example/1"), PushBrowser("https://p.example/1")
    given = PushSubscription(**one.subscription)
    bodies = [sealed("请到3号窗口".encode(), given) for _ in range(2)]
    assert [one.opened(each).decode() for each in bodies] == ["请到3号窗口"] * 2
    assert bodies[0] != bodies[1], "keys and salt are of one message"
    with pytest.raises(InvalidTag):
        other.opened(bodies[0])
    with pytest.raises(InvalidTag):
        one.opened(bodies[0][:-1] + bytes([bodies[0][-1] ^ 1]))


def test_this_halls_key_is_its_own_and_the_same_in_every_process(tmp_path: Path):
    (first, second) = (packed(public_bytes(server_key(tmp_path / name))) for name in ("a", "b"))
    assert first != second
    assert packed(public_bytes(server_key(tmp_path / "a"))) == first


@pytest.mark.parametrize(
    ("change", "private", "good"),
    [
        ({}, False, True), ({"endpoint": "http://p.example/1"}, False, False), ({"endpoint": "http://p.example/1"}, True, True),
        ({"p256dh": packed(b"\x04" + bytes(64))}, True, False), ({"endpoint": "https://[x/1"}, False, False),
    ],
)  # fmt: skip
def test_a_subscription_that_cannot_be_sent_to_is_not_taken(
    change: dict[str, str], private: bool, good: bool
):
    given = PushSubscription(**PushBrowser("https://p.example/1").subscription | change)
    assert usable(given, private) is good
    assert "p.example" not in repr(given)


# --- what is told


def test_a_call_is_told_once_sealed_and_signed(stage: LoggedStage, service: WebhookReceiver):
    _, browser = subscribed(stage, service)
    sender = pusher(stage)
    stage.next("1")
    rounds(sender)
    rounds(sender)
    (got,) = service.received
    assert json.loads(browser.opened(got.raw)) == {
        "title": "舞台大厅", "body": "【舞台大厅】请 A001 号到一号办理。", "kind": "called", "lang": "zh",
        "tag": f"ticket/{stage.find('A001').id}",
    }  # fmt: skip
    claims = browser.believed(got.headers["authorization"], packed(public_bytes(server_key(stage.data))))
    assert claims["sub"] == CONTACT
    assert 0 < claims["exp"] - stage.now / 1e6 <= 24 * 3600
    assert (got.headers["content-encoding"], got.headers["urgency"], got.headers["ttl"]) == (
        "aes128gcm",
        "high",
        "600",
    )
    assert b"A001" not in got.raw


def test_a_subscription_ends_with_its_visit_and_stands_nowhere_else(
    stage: LoggedStage, service: WebhookReceiver
):
    ticket, browser = subscribed(stage, service)
    NotifyNumbers(stage.data).leave(
        f"ticket/{ticket}", "13800000001", "zh", datetime.fromtimestamp(stage.now / 1e6, UTC)
    )
    sender = pusher(stage)
    stage.serve("1")
    rounds(sender)
    assert left(stage) == []
    assert list(NotifyNumbers(stage.data).all()), (
        "a phone number left beside it is its own sender's to forget"
    )
    for file in stage.data.rglob("*"):
        if file.is_file():
            assert browser.endpoint.encode() not in file.read_bytes(), file.name
    assert [each.state for each in messages(stage.data, sender)] == ["unwanted"], (
        "what came too late is not sent"
    )
    assert service.received == []


@pytest.mark.parametrize(
    ("status", "states", "kept"),
    [(201, ["sent"], True), (410, ["unwanted"], False), (404, ["unwanted"], False), (403, ["refused"], True), (500, ["unknown"], True), (429, ["waiting"], True)],
)  # fmt: skip
def test_what_a_push_service_answers(
    stage: LoggedStage, service: WebhookReceiver, status: int, states: list[str], kept: bool
):
    service.manners = lambda *_: status
    subscribed(stage, service)
    sender = pusher(stage)
    stage.next("1")
    rounds(sender)
    assert [each.state for each in messages(stage.data, sender)] == states
    assert (len(left(stage)) == 1) is kept
    stage.now += 5 * MINUTE
    rounds(sender)
    tries = 2 if status == 429 else 1
    assert len(service.received) == tries, "at most once, unless nothing was sent"
    assert service.url.encode() not in (stage.data / OUTBOX_NAME).read_bytes()


def test_a_browser_whose_service_is_away_keeps_no_other_waiting(stage: LoggedStage, service: WebhookReceiver):
    subscribed(stage, NOBODY_LISTENS, "gone")
    _, second = subscribed(stage, service, "b")
    sender = pusher(stage)
    stage.next("1")
    stage.press(cmd.StartService, "1")
    stage.press(cmd.FinishService, "1", outcome="accepted")
    stage.next("1")
    rounds(sender)
    told = [json.loads(second.opened(each.raw))["kind"] for each in service.received]
    assert "called" in told


def test_in_quiet_hours_nothing_goes_out_and_what_is_of_no_use_later_never(
    tmp_path: Path, service: WebhookReceiver
):
    quiet = NotifyTable(push=True, push_contact=CONTACT, push_private=True, quiet=[("08:00", "20:00")])
    stage = LoggedStage(tmp_path, notify=quiet)
    stage.open("1")
    subscribed(stage, service)
    sender = pusher(stage)
    stage.next("1")
    rounds(sender)
    assert service.received == []
    assert [each.state for each in messages(stage.data, sender)] == ["late"]
    stage.close()


def test_a_private_address_is_spoken_to_only_where_the_hall_allows_it(
    tmp_path: Path, service: WebhookReceiver
):
    stage = LoggedStage(tmp_path, notify=NotifyTable(push=True, push_contact=CONTACT))
    stage.open("1")
    subscribed(stage, service)
    sender = pusher(stage)
    stage.next("1")
    rounds(sender)
    assert service.received == []
    assert [(each.state, each.detail) for each in messages(stage.data, sender)] == [
        ("waiting", "PrivateAddressError")
    ]
    stage.close()


def test_english_is_told_in_english(stage: LoggedStage, service: WebhookReceiver):
    _, browser = subscribed(stage, service, lang="en")
    sender = pusher(stage)
    stage.next("1")
    rounds(sender)
    told = json.loads(browser.opened(service.received[0].raw))
    assert (told["lang"], "A001" in told["body"], "请" in told["body"]) == ("en", True, False)


def test_a_hall_with_push_has_the_receiver_and_one_without_has_not(stage: LoggedStage, tmp_path: Path):
    from msgspec import structs

    assert [each.id for each in senders(stage.settings, stage.data, tmp_path)] == ["web-push"]
    without = structs.replace(stage.settings, notify=NotifyTable())
    assert senders(without, stage.data, tmp_path) == []


@pytest.mark.parametrize(
    ("contact", "wrong"), [("", 1), ("it@example.gov.cn", 1), (CONTACT, 0), ("https://example.gov.cn", 0)]
)
def test_check_asks_for_a_contact(tmp_path: Path, contact: str, wrong: int):
    from caller.cli.check import checked

    hall = tmp_path / "hall.toml"
    hall.write_text(f'{GOOD}\n[notify]\npush = true\npush_contact = "{contact}"\n', "utf-8")
    assert len(checked(hall).mistakes) == wrong


def test_twin_a_sender_without_the_mark_would_tell_twice(
    stage: LoggedStage, service: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
):
    """What at-most-once rests on: an answer that never came is not asked for again."""
    service.manners = lambda *_: 500
    subscribed(stage, service)
    sender = pusher(stage)
    monkeypatch.setattr(PushSender, "to_a_person", False)
    monkeypatch.setattr("caller.delivery.web_push._judged", lambda _status: webhooks.Answer("busy", ""))
    stage.next("1")
    rounds(sender)
    stage.now += 5 * MINUTE
    rounds(sender)
    assert len(service.received) == 2


def test_the_store_names_what_a_subscription_was_left_for(stage: LoggedStage, service: WebhookReceiver):
    import sqlite3

    subscribed(stage, service)
    rows = sqlite3.connect(stage.data / PEOPLE_NAME).execute("select purpose, field from entry").fetchall()
    assert rows == [("notify", "push")]
