"""The opinion box on a real hall: whose letters are taken, how many, and that the log never hears of them."""

import http.client
import json
import sqlite3
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from caller.client.client import new_id
from caller.eventlog import LOG_NAME
from caller.people.feedback_store import BOXED_MAX, FeedbackStore
from display.api.feedback import ASKED_MAX
from display.cli.opinions import opinions
from tests.instruments.running_hall import DEADLINE, REPO, RunningHall, until
from tests.instruments.undecodable import UNDECODABLE

WORDS = "窗口的同志说得很清楚，希望多开一个窗口"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("letters"), REPO / "config/halls/county.toml").start()
    running.open("1")
    yield running
    running.close()


def letter(hall: RunningHall, ticket: str, **more: Any) -> dict[str, Any]:
    """As the phone page sends it: with the key of the slip."""
    return {"key": hall.phone_key(ticket), "kind": "suggestion", "text": WORDS} | more


def post(hall: RunningHall, document: Any, **headers: str) -> tuple[int, dict[str, Any]]:
    """As our page does it; each call from an address of its own unless told otherwise."""
    site = urlsplit(hall.web.address).netloc
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    ours = {"Origin": f"http://{site}", "Content-Type": "application/json", "X-Real-IP": new_id()}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    line = http.client.HTTPConnection(site, timeout=DEADLINE)
    line.request("POST", "/opinion", body, {**ours, **given})
    answer = line.getresponse()
    found = answer.status, json.loads(answer.read())
    line.close()
    return found


def kept(hall: RunningHall, ticket: str) -> list[str]:
    return [each.text for each in FeedbackStore(hall.data).newest() if each.ticket == ticket]


def log_of(hall: RunningHall) -> list[Any]:
    with sqlite3.connect(f"file:{hall.data / LOG_NAME}?mode=ro", uri=True) as log:
        return log.execute("select * from event order by seq").fetchall()


def test_a_letter_is_kept_with_what_the_caller_knows_of_the_ticket(hall: RunningHall) -> None:
    hall.take("A")
    ticket = hall.call("1")
    assert post(hall, letter(hall, ticket["ticket"], contact=" 13800000000 ")) == (
        200,
        {"left": BOXED_MAX - 1},
    )
    (found,) = [each for each in FeedbackStore(hall.data).newest() if each.ticket == ticket["ticket"]]
    assert (found.number, found.window, found.kind) == (ticket["number"], "1", "suggestion")
    assert (found.text, found.contact) == (WORDS, "13800000000")
    hall.serve("1")
    hall.finish("1")


def test_one_ticket_has_its_say_and_no_more(hall: RunningHall) -> None:
    ticket = hall.take("B")["ticket"]
    found = [post(hall, letter(hall, ticket)) for _ in range(BOXED_MAX + 1)]
    assert [status for status, _ in found] == [200] * BOXED_MAX + [409]
    assert found[-1][1]["code"] == "opinions-used"
    assert found[-1][1]["next_zh"]
    assert len(kept(hall, ticket)) == BOXED_MAX


def test_only_a_ticket_the_caller_knows_may_write(hall: RunningHall) -> None:
    status, problem = post(hall, letter(hall, new_id()))
    assert (status, problem["code"]) == (404, "unknown-ticket")
    key = hall.phone_key(hall.take("B")["ticket"])
    forged = key[:-1] + ("0" if key[-1] != "0" else "1")
    assert post(hall, letter(hall, new_id()) | {"key": forged})[0] == 404
    assert post(hall, letter(hall, new_id()) | {"key": key[:-1]})[0] == 422
    assert post(hall, letter(hall, new_id()) | {"key": key})[0] == 200


def sent_by_tablet(hall: RunningHall, ticket: str, token: str, **more: Any) -> tuple[int, dict[str, Any]]:
    words = {"ticket": ticket, "kind": "rating", "level": 1, "text": WORDS} | more
    return post(hall, words, **({"Authorization": f"Bearer {token}"} if token else {}))


def test_an_id_alone_writes_nothing_and_a_tablet_only_of_its_own_window(hall: RunningHall) -> None:
    """Clerks see ids, so an id proves nothing; the tablet proves that it stands where the ticket was served."""
    hall.take("A")
    ticket = hall.call("1")["ticket"]
    hall.serve("1")
    hall.finish("1")
    own, other = hall.tokens["evaluator", "1"], hall.tokens["evaluator", "2"]
    for token in (hall.tokens["supervisor", "s1"], hall.tokens["board", "b1"], other):
        assert sent_by_tablet(hall, ticket, token)[0] == 404
    assert sent_by_tablet(hall, ticket, "")[0] == 401
    assert sent_by_tablet(hall, ticket, own, kind="complaint", level=0)[0] == 404
    assert post(hall, {"ticket": ticket, "kind": "complaint", "text": WORDS})[0] == 401
    assert post(hall, letter(hall, ticket) | {"ticket": ticket})[0] == 422, "one proof, not two"
    assert kept(hall, ticket) == []
    assert sent_by_tablet(hall, ticket, own)[0] == 200
    assert len(kept(hall, ticket)) == 1


def test_the_words_of_a_rating_wait_for_the_service_to_end(hall: RunningHall) -> None:
    hall.take("A")
    ticket = hall.call("1")["ticket"]
    rating = letter(hall, ticket, kind="rating", level=1)
    for _ in range(2):  # called, then served: neither may be rated yet
        status, problem = post(hall, rating)
        assert (status, problem["code"]) == (409, "not-served")
        assert problem["next_zh"]
        if hall.views["window/1"]["state"] == "called":
            hall.serve("1")
    hall.finish("1")
    assert post(hall, rating)[0] == 200  # the twin: the same letter once the service has ended


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.example"},
        {"Origin": ""},
        {"Origin": "null"},
        {"Content_Type": "text/plain"},
    ],
)
def test_another_site_cannot_write_in_a_visitors_name(hall: RunningHall, headers: dict[str, str]) -> None:
    ticket = hall.take("B")["ticket"]
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    status, problem = post(hall, letter(hall, ticket), **headers)
    assert (status, problem["code"]) == (403, "strange-origin")
    assert kept(hall, ticket) == []
    assert post(hall, letter(hall, ticket))[0] == 200  # the twin: the same from our own page


BAD: list[tuple[Any, int]] = [
    (b"{", 422),
    ({"text": ""}, 422),
    ({"text": " \n "}, 422),
    ({"text": "长" * 501}, 422),
    ({"contact": "1" * 61}, 422),
    ({"kind": "order"}, 422),
    ({"kind": "rating"}, 422),
    ({"kind": "rating", "level": 5}, 422),
    ({"kind": "praise", "level": 1}, 422),
    ({"window": "3"}, 422),
    (b" " * 9000, 413),
]


@pytest.mark.parametrize(("change", "status"), BAD)
def test_what_does_not_fit_is_told(hall: RunningHall, change: Any, status: int) -> None:
    document = change if isinstance(change, bytes) else letter(hall, new_id()) | change
    found, problem = post(hall, document)
    assert found == status
    assert problem["zh"]
    assert problem["en"]


def test_who_sends_many_waits_and_others_do_not(hall: RunningHall) -> None:
    strangers = [
        post(hall, letter(hall, new_id(), text=""), X_Real_IP="guess")[0] for _ in range(ASKED_MAX + 1)
    ]
    assert strangers == [422] * ASKED_MAX + [429]
    assert post(hall, letter(hall, hall.take("B")["ticket"]), X_Real_IP="somebody else")[0] == 200


@pytest.mark.parametrize("origin", ["http://[", "http://", "null", "http://x]", "//"])
def test_an_origin_that_is_none_is_strange(hall: RunningHall, origin: str) -> None:
    found = post(hall, letter(hall, new_id()), Origin=origin)
    assert (found[0], found[1]["code"]) == (403, "strange-origin")


def test_neither_writing_nor_deleting_moves_the_log_or_a_figure(hall: RunningHall) -> None:
    hall.take("A")
    ticket = hall.call("1")["ticket"]
    hall.serve("1")
    hall.finish("1")
    hall.rate(ticket, 1)
    before, figures = log_of(hall), hall.fresh("supervise")["ratings"]
    assert post(hall, letter(hall, ticket, kind="rating", level=1))[0] == 200
    (found,) = [each for each in FeedbackStore(hall.data).newest() if each.ticket == ticket]
    done = CliRunner().invoke(opinions, [str(hall.hall), "--data", str(hall.data), "delete", str(found.id)])
    assert done.exit_code == 0, done.output
    assert kept(hall, ticket) == []
    assert log_of(hall) == before
    assert hall.fresh("supervise")["ratings"] == figures
    for file in hall.data.glob(f"{LOG_NAME}*"):
        assert WORDS.encode() not in file.read_bytes()


def test_a_caller_that_is_away_is_told(hall: RunningHall) -> None:
    ticket = hall.take("B")["ticket"]
    hall.kill_caller()
    assert post(hall, letter(hall, ticket))[0] == 503
    hall.restart_caller()
    until(lambda: post(hall, letter(hall, ticket))[0] == 200, "the web process is connected again")


@pytest.mark.parametrize("body", UNDECODABLE.values(), ids=UNDECODABLE)
def test_a_letter_that_is_no_json_is_the_senders_mistake(hall: RunningHall, body: bytes) -> None:
    status, problem = post(hall, body)
    assert (status, problem["code"]) in {(422, "bad-opinion"), (413, "too-large")}, problem


def test_a_complaint_opens_a_follow_up_of_which_the_log_learns_codes_alone(hall: RunningHall) -> None:
    """Praise opens none; a second letter joins; the words are in the people's store and nowhere in the log."""
    ticket = hall.take("B")["ticket"]
    for kind in ("praise", "complaint", "complaint"):
        assert post(hall, letter(hall, ticket, kind=kind))[0] == 200
    opened = [row for row in log_of(hall) if "FollowUpOpened" in row and ticket in row[6]]
    assert len(opened) == 1
    assert WORDS not in str(log_of(hall))
    assert kept(hall, ticket) == [WORDS] * 3
