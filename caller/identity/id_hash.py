"""Who a person is to this site: the keyed hash of an ID number, whether a card was read or a number typed.

The number itself goes no further than the process it came into. A key of the site (`keys`, purpose `person`) makes
the hash: the same number gives the same hash in this site and nowhere else. A hall that reads cards or takes bookings
on several PCs copies DATA/keys to each.

After a rotation a person is two hashes for a while: HASH.PREVIOUS, the second by the previous key. What is made now is
noted under the first; what is looked up may stand under either.
"""

import hmac
from collections.abc import Callable
from pathlib import Path

from caller.identity import keys
from config.owner_only import BadKey

__all__ = ["BadKey", "PersonKey", "as_on_card", "hashed", "person_keys", "site_key", "valid"]

PersonKey = bytes | Callable[[], tuple[bytes, ...]]  # one key, or what gives the current and the previous
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
MARKS = "10X98765432"


def valid(number: str) -> bool:
    """Eighteen characters whose last is the right check mark."""
    if len(number) != 18 or not (number.isascii() and number[:17].isdigit()):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    return MARKS[total % 11] == number[17]


def as_on_card(typed: str) -> str:
    """Return a typed number as a card has it: no blanks, the check mark X as a capital."""
    return "".join(typed.split()).upper()


def hashed(number: str, key: PersonKey) -> str:
    """Return the hash of an ID number, which it has in this site only; with two keys both, joined by a dot."""
    secrets = (key,) if isinstance(key, bytes) else key()
    return ".".join(hmac.digest(each, number.encode("ascii"), "sha256").hex() for each in secrets)


def site_key(data: Path) -> bytes:
    """Return the current key for ID numbers of a data folder, made if there is none yet. Raises `BadKey`."""
    return keys.keys_of(data, keys.PERSON)[0].secret


def person_keys(data: Path) -> PersonKey:
    """Return what gives the keys for ID numbers as they are at each use. Raises `BadKey`."""
    return keys.secrets_of(data, keys.PERSON)
