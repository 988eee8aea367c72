"""The wire's rules: frames there and back, every way to break them, and RFC 7396 to the letter."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller.engine import commands as cmd
from caller.protocol import frames
from caller.protocol.frames import CLOSE_CODES, CommandFrame, ErrorCode, Hello, PeerError, ViewFrame, Watch

# A shared, loaded machine makes inputs slowly; that is no fault of the code under test.
ID = "01890000-0000-7000-8000-000000000000"


def broken(text: str | bytes) -> PeerError:
    with pytest.raises(PeerError) as caught:
        frames.decode_station(text)
    return caught.value


# --- frames


@pytest.mark.parametrize(
    "frame",
    [
        Hello("secret", ["board", "window/3"]),
        Watch(["ticket/x"]),
        CommandFrame(ID, cmd.TakeTicket(items=["T001"], priority="elderly")),
        CommandFrame(ID, cmd.TransferTicket("3", 7, queue="B", place="front", come_back=True)),
    ],
)
def test_what_a_station_says_arrives_as_it_was_said(frame: Any) -> None:
    assert frames.decode_station(frames.encode(frame)) == frame


@pytest.mark.parametrize(
    "frame",
    [
        frames.Welcome("window", "3", "county", 7, 1_000_000),
        frames.Done(ID, 8, {"number": "A001"}),
        frames.RefusedFrame(ID, "nobody-waiting", "没有人等候", "Nobody is waiting", "请稍候", "Wait"),
        ViewFrame("board", 9, doc={}),
        ViewFrame("board", 9, patch={"gone": None, "calls": []}),
        frames.Beat(9, 2_000_000),
        PeerError("shutting-down").bye(),
    ],
)
def test_what_the_caller_says_arrives_as_it_was_said(frame: Any) -> None:
    assert frames.decode_caller(frames.encode(frame)) == frame


def test_hanzi_travel_as_themselves() -> None:
    assert "窗口" in frames.encode(CommandFrame(ID, cmd.CloseWindow("窗口")))


# --- breaking the rules

COMMAND = '{"type":"command","id":"' + ID + '","command":'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not-json"),
        ("call next please", "not-json"),
        (b"\xff\xfe\x00", "not-json"),
        ('{"type":"hello","token":"\\ud800"}', "not-json"),
        ('{"type":"hello","token":"\ud800"}', "not-json"),
        ("[]", "bad-frame"),
        ("{}", "bad-frame"),
        ('{"type":"hello"}', "bad-frame"),
        ('{"type":"hello","token":7}', "bad-frame"),
        ('{"type":"hello","token":"' + "x" * 129 + '"}', "bad-frame"),
        ('{"type":"hello","token":"x","more":' + "[" * 8000 + "]" * 8000 + "}", "bad-frame"),
        ('{"type":"dance"}', "unknown-kind"),
        ('{"type":"welcome","role":"manager"}', "unknown-kind"),
        (COMMAND + '{"type":"Dance"}}', "unknown-kind"),
        (COMMAND + '{"type":"Rate","ticket":"x","level":6}}', "bad-frame"),
        (COMMAND + '{"type":"Rate","ticket":"x","level":5,"via":"rumour"}}', "bad-frame"),
        (COMMAND + '{"type":"CloseDay","force":true}}', "bad-frame"),
        (COMMAND + '{"type":"CallNext","window":"3","as_of":' + "9" * 30 + "}}", "bad-frame"),
        ('{"type":"command","id":"x;drop","command":{"type":"StopTickets"}}', "bad-frame"),
    ],
)
def test_each_way_to_break_a_frame_has_its_code(text: str | bytes, code: ErrorCode) -> None:
    assert broken(text).code == code


def test_a_frame_is_measured_in_bytes_not_in_characters() -> None:
    hanzi = json.dumps({"type": "hello", "token": "x", "more": "号" * 6000}, ensure_ascii=False)
    assert len(hanzi) < frames.FRAME_BYTES_MAX < len(hanzi.encode())
    assert broken(hanzi).code == "too-large"
    assert broken(hanzi.encode()).code == "too-large"


def test_the_largest_frame_allowed_is_read() -> None:
    bare = '{"type":"hello","token":"x"}'
    padded = bare + " " * (frames.FRAME_BYTES_MAX - len(bare))
    assert frames.decode_station(padded) == Hello("x")
    assert broken(padded + " ").code == "too-large"


@given(st.one_of(st.text(), st.binary(), st.recursive(st.none() | st.text(), st.lists).map(json.dumps)))
def test_whatever_arrives_is_a_frame_or_a_peer_error(text: str | bytes) -> None:
    for decode in (frames.decode_station, frames.decode_caller):
        try:
            decode(text)
        except PeerError as error:
            frames.decode_caller(frames.encode(error.bye()))


@pytest.mark.parametrize("code", get_args(ErrorCode))
def test_every_code_has_words_a_next_step_and_a_close_code_of_its_own(code: ErrorCode) -> None:
    bye = PeerError(code, "window/9").bye()
    for text in (bye.zh, bye.en, bye.next_zh, bye.next_en):
        assert text
        assert "{" not in text
    assert any("\u4e00" <= char <= "\u9fff" for char in bye.zh)
    assert list(CLOSE_CODES.values()).count(PeerError(code).close_code) == 1


def test_a_bye_never_repeats_more_than_a_little_of_what_was_wrong() -> None:
    assert len(PeerError("bad-frame", "x" * 100_000).bye().en) < 300
