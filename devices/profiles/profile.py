"""A device's profile: one TOML file that says how a model of keypad, caller, sign or reader speaks. Pure.

Profiles are data so that a technician can write one from a manual page (docs/devices.md shows how). `profile_reader`
reads them.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct, field

from devices.protocols import onbon_bx
from devices.protocols.byte_stuffing import PRESETS, StuffedDecoder, Stuffing
from devices.protocols.checksums import Checksum
from devices.protocols.display_text import DisplayEncoding
from devices.protocols.framing import Decoder, DeviceFrame, FieldValue, Layout, Pattern, layout

LEVELS = tuple(f"level-{level}" for level in range(1, 6))
VERBS = ("next", "recall", "start", "finish", "no-show", "pause", "transfer", "ok", "clear")
DIGITS = tuple(f"digit-{digit}" for digit in range(10))
ALIVE = "alive"  # a heartbeat or an answer to a poll: proves the device, presses nothing
MEANINGS: dict[str, tuple[str, ...]] = {
    "evaluator": (*LEVELS, ALIVE),
    "caller-pad": (*VERBS, *DIGITS, ALIVE),
    "sign": (ALIVE,),
    "reader": (ALIVE,),
}
FRAME_NAMES: dict[str, tuple[str, ...]] = {
    "evaluator": ("prompt", "thanks", "idle", "poll", "answer", "test"),
    "caller-pad": ("show", "beep", "poll", "answer", "test"),
    "sign": ("show", "poll"),
    "reader": ("poll",),
}
TEMPLATE_NAMES: dict[str, tuple[str, ...]] = {
    "evaluator": (),
    "caller-pad": (
        "closed", "open", "paused", "called", "serving", "away", "transfer", "choose", "no-window", "no-number",
        "sign-in", "staff", "pin", "new-pin", "again",
    ),
    "sign": ("closed", "open", "paused", "back", "called", "serving", "away", "call", "idle"),
    "reader": (),
}  # fmt: skip


NO_VALUES: dict[str, FieldValue] = {
    "key": b"",
    "level": 0,
    "text": b"",
}  # for fields that a frame has no value for
DEFAULT_PROFILES = {  # the first of its kind below, or the commonest
    "evaluator": "evaluator-sum5",
    "caller-pad": "pad-sum8",
    "sign": "sign-strip",
    "reader": "reader-lines",
}


class FrameDecoder(Protocol):
    """Frames out of a stream of bytes; `dropped` counts the bytes that were none, `held_max` the most kept."""

    @property
    def dropped(self) -> int: ...
    @property
    def held_max(self) -> int: ...

    def feed(self, data: bytes) -> list[DeviceFrame]: ...
    def silence(self) -> list[DeviceFrame]: ...


class KeysTable(Struct, frozen=True):
    """Frames from the device: the layouts they may have, and what each `{key}` means."""

    layout: str | list[str]
    map: dict[str, str]


class Serial(Struct, frozen=True):
    """How the line is set, unless the port says otherwise."""

    baud: Annotated[int, Meta(ge=300, le=921_600)] = 9600
    bits: Literal[7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"
    stop: Literal[1, 2] = 1


class TextTable(Struct, frozen=True):
    """What a display can show; widths count half cells, a hanzi is two."""

    width: Annotated[int, Meta(ge=2, le=200)] = 16
    encoding: DisplayEncoding = "gb2312"  # of its font: which hanzi it has
    pad: bool = False  # fill with blanks to the width, for displays that keep old text
    refresh_s: Annotated[int, Meta(ge=0, le=3600)] = 60  # shown again so often: a sign may lose its power
    templates: dict[str, str] = field(default_factory=dict)  # by the window's state, see docs/devices.md


class StuffingTable(Struct, frozen=True):
    """How bytes are escaped inside a frame: by a known way, or by the manual's own start, end and map."""

    kind: Literal["slip", "hdlc", "dle", "map"] = "map"
    start: str = ""  # in hex, as are end and map; with kind = "map" only
    end: str = ""
    map: dict[str, str] = field(default_factory=dict)

    def rules(self) -> Stuffing:
        """Check the rules. Raises ValueError where they are incomplete or ambiguous."""
        if self.kind != "map":
            if self.start or self.end or self.map:
                raise ValueError("stuffing: start、end、map 只用于 kind = map / go with kind = map only")
            return PRESETS[self.kind]
        pairs = {bytes.fromhex(plain): bytes.fromhex(written) for plain, written in self.map.items()}
        rules = Stuffing(bytes.fromhex(self.start), bytes.fromhex(self.end), pairs)
        if mistake := rules.mistake():
            raise ValueError(mistake)
        return rules


class Profile(Struct, frozen=True):
    """A whole profile, as written."""

    name: str
    kind: Literal["evaluator", "caller-pad", "sign", "reader"]
    name_en: str = ""
    source: str = ""  # where the frames come from
    protocol: Literal["frames", "lines", "sdt", "bx"] = "frames"
    ascii: bool = False  # the key map is written as text instead of hex
    address: Annotated[int, Meta(ge=0, le=0xFFFF)] = 1
    length_adds: Annotated[int, Meta(ge=-8, le=64)] = 0
    debounce_ms: Annotated[int, Meta(ge=0, le=2000)] = 200
    gap_ms: Annotated[int, Meta(ge=5, le=2000)] = 200  # no frame pauses longer than this inside
    poll_ms: Annotated[int, Meta(ge=0, le=60_000)] = 0
    serial: Serial = field(default_factory=Serial)
    check: Checksum = field(default_factory=Checksum)
    stuffing: StuffingTable | None = None
    keys: KeysTable | None = None
    frames: dict[str, str] = field(default_factory=dict)
    text: TextTable = field(default_factory=TextTable)
    area: onbon_bx.DynamicArea = field(default_factory=onbon_bx.DynamicArea)  # protocol bx only

    def shape(self, notation: str) -> Layout:
        check = self.check if "{check" in notation else Checksum()
        return layout(notation, check, self.length_adds)

    def key(self, written: str) -> bytes:
        return written.encode("ascii") if self.ascii else bytes.fromhex(written)

    def meanings(self) -> dict[bytes, str]:
        if self.protocol == "bx":
            return {onbon_bx.ACK: ALIVE}
        return {self.key(written): meaning for written, meaning in self.keys.map.items()} if self.keys else {}

    def decoder(self, address: int) -> FrameDecoder:
        """Return a decoder that finds this device's key frames and nothing else."""
        if self.protocol == "bx":
            return onbon_bx.OnbonDecoder(address)
        if self.keys is None:
            return Decoder([])
        keys = frozenset(self.meanings())
        return self._decoder([Pattern(self.shape(text), address, keys) for text in layouts(self.keys.layout)])

    def _decoder(self, patterns: list[Pattern]) -> FrameDecoder:
        return StuffedDecoder(self.stuffing.rules(), patterns) if self.stuffing else Decoder(patterns)

    def _sent(self, frame: bytes) -> bytes:
        """Return a frame as it goes over the line."""
        return self.stuffing.rules().stuffed(frame) if self.stuffing else frame

    def frame(self, name: str, address: int, values: Mapping[str, FieldValue] | None = None) -> bytes:
        """Return an outward frame's bytes; empty when this model has no such frame."""
        if self.protocol == "bx" and name == "show":
            text = (values or {}).get("text", b"")
            return onbon_bx.show(text if isinstance(text, bytes) else b"", self.area, address)
        if self.protocol == "bx" and name == "poll":
            return onbon_bx.ping(address)
        notation = self.frames.get(name, "")
        if not notation:
            return b""
        return self._sent(self.shape(notation).encode({**NO_VALUES, "address": address, **(values or {})}))

    def line_decoder(self) -> FrameDecoder:
        """Return a decoder that finds every frame this profile knows, to whatever address and from either side: what is none of
        these is noise. On a shared line the neighbours' frames and our own echo are not."""
        if self.protocol == "bx":
            return onbon_bx.OnbonDecoder()
        keys = [self.shape(text) for text in layouts(self.keys.layout)] if self.keys else []
        return self._decoder([Pattern(shape) for shape in [*keys, *map(self.shape, self.frames.values())]])

    def device_side_decoder(self, address: int) -> FrameDecoder:
        """Return a decoder that finds the frames that the PC sends, named as in [frames]: for simulators."""
        shapes = ((name, self.shape(text)) for name, text in self.frames.items())
        return self._decoder([Pattern(shape, address, name=name) for name, shape in shapes])

    def press(self, meaning: str, address: int) -> bytes:
        """Return what the device itself sends for a key: for simulators and tests."""
        return self.press_key(
            next(key for key, given in self.meanings().items() if given == meaning), address
        )

    def press_key(self, key: bytes, address: int) -> bytes:
        if self.protocol == "bx":
            return onbon_bx.acknowledge(address)
        notation = next(
            text for text in layouts(self.keys.layout if self.keys else []) if self._has(text, key)
        )
        return self._sent(self.shape(notation).encode({**NO_VALUES, "address": address, "key": key}))

    def _has(self, notation: str, key: bytes) -> bool:
        return any(item.name == "key" and item.size == len(key) for item in self.shape(notation).fields)

    def accepted_at_random(self) -> float:
        """Return how likely a place in random bytes is to start a frame that counts as a key."""
        if self.keys is None:
            return 0.0
        return sum(_chance(self.shape(text), self.meanings()) for text in layouts(self.keys.layout))


def _chance(shape: Layout, meanings: Mapping[bytes, str]) -> float:
    chance = 1.0
    for item in shape.fields:
        if not item.name:
            chance /= 256.0 ** len(item.constant)
        elif item.name == "key":
            pressed = [key for key, meaning in meanings.items() if meaning != ALIVE and len(key) == item.size]
            chance *= len(pressed) / 256.0**item.size
        elif item.name in ("address", "check", "length"):
            chance *= (2.0 if item.form == "hex" else 1.0) ** item.size / 256.0**item.size  # either case
    return chance


def layouts(text: str | list[str]) -> list[str]:
    """Return the layouts of a profile's keys, of which it may write one or several."""
    return [text] if isinstance(text, str) else text
