"""Reads device profiles: the file of a name, taken apart by `config.reading.strict`, then tried once.

Every mistake is found at once and names its line, table and key and what would do; a profile with a mistake is not
used.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct, structs

from config.reading import source
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, Mistakes, listed, nearest
from config.reading.strict import FileLayout, draft_of
from devices.profiles.profile import (
    DEFAULT_PROFILES,
    FRAME_NAMES,
    MEANINGS,
    TEMPLATE_NAMES,
    KeysTable,
    Profile,
    Serial,
    StuffingTable,
    TextTable,
    layouts,
)
from devices.protocols import onbon_bx
from devices.protocols.checksums import Checksum
from devices.protocols.display_text import fill

FOLDER = Path(__file__).parent
NONE: Mapping[str, str] = MappingProxyType({})


class ProfileMistake(Mistakes):
    """The profile cannot be used; every mistake says where and what would do."""

    head = (
        "型号描述有 {count} 处错误，不能使用。",
        "{count} mistake(s) in the device's profile; it cannot be used.",
    )


TABLES: dict[str, type[Struct]] = {
    "serial": Serial, "check": Checksum, "stuffing": StuffingTable, "keys": KeysTable, "text": TextTable,
    "area": onbon_bx.DynamicArea,
}  # fmt: skip
LAYOUT = FileLayout(
    one=TABLES,
    many={},
    loose={each.name: each.type for each in structs.fields(Profile) if each.name not in TABLES},
    required=("name", "kind"),
)


def read(text: str, name: str = "profile") -> Profile:
    """Return a profile from TOML, with everything in it tried once. Raises: ProfileMistake."""
    try:
        document = source.parse_toml(Path(name), text)
    except source.Unreadable as error:
        raise ProfileMistake([error.mistake]) from None
    draft = draft_of(LAYOUT, name, text, document)
    if draft.mistakes:
        raise ProfileMistake(draft.mistakes)
    tables: dict[str, Any] = {
        table: msgspec.convert(row.good, kind) for table, kind in TABLES.items() for row in draft.rows[table]
    }
    profile = Profile(**draft.loose.good, **tables)
    draft.rows["frames"] = [
        DraftRow(
            "frames", "[frames]", name, source.lines_of(text).get(("frames", 0), {}), dict(profile.frames)
        )
    ]
    if found := list(_proof(profile, draft)):
        raise ProfileMistake(found)
    return profile


def find(name: str, folder: Path | None = None, texts: Mapping[str, str] = NONE) -> Profile:
    """Return the profile of that name: of `texts`, which the settings hold, else the hall's own in `folder`, else ours; or the
    file, where `name` ends in .toml.

    Raises:
        ProfileMistake: there is none, or it cannot be read or used.
    """
    if name in texts:
        return read(texts[name], name)
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    own = folder / (name if name.endswith(".toml") else f"{name}.toml") if folder else path
    path = own if own.is_file() else path
    if not path.is_file():
        zh, en = f"没有型号描述 {name}", f"No profile {name}; known: {', '.join(names())}"
        raise ProfileMistake([Mistake("", "", zh, en, nearest(name, names()))])
    try:
        return read(source.load_text(path), path.name)
    except source.Unreadable as error:
        raise ProfileMistake([error.mistake]) from None


def find_for(kind: str, name: str, folder: Path | None = None, texts: Mapping[str, str] = NONE) -> Profile:
    """Return the profile of a device of that kind; without a name its default. Raises: ProfileMistake."""
    profile = find(name or DEFAULT_PROFILES[kind], folder, texts)
    if profile.kind != kind:
        zh, en = (
            f"型号描述属于 {profile.kind}，不是 {kind}",
            f"That profile is for {profile.kind}, not {kind}",
        )
        raise ProfileMistake([Mistake("", "kind", zh, en)])
    return profile


def names(kind: str = "") -> list[str]:
    """Return the names of the profiles that come with the product."""
    return sorted(path.stem for path in FOLDER.glob(f"{kind}*.toml"))


def _proof(profile: Profile, draft: Draft) -> Iterator[Mistake]:
    """Build everything once, so that a mistake shows at start and not at the first press.

    What rests on a part that is wrong is not tried: its mistake would be the same one again.
    """
    loose, (frames,) = draft.loose, draft.rows["frames"]
    check, stuffing, keys, text = (
        next(iter(draft.rows[table]), loose) for table in ("check", "stuffing", "keys", "text")
    )
    if 0 < profile.poll_ms <= profile.gap_ms:
        en = "Must be less than poll_ms: no silence between two answers"
        yield loose.mistake("gap_ms", "gap_ms 应小于 poll_ms", en)
    basis = [
        *_said(check, "", profile.check.mistake()),
        *_tried(stuffing, "", partial(_stuffing_works, profile)),
    ]
    yield from basis
    for name, template in profile.text.templates.items():
        if not (unknown := _unknown(text, f"templates.{name}", name, TEMPLATE_NAMES[profile.kind])):
            yield from _tried(text, f"templates.{name}", partial(fill, template, {}))
        yield from unknown
    for name in () if basis else profile.frames:
        if not (unknown := _unknown(frames, name, name, FRAME_NAMES[profile.kind])):
            yield from _tried(frames, name, partial(_frame_works, profile, name))
        yield from unknown
    if profile.keys and not basis:
        yield from _proof_of_keys(profile, keys, profile.keys)


def _proof_of_keys(profile: Profile, row: DraftRow, table: KeysTable) -> Iterator[Mistake]:
    found: list[Mistake] = []
    for written, meaning in table.map.items():
        found += _unknown(row, f"map.{written}", meaning, MEANINGS[profile.kind])
        found += _tried(row, f"map.{written}", partial(profile.key, written))
    for notation in layouts(table.layout):
        found += _tried(row, "layout", partial(_bounded, profile, notation))
    if not found and len(profile.meanings()) < len(table.map):
        found.append(row.mistake("map", "同一个键写了两次", "One key is there twice"))
    for key, meaning in () if found else profile.meanings().items():
        found += _tried(row, f"map {meaning}", partial(_press_works, profile, key))
    yield from found


def _tried(row: DraftRow, key: str, attempt: Callable[[], object]) -> list[Mistake]:
    """Return what an attempt ends with, as a mistake of this key."""
    try:
        attempt()
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        return _said(row, key, str(error))
    return []


def _said(row: DraftRow, key: str, words: str) -> list[Mistake]:
    """Return a mistake given as "Chinese / English"; none for ""."""
    zh, _, en = words.partition(" / ")
    return [row.mistake(key, zh, en or zh)] if words else []


def _unknown(row: DraftRow, key: str, name: str, known: tuple[str, ...]) -> list[Mistake]:
    if name in known:
        return []
    zh, en = f"没有“{name}”；可用：{listed(known)}", f"'{name}' is unknown; one of: {listed(known)}"
    return [row.mistake(key, zh, en, nearest(name, known))]


def _stuffing_works(profile: Profile) -> None:
    if profile.stuffing:
        profile.stuffing.rules()


def _frame_works(profile: Profile, name: str) -> None:
    _bounded(profile, profile.frames[name])
    profile.frame(name, profile.address)


def _press_works(profile: Profile, key: bytes) -> None:
    try:
        pressed = profile.press_key(key, profile.address)
    except StopIteration:
        raise ValueError("长度不合布局 / fits no layout's {key}") from None
    found = profile.decoder(profile.address).feed(pressed)
    if len(found) != 1:
        raise ValueError(
            f"{pressed.hex(' ')} 读不回来，请核对 length_adds / does not read back; check length_adds"
        )


def _bounded(profile: Profile, notation: str) -> None:
    """Require a notation that is understood; a stuffed frame's layout begins and ends with the marks that bound it."""
    fields = profile.shape(notation).fields
    if profile.stuffing is None:
        return
    rules = profile.stuffing.rules()
    if not (fields[0].constant.startswith(rules.start) and fields[-1].constant.endswith(rules.end)):
        marks = f"{rules.start.hex(' ').upper()} … {rules.end.hex(' ').upper()}"
        raise ValueError(f"布局应以 {marks} 为首尾 / the layout must begin and end with {marks}: {notation}")
