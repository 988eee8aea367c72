"""Document numbers: of which kind one is, whether it is right, and who it stands for in this site.

A number that was read off a card, typed or scanned becomes an `IdDocument` here and nowhere else: kind, result of its
checks, keyed hash and last four. The number itself goes no further than the process it came into.

1. A natural person's 18 characters are right by their check digit (GB 11643) and a birth date that exists, by
   python-stdnum's parts. Its `validate` also looks the county up, and so refuses real people: those born before their
   county got its code, and holders of the residence cards of Hong Kong, Macao and Taiwan residents (81, 82, 83) and
   of foreigners with permanent residence (9…).
2. A legal person's unified social credit code (统一社会信用代码, GB 32100) is right by its alphabet, its region and its
   check character. It is looked for only where a client may be named, after the natural persons.
3. A passport has no check that all countries keep: it is taken as it is typed, with the word passport or 护照 before
   it, so that a mistyped ID number never passes for one.

A key of the site (`keys`, purpose `person`) makes the hash: the same number gives the same hash in this site and
nowhere else. A hall that reads cards or takes bookings on several PCs copies DATA/keys to each. After a rotation a
person is two hashes for a while: HASH.PREVIOUS, the second by the previous key. What is made now is noted under the
first; what is looked up may stand under either.
"""

import hmac
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from caller.identity import keys
from config.owner_only import BadKey

__all__ = [
    "BadKey",
    "DocumentCheck",
    "DocumentKind",
    "IdDocument",
    "PersonKey",
    "hashed",
    "person_keys",
    "read_document",
    "site_key",
]

PersonKey = bytes | Callable[[], tuple[bytes, ...]]  # one key, or what gives the current and the previous
DocumentKind = Literal["", "id-card", "residence-permit", "permanent-resident", "passport", "credit-code"]
DocumentCheck = Literal["right", "unchecked", "bad-form", "bad-date", "bad-check"]
RESIDENCE_PERMITS = ("81", "82", "83")  # 港澳台居民居住证: Hong Kong, Macao, Taiwan
PERMANENT_RESIDENT = "9"  # 外国人永久居留身份证, since 2023
NATURAL = re.compile(r"[0-9]{17}[0-9X]")
CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")  # no I, O, S, V, Z
PASSPORT = re.compile(r"(?:PASSPORT|护照)[:：]?(?=[A-Z]*[0-9])([A-Z0-9]{5,9})")  # ICAO Doc 9303: nine at most
LAST = 4  # of a number's characters a screen may show


class IdDocument(Struct, frozen=True):
    """What a document number says. `kind`, `person` and `last4` are empty unless it may be taken."""

    check: DocumentCheck
    kind: DocumentKind = ""
    person: str = ""  # keyed hash; with two keys both, joined by a dot
    last4: str = ""

    @property
    def is_legal(self) -> bool:
        """Whether it is a legal person's."""
        return self.kind == "credit-code"


def read_document(typed: str, key: PersonKey, *, legal: bool = False) -> IdDocument:
    """Return what a number says that was read, typed or scanned; blanks and small letters do not count.

    Args:
        legal: take a legal person's credit code as well.

    Raises:
        BadKey: the number may be taken and the site's key cannot be used.
    """
    number = "".join(typed.split()).upper()
    if passport := PASSPORT.fullmatch(number):
        return IdDocument(
            "unchecked", "passport", hashed(f"passport:{passport[1]}", key), passport[1][-LAST:]
        )
    check = _natural_check(number)
    if check == "right":
        return IdDocument(check, _natural_kind(number), hashed(number, key), number[-LAST:])
    if legal and CREDIT_CODE.fullmatch(number):
        if uscc.calc_check_digit(number[:-1]) == number[-1]:
            return IdDocument("right", "credit-code", hashed(f"credit-code:{number}", key), number[-LAST:])
        check = "bad-check"
    return IdDocument(check)


def _natural_check(number: str) -> DocumentCheck:
    if not NATURAL.fullmatch(number):
        return "bad-form"
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return "bad-date"
    return "right" if ric.calc_check_digit(number) == number[17] else "bad-check"


def _natural_kind(number: str) -> DocumentKind:
    if number.startswith(RESIDENCE_PERMITS):
        return "residence-permit"
    return "permanent-resident" if number.startswith(PERMANENT_RESIDENT) else "id-card"


def hashed(number: str, key: PersonKey) -> str:
    """Return the hash of a number that was found right, which it has in this site only; with two keys both, joined by a dot."""
    secrets = (key,) if isinstance(key, bytes) else key()
    return ".".join(hmac.digest(each, number.encode("ascii"), "sha256").hex() for each in secrets)


def site_key(data: Path) -> bytes:
    """Return the current key for ID numbers of a data folder, made if there is none yet. Raises `BadKey`."""
    return keys.keys_of(data, keys.PERSON)[0].secret


def person_keys(data: Path) -> PersonKey:
    """Return what gives the keys for ID numbers as they are at each use. Raises `BadKey`."""
    return keys.secrets_of(data, keys.PERSON)
