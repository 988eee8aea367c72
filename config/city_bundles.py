"""A city's settings on their way to its halls: numbered, signed by the centre, kept in the hall as they came.

1. The centre signs number, time and the hash of every byte (Ed25519). The hall has the public half in its own settings
   (`[centre] settings_key`), put there by a person: with the line alone, or the centre's database, nothing can be changed.
2. The number is signed too: an older version in place of a newer one is seen.
3. A hall keeps what it was sent in DATA/city-settings, one file a number, and goes on with it when the centre is gone. What is in
   force is the hall's settings alone; these files say what the city wants, and what it wanted before.
"""

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Struct

from config import owner_only
from config.catalogue import MessageError
from config.city_file import CityFile, read
from config.city_merge import TakenOver, against_locks, take_over
from config.instants import Micros
from config.reading.errors import Mistake
from config.settings import Settings
from config.text_safety import DECODE_ERRORS
from config.versions import Bundle

if (
    TYPE_CHECKING
):  # some megabytes, which every caller would carry: loaded where something is signed or verified
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PATH = "/v1/settings/{site}"  # of the centre, for its halls
FOLDER, KEY_NAME = "city-settings", "city-settings.key"
BYTES_MAX = 4 * 1024 * 1024  # 2,000 items with their guides are about one
HEAD = b"hallcall city settings 1\n"


class CitySettingsError(MessageError):
    """A city's settings cannot be used."""

    kind = "city-settings"


class SignedSettings(Struct, frozen=True):
    """One version as it travels and is kept. `at`: when it was published, UTC microseconds."""

    number: int
    at: Micros
    main: bytes
    files: dict[str, bytes]
    signature: bytes

    @property
    def bundle(self) -> Bundle:
        return Bundle(self.main, self.files)

    def file(self) -> tuple[CityFile | None, list[Mistake]]:
        """Return what the city settles, or what of it this program cannot read."""
        return read(self.main, self.files)


def _signed_part(number: int, at: Micros, bundle: Bundle) -> bytes:
    return HEAD + f"{number} {at} {bundle.hash}".encode()


def signed(folder: Path, number: int, at: Micros, bundle: Bundle) -> SignedSettings:
    """Return a version signed by the centre whose data folder this is. Raises `BadKey`."""
    signature = _key(folder).sign(_signed_part(number, at, bundle))
    return SignedSettings(number, at, bundle.main, bundle.files, signature)


def public_key(folder: Path) -> str:
    """Return the public half of a centre's key, which is made where there is none. Raises `BadKey`."""
    return base64.b64encode(_key(folder).public_key().public_bytes_raw()).decode()


def _key(folder: Path) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(owner_only.key_in(folder / KEY_NAME)[:32])


def encoded(version: SignedSettings) -> bytes:
    return msgspec.json.encode(version)


def opened(body: bytes, key: str) -> SignedSettings:
    """Return a version that was signed by this key. Raises `CitySettingsError`."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        version = msgspec.json.decode(body, type=SignedSettings)
    except DECODE_ERRORS as error:
        raise CitySettingsError("damaged", detail=error) from None
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError):
        raise CitySettingsError("bad-key") from None
    try:
        public.verify(version.signature, _signed_part(version.number, version.at, version.bundle))
    except InvalidSignature:
        raise CitySettingsError("not-signed", number=version.number) from None
    return version


# --- what a hall keeps


def keep(data: Path, body: bytes, key: str) -> SignedSettings | None:
    """Keep a version that came, as it came; return None where the hall has a newer one or this one. Raises
    `CitySettingsError`, `OSError`."""
    version = opened(body, key)
    if version.number <= newest_number(data):
        return None
    owner_only.make_folder(data / FOLDER)
    owner_only.write_whole(_path(data, version.number), body)
    return version


def kept(data: Path, number: int, key: str) -> SignedSettings | None:
    """Return a version that was kept, None where it is not there. Raises `CitySettingsError` where it is not the city's own."""
    try:
        return opened(_path(data, number).read_bytes(), key) if number else None
    except OSError:
        return None


def newest_number(data: Path) -> int:
    """Return the number of the newest version kept, 0 for none."""
    return max(_numbers(data), default=0)


def _numbers(data: Path) -> Iterator[int]:
    for path in (data / FOLDER).glob("[0-9]*.json"):
        if path.stem.isdecimal():
            yield int(path.stem)


def _path(data: Path, number: int) -> Path:
    return data / FOLDER / f"{number:06}.json"


# --- what a hall makes of it


class CityOffer(NamedTuple):
    """The newest settings of the city that a hall has been sent and not adopted. `before`: those it has, None for none."""

    version: SignedSettings
    city: CityFile
    before: CityFile | None

    def into(self, given: Bundle, settings: Settings) -> TakenOver:
        """Return the text of a hall, which reads as `settings`, with these in it."""
        return take_over(given, settings, self.city, self.version.number, self.before)


def offer(data: Path, settings: Settings) -> CityOffer | None:
    """Return what a hall may adopt now, None where there is nothing new. Raises `CitySettingsError`."""
    number, key = newest_number(data), settings.centre.settings_key
    if not key or number <= settings.centre.adopted:
        return None
    version = kept(data, number, key)
    if version is None:
        return None
    city, mistakes = version.file()
    if city is None:
        raise CitySettingsError("unreadable", number=number, mistake=mistakes[0].in_a_line())
    return CityOffer(version, city, adopted(data, settings))


def adopted(data: Path, settings: Settings) -> CityFile | None:
    """Return the city's settings that a hall has in force, None where it has none, or lost or cannot read them."""
    try:
        version = kept(data, settings.centre.adopted, settings.centre.settings_key)
    except CitySettingsError:
        return None
    return version.file()[0] if version else None


def locked_mistakes(data: Path, settings: Settings) -> list[Mistake]:
    """Return where new settings of a hall differ from what its city has locked in those that it says to have adopted."""
    city = adopted(data, settings)
    return against_locks(settings, city) if city else []
