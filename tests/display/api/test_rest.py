"""REST on a real caller: the same commands, the same answers, the same closed doors."""

import asyncio
import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from caller.client.client import Client, new_id
from caller.eventlog import LOG_NAME, Reader
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account
from display.api.calls import command_id
from display.api.operations import OPERATIONS, PREFIX
from display.http import caller_connections
from display.http.caller_connections import KEYS_MAX
from tests.instruments.running_hall import DEADLINE, REPO, RunningHall, until
from tests.instruments.undecodable import UNDECODABLE


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("rest"), REPO / "config/halls/county.toml").start()
    yield running
    running.close()


def ask(
    hall: RunningHall, method: str, path: str, document: Any = None, key: str | None = None, **headers: str
) -> tuple[int, Any]:
    token = hall.tokens["web", "web"] if key is None else key
    line = http.client.HTTPConnection(urlsplit(hall.web.address).netloc, timeout=DEADLINE)
    body = document if isinstance(document, bytes) else json.dumps(document).encode() if document else None
    line.request(method, path, body, {"Authorization": f"Bearer {token}"} | headers)
    answer = line.getresponse()
    found = answer.status, json.loads(answer.read() or b"null")
    line.close()
    return found


def test_a_number_is_issued_and_its_state_told(hall: RunningHall) -> None:
    status, issued = ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"})
    assert status == 200
    assert issued["number"].startswith("A")
    status, ticket = ask(hall, "GET", f"{PREFIX}/tickets/{issued['ticket']}")
    assert (status, ticket["state"], ticket["number"]) == (200, "waiting", issued["number"])


def test_a_repeat_with_the_same_key_gives_the_same_number(hall: RunningHall) -> None:
    once = {"Idempotency-Key": new_id()}
    first = ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "B"}, **once)
    assert ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "B"}, **once) == first
    other = ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "B"})
    assert other[1]["number"] != first[1]["number"]  # the twin: without the key it is a new number


def test_a_number_is_cancelled(hall: RunningHall) -> None:
    _, issued = ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "C"})
    assert ask(hall, "POST", f"{PREFIX}/tickets/{issued['ticket']}/cancel")[0] == 200
    assert ask(hall, "GET", f"{PREFIX}/tickets/{issued['ticket']}")[1]["state"] == "cancelled"
    status, problem = ask(hall, "POST", f"{PREFIX}/tickets/{issued['ticket']}/cancel")
    assert (status, problem["code"]) == (409, "wrong-state")
    assert problem["next_zh"]


@pytest.mark.parametrize("key", ["", "wrong", "x" * 200])
def test_without_a_good_key_nothing_is_done(hall: RunningHall, key: str) -> None:
    status, problem = ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"}, key=key)
    assert (status, problem["code"]) == (401, "bad-token")


def test_wrong_keys_push_no_good_one_out(hall: RunningHall) -> None:
    for number in range(KEYS_MAX + 2):
        assert ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"}, key=f"guess-{number}")[0] == 401
    assert ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"})[0] == 200


def test_a_key_of_another_role_may_not(hall: RunningHall) -> None:
    key = hall.tokens["board", "b1"]
    assert ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"}, key=key)[0] == 403


BAD: list[tuple[Any, int, str]] = [
    (b"{", 422, "bad-body"),
    (b"[]", 422, "bad-body"),
    ({"queue": "A", "colour": 1}, 422, "bad-body"),
    ({"queue": 7}, 422, "bad-body"),
    ({"queue": "Z"}, 404, "unknown-queue"),
    ({"items": ["none"]}, 404, "unknown-item"),
    (b" " * 9000, 413, "too-large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD)
def test_a_bad_body_is_told_what_is_wrong(hall: RunningHall, body: Any, status: int, code: str) -> None:
    found, problem = ask(hall, "POST", f"{PREFIX}/tickets", body)
    assert (found, problem["code"]) == (status, code)
    assert problem["zh"]
    assert problem["en"]


def test_one_idempotency_key_of_two_owners_is_two_commands() -> None:
    """A key is a word of its owner's: another owner's same word must not reach his number, or be refused for it."""
    assert command_id("portal", "order-0001") == command_id("portal", "order-0001")
    assert command_id("portal", "order-0001") != command_id("kiosks", "order-0001")
    assert str(UUID(command_id("portal", "order-0001"))) == command_id("portal", "order-0001")


def test_many_tickets_are_read_over_one_line_and_never_older_than_the_question(hall: RunningHall) -> None:
    issued = [ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "B"})[1]["ticket"] for _ in range(8)]
    asked = [*issued, new_id(), *issued]
    before = hall.caller.text().count("greeted station=web/web")
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(lambda ticket: ask(hall, "GET", f"{PREFIX}/tickets/{ticket}"), asked))
    assert [status for status, _ in answers] == [200] * 8 + [404] + [200] * 8
    assert [document.get("ticket") for status, document in answers if status == 200] == issued + issued
    # no line a question; one or two may be new on a machine so slow that a silent line is given up
    assert hall.caller.text().count("greeted station=web/web") <= before + 2
    for ticket in issued:
        assert ask(hall, "POST", f"{PREFIX}/tickets/{ticket}/cancel")[0] == 200
        assert ask(hall, "GET", f"{PREFIX}/tickets/{ticket}")[1]["state"] == "cancelled"


def test_what_nobody_waits_for_any_more_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a flood, those who ask now are not behind what was given up; the twin is the list before it is looked at."""
    monkeypatch.setattr(caller_connections, "VIEW_SECONDS", 0.0)

    async def test() -> None:
        reader = caller_connections.TicketReader(Client("ws://127.0.0.1:9", "nobody"))
        for number in range(50):
            with pytest.raises(caller_connections.CallerAwayError):
                await reader.topic(f"notice/missing.{number}")
        assert len(reader._asked) == 50
        reader._forget_given_up()
        assert reader._asked == {}

    asyncio.run(test())


def test_an_id_with_a_line_end_is_refused(hall: RunningHall) -> None:
    ticket = ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "B"})[1]["ticket"]
    assert ask(hall, "GET", f"{PREFIX}/tickets/{ticket}%0A")[0] == 404


def test_a_key_that_is_no_id_is_refused(hall: RunningHall) -> None:
    status, problem = ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"}, **{"Idempotency-Key": "a b"})
    assert (status, problem["code"]) == (422, "bad-body")


@pytest.mark.parametrize("ticket", ["none", "01a1ff84-f680-7ddb-8f55-5840c0098c59", "x" * 300])
def test_a_ticket_nobody_knows_is_not_found(hall: RunningHall, ticket: str) -> None:
    status, problem = ask(hall, "GET", f"{PREFIX}/tickets/{ticket}")
    assert (status, problem["code"]) == (404, "unknown-ticket")


def test_no_key_can_reach_a_ticket_as_another_station(hall: RunningHall) -> None:
    """The ticket's id is used as a token; a station's token in its place must not open a door."""
    status, _ = ask(hall, "GET", f"{PREFIX}/tickets/{hall.tokens['manager', 'm1']}")
    assert status == 404


def test_the_document_names_every_operation_and_resolves(hall: RunningHall) -> None:
    status, document = ask(hall, "GET", "/openapi.json", key="")
    assert status == 200
    assert {PREFIX + each.path for each in OPERATIONS} <= document["paths"].keys()
    text = json.dumps(document)
    for reference in set(text.split('"$ref": "#/components/schemas/')[1:]):
        assert reference.split('"')[0] in document["components"]["schemas"]
    schema = document["components"]["schemas"]["TakeTicket"]
    assert "type" not in schema["properties"]
    assert document["paths"][f"{PREFIX}/tickets"]["post"]["operationId"] == "TakeTicket"


def test_a_caller_that_is_away_is_told_and_comes_back(hall: RunningHall) -> None:
    once = {"Idempotency-Key": new_id()}
    hall.kill_caller()
    assert ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"}, **once)[0] == 503
    hall.restart_caller()
    answers = list[Any]()
    until(
        lambda: (
            answers.append(ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"}, **once))
            or answers[-1][0] == 200
        ),
        "the web process is connected again",
    )
    assert answers[-1][1]["queue"] == "A"


def test_sound_exists_only_for_calls_on_the_board(hall: RunningHall) -> None:
    assert ask(hall, "GET", "/voice/123456.wav")[0] == 404
    assert ask(hall, "POST", "/announce/123456")[0] == 404
    assert ask(hall, "POST", "/announce/123456", key="wrong")[0] == 401


@pytest.mark.parametrize("body", UNDECODABLE.values(), ids=UNDECODABLE)
@pytest.mark.parametrize("path", ["/tickets", "/tickets/x1/cancel", "/appointments", "/check-ins"])
def test_a_body_that_is_no_json_is_the_askers_mistake(hall: RunningHall, path: str, body: bytes) -> None:
    status, problem = ask(hall, "POST", PREFIX + path, body)
    assert (status, problem["code"]) in {(422, "bad-body"), (413, "too-large")}, problem


# --- keys that are accounts


def key_of(hall: RunningHall, number: str, *roles: str) -> str:
    """The key of an account of a program, as `hallcall account add --key` shows it once, and REST takes it."""
    secret = "Zb7-0123456789-abcdefghij"
    act = Act(new_id(), "account-added", f"account/{number}", "uid:0", "test", 1)
    store = AccountStore(hall.data)
    store.add(Account(number, roles=roles, kind="key"), secret, act)
    store.close()
    return f"{number}:{secret}"


def accounts_of(hall: RunningHall, kind: str) -> set[str]:
    with Reader(hall.data / LOG_NAME) as log:
        return {row.account for row in log.after(0) if row.event_kind == kind}


def test_a_key_is_an_account_its_role_decides_and_the_log_has_its_number(hall: RunningHall) -> None:
    key = key_of(hall, "city", "guide")
    status, issued = ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"}, key)
    assert status == 200
    assert "city" in accounts_of(hall, "TicketIssued")
    assert ask(hall, "POST", f"{PREFIX}/tickets/{issued['ticket']}/cancel", key=key)[0] == 200
    auditor = key_of(hall, "audit-only", "auditor")
    status, problem = ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"}, auditor)
    assert (status, problem["code"]) == (401, "bad-token")


def test_a_wrong_secret_an_unknown_number_and_a_person_get_nothing(hall: RunningHall) -> None:
    key = key_of(hall, "erp", "guide")
    person = key_of(hall, "wang", "guide")
    store = AccountStore(hall.data)
    store.change("wang", Act(new_id(), "account-changed", "account/wang", "uid:0", "test", 1), kind="person")
    store.close()
    for wrong in (f"{key}x", "nobody:Zb7-0123456789-abcdefghij", person, ":", "erp:", f":{key}"):
        assert ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"}, wrong)[0] == 401, wrong


def test_a_key_that_is_disabled_works_no_more_and_its_line_does_nothing_without_it(hall: RunningHall) -> None:
    key = key_of(hall, "old", "guide")
    assert ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"}, key)[0] == 200
    store = AccountStore(hall.data)
    store.change("old", Act(new_id(), "account-disabled", "account/old", "uid:0", "test", 1), disabled=True)
    store.close()
    until(lambda: ask(hall, "POST", f"{PREFIX}/tickets", {"queue": "A"}, key)[0] == 401, "within a second")
