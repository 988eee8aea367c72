"""What goes over the websocket, sans-I/O, for both sides.

JSON text frames, subprotocol `hallcall.1`. A station greets with `hello` and is answered `welcome`; then
it sends `command` frames and gets `done` or `refused` for each; documents it watches arrive as `view`,
whole once and then as RFC 7396 merge patches; a `beat` comes every second. Whoever breaks these rules gets
a `bye` with a reason and is closed. docs/wire.md is generated from the types below.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from caller.engine.commands import AnyCommand

SUBPROTOCOL = "hallcall.1"
FRAME_BYTES_MAX = 16 * 1024  # towards the caller; a command is under 1 KiB, a flood is not
TOPICS_MAX = 64  # one station watches its windows, a board and a few tickets, not the city
HELLO_SECONDS = 5  # a station that has not greeted by then is not one of ours
BEAT_SECONDS = 1.0
SILENT_SECONDS = 3.0  # a page that heard nothing for so long says 信息未更新
ANNOUNCE_SECONDS = 30  # a call older than this is shown, never spoken
COMMANDS_PER_SECOND = 50  # a clerk presses one key a second; a stuck key more
COMMANDS_BURST = 100  # a kiosk that comes back may repeat what it kept

Id = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
Topic = Annotated[str, Meta(min_length=1, max_length=80)]
ErrorCode = Literal[
    "not-json", "too-large", "unknown-kind", "bad-frame", "no-hello", "bad-token", "not-allowed", "too-fast",
    "too-many-topics", "unknown-topic", "shutting-down",
]  # fmt: skip


class Frame(Struct, frozen=True, tag_field="type", omit_defaults=True):
    """Base of all frames."""


# --- station → caller


class Hello(Frame, tag="hello"):
    """The greeting: who I am, and the topics I watch ("board", "window/3", "ticket/…", "kiosk", "supervise")."""

    token: Annotated[str, Meta(max_length=128)]
    watch: list[Topic] = []


class CommandFrame(Frame, tag="command"):
    """A command with the id its sender made and saved first."""

    id: Id
    command: AnyCommand


class Watch(Frame, tag="watch"):
    """Replaces the topics this station watches; each arrives whole."""

    topics: list[Topic]


# --- caller → station


class Welcome(Frame, tag="welcome"):
    """Greeting accepted; `now` is the caller's clock in UTC microseconds."""

    role: str
    station: str
    site: str
    seq: int
    now: int


class Done(Frame, tag="done"):
    """The command's effect is on disk. `result` depends on the command (see docs/wire.md)."""

    id: str
    seq: int
    result: dict[str, Any] = {}


class RefusedFrame(Frame, tag="refused"):
    """A proper answer to a person: a stable code, words, and the next step, in Chinese and English."""

    id: str
    code: str
    zh: str
    en: str
    next_zh: str
    next_en: str


class ViewFrame(Frame, tag="view"):
    """A topic's document: whole in `doc`, or what changed since the last frame in `patch` (RFC 7396)."""

    topic: str
    seq: int
    doc: dict[str, Any] | None = None
    patch: dict[str, Any] | None = None


class Beat(Frame, tag="beat"):
    """Every second: the caller lives, its log stands at `seq`, its clock says `now`."""

    seq: int
    now: int


class Bye(Frame, tag="bye"):
    """The station broke a rule, or the caller stops; the connection closes after it."""

    code: ErrorCode
    zh: str
    en: str


StationFrame = Hello | CommandFrame | Watch
CallerFrame = Welcome | Done | RefusedFrame | ViewFrame | Beat | Bye

BYE_WORDS: dict[str, tuple[str, str]] = {
    "not-json": ("消息不是 JSON，请检查程序版本", "The frame is not JSON; check the program's version"),
    "too-large": ("消息超过 16 KiB", "The frame is larger than 16 KiB"),
    "unknown-kind": ("未知的消息类型，请检查程序版本", "Unknown kind of frame; check the program's version"),
    "bad-frame": ("消息内容不符合协议：{detail}", "The frame does not fit the protocol: {detail}"),
    "no-hello": ("连接后须先发送 hello", "Send hello first after connecting"),
    "bad-token": (
        "令牌无效，请用 hallcall enrol 重新登记本站点",
        "Unknown token; enrol this station again with: hallcall enrol",
    ),
    "not-allowed": ("本站点无权查看：{detail}", "This station may not watch: {detail}"),
    "too-fast": ("发送过快，请检查按键是否卡住", "Too many commands; check for a stuck key"),
    "too-many-topics": ("订阅过多，至多 64 个", "Too many topics; at most 64"),
    "unknown-topic": ("没有这个主题：{detail}", "No such topic: {detail}"),
    "shutting-down": ("叫号服务正在重启，请稍候", "The caller restarts; wait a moment"),
}


class PeerError(Exception):
    """The peer broke the rules; close with this code. Our own bugs raise something else."""

    def __init__(self, code: ErrorCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code: ErrorCode = code
        self.detail = detail

    def bye(self) -> Bye:
        zh, en = BYE_WORDS[self.code]
        return Bye(code=self.code, zh=zh.format(detail=self.detail), en=en.format(detail=self.detail))


_station_frames = msgspec.json.Decoder(StationFrame)
_caller_frames = msgspec.json.Decoder(CallerFrame)
_encoder = msgspec.json.Encoder()


def encode(frame: Frame) -> str:
    """A frame as the text of one websocket message."""
    return _encoder.encode(frame).decode()


def decode_station(text: str | bytes) -> Hello | CommandFrame | Watch:
    """A frame from a station. Raises `PeerError` for anything else."""
    if len(text) > FRAME_BYTES_MAX:
        raise PeerError("too-large")
    try:
        return _station_frames.decode(text)
    except msgspec.ValidationError as error:
        detail = str(error)
        raise PeerError("unknown-kind" if "Invalid value" in detail else "bad-frame", detail[:200]) from None
    except msgspec.DecodeError:
        raise PeerError("not-json") from None


def decode_caller(text: str | bytes) -> Welcome | Done | RefusedFrame | ViewFrame | Beat | Bye:
    """A frame from the caller. Raises `PeerError` if it is none."""
    try:
        return _caller_frames.decode(text)
    except msgspec.ValidationError as error:
        raise PeerError("bad-frame", str(error)[:200]) from None
    except msgspec.DecodeError:
        raise PeerError("not-json") from None


def diff(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The RFC 7396 merge patch that turns `old` into `new`. Documents hold no nulls (null means "remove")."""
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if before == value and key in old:
            continue
        if isinstance(before, dict) and isinstance(value, dict):
            patch[key] = diff(before, value)
        else:
            patch[key] = value
    return patch


def merge(target: Any, patch: Any) -> Any:
    """`target` with an RFC 7396 merge patch applied; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result
