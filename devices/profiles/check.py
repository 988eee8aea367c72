"""The check of a hall's devices against their profiles, for `hallcall check`: one floor above config.

A profile that is missing or broken, one of another kind of device, a device without an address of its own on a
shared line: each is a mistake at the row that names it, found before a port is opened.
"""

from collections.abc import Iterable
from pathlib import Path

from config.device_port import LINE, DevicePort
from config.reading.device_checks import placed
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, nearest
from devices.profiles.profile import DEFAULT_PROFILES, Profile
from devices.profiles.profile_reader import ProfileMistake, find_for, names, read


def profiles(draft: Draft, folder: Path) -> Iterable[Mistake]:
    """Check that every profile that a hall names exists, can be used and is for that kind of device; and those that share
    a line fit on it. folder: where the hall's files lie."""
    folder = folder / "profiles"
    found: list[tuple[DraftRow, DevicePort, Profile]] = []
    texts = {
        row.good["id"]: row.good["text"]
        for row in draft.each("file", "id", "text", "kind")
        if row.good["kind"] == "profile"
    }
    yield from _own(draft)
    ports = {id(row): port for row, port in placed(draft)}
    for row in draft.each("device", "kind"):
        if row.good["kind"] not in DEFAULT_PROFILES:
            continue
        name = str(row.get("profile", ""))
        try:
            profile = find_for(row.good["kind"], name, folder, texts)
        except ProfileMistake as wrong:
            if (
                name in texts and wrong.found[0].file
            ):  # told at its own row; one of another kind of device is told here
                continue
            known = [*texts, *_known(row.good["kind"], folder)]
            for each in wrong.found:
                zh, en = (f"{each.place()} {words}".strip() for words in (each.zh, each.en))
                yield row.mistake("profile", zh, en, each.nearest if each.file else nearest(name, known))
            continue
        if id(row) in ports:
            found.append((row, ports[id(row)], profile))
    yield from _on_lines(found)


def _own(draft: Draft) -> Iterable[Mistake]:
    """Check the profiles that the settings hold, also those that no device uses yet."""
    for row in draft.each("file", "id", "text", "kind"):
        if row.good["kind"] != "profile":
            continue
        try:
            read(row.good["text"], row.good["id"])
        except ProfileMistake as wrong:
            for each in wrong.found:
                zh, en = (f"{each.place()} {words}".strip() for words in (each.zh, each.en))
                yield row.mistake("text", zh, en, each.nearest)


def _known(kind: str, folder: Path) -> list[str]:
    """Return the profiles for that kind of device, ours and the hall's own."""
    ours = [name for name in names() if name.startswith(DEFAULT_PROFILES[kind].partition("-")[0])]
    return [*ours, *(path.stem for path in sorted(folder.glob("*.toml")))]


def _on_lines(found: list[tuple[DraftRow, DevicePort, Profile]]) -> Iterable[Mistake]:
    """Check that what shares a line has addresses of its own, the profile's where the port gives none, and one
    speed."""
    seen: dict[tuple[str, str, int], tuple[str, str]] = {}  # → the device, and its address as written
    first: dict[tuple[str, str], tuple[str, Profile]] = {}
    for row, port, profile in found:
        pc, name = row.get("agent", "pc-1"), str(row.raw.get("name", ""))
        address = port.option("address", profile.address)
        other, written = seen.get((pc, port.place, address), ("", ""))
        own = port.options.get("address", "")
        if other and own != written:  # what is written alike, config's own check has told
            zh = f"地址 {address} 和设备“{other}”相同，请写另一个 ?address=N"
            en = f"Address {address} is that of device '{other}' too; write another ?address=N"
            yield row.mistake("port", zh, en)
        seen.setdefault((pc, port.place, address), (name, own))
        leader, its = first.setdefault((pc, port.place), (name, profile))
        differ = [key for key in LINE if key not in port.options and _line(profile, key) != _line(its, key)]
        if port.kind == "serial" and differ:
            zh = f"和设备“{leader}”同在一条线上，型号的 {'、'.join(differ)} 却不同"
            en = f"On one line with device '{leader}', but the profiles' {', '.join(differ)} differ"
            yield row.mistake("profile", zh, en)


def _line(profile: Profile, key: str) -> object:
    return getattr(profile.serial, key)
