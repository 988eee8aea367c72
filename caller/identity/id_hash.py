"""Who somebody is to this site: the keyed hash of an ID number, whether a card was read or a number typed.

The number itself goes no further than the process it came into. DATA/person.key keys the hash: the same number
gives the same hash in this site and nowhere else, so the key must stay. A hall that reads cards or takes bookings
on several PCs copies the file to each.
"""

import hashlib
import hmac
from pathlib import Path

from config.process.key_file import KEY_BYTES, BadKey, key_in

__all__ = ["KEY_BYTES", "NAME", "BadKey", "as_on_card", "hashed", "site_key", "valid"]

NAME = "person.key"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
MARKS = "10X98765432"


def valid(number: str) -> bool:
    """Eighteen characters whose last is the right check mark."""
    if len(number) != 18 or not (number.isascii() and number[:17].isdigit()):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    return MARKS[total % 11] == number[17]


def as_on_card(typed: str) -> str:
    """A typed number as a card has it: no blanks, the check mark X as a capital."""
    return "".join(typed.split()).upper()


def hashed(number: str, key: bytes) -> str:
    """The same number gives the same hash in this site only."""
    return hmac.new(key, number.encode("ascii"), hashlib.sha256).hexdigest()


def site_key(data: Path) -> bytes:
    """Return the key for ID numbers kept in DATA, made if there is none yet. Raises `BadKey`."""
    return key_in(data / NAME)
