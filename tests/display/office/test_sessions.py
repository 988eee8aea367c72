"""A page of the office is drawn with its documents: it waits a moment for those that it watches, and no longer."""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from config.settings import Listen
from display.office.screen import calling_office
from display.office.sessions import arrived
from tests.instruments.caller_fixture import SETTINGS, room, run, soon


def test_a_page_that_is_drawn_has_the_documents_it_watches(tmp_path: Path) -> None:
    async def scene() -> None:
        async with room(tmp_path) as place, place.client("manager", "m", ["board"]) as line:
            await soon(line.until("current"))
            await line.watch(["board", "supervise"])
            assert "supervise" not in line.views  # the twin: what was asked for is not here yet
            await arrived(line, asyncio.get_running_loop().time() + 60)
            assert {"board", "supervise"} <= set(line.views)

    run(scene())


def test_a_caller_that_does_not_answer_keeps_no_page_waiting(tmp_path: Path) -> None:
    async def scene() -> None:
        async with room(tmp_path) as place, place.client("manager", "m", ["board"]) as line:
            await soon(line.until("current"))
            await line.watch(["board", "supervise"])
            await arrived(line, asyncio.get_running_loop().time() - 1)
            assert "supervise" not in line.views

    run(scene())


def test_the_office_of_the_pc_that_calls_is_named_and_linked_where_it_can_be_reached():
    open_to_all = replace(SETTINGS, listen=Listen(office=9302, office_host="0.0.0.0", tls="auto"))
    assert calling_office(open_to_all, "wss://pc1:9300") == ("pc1", "https://pc1:9302")
    assert calling_office(open_to_all, "wss://[fd00::5]:9300").url == "https://[fd00::5]:9302"
    assert calling_office(SETTINGS, "ws://pc1:9300") == ("pc1", ""), "of its own PC alone, as usual"
    assert calling_office(open_to_all, "") == ("", ""), "no caller is reached"
