"""Keeps the numbered versions of a hall's settings, each the whole text as written: DATA/settings/000001, 000002 and on.

1. A version is a folder: the hall's TOML with its comments, the files it refers to (items, notice, device profiles), and
   `version.json`, which says when, who and what changed. Folders and files are for their owner only.
2. It is written beside its place, synced, and renamed into it, so that after a kill there is all of it or nothing. A
   folder in its place is never written again, but for a number that was never in force: a change that was not saved.
3. Which number is in force is an event in the log and is not known here. `load` compares the text with the hash in that
   event, so that a damaged or foreign version is no version.
4. The hash is over the bytes of all files and the names by which the TOML refers to them, not over where they lay.
5. `drafts/HASH` holds settings that a manager wants applied; the caller alone makes versions of them.
6. `file.json` holds the hash of the hall's file when the caller last took it in, so that a start knows a changed file.
"""

import hashlib
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from config import owner_only
from config.instants import Micros
from config.reading import source
from config.text_safety import DECODE_ERRORS

FOLDER = "settings"
DRAFTS, NOTE, FILE_NOTE = "drafts", "version.json", "file.json"
MAIN = "hall.toml"
DRAFTS_MAX = 20  # the newest stay; an older one was applied or given up


class Bundle(Struct, frozen=True):
    """A hall's TOML and, by the names it uses for them, the files it refers to: bytes as they were written."""

    main: bytes
    files: dict[str, bytes] = {}

    @property
    def hash(self) -> str:
        """The hash by which the log names these settings: 64 hex digits."""
        digest = hashlib.sha256(b"hallcall settings 1\n")
        for name, data in (("", self.main), *sorted(self.files.items())):
            digest.update(f"{len(name.encode())} {len(data)}\n".encode() + name.encode() + data)
        return digest.hexdigest()


class VersionNote(Struct, frozen=True, omit_defaults=True):
    """What is known about a version. `at`: UTC microseconds; `files`: the names in the TOML → the names in the folder."""

    hash: str
    files: dict[str, str] = {}
    at: Micros = 0
    role: str = ""
    station: str = ""
    account: str = ""
    source: str = "apply"  # apply, take-back, file, city
    taken_back: int = 0
    fields: list[str] = []


class Version(Struct, frozen=True):
    """A version's number, what is known about it, and its folder."""

    number: int
    note: VersionNote
    folder: Path

    @property
    def main(self) -> Path:
        """The hall's TOML in this version."""
        return self.folder / MAIN

    @property
    def beside(self) -> dict[str, Path]:
        """Where the files lie that the TOML refers to, by the names it uses."""
        return {name: self.folder / file for name, file in self.note.files.items()}


def bundle(path: Path) -> Bundle:
    """Return a hall's file and the files it refers to that can be read. Raises `Unreadable` for the hall's file."""
    text = source.load_text(path)
    files: dict[str, bytes] = {}
    for name in sorted(set(references(source.parse_toml(path, text)))):
        with suppress(OSError, ValueError):  # a missing one is a mistake, which the checker reports
            files[name] = (path.parent / name).read_bytes()
    return Bundle(path.read_bytes(), files)


def references(document: Mapping[str, Any]) -> list[str]:
    """Return the names of files in a parsed hall: items, the national notice, device profiles, provinces' mappings."""
    calendar = document.get("calendar")
    devices = document.get("device")
    found = [document.get("items"), calendar.get("notice") if isinstance(calendar, dict) else None]
    if isinstance(devices, list):
        own = [str(each.get("profile", "")) for each in devices if isinstance(each, dict)]
        found += [f"profiles/{name}.toml" for name in own if name]
    provinces = document.get("province")
    if isinstance(provinces, list):
        own = [str(each.get("mapping", "")) for each in provinces if isinstance(each, dict)]
        found += [f"provinces/{name}.toml" for name in own if name]
    return [name for name in found if isinstance(name, str) and name]


class VersionStore:
    """The versions in a data folder."""

    def __init__(self, data: Path) -> None:
        self.folder = data / FOLDER

    def versions(self) -> list[Version]:
        """Return every version that can be read, by number; also ones that never came into force."""
        numbers = [int(each.name) for each in self.folder.glob("[0-9]*") if each.name.isdecimal()]
        return [found for number in sorted(numbers) if (found := self.find(number))]

    def find(self, number: int) -> Version | None:
        """Return a version whose text is what its note says; None where there is none, or none that is whole."""
        return _read(self.folder / f"{number:06}", number)

    def load(self, number: int, hash: str) -> Version | None:
        """Return the version of this number and hash; None where the store has lost it."""
        found = self.find(number)
        return found if found and found.note.hash == hash else None

    def draft(self, hash: str) -> Version | None:
        """Return a draft by its hash, as version 0."""
        return _read(self.folder / DRAFTS / hash, 0)

    def put_draft(self, wanted: Bundle) -> str:
        """Keep settings to be applied; return their hash. Raises `OSError`."""
        place = self.folder / DRAFTS / wanted.hash
        if self.draft(wanted.hash) is None:
            _write(place, wanted, VersionNote(wanted.hash))
        older = sorted(place.parent.iterdir(), key=lambda each: each.stat().st_mtime_ns)[:-DRAFTS_MAX]
        for each in older:
            shutil.rmtree(each, ignore_errors=True)
        return wanted.hash

    def put(self, number: int, wanted: Bundle, note: VersionNote) -> Version:
        """Keep a version; one of this number that never came into force is replaced. Raises `OSError`.

        The caller knows from the log that the number is not in force.
        """
        place = self.folder / f"{number:06}"
        _write(place, wanted, note)
        found = self.find(number)
        if found is None:
            raise OSError(f"{place} cannot be read back")
        return found

    def file_hash(self) -> str:
        """Return the hash of the hall's file when it was taken in last; empty where that is not known."""
        try:
            return str(
                msgspec.json.decode((self.folder / FILE_NOTE).read_bytes(), type=dict[str, str])["hash"]
            )
        except (OSError, KeyError, *DECODE_ERRORS):
            return ""

    def note_file(self, hash: str) -> None:
        """Note the hash of the hall's file as it has been taken in. Raises `OSError`."""
        if hash == self.file_hash():
            return
        owner_only.make_folder(self.folder)
        owner_only.write_whole(self.folder / FILE_NOTE, msgspec.json.encode({"hash": hash}))


def contents(version: Version) -> Bundle:
    """Return the bytes of a version. Raises `OSError`."""
    return Bundle(
        version.main.read_bytes(), {name: path.read_bytes() for name, path in version.beside.items()}
    )


def export(version: Version, folder: Path) -> list[Path]:
    """Write a version's files into a folder, under the names by which the TOML refers to them; never over a file.

    Return what was written. Raises `OSError`, `FileExistsError`; ValueError for a name that leads out of the folder.
    """
    given = contents(version)
    wanted = {folder / MAIN: given.main} | {folder / name: data for name, data in given.files.items()}
    for path in wanted:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(path)
        if path.exists():
            raise FileExistsError(17, "exists", str(path))
    for path, data in wanted.items():
        owner_only.make_folder(path.parent)
        with owner_only.new_file(path) as file:
            file.write(data)
    return list(wanted)


def _read(folder: Path, number: int) -> Version | None:
    try:
        note = msgspec.json.decode((folder / NOTE).read_bytes(), type=VersionNote)
        found = Version(number, note, folder)
        return found if contents(found).hash == note.hash else None
    except (OSError, *DECODE_ERRORS):
        return None


def _write(place: Path, wanted: Bundle, note: VersionNote) -> None:
    """Write a folder beside its place and rename it there (rule 2)."""
    owner_only.make_folder(place.parent)
    fresh = place.with_name(f".{place.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    owner_only.make_folder(fresh)
    named = {name: _stored_as(name, index) for index, name in enumerate(sorted(wanted.files))}
    note = msgspec.structs.replace(note, hash=wanted.hash, files=named)
    texts = {MAIN: wanted.main, NOTE: msgspec.json.format(msgspec.json.encode(note), indent=2)}
    for name, data in (texts | {named[name]: data for name, data in wanted.files.items()}).items():
        owner_only.make_folder((fresh / name).parent)
        owner_only.write_synced(fresh / name, data)
        owner_only.sync((fresh / name).parent)
    if place.exists():
        old = place.with_name(f".{place.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        place.rename(old)
        fresh.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    else:
        fresh.rename(place)
    owner_only.sync(place.parent)


def _stored_as(name: str, index: int) -> str:
    """Return where a file lies in a version's folder: under its own name, unless that leads elsewhere."""
    path = Path(name)
    inside = not path.is_absolute() and ".." not in path.parts and path.parts[0] not in (MAIN, NOTE)
    return str(path) if inside else f"outside/{index}{path.suffix[:8]}"
