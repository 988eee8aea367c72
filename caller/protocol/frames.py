"""Defines what goes over the websocket, sans-I/O, for both sides.

JSON text frames, subprotocol `hallcall.1`. A station greets with `hello` and is answered `welcome`; then it
sends `command` frames and gets `done` or `refused` for each; documents it watches arrive as `view`, whole
once and then as RFC 7396 merge patches; a `beat` comes every second. The caller sends a station that breaks
these rules a `bye` with a reason and closes its connection. `caller.docs.wire` writes docs/wire.md from the
types below.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from caller.engine.envelope import AnyCommand
from caller.engine.refusals import Refused
from config.catalogue import Message, message
from config.instants import Micros

SUBPROTOCOL = "hallcall.1"
FRAME_BYTES_MAX = 16 * 1024  # towards the caller, in UTF-8; a command is under 1 KiB, a flood is not
VIEW_BYTES_MAX = 1024 * 1024  # towards a station; a board of 60 windows is under 32 KiB
TOPICS_MAX = 64  # one station watches its windows, a board and a few tickets, not the city
HELLO_SECONDS = 5  # a station that has not greeted by then is not one of ours
BEAT_SECONDS = 1.0  # three of them missed is a fault one must show
SILENT_SECONDS = 3.0  # a page that heard nothing for so long says 信息未更新
ANNOUNCE_SECONDS = 30  # a call older than this is shown, never spoken
COMMANDS_PER_SECOND = 50  # a clerk presses one key a second; a stuck key more
COMMANDS_BURST = 100  # a kiosk that comes back may repeat what it kept
DETAIL_CHARS_MAX = 200  # of what was wrong with a frame, repeated in the bye

CommandId = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+\Z")]
Topic = Annotated[str, Meta(min_length=1, max_length=160)]  # "person/" and two hashes
SessionKey = Annotated[str, Meta(min_length=16, max_length=64)]
StaffNumber = Annotated[str, Meta(min_length=1, max_length=32)]
Secret = Annotated[str, Meta(max_length=128)]  # in no log line and no error: see `decode_station`
KeptFields = Annotated[dict[str, Annotated[str, Meta(max_length=400)]], Meta(max_length=4)]  # by name
SignedWitness = Annotated[str, Meta(max_length=200)]  # opaque to a station: how far the caller's log was


class Frame(Struct, frozen=True, tag_field="type", omit_defaults=True, gc=False):
    """Base of all frames. Plain data without cycles, so the collector need not look at them."""


# --- station → caller


class Hello(Frame, frozen=True, tag="hello"):
    """My token and the topics I watch: "board", "window/3", "ticket/…", "kiosk", "person/…", "supervise"."""

    token: Annotated[str, Meta(max_length=128)]  # empty: this station has none and asks to be enrolled
    watch: list[Topic] = []
    witness: SignedWitness = ""  # the last one met, so that a caller whose log was lost learns of it
    clock: Micros = 0  # what the station's own clock shows; 0: nothing. A witness for the caller's
    sessions: Annotated[
        list[SessionKey], Meta(max_length=64)
    ] = []  # of persons signed in here before the line broke
    enrol: Annotated[str, Meta(max_length=64)] = (
        ""  # without a token: as what, "board/hall"; the manager decides
    )
    code: Annotated[str, Meta(max_length=32)] = ""  # likewise: what stands on the printed sheet
    version: Annotated[str, Meta(max_length=32)] = ""  # of the station's program
    kept: KeptFields = {}  # what the PC that takes this station's place is given at its enrolment: a kiosk's PIN hash


class CommandFrame(Frame, frozen=True, tag="command"):
    """A command with the id its sender made and saved first.

    `until` is the instant after which it is not meant any more, in UTC microseconds of the caller's clock: a command
    that was never carried out and comes later is refused `command-late`. 0: no limit.
    """

    id: CommandId
    command: AnyCommand
    until: Micros = 0


class Watch(Frame, frozen=True, tag="watch"):
    """Replaces the topics this station watches; each arrives whole."""

    topics: list[Topic]


class SignIn(Frame, frozen=True, tag="sign-in"):
    """A person signs in on this station. `new`: the secret from now on, as a first sign-in asks for.

    `done.result` holds `account`, `roles` (that act here), and `session`, the key that resumes it in `hello` after the
    line broke. A person signed in before is signed out.
    """

    id: CommandId
    account: StaffNumber
    secret: Secret
    new: Secret = ""
    window: Annotated[str, Meta(max_length=32)] = ""  # of an agent: at whose hard caller

    def __repr__(self) -> str:
        return f"SignIn({self.id!r}, {self.account!r}, window={self.window!r})"


class SignOut(Frame, frozen=True, tag="sign-out"):
    """The person on this station (of an agent: at this window) signs out. Always answered `done`."""

    id: CommandId
    window: Annotated[str, Meta(max_length=32)] = ""


# --- caller → station


class Welcome(Frame, frozen=True, tag="welcome"):
    """Greeting accepted; `now` is the caller's clock in UTC microseconds."""

    role: str
    station: str
    site: str
    seq: int
    now: int
    witness: SignedWitness = ""
    sign_in: bool = False  # the hall requires accounts, and this station is one on which a person signs in
    accounts: dict[str, str] = {}  # who was signed in again: staff number by window; "" on its own station
    cut_off: bool | None = None  # as in a beat; a caller of an older version does not say


class EnrolCode(Frame, frozen=True, tag="enrol-code"):
    """To a station without a token: show this code, from which a manager enrols it; another comes when its time is over.

    Until then the station may send nothing. `seconds`: how long the code is good. `address`: where the caller sees the
    station, for the manager to compare.
    """

    code: str
    seconds: int
    address: str = ""


class Enrolled(Frame, frozen=True, tag="enrolled"):
    """This station is enrolled: keep the token, and greet with it on a new connection; this one closes."""

    role: str
    station: str
    token: Annotated[str, Meta(max_length=128)]
    kept: KeptFields = {}  # of the PC that was this station before: see Hello; and over TLS the keys of ID numbers
    files: dict[str, str] = {}  # of a second PC that is paired: what it keeps, in base64, by its path
    hall: str = ""  # and the hall's file, packed (`pairing.packed`); empty: too large

    def __repr__(self) -> str:
        return f"Enrolled({self.role!r}, {self.station!r})"


class Done(Frame, frozen=True, tag="done"):
    """The command's effect is on disk. `result` depends on the command."""

    id: str
    seq: int
    result: dict[str, Any] = {}


class RefusedFrame(Frame, frozen=True, tag="refused"):
    """A proper answer to a person: a stable code, words, and the next step, in Chinese and English."""

    id: str
    code: str
    zh: str
    en: str
    next_zh: str
    next_en: str
    ticket: str = (
        ""  # of live-ticket, client-ticket: the one already held, so that its slip can be printed again
    )
    key: str = ""  # likewise, to a kiosk: the phone's key of that ticket, for the slip's QR code


class SignedOut(Frame, frozen=True, tag="signed-out"):
    """The person on this station (of an agent: at this window) is signed out, by the caller; the words say why."""

    code: str
    zh: str
    en: str
    next_zh: str
    next_en: str
    window: str = ""


class ViewFrame(Frame, frozen=True, tag="view"):
    """A topic's document: whole in `doc`, or what changed since the last frame in `patch` (RFC 7396)."""

    topic: str
    seq: int
    doc: dict[str, Any] | None = None
    patch: dict[str, Any] | None = None


class Beat(Frame, frozen=True, tag="beat"):
    """Every second: the caller lives, its log stands at `seq`, its clock says `now`.

    A station keeps the newest `witness` and returns it in its next `hello`.
    """

    seq: int
    now: int
    witness: SignedWitness = ""
    cut_off: bool = False  # from its database: another caller may call by now, see whether one does


ErrorCode = Literal[
    "not-json", "too-large", "unknown-kind", "bad-frame", "no-hello", "bad-token", "not-allowed", "too-fast",
    "too-many-topics", "unknown-topic", "full", "sign-in-first", "bad-code", "shutting-down",
    "not-writer", "not-private",
]  # fmt: skip
# The websocket close code that follows a bye, for programs that read only that; the words stand in config/words.
CLOSE_CODES: dict[ErrorCode, int] = {
    "not-json": 4000, "too-large": 4001, "unknown-kind": 4002, "bad-frame": 4003, "no-hello": 4004, "bad-token": 4005,
    "not-allowed": 4006, "too-fast": 4007, "too-many-topics": 4008, "unknown-topic": 4009, "full": 4010,
    "sign-in-first": 4011, "bad-code": 4012, "not-writer": 4013, "not-private": 4014,
    "shutting-down": 1012,
}  # fmt: skip


class Bye(Frame, frozen=True, tag="bye"):
    """The station broke a rule, or the caller stops; the connection closes after it."""

    code: ErrorCode
    zh: str
    en: str
    next_zh: str
    next_en: str


StationFrame = Hello | CommandFrame | Watch | SignIn | SignOut
CallerFrame = Welcome | EnrolCode | Enrolled | Done | RefusedFrame | ViewFrame | Beat | Bye | SignedOut

# What `done.result` holds, by command; every other command's result is empty.
_TICKET = {"ticket": "its id", "number": "what people see", "queue": "queue id", "ahead": "people ahead",
           "low": "expected wait, minutes; -1 unknown", "high": "expected wait, minutes; -1 unknown",
           "issued": "UTC microseconds",
           "key": "the phone's key, for the slip's QR code; to kiosk, guide and web only"}  # fmt: skip
_CALL = {
    "ticket": "its id",
    "number": "what people see",
    "window": "window id",
    "call": "seq of the call; 0: a walk-in, called on no screen",
}
_CASE = {
    "notice": "the paper made: missing, acceptance, receipt or refusal; absent, as all of these, where none was",
    "about": "id of the voucher or the case",
    "code": "the way back, or the progress code",
    "printed": "a printer of the window was asked to print it",
    "case_number": "what people see of the case",
}
_RECEIPT = {"follow_up": "its id", "number": "what people see", "code": "of the receipt",
            "due": "to be answered until, UTC microseconds", "opened": "UTC microseconds"}  # fmt: skip
RESULTS: dict[str, dict[str, str]] = {
    "TakeTicket": _TICKET,
    "CheckIn": _TICKET | {"items": "ids", "slot": "the appointed time, UTC microseconds"},
    "CallNext": _CALL,
    "CallTicket": _CALL,
    "ServeWalkIn": _CALL,
    "Recall": _CALL,
    "FinishService": _CASE | {"ticket": "of the visit that ended"},
    "OpenCase": _CASE,
    "RequestJob": {"job": "its id", "station": "the station asked", "device": "the printer"},
    "RateByNumber": {"ticket": "the id of the visit"},
    "OpenFollowUp": {"follow_up": "its id", "number": "what people see; both absent where none was opened"},
    "SubmitFeedback": _RECEIPT,
    "ChangeSettings": {
        "version": "its number; absent where it is in force already",
        "kept": "what is lost and still in use",
    },
    "TakeJob": {"key": "of print-slip: the phone's key, for the slip's QR code"},
    "EnrolStation": {
        "address": "where the caller sees the station",
        "replaced": "whether another PC was that station; its token is void",
    },
    "BookAppointment": {"appointment": "its id", "code": "what the applicant shows at check-in"},
}


class PeerError(Exception):
    """The peer broke the rules; close with this code. Our own bugs raise something else."""

    def __init__(self, code: ErrorCode, detail: str = "", **facts: str) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code: ErrorCode = code
        self.detail = detail[:DETAIL_CHARS_MAX]
        self._facts = facts

    @property
    def close_code(self) -> int:
        return CLOSE_CODES[self.code]

    def bye(self) -> Bye:
        return Bye(self.code, *message("close-code", self.code, detail=self.detail, **self._facts).words)


def refusal_message(refused: Refused) -> Message:
    """Return a refusal of the engine as an answer to a person."""
    return message("refusal", refused.code, **refused.facts)


def signed_out(code: str, window: str = "") -> SignedOut:
    """Return the frame that ends a session."""
    return SignedOut(code, *message("signed-out", code).words, window=window)


def message_of(frame: RefusedFrame | Bye | SignedOut) -> Message:
    """Return the answer to a person that a frame carries."""
    return Message(frame.code, frame.zh, frame.en, frame.next_zh, frame.next_en)


_station_frames = msgspec.json.Decoder(StationFrame)
_caller_frames = msgspec.json.Decoder(CallerFrame)
_encoder = msgspec.json.Encoder()


def encode(frame: Frame) -> str:
    """Return a frame as the text of one websocket message."""
    return _encoder.encode(frame).decode()


def decode_station(text: str | bytes) -> StationFrame:
    """Return a frame from a station. Raises `PeerError` for anything else, whatever the bytes."""
    return _decode(_station_frames, text, FRAME_BYTES_MAX)


def decode_caller(text: str | bytes) -> CallerFrame:
    """Return a frame from the caller. Raises `PeerError` if it is none."""
    return _decode(_caller_frames, text, VIEW_BYTES_MAX)


def _decode(decoder: msgspec.json.Decoder[Any], text: str | bytes, bytes_max: int) -> Any:
    try:
        raw = text.encode() if isinstance(text, str) else text
        if len(raw) > bytes_max:
            raise PeerError("too-large")
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise PeerError(_broken_rule(str(error)), str(error)) from None
    except RecursionError:
        raise PeerError("bad-frame", "nested too deeply") from None
    except (msgspec.DecodeError, UnicodeError):
        raise PeerError("not-json") from None


def _broken_rule(detail: str) -> ErrorCode:
    """Return which rule of the wire a text breaks.

    msgspec says "Invalid value 'X' - at `$.command.type`" of a tag it does not know.
    """
    return "unknown-kind" if detail.startswith("Invalid value") and detail.endswith("type`") else "bad-frame"
