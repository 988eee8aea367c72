"""Who a person is to this site: the keyed hash of an ID number, whether a card was read or a number typed.

A number is right by its check mark and a birth date that exists, by python-stdnum's parts. Its `validate` also looks
the county up, and so refuses real people: those born before their county got its code, and holders of the residence
cards of Hong Kong, Macao and Taiwan residents (81, 82, 83) and of foreigners (9...). A passport has no check that all
countries keep: it is taken as it is typed, with the word passport or 护照 before it, so that a mistyped ID number
never passes for one.

The number itself goes no further than the process it came into. A key of the site (`keys`, purpose `person`) makes
the hash: the same number gives the same hash in this site and nowhere else. A hall that reads cards or takes bookings
on several PCs copies DATA/keys to each.

After a rotation a person is two hashes for a while: HASH.PREVIOUS, the second by the previous key. What is made now is
noted under the first; what is looked up may stand under either.
"""

import hmac
import re
from collections.abc import Callable
from pathlib import Path

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from caller.identity import keys
from config.owner_only import BadKey

__all__ = ["BadKey", "PersonKey", "hashed", "person_keys", "site_key", "typed_document", "valid"]

PersonKey = bytes | Callable[[], tuple[bytes, ...]]  # one key, or what gives the current and the previous
PASSPORT = re.compile(r"(?:PASSPORT|护照)[:：]?(?=[A-Z]*[0-9])([A-Z0-9]{5,9})")  # ICAO Doc 9303: nine at most


def valid(number: str) -> bool:
    """Return whether these are the 18 characters of an ID number, with a right check mark and a real birth date."""
    if len(number) != 18 or not (number.isascii() and number[:17].isdigit()):
        return False
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return False
    return ric.calc_check_digit(number) == number[17]


def typed_document(typed: str) -> str:
    """Return what of a typed document is hashed: an ID number as its card has it, or a passport with its type.

    Blanks and small letters do not count. Empty for what is neither.
    """
    text = "".join(typed.split()).upper()
    if passport := PASSPORT.fullmatch(text):
        return "passport:" + passport[1]
    return text if valid(text) else ""


def hashed(number: str, key: PersonKey) -> str:
    """Return the hash of an ID number or a typed document, which it has in this site only; with two keys both, joined by a dot."""
    secrets = (key,) if isinstance(key, bytes) else key()
    return ".".join(hmac.digest(each, number.encode("ascii"), "sha256").hex() for each in secrets)


def site_key(data: Path) -> bytes:
    """Return the current key for ID numbers of a data folder, made if there is none yet. Raises `BadKey`."""
    return keys.keys_of(data, keys.PERSON)[0].secret


def person_keys(data: Path) -> PersonKey:
    """Return what gives the keys for ID numbers as they are at each use. Raises `BadKey`."""
    return keys.secrets_of(data, keys.PERSON)
