"""A station without a token shows a code and waits; a manager enters it; the token comes over the same connection."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from caller.client.client import RefusedError, new_id
from caller.client.enrolment_request import EnrolmentRequest, EnrolmentState
from caller.engine import commands as cmd
from caller.engine import short_codes
from caller.engine.envelope import EnrolStation, RevokeStation
from caller.eventlog import Reader
from caller.identity.enrolment_sheet import SHEET_DAYS, write_sheet
from caller.identity.tokens import find_token
from caller.protocol import frames
from caller.protocol.frames import Bye, CommandFrame, EnrolCode, Enrolled, Hello, Watch, Welcome
from caller.reports.audit import line_of
from caller.service import station_enrolment
from caller.service.connection import Limits
from tests.instruments.caller_fixture import Room, hear, room, run, soon, until

BOARD = Hello("", [], enrol="board/hall")


def acts(hall: Room) -> list[tuple[str, str, str, str]]:
    """What the audit reads from the log on disk."""
    with Reader(hall.log.path) as log:
        found = [line for row in log.after(0) if (line := line_of(row)) and line.act != "day-opened"]
    return [(each.act, each.subject, each.by, each.place) for each in found]


async def asked(line: Any, hello: Hello = BOARD) -> EnrolCode:
    await line.send(frames.encode(hello))
    return await hear(line, EnrolCode)


def test_a_manager_enters_the_code_and_the_station_goes_on_with_its_token(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line, hall.client("manager", "m") as manager:
            shown = await asked(line)
            assert len(shown.code) == 6
            assert shown.seconds == 600
            assert shown.address == "127.0.0.1"
            typed = f" {shown.code[:3].lower()}-{shown.code[3:].lower()}"
            done = await soon(manager.send(EnrolStation(typed, "board", "hall")))
            assert done == {"address": "127.0.0.1", "replaced": False}
            made = await hear(line, Enrolled)
            assert (made.role, made.station) == ("board", "hall")
            assert made.token not in repr(made)
            async with hall.connect() as again:
                await again.send(frames.encode(Hello(made.token, ["board"])))
                assert (await hear(again, Welcome)).station == "hall"
            assert acts(hall) == [("station-enrolled", "station/board/hall", "", "manager/m")]

    run(test())


def test_a_code_is_used_once_and_a_repeated_command_gets_its_answer_again(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line, hall.client("manager", "m") as manager:
            shown, id = await asked(line), new_id()
            first = await soon(manager.send(EnrolStation(shown.code, "board", "hall"), id))
            assert await soon(manager.send(EnrolStation(shown.code, "board", "hall"), id)) == first
            with pytest.raises(RefusedError, match="unknown-enrol-code"):
                await soon(manager.send(EnrolStation(shown.code, "board", "hall")))
            assert len(acts(hall)) == 1

    run(test())


@pytest.mark.parametrize("frame", [Watch(["board"]), CommandFrame("00000000", cmd.CallNext("3", 0)), BOARD])
def test_a_station_that_waits_may_send_nothing_more(tmp_path: Path, frame: frames.Frame) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await asked(line)
            await line.send(frames.encode(frame))
            assert (await hear(line, Bye)).code == "bad-frame"
            await until(lambda: not hall.server._enrolment._waiting, "its code is dead")

    run(test())


@pytest.mark.parametrize("wanted", ["phone/1", "janitor/1", "board", "board/../x", "/"])
def test_a_station_says_what_it_wants_to_be(tmp_path: Path, wanted: str) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await line.send(frames.encode(Hello("", [], enrol=wanted)))
            assert (await hear(line, Bye)).code == "bad-frame"

    run(test())


def test_what_the_hall_does_not_have_is_refused_and_the_code_lives_on(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line, hall.client("manager", "m") as manager:
            shown = await asked(line, Hello("", [], enrol="window/77"))
            with pytest.raises(RefusedError, match="cannot-enrol"):
                await soon(manager.send(EnrolStation(shown.code, "window", "77")))
            await soon(manager.send(EnrolStation(shown.code, "window", "3")))
            assert (await hear(line, Enrolled)).station == "3"

    run(test())


def test_wrong_codes_of_a_manager_are_limited_and_then_a_right_one_is_refused_too(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line, hall.client("manager", "m") as manager:
            shown = await asked(line)
            for _ in range(short_codes.KINDS["enrolment"].tries):
                with pytest.raises(RefusedError, match="unknown-enrol-code"):
                    await soon(manager.send(EnrolStation("222222", "board", "hall")))
            with pytest.raises(RefusedError, match="code-tries"):
                await soon(manager.send(EnrolStation(shown.code, "board", "hall")))
            async with hall.client("manager", "m2") as other:
                await soon(other.send(EnrolStation(shown.code, "board", "hall")))

    run(test())


def test_a_code_is_replaced_when_its_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line, hall.client("manager", "m") as manager:
            first = await asked(line)
            now = hall.wall()
            monkeypatch.setattr(hall.loop.clock, "now", lambda: now + station_enrolment.CODE_LIFE)
            second = await hear(line, EnrolCode)
            assert second.code != first.code
            with pytest.raises(RefusedError, match="unknown-enrol-code"):
                await soon(manager.send(EnrolStation(first.code, "board", "hall")))
            await soon(manager.send(EnrolStation(second.code, "board", "hall")))

    run(test())


def test_a_flood_of_waiting_stations_is_bounded_and_takes_no_room_from_others(tmp_path: Path) -> None:
    async def test() -> None:
        limits = Limits(waiting=3, waiting_per_address=2)
        async with room(tmp_path, limits=limits) as hall:
            lines = [await hall.connect() for _ in range(4)]
            for line in lines:
                await line.send(frames.encode(BOARD))
            await until(lambda: len(hall.server._enrolment._waiting) == 2, "two of one address wait")
            async with hall.connect() as enrolled:
                await hall.greet(enrolled, "board", "b", "board")
            for line in lines:
                await line.close()
            await until(lambda: not hall.server._enrolment._waiting, "codes die with their connections")

    run(test())


def test_after_a_restart_the_old_code_is_unknown_and_the_station_shows_another(tmp_path: Path) -> None:
    async def test() -> None:
        hall = Room(tmp_path)
        await hall.start()
        seen: list[EnrolmentState] = []
        request = EnrolmentRequest(hall.url, "board", "hall", tmp_path / "pc")
        waiting = asyncio.create_task(request.answered(seen.append))
        await until(lambda: seen and seen[-1].code, "the first code")
        old = seen[-1].code
        await hall.stop()
        await until(lambda: seen[-1].trouble, "it says that nobody answers")
        await hall.start()
        await until(lambda: seen[-1].code and seen[-1].code != old, "another code")
        async with hall.client("manager", "m") as manager:
            with pytest.raises(RefusedError, match="unknown-enrol-code"):
                await soon(manager.send(EnrolStation(old, "board", "hall")))
            await soon(manager.send(EnrolStation(seen[-1].code, "board", "hall")))
        token = await soon(waiting)
        assert find_token(tmp_path / "pc", "board", "hall") == token
        await hall.stop()

    run(test())


def test_a_program_that_was_enrolled_as_another_says_so_and_asks_again(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.client("manager", "m") as manager:
            seen: list[EnrolmentState] = []
            request = EnrolmentRequest(hall.url, "window", "3", tmp_path / "pc")
            waiting = asyncio.create_task(request.answered(seen.append))
            await until(lambda: seen and seen[-1].code, "a code")
            await soon(manager.send(EnrolStation(seen[-1].code, "window", "4")))
            await until(lambda: "window 4" in seen[-1].trouble, "it says what went wrong")
            await until(lambda: seen[-1].code, "another code")
            await soon(manager.send(EnrolStation(seen[-1].code, "window", "3")))
            await soon(waiting)

    run(test())


# --- tokens that change hands


def test_the_former_pc_of_a_station_is_hung_up_on_though_the_new_one_greets_first(tmp_path: Path) -> None:
    """The greeting of the new PC reads the change from the disk; the old PC's connection must end all the same."""

    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as old, hall.connect() as line:
            await hall.greet(old, "board", "hall", "board")
            async with hall.client("manager", "m") as manager:
                shown = await asked(line)
                done = await soon(manager.send(EnrolStation(shown.code, "board", "hall")))
                assert done["replaced"]
            made = await hear(line, Enrolled)
            async with hall.connect() as new:
                await new.send(frames.encode(Hello(made.token, ["board"])))
                await hear(new, Welcome)
                assert (await hear(old, Bye)).code == "bad-token"

    run(test())


def test_a_manager_revokes_a_station_and_its_connection_ends(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as old, hall.client("manager", "m") as manager:
            await hall.greet(old, "board", "hall", "board")
            await soon(manager.send(RevokeStation("board", "hall")))
            assert (await hear(old, Bye)).code == "bad-token"
            with pytest.raises(RefusedError, match="not-enrolled"):
                await soon(manager.send(RevokeStation("board", "hall")))
            assert acts(hall) == [("station-revoked", "station/board/hall", "", "manager/m")]

    run(test())


# --- the printed sheet


def printed(hall: Room, *stations: tuple[str, str], at: int | None = None) -> list[str]:
    now = hall.loop.clock.now() if at is None else at
    return write_sheet(hall.stations.path, stations, b"r" * 32, "1001", now)


def by_sheet(code: str) -> Hello:
    return Hello("", [], enrol="evaluator/3", code=code)


def test_a_code_of_the_sheet_enrols_its_station_once(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall:
            (code,) = printed(hall, ("evaluator", "4"))
            async with hall.connect() as line:
                await line.send(frames.encode(by_sheet(f"{code[:5]} - {code[5:]}".lower())))
                made = await hear(line, Enrolled)
            assert (made.role, made.station) == ("evaluator", "4"), "the sheet decides, not the screen"
            async with hall.connect() as line:
                await line.send(frames.encode(by_sheet(code)))
                assert (await hear(line, Bye)).code == "bad-code"
            assert acts(hall) == [("station-enrolled", "station/evaluator/4", "1001", "sheet")]

    run(test())


def test_two_screens_with_one_code_get_one_token(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as one, hall.connect() as two:
            (code,) = printed(hall, ("board", "hall"))
            for line in (one, two):
                await line.send(frames.encode(by_sheet(code)))
            answers = [type(await hear(one)), type(await hear(two))]
            assert sorted(each.__name__ for each in answers) == ["Bye", "Enrolled"]

    run(test())


def test_a_sheet_is_good_for_days_and_void_once_another_is_printed(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall:
            week = SHEET_DAYS * 86_400_000_000
            (old,) = printed(hall, ("board", "hall"), at=hall.loop.clock.now() - week)
            (void,) = write_sheet(hall.stations.path, [("board", "a")], b"1" * 32, "", hall.loop.clock.now())
            (good,) = write_sheet(hall.stations.path, [("board", "a")], b"2" * 32, "", hall.loop.clock.now())
            for code, kind in ((old, Bye), (void, Bye), (good, Enrolled)):
                async with hall.connect() as line:
                    await line.send(frames.encode(by_sheet(code)))
                    assert isinstance(await hear(line), kind)

    run(test())


def test_guesses_at_the_sheet_are_limited_by_address(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall:
            (code,) = printed(hall, ("board", "hall"))
            codes: list[str] = []
            for guess in [*["ABCDEFGHJK"] * short_codes.KINDS["sheet"].tries, code]:
                async with hall.connect() as line:
                    await line.send(frames.encode(by_sheet(guess)))
                    codes.append((await hear(line, Bye)).code)
            assert set(codes[:-1]) == {"bad-code"}
            assert codes[-1] == "too-fast", "a right one is refused as well"

    run(test())
