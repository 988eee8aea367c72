"""Byte stuffing: how a frame's inside is written so that its start and end cannot occur there. Pure.

A layout describes the frame before it is stuffed, so positions, lengths and checks count plain bytes.
SLIP (RFC 1055), HDLC as in PPP (RFC 1662) and DLE STX … DLE ETX are known by name; a manual's own escapes are
written as a map. All escapes are two bytes that begin with one and the same escape byte.
"""

from collections.abc import Sequence

from msgspec import Struct

from devices.protocols.framing import FRAME_BYTES_MAX, DeviceFrame, Pattern

HELD_BYTES_MAX = 2 * FRAME_BYTES_MAX  # a frame in which every byte is escaped


class Stuffing(Struct, frozen=True):
    """`start` and `end` bound a frame; `escapes` maps a plain byte to the two bytes written for it.

    flips: after the escape byte any other byte stands for itself xor this; 0 where only `escapes` are known.
    """

    start: bytes
    end: bytes
    escapes: dict[bytes, bytes]
    flips: int = 0

    @property
    def escape(self) -> int:
        return next(iter(self.escapes.values()))[0]

    def mistake(self) -> str:
        """Return what makes these rules ambiguous, or ""."""
        pairs = list(self.escapes.values())
        if (
            not pairs
            or any(len(plain) != 1 for plain in self.escapes)
            or any(len(each) != 2 for each in pairs)
        ):
            return "stuffing: map 应为一个字节到两个字节 / must map one byte to two"
        escape = bytes([self.escape])
        if any(each[:1] != escape for each in pairs) or len(set(pairs)) < len(pairs):
            return "stuffing: 转义都应以同一字节开头且互不相同 / escapes must share one first byte and differ"
        if escape not in self.escapes:
            return f"stuffing: map 里缺少 {escape.hex().upper()} 本身 / the escape byte itself is not mapped"
        for mark in (self.start, self.end):
            single = len(mark) == 1 and mark in self.escapes
            double = len(mark) == 2 and mark[:1] == escape and mark not in pairs
            if not (single or double):
                return f"stuffing: {mark.hex(' ').upper()} 会出现在帧内 / can occur inside a frame"
        return ""

    def stuffed(self, frame: bytes) -> bytes:
        """Return a frame as it is sent."""
        inside = frame[len(self.start) : len(frame) - len(self.end)]
        written = b"".join(self.escapes.get(bytes([byte]), bytes([byte])) for byte in inside)
        return self.start + written + self.end

    def unstuffed(self, sent: bytes) -> bytes | None:
        """Return one frame as it was before, or None where these bytes are not exactly one."""
        reader = _Unstuffer(self)
        found = [frame for byte in sent for frame in reader.take(byte)]
        whole = len(found) == 1 and reader.dropped == 0 and sent.startswith(self.start)
        return found[0] if whole and sent.endswith(self.end) else None


class _Unstuffer:
    """Plain frames out of a stream, a byte at a time."""

    def __init__(self, rules: Stuffing) -> None:
        self._rules = rules
        self._plain = {pair: plain for plain, pair in rules.escapes.items()}
        self._inside: bytearray | None = None  # of the frame that has begun
        self._escaped = False
        self.dropped = 0

    @property
    def held(self) -> int:
        return len(self._inside or b"")

    def take(self, byte: int) -> list[bytes]:
        """Return the frame that this byte ends, if any."""
        rules, one = self._rules, bytes([byte])
        if self._escaped:
            if byte == rules.escape and self._inside is None:
                return []  # outside a frame it escapes nothing: the next byte may make it a start
            self._escaped = False
            pair = bytes([rules.escape]) + one
            if one in (rules.start, rules.end):  # an escape that was cut off before a new frame
                self.drop()
                return self._mark(one)
            if pair in (rules.start, rules.end):
                return self._mark(pair)
            self._add(self._plain.get(pair, bytes([byte ^ rules.flips]) if rules.flips else None))
        elif byte == rules.escape:
            self._escaped = True
        elif one in (rules.start, rules.end):
            return self._mark(one)
        else:
            self._add(one)
        return []

    def drop(self) -> None:
        """Give up the frame that has begun."""
        self.dropped += self.held + self._escaped
        self._inside, self._escaped = None, False

    def _mark(self, mark: bytes) -> list[bytes]:
        """Return a start or an end; where both are one byte it is whichever fits."""
        inside = self._inside
        if mark == self._rules.end and inside:
            self._inside = bytearray() if mark == self._rules.start else None
            return [self._rules.start + bytes(inside) + self._rules.end]
        if mark == self._rules.start:
            self.drop()
            self._inside = bytearray()
        else:
            self.dropped += len(mark)
        return []

    def _add(self, plain: bytes | None) -> None:
        if plain is None or self._inside is None or len(self._inside) >= FRAME_BYTES_MAX:
            self.dropped += 1
            self.drop()
        else:
            self._inside += plain


class StuffedDecoder:
    """Frames out of a stream of stuffed bytes; `dropped` counts the bytes of what was none."""

    def __init__(self, rules: Stuffing, patterns: Sequence[Pattern]) -> None:
        self._patterns = patterns
        self._reader = _Unstuffer(rules)
        self._refused = 0  # bytes of whole frames that no pattern takes
        self.held_max = 0

    @property
    def dropped(self) -> int:
        return self._reader.dropped + self._refused

    def feed(self, data: bytes) -> list[DeviceFrame]:
        found: list[DeviceFrame] = []
        for byte in data:
            for frame in self._reader.take(byte):
                found += self._accepted(frame)
            self.held_max = max(self.held_max, self._reader.held)
        return found

    def silence(self) -> list[DeviceFrame]:
        """Drop the frame that has begun: the line was quiet, and it will not end."""
        self._reader.drop()
        return []

    def _accepted(self, frame: bytes) -> list[DeviceFrame]:
        for pattern in self._patterns:
            if found := pattern.match(frame):
                return [found]
        self._refused += len(frame)
        return []


PRESETS: dict[str, Stuffing] = {
    "slip": Stuffing(b"\xc0", b"\xc0", {b"\xc0": b"\xdb\xdc", b"\xdb": b"\xdb\xdd"}),
    "hdlc": Stuffing(b"\x7e", b"\x7e", {b"\x7e": b"\x7d\x5e", b"\x7d": b"\x7d\x5d"}, flips=0x20),
    "dle": Stuffing(b"\x10\x02", b"\x10\x03", {b"\x10": b"\x10\x10"}),
}
