"""Who may do what over REST: every address and every scope, closed by default; and what a key that may not is told."""

import asyncio
import contextlib
import re
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from caller.client.client import new_id
from caller.engine.envelope import AnyCommand
from caller.engine.refusals import Refused
from caller.identity.account_file import Act
from caller.identity.accounts import Account, AccountError, check_account
from caller.protocol.account_roles import ACCOUNT_ROLES, ActingPerson, Desk
from caller.protocol.key_scopes import ROLE_SCOPES, SCOPE_MAY, SCOPES, scope_of, scopes_of
from caller.protocol.permissions import Station, check, may_watch
from config.delivery_settings import ApiTable
from display.api import calls
from display.api.calls import BURST, PER_SECOND, KeyPace
from display.api.operations import OPERATIONS
from display.http import caller_connections
from tests.caller.protocol.test_permissions import own
from tests.instruments.api_hall import API_SETTINGS, ApiHall, api_hall
from tests.instruments.caller_fixture import PATIENCE, SETTINGS, run

# Written out by hand: the product's table is compared with it, address by address.
OPEN = {
    "read": ["GET /hall", "GET /items", "GET /items/{item}/slots", "GET /queues", "GET /queues/{queue}", "GET /windows"],
    "tickets": [
        "GET /tickets", "GET /tickets/{ticket}", "POST /tickets", "POST /tickets/{ticket}/cancel",
        "POST /tickets/{ticket}/postpone", "POST /tickets/{ticket}/requeue",
    ],
    "appointments": [
        "POST /appointments", "POST /appointments/{appointment}/cancel", "POST /appointments/{appointment}/change",
        "POST /check-ins",
    ],
    "windows": [
        "GET /windows/{window}", "GET /windows/{window}/evaluation", "POST /windows/{window}/call",
        "POST /windows/{window}/call-next", "POST /windows/{window}/close", "POST /windows/{window}/correct",
        "POST /windows/{window}/evaluation", "POST /windows/{window}/finish", "POST /windows/{window}/hold",
        "POST /windows/{window}/no-show", "POST /windows/{window}/open", "POST /windows/{window}/pause",
        "POST /windows/{window}/recall", "POST /windows/{window}/resume", "POST /windows/{window}/start",
        "POST /windows/{window}/transfer", "POST /windows/{window}/walk-in",
    ],
    "cases": ["GET /cases", "GET /cases/{case}", "POST /cases", "POST /cases/{case}/moves"],
    "feedback": ["GET /feedback/{code}", "POST /feedback"],
    "events": ["GET /events"],
}  # fmt: skip
ALSO = {"appointments": ["GET /items/{item}/slots"]}  # what another scope opens as well
SHUT = {(403, "no-scope")}


def addresses() -> list[tuple[str, str]]:
    return [(each.method, each.path) for each in OPERATIONS] + [("GET", "/events")]


def test_the_table_is_the_one_that_was_written_out() -> None:
    found: dict[str, list[str]] = {each: [] for each in SCOPES}
    for each in OPERATIONS:
        found[each.scope].append(f"{each.method} {each.path}")
    found["events"].append("GET /events")
    assert {scope: sorted(rows) for scope, rows in found.items()} == OPEN


async def _opened(hall: ApiHall, key: str) -> set[tuple[str, str]]:
    """The addresses that do not turn this key away."""

    async def is_open(method: str, path: str) -> bool:
        there = re.sub(r"\{[a-z]+\}", "3", path)
        if path == "/events":
            there += "?after=x"  # answered at once, and what is wrong is told to who may only
        return await hall.refused_or_done(method, there, key) not in SHUT

    asked = addresses()
    answers = await asyncio.gather(*(is_open(*each) for each in asked))
    return {each for each, open_ in zip(asked, answers, strict=True) if open_}


def test_every_address_is_open_to_its_scope_and_to_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls.KeyPace, "limits", lambda _: (20.0, 10_000.0))

    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            for scope in SCOPES:
                wanted = {tuple(each.split(" ")) for each in (*OPEN[scope], *ALSO.get(scope, ()))}
                assert await _opened(hall, hall.add_key(f"only-{scope}", scope)) == wanted, scope

    run(test())


def test_twin_an_address_whose_scope_was_forgotten_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table in which one address asks for another scope is unlike the one that was written out."""
    monkeypatch.setattr(calls.KeyPace, "limits", lambda _: (20.0, 10_000.0))
    monkeypatch.setitem(OPEN, "read", [*OPEN["read"], "POST /cases"])

    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            wanted = {tuple(each.split(" ")) for each in OPEN["read"]}
            assert await _opened(hall, hall.add_key("only-read", "read")) != wanted

    run(test())


def test_what_no_program_does_stands_in_no_row() -> None:
    known = set().union(*SCOPE_MAY.values())
    every = set(get_args(AnyCommand))
    closed = {each.__name__ for each in every - known}
    assert known <= every
    assert {
        "OpenDay",
        "CloseDay",
        "ChangeSettings",
        "EnrolStation",
        "Rate",
        "MoveRectification",
        "SetQueues",
    } <= closed
    for kind in known:
        assert sum(kind in may for may in SCOPE_MAY.values()) == 1, kind


def test_a_key_may_what_its_scopes_have_and_nothing_the_web_station_may_besides() -> None:
    desk = Desk(None, lambda _: "", lambda _: None, False, keyed=True)
    outside: list[tuple[str, str]] = []
    for role in {*SCOPES, *ACCOUNT_ROLES}:
        person, allowed = ActingPerson("k", frozenset({role})), scopes_of(frozenset({role}))
        assert allowed == (ROLE_SCOPES.get(role) or {each for each in SCOPES if each == role})
        for kind in get_args(AnyCommand):
            try:
                check(
                    SETTINGS,
                    Station("web", "web"),
                    own("web", kind),
                    lambda _: "",
                    desk._replace(person=person),
                )
                open_ = True
            except Refused as refused:
                open_ = refused.code not in ("role-not-allowed", "sign-in-first")
            if open_ != (scope_of(kind) in allowed):
                outside.append((role, kind.__name__))
    assert outside == []


def test_what_a_key_watches_is_closed_to_the_web_process_itself() -> None:
    web, key = Station("web", "web"), [ActingPerson("k", frozenset({"cases"}))]
    assert may_watch(SETTINGS, web, "cases", key)
    assert may_watch(SETTINGS, web, "case/1", key)
    for nobody in ([], [ActingPerson("k", frozenset({"read", "windows", "guide"}))]):
        assert not may_watch(SETTINGS, web, "cases", nobody)
        assert not may_watch(SETTINGS, web, "case/1", nobody)
    assert not may_watch(SETTINGS, Station("board", "b"), "cases", key)


def test_a_person_has_no_scope_and_a_key_no_invented_one() -> None:
    assert check_account(Account("k", roles=("read", "windows"), kind="key")).roles == ("read", "windows")
    for wrong in (Account("p", roles=("windows",)), Account("k", roles=("everything",), kind="key")):
        with pytest.raises(AccountError):
            check_account(wrong)


@pytest.mark.parametrize(
    "key", ["forged:Zb7-0123456789-abcdefghij", "all:Zb7-0123456789-abcdefghiX", "x" * 200, "nothing"]
)
def test_a_forged_key_opens_nothing(tmp_path: Path, key: str) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            assert await hall.refused("GET", "/hall", key=key) == (401, "bad-token")
            found = await hall.http.get("/api/v1/hall")
            assert (found.status_code, found.headers["www-authenticate"]) == (401, "Bearer")

    run(test())


@pytest.mark.parametrize("most", [3, 1_000], ids=["bounded", "twin"])
def test_unknown_keys_of_one_address_are_few_and_a_key_in_use_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Each costs the caller a line and a slow hash; whoever asks from elsewhere is tried at once."""
    monkeypatch.setattr(caller_connections, "PROVED_MAX", most)

    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            await hall.get("/hall")
            other = hall.add_key("other", "read")
            for number in range(2):
                assert await hall.refused("GET", "/hall", key=f"all:wrong-{number}") == (401, "bad-token")
            found = await hall.refused("GET", "/hall", key="all:wrong-3")
            assert found == ((429, "key-too-fast") if most == 3 else (401, "bad-token"))
            await hall.get("/hall")
            await hall.get("/hall", key=other, X_Real_IP="10.0.0.9")

    run(test())


def test_many_streams_asked_for_at_once_are_no_more_than_one_after_another(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall, contextlib.AsyncExitStack() as stack:
            headers = {"Authorization": f"Bearer {hall.key}"}
            asked = [hall.http.stream("GET", "/api/v1/events", headers=headers) for _ in range(12)]
            got = await asyncio.gather(*(stack.enter_async_context(each) for each in asked))
            assert sorted(each.status_code for each in got) == [200] * 4 + [429] * 8

    run(test())


def test_a_scope_that_was_taken_away_is_gone_within_a_second(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            key = hall.add_key("less", "read", "windows")
            await hall.get("/windows/3", key=key)
            act = Act(new_id(), "account-roles", "account/less", "uid:0", "test", 1)
            hall.room.accounts.change("less", act, roles=("read",))
            for _ in range(int(PATIENCE / 0.1)):
                if (await hall.ask("GET", "/windows/3", key=key)).status_code == 403:
                    break
                await asyncio.sleep(0.1)
            assert await hall.refused("GET", "/windows/3", key=key) == (403, "no-scope")
            await hall.get("/hall", key=key)

    run(test())


def test_a_key_that_asks_too_fast_is_told_when_to_come_back_and_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls.KeyPace, "limits", lambda _: (0.001, 3.0))

    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            other = hall.add_key("other", "read")
            for _ in range(3):
                await hall.get("/hall")
            found = await hall.ask("GET", "/hall")
            assert (found.status_code, found.json()["code"]) == (429, "key-too-fast")
            assert int(found.headers["retry-after"]) > 100
            await hall.get("/hall", key=other)

    run(test())


def test_the_pace_is_what_the_halls_settings_say() -> None:
    said = ApiTable(per_second=5, burst=2)
    pace = KeyPace(lambda: said)
    assert [pace.wait("k", 0.0) for _ in range(3)] == [0, 0, 1]
    assert pace.wait("k", 0.2) == 0
    said = ApiTable(per_second=1, burst=1)  # a new version, while it runs
    assert [pace.wait("k", 10.0) for _ in range(2)] == [0, 2]


def test_the_pace_of_a_key_fills_again() -> None:
    pace = KeyPace()
    assert [pace.wait("k", 0.0) for _ in range(int(BURST))] == [0] * int(BURST)
    assert pace.wait("k", 0.0) == 1
    assert pace.wait("k", 1 / PER_SECOND) == 0
    assert pace.wait("k", 1 / PER_SECOND) == 1
    assert pace.wait("k", 1e9) == 0


BAD: list[tuple[Any, dict[str, str], int, str]] = [
    (b"{", {}, 422, "bad-body"),
    (b"[]", {}, 422, "bad-body"),
    ({"colour": 1}, {}, 422, "bad-body"),
    ({"minutes": 1e9}, {}, 422, "bad-body"),
    (b"minutes=1", {"Content-Type": "application/x-www-form-urlencoded"}, 422, "bad-body"),
    (b"<a/>", {"Content-Type": "application/xml; charset=utf-8"}, 415, "not-json"),
    (b"{}", {"Content-Type": "text/plain"}, 415, "not-json"),
    (b" " * 9000, {}, 413, "too-large"),
    ({}, {"Idempotency_Key": "a b"}, 422, "bad-body"),
]


def test_bad_input_is_told_what_is_wrong(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            for body, headers, status, code in BAD:
                headers = {"Idempotency_Key": new_id()} | headers
                assert await hall.refused("POST", "/windows/3/pause", body, **headers) == (status, code), body
            assert await hall.refused("DELETE", "/tickets") == (405, "http")
            assert await hall.refused("GET", "/queues?limit=0") == (422, "bad-body")
            assert await hall.refused("GET", "/tickets?number=../x") == (422, "bad-body")
            english = await hall.ask("GET", "/windows/99", Accept_Language="en-GB,zh")
            assert english.json()["detail"] == english.json()["en"]
            assert (await hall.get("/windows/3"))["state"] == "open", "and nothing has happened"

    run(test())


def test_lists_come_in_pages_and_what_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            ids, after = list[str](), ""
            for _ in API_SETTINGS.items:
                page = await hall.get(f"/items?limit=1&after={after}")
                ids += [each["id"] for each in page["items"]]
                after = page["next"]
            assert (ids, after) == (sorted(each.id for each in API_SETTINGS.items), "")
            first = await hall.ask("GET", "/queues")
            tag = first.headers["etag"]
            again = await hall.ask("GET", "/queues", If_None_Match=f'"x", W/{tag}')
            assert (again.status_code, again.content) == (304, b"")
            await hall.post("/tickets", {"queue": "A"})
            changed = await hall.ask("GET", "/queues", If_None_Match=tag)
            assert (changed.status_code, changed.json()["queues"][0]["waiting"]) == (200, 1)
            for limit in ("0", "201", "-1", "00010099999", "9" * 5000, "٣", "1_0"):
                assert await hall.refused("GET", f"/items?limit={limit}") == (422, "bad-body")
            hall_now = await hall.get("/hall")
            assert (hall_now["open"], hall_now["phase"]) == (True, "open")
            assert [each["window"] for each in (await hall.get("/windows"))["windows"]] == ["3", "4"]

    run(test())


def test_events_come_live_and_go_on_behind_the_last_one(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            visits = "TicketIssued,TicketCalled,ServiceStarted,ServiceFinished"  # the key's account is noted by and by
            async with hall.events(kinds=visits) as told:
                issued = await hall.post("/tickets", {"queue": "A"})
                first = await anext(told)
            assert (first.kind, first.body["data"]["number"]) == ("TicketIssued", issued["number"])
            assert "person" not in first.body["data"]
            await hall.post("/windows/3/call-next")
            await hall.post("/windows/3/start")
            await hall.post("/windows/3/finish", {"project": "P-1"})
            async with hall.events(after=str(first.id), kinds=visits) as told:
                missed = [await anext(told) for _ in range(3)]
            assert [each.kind for each in missed] == ["TicketCalled", "ServiceStarted", "ServiceFinished"]
            assert missed[2].body["data"]["project"] == "P-1"
            async with hall.events(after=str(first.id), kinds="ServiceFinished") as told:
                assert (await anext(told)).id == missed[2].id
            assert await hall.refused("GET", "/events?after=-1") == (422, "bad-body")

    run(test())


def test_a_key_has_few_streams_and_they_end_with_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            key = hall.add_key("ears", "events", "read")
            streams = [
                hall.http.stream("GET", "/api/v1/events", headers={"Authorization": f"Bearer {key}"})
                for _ in range(4)
            ]
            opened: list[httpx.Response] = [await each.__aenter__() for each in streams]
            lines = [each.aiter_lines() for each in opened]
            for each in lines:
                assert (await anext(each)).startswith("retry: ")
            assert await hall.refused("GET", "/events", key=key) == (429, "key-too-fast")
            act = Act(new_id(), "account-disabled", "account/ears", "uid:0", "test", 1)
            hall.room.accounts.change("ears", act, disabled=True)
            for each in lines:
                assert not [line async for line in each if line.startswith("data")]
            for each in streams:
                await each.__aexit__(None, None, None)
            assert await hall.refused("GET", "/events", key=key) == (401, "bad-token")

    run(test())


def test_the_slots_of_an_item_are_read_and_one_of_them_booked(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            key = hall.add_key("books", "appointments")
            found = await hall.get("/items/i1/slots", key=key)
            assert (found["item"], found["minutes"]) == ("i1", 30)
            day = found["days"][0]
            slot = day["slots"][0]
            assert slot["free"] == 2
            wanted = {"item": "i1", "day": day["day"], "slot": slot["slot"], "person": "f" * 64}
            await hall.post("/appointments", wanted, key=key)
            again = await hall.get("/items/i1/slots", key=key)
            assert again["days"][0]["slots"][0] == {"slot": slot["slot"], "free": 1}
            missing = await hall.ask("GET", "/items/nothing/slots")
            assert (missing.status_code, missing.json()["code"]) == (404, "unknown-item")

    run(test())
