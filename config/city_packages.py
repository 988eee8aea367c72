"""The program that a city's halls are to run: named in the city's signed file, kept by the centre, fetched by a hall.

1. `[city] release` names the version, a `[[package]]` a file of it for one kind of PC, with its length and SHA-256. The file is signed
   as a whole (`config.city_bundles`), so a package that came by any way is the city's own where its sum is right.
2. A hall reads these two of the file and passes over all else: one whose program is too old for the rest must find its update.
3. The centre keeps the files in CENTRE/packages by their sums, a hall in DATA/updates by their names. Installing one is root's, by hand.
"""

import hashlib
import platform
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast

import msgspec
from msgspec import Meta

from config import owner_only
from config.setting_types import Table
from config.text_safety import DECODE_ERRORS

PATH = "/v1/packages/{site}/{sha256}"  # of the centre, for its halls
FOLDER, FETCHED = "packages", "updates"
BYTES_MAX = 2 << 30
SUM = re.compile(r"[0-9a-f]{64}\Z")
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}  # as Debian calls them

PackageFile = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+~-]{0,99}\Z")]
SystemName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}\Z")]


class Package(Table, frozen=True):
    """A file of the release. `system`: ID-VERSION_ID of /etc/os-release; `machine`: as Debian names it."""

    file: PackageFile
    system: SystemName
    machine: SystemName
    bytes: Annotated[int, Meta(ge=1, le=BYTES_MAX)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]

    def suits(self, pc: "Machine") -> bool:
        return (self.system, self.machine) == pc


class Machine(NamedTuple):
    """What a package is for: the system and the machine, as `Package` names them."""

    system: str
    machine: str


class Release(NamedTuple):
    """What a city's file says of the program. `version`: "" where it says none."""

    version: str
    packages: tuple[Package, ...]


def this_machine() -> Machine:
    """Return what packages for this PC are named; the system is "" where it does not tell."""
    try:
        told = platform.freedesktop_os_release()
    except OSError:
        told = {}
    name = "-".join(filter(None, (told.get("ID", ""), told.get("VERSION_ID", ""))))
    machine = platform.machine().lower()
    return Machine(name, MACHINES.get(machine, machine))


def release_of(main: bytes) -> Release:
    """Return what a city's file says of the program, whatever else stands there (rule 2)."""
    try:
        document = tomllib.loads(main.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return Release("", ())
    rows: Any = document.get("package", [])
    found = [_row(each) for each in cast("list[Any]", rows)] if isinstance(rows, list) else []
    city: Any = document.get("city", {})
    version: Any = cast("dict[str, Any]", city).get("release", "") if isinstance(city, dict) else ""
    return Release(version if isinstance(version, str) else "", tuple(filter(None, found)))


def _row(row: Any) -> Package | None:
    """Return a package, None for a row that is none; a newer centre may say more of it."""
    known = (
        {name: cast("dict[str, Any]", row).get(name) for name in Package.__struct_fields__}
        if isinstance(row, dict)
        else {}
    )
    try:
        return msgspec.convert(known, Package)
    except DECODE_ERRORS:
        return None


# --- the centre's


def keep(centre: Path, path: Path, pc: Machine) -> Package:
    """Copy a package into a centre's data folder; return the row for the city's file. Raises `OSError`, and `ValueError` where its
    name or length is none of a package."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    row = {"file": path.name, "bytes": path.stat().st_size, "sha256": sha256, **pc._asdict()}
    package = msgspec.convert(row, Package)
    owner_only.make_folder(centre / FOLDER)
    with path.open("rb") as file, owner_only.replaced(centre / FOLDER / sha256) as out:
        while piece := file.read(1 << 20):
            out.write(piece)
    return package


def kept(centre: Path, sha256: str) -> Path | None:
    """Return a package that a centre has, by its sum."""
    path = centre / FOLDER / sha256
    return path if SUM.match(sha256) and path.is_file() else None


def missing(centre: Path, packages: tuple[Package, ...]) -> list[Package]:
    """Return those that a centre has not got, or has with another length."""
    found = ((each, kept(centre, each.sha256)) for each in packages)
    return [each for each, path in found if path is None or path.stat().st_size != each.bytes]


# --- a hall's


def fetched(data: Path, package: Package) -> Path | None:
    """Return a package that lies here, whole and with its own sum."""
    path = data / FETCHED / package.file
    if not path.is_file() or path.stat().st_size != package.bytes:
        return None
    with path.open("rb") as file:
        return path if hashlib.file_digest(file, "sha256").hexdigest() == package.sha256 else None
