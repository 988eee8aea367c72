"""The caller over real sockets: what becomes of those who break the rules of the wire, and of nobody else."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from caller.protocol import frames
from caller.protocol.frames import CLOSE_CODES, Beat, Bye, PeerError, RefusedFrame, ViewFrame
from caller.service.clock import wall_micros
from caller.service.connection import Connection
from caller.service.session import FLOOD_COMMANDS, CommandRate
from tests.instruments.caller_fixture import Room, hear, last_words, room, run, soon, take, until

# --- breaking the rules

GREETED: list[tuple[str | bytes, str]] = [
    ("not json at all", "not-json"),
    ('{"type":"command"', "not-json"),
    ('{"type":"sing"}', "unknown-kind"),
    ('{"type":"command","id":"12345678","command":{"type":"Sing"}}', "unknown-kind"),
    ('{"type":"command","id":"12345678","command":{"type":"TakeTicket","queue":"ABC"}}', "bad-frame"),
    ('{"type":"hello","token":"again"}', "bad-frame"),
    (b'{"type":"watch","topics":[]}', "bad-frame"),
    ('{"type":"watch","topics":["' + "x" * frames.FRAME_BYTES_MAX + '"]}', "too-large"),
    ('{"type":"watch","topics":["supervise"]}', "not-allowed"),
    ('{"type":"watch","topics":["window/99"]}', "not-allowed"),
    ('{"type":"watch","topics":["ticket/nobody"]}', "unknown-topic"),
    (json.dumps({"type": "watch", "topics": ["board"] * 65}), "too-many-topics"),
]


@pytest.mark.parametrize(
    ("message", "code"), GREETED, ids=[f"{code}-{i}" for i, (_, code) in enumerate(GREETED)]
)
def test_each_broken_rule_is_named_and_the_line_closed(
    tmp_path: Path, message: str | bytes, code: Any
) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await hall.greet(line, "window", "3")
            await line.send(message)
            assert await last_words(line) == (code, PeerError(code).close_code)
            async with hall.connect() as next_one:  # and nobody else has noticed
                await hall.greet(next_one, "board", "b1", "board")

    run(test())


@pytest.mark.parametrize("message", ['{"type":"watch","topics":[]}', take()], ids=["watch", "command"])
def test_whoever_does_not_greet_first_is_closed(tmp_path: Path, message: str) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await line.send(message)
            assert await last_words(line) == ("no-hello", CLOSE_CODES["no-hello"])
            assert hall.issued() == 0

    run(test())


def test_whoever_does_not_greet_at_all_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "HELLO_SECONDS", 0.2)

    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            assert (await last_words(line))[0] == "no-hello"

    run(test())


def test_a_huge_frame_is_cut_off_before_it_is_read_whole(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            await hall.greet(line, "window", "3")
            with contextlib.suppress(ConnectionClosed):
                await line.send("x" * 1_000_000)
            await soon(line.wait_closed())
            assert line.close_code in (1009, 1006)
            await until(lambda: not hall.server.connected)

    run(test())


def test_a_stuck_key_is_refused_and_a_flood_is_hung_up_on(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect(max_queue=None) as line:
            await hall.greet(line, "board", "b1")
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await line.send(take())
            refusals: set[str] = set()
            while isinstance(frame := await hear(line), RefusedFrame | Beat):
                refusals |= {frame.code} if isinstance(frame, RefusedFrame) else set()
            assert refusals == {"not-allowed", "too-fast"}
            assert isinstance(frame, Bye)
            assert frame.code == "too-fast"

    run(test())


def test_a_fair_pace_is_never_refused() -> None:
    pace = CommandRate(0.0)
    assert all(pace.take(step / frames.COMMANDS_PER_SECOND) for step in range(10_000))


def test_whoever_stays_above_the_pace_is_hung_up_on_in_the_end() -> None:
    pace, refused, step = CommandRate(0.0), 0, 0
    with contextlib.suppress(PeerError):
        for step in range(100_000):
            refused += not pace.take(step / (2 * frames.COMMANDS_PER_SECOND))
    assert FLOOD_COMMANDS < refused < 3 * FLOOD_COMMANDS
    assert step < 2000


def test_a_burst_is_taken_and_then_it_is_refused_until_time_has_passed() -> None:
    pace = CommandRate(0.0)
    assert [pace.take(0.0) for _ in range(frames.COMMANDS_BURST + 1)].count(True) == frames.COMMANDS_BURST
    assert not pace.take(-1000.0)  # a clock set back gives nothing
    assert pace.take(1.0)


KINDS = st.sampled_from(["hello", "watch", "command", "view", "?"])
FIELDS = st.dictionaries(
    st.sampled_from(["token", "topics", "id", "command", "type"]),
    st.text(max_size=9) | st.lists(st.integers()),
)
FRAMES = (
    st.text(max_size=40)
    | st.binary(max_size=40)
    | st.builds(lambda kind, rest: json.dumps({"type": kind, **rest}), KINDS, FIELDS)
)


@pytest.mark.parametrize("count", [200, pytest.param(1_000, marks=pytest.mark.campaign)])
def test_random_frames_close_only_the_lines_they_came_in_on(tmp_path: Path, count: int) -> None:
    """More of them: tests/fuzz."""
    hall = Room(tmp_path)

    @settings(max_examples=count)
    @given(FRAMES)
    def each(message: str | bytes) -> None:
        runner.run(say(hall, message))

    async def afterwards() -> None:
        async with hall.connect() as watcher:
            await hall.greet(watcher, "board", "b1", "board")
            await until(lambda: hall.server.connected == ["board/b1"])
            await hall.open()
            assert await hear(watcher, ViewFrame)
        await hall.stop()

    with asyncio.Runner() as runner:
        runner.run(hall.start())
        each()
        runner.run(afterwards())


async def say(hall: Room, message: str | bytes) -> None:
    """Say one thing after a proper greeting, then nonsense: the line is closed, with a reason."""
    async with hall.connect() as line:
        await hall.greet(line, "kiosk", "K1")
        await line.send(message)
        await line.send("nonsense")
        code, closed_with = await last_words(line)
        assert closed_with == PeerError(code).close_code


@pytest.mark.parametrize("elsewhere", [True, False], ids=["on another machine", "on this one"])
def test_the_clocks_of_stations_on_other_machines_are_witnesses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: bool
) -> None:
    """A station that shares this PC's clock says nothing about it."""
    if elsewhere:
        monkeypatch.setattr(Connection, "on_this_machine", False)

    async def test() -> None:
        async with room(tmp_path) as hall, hall.client("board", "b", ["board"]) as board:
            await until(lambda: "board" in board.views)
            offsets = hall.loop.clock.stations()
            assert len(offsets) == elsewhere
            assert all(
                abs(offset - (wall_micros() - hall.loop.clock.wall())) < 60_000_000 for offset in offsets
            )

    run(test())
