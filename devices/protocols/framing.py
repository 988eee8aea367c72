"""Frames on a serial line: one notation for both directions, and a decoder that survives garbage. Pure.

A layout is what a manual page shows, in order: bytes in hex, text in quotes, fields in braces, as in
`AA {address} {key} {any} {check}`. `{name}` is one byte, `{name:2}` two, `{name:2le}` low byte first,
`{name:2d}` two decimal digits, `{name:2x}` two hex digits; `{text}` alone has the rest of the length.

1. The decoder consumes exactly the frames it accepts. Everything else is dropped byte by byte, so garbage can
   delay the next good frame but never eat it, and what is found does not depend on how the bytes were cut up.
2. Every computed field of a frame is verified wherever it stands and however often: each `{length}`, each
   `{check}`, each `{address}`. A `{key}`, `{level}` or `{text}` that stands twice must say the same twice.
3. Only `{any}` is looked at by nothing.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from devices.protocols.checksums import SIZES, Checksum

FRAME_BYTES_MAX = 512  # a keypad's frame has 20 bytes, an LED strip's text 200
BUFFER_BYTES_MAX = 1024  # one unfinished frame and as many new bytes; the rest of a flood waits outside
NO_CHECK = Checksum()

KNOWN = frozenset({"", "address", "key", "level", "length", "check", "any", "text"})
COMPUTED = frozenset(
    {"", "address", "length", "check", "any"}
)  # judged by themselves, however often they stand
Form = Literal["big", "little", "decimal", "hex", "raw"]
FieldValue = int | bytes
_TOKEN = re.compile(
    r"'(?P<text>[^']*)'|\{(?P<name>[a-z_]+)(?::(?P<size>\d+)(?P<form>le|d|x)?)?\}|(?P<hex>[0-9A-Fa-f]{2})"
)
_FORMS: dict[str | None, Form] = {None: "big", "le": "little", "d": "decimal", "x": "hex"}


class FrameField(Struct, frozen=True):
    """One part of a layout; a constant has no name, a variable part no size."""

    name: str
    size: int
    form: Form
    constant: bytes = b""

    def pack(self, value: FieldValue) -> bytes:
        if isinstance(value, bytes):
            return value[: self.size].ljust(self.size, b" ") if self.size else value
        if self.form == "decimal":
            return f"{value % 10**self.size:0{self.size}d}".encode()
        if self.form == "hex":
            return f"{value % 16**self.size:0{self.size}X}".encode()
        return (value % 256**self.size).to_bytes(self.size, "little" if self.form == "little" else "big")

    def number(self, raw: bytes) -> int:
        """Return the field's number, or -1 when the bytes are no digits."""
        if self.form in ("big", "little"):
            return int.from_bytes(raw, "little" if self.form == "little" else "big")
        digits = raw.decode("latin-1")
        if self.form == "decimal":
            return int(digits) if digits.isascii() and digits.isdigit() else -1
        return int(digits, 16) if re.fullmatch("[0-9A-Fa-f]+", digits) else -1


class Layout(Struct, frozen=True):
    """A frame's shape, with its check; `length_adds` turns the length field into the whole frame's size."""

    fields: tuple[FrameField, ...]
    check: Checksum = NO_CHECK
    length_adds: int = 0

    @property
    def fixed(self) -> int:
        return sum(field.size for field in self.fields)

    @property
    def variable(self) -> bool:
        return any(field.size == 0 for field in self.fields)

    def offset(self, name: str) -> int:
        """Return where a field starts, counted before any variable part; -1 when there is none."""
        at = 0
        for field in self.fields:
            if field.name == name:
                return at
            if field.size == 0:
                return -1
            at += field.size
        return -1

    @property
    def tail(self) -> bytes:
        """The constant at the end, which bounds a frame without a length field."""
        return self.fields[-1].constant

    def encode(self, values: Mapping[str, FieldValue]) -> bytes:
        """Return the frame's bytes. Raises KeyError when a field has no value."""
        parts = [self._given(field, values) for field in self.fields]
        size = sum(field.size or len(part) for field, part in zip(self.fields, parts, strict=True))
        frame = b""
        for field, part in zip(self.fields, parts, strict=True):
            if field.name == "length":
                part = field.pack(size - self.length_adds)
            elif field.name == "check":
                part = field.pack(self.check.value(frame))
            frame += part
        return frame

    def _given(self, field: FrameField, values: Mapping[str, FieldValue]) -> bytes:
        """Return the bytes of a field that do not depend on the others."""
        if field.name in ("length", "check", "any"):
            return bytes(field.size)
        return field.pack(values[field.name]) if field.name else field.constant


def layout(text: str, check: Checksum = NO_CHECK, length_adds: int = 0) -> Layout:
    """Read the notation. Raises ValueError saying what is wrong with it."""
    fields: list[FrameField] = []
    rest = text.strip()
    while rest:
        token = _TOKEN.match(rest)
        if token is None:
            raise ValueError(f"不认识 / not understood: {rest[:20]!r}")
        fields.append(_field(token))
        rest = rest[token.end() :].lstrip()
    shape = Layout(tuple(_joined(fields)), check, length_adds)
    _sound(shape)
    return shape


def _field(token: re.Match[str]) -> FrameField:
    if token["text"] is not None:
        return FrameField("", len(token["text"]), "raw", token["text"].encode("gb18030"))
    if token["hex"]:
        return FrameField("", 1, "raw", bytes.fromhex(token["hex"]))
    if token["name"] == "text":
        return FrameField("text", int(token["size"] or 0), "raw")
    return FrameField(token["name"], int(token["size"] or 1), _FORMS[token["form"]])


def _joined(fields: list[FrameField]) -> list[FrameField]:
    """Return neighbouring constants as one, so that a head is compared and searched in one go."""
    result: list[FrameField] = []
    for field in fields:
        if result and not field.name and not result[-1].name:
            whole = result[-1].constant + field.constant
            result[-1] = FrameField("", len(whole), "raw", whole)
        else:
            result.append(
                FrameField("", len(field.constant), "raw", field.constant) if not field.name else field
            )
    return result


def _sound(shape: Layout) -> None:
    names = [field.name for field in shape.fields]
    if not names:
        raise ValueError("布局是空的 / the layout is empty")
    if unknown := set(names) - KNOWN:
        raise ValueError(
            f"不认识 / unknown field: {{{min(unknown)}}}; known: {', '.join(sorted(KNOWN - {''}))}"
        )
    if any(field.size == 0 and field.name != "text" for field in shape.fields if field.name):
        raise ValueError("只有 {text} 可以没有长度 / only {text} can be without a size")
    if sum(field.size == 0 for field in shape.fields) > 1:
        raise ValueError("只能有一个 {text} / only one {text} without a size")
    if shape.fixed > FRAME_BYTES_MAX:
        raise ValueError(f"帧超过 {FRAME_BYTES_MAX} 字节 / the frame is too long")
    if ("check" in names) != (shape.check.kind != "none"):
        raise ValueError("{check} 与 [check] 必须同时有 / {check} and [check] go together")
    for field in shape.fields:
        digits = 2 if field.form == "hex" else 1
        if field.name == "check" and field.size < SIZES[shape.check.kind] * digits:
            raise ValueError(f"{{check}} 放不下 {shape.check.kind} / is too small for a {shape.check.kind}")


class DeviceFrame(Struct, frozen=True):
    """An accepted frame: its fields by name as raw bytes, and all of it."""

    raw: bytes
    fields: dict[str, bytes]
    name: str = ""


MORE = "more"  # not decided yet: so far it may become a frame
DecodeResult = DeviceFrame | Literal["more"] | None


class Pattern(Struct, frozen=True):
    """A layout to look for: with the address that must stand in it and the keys that may."""

    shape: Layout
    address: int = -1  # -1: any
    keys: frozenset[bytes] = frozenset()  # empty: any
    name: str = ""

    @property
    def head(self) -> bytes:
        """The byte that all its frames start with; empty where they differ."""
        first = self.shape.fields[0]
        if first.name == "address" and self.address >= 0 and first.form != "hex":  # hex comes in either case
            return first.pack(self.address)[:1]
        return first.constant[:1]

    def look(self, data: bytes) -> DecodeResult:
        """Return whether `data` starts with a frame, may do so with more bytes, or does not (None)."""
        size = self._size(data)
        return None if size is None else self._read(data, size)

    def match(self, frame: bytes) -> DeviceFrame | None:
        """Return the frame that these bytes are as a whole, or None."""
        size = len(frame)
        if (
            size > FRAME_BYTES_MAX
            or size < self.shape.fixed
            or (not self.shape.variable and size != self.shape.fixed)
        ):
            return None
        result = self._read(frame, size)
        return result if isinstance(result, DeviceFrame) else None

    def _read(self, data: bytes, size: int) -> DecodeResult:
        """Return the frame of `size` bytes (0: not known yet) that `data` starts with."""
        fields: dict[str, bytes] = {}
        at = 0
        for field in self.shape.fields:
            width = field.size or (size - self.shape.fixed if size else 0)
            raw = data[at : at + width]
            if not self._fits(field, raw, width, data[:at]) or not self._agrees(
                field, raw, width, size, fields
            ):
                return None
            if len(raw) < width or (not width and not size):
                return MORE
            fields[field.name] = raw
            at += width
        return DeviceFrame(data[:at], fields, self.name) if size else MORE

    def _fits(self, field: FrameField, raw: bytes, width: int, before: bytes) -> bool:
        if not field.name:
            return field.constant.startswith(raw)
        if len(raw) < width:
            return True
        if field.form != "raw" and field.number(raw) < 0:
            return False
        if field.name == "address":
            return self.address < 0 or field.number(raw) == self.address
        if field.name == "key":
            return not self.keys or raw in self.keys
        return field.name != "check" or field.number(raw) == self.shape.check.value(before)

    def _agrees(
        self, field: FrameField, raw: bytes, width: int, size: int, before: Mapping[str, bytes]
    ) -> bool:
        """Check rule 2, for what `_fits` cannot see: the frame's size, and the field where it stood first."""
        if len(raw) < width:
            return True
        if field.name == "length":
            return not size or field.number(raw) + self.shape.length_adds == size
        if field.name not in before or field.name in COMPUTED:
            return True
        first = next(each for each in self.shape.fields if each.name == field.name)
        if field.form == "raw" or first.form == "raw":
            return raw == before[field.name]
        return field.number(raw) == first.number(before[field.name])

    def _size(self, data: bytes) -> int | None:
        """Return the whole frame's size; 0 while that cannot be said, None when it is impossible."""
        if not self.shape.variable and "length" not in (field.name for field in self.shape.fields):
            return self.shape.fixed
        at = self.shape.offset("length")
        size = self._by_tail(data) if at < 0 else self._by_length(data, at)
        if size is None or size == 0 or self.shape.fixed <= size <= FRAME_BYTES_MAX:
            return size
        return None

    def _by_length(self, data: bytes, start: int) -> int | None:
        field = next(field for field in self.shape.fields if field.name == "length")
        raw = data[start : start + field.size]
        if len(raw) < field.size:
            return 0
        number = field.number(raw)
        size = number + self.shape.length_adds
        if number < 0 or size < self.shape.fixed or (not self.shape.variable and size != self.shape.fixed):
            return None
        return size

    def _by_tail(self, data: bytes) -> int | None:
        tail = self.shape.tail
        end = data.find(tail, self.shape.fixed - len(tail))
        if end >= 0:
            return end + len(tail)
        return 0 if len(data) < FRAME_BYTES_MAX else None


class Decoder:
    """Frames out of a stream of bytes, in a bounded buffer; `dropped` counts what was none."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.patterns = patterns
        self._heads = [pattern.head for pattern in patterns]
        self._buffer = b""
        self.dropped = 0
        self.held_max = 0  # the most bytes ever held, for the test of the bound

    def feed(self, data: bytes) -> list[DeviceFrame]:
        """Take bytes as they come; give the frames that are whole now."""
        found: list[DeviceFrame] = []
        step = BUFFER_BYTES_MAX - FRAME_BYTES_MAX
        for start in range(0, len(data), step):
            self._buffer += data[start : start + step]
            self.held_max = max(self.held_max, len(self._buffer))
            found += self._drain(last=False)
        return found

    def silence(self) -> list[DeviceFrame]:
        """Drop what is unfinished: the line was quiet for longer than any frame pauses."""
        return self._drain(last=True)

    def _drain(self, last: bool) -> list[DeviceFrame]:
        found: list[DeviceFrame] = []
        at, data = 0, self._buffer
        while at < len(data):
            verdict = self._look(data[at : at + FRAME_BYTES_MAX])
            if verdict == MORE and not last:
                break
            if isinstance(verdict, DeviceFrame):
                found.append(verdict)
                at += len(verdict.raw)
            else:
                step = self._next_head(data, at + 1) - at
                self.dropped += step
                at += step
        self._buffer = data[at:]
        return found

    def _look(self, data: bytes) -> DecodeResult:
        """Return the shortest frame here; so the answer is the same however the bytes arrive."""
        verdicts = [pattern.look(data) for pattern in self.patterns]
        frames = [verdict for verdict in verdicts if isinstance(verdict, DeviceFrame)]
        if frames:
            return min(frames, key=lambda frame: len(frame.raw))
        return MORE if MORE in verdicts else None

    def _next_head(self, data: bytes, start: int) -> int:
        """Return the next place where a frame could start."""
        if not all(self._heads):
            return start
        places = [data.find(head, start) for head in self._heads]
        return min((place for place in places if place >= 0), default=len(data))
