"""Targets without processes: decoders of frames and of devices' bytes, readers of a hall's files, damaged logs.

Each takes a random generator, tries one case, and lets through what must not happen: any exception that is not the
room's own for bad input, a decoder that keeps more than it should, a mistake without words in both languages.
"""

import functools
import json
import random
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from caller.eventlog import LOG_NAME, EventLog, LogError, Reader
from caller.protocol.frames import VIEW_BYTES_MAX, PeerError, decode_caller, decode_station, encode
from caller.service.loop import Loop
from config.paper.template import TemplateMistakes
from config.paper.template_files import FIELDS, OURS, load
from config.reading.reader import HALLS, inspect, read
from config.settings import Settings
from config.text_safety import for_terminal
from devices.printer.escpos_parser import BUFFER_BYTES_MAX, Splitter
from devices.profiles.check import profiles
from devices.profiles.profile_reader import FOLDER, ProfileMistake, find, names
from devices.profiles.profile_reader import read as read_profile
from devices.protocols.onbon_bx import OnbonDecoder
from devices.protocols.scanner import LINE_BYTES_MAX, KeyBurst, LineSplitter, scanned
from devices.protocols.sdt_card_reader import Sdt
from devices.units.key_input import KeyDecoder
from kiosk.faces import clients
from tests.fuzz import mutate

Target = Callable[[random.Random], None]
KEPT = Path(__file__).parents[1] / "kept" / "29e657f"
HELD_MAX = 4096  # bytes a decoder may keep between two pieces
FRAMES: tuple[bytes, ...] = (
    b'{"type":"hello","token":"0123456789abcdef","watch":["board","window/3"],"witness":"1.2.3","clock":5}',
    b'{"type":"command","id":"0190a000-0000-7000-8000-000000000001","command":{"type":"TakeTicket","queue":"A"}}',
    b'{"type":"command","id":"0190a000-0000-7000-8000-000000000002","command":{"type":"CallNext","window":"3","as_of":4}}',
    b'{"type":"command","id":"0190a000-0000-7000-8000-000000000003","command":{"type":"TakeTicket","items":["T001"],"person":"aa"},"until":9}',
    b'{"type":"watch","topics":["supervise"]}',
    b'{"type":"view","topic":"board","seq":3,"patch":{"queues":{"A":{"waiting":2}}}}',
    b'{"type":"done","id":"x","seq":9,"result":{"number":"A001"}}',
)
TAPS: tuple[bytes, ...] = (
    b'{"type":"hello","token":"key","watch":["face","drive"]}',
    b'{"type":"tap","target":"item:T001","screen":17}',
    b'{"type":"tap","target":"scan:0190a000-0000-7000-8000-000000000001","screen":17}',
)


def bad_frame(rng: random.Random, good: tuple[bytes, ...]) -> bytes | str:
    """Return a frame, binary or text, that is nearly one of these."""
    raw = rng.choice(good)
    if rng.random() < 0.5:
        return json.dumps(mutate.json_of(rng, json.loads(raw)))
    data = mutate.bytes_of(rng, raw)
    return data if rng.random() < 0.5 else data.decode("utf-8", rng.choice(("replace", "surrogateescape")))


# --- frames


def frames(rng: random.Random) -> None:
    """The wire's frames are decoded or refused with a `PeerError` that can be sent."""
    data = bad_frame(rng, FRAMES)
    for decode in (decode_station, decode_caller):
        refused: list[PeerError] = []
        try:
            decode(data)
        except PeerError as error:
            refused.append(error)
        assert all(
            len(encode(error.bye())) < VIEW_BYTES_MAX and error.close_code >= 1000 for error in refused
        )


def page_frames(rng: random.Random) -> None:
    """A kiosk page's frames are decoded or dropped."""
    data = bad_frame(rng, TAPS)
    text = data if isinstance(data, str) else data.decode("latin-1")
    clients._hello(text)
    clients._tap(text)


# --- a hall's files


@functools.cache
def _files(name: str) -> dict[str, str]:
    found = {"hall.toml": HALLS / f"{name}.toml", f"{name}-items.csv": HALLS / f"{name}-items.csv"}
    return {each: path.read_text("utf-8") for each, path in found.items()}


NOTICE = "date,kind,name\n2027-01-01,holiday,元旦\n2027-01-02,假,元旦\n2027-02-06,班,春节\n2027-02-05,holiday,春节\n"


def _hall(rng: random.Random, bad: str) -> None:
    """Read a hall of whose files the one whose name ends with `bad` is changed."""
    files = dict(_files(rng.choice(("county", "tax", "town"))))
    if bad == "notice.csv":
        files["notice.csv"] = NOTICE
        files["hall.toml"] += '\n[calendar]\nnotice = "notice.csv"\n'
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            if name.endswith(bad):
                text = _changed(rng, text) if bad == "hall.toml" else mutate.text_of(rng, text)
            data = text.encode(rng.choice(("utf-8",) * 8 + ("gb18030", "utf-16", "utf-8-sig")), "replace")
            if name.endswith(bad) and rng.random() < 0.2:
                data = mutate.bytes_of(rng, data)
            (Path(folder) / name).write_bytes(data)
        path = Path(folder) / "hall.toml"
        reading = inspect(path, [lambda draft: profiles(draft, path.parent)])
        assert (reading.settings is None) == bool(reading.mistakes)
        for mistake in [*reading.mistakes, *reading.warnings]:
            assert mistake.zh, mistake
            assert mistake.en, mistake
            for_terminal(str(mistake)).encode("utf-8")


def _changed(rng: random.Random, text: str) -> str:
    """Return TOML that is broken, or that is sound with other values."""
    if rng.random() < 0.3:
        return mutate.text_of(rng, text)
    document = mutate.document_of(rng, tomllib.loads(text))
    try:
        return tomlkit.dumps(document)
    except (ValueError, TypeError, TOMLKitError):  # it will not write every value
        return mutate.text_of(rng, text)


def toml(rng: random.Random) -> None:
    """A hall's TOML is a hall or a list of mistakes."""
    _hall(rng, "hall.toml")


def csv(rng: random.Random) -> None:
    """So is what the items' CSV and the holidays' CSV add to it."""
    _hall(rng, rng.choice(("-items.csv", "-items.csv", "notice.csv")))


@functools.cache
def _profile_texts() -> tuple[str, ...]:
    return tuple(path.read_text("utf-8") for path in sorted(FOLDER.glob("*.toml")))


def device_profiles(rng: random.Random) -> None:
    """A profile is one that can be used, or a `ProfileMistake`."""
    text = _changed(rng, rng.choice(_profile_texts()))
    with suppress(ProfileMistake):
        profile = read_profile(text)
        decoder = profile.decoder(profile.address)
        for _ in range(3):
            decoder.feed(rng.randbytes(40))
            decoder.silence()


def paper_templates(rng: random.Random) -> None:
    """A template is one that can be filled, or a list of mistakes."""
    good = rng.choice(sorted(OURS.glob("*.txt")))
    kind = good.name.partition(".")[0]
    with tempfile.TemporaryDirectory() as folder:
        data = mutate.text_of(rng, good.read_text("utf-8")).encode("utf-8", "replace")
        bad = Path(folder) / good.name
        bad.write_bytes(mutate.bytes_of(rng, data) if rng.random() < 0.2 else data)
        with suppress(TemplateMistakes):
            load(bad, kind)
    assert kind in FIELDS


# --- devices' bytes


@functools.cache
def _samples() -> tuple[bytes, ...]:
    """Frames that devices of the shipped profiles send, a card reader's answer, a slip's first bytes."""
    found = [
        b"\xaa\xaa\xaa\x96\x69\x00\x04\x00\x00\x9f\x9b",
        b"\x1b@\x1c&\xba\xc5\n\x1dV\x00",
        b"\xa5" * 8 + b"\x01\x00\x5a",
        b"0190a000-0000-7000-8000-000000000001\r\n",
        b"A" * LINE_BYTES_MAX + b"\t",
    ]
    for name in names():
        profile = find(name)
        for meaning in sorted(set(profile.keys.map.values())) if profile.keys else ():
            found.append(profile.press(meaning, profile.address))
    return tuple(found)


def serial(rng: random.Random) -> None:
    """Bytes of any device, cut anywhere, are frames or noise; a decoder's memory stays bounded."""
    profile = find(rng.choice(names()))
    data = mutate.bytes_of(rng, b"".join(rng.choice(_samples()) for _ in range(3)))
    if rng.random() < 0.1:
        data = data * 50 + rng.randbytes(10_000)
    keys, line = KeyDecoder(profile, profile.address), profile.line_decoder()
    sdt, bx, lines, printer, now = Sdt(), OnbonDecoder(), LineSplitter(), Splitter(), 0
    keys.opened(now)
    while data:
        size = rng.choice((1, 3, 40, 5_000))
        piece, data = data[:size], data[size:]
        now += rng.randint(0, 200_000)
        keys.heard(piece, now)
        for decoder in (line, sdt, bx):
            decoder.feed(piece)
        for text in lines.feed(piece):
            assert len(text) <= LINE_BYTES_MAX
            scanned(text)
        list(printer.feed(piece))
        if rng.random() < 0.1:
            keys.silence(now)
            for decoder in (line, sdt, bx, lines):
                decoder.silence()
        assert printer.held <= BUFFER_BYTES_MAX
        assert max(each.held_max for each in (line, sdt, bx)) <= HELD_MAX
    keys.health(now)


def keystrokes(rng: random.Random) -> None:
    """A scanner's keys, however timed and ended, are texts of bounded length."""
    burst, monotonic = KeyBurst(), 0.0
    gaps = rng.choice(((0.0, 0.01), (0.0, 0.01, 0.01, 0.2, 3.0)))
    keys = (*mutate.SIGNS, *"a1" * rng.choice((1, 2_000)), "enter", "tab", "f1", "escape", "", "Unidentified")
    for _ in range(rng.randint(1, 400)):
        monotonic += rng.choice(gaps)
        if burst.key(rng.choice(keys), monotonic) == "scan":
            assert 0 < len(burst.text) <= LINE_BYTES_MAX
            scanned(burst.text)


# --- logs


def logs(rng: random.Random) -> None:
    """A damaged log is opened whole or refused in words, by readers and by the caller."""
    with tempfile.TemporaryDirectory() as folder:
        source = rng.choice((KEPT / "data", KEPT / "unclean"))
        for name in (LOG_NAME, LOG_NAME + "-wal"):
            if (source / name).exists():
                shutil.copy(source / name, Path(folder) / name)
        for _ in range(rng.randint(1, 3)):
            damaged = Path(folder) / rng.choice(sorted(path.name for path in Path(folder).iterdir()))
            damaged.write_bytes(_damaged(rng, damaged.read_bytes()))
        with suppress(LogError), Reader(Path(folder) / LOG_NAME) as reader:
            reader.verify()
        with suppress(LogError), Reader(Path(folder) / LOG_NAME) as reader:
            for record in reader.after(0):
                for_terminal(str(record)).encode("utf-8")
        with suppress(LogError):
            log = EventLog(Path(folder) / LOG_NAME, _kept_hall().hall.site, synchronous="OFF")
            try:
                Loop(_kept_hall(), log)
            finally:
                log.close()


@functools.cache
def _kept_hall() -> Settings:
    return read(KEPT / "hall.toml")


def _damaged(rng: random.Random, data: bytes) -> bytes:
    """Bits flipped anywhere, in the header, or in the text of events; pieces cut or made up."""
    if rng.random() < 0.5 or not data:
        return mutate.bytes_of(rng, data, most=3)
    found = bytearray(data)
    for _ in range(rng.randint(1, 20)):
        found[rng.randrange(rng.choice((100, len(found))) or 1) % len(found)] = rng.choice(
            (0, 0xFF, 0x80, 0x22, rng.randrange(256))
        )
    return bytes(found)


TARGETS: dict[str, Target] = {
    "frames": frames,
    "page-frames": page_frames,
    "toml": toml,
    "csv": csv,
    "profiles": device_profiles,
    "templates": paper_templates,
    "serial": serial,
    "keystrokes": keystrokes,
    "logs": logs,
}
