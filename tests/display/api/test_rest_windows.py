"""A program drives a window, its cases and what people tell the hall, over REST: by the same engine as every station."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from caller.client.client import new_id
from caller.engine import commands as cmd
from caller.eventlog import LOG_NAME, Reader
from caller.people.feedback_store import FeedbackStore
from tests.instruments.api_hall import WITH_ACCOUNTS, ApiHall, api_hall
from tests.instruments.caller_fixture import run

PROJECT = "330100-2026-000123"


async def served(hall: ApiHall, window: str = "3") -> str:
    """Take a number, call and start it; the ticket's id."""
    ticket = (await hall.post("/tickets", {"queue": "A"}))["ticket"]
    await hall.post(f"/windows/{window}/call-next")
    await hall.post(f"/windows/{window}/start")
    return ticket


def test_a_visit_from_sign_in_to_outcome_and_case_number(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            await hall.post("/windows/4/open", {"clerk": "li", "queues": ["A"]})
            issued = await hall.post("/tickets", {"items": ["i3"]})
            other = await hall.post("/tickets", {"queue": "A"})
            called = await hall.post("/windows/4/call", {"number": other["number"], "reason": ""})
            assert (called["ticket"], called["window"]) == (other["ticket"], "4")
            await hall.post("/windows/4/start")
            ended = await hall.post("/windows/4/finish", {"outcome": "advice", "project": PROJECT})
            assert ended == {"ticket": other["ticket"]} | dict.fromkeys(
                ("notice", "about", "code", "case_number"), ""
            ) | {"printed": False}
            assert (await hall.post("/windows/4/call-next"))["ticket"] == issued["ticket"]
            seen = await hall.get("/windows/4")
            assert (seen["state"], seen["clerk"], seen["ticket"]["number"]) == (
                "called",
                "li",
                issued["number"],
            )
            assert (await hall.get(f"/tickets/{other['ticket']}"))["outcome"] == "advice"
            assert (await hall.get(f"/tickets?number={issued['number'].lower()}"))["tickets"][0][
                "ticket"
            ] == issued["ticket"]
            with Reader(tmp_path / LOG_NAME) as log:
                ends = [each.event for each in log.of_kinds(["ServiceFinished"])]
            assert [msgspec.to_builtins(each)["project"] for each in ends] == [PROJECT]
            for verb in ("recall", "start", "hold"):
                await hall.post(f"/windows/4/{verb}")
            await hall.post("/windows/4/pause", {"minutes": 5})
            await hall.post("/windows/4/resume")
            await hall.post("/windows/4/close")
            assert (await hall.get("/windows/4"))["state"] == "closed"

    run(test())


def test_a_repeat_of_any_verb_is_done_once(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            for _ in range(3):
                await hall.post("/tickets", {"queue": "A"})
            once = new_id()
            first = await hall.post("/windows/3/call-next", id=once)
            await hall.post("/windows/3/start")
            again = await hall.post("/windows/3/call-next", id=once)
            assert again == first
            assert (await hall.get("/windows/3"))["ticket"]["ticket"] == first["ticket"]
            other = await hall.post("/windows/3/call-next")  # the twin: under another key it is the next
            assert other["ticket"] != first["ticket"]
            seen = await hall.get("/windows/3")
            assert await hall.refused("POST", "/windows/3/call-next", {}) == (422, "as-of-or-key")
            stale = {"as_of": seen["version"] - 1}
            assert await hall.refused("POST", "/windows/3/start", stale) == (409, "stale-view")
            found = await hall.ask("POST", "/windows/3/start", {"as_of": seen["version"]})
            assert found.status_code == 200

    run(test())


def test_a_key_of_another_request_is_refused_and_nothing_is_done(tmp_path: Path) -> None:
    """The twin is the same request under a key of its own."""

    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            used = new_id()
            await hall.post("/windows/3/pause", {"minutes": 10}, id=used)
            await hall.post("/windows/3/resume")
            before = hall.room.loop.hall.seq
            for path, body in (("/tickets", {"queue": "A"}), ("/windows/3/evaluation", {"wait": 0})):
                found = await hall.refused("POST", path, body, Idempotency_Key=used)
                assert found == (409, "key-reused")
            assert hall.room.loop.hall.seq == before
            assert (await hall.post("/tickets", {"queue": "A"}))["number"]

    run(test())


def test_an_evaluation_ends_the_visit_and_tells_what_was_answered(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            ticket, once = await served(hall), new_id()
            asked = await hall.post("/windows/3/evaluation", {"project": PROJECT, "wait": 0}, id=once)
            assert (asked["ticket"], asked["state"], asked["level"]) == (ticket, "asked", 0)
            assert (await hall.get("/windows/3/evaluation"))["state"] == "asked"
            waiting = asyncio.create_task(hall.post("/windows/3/evaluation", {"wait": 60}, id=once))
            await hall.room.order(cmd.Rate(ticket=ticket, level=4, via="tablet"), "evaluator", "3")
            answered = await waiting
            assert (answered["ticket"], answered["state"], answered["level"]) == (ticket, "answered", 4)
            second = await served(hall)
            late = await hall.post("/windows/3/evaluation", {"wait": 0}, id=once)
            assert (late["ticket"], late["state"]) == (ticket, "answered")
            assert (await hall.get("/windows/3"))["ticket"]["ticket"] == second, (
                "a repeat ends no other visit"
            )
            done = await hall.ask("POST", "/windows/3/evaluation", {"wait": 0})
            assert done.json()["ticket"] == second
            assert (await hall.ask("POST", "/windows/3/evaluation", {"wait": 0})).json()["state"] == "asked"
            await hall.post("/windows/4/open", {"clerk": "li"})
            assert await hall.refused("POST", "/windows/4/evaluation", {}) == (409, "nobody-here")
            assert await hall.refused("GET", "/windows/4/evaluation") == (404, "no-evaluation")

    run(test())


def test_an_outcome_is_corrected_and_one_that_stands_already_stays(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            ticket, once = await served(hall), new_id()
            await hall.post("/windows/3/finish", {"outcome": "done"})
            body = {"ticket": ticket, "outcome": "advice"}
            corrected = await hall.post("/windows/3/correct", body, id=once)
            assert corrected == await hall.post("/windows/3/correct", body, id=once)
            assert (corrected["ticket"], (await hall.get("/windows/3"))["ended"]["outcome"]) == (
                ticket,
                "advice",
            )
            seq = hall.room.loop.hall.seq
            assert (await hall.post("/windows/3/correct", body))["ticket"] == ticket, (
                "it stands: nothing is done"
            )
            assert hall.room.loop.hall.seq == seq
            case = await hall.post(
                "/windows/3/correct", {"ticket": ticket, "outcome": "accepted", "item": "i1"}
            )
            assert case["case_number"], "and what follows from it is told"
            used = new_id()
            await hall.post(
                f"/tickets/{(await hall.post('/tickets', {'queue': 'A'}))['ticket']}/cancel", id=used
            )
            found = await hall.refused(
                "POST", "/windows/3/correct", body | {"outcome": "done"}, Idempotency_Key=used
            )
            assert found == (409, "key-reused")

    run(test())


def test_a_case_is_opened_taken_on_and_closed(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            once = new_id()
            opened = await hall.post(
                "/cases", {"item": "i1", "window": "3", "project": PROJECT, "staff": "wang"}, id=once
            )
            assert await hall.post("/cases", {"item": "i1", "window": "3"}, id=once) == opened
            case, number = opened["about"], opened["case_number"]
            known = await hall.get(f"/cases/{number}")
            assert (known["case"], known["project"], known["state"]) == (case, PROJECT, "accepted")
            page = await hall.get("/cases?window=3")
            assert [each["case"] for each in page["cases"]] == [case]
            for move in (
                {"move": "take", "owner": "wang"},
                {"move": "decide", "decision": "granted"},
                {"move": "issue"},
                {"move": "close"},
            ):
                moved = await hall.post(f"/cases/{number}/moves", {"staff": "wang"} | move)
            assert moved["state"] == "closed"
            steps = (await hall.get(f"/cases/{case}"))["steps"]
            assert [each["staff"] for each in steps] == ["wang"] * 4
            assert await hall.refused("POST", f"/cases/{case}/moves", {"move": "take", "as_of": 0}) == (
                409,
                "case-moved",
            )
            assert await hall.refused("GET", "/cases/nobody") == (404, "unknown-case")
            assert await hall.refused("GET", "/cases?window=99") == (404, "unknown-window")

    run(test())


def test_feedback_is_registered_with_its_words_once(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            told: dict[str, Any] = {
                "kind": "complaint",
                "way": "call",
                "window": "3",
                "text": "等了很久",
                "contact": "13800000000",
            }
            once = new_id()
            given = await hall.post("/feedback", told, id=once)
            assert await hall.post("/feedback", told, id=once) == given
            for _ in range(2):  # after two closed days memory holds neither; the log does
                hall.room.loop._memory._forget()
            assert await hall.post("/feedback", told, id=once) == given
            kept = FeedbackStore(tmp_path).of(f"follow-up/{given['follow_up']}")
            assert [each.value for each in kept] == ["等了很久", "13800000000"]
            seen = await hall.get(f"/feedback/{given['code']}")
            assert (seen["number"], seen["window"], seen["state"]) == (given["number"], "三号", "opened")
            wrong = new_id()
            body = told | {"window": "99"}
            assert await hall.refused("POST", "/feedback", body, Idempotency_Key=wrong) == (
                404,
                "unknown-window",
            )
            assert len(FeedbackStore(tmp_path).newest()) == 1, "what was refused is kept nowhere"
            assert await hall.refused("POST", "/feedback", told | {"way": "kiosk"}) == (403, "not-allowed")
            assert await hall.refused("POST", "/feedback", {"kind": "praise", "way": "page"}) == (
                422,
                "bad-opinion",
            )
            assert await hall.refused("GET", "/feedback/0000000000") == (404, "unknown-receipt")

    run(test())


def test_who_sits_down_is_a_clerk_and_who_is_named_works_here(tmp_path: Path) -> None:
    async def test() -> None:
        async with api_hall(tmp_path, WITH_ACCOUNTS) as hall:
            hall.room.account("1001", "clerk")
            hall.room.account("1002", "guide")
            await hall.post("/windows/4/open", {"clerk": "1001"})
            await hall.post("/windows/4/close")
            assert await hall.refused("POST", "/windows/4/open", {"clerk": "1002"}) == (
                403,
                "role-not-allowed",
            )
            assert await hall.refused("POST", "/windows/4/open", {"clerk": "nobody"}) == (
                404,
                "unknown-account",
            )
            case = {"item": "i1", "staff": "nobody"}
            assert await hall.refused("POST", "/cases", case) == (404, "unknown-account")

    run(test())


@pytest.mark.parametrize("path", ["/windows/99", "/queues/Z", "/tickets/none", "/cases/B2026-1", "/nothing"])
def test_what_is_not_in_this_hall_is_not_found(tmp_path: Path, path: str) -> None:
    async def test() -> None:
        async with api_hall(tmp_path) as hall:
            assert (await hall.refused("GET", path))[0] == 404

    run(test())
